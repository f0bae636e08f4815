"""From the rows of the medication log to courses in milligrams a day, under the earliest and the latest reading of partial dates."""

from calendar import monthrange
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

from trialwright.instruments import prednisone
from trialwright.instruments.dose_stability import Course
from trialwright.protocol import Chart, Value

PER_DAY = {
    "QD": Decimal(1),
    "BID": Decimal(2),
    "TID": Decimal(3),
    "QID": Decimal(4),
    "QOD": Decimal(1) / 2,
    "EVERY WEEK": Decimal(1) / 7,
}
"""Doses a day of what is taken steadily; what is given more rarely is a pulse, and "as needed" is not countable."""

PULSES = {"EVERY 2 WEEKS": 14, "EVERY 4 WEEKS": 28, "QM": None, "ONCE": 0}
MMF_OF_SODIUM = Decimal(1000) / Decimal(720)
"""Enteric-coated mycophenolate sodium 720 mg is taken as 1 g of mofetil: from memory, not verified."""

Row = Mapping[str, Value]


def courses_of(chart: Chart, drugs: Sequence[str]) -> list[list[Course]]:
    """The steady courses of `drugs`, once with all partial dates read early and once late."""
    rows = [row for row in chart.rows("MEDICATIONS") if row.get("CMTRT") in drugs]
    return [[course for row in rows if (course := _steady(row, late)) is not None] for late in (False, True)]


def pulses_of(chart: Chart, drugs: Sequence[str]) -> list[list[Course]]:
    """The pulses of `drugs`, one course for each infusion, under both readings of partial dates."""
    rows = [row for row in chart.rows("MEDICATIONS") if row.get("CMTRT") in drugs]
    today = chart.index_date
    return [[course for row in rows for course in _pulses(row, late, today)] for late in (False, True)]


def steroid_courses(chart: Chart) -> list[list[Course]]:
    """The systemic steroids as prednisone a day, under both readings of partial dates."""
    rows = [row for row in chart.rows("MEDICATIONS") if row.get("CMTRT") in prednisone.EQUAL_TO_5_MG]
    return [[course for row in rows if (course := _prednisone(row, late)) is not None] for late in (False, True)]


def _milligrams(row: Row) -> Decimal | None:
    dose = row.get("CMDOSE")
    if not isinstance(dose, int | Decimal):
        return None
    mofetil = MMF_OF_SODIUM if row.get("CMTRT") == "MYCOPHENOLATE SODIUM" else Decimal(1)
    return Decimal(dose) * mofetil * (1000 if row.get("CMDOSU") == "g" else 1)


def _steady(row: Row, late: bool) -> Course | None:
    dose, often = _milligrams(row), PER_DAY.get(str(row.get("CMDOSFRQ")))
    start = bound(row.get("CMSTDAT"), late)
    if dose is None or often is None or start is None:
        return None
    daily = (dose * often).normalize()
    return Course(start=start, end=_end(row, late), daily=daily)


def _prednisone(row: Row, late: bool) -> Course | None:
    course = _steady(row, late)
    if course is None or course.daily is None:
        return None
    score = prednisone.score(str(row["CMTRT"]), course.daily, str(row.get("CMROUTE")))
    return None if score.value is None else Course(start=course.start, end=course.end, daily=score.value)


def _pulses(row: Row, late: bool, index: date | None) -> list[Course]:
    often, dose, start = str(row.get("CMDOSFRQ")), _milligrams(row), bound(row.get("CMSTDAT"), late)
    if often not in PULSES or dose is None or start is None or index is None:
        return []
    end = _end(row, late) or index
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


def _end(row: Row, late: bool) -> date | None:
    return None if row.get("CMONGO") == "Y" else bound(row.get("CMENDAT"), late)


def bound(partial: Value | None, late: bool) -> date | None:
    """The first or the last day that a partial date (2024, 2024-03, 2024-03-05) can mean.

    >>> bound("2024-02", late=True)
    datetime.date(2024, 2, 29)
    """
    if isinstance(partial, date):
        return partial
    if not isinstance(partial, str):
        return None
    parts = [int(part) for part in partial.split("-")]
    month = parts[1] if len(parts) > 1 else (12 if late else 1)
    day = parts[2] if len(parts) > 2 else (monthrange(parts[0], month)[1] if late else 1)
    return date(parts[0], month, day)
