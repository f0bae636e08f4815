"""What is recorded of subjects as ODM tells it: subjects, events, forms, groups and items, each with who did it, when and why."""

from collections.abc import Iterable, Iterator

from attrs import Factory, define, frozen

from trialwright.exchange.odm.layout import DEEDS, LEDGER, LOGS, Layout, said
from trialwright.protocol import Audience
from trialwright.record import Casebook, Cell, Entry, Page, Query, Subject
from trialwright.record.events import Answered, MarkedNotDone, Signed

INSERT, UPDATE, CONTEXT, REMOVE = "Insert", "Update", "Context", "Remove"
ABSENCE, SOURCE, CONFIRMED, OBSERVED, NOT_DONE = "ABSENCE", "SOURCE", "CONFIRMED", "OBSERVED", "NOT DONE"
NOTES = (ABSENCE, SOURCE, CONFIRMED, OBSERVED, NOT_DONE)
"""What a note beside an answer can be about; its number among the notes of its place follows from this."""
Place = tuple[str, str, str]


@frozen
class Note:
    """Something said beside an answer or a page; `deed` is what happened to the note."""

    about: str
    words: str
    deed: str = INSERT

    @property
    def number(self) -> int:
        return NOTES.index(self.about) + 1


@define(kw_only=True)
class Node:
    """One element of the data: its name, its key where it repeats, what happened to it (`deed`), and what stands below it.

    `entry` is the entry of the ledger that did it, `signed` the one that signed it, `query` what was asked about it.
    """

    oid: str
    key: str = ""
    deed: str = INSERT
    entry: Entry | None = None
    signed: Entry | None = None
    query: Query | None = None
    notes: tuple[Note, ...] = ()
    value: str | None = None
    unit: str = ""
    below: "list[Node]" = Factory(list)

    def under(self, oid: str, deed: str) -> "Node":
        """The last node below of this name; a new one where there is none."""
        found = next((one for one in reversed(self.below) if one.oid == oid), None)
        if found is None:
            found = Node(oid=oid, deed=deed)
            self.below.append(found)
        return found


def subject_node(layout: Layout, book: Casebook, subject: Subject, *, history: bool) -> Node:
    """Everything that is recorded of one subject: as it stands, or (`history`) every step by which it came to stand so."""
    told = book.entries(subject.id)
    pages = _grown(layout, told) if history else {place: [_standing(layout, page)] for place, page in subject.pages.items()}
    node = Node(oid="", key=subject.id, entry=subject.screened)
    forms = {form.code: number for number, form in enumerate(layout.study.forms)}
    for place in sorted(pages, key=lambda place: (layout.order[place[0]], forms[place[1]])):
        steps = [step for step in pages[place] if step.below or step.notes]
        if steps:
            node.under(f"SE.{place[0]}" if place[0] else LOGS, INSERT).below.extend(steps)
    deeds = [_deed(entry) for entry in told if isinstance(entry.event, DEEDS)]
    if deeds:
        node.under(LEDGER, INSERT).below.extend(deeds)
    return node


def study_nodes(book: Casebook) -> Iterator[Node]:
    """What happened that concerns the whole study: groups of items that belong to no subject."""
    for entry in book.entries():
        node = _deed(entry).below[0]
        yield Node(oid=node.oid.replace("IG.LEDGER.", "IG.STUDY.", 1), key=entry.ref, entry=entry, below=node.below)


def _deed(entry: Entry) -> Node:
    """An entry that answers no question, as a form of its own."""
    kind = type(entry.event).__name__
    items = [Node(oid=f"I.LEDGER.{name}", value=value) for name, value in said(entry)]
    group = Node(oid=f"IG.LEDGER.{kind}", entry=entry, below=items)
    return Node(oid=f"F.LEDGER.{kind}", key=entry.ref, below=[group])


def _item(layout: Layout, entry: Entry, event: Answered, deed: str, before: tuple[Note, ...] = ()) -> Node:
    """One answer as one entry tells it. `before` are the notes that stood beside it until then."""
    unit = layout.study.item(event.form, event.item).unit if event.value is not None else None
    notes = _after(before, _notes(event)) if before else _notes(event)
    return Node(oid=f"I.{event.form}.{event.item}", deed=deed, entry=entry, value=event.value, unit=unit or "", notes=notes)


def _after(before: tuple[Note, ...], now: tuple[Note, ...]) -> tuple[Note, ...]:
    """What happens to the notes beside an answer when it changes: they come, are told anew, or go."""
    stood = {note.about for note in before}
    kept = [Note(note.about, note.words, UPDATE if note.about in stood else INSERT) for note in now]
    gone = [Note(note.about, "", REMOVE) for note in before if note.about not in {one.about for one in now}]
    return tuple(sorted((*kept, *gone), key=lambda note: note.number))


def _notes(event: Answered) -> tuple[Note, ...]:
    words = {ABSENCE: event.absence, SOURCE: event.source, CONFIRMED: event.confirmed, OBSERVED: event.observed}
    return tuple(Note(about, said) for about, said in words.items() if said)


def _standing(layout: Layout, page: Page) -> Node:
    """One page as it stands: each answer once, and on each group the last signature that still holds."""
    _, form, row = page.place
    node = Node(oid=f"F.{form}", key=row)
    standing = {label: _last(page, label) for label in set(page.labels.values())} if page.signed else {}
    for item, cell in page.cells.items():
        group = layout.group_of[form, item]
        under = node.under(group.oid, INSERT)
        under.signed = standing.get(group.audience)
        under.below.append(_item(layout, cell[-1], cell.last, INSERT))
    if page.not_done is not None:
        _mark(node, page.not_done)
    return node


def _last(page: Page, label: Audience) -> Entry | None:
    return next((entry for entry in reversed(page.signed) if isinstance(entry.event, Signed) and page.bound(entry.event.digest, label)), None)


def _mark(node: Node, entry: Entry) -> None:
    assert isinstance(entry.event, MarkedNotDone)
    node.entry, node.notes = entry, (Note(NOT_DONE, entry.event.reason),)


def _grown(layout: Layout, told: Iterable[Entry]) -> dict[Place, list[Node]]:
    """The steps of each page, in the order in which they were taken."""
    found: dict[Place, _Growing] = {}
    for entry in told:
        event = entry.event
        if isinstance(event, Answered | MarkedNotDone) or (isinstance(event, Signed) and event.form):
            place = (event.visit, event.form, getattr(event, "row", ""))
            if place not in found:
                found[place] = _Growing(layout, place)
            found[place].take(entry)
    return {place: one.steps for place, one in found.items()}


class _Growing:
    """One page while it grows: a step holds changes until somebody signs, then the next begins, for a signature covers what stands before it."""

    def __init__(self, layout: Layout, place: Place) -> None:
        self.layout, self.page = layout, Page(place)
        self.steps: list[Node] = []
        self.begun: set[str] = set()
        self.open: Node | None = None

    def take(self, entry: Entry) -> None:
        match entry.event:
            case Answered() as event:
                self._answer(entry, event)
            case Signed() as event:
                self._sign(entry, event)
            case MarkedNotDone():
                self.page.marked = entry
                _mark(self._step(INSERT if not self.steps else UPDATE), entry)
                self.open = None

    def _step(self, deed: str) -> Node:
        self.open = Node(oid=f"F.{self.page.place[1]}", key=self.page.place[2], deed=deed)
        self.steps.append(self.open)
        return self.open

    def _answer(self, entry: Entry, event: Answered) -> None:
        form = self.open or self._step(UPDATE if self.steps else INSERT)
        if self.page.not_done is not None:
            form.notes = (Note(NOT_DONE, "", REMOVE),)
        cell = self.page.cells.setdefault(event.item, Cell())
        before = _notes(cell.last) if cell else ()
        cell.append(entry)
        group = self.layout.group_of[event.form, event.item]
        under = form.under(group.oid, UPDATE if group.oid in self.begun else INSERT)
        under.below.append(_item(self.layout, entry, event, UPDATE if len(cell) > 1 else INSERT, before))
        self.begun.add(group.oid)

    def _sign(self, entry: Entry, event: Signed) -> None:
        """A signature stands on the groups whose answers it binds; one that binds nothing of what this reader sees is told in the ledger alone."""
        labels = {label for label in set(self.page.labels.values()) if self.page.bound(event.digest, label)}
        bound = [group for group in self.layout.groups[event.form] if group.oid in self.begun and group.audience in labels]
        if bound:
            step = self._step(CONTEXT)
            step.below = [Node(oid=group.oid, deed=CONTEXT, signed=entry) for group in bound]
            self.open = None


def people(book: Casebook) -> tuple[tuple[str, Audience], ...]:
    """Every account in each role in which it did something that the reader may know."""
    return tuple(sorted({(entry.by, entry.role) for entry in book.everything}, key=lambda one: (one[0], one[1].code)))


def user_oid(by: str, role: Audience) -> str:
    return f"USER.{by}.{role.code}"


def site_oid(subject: Subject | None) -> str:
    """Where something was recorded: the site of the subject; what concerns the whole study names no site."""
    return f"LOC.{subject.site}" if subject is not None and subject.site else "LOC.STUDY"
