"""Answers in words and the terms of a dictionary that stand for them: which dictionary is in use, what is coded, and what is not yet."""

import json
from collections.abc import Iterator
from typing import ClassVar

from attrs import frozen

from trialwright.protocol import SITE, Audience, Form, Item, Study
from trialwright.protocol.dictionary import KINDS, Dictionary, Entry, Level, Path
from trialwright.record.casebook import Casebook
from trialwright.record.commands import Act, Events, only, unlocked, worded
from trialwright.record.events import Coded, DictionaryAdopted
from trialwright.record.pages import Cell, Page
from trialwright.record.refusals import refusal
from trialwright.record.review import filled
from trialwright.record.signatures import told_by

CODERS = Audience.SAFETY | Audience.PHYSICIAN | Audience.DATA_MANAGER


@frozen(kw_only=True)
class Adopt:
    """Code with this version of a dictionary from now on. What was coded with another is coded anew, or carried over."""

    acts_as: ClassVar[Audience | None] = None
    kind: str
    dictionary: str
    version: str
    digest: str = ""

    def decide(self, book: Casebook, act: Act) -> Events:
        unlocked(book)
        only(act, CODERS)
        if self.kind not in KINDS:
            raise refusal("not-found")
        name, version = worded(self.dictionary, 40), worded(self.version, 40)
        before = book.dictionaries.get(self.kind)
        if before and (before.dictionary, before.version, before.digest) == (name, version, self.digest):
            return ()
        return (DictionaryAdopted(label=SITE, kind=self.kind, dictionary=name, version=version, digest=self.digest),)


@frozen(kw_only=True)
class Code:
    """Give an answer in words its term in a dictionary; it falls when the answer changes. Another term for the same answer needs a reason."""

    acts_as: ClassVar[Audience | None] = None
    subject: str
    visit: str = ""
    form: str
    row: str = ""
    item: str
    dictionary: str
    version: str
    code: str
    term: str
    path: Path = ()
    reason: str = ""

    def decide(self, book: Casebook, act: Act) -> Events:
        unlocked(book)
        only(act, CODERS)
        form, page = filled(book, act, self.subject, self.visit, self.form, self.row)
        cell = page.cells.get(self.item)
        if cell is None or cell.value is None:
            raise refusal("nothing-there")
        self._in_use(form, book)
        before, path = page.code_of(self.item), written(self.path)
        if before and (before.dictionary, before.version, before.code, before.path) == (self.dictionary, self.version, self.code, path):
            return ()
        changed = before is not None and before.code != self.code
        return (Coded(label=told_by(act, cell.last.label), subject=self.subject, visit=self.visit, form=self.form, row=self.row, item=self.item,
                      revision=cell.revision, dictionary=worded(self.dictionary, 40), version=worded(self.version, 40),
                      code=worded(self.code, 40), term=worded(self.term, 300), path=path,
                      reason=worded(self.reason) if changed else ""),)  # fmt: skip

    def _in_use(self, form: Form, book: Casebook) -> None:
        """Refuses any other dictionary than the one that is in use for answers of this kind."""
        now = book.dictionaries.get(form.item(self.item).dictionary or "")
        if now and (now.dictionary, now.version) != (self.dictionary, self.version):
            raise refusal("other-dictionary", name=now.dictionary, version=now.version)


def written(path: Path) -> str:
    """What lies above a term, as it is kept.

    >>> read_path(written((Level("PT", "99000001", "Cough"),)))
    (Level(name='PT', code='99000001', term='Cough'),)
    """
    return json.dumps([[one.name, one.code, one.term] for one in path], ensure_ascii=False, separators=(",", ":")) if path else ""


def read_path(text: str) -> Path:
    return tuple(Level(*one) for one in json.loads(text)) if text.startswith("[[") else ()


@frozen(kw_only=True)
class Verbatim:
    """An answer that a dictionary is asked about, as one reader may know it: where it stands, and its code if that still holds."""

    subject: str
    page: Page
    item: Item
    cell: Cell
    coded: Coded | None
    adopted: DictionaryAdopted | None

    @property
    def words(self) -> str:
        """The answer in words; for a choice, in the words that were on screen in English."""
        value = self.cell.value or ""
        return self.item.codelist.labels[value].en if self.item.codelist and value in self.item.codelist.labels else value

    @property
    def fell(self) -> bool:
        """Whether it was coded once, and the answer has changed since."""
        return self.coded is None and self.item.code in self.page.coded

    @property
    def done(self) -> bool:
        """Whether it is coded with the dictionary in use."""
        now = self.adopted
        return self.coded is not None and (now is None or (now.dictionary, now.version) == (self.coded.dictionary, self.coded.version))


def verbatims(study: Study, book: Casebook, subject: str = "") -> Iterator[Verbatim]:
    """Every answer of this reader's casebook, or of one subject in it, that the study has coded."""
    forms = {form.code: [item for item in form.items if item.dictionary] for form in study.forms}
    for known in (book.subject(subject),) if subject else book.subjects:
        for page in known.pages.values():
            for item in forms.get(page.place[1], ()):
                cell = page.cells.get(item.code)
                if cell is not None and cell.value is not None and not _named_apart(study.form(page.place[1]), item, cell.value):
                    yield Verbatim(subject=known.id, page=page, item=item, cell=cell, coded=page.code_of(item.code),
                                   adopted=book.dictionaries.get(item.dictionary or ""))  # fmt: skip


def _named_apart(form: Form, item: Item, value: str) -> bool:
    """Whether this answer ("other") only asks for a name that is coded in its place."""
    return any(one.dictionary and one.shown and one.shown.item == item.code and value in one.shown.among for one in form.items)


def uncoded(study: Study, book: Casebook, reader: Audience) -> list[Verbatim]:
    """The answers that `reader` may read and that still lack a code of the dictionary in use, where one is in use."""
    return [one for one in verbatims(study, book) if one.adopted and not one.done and one.cell.last.label.admits(reader)]


@frozen(kw_only=True)
class Move:
    """What becomes of a code in another version of its dictionary: "same", "moved" (the term or what lies above it changed), "retired"
    (the term is no longer to be used) or "gone"; `entry` is what stands there now.
    """

    verbatim: Verbatim
    fate: str
    entry: Entry | None


def move(verbatim: Verbatim, dictionary: Dictionary) -> Move | None:
    """What becomes of the code of an answer in `dictionary`; None where it has none, or that very one."""
    coded = verbatim.coded
    if coded is None or verbatim.item.dictionary != dictionary.kind or (coded.dictionary, coded.version) == (dictionary.name, dictionary.version):
        return None
    path = read_path(coded.path)
    entry = dictionary.find(Entry(code=coded.code, term=coded.term, path=path).key)
    if entry is None:
        return Move(verbatim=verbatim, fate="gone", entry=None)
    same = (entry.term, entry.path) == (coded.term, path)
    return Move(verbatim=verbatim, fate="retired" if not entry.current else "same" if same else "moved", entry=entry)
