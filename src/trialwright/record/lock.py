"""Closing the data, and only then opening the arms."""

import hashlib
from typing import ClassVar

from attrs import frozen

from trialwright.protocol import BARE, TREATING, Audience, Text
from trialwright.record.casebook import Casebook
from trialwright.record.commands import Act, Events, known, only, unlocked, worded
from trialwright.record.events import CodeBroken, Locked
from trialwright.record.refusals import refusal

OPENERS = Audience.DATA_MANAGER | Audience.STATISTICIAN


@frozen(kw_only=True)
class Lock:
    """Lock the data: every query closed, every page signed as it now stands. Checked on the custodian's view, told as a bare fact."""

    acts_as: ClassVar[Audience | None] = Audience.CUSTODIAN

    def decide(self, book: Casebook, act: Act) -> Events:
        unlocked(book)
        only(act, Audience.DATA_MANAGER | Audience.INVESTIGATOR)
        pending = obstacles(book)
        if pending["queries"]:
            raise refusal("open-queries", count=len(pending["queries"]))
        if pending["unsigned"]:
            own = obstacles(book, act.role)["unsigned"]
            hidden = Text("a page that only those who treat may read", "仅治疗人员可查看的页面")
            raise refusal("unsigned", count=len(pending["unsigned"]), first=own[0] if own else hidden)
        return (Locked(label=BARE, digest=state(book)),)


def obstacles(book: Casebook, reader: Audience | None = None) -> dict[str, list[str]]:
    """What still stands before a lock: open queries, and pages without a signature that holds (imported ones carry none).

    `reader` leaves out the pages that this role may not read: that a dose was given is not told to the blind.
    """
    queries = [query.id for subject in book.subjects for query in subject.queries.values() if query.open]
    unsigned = [" ".join((subject.id, *page.place)).strip() for subject in book.subjects if not subject.failed
                for page in subject.pages.values() if page.cells and not (page.fully_signed or page.imported)
                and (reader is None or any(label.admits(reader) for label in page.labels.values()))]  # fmt: skip
    return {"queries": queries, "unsigned": unsigned}


def state(book: Casebook) -> str:
    """SHA-256 over the names of all visible entries: the state of the record that is locked."""
    return hashlib.sha256("\n".join(entry.ref for entry in book.everything).encode()).hexdigest()


@frozen(kw_only=True)
class BreakCode:
    """Open arms: after lock for the whole study (subject ""), or in an emergency for one subject to those who treat him.

    `second` is the account of a second person; in an emergency it may be the treating physician himself only if `emergency`.
    """

    acts_as: ClassVar[Audience | None] = None
    subject: str = ""
    to: Audience
    second: str
    because: str
    emergency: bool = False

    def decide(self, book: Casebook, act: Act) -> Events:
        because = worded(self.because)
        if not self.emergency and (not self.second.strip() or self.second == act.by):
            raise refusal("second-person")
        if self.subject:
            only(act, Audience.PHYSICIAN | Audience.SAFETY | Audience.INVESTIGATOR)
            known(book, self.subject)
            if Audience.EVALUATOR in self.to:
                raise refusal("only-the-blind")
            return (CodeBroken(label=TREATING, subject=self.subject, to=self.to, second=self.second, because=because),)
        only(act, OPENERS | Audience.INVESTIGATOR)
        if not book.locked:
            raise refusal("not-locked")
        if book.released:
            raise refusal("already", when=book.released.at.date())
        return (CodeBroken(label=BARE, to=self.to, second=self.second, because=because),)
