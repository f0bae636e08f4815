"""A subject's way through the study: screened, consented, failed or enrolled, and out again."""

from datetime import date
from typing import ClassVar

from attrs import frozen

from trialwright.protocol import ALL, BARE, SELF, SITE, TREATING, Audience, Text
from trialwright.record.casebook import Casebook
from trialwright.record.commands import Act, Events, known, named, not_future, only, unlocked, worded
from trialwright.record.events import Consented, Failed, FollowUpEnded, Screened, StudyOpened, Withdrew
from trialwright.record.refusals import refusal

CARERS = Audience.COORDINATOR | Audience.PHYSICIAN | Audience.INVESTIGATOR


@frozen(kw_only=True)
class OpenStudy:
    """Begin the ledger with the digest of the study."""

    acts_as: ClassVar[Audience | None] = None

    def decide(self, book: Casebook, act: Act) -> Events:
        if book.opened:
            return ()
        study = act.study
        return (StudyOpened(label=BARE, code=study.code, version=study.version, reading=study.reading, digest=study.digest),)


@frozen(kw_only=True)
class Screen:
    """Give a person a random code and begin screening. `subject` is given only by imports and rehearsals."""

    acts_as: ClassVar[Audience | None] = None
    site: str
    subject: str | None = None

    def decide(self, book: Casebook, act: Act) -> Events:
        unlocked(book)
        only(act, CARERS)
        code = act.code() if self.subject is None else named(self.subject)
        while self.subject is None and book.knows(code):
            code = act.code()
        if book.knows(code):
            raise refusal("already", when=_day(book, act, code))
        if self.site not in act.study.sites:
            raise refusal("not-found")
        return (Screened(label=SITE, subject=code, site=self.site),)


@frozen(kw_only=True)
class Consent:
    """Record that a person agreed, on which day, to which version of the consent."""

    acts_as: ClassVar[Audience | None] = None
    subject: str
    on: date
    version: str

    def decide(self, book: Casebook, act: Act) -> Events:
        unlocked(book)
        only(act, CARERS)
        subject = known(book, self.subject)
        if subject.consented:
            raise refusal("already", when=subject.consented)
        return (Consented(label=SELF, subject=self.subject, on=not_future(act, self.on), version=worded(self.version, 40)),)


@frozen(kw_only=True)
class FailScreening:
    """End screening without enrollment."""

    acts_as: ClassVar[Audience | None] = None
    subject: str
    on: date
    criteria: tuple[str, ...]
    because: str

    def decide(self, book: Casebook, act: Act) -> Events:
        unlocked(book)
        only(act, CARERS)
        subject = known(book, self.subject)
        if subject.enrolled or subject.failed:
            raise refusal("already", when=_day(book, act, self.subject))
        codes = {criterion.code for criterion in act.study.criteria}
        criteria = ",".join(code for code in self.criteria if code in codes)
        return (Failed(label=SITE, subject=self.subject, on=not_future(act, self.on), criteria=criteria,
                       because=worded(self.because)),)  # fmt: skip


@frozen(kw_only=True)
class Withdraw:
    """Take a subject out of the study: the reason for those who treat, the bare fact for the evaluator."""

    acts_as: ClassVar[Audience | None] = None
    subject: str
    on: date
    because: str

    def decide(self, book: Casebook, act: Act) -> Events:
        _ending(book, act, self.subject, self.on)
        return (Withdrew(label=TREATING, subject=self.subject, on=self.on, because=worded(self.because)),
                FollowUpEnded(label=ALL, subject=self.subject, on=self.on))  # fmt: skip


@frozen(kw_only=True)
class Complete:
    """The planned follow-up of a subject is over."""

    acts_as: ClassVar[Audience | None] = None
    subject: str
    on: date

    def decide(self, book: Casebook, act: Act) -> Events:
        _ending(book, act, self.subject, self.on)
        return (FollowUpEnded(label=ALL, subject=self.subject, on=self.on),)


def _ending(book: Casebook, act: Act, id: str, on: date) -> None:
    unlocked(book)
    only(act, CARERS)
    subject = known(book, id)
    if subject.index_date is None:
        raise refusal("not-enrolled", subject=id)
    if subject.ended:
        raise refusal("already", when=subject.ended)
    if not_future(act, on) < subject.index_date:
        raise refusal("too-early", when=on, what=Text(f"the index date {subject.index_date}", f"入组日期 {subject.index_date}"))


def _day(book: Casebook, act: Act, id: str) -> date:
    return act.day_of(book.entries(id)[-1].at)
