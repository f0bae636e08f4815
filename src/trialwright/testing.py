"""What a test needs: a tiny study, a trial in memory, seeded chance, and hypothesis strategies for histories."""

import random
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import ClassVar

from trialwright.blinding.gate import Actor, Gate
from trialwright.protocol import ALL, TREATING, Audience, Study
from trialwright.record import Act, Casebook, Consent, OpenStudy, Screen
from trialwright.record.events import Allocated, Enrolled, Happened
from trialwright.record.ledger import Draw, Ledger
from trialwright.rehearsal.touchstone import tiny_study

START = datetime(2026, 1, 5, 1, 0, tzinfo=UTC)


def seeded(seed: int) -> Draw:
    """Chance that a test can repeat."""
    return random.Random(seed).randbytes  # the one place where a seed becomes chance for tests


def actor(role: Audience) -> Actor:
    """The person of a role, called by the role."""
    return Actor(name=(role.name or "").lower().replace("_", ""), role=role)


def in_memory(study: Study, seed: int = 1, keep: Callable[[object], None] = lambda lines: None) -> Gate:
    """A trial that lives only in memory, opened and ready."""
    gate = Gate(study, Ledger("test"), keep, seeded(seed))
    gate.do(actor(Audience.INVESTIGATOR), OpenStudy(), START)
    return gate


def enrolled(gate: Gate, subject: str, arm: str | None = "T", at: datetime = START, index: date | None = None) -> None:
    """Brings a subject straight to the index date, without its screening pages (for tests that are not about screening)."""
    site = gate.study.sites[0]
    physician = actor(Audience.PHYSICIAN)
    gate.do(physician, Screen(site=site, subject=subject), at)
    gate.do(physician, Consent(subject=subject, on=at.date(), version="1"), at)
    events: list[Happened] = [Enrolled(label=ALL, subject=subject, on=index or at.date())]
    if arm is not None:
        events.append(Allocated(label=TREATING & ~gate.study.blinded, subject=subject, arm=arm, method="by clinician", because="test"))
    gate.do(physician, Told(tuple(events)), at)


class Told:
    """A command that is its events: for tests that must write what no command would."""

    acts_as: ClassVar[Audience | None] = None

    def __init__(self, events: tuple[Happened, ...]) -> None:
        self.events = events

    def decide(self, book: Casebook, act: Act) -> tuple[Happened, ...]:
        return self.events


def later(days: int, minutes: int = 0) -> datetime:
    """`days` after the start of the tests."""
    return START + timedelta(days=days, minutes=minutes)


__all__ = ["START", "Told", "actor", "enrolled", "in_memory", "later", "seeded", "tiny_study"]
