"""Exact permutation tests against enumeration in R and the coin package."""

import json
from math import inf
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest

from trialwright.statistics import StatisticsError, permutation_test, shift_interval
from trialwright.statistics.permutation import decimal_units

WITNESS = Path(__file__).parent / "witness" / "permutation"
CASES = json.loads((WITNESS / "permutation.json").read_text())["cases"]
ENUMERATED = [case for case in CASES if "allocations" in case]
EXACT: tuple[Literal["counting", "enumeration"], ...] = ("counting", "enumeration")
BIG = (list(range(200)), list(range(100, 300)))


def group(values: Any) -> list[float]:
    return list(values) if isinstance(values, list) else [values]


@pytest.mark.parametrize("method", EXACT)
@pytest.mark.parametrize("case", ENUMERATED, ids=lambda case: case["name"])
def test_exact_p_agrees_with_enumeration_in_r(case: dict[str, Any], method: Any) -> None:
    if method == "counting" and case["name"] == "real values":
        with pytest.raises(StatisticsError, match="no multiples of one decimal unit"):
            permutation_test(case["first"], case["second"], method=method)
        return
    for alternative, key in (("two-sided", "two_sided"), ("greater", "greater"), ("less", "less")):
        test = permutation_test(group(case["first"]), case["second"], alternative=alternative, method=method)
        assert test.p == pytest.approx(case[key], rel=1e-12)
    assert test.allocations == case["allocations"]
    assert test.difference == pytest.approx(case["difference"], rel=1e-12)
    assert (test.method, test.p_standard_error, test.draws) == (method, 0.0, None)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_exact_p_agrees_with_coin(case: dict[str, Any]) -> None:
    assert permutation_test(group(case["first"]), case["second"]).p == pytest.approx(case["coin"], rel=1e-9)


def test_the_stored_toy_trial_agrees_with_two_r_packages_and_enumeration() -> None:
    """coin, and enumeration, kept in two_group_n20.json: 6 of 184,756 allocations are as far apart."""
    integer, jitter = json.loads((WITNESS / "two_group_n20.json").read_text())
    for stored, case in ((integer, CASES[0]), (jitter, CASES[1])):
        p = permutation_test(case["first"], case["second"]).p
        assert p == pytest.approx(stored["perm_coin_p"], rel=1e-12)
        assert p == pytest.approx(stored["perm_enumerated_p"], rel=1e-12)
        assert round(p * stored["n_alloc"]) in (6, 2)


@pytest.mark.parametrize("case", [c for c in CASES if "interval95" in c], ids=lambda case: case["name"])
def test_shift_interval_agrees_with_bisection_in_r(case: dict[str, Any]) -> None:
    for level, key in ((0.95, "interval95"), (0.90, "interval90")):
        found = shift_interval(case["first"], case["second"], confidence=level)
        assert [found.lower, found.upper] == pytest.approx(case[key], abs=1e-8)
        assert level <= found.attained < 1


def test_an_interval_without_information_is_the_whole_line() -> None:
    assert (shift_interval([1, 2], [3, 4]).lower, shift_interval([1, 2], [3, 4]).upper) == (-inf, inf)
    assert shift_interval([1, 2], [3, 4]).attained == 1.0


def test_monte_carlo_is_reproducible_and_lies_within_four_errors_of_the_exact_p() -> None:
    case = CASES[2]
    draw = [
        permutation_test(case["first"], case["second"], method="monte carlo", generator=np.random.default_rng(1))
        for _ in range(2)
    ]
    assert draw[0] == draw[1]
    assert draw[0].draws == 99_999
    assert abs(draw[0].p - case["two_sided"]) < 4 * draw[0].p_standard_error
    assert draw[0].p_standard_error > 0


def test_hundreds_of_subjects_with_whole_scores_are_still_counted_exactly() -> None:
    rng = np.random.default_rng(5)
    test = permutation_test(rng.integers(0, 30, 100), rng.integers(0, 30, 100))
    assert test.method == "counting"
    drawn = permutation_test(
        rng.integers(0, 30, 100), rng.integers(0, 30, 100), method="monte carlo", generator=rng, draws=999
    )
    assert 0 < test.p <= 1 and 0 < drawn.p <= 1


def test_too_large_to_count_needs_a_generator() -> None:
    real = np.random.default_rng(2).normal(size=120)
    with pytest.raises(StatisticsError, match="pass a numpy Generator"):
        permutation_test(real[:60], real[60:])
    test = permutation_test(real[:60], real[60:], generator=np.random.default_rng(3), draws=999)
    assert (test.method, test.draws) == ("monte carlo", 999)


@pytest.mark.parametrize(
    ("first", "second", "options", "message"),
    [
        ([], [1, 2], {}, "first group: no values"),
        ([1, 2], [], {}, "second group: no values"),
        ([3, 3], [3, 3], {}, "every value is 3; nothing varies"),
        ([1, float("nan")], [3, 3], {}, "first group: 1 of 2 values are missing"),
        ([1, 2], [3, float("inf")], {}, "second group: 1 of 2 values are infinite"),
        ([1, 2], [3, 4], {"alternative": "both"}, "alternative: 'both' is not one of"),
        ([1, 2], [3, 4], {"method": "magic"}, "method: 'magic' is not one of"),
        ([1, 2], [3, 4], {"method": "monte carlo", "draws": 0, "generator": np.random.default_rng(1)}, "draws: 0"),
        ([1.5, 2 / 3], [3, 4], {"method": "counting"}, "no multiples of one decimal unit"),
        (*BIG, {"method": "enumeration"}, "more than 4,000,000 partial sums"),
    ],
)
def test_what_cannot_be_tested_is_refused_in_words(
    first: list[float], second: list[float], options: dict[str, Any], message: str
) -> None:
    with pytest.raises(StatisticsError, match=message):
        permutation_test(first, second, **options)


def test_an_interval_over_too_many_allocations_is_refused() -> None:
    with pytest.raises(StatisticsError, match="use hodges_lehmann"):
        shift_interval(*BIG)


def test_decimals_that_are_not_exact_in_binary_are_counted_as_the_decimals_they_are() -> None:
    """0.29 x 100 is 28.999999999999996 in binary; the tie of 0.29 + 0.58 with 0.57 + 0.30 must not be lost."""
    test = permutation_test([0.29, 0.58, 1.13], [0.57, 0.30, 2.26])
    whole = permutation_test([29, 58, 113], [57, 30, 226])
    assert (test.method, test.p) == ("counting", whole.p)
    assert permutation_test([0.29, 0.58, 1.13], [0.57, 0.30, 2.26], method="enumeration").p == whole.p
    assert decimal_units(np.arange(1, 10_000) / 100) == tuple(range(9_999))


def test_long_decimals_are_enumerated_rather_than_counted_one_by_one() -> None:
    values = np.random.default_rng(8).integers(0, 10**6, 20) / 10**6
    test = permutation_test(values[:10], values[10:])
    assert test.method == "enumeration"
    assert test.p == permutation_test(values[:10] + 1 / 3, values[10:] + 1 / 3).p
