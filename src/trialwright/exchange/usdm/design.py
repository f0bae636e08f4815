"""Who is studied, for what and how, as USDM tells it: population, criteria, objectives with endpoints, estimands, arms and interventions."""

import re
from collections.abc import Iterator

from trialwright.exchange.usdm.schedule import Schedule
from trialwright.exchange.usdm.words import Thing, Things, Unsaid, all_said, by_name, chained, marked, said, summary
from trialwright.protocol import Arm, AtLeast, Endpoint, Estimand, Every, Method, Rule, Study
from trialwright.sdtm._domain import planned
from trialwright.sdtm.te import rows as elements
from trialwright.sdtm.ts import PHASES

NO_UPPER_LIMIT = 150
"""Years: what stands for an age without an upper limit, since USDM wants a number; a note says so."""
CONTROLS = {"ACTIVE": ("Active Comparator", "Active Comparator Arm"), "PLACEBO": ("Placebo", "Placebo Comparator Arm")}
ASKED = ("INTMODEL", "INTTYPE", "SEXPOP", "HLTSUBJI", "TBLIND")
"""What USDM must be told of a trial and what only the summary of the study can say."""


def unsaid(study: Study) -> tuple[str, ...]:
    """What USDM must be told and the study does not say, in words that tell how to mend it."""
    missing = [f"{name} (add it to Study.summary)" for name in ASKED if not said(study, name)]
    if any(arm.control for arm in study.arms) and said(study, "TCNTRL") not in CONTROLS:
        missing.append("TCNTRL, which is ACTIVE or PLACEBO (add it to Study.summary)")
    if youngest(study) is None:
        missing.append("the least age (a criterion on age, or AGEMIN in Study.summary)")
    if not any(one.primary for one in study.endpoints):
        missing.append("a primary endpoint")
    if not study.criteria:
        missing.append("a criterion")
    return tuple(missing)


def youngest(study: Study) -> int | None:
    """The least age in years of a subject: that of a criterion on the fact “age”, or what the summary says."""
    found = [int(limit) for one in study.criteria if one.inclusion for limit in _ages(one.rule)]
    return max(found, default=_years(said(study, "AGEMIN")))


def _ages(rule: Rule) -> Iterator[float]:
    if isinstance(rule, AtLeast) and rule.fact == "age":
        yield float(rule.limit)
    elif isinstance(rule, Every):
        for part in rule.rules:
            yield from _ages(part)


def _years(duration: str) -> int | None:
    found = re.fullmatch(r"P([0-9]+)Y", duration)
    return int(found[1]) if found else None


class Design:
    """The design of a study in the making. Raises `Unsaid` where the study leaves open what USDM must be told."""

    def __init__(self, make: Things) -> None:
        self.make, self.study = make, make.study
        missing = unsaid(self.study)
        if missing:
            raise Unsaid(missing)
        self.coded = self._coded()
        self.interventions = [self._intervention(arm) for arm in self.study.arms]
        self.schedule = Schedule(make, self.interventions)
        self.texts = [make.make("EligibilityCriterionItem", one.code, one.code, text=marked(one.text.en)) for one in self.study.criteria]
        self.criteria = chained([make.make("EligibilityCriterion", one.code, one.code, identifier=one.code, criterionItemId=text["id"],
                                           category=make.listed("C66797", "INCLUSION" if one.inclusion else "EXCLUSION"))
                                 for one, text in zip(self.study.criteria, self.texts, strict=True)])  # fmt: skip
        self.population = self._population()
        self.elements = self._elements()
        self.arms = [self._arm(arm) for arm in self.study.arms]

    def made(self) -> Thing:
        make, study, schedule, chosen = self.make, self.study, self.schedule, self.study.chosen
        objectives = self._objectives()
        analyzed, estimands = self._estimands([one for objective in objectives for one in objective["endpoints"]])
        told = {
            "rationale": f"{chosen.title.en}: {chosen.consequence.en}. Bias to reckon with: {chosen.bias.en}.",
            "therapeuticAreas": [], "characteristics": [make.term(one) for one in characteristics(study)], "encounters": schedule.encounters,
            "activities": schedule.activities, "arms": self.arms, "studyCells": self._cells(), "epochs": schedule.epochs, "elements": self.elements,
            "estimands": estimands, "indications": [], "studyInterventionIds": [one["id"] for one in self.interventions], "objectives": objectives,
            "population": self.population, "scheduleTimelines": schedule.timelines, "biospecimenRetentions": [], "documentVersionIds": [],
            "eligibilityCriteria": self.criteria, "analysisPopulations": analyzed,
        }  # fmt: skip
        return make.make("InterventionalStudyDesign", study.code, study.title, **told, **self.coded)

    def _coded(self) -> Thing:
        """What is said of the design in terms alone."""
        make, study = self.make, self.study
        phase = next((word for number, word in PHASES.items() if study.phase == f"PHASE{number}"), "")
        told = {
            "model": make.listed("C99076", said(study, "INTMODEL")), "subTypes": [make.listed("C66739", one) for one in all_said(study, "TTYPE")],
            "intentTypes": [make.listed("C66736", one) for one in all_said(study, "TINDTP")],
            "blindingSchema": make.alias(make.listed("C66735", said(study, "TBLIND"))),
        }  # fmt: skip
        if said(study, "STYPE"):
            told["studyType"] = make.listed("C99077", said(study, "STYPE"))
        if phase:
            told["studyPhase"] = make.alias(make.listed("C66737", phase))
        return told

    def _intervention(self, arm: Arm) -> Thing:
        """What an arm is given; of a control that is active drugs are meant, for nothing else could be compared with them by add-on."""
        role = CONTROLS[said(self.study, "TCNTRL")][0] if arm.control else "Experimental Intervention"
        kind = "DRUG" if role == "Active Comparator" else said(self.study, "INTTYPE")
        codes = [self.make.code(one.code, one.value, one.terminology, one.version or "not stated") for one in self.study.summary
                 if one.name == "TRT" and one.terminology and not arm.control]  # fmt: skip
        return self.make.make("StudyIntervention", arm.code, arm.name, description=arm.treatment.en, role=self.make.term(role),
                              type=self.make.listed("C99078", kind), codes=codes, administrations=[])  # fmt: skip

    def _population(self) -> Thing:
        make, study = self.make, self.study
        sexes = {"BOTH": ["F", "M"]}.get(said(study, "SEXPOP"), [said(study, "SEXPOP")])
        oldest = _years(said(study, "AGEMAX"))
        years = make.alias(make.listed("C66781", "YEARS"))
        least = make.number(youngest(study) or 0, years)
        most = make.number(NO_UPPER_LIMIT if oldest is None else oldest, make.alias(make.listed("C66781", "YEARS")))
        notes = [] if oldest is not None else [make.make("CommentAnnotation", codes=[], text=f"The study states no upper limit of age ({_because(study)}); "
                                                         f"{NO_UPPER_LIMIT} years stand for none.")]  # fmt: skip
        return make.make("StudyDesignPopulation", study.code, said(study, "TDIGRP") or study.title, includesHealthySubjects=said(study, "HLTSUBJI") == "Y",
                         plannedEnrollmentNumber=make.number(study.planned), plannedSex=[make.listed("C66732", sex) for sex in sexes],
                         criterionIds=[one["id"] for one in self.criteria], cohorts=[], notes=notes,
                         plannedAge=make.make("Range", minValue=least, maxValue=most, isApproximate=False))  # fmt: skip

    def _elements(self) -> list[Thing]:
        """The elements of the tabulation (TE); those of treatment carry the intervention of their arm."""
        carries = {one.code: one.arm for one in planned(self.study) if one.order == 2}
        shared = {one.code for one in planned(self.study)} - set(carries)
        by_arm = by_name(self.interventions)
        return [self.make.make("StudyElement", row["ETCD"], row["ELEMENT"], transitionStartRule=self._rule(row["ETCD"], "begins", row["TESTRL"]),
                               transitionEndRule=self._rule(row["ETCD"], "ends", row["TEENRL"]),
                               studyInterventionIds=[] if row["ETCD"] in shared else [by_arm[carries[row["ETCD"]]]["id"]])
                for row in elements(self.study).to_dicts()]  # fmt: skip

    def _rule(self, element: str, what: str, words: str) -> Thing:
        return self.make.make("TransitionRule", f"{element}.{what}", text=words)

    def _arm(self, arm: Arm) -> Thing:
        kind = CONTROLS[said(self.study, "TCNTRL")][1] if arm.control else "Experimental Arm"
        return self.make.make("StudyArm", arm.code, arm.name, description=arm.treatment.en, type=self.make.term(kind),
                              dataOriginDescription="Recorded in this study", dataOriginType=self.make.term("Data Generated Within Study"),
                              populationIds=[self.population["id"]])  # fmt: skip

    def _cells(self) -> list[Thing]:
        arms, epochs, found = by_name(self.arms), by_name(self.schedule.epochs), by_name(self.elements)
        return [self.make.make("StudyCell", armId=arms[one.arm]["id"], epochId=epochs[one.epoch]["id"], elementIds=[found[one.code]["id"]])
                for one in planned(self.study)]  # fmt: skip

    def _objectives(self) -> list[Thing]:
        parts = (("PRIMARY", "OBJPRIM", [one for one in self.study.endpoints if one.primary]),
                 ("SECONDARY", "OBJSEC", [one for one in self.study.endpoints if not one.primary]))  # fmt: skip
        return [self._objective(name, all_said(self.study, words), asked) for name, words, asked in parts if asked]

    def _objective(self, name: str, words: list[str], asked: list[Endpoint]) -> Thing:
        """What is asked, in the words of the summary; where it has none, in those of the endpoints."""
        return self.make.make("Objective", name, name.capitalize(), text=marked("; ".join(words or [one.title.en for one in asked])),
                              level=self.make.term(f"Study {name.capitalize()} Objective"), endpoints=[self._endpoint(one) for one in asked])  # fmt: skip

    def _endpoint(self, one: Endpoint) -> Thing:
        level = "Primary Endpoint" if one.primary else "Secondary Endpoint"
        return self.make.make("Endpoint", one.code, one.title, text=marked(one.title.en), purpose=level, level=self.make.term(level))

    def _estimands(self, endpoints: list[Thing]) -> tuple[list[Thing], list[Thing]]:
        known = {one.code: one for one in self.study.estimands}
        told = [(one, known[one.estimand]) for one in self.study.endpoints if one.estimand]
        populations = {code: self.make.make("AnalysisPopulation", code, text=marked(known[code].population.en), subsetOfIds=[])
                       for code in dict.fromkeys(estimand.code for _, estimand in told)}  # fmt: skip
        made = [self._estimand(one, estimand, by_name(endpoints)[one.code], populations[estimand.code]) for one, estimand in told]
        return list(populations.values()), made

    def _estimand(self, one: Endpoint, estimand: Estimand, variable: Thing, population: Thing) -> Thing:
        name = f"{one.code}.{estimand.code}"
        events = [self.make.make("IntercurrentEvent", f"{name}.{event.code}", event.event, text=marked(event.event.en), strategy=event.strategy)
                  for event in estimand.events]  # fmt: skip
        return self.make.make("Estimand", name, estimand.treatment, description=estimand.variable.en, populationSummary=estimand.summary.en,
                              analysisPopulationId=population["id"], interventionIds=[one["id"] for one in self.interventions],
                              variableOfInterestId=variable["id"], intercurrentEvents=events)  # fmt: skip


def characteristics(study: Study) -> Iterator[str]:
    """What the study is, in the words of USDM; randomized only under a reading that says so."""
    if study.chosen.method is Method.RANDOMIZED:
        yield "Stratified Randomisation" if study.chosen.factors else "Randomized"
    if said(study, "ADAPT") == "Y":
        yield "Adaptive"
    yield "Multicentre" if len(study.sites) > 1 else "Single-Centre"
    if study.country:
        yield "Single Country"


def _because(study: Study) -> str:
    one = summary(study, "AGEMAX")
    return f"AGEMAX is {one.absent}" if one and one.absent else "it says nothing of AGEMAX"
