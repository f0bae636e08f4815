"""Laws of the statistical methods, against brute-force second implementations on small samples."""

from fractions import Fraction
from itertools import combinations
from math import comb

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from trialwright.statistics import (
    GuessTable,
    ancova,
    bang_indices,
    chi_square_test,
    clopper_pearson,
    describe,
    fisher_exact,
    hodges_lehmann,
    james_index,
    one_way_anova,
    permutation_test,
    rank_sum_test,
    shift_interval,
    wilson,
)
from trialwright.statistics.distributions import student_two_sided

SCORES = st.lists(st.integers(-9, 12), min_size=1, max_size=5)
REALS = st.lists(st.floats(-50, 50, width=32), min_size=2, max_size=5)
COUNT = st.integers(0, 12)
SIX = st.tuples(COUNT, COUNT, COUNT, COUNT, COUNT, COUNT)


def vary(first: list[float] | list[int], second: list[float] | list[int]) -> None:
    assume(len({*first, *second}) > 1)


def brute_p(first: list[int], second: list[int], alternative: str) -> Fraction:
    """The definition, word for word, in exact fractions."""
    pooled, k = [*first, *second], len(first)

    def difference(chosen: tuple[int, ...]) -> Fraction:
        inside = sum(pooled[i] for i in chosen)
        return Fraction(inside, k) - Fraction(sum(pooled) - inside, len(pooled) - k)

    observed = difference(tuple(range(k)))
    every = [difference(chosen) for chosen in combinations(range(len(pooled)), k)]
    hits = {
        "two-sided": [abs(d) >= abs(observed) for d in every],
        "greater": [d >= observed for d in every],
        "less": [d <= observed for d in every],
    }[alternative]
    return Fraction(sum(hits), len(every))


@given(SCORES, SCORES, st.sampled_from(["two-sided", "greater", "less"]), st.sampled_from(["counting", "enumeration"]))
def test_permutation_p_is_the_share_of_allocations(first, second, alternative, method) -> None:
    vary(first, second)
    test = permutation_test(first, second, alternative=alternative, method=method)
    assert test.p == pytest.approx(float(brute_p(first, second, alternative)), rel=1e-12)
    assert 0 < test.p <= 1


@given(SCORES, SCORES, st.integers(-100, 100), st.integers(1, 7))
def test_permutation_p_does_not_depend_on_origin_unit_or_order_of_groups(
    first: list[int], second: list[int], shift: int, unit: int
) -> None:
    vary(first, second)
    p = permutation_test(first, second).p
    assert permutation_test([unit * (v + shift) for v in first], [unit * (v + shift) for v in second]).p == p
    assert permutation_test(second, first).p == pytest.approx(p, rel=1e-12)
    assert permutation_test(first[::-1], second[::-1]).p == p
    assert permutation_test([-v for v in first], [-v for v in second]).p == p
    tenths = permutation_test([v / 10 for v in first], [v / 10 for v in second])
    assert (tenths.p, tenths.method) == (p, "counting")


@given(REALS)
def test_two_identical_groups_do_not_differ(values: list[float]) -> None:
    vary(values, [])
    assert permutation_test(values, values).p == 1.0
    assert rank_sum_test(values, values).p == 1.0
    assert hodges_lehmann(values, values).estimate == 0.0


@given(SCORES, SCORES)
def test_one_sided_tails_overlap_in_the_observed_value(first: list[int], second: list[int]) -> None:
    vary(first, second)
    greater, less = (permutation_test(first, second, alternative=a).p for a in ("greater", "less"))
    assert greater + less >= 1.0 + 1 / comb(len(first) + len(second), len(first)) - 1e-12


@settings(max_examples=40)
@given(REALS, REALS, st.sampled_from([0.5, 0.8, 0.9, 0.95]))
def test_shift_interval_holds_exactly_the_shifts_not_rejected(
    first: list[float], second: list[float], level: float
) -> None:
    vary(first, second)
    interval, tail = shift_interval(first, second, confidence=level), (1 - level) / 2
    a, b = np.array(first), np.array(second)
    spread = np.ptp([*first, *second])
    assume(spread > 1e-3)
    step = 1e-7 * spread
    assert interval.lower <= interval.upper
    if np.isfinite(interval.lower):
        assert real_p(a - interval.lower - step, b) > tail >= real_p(a - interval.lower + step, b) - 1e-12
    if np.isfinite(interval.upper):
        assert real_p(-(a - interval.upper + step), -b) > tail - 1e-12


def real_p(first: np.ndarray, second: np.ndarray) -> float:
    pooled, k = np.concatenate([first, second]), len(first)
    sums = [pooled[list(chosen)].sum() for chosen in combinations(range(len(pooled)), k)]
    return float(np.mean(np.array(sums) >= sums[0] - 1e-9))


def brute_rank_p(first: list[float], second: list[float]) -> Fraction:
    pooled = [*first, *second]
    doubled = [sum((x > y) + (x >= y) for y in pooled) + 1 for x in pooled]
    return brute_p(doubled[: len(first)], doubled[len(first) :], "two-sided")


@given(SCORES, SCORES)
def test_rank_sum_p_is_the_permutation_p_of_midranks(first: list[int], second: list[int]) -> None:
    vary(first, second)
    test = rank_sum_test(first, second)
    assert test.p == pytest.approx(float(brute_rank_p([*first], [*second])), rel=1e-12)
    assert test.w == sum((x > y) + 0.5 * (x == y) for x in first for y in second)
    cubed = rank_sum_test([v**3 for v in first], [v**3 for v in second])
    assert cubed.p == test.p


@given(SCORES, SCORES, st.integers(-20, 20))
def test_hodges_lehmann_moves_with_the_data(first: list[int], second: list[int], shift: int) -> None:
    vary(first, second)
    moved = [v + shift for v in first]
    vary(moved, second)
    here, there, back = hodges_lehmann(first, second), hodges_lehmann(moved, second), hodges_lehmann(second, first)
    assert (there.estimate, there.lower, there.upper) == (here.estimate + shift, here.lower + shift, here.upper + shift)
    assert (back.estimate, back.lower, back.upper) == (-here.estimate, -here.upper, -here.lower)
    assert here.lower <= here.estimate <= here.upper
    narrow = hodges_lehmann(first, second, confidence=0.5)
    assert here.lower <= narrow.lower <= narrow.upper <= here.upper


@settings(max_examples=60)
@given(SCORES, SCORES, st.sampled_from([0.6, 0.8, 0.9]))
def test_hodges_lehmann_interval_inverts_the_one_sided_rank_tests(
    first: list[int], second: list[int], level: float
) -> None:
    vary(first, second)
    found, tail = hodges_lehmann(first, second, confidence=level), (1 - level) / 2
    differences = sorted({x - y for x in first for y in second})
    probes = sorted({*differences, *(d + 0.5 for d in differences), differences[0] - 0.5})
    kept = [
        d
        for d in probes
        if one_sided(first, second, d, "greater") > tail and one_sided(first, second, d, "less") > tail
    ]
    for d in probes:
        if found.lower < d < found.upper:
            assert d in kept
        if d < found.lower or d > found.upper:
            assert d not in kept


def one_sided(first: list[int], second: list[int], shift: float, alternative: str) -> float:
    pooled = [*(x - shift for x in first), *second]
    doubled = [sum((x > y) + (x >= y) for y in pooled) + 1 for x in pooled]
    return float(brute_p(doubled[: len(first)], doubled[len(first) :], alternative))


@st.composite
def trials(draw: st.DrawFn) -> tuple[list[float], list[str], list[float]]:
    """Outcomes, groups and baselines of 6 to 14 subjects in two groups, not degenerate."""
    n = draw(st.integers(6, 14))
    seed = draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    groups = ["A", "B", *rng.choice(["A", "B"], n - 2)]
    return list(rng.normal(0, 5, n)), [str(g) for g in groups], list(rng.normal(20, 6, n))


@given(trials(), st.floats(-1000, 1000), st.floats(0.1, 10))
def test_ancova_follows_the_scale_of_outcome_and_ignores_that_of_baseline(
    trial: tuple[list[float], list[str], list[float]], shift: float, unit: float
) -> None:
    y, group, base = trial
    here = ancova(y, group, base, levels=("A", "B"), reference="A")
    there = ancova(
        [unit * v + shift for v in y], group, [7 * b - shift for b in base], levels=("A", "B"), reference="A"
    )
    old, new = here.differences[0].estimate, there.differences[0].estimate
    assert new.value == pytest.approx(unit * old.value, rel=1e-6, abs=1e-8)
    assert new.p == pytest.approx(old.p, rel=1e-6)
    assert there.groups[0].adjusted.value == pytest.approx(
        unit * here.groups[0].adjusted.value + shift, rel=1e-6, abs=1e-7
    )
    assert 0 < old.p <= 1 and old.lower < old.value < old.upper
    assert here.tests[0].f == pytest.approx(old.t**2, rel=1e-9)


@given(trials())
def test_ancova_agrees_with_the_textbook_formula(trial: tuple[list[float], list[str], list[float]]) -> None:
    """A second implementation: pooled within-group sums of squares and products, no matrix algebra."""
    y, group, base = trial
    cells = {g: [(b, v) for v, h, b in zip(y, group, base, strict=True) if h == g] for g in ("A", "B")}
    mean = {g: (sum(b for b, _ in c) / len(c), sum(v for _, v in c) / len(c)) for g, c in cells.items()}
    sxx = sum((b - mean[g][0]) ** 2 for g, c in cells.items() for b, _ in c)
    sxy = sum((b - mean[g][0]) * (v - mean[g][1]) for g, c in cells.items() for b, v in c)
    syy = sum((v - mean[g][1]) ** 2 for g, c in cells.items() for _, v in c)
    assume(sxx > 1e-6)
    slope, df = sxy / sxx, len(y) - 3
    gap = mean["B"][0] - mean["A"][0]
    value = mean["B"][1] - mean["A"][1] - slope * gap
    error = ((syy - slope * sxy) / df * (1 / len(cells["A"]) + 1 / len(cells["B"]) + gap**2 / sxx)) ** 0.5
    found = ancova(y, group, base, levels=("A", "B"), reference="A").differences[0].estimate
    assert (found.value, found.standard_error) == pytest.approx((value, error), rel=1e-7, abs=1e-9)
    assert found.p == pytest.approx(student_two_sided(value / error, df), rel=1e-6)


@given(trials())
def test_swapping_the_reference_only_turns_the_sign(trial: tuple[list[float], list[str], list[float]]) -> None:
    y, group, base = trial
    one = ancova(y, group, base, levels=("A", "B"), reference="A").differences[0].estimate
    other = ancova(y, group, base, levels=("B", "A"), reference="B").differences[0].estimate
    assert (other.value, other.standard_error, other.p) == pytest.approx(
        (-one.value, one.standard_error, one.p), rel=1e-8, abs=1e-10
    )


@given(SIX)
def test_blinding_indices_stay_on_their_scales_and_exchange_arms(cells: tuple[int, ...]) -> None:
    a, b, c, d, e, f = cells
    table = GuessTable(treatment=(a, b), control=(c, d), unknown=(e, f))
    mirrored = GuessTable(treatment=(d, c), control=(b, a), unknown=(f, e))
    james, twin = james_index(table), james_index(mirrored)
    if james.estimate is None:
        assert twin.estimate is None and james.undefined_because
    else:
        assert twin.estimate == pytest.approx(james.estimate, abs=1e-12)
        assert twin.standard_error == pytest.approx(james.standard_error, abs=1e-7)
        assert -1e-12 <= james.estimate <= 1 + 1e-12
    for index, other in zip(bang_indices(table), reversed(bang_indices(mirrored)), strict=True):
        assert (index.estimate is None) == (index.n == 0)
        assert index.estimate == other.estimate
        assert index.estimate is None or -1 <= index.estimate <= 1


@given(COUNT, COUNT, COUNT, COUNT)
def test_fisher_is_the_sum_over_all_tables_and_knows_no_order(a: int, b: int, c: int, d: int) -> None:
    assume(a + b + c + d > 0)
    p = fisher_exact([[a, b], [c, d]])
    tables = [(k, a + b - k, a + c - k, d - a + k) for k in range(a + b + 1)]
    chance = [Fraction(comb(a + b, k) * comb(c + d, r)) for k, x, r, s in tables if min(k, x, r, s) >= 0]
    observed = Fraction(comb(a + b, a) * comb(c + d, c))
    assert p == float(sum(w for w in chance if w <= observed) / sum(chance))
    assert 0 < p <= 1
    assert p == fisher_exact([[c, d], [a, b]]) == fisher_exact([[b, a], [d, c]])
    assert p == pytest.approx(fisher_exact([[a, c], [b, d]]), rel=1e-12)


@given(st.integers(1, 40), st.data())
def test_intervals_hold_the_estimate_and_mirror(n: int, data: st.DataObject) -> None:
    x = data.draw(st.integers(0, n))
    for method in (clopper_pearson, wilson):
        found, mirrored = method(x, n), method(n - x, n)
        assert 0 <= found.lower <= found.estimate <= found.upper <= 1
        assert (1 - mirrored.upper, 1 - mirrored.lower) == pytest.approx((found.lower, found.upper), abs=1e-9)


@given(st.lists(st.integers(-50, 50), min_size=1, max_size=12))
def test_a_summary_is_ordered_and_the_median_is_the_middle(values: list[int]) -> None:
    found = describe(values)
    marks = (found.minimum, found.lower_quartile, found.median, found.upper_quartile, found.maximum)
    assert list(marks) == sorted(marks)
    assert found.median == float(np.median(values))
    mirrored = describe([-v for v in values])
    assert mirrored.lower_quartile == -found.upper_quartile


@given(trials())
def test_one_way_anova_of_two_groups_is_the_ancova_without_baseline(
    trial: tuple[list[float], list[str], list[float]],
) -> None:
    y, group, _ = trial
    cells = [[v for v, g in zip(y, group, strict=True) if g == arm] for arm in ("A", "B")]
    test = ancova(y, group, None, levels=("A", "B"), reference="A").tests[0]
    assert one_way_anova(cells).f == pytest.approx(test.f, rel=1e-8)
    assert one_way_anova(cells).p == pytest.approx(test.p, rel=1e-8)


@given(st.integers(1, 30), st.integers(1, 30), st.integers(1, 30), st.integers(1, 30))
def test_chi_square_of_two_by_two_is_the_shortcut_formula(a: int, b: int, c: int, d: int) -> None:
    n = a + b + c + d
    shortcut = n * (a * d - b * c) ** 2 / ((a + b) * (c + d) * (a + c) * (b + d))
    assert chi_square_test([[a, b], [c, d]]).chi_square == pytest.approx(shortcut, rel=1e-10, abs=1e-12)
