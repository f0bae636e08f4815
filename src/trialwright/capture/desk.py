"""The desk at which a request is answered: which trial, what time it is, and where chance comes from."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import cast
from zoneinfo import ZoneInfo

from attrs import Factory, frozen
from django.http import HttpRequest

from trialwright.blinding import Actor, Gate
from trialwright.capture.copies import Copies
from trialwright.capture.words import WORDS
from trialwright.protocol import ROLE_NAMES, Audience, Study, Text
from trialwright.protocol.dictionary import Dictionary
from trialwright.record import Casebook, Command, Entry, Subject
from trialwright.record.amending import Version, version_at, versions
from trialwright.store import Attachments, Watch

DESK = "trialwright.desk"
"""The name under which the desk travels with a request."""

CALL = "trialwright.call"
NEWS = timedelta(days=30)
"""So long a person is told that the study was amended."""

Clock = Callable[[], datetime]
Draw = Callable[[int], bytes]


@frozen(kw_only=True)
class Desk:
    """One served trial. Time and chance are arguments, so that a test can hold both still; `virtual` says that its people are not real,
    `watch` knows of its backups and whether its state is in doubt.

    With `only` nobody works here but people of that role, and nothing else exists.

    `attachments` are the files beside its pages, where there is a place for them, `copies` those of the study
    that are being made; `said` holds, by session, the sentence with
    which a save leads to the next page: it is not worth a write to a disk.
    """

    gate: Gate
    clock: Clock
    draw: Draw
    virtual: bool = False
    only: Audience | None = None
    watch: Watch | None = None
    dictionaries: tuple[Dictionary, ...] = ()
    attachments: Attachments | None = None
    copies: Copies | None = None
    said: dict[str | None, str] = Factory(dict)

    @property
    def today(self) -> date:
        """The day at the place of the study."""
        return self.clock().astimezone(ZoneInfo(self.gate.study.time_zone)).date()


@frozen(kw_only=True)
class Call:
    """One request of one person in his role, in his language. Views know the trial only through `book`. A patient is the subject `patient`."""

    request: HttpRequest
    desk: Desk
    role: Audience
    account: str
    language: str
    patient: str = ""

    @property
    def study(self) -> Study:
        return self.desk.gate.study

    @property
    def book(self) -> Casebook:
        """The trial as this person may know it."""
        return self.desk.gate.casebook(self.role, subject=self.patient)

    @property
    def now(self) -> datetime:
        return self.desk.clock()

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.study.time_zone)

    @property
    def today(self) -> date:
        """The day at the place of the study."""
        return self.now.astimezone(self.zone).date()

    @property
    def news(self) -> Version | None:
        """The version of the study that came into force lately, as this person may know it."""
        known = versions(self.book)
        return known[-1] if len(known) > 1 and self.now - known[-1].since <= NEWS else None

    def version_at(self, at: datetime) -> str:
        """The version of the study under which something was written, where there has been more than one."""
        return version_at(self.book, at) if len(versions(self.book)) > 1 else ""

    @property
    def blind_world(self) -> bool:
        """Whether this is the blinded evaluator, who gets an application of his own."""
        return self.role is Audience.EVALUATOR

    @property
    def role_name(self) -> Text:
        return ROLE_NAMES[self.role]

    def subject(self, id: str) -> Subject:
        """The subject as this person may know it; raises `KeyError` for hidden and absent alike."""
        return self.book.subject(id)

    def do(self, *commands: Command) -> tuple[Entry, ...]:
        """Carries out commands as one save in this person's name; raises `Refused`."""
        return self.desk.gate.do_all(Actor(name=self.account, role=self.role, subject=self.patient), commands, self.now)

    def t(self, text: Text) -> str:
        """A text in this person's language."""
        return text.in_(self.language)

    def say(self, word: str, **values: object) -> str:
        """A phrase of the application in this person's language, with its gaps filled."""
        return phrase(self.language, word, **values)

    def local(self, moment: str) -> str:
        """A moment of the ledger ("2026-02-04T01:00:00Z") at the place of the study, to the minute."""
        return self.clock_time(datetime.fromisoformat(moment))

    def age(self, day: date) -> str:
        """How long ago a day was, in words."""
        gone = (self.today - day).days
        return self.say("days-old", count=gone) if gone else self.say("since-today")

    def clock_time(self, at: datetime) -> str:
        """A moment at the place of the study, to the minute; the foot of each page tells the zone."""
        return at.astimezone(self.zone).strftime("%Y-%m-%d %H:%M")

    @property
    def offset(self) -> str:
        """How far the clocks at the place of the study are from UTC now, for example +08:00."""
        return self.now.astimezone(self.zone).isoformat()[-6:]


def phrase(language: str, word: str, **values: object) -> str:
    """A phrase of the application in `language`, with its gaps filled; one thing has a form of its own where there is one."""
    if values.get("count") == 1 and f"{word}:one" in WORDS:
        word = f"{word}:one"
    filled = {name: value.in_(language) if isinstance(value, Text) else value for name, value in values.items()}
    return WORDS[word].in_(language).format(**filled)


def desk_of(request: HttpRequest) -> Desk:
    """The desk that the application put into the request."""
    return cast(Desk, request.META[DESK])


def call_of(request: HttpRequest) -> Call:
    """The call that the door made of a request that it let in."""
    return cast(Call, request.META[CALL])


def patients_language(request: HttpRequest) -> str:
    """The language of a page on a patient's phone: the one in its address, else the one he chose before, else Chinese."""
    wanted = (request.GET.get("in"), request.session.get("language"))
    return next((language for language in wanted if language in ("en", "zh")), "zh")


def language_of(request: HttpRequest) -> str:
    """The language a person chose, else the one his browser asks for first: "en" or "zh"."""
    chosen = request.session.get("language")
    if chosen in ("en", "zh"):
        return str(chosen)
    return "zh" if request.headers.get("Accept-Language", "").lower().startswith("zh") else "en"
