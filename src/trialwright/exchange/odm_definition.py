"""The definition of a study as ODM 1.3.2 tells it: events, forms, groups, items with units and ranges, code lists, and when something is not asked."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from lxml import etree

from trialwright.exchange.odm_layout import DEEDS, LEDGER, LOGS, TYPES, Group, Layout, length, told
from trialwright.exchange.odm_record import NOTES
from trialwright.exchange.trail import MEANING
from trialwright.protocol import ABSENCE_NAMES, Codelist, Form, Item, Shown, Text, Visit
from trialwright.record.events import Happened

ODM = "http://www.cdisc.org/ns/odm/v1.3"
LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
NCI = "nci:ExtCodeID"
"""Under which name the concepts of CDISC's terminology stand beside a term."""
NOTE_NAMES = {
    "ABSENCE": Text("why there is no answer", "无回答的原因"),
    "SOURCE": Text("the record or device it came from", "来源"),
    "CONFIRMED": Text("why an unusual value is right", "异常值确认说明"),
    "OBSERVED": Text("when it was answered, where that is not when it was recorded", "回答时间（不同于记录时间时）"),
    "NOT DONE": Text("why the whole page was not done", "整页未做的原因"),
}
BESIDE = Text("what happened beside the answers", "回答以外的记录")


def element(parent: Any, name: str, text: str | None = None, /, **attributes: str | None) -> Any:
    """A new element below `parent`, in its namespace; attributes without a value are left out."""
    tag: str = parent.tag
    made = etree.SubElement(parent, f"{tag[:tag.index('}') + 1]}{name}", {key: value for key, value in attributes.items() if value})
    if text is not None:
        made.text = text
    return made


def worded(parent: Any, name: str, words: Text) -> Any:
    """An element that says something in both languages."""
    made = element(parent, name)
    for language in ("en", "zh"):
        element(made, "TranslatedText", words.in_(language)).set(LANGUAGE, language)
    return made


def study_element(layout: Layout) -> Any:
    """The whole definition: `Study` with its one `MetaDataVersion`, the version in force."""
    study = layout.study
    root = etree.Element(f"{{{ODM}}}Study", {"OID": layout.study_oid}, nsmap={None: ODM})
    about = element(root, "GlobalVariables")
    for name, text in (("StudyName", study.title.en), ("StudyDescription", study.official_title.en), ("ProtocolName", study.code)):
        element(about, name, text)
    if layout.units:
        units = element(root, "BasicDefinitions")
        for unit in layout.units:
            worded(element(units, "MeasurementUnit", OID=f"MU.{unit}", Name=unit), "Symbol", Text(unit, unit))
    version = element(root, "MetaDataVersion", OID=layout.version_oid, Name=f"{study.code}, {study.version}",
                      Description=f"SHA-256 of the definition: {study.digest}")  # fmt: skip
    _Version(layout, version).fill()
    return root


class _Version:
    """A `MetaDataVersion` in the making."""

    def __init__(self, layout: Layout, root: Any) -> None:
        self.layout, self.study, self.root = layout, layout.study, root

    def fill(self) -> None:
        """All definitions, in the order that the schema wants."""
        self._protocol()
        self._events()
        for form in self.study.forms:
            self._form(form)
        for kind in DEEDS:
            made = self._named("FormDef", f"F.LEDGER.{kind.__name__}", kind.__name__, "Yes")
            element(made, "ItemGroupRef", ItemGroupOID=f"IG.LEDGER.{kind.__name__}", Mandatory="Yes", OrderNumber="1")
        self._groups()
        self._items()
        self._lists()
        for (code, shown), oid in self.layout.conditions.items():
            self._condition(code, shown, oid)

    def _named(self, kind: str, oid: str, name: str, repeating: str, **more: str) -> Any:
        return element(self.root, kind, OID=oid, Name=name, Repeating=repeating, **more)

    def _protocol(self) -> None:
        made = element(self.root, "Protocol")
        worded(made, "Description", self.study.official_title)
        for number, visit in enumerate(self.study.visits, start=1):
            element(made, "StudyEventRef", StudyEventOID=f"SE.{visit.code}", OrderNumber=str(number), Mandatory="Yes")
        for number, event in enumerate((LOGS, LEDGER), start=len(self.study.visits) + 1):
            element(made, "StudyEventRef", StudyEventOID=event, OrderNumber=str(number), Mandatory="No")
        if self.study.registry:
            element(made, "Alias", Context="Registry", Name=self.study.registry)

    def _events(self) -> None:
        for visit in self.study.visits:
            made = self._named("StudyEventDef", f"SE.{visit.code}", visit.code, "No", Type="Scheduled", Category=visit.epoch)
            worded(made, "Description", _scheduled(visit))
            _refs(made, "FormRef", "FormOID", (f"F.{form}" for form in visit.forms), "Yes")
        made = self._named("StudyEventDef", LOGS, LOGS, "No", Type="Common")
        worded(made, "Description", Text("logs", "日志"))
        _refs(made, "FormRef", "FormOID", (f"F.{form}" for form in self.study.logs), "No")
        made = self._named("StudyEventDef", LEDGER, LEDGER, "No", Type="Common")
        worded(made, "Description", BESIDE)
        _refs(made, "FormRef", "FormOID", (f"F.LEDGER.{kind.__name__}" for kind in DEEDS), "No")

    def _form(self, form: Form) -> None:
        made = self._named("FormDef", f"F.{form.code}", form.code, "Yes" if form.code in self.study.logs else "No")
        worded(made, "Description", form.title)
        _refs(made, "ItemGroupRef", "ItemGroupOID", (group.oid for group in self.layout.groups[form.code]), "Yes")

    def _groups(self) -> None:
        for group in (group for found in self.layout.groups.values() for group in found):
            self._group(group)
        for kind in DEEDS:
            self._deed("LEDGER", kind, "No")
            self._deed("STUDY", kind, "Yes")

    def _group(self, group: Group) -> None:
        made = self._named("ItemGroupDef", group.oid, f"{group.form} {group.number}", "No", IsReferenceData="No")
        worded(made, "Description", group.title)
        for number, item in enumerate(group.items, start=1):
            element(made, "ItemRef", ItemOID=f"I.{group.form}.{item.code}", OrderNumber=str(number),
                    Mandatory="Yes" if item.required and not item.retired else "No",
                    CollectionExceptionConditionOID=self.layout.conditions[group.form, item.shown] if item.shown else None)  # fmt: skip
        element(made, "Alias", Context="Audience", Name=group.audience.code)

    def _deed(self, place: str, kind: type[Happened], reference: str) -> None:
        """The fields of a kind of event: of subjects, or (reference data) of the study."""
        made = self._named("ItemGroupDef", f"IG.{place}.{kind.__name__}", kind.__name__, "Yes" if reference == "Yes" else "No", IsReferenceData=reference)
        _refs(made, "ItemRef", "ItemOID", (f"I.LEDGER.{name}" for name in told(kind)), "No")

    def _items(self) -> None:
        for form in self.study.forms:
            for item in form.items:
                self._item(form, item)
        for name in dict.fromkeys(name for kind in DEEDS for name in told(kind)):
            made = element(self.root, "ItemDef", OID=f"I.LEDGER.{name}", Name=name, DataType="text")
            worded(made, "Question", MEANING[name])

    def _item(self, form: Form, item: Item) -> None:
        length_ = str(length(item)) if TYPES[item.kind] in ("text", "integer", "float") else None
        digits = None if item.decimals is None or TYPES[item.kind] != "float" else str(item.decimals)
        made = element(self.root, "ItemDef", OID=f"I.{form.code}.{item.code}", Name=item.code, DataType=TYPES[item.kind], Length=length_,
                       SignificantDigits=digits)  # fmt: skip
        if item.hint:
            worded(made, "Description", item.hint)
        worded(made, "Question", item.label)
        if item.unit:
            element(made, "MeasurementUnitRef", MeasurementUnitOID=f"MU.{item.unit}")
        for comparator, hardness, limit in _limits(item):
            check = element(made, "RangeCheck", Comparator=comparator, SoftHard=hardness)
            element(check, "CheckValue", limit)
            if item.unit:
                element(check, "MeasurementUnitRef", MeasurementUnitOID=f"MU.{item.unit}")
        if item.codelist:
            element(made, "CodeListRef", CodeListOID=self.layout.lists[item.codelist])
        for context, name in (("SDTM", item.sdtm), ("Dictionary", item.dictionary)):
            if name:
                element(made, "Alias", Context=context, Name=name)

    def _lists(self) -> None:
        for codelist, oid in self.layout.lists.items():
            self._list(oid, codelist)
        self._words("CL.ABSENCE", "Why there is no answer", {absence.value: name for absence, name in ABSENCE_NAMES.items()})
        self._words("CL.NOTE", "What a note is about", {about: NOTE_NAMES[about] for about in NOTES})

    def _list(self, oid: str, codelist: Codelist) -> None:
        made = element(self.root, "CodeList", OID=oid, Name=oid.removeprefix("CL."), DataType="text")
        for number, term in enumerate(codelist.terms, start=1):
            one = element(made, "CodeListItem", CodedValue=term.code, OrderNumber=str(number))
            worded(one, "Decode", term.label)
            if term.concept:
                element(one, "Alias", Context=NCI, Name=term.concept)

    def _words(self, oid: str, name: str, words: Mapping[str, Text]) -> None:
        made = element(self.root, "CodeList", OID=oid, Name=name, DataType="text")
        for number, (code, text) in enumerate(words.items(), start=1):
            worded(element(made, "CodeListItem", CodedValue=code, OrderNumber=str(number)), "Decode", text)

    def _condition(self, form: str, shown: Shown, oid: str) -> None:
        made = element(self.root, "ConditionDef", OID=oid, Name=f"{form}.{shown.item} is none of {', '.join(shown.among)}")
        worded(made, "Description", unasked(self.study.item(form, shown.item).label, shown))
        element(made, "FormalExpression", expression(form, shown), Context="Trialwright")


def unasked(label: Text, shown: Shown) -> Text:
    """When an item is not asked, in words."""
    among = ", ".join(shown.among)
    return Text(f"Not asked unless “{label.en}” is answered with {among}.", f"仅当“{label.zh}”的回答为 {among} 时询问。")


def expression(form: str, shown: Shown) -> str:
    """When an item is not asked, as a program may read it.

    >>> expression("DOSING", Shown(item="EXGIVEN", among=("Y",)))
    "I.DOSING.EXGIVEN not in ('Y')"
    """
    return f"I.{form}.{shown.item} not in ({', '.join(map(repr, shown.among))})"


def _scheduled(visit: Visit) -> Text:
    return Text(f"{visit.name.en}: day {visit.day}, window {visit.first_day} to {visit.last_day} (day 0 is the index date)",
                f"{visit.name.zh}：第 {visit.day} 天，窗口 {visit.first_day} 至 {visit.last_day}（基准日为第 0 天）")  # fmt: skip


def _limits(item: Item) -> Iterator[tuple[str, str, str]]:
    """The ranges of an item: beyond the hard ones nothing is taken, beyond the soft ones a person is asked."""
    limits: list[tuple[str, str, Callable[[], Any]]] = [
        ("GE", "Hard", lambda: item.low), ("LE", "Hard", lambda: item.high), ("GE", "Soft", lambda: item.usual_low), ("LE", "Soft", lambda: item.usual_high),
    ]  # fmt: skip
    yield from ((comparator, hardness, f"{limit():f}") for comparator, hardness, limit in limits if limit() is not None)


def _refs(parent: Any, name: str, attribute: str, oids: Iterable[str], mandatory: str) -> None:
    for number, oid in enumerate(oids, start=1):
        made = element(parent, name, OrderNumber=str(number), Mandatory=mandatory)
        made.set(attribute, oid)
