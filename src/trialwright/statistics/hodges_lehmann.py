"""Estimates the shift between two groups without assuming a distribution, with exact interval and rank test."""

from collections.abc import Callable
from math import inf

import numpy as np
from attrs import frozen
from numpy.typing import ArrayLike, NDArray

from trialwright.statistics.arguments import FloatArray, StatisticsError, confidence_level
from trialwright.statistics.permutation import (
    Alternative,
    count_p,
    counting_is_feasible,
    decimal_units,
    two_groups,
)


@frozen(kw_only=True)
class HodgesLehmann:
    """The median of all pairwise differences, first minus second, and the exact interval around it."""

    estimate: float
    lower: float
    upper: float
    confidence: float
    tied: bool
    n_first: int
    n_second: int


@frozen(kw_only=True)
class RankSumTest:
    """Wilcoxon's rank sum test: W (pairs in which the first group is larger, ties one half) and its exact p."""

    w: float
    p: float
    alternative: Alternative
    tied: bool
    n_first: int
    n_second: int


def hodges_lehmann(first: ArrayLike, second: ArrayLike, *, confidence: float = 0.95) -> HodgesLehmann:
    """Hodges-Lehmann shift of ``first`` against ``second`` with its exact confidence interval.

    The estimate is the median of the n1 x n2 pairwise differences, with or without ties (some programs define it
    otherwise when there are ties). The interval holds every shift that neither of the two one-sided exact rank sum
    tests rejects at half the error; ties are handled by the permutation distribution of the midranks at that shift.
    An end is infinite when the groups are too small to exclude any shift.

    Raises StatisticsError for missing, empty or constant data, and when exact counting would take too long.

    Source: Hodges and Lehmann, Ann Math Stat 1963; Lehmann, Nonparametrics, 1975, ch. 2.

    >>> shift = hodges_lehmann([1.1, 2.3, 3.2, 3.9], [4.2, 5.7, 6.1, 7.9])
    >>> round(shift.estimate, 4), round(shift.lower, 4), round(shift.upper, 4)
    (-3.25, -6.8, -0.3)
    """
    a, b = two_groups(first, second)
    tail = (1.0 - confidence_level(confidence)) / 2
    places, distinct = _distinct_differences(a, b)
    ranks = _ShiftedRanks(a=a, b=b, places=places)
    lower = _first_kept(lambda place: ranks.p(place, "greater") > tail, 2 * distinct.size + 1)
    upper = _first_kept(lambda place: ranks.p(2 * distinct.size - place, "less") > tail, 2 * distinct.size + 1)
    return HodgesLehmann(
        estimate=float(np.median(np.subtract.outer(a, b))),
        lower=-inf if lower == 0 else float(distinct[(lower - 1) // 2]),
        upper=inf if upper == 0 else float(distinct[distinct.size - 1 - (upper - 1) // 2]),
        confidence=confidence,
        tied=_tied(a, b),
        n_first=a.size,
        n_second=b.size,
    )


def rank_sum_test(first: ArrayLike, second: ArrayLike, *, alternative: Alternative = "two-sided") -> RankSumTest:
    """Exact Wilcoxon (Mann-Whitney) rank sum test, conditional on ties.

    Two-sided p: the share of allocations whose rank sum is at least as far from its expectation as the observed one.

    Raises StatisticsError for missing, empty or constant data, and when exact counting would take too long.

    >>> test = rank_sum_test([1, 2, 3], [3, 4, 5])
    >>> test.w, round(test.p, 4)
    (0.5, 0.2)
    """
    if alternative not in ("two-sided", "greater", "less"):
        raise StatisticsError(f"alternative: {alternative!r} is not one of two-sided, greater, less.")
    a, b = two_groups(first, second)
    ranks = doubled_midranks(np.concatenate([a, b]))
    w = (sum(ranks[: a.size]) - a.size * (a.size + 1)) / 2
    return RankSumTest(
        w=w,
        p=_rank_p(ranks, a.size, alternative),
        alternative=alternative,
        tied=_tied(a, b),
        n_first=a.size,
        n_second=b.size,
    )


def doubled_midranks(values: FloatArray) -> tuple[int, ...]:
    """Twice the midranks, so that tied ranks stay whole numbers.

    >>> doubled_midranks(np.array([3.0, 1.0, 3.0]))
    (5, 2, 5)
    """
    ordered = np.sort(values)
    below = np.searchsorted(ordered, values, side="left")
    up_to = np.searchsorted(ordered, values, side="right")
    return tuple(int(rank) for rank in below + up_to + 1)


@frozen(kw_only=True, eq=False)
class _ShiftedRanks:
    """Rank tests of the first group, shifted, against the second.

    The places a shift can take are numbered 0, 1, 2, ...: below the smallest difference, at it, between it and the
    next, and so on. ``places[i, j]`` is the odd number at which first[i] - second[j] would be tied.
    """

    a: FloatArray
    b: FloatArray
    places: NDArray[np.int64]

    def p(self, place: int, alternative: Alternative) -> float:
        """One-sided exact p-value when the first group is moved down by the shift at ``place``."""
        win = np.sign(self.places - place)  # +1 where first[i] - shift is above second[j]
        m, n = self.a.size, self.b.size
        first = np.array(doubled_midranks(self.a)) + n + win.sum(axis=1)
        second = np.array(doubled_midranks(self.b)) + m - win.sum(axis=0)
        return _rank_p(tuple(int(rank) for rank in (*first, *second)), m, alternative)


def _rank_p(doubled: tuple[int, ...], k: int, alternative: Alternative) -> float:
    units = decimal_units(np.array(doubled, dtype=np.float64))
    if units is None or not counting_is_feasible(units, k):
        raise StatisticsError(
            f"rank sum: {len(doubled)} subjects are too many to count; use permutation_test on midranks."
        )
    return count_p(units, k, alternative)


def _distinct_differences(a: FloatArray, b: FloatArray) -> tuple[NDArray[np.int64], FloatArray]:
    """The place of each pairwise difference among the distinct ones, and the distinct ones in order.

    Equal differences that rounding has parted only add a place within the last digit: no limit moves further than that.
    """
    differences = np.subtract.outer(a, b)
    distinct, where = np.unique(differences, return_inverse=True)
    return 2 * where.reshape(differences.shape).astype(np.int64) + 1, distinct


def _first_kept(kept: Callable[[int], bool], places: int) -> int:
    """The first place that is kept: moving the shift inward never lowers the p-value, so halving finds it."""
    low, high = 0, places - 1
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if kept(middle) else (middle + 1, high)
    return low


def _tied(a: FloatArray, b: FloatArray) -> bool:
    return np.unique(np.concatenate([a, b])).size < a.size + b.size
