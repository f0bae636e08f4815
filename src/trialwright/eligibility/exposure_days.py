"""Days of many people at once: which pulses fell into the window, and how much was taken when."""

from collections.abc import Iterator

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from trialwright.eligibility.exposure import MONTHLY, ONCE

Ints = NDArray[np.int64]
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


@frozen
class Stretches:
    """The windows of k people cut into at most s stretches of days with one total: arrays (k, s), empty ones of length 0.

    `taken` is the amount on each of their days, `covered` whether a row tells, `length` how many days they have.
    """

    taken: Ints
    covered: Bools
    length: Ints

    def at_edge(self, first: bool) -> Bools:
        """Whether something was taken on the first (or the last) day of each window: (k,)."""
        there = self.length > 0 if first else self.length[:, ::-1] > 0
        place = there.argmax(axis=1)
        place = place if first else self.length.shape[1] - 1 - place
        result: Bools = np.take_along_axis(self.taken > 0, place[:, None], axis=1)[:, 0]
        return result


def stretches(agent: Ints, start: Ints, end: Ints, amount: Ints, whom: People, replace: bool) -> Stretches:
    """The windows of k people who have r rows each, all (k, r): agent (below 0: a pulse), first and last day, amount.

    With `replace`, rows of one agent must be sorted by their beginning, and of those that overlap the later one counts.

    >>> whom = People(np.array([0]), np.array([9]), np.array([True]))
    >>> start, end, amount = np.array([[-5, 4]]), np.array([[6, 20]]), np.array([[10, 2]])
    >>> added = stretches(np.zeros((1, 2), int), start, end, amount, whom, replace=False)
    >>> added.taken[added.length > 0].tolist(), added.length[added.length > 0].tolist()
    ([10, 12, 2], [4, 3, 3])
    """
    begin = np.clip(start, whom.first[:, None], whom.last[:, None] + 1)
    beyond = np.clip(end + 1, whom.first[:, None], whom.last[:, None] + 1)
    points = np.sort(np.hstack([whom.first[:, None], begin, beyond, whom.last[:, None] + 1]), axis=1)
    left = points[:, :-1]
    taken, covered = np.zeros(left.shape, np.int64), np.zeros(left.shape, bool)
    over = [(begin[:, one, None] <= left) & (beyond[:, one, None] > left) for one in range(start.shape[1])]
    for one, mine in enumerate(over):
        for other in range(one + 1, len(over)) if replace else ():
            same = (agent[:, one] == agent[:, other]) & (agent[:, one] >= 0)
            mine &= ~(over[other] & same[:, None])
        taken += np.where(mine, amount[:, one, None], 0)
        covered |= mine
    return Stretches(taken, covered, np.diff(points, axis=1))


def by_rows(person: Ints, many: int) -> Iterator[tuple[Ints, Ints]]:
    """People 0 .. many - 1 by how many rows they have: who, (k,), and the places of their rows, (k, r); `person` is sorted.

    >>> [(who.tolist(), place.tolist()) for who, place in by_rows(np.array([0, 2, 2]), 3)]
    [([1], [[]]), ([0], [[0]]), ([2], [[1, 2]])]
    """
    counts = np.bincount(person, minlength=many)
    begun = np.cumsum(counts) - counts
    for count in np.unique(counts):
        who = np.flatnonzero(counts == count)
        yield who, begun[who][:, None] + np.arange(count)
