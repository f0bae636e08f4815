"""Laws of agreement: origin, unit and order do not matter, perfect agreement is 1, and a second implementation agrees."""

from math import sqrt
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from trialwright.statistics import bland_altman, intraclass_correlations, measurement_error, weighted_kappa
from trialwright.statistics.agreement import IntraclassCorrelations

pytestmark = pytest.mark.property

SHAPES = st.tuples(st.integers(2, 8), st.integers(2, 5))
TABLES = SHAPES.flatmap(lambda shape: arrays(np.int64, shape, elements=st.integers(0, 51)))
GRADES = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=2, max_size=30)
WEIGHTS = st.sampled_from(["quadratic", "linear", "none"])


def varies(table: Any) -> None:
    assume(not (table == table[0]).all())


def parts(found: IntraclassCorrelations) -> list[float | None]:
    return [value for one in found.forms for value in (one.estimate, one.lower, one.upper)]


def alike(found: list[float | None], wanted: list[float | None]) -> None:
    """Equal to rounding; where a denominator is nearly zero, rounding alone may decide between a huge number and none."""
    for one, other in zip(found, wanted, strict=True):
        if one is None or other is None:
            assert abs(one or other or 1e9) >= 1e6
        else:
            assert one == pytest.approx(other, rel=1e-6, abs=1e-6)


@given(TABLES, st.integers(-50, 50), st.sampled_from([-3.0, 0.25, 10.0]))
def test_origin_and_unit_do_not_matter(table: Any, shift: int, unit: float) -> None:
    varies(table)
    alike(parts(intraclass_correlations(unit * (table + shift))), parts(intraclass_correlations(table)))


@given(TABLES, st.sampled_from([-3.0, 0.25, 10.0]))
def test_measurement_error_has_the_unit_of_the_score(table: Any, unit: float) -> None:
    varies(table)
    assert measurement_error(unit * table).standard_error == pytest.approx(
        abs(unit) * measurement_error(table).standard_error, rel=1e-9, abs=1e-9
    )


@given(TABLES, st.randoms(use_true_random=False))
def test_the_order_of_subjects_and_raters_does_not_matter(table: Any, random: Any) -> None:
    varies(table)
    rows, columns = list(range(table.shape[0])), list(range(table.shape[1]))
    random.shuffle(rows)
    random.shuffle(columns)
    alike(parts(intraclass_correlations(table[rows][:, columns])), parts(intraclass_correlations(table)))


@given(st.lists(st.floats(0, 51), min_size=2, max_size=8), st.integers(2, 5))
def test_perfect_agreement_is_one_without_error(values: list[float], raters: int) -> None:
    assume(max(values) - min(values) > 1e-6)
    table = np.tile(np.array(values)[:, None], (1, raters))
    found = intraclass_correlations(table)
    assert parts(found) == [1.0] * 18
    assert all(one.p == 0.0 for one in found.forms)
    assert measurement_error(table).smallest_detectable_change == 0.0


@given(st.lists(st.integers(0, 51), min_size=2, max_size=8), st.integers(1, 9))
def test_a_constant_difference_between_raters_counts_for_agreement_alone(values: list[int], apart: int) -> None:
    assume(len(set(values)) > 1)
    table = np.column_stack([values, [value + apart for value in values]])
    found = intraclass_correlations(table)
    assert found.form("ICC(3,1)").estimate == 1.0
    assert (found.form("ICC(2,1)").estimate or 0.0) < 1.0
    assert measurement_error(table, rater_differences="ignore").standard_error == 0.0
    assert measurement_error(table).standard_error == pytest.approx(apart / sqrt(2))


@given(TABLES)
def test_the_estimate_lies_between_its_limits_and_never_above_one(table: Any) -> None:
    varies(table)
    for one in intraclass_correlations(table).forms:
        if one.estimate is not None:
            assert one.estimate <= 1.0
            assert one.lower is None or one.lower <= one.estimate + 1e-9
            assert one.upper is None or one.estimate - 1e-9 <= one.upper <= 1.0 + 1e-9


@given(TABLES)
def test_single_ratings_against_variance_components(table: Any) -> None:
    """The definitions, from sums over pairs of raters: covariances and variances instead of mean squares."""
    varies(table)
    n, k = table.shape
    covariance = np.cov(table.T.astype(float))
    between = (covariance.sum() - np.trace(covariance)) / (k * (k - 1))
    total = np.trace(covariance) / k
    raters = table.mean(axis=0).var(ddof=1) - (total - between) / n
    found = intraclass_correlations(table)
    assert found.form("ICC(3,1)").estimate == pytest.approx(between / total, abs=1e-9)
    if total + raters > 1e-9:
        assert found.form("ICC(2,1)").estimate == pytest.approx(between / (total + raters), abs=1e-9)


@given(TABLES)
def test_two_raters_limits_of_agreement_turn_round_when_the_raters_change_places(table: Any) -> None:
    varies(table[:, :2])
    one, other = bland_altman(table[:, 0], table[:, 1]), bland_altman(table[:, 1], table[:, 0])
    assert one.bias.value == pytest.approx(-other.bias.value, abs=1e-9)
    assert (one.upper_limit.lower, one.upper_limit.value, one.upper_limit.upper) == pytest.approx(
        (-other.lower_limit.upper, -other.lower_limit.value, -other.lower_limit.lower), abs=1e-9
    )
    assert one.lower_limit.lower <= one.lower_limit.value <= one.lower_limit.upper


@given(TABLES)
def test_the_two_error_measures_of_two_raters_are_one(table: Any) -> None:
    """With two raters, the sd of their differences is sqrt(2) times the error that ignores a constant difference."""
    two = table[:, :2]
    varies(two)
    error = measurement_error(two, rater_differences="ignore").standard_error
    assert bland_altman(two[:, 0], two[:, 1]).standard_deviation == pytest.approx(sqrt(2) * error, abs=1e-9)


@given(GRADES, WEIGHTS)
def test_kappa_against_disagreement_counted_pair_by_pair(pairs: list[tuple[int, int]], weights: Any) -> None:
    first, second = [a for a, _ in pairs], [b for _, b in pairs]
    assume(len({*first, *second}) > 1)
    cost = {"quadratic": lambda d: d * d, "linear": abs, "none": lambda d: float(d != 0)}[weights]
    seen = sum(cost(a - b) for a, b in pairs) / len(pairs)
    chance = sum(cost(a - b) for a in first for b in second) / len(pairs) ** 2
    found = weighted_kappa(first, second, levels=range(4), weights=weights)
    assert found.estimate == pytest.approx(1 - seen / chance, abs=1e-9)
    assert found.estimate <= 1.0 + 1e-12


@given(GRADES, WEIGHTS)
def test_kappa_does_not_depend_on_who_is_first_or_which_end_is_severe(
    pairs: list[tuple[int, int]], weights: Any
) -> None:
    first, second = [a for a, _ in pairs], [b for _, b in pairs]
    assume(len({*first, *second}) > 1)
    found = weighted_kappa(first, second, levels=range(4), weights=weights)
    for other in (
        weighted_kappa(second, first, levels=range(4), weights=weights),
        weighted_kappa(first, second, levels=(3, 2, 1, 0), weights=weights),
    ):
        assert other.estimate == pytest.approx(found.estimate, abs=1e-12)
        assert other.standard_error == pytest.approx(found.standard_error, abs=1e-7)


@given(st.lists(st.integers(0, 3), min_size=2, max_size=30), WEIGHTS)
def test_kappa_of_perfect_agreement_is_one(grades: list[int], weights: Any) -> None:
    assume(len(set(grades)) > 1)
    found = weighted_kappa(grades, grades, levels=range(4), weights=weights)
    assert found.estimate == pytest.approx(1.0)
    assert found.standard_error == pytest.approx(0.0, abs=1e-7)
