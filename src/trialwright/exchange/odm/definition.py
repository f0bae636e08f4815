"""The definition of a study as ODM 1.3.2 tells it: events, forms, groups, items with units and ranges, code lists, and when something is not asked."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from trialwright.exchange.odm.layout import DEEDS, LEDGER, LOGS, TYPES, Group, Layout, length, told
from trialwright.exchange.odm.record import NOTES
from trialwright.exchange.odm.xml import ODM, element, root, worded
from trialwright.exchange.trail import MEANING
from trialwright.protocol import ABSENCE_NAMES, Codelist, Form, Item, Shown, Text, Visit
from trialwright.record.events import Happened

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


def study_element(layout: Layout) -> Any:
    """The whole definition: `Study` with its one `MetaDataVersion`, the version in force."""
    study = layout.study
    made = root(ODM, "Study", OID=layout.study_oid)
    about = element(made, "GlobalVariables")
    for name, text in (("StudyName", study.title.en), ("StudyDescription", study.official_title.en), ("ProtocolName", study.code)):
        element(about, name, text)
    if layout.units:
        units = element(made, "BasicDefinitions")
        for unit in layout.units:
            worded(element(units, "MeasurementUnit", OID=f"MU.{unit}", Name=unit), "Symbol", Text(unit, unit))
    version = element(made, "MetaDataVersion", OID=layout.version_oid, Name=f"{study.code}, {study.version}",
                      Description=f"SHA-256 of the definition: {study.digest}")  # fmt: skip
    Version(layout, version).fill()
    return made


class Version:
    """A `MetaDataVersion` in the making. `form_ref` is how an event names its forms."""

    form_ref = ("FormRef", "FormOID")

    def __init__(self, layout: Layout, root: Any) -> None:
        self.layout, self.study, self.root = layout, layout.study, root

    def fill(self) -> None:
        """All definitions, in the order that the schema wants."""
        self.protocol()
        self.events()
        for form in self.study.forms:
            self.form(form)
        for kind in DEEDS:
            made = self.form_def(f"F.LEDGER.{kind.__name__}", kind.__name__, repeating=True)
            refs(made, "ItemGroupRef", "ItemGroupOID", (f"IG.LEDGER.{kind.__name__}",), "Yes")
        self.groups()
        self.items()
        self.lists()
        for (code, shown), oid in self.layout.conditions.items():
            self.condition(code, shown, oid)

    def named(self, kind: str, oid: str, name: str, repeating: str, **more: str) -> Any:
        return element(self.root, kind, OID=oid, Name=name, Repeating=repeating, **more)

    def protocol(self) -> None:
        made = element(self.root, "Protocol")
        worded(made, "Description", self.study.official_title)
        for number, visit in enumerate(self.study.visits, start=1):
            element(made, "StudyEventRef", StudyEventOID=f"SE.{visit.code}", OrderNumber=str(number), Mandatory="Yes")
        for number, event in enumerate((LOGS, LEDGER), start=len(self.study.visits) + 1):
            element(made, "StudyEventRef", StudyEventOID=event, OrderNumber=str(number), Mandatory="No")
        if self.study.registry:
            element(made, "Alias", Context="Registry", Name=self.study.registry)

    def events(self) -> None:
        for visit in self.study.visits:
            made = self.named("StudyEventDef", f"SE.{visit.code}", visit.code, "No", Type="Scheduled", Category=visit.epoch)
            worded(made, "Description", scheduled(visit))
            refs(made, *self.form_ref, (f"F.{form}" for form in visit.forms), "Yes")
        made = self.named("StudyEventDef", LOGS, LOGS, "No", Type="Common")
        worded(made, "Description", Text("logs", "日志"))
        refs(made, *self.form_ref, (f"F.{form}" for form in self.study.logs), "No")
        made = self.named("StudyEventDef", LEDGER, LEDGER, "No", Type="Common")
        worded(made, "Description", BESIDE)
        refs(made, *self.form_ref, (f"F.LEDGER.{kind.__name__}" for kind in DEEDS), "No")

    def form_def(self, oid: str, name: str, *, repeating: bool) -> Any:
        return self.named("FormDef", oid, name, "Yes" if repeating else "No")

    def form(self, form: Form) -> None:
        made = self.form_def(f"F.{form.code}", form.code, repeating=form.code in self.study.logs)
        worded(made, "Description", form.title)
        refs(made, "ItemGroupRef", "ItemGroupOID", (group.oid for group in self.layout.groups[form.code]), "Yes")

    def groups(self) -> None:
        for group in (group for found in self.layout.groups.values() for group in found):
            self.group(group)
        for kind in DEEDS:
            self.deed("LEDGER", kind, "No")
            self.deed("STUDY", kind, "Yes")

    def group(self, group: Group) -> None:
        made = self.named("ItemGroupDef", group.oid, f"{group.form} {group.number}", "No", IsReferenceData="No")
        worded(made, "Description", group.title)
        for number, item in enumerate(group.items, start=1):
            element(made, "ItemRef", ItemOID=f"I.{group.form}.{item.code}", OrderNumber=str(number),
                    Mandatory="Yes" if item.required and not item.retired else "No",
                    CollectionExceptionConditionOID=self.layout.conditions[group.form, item.shown] if item.shown else None, **self.unit_of(item))  # fmt: skip
        self.units(made, group)
        element(made, "Alias", Context="Audience", Name=group.audience.code)

    def unit_of(self, item: Item) -> dict[str, str]:
        """How a group says in which unit an item is: here the item says it itself."""
        return {}

    def units(self, parent: Any, group: Group) -> None:
        """The items of a group that hold units: none here."""

    def deed(self, place: str, kind: type[Happened], reference: str) -> None:
        """The fields of a kind of event: of subjects, or (reference data) of the study."""
        made = self.named("ItemGroupDef", f"IG.{place}.{kind.__name__}", kind.__name__, "Yes" if reference == "Yes" else "No", IsReferenceData=reference)
        refs(made, "ItemRef", "ItemOID", (f"I.LEDGER.{name}" for name in told(kind)), "No")

    def items(self) -> None:
        for form in self.study.forms:
            for item in form.items:
                self.item(form, item)
        for name in dict.fromkeys(name for kind in DEEDS for name in told(kind)):
            made = element(self.root, "ItemDef", OID=f"I.LEDGER.{name}", Name=name, DataType="text")
            worded(made, "Question", MEANING[name])

    def item(self, form: Form, item: Item) -> None:
        length_ = str(length(item)) if TYPES[item.kind] in ("text", "integer", "float") else None
        digits = None if item.decimals is None or TYPES[item.kind] != "float" else str(item.decimals)
        made = element(self.root, "ItemDef", OID=f"I.{form.code}.{item.code}", Name=item.code, DataType=TYPES[item.kind], Length=length_,
                       SignificantDigits=digits)  # fmt: skip
        if item.hint:
            worded(made, "Description", item.hint)
        worded(made, "Question", item.label)
        if item.unit:
            element(made, "MeasurementUnitRef", MeasurementUnitOID=f"MU.{item.unit}")
        for comparator, hardness, limit in limits(item):
            check = element(made, "RangeCheck", Comparator=comparator, SoftHard=hardness)
            element(check, "CheckValue", limit)
            if item.unit:
                element(check, "MeasurementUnitRef", MeasurementUnitOID=f"MU.{item.unit}")
        if item.codelist:
            element(made, "CodeListRef", CodeListOID=self.layout.lists[item.codelist])
        for context, name in (("SDTM", item.sdtm), ("Dictionary", item.dictionary)):
            if name:
                element(made, "Alias", Context=context, Name=name)

    def lists(self) -> None:
        for codelist, oid in self.layout.lists.items():
            self.terms(oid, codelist)
        self.words("CL.ABSENCE", "Why there is no answer", {absence.value: name for absence, name in ABSENCE_NAMES.items()})
        self.words("CL.NOTE", "What a note is about", {about: NOTE_NAMES[about] for about in NOTES})

    def terms(self, oid: str, codelist: Codelist) -> None:
        made = element(self.root, "CodeList", OID=oid, Name=oid.removeprefix("CL."), DataType="text")
        for number, term in enumerate(codelist.terms, start=1):
            one = element(made, "CodeListItem", CodedValue=term.code, OrderNumber=str(number))
            worded(one, "Decode", term.label)
            if term.concept:
                element(one, "Alias", Context=NCI, Name=term.concept)

    def words(self, oid: str, name: str, words: Mapping[str, Text]) -> None:
        made = element(self.root, "CodeList", OID=oid, Name=name, DataType="text")
        for number, (code, text) in enumerate(words.items(), start=1):
            worded(element(made, "CodeListItem", CodedValue=code, OrderNumber=str(number)), "Decode", text)

    def condition(self, form: str, shown: Shown, oid: str) -> None:
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


def scheduled(visit: Visit) -> Text:
    return Text(f"{visit.name.en}: day {visit.day}, window {visit.first_day} to {visit.last_day} (day 0 is the index date)",
                f"{visit.name.zh}：第 {visit.day} 天，窗口 {visit.first_day} 至 {visit.last_day}（基准日为第 0 天）")  # fmt: skip


def limits(item: Item) -> Iterator[tuple[str, str, str]]:
    """The ranges of an item: beyond the hard ones nothing is taken, beyond the soft ones a person is asked."""
    limits: list[tuple[str, str, Callable[[], Any]]] = [
        ("GE", "Hard", lambda: item.low), ("LE", "Hard", lambda: item.high), ("GE", "Soft", lambda: item.usual_low), ("LE", "Soft", lambda: item.usual_high),
    ]  # fmt: skip
    yield from ((comparator, hardness, f"{limit():f}") for comparator, hardness, limit in limits if limit() is not None)


def refs(parent: Any, name: str, attribute: str, oids: Iterable[str], mandatory: str) -> None:
    for number, oid in enumerate(oids, start=1):
        made = element(parent, name, OrderNumber=str(number), Mandatory=mandatory)
        made.set(attribute, oid)
