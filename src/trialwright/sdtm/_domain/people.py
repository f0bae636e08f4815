"""Each person of the trial as the tabulation sees him: identifiers, reference day, the periods and visits he went through."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from attrs import define, frozen

from trialwright.protocol import Item, Study, Visit
from trialwright.record.casebook import Casebook, Subject
from trialwright.record.events import Failed
from trialwright.record.pages import Cell, Page
from trialwright.record.visits import window
from trialwright.sdtm._domain.annotation import Target, targets
from trialwright.sdtm._domain.days import earliest

Plan = Mapping[str, tuple[tuple[Item, Target], ...]]
"""For one domain: the items of each form that go there."""


@frozen(kw_only=True)
class Element:
    """A period that the person really went through; the next one begins on the day on which it ends."""

    epoch: str
    order: int
    begins: date | None
    ends: date | None = None


@frozen(kw_only=True)
class Visited:
    """One planned visit of one person: the first and last day of its assessments, or why it did not take place."""

    visit: Visit
    occurred: bool
    first: date | None = None
    last: date | None = None
    reason: str = ""
    refs: tuple[str, ...] = ()


@define(kw_only=True, slots=False)
class Person:
    """A subject with his identifiers and his way through periods and visits; `start` is the reference day of all study days."""

    subject: Subject
    usubjid: str
    elements: tuple[Element, ...]
    visits: dict[str, Visited]

    @property
    def start(self) -> date | None:
        return self.subject.index_date

    @property
    def failed(self) -> Failed | None:
        event = self.subject.failed.event if self.subject.failed else None
        return event if isinstance(event, Failed) else None

    def visited_on(self, day: str | None) -> Visit | None:
        """The visit that took place on `day`, if one did."""
        on = earliest(day) if day is not None and len(day) >= 10 else None
        found = (one.visit for one in self.visits.values() if on and one.first and one.last and one.first <= on <= one.last)
        return next(found, None)

    def epoch(self, day: str | date | None, visit: Visit | None = None) -> str | None:
        """The period in which `day` lies (the first one for what came before); that of the visit when there is no day."""
        on = earliest(day) if isinstance(day, str) else day
        if on is None:
            return visit.epoch if visit is not None else None
        found = self.elements[0]
        for element in self.elements[1:]:
            if element.begins is not None and element.begins <= on:
                found = element
        return found.epoch


def plan(study: Study, domain: str) -> Plan:
    """Which items of which forms go into `domain`."""
    found: dict[str, tuple[tuple[Item, Target], ...]] = {}
    for form in study.forms:
        here = tuple((item, target) for item in form.items for target in targets(item.sdtm) if target.domain == domain)
        if here:
            found[form.code] = here
    return found


def people(study: Study, casebook: Casebook) -> tuple[Person, ...]:
    """Everybody who consented (or is enrolled, for a reader who may not see consents), in the order of their identifiers."""
    last = today(study, casebook)
    dated = {form.code: _day_items(study, form.code) for form in study.forms}
    return tuple(
        _person(study, subject, dated, last)
        for subject in casebook.subjects
        if subject.consented or subject.index_date
    )


def today(study: Study, casebook: Casebook) -> date | None:
    """The last day of which this reader knows anything."""
    at = casebook.as_of
    return None if at is None else at.astimezone(ZoneInfo(study.time_zone)).date()


def _day_items(study: Study, form: str) -> tuple[tuple[str, bool], ...]:
    """The items of a form that say when it was assessed; True for the one that is the date of the visit itself."""
    found = []
    for item in study.form(form).items:
        names = {target.variable for target in targets(item.sdtm) if target.variable == f"{target.domain}DTC"}
        visit = any(target.domain == "SV" and target.variable == "SVSTDTC" for target in targets(item.sdtm))
        if names or visit:
            found.append((item.code, visit))
    return tuple(found)


def _person(
    study: Study, subject: Subject, dated: Mapping[str, tuple[tuple[str, bool], ...]], today: date | None
) -> Person:
    visits = {one.visit.code: one for one in _visits(study, subject, dated, today)}
    usubjid = f"{study.code}-{subject.id}"
    return Person(subject=subject, usubjid=usubjid, elements=_elements(study, subject, visits), visits=visits)


def _visits(
    study: Study, subject: Subject, dated: Mapping[str, tuple[tuple[str, bool], ...]], today: date | None
) -> Iterator[Visited]:
    pages: dict[str, list[Page]] = {}
    for page in subject.pages.values():
        if page.place[0]:
            pages.setdefault(page.place[0], []).append(page)
    for visit in study.visits:
        here = pages.get(visit.code, [])
        filled = [page for page in here if page.answers]
        if filled:
            yield _took_place(visit, filled, subject, dated)
        elif here or _is_past(visit, subject, today):
            yield _missed(visit, here, subject)


def _took_place(
    visit: Visit, filled: list[Page], subject: Subject, dated: Mapping[str, tuple[tuple[str, bool], ...]]
) -> Visited:
    """Dates before the consent are reports brought along and do not date the visit; a date of the visit itself outweighs all others."""
    told: list[tuple[bool, date, str]] = []
    for page in filled:
        for item, of_visit in dated[page.place[1]]:
            cell = page.cells.get(item)
            day = earliest(cell.value) if cell is not None and len(cell.value or "") >= 10 else None
            if (
                cell is not None
                and day is not None
                and (of_visit or subject.consented is None or day >= subject.consented)
            ):
                told.append((of_visit, day, cell.entries[-1].ref))
    own = [one for one in told if one[0]] or told
    refs = tuple(ref for _, _, ref in own) or tuple(_some(page).entries[-1].ref for page in filled)
    days = [day for _, day, _ in own]
    return Visited(visit=visit, occurred=True, first=min(days, default=None), last=max(days, default=None), refs=refs)


def _some(page: Page) -> Cell:
    return next(iter(page.cells.values()))


def _missed(visit: Visit, here: list[Page], subject: Subject) -> Visited:
    """A visit at which nothing was assessed, with the reason on its pages; without one it follows from the enrollment alone."""
    why = [page.not_done for page in here if page.not_done is not None]
    reasons = tuple(dict.fromkeys(getattr(entry.event, "reason", "") for entry in why))
    cells = tuple(cell.entries[-1].ref for page in here for cell in page.cells.values())
    refs = tuple(entry.ref for entry in why) + cells or tuple(entry.ref for entry in (subject.enrolled,) if entry)
    return Visited(visit=visit, occurred=False, reason="; ".join(reasons), refs=refs)


def _is_past(visit: Visit, subject: Subject, today: date | None) -> bool:
    """Whether the visit should have taken place by the last day known here (or the end of follow-up)."""
    span = window(visit, subject)
    last = min((day for day in (today, subject.ended) if day is not None), default=None)
    return span is not None and last is not None and span.last < last


def _elements(study: Study, subject: Subject, visits: Mapping[str, Visited]) -> tuple[Element, ...]:
    begun = _first_day(subject, visits)
    starts = [begun, subject.index_date]
    for epoch in study.epochs[2:]:
        days = [one.first for one in visits.values() if one.visit.epoch == epoch.code and one.first is not None]
        starts.append(min(days, default=None) if subject.index_date else None)
    kept = [(epoch.code, order, day) for order, (epoch, day) in enumerate(zip(study.epochs, starts, strict=False), start=1)
            if order == 1 or day is not None]  # fmt: skip
    event = subject.failed.event if subject.failed else None
    last = event.on if isinstance(event, Failed) else subject.ended
    ends = [day for _, _, day in kept[1:]] + [last]
    return tuple(
        Element(epoch=code, order=order, begins=day, ends=end)
        for (code, order, day), end in zip(kept, ends, strict=True)
    )


def _first_day(subject: Subject, visits: Mapping[str, Visited]) -> date | None:
    """The consent, else the first visit, else the day before the reference day."""
    if subject.consented is not None:
        return subject.consented
    days = [one.first for one in visits.values() if one.first is not None]
    first = min(days, default=None)
    before = subject.index_date - timedelta(days=1) if subject.index_date else None
    return min((day for day in (first, before) if day is not None), default=None)
