"""Questions to a drug history: how much, how steadily, how much at most, where the gaps are; open whenever a row leaves it open."""

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

from attrs import frozen

from trialwright.eligibility.exposure import History
from trialwright.eligibility.exposure_readings import Reading, readings
from trialwright.instruments import dose_stability
from trialwright.instruments.dose_stability import STEROID_DAYS, STEROID_LIMIT, Course
from trialwright.protocol import Score, Status


@frozen(kw_only=True)
class Stretch:
    """Days with one total: mg a day on average and on a day of intake, pulses included; `known` unless no row tells."""

    first: date
    last: date
    daily: Decimal
    peak: Decimal
    known: bool

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1


def stretches(reading: Reading, first: date, last: date, complete: bool) -> tuple[Stretch, ...]:
    """The days from `first` to `last`, cut wherever the total changes; the days with a pulse stand alone.

    >>> from trialwright.eligibility.exposure_readings import Interval
    >>> taken = Interval(start=date(2024, 1, 1), end=date(2024, 1, 10), daily=Decimal(5), peak=Decimal(10))
    >>> [(one.first.day, one.last.day, int(one.daily)) for one in stretches((taken,), date(2024, 1, 9), date(2024, 1, 12), True)]
    [(9, 10, 5), (11, 12, 0)]
    """
    inside = [one for one in reading if one.start <= last and (one.end is None or one.end >= first)]
    points = {first, last + timedelta(days=1)} | {one.start for one in inside if one.start > first}
    points |= {one.end + timedelta(days=1) for one in inside if one.end is not None and one.end < last}
    found = []
    for begin, beyond in pairwise(sorted(points)):
        over = [one for one in inside if one.start <= begin and (one.end is None or one.end >= begin)]
        pulses = sum((one.pulse for one in over if one.pulse is not None), Decimal(0))
        found.append(
            Stretch(
                first=begin,
                last=beyond - timedelta(days=1),
                daily=sum((one.daily for one in over), pulses),
                peak=sum((one.peak for one in over), pulses),
                known=complete or bool(over),
            )
        )
    return tuple(found)


def total(history: History, first: date, last: date) -> Score:
    """Milligrams from `first` to `last`, both included; `parts` bound it by what is known, when it is open.

    >>> from trialwright.eligibility.exposure import MYCOPHENOLATE, from_form
    >>> row = {"CMTRT": "MYCOPHENOLATE SODIUM", "CMDOSE": Decimal(720), "CMDOSU": "mg", "CMDOSFRQ": "BID",
    ...        "CMROUTE": "ORAL", "CMSTDAT": "2024-01-01", "CMONGO": "Y"}
    >>> total(from_form([row], MYCOPHENOLATE, True), date(2024, 3, 1), date(2024, 3, 10)).value
    Decimal('20000')
    """

    def summed(found: tuple[Stretch, ...]) -> Decimal:
        return sum((one.daily * one.days for one in found), Decimal(0))

    return _measured(history, first, last, summed)


def highest(history: History, first: date, last: date) -> Score:
    """The most milligrams on one day from `first` to `last`: on alternate days the dose of a day of intake."""
    return _measured(history, first, last, lambda found: max(one.peak for one in found))


def cumulative(history: History, until: date) -> Score:
    """All milligrams to the end of the day `until`, from the first day of the log."""
    begun = [one.start.low for one in history.dosings] + [gap.first for gap in history.gaps]
    return total(history, min([*begun, until]), until)


def _measured(history: History, first: date, last: date, by: Callable[[tuple[Stretch, ...]], Decimal]) -> Score:
    """A number over the window when every reading gives the same one and no row is open, else its bounds.

    Nothing bounds from above what a row that cannot be counted, or a day without a record, may hide.
    """
    _ordered(first, last)
    found = [stretches(reading, first, last, history.complete) for reading in readings(history, first, last)]
    values = sorted(by(one) for one in found)
    reasons = [f"{gap.row}, {gap.drug}: {gap.field} unknown" for gap in history.open_rows(first, last)]
    unknown = max(sum(one.days for one in each if not one.known) for each in found)
    reasons += [f"{unknown} days without a record"] if unknown else []
    high = {} if reasons else {"at most": str(values[-1])}
    reasons += ["overlapping rows or a partial date decide"] if values[0] != values[-1] else []
    parts = {"window": f"{first} to {last}", "at least": str(values[0]), **high}
    if reasons:
        return Score(value=None, status=Status.INCOMPLETE, reasons=tuple(reasons), parts=parts)
    return Score(value=values[0], status=Status.SCORED, parts=parts)


@frozen(kw_only=True)
class Break:
    """Days on which no row tells that the drug was taken; `certain` unless a partial date may cover them."""

    first: date
    last: date
    certain: bool


def breaks(history: History, first: date, last: date) -> tuple[Break, ...]:
    """The days from `first` to `last` that no row covers (one that cannot be counted covers nothing), in runs.

    >>> from trialwright.eligibility.exposure import MYCOPHENOLATE, from_form
    >>> row = {"CMTRT": "MYCOPHENOLATE MOFETIL", "CMDOSE": Decimal(1), "CMDOSU": "g", "CMDOSFRQ": "BID",
    ...        "CMSTDAT": "2024-01-03", "CMONGO": "N", "CMENDAT": "2024-01-05"}
    >>> [(one.first.day, one.last.day) for one in breaks(from_form([row], MYCOPHENOLATE, True), date(2024, 1, 1), date(2024, 1, 8))]
    [(1, 2), (6, 8)]
    """
    _ordered(first, last)
    covered = []
    for reading in readings(history, first, last):
        found = stretches(reading, first, last, complete=False)
        covered.append({one.first + timedelta(days=count) for one in found if one.known for count in range(one.days)})
    days = [first + timedelta(days=count) for count in range((last - first).days + 1)]
    state = [None if all(day in one for one in covered) else not any(day in one for one in covered) for day in days]
    runs: list[Break] = []
    for day, certain in zip(days, state, strict=True):
        if certain is None:
            continue
        if runs and runs[-1].last == day - timedelta(days=1) and runs[-1].certain is certain:
            runs[-1] = Break(first=runs[-1].first, last=day, certain=certain)
        else:
            runs.append(Break(first=day, last=day, certain=certain))
    return tuple(runs)


def steady(history: History, index: date, months: int = 6) -> Score:
    """`dose_stability.steady` under every reading: 1 when the daily dose was one and the same for `months` calendar months
    before `index`, or the drug was not taken; 0 when not; open when readings differ or a row in the window cannot be counted."""
    first = dose_stability.window_start(index, months)
    score = _agreed(history, first, index, lambda courses: dose_stability.steady(courses, index, history.complete, months))
    return _opened(score, history, first, index, decided=())


def pulsed(history: History, index: date, months: int = 6) -> Score:
    """`dose_stability.pulsed` under every reading: the same pulse dose and interval for `months` months, or no pulses."""
    first = dose_stability.window_start(index, months)
    score = _agreed(history, first, index, lambda courses: dose_stability.pulsed(courses, index, history.complete, months))
    return _opened(score, history, first, index, decided=())


def stable(history: History, index: date, months: int = 6) -> Score:
    """1 when both the daily dose and the pulses were stable, 0 when one was not, else open."""
    both = (steady(history, index, months), pulsed(history, index, months))
    worst = next((score for score in both if score.value == 0), None)
    return worst or next((score for score in both if score.value is None), both[0])


def at_most(
    history: History,
    index: date,
    days: int = STEROID_DAYS,
    limit: Decimal = STEROID_LIMIT,
    at_peak: bool = False,
    constant: bool = False,
) -> Score:
    """`dose_stability.steroid` under every reading: at most `limit` mg on each of the `days` days before `index`, pulses
    included. Alternate days count by their mean, or with `at_peak` by the day of intake; the protocol decides. With
    `constant` the dose must also have been the same on all these days.

    A row that cannot be counted can only add to what is known, so a dose above the limit decides in spite of it.
    """
    first = index - timedelta(days=days)

    def limited(courses: list[Course]) -> Score:
        return dose_stability.steroid(_given(courses), index, history.complete, days, limit)

    def same(courses: list[Course]) -> Score:
        return _constant(_given(courses), first, index, history.complete)

    low = _opened(_agreed(history, first, index, limited, at_peak), history, first, index, decided=(0,))
    if not constant or low.value == 0:
        return low
    unchanged = _opened(_agreed(history, first, index, same, at_peak), history, first, index, decided=())
    return next((score for score in (unchanged, low) if score.value == 0), low if low.value is None else unchanged)


def _given(courses: list[Course]) -> list[Course]:
    """Pulses as doses of their day."""
    return [one if one.pulse is None else Course(start=one.start, end=one.end, daily=one.pulse) for one in courses]


def _constant(courses: list[Course], first: date, index: date, complete: bool) -> Score:
    """1 when every day before `index` from `first` on had one known dose, 0 when two differ, else open."""
    parts = {"window": f"{first} to {index - timedelta(days=1)}"}
    doses = dose_stability.daily_doses(courses, first, index - timedelta(days=1), complete)
    known = sorted({dose for dose in doses if dose is not None})
    if len(known) > 1:
        reason = "dose changed: " + ", ".join(f"{dose} mg/d" for dose in known)
        return Score(value=Decimal(0), status=Status.SCORED, reasons=(reason,), parts=parts)
    if None in doses:
        reason = f"{doses.count(None)} days without a record"
        return Score(value=None, status=Status.INCOMPLETE, reasons=(reason,), parts=parts)
    return Score(value=Decimal(1), status=Status.SCORED, reasons=(f"{known[0]} mg/d throughout",), parts=parts)


def _agreed(
    history: History, first: date, index: date, judge: Callable[[list[Course]], Score], at_peak: bool = False
) -> Score:
    """The verdict that holds under every reading, else none."""
    found = [
        judge([one.course(at_peak) for one in reading])
        for reading in readings(history, first, index - timedelta(days=1))
    ]
    if all(one.value == other.value for one, other in pairwise(found)):
        return found[0]
    partial = any(not one.start.exact or not one.end.exact for one in history.dosings)
    reason = "a partial date decides" if partial else "overlapping rows of one drug: do they add up or replace?"
    return Score(value=None, status=Status.INCOMPLETE, reasons=(reason,), parts=found[0].parts)


def _opened(score: Score, history: History, first: date, index: date, decided: Iterable[int]) -> Score:
    """Open when a row in the window cannot be counted, unless the verdict is one of those already `decided`."""
    gaps = history.open_rows(first, index - timedelta(days=1))
    if not gaps or score.value in tuple(map(Decimal, decided)):
        return score
    reasons = tuple(f"{gap.row}, {gap.drug}: {gap.field} unknown" for gap in gaps)
    return Score(value=None, status=Status.INCOMPLETE, reasons=reasons, parts=score.parts)


def _ordered(first: date, last: date) -> None:
    if first > last:
        raise ValueError(f"a window from {first} to {last} has no days")
