"""Every reading of a drug history that matters: partial dates early or late, rows of one drug added up or replacing each other.

A verdict stands only when all readings give it. Two rules keep a careful log from being doubted: a row that ends on the day
(or in the month) on which the next row of the same drug begins hands over to it; and rows written twice count once.
"""

from bisect import bisect_right
from calendar import monthrange
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise, product

from attrs import frozen

from trialwright.eligibility.exposure import MONTHLY, ONCE, Dosing, History
from trialwright.instruments.dose_stability import Course

ENDLESS = date.max.toordinal()


@frozen(kw_only=True)
class Interval:
    """Milligrams a day from `start` to `end` (None: still taken): `daily` on average, `peak` on a day of intake; or a
    `pulse` in mg on one day."""

    start: date
    end: date | None
    daily: Decimal
    peak: Decimal
    pulse: Decimal | None = None

    def course(self, at_peak: bool = False) -> Course:
        """For the rules of dose stability, with the mean or the peak of alternate days."""
        daily = None if self.pulse is not None else self.peak if at_peak else self.daily
        return Course(start=self.start, end=self.end, daily=daily, pulse=self.pulse)


Reading = tuple[Interval, ...]
_Placed = tuple[int, int, Dosing]


def readings(history: History, first: date, last: date) -> tuple[Reading, ...]:
    """The different intervals that the rows can mean, as far as the days from `first` to `last` are concerned.

    Partial first days are read as early as they can be, just inside the window and as late; partial last days likewise.
    """
    nears: list[tuple[date, date]] = [(date.min, date.max)]
    if any(not one.start.exact or not one.end.exact for one in history.dosings):
        inside = min(first + timedelta(days=1), last), max(last - timedelta(days=1), first)
        nears = list(product((date.min, inside[0], date.max), (date.max, inside[1], date.min)))
    found: dict[Reading, None] = {}
    for near in nears:
        placed = _placed(history.dosings, *near)
        pulses = [one for start, end, dosing in placed if dosing.pulse for one in _pulses(start, end, dosing, first, last)]
        steady = [one for one in placed if one[2].pulse is None]
        for rows in (steady, _latest(steady)):
            intervals = [_interval(*row) for row in rows] + pulses
            found[tuple(sorted(intervals, key=lambda one: (one.start, one.daily, one.end or date.max)))] = None
    return tuple(found)


def _placed(dosings: Sequence[Dosing], near_start: date, near_end: date) -> list[_Placed]:
    """Each row with its first and last day under one reading; rows that hand over end the day before the next begins."""
    placed = []
    for place, one in enumerate(dosings):
        start, end = one.start.near(near_start).toordinal(), one.end.near(near_end).toordinal()
        follower = _follower(dosings, place)
        if follower is not None:
            end = follower.start.near(near_start).toordinal() - 1
            if end < start:
                continue
        placed.append((start, max(start, end), one))
    return placed


def _follower(dosings: Sequence[Dosing], place: int) -> Dosing | None:
    """The row of the same drug to which this one hands over, if it does."""
    one = dosings[place]
    later = (other for other in dosings[place + 1 :] if other.pulse is None and other.start.low > one.start.low)
    following = next((other for other in later if other.agent == one.agent), None)
    if one.pulse is not None or following is None or not (one.end.short and following.start.short):
        return None
    return following if one.end.meets(following.start) else None


def _latest(placed: Sequence[_Placed]) -> list[_Placed]:
    """Rows of one drug that overlap, read so that on each day the one begun last replaces the others.

    Of rows begun on the same day the smallest dose counts here, as their sum counts in the other reading.
    """
    pieces: list[_Placed] = []
    for agent in dict.fromkeys(one.agent for _, _, one in placed):
        rows = sorted((row for row in placed if row[2].agent == agent), key=lambda row: (row[0], -row[2].daily, -row[1]))
        if all(before[1] < after[0] for before, after in pairwise(rows)):
            pieces += rows
            continue
        points = sorted({row[0] for row in rows} | {row[1] + 1 for row in rows})
        for begin, beyond in pairwise(points):
            over = [row for row in rows[: bisect_right([row[0] for row in rows], begin)] if row[1] >= begin]
            if over:
                pieces.append((begin, ENDLESS if beyond > ENDLESS else beyond - 1, over[-1][2]))
    return pieces


def _interval(start: int, end: int, one: Dosing) -> Interval:
    last = None if end >= ENDLESS else date.fromordinal(end)
    return Interval(start=date.fromordinal(start), end=last, daily=one.daily, peak=one.peak)


def _pulses(start: int, end: int, one: Dosing, first: date, last: date) -> Iterator[Interval]:
    """The days from `first` to `last` on which a pulse was given."""
    begun, until = date.fromordinal(start), min(date.fromordinal(end), last)
    for day in _days(begun, until, -1 if one.every is None else one.every, first):
        if first <= day <= last:
            yield Interval(start=day, end=day, daily=Decimal(0), peak=Decimal(0), pulse=one.pulse)


def _days(start: date, end: date, every: int, first: date) -> Iterator[date]:
    """The days of infusions from `first` on: once, every month, or every so many days."""
    if every == ONCE:
        yield start
    elif every == MONTHLY:
        begin = max(0, (first.year - start.year) * 12 + first.month - start.month - 1)
        months = (end.year - start.year) * 12 + end.month - start.month
        yield from (day for count in range(begin, months + 1) if (day := month_later(start, count)) <= end)
    else:
        skipped = max(0, (first - start).days // every)
        yield from (date.fromordinal(day) for day in range(start.toordinal() + skipped * every, end.toordinal() + 1, every))


def month_later(day: date, months: int) -> date:
    """The same day so many calendar months later, or the end of a shorter month.

    >>> month_later(date(2024, 1, 31), 1)
    datetime.date(2024, 2, 29)
    """
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
