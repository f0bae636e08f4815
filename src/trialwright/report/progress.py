"""How the trial is going, as one reader may know it: people joined, visits done, deviations, questions, and when the last visit will be."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import accumulate, pairwise
from math import isfinite
from zoneinfo import ZoneInfo

from attrs import frozen

from trialwright.eligibility.deviations import Deviation, deviations
from trialwright.protocol import Audience, Form, Kind, Study, Visit
from trialwright.record import Casebook, Page, Subject, SubjectChart, expected, window
from trialwright.record.events import Failed

FEWEST = 3
"""With fewer patients nothing is foretold."""
LIKELY = (0.1, 0.9)
"""The forecast is a range: one trial in ten ends earlier, one in ten later."""


@frozen(kw_only=True)
class Recruitment:
    """People who entered screening and who joined, as (day, how many so far), since the day on which the study began."""

    began: date
    screened: tuple[tuple[date, int], ...]
    enrolled: tuple[tuple[date, int], ...]
    planned: int

    @property
    def joined(self) -> int:
        return self.enrolled[-1][1] if self.enrolled else 0


def recruitment(study: Study, book: Casebook, today: date) -> Recruitment:
    """How many were screened and enrolled by which day."""
    zone = ZoneInfo(study.time_zone)
    screened = sorted(one.screened.at.astimezone(zone).date() for one in book.subjects if one.screened)
    enrolled = sorted(one.index_date for one in book.subjects if one.index_date is not None)
    began = min([*(entry.at.astimezone(zone).date() for entry in book.entries()), *screened, *enrolled], default=today)
    return Recruitment(began=began, screened=_counted(screened), enrolled=_counted(enrolled), planned=study.planned)


def _counted(days: list[date]) -> tuple[tuple[date, int], ...]:
    return tuple(accumulate(((day, 1) for day in days), lambda before, one: (one[0], before[1] + 1)))


@frozen(kw_only=True)
class Forecast:
    """When the last patient will probably have joined, and when the last visit of all will be: a range of days each."""

    full: tuple[date, date] | None
    last_visit: tuple[date, date]


def forecast(study: Study, book: Casebook, today: date) -> Forecast | None:
    """The forecast on `today`; None while fewer than three patients have joined and somebody is missing.

    Those who joined are followed to the end of the window of the last visit; the pace of joining is taken to stay as it was.
    """
    from trialwright.statistics.recruitment import (
        days_until_full,  # the special functions load slowly, and most pages need none
    )

    known = recruitment(study, book, today)
    last = max(study.visits, key=lambda visit: visit.day)
    ends = [span.last for one in book.subjects if one.ended is None and (span := window(last, one)) is not None]
    latest = max([*ends, *(one.ended for one in book.subjects if one.ended is not None)], default=today)
    if known.joined >= known.planned:
        return Forecast(full=None, last_visit=(latest, latest))
    if known.joined < FEWEST or today <= known.began:
        return None
    waits = [days_until_full(known.joined, (today - known.began).days, known.planned, chance) for chance in LIKELY]
    if not all(isfinite(wait) and wait < 36500 for wait in waits):
        return None
    first, second = (today + timedelta(days=round(wait)) for wait in waits)
    after = timedelta(days=last.last_day)
    return Forecast(full=(first, second), last_visit=(max(latest, first + after), max(latest, second + after)))


def screening_failures(study: Study, book: Casebook) -> tuple[tuple[str, int], ...]:
    """How many people failed by each criterion ("" for no criterion named); a person may fail by several."""
    told: Counter[str] = Counter()
    for one in book.subjects:
        if one.failed and isinstance(one.failed.event, Failed):
            told.update(one.failed.event.criteria.split(","))
    known = [(criterion.code, told[criterion.code]) for criterion in study.criteria if told[criterion.code]]
    return (*known, *([("", told[""])] if told[""] else []))


def open_deviations(study: Study, book: Casebook, role: Audience, today: date) -> tuple[Deviation, ...]:
    """The deviations that tell no arm, whoever reads: doses and opened codes are left to the pages of those who treat."""
    return tuple(one for one in deviations(study, book, role, today) if not one.kind.startswith("DOSE") and one.kind != "UNBLINDED")


@frozen(kw_only=True)
class VisitCount:
    """How many enrolled patients did a visit within its window, outside it, missed it, or have it due now or later."""

    visit: Visit
    inside: int
    outside: int
    missed: int
    due: int
    later: int


def visits_done(study: Study, book: Casebook, role: Audience, today: date) -> tuple[VisitCount, ...]:
    """Visit by visit, from baseline on, for the pages that `role` may read."""
    outside = {(one.subject, one.visit) for one in deviations(study, book, role, today) if one.kind == "VISIT_OUT_OF_WINDOW"}
    found = []
    for visit in study.visits:
        forms = [study.form(code) for code in visit.forms if study.form(code).seen_by(role)]
        if forms and visit.day >= study.baseline.day:
            told = Counter(_stands(study, visit, one, forms, outside, today) for one in book.subjects if one.index_date is not None)
            found.append(VisitCount(visit=visit, **{state: told[state] for state in ("inside", "outside", "missed", "due", "later")}))
    return tuple(found)


def _stands(study: Study, visit: Visit, subject: Subject, forms: list[Form], outside: set[tuple[str, str]], today: date) -> str:
    """How a visit of one subject stands; one after the end of follow-up, or that came too late for him, is none of these."""
    if any(subject.page(visit.code, form.code).cells for form in forms):
        return "outside" if (subject.id, visit.code) in outside else "inside"
    span = window(visit, subject)
    if span is None or (subject.ended is not None and subject.ended < span.first) or not any(expected(study, subject, visit, form) for form in forms):
        return "ended"
    if span.last < today or all(subject.page(visit.code, form.code).not_done for form in forms):
        return "missed"
    return "due" if span.first <= today else "later"


AGES = (7, 14, 30)
"""Open questions are counted up to so many days old, and older."""


def question_ages(book: Casebook, now: datetime) -> tuple[int, ...]:
    """How many open questions are at most 7, 14, 30 days old, and older."""
    days = [(now - query.asked.at).days for one in book.subjects for query in one.queries.values() if query.open]
    bounds = (-1, *AGES, 10**6)
    return tuple(sum(low < day <= high for day in days) for low, high in pairwise(bounds))


@frozen(kw_only=True)
class Safety:
    """Adverse events of all patients together, never by arm."""

    events: int
    patients: int
    serious: int
    serious_patients: int


def safety(study: Study, book: Casebook, role: Audience) -> Safety | None:
    """Adverse events as counts; None for a role that may not read whether one is serious, or when the study has no such log."""
    form, item = next(((form, item) for form in study.forms for item in form.seen_by(role) if "AE.AESER" in (item.sdtm or "")), (None, None))
    if form is None or item is None:
        return None
    told = {one.id: [page.answers.get(item.code) for page in one.rows(form.code)] for one in book.subjects}
    return Safety(events=sum(map(len, told.values())), patients=sum(bool(rows) for rows in told.values()),
                  serious=sum(rows.count("Y") for rows in told.values()), serious_patients=sum("Y" in rows for rows in told.values()))  # fmt: skip


@frozen(kw_only=True)
class Assessment:
    """One total of the study's main score: of whom, at which visit, on which day, by whom."""

    subject: Subject
    visit: Visit
    day: date
    study_day: int
    total: int
    by: str
    form: str


def score_form(study: Study) -> Form | None:
    """The form of the primary endpoint, when it is a score: several grades, filled by blinded people alone, that add up."""
    primary = next((one for one in study.endpoints if one.primary and study.has_form(one.form)), None)
    form = study.form(primary.form) if primary else None
    return form if form is not None and len(grades(form)) > 1 and not form.entered_by & ~study.blinded else None


def grades(form: Form) -> tuple[str, ...]:
    """The items that add up to the total."""
    return tuple(item.code for item in form.items if item.kind is Kind.INTEGER and item.required)


def assessments(study: Study, book: Casebook, role: Audience) -> Iterator[Assessment]:
    """All complete totals of the main score that `role` may read, subject by subject in the order of the visits."""
    form = score_form(study)
    if form is None or not set(grades(form)) <= {item.code for item in form.seen_by(role)}:
        return
    for one in book.subjects:
        for visit in study.visits:
            page = one.page(visit.code, form.code)
            found = assessed(study, one, visit, form, page)
            if found is not None:
                yield found


def assessed(study: Study, subject: Subject, visit: Visit, form: Form, page: Page) -> Assessment | None:
    """The total of one page; None when a grade is missing, or the day is not known."""
    told = [page.answers.get(code) for code in grades(form)]
    if subject.index_date is None or not page.cells or any(value is None for value in told):
        return None
    values = SubjectChart(study, subject).values(page)
    day = next((values[item.code] for item in form.items if item.kind is Kind.DATE and item.code in values), None)
    first = next(iter(page.cells.values())).entries[0]
    when = day if isinstance(day, date) else first.at.astimezone(ZoneInfo(study.time_zone)).date()
    return Assessment(subject=subject, visit=visit, day=when, study_day=(when - subject.index_date).days, by=first.by, form=form.code,
                      total=sum(int(value) for value in told if value is not None))  # fmt: skip
