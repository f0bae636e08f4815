"""The criteria decided for many people at once: the same rules as for one person, over columns of facts."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property

import numpy as np
from attrs import define, evolve, frozen
from numpy.typing import NDArray

from trialwright.protocol import AtLeast, Criterion, Every, Is, Rule, Some, facts_of

Floats = NDArray[np.float64]
Codes = NDArray[np.int16]
Truths = NDArray[np.bool_]
Bits = NDArray[np.uint64]
Verdicts = NDArray[np.int8]
"""One of MET, OPEN and NOT_MET for each person."""

MET, OPEN, NOT_MET = np.int8(1), np.int8(0), np.int8(-1)
ANOTHER = "another answer"
MOST_FACTS = 64


@frozen(kw_only=True, eq=False)
class ColumnFact:
    """One fact of n people, as `protocol.Fact` holds it for one: arrays of shape (n,).

    `low` and `high` are the bounds of a number, NaN where there is none (a known number has both alike). `code` is the
    place of the answer in `words`, -1 where there is no answer.
    """

    low: Floats
    high: Floats
    code: Codes
    words: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.low)

    @cached_property
    def known(self) -> Truths:
        """Where the number or the answer is fully known."""
        result: Truths = (self.code >= 0) | (self.low == self.high)
        return result

    def where(self, rows: NDArray[np.intp] | Truths) -> "ColumnFact":
        """The fact of some of the people."""
        return evolve(self, low=self.low[rows], high=self.high[rows], code=self.code[rows])

    def read(self, place: int) -> tuple[float | None, float | None, str | None]:
        """Low, high and answer of one person, None where there is none."""
        low, high, code = float(self.low[place]), float(self.high[place]), int(self.code[place])
        return (
            None if np.isnan(low) else low,
            None if np.isnan(high) else high,
            None if code < 0 else self.words[code],
        )


def numbers(value: Floats) -> ColumnFact:
    """Numbers that are fully known; NaN where nothing is.

    >>> numbers(np.array([3.0, np.nan])).known
    array([ True, False])
    """
    return bounded(value, value)


def bounded(low: Floats, high: Floats) -> ColumnFact:
    """Numbers of which bounds are known; NaN for a side without one."""
    low, high = np.asarray(low, dtype=float), np.asarray(high, dtype=float)
    return ColumnFact(low=low, high=high, code=np.full(len(low), -1, np.int16))


def answers(code: Codes, words: Sequence[str]) -> ColumnFact:
    """Answers that are codes: places in `words`, -1 where nothing is known.

    >>> answers(np.array([1, -1]), ("N", "Y")).read(0)
    (None, None, 'Y')
    """
    nothing = np.full(len(code), np.nan)
    return ColumnFact(low=nothing, high=nothing, code=np.asarray(code, dtype=np.int16), words=tuple(words))


def yes_or_no(value: Floats) -> ColumnFact:
    """Answers Y and N from 1 and 0, open where NaN.

    >>> [yes_or_no(np.array([1.0, 0.0, np.nan])).read(place)[2] for place in range(3)]
    ['Y', 'N', None]
    """
    return answers(np.where(np.isnan(value), -1, value).astype(np.int16), ("N", "Y"))


Facts = Mapping[str, ColumnFact]


def verdicts(rule: Rule, facts: Facts) -> Verdicts:
    """`rule.verdict` of n people at once: an array (n,) of MET, OPEN, NOT_MET.

    >>> from decimal import Decimal
    >>> verdicts(AtLeast("points", Decimal(9)), {"points": bounded(np.array([9.0, 7, 2]), np.array([12.0, 12, 8]))})
    array([ 1,  0, -1], dtype=int8)
    """
    if isinstance(rule, AtLeast):
        return _at_least(rule, facts[rule.fact])
    if isinstance(rule, Is):
        return _is(rule, facts[rule.fact])
    parts = [verdicts(part, facts) for part in rule.rules]
    if not parts:
        size = len(next(iter(facts.values())))
        return np.full(size, MET if isinstance(rule, Every) else NOT_MET, np.int8)
    result: Verdicts = (np.minimum if isinstance(rule, Every) else np.maximum).reduce(parts)
    return result


def _at_least(rule: AtLeast, fact: ColumnFact) -> Verdicts:
    limit = float(rule.limit)
    met = fact.low > limit if rule.strict else fact.low >= limit
    failed = fact.high <= limit if rule.strict else fact.high < limit
    result: Verdicts = np.where(met, MET, np.where(failed, NOT_MET, OPEN))
    return result


def _is(rule: Is, fact: ColumnFact) -> Verdicts:
    among = np.array([MET if word in rule.codes else NOT_MET for word in fact.words] + [OPEN], np.int8)
    result: Verdicts = among[fact.code]  # -1, no answer, is the last place
    return result


@frozen(kw_only=True, eq=False)
class Named:
    """For each person a set of names, as bits of one number: bit i stands for `names[i]`."""

    bits: Bits
    names: tuple[str, ...]

    def of(self, place: int) -> tuple[str, ...]:
        """The names of one person."""
        return tuple(name for bit, name in enumerate(self.names) if int(self.bits[place]) >> bit & 1)

    def has(self, name: str) -> Truths:
        """Who has this name in the set."""
        result: Truths = (self.bits >> np.uint64(self.names.index(name)) & np.uint64(1)).astype(bool)
        return result

    @cached_property
    def only(self) -> Codes:
        """The place in `names` of the one name of each person, -1 where there is none or several."""
        single = (self.bits != 0) & ((self.bits & (self.bits - np.uint64(1))) == 0)
        place = np.log2(np.where(single, self.bits, np.uint64(1)).astype(float)).astype(np.int16)
        result: Codes = np.where(single, place, np.int16(-1))
        return result


@frozen(kw_only=True, eq=False)
class ColumnDecision:
    """One criterion for n people; the fields mean what those of `screening.Decision` mean for one."""

    criterion: Criterion
    verdict: Verdicts
    grounds: Named
    settled_by: Named
    may_settle: Named

    @property
    def fulfilled(self) -> Verdicts:
        """MET where the criterion speaks for joining, NOT_MET where against it."""
        return _for_joining(self.criterion, self.verdict)


@define(frozen=True, kw_only=True, slots=False, eq=False)
class ColumnScreening:
    """All criteria for n people.

    `settled_by` are the facts of which one alone, whatever its answer, would decide whether the person may join;
    `may_settle` those of which one alone can. Both are empty where that is decided already.
    """

    decisions: tuple[ColumnDecision, ...]
    eligible: Verdicts
    settled_by: Named
    may_settle: Named
    size: int


def screen_columns(criteria: Sequence[Criterion], facts: Facts) -> ColumnScreening:
    """Every criterion for n people: facts of arrays (n,) in, decisions of arrays (n,) out.

    The people are independent of each other, so a registry may be decided in pieces of any size. Raises `ValueError`
    when facts differ in length, or when the rules read more than 64 of them.

    >>> from decimal import Decimal
    >>> from trialwright.protocol import same
    >>> adult = Criterion(code="I2", text=same("age 18 or more"), rule=AtLeast("age", Decimal(18)), version="1")
    >>> found = screen_columns([adult], {"age": numbers(np.array([17.9, 18.0, np.nan]))})
    >>> found.eligible, found.settled_by.of(2)
    (array([-1,  1,  0], dtype=int8), ('age',))
    """
    names = tuple(dict.fromkeys(name for criterion in criteria for name in facts_of(criterion.rule)))
    sizes = {len(facts[name]) for name in names}
    if len(sizes) != 1 or len(names) > MOST_FACTS:
        raise ValueError(
            f"the facts must be 1 to {MOST_FACTS} columns of one length, not {len(names)} of lengths {sorted(sizes)}"
        )
    size = sizes.pop()
    decisions = tuple(_decide(criterion, facts, size) for criterion in criteria)
    eligible: Verdicts = np.minimum.reduce([one.fulfilled for one in decisions])
    settled, may = _whole(criteria, facts, names, decisions, eligible)
    return ColumnScreening(decisions=decisions, eligible=eligible, size=size,
                           settled_by=Named(bits=settled, names=names), may_settle=Named(bits=may, names=names))  # fmt: skip


def _for_joining(criterion: Criterion, verdict: Verdicts) -> Verdicts:
    return verdict if criterion.inclusion else -verdict


def _decide(criterion: Criterion, facts: Facts, size: int) -> ColumnDecision:
    names = facts_of(criterion.rule)
    verdict = verdicts(criterion.rule, facts)
    grounds, settled, may = (np.zeros(size, np.uint64) for _ in range(3))
    _mark(criterion.rule, facts, verdict, np.ones(size, bool), grounds, names)
    for bit, name in enumerate(names):
        rows = np.flatnonzero((verdict == OPEN) & _bit(grounds, bit))
        if len(rows):
            found = [verdicts(criterion.rule, {one: facts[one].where(rows) for one in names} | {name: answer})
                     for answer in _answers([criterion.rule], name, facts[name].where(rows))]  # fmt: skip
            _settle(found, rows, bit, settled, may)
    sets = (Named(bits=bits, names=names) for bits in (grounds, settled, may))
    return ColumnDecision(
        criterion=criterion, verdict=verdict, **dict(zip(("grounds", "settled_by", "may_settle"), sets, strict=True))
    )


def _whole(criteria: Sequence[Criterion], facts: Facts, names: Sequence[str], decisions: Sequence[ColumnDecision],
           eligible: Verdicts) -> tuple[Bits, Bits]:  # fmt: skip
    """Which facts settle, or may settle, whether the person joins."""
    settled, may = np.zeros(len(eligible), np.uint64), np.zeros(len(eligible), np.uint64)
    for bit, name in enumerate(names):
        asked = [one for one in decisions if name in one.grounds.names]
        stands = [(one.verdict == OPEN) & one.grounds.has(name) for one in asked]
        rows = np.flatnonzero((eligible == OPEN) & np.logical_or.reduce(stands))
        if not len(rows):
            continue
        here = {one: facts[one].where(rows) for asking in asked for one in facts_of(asking.criterion.rule)}
        others = [one.fulfilled[rows] for one in decisions if one not in asked]
        found = []
        for answer in _answers([one.criterion.rule for one in asked], name, here[name]):
            moved = [_for_joining(one.criterion, verdicts(one.criterion.rule, here | {name: answer})) for one in asked]
            found.append(np.minimum.reduce([*others, *moved]))
        _settle(found, rows, bit, settled, may)
    return settled, may


def _settle(found: Sequence[Verdicts], rows: NDArray[np.intp], bit: int, settled: Bits, may: Bits) -> None:
    """Notes who is decided by every answer, and who by some."""
    decided = np.array([verdict != OPEN for verdict in found])
    settled[rows[decided.all(axis=0)]] |= np.uint64(1) << np.uint64(bit)
    may[rows[decided.any(axis=0)]] |= np.uint64(1) << np.uint64(bit)


def _bit(bits: Bits, place: int) -> Truths:
    result: Truths = (bits >> np.uint64(place) & np.uint64(1)).astype(bool)
    return result


def _mark(rule: Rule, facts: Facts, verdict: Verdicts, here: Truths, grounds: Bits, names: Sequence[str]) -> None:
    """Marks the facts on which the verdict of the people `here` rests: of an "any of" that is met what met it, and so on."""
    if isinstance(rule, AtLeast | Is):
        grounds[here] |= np.uint64(1) << np.uint64(names.index(rule.fact))
        return
    all_matter = MET if isinstance(rule, Every) else NOT_MET
    for part in rule.rules:
        own = verdicts(part, facts)
        _mark(part, facts, own, here & ((verdict == all_matter) | (own == verdict)), grounds, names)


def _answers(rules: Iterable[Rule], name: str, fact: ColumnFact) -> Iterator[ColumnFact]:
    """Answers on every side of every limit that `rules` set for the fact, within the bounds already known."""
    for leaf in (leaf for rule in rules for leaf in leaves(rule) if leaf.fact == name):
        if isinstance(leaf, Is):
            for word in (*leaf.codes, ANOTHER):
                yield evolve(fact, code=np.zeros(len(fact), np.int16), words=(word,))
            continue
        for value in (float(leaf.limit - 1), float(leaf.limit), float(leaf.limit + 1)):
            within = np.fmin(np.fmax(value, fact.low), fact.high)
            yield evolve(fact, low=within, high=within)


def leaves(rule: Rule) -> Iterator[AtLeast | Is]:
    """The single limits of which a rule is made, in the order in which it reads them."""
    if isinstance(rule, Every | Some):
        for part in rule.rules:
            yield from leaves(part)
    else:
        yield rule
