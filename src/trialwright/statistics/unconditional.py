"""Exact tests of two proportions that keep their level for every common proportion: Boschloo's and Barnard's."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from attrs import frozen
from scipy.special import gammaln

from trialwright.statistics.arguments import FloatArray, StatisticsError, count
from trialwright.statistics.permutation import Alternative
from trialwright.statistics.repeated_measures import BoolArray

_GRID = 2001
_SAME = 1e-9  # tables whose statistics differ by less are equally extreme
_LARGEST = 4_000_000  # tables of two groups; above it the test is refused

Statistic = Literal["fisher", "pooled"]


@frozen(kw_only=True)
class UnconditionalTest:
    """The p-value is the largest over all common proportions; ``nuisance`` is the one where it is reached."""

    statistic: float
    p: float
    nuisance: float
    alternative: Alternative


def boschloo(table: Sequence[Sequence[int]], *, alternative: Alternative = "two-sided") -> UnconditionalTest:
    """Boschloo's exact test of a 2 x 2 table (each row one group: with, without the event).

    Tables are ordered by the one-sided p of Fisher's test, which is the ``statistic``; two-sided is twice the smaller
    one-sided p. "greater": the first group has the larger proportion. Never less powerful than Fisher's test.

    Source: Boschloo, Statistica Neerlandica 1970; 24:1-35.

    >>> found = boschloo([[7, 3], [2, 8]], alternative="greater")
    >>> round(found.statistic, 6), round(found.p, 6)
    (0.034889, 0.020695)
    """
    x, y, n_1, n_2 = _groups(table)
    if alternative == "two-sided":
        less, greater = (boschloo(table, alternative=side) for side in ("less", "greater"))
        smaller = less if less.p < greater.p else greater
        return UnconditionalTest(
            statistic=smaller.statistic, p=min(1.0, 2 * smaller.p), nuisance=smaller.nuisance, alternative="two-sided"
        )
    _known(alternative)
    ordering = fisher_tails(n_1, n_2, alternative)
    return _largest(ordering <= ordering[x, y] * (1 + 1e-7) + 1e-300, float(ordering[x, y]), alternative)


def barnard(table: Sequence[Sequence[int]], *, alternative: Alternative = "two-sided") -> UnconditionalTest:
    """Barnard's exact test of a 2 x 2 table, ordered by the score statistic with pooled variance.

    >>> round(barnard([[7, 3], [2, 8]]).p, 6)
    0.041389
    """
    x, y, n_1, n_2 = _groups(table)
    _known(alternative)
    z = pooled_scores(n_1, n_2)
    observed = float(z[x, y])
    extreme = {
        "greater": z >= observed - _SAME,
        "less": z <= observed + _SAME,
        "two-sided": np.abs(z) >= abs(observed) - _SAME,
    }[alternative]
    return _largest(extreme, observed, alternative)


def _largest(extreme: BoolArray, statistic: float, alternative: Alternative) -> UnconditionalTest:
    """The largest probability of the extreme tables over the common proportion: a grid, then golden sections."""
    n_1, n_2 = extreme.shape[0] - 1, extreme.shape[1] - 1
    total = n_1 + n_2
    ways = _log_choose(n_1)[:, None] + _log_choose(n_2)[None, :]
    sums = np.add.outer(np.arange(n_1 + 1), np.arange(n_2 + 1))
    shift = _log_choose(total)
    shares = np.bincount(sums[extreme], weights=np.exp(ways[extreme] - shift[sums[extreme]]), minlength=total + 1)

    def probability(nuisance: FloatArray) -> FloatArray:
        s = np.arange(total + 1)
        with np.errstate(divide="ignore"):
            log_p, log_q = np.log(nuisance)[:, None], np.log1p(-nuisance)[:, None]
        return np.asarray(np.exp(shift + _product(s, log_p) + _product(total - s, log_q)) @ shares)

    grid = np.linspace(0.0, 1.0, _GRID)
    on_grid = probability(grid)
    best, at = float(on_grid.max()), float(grid[on_grid.argmax()])
    for place in np.argsort(on_grid)[-5:]:
        low, high = max(0.0, grid[place] - 1 / (_GRID - 1)), min(1.0, grid[place] + 1 / (_GRID - 1))
        for _ in range(4):
            fine = np.linspace(low, high, 101)
            values = probability(fine)
            top = int(values.argmax())
            if float(values[top]) > best:
                best, at = float(values[top]), float(fine[top])
            low, high = fine[max(0, top - 1)], fine[min(100, top + 1)]
    return UnconditionalTest(statistic=statistic, p=min(1.0, best), nuisance=at, alternative=alternative)


def _product(counts: FloatArray, logs: FloatArray) -> FloatArray:
    """Counts times logarithms, where none of something impossible is no matter (0 x log 0 = 0)."""
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(counts == 0, 0.0, counts * logs))


def pooled_scores(n_1: int, n_2: int) -> FloatArray:
    """The score statistic with pooled variance of every table of two groups ((n_1 + 1) x (n_2 + 1)); 0 without any.

    >>> pooled_scores(1, 1).round(4).tolist()
    [[0.0, -1.4142], [1.4142, 0.0]]
    """
    first, second = np.arange(n_1 + 1)[:, None], np.arange(n_2 + 1)[None, :]
    pooled = (first + second) / (n_1 + n_2)
    error = np.sqrt(pooled * (1 - pooled) * (1 / n_1 + 1 / n_2))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(error > 0, (first / n_1 - second / n_2) / error, 0.0))


def fisher_tails(n_1: int, n_2: int, alternative: Alternative) -> FloatArray:
    """One-sided p of Fisher's test for every table of two groups ((n_1 + 1) x (n_2 + 1)).

    >>> fisher_tails(1, 1, "greater").tolist()
    [[1.0, 1.0], [0.5, 1.0]]
    """
    ways = _log_choose(n_1)[:, None] + _log_choose(n_2)[None, :]
    tails = np.empty_like(ways)
    log_total = _log_choose(n_1 + n_2)
    for total in range(n_1 + n_2 + 1):
        x = np.arange(max(0, total - n_2), min(n_1, total) + 1)
        point = np.exp(ways[x, total - x] - log_total[total])
        tails[x, total - x] = np.cumsum(point) if alternative == "less" else np.cumsum(point[::-1])[::-1]
    return np.minimum(tails, 1.0)


def _log_choose(n: int) -> FloatArray:
    k = np.arange(n + 1)
    return np.asarray(gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1))


def _groups(table: Sequence[Sequence[int]]) -> tuple[int, int, int, int]:
    if len(table) != 2 or any(len(row) != 2 for row in table):
        raise StatisticsError("table: 2 x 2 needed, each row one group: with, without the event.")
    (a, b), (c, d) = ((count(row[0], "table"), count(row[1], "table")) for row in table)
    if a + b == 0 or c + d == 0:
        raise StatisticsError("table: a group without a patient cannot be compared.")
    if (a + b + 1) * (c + d + 1) > _LARGEST:
        raise StatisticsError(f"table: {a + b} and {c + d} patients make too many tables to list; use chi_square_test.")
    return a, c, a + b, c + d


def _known(alternative: str) -> None:
    if alternative not in ("two-sided", "greater", "less"):
        raise StatisticsError(f"alternative: {alternative!r} is not one of two-sided, greater, less.")
