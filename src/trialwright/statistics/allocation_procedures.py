"""How patients were allocated, as the set of allocations that could have come out: what a re-randomization test needs."""

from collections.abc import Callable, Iterable, Sequence
from math import comb

import numpy as np
from attrs import frozen

from trialwright.statistics.arguments import StatisticsError, complete_labels
from trialwright.statistics.batches import BoolMatrix

Allocator = Callable[[np.random.Generator, int], BoolMatrix]


@frozen(kw_only=True)
class Block:
    """Patients allocated together, and independently of all others.

    ``members`` are their places (from 0), ``chances[k]`` the probability of each single division of them that has k in
    the first group; these are zero for numbers that cannot come out.
    """

    members: tuple[int, ...]
    chances: tuple[float, ...]

    def expected_share(self) -> float:
        """The expected share of the members that is in the first group: each member's chance of it."""
        m = len(self.members)
        return sum(k * comb(m, k) * chance for k, chance in enumerate(self.chances)) / m

    def divisions(self) -> int:
        """How many divisions of the members can come out."""
        return sum(comb(len(self.members), k) for k, chance in enumerate(self.chances) if chance > 0)


def fixed_numbers(first: Iterable[bool], strata: Iterable[object] | None = None) -> tuple[Block, ...]:
    """The procedure that gave each stratum as many patients of the first group as it has, all divisions being equal.

    >>> fixed_numbers([True, False, True])
    (Block(members=(0, 1, 2), chances=(0.0, 0.0, 0.3333333333333333, 0.0)),)
    """
    entries = [bool(entry) for entry in first]
    labels = ("all",) * len(entries) if strata is None else complete_labels(strata, "strata", length=len(entries))
    blocks = []
    for label in dict.fromkeys(labels):
        inside = tuple(place for place, own in enumerate(labels) if own == label)
        k, m = sum(entries[place] for place in inside), len(inside)
        blocks.append(Block(members=inside, chances=tuple(float(j == k) / comb(m, j) for j in range(m + 1))))
    return tuple(blocks)


def permuted_blocks(
    n: int,
    sizes: int | Sequence[int],
    *,
    strata: Iterable[object] | None = None,
    ratio: tuple[int, int] = (1, 1),
) -> tuple[Block, ...]:
    """Permuted blocks for ``n`` patients in their order of entry, within each stratum if there are any.

    ``sizes`` is the size of all blocks, or the realized sizes one after the other where they varied (without strata);
    ``ratio`` is that of first to second group in a block. A last block that was not filled up can come out as the
    beginning of any full one.

    Raises StatisticsError for a size that the ratio does not divide, or too few blocks.

    >>> [block.members for block in permuted_blocks(6, 4)]
    [(0, 1, 2, 3), (4, 5)]
    >>> [round(chance, 4) for chance in permuted_blocks(6, 4)[1].chances]
    [0.1667, 0.3333, 0.1667]
    """
    if n < 1 or min(ratio) < 1:
        raise StatisticsError(f"ratio: {ratio[0]}:{ratio[1]} for {n} patients is no allocation to two groups.")
    labels = ("all",) * n if strata is None else complete_labels(strata, "strata", length=n)
    if not isinstance(sizes, int) and strata is not None:
        raise StatisticsError("sizes: one size is needed with strata; give one list of blocks per stratum otherwise.")
    blocks = []
    for label in dict.fromkeys(labels):
        inside = [place for place, own in enumerate(labels) if own == label]
        for size in _as_listed(sizes, len(inside)):
            taken, inside = tuple(inside[:size]), inside[size:]
            blocks.append(_beginning(taken, size, ratio))
    return tuple(blocks)


def simple_randomization(n: int, probability: float = 0.5) -> tuple[Block, ...]:
    """Each of ``n`` patients by himself, into the first group with the given probability.

    >>> simple_randomization(2, 0.25)[1]
    Block(members=(1,), chances=(0.75, 0.25))
    """
    if n < 1 or not 0.0 < probability < 1.0:
        raise StatisticsError(f"probability: {probability} of {n} patients; a number between 0 and 1 is needed.")
    return tuple(Block(members=(place,), chances=(1.0 - probability, probability)) for place in range(n))


def minimization(
    factors: Sequence[Iterable[object]], *, probability: float = 0.8, weights: Sequence[float] | None = None
) -> Allocator:
    """Pocock and Simon's minimization of two arms, as a function that runs it again and again.

    ``factors`` hold one label per patient, in order of entry. For each patient the imbalance (range) that either arm
    would leave is summed over his levels with ``weights``; the arm that leaves less is taken with ``probability``, and
    a fair coin decides between equals. A single constant factor is Efron's biased coin.

    Source: Pocock and Simon, Biometrics 1975; 31:103-115.

    >>> again = minimization([["f", "m", "f", "f"], ["old", "old", "young", "old"]])
    >>> round(float(again(np.random.default_rng(1), 1000).sum(axis=1).mean()), 1)
    2.0
    """
    columns = [tuple(column) for column in factors]
    if not columns or not columns[0]:
        raise StatisticsError("factors: none; one label per patient and factor is needed.")
    labels = [complete_labels(column, "factors", length=len(columns[0])) for column in columns]
    importance = np.ones(len(labels)) if weights is None else np.asarray(weights, dtype=np.float64)
    if importance.shape != (len(labels),) or not (importance > 0).all():
        raise StatisticsError(f"weights: {len(labels)} numbers above zero are needed.")
    if not 0.5 <= probability <= 1.0:
        raise StatisticsError(f"probability: {probability}; the better arm is taken with at least 0.5 and at most 1.")
    codes = [[list(dict.fromkeys(column)).index(label) for label in column] for column in labels]

    def run(generator: np.random.Generator, draws: int) -> BoolMatrix:
        n = len(codes[0])
        ahead = [np.zeros((draws, max(column) + 1)) for column in codes]  # first group minus second, by level
        first, coins = np.zeros((draws, n), dtype=np.bool_), generator.random((draws, n))
        for i in range(n):
            excess = np.zeros(draws)
            for weight, lead, column in zip(importance, ahead, codes, strict=True):
                own = lead[:, column[i]]
                excess += weight * (np.abs(own + 1) - np.abs(own - 1))
            chance = np.where(excess < 0, probability, np.where(excess > 0, 1 - probability, 0.5))
            first[:, i] = coins[:, i] < chance
            for lead, column in zip(ahead, codes, strict=True):
                lead[:, column[i]] += np.where(first[:, i], 1, -1)
        return first

    return run


def draw_blocks(blocks: Sequence[Block], n: int) -> Allocator:
    """The function that draws allocations of ``n`` patients from ``blocks``.

    >>> draw_blocks(fixed_numbers([True, False, True]), 3)(np.random.default_rng(1), 5).sum(axis=1).tolist()
    [2, 2, 2, 2, 2]
    """

    def run(generator: np.random.Generator, draws: int) -> BoolMatrix:
        first = np.zeros((draws, n), dtype=np.bool_)
        for block in blocks:
            m = len(block.members)
            numbers = np.array([comb(m, k) * chance for k, chance in enumerate(block.chances)])
            k = np.searchsorted(np.cumsum(numbers), generator.random(draws) * numbers.sum(), side="right")
            ranks = generator.random((draws, m)).argsort(axis=1).argsort(axis=1)
            first[:, list(block.members)] = ranks < np.minimum(k, m)[:, None]
        return first

    return run


def checked_blocks(blocks: Sequence[Block], first: Sequence[bool]) -> None:
    """Refuse blocks that do not hold every patient once, or cannot give the allocation that came out.

    >>> checked_blocks(fixed_numbers([True, False]), [True, False])
    """
    places = sorted(place for block in blocks for place in block.members)
    if places != list(range(len(first))):
        raise StatisticsError(f"procedure: the blocks do not hold each of {len(first)} patients exactly once.")
    for number, block in enumerate(blocks, 1):
        m = len(block.members)
        k = sum(bool(first[place]) for place in block.members)
        total = sum(comb(m, j) * chance for j, chance in enumerate(block.chances))
        if len(block.chances) != m + 1 or min(block.chances) < 0 or abs(total - 1) > 1e-9:
            raise StatisticsError(f"procedure: the chances of block {number} are no distribution over its divisions.")
        if block.chances[k] == 0.0:
            raise StatisticsError(
                f"first: {k} of the {m} patients of block {number} are in the first group, which the procedure cannot "
                "give; check the order of entry and the size of the blocks."
            )


def _as_listed(sizes: int | Sequence[int], n: int) -> list[int]:
    if isinstance(sizes, int):
        return [sizes] * -(-n // max(1, sizes))
    listed, left = [], n
    for size in sizes:
        if left <= 0:
            break
        listed.append(int(size))
        left -= size
    if left > 0:
        raise StatisticsError(f"sizes: blocks of {', '.join(map(str, sizes))} do not hold {n} patients.")
    return listed


def _beginning(members: tuple[int, ...], size: int, ratio: tuple[int, int]) -> Block:
    """A block of ``size`` of which only the ``members`` came: the rest may be filled in any way."""
    parts, m = sum(ratio), len(members)
    if size < parts or size % parts:
        raise StatisticsError(f"sizes: a block of {size} cannot be divided {ratio[0]}:{ratio[1]}.")
    whole = size * ratio[0] // parts
    ways = [comb(size - m, whole - k) if k <= whole else 0 for k in range(m + 1)]
    return Block(members=members, chances=tuple(way / comb(size, whole) for way in ways))
