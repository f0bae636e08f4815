"""Files beside a page: a scan, a tracing, a report of the laboratory. They can say anything, so nobody who is blind is told of one."""

import codecs
from collections.abc import Mapping
from functools import reduce
from operator import and_
from typing import ClassVar

from attrs import frozen

from trialwright.protocol import Audience, Form, Study, Text
from trialwright.protocol.text import legible
from trialwright.record.answers import fillable
from trialwright.record.casebook import Casebook
from trialwright.record.commands import Act, Events, known, thawed, unlocked, worded
from trialwright.record.events import Attached, Detached
from trialwright.record.refusals import refusal

MEDIA: Mapping[str, Text] = {
    "application/pdf": Text("PDF", "PDF"),
    "image/png": Text("picture (PNG)", "图片（PNG）"),
    "image/jpeg": Text("picture (JPEG)", "图片（JPEG）"),
    "application/dicom": Text("DICOM", "DICOM"),
    "text/csv": Text("table (CSV)", "表格（CSV）"),
}
"""What may be laid beside a page, as its content says that it is."""
ENDINGS = {"application/pdf": "pdf", "image/png": "png", "image/jpeg": "jpg", "application/dicom": "dcm", "text/csv": "csv"}
LARGEST = 20 * 1024 * 1024
"""Bytes of one file."""
MOST = 50
"""Files beside one page."""
_BEGINNINGS = ((0, b"%PDF-", "application/pdf"), (0, b"\x89PNG\r\n\x1a\n", "image/png"), (0, b"\xff\xd8\xff", "image/jpeg"),
               (128, b"DICM", "application/dicom"))  # fmt: skip
_CELLS = (",", ";", "\t")


def media_of(content: bytes) -> str | None:
    """What a file is by its content, whatever it is called; None when it is nothing that may be laid beside a page.

    >>> media_of(b"%PDF-1.7 ..."), media_of(b"test,result\\nIgG,9.1\\n"), media_of(b"<html>a,b</html>")
    ('application/pdf', 'text/csv', None)
    """
    for place, sign, media in _BEGINNINGS:
        if content[place : place + len(sign)] == sign:
            return media
    return "text/csv" if _is_table(content) else None


def _is_table(content: bytes) -> bool:
    """Whether it is text in rows of cells, in UTF-8 or as Chinese programs write it, and no page for a browser."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = codecs.decode(content, encoding)
        except UnicodeDecodeError:
            continue
        first = next((line for line in text.splitlines() if line.strip()), "")
        readable = all(letter.isprintable() or letter in "\t\r\n" for letter in text)
        return readable and not first.lstrip().startswith("<") and any(sign in first for sign in _CELLS)
    return False


def readers(study: Study, form: Form) -> Audience:
    """Who may know of a file beside this form: those who may read everything on it, and who are not blind."""
    return reduce(and_, (item.audience for item in form.items)) & ~study.blinded & ~(Audience.EVALUATOR | Audience.PATIENT)


@frozen(kw_only=True)
class Attach:
    """Lay a file beside a page. Its content is kept before this is said, under its SHA-256."""

    acts_as: ClassVar[Audience | None] = None
    subject: str
    visit: str = ""
    form: str
    row: str = ""
    name: str
    media: str
    size: int
    sha256: str

    def decide(self, book: Casebook, act: Act) -> Events:
        unlocked(book)
        subject = known(book, self.subject)
        form = fillable(act, subject, self.visit, self.form, self.row)
        label, place = readers(act.study, form), (self.visit, self.form, self.row)
        if act.role not in label or (self.row and place not in subject.pages):
            raise refusal("not-found")
        thawed(act, subject, *place)
        if self.media not in MEDIA or not 0 < self.size <= LARGEST:
            raise refusal("bad-file", what=_listed(), most=LARGEST // 1024 // 1024)
        here = [one for one in subject.page(*place).attachments if not one.withdrawn]
        same = next((one for one in here if one.event.sha256 == self.sha256), None)
        if same:
            raise refusal("attached-already", name=same.event.name)
        if len(here) >= MOST:
            raise refusal("too-many-files", most=MOST)
        return (Attached(label=label, subject=self.subject, visit=self.visit, form=self.form, row=self.row, attachment=act.code(8),
                         name=_named(self.name), media=self.media, size=self.size, sha256=self.sha256),)  # fmt: skip


@frozen(kw_only=True)
class Detach:
    """Say that a file no longer counts as part of its page, and why."""

    acts_as: ClassVar[Audience | None] = None
    subject: str
    attachment: str
    because: str

    def decide(self, book: Casebook, act: Act) -> Events:
        unlocked(book)
        subject = known(book, self.subject)
        found = next((one for page in subject.pages.values() for one in page.attachments if one.event.attachment == self.attachment), None)
        if found is None:
            raise refusal("not-found")
        event = found.event
        fillable(act, subject, event.visit, event.form, event.row)
        thawed(act, subject, event.visit, event.form, event.row)
        if found.withdrawn:
            raise refusal("already", when=act.day_of(found.withdrawn.at))
        return (Detached(label=event.label, subject=self.subject, visit=event.visit, form=event.form, row=event.row, attachment=event.attachment,
                         because=worded(self.because)),)  # fmt: skip


def _listed() -> Text:
    return Text(", ".join(one.en for one in MEDIA.values()), "、".join(one.zh for one in MEDIA.values()))


def _named(name: str) -> str:
    """The name of a file without its folders, short and legible."""
    try:
        plain = legible(name.replace("\\", "/").rpartition("/")[2])
    except ValueError:
        plain = ""
    return plain[-120:] or "?"
