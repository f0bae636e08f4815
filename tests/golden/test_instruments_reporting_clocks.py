"""Reporting clocks against dates counted by hand, and a second implementation by ordinal numbers of days."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from trialwright.instruments import reporting_clocks as clocks
from trialwright.instruments.reporting_clocks import Assessment
from trialwright.protocol import ALL, Status

pytestmark = pytest.mark.golden
AWARE = date(2025, 1, 3)
NOTHING: dict[str, bool | None] = dict.fromkeys(clocks.SERIOUS, False)


def test_fatal_seven_days_and_eight_more() -> None:
    """Aware on Friday 2025-01-03 (day 0): due 2025-01-10, follow-up 2025-01-18."""
    score = clocks.score(NOTHING | {"DEATH": True}, expected=False, related=True, aware=AWARE)
    assert (score.value, score.parts) == (7, {"due": "2025-01-10", "follow-up": "2025-01-18"})


def test_not_fatal_fifteen_days() -> None:
    score = clocks.score(NOTHING | {"HOSPITALIZATION": True}, expected=False, related=True, aware=AWARE)
    assert (score.value, score.parts) == (15, {"due": "2025-01-18"})


def test_an_upgrade_starts_a_new_clock_and_a_downgrade_stops_none() -> None:
    first = Assessment(known=AWARE, susar=True, fastest=False)
    worse = Assessment(known=date(2025, 1, 8), susar=True, fastest=True)
    better = Assessment(known=date(2025, 1, 9), susar=False, fastest=False)
    found = clocks.clocks([better, worse, first])
    assert [(one.start, one.due) for one in found] == [(AWARE, date(2025, 1, 18)), (date(2025, 1, 8), date(2025, 1, 15))]
    assert found[1].follow_up == date(2025, 1, 23)
    assert clocks.clocks([better]) == ()
    again = Assessment(known=date(2025, 1, 12), susar=True, fastest=True)
    assert clocks.clocks([first, worse, again]) == found, "fatal once is fatal"


@pytest.mark.parametrize(
    ("criteria", "expected", "related", "reasons"),
    [
        (NOTHING, False, True, ("not serious",)),
        (NOTHING | {"DEATH": True}, True, True, ("expected",)),
        (NOTHING | {"DEATH": True}, False, False, ("not suspected",)),
        (NOTHING, True, None, ("not serious", "expected")),
    ],
)
def test_what_is_not_expedited_says_why(criteria: dict[str, bool | None], expected: bool, related: bool | None, reasons: tuple[str, ...]) -> None:
    score = clocks.score(criteria, expected, related, AWARE)
    assert (score.value, score.status, score.reasons) == (None, Status.NOT_APPLICABLE, reasons)


def test_what_is_unknown_leaves_it_open() -> None:
    score = clocks.score({"HOSPITALIZATION": True}, None, True, None)
    assert score.status is Status.INCOMPLETE
    assert score.reasons == ("expectedness unknown", "day of awareness unknown", "whether fatal or life-threatening unknown")
    assert clocks.score({"DEATH": True}, False, True, AWARE).value == 7, "what else made it serious does not matter"
    assert clocks.score({"DEATH": False}, False, True, AWARE).reasons[0] == "seriousness unknown"


@pytest.mark.parametrize(
    ("investigator", "sponsor", "found"),
    [(True, False, True), (False, True, True), (False, False, False), (None, False, None), (None, True, True)],
)
def test_either_can_suspect(investigator: bool | None, sponsor: bool | None, found: bool | None) -> None:
    assert clocks.suspected(investigator, sponsor) is found


def test_seriousness_is_any_of_six() -> None:
    for name in clocks.SERIOUS:
        assert clocks.serious(NOTHING | {name: True}) is True
        assert clocks.serious(NOTHING | {name: None}) is None
    with pytest.raises(ValueError, match="criterion"):
        clocks.serious({"GRADE_3": True})


def test_a_valid_case_has_four_elements() -> None:
    assert clocks.missing_elements(dict.fromkeys(clocks.CASE_ELEMENTS, True)) == ()
    assert clocks.missing_elements({}) == clocks.CASE_ELEMENTS


def test_overdue_the_day_after_it_is_due() -> None:
    one = clocks.clock(AWARE, fastest=True)
    assert not one.overdue(date(2025, 1, 10))
    assert one.overdue(date(2025, 1, 11))


def test_investigator_and_year() -> None:
    aware = datetime(2025, 2, 28, 8, tzinfo=UTC)
    assert clocks.investigator_due(aware) == datetime(2025, 3, 1, 8, tzinfo=UTC)
    assert clocks.investigator_due(aware, hours=12) == datetime(2025, 2, 28, 20, tzinfo=UTC)
    assert clocks.annual_due(date(2024, 6, 8), 2) == date(2026, 6, 8)
    assert clocks.annual_due(date(2024, 2, 29), 4) == date(2028, 2, 29)
    with pytest.raises(ValueError, match="from 1"):
        clocks.annual_due(AWARE, 0)


def test_a_second_implementation_agrees_on_100000_cases() -> None:
    chance = np.random.default_rng(20258)
    days = chance.integers(date(2020, 1, 1).toordinal(), date(2040, 1, 1).toordinal(), 100_000)
    fastest = chance.integers(0, 2, 100_000)
    aware = np.array(days - date(1970, 1, 1).toordinal(), dtype="datetime64[D]")
    found = clocks.due_dates(aware, fastest.astype(float))
    expected = np.array(days + np.where(fastest == 1, 7, 15) - date(1970, 1, 1).toordinal(), dtype="datetime64[D]")
    assert (found == expected).all()
    for day, fast, due in zip(days[:500].tolist(), fastest[:500].tolist(), found[:500].tolist(), strict=True):
        one = clocks.clock(date.fromordinal(day), bool(fast))
        assert one.due == due
        assert one.follow_up == (one.start + timedelta(days=15) if fast else None)
    assert np.isnat(clocks.due_dates(aware[:1], np.array([np.nan])))[0]


def test_the_items() -> None:
    assert [item.code for item in clocks.items(ALL)] == [*clocks.SERIOUS, "EXPECTED", "AWARE"]
