"""Closing the data, and only then opening the arms."""

import hashlib
from typing import ClassVar

from attrs import frozen

from trialwright.protocol import BARE, ROLE_NAMES, SITE, TREATING, Audience, Study
from trialwright.record.casebook import Casebook
from trialwright.record.coding import uncoded
from trialwright.record.commands import Act, Events, known, only, unlocked, worded
from trialwright.record.events import CodeBroken, Locked, Unlocked
from trialwright.record.queries import arm_word
from trialwright.record.refusals import refusal
from trialwright.record.signatures import signed_off

NEVER_EARLY = Audience.EVALUATOR | Audience.DATA_MANAGER | Audience.STATISTICIAN
"""Roles to which no emergency opens an arm: they measure, clean or analyze, and treat nobody."""

OPENERS = Audience.DATA_MANAGER | Audience.STATISTICIAN


@frozen(kw_only=True)
class Lock:
    """Lock the data: every query closed, every page signed as it now stands, every term coded, and the other of the two who may lock agrees to this very state.

    Checked on the custodian's view and told as a bare fact; a refusal names only what its reader may know of.
    """

    acts_as: ClassVar[Audience | None] = Audience.CUSTODIAN

    def decide(self, book: Casebook, act: Act) -> Events:
        unlocked(book)
        only(act, Audience.DATA_MANAGER | Audience.INVESTIGATOR)
        told = obstacles(act.study, book, act.role)
        if told["queries"]:
            raise refusal("open-queries", count=len(told["queries"]))
        if told["unsigned"]:
            raise refusal("unsigned", count=len(told["unsigned"]), first=told["unsigned"][0])
        if told["uncoded"]:
            raise refusal("uncoded", count=len(told["uncoded"]), first=told["uncoded"][0])
        other = Audience.DATA_MANAGER if act.role is Audience.INVESTIGATOR else Audience.INVESTIGATOR
        if any(obstacles(act.study, book).values()) or not signed_off(book, "ready to lock", other):
            raise refusal("not-ready", who=ROLE_NAMES[other])  # one answer: that there is a dose to sign would tell the arm
        return Locked(label=TREATING, digest=state(book)), Locked(label=BARE)


def obstacles(study: Study, book: Casebook, reader: Audience = Audience.CUSTODIAN) -> dict[str, list[str]]:
    """What still stands before a lock: open queries, pages without a signature that holds (imported ones carry none), and answers
    without a code where a dictionary is in use.

    Only what `reader` may read is told, not even counted: that there is a dose to sign would tell the arm.
    """
    queries = [query.id for subject in book.subjects for query in subject.queries.values()
               if query.open and query.asked.event.label.admits(reader)]  # fmt: skip
    unsigned = [" ".join((subject.id, *page.place)).strip() for subject in book.subjects if not subject.failed
                for page in subject.pages.values() if not page.imported and any(label.admits(reader) for label in page.unsigned)]  # fmt: skip
    bare = [" ".join((one.subject, *one.page.place)).strip() for one in uncoded(study, book, reader)]
    return {"queries": queries, "unsigned": unsigned, "uncoded": bare}


def state(book: Casebook) -> str:
    """SHA-256 over the names of all visible entries: the state of the record that is locked."""
    return hashlib.sha256("\n".join(entry.ref for entry in book.everything).encode()).hexdigest()


@frozen(kw_only=True)
class BreakCode:
    """Open the arm of one subject to a role that must know it, never to the evaluator; or, after lock, the whole study (subject "").

    `second` is the account of a second person; nobody need be named when one subject is opened in an `emergency`.
    """

    acts_as: ClassVar[Audience | None] = None
    subject: str = ""
    to: Audience
    second: str
    because: str
    emergency: bool = False

    def decide(self, book: Casebook, act: Act) -> Events:
        because, second = worded(self.because), self.second.strip()
        if not (self.emergency and self.subject) and (not second or second.casefold() == act.by.casefold()):
            raise refusal("second-person")
        if not self.to:
            raise refusal("not-found")
        if self.subject:
            only(act, Audience.PHYSICIAN | Audience.SAFETY | Audience.INVESTIGATOR)
            known(book, self.subject)
            if self.to & NEVER_EARLY:
                raise refusal("stays-blind")
            return (CodeBroken(label=TREATING, subject=self.subject, to=self.to, second=second, because=because),)
        only(act, OPENERS | Audience.INVESTIGATOR)
        if not book.locked:
            raise refusal("not-locked")
        if book.released and self.to in opened(book):
            raise refusal("already", when=act.day_of(book.released.at))
        return (CodeBroken(label=BARE, to=self.to, second=second, because=because),)


@frozen(kw_only=True)
class Unlock:
    """Open locked data again, with a reason and a second person; whatever changes afterwards stands out by its date."""

    acts_as: ClassVar[Audience | None] = None
    second: str
    because: str

    def decide(self, book: Casebook, act: Act) -> Events:
        only(act, Audience.DATA_MANAGER | Audience.INVESTIGATOR)
        because, second = worded(self.because), self.second.strip()
        if not book.locked:
            raise refusal("not-locked-now")
        if not second or second.casefold() == act.by.casefold():
            raise refusal("second-person")
        word = arm_word(act.study, because)
        if word:
            raise refusal("arm-words", word=word)
        return Unlocked(label=SITE, second=second, because=because), Unlocked(label=BARE)


def opened(book: Casebook) -> Audience:
    """The roles to which the arms of the whole study are open."""
    to = Audience(0)
    for entry in book.entries():
        if isinstance(entry.event, CodeBroken):
            to |= entry.event.to
    return to
