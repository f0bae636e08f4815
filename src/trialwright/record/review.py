"""What reviewers leave on a page: compared with the source, closed to changes, taken over by another evaluator."""

from typing import ClassVar

from attrs import frozen

from trialwright.protocol import BARE, EVALUATION, Audience, Form
from trialwright.record.answers import planned
from trialwright.record.casebook import Casebook
from trialwright.record.commands import Act, Events, known, only, unlocked, worded
from trialwright.record.events import EvaluatorChanged, Frozen, Thawed, Verified
from trialwright.record.pages import Page
from trialwright.record.queries import arm_word
from trialwright.record.refusals import refusal
from trialwright.record.signatures import told_by

CLOSERS = Audience.DATA_MANAGER | Audience.MONITOR


@frozen(kw_only=True)
class Verify:
    """Record that a page agrees with its source, but for the items `excepted`; it falls when an answer changes."""

    acts_as: ClassVar[Audience | None] = None
    subject: str
    visit: str = ""
    form: str
    row: str = ""
    excepted: tuple[str, ...] = ()

    def decide(self, book: Casebook, act: Act) -> Events:
        unlocked(book)
        only(act, Audience.MONITOR)
        form, page = filled(book, act, self.subject, self.visit, self.form, self.row)
        if not all(form.asks(item) for item in self.excepted):
            raise refusal("not-found")
        excepted = tuple(sorted(set(self.excepted)))
        labels = sorted(page.unverified, key=lambda label: label.code)
        return tuple(Verified(label=told_by(act, label), subject=self.subject, visit=self.visit, form=self.form, row=self.row,
                              excepted=",".join(excepted), digest=page.digest(label, excepted)) for label in labels)  # fmt: skip


@frozen(kw_only=True)
class Freeze:
    """Close one page to changes, or (form "") everything of a subject, which only somebody who is blind may do: all learn of it."""

    acts_as: ClassVar[Audience | None] = None
    subject: str
    visit: str = ""
    form: str = ""
    row: str = ""

    def decide(self, book: Casebook, act: Act) -> Events:
        unlocked(book)
        label = _closing(book, act, self.subject, self.visit, self.form, self.row)
        already = known(book, self.subject).frozen.get((self.visit, self.form, self.row))
        if already:
            raise refusal("already", when=act.day_of(already.at))
        return (Frozen(label=label, subject=self.subject, visit=self.visit, form=self.form, row=self.row),)


@frozen(kw_only=True)
class Thaw:
    """Open again what was frozen, and say why."""

    acts_as: ClassVar[Audience | None] = None
    subject: str
    visit: str = ""
    form: str = ""
    row: str = ""
    because: str

    def decide(self, book: Casebook, act: Act) -> Events:
        unlocked(book)
        label = _closing(book, act, self.subject, self.visit, self.form, self.row)
        if (self.visit, self.form, self.row) not in known(book, self.subject).frozen:
            raise refusal("not-frozen")
        because = worded(self.because)
        word = arm_word(act.study, because)
        if word:
            raise refusal("arm-words", word=word)
        return (Thawed(label=label, subject=self.subject, visit=self.visit, form=self.form, row=self.row, because=because),)


@frozen(kw_only=True)
class TakeOver:
    """Go on with the assessments of a patient whom another evaluator began to assess, and say why."""

    acts_as: ClassVar[Audience | None] = None
    subject: str
    because: str

    def decide(self, book: Casebook, act: Act) -> Events:
        unlocked(book)
        only(act, Audience.EVALUATOR)
        subject = known(book, self.subject)
        if subject.evaluator in ("", act.by):
            return ()
        return (EvaluatorChanged(label=EVALUATION, subject=self.subject, because=worded(self.because)),)


def filled(book: Casebook, act: Act, subject: str, visit: str, code: str, row: str) -> tuple[Form, Page]:
    """The form and the filled page at this place, as far as this role may read it."""
    told = known(book, subject)
    if not act.study.has_form(code) or not act.study.form(code).seen_by(act.role):
        raise refusal("not-found")
    form = act.study.form(code)
    planned(act.study, visit, form, row)
    page = told.page(visit, code, row)
    if not page.cells:
        raise refusal("nothing-there")
    return form, page


def _closing(book: Casebook, act: Act, subject: str, visit: str, code: str, row: str) -> Audience:
    """Who learns that something was closed or opened: whoever may read some of it. Whoever is not blind may not tell the evaluator."""
    known(book, subject)
    if not code:
        only(act, Audience.DATA_MANAGER)
        return BARE
    only(act, CLOSERS)
    if not act.study.has_form(code) or not act.study.form(code).seen_by(act.role):
        raise refusal("not-found")
    form = act.study.form(code)
    planned(act.study, visit, form, row)
    if Audience.EVALUATOR in form.entered_by and act.role not in act.study.blinded:
        raise refusal("only-the-blind")
    return told_by(act, form.audience)
