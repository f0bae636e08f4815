"""McNemar's and van Elteren's tests against R, and stratified permutation tests against listing every division."""

import json
from fractions import Fraction
from itertools import combinations, product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from trialwright.statistics import (
    StatisticsError,
    mcnemar_test,
    permutation_test,
    stratified_permutation_test,
    van_elteren,
)

pytestmark = pytest.mark.golden

R = json.loads((Path(__file__).parent / "witness" / "matched_and_stratified" / "witness.json").read_text())


@pytest.mark.parametrize("r", R["mcnemar"], ids=lambda r: f"{r['first_only']} {r['second_only']}")
def test_mcnemar_agrees_with_r(r: dict[str, Any]) -> None:
    found = mcnemar_test(r["first_only"], r["second_only"])
    assert found.p == pytest.approx(r["exact"], rel=1e-12)
    assert (found.chi_square, found.p_chi_square) == pytest.approx((r["chisq"], r["p"]), rel=1e-10)


def test_pairs_that_all_agree_have_p_one() -> None:
    assert (mcnemar_test(0, 0).p, mcnemar_test(0, 0).pairs) == (1.0, 0)


def test_van_elteren_agrees_with_coin() -> None:
    first = [group == "T" for group in R["group"]]
    found = van_elteren(R["score"], first, R["strata"])
    assert (found.z, found.p_normal) == pytest.approx((R["z"], R["p"]), rel=1e-9)
    assert (found.method, found.strata, found.p_standard_error) == ("counting", 3, 0.0)
    assert 0 < found.p < 0.01


def every_division(scores: list[Fraction], first: list[bool], strata: list[str], alternative: str) -> float:
    """Word for word: all ways to choose as many of the first group in each stratum."""
    labels = sorted(set(strata))
    members = [[i for i, s in enumerate(strata) if s == label] for label in labels]
    sizes = [sum(first[i] for i in inside) for inside in members]
    sums = [
        sum((scores[i] for part in choice for i in part), Fraction(0))
        for choice in product(*(combinations(inside, k) for inside, k in zip(members, sizes, strict=True)))
    ]
    mean, observed = sum(sums) / len(sums), sum((s for s, f in zip(scores, first, strict=True) if f), Fraction(0))
    hits = {
        "two-sided": [abs(s - mean) >= abs(observed - mean) for s in sums],
        "greater": [s >= observed for s in sums],
        "less": [s <= observed for s in sums],
    }[alternative]
    return sum(hits) / len(hits)


def example(seed: int) -> tuple[list[int], list[bool], list[str]]:
    generator = np.random.Generator(np.random.Philox(seed))
    strata = list("aaaaabbbbcccc")
    first = [bool(f) for f in generator.random(13) < 0.5]
    first[0], first[1], first[5], first[6] = True, False, True, False
    return generator.integers(10, 18, 13).tolist(), first, strata


@pytest.mark.parametrize("alternative", ["two-sided", "greater", "less"])
@pytest.mark.parametrize("seed", range(5))
def test_exact_p_values_are_those_of_every_division(seed: int, alternative: str) -> None:
    values, first, strata = example(seed)
    plain = stratified_permutation_test(values, first, strata, alternative=alternative)  # type: ignore[arg-type]
    assert plain.p == pytest.approx(
        every_division([Fraction(v) for v in values], first, strata, alternative), rel=1e-12
    )
    ranks = [
        Fraction(
            sum(2 * (values[j] < values[i]) + (values[j] == values[i]) for j in range(13) if strata[j] == strata[i])
            + 1,
            2,
        )
        / (strata.count(strata[i]) + 1)
        for i in range(13)
    ]
    ranked = van_elteren(values, first, strata, alternative=alternative)  # type: ignore[arg-type]
    assert ranked.p == pytest.approx(every_division(ranks, first, strata, alternative), rel=1e-12)
    assert ranked.allocations == plain.allocations


def test_one_stratum_is_the_permutation_test() -> None:
    values, first, _ = example(9)
    one = stratified_permutation_test(values, first, "s" * 13)
    whole = permutation_test(
        [v for v, f in zip(values, first, strict=True) if f], [v for v, f in zip(values, first, strict=True) if not f]
    )
    assert one.p == pytest.approx(whole.p, rel=1e-12)


def test_values_that_cannot_be_counted_are_drawn_and_near_the_exact_p() -> None:
    values, first, strata = example(3)
    noise = np.random.Generator(np.random.Philox(8)).normal(0, 0.1, 13)  # no two sums are equal, or mirror each other
    uneven = [value + float(more) for value, more in zip(values, noise, strict=True)]
    with pytest.raises(StatisticsError, match="pass a numpy Generator"):
        stratified_permutation_test(uneven, first, strata)
    drawn = stratified_permutation_test(uneven, first, strata, generator=np.random.Generator(np.random.Philox(1)))
    again = stratified_permutation_test(uneven, first, strata, generator=np.random.Generator(np.random.Philox(1)))
    exact = every_division([Fraction(value) for value in uneven], first, strata, "two-sided")
    assert (drawn.method, drawn.p) == ("monte carlo", again.p)
    assert abs(drawn.p - exact) < 4 * drawn.p_standard_error + 1e-5


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([1, 2], [True], "ab"), "1 entries for 2 values"),
        (([1, 2], [True, True], "ab"), "both groups need"),
        (([1, 2], [True, False], "ab"), "none has patients of both groups"),
        (([3, 3], [True, False], "aa"), "none has patients of both groups with different values"),
        (([1, float("nan")], [True, False], "aa"), "1 of 2 values are missing"),
    ],
)
def test_what_cannot_be_compared_is_refused(arguments: Any, message: str) -> None:
    for test in (stratified_permutation_test, van_elteren):
        with pytest.raises(StatisticsError, match=message):
            test(*arguments)
