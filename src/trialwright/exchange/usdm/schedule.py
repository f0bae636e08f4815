"""When what is done, as USDM tells it: epochs, encounters, activities with what they measure, and the timelines on which they lie."""

from collections.abc import Iterator, Mapping
from itertools import pairwise

from trialwright.exchange.odm.layout import TYPES
from trialwright.exchange.usdm.words import Thing, Things, by_name, chained, days
from trialwright.protocol import Form, Item, Visit
from trialwright.sdtm import targets
from trialwright.sdtm._domain import concept_of

EPOCHS = {"SCREENING": ("C48262", "Trial Screening"), "TREATMENT": ("C101526", "Treatment Epoch"), "FOLLOWUP": ("C99158", "Clinical Study Follow-up")}
"""Epochs that the terminology knows (CDISC CT 2025-03-28, NCI EVS), under their preferred terms."""


class Schedule:
    """The schedule of a study: visits in the order of their days, forms, and the answers that they ask."""

    def __init__(self, make: Things, interventions: list[Thing]) -> None:
        self.make, self.study = make, make.study
        self.visits = sorted(self.study.visits, key=lambda visit: (visit.day, visit.number))
        self.epochs = chained([self._epoch(epoch.code, epoch.name.en) for epoch in self.study.epochs])
        self.encounters = chained([self.make.make("Encounter", visit.code, visit.name, type=self.make.term("Visit"), environmentalSettings=[],
                                                  contactModes=[]) for visit in self.visits])  # fmt: skip
        self.concepts: list[Thing] = []
        self.surrogates: list[Thing] = []
        self.activities = chained([*(self._activity(form) for form in self.study.forms), *(self._treatment(one) for one in interventions)])
        self.timelines = [self._main(), *(self._log(self.study.form(code)) for code in self.study.logs)]

    def _epoch(self, code: str, name: str) -> Thing:
        return self.make.make("StudyEpoch", code, name, type=self.make.concept(*EPOCHS[code]) if code in EPOCHS else self.make.own(code, name))

    def _activity(self, form: Form) -> Thing:
        concepts = [one for item in form.items for one in self._concept(form, item)]
        self.concepts += concepts
        surrogates = [] if concepts else [self.make.make("BiomedicalConceptSurrogate", form.code, form.title)]
        self.surrogates += surrogates
        return self.make.make("Activity", form.code, form.title, childIds=[], definedProcedures=[], bcCategoryIds=[],
                              biomedicalConceptIds=[one["id"] for one in concepts], bcSurrogateIds=[one["id"] for one in surrogates])  # fmt: skip

    def _treatment(self, intervention: Thing) -> Thing:
        """Treatment is an activity too: the procedure by which an intervention is given."""
        name = f"TREATMENT.{intervention['name']}"
        procedure = self.make.make("Procedure", name, f"Treatment: {intervention['label']}", procedureType="Treatment",
                                   code=self.make.own(name, f"Treatment: {intervention['label']}"), studyInterventionId=intervention["id"])  # fmt: skip
        return self.make.make("Activity", name, procedure["label"], childIds=[], definedProcedures=[procedure], bcCategoryIds=[], biomedicalConceptIds=[],
                              bcSurrogateIds=[])  # fmt: skip

    def _concept(self, form: Form, item: Item) -> Iterator[Thing]:
        """An item as a biomedical concept, where CDISC's terminology knows the test that it is."""
        for target in targets(item.sdtm):
            test = dict(target.where).get(f"{target.domain}TESTCD", "")
            concept = concept_of(f"{target.domain}TESTCD", test)
            if concept and target.variable == f"{target.domain}ORRES":
                name = f"{form.code}.{item.code}"
                yield self.make.make("BiomedicalConcept", name, item.label, synonyms=[], reference=f"urn:study:{self.study.code}:{name}",
                                     properties=[self._property(name, item)], code=self.make.alias(self.make.concept(concept, test)))  # fmt: skip
                return

    def _property(self, name: str, item: Item) -> Thing:
        responses = [self.make.make("ResponseCode", f"{name}.{term.code}", term.label, isEnabled=True, code=self._response(name, term.code, term.concept))
                     for term in (item.codelist.terms if item.codelist else ())]  # fmt: skip
        return self.make.make("BiomedicalConceptProperty", name, item.label, isRequired=item.required, isEnabled=True, datatype=TYPES[item.kind],
                              responseCodes=responses, code=self.make.alias(self.make.own(name, item.label.en)))  # fmt: skip

    def _response(self, name: str, code: str, concept: str | None) -> Thing:
        return self.make.concept(concept, code) if concept else self.make.own(f"{name}.{code}", code)

    def _main(self) -> Thing:
        """The timeline of the visits; the index date is that of baseline, from which all others count."""
        exit_ = self.make.make("ScheduleTimelineExit")
        found = [self._instance(visit) for visit in self.visits]
        for one, after in pairwise(found):
            one["defaultConditionId"] = after["id"]
        found[-1]["timelineExitId"] = exit_["id"]
        timings = [self._timing(visit, by_name(found)) for visit in self.visits]
        for encounter, timing in zip(self.encounters, timings, strict=True):
            encounter["scheduledAtId"] = timing["id"]
        return self.make.make("ScheduleTimeline", "MAIN", "Visits", mainTimeline=True, entryCondition="The subject has agreed to take part",
                              entryId=found[0]["id"], exits=[exit_], timings=timings, instances=found, plannedDuration=self._duration())  # fmt: skip

    def _duration(self) -> Thing:
        """From the first visit to the last."""
        length = self.visits[-1].day - self.visits[0].day
        unit = self.make.alias(self.make.listed("C71620", "DAYS"))
        return self.make.make("Duration", text=days(length), quantity=self.make.number(length, unit), durationWillVary=False)

    def _instance(self, visit: Visit) -> Thing:
        epoch, encounter, known = by_name(self.epochs)[visit.epoch], by_name(self.encounters)[visit.code], by_name(self.activities)
        treated = [one["id"] for one in self.activities if one["definedProcedures"]] if visit.is_baseline else []
        return self.make.make("ScheduledActivityInstance", visit.code, visit.name, epochId=epoch["id"], encounterId=encounter["id"],
                              activityIds=[*(known[form]["id"] for form in visit.forms), *treated])  # fmt: skip

    def _timing(self, visit: Visit, instances: Mapping[str, Thing]) -> Thing:
        baseline = self.study.baseline
        apart = visit.day - baseline.day
        fixed = visit.code == baseline.code
        kind = "Fixed Reference" if fixed else "Before" if apart < 0 else "After"
        window = {"windowLower": f"P{visit.early}D", "windowUpper": f"P{visit.late}D", "windowLabel": f"{days(visit.early)} early to {days(visit.late)} late"}
        return self.make.make("Timing", visit.code, visit.name, type=self.make.term(kind), value=f"P{abs(apart)}D", valueLabel=days(apart),
                              relativeToFrom=self.make.term("Start to Start"), relativeFromScheduledInstanceId=instances[visit.code]["id"],
                              relativeToScheduledInstanceId=instances[baseline.code]["id"],
                              **({} if fixed or not (visit.early or visit.late) else window))  # fmt: skip

    def _log(self, form: Form) -> Thing:
        """What is kept outside visits: a timeline that begins whenever there is something to enter."""
        exit_ = self.make.make("ScheduleTimelineExit")
        one = self.make.make("ScheduledActivityInstance", f"LOG.{form.code}", form.title, activityIds=[by_name(self.activities)[form.code]["id"]],
                             timelineExitId=exit_["id"])  # fmt: skip
        timing = self.make.make("Timing", f"LOG.{form.code}", form.title, type=self.make.term("Fixed Reference"), value="P0D", valueLabel="0 days",
                                relativeToFrom=self.make.term("Start to Start"), relativeFromScheduledInstanceId=one["id"],
                                relativeToScheduledInstanceId=one["id"])  # fmt: skip
        return self.make.make("ScheduleTimeline", f"LOG.{form.code}", form.title, mainTimeline=False,
                              entryCondition=f"There is something to enter: {form.title.en}", entryId=one["id"], exits=[exit_],
                              timings=[timing], instances=[one])  # fmt: skip

