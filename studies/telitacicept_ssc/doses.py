"""From the rows of the medication log to courses in milligrams a day, under every reading of partial dates that matters."""

from calendar import monthrange
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal

from trialwright.instruments import dose_stability, prednisone
from trialwright.instruments.dose_stability import Course
from trialwright.protocol import Chart, Value

PER_DAY = {
    "QD": Decimal(1),
    "BID": Decimal(2),
    "TID": Decimal(3),
    "QID": Decimal(4),
    "QOD": Decimal(1) / 2,
}
"""Doses a day of what is taken steadily; what is given more rarely is a pulse, and "as needed" is not countable."""

PULSES = {"EVERY WEEK": 7, "EVERY 2 WEEKS": 14, "EVERY 4 WEEKS": 28, "QM": None, "ONCE": 0}
MMF_OF_SODIUM = Decimal(1000) / Decimal(720)
"""Enteric-coated mycophenolate sodium 720 mg is taken as 1 g of mofetil: from memory, not verified."""

Row = Mapping[str, Value]
MYCOPHENOLATES = ("MYCOPHENOLATE MOFETIL", "MYCOPHENOLATE SODIUM")
STEROIDS = tuple(prednisone.EQUAL_TO_5_MG)


def courses_of(chart: Chart, drugs: Sequence[str], index: date) -> list[list[Course]]:
    """The steady courses of `drugs`, once for each reading of partial dates."""
    rows = [row for row in chart.rows("MEDICATIONS") if row.get("CMTRT") in drugs]
    return [[course for row in rows if (course := _steady(row, near)) is not None] for near in readings(index)]


def pulses_of(chart: Chart, drugs: Sequence[str], index: date) -> list[list[Course]]:
    """The pulses of `drugs`, one course for each infusion, once for each reading of partial dates."""
    rows = [row for row in chart.rows("MEDICATIONS") if row.get("CMTRT") in drugs]
    return [[course for row in rows for course in _pulses(row, near, index)] for near in readings(index)]


def steroid_courses(chart: Chart, index: date) -> list[list[Course]]:
    """The systemic steroids as prednisone a day, pulses on their days, once for each reading of partial dates."""
    rows = [row for row in chart.rows("MEDICATIONS") if row.get("CMTRT") in STEROIDS]
    return [[course for row in rows for course in _prednisone(row, near, index)] for near in readings(index)]


def uncountable(chart: Chart, drugs: Sequence[str], index: date, months: int = 6) -> tuple[str, ...]:
    """What stands in the log about `drugs` in the window and cannot be counted: an unknown dose, time or rhythm.

    Such a row must leave the criterion open: left out, it would read as "not taken".
    """
    first = dose_stability.window_start(index, months)
    rows = [row for row in chart.rows("MEDICATIONS") if row.get("CMTRT") in drugs]
    return tuple(f"{row['CMTRT']}: {gap}" for row in rows if _touches(row, first, index) for gap in _gaps(row))


def _touches(row: Row, first: date, index: date) -> bool:
    start, end = bound(row.get("CMSTDAT"), date.min), _end(row, date.max)
    return not ((start is not None and start >= index) or (end is not None and end < first))


def _gaps(row: Row) -> list[str]:
    drug, often = str(row["CMTRT"]), str(row.get("CMDOSFRQ"))
    steroid = drug in STEROIDS
    if steroid and row.get("CMROUTE") in prednisone.LOCAL:
        return []
    gaps = [] if _milligrams(row) is not None else ["dose"]
    gaps += [] if bound(row.get("CMSTDAT"), date.min) else ["first day"]
    gaps += [] if row.get("CMONGO") == "Y" or _end(row, date.max) else ["last day"]
    rhythm = often in PER_DAY or (often in PULSES and not drug.startswith("MYCOPHENOLATE"))
    gaps += [] if rhythm else ["how often"]
    gaps += ["route"] if steroid and row.get("CMROUTE") not in prednisone.SYSTEMIC else []
    return gaps


def readings(index: date) -> tuple[date, ...]:
    """The days toward which partial dates are read: as early and as late as they can be, and just inside each window.

    A verdict stands only when all readings agree: a drug begun "in 2024" may have been begun before, within or after
    the window of six months.
    """
    start = dose_stability.window_start(index)
    steroid = index - timedelta(days=dose_stability.STEROID_DAYS)
    return (
        date.min,
        start + timedelta(days=1),
        steroid,
        steroid + timedelta(days=1),
        index - timedelta(days=1),
        date.max,
    )


def _milligrams(row: Row) -> Decimal | None:
    dose = row.get("CMDOSE")
    if not isinstance(dose, int | Decimal):
        return None
    mofetil = MMF_OF_SODIUM if row.get("CMTRT") == "MYCOPHENOLATE SODIUM" else Decimal(1)
    return Decimal(dose) * mofetil * (1000 if row.get("CMDOSU") == "g" else 1)


def _steady(row: Row, near: date) -> Course | None:
    dose, often = _milligrams(row), PER_DAY.get(str(row.get("CMDOSFRQ")))
    start = bound(row.get("CMSTDAT"), near)
    if dose is None or often is None or start is None:
        return None
    daily = (dose * often).normalize()
    return Course(start=start, end=_end(row, near), daily=daily)


def _prednisone(row: Row, near: date, index: date) -> list[Course]:
    steady = _steady(row, near)
    doses = [steady] if steady else _pulses(row, near, index)
    found = []
    for course in doses:
        score = prednisone.score(str(row["CMTRT"]), course.daily or course.pulse or Decimal(0), str(row.get("CMROUTE")))
        if score.value is not None:
            found.append(Course(start=course.start, end=course.end, daily=score.value))
    return found


def _pulses(row: Row, near: date, index: date) -> list[Course]:
    often, dose, start = str(row.get("CMDOSFRQ")), _milligrams(row), bound(row.get("CMSTDAT"), near)
    if often not in PULSES or dose is None or start is None:
        return []
    end = _end(row, near) or index
    return [Course(start=day, end=day, pulse=dose) for day in _days(start, min(end, index), PULSES[often])]


def _days(start: date, end: date, every: int | None) -> list[date]:
    """The days of infusions: every so many days, every month (None), or once (0)."""
    if every == 0:
        return [start]
    if every is None:
        months = (end.year - start.year) * 12 + end.month - start.month
        days = [_month_later(start, count) for count in range(months + 1)]
        return [day for day in days if day <= end]
    return [date.fromordinal(day) for day in range(start.toordinal(), end.toordinal() + 1, every)]


def _month_later(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _end(row: Row, near: date) -> date | None:
    return None if row.get("CMONGO") == "Y" else bound(row.get("CMENDAT"), near)


def bound(partial: Value | None, near: date) -> date | None:
    """The day nearest to `near` that a partial date (2024, 2024-03, 2024-03-05) can mean.

    >>> bound("2024-02", date.max), bound("2024", date(2024, 5, 10))
    (datetime.date(2024, 2, 29), datetime.date(2024, 5, 10))
    """
    if isinstance(partial, date):
        return partial
    if not isinstance(partial, str):
        return None
    parts = [int(part) for part in partial.split("-")]
    first = date(parts[0], parts[1] if len(parts) > 1 else 1, parts[2] if len(parts) > 2 else 1)
    month = parts[1] if len(parts) > 1 else 12
    last = date(parts[0], month, parts[2] if len(parts) > 2 else monthrange(parts[0], month)[1])
    return min(max(first, near), last)
