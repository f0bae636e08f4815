"""What is known of every subject: nothing but a fold over the entries that a reader may see."""

from collections.abc import Iterable, Mapping
from copy import copy
from datetime import date, datetime
from functools import cached_property
from itertools import takewhile
from typing import assert_never

from attrs import Factory, define, evolve, field

from trialwright.protocol import Audience
from trialwright.record.events import (
    Allocated,
    Amended,
    AmendmentApproved,
    AmendmentProposed,
    Answered,
    Attached,
    Bridged,
    ClockStepped,
    CodeBroken,
    Coded,
    Consented,
    Corrected,
    Detached,
    DictionaryAdopted,
    Enrolled,
    Entry,
    EvaluatorChanged,
    Event,
    Exported,
    Failed,
    FollowUpEnded,
    Frozen,
    Locked,
    MarkedNotDone,
    Queried,
    QueryAnswered,
    QueryClosed,
    Redacted,
    RedactionAsked,
    Screened,
    SequenceSealed,
    Signed,
    StateAccepted,
    StudyOpened,
    Thawed,
    Unlocked,
    Verified,
    Withdrew,
)
from trialwright.record.pages import Cell, Page, Place, Query


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
            case Attached():
                self._page((event.visit, event.form, event.row)).attached[event.attachment] = entry
            case Detached():
                self._page((event.visit, event.form, event.row)).detached[event.attachment] = entry
            case Frozen():
                self.frozen[(event.visit, event.form, event.row)] = entry
            case Thawed():
                self.frozen.pop((event.visit, event.form, event.row), None)
            case EvaluatorChanged():
                self.evaluator = entry.by
            case MarkedNotDone():
                self._page((event.visit, event.form, "")).marked = entry
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
            case AmendmentProposed() | AmendmentApproved() | Amended() | DictionaryAdopted():
                pass
            case StudyOpened() | SequenceSealed() | Locked() | Unlocked() | Exported() | StateAccepted() | ClockStepped() | Bridged():
                pass
            case RedactionAsked() | Redacted():
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
            case Answered() | Signed() | MarkedNotDone() | Verified() | Coded() | Attached() | Detached():
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

    @cached_property
    def dictionaries(self) -> dict[str, DictionaryAdopted]:
        """The version of each kind of dictionary with which answers are coded now."""
        return {entry.event.kind: entry.event for entry in self.entries() if isinstance(entry.event, DictionaryAdopted)}

    @property
    def corrections(self) -> tuple[Entry, ...]:
        return tuple(entry for entry in self.everything if isinstance(entry.event, Corrected))

    @property
    def as_of(self) -> datetime | None:
        """The time of the last visible entry."""
        return max((entry.at for entry in self.everything), default=None)
