"""Prednisone equivalents and dose-stability windows against vectors computed by hand from the stated rules.

The equivalents come from secondary conversion tables; deflazacort 6 mg is from memory: the instrument says verified=False.
"""

from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pytest

from trialwright.instruments import dose_stability as stability
from trialwright.instruments import prednisone
from trialwright.instruments.dose_stability import Course
from trialwright.protocol import Status

pytestmark = pytest.mark.golden
INDEX = date(2024, 8, 31)


@pytest.mark.parametrize(("drug", "dose", "equals"), [
    ("METHYLPREDNISOLONE", "8", "10"),
    ("METHYLPREDNISOLONE", "8.5", "10.625"),
    ("HYDROCORTISONE", "40", "10"),
    ("DEXAMETHASONE", "1.5", "10"),
    ("DEFLAZACORT", "12", "10"),
    ("PREDNISOLONE", "5", "5"),
    ("TRIAMCINOLONE", "4", "5"),
    ("CORTISONE", "25", "5"),
    ("BETAMETHASONE", "0.6", "5"),
])  # fmt: skip
def test_prednisone_equivalents(drug: str, dose: str, equals: str) -> None:
    assert prednisone.score(drug, Decimal(dose)).value == Decimal(equals)
    assert prednisone.equivalents([drug], np.array([float(dose)]))[0] == pytest.approx(float(equals), rel=1e-12)


def test_only_systemic_steroids_have_an_equivalent() -> None:
    assert prednisone.score("PREDNISONE", Decimal(5), "TOPICAL").status is Status.NOT_APPLICABLE
    assert prednisone.score("PREDNISONE", Decimal(5), "INTRA-ARTICULAR").status is Status.INCOMPLETE
    assert prednisone.score("ASPIRIN", Decimal(100)).status is Status.NOT_APPLICABLE
    with pytest.raises(ValueError, match="impossible"):
        prednisone.score("PREDNISONE", Decimal(-1))
    assert not prednisone.INSTRUMENT.verified


@pytest.mark.parametrize(("index", "start"), [
    (date(2024, 8, 31), date(2024, 2, 29)),
    (date(2024, 9, 15), date(2024, 3, 15)),
    (date(2023, 8, 31), date(2023, 2, 28)),
    (date(2024, 3, 1), date(2023, 9, 1)),
])  # fmt: skip
def test_the_window_counts_calendar_months(index: date, start: date) -> None:
    assert stability.window_start(index) == start
    assert stability.window_starts(np.array([index], dtype="datetime64[D]"))[0] == np.datetime64(start)


def mmf(*parts: tuple[date, date | None, int]) -> list[Course]:
    return [Course(start=start, end=end, daily=Decimal(dose)) for start, end, dose in parts]


@pytest.mark.parametrize(("courses", "value"), [
    (mmf((date(2024, 2, 29), None, 1500)), 1),
    (mmf((date(2024, 3, 1), None, 1500)), 0),
    (mmf((date(2023, 1, 1), date(2024, 5, 9), 1000), (date(2024, 5, 10), None, 1500)), 0),
    (mmf(), 1),
    (mmf((date(2023, 1, 1), date(2024, 2, 28), 1500)), 1),
    (mmf((date(2023, 1, 1), date(2024, 2, 29), 1500)), 0),
    (mmf((date(2023, 1, 1), date(2024, 5, 9), 1500), (date(2024, 5, 10), None, 1500)), 1),
], ids=["since the first day", "one day late", "increased", "never", "stopped before", "stopped within", "same dose, two rows"])  # fmt: skip
def test_stable_mycophenolate_with_a_complete_record(courses: list[Course], value: int) -> None:
    assert stability.steady(courses, INDEX, complete=True).value == value


def test_gaps_are_unknown_not_zero() -> None:
    assert stability.steady([], INDEX, complete=False).status is Status.INCOMPLETE
    late = stability.steady(mmf((date(2024, 3, 1), None, 1500)), INDEX, complete=False)
    assert (late.value, late.reasons) == (None, ("1 days without a record",))


def test_a_dose_held_for_up_to_14_days_is_a_query_and_longer_is_not_stable() -> None:
    def held(days: int) -> list[Course]:
        again = date(2024, 5, 10) + timedelta(days=days)
        return mmf((date(2023, 1, 1), date(2024, 5, 9), 1500), (again, None, 1500))

    assert stability.steady(held(14), INDEX, complete=True).reasons == ("held for 14 days: query",)
    assert stability.steady(held(15), INDEX, complete=True).value == 0


def pulses(*days: tuple[date, int]) -> list[Course]:
    return [Course(start=day, end=day, pulse=Decimal(dose)) for day, dose in days]


def test_pulses_of_cyclophosphamide() -> None:
    monthly = [date(2024, month, 10) for month in range(3, 9)]
    same = pulses(*((day, 800) for day in monthly))
    assert stability.pulsed(same, INDEX, complete=True).value == 1
    assert stability.pulsed([*same[:-1], *pulses((monthly[-1], 600))], INDEX, complete=True).value == 0
    assert stability.pulsed([*same[:2], *same[3:]], INDEX, complete=True).value == 0
    assert stability.pulsed(same[:2], INDEX, complete=True).status is Status.INCOMPLETE
    assert stability.pulsed([], INDEX, complete=True).value == 1
    assert stability.pulsed([], INDEX, complete=False).value is None


@pytest.mark.parametrize(("dose", "value"), [("10", 1), ("10.625", 0), ("0", 1)])
def test_steroid_of_the_last_30_days(dose: str, value: int) -> None:
    courses = [Course(start=date(2024, 1, 1), end=None, daily=Decimal(dose))]
    assert stability.steroid(courses, INDEX, complete=False).value == value


def test_the_steroid_window_is_the_30_days_before_the_index_date() -> None:
    def taper(last_high_day: date) -> Decimal | None:
        courses = mmf((date(2024, 1, 1), last_high_day, 20), (last_high_day + timedelta(days=1), None, 10))
        return stability.steroid(courses, INDEX, complete=True).value

    assert taper(INDEX - timedelta(days=31)) == 1
    assert taper(INDEX - timedelta(days=30)) == 0
    on_the_day = mmf((date(2024, 1, 1), INDEX - timedelta(days=1), 10), (INDEX, None, 40))
    assert stability.steroid(on_the_day, INDEX, complete=True).value == 1


def test_an_unknown_steroid_day_leaves_it_open_but_one_high_day_decides() -> None:
    some = mmf((INDEX - timedelta(days=20), None, 5))
    assert stability.steroid(some, INDEX, complete=False).status is Status.INCOMPLETE
    assert stability.steroid(some, INDEX, complete=True).value == 1
    high = mmf((INDEX - timedelta(days=20), None, 12))
    assert stability.steroid(high, INDEX, complete=False).value == 0


def test_alternate_day_steroid_counts_as_its_daily_average_here() -> None:
    """20 mg every other day averages 10: the protocol's choice (on dosing days it is 20)."""
    average = [Course(start=date(2024, 1, 1), end=None, daily=Decimal(20) / 2)]
    assert stability.steroid(average, INDEX, complete=False).value == 1


def test_a_second_implementation_of_the_equivalents_agrees_on_100000_doses() -> None:
    """Five milligrams of prednisone over the conversion table, typed once more."""
    table = {"PREDNISONE": 5, "PREDNISOLONE": 5, "METHYLPREDNISOLONE": 4, "TRIAMCINOLONE": 4, "HYDROCORTISONE": 20, "CORTISONE": 25,
             "DEXAMETHASONE": 0.75, "BETAMETHASONE": 0.6, "DEFLAZACORT": 6}  # fmt: skip
    chance = np.random.default_rng(5)
    drugs, doses = chance.choice(list(table), 100_000).tolist(), chance.integers(0, 4000, 100_000) / 4
    wanted = [dose / table[drug] * 5 for drug, dose in zip(drugs, doses.tolist(), strict=True)]
    np.testing.assert_allclose(prednisone.equivalents(drugs, doses), wanted, rtol=1e-12)


def second_steady(row: list[float]) -> float:
    """One dose on all days or none at all; a change decides; unknown days or a pause of up to 14 days leave it open."""
    known = [dose for dose in row if dose == dose]
    if len({dose for dose in known if dose > 0}) > 1:
        return 0
    if len(known) < len(row):
        return np.nan
    pauses = known.count(0)
    if pauses in (0, len(known)):
        return 1
    return np.nan if pauses <= 14 and known[0] > 0 and known[-1] > 0 else 0


def test_a_second_implementation_of_the_windows_agrees_on_100000_people() -> None:
    chance = np.random.default_rng(6)
    level = chance.choice([0.0, 5.0, 10.0, 12.5, np.nan], (100_000, 3), p=[0.3, 0.3, 0.2, 0.1, 0.1])
    cut = np.sort(chance.integers(0, 31, (100_000, 2)), axis=1)
    day = np.arange(30)
    doses = np.where(day < cut[:, :1], level[:, :1], np.where(day < cut[:, 1:], level[:, 1:2], level[:, 2:]))
    rows = doses.tolist()
    np.testing.assert_array_equal(stability.steady_columns(doses), [second_steady(row) for row in rows])
    low = [0.0 if any(dose > 10 for dose in row) else np.nan if any(dose != dose for dose in row) else 1.0 for row in rows]
    np.testing.assert_array_equal(stability.steroid_columns(doses), low)
