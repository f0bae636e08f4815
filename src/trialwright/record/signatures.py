"""Putting a name under a page: the signature binds its exact content and falls when the content changes."""

import hashlib
from typing import ClassVar

from attrs import frozen

from trialwright.protocol import Audience, Form, Item, Text, Wrong
from trialwright.record.answers import fillable, lacking
from trialwright.record.casebook import Casebook
from trialwright.record.checks import findings
from trialwright.record.commands import Act, Events, known, only, unlocked
from trialwright.record.events import Entry, Signed
from trialwright.record.pages import Page
from trialwright.record.refusals import refusal

MEANINGS = {
    "authored": Text("I assessed this patient and these answers are mine", "我评估了该受试者，以上为本人填写"),
    "reviewed": Text("I reviewed these answers", "我已审核以上内容"),
    "approved": Text("I approve these answers", "我批准以上内容"),
}


@frozen(kw_only=True)
class Sign:
    """Sign every answer of a page that the signer can read, with a meaning."""

    acts_as: ClassVar[Audience | None] = None
    subject: str
    visit: str = ""
    form: str
    row: str = ""
    meaning: str = "authored"

    def decide(self, book: Casebook, act: Act) -> Events:
        unlocked(book)
        subject = known(book, self.subject)
        if self.meaning not in MEANINGS:
            raise refusal("not-found")
        form = signable(act, book, self.subject, self.visit, self.form, self.row)
        page = subject.page(self.visit, self.form, self.row)
        if page.by_patient and self.meaning == "authored":
            raise refusal("not-author")
        missing = unanswered(form, page, act.role)
        if missing or not page.cells:
            names = [item.label for item in missing or form.seen_by(act.role)]
            raise refusal("incomplete", what=Text(", ".join(name.en for name in names[:5]), "、".join(name.zh for name in names[:5])))
        failed = [one for one in findings(act.study, subject, act.role, page.place, page.answers) if one.check.hard]
        if failed:
            raise refusal("check-failed", wrongs=tuple(Wrong(item=one.check.reads[0], because=one.because) for one in failed), count=len(failed))
        labels = sorted(set(page.labels.values()), key=lambda label: label.code)
        return tuple(Signed(label=told_by(act, label), subject=self.subject, visit=self.visit, form=self.form, row=self.row, meaning=self.meaning,
                            digest=page.digest(label)) for label in labels)  # fmt: skip


def told_by(act: Act, label: Audience) -> Audience:
    """Who may know of an act on answers that carry `label`: people at work; the evaluator learns nothing from whoever is not blind."""
    at_work = label & ~Audience.PATIENT
    return at_work if act.role in act.study.blinded else at_work & ~Audience.EVALUATOR


OFF = {
    "casebook approved": Text("I reviewed this casebook and approve it", "我已审阅并批准该病例报告"),
    "trail reviewed": Text("I reviewed the audit trail of this casebook", "我已审阅该病例报告的稽查轨迹"),
    "ready to lock": Text("I agree that the data are locked", "我同意锁定数据"),
}
"""What a signature under a whole casebook can mean."""


@frozen(kw_only=True)
class SignOff:
    """Sign everything that the signer can see of one subject (or, with subject "", of the study): approval, review of the trail, consent to lock.

    The content is told to the signer and the custodian; the others at work learn the bare fact.
    """

    acts_as: ClassVar[Audience | None] = None
    subject: str = ""
    meaning: str

    def decide(self, book: Casebook, act: Act) -> Events:
        unlocked(book)
        only(act, Audience.INVESTIGATOR | Audience.DATA_MANAGER | Audience.MONITOR)
        if self.subject:
            known(book, self.subject)
        if self.meaning not in OFF:
            raise refusal("not-found")
        digest = content(book, self.subject, act.role)
        bare = Audience.COORDINATOR | Audience.PHYSICIAN | Audience.SAFETY | Audience.MONITOR | Audience.DATA_MANAGER | Audience.INVESTIGATOR
        return (Signed(label=act.role | Audience.CUSTODIAN, subject=self.subject, visit="", form="", meaning=self.meaning, digest=digest),
                Signed(label=bare, subject=self.subject, visit="", form="", meaning=self.meaning, digest=""))  # fmt: skip


def content(book: Casebook, subject: str, role: Audience) -> str:
    """SHA-256 over the names of the entries that `role` may read about a subject ("" for the whole trial), signatures of this kind left out."""
    entries = book.entries(subject) if subject else book.everything
    told = [entry.ref for entry in entries
            if entry.event.label.admits(role) and not (isinstance(entry.event, Signed) and not entry.event.form)]  # fmt: skip
    return hashlib.sha256("\n".join(told).encode()).hexdigest()


def signed_off(book: Casebook, meaning: str, role: Audience, subject: str = "") -> Entry | None:
    """The signature of this meaning by somebody in `role` under the casebook as it now stands. Only the custodian's view, or that of the
    role itself, can tell.
    """
    told = book.subject(subject).signed_off if subject else [entry for entry in book.entries() if isinstance(entry.event, Signed)]
    now = content(book, subject, role)
    return next((entry for entry in reversed(told) if entry.role is role and isinstance(entry.event, Signed)
                 and entry.event.meaning == meaning and entry.event.digest == now), None)  # fmt: skip


def signable(act: Act, book: Casebook, subject: str, visit: str, form: str, row: str) -> Form:
    """The form, if this person may sign it: who filled it, or the principal investigator for whatever he can read."""
    if act.role is Audience.INVESTIGATOR and act.study.has_form(form) and act.study.form(form).seen_by(act.role):
        return act.study.form(form)
    return fillable(act, book.subject(subject), visit, form, row)


def unanswered(form: Form, page: Page, role: Audience) -> list[Item]:
    """The required items that this role can read, that are asked, and that nobody has answered or marked absent.

    What an amendment brought after a page was begun is not asked of it.
    """
    return [item for item in form.seen_by(role)
            if item.required and not item.retired and lacking(page, item) and (item.shown is None or item.shown.holds(page.answers))
            and (item.since is None or page.begun is None or page.begun >= item.since)]  # fmt: skip
