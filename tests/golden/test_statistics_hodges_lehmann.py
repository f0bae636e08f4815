"""Hodges-Lehmann shift, its exact interval and the rank sum test against R (wilcox.test, coin, exactRankTests)."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from trialwright.statistics import StatisticsError, hodges_lehmann, rank_sum_test

CASES = json.loads((Path(__file__).parent / "witness" / "hodges_lehmann" / "hodges_lehmann.json").read_text())["cases"]
INFINITE = {"-Inf": float("-inf"), "Inf": float("inf")}


def named(case: dict[str, Any]) -> str:
    return str(case["name"])


@pytest.mark.parametrize("case", CASES, ids=named)
def test_estimate_is_the_median_of_pairwise_differences(case: dict[str, Any]) -> None:
    """With ties as without: exactRankTests gives -5.5 for the toy trial, the median of the 100 differences is -5."""
    found = hodges_lehmann(case["first"], case["second"], confidence=case["level"])
    assert found.estimate == pytest.approx(case["estimate"], rel=1e-12)


@pytest.mark.parametrize("case", CASES, ids=named)
def test_rank_sum_p_agrees_with_coin_and_exact_rank_tests(case: dict[str, Any]) -> None:
    test = rank_sum_test(case["first"], case["second"])
    assert test.w == case["w"]
    assert test.p == pytest.approx(case["p_coin"], rel=1e-10)
    assert test.p == pytest.approx(case["p_exactRankTests"], rel=1e-10)


@pytest.mark.parametrize("case", [c for c in CASES if "wilcox_ci" in c], ids=named)
def test_interval_without_ties_agrees_with_wilcox_test(case: dict[str, Any]) -> None:
    found = hodges_lehmann(case["first"], case["second"], confidence=case["level"])
    assert [found.lower, found.upper] == pytest.approx(case["wilcox_ci"], rel=1e-12)
    assert not found.tied
    assert rank_sum_test(case["first"], case["second"]).p == pytest.approx(case["wilcox_p"], rel=1e-10)


@pytest.mark.parametrize("case", [c for c in CASES if "enumerated_ci" in c], ids=named)
def test_interval_agrees_with_enumerated_inversion(case: dict[str, Any]) -> None:
    found = hodges_lehmann(case["first"], case["second"], confidence=case["level"])
    expected = [INFINITE.get(v, v) if isinstance(v, str) else v for v in case["enumerated_ci"]]
    assert [found.lower, found.upper] == pytest.approx(
        expected, abs=2e-9
    )  # the witness rounds differences to 9 decimals


def test_ties_are_reported() -> None:
    assert hodges_lehmann([1, 2], [2, 4]).tied
    assert rank_sum_test([1, 2], [2, 4]).tied
    assert not rank_sum_test([1, 2], [3, 4]).tied


def test_one_sided_p_values_of_the_toy_trial() -> None:
    """W = 1: 3 of the 184,756 allocations rank the treated as low as they are, 3 as high on the other side."""
    toy = CASES[0]
    assert rank_sum_test(toy["first"], toy["second"], alternative="less").p == pytest.approx(3 / 184_756, rel=1e-12)
    assert rank_sum_test(toy["first"], toy["second"], alternative="greater").p > 0.9999


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        ([], [1.0], "first group: no values"),
        ([1.0], [], "second group: no values"),
        ([2.0, 2.0], [2.0], "every value is 2"),
        ([1.0, float("nan")], [2.0], "first group: 1 of 2 values are missing"),
        ([float("nan")] * 3, [2.0], "first group: all 3 values are missing"),
        ([1.0, float("-inf")], [2.0], "first group: 1 of 2 values are infinite"),
    ],
)
def test_what_cannot_be_compared_is_refused_in_words(first: list[float], second: list[float], message: str) -> None:
    with pytest.raises(StatisticsError, match=message):
        hodges_lehmann(first, second)
    with pytest.raises(StatisticsError, match=message):
        rank_sum_test(first, second)


def test_other_bad_arguments_are_refused_in_words() -> None:
    with pytest.raises(StatisticsError, match=r"write 0\.95 for 95 %"):
        hodges_lehmann([1, 2], [3, 4], confidence=95)
    with pytest.raises(StatisticsError, match="'both' is not one of"):
        rank_sum_test([1, 2], [3, 4], alternative="both")
    many = np.arange(2_000.0)
    with pytest.raises(StatisticsError, match="2000 subjects are too many to count"):
        rank_sum_test(many[:1000], many[1000:])


def test_ties_between_differences_survive_rounding() -> None:
    """Elevenths cannot be written in binary: differences that should be equal part in their last digit; no limit moves."""
    first, second = np.array([1.0, 3, 4, 7, 8]), np.array([2.0, 3, 5, 10, 12])
    whole, parts = (
        hodges_lehmann(first, second, confidence=0.8),
        hodges_lehmann(first / 11, second / 11, confidence=0.8),
    )
    assert (parts.estimate, parts.lower, parts.upper) == pytest.approx(
        (whole.estimate / 11, whole.lower / 11, whole.upper / 11), rel=1e-12
    )
