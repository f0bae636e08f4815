"""What a patient answers on his own phone: which questionnaires are due, and how one is handed in, whole and once."""

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import ClassVar

from attrs import frozen

from trialwright.protocol import Audience, Form, Item, Study, Text, Visit, Wrong
from trialwright.record.answers import Answer, Entered, fillable
from trialwright.record.casebook import Casebook, Subject
from trialwright.record.commands import Act, Events, known, only, thawed, unlocked
from trialwright.record.events import Answered
from trialwright.record.pages import Page
from trialwright.record.refusals import refusal
from trialwright.record.visits import window

_ID = re.compile(r"[0-9a-f]{8}(-?[0-9a-f]{4}){3}-?[0-9a-f]{12}")
SOURCE = "phone/"
"""How the source of an answer begins that came from a phone; the name of the submission follows."""


@frozen(kw_only=True)
class Questionnaire:
    """A form that the patient fills, at a visit, and the page that he or somebody else has filled."""

    visit: Visit
    form: Form
    page: Page

    @property
    def open(self) -> bool:
        """Whether it still waits for his answers."""
        return not self.page.cells and self.page.not_done is None

    @property
    def asked(self) -> tuple[Item, ...]:
        """The questions to him, without the day, which the phone knows."""
        return questions(self.form)


def questions(form: Form) -> tuple[Item, ...]:
    """What the patient is asked on a form: what he may answer, but for its day."""
    return tuple(item for item in form.seen_by(Audience.PATIENT) if item is not form.day and Audience.PATIENT in form.writers(item.code) and not item.retired)


def current(study: Study, subject: Subject, today: date) -> Iterator[Questionnaire]:
    """The questionnaires whose window is open today, answered or not. Before enrollment those up to the baseline are.

    What was missed is not asked later: an answer about last week is another answer a month after.
    """
    for visit in study.visits:
        span = window(visit, subject)
        if span is None:
            now = visit.day <= 0 and subject.consented is not None
        else:
            now = span.holds(today) and (subject.ended is None or span.first <= subject.ended)
        yield from of_visit(study, subject, visit) if now else ()


def of_visit(study: Study, subject: Subject, visit: Visit) -> Iterator[Questionnaire]:
    """The questionnaires of one visit."""
    for form in map(study.form, visit.forms):
        if form.by_patient:
            yield Questionnaire(visit=visit, form=form, page=subject.page(visit.code, form.code))


def next_day(study: Study, subject: Subject, today: date) -> date | None:
    """The first day on which more will be asked; None when nobody knows or nothing comes."""
    if subject.index_date is None or subject.ended:
        return None
    spans = (window(visit, subject) for visit in study.visits if any(study.form(form).by_patient for form in visit.forms))
    return min((span.first for span in spans if span is not None and span.first > today), default=None)


@frozen(kw_only=True)
class HandIn:
    """A patient hands in a questionnaire: every question answered or declined, all or nothing.

    `submission` is the name that the phone gave it: handed in twice it is kept once. `answered` is when the patient pressed the
    button; the entry itself says when it arrived. Decided on what the coordinator knows of this subject, so that a frozen page
    or one that was entered from paper stays as it is.
    """

    acts_as: ClassVar[Audience | None] = Audience.COORDINATOR
    subject: str
    visit: str
    form: str
    entries: Mapping[str, Entered]
    submission: str
    answered: datetime

    def decide(self, book: Casebook, act: Act) -> Events:
        only(act, Audience.PATIENT)
        subject = known(book, self.subject)
        if not _ID.fullmatch(self.submission):
            raise refusal("not-found")
        form = fillable(act, subject, self.visit, self.form)
        page = subject.page(self.visit, self.form)
        if handed_in(page, self.submission):
            return ()
        unlocked(book)
        thawed(act, subject, self.visit, self.form)
        self._timely(act, subject, page)
        entries = self._whole(form, act)
        return Answer(subject=self.subject, visit=self.visit, form=self.form, entries=entries, observed=self._answered(act),
                      sources=dict.fromkeys(entries, SOURCE + self.submission)).decide(book, act)  # fmt: skip

    def _answered(self, act: Act) -> datetime:
        return min(self.answered, act.at)

    def _timely(self, act: Act, subject: Subject, page: Page) -> None:
        """Refuses what is too early, and what somebody else has entered or marked as not done."""
        if subject.failed:
            raise refusal("ended", subject=self.subject, when=act.day_of(subject.failed.at))
        span = window(act.study.visit(self.visit), subject)
        if span is not None and act.today < span.first:
            raise refusal("not-open-yet", when=span.first)
        first = page.not_done or next((cell[0] for cell in page.cells.values()), None)
        if first is not None:
            raise refusal("already-entered", when=act.day_of(first.at))

    def _whole(self, form: Form, act: Act) -> dict[str, Entered]:
        """The answers with the day on which they were given; nothing that was asked may lack, and what was not asked is left out."""
        told = {code: value for code, value in self.entries.items() if isinstance(value, str)}
        entries = {code: value for code, value in self.entries.items()
                   if not form.asks(code) or (form.item(code) is not form.day and _asked(form.item(code), told))}  # fmt: skip
        lacks = [item for item in questions(form) if item.required and _asked(item, told) and item.code not in entries]
        if lacks:
            wrongs = tuple(Wrong(item=item.code, because=_ANSWER) for item in lacks)
            raise refusal("wrong-entries", wrongs=wrongs, count=len(wrongs))
        if form.day is not None:
            entries = {form.day.code: act.day_of(self._answered(act)).isoformat(), **entries}
        return entries


_ANSWER = Text("Choose an answer, or say that you do not want to answer.", "请选择一个答案，或选择“不想回答”。")


def _asked(item: Item, told: Mapping[str, str]) -> bool:
    return item.shown is None or item.shown.holds(dict(told))


def handed_in(page: Page, submission: str) -> datetime | None:
    """When this submission arrived; None if it did not."""
    return next((entry.at for cell in page.cells.values() for entry in cell
                 if isinstance(entry.event, Answered) and entry.event.source == SOURCE + submission), None)  # fmt: skip
