"""ClinicalTrials.gov: the record says what the study says and no more, the results are the numbers of the report, both follow the schema of PRS."""

from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from lxml import etree

from studies.cdisc_pilot.protocol import STUDY as PILOT
from studies.cdisc_pilot.report import REPORT as PILOT_REPORT
from studies.telitacicept_ssc.protocol import STUDY, study
from studies.telitacicept_ssc.report import REPORT
from tests.schemas import schema_folder
from tests.spec.report.conftest import SIX, Patient, told
from tests.spec.report.test_blinded import other_world
from trialwright import adam, sdtm
from trialwright.exchange.ctgov_protocol import protocol_record, to_fill_in
from trialwright.protocol import Study
from trialwright.record import Casebook
from trialwright.report.registry_events import reported_events
from trialwright.report.registry_results import results_record, write_registry
from trialwright.report.results import Analysis
from trialwright.report.source import Source
from trialwright.report.writing import Composed

pytestmark = pytest.mark.spec
NASTY = "<b>\"quoted\" & 'O’Brien'</b> ]]> --> 泰它西普 \U0001f637 =SUM(A1)"
NEVER = ("first_name", "last_name", "phone", "email", "facility", "investigator_username", "resp_party_type", "approval_number")
"""What only a person can tell."""


def record(of: Study, book: Casebook | None = None) -> Any:
    return etree.fromstring(protocol_record(of, book or Casebook.of([]))[0])


def results(source: Source, report: Any = REPORT) -> Any:
    made = results_record(source, report.results(source))
    assert made is not None
    return etree.fromstring(made[0])


@pytest.fixture(scope="module")
def schema() -> Any:
    return etree.XMLSchema(etree.parse(str(schema_folder() / "ctgov-prs" / "ProtocolRecordSchema.xsd")))


@pytest.fixture(scope="module")
def told_results(opened: Composed) -> Any:
    return results(opened.trail.source)


# ----------------------------------------------------------------------------------------------------------- the record


@pytest.mark.parametrize("of", [study("R1"), study("R2"), study("R3"), PILOT, evolve(STUDY, title=STUDY.title, sponsor=NASTY)],
                         ids=["R1", "R2", "R3", "pilot", "nasty"])  # fmt: skip
def test_the_record_follows_the_schema(of: Study, schema: Any) -> None:
    schema.assertValid(record(of))


@pytest.mark.parametrize(("of", "said"), [(study("R1"), "Non-randomized"), (study("R2"), "Non-randomized"), (study("R3"), "Randomized"), (PILOT, "Randomized")],
                         ids=["R1", "R2", "R3", "pilot"])  # fmt: skip
def test_randomized_is_said_only_where_the_protocol_says_so(of: Study, said: str) -> None:
    made = record(of)
    assert made.findtext(".//allocation") == said
    if said != "Randomized":
        words = "".join(made.find(".//clinical_study").itertext()).replace("does not say randomized", "").replace("non-randomized", "")
        assert "randomized" not in words.replace("Non-randomized", "")


def test_arms_outcomes_and_eligibility_are_those_of_the_study() -> None:
    made = record(STUDY)
    assert [one.findtext("arm_group_label") for one in made.iter("arm_group")] == [arm.name.en for arm in STUDY.arms]
    assert [one.findtext("arm_type") for one in made.iter("arm_group")] == ["Experimental", "Active Comparator"]
    both = {one.findtext("intervention_name"): [label.text for label in one.iter("arm_group_label")] for one in made.iter("intervention")}
    assert both == {"telitacicept": ["telitacicept"], "conventional treatment": ["telitacicept", "conventional treatment"]}
    for tag, primary in (("primary_outcome", True), ("secondary_outcome", False)):
        assert [one.findtext("outcome_measure") for one in made.iter(tag)] == [one.title.en for one in STUDY.endpoints if one.primary is primary]
    assert made.findtext("clinical_study/primary_outcome/outcome_time_frame") == "Baseline and week 24"
    words = made.findtext(".//criteria/textblock")
    assert [line[2:] for line in words.splitlines() if line.startswith("- ")] == [one.text.en for one in STUDY.criteria]
    assert [made.findtext(f".//{name}") for name in ("gender", "minimum_age", "maximum_age", "healthy_volunteers")] == ["All", "18 Years", "N/A", "no"]
    masked = {one.tag: one.text for one in made.find(".//interventional_design") if one.tag.startswith("masked")}
    assert masked == {"masked_subject": "no", "masked_caregiver": "no", "masked_investigator": "no", "masked_assessor": "yes"}


def test_what_is_assumed_stands_apart_from_what_is_registered() -> None:
    words = record(STUDY).findtext(".//detailed_description/textblock")
    registered, _, assumed = words.partition("ASSUMED by the study file")
    assert all(told.en in registered for told in STUDY.registered.values())
    assert all(one.assumed.en in assumed and one.assumed.en not in registered for one in STUDY.assumptions)


@pytest.mark.parametrize("of", [STUDY, PILOT], ids=lambda one: one.code)
def test_what_only_a_person_can_tell_is_asked_for_and_never_invented(of: Study) -> None:
    made, missing = record(of), protocol_record(of, Casebook.of([]))[1]
    assert not [one.tag for one in made.iter() if one.tag in NEVER]
    assert not made.findtext(".//org_name")
    places = [one.place for one in missing]
    assert {"id_info/org_name", "sponsors/resp_party", "overall_official", "overall_contact", "location", "start_date"} <= set(places)
    empty = [one.tag for one in made.iter() if isinstance(one.tag, str) and not len(one) and not one.text]
    assert all(any(tag in place for place in places) or tag == "textblock" for tag in empty), empty
    listed = to_fill_in(missing, "protocol.xml")
    assert all(one.what.en in listed and one.what.zh in listed for one in missing)


def test_dates_are_actual_when_they_have_happened(rehearsed: Casebook) -> None:
    """A locked trial has its dates and its number of patients; one that has not begun has what was planned."""
    made, before = record(STUDY, rehearsed), record(STUDY)
    first = min(one.index_date for one in rehearsed.subjects if one.index_date)
    assert (made.findtext(".//start_date"), made.findtext(".//start_date_type")) == (f"{first:%Y-%m}", "Actual")
    assert made.findtext(".//last_follow_up_date_type") == made.findtext(".//primary_compl_date_type") == "Actual"
    assert (made.findtext(".//enrollment"), made.findtext(".//enrollment_type")) == ("20", "Actual")
    assert (before.findtext(".//enrollment"), before.findtext(".//enrollment_type")) == ("20", "Anticipated")
    assert before.find(".//start_date") is None


# ---------------------------------------------------------------------------------------------------------- the results


def test_the_results_follow_the_schema(told_results: Any, schema: Any) -> None:
    schema.assertValid(told_results)


@pytest.mark.req("BLD-02")
def test_no_results_before_the_arms_are_open(blinded: Composed, by_lot: Composed, rehearsed: Casebook, tmp_path: Path) -> None:
    for one in (blinded, by_lot):
        assert results_record(one.trail.source, one.results) is None
    names = write_registry(STUDY, rehearsed, tmp_path, blinded)
    assert sorted(path.name for path in (tmp_path / "ctgov").iterdir()) == ["protocol.xml", "to-fill-in.txt"]
    assert names == ["ctgov/protocol.xml", "ctgov/to-fill-in.txt"]
    assert protocol_record(STUDY, rehearsed) == protocol_record(STUDY, other_world(rehearsed))


def test_everybody_who_started_has_an_end(told_results: Any, opened: Composed) -> None:
    """Started = completed + each reason, in each arm; started is the number enrolled in Table 14.1.1."""
    flow = told_results.find(".//participantFlow")
    count = {name: {one.findtext("reportingGroupId"): int(one.findtext("subjectsAchieve")) for one in flow.iter("milestoneAchievement")
                    if one.getparent().getparent().tag == name} for name in ("startedMilestone", "completedMilestone")}  # fmt: skip
    lost = dict.fromkeys(count["startedMilestone"], 0)
    for one in flow.iter("reasonDetail"):
        lost[one.findtext("reportingGroupId")] += int(one.findtext("subjectsAffected"))
    assert all(count["startedMilestone"][code] == count["completedMilestone"][code] + lost[code] for code in lost)
    enrolled = next(row for row in opened.document.table("14.1.1").rows if row.label.en == "enrolled")
    assert [str(n) for n in count["startedMilestone"].values()] == [cell.text.en for cell in enrolled.cells[:2]]


def test_the_primary_outcome_has_the_numbers_of_the_table(told_results: Any, opened: Composed) -> None:
    (one,) = [one for one in told_results.iter("outcomeMeasure") if one.findtext("measureType") == "Primary"]
    values = [(entry.findtext("parameterValue"), entry.findtext("dispersionSpread")) for entry in one.iter("reportedEntry")]
    table = opened.document.table("14.2.1")
    rows = [row for row in table.rows if row.label.en == "mean (SD)"]
    assert [f"{mean} ({spread})".replace("-", "−") for mean, spread in values] == [cell.text.en for cell in rows[-1].cells[:2]]
    fit = opened.results.find("MRSS24.ANCOVA")
    analysis = one.find(".//measureAnalysis")
    assert float(analysis.findtext("parameterValue")) == pytest.approx(fit.get("DIFFERENCE", "T-C"), abs=0.0051)
    assert float(analysis.findtext("ciLowerLimit")) == pytest.approx(fit.get("DIFFERENCE_LOWER", "T-C"), abs=0.0051)
    assert analysis.findtext("statisticalTestType") == "Other", "a comparison without randomization is no test of superiority"
    assert [group.text for group in analysis.iter("outcomeReportingGroupId")] == ["om1.T", "om1.C"]


def test_every_outcome_that_was_measured_goes_out(told_results: Any, opened: Composed) -> None:
    titles = [one.findtext("title") for one in told_results.iter("outcomeMeasure")]
    assert titles == [one.title.en for one in STUDY.endpoints if one.at is not None]
    assert all(one.findtext("unitOfMeasure") for one in told_results.iter("outcomeMeasure"))
    (shares,) = [one for one in told_results.iter("outcomeMeasure") if "CRISS" in one.findtext("title")]
    found: Analysis = opened.results.find("CRISS24.RESPONDER")
    assert [entry.findtext("parameterValue") for entry in shares.iter("reportedEntry")] == [f"{found.get('COUNT', code):.0f}" for code in ("T", "C")]


def test_adverse_events_by_hand() -> None:
    """Six patients: pneumonia was serious once and once not in the same patient, rash stood in both arms."""
    made, _ = reported_events(told(SIX))
    assert _events(made, "seriousEvent") == {"pneumonia": [("ae.T", "1", "1", "3"), ("ae.C", "0", "0", "3")]}
    assert _events(made, "frequentEvent") == {
        "pneumonia": [("ae.T", "1", "1", "3"), ("ae.C", "0", "0", "3")], "rash": [("ae.T", "1", "1", "3"), ("ae.C", "1", "1", "3")],
    }  # fmt: skip
    totals = [(one.findtext("numSubjectsFrequentEvents"), one.findtext("numSubjectsSeriousEvents")) for one in made.iter("interventionGroup")]
    assert totals == [("2", "1"), ("1", "0")]


def _events(made: Any, tag: str) -> dict[str, list[tuple[str, ...]]]:
    names = ("reportingGroupId", "numEvents", "numSubjectsAffected", "numSubjects")
    return {one.findtext("term"): [tuple(stats.findtext(name) for name in names) for stats in one.iter("eventStats")] for one in made.iter(tag)}


def test_other_events_below_the_threshold_stay_out_and_serious_ones_never() -> None:
    """One patient of twenty is 5 %, not more; with nineteen it is."""
    many = tuple(Patient(id=f"P{place:02}", arm="T" if place < 20 else "C") for place in range(40))
    rare = (evolve(many[0], events=(("itch", "N", "UNLIKELY", 1), ("stroke", "Y", "UNLIKELY", 4))), *many[1:])
    made, _ = reported_events(told(rare))
    assert (set(_events(made, "frequentEvent")), set(_events(made, "seriousEvent"))) == (set(), {"stroke"})
    assert set(_events(reported_events(told(rare[:19] + rare[20:]))[0], "frequentEvent")) == {"itch"}


@pytest.mark.parametrize("patients", [
    (), SIX[:1], SIX[:3], tuple(evolve(one, events=()) for one in SIX), tuple(evolve(one, baseline=None, later=None) for one in SIX),
    tuple(evolve(one, later=None) for one in SIX), (evolve(SIX[0], events=((NASTY, "Y", "POSSIBLE", 3),)), *SIX[1:]),
], ids=["nobody", "one patient", "one arm", "no events", "everything missing", "no later value", "nasty words"])  # fmt: skip
def test_little_or_nothing_is_told_as_such(patients: tuple[Patient, ...], schema: Any) -> None:
    made = results(told(patients))
    schema.assertValid(made)
    assert "nan" not in "".join(made.itertext()).lower().split()
    if patients and patients[0].events and patients[0].events[0][0] == NASTY:
        assert NASTY in _events(made, "seriousEvent")


@pytest.mark.parametrize("of", [study("R2"), study("R3")], ids=["R2", "R3"])
def test_the_reading_decides_what_a_comparison_is_called(of: Study, schema: Any) -> None:
    made = results(evolve(told(SIX), study=of))
    schema.assertValid(made)
    kinds = {one.findtext("statisticalTestType") for one in made.iter("outcomeMeasure") if one.findtext("measureType") == "Primary"
             for one in one.iter("measureAnalysis")}  # fmt: skip
    assert kinds == ({"Superiority", "Other"} if of.reading == "R3" else {"Other"})
    assert of.chosen.bias.en in made.findtext(".//limitationsAndCaveats/description")


def test_results_of_a_rehearsal_say_so() -> None:
    for virtual in (True, False):
        made = results(evolve(told(SIX[:1]), virtual=virtual))
        assert made.findtext(".//limitationsAndCaveats/description").startswith("REHEARSAL: every patient is virtual.") is virtual


def test_the_second_study_without_a_patient(schema: Any) -> None:
    tabulated = sdtm.build(PILOT, Casebook.of([]))
    source = Source(study=PILOT, casebook=Casebook.of([]), sdtm=tabulated, adam=adam.build(PILOT, tabulated), released=True)
    schema.assertValid(results(source, PILOT_REPORT))


def test_a_trial_that_is_only_open_gives_a_record(tmp_path: Path) -> None:
    assert write_registry(STUDY, Casebook.of([]), tmp_path, None) == ["ctgov/protocol.xml", "ctgov/to-fill-in.txt"]
