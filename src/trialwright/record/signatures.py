"""Putting a name under a page: the signature binds its exact content and falls when the content changes."""

from typing import ClassVar

from attrs import frozen

from trialwright.protocol import Audience, Form, Text
from trialwright.record.answers import fillable
from trialwright.record.casebook import Casebook, Page
from trialwright.record.commands import Act, Events, known, unlocked
from trialwright.record.events import Signed
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
        missing = unanswered(form, page, act.role)
        if missing or not page.cells:
            names = missing or [item.label for item in form.seen_by(act.role)]
            raise refusal("incomplete", what=Text(", ".join(name.en for name in names[:5]), "、".join(name.zh for name in names[:5])))
        labels = sorted(set(page.labels.values()), key=lambda label: label.code)
        return tuple(Signed(label=label, subject=self.subject, visit=self.visit, form=self.form, row=self.row, meaning=self.meaning,
                            digest=page.digest(label)) for label in labels)  # fmt: skip


def signable(act: Act, book: Casebook, subject: str, visit: str, form: str, row: str) -> Form:
    """The form, if this person may sign it: who filled it, or the principal investigator for whatever he can read."""
    if act.role is Audience.INVESTIGATOR and act.study.has_form(form) and act.study.form(form).seen_by(act.role):
        return act.study.form(form)
    return fillable(act, book.subject(subject), visit, form, row)


def unanswered(form: Form, page: Page, role: Audience) -> list[Text]:
    """The labels of required items that this role can read and nobody has answered or marked absent."""
    return [item.label for item in form.seen_by(role)
            if item.required and item.code not in page.cells and (item.shown is None or item.shown.holds(page.answers))]  # fmt: skip
