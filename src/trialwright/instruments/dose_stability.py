"""Whether background drugs were stable before the index date: six months of MMF and cyclophosphamide, 30 days of steroids."""

from calendar import monthrange
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from trialwright.protocol import Instrument, Score, Status, Text

Floats = NDArray[np.float64]
Dates = NDArray[np.datetime64]

INSTRUMENT = Instrument(
    code="DOSE_STABILITY",
    name=Text("dose stability before the index date", "基准日前剂量稳定性"),
    version="dose_stability/calendar-months/steroid-30-days",
    licence="Our own rules for a registered criterion that does not define them.",
    references=("NCT06546540 inclusion text; the meaning of stable is proposed here and not published",),
    verified=False,
)

PULSE_DOSE = Decimal("0.10")
PULSE_DAYS = 7
HELD_DAYS = 14
STEROID_DAYS = 30
STEROID_LIMIT = Decimal(10)


@frozen(kw_only=True)
class Course:
    """One dose over time: `daily` mg a day from `start` to `end` (both included; None = still taken).

    For a pulse, `daily` is None and `pulse` is the dose in mg given on `start`.
    """

    start: date
    end: date | None
    daily: Decimal | None = None
    pulse: Decimal | None = None


def window_start(index: date, months: int = 6) -> date:
    """The same day of the month `months` calendar months before `index`, clipped to the end of a shorter month.

    >>> window_start(date(2024, 8, 31))
    datetime.date(2024, 2, 29)
    """
    year, month = divmod(index.year * 12 + index.month - 1 - months, 12)
    return date(year, month + 1, min(index.day, monthrange(year, month + 1)[1]))


def window_starts(index: Dates, months: int = 6) -> Dates:
    """`window_start` of many dates: an array (n,) of days gives one of the same shape.

    >>> window_starts(np.array(["2024-08-31", "2024-09-15"], dtype="datetime64[D]"))
    array(['2024-02-29', '2024-03-15'], dtype='datetime64[D]')
    """
    month = index.astype("datetime64[M]")
    day = index.astype("datetime64[D]") - month.astype("datetime64[D]")
    target = month - np.timedelta64(months, "M")
    last = (target + np.timedelta64(1, "M")).astype("datetime64[D]") - np.timedelta64(1, "D")
    result: Dates = np.minimum(target.astype("datetime64[D]") + day, last)
    return result


def daily_doses(courses: Sequence[Course], first: date, last: date, complete: bool) -> list[Decimal | None]:
    """The total daily dose on each day from `first` to `last`; a day without an entry is unknown (None), and 0 only
    when the record is declared `complete`."""
    doses: list[Decimal | None] = [Decimal(0) if complete else None] * ((last - first).days + 1)
    for course in courses:
        if course.daily is None:
            continue
        begin, end = max(course.start, first), min(course.end or last, last)
        for place in range((begin - first).days, (end - first).days + 1):
            doses[place] = (doses[place] or Decimal(0)) + course.daily
    return doses


def steady(courses: Sequence[Course], index: date, complete: bool, months: int = 6) -> Score:
    """1 when a drug taken every day had one dose on all days of the window before `index`, or was never taken in it; 0
    when it was begun, stopped or changed; INCOMPLETE when days are unknown or the drug was held for up to 14 days.

    `complete` says that all doses are recorded, so that a day without an entry means none was taken. A course that
    ended the day before the window counts as stopped within it only if days of the window had the drug.

    >>> steady([Course(start=date(2024, 2, 29), end=None, daily=Decimal(1500))], date(2024, 8, 31), True).value
    Decimal('1')
    """
    first, last = window_start(index, months), index - timedelta(days=1)
    parts = {"window": f"{first} to {last}"}
    doses = daily_doses(courses, first, last, complete)
    taken = sorted({dose for dose in doses if dose})
    if len(taken) > 1:
        return _verdict(False, parts, "dose changed: " + ", ".join(f"{dose} mg/d" for dose in taken))
    unknown = sum(dose is None for dose in doses)
    if unknown:
        return Score(value=None, status=Status.INCOMPLETE, reasons=(f"{unknown} days without a record",), parts=parts)
    if not taken:
        return _verdict(True, parts, "not taken in the window")
    held = _inner_gap(doses)
    if held is not None and held <= HELD_DAYS:
        return Score(value=None, status=Status.INCOMPLETE, reasons=(f"held for {held} days: query",), parts=parts)
    if Decimal(0) in doses:
        return _verdict(False, parts, "begun, stopped or interrupted within the window")
    return _verdict(True, parts, f"{taken[0]} mg/d throughout")


def _inner_gap(doses: Sequence[Decimal | None]) -> int | None:
    """Days without the drug when they all lie between days with it, else None."""
    gap = sum(dose == 0 for dose in doses)
    return gap if gap and doses[0] and doses[-1] else None


def _verdict(stable: bool, parts: dict[str, str], reason: str) -> Score:
    return Score(value=Decimal(int(stable)), status=Status.SCORED, reasons=(reason,), parts=parts)


def pulsed(courses: Sequence[Course], index: date, complete: bool, months: int = 6) -> Score:
    """1 when pulses in the window had the same dose (10 %) and interval (7 days), or there were none; 0 otherwise.

    Fewer than two intervals cannot show a rhythm, so one or two pulses are INCOMPLETE, as is an incomplete record
    without pulses. The rule is proposed here.

    >>> pulsed([], date(2024, 8, 31), complete=True).value
    Decimal('1')
    """
    first, last = window_start(index, months), index - timedelta(days=1)
    parts = {"window": f"{first} to {last}"}
    inside = sorted((c for c in courses if c.pulse and first <= c.start <= last), key=lambda course: course.start)
    doses = [course.pulse for course in inside if course.pulse is not None]
    gaps = [(later.start - before.start).days for before, later in pairwise(inside)]
    if doses and max(doses) - min(doses) > PULSE_DOSE * max(doses):
        return _verdict(False, parts, f"pulse dose between {min(doses)} and {max(doses)} mg")
    if gaps and max(gaps) - min(gaps) > PULSE_DAYS:
        return _verdict(False, parts, f"pulse interval between {min(gaps)} and {max(gaps)} days")
    if not complete or 0 < len(doses) < 3:
        return Score(value=None, status=Status.INCOMPLETE, reasons=(f"{len(doses)} pulses recorded",), parts=parts)
    return _verdict(True, parts, f"{len(doses)} pulses" if doses else "none in the window")


def steroid(
    courses: Sequence[Course], index: date, complete: bool, days: int = STEROID_DAYS, limit: Decimal = STEROID_LIMIT
) -> Score:
    """1 when the prednisone-equivalent dose was at most `limit` on each of the `days` days before `index`, else 0.

    `courses` are in mg of prednisone a day; an alternate-day dose is entered as its daily average. One day above the
    limit decides; otherwise an unknown day leaves it INCOMPLETE.

    >>> steroid([Course(start=date(2024, 1, 1), end=None, daily=Decimal(10))], date(2024, 8, 31), complete=False).value
    Decimal('1')
    """
    first, last = index - timedelta(days=days), index - timedelta(days=1)
    parts = {"window": f"{first} to {last}"}
    doses = daily_doses(courses, first, last, complete)
    peak = max((dose for dose in doses if dose is not None), default=None)
    if peak is not None and peak > limit:
        return _verdict(False, parts, f"up to {peak} mg/d of prednisone")
    unknown = sum(dose is None for dose in doses)
    if unknown or peak is None:
        return Score(value=None, status=Status.INCOMPLETE, reasons=(f"{unknown} days without a record",), parts=parts)
    return _verdict(True, parts, f"at most {peak} mg/d of prednisone")


def steroid_columns(doses: Floats, limit: float = float(STEROID_LIMIT)) -> Floats:
    """The steroid rule on many people: daily prednisone mg of shape (n, days), NaN unknown, gives 1, 0 or NaN (n,).

    >>> steroid_columns(np.array([[10.0, 10.0], [10.0, 12.5], [np.nan, 5.0]]))
    array([ 1.,  0., nan])
    """
    over = (doses > limit).any(axis=1)
    unknown = np.isnan(doses).any(axis=1)
    result: Floats = np.where(over, 0.0, np.where(unknown, np.nan, 1.0))
    return result


def steady_columns(doses: Floats) -> Floats:
    """The steady-dose rule on many people: daily mg of shape (n, days of the window), NaN unknown, gives 1, 0 or NaN.

    >>> steady_columns(np.array([[0.0] * 20, [1500.0] * 20, [1000.0] * 10 + [1500.0] * 10]))
    array([1., 1., 0.])
    """
    known = ~np.isnan(doses)
    high = np.where(known, doses, -np.inf).max(axis=1)
    low = np.where(known & (doses > 0), doses, np.inf).min(axis=1)
    never = high <= 0
    zero = (doses == 0).sum(axis=1)
    held = (zero > 0) & (zero <= HELD_DAYS) & (doses[:, 0] > 0) & (doses[:, -1] > 0)
    answer = np.where(never | (zero == 0), 1.0, np.where(held, np.nan, 0.0))
    unknown = ~known.all(axis=1)
    result: Floats = np.where((low < high) & ~never, 0.0, np.where(unknown, np.nan, answer))
    return result
