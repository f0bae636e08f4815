"""Questions about answers: raised by those who review, answered at the site, closed by those who asked."""

import re
from typing import ClassVar

from attrs import frozen

from trialwright.protocol import Audience, Study
from trialwright.record.answers import planned
from trialwright.record.casebook import Casebook
from trialwright.record.commands import Act, Events, blind_only, known, only, unlocked, worded
from trialwright.record.events import Queried, QueryAnswered, QueryClosed
from trialwright.record.pages import Query
from trialwright.record.refusals import refusal

REVIEWERS = Audience.MONITOR | Audience.DATA_MANAGER
_TELLING = re.compile(r"\b(ig[gam]|(study|treatment|control) arm|dos(e|es|ing)|inject\w*|immunoglobulin\w*|b[- ]?cells?)\b|注射|给药|剂量|免疫球蛋白|组别|分组",
                      re.IGNORECASE)  # fmt: skip


@frozen(kw_only=True)
class AskQuery:
    """Put a question about one item of one page."""

    acts_as: ClassVar[Audience | None] = None
    subject: str
    visit: str = ""
    form: str
    row: str = ""
    item: str
    question: str

    def decide(self, book: Casebook, act: Act) -> Events:
        unlocked(book)
        only(act, REVIEWERS)
        known(book, self.subject)
        study = act.study
        if not study.has_form(self.form) or not study.form(self.form).asks(self.item):
            raise refusal("not-found")
        label = study.item(self.form, self.item).audience & ~Audience.PATIENT
        if not label.admits(act.role):
            raise refusal("not-found")
        planned(study, self.visit, study.form(self.form), self.row)
        blind_only(act, label)
        question = worded(self.question)
        telling_word = arm_word(study, question) if Audience.EVALUATOR in label else None
        if telling_word:
            raise refusal("arm-words", word=telling_word)
        return (Queried(label=label, subject=self.subject, query=act.code(8), visit=self.visit, form=self.form, row=self.row,
                        item=self.item, question=question),)  # fmt: skip


@frozen(kw_only=True)
class AnswerQuery:
    """Answer a query; whoever may write the item may answer."""

    acts_as: ClassVar[Audience | None] = None
    subject: str
    query: str
    answer: str

    def decide(self, book: Casebook, act: Act) -> Events:
        unlocked(book)
        query = _open(book, act, self.subject, self.query)
        only(act, act.study.form(query.place[1]).writers(query.item))
        label = query.asked.event.label
        blind_only(act, label)
        return (QueryAnswered(label=label, subject=self.subject, query=self.query, answer=worded(self.answer)),)


@frozen(kw_only=True)
class CloseQuery:
    """Close a query that has been settled."""

    acts_as: ClassVar[Audience | None] = None
    subject: str
    query: str

    def decide(self, book: Casebook, act: Act) -> Events:
        unlocked(book)
        only(act, REVIEWERS)
        query = _open(book, act, self.subject, self.query)
        blind_only(act, query.asked.event.label)
        return (QueryClosed(label=query.asked.event.label, subject=self.subject, query=self.query),)


def _open(book: Casebook, act: Act, subject: str, id: str) -> Query:
    query = known(book, subject).queries.get(id)
    if query is None:
        raise refusal("not-found")
    if query.closed:
        raise refusal("already", when=act.day_of(query.closed.at))
    return query


def arm_word(study: Study, text: str) -> str | None:
    """The first word of `text` that names an arm, or a finding that tells it; None when there is none.

    The first word of a treatment is its drug. "Arm" alone is no such word: it is where the skin is scored.
    """
    low = text.casefold()
    for arm in study.arms:
        names = [arm.name.en, arm.name.zh] if arm.control else [arm.name.en, arm.name.zh, arm.treatment.en.split()[0]]
        for name in names:
            if name.casefold() in low:
                return name
    found = _TELLING.search(text)
    return str(found.group(0)) if found else None
