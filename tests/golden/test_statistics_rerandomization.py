"""Re-randomization tests against R for the procedures in use, and many permutation tests at once against R and each other."""

import json
from importlib.util import find_spec
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from trialwright.statistics import StatisticsError, permutation_test, stratified_permutation_test, stream
from trialwright.statistics.allocation_procedures import (
    Block,
    draw_blocks,
    fixed_numbers,
    minimization,
    permuted_blocks,
    simple_randomization,
)
from trialwright.statistics.batch_permutation import batch_permutation
from trialwright.statistics.batches import TrialStatus
from trialwright.statistics.rerandomization import rerandomization_test

R = json.loads((Path(__file__).parent / "witness" / "rerandomization" / "rerandomization.json").read_text())
SIDES = {"two-sided": "two_sided", "greater": "greater", "less": "less"}
TEN = [True] * 10 + [False] * 10
NO_NUMBA = pytest.mark.skipif(find_spec("numba") is None, reason="the extra 'sim' is not installed")
WAYS = [("counting", "numpy"), pytest.param("counting", "compiled", marks=NO_NUMBA), ("listing", "numpy")]
SCORES = st.lists(st.integers(-9, 12), min_size=2, max_size=8)


def jittered(values: list[float]) -> np.ndarray:
    """The same order and ties, but no multiples of a decimal unit: enumeration must do what counting did."""
    return np.asarray(values) * np.pi


# --------------------------------------------------------------------------------------------- many trials at once


@pytest.mark.parametrize(("method", "engine"), WAYS)
@pytest.mark.parametrize("side", SIDES)
def test_twelve_trials_at_once_agree_with_exact_rank_tests(side, method, engine) -> None:
    found = batch_permutation([case["y"] for case in R["whole"]], TEN, alternative=side, method=method, engine=engine)
    assert found.p == pytest.approx([case[SIDES[side]] for case in R["whole"]], rel=1e-10)


@pytest.mark.parametrize(("method", "engine"), WAYS)
@pytest.mark.parametrize("side", SIDES)
def test_strata_agree_with_coin_and_with_listing_in_r(side, method, engine) -> None:
    cases = R["stratified"][:4] if method == "counting" else R["stratified"]
    found = batch_permutation(
        [case["y"] for case in cases], [case["first"] for case in cases], strata=cases[0]["stratum"],
        alternative=side, method=method, engine=engine,
    )  # fmt: skip
    assert found.p == pytest.approx([case[SIDES[side]] for case in cases], rel=1e-10)
    if side == "two-sided":
        assert found.p[:4] == pytest.approx([case["coin_two_sided"] for case in cases[:4]], rel=1e-10)


@settings(max_examples=60, deadline=None)
@given(SCORES, st.integers(1, 7), st.sampled_from(sorted(SIDES)), st.sampled_from(["counting", "listing"]), st.sampled_from([1, 0.1, 0.25]))
def test_a_batch_equals_the_single_test(scores, k, side, method, unit) -> None:
    assume(k < len(scores) and len(set(scores)) > 1)
    y, first = np.array(scores) * unit, np.arange(len(scores)) < k
    single = permutation_test(y[:k], y[k:], alternative=side)
    found = batch_permutation([y, y[::-1]], [first, first[::-1]], alternative=side, method=method, engine="numpy")
    assert found.p == pytest.approx([single.p, single.p], rel=1e-12)
    assert found.status.tolist() == [0, 0]
    assert found.statistic[0] / k + found.statistic[0] / (len(y) - k) == pytest.approx(single.difference)


@NO_NUMBA
@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 4), st.sampled_from(sorted(SIDES)))
def test_engines_and_methods_agree_in_strata_of_any_size(seed, strata, side) -> None:
    generator = stream(seed, "strata", 0)
    labels, n = generator.integers(0, strata, 9), 9
    y = generator.integers(-3, 4, (25, n))
    first = generator.random((25, n)) < 0.4
    found = [
        batch_permutation(y, first, strata=labels, alternative=side, method=method, engine=engine)
        for method, engine in (("counting", "numpy"), ("counting", "compiled"), ("listing", "numpy"))
    ]
    for other in found[1:]:
        assert (other.status == found[0].status).all()
        np.testing.assert_allclose(other.p, found[0].p, rtol=1e-10)
    for place in np.flatnonzero(found[0].status == TrialStatus.ANALYZED)[:5]:
        single = stratified_permutation_test(y[place], first[place], labels, alternative=side)
        assert found[0].p[place] == pytest.approx(single.p, rel=1e-10)
        assert found[0].statistic[place] == pytest.approx(single.statistic, abs=1e-9)


def test_trials_without_a_test_say_why_and_have_no_p() -> None:
    y = [[1, 2, 3, 4], [1, np.nan, 3, 4], [2, 2, 2, 2], [1, 2, 3, 4]]
    first = [[1, 0, 1, 0], [1, 0, 1, 0], [1, 0, 1, 0], [0, 0, 0, 0]]
    for method, engine in (("counting", "auto"), ("counting", "numpy"), ("listing", "numpy")):
        found = batch_permutation(y, first, method=method, engine=engine)
        assert [TrialStatus(code).name for code in found.status] == ["ANALYZED", "MISSING", "CONSTANT", "ONE_ARM"]
        assert np.isnan(found.p).tolist() == np.isnan(found.statistic).tolist() == [False, True, True, True]
    assert batch_permutation(y[1:], first[1:]).p.size == 3
    inside = batch_permutation([[1, 1, 5, 5]], [1, 0, 1, 0], strata="aabb")
    assert TrialStatus(inside.status[0]) == TrialStatus.CONSTANT
    assert inside.statistic.size == 1


def test_what_can_be_neither_counted_nor_listed_is_refused() -> None:
    y = stream(1, "real", 0).normal(size=(2, 40))
    with pytest.raises(StatisticsError, match="scores: no multiples"):
        batch_permutation(y, np.arange(40) < 20)
    with pytest.raises(StatisticsError, match="scores: no multiples"):
        batch_permutation(y[:, :10], np.arange(10) < 5, method="counting")
    with pytest.raises(StatisticsError, match="method: 'guess'"):
        batch_permutation(y, np.arange(40) < 20, method="guess")  # type: ignore[arg-type]
    with pytest.raises(StatisticsError, match="alternative: 'up'"):
        batch_permutation(y, np.arange(40) < 20, alternative="up")  # type: ignore[arg-type]


# ------------------------------------------------------------------------------------------- the procedure in use


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("case", R["whole"][:3], ids=range(3))
def test_one_big_block_is_the_plain_permutation_test(case, side) -> None:
    for procedure in (fixed_numbers(TEN), permuted_blocks(20, 20)):
        counted = rerandomization_test(case["y"], TEN, procedure, alternative=side)
        listed = rerandomization_test(jittered(case["y"]), TEN, procedure, alternative=side)
        assert (counted.method, listed.method) == ("counting", "enumeration")
        assert [counted.p, listed.p] == pytest.approx([case[SIDES[side]]] * 2, rel=1e-10)
        assert counted.allocations == 184_756
        assert counted.p_standard_error == 0.0


@pytest.mark.parametrize("case", R["pairs"], ids=range(len(R["pairs"])))
def test_blocks_of_two_are_the_sign_flip_test_of_the_pairs(case) -> None:
    first = [True, False] * 10
    for y in (case["y"], jittered(case["y"])):
        found = rerandomization_test(y, first, permuted_blocks(20, 2))
        assert found.p == pytest.approx(case["two_sided"], rel=1e-10)
        assert found.p == pytest.approx(case["flips_two_sided"], rel=1e-10)
        assert rerandomization_test(y, first, permuted_blocks(20, 2), alternative="greater").p == pytest.approx(case["flips_greater"], rel=1e-10)
        assert found.allocations == 1024


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("case", R["stratified"], ids=range(len(R["stratified"])))
def test_fixed_numbers_in_strata(case, side) -> None:
    """Also where the strata have other shares of the first group, so that the expectation is not zero."""
    found = rerandomization_test(case["y"], case["first"], fixed_numbers(case["first"], case["stratum"]), alternative=side)
    assert found.p == pytest.approx(case[SIDES[side]], rel=1e-10)
    assert found.method == ("counting" if case is not R["stratified"][4] else "enumeration")


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("case", R["unfinished"], ids=range(len(R["unfinished"])))
def test_a_block_that_was_not_filled_may_be_filled_in_any_way(case, side) -> None:
    found = rerandomization_test(case["y"], case["first"], permuted_blocks(10, 4), alternative=side)
    assert found.p == pytest.approx(case[SIDES[side]], rel=1e-10)
    assert found.allocations == 6 * 6 * 4


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("case", R["simple"], ids=("fair", "unfair"))
def test_the_toss_of_a_coin(case, side) -> None:
    procedure = simple_randomization(10, case["probability"])
    for y in (case["y"], jittered(case["y"])):
        assert rerandomization_test(y, case["first"], procedure, alternative=side).p == pytest.approx(case[SIDES[side]], rel=1e-9)


@pytest.mark.parametrize("side", SIDES)
def test_minimization_is_re_run_and_gives_its_error(side) -> None:
    case = R["minimized"]
    again = minimization([case["sex"], case["age"]], probability=0.8)
    found = rerandomization_test(case["y"], case["first"], again, alternative=side, generator=stream(1, side, 0), draws=40_000)
    assert found.method == "monte carlo"
    assert found.allocations is None
    assert found.p_standard_error == pytest.approx((found.p * (1 - found.p) / 40_001) ** 0.5)
    assert abs(found.p - case[SIDES[side]]) < 4 * found.p_standard_error
    assert (found.p * 40_001) % 1 == pytest.approx(0, abs=1e-6)


def test_minimization_gives_each_allocation_as_often_as_r_says() -> None:
    case = R["minimized"]
    drawn = minimization([case["sex"], case["age"]])(stream(2, "histories", 0), 200_000)
    share = (drawn == np.array(case["first"], dtype=bool)).all(axis=1).mean()
    assert share == pytest.approx(case["chance_of_it"], abs=4 * (case["chance_of_it"] / 200_000) ** 0.5)
    assert drawn.mean(axis=0) == pytest.approx(case["chances_first"], abs=0.005)


# ------------------------------------------------------------------------------------------------------------- laws


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from([2, 4, 6]), st.integers(3, 9), st.sampled_from(sorted(SIDES)), st.booleans())
def test_p_is_the_probability_of_the_extreme_allocations(seed, size, n, side, tossed) -> None:
    """Word for word from the definition: all allocations of n patients, each with its chance from the blocks."""
    generator = stream(seed, "definition", 0)
    procedure = simple_randomization(n, 0.3) if tossed else permuted_blocks(n, size)
    first = draw_blocks(procedure, n)(generator, 1)[0]
    y = generator.integers(0, 5, n)
    assume(first.any() and not first.all() and np.ptp(y) > 0)
    z, observed, whole = y - y.mean(), 0.0, []
    for allocation in product((0, 1), repeat=n):
        chance = np.prod([block.chances[sum(allocation[m] for m in block.members)] for block in procedure])
        whole.append((chance, float(np.dot(allocation, z))))
    expected = sum(chance * s for chance, s in whole)
    observed = float(z[first].sum()) - expected
    extreme = {
        "two-sided": lambda s: abs(s) >= abs(observed) - 1e-9,
        "greater": lambda s: s >= observed - 1e-9,
        "less": lambda s: s <= observed + 1e-9,
    }[side]
    brute = sum(chance for chance, s in whole if extreme(s - expected))
    counted = rerandomization_test(y, first, procedure, alternative=side)
    listed = rerandomization_test(jittered(y), first, procedure, alternative=side)
    mine = rerandomization_test(y, first, procedure, alternative=side, statistic=lambda drawn: drawn @ z - expected)
    assert [counted.p, listed.p, mine.p] == pytest.approx([brute] * 3, rel=1e-9)
    assert counted.statistic == pytest.approx(observed)


def test_drawing_from_blocks_gives_the_exact_p_within_its_error() -> None:
    case = R["unfinished"][0]
    procedure = permuted_blocks(10, 4)
    z = np.array(case["y"]) - np.mean(case["y"])
    drawn = rerandomization_test(case["y"], case["first"], draw_blocks(procedure, 10), generator=stream(5, "drawn", 0), draws=20_000)
    assert drawn.statistic == pytest.approx(z[np.array(case["first"], dtype=bool)].sum())
    assert abs(drawn.p - case["two_sided"]) < 4 * drawn.p_standard_error
    forty = rerandomization_test(
        stream(6, "forty", 0).normal(size=60), [True] * 30 + [False] * 30, fixed_numbers([True] * 30 + [False] * 30),
        generator=stream(6, "forty", 1), draws=999,
    )  # fmt: skip
    assert forty.method == "monte carlo"
    assert forty.draws == 999
    assert forty.allocations == 118_264_581_564_861_424


def test_under_the_null_the_level_is_kept_whatever_the_procedure() -> None:
    """Small trials drawn by their own procedure: p <= 0.05 in at most 5 % of them (4 Monte Carlo errors allowed)."""
    generator, trials = stream(9, "level", 0), 300
    for procedure in (permuted_blocks(10, 4), simple_randomization(10), permuted_blocks(9, 3, ratio=(1, 2))):
        n = sum(len(block.members) for block in procedure)
        drawn = [first for first in draw_blocks(procedure, n)(generator, trials) if first.any() and not first.all()]
        y = np.rint(generator.normal(20, 3, (len(drawn), n)) + np.linspace(0, 4, n))
        low = sum(rerandomization_test(a, first, procedure).p <= 0.05 for a, first in zip(y, drawn, strict=True))
        assert low / len(drawn) < 0.05 + 4 * (0.05 * 0.95 / len(drawn)) ** 0.5


def test_realized_sizes_and_strata_are_laid_out_in_order_of_entry() -> None:
    assert [block.members for block in permuted_blocks(10, [4, 2, 6])] == [(0, 1, 2, 3), (4, 5), (6, 7, 8, 9)]
    assert [block.members for block in permuted_blocks(5, 2, strata="abaab")] == [(0, 2), (3,), (1, 4)]
    assert permuted_blocks(3, 3, ratio=(2, 1))[0].chances == pytest.approx((0, 0, 1 / 3, 0))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: permuted_blocks(10, 3), "sizes: a block of 3 cannot be divided 1:1"),
        (lambda: permuted_blocks(10, 0), "sizes: a block of 0"),
        (lambda: permuted_blocks(10, [4, 4]), "sizes: blocks of 4, 4 do not hold 10"),
        (lambda: permuted_blocks(2, [2], strata="ab"), "sizes: one size is needed"),
        (lambda: permuted_blocks(2, 2, ratio=(1, 0)), "ratio: 1:0"),
        (lambda: simple_randomization(3, 1.0), "probability: 1.0"),
        (lambda: minimization([]), "factors: none"),
        (lambda: minimization([["a"]], probability=0.4), "probability: 0.4"),
        (lambda: minimization([["a"]], weights=[0]), "weights: 1 numbers"),
        (lambda: rerandomization_test([1, 2, 3, 4], [1, 1, 0, 0], permuted_blocks(4, 2)), "first: 2 of the 2 patients of block 1"),
        (lambda: rerandomization_test([1, 2, 3, 4], [1, 1, 0, 0], permuted_blocks(3, 2)), "procedure: the blocks do not hold"),
        (lambda: rerandomization_test([1, 2], [1, 0], (Block(members=(0, 1), chances=(0.5, 0.5, 0.5)),)), "procedure: the chances of block 1"),
        (lambda: rerandomization_test([1, 1], [1, 0], simple_randomization(2)), "values: all are 1"),
        (lambda: rerandomization_test([1, 2], [1, 1], simple_randomization(2)), "first: both groups"),
        (lambda: rerandomization_test([1, 2], [1], simple_randomization(2)), "first: 1 entries for 2"),
        (lambda: rerandomization_test([1, None], [1, 0], simple_randomization(2)), "values: 1 of 2 values are missing"),
        (lambda: rerandomization_test([1, 2], [1, 0], minimization([["a", "a"]])), "procedure: it must be re-run by chance"),
        (lambda: rerandomization_test([1, 2], [1, 0], lambda g, d: np.ones((d, 3)), generator=stream(1, 1, 1)), "procedure: 4096 x 2"),
        (lambda: rerandomization_test([1, 2], [1, 0], simple_randomization(2), statistic=lambda a: np.log(a.sum(axis=1) - 1.0)), "statistic: it is not"),
        (lambda: rerandomization_test([1, 2], [1, 0], simple_randomization(2), alternative="up"), "alternative: 'up'"),
    ],
)  # fmt: skip
@pytest.mark.filterwarnings("ignore:divide by zero", "ignore:invalid value")
def test_what_cannot_be_is_refused_in_words(call, words) -> None:
    with pytest.raises(StatisticsError, match=f"^{words}"):
        call()
