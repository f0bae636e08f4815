"""Drug criteria of a whole registry at once: the answers of `exposure_windows`, from columns of doses, for a million people.

How to call it:

1. Join the log with `factors(family)` on drug, unit and how often (and route, where it names one): a row of the log is
   `single dose * mg` milligrams a day (or a pulse), of the agent and with the rhythm that stand there. Rows of local routes
   are left out; rows of the family without a partner in the table cannot be counted.
2. `dose_rows(person, start, end, mg, ...)`, once for each family: person 0 .. n - 1, in any order; days as datetime64[D];
   `every` is STEADY (of `exposure_days`) for what is taken daily. A row that cannot be counted is passed
   too (`mg` NaN): left out, it would read as "not taken".
3. `mmf_stable`, `cyc_stable`, `steroid_low` with the index day (NaT: not set) and whether the log is complete, each of
   shape (n,): one int8 a person, MET = 1, NOT_MET = 0, UNKNOWN = -1.

The code works in blocks of people, so memory stays flat. Partial dates are given by their earliest and latest day.
"""

from collections.abc import Callable
from itertools import pairwise, product

import numpy as np
from attrs import fields, frozen
from numpy.typing import NDArray

from trialwright.eligibility.exposure import DOSES_A_DAY, MILLIGRAMS, ONCE, PULSES, SHORT, Family
from trialwright.eligibility.exposure_days import STEADY, People, Stretches, by_rows, pulse_days, stretches
from trialwright.instruments.dose_stability import HELD_DAYS, PULSE_DAYS, STEROID_DAYS, STEROID_LIMIT, window_starts

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Days = NDArray[np.datetime64]
Bools = NDArray[np.bool_]
Verdicts = NDArray[np.int8]

MET, NOT_MET, UNKNOWN = 1, 0, -1
STILL = np.datetime64("9999-12-31", "D")
NANOGRAMS = 1_000_000
"""In a milligram: amounts are whole numbers of these, so that sums are exact."""
BLOCK = 1 << 16
_EVER, _NEVER = int(STILL.astype(np.int64)), -719162


@frozen
class Factor:
    """One line of the table to join a log with; `route` None means that any route counts."""

    drug: str
    unit: str
    frequency: str
    route: str | None
    mg: float
    every: int
    agent: int


def factors(family: Family) -> tuple[Factor, ...]:
    """For every drug, unit, rhythm and route that can be counted: milligrams a day (or pulse) of a single dose of 1 unit.

    >>> from trialwright.eligibility.exposure import MYCOPHENOLATE
    >>> [one for one in factors(MYCOPHENOLATE) if one.drug.endswith("SODIUM") and one.unit == "g"][1]
    Factor(drug='MYCOPHENOLATE SODIUM', unit='g', frequency='BID', route=None, mg=2777.777777777778, every=-2, agent=0)
    """
    names = list(dict.fromkeys(agent.name for agent in family.agents.values()))
    often = {name: (mean, STEADY) for name, mean in DOSES_A_DAY.items()}
    often |= {name: (type(mean)(1), PULSES[name]) for name, mean in product(PULSES, [DOSES_A_DAY["QD"]]) if family.pulses}
    return tuple(
        Factor(drug, unit, name, route, float(agent.scale * size * mean), every, names.index(agent.name))
        for drug, agent in family.agents.items()
        for unit, size in MILLIGRAMS.items()
        for name, (mean, every) in often.items()
        for route in family.systemic or (None,)
    )


@frozen(kw_only=True)
class DoseRows:
    """Rows of one family: days since 1970 between which each first and last day lies, amounts in nanograms.

    `open_person`, `open_first`, `open_last` are the rows that cannot be counted and the days they may touch.
    """

    person: Ints
    agent: Ints
    start_low: Ints
    start_high: Ints
    end_low: Ints
    end_high: Ints
    amount: Ints
    every: Ints
    hands_over: Bools
    next_low: Ints
    next_high: Ints
    open_person: Ints
    open_first: Ints
    open_last: Ints

    def among(self, which: NDArray[np.bool_] | NDArray[np.int64]) -> "DoseRows":
        """Some of the countable rows."""
        kept = {one.name: getattr(self, one.name) for one in fields(DoseRows)}
        chosen = {name: column if name.startswith("open_") else column[which] for name, column in kept.items()}
        return DoseRows(**chosen)


def dose_rows(
    person: Ints,
    start: Days,
    end: Days,
    mg: Floats,
    *,
    start_latest: Days | None = None,
    end_latest: Days | None = None,
    ongoing: Bools | None = None,
    every: Ints | None = None,
    agent: Ints | None = None,
) -> DoseRows:
    """The rows of one family, checked and sorted: all arrays (m,), in any order.

    `start` and `end` are the first and last day (both included; `ongoing`: no end). For partial dates they are the earliest
    they can be, and `start_latest`, `end_latest` the latest. `mg` are milligrams a day where `every` is STEADY (default),
    else milligrams of a pulse. A row with NaN in `mg`, NaT in `start`, NaT in `end` of what is not ongoing, an end before the
    beginning or an end of what is still taken cannot be counted. `agent` numbers the drugs of a family (default: one).
    Raises `ValueError` when the columns differ in length or an amount is negative.

    >>> rows = dose_rows(np.array([0]), np.array(["2024-01-05"], "datetime64[D]"), np.array(["NaT"], "datetime64[D]"),
    ...                  np.array([10.0]), ongoing=np.array([True]))
    >>> steroid_low(rows, np.array(["2024-08-31"], "datetime64[D]"), np.array([False])).tolist()
    [1]
    """
    many = len(person)
    still = np.zeros(many, bool) if ongoing is None else ongoing
    rhythm = np.full(many, STEADY) if every is None else every.astype(np.int64)
    drug = np.zeros(many, np.int64) if agent is None else agent.astype(np.int64)
    low, high = start, start if start_latest is None else start_latest
    least, most = end, end if end_latest is None else end_latest
    if {len(column) for column in (low, high, least, most, mg, still, rhythm, drug)} != {many}:
        raise ValueError("the columns of a drug log must have one length")
    if (mg < 0).any():
        raise ValueError("a negative dose is impossible")
    ended = ~np.isnat(least) & ~np.isnat(most)
    least, most = (np.where(still & ~ended, STILL, np.where(~ended & (rhythm == ONCE), own, column)) for own, column in ((low, least), (high, most)))
    good = ~np.isnan(mg) & ~np.isnat(low) & ~np.isnat(high) & ~np.isnat(least) & ~np.isnat(most) & ~(still & ended)
    good &= ~(most < low)
    anywhere = np.isnat(low) | np.isnat(high) | (still & ended)
    first = np.where(anywhere, _NEVER, np.fmin(low, least).astype("datetime64[D]").astype(np.int64))
    last = np.maximum(high, most).astype("datetime64[D]").astype(np.int64)
    last = np.where(anywhere | np.isnat(most), _EVER, last)
    columns = [low, high, least, most]
    days = [column[good].astype("datetime64[D]").astype(np.int64) for column in columns]
    amounts = np.rint(mg[good] * NANOGRAMS).astype(np.int64)
    counted = (person[good].astype(np.int64), drug[good], *days, amounts, rhythm[good])
    return _linked(counted, (person[~good].astype(np.int64), first[~good], last[~good]))


def _linked(counted: tuple[Ints, ...], open_rows: tuple[Ints, Ints, Ints]) -> DoseRows:
    """Sorted, rows written twice once, each with the row to which it hands over."""
    order = np.lexsort(tuple(reversed(counted)))
    columns = [column[order] for column in counted]
    same = np.zeros(len(order), bool)
    if len(order):
        same[1:] = np.logical_and.reduce([column[1:] == column[:-1] for column in columns])
    person, agent, start_low, start_high, end_low, end_high, amount, every = (column[~same] for column in columns)
    places = np.flatnonzero(every == STEADY)
    following = np.full(len(person), -1)
    if len(places):
        new_start = np.ones(len(places), bool)
        group = (person[places], agent[places], start_low[places])
        new_start[1:] = np.logical_or.reduce([column[1:] != column[:-1] for column in group])
        firsts = places[np.append(np.flatnonzero(new_start), 0)]
        after = firsts[np.cumsum(new_start)]
        alike = (person[after] == person[places]) & (agent[after] == agent[places]) & (start_low[after] > start_low[places])
        following[places] = np.where(alike, after, -1)
    short_end, short_start = end_high - end_low < SHORT, start_high - start_low < SHORT
    meets = (start_low[following] <= end_high) & (end_low <= start_high[following])
    hands = (following >= 0) & short_end & short_start[following] & meets
    return DoseRows(
        person=person, agent=agent, start_low=start_low, start_high=start_high, end_low=end_low, end_high=end_high,
        amount=amount, every=every, hands_over=hands, next_low=start_low[following], next_high=start_high[following],
        open_person=open_rows[0], open_first=open_rows[1], open_last=open_rows[2],
    )  # fmt: skip


Judge = Callable[[Ints, Ints, Ints, Ints, Ints, "People", bool], Verdicts]
"""Person, agent, first day, last day and amount of rows sorted by person; the people; whether later rows replace."""


def mmf_stable(rows: DoseRows, index: Days, complete: Bools, months: int = 6) -> Verdicts:
    """`exposure_windows.steady` of every person: arrays (n,) of index days and completeness give int8 (n,).

    Pulses among the rows leave the person open, as there is no rule for them.

    >>> none = dose_rows(np.zeros(0, int), np.zeros(0, "datetime64[D]"), np.zeros(0, "datetime64[D]"), np.zeros(0))
    >>> mmf_stable(none, np.array(["2024-08-31"] * 2, "datetime64[D]"), np.array([True, False])).tolist()
    [1, -1]
    """
    people = _window(window_starts(index.astype("datetime64[D]"), months), index, complete)
    found = _agreed(rows.among(rows.every == STEADY), people, _by_stretches(_steady))
    found[rows.person[rows.every != STEADY]] = UNKNOWN
    return _opened(found, rows, people, index, keep_refused=False)


def cyc_stable(rows: DoseRows, index: Days, complete: Bools, months: int = 6) -> Verdicts:
    """`exposure_windows.stable` of every person: both the daily dose and the pulses."""
    people = _window(window_starts(index.astype("datetime64[D]"), months), index, complete)
    steady = _agreed(rows.among(rows.every == STEADY), people, _by_stretches(_steady))
    pulses = _agreed(rows.among((rows.every != STEADY) & (rows.amount > 0)), people, _pulsed)
    both = np.where((steady == NOT_MET) | (pulses == NOT_MET), NOT_MET, np.minimum(steady, pulses)).astype(np.int8)
    return _opened(both, rows, people, index, keep_refused=False)


def steroid_low(
    rows: DoseRows,
    index: Days,
    complete: Bools,
    days: int = STEROID_DAYS,
    limit: float = float(STEROID_LIMIT),
    constant: bool = False,
) -> Verdicts:
    """`exposure_windows.at_most` of every person: at most `limit` mg on each of the `days` days before the index day, and
    with `constant` the same dose on all of them."""
    begun = (index.astype("datetime64[D]").astype(np.int64) - days).astype("datetime64[D]")
    people = _window(np.where(np.isnat(index), index.astype("datetime64[D]"), begun), index, complete)
    most = round(limit * NANOGRAMS)

    def limited(found: Stretches, complete: Bools) -> Verdicts:
        over = ((found.taken > most) & (found.length > 0)).any(axis=1)
        unknown = ((found.length > 0) & ~found.covered & ~complete[:, None]).any(axis=1)
        return np.where(over, NOT_MET, np.where(unknown, UNKNOWN, MET)).astype(np.int8)

    low = _opened(_agreed(rows, people, _by_stretches(limited)), rows, people, index, keep_refused=True)
    if not constant:
        return low
    same = _opened(_agreed(rows, people, _by_stretches(_unchanged)), rows, people, index, keep_refused=False)
    return np.where((low == NOT_MET) | (same == NOT_MET), NOT_MET, np.minimum(low, same)).astype(np.int8)


def _window(first: Days, index: Days, complete: Bools) -> People:
    unset = np.isnat(index)
    begin, beyond = (np.where(unset, 0, day.astype("datetime64[D]").astype(np.int64)) for day in (first, index))
    return People(begin, np.where(unset, 0, beyond - 1), complete.astype(bool))


def _opened(found: Verdicts, rows: DoseRows, people: People, index: Days, keep_refused: bool) -> Verdicts:
    """Open where a row in the window cannot be counted (unless refused already) or there is no index day."""
    whom = rows.open_person
    touched = np.zeros(len(found), bool)
    touched[whom[(rows.open_first <= people.last[whom]) & (rows.open_last >= people.first[whom])]] = True
    stands = (found == NOT_MET) if keep_refused else np.zeros(len(found), bool)
    return np.where((touched & ~stands) | np.isnat(index), UNKNOWN, found).astype(np.int8)


def _agreed(rows: DoseRows, people: People, judge: Judge) -> Verdicts:
    """The verdict of every person that holds under all readings of his rows, else UNKNOWN."""
    found = _judged(rows, people, judge, (_NEVER, _EVER), False)
    several, overlap = np.zeros((2, len(found)), bool)
    several[rows.person[(rows.start_low != rows.start_high) | (rows.end_low != rows.end_high)]] = True
    if len(rows.person) > 1:
        together = (rows.person[1:] == rows.person[:-1]) & (rows.agent[1:] == rows.agent[:-1])
        steady = (rows.every[1:] == STEADY) & (rows.every[:-1] == STEADY)
        overlap[rows.person[1:][together & steady & (rows.end_high[:-1] >= rows.start_low[1:]) & ~rows.hands_over[:-1]]] = True
        mixed = together & ~steady
        overlap[rows.person[1:][mixed]] = True
    near = list(product((_NEVER, None, _EVER), (_EVER, None, _NEVER)))
    for which, readings in ((several, near), (overlap & ~several, near[:1])):
        if not which.any():
            continue
        chosen = np.flatnonzero(which)
        renamed = np.cumsum(which) - 1
        some = rows.among(which[rows.person])
        theirs = DoseRows(**{one.name: renamed[some.person] if one.name == "person" else getattr(some, one.name) for one in fields(DoseRows)})
        told = [_judged(theirs, people.of(chosen), judge, reading, replace) for reading in readings for replace in (False, True)]
        found[chosen] = np.where(np.all([one == told[0] for one in told], axis=0), told[0], UNKNOWN)
    return found


def _judged(rows: DoseRows, people: People, judge: Judge, near: tuple[int | None, int | None], replace: bool) -> Verdicts:
    """One reading, block by block of people; `near` None stands for just inside the window."""
    first, last = people.first[rows.person], people.last[rows.person]
    early = np.minimum(first + 1, last) if near[0] is None else np.full(len(first), near[0])
    late = np.maximum(last - 1, first) if near[1] is None else np.full(len(first), near[1])
    start = np.clip(early, rows.start_low, rows.start_high)
    end = np.maximum(start, np.clip(late, rows.end_low, rows.end_high))
    end = np.where(rows.hands_over, np.clip(early, rows.next_low, rows.next_high) - 1, end)
    kept = np.flatnonzero((end >= start) & (rows.every == STEADY) & (start <= last) & (end >= first))
    given = np.flatnonzero((rows.every != STEADY) & (rows.amount > 0))
    place, day = pulse_days(rows.every[given], start[given], end[given], first[given], last[given])
    both = np.concatenate([kept, given[place]])
    person, amount = rows.person[both], rows.amount[both]
    agent = np.concatenate([rows.agent[kept], np.full(len(day), -1)])
    columns = [agent, np.concatenate([start[kept], day]), np.concatenate([end[kept], day]), amount]
    order = np.argsort(person, kind="stable")
    person, columns = person[order], [column[order] for column in columns]
    found = np.empty(len(people.first), np.int8)
    edges = np.searchsorted(person, np.arange(0, len(found) + BLOCK, BLOCK))
    for turn, (begin, beyond) in enumerate(pairwise(edges.tolist())):
        at = turn * BLOCK
        block = slice(at, min(at + BLOCK, len(found)))
        whom = People(people.first[block], people.last[block], people.complete[block])
        agent, own_start, own_end, amount = (column[begin:beyond] for column in columns)
        found[block] = judge(person[begin:beyond] - at, agent, own_start, own_end, amount, whom, replace)
    return found


def _by_stretches(rule: Callable[[Stretches, Bools], Verdicts]) -> Judge:
    """A judge who cuts the windows into stretches of days with one total and asks `rule` about them."""

    def judge(person: Ints, agent: Ints, start: Ints, end: Ints, amount: Ints, whom: People, replace: bool) -> Verdicts:
        if replace:
            order = np.lexsort((-end, -amount, start, agent, person))
            person, agent, start, end, amount = (column[order] for column in (person, agent, start, end, amount))
        verdicts = np.empty(len(whom.first), np.int8)
        for who, place in by_rows(person, len(verdicts)):
            found = stretches(agent[place], start[place], end[place], amount[place], whom.of(who), replace)
            verdicts[who] = rule(found, whom.complete[who])
        return verdicts

    return judge


def _steady(found: Stretches, complete: Bools) -> Verdicts:
    """The rule of `dose_stability.steady`."""
    there = found.length > 0
    some = (found.taken > 0) & there
    high = np.where(there, found.taken, 0).max(axis=1)
    low = np.where(some, found.taken, high[:, None]).min(axis=1)
    unknown = (there & ~found.covered & ~complete[:, None]).any(axis=1)
    zero = np.where(some, 0, found.length).sum(axis=1)
    held = (zero > 0) & (zero <= HELD_DAYS) & found.at_edge(first=True) & found.at_edge(first=False)
    cases = [low < high, unknown, high == 0, held, zero > 0]
    return np.select(cases, [NOT_MET, UNKNOWN, MET, UNKNOWN, NOT_MET], MET).astype(np.int8)


def _unchanged(found: Stretches, complete: Bools) -> Verdicts:
    """One known dose on all days, none among them."""
    there = found.length > 0
    known = there & (found.covered | complete[:, None])
    high = np.where(known, found.taken, -1).max(axis=1)
    low = np.where(known, found.taken, _LARGEST).min(axis=1)
    unknown = (there & ~known).any(axis=1)
    return np.where(low < high, NOT_MET, np.where(unknown, UNKNOWN, MET)).astype(np.int8)


def _pulsed(person: Ints, agent: Ints, start: Ints, end: Ints, amount: Ints, whom: People, replace: bool) -> Verdicts:
    """The rule of `dose_stability.pulsed`; pulses never replace each other."""
    many = len(whom.first)
    order = np.lexsort((start, person))
    person, day, dose = person[order], start[order], amount[order]
    least, most, near, far = (np.full(many, edge) for edge in (_LARGEST, 0, _LARGEST, 0))
    np.minimum.at(least, person, dose)
    np.maximum.at(most, person, dose)
    together = person[1:] == person[:-1]
    between, whose = (day[1:] - day[:-1])[together], person[1:][together]
    np.minimum.at(near, whose, between)
    np.maximum.at(far, whose, between)
    count = np.bincount(person, minlength=many)
    uneven = ((count > 0) & ((most - least) * 10 > most)) | ((count > 1) & (far - near > PULSE_DAYS))
    unknown = ~whom.complete | ((count > 0) & (count < 3))
    return np.where(uneven, NOT_MET, np.where(unknown, UNKNOWN, MET)).astype(np.int8)


_LARGEST = 1 << 60
