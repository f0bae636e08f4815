"""Exact permutation tests of many simulated trials at once: whole scores by counting, others by listing the allocations."""

from collections.abc import Iterable
from itertools import combinations
from math import comb, lcm, prod
from typing import Literal, NamedTuple, get_args

import numpy as np
from attrs import frozen
from numpy.typing import ArrayLike, NDArray

from trialwright.statistics.arguments import FloatArray, StatisticsError, complete_labels
from trialwright.statistics.batches import (
    BoolMatrix,
    Engine,
    StatusArray,
    TrialStatus,
    chosen,
    first_arm,
    trial_matrix,
)
from trialwright.statistics.permutation import Alternative
from trialwright.statistics.repeated_measures import BoolArray, IntArray

BatchMethod = Literal["auto", "counting", "listing"]
UnitArray = NDArray[np.int64]

_LARGEST_SUM = 50_000  # units of a trial's score sum; above it listing the allocations is faster, if it is possible
_MOST_SUBJECTS = 1_000  # numbers of subsets of more than a thousand patients exceed the largest number of the machine
_MOST_ALLOCATIONS = 400_000
_TIE = 1e-11  # sums of scores (scaled to largest deviation 1) closer than this are the same sum
_ROWS = 256


@frozen(kw_only=True, eq=False)
class BatchPermutation:
    """Exact p-values, one per trial; NaN exactly where ``status`` is not ``TrialStatus.ANALYZED``.

    ``statistic`` is the first group's sum of scores minus its expectation over the possible divisions.
    """

    statistic: FloatArray
    p: FloatArray
    status: StatusArray
    method: BatchMethod
    alternative: Alternative


class _Strata(NamedTuple):
    """Each patient's stratum, the patients of each, and how many of the first group each has (trials x strata)."""

    members: tuple[IntArray, ...]
    sizes: UnitArray
    chosen: UnitArray


def batch_permutation(
    scores: ArrayLike,
    first: ArrayLike,
    *,
    strata: Iterable[object] | None = None,
    alternative: Alternative = "two-sided",
    method: BatchMethod = "auto",
    engine: Engine = "auto",
) -> BatchPermutation:
    """Exact permutation test of every trial, as ``permutation_test`` or ``stratified_permutation_test`` does it of one.

    ``scores`` are trials x patients, ``first`` the same or one row, ``strata`` one label per patient, for all trials.
    The divisions possible are those with as many of the first group in each stratum as the trial has. ``counting``:
    scores that are multiples of one decimal unit (at most six decimals); the number f(k, s) of subsets of k patients
    with sum s grows patient by patient, and strata are joined by convolution. ``listing``: any scores; a table of all
    divisions times the data, at most 400,000 divisions. The engine concerns counting alone.

    Raises StatisticsError for shapes that do not fit, and where neither way is possible.

    Source: Pagano and Tritchler, JASA 1983; 78:435-440.

    >>> batch_permutation([[1, 2, 3, 4, 5, 6], [3, 1, 2, 2, 3, 1]], [1, 1, 1, 0, 0, 0]).p.round(4).tolist()
    [0.1, 1.0]
    """
    if alternative not in get_args(Alternative):
        raise StatisticsError(f"alternative: {alternative!r} is not one of {', '.join(get_args(Alternative))}.")
    values = trial_matrix(scores, "scores")
    arms = first_arm(first, values.shape)
    layout = _layout(arms, strata)
    centered, status = _centered(values, arms, layout)
    good = np.flatnonzero(status == TrialStatus.ANALYZED)
    units = _units(values[good], layout.members)
    way = _choose(method, units, layout)
    p = np.full(len(values), np.nan)
    here = layout._replace(chosen=layout.chosen[good])
    if way == "counting" and units is not None:
        p[good] = _count(units, arms[good], here, alternative, engine)
    elif good.size:
        p[good] = _list(centered[good], arms[good], here, alternative)
    statistic = np.where(status == TrialStatus.ANALYZED, np.einsum("tn,tn->t", centered, arms), np.nan)
    return BatchPermutation(statistic=statistic, p=p, status=status, method=way, alternative=alternative)


def allocation_table(sizes: tuple[int, ...], chosen: tuple[int, ...]) -> BoolMatrix:
    """Every division of strata of these ``sizes`` with ``chosen`` of each in the first group: divisions x patients.

    >>> allocation_table((2, 1), (1, 1)).astype(int).tolist()
    [[1, 0, 1], [0, 1, 1]]
    """
    table = np.zeros((1, 0), dtype=np.bool_)
    for size, k in zip(sizes, chosen, strict=True):
        places = np.array(list(combinations(range(size), k)), dtype=np.intp).reshape(comb(size, k), k)
        block = np.zeros((len(places), size), dtype=np.bool_)
        np.put_along_axis(block, places, True, axis=1)
        table = np.hstack([np.repeat(table, len(block), axis=0), np.tile(block, (len(table), 1))])
    return table


def _layout(arms: BoolMatrix, strata: Iterable[object] | None) -> _Strata:
    n = arms.shape[1]
    labels = np.array(complete_labels(strata, "strata", length=n) if strata is not None else ["all"] * n)
    members = tuple(np.flatnonzero(labels == label) for label in dict.fromkeys(labels.tolist()))
    counts = np.column_stack([arms[:, inside].sum(axis=1) for inside in members]).astype(np.int64)
    return _Strata(members, np.array([inside.size for inside in members]), counts)


def _centered(values: FloatArray, arms: BoolMatrix, layout: _Strata) -> tuple[FloatArray, StatusArray]:
    """Deviations from the mean of the stratum, and what can be said against each trial."""
    finite: BoolArray = np.asarray(np.isfinite(values).all(axis=1))
    centered: FloatArray = np.where(finite[:, None], values, 0.0)
    comparable: BoolArray = np.zeros(len(values), dtype=np.bool_)
    for place, inside in enumerate(layout.members):
        part, k = centered[:, inside], layout.chosen[:, place]
        comparable |= (np.ptp(part, axis=1) > 0) & (k > 0) & (k < inside.size)
        centered[:, inside] = part - part.mean(axis=1, keepdims=True)
    n_first = arms.sum(axis=1)
    one_arm = (n_first == 0) | (n_first == arms.shape[1])
    codes = [TrialStatus.MISSING, TrialStatus.ONE_ARM, TrialStatus.CONSTANT]
    status = np.select([~finite, one_arm, ~comparable], codes, TrialStatus.ANALYZED)
    return centered, status.astype(np.uint8)


def _units(values: FloatArray, members: tuple[IntArray, ...]) -> UnitArray | None:
    """The scores in whole units above the smallest of their stratum; None if they are no multiples of one unit."""
    for decimals in range(7):
        scaled = values * 10.0**decimals
        whole = np.rint(scaled)
        if np.abs(whole).max(initial=0.0) < 2**52 and (np.abs(scaled - whole) <= 4 * np.spacing(np.abs(scaled))).all():
            units = whole.astype(np.int64)
            for inside in members:
                units[:, inside] -= units[:, inside].min(axis=1, keepdims=True, initial=2**62)
            return np.asarray(units // np.maximum(1, np.gcd.reduce(units, axis=1))[:, None])
    return None


def _choose(method: BatchMethod, units: UnitArray | None, layout: _Strata) -> BatchMethod:
    patterns = np.unique(layout.chosen, axis=0)
    most = max((prod(map(comb, layout.sizes.tolist(), row)) for row in patterns.tolist()), default=0)
    largest = 0 if units is None else int(units.sum(axis=1).max(initial=0))
    countable = units is not None and largest <= _LARGEST_SUM and int(layout.sizes.sum()) <= _MOST_SUBJECTS
    if method not in get_args(BatchMethod):
        raise StatisticsError(f"method: {method!r} is not one of {', '.join(get_args(BatchMethod))}.")
    if method != "listing" and countable:
        return "counting"
    if method != "counting" and most <= _MOST_ALLOCATIONS:
        return "listing"
    raise StatisticsError(
        "scores: no multiples of one decimal unit (or too large a sum) to be counted, and too many divisions to be "
        "listed; round the scores, or use permutation_test trial by trial."
    )


def _count(units: UnitArray, arms: BoolMatrix, layout: _Strata, alternative: Alternative, engine: Engine) -> FloatArray:
    """Shares of divisions at least as extreme. ``scale`` makes deviations from the expectation whole numbers."""
    scale = lcm(*layout.sizes.tolist())
    totals = np.column_stack([units[:, inside].sum(axis=1) for inside in layout.members])
    expected = (layout.chosen * totals * (scale // layout.sizes)).sum(axis=1)
    observed = scale * np.where(arms, units, 0).sum(axis=1) - expected
    order = np.concatenate(layout.members)
    p, side = np.empty(len(units)), get_args(Alternative).index(alternative)
    work = chosen(engine, _count_by_loops, _count_by_arrays)
    work(np.ascontiguousarray(units[:, order]), layout.sizes, layout.chosen, scale, expected, observed, side, p)
    return p


def _count_by_arrays(
    units: UnitArray,
    sizes: UnitArray,
    chosen: UnitArray,
    scale: int,
    expected: UnitArray,
    observed: UnitArray,
    side: int,
    p: FloatArray,
) -> None:
    edges = np.concatenate([[0], np.cumsum(sizes)])
    for t, row in enumerate(units):
        joined = np.ones(1)
        for h, k in enumerate(chosen[t]):
            joined = np.convolve(joined, subset_sums(row[edges[h] : edges[h + 1]], int(k)))
        deviation = scale * np.arange(joined.size) - expected[t]
        far = observed[t]
        extreme = (np.abs(deviation) >= abs(far), deviation >= far, deviation <= far)[side]
        p[t] = joined[extreme].sum() / joined.sum()


def subset_sums(units: UnitArray, k: int) -> FloatArray:
    """How many subsets of ``k`` of the units have sum 0, 1, 2, ... (exact below 2^53, else to 15 digits).

    >>> subset_sums(np.array([0, 1, 2]), 2).tolist()
    [0.0, 1.0, 1.0, 1.0]
    """
    counts: FloatArray = subset_sums_by_size(units, k)[k]
    return counts


def subset_sums_by_size(units: UnitArray, k: int) -> FloatArray:
    """The same for all sizes from 0 to ``k``: (k + 1) x (sum of the units + 1).

    >>> subset_sums_by_size(np.array([0, 1, 2]), 1).tolist()
    [[1.0, 0.0, 0.0, 0.0], [1.0, 1.0, 1.0, 0.0]]
    """
    total = int(units.sum())
    counts = np.zeros((k + 1, total + 1))
    counts[0, 0] = 1.0
    for unit in np.sort(units).tolist():
        counts[1:, unit:] += counts[:-1, : total + 1 - unit].copy()
    return counts


def _count_by_loops(
    units: UnitArray,
    sizes: UnitArray,
    chosen: UnitArray,
    scale: int,
    expected: UnitArray,
    observed: UnitArray,
    side: int,
    p: FloatArray,
) -> None:
    """The same as ``_count_by_arrays``, for the compiler."""
    for t in range(units.shape[0]):
        joined, reached, start = np.ones(1), 0, 0
        for h in range(sizes.size):
            row, k = np.sort(units[t, start : start + sizes[h]]), chosen[t, h]
            start += sizes[h]
            least = np.zeros(row.size + 1, dtype=np.int64)
            for i in range(row.size):
                least[i + 1] = least[i] + row[i]
            total = least[row.size]
            counts = np.zeros((k + 1, total + 1))
            counts[0, 0] = 1.0
            for i in range(row.size):
                unit, needed = row[i], k - (row.size - 1 - i)
                for size in range(min(k, i + 1), max(0, needed - 1), -1):
                    before, after = counts[size - 1], counts[size]  # sums of size - 1 lie between these two:
                    for s in range(least[size - 1], least[i] - least[i + 1 - size] + 1):
                        after[s + unit] += before[s]
            if sizes.size == 1:
                joined, reached = counts[k], total
            else:
                grown = np.zeros(reached + total + 1)
                for a in range(reached + 1):
                    if joined[a] > 0.0:
                        for b in range(total + 1):
                            grown[a + b] += joined[a] * counts[k, b]
                joined, reached = grown, reached + total
        inside, everything, far = 0.0, 0.0, observed[t]
        for s in range(reached + 1):
            deviation = scale * s - expected[t]
            everything += joined[s]
            if (
                (side == 0 and abs(deviation) >= abs(far))
                or (side == 1 and deviation >= far)
                or (side == 2 and deviation <= far)
            ):
                inside += joined[s]
        p[t] = inside / everything


def _list(centered: FloatArray, arms: BoolMatrix, layout: _Strata, alternative: Alternative) -> FloatArray:
    """The table of all divisions times the data, for each pattern of group sizes among the trials."""
    z = centered / np.abs(centered).max(axis=1, keepdims=True)
    observed = np.einsum("tn,tn->t", z, arms)
    order, p = np.concatenate(layout.members), np.empty(len(z))
    patterns, of = np.unique(layout.chosen, axis=0, return_inverse=True)
    for place, pattern in enumerate(patterns):
        table = allocation_table(tuple(layout.sizes.tolist()), tuple(pattern.tolist()))
        mirrored = bool((2 * pattern == layout.sizes).all())  # then exchanging the arms gives the other half of them
        half = (table[table[:, 0]] if mirrored else table).astype(np.float64)
        here = np.flatnonzero(of.ravel() == place)
        for at in range(0, here.size, _ROWS):
            some = here[at : at + _ROWS]
            p[some] = _hits(half @ z[some][:, order].T, observed[some], alternative, mirrored) / len(table)
    return p


def _hits(sums: FloatArray, observed: FloatArray, alternative: Alternative, mirrored: bool) -> BoolArray | IntArray:
    """How many divisions are at least as extreme as each trial's own (divisions x trials)."""
    if alternative == "two-sided":
        return np.asarray((np.abs(sums) >= np.abs(observed) - _TIE).sum(axis=0) * (1 + mirrored))
    sign = 1.0 if alternative == "greater" else -1.0
    hits = (sign * sums >= sign * observed - _TIE).sum(axis=0)
    return np.asarray(hits + (-sign * sums >= sign * observed - _TIE).sum(axis=0) if mirrored else hits)
