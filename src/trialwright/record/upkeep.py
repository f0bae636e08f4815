"""What is recorded about the record itself: that it goes on from an older state, and that the clock jumped."""

from typing import ClassVar

from attrs import frozen

from trialwright.protocol import Audience
from trialwright.record.casebook import Casebook
from trialwright.record.commands import Act, Events, only, worded
from trialwright.record.events import ClockStepped, Entry, StateAccepted
from trialwright.record.queries import arm_word
from trialwright.record.refusals import refusal

KEEPERS = Audience.CUSTODIAN | Audience.INVESTIGATOR | Audience.DATA_MANAGER
"""Who answers for the record as a whole; two of them accept a state of it."""


@frozen(kw_only=True)
class AcceptState:
    """Agree that the trial goes on from a state that is in doubt; it does when two people of different roles have agreed."""

    acts_as: ClassVar[Audience | None] = None
    doubt: str
    state: str
    because: str

    def decide(self, book: Casebook, act: Act) -> Events:
        only(act, KEEPERS)
        because = worded(self.because)
        word = arm_word(act.study, because)
        if word:
            raise refusal("arm-words", word=word)
        for entry in acceptances(book.entries(), self.doubt):
            if entry.by.casefold() == act.by.casefold() or entry.role is act.role:
                raise refusal("second-person")
        return (StateAccepted(label=KEEPERS, doubt=self.doubt, state=self.state, because=because),)


@frozen(kw_only=True)
class NoteClock:
    """Record that the clock of the machine jumped. Not for the blind: how far it stands behind the last entry tells when that was."""

    acts_as: ClassVar[Audience | None] = None
    seconds: float

    def decide(self, book: Casebook, act: Act) -> Events:
        only(act, Audience.CUSTODIAN)
        return (ClockStepped(label=KEEPERS & ~act.study.blinded, seconds=f"{self.seconds:+.1f}"),)


def acceptances(entries: "tuple[Entry, ...]", doubt: str) -> tuple[Entry, ...]:
    """Those who accepted this state, so far."""
    return tuple(entry for entry in entries if isinstance(entry.event, StateAccepted) and entry.event.doubt == doubt)
