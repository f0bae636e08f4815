"""Tests that respect how patients were allocated: chance divisions within each block or site, and matched pairs."""

from collections.abc import Callable, Iterable
from math import comb, gcd, lcm, prod, sqrt

import numpy as np
from attrs import frozen
from numpy.typing import ArrayLike

from trialwright.statistics.arguments import FloatArray, StatisticsError, complete_labels, complete_numbers, count
from trialwright.statistics.distributions import chi_square_upper, normal_two_sided
from trialwright.statistics.hodges_lehmann import doubled_midranks
from trialwright.statistics.permutation import Alternative, Method, decimal_units, subset_sum_counts
from trialwright.statistics.repeated_measures import BoolArray

_LARGEST_SUM = 200_000  # distinct sums that are kept while the strata are joined
_BATCH = 4_096
_TIE = 1e-9

Stratum = tuple[tuple[int, ...], int]  # whole-number scores, those of the first group in front, and its size


@frozen(kw_only=True)
class StratifiedTest:
    """``statistic`` is the first group's sum of scores minus its expectation; z its standardized value.

    ``p`` is exact over all divisions within strata unless ``method`` is "monte carlo", with ``p_standard_error``.
    """

    statistic: float
    z: float
    p: float
    p_normal: float
    p_standard_error: float
    method: Method
    alternative: Alternative
    allocations: int
    strata: int


@frozen(kw_only=True)
class McNemarTest:
    """Exact (binomial) p and the chi-square statistic without continuity correction, of pairs that disagree."""

    p: float
    chi_square: float
    p_chi_square: float
    pairs: int


def stratified_permutation_test(
    values: ArrayLike,
    first: Iterable[bool],
    strata: Iterable[object],
    *,
    alternative: Alternative = "two-sided",
    generator: np.random.Generator | None = None,
    draws: int = 99_999,
) -> StratifiedTest:
    """Permutation test of the sum of ``values`` in the ``first`` group over all divisions within each stratum.

    The division keeps the number of the first group in every stratum, as permuted blocks and stratified allocation
    do. Values that are multiples of one decimal unit are counted exactly, stratum by stratum; others are drawn with
    ``generator``, p = (b + 1) / (draws + 1).

    Raises StatisticsError if no stratum has patients of both groups with different values, or without a generator
    where one is needed.

    >>> test = stratified_permutation_test([1, 5, 2, 9, 3, 4], [0, 1, 0, 1, 0, 1], "aabbcc", alternative="greater")
    >>> test.p, test.allocations, test.method
    (0.125, 8, 'counting')
    """
    y = complete_numbers(values, "values")
    chosen, codes = _layout(y, first, strata)
    return _test(y, decimal_units(y), chosen, codes, alternative, generator, draws)


def van_elteren(
    values: ArrayLike,
    first: Iterable[bool],
    strata: Iterable[object],
    *,
    alternative: Alternative = "two-sided",
    generator: np.random.Generator | None = None,
    draws: int = 99_999,
) -> StratifiedTest:
    """Van Elteren's stratified rank sum test: midranks within each stratum over its size plus one, exact with ties.

    Source: van Elteren, Bulletin of the International Statistical Institute 1960.

    >>> test = van_elteren([1, 5, 2, 9, 3, 4], [0, 1, 0, 1, 0, 1], "aabbcc")
    >>> round(test.z, 4), test.p
    (1.7321, 0.25)
    """
    y = complete_numbers(values, "values")
    chosen, codes = _layout(y, first, strata)
    sizes = np.bincount(codes)
    common = lcm(*(int(size) + 1 for size in sizes))
    whole = np.zeros(y.size, dtype=np.int64)
    for code, size in enumerate(sizes):
        inside = codes == code
        whole[inside] = np.array(doubled_midranks(y[inside])) * (common // (int(size) + 1))
    step = gcd(*whole.tolist())
    units = tuple(int(value) // step for value in whole)
    return _test(whole / (2.0 * common), units, chosen, codes, alternative, generator, draws)


def mcnemar_test(first_only: int, second_only: int) -> McNemarTest:
    """McNemar's test of paired yes-or-no outcomes, from the pairs in which exactly one of the two is yes.

    The exact p is that of a fair coin, two-sided. Without any such pair p is 1.

    Source: McNemar, Psychometrika 1947.

    >>> round(mcnemar_test(2, 9).p, 6), round(mcnemar_test(2, 9).chi_square, 4)
    (0.06543, 4.4545)
    """
    b, c = count(first_only, "first_only"), count(second_only, "second_only")
    n = b + c
    if n == 0:
        return McNemarTest(p=1.0, chi_square=0.0, p_chi_square=1.0, pairs=0)
    tail = sum(comb(n, k) for k in range(min(b, c) + 1))
    chi_square = (b - c) ** 2 / n
    return McNemarTest(
        p=min(1.0, 2 * tail / 2**n), chi_square=chi_square, p_chi_square=chi_square_upper(chi_square, 1), pairs=n
    )


def _test(
    scores: FloatArray,
    units: tuple[int, ...] | None,
    first: BoolArray,
    codes: np.ndarray[tuple[int], np.dtype[np.intp]],
    alternative: Alternative,
    generator: np.random.Generator | None,
    draws: int,
) -> StratifiedTest:
    if alternative not in ("two-sided", "greater", "less"):
        raise StatisticsError(f"alternative: {alternative!r} is not one of two-sided, greater, less.")
    insides = [codes == code for code in range(int(codes.max()) + 1)]
    groups = [(scores[inside], first[inside]) for inside in insides]
    expected = sum(float(s.mean()) * int(f.sum()) for s, f in groups)
    variance = sum(float(s.var(ddof=1)) * f.sum() * (~f).sum() / f.size for s, f in groups if f.size > 1)
    if variance <= 1e-24 * float((scores**2).sum()):
        raise StatisticsError(
            "strata: none has patients of both groups with different values; nothing can be compared."
        )
    statistic = float(scores[first].sum()) - expected
    joined = _joined([_stratum(units, first, inside) for inside in insides]) if units is not None else None
    if joined is not None and units is not None:
        observed = sum(unit for unit, inside in zip(units, first, strict=True) if inside)
        p, method, error = _counted(joined, observed, alternative), "counting", 0.0
    else:
        p, method = _drawn(scores - scores.mean(), first, insides, alternative, generator, draws), "monte carlo"
        error = sqrt(p * (1 - p) / (draws + 1))
    z = statistic / sqrt(variance)
    return StratifiedTest(
        statistic=statistic,
        z=z,
        p=p,
        p_normal=normal_two_sided(z),
        p_standard_error=error,
        method="counting" if method == "counting" else "monte carlo",
        alternative=alternative,
        allocations=prod(comb(f.size, int(f.sum())) for _, f in groups),
        strata=len(groups),
    )


def _stratum(units: tuple[int, ...], first: BoolArray, inside: BoolArray) -> Stratum:
    ours = [units[i] for i in np.flatnonzero(inside & first)]
    return (*ours, *(units[i] for i in np.flatnonzero(inside & ~first))), len(ours)


def _joined(strata: list[Stratum]) -> dict[int, int] | None:
    """How many divisions give each sum over all strata; None if there are too many sums to keep."""
    total = {0: 1}
    for scores, k in strata:
        if sum(sorted(scores)[len(scores) - k :]) > _LARGEST_SUM:
            return None
        ways = [(s, number) for s, number in enumerate(subset_sum_counts(scores, k)) if number]
        if len(total) * len(ways) > 20 * _LARGEST_SUM:
            return None
        grown: dict[int, int] = {}
        for reached, number in total.items():
            for s, more in ways:
                grown[reached + s] = grown.get(reached + s, 0) + number * more
        total = grown
    return total


def _counted(joined: dict[int, int], observed: int, alternative: Alternative) -> float:
    """The share of divisions at least as extreme, in whole numbers: deviations from the mean are not rounded."""
    everything = sum(joined.values())
    mean = sum(s * number for s, number in joined.items())  # times everything
    far = everything * observed - mean
    inside: dict[Alternative, Callable[[int], bool]] = {
        "greater": lambda deviation: deviation >= far,
        "less": lambda deviation: deviation <= far,
        "two-sided": lambda deviation: abs(deviation) >= abs(far),
    }
    extreme = inside[alternative]
    return sum(number for s, number in joined.items() if extreme(everything * s - mean)) / everything


def _drawn(
    scores: FloatArray,
    first: BoolArray,
    insides: list[BoolArray],
    alternative: Alternative,
    generator: np.random.Generator | None,
    draws: int,
) -> float:
    if generator is None:
        raise StatisticsError("values: too many sums to count exactly; pass a numpy Generator (record its seed).")
    if draws < 1:
        raise StatisticsError(f"draws: {draws}; at least 1 needed.")
    centered = scores.copy()
    for inside in insides:
        centered[inside] -= scores[inside].mean()
    observed, hits = float(centered[first].sum()), 0
    tie = _TIE * float(np.abs(centered).max())
    for start in range(0, draws, _BATCH):
        size = min(_BATCH, draws - start)
        sums = np.zeros(size)
        for inside in insides:
            block = np.broadcast_to(centered[inside], (size, int(inside.sum())))
            sums += generator.permuted(block, axis=1)[:, : int(first[inside].sum())].sum(axis=1)
        extreme = {
            "greater": sums >= observed - tie,
            "less": sums <= observed + tie,
            "two-sided": np.abs(sums) >= abs(observed) - tie,
        }[alternative]
        hits += int(extreme.sum())
    return (hits + 1) / (draws + 1)


def _layout(
    y: FloatArray, first: Iterable[bool], strata: Iterable[object]
) -> tuple[BoolArray, np.ndarray[tuple[int], np.dtype[np.intp]]]:
    chosen = np.array(list(first), dtype=np.bool_)
    if chosen.size != y.size:
        raise StatisticsError(f"first: {chosen.size} entries for {y.size} values.")
    if chosen.all() or not chosen.any():
        raise StatisticsError("first: both groups need at least one patient.")
    labels = complete_labels(strata, "strata", length=y.size)
    order = {label: place for place, label in enumerate(dict.fromkeys(labels))}
    return chosen, np.array([order[label] for label in labels], dtype=np.intp)
