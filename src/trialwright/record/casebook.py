"""What is known of every subject: nothing but a fold over the entries that a reader may see."""

import hashlib
from collections.abc import Container, Iterable, Mapping
from copy import copy
from datetime import date, datetime
from functools import cached_property
from itertools import takewhile
from typing import assert_never

from attrs import Factory, define, evolve, field, frozen

from trialwright.protocol import Absence, Audience
from trialwright.record.events import (
    Allocated,
    Answered,
    CodeBroken,
    Coded,
    Consented,
    Corrected,
    Enrolled,
    Entry,
    EvaluatorChanged,
    Event,
    Failed,
    FollowUpEnded,
    Frozen,
    Locked,
    MarkedNotDone,
    Queried,
    QueryAnswered,
    QueryClosed,
    Screened,
    SequenceSealed,
    Signed,
    StudyOpened,
    Thawed,
    Unlocked,
    Verified,
    Withdrew,
)

Place = tuple[str, str, str]
"""Where a page lies: visit ("" for a log), form, row ("" for a visit page)."""


class Cell(list[Entry]):
    """One answer: its entries, oldest first. The last one counts and none is ever lost."""

    __slots__ = ()

    @property
    def entries(self) -> "Cell":
        return self

    @property
    def last(self) -> Answered:
        event = self[-1].event
        assert isinstance(event, Answered)
        return event

    @property
    def value(self) -> str | None:
        return self.last.value

    @property
    def absence(self) -> Absence | None:
        return Absence(self.last.absence) if self.last.absence else None

    @property
    def revision(self) -> int:
        return len(self)


@frozen(kw_only=True)
class Signature:
    """Who signed which content, with which meaning; valid while the content is still the one that was signed."""

    entry: Entry
    event: Signed
    valid: bool


@define
class Page:
    """One filled (or deliberately empty) page."""

    place: Place
    cells: dict[str, Cell] = Factory(dict)
    not_done: Entry | None = None
    signed: list[Entry] = Factory(list)
    verified: list[Entry] = Factory(list)
    coded: dict[str, Entry] = Factory(dict)

    @property
    def labels(self) -> dict[str, Audience]:
        """Who may read each answer."""
        return {item: cell.last.label for item, cell in self.cells.items()}

    def copy(self) -> "Page":
        """The same page, to write on while this one stays as it is."""
        cells = {item: Cell(cell) for item, cell in self.cells.items()}
        return Page(self.place, cells, self.not_done, list(self.signed), list(self.verified), dict(self.coded))

    def digest(self, label: Audience, excepted: Container[str] = ()) -> str:
        """SHA-256 over the answers that carry `label`, but for the items `excepted`: what a signature or a verification binds."""
        told = [f"{item}\x1f{cell.value}\x1f{cell.last.absence}" for item, cell in sorted(self.cells.items())
                if cell.last.label == label and item not in excepted]  # fmt: skip
        return hashlib.sha256("\x1e".join(told).encode()).hexdigest()

    @property
    def signatures(self) -> tuple[Signature, ...]:
        standing = {self.digest(label) for label in set(self.labels.values())}
        events = ((entry, entry.event) for entry in self.signed)
        return tuple(Signature(entry=entry, event=event, valid=event.digest in standing) for entry, event in events if isinstance(event, Signed))

    @property
    def unsigned(self) -> set[Audience]:
        """The labels of answers that do not lie under a signature that still holds (who may read the signature is another matter)."""
        bound = {event.digest for entry in self.signed if isinstance(event := entry.event, Signed)}
        return {label for label in set(self.labels.values()) if self.digest(label) not in bound}

    @property
    def unverified(self) -> set[Audience]:
        """The labels of answers that nobody compared with their source, or that changed since."""
        done = [event for entry in self.verified if isinstance(event := entry.event, Verified)]
        return {label for label in set(self.labels.values())
                if not any(event.digest == self.digest(label, event.excepted.split(",")) for event in done)}  # fmt: skip

    def code_of(self, item: str) -> Coded | None:
        """The dictionary's term for the answer as it now stands; None when it was not coded, or has changed since."""
        entry, cell = self.coded.get(item), self.cells.get(item)
        event = entry.event if entry else None
        return event if isinstance(event, Coded) and cell is not None and event.revision == cell.revision else None

    @property
    def fully_signed(self) -> bool:
        """Whether every answer on the page lies under a signature that still holds."""
        return bool(self.cells) and not self.unsigned

    @property
    def imported(self) -> bool:
        """Whether every answer was taken over from another system by the custodian: it was signed for there."""
        return bool(self.cells) and all(cell.last.source and cell[-1].role is Audience.CUSTODIAN for cell in self.cells.values())

    @property
    def by_patient(self) -> bool:
        """Whether the patient himself gave an answer that stands here."""
        return any(cell[-1].role is Audience.PATIENT for cell in self.cells.values())

    @property
    def answers(self) -> dict[str, str]:
        """Item and value of all answers that are present."""
        return {item: cell.value for item, cell in self.cells.items() if cell.value is not None}


@define
class Query:
    """A question about one answer, and what became of it."""

    id: str
    place: Place
    item: str
    asked: Entry
    answers: list[Entry] = Factory(list)
    closed: Entry | None = None

    @property
    def open(self) -> bool:
        return self.closed is None

    @property
    def status(self) -> str:
        return "closed" if self.closed else "answered" if self.answers else "open"


@define(slots=False)
class Subject:
    """All that a reader may know of one subject."""

    id: str
    site: str = ""
    screened: Entry | None = None
    consented: date | None = None
    consent_version: str = ""
    failed: Entry | None = None
    index_date: date | None = None
    enrolled: Entry | None = None
    arm: str | None = None
    allocated: Entry | None = None
    withdrew: Entry | None = None
    ended: date | None = None
    pages: dict[Place, Page] = Factory(dict)
    queries: dict[str, Query] = Factory(dict)
    broken: list[Entry] = Factory(list)
    signed_off: list[Entry] = Factory(list)
    frozen: dict[Place, Entry] = Factory(dict)
    evaluator: str = ""

    def page(self, visit: str, form: str, row: str = "") -> Page:
        """The page at this place; an empty one when nothing was entered there."""
        return self.pages.get((visit, form, row)) or Page(place=(visit, form, row))

    def rows(self, form: str) -> tuple[Page, ...]:
        """The rows of a log, in the order in which they were begun."""
        return tuple(page for page in self.pages.values() if page.place[1] == form and page.place[2])

    def closed_by(self, visit: str, form: str, row: str = "") -> Entry | None:
        """The entry that froze this page, or everything of the subject; None while it is open."""
        return self.frozen.get(("", "", "")) or self.frozen.get((visit, form, row))

    @property
    def status(self) -> str:
        """screening, screen failure, enrolled, withdrawn or completed."""
        if self.failed:
            return "screen failure"
        if self.withdrew:
            return "withdrawn"
        if self.ended:
            return "completed"
        return "enrolled" if self.enrolled else "screening"

    def _page(self, place: Place) -> Page:
        page = self.pages.get(place)
        if page is None:
            page = self.pages[place] = Page(place)
        return page

    def _answer(self, entry: Entry, event: Answered) -> None:
        page = self._page((event.visit, event.form, event.row))
        cell = page.cells.get(event.item)
        if cell is None:
            page.cells[event.item] = Cell((entry,))
        else:
            cell.append(entry)
        page.not_done = None
        if entry.role is Audience.EVALUATOR and event.visit and not self.evaluator and not event.source:
            self.evaluator = entry.by

    def _take(self, entry: Entry) -> None:
        event: Event = entry.event
        match event:
            case Answered():
                self._answer(entry, event)
            case Signed():
                if event.form:
                    self._page((event.visit, event.form, event.row)).signed.append(entry)
                else:
                    self.signed_off.append(entry)
            case Verified():
                self._page((event.visit, event.form, event.row)).verified.append(entry)
            case Coded():
                self._page((event.visit, event.form, event.row)).coded[event.item] = entry
            case Frozen():
                self.frozen[(event.visit, event.form, event.row)] = entry
            case Thawed():
                self.frozen.pop((event.visit, event.form, event.row), None)
            case EvaluatorChanged():
                self.evaluator = entry.by
            case MarkedNotDone():
                self._page((event.visit, event.form, "")).not_done = entry
            case Screened():
                self.screened, self.site = entry, event.site
            case Consented():
                self.consented, self.consent_version = event.on, event.version
            case Enrolled():
                self.enrolled, self.index_date = entry, event.on
            case Allocated():
                self.allocated, self.arm = entry, event.arm
            case Failed():
                self.failed = entry
            case Queried():
                self.queries[event.query] = Query(event.query, (event.visit, event.form, event.row), event.item, entry)
            case QueryAnswered():
                if event.query in self.queries:
                    self.queries[event.query].answers.append(entry)
            case QueryClosed():
                if event.query in self.queries:
                    self.queries[event.query].closed = entry
            case Withdrew():
                self.withdrew = entry
            case FollowUpEnded():
                self.ended = event.on
            case CodeBroken():
                self.broken.append(entry)
            case StudyOpened() | SequenceSealed() | Locked() | Unlocked():
                pass
            case _:
                assert_never(event)

    @classmethod
    def of(cls, id: str, entries: Iterable[Entry]) -> "Subject":
        """The fold: what these entries say of the subject `id`."""
        subject = cls(id)
        take = subject._take
        for entry in entries:
            take(entry)
        return subject

    def plus(self, entries: Iterable[Entry]) -> "Subject":
        """This subject after `entries` too. What they touch is copied first: whatever was handed out stays as it was."""
        grown = copy(self)
        grown.pages, grown.queries, grown.broken = dict(self.pages), dict(self.queries), list(self.broken)
        grown.signed_off, grown.frozen = list(self.signed_off), dict(self.frozen)
        for entry in entries:
            grown._loosen(entry.event, self)
            grown._take(entry)
        return grown

    def _loosen(self, event: Event, before: "Subject") -> None:
        """Puts a copy in the place of the page or query of `event` while it is still the one that `before` holds."""
        match event:
            case Answered() | Signed() | MarkedNotDone() | Verified() | Coded():
                place = (event.visit, event.form, "" if isinstance(event, MarkedNotDone) else event.row)
                page = self.pages.get(place)
                if page is not None and page is before.pages.get(place):
                    self.pages[place] = page.copy()
            case QueryAnswered() | QueryClosed():
                query = self.queries.get(event.query)
                if query is not None and query is before.queries.get(event.query):
                    self.queries[event.query] = evolve(query, answers=list(query.answers))
            case _:
                pass


def _grouped(entries: Iterable[Entry]) -> dict[str, list[Entry]]:
    grouped: dict[str, list[Entry]] = {}
    for entry in entries:
        grouped.setdefault(entry.event.subject, []).append(entry)
    return grouped


@define(slots=False)
class Casebook:
    """The trial as one reader knows it. Subjects are folded when they are asked for, so that one page never folds the others.

    >>> Casebook.of([]).subjects
    ()
    """

    _entries: Mapping[str, tuple[Entry, ...]] = field(factory=dict)
    _folded: dict[str, Subject] = field(factory=dict)

    @classmethod
    def of(cls, entries: Iterable[Entry]) -> "Casebook":
        """The casebook that follows from `entries`, in their order."""
        return cls({subject: tuple(told) for subject, told in _grouped(entries).items()})

    def plus(self, entries: Iterable[Entry]) -> "Casebook":
        """The casebook after `entries` too; subjects that they do not touch keep their fold, others are folded on."""
        grown, folded = dict(self._entries), dict(self._folded)
        for id, told in _grouped(entries).items():
            grown[id] = (*grown.get(id, ()), *told)
            if id in folded:
                folded[id] = folded[id].plus(told)
        return Casebook(grown, folded)

    def only(self, subject: str) -> "Casebook":
        """What is known of one subject and of the study, and of nobody else."""
        ids = ("", subject)
        return Casebook({id: self._entries[id] for id in ids if id in self._entries}, {id: self._folded[id] for id in ids if id in self._folded})

    def knows(self, subject: str) -> bool:
        return bool(subject) and subject in self._entries

    def subject(self, id: str) -> Subject:
        """What is known of this subject; raises `KeyError` when nothing is."""
        if not self.knows(id):
            raise KeyError(id)
        if id not in self._folded:
            self._folded[id] = Subject.of(id, self._entries[id])
        return self._folded[id]

    @cached_property
    def subjects(self) -> tuple[Subject, ...]:
        """All subjects, by their random code: an order that tells nothing."""
        return tuple(self.subject(id) for id in sorted(self._entries) if id)

    def entries(self, subject: str = "") -> tuple[Entry, ...]:
        """The visible entries about one subject ("" for those about the study): the audit trail."""
        return self._entries.get(subject, ())

    @property
    def everything(self) -> tuple[Entry, ...]:
        return tuple(entry for id in sorted(self._entries) for entry in self._entries[id])

    @cached_property
    def opened(self) -> StudyOpened | None:
        return next((entry.event for entry in self.entries() if isinstance(entry.event, StudyOpened)), None)

    @cached_property
    def locked(self) -> Entry | None:
        """The entry that locked the data, if they are locked now."""
        since = takewhile(lambda entry: not isinstance(entry.event, Unlocked), reversed(self.entries()))
        return next((entry for entry in reversed(list(since)) if isinstance(entry.event, Locked)), None)

    @cached_property
    def released(self) -> Entry | None:
        """The entry that opened the arms of the whole study, after lock."""
        return next((entry for entry in self.entries() if isinstance(entry.event, CodeBroken)), None)

    @property
    def corrections(self) -> tuple[Entry, ...]:
        return tuple(entry for entry in self.everything if isinstance(entry.event, Corrected))

    @property
    def as_of(self) -> datetime | None:
        """The time of the last visible entry."""
        return max((entry.at for entry in self.everything), default=None)
