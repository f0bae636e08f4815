"""Days of many people at once: which pulses fell into the window, and how much was taken on each day of it."""

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from trialwright.eligibility.exposure import MONTHLY, ONCE

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

STEADY = -2
"""The rhythm of what is taken day by day; other rhythms are ONCE, MONTHLY and the days between two pulses."""


@frozen
class People:
    """The window and the completeness of the log of each of n people."""

    first: Ints
    last: Ints
    complete: Bools

    def of(self, which: Ints) -> "People":
        return People(self.first[which], self.last[which], self.complete[which])


def pulse_days(every: Ints, begun: Ints, end: Ints, first: Ints, last: Ints) -> tuple[Ints, Ints]:
    """The pulses of m rows from `first` to `last`, both (m,): for each, the place of its row and its day since 1970.

    >>> day = np.array(["2024-01-31"], "datetime64[D]").astype(np.int64)
    >>> place, days = pulse_days(np.array([MONTHLY]), day, day + 366, day + 20, day + 70)
    >>> days.astype("datetime64[D]")
    array(['2024-02-29', '2024-03-31'], dtype='datetime64[D]')
    """
    until = np.minimum(end, last)
    begun_month, first_month, until_month = (
        day.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) for day in (begun, first, until)
    )
    step = np.maximum(every, 1)
    skip = np.where(every == MONTHLY, first_month - begun_month - 1, np.where(every == ONCE, 0, (first - begun) // step))
    skip = np.maximum(skip, 0)
    final = np.where(every == MONTHLY, until_month - begun_month, np.where(every == ONCE, 0, (until - begun) // step))
    times = np.maximum(final - skip + 1, 0)
    which = np.repeat(np.arange(len(every)), times)
    count = np.arange(len(which)) - np.repeat(np.cumsum(times) - times, times) + skip[which]
    month = (begun_month[which] + count).astype("datetime64[M]")
    lengths = ((month + 1).astype("datetime64[D]") - month.astype("datetime64[D]")).astype(np.int64)
    place = (begun - begun_month.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64))[which]
    monthly = month.astype("datetime64[D]").astype(np.int64) + np.minimum(place, lengths - 1)
    day = np.where(every[which] == MONTHLY, monthly, begun[which] + count * np.maximum(every[which], 0))
    inside = (day >= first[which]) & (day <= last[which]) & ((day <= until[which]) | (every[which] == ONCE))
    return which[inside], day[inside]


def by_day(
    person: Ints, agent: Ints, start: Ints, end: Ints, amount: Ints, whom: People, replace: bool
) -> tuple[Ints, Bools, Bools]:
    """Amount and "a row tells" for each of k people and day of his window, right-aligned (k, days); and which days are in it.

    Rows (m,) give person, agent (below 0: a pulse), first and last day, and amount; with `replace`, of overlapping rows of one
    agent the one begun last counts.
    """
    width = int((whom.last - whom.first).max(initial=0)) + 1
    origin = whom.last - width + 1
    valid = np.arange(width) >= (whom.first - origin)[:, None]
    begin = np.maximum(start, whom.first[person]) - origin[person]
    beyond = np.minimum(end, whom.last[person]) - origin[person] + 1
    if replace:
        return *_painted(person, agent, start, end, begin, beyond, amount, valid.shape), valid
    size, row = len(valid) * (width + 1), person * (width + 1)

    def added(weights: Floats) -> Ints:
        steps = np.bincount(row + begin, weights, size) - np.bincount(row + beyond, weights, size)
        result: Ints = np.cumsum(np.rint(steps).astype(np.int64).reshape(-1, width + 1), axis=1)[:, :width]
        return result

    return added(amount.astype(float)), added(np.ones(len(person))) > 0, valid


def _painted(
    person: Ints, agent: Ints, start: Ints, end: Ints, begin: Ints, beyond: Ints, amount: Ints, shape: tuple[int, ...]
) -> tuple[Ints, Bools]:
    """As `by_day`, but of overlapping rows of one agent the one begun last counts, and the smallest of those begun together."""
    total, covered = np.zeros(shape, np.int64), np.zeros(shape, bool)
    alone = agent < 0
    np.add.at(total, (person[alone], begin[alone]), amount[alone])
    covered[person[alone], begin[alone]] = True
    kept = np.flatnonzero(~alone)
    order = kept[np.lexsort((-end[kept], -amount[kept], start[kept], agent[kept], person[kept]))]
    pair = np.ones(len(order), bool)
    pair[1:] = (person[order][1:] != person[order][:-1]) | (agent[order][1:] != agent[order][:-1])
    number = np.cumsum(pair) - 1
    rank = np.arange(len(order)) - np.flatnonzero(pair)[number] if len(order) else number
    days = np.arange(shape[1])
    drugs = np.full((int(number[-1]) + 1 if len(order) else 0, shape[1]), -1, np.int64)
    for turn in range(int(rank.max(initial=-1)) + 1):
        now = rank == turn
        own = order[now]
        over = (days >= begin[own][:, None]) & (days < beyond[own][:, None])
        drugs[number[now]] = np.where(over, amount[own][:, None], drugs[number[now]])
    whose = person[order][pair]
    np.add.at(total, whose, np.maximum(drugs, 0))
    np.logical_or.at(covered, whose, drugs >= 0)
    return total, covered
