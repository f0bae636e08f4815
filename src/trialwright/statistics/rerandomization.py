"""Tests the treatment by allocating the same patients again as they were allocated: blocks, strata, coins, minimization."""

from collections.abc import Callable, Iterable, Sequence
from itertools import chain, combinations
from math import comb, gcd, prod, sqrt
from typing import get_args

import numpy as np
from attrs import frozen
from numpy.typing import ArrayLike

from trialwright.statistics.allocation_procedures import Allocator, Block, checked_blocks, draw_blocks
from trialwright.statistics.arguments import FloatArray, StatisticsError, complete_numbers
from trialwright.statistics.batch_permutation import UnitArray, allocation_table, subset_sums_by_size
from trialwright.statistics.batches import BoolMatrix
from trialwright.statistics.permutation import Alternative, Method, decimal_units
from trialwright.statistics.repeated_measures import BoolArray

_COUNTING_WORK = 400_000_000  # additions: some seconds
_MOST_SUMS = 2_000_000  # sums kept of a block, or of half of the blocks
_TIE = 1e-9  # sums of scores (scaled to largest size 1) closer than this are the same sum
_MOST_ALLOCATIONS = 200_000
_BATCH = 4_096

Statistic = Callable[[BoolMatrix], FloatArray]


@frozen(kw_only=True)
class RerandomizationTest:
    """The p-value over the allocations that the procedure can give, each with its probability.

    ``statistic`` is the first group's sum of centered values minus its expectation under the procedure (or the value
    of the statistic handed in). ``p_standard_error`` is the Monte Carlo error, zero when p is exact. ``allocations``
    is the number of possible ones (None for a procedure that is only re-run), ``draws`` how many were drawn.
    """

    statistic: float
    p: float
    p_standard_error: float
    method: Method
    alternative: Alternative
    allocations: int | None
    draws: int | None


def rerandomization_test(
    values: ArrayLike,
    first: Iterable[bool],
    procedure: Sequence[Block] | Allocator,
    *,
    alternative: Alternative = "two-sided",
    statistic: Statistic | None = None,
    generator: np.random.Generator | None = None,
    draws: int = 99_999,
) -> RerandomizationTest:
    """Re-randomization test of ``values`` between the ``first`` group and the others, in order of entry.

    ``procedure`` is how the patients were allocated: blocks (``fixed_numbers``, ``permuted_blocks``,
    ``simple_randomization``), or a function ``(generator, draws) -> draws x n`` that allocates again
    (``minimization``). The statistic is the first group's sum of the values, centered at their mean; with fixed
    numbers it orders allocations as the difference in means does. For an adjusted test hand in residuals of the model
    without treatment, or a ``statistic`` of the allocations (k x n) of your own. Two-sided: at least as far from its
    expectation, in either direction; for a function, and for your own statistic, the expectation is taken to be zero,
    as it is for every procedure that gives all patients the same chance of the first group.

    Blocks are counted exactly where the values are multiples of one decimal unit, enumerated where half of them have at
    most two million divisions (your own statistic: 200,000 in all); otherwise, and for a function, ``draws`` allocations
    are drawn with ``generator``: p = (b + 1) / (draws + 1).

    Raises StatisticsError for values that do not vary, one group without patients, an allocation that the procedure
    cannot give, and no generator where one is needed.

    Source: Rosenberger and Lachin, Randomization in Clinical Trials, 2nd ed. 2016, ch. 6; Phipson and Smyth, SAGMB
    2010.

    >>> from trialwright.statistics.allocation_procedures import permuted_blocks
    >>> first = [True, False, False, True, True, False]
    >>> test = rerandomization_test([5, 1, 2, 9, 4, 3], first, permuted_blocks(6, 2), alternative="greater")
    >>> test.p, test.allocations, test.method
    (0.125, 8, 'counting')
    """
    y, entries = complete_numbers(values, "values"), np.array(list(first), dtype=np.bool_)
    _checked(y, entries, alternative)
    z = y - y.mean()
    if callable(procedure):
        scored = statistic or (lambda allocations: np.asarray(allocations @ z))
        return _drawn(procedure, entries, scored, alternative, generator, draws, None)
    checked_blocks(procedure, entries.tolist())
    expected = sum(block.expected_share() * float(z[list(block.members)].sum()) for block in procedure)
    scored = statistic or (lambda drawn: np.asarray(drawn @ z - expected))
    allocations = prod(block.divisions() for block in procedure)
    found = _exact(y, entries, procedure, alternative, statistic, allocations)
    if found is None:
        return _drawn(draw_blocks(procedure, y.size), entries, scored, alternative, generator, draws, allocations)
    return RerandomizationTest(
        statistic=float(scored(entries[None, :])[0]),
        p=found[0],
        p_standard_error=0.0,
        method=found[1],
        alternative=alternative,
        allocations=allocations,
        draws=None,
    )


def _checked(y: FloatArray, first: BoolArray, alternative: Alternative) -> None:
    if alternative not in get_args(Alternative):
        raise StatisticsError(f"alternative: {alternative!r} is not one of {', '.join(get_args(Alternative))}.")
    if first.size != y.size:
        raise StatisticsError(f"first: {first.size} entries for {y.size} values.")
    if first.all() or not first.any():
        raise StatisticsError("first: both groups need at least one patient.")
    if np.ptp(y) == 0.0:
        raise StatisticsError(f"values: all are {y[0]:g}; nothing varies, so nothing can be compared.")


def _exact(
    y: FloatArray,
    first: BoolArray,
    blocks: Sequence[Block],
    alternative: Alternative,
    statistic: Statistic | None,
    allocations: int,
) -> tuple[float, Method] | None:
    if statistic is not None:
        possible = allocations <= _MOST_ALLOCATIONS
        return (_tabulated(statistic, first, blocks, alternative), "enumeration") if possible else None
    counted = _counted(y, first, blocks, alternative)
    if counted is not None:
        return counted, "counting"
    listed = _enumerated(y - y.mean(), first, blocks, alternative)
    return None if listed is None else (listed, "enumeration")


def _counted(y: FloatArray, first: BoolArray, blocks: Sequence[Block], alternative: Alternative) -> float | None:
    """Exact p from the distribution of whole-number sums; None where values or work do not allow it."""
    units = decimal_units(y)
    if units is None:
        return None
    fixed = all(sum(chance > 0 for chance in block.chances) == 1 for block in blocks)
    whole = np.array(units) if fixed else len(units) * np.array(units) - sum(units)
    whole = whole // (gcd(*whole.tolist()) or 1)
    if _work(whole, blocks) > _COUNTING_WORK:
        return None
    chances, lowest, expected = np.ones(1), 0, 0.0
    for block in blocks:
        own, low = _sum_chances(whole[list(block.members)], block.chances)
        chances, lowest = np.convolve(chances, own), lowest + low
        expected += block.expected_share() * float(whole[list(block.members)].sum())
    sums = np.arange(chances.size) + lowest
    observed = float(whole[first].sum())
    return min(
        1.0,
        float(
            chances[
                _extreme(np.asarray(sums - expected, dtype=np.float64), observed - expected, 1e-7, alternative)
            ].sum()
        ),
    )


def _work(whole: UnitArray, blocks: Sequence[Block]) -> int:
    total, reached = 0, 0
    for block in blocks:
        own = int(np.ptp(whole[list(block.members)])) * len(block.members) + 1
        total, reached = total + own * (len(block.members) ** 2 + reached + 1), reached + own
    return total


def _sum_chances(scores: UnitArray, chances: tuple[float, ...]) -> tuple[FloatArray, int]:
    """Probability of each sum of a block's first group, from the lowest possible sum on."""
    base = int(scores.min())
    counts = subset_sums_by_size(scores - base, scores.size)
    possible = [k for k, chance in enumerate(chances) if chance > 0]
    low = min(k * base for k in possible)
    high = max(k * base for k in possible) + counts.shape[1]
    total = np.zeros(high - low)
    for k in possible:
        start = k * base - low
        total[start : start + counts.shape[1]] += chances[k] * counts[k]
    return total, low


def _extreme(deviations: FloatArray, observed: float, tie: float, alternative: Alternative) -> BoolArray:
    return {
        "two-sided": np.abs(deviations) >= abs(observed) - tie,
        "greater": deviations >= observed - tie,
        "less": deviations <= observed + tie,
    }[alternative]


def _tabulated(scored: Statistic, first: BoolArray, blocks: Sequence[Block], alternative: Alternative) -> float:
    """Exact p of any statistic, by a table of all allocations and their probabilities."""
    order = [place for block in blocks for place in block.members]
    table, chances = np.zeros((1, 0), dtype=np.bool_), np.ones(1)
    for block in blocks:
        m = len(block.members)
        possible = [k for k, chance in enumerate(block.chances) if chance > 0]
        own = np.vstack([allocation_table((m,), (k,)) for k in possible])
        weights = np.repeat([block.chances[k] for k in possible], [comb(m, k) for k in possible])
        table = np.hstack([np.repeat(table, len(own), axis=0), np.tile(own, (len(table), 1))])
        chances = np.multiply.outer(chances, weights).ravel()
    table[:, order] = table.copy()
    found, observed = _finite(scored(table)), float(_finite(scored(first[None, :]))[0])
    tie = _TIE * max(1.0, abs(observed))
    return min(1.0, float(chances[_extreme(found, observed, tie, alternative)].sum()))


def _finite(found: FloatArray) -> FloatArray:
    if not np.isfinite(found).all():
        raise StatisticsError("statistic: it is not a finite number for every allocation that can come out.")
    return found


def _enumerated(z: FloatArray, first: BoolArray, blocks: Sequence[Block], alternative: Alternative) -> float | None:
    """Exact p by listing the sums of one half of the blocks and of the other, and searching one in the other."""
    scaled = z / np.abs(z).max()
    ordered = sorted(blocks, key=Block.divisions)
    sides = [ordered[0::2], ordered[1::2]]
    if any(prod(block.divisions() for block in side) > _MOST_SUMS for side in sides):
        return None
    lists = []
    for side in sides:
        sums, weights = np.zeros(1), np.ones(1)
        for block in side:
            own, chance = _listed(scaled[list(block.members)], block)
            sums, weights = np.add.outer(sums, own).ravel(), np.multiply.outer(weights, chance).ravel()
        lists.append((sums, weights))
    (left, left_weights), (right, right_weights) = lists
    order = np.argsort(right)
    right, up_to = right[order], np.concatenate([[0.0], np.cumsum(right_weights[order])])
    observed = float(scaled[first].sum())

    def at_least(bound: float) -> float:
        places = np.searchsorted(right, bound - _TIE - left, side="left")
        return float(left_weights @ (up_to[-1] - up_to[places]))

    def at_most(bound: float) -> float:
        return float(left_weights @ up_to[np.searchsorted(right, bound + _TIE - left, side="right")])

    if alternative != "two-sided":
        return min(1.0, at_least(observed) if alternative == "greater" else at_most(observed))
    expected = float(left_weights @ left + right_weights[order] @ right)
    far = abs(observed - expected)
    return 1.0 if far <= _TIE else min(1.0, at_least(expected + far) + at_most(expected - far))


def _listed(scores: FloatArray, block: Block) -> tuple[FloatArray, FloatArray]:
    """The sum of each possible division's first group, and its probability."""
    sums, chances = [], []
    for k, chance in enumerate(block.chances):
        if chance > 0:
            flat = chain.from_iterable(combinations(scores.tolist(), k))
            found = np.fromiter(flat, np.float64).reshape(comb(scores.size, k), k).sum(axis=1)
            sums.append(found)
            chances.append(np.full(found.size, chance))
    return np.concatenate(sums), np.concatenate(chances)


def _drawn(
    again: Allocator,
    first: BoolArray,
    scored: Statistic,
    alternative: Alternative,
    generator: np.random.Generator | None,
    draws: int,
    allocations: int | None,
) -> RerandomizationTest:
    if generator is None:
        raise StatisticsError("procedure: it must be re-run by chance; pass a numpy Generator (record its seed).")
    if draws < 1:
        raise StatisticsError(f"draws: {draws}; at least 1 needed.")
    observed, hits = float(_finite(scored(first[None, :]))[0]), 0
    for start in range(0, draws, _BATCH):
        size = min(_BATCH, draws - start)
        drawn = np.asarray(again(generator, size))
        if drawn.shape != (size, first.size) or not np.isin(drawn, (0, 1)).all():
            raise StatisticsError(f"procedure: {size} x {first.size} of true and false expected, got {drawn.shape}.")
        found = _finite(scored(drawn.astype(np.bool_)))
        hits += int(_extreme(found, observed, _TIE * max(1.0, abs(observed)), alternative).sum())
    p = (hits + 1) / (draws + 1)
    return RerandomizationTest(
        statistic=observed,
        p=p,
        p_standard_error=sqrt(p * (1 - p) / (draws + 1)),
        method="monte carlo",
        alternative=alternative,
        allocations=allocations,
        draws=draws,
    )
