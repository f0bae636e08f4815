"""Laws of the instruments for whatever the generator thinks of, and a second implementation of each from its table."""

import math
from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialwright.instruments import acr_eular_2013, dose_stability, mrss, prednisone, spirometry
from trialwright.instruments.dose_stability import Course
from trialwright.protocol import Absence, Status

pytestmark = pytest.mark.property

GRADES = st.sampled_from([0, 1, 2, 3])
FULL = st.fixed_dictionaries({code: GRADES for code in mrss.CODES})
PARTIAL = st.fixed_dictionaries({code: GRADES | st.sampled_from([None, Absence.NOT_ASSESSABLE]) for code in mrss.CODES})


@given(FULL)
def test_mrss_is_the_sum_and_lies_in_range(sites: dict[str, int]) -> None:
    score = mrss.score(sites)
    assert score.value == sum(sites.values())
    assert score.value is not None
    assert 0 <= score.value <= mrss.HIGHEST


@given(FULL, st.sampled_from(mrss.CODES))
def test_mrss_rises_with_every_site(sites: dict[str, int], code: str) -> None:
    before, after = mrss.score(sites).value, mrss.score(sites | {code: 3}).value
    assert before is not None
    assert after is not None
    assert after - before == 3 - sites[code]


@given(PARTIAL)
def test_mrss_has_a_total_exactly_when_every_site_is_known(sites: dict[str, int | Absence | None]) -> None:
    unknown = [code for code in mrss.CODES if not isinstance(sites[code], int)]
    score = mrss.score(sites)
    assert (score.value is None) is bool(unknown)
    assert [reason.split()[0] for reason in score.reasons] == unknown
    prorated = mrss.score(sites, prorate_if_missing=17)
    if len(unknown) < 17:
        assert prorated.value is not None
        assert 0 <= prorated.value <= mrss.HIGHEST


@given(st.lists(FULL, min_size=1, max_size=5))
def test_mrss_columns_give_what_single_scores_give(many: list[dict[str, int]]) -> None:
    grades = np.array([[float(sites[code]) for code in mrss.CODES] for sites in many])
    assert mrss.totals(grades).tolist() == [float(mrss.score(sites).value or 0) for sites in many]


def second_subset(sites: dict[str, int]) -> str:
    """LeRoy's subset written once more from the rule: trunk, upper arms and thighs make it diffuse."""
    trunk_and_near = sum(sites[code] for code in ("CHEST", "ABD", "UARM_R", "UARM_L", "THI_R", "THI_L"))
    return "DIFFUSE" if trunk_and_near else "LIMITED" if sum(sites.values()) else "SINE"


@given(st.fixed_dictionaries({code: st.sampled_from([0, 0, 0, 0, 0, 0, 1]) for code in mrss.CODES}))
def test_subset_agrees_with_a_second_implementation(sites: dict[str, int]) -> None:
    assert mrss.subset(sites) == second_subset(sites)


@given(PARTIAL, st.fixed_dictionaries({code: GRADES for code in mrss.CODES}))
def test_a_known_subset_stays_whatever_the_unknown_sites_turn_out_to_be(
    sites: dict[str, int | Absence | None], truth: dict[str, int]
) -> None:
    known = {code: grade if isinstance(grade, int) else truth[code] for code, grade in sites.items()}
    if mrss.subset(sites) in ("DIFFUSE", "SINE"):
        assert mrss.subset(known) == mrss.subset(sites)


@given(st.integers(0, 51), st.integers(0, 51))
def test_progression_and_regression_exclude_each_other(before: int, after: int) -> None:
    holds = {one.code: one.holds(np.array([float(before)]), np.array([float(after)]))[0] for one in mrss.DEFINITIONS}
    assert not (holds["eustar_prog"] == 1 and holds["eustar_regress"] == 1)
    if holds["eustar_prog"] == 1:
        assert holds["ge5_25"] == 1
        assert holds["reg_I5"] == 1


SIGNS = st.fixed_dictionaries({code: st.booleans() for code in acr_eular_2013.CODES})
OPEN_SIGNS = st.fixed_dictionaries({code: st.sampled_from([True, False, None]) for code in acr_eular_2013.CODES})
NO_GATE: dict[str, bool | None] = {"SPARED": False, "MIMIC": False}


def second_points(s: dict[str, bool]) -> int:
    """The 2013 table written once more, domain by domain, without a loop over its rows."""
    fingers = 9 if s["PROXIMAL"] else 4 if s["SCLERODACT"] else 2 if s["PUFFY"] else 0
    tips = 3 if s["SCARS"] else 2 if s["ULCERS"] else 0
    vessels = 2 * s["TELANG"] + 2 * s["NAILFOLD"] + 3 * s["RAYNAUD"]
    return fingers + tips + vessels + 2 * (s["PAH"] or s["ILD"]) + 3 * (s["ACA"] or s["SCL70"] or s["RNAP3"])


@given(SIGNS)
def test_classification_agrees_with_a_second_implementation(signs: dict[str, bool]) -> None:
    score = acr_eular_2013.score(signs, NO_GATE)
    assert score.value == second_points(signs)
    assert score.parts["classification"] == ("CLASSIFIED" if second_points(signs) >= 9 else "NOT_CLASSIFIED")


@given(OPEN_SIGNS, SIGNS)
def test_bounds_hold_whatever_the_unknown_signs_turn_out_to_be(
    signs: dict[str, bool | None], truth: dict[str, bool]
) -> None:
    score = acr_eular_2013.score(signs, NO_GATE)
    known = {code: truth[code] if sign is None else sign for code, sign in signs.items()}
    assert int(score.parts["min"]) <= second_points(known) <= int(score.parts["max"])
    lowest = {code: bool(sign) for code, sign in signs.items()}
    highest = {code: sign is None or sign for code, sign in signs.items()}
    assert (second_points(lowest), second_points(highest)) == (int(score.parts["min"]), int(score.parts["max"]))
    assert (score.value is None) is (score.parts["min"] != score.parts["max"])


@given(OPEN_SIGNS)
def test_a_sign_that_is_not_named_as_open_cannot_change_the_points(signs: dict[str, bool | None]) -> None:
    for code in [code for code, sign in signs.items() if sign is None and code not in acr_eular_2013.unsettled(signs)]:
        with_it, without = (acr_eular_2013.score(signs | {code: answer}, NO_GATE) for answer in (True, False))
        assert with_it.parts["min"] == without.parts["min"]


PEOPLE = st.tuples(
    st.sampled_from(["F", "M"]), st.floats(18, 94), st.floats(140, 195), st.sampled_from(sorted(spirometry.GROUPS))
)


@given(PEOPLE, st.floats(0.5, 6), st.sampled_from(sorted(spirometry.EQUATIONS)))
def test_lung_function_percent_and_z_rise_together(
    person: tuple[str, float, float, str], fvc: float, equation: str
) -> None:
    sex, age, height, group = person
    low = spirometry.spirogram(fvc, sex, age, height, equation, group)
    high = spirometry.spirogram(fvc * 1.1, sex, age, height, equation, group)
    assert low is not None
    assert high is not None
    assert low.percent < high.percent
    assert low.z < high.z
    assert math.isclose(high.percent, 1.1 * low.percent, rel_tol=1e-12)
    at_median = spirometry.spirogram(low.median, sex, age, height, equation, group)
    at_limit = spirometry.spirogram(low.lower_limit, sex, age, height, equation, group)
    assert at_median is not None
    assert at_limit is not None
    assert math.isclose(at_median.percent, 100)
    assert math.isclose(at_limit.z, -1.645, abs_tol=1e-9)


@given(st.sampled_from(sorted(prednisone.EQUAL_TO_5_MG)), st.decimals("0", "1000", places=2))
def test_prednisone_equivalents_are_proportional(drug: str, dose: Decimal) -> None:
    single, double = prednisone.score(drug, dose).value, prednisone.score(drug, 2 * dose).value
    assert single is not None
    assert double is not None
    assert float(double) == pytest.approx(2 * float(single), rel=1e-12)


DAYS = st.dates(date(2000, 1, 1), date(2050, 12, 31))


@given(DAYS, st.integers(1, 24))
def test_the_window_start_is_the_same_day_or_the_end_of_a_shorter_month(index: date, months: int) -> None:
    start = dose_stability.window_start(index, months)
    assert (index.year - start.year) * 12 + index.month - start.month == months
    assert start.day == index.day or (start.day < index.day and (start + timedelta(days=1)).day == 1)
    assert dose_stability.window_starts(np.array([index], dtype="datetime64[D]"), months)[0] == np.datetime64(start)


COURSES = st.lists(
    st.builds(
        lambda start, length, daily: Course(start=start, end=start + timedelta(days=length), daily=Decimal(daily)),
        st.dates(date(2023, 10, 1), date(2024, 9, 15)),
        st.integers(0, 400),
        st.sampled_from([5, 10, 15, 20]),
    ),
    max_size=3,
)


@given(COURSES, st.booleans())
def test_dose_columns_give_what_single_people_give(courses: list[Course], complete: bool) -> None:
    index = date(2024, 8, 31)
    first = dose_stability.window_start(index)
    for rule, columns, begin in (
        (dose_stability.steroid, dose_stability.steroid_columns, index - timedelta(days=30)),
        (dose_stability.steady, dose_stability.steady_columns, first),
    ):
        score = rule(courses, index, complete)
        daily = dose_stability.daily_doses(courses, begin, index - timedelta(days=1), complete)
        row = np.array([[math.nan if dose is None else float(dose) for dose in daily]])
        found = columns(row)[0]
        assert score.value == (None if math.isnan(found) else int(found))


@given(COURSES)
def test_a_complete_record_never_leaves_the_steroid_rule_open_and_an_incomplete_one_never_contradicts_it(
    courses: list[Course],
) -> None:
    index = date(2024, 8, 31)
    complete = dose_stability.steroid(courses, index, complete=True)
    partial = dose_stability.steroid(courses, index, complete=False)
    assert complete.status is Status.SCORED
    assert partial.value in (None, complete.value)
