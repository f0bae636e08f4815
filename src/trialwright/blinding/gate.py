"""The one door to the ledger: each reader gets the casebook that follows from the entries he may see."""

import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from attrs import field, frozen

from trialwright.blinding.bridge import admitted
from trialwright.blinding.labels import held
from trialwright.protocol import Audience, Study
from trialwright.record.amending import in_force
from trialwright.record.casebook import Casebook
from trialwright.record.commands import Act, Command
from trialwright.record.events import Allocated, Amended, Bridged, CodeBroken, Entry, Redacted
from trialwright.record.ledger import Draw, Ledger, Line, entries_of, place_of
from trialwright.record.refusals import Refused, refusal
from trialwright.record.wire import Stamp

Keep = Callable[[Sequence[Line]], None]
"""Makes lines durable, all or none; raises when it cannot."""


def _single(_: object, __: object, role: Audience) -> None:
    if len(role) != 1:
        raise ValueError(f"an account acts in one role, not in {role!r}")


def _himself(actor: "Actor", _: object, subject: str) -> None:
    if (actor.role is Audience.PATIENT) != bool(subject):
        raise ValueError("a patient acts for himself: name the subject for a patient, and for nobody else")


@frozen(kw_only=True)
class Actor:
    """An account in one of its roles; a patient acts for one `subject`, himself."""

    name: str
    role: Audience = field(validator=_single)
    subject: str = field(default="", validator=_himself)


SYSTEM = Actor(name="system", role=Audience.CUSTODIAN)
"""The program itself, where nobody asked it to."""


class Gate:
    """Reads and writes one trial. Nothing else ever hands out an entry.

    `keep` makes lines durable before anybody can see them; `draw(n)` gives n random bytes and is asked once per
    compartment and save, so that what happens in one log never shifts the chance of another.
    """

    def __init__(self, study: Study, ledger: Ledger, keep: Keep, draw: Draw) -> None:
        self.study = in_force(study, ledger.amended)
        self.__ledger = ledger
        self.__keep = keep
        self.__draw = draw
        self.place = place_of(ledger.origin)
        self.__views: dict[Audience, Casebook] = {}
        self.__news: dict[Audience, list[Entry]] = {}
        self.__writing = threading.Lock()  # one save at a time, from its decision until it is durable
        self.__lock = threading.RLock()  # what readers see; never held while a disk is waited for

    def casebook(self, role: Audience, until: datetime | None = None, *, subject: str = "") -> Casebook:
        """The trial as `role` may know it, now or as it was known at `until`; of one `subject` alone, as a patient must be."""
        _aware(until)
        if Audience.PATIENT in role and not subject:
            raise ValueError("a patient knows himself alone: name the subject")
        known = self._view(role, until)
        return known.only(subject) if subject else known

    def _view(self, role: Audience, until: datetime | None) -> Casebook:
        with self.__lock:
            if until is not None:
                return Casebook.of(self._seen_by(role, until))
            if role not in self.__views:
                self.__views[role] = Casebook.of(self._seen_by(role))
            elif self.__news[role]:
                self.__views[role] = self.__views[role].plus(self.__news[role])
            self.__news[role] = []
            return self.__views[role]

    def do(self, actor: Actor, command: Command, at: datetime) -> tuple[Entry, ...]:
        """Carries out a command as one save. Raises `Refused` when it may not be; then nothing has changed.

        The command is decided on the actor's own view, so that not even a refusal can tell him what he may not know.
        """
        return self.do_all(actor, (command,), at)

    def do_all(self, actor: Actor, commands: Sequence[Command], at: datetime) -> tuple[Entry, ...]:
        """Carries out several commands as one save, all or none; each sees what the ones before it did."""
        _aware(at)
        self._his_place(actor)
        with self.__writing:
            act = Act(study=self.study, by=actor.name, role=actor.role, at=at, draw=self.__draw)
            trial = self._copy() if len(commands) > 1 else self
            lines: list[Line] = []
            entries: list[Entry] = []
            for command in commands:
                view = trial.casebook(command.acts_as or actor.role, subject=actor.subject)
                events = command.decide(view, act)
                for event in events:
                    held(self.study, event, view)
                pages = {label: self.__draw(8).hex() for label in sorted({e.label for e in events}, key=lambda label: label.code)}
                stamped = [(event, Stamp(page=pages[event.label], at=at, by=actor.name, role=actor.role)) for event in events]
                prepared = trial.__ledger.prepare(stamped, self.__draw)
                told = entries_of(prepared)  # read back before anything is kept
                lines += prepared
                entries += told
                if trial is not self:
                    trial._take(prepared, told)
            if lines:
                self.__keep(lines)
                self._take(lines, entries)
            releases = self._releases()
            return tuple(entry for entry in entries if self._admits(entry, actor.role, releases))

    def _his_place(self, actor: Actor) -> None:
        """Each log has one writer: while the evaluator works apart, he writes there and nowhere else, and nobody else writes there."""
        if self.place and actor.role is not Audience.EVALUATOR and actor != SYSTEM:
            raise refusal("evaluators-only")
        if not self.place and actor.role is Audience.EVALUATOR and self.bridged is not None:
            raise refusal("assessed-elsewhere")

    @property
    def bridged(self) -> Bridged | None:
        """How the place where the evaluator works apart was last bridged with this trial; None while he works here."""
        return next((last for last in self.bridges[-1:] if last.key), None)

    @property
    def bridges(self) -> tuple[Bridged, ...]:
        """Every exchange with such a place, oldest first."""
        return tuple(self.__ledger.bridges)

    def bring(self, lines: Sequence[Line], at: datetime, receipt: Bridged | None = None) -> tuple[int, Refused | None]:
        """Takes in lines that were written on the other side of the bridge, byte for byte, as one save with the `receipt`.

        Gives how many there were, and why the next one must wait. Raises `Stranger` for what may not pass; then nothing has changed.
        The caller has held their chains and the signature against what is kept here.
        """
        _aware(at)
        with self.__writing:
            entries = entries_of(lines)
            count, waits = admitted(self.study, self.casebook(Audience.EVALUATOR), entries, at)
            stamp = Stamp(page=self.__draw(8).hex() if receipt else "", at=at, by=SYSTEM.name, role=SYSTEM.role)
            if lines[:count] or (receipt and not lines):
                prepared = self.__ledger.prepare([(receipt, stamp)] if receipt else [], self.__draw, lines[:count])
                self.__keep(prepared)
                self._take(prepared, entries_of(prepared))
            return count, waits

    def trail(self, role: Audience, subject: str = "") -> tuple[Entry, ...]:
        """The audit trail of one subject ("" for the study), as `role` may read it."""
        return self.casebook(role).entries(subject)

    def entry(self, ref: str, role: Audience) -> Entry | None:
        """The visible entry of this name, or None."""
        return next((entry for entry in self.casebook(role).everything if entry.ref == ref), None)

    def _take(self, lines: Sequence[Line], entries: Sequence[Entry]) -> None:
        with self.__lock:
            self.__ledger.accept(lines, entries)
            if any(isinstance(entry.event, Amended) for entry in entries):
                self.study = in_force(self.study, self.__ledger.amended)
            if any(isinstance(entry.event, CodeBroken | Redacted) for entry in entries):  # what was known before is known otherwise now
                self.__views.clear()
            releases = self._releases()
            for role in self.__views:  # folded in when the role next looks: most saves are looked at by one role alone
                self.__news[role] += [entry for entry in entries if self._admits(entry, role, releases)]

    def _seen_by(self, role: Audience, until: datetime | None = None) -> Iterator[Entry]:
        releases = self._releases(until)
        return (entry for entry in self.__ledger if self._admits(entry, role, releases) and (until is None or entry.at <= until))

    def _releases(self, until: datetime | None = None) -> tuple[CodeBroken, ...]:
        return tuple(broken for at, broken in self.__ledger.broken if until is None or at <= until)

    @staticmethod
    def _admits(entry: Entry, role: Audience, releases: tuple[CodeBroken, ...]) -> bool:
        """Whether `role` may see the entry: by its label, because the code of all was broken for him, or as the arm of a subject
        whose code was (an emergency opens the arm, and nothing else of that subject).
        """
        return entry.event.label.admits(role) or any(
            role in broken.to and (not broken.subject or (broken.subject == entry.event.subject and isinstance(entry.event, Allocated)))
            for broken in releases
        )

    def _copy(self) -> "Gate":
        with self.__lock:
            other = Gate(self.study, self.__ledger.copy(), lambda lines: None, self.__draw)
            other.__views, other.__news = dict(self.__views), {role: list(news) for role, news in self.__news.items()}
            return other


def in_memory(study: Study, keep: Keep, draw: Draw, origin: str = "virtual") -> Gate:
    """A trial that lives in memory alone; `keep` is shown the lines of every save."""
    return Gate(study, Ledger(origin), keep, draw)


def _aware(at: datetime | None) -> None:
    if at is not None and at.tzinfo is None:
        raise ValueError(f"{at} names no time zone, so nobody can say when it was")
