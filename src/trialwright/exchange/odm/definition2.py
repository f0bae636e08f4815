"""The definition of a study as ODM 2.0 tells it: as in 1.3.2, and with it arms, epochs, windows, criteria, endpoints and estimands."""

from collections.abc import Iterator
from typing import Any

from trialwright.exchange.odm.definition import Version, expression, limits, refs, unasked
from trialwright.exchange.odm.layout import LEDGER, LOGS, TYPES, Group, Layout, length
from trialwright.exchange.odm.xml import ODM2, element, root, worded
from trialwright.protocol import STRATEGIES, Endpoint, Estimand, Form, Item, Shown, Text, Visit
from trialwright.sdtm.ts import PHASES


def study_element(layout: Layout) -> Any:
    """The whole definition: `Study` with its one `MetaDataVersion`, the version in force."""
    study = layout.study
    made = root(ODM2, "Study", OID=layout.study_oid, StudyName=study.title.en, ProtocolName=study.code, VersionID=study.version, VersionName=study.version)
    worded(made, "Description", study.official_title)
    version = element(made, "MetaDataVersion", OID=layout.version_oid, Name=f"{study.code}, {study.version}")
    worded(version, "Description", Text(f"SHA-256 of the definition: {study.digest}", f"定义的 SHA-256：{study.digest}"))
    Version2(layout, version).fill()
    return made


class Version2(Version):
    """A `MetaDataVersion` of ODM 2.0 in the making: forms and sections are both groups of items, and units are items that are not asked."""

    form_ref = ("ItemGroupRef", "ItemGroupOID")

    def fill(self) -> None:
        super().fill()
        for criterion in self.study.criteria:
            made = element(self.root, "ConditionDef", OID=f"COND.CRITERION.{criterion.code}", Name=criterion.code)
            worded(made, "Description", criterion.text)
            element(made, "MethodSignature")

    def named(self, kind: str, oid: str, name: str, repeating: str, **more: str) -> Any:
        if kind == "ItemGroupDef":
            return super().named(kind, oid, name, "Simple" if repeating == "Yes" else "No", **{"Type": "Section", **more})
        return super().named(kind, oid, name, repeating, **more)

    def form_def(self, oid: str, name: str, *, repeating: bool) -> Any:
        return self.named("ItemGroupDef", oid, name, "Yes" if repeating else "No", Type="Form")

    def protocol(self) -> None:
        made = element(self.root, "Protocol")
        worded(made, "Description", self.study.official_title)
        self._structure(made)
        phase = next((word for number, word in PHASES.items() if self.study.phase == f"PHASE{number}"), "")
        if phase:
            element(made, "TrialPhase", Value=phase)
        self._timings(made)
        self._endpoints(made)
        self._criteria(made)
        refs(made, "StudyEventGroupRef", "StudyEventGroupOID", (f"SEG.{epoch.code}" for epoch in self.study.epochs), "Yes")
        for number, group in enumerate((LOGS, LEDGER), start=len(self.study.epochs) + 1):
            element(made, "StudyEventGroupRef", StudyEventGroupOID=f"SEG-{group}", OrderNumber=str(number), Mandatory="No")
        if self.study.registry:
            element(made, "Alias", Context="Registry", Name=self.study.registry)
        self._event_groups()

    def _structure(self, parent: Any) -> None:
        made = element(parent, "StudyStructure")
        for arm in self.study.arms:
            words = Text(f"{arm.name.en}: {arm.treatment.en}", f"{arm.name.zh}：{arm.treatment.zh}")
            worded(element(made, "Arm", OID=f"ARM.{arm.code}", Name=arm.code), "Description", words)
        for number, epoch in enumerate(self.study.epochs, start=1):
            worded(element(made, "Epoch", OID=f"EPOCH.{epoch.code}", Name=epoch.code, SequenceNumber=str(number)), "Description", epoch.name)

    def _timings(self, parent: Any) -> None:
        """When each visit is due after baseline, and its window."""
        baseline = self.study.baseline
        made = element(element(parent, "StudyTimings"), "StudyTiming", OID="TIMING", Name="visits")
        for visit in self.study.visits:
            if visit.code != baseline.code:
                element(made, "RelativeTimingConstraint", OID=f"TIMING.{visit.code}", Name=visit.code, PredecessorOID=f"SE.{baseline.code}",
                        SuccessorOID=f"SE.{visit.code}", Type="StartToStart", TimepointRelativeTarget=days(visit.day - baseline.day),
                        TimepointPreWindow=days(visit.early), TimepointPostWindow=days(visit.late))  # fmt: skip

    def _endpoints(self, parent: Any) -> None:
        if not self.study.endpoints:
            return
        made = element(parent, "StudyEndPoints")
        for one in self.study.endpoints:
            worded(element(made, "StudyEndPoint", OID=f"ENDPOINT.{one.code}", Name=one.code, Level=level(one)), "Description", one.title)
        answered = [(one, self.estimand(one)) for one in self.study.endpoints if one.estimand]
        if answered:
            estimands = element(parent, "StudyEstimands")
            for one, estimand in answered:
                self._estimand(estimands, one, estimand)

    def estimand(self, endpoint: Endpoint) -> Estimand:
        return next(one for one in self.study.estimands if one.code == endpoint.estimand)

    def _estimand(self, parent: Any, endpoint: Endpoint, estimand: Estimand) -> None:
        made = element(parent, "StudyEstimand", OID=f"ESTIMAND.{endpoint.code}.{estimand.code}", Name=estimand.code, Level=level(endpoint))
        worded(made, "Description", Text(f"{estimand.treatment.en}; {estimand.population.en}; {estimand.variable.en}",
                                         f"{estimand.treatment.zh}；{estimand.population.zh}；{estimand.variable.zh}"))  # fmt: skip
        element(made, "StudyEndPointRef", StudyEndPointOID=f"ENDPOINT.{endpoint.code}", OrderNumber="1")
        for event in estimand.events:
            strategy = STRATEGIES[event.strategy]
            words = Text(f"{event.event.en}: {event.strategy} ({strategy.en})", f"{event.event.zh}：{strategy.zh}")
            worded(element(made, "IntercurrentEvent"), "Description", words)
        worded(element(made, "SummaryMeasure"), "Description", estimand.summary)

    def _criteria(self, parent: Any) -> None:
        if not self.study.criteria:
            return
        made = element(parent, "InclusionExclusionCriteria")
        for name, inclusion in (("InclusionCriteria", True), ("ExclusionCriteria", False)):
            found = [one for one in self.study.criteria if one.inclusion is inclusion]
            place = element(made, name) if found else None
            for one in found:
                criterion = element(place, "Criterion", OID=f"CRITERION.{one.code}", Name=one.code, ConditionOID=f"COND.CRITERION.{one.code}")
                worded(criterion, "Description", one.text)

    def _event_groups(self) -> None:
        for epoch in self.study.epochs:
            made = element(self.root, "StudyEventGroupDef", OID=f"SEG.{epoch.code}", Name=epoch.code, EpochOID=f"EPOCH.{epoch.code}")
            worded(made, "Description", epoch.name)
            refs(made, "StudyEventRef", "StudyEventOID", (f"SE.{visit.code}" for visit in self._visits(epoch.code)), "Yes")
        for group in (LOGS, LEDGER):
            refs(element(self.root, "StudyEventGroupDef", OID=f"SEG-{group}", Name=group), "StudyEventRef", "StudyEventOID", (group,), "No")

    def _visits(self, epoch: str) -> Iterator[Visit]:
        return (visit for visit in self.study.visits if visit.epoch == epoch)

    def unit_of(self, item: Item) -> dict[str, str]:
        return {"UnitsItemOID": f"I.UNIT.{item.unit}"} if item.unit else {}

    def units(self, parent: Any, group: Group) -> None:
        """Units are no question: each stands in the group as an item whose value is given."""
        for number, unit in enumerate(dict.fromkeys(item.unit for item in group.items if item.unit), start=len(group.items) + 1):
            element(parent, "ItemRef", ItemOID=f"I.UNIT.{unit}", PreSpecifiedValue=unit, OrderNumber=str(number), Mandatory="No")

    def items(self) -> None:
        super().items()
        for unit in self.layout.units:
            made = element(self.root, "ItemDef", OID=f"I.UNIT.{unit}", Name=unit, DataType="text", Length=str(len(unit)))
            worded(made, "Description", Text(f"unit: {unit}", f"单位：{unit}"))

    def item(self, form: Form, item: Item) -> None:
        kind = TYPES[item.kind]
        made = element(self.root, "ItemDef", OID=f"I.{form.code}.{item.code}", Name=item.code, DataType="decimal" if kind == "float" else kind,
                       Length=str(length(item)) if kind in ("text", "integer", "float") else None)  # fmt: skip
        if item.decimals is not None and kind == "float":
            made.set("DisplayFormat", f"{length(item)}.{item.decimals}")
        if item.hint:
            worded(made, "Description", item.hint)
        worded(made, "Question", item.label)
        for comparator, hardness, limit in limits(item):
            element(element(made, "RangeCheck", Comparator=comparator, SoftHard=hardness), "CheckValue", limit)
        if item.codelist:
            element(made, "CodeListRef", CodeListOID=self.layout.lists[item.codelist])
        for context, name in (("SDTM", item.sdtm), ("Dictionary", item.dictionary)):
            if name:
                element(made, "Alias", Context=context, Name=name)

    def condition(self, form: str, shown: Shown, oid: str) -> None:
        made = element(self.root, "ConditionDef", OID=oid, Name=f"{form}.{shown.item} is none of {', '.join(shown.among)}")
        worded(made, "Description", unasked(self.study.item(form, shown.item).label, shown))
        element(made, "MethodSignature")
        element(element(made, "FormalExpression", Context="Trialwright"), "Code", expression(form, shown))


def level(endpoint: Endpoint) -> str:
    return "Primary" if endpoint.primary else "Secondary"


def days(number: int) -> str:
    """A number of days as ISO 8601 writes it.

    >>> days(28), days(-14)
    ('P28D', '-P14D')
    """
    return f"-P{-number}D" if number < 0 else f"P{number}D"
