"""One page of one subject: its answers with their whole history, its signatures, and the questions about it."""

import hashlib
from collections.abc import Callable, Container
from datetime import datetime

from attrs import Factory, define, frozen

from trialwright.protocol import Absence, Audience
from trialwright.record.events import Answered, Attached, Coded, Entry, Signed, Verified

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


@frozen(kw_only=True)
class Attachment:
    """A file beside a page; `withdrawn` tells who no longer counts it, when and why."""

    entry: Entry
    event: Attached
    withdrawn: Entry | None


@define
class Page:
    """One filled (or deliberately empty) page."""

    place: Place
    cells: dict[str, Cell] = Factory(dict)
    marked: Entry | None = None
    signed: list[Entry] = Factory(list)
    verified: list[Entry] = Factory(list)
    coded: dict[str, Entry] = Factory(dict)
    attached: dict[str, Entry] = Factory(dict)
    detached: dict[str, Entry] = Factory(dict)

    @property
    def not_done(self) -> Entry | None:
        """Who said that the page was not done; an answer knows better."""
        return None if self.cells else self.marked

    @property
    def attachments(self) -> tuple[Attachment, ...]:
        """The files beside the page in the order in which they came, withdrawn ones among them."""
        return tuple(Attachment(entry=entry, event=event, withdrawn=self.detached.get(code))
                     for code, entry in self.attached.items() if isinstance(event := entry.event, Attached))  # fmt: skip

    @property
    def labels(self) -> dict[str, Audience]:
        """Who may read each answer."""
        return {item: cell.last.label for item, cell in self.cells.items()}

    @property
    def begun(self) -> datetime | None:
        """When its first answer was saved."""
        return min((cell[0].at for cell in self.cells.values()), default=None)

    def copy(self) -> "Page":
        """The same page, to write on while this one stays as it is."""
        cells = {item: Cell(cell) for item, cell in self.cells.items()}
        return Page(self.place, cells, self.marked, list(self.signed), list(self.verified), dict(self.coded), dict(self.attached),
                    dict(self.detached))  # fmt: skip

    def digest(self, label: Audience, excepted: Container[str] = ()) -> str:
        """SHA-256 over the answers that carry `label`, but for the items `excepted`: what a signature or a verification binds.

        An answer stands in it by the name of its entry, which is a hash with a salt: when the answer is erased, nobody can guess it from here.
        """
        return self._told(label, excepted, lambda cell: cell[-1].ref)

    def bound(self, digest: str, label: Audience, excepted: Container[str] = ()) -> bool:
        """Whether a signature or a verification binds the answers as they now stand; the first ones were made over the values themselves."""
        return digest == self.digest(label, excepted) or digest == self._told(label, excepted, lambda cell: str(cell.value))

    def _told(self, label: Audience, excepted: Container[str], told: Callable[[Cell], str]) -> str:
        lines = [f"{item}\x1f{told(cell)}\x1f{answer.absence}" for item, cell in sorted(self.cells.items())
                 if (answer := cell.last).label == label and item not in excepted]  # fmt: skip
        return hashlib.sha256("\x1e".join(lines).encode()).hexdigest()

    @property
    def signatures(self) -> tuple[Signature, ...]:
        labels = set(self.labels.values())
        events = ((entry, entry.event) for entry in self.signed)
        return tuple(Signature(entry=entry, event=event, valid=any(self.bound(event.digest, label) for label in labels))
                     for entry, event in events if isinstance(event, Signed))  # fmt: skip

    @property
    def unsigned(self) -> set[Audience]:
        """The labels of answers that do not lie under a signature that still holds (who may read the signature is another matter)."""
        signed = {event.digest for entry in self.signed if isinstance(event := entry.event, Signed)}
        return {label for label in set(self.labels.values()) if not any(self.bound(digest, label) for digest in signed)}

    @property
    def unverified(self) -> set[Audience]:
        """The labels of answers that nobody compared with their source, or that changed since."""
        done = [event for entry in self.verified if isinstance(event := entry.event, Verified)]
        return {label for label in set(self.labels.values())
                if not any(self.bound(event.digest, label, event.excepted.split(",")) for event in done)}  # fmt: skip

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
