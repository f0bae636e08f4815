"""Clocks of reporting: day 0, 7 and 8 and 15 calendar days, upgrades, downgrades, what stops them, and what is still open."""

from datetime import date

import pytest

from tests.serious import EVENT, LOG, ROW, WHO, at, trial
from trialwright.exchange.serious_events import case_of, cases, exposure, findings, other_drugs
from trialwright.protocol import Audience
from trialwright.record import Answer
from trialwright.testing import actor


def case(gate, role=Audience.SAFETY):
    return case_of(gate.study, gate.casebook(role).subject(WHO), ROW)


def dues(gate) -> list[tuple[str, str, bool]]:
    return [(one.kind, one.day.isoformat(), one.met is not None) for one in case(gate).clocks]


def correct(gate, day: int, **entries: str) -> None:
    gate.do(actor(Audience.PHYSICIAN), Answer(subject=WHO, form=LOG, row=ROW, entries=entries, reason="new information"), at(day))


def test_fifteen_calendar_days_from_the_first_awareness_of_the_sponsor() -> None:
    assert dues(trial()) == [("SPONSOR", "2026-01-22", True), ("REPORT", "2026-02-05", False)]
    (report,) = [one for one in case(trial()).clocks if one.kind == "REPORT"]
    assert (report.left(date(2026, 2, 1)), report.left(date(2026, 2, 5)), report.left(date(2026, 2, 8))) == (4, 0, -3)


def test_a_fatal_or_life_threatening_one_has_seven_days_and_eight_more() -> None:
    gate = trial(EVENT | {"AESLIFE": "Y"})
    assert dues(gate)[1:] == [("REPORT", "2026-01-28", False), ("FOLLOW_UP", "2026-02-05", False)]


def test_an_upgrade_starts_seven_days_of_its_own_on_the_day_it_was_written_down() -> None:
    gate = trial()
    correct(gate, 30, AESLIFE="Y")
    assert dues(gate)[1:] == [("REPORT", "2026-02-05", False), ("REPORT", "2026-02-11", False), ("FOLLOW_UP", "2026-02-19", False)]


def test_a_downgrade_stops_a_clock_that_was_not_due_yet_and_none_that_was() -> None:
    early, late = trial(), trial()
    correct(early, 30, AEEXP="Y")  # 4 February, a day before it is due
    correct(late, 31, AEEXP="Y")
    assert [one[0] for one in dues(early)] == ["SPONSOR"]
    assert dues(late)[1:] == [("REPORT", "2026-02-05", False)]


def test_sending_the_report_stops_its_clock() -> None:
    gate = trial()
    correct(gate, 30, AEREPDAT="2026-02-03")
    assert dues(gate)[1] == ("REPORT", "2026-02-05", True)


def test_what_is_unknown_is_named_and_starts_nothing() -> None:
    gate = trial({code: value for code, value in EVENT.items() if code not in ("AEEXP", "AEKNOWN", "AESMIE", "AESHOSP", "AEHOSPI")})
    assert case(gate).clocks == ()
    assert case(gate).open == ("day the investigator knew", "seriousness", "expectedness")
    assert case(gate).susar is None


def test_what_is_expected_or_unrelated_needs_no_report_to_the_authority() -> None:
    for change in ({"AEEXP": "Y"}, {"AEREL": "UNLIKELY"}):
        found = case(trial(EVENT | change))
        assert (found.susar, [one.kind for one in found.clocks], found.open) == (False, ["SPONSOR"], ())


def test_the_case_knows_doses_other_drugs_and_findings_near_the_event() -> None:
    found = case(trial())
    had = exposure(found)
    assert had is not None
    assert (had.first, had.last, had.doses, had.total, had.unit) == ("2026-01-05", "2026-01-12", 2, 320, "mg")  # the third dose came after
    assert [row["CMTRT"] for row in other_drugs(found)] == ["prednisone"]
    assert [(one.item.code, one.value) for one in findings(found)] == [("IGG", "3.40"), ("WBC", "2.10")]


@pytest.mark.req("BLD-01")
@pytest.mark.parametrize("role", [Audience.EVALUATOR, Audience.DATA_MANAGER, Audience.STATISTICIAN])
def test_the_blinded_have_no_case(role: Audience) -> None:
    gate = trial()
    assert list(cases(gate.study, gate.casebook(role))) == []
    with pytest.raises(KeyError):
        case(gate, role)


def test_what_is_not_serious_is_no_case() -> None:
    gate = trial({"AETERM": "headache", "AESTDAT": "2026-01-20", "AETOXGR": "1", "AESER": "N"}, coded=False)
    assert list(cases(gate.study, gate.casebook(Audience.SAFETY))) == []
