"""Counts of patients with and without an event: intervals, the chi-square test and Fisher's exact test."""

from collections.abc import Sequence
from math import comb, sqrt

import numpy as np
from attrs import frozen

from trialwright.statistics.arguments import StatisticsError, confidence_level, count
from trialwright.statistics.distributions import beta_quantile, chi_square_upper, normal_quantile


@frozen(kw_only=True)
class Proportion:
    """A proportion with its two-sided confidence interval."""

    events: int
    n: int
    estimate: float
    lower: float
    upper: float
    confidence: float


@frozen(kw_only=True)
class ChiSquareTest:
    """Pearson's chi-square test of independence; ``smallest_expected`` below 5 warns that the p-value is rough."""

    chi_square: float
    df: int
    p: float
    smallest_expected: float


def clopper_pearson(events: int, n: int, *, confidence: float = 0.95) -> Proportion:
    """Exact (Clopper-Pearson) interval for a proportion. Source: Clopper and Pearson, Biometrika 1934.

    >>> interval = clopper_pearson(0, 10)
    >>> interval.lower, round(interval.upper, 4)
    (0.0, 0.3085)
    """
    x, size = _events(events, n)
    tail = (1 - confidence_level(confidence)) / 2
    return Proportion(
        events=x,
        n=size,
        estimate=x / size,
        lower=beta_quantile(tail, x, size - x + 1) if x > 0 else 0.0,
        upper=beta_quantile(1 - tail, x + 1, size - x) if x < size else 1.0,
        confidence=confidence,
    )


def wilson(events: int, n: int, *, confidence: float = 0.95) -> Proportion:
    """Score (Wilson) interval for a proportion, without continuity correction. Source: Wilson, JASA 1927.

    >>> interval = wilson(2, 10)
    >>> round(interval.lower, 4), round(interval.upper, 4)
    (0.0567, 0.5098)
    """
    x, size = _events(events, n)
    z = normal_quantile(0.5 + confidence_level(confidence) / 2)
    p, scale = x / size, 1 + z * z / size
    center = (p + z * z / (2 * size)) / scale
    half = z * sqrt(p * (1 - p) / size + z * z / (4 * size * size)) / scale
    return Proportion(
        events=x,
        n=size,
        estimate=p,
        lower=center - half if x > 0 else 0.0,
        upper=center + half if x < size else 1.0,
        confidence=confidence,
    )


def chi_square_test(table: Sequence[Sequence[int]]) -> ChiSquareTest:
    """Pearson's chi-square test of a table of counts (rows x columns), without continuity correction.

    Raises StatisticsError for fewer than two rows or columns, or a row or column without a subject.

    >>> test = chi_square_test([[8, 2], [3, 7]])
    >>> round(test.chi_square, 4), test.df, round(test.p, 4)
    (5.0505, 1, 0.0246)
    """
    counts = _table(table)
    rows, columns = counts.sum(axis=1), counts.sum(axis=0)
    if min(counts.shape) < 2:
        raise StatisticsError(f"table: {counts.shape[0]} x {counts.shape[1]}; at least 2 x 2 needed.")
    if (rows == 0).any() or (columns == 0).any():
        raise StatisticsError("table: a row or column has no subject; leave it out.")
    expected = np.outer(rows, columns) / counts.sum()
    chi_square, df = float(((counts - expected) ** 2 / expected).sum()), (counts.shape[0] - 1) * (counts.shape[1] - 1)
    return ChiSquareTest(
        chi_square=chi_square, df=df, p=chi_square_upper(chi_square, df), smallest_expected=float(expected.min())
    )


def fisher_exact(table: Sequence[Sequence[int]]) -> float:
    """Two-sided p of Fisher's exact test of a 2 x 2 table (each row one group: with, without the event).

    The p-value sums the probability of every table with the same margins that is no more probable than the observed
    one, in whole numbers, so that equal probabilities are equal. A margin of zero leaves one possible table and p =
    1.

    >>> round(fisher_exact([[3, 1], [1, 3]]), 4)
    0.4857
    """
    counts = _table(table)
    if counts.shape != (2, 2):
        raise StatisticsError(f"table: {counts.shape[0]} x {counts.shape[1]}; Fisher's exact test here is 2 x 2.")
    (a, b), (c, d) = [[int(value) for value in row] for row in counts]
    ways = [comb(a + b, k) * comb(c + d, a + c - k) for k in range(max(0, a - d), min(a + b, a + c) + 1)]
    observed = comb(a + b, a) * comb(c + d, c)
    return sum(way for way in ways if way <= observed) / sum(ways)


def _events(events: int, n: int) -> tuple[int, int]:
    x, size = count(events, "events"), count(n, "n")
    if size == 0 or x > size:
        raise StatisticsError(f"events: {x} of {size} subjects is no proportion.")
    return x, size


def _table(table: Sequence[Sequence[int]]) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    widths = {len(row) for row in table}
    if len(widths) != 1 or widths == {0}:
        raise StatisticsError("table: rows of one common length are needed.")
    counts = np.array([[count(value, "table") for value in row] for row in table], dtype=np.float64)
    if counts.sum() == 0:
        raise StatisticsError("table: no subject in it.")
    return counts.reshape(len(table), next(iter(widths)))
