"""Central monitoring finds what was planted, and in honest data of a rehearsal no more than it says."""

from datetime import date, timedelta

import pytest
from attrs import evolve

from studies.telitacicept_ssc.protocol import STUDY
from studies.telitacicept_ssc.rehearsal import BEHAVIOR
from trialwright.instruments.mrss import CODES
from trialwright.protocol import Audience
from trialwright.record import Answer
from trialwright.rehearsal import rehearse
from trialwright.report.monitoring import _units, monitored
from trialwright.testing import START, actor, enrolled, in_memory

A = Audience
VISITS = ("BASELINE", "W4", "W8", "W12", "W16", "W20", "W24")
DAYS = {visit.code: visit.day for visit in STUDY.visits}


def told(patients: int, total, *, by=lambda number: "evaluator", role: A = A.MONITOR, fvc=None):
    """A trial in which patient number n has the skin score total(n, visit number) at each visit, and the FVC fvc(n, visit number)."""
    gate = in_memory(STUDY)
    for number in range(patients):
        id, index = f"P{number:02}", START + timedelta(days=14 * number)
        enrolled(gate, id, at=index, index=index.date())
        for place, visit in enumerate(VISITS):
            day = index + timedelta(days=DAYS[visit])
            score = total(number, place)
            grades = {code: str(score // 17 + (spot < score % 17)) for spot, code in enumerate(CODES)}
            evaluator = evolve(actor(A.EVALUATOR), name=by(number))
            gate.do(evaluator, Answer(subject=id, visit=visit, form="MRSS", entries={"MRSSDAT": day.date().isoformat()} | grades), day + timedelta(hours=1))
            if fvc and visit in ("BASELINE", "W12", "W24"):
                entries = {"LUNGDAT": day.date().isoformat(), "FVC": f"{fvc(number, place):.2f}", "HEIGHT": "160"}
                gate.do(actor(A.COORDINATOR), Answer(subject=id, visit=visit, form="LUNG", entries=entries), day + timedelta(hours=2))
    return monitored(STUDY, gate.casebook(role), role)


def wobble(number: int, place: int) -> int:
    """A skin score with a fixed pattern of noise, the same in spread for everybody and without any trend."""
    return 20 + (number * 7 + place * 5 + (number * place) % 3) % 9 - 4


def kinds(found) -> set[str]:
    return {one.check for one in found.findings if one.p is not None}


def test_honest_scores_raise_no_alarm() -> None:
    assert kinds(told(12, wobble)) == set()


def test_digits_that_were_rounded_are_found() -> None:
    found = told(12, wobble, fvc=lambda number, place: 2.0 + 0.05 * ((number * 13 + place * 7) % 40))
    planted = next(one for one in found.findings if one.check == "digits")
    assert "best acceptable blow" in planted.what.en and planted.p is not None and planted.p < 0.001
    assert {place.form for place in planted.places} == {"LUNG"} and planted.few
    honest = told(12, wobble, fvc=lambda number, place: 2.0 + 0.01 * ((number * 173 + place * 61) % 199))
    assert "digits" not in kinds(honest) and dict(honest.compared)["digits"] == 1


def test_what_is_ordered_or_written_in_coarse_steps_is_no_preference() -> None:
    """A whole number in an item that would take decimals ends in the digit before the point."""
    item = STUDY.item("LUNG", "FVC")
    assert _units(item, ["2.10", "3.40", "4.7"]) == [21, 34, 47]
    assert _units(item, ["2.10", "3.41", "9.00", "0.30"]) == [210, 341, None, None], "a bound of the item is left out"


def test_an_evaluator_who_drifts_is_found() -> None:
    found = told(16, lambda number, place: wobble(number, place) + (14 * number) // 16)
    planted = next(one for one in found.findings if one.check == "drift")
    assert "evaluator: scores at the same visit change by +" in planted.what.en and planted.p < 0.001


def test_an_evaluator_whose_patients_all_improve_is_found() -> None:
    by = lambda number: "first" if number % 2 else "second"  # noqa: E731  # a name for each number
    found = told(16, lambda number, place: wobble(number, place) - (place * 2 if number % 2 else 0), by=by)
    planted = next(one for one in found.findings if one.check == "evaluators")
    assert "first" in planted.what.en and "second" in planted.what.en and planted.p < 0.01
    assert [line.name for line in found.evaluators] == ["first", "second"]
    assert "evaluators" not in kinds(told(16, wobble, by=by))


def test_a_patient_who_never_varies_and_copied_pages_are_found() -> None:
    found = told(12, lambda number, place: 20 if number == 3 else wobble(number, place))
    planted = next(one for one in found.findings if one.check == "spread")
    assert planted.what.en.startswith("P03") and {place.subject for place in planted.places} == {"P03"}
    found = told(3, lambda number, place: 20 if (number, place) in ((0, 1), (2, 4)) else 21 + number * 7 + place)
    copies = [one for one in found.findings if one.check == "copies"]
    assert [[(place.subject, place.visit) for place in one.places] for one in copies] == [[("P00", "W4"), ("P02", "W16")]]


def test_pages_entered_before_their_day_weekends_and_delays_are_counted() -> None:
    gate = in_memory(STUDY)
    enrolled(gate, "P1")
    gate.do(actor(A.COORDINATOR), Answer(subject="P1", visit="BASELINE", form="LUNG", entries={"LUNGDAT": "2026-01-04", "FVC": "3.11", "HEIGHT": "160"}),
            START + timedelta(days=5))  # fmt: skip
    line = next(one for one in monitored(STUDY, gate.casebook(A.MONITOR), A.MONITOR).forms if one.form.code == "LUNG")
    assert (line.pages, line.delay, line.same_day, line.off_days) == (1, 6.0, 0, 1), "4 January 2026 was a Sunday"
    gate.do(actor(A.COORDINATOR), Answer(subject="P1", visit="BASELINE", form="LUNG", entries={"LUNGDAT": "2026-01-05"}, reason="typing error"),
            START + timedelta(days=6))  # fmt: skip
    told = monitored(STUDY, gate.casebook(A.MONITOR), A.MONITOR, [date(2026, 1, 5)]).forms
    line = next(one for one in told if one.form.code == "LUNG")
    assert (line.off_days, line.corrected) == (1, 1), "a holiday counts when it is named"
    assert next(one for one in monitored(STUDY, gate.casebook(A.MONITOR), A.MONITOR).forms if one.form.code == "LUNG").off_days == 0


@pytest.mark.req("BLD-02")
def test_who_may_not_read_an_answer_finds_nothing_in_it() -> None:
    """The coordinator reads no skin score: in his view a planted drift is not there, and no evaluator is listed."""
    found = told(16, lambda number, place: wobble(number, place) + (14 * number) // 16, role=A.COORDINATOR)
    assert found.evaluators == () and dict(found.compared)["drift"] == 0
    assert "MRSS" not in {line.form.code for line in found.forms}


def test_the_rehearsed_trial_is_honest(rehearsed) -> None:
    found = monitored(STUDY, rehearsed, A.STATISTICIAN)
    compared = dict(found.compared)
    assert compared["digits"] > 5 and compared["drift"] == 1 and compared["spread"] > 10
    alarms = [one.what.en for one in found.findings if one.p is not None]
    assert len(alarms) <= 1, alarms


@pytest.mark.nightly
def test_rehearsals_raise_false_alarms_no_more_often_than_stated() -> None:
    """Twenty rehearsals, five kinds of check of at most 5 in 100 each: more than 11 alarms of a hundred would be hardly chance."""
    alarms: list[str] = []
    for seed in range(20):
        gate = in_memory(STUDY)
        rehearse(STUDY, BEHAVIOR, gate, seed=seed, subjects=20, start=date(2025, 1, 6))
        alarms += sorted(kinds(monitored(STUDY, gate.casebook(A.MONITOR), A.MONITOR)))
    assert len(alarms) <= 11, alarms
