"""The casebook of one patient on paper, as one role may see it: every page, correction, signature and query, and the audit trail."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from importlib.resources import files
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from attrs import fields, frozen

from trialwright.protocol import ROLE_NAMES, Audience, Form, Study, Text, absence_name, same
from trialwright.record import STATUS_NAMES, Attachment, Casebook, Cell, Entry, Page, Query, Subject, status, window
from trialwright.record.attachments import MEDIA
from trialwright.record.events import (
    Answered,
    Corrected,
    Detached,
    Event,
    MarkedNotDone,
    Queried,
    QueryAnswered,
    Signed,
    Verified,
)
from trialwright.record.signatures import MEANINGS, OFF, content
from trialwright.report.casebook_words import KINDS, PARTS, STATUSES, WORDS
from trialwright.report.render.pdf import pdf

Facts = dict[str, Any]


@frozen(kw_only=True)
class Reader:
    """For whom the copy is made: in which role, by whom, when (`at`), in which language; `virtual`: nobody in the trial is real."""

    role: Audience
    by: str
    at: datetime
    language: str = "en"
    virtual: bool = False


def casebook_pdf(study: Study, book: Casebook, subject: str, reader: Reader) -> bytes:
    """The copy of one subject's casebook as PDF/A. `book` is the view of the reader's role; the same view and reader give the same bytes.

    Raises `KeyError` when the view does not know the subject.
    """
    facts = _Copy(study, book, book.subject(subject), reader).facts()
    template = (files("trialwright.report.render") / "casebook.typ").read_text(encoding="utf-8")
    return pdf(template, facts, f"{study.code} {subject}: {WORDS['casebook'].in_(reader.language)}", reader.language, at=reader.at)


class _Copy:
    """What the template prints, in one language: plain text in lists and mappings."""

    def __init__(self, study: Study, book: Casebook, subject: Subject, reader: Reader) -> None:
        self.study, self.book, self.subject, self.reader = study, book, subject, reader
        self.zone = ZoneInfo(study.time_zone)
        self.today = reader.at.astimezone(self.zone).date()

    def t(self, text: Text) -> str:
        return text.in_(self.reader.language)

    def say(self, word: str, **values: object) -> str:
        return self.t(WORDS[word]).format(**values)

    def when(self, at: datetime) -> str:
        return at.astimezone(self.zone).strftime("%Y-%m-%d %H:%M")

    def by(self, entry: Entry) -> str:
        return f"{entry.by} ({self.t(ROLE_NAMES[entry.role])}), {self.when(entry.at)}"

    def facts(self) -> Facts:
        reader, study = self.reader, self.study
        entries = self.book.entries(self.subject.id)
        head = {"study": study.code, "subject": self.subject.id, "title": self.t(study.title),
                "role": self.say("of-role", role=self.t(ROLE_NAMES[reader.role])),
                "printed": self.say("printed", by=reader.by, at=self.when(reader.at)),
                "unblinded": reader.role not in study.blinded or self.subject.arm is not None, "virtual": reader.virtual}  # fmt: skip
        visits = [self.visit(code) for code in self._visits()]
        logs = [one for code in self._logs() if (one := self.log(code))["pages"]]
        return {
            **head,
            "w": {word: self.t(text) for word, text in WORDS.items()},
            "times": self.say("times", zone=study.time_zone),
            "summary": list(self.summary(entries)),
            "signed_off": [self.signature(entry, None) for entry in self.subject.signed_off],
            "visits": visits,
            "logs": logs,
            "trail": [[self.when(entry.at), f"{entry.by} ({self.t(ROLE_NAMES[entry.role])})", self.told(entry), entry.ref] for entry in entries],
        }

    def summary(self, entries: tuple[Entry, ...]) -> Iterator[list[str]]:
        """Names and values of the cover."""
        one, study = self.subject, self.study
        corrections = sum(isinstance(entry.event, Corrected) for entry in entries)
        counts = self.say("counted", pages=sum(bool(page.cells) for page in one.pages.values()), corrections=corrections,
                          queries=len(one.queries), open=sum(query.open for query in one.queries.values()), entries=len(entries))  # fmt: skip
        locked = self.book.locked
        told: dict[str, str | None] = {
            "study": f"{study.code} · {study.registry}",
            "version": f"{study.version} · {study.digest[:16]}",
            "subject": one.id,
            "site": one.site,
            "status": self.t(STATUSES[one.status]),
            "screened": self.by(one.screened) if one.screened else None,
            "consented": f"{one.consented} ({one.consent_version})" if one.consented else None,
            "enrolled": str(one.index_date) if one.index_date else None,
            "arm": self.t(study.arm(one.arm).name) if one.arm else None,
            "failed": self.told(one.failed) if one.failed else None,
            "withdrew": self.told(one.withdrew) if one.withdrew else None,
            "ended": str(one.ended) if one.ended else None,
            "locked": self.by(locked) if locked else None,
            "counts": counts,
            "content": content(self.book, one.id, self.reader.role),
        }
        return ([self.say(word), value] for word, value in told.items() if value)

    def _visits(self) -> list[str]:
        """The visits that the role can see something of, in the order of the study; then any that only the record still knows."""
        planned = [visit.code for visit in self.study.visits if any(self.study.form(form).seen_by(self.reader.role) for form in visit.forms)]
        return [*planned, *dict.fromkeys(visit for visit, _, _ in self.subject.pages if visit and visit not in planned)]

    def _logs(self) -> list[str]:
        return [*self.study.logs, *dict.fromkeys(form for visit, form, _ in self.subject.pages if not visit and form not in self.study.logs)]

    def visit(self, code: str) -> Facts:
        """One visit with its pages: those planned, and those that were filled."""
        if not self.study.has_visit(code):
            return {"title": code, "when": "", "pages": [self.page(page) for place, page in self.subject.pages.items() if place[0] == code]}
        visit = self.study.visit(code)
        span = window(visit, self.subject)
        planned = [form for form in visit.forms if self.study.form(form).seen_by(self.reader.role)]
        forms = [*planned, *(form for at, form, _ in self.subject.pages if at == code and form not in planned)]
        return {"title": self.t(visit.name), "pages": [self.page(self.subject.page(code, form)) for form in dict.fromkeys(forms)],
                "when": self.say("window", planned=span.planned, first=span.first, last=span.last) if span else ""}  # fmt: skip

    def log(self, code: str) -> Facts:
        pages = [page for (visit, form, _), page in self.subject.pages.items() if not visit and form == code]
        return {"title": self.title(code), "when": "", "pages": [self.page(page) for page in pages]}

    def title(self, form: str) -> str:
        return self.t(self.study.form(form).title) if self.study.has_form(form) else form

    def page(self, page: Page) -> Facts:
        """One page: its answers in the order of the form, and what became of them."""
        visit, code, row = page.place
        form = self.study.form(code) if self.study.has_form(code) else None
        skipped = page.not_done.event if page.not_done else None
        return {
            "title": self.say("row", row=row) if row else self.title(code),
            "state": self.state(form, visit) if visit else "",
            "not_done": self.say("not-done-because", reason=skipped.reason, by=page.not_done.by, at=self.when(page.not_done.at))
            if page.not_done and isinstance(skipped, MarkedNotDone) else "",
            "sections": self.sections(form, page) if page.cells else [],
            "corrections": [one for item, cell in page.cells.items() for one in self.corrections(form, item, cell)],
            "signatures": [*(self.signature(one.entry, one.valid) for one in page.signatures), *(self.verification(page, one) for one in page.verified)],
            "queries": [self.query(query) for query in self.subject.queries.values() if query.place == page.place],
            "files": [self.file(one) for one in page.attachments],
        }  # fmt: skip

    def state(self, form: Form | None, visit: str) -> str:
        if form is None or not self.study.has_visit(visit):
            return ""
        found = status(self.study, self.subject, self.study.visit(visit), form, self.reader.role, self.today, locked=self.book.locked is not None)
        return self.t(STATUS_NAMES[found])

    def sections(self, form: Form | None, page: Page) -> list[Facts]:
        """The answers under the headings of the form; what the study no longer asks stands last, under its code."""
        asked = form.sections if form else ()
        told = []
        for section in asked:
            rows = [self.row(form, item.code, page) for item in section.items if item.audience.admits(self.reader.role) or item.code in page.cells]
            told.append({"title": self.t(section.title), "rows": rows})
        left = [code for code in page.cells if form is None or not form.asks(code)]
        told.append({"title": "", "rows": [self.row(form, code, page) for code in left]})
        return [section for section in told if section["rows"]]

    def row(self, form: Form | None, code: str, page: Page) -> list[str]:
        label = self.label(form, code)
        cell = page.cells.get(code)
        if cell is None:
            shown = form.item(code).shown if form else None
            return [label, self.say("not-asked" if shown and not shown.holds(page.answers) else "unanswered"), ""]
        told = [self.value(form, code, cell.value, cell.last.absence)]
        if cell.last.observed:
            told.append(self.say("by-phone", at=self.when(datetime.fromisoformat(cell.last.observed))))
        elif cell.last.source:
            told.append(self.say("from", source=cell.last.source))
        if cell.last.confirmed:
            told.append(self.say("confirmed", reason=cell.last.confirmed))
        coded = page.code_of(code)
        if coded:
            told.append(self.say("coded-as", term=coded.term, code=coded.code, dictionary=coded.dictionary, version=coded.version))
        return [label, "\n".join(told), self.by(cell[-1])]

    def label(self, form: Form | None, code: str) -> str:
        return self.t(form.item(code).label) if form and form.asks(code) else code

    def value(self, form: Form | None, code: str, value: str | None, absence: str | None) -> str:
        """An answer as people read it: the label of a choice with its code, the unit of a number, the reason of an absence."""
        if value is None:
            return self.t(absence_name(absence)) if absence else "—"
        item = form.item(code) if form and form.asks(code) else None
        label = item.codelist.labels.get(value) if item and item.codelist else None
        if label:
            return f"{self.t(label)} ({value})"
        return f"{value} {item.unit}" if item and item.unit else value

    def corrections(self, form: Form | None, code: str, cell: Cell) -> Iterator[list[str]]:
        """What each changed answer was, became, and why: oldest first."""
        for before, after in pairwise(cell):
            was, now = before.event, after.event
            assert isinstance(was, Answered) and isinstance(now, Answered)
            yield [self.label(form, code), self.value(form, code, was.value, was.absence), self.value(form, code, now.value, now.absence),
                   now.reason if isinstance(now, Corrected) else "—", self.by(after)]  # fmt: skip

    def signature(self, entry: Entry, valid: bool | None) -> list[str]:
        event = entry.event
        meaning = event.meaning if isinstance(event, Signed) else ""
        said = self.t(MEANINGS.get(meaning) or OFF.get(meaning) or same(meaning or "—"))
        return [said, self.by(entry), "" if valid is None else self.say("valid" if valid else "fallen")]

    def verification(self, page: Page, entry: Entry) -> list[str]:
        event = entry.event
        assert isinstance(event, Verified)
        holds = any(page.bound(event.digest, label, event.excepted.split(",")) for label in set(page.labels.values()))
        return [self.say("verified"), self.by(entry), self.say("valid" if holds else "fallen")]

    def query(self, query: Query) -> list[str]:
        asked = query.asked.event
        form = self.study.form(query.place[1]) if self.study.has_form(query.place[1]) else None
        replies = [f"{event.answer} — {self.by(entry)}" for entry in query.answers if isinstance(event := entry.event, QueryAnswered)]
        state = self.say("closed", by=query.closed.by, at=self.when(query.closed.at)) if query.closed else self.say(query.status)
        question = asked.question if isinstance(asked, Queried) else ""
        return [self.label(form, query.item), f"{question} — {self.by(query.asked)}", "\n".join(replies) or "—", state]

    def file(self, one: Attachment) -> list[str]:
        """One file beside a page: its name (and that it was withdrawn, and why), what it is, its digest, and who laid it there."""
        event, gone = one.event, one.withdrawn.event if one.withdrawn else None
        name = event.name
        if one.withdrawn and isinstance(gone, Detached):
            name += "\n" + self.say("file-withdrawn", by=self.by(one.withdrawn), because=gone.because)
        kind = self.say("file-size", kind=self.t(MEDIA.get(event.media) or same(event.media)), size=event.size)
        return [name, kind, "\n".join((event.sha256[:32], event.sha256[32:])), self.by(one.entry)]

    def told(self, entry: Entry) -> str:
        """One entry of the trail: what happened, where, and all its parts."""
        event = entry.event
        known: Mapping[str, Any] = {part.name: getattr(event, part.name) for part in fields(type(event)) if part.name not in ("label", "subject")}
        kind = type(event).__name__
        parts = [self.t(KINDS.get(kind) or same(kind)), *self._where(known)]
        if isinstance(event, Answered):
            form = self.study.form(event.form) if self.study.has_form(event.form) else None
            parts.append(f"{self.label(form, event.item)} = {self.value(form, event.item, event.value, event.absence)}")
        elif "item" in known:
            parts.append(self.label(self.study.form(known["form"]) if self.study.has_form(known["form"]) else None, known["item"]))
        return " · ".join([*parts, *self._parts(event, known)])

    def _where(self, known: Mapping[str, Any]) -> Iterator[str]:
        visit, form, row = (str(known.get(part, "")) for part in ("visit", "form", "row"))
        if visit:
            yield self.t(self.study.visit(visit).name) if self.study.has_visit(visit) else visit
        if form:
            yield self.title(form)
        if row:
            yield self.say("row", row=row)

    def _parts(self, event: Event, known: Mapping[str, Any]) -> Iterator[str]:
        placed = {"visit", "form", "row", "item", "value", "absence"}
        for name, value in known.items():
            if name not in placed and value not in ("", None):
                yield f"{self.t(PARTS.get(name) or same(name))}: {self._part(name, value)}"

    def _part(self, name: str, value: Any) -> str:
        if isinstance(value, Audience):
            return ", ".join(self.t(ROLE_NAMES[role]) for role in value)
        if name == "meaning":
            return self.t(MEANINGS.get(value) or OFF.get(value) or same(value))
        if name == "digest":
            return str(value)[:16]
        if name == "arm":
            return self.t(self.study.arm(value).name)
        if name == "observed":
            return self.when(datetime.fromisoformat(value))
        return str(value.isoformat() if isinstance(value, date) else value)
