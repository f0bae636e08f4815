"""Days as the tabulation counts and writes them: ISO 8601, partly known dates, and study days without a day zero."""

from datetime import date
from functools import lru_cache


@lru_cache(maxsize=65536)
def study_day(day: date | str | None, start: date | None) -> int | None:
    """The study day of `day`: 1 is the reference day, -1 the day before it; there is no day 0.

    None when either is unknown or the date is only partly known.

    >>> study_day("2026-03-05", date(2026, 3, 5)), study_day("2026-03-04", date(2026, 3, 5)), study_day("2026-03", date(2026, 3, 5))
    (1, -1, None)
    """
    if isinstance(day, str):
        day = date.fromisoformat(day[:10]) if len(day) >= 10 else None
    if day is None or start is None:
        return None
    days = (day - start).days
    return days + 1 if days >= 0 else days


@lru_cache(maxsize=65536)
def earliest(text: str | None) -> date | None:
    """The first day that a partly known date can mean.

    >>> earliest("2026-03"), earliest("2026"), earliest(None)
    (datetime.date(2026, 3, 1), datetime.date(2026, 1, 1), None)
    """
    if not text:
        return None
    parts = text[:10].split("-")
    return date(int(parts[0]), int(parts[1]) if len(parts) > 1 else 1, int(parts[2]) if len(parts) > 2 else 1)
