"""What a command is: data that, held against what its author may know, becomes events or a refusal."""

import re
from collections.abc import Callable
from datetime import date, datetime
from typing import ClassVar, Protocol
from zoneinfo import ZoneInfo

from attrs import frozen

from trialwright.protocol import Audience, Study, Text, role_names
from trialwright.protocol.text import legible
from trialwright.record.casebook import Casebook, Subject
from trialwright.record.events import Happened
from trialwright.record.refusals import refusal

Events = tuple[Happened, ...]


@frozen(kw_only=True)
class Act:
    """The circumstances of a command: who, in which role, when, in which study; `draw(n)` gives n random bytes."""

    study: Study
    by: str
    role: Audience
    at: datetime
    draw: Callable[[int], bytes]

    @property
    def today(self) -> date:
        """The day at the place of the study."""
        return self.day_of(self.at)

    def day_of(self, at: datetime) -> date:
        """The day at the place of the study on which something happened."""
        return at.astimezone(ZoneInfo(self.study.time_zone)).date()

    def code(self, letters: int = 6) -> str:
        """A random name without vowels and look-alikes: it tells no order and no word."""
        alphabet = "23456789BCDFGHJKLMNPQRSTVWXZ"
        number = int.from_bytes(self.draw(8), "big")
        return "".join(alphabet[(number // 28**place) % 28] for place in range(letters))


class Command(Protocol):
    """`acts_as` is the role whose view decides, when it is not the author's own (allocation runs as the custodian)."""

    acts_as: ClassVar[Audience | None]

    def decide(self, book: Casebook, act: Act) -> Events:
        """The events that follow, or a `Refused` raised; changes nothing."""


def only(act: Act, roles: Audience) -> None:
    """Refuses unless the author has one of `roles`."""
    if act.role not in roles:
        raise refusal("not-yours", who=role_names(roles))


def known(book: Casebook, subject: str) -> Subject:
    """The subject, or the same refusal for absent and hidden alike."""
    if not book.knows(subject):
        raise refusal("not-found")
    return book.subject(subject)


def unlocked(book: Casebook) -> None:
    if book.locked:
        raise refusal("locked")


def thawed(act: Act, subject: Subject, visit: str, form: str, row: str = "") -> None:
    closed = subject.closed_by(visit, form, row)
    if closed:
        raise refusal("frozen", when=act.day_of(closed.at), who=closed.by)


def same_evaluator(act: Act, subject: Subject) -> None:
    """One evaluator measures one patient: between two hands there lies more than most treatments do."""
    if act.role is Audience.EVALUATOR and subject.evaluator not in ("", act.by):
        raise refusal("other-evaluator", who=subject.evaluator)


def not_future(act: Act, day: date) -> date:
    if day > act.today:
        raise refusal("in-future", when=day)
    if day.year < 1900:
        raise refusal("too-early", when=day, what=Text("the year 1900", "1900 年"))
    return day


def worded(text: str, longest: int = 500) -> str:
    """A reason in words: never empty, never endless, and nothing in it that cannot be read."""
    try:
        words = legible(text)
    except ValueError:
        raise refusal("illegible") from None
    if not 1 <= len(words) <= longest:
        raise refusal("reason-empty", longest=longest)
    return words


_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")


def named(code: str) -> str:
    """The name of a subject or of a row of a log, if it can be one: short, and of plain signs, for it stands in every file."""
    if not _NAME.fullmatch(code):
        raise refusal("bad-name", name=ascii(code[:40]))
    return code


def blind_only(act: Act, label: Audience) -> None:
    """No write down: words that the evaluator can read come only from those who are blind themselves."""
    if Audience.EVALUATOR in label and act.role not in act.study.blinded:
        raise refusal("only-the-blind")
