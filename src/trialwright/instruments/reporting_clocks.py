"""When a serious adverse event must be reported: what makes it expedited, and the 7 + 8 and 15 calendar days."""

from calendar import isleap
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from trialwright.protocol import Audience, Instrument, Item, Kind, Score, Status, Text, yes_no

Dates = NDArray[np.datetime64]
Floats = NDArray[np.float64]

INSTRUMENT = Instrument(
    code="REPORTING_CLOCKS",
    name=Text("expedited reporting clocks", "快速报告时限"),
    version="reporting_clocks/ich-e2a/china-registration-trials",
    licence="Rules of authorities; facts.",
    references=(
        "ICH E2A: seriousness; sponsor to authority within 7 calendar days if fatal or life-threatening, follow-up within 8 more, else 15",
        "practice in China as described by hospitals: day 0 = first awareness, holidays count, investigator to sponsor within 24 hours",
        "the four elements of a valid case, and a new clock on an upgrade: convention, from memory, not verified",
        "these rules are for registration trials; which route an investigator's own trial takes is for the hospital to say",
    ),
    verified=False,
)

FORMULA = "SUSAR = serious and unexpected and suspected; due = day 0 + 7 (fatal or life-threatening; follow-up + 8 more) or day 0 + 15 calendar days"
MISSING_RULE = "What is not known of seriousness, expectedness or suspicion leaves the case open, and it is named; nothing is assumed away."

SERIOUS = {
    "DEATH": Text("death", "死亡"),
    "LIFE_THREATENING": Text("life-threatening", "危及生命"),
    "HOSPITALIZATION": Text("hospital stay, or a longer one", "住院或住院时间延长"),
    "DISABILITY": Text("lasting or significant disability", "永久或显著残疾"),
    "CONGENITAL": Text("congenital anomaly", "先天性异常"),
    "IMPORTANT": Text("important medical event", "重要医学事件"),
}
"""Any one makes an event serious; that is not its severity (grade)."""
FASTEST = ("DEATH", "LIFE_THREATENING")
FAST_DAYS, FOLLOW_UP_DAYS, USUAL_DAYS = 7, 8, 15
INVESTIGATOR_HOURS = 24
CASE_ELEMENTS = ("PATIENT", "REPORTER", "PRODUCT", "EVENT")


def items(audience: Audience) -> tuple[Item, ...]:
    """The six criteria of seriousness, expectedness against the reference safety information, and the day of awareness."""
    boxes = {**SERIOUS, "EXPECTED": Text("expected by the reference safety information", "参考安全性信息中预期")}
    asked = tuple(
        Item(code=code, label=name, kind=Kind.CHOICE, audience=audience, codelist=yes_no()) for code, name in boxes.items()
    )
    aware = Item(code="AWARE", label=Text("sponsor first aware on", "申办者首次获知日期"), kind=Kind.DATE, audience=audience)
    return (*asked, aware)


def serious(criteria: Mapping[str, bool | None]) -> bool | None:
    """Whether an event is serious: any criterion makes it so; unknown (None or left out) only where it could.

    >>> serious({"HOSPITALIZATION": True}), serious(dict.fromkeys(SERIOUS, False)), serious({"DEATH": False})
    (True, False, None)
    """
    for name in criteria:
        if name not in SERIOUS:
            raise ValueError(f"{name} is not a criterion of seriousness ({', '.join(SERIOUS)})")
    if any(criteria.get(name) is True for name in SERIOUS):
        return True
    return None if any(criteria.get(name) is None for name in SERIOUS) else False


def suspected(investigator: bool | None, sponsor: bool | None) -> bool | None:
    """Whether a causal relation is suspected: yes as soon as either the investigator or the sponsor cannot exclude it.

    >>> suspected(False, True), suspected(None, False)
    (True, None)
    """
    if investigator or sponsor:
        return True
    return None if investigator is None or sponsor is None else False


def missing_elements(case: Mapping[str, bool]) -> tuple[str, ...]:
    """What a case report still lacks of its four elements: patient, reporter, product, event.

    >>> missing_elements({"PATIENT": True, "EVENT": True})
    ('REPORTER', 'PRODUCT')
    """
    return tuple(name for name in CASE_ELEMENTS if not case.get(name, False))


@frozen(kw_only=True)
class Clock:
    """One clock: it starts on day 0 (first awareness), the report is due, and a follow-up if the event was fatal or
    life-threatening."""

    start: date
    due: date
    follow_up: date | None = None

    def overdue(self, today: date) -> bool:
        return today > self.due


def clock(aware: date, fastest: bool) -> Clock:
    """The clock of a SUSAR of which the sponsor became aware on `aware`; `fastest` for fatal or life-threatening.

    >>> clock(date(2025, 1, 3), fastest=True)
    Clock(start=datetime.date(2025, 1, 3), due=datetime.date(2025, 1, 10), follow_up=datetime.date(2025, 1, 18))
    """
    due = aware + timedelta(days=FAST_DAYS if fastest else USUAL_DAYS)
    return Clock(start=aware, due=due, follow_up=due + timedelta(days=FOLLOW_UP_DAYS) if fastest else None)


def due_dates(aware: Dates, fastest: Floats) -> Dates:
    """When the reports of many SUSARs are due: days (n,) and 1 or 0 (n,; NaN unknown gives no date).

    >>> due_dates(np.array(["2025-01-03", "2025-01-03"], dtype="datetime64[D]"), np.array([1.0, 0.0]))
    array(['2025-01-10', '2025-01-18'], dtype='datetime64[D]')
    """
    days = np.where(fastest == 1, FAST_DAYS, USUAL_DAYS).astype("timedelta64[D]")
    result: Dates = np.where(np.isnan(fastest), np.datetime64("NaT"), aware.astype("datetime64[D]") + days)
    return result


@frozen(kw_only=True)
class Assessment:
    """What was known from a day on: whether the event is a SUSAR, and fatal or life-threatening."""

    known: date
    susar: bool
    fastest: bool


def clocks(assessments: Sequence[Assessment]) -> tuple[Clock, ...]:
    """Every clock that a case has started, in order of time.

    The first assessment as SUSAR starts one. An upgrade to fatal or life-threatening starts a new one of 7 days on the
    day that it became known; a downgrade stops none (convention).

    >>> first = Assessment(known=date(2025, 1, 3), susar=True, fastest=False)
    >>> worse = Assessment(known=date(2025, 1, 8), susar=True, fastest=True)
    >>> [one.due.isoformat() for one in clocks([first, worse])]
    ['2025-01-18', '2025-01-15']
    """
    found: list[Clock] = []
    fast = False
    for one in sorted(assessments, key=lambda assessment: assessment.known):
        if one.susar and (not found or (one.fastest and not fast)):
            found.append(clock(one.known, one.fastest))
            fast = fast or one.fastest
    return tuple(found)


def investigator_due(aware: datetime, hours: int = INVESTIGATOR_HOURS) -> datetime:
    """Until when the investigator has to tell the sponsor: at once, and within 24 hours where the protocol says no more.

    >>> investigator_due(datetime(2025, 1, 3, 22, 30))
    datetime.datetime(2025, 1, 4, 22, 30)
    """
    return aware + timedelta(hours=hours)


def annual_due(first: date, number: int) -> date:
    """The end of the reporting year `number` (1, 2, ...) that began on `first`: a safety update is due at least yearly.

    >>> annual_due(date(2024, 2, 29), 1)
    datetime.date(2025, 2, 28)
    """
    if number < 1:
        raise ValueError(f"years are counted from 1, not {number}")
    year = first.year + number
    on_leap_day = (first.month, first.day) == (2, 29)
    return date(year, 2, 28) if on_leap_day and not isleap(year) else first.replace(year=year)


def score(
    criteria: Mapping[str, bool | None],
    expected: bool | None,
    related: bool | None,
    aware: date | None,
) -> Score:
    """The calendar days allowed for the report (7 or 15), with `due` and `follow-up` in `parts`.

    NOT_APPLICABLE, with the reason, when the event is not serious, is expected, or not suspected; INCOMPLETE while that
    is open.

    >>> found = score({"DEATH": True}, expected=False, related=True, aware=date(2025, 1, 3))
    >>> found.value, found.parts["due"], found.parts["follow-up"]
    (Decimal('7'), '2025-01-10', '2025-01-18')
    """
    grave = serious(criteria)
    excluded = ("not serious",) * (grave is False) + ("expected",) * (expected is True) + ("not suspected",) * (related is False)
    if excluded:
        return Score(value=None, status=Status.NOT_APPLICABLE, reasons=excluded)
    wanted = {"seriousness": grave, "expectedness": expected, "causality": related, "day of awareness": aware}
    missing = tuple(f"{name} unknown" for name, value in wanted.items() if value is None)
    fast = [criteria.get(name) for name in FASTEST]
    if not any(fast) and None in fast:
        missing += ("whether fatal or life-threatening unknown",)
    if aware is None or missing:
        return Score(value=None, status=Status.INCOMPLETE, reasons=missing)
    running = clock(aware, any(fast))
    parts = {"due": running.due.isoformat()} | ({"follow-up": running.follow_up.isoformat()} if running.follow_up else {})
    return Score(value=Decimal((running.due - aware).days), status=Status.SCORED, parts=parts)
