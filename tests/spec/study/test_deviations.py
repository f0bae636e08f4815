"""Departures from the plan are found from the record, each reader from the view that he has."""

from datetime import date, timedelta

import pytest

from studies.telitacicept_ssc.protocol import STUDY
from trialwright.blinding.gate import Actor, Gate
from trialwright.eligibility.deviations import KINDS, Deviation, deviations
from trialwright.instruments import mrss
from trialwright.protocol import Audience
from trialwright.record import Answer, BreakCode, MarkNotDone, TakeOver
from trialwright.testing import START, actor, enrolled, in_memory, later

pytestmark = pytest.mark.spec
A = Audience
INDEX = START.date()


@pytest.fixture
def trial() -> Gate:
    gate = in_memory(STUDY)
    enrolled(gate, "S1", "T")
    enrolled(gate, "S2", "C")
    return gate


def found(gate: Gate, role: Audience, days: int, kind: str, subject: str = "S1") -> list[Deviation]:
    told = deviations(STUDY, gate.casebook(role), role, INDEX + timedelta(days=days))
    assert all(one.kind in KINDS and one.what.en and one.what.zh for one in told)
    return [one for one in told if one.kind == kind and one.subject == subject]


def score(gate: Gate, visit: str, day: int, subject: str = "S1") -> None:
    entries = dict.fromkeys(mrss.CODES, "1") | {"MRSSDAT": (INDEX + timedelta(days=day)).isoformat()}
    gate.do(actor(A.EVALUATOR), Answer(subject=subject, visit=visit, form="MRSS", entries=entries), later(day))


def dose(gate: Gate, day: int, subject: str = "S1", amount: str | None = "160", row: str = "") -> None:
    entries = {"EXDAT": (INDEX + timedelta(days=day)).isoformat(), "EXGIVEN": "Y" if amount else "N"}
    entries |= {"EXDOSE": amount} if amount else {"EXREASND": "INFECTION"}
    row = row or f"d{subject}{day}".replace("-", "m")
    at = later(max(day, 0), 5)
    gate.do(actor(A.PHYSICIAN), Answer(subject=subject, form="DOSING", row=row, entries=entries), at)


def test_a_visit_outside_its_window_is_told_with_days_and_evidence(trial: Gate) -> None:
    score(trial, "W4", 35)
    assert found(trial, A.EVALUATOR, 36, "VISIT_OUT_OF_WINDOW") == []
    score(trial, "W8", 66)
    late = found(trial, A.EVALUATOR, 70, "VISIT_OUT_OF_WINDOW")
    assert [(one.visit, one.on) for one in late] == [("W8", INDEX + timedelta(days=66))]
    assert "3 days too late" in late[0].what.en
    shown = {entry.ref for entry in trial.casebook(A.EVALUATOR).everything}
    assert set(late[0].evidence) <= shown
    assert late[0].evidence


def test_a_visit_is_missed_only_once_its_window_has_closed(trial: Gate) -> None:
    score(trial, "BASELINE", 0)
    assert found(trial, A.EVALUATOR, 35, "VISIT_MISSED") == []
    assert [one.visit for one in found(trial, A.EVALUATOR, 36, "VISIT_MISSED")] == ["W4"]


def test_one_page_missing_at_a_visit_that_took_place(trial: Gate) -> None:
    score(trial, "W4", 28)
    gate_guess = MarkNotDone(subject="S1", visit="W4", form="GUESS", reason="not asked")
    trial.do(actor(A.EVALUATOR), gate_guess, later(28))
    missing = found(trial, A.EVALUATOR, 40, "PAGE_MISSED")
    assert [(one.visit, len(one.evidence)) for one in missing] == [("W4", 1)]
    assert "Which arm" in missing[0].what.en


def test_doses_are_held_against_the_regimen(trial: Gate) -> None:
    for day in (0, 7, 21, 28):
        dose(trial, day)
    assert [one.on for one in found(trial, A.PHYSICIAN, 30, "DOSE_INTERVAL")] == [INDEX + timedelta(days=21)]
    dose(trial, 14, amount=None)
    assert found(trial, A.PHYSICIAN, 30, "DOSE_INTERVAL") == []
    assert [one.on for one in found(trial, A.PHYSICIAN, 30, "DOSE_NOT_GIVEN")] == [INDEX + timedelta(days=14)]
    dose(trial, 35, amount="80")
    assert "80 mg" in found(trial, A.PHYSICIAN, 36, "DOSE_OFF_PLAN")[0].what.en


def test_study_drug_in_the_control_arm_and_before_the_index_date(trial: Gate) -> None:
    dose(trial, 3, subject="S2")
    assert len(found(trial, A.PHYSICIAN, 5, "DOSE_IN_CONTROL", "S2")) == 1
    dose(trial, -2)
    assert [one.on for one in found(trial, A.PHYSICIAN, 5, "DOSE_BEFORE_INDEX")] == [INDEX - timedelta(days=2)]


def test_nobody_who_is_blinded_hears_of_doses(trial: Gate) -> None:
    blind = (A.EVALUATOR, A.STATISTICIAN, A.DATA_MANAGER)
    before = {role: deviations(STUDY, trial.casebook(role), role, INDEX + timedelta(days=60)) for role in blind}
    dose(trial, 0, amount="80")
    dose(trial, 30)
    dose(trial, 3, subject="S2")
    for role in blind:
        assert deviations(STUDY, trial.casebook(role), role, INDEX + timedelta(days=60)) == before[role]


def test_another_evaluator_than_before_is_told(trial: Gate) -> None:
    score(trial, "BASELINE", 0)
    score(trial, "W4", 28)
    assert found(trial, A.DATA_MANAGER, 30, "EVALUATOR_CHANGED") == []
    entries = dict.fromkeys(mrss.CODES, "1") | {"MRSSDAT": (INDEX + timedelta(days=56)).isoformat()}
    second = Actor(name="second evaluator", role=A.EVALUATOR)
    trial.do(second, TakeOver(subject="S1", because="the first evaluator is ill"), later(56))
    trial.do(second, Answer(subject="S1", visit="W8", form="MRSS", entries=entries), later(56))
    assert [one.visit for one in found(trial, A.DATA_MANAGER, 60, "EVALUATOR_CHANGED")] == ["W8"]


def test_someone_enrolled_against_a_criterion_is_told_to_those_who_may_know(trial: Gate) -> None:
    """The helper enrolls without screening pages: for the physician all criteria are open, for the statistician only those
    whose items he may read."""
    physician = {one.what.en.partition(":")[0] for one in found(trial, A.PHYSICIAN, 1, "ELIGIBILITY_OPEN")}
    assert physician == {"I1", "I2", "I3", "I4", "I5", "I6", "D1"}
    statistician = {one.what.en.partition(":")[0] for one in found(trial, A.STATISTICIAN, 1, "ELIGIBILITY_OPEN")}
    assert statistician == {"I2", "I3", "I4", "D1"}
    lung = {"FVC": "1.40", "HEIGHT": "160", "LUNGDAT": date(2025, 12, 28).isoformat()}
    person = {"BRTHDAT": "1972-01-05", "SEX": "F", "ETHNIC": "NORTHEAST_ASIAN", "HEIGHT": "160", "WEIGHT": "55"}
    for form, entries in (("LUNG", lung), ("DEMOGRAPHICS", person)):
        trial.do(actor(A.PHYSICIAN), Answer(subject="S1", visit="SCREENING", form=form, entries=entries), later(1))
    broken = found(trial, A.STATISTICIAN, 2, "NOT_ELIGIBLE")
    assert [one.what.en.partition(":")[0] for one in broken] == ["I3"]
    assert "GLI Global 2022" in broken[0].what.en


def test_an_arm_opened_before_lock_and_a_long_screening_are_told() -> None:
    gate = in_memory(STUDY)
    enrolled(gate, "S1", "T", index=INDEX + timedelta(days=30))
    assert "2 days before" in found(gate, A.PHYSICIAN, 31, "SCREENING_TOO_LONG")[0].what.en
    opening = BreakCode(subject="S1", to=A.SAFETY, second="investigator", because="anaphylaxis")
    gate.do(actor(A.PHYSICIAN), opening, later(40))
    assert [one.on for one in found(gate, A.PHYSICIAN, 41, "UNBLINDED")] == [INDEX + timedelta(days=40)]
