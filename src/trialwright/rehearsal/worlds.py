"""Two virtual worlds that differ only in what an observer may not know: drawn from a seed for any study, and lived through."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from enum import Enum
from itertools import islice
from random import Random
from typing import Any

from attrs import frozen

from trialwright.blinding import Actor, Gate
from trialwright.blinding.gate import in_memory
from trialwright.protocol import Audience, Study, audience
from trialwright.record import OpenStudy, Refused
from trialwright.rehearsal.deeds import PEOPLE, Deed, Joins, allocated, deeds

START = datetime(2026, 1, 5, 1, 0, tzinfo=UTC)
STEP = timedelta(hours=7)
"""How far the clock moves with each visible deed; hidden ones take no time, or the clock itself would tell of them."""


class Mode(Enum):
    """How the hidden half of the second world differs from that of the first."""

    SWAPPED = "arms exchanged"
    PURGED = "hidden deeds left out"
    INDEPENDENT = "other hidden deeds"


@frozen(kw_only=True)
class Pair:
    """Two histories with the same visible deeds in the same order, and different hidden ones."""

    study: Study
    observer: Audience
    seed: str
    mode: Mode
    first: tuple[Deed, ...]
    second: tuple[Deed, ...]


def pair(study: Study, observer: Audience, seed: str, longest: int = 10) -> Pair:
    """The pair that `seed` gives, with up to `longest` visible and as many hidden deeds."""
    dice = Random(f"{seed}/pair")
    seen = _some(study, dice, longest, lambda deed: observer in deed.told and (deed.role is observer or dice.random() < 0.3))
    hidden = _some(study, dice, longest, lambda deed: observer not in deed.told)
    mode = dice.choice(list(Mode))
    if mode is Mode.SWAPPED:
        hidden = [*(allocated(study, subject, dice.choice(study.arms).code) for subject in PEOPLE), *hidden]
    other = {Mode.SWAPPED: [deed.other or deed for deed in hidden], Mode.PURGED: [],
             Mode.INDEPENDENT: _some(study, dice, longest, lambda deed: observer not in deed.told)}[mode]  # fmt: skip
    places = [dice.randint(0, len(seen)) for _ in hidden]
    others = places if mode is Mode.SWAPPED else [dice.randint(0, len(seen)) for _ in other]
    return Pair(study=study, observer=observer, seed=seed, mode=mode, first=_merged(seen, hidden, places), second=_merged(seen, other, others))


def _some(study: Study, dice: Random, longest: int, fits: Callable[[Deed], bool]) -> list[Deed]:
    return list(islice((deed for deed in deeds(study, dice) if fits(deed)), dice.randint(longest // 2, longest)))


def _merged(seen: Sequence[Deed], hidden: Sequence[Deed], places: Sequence[int]) -> tuple[Deed, ...]:
    """The hidden deeds put between the visible ones."""
    history: list[Deed] = []
    for index in range(len(seen) + 1):
        history += [deed for deed, place in zip(hidden, places, strict=True) if place == index]
        history += seen[index : index + 1]
    return tuple(history)


class Betrayed(AssertionError):
    """A deed told of itself to somebody who, by its label, may not learn of it."""


@frozen(kw_only=True)
class Kept:
    """A line as it was kept: its log, place, bytes, hash and erasable part."""

    log: str
    seq: int
    content: tuple[bytes, bytes, bytes, bytes]


class World:
    """A virtual trial in memory. Its clock moves with visible deeds alone, and no hidden deed shifts the chance of a visible one."""

    def __init__(self, study: Study, observer: Audience) -> None:
        self.observer, self.moment = observer, START
        self.lines: list[Kept] = []
        self._key, self._drawn = "start", 0
        self.gate: Gate = in_memory(study, self._keep, self.draw)
        self.gate.do(Actor(name="system", role=Audience.CUSTODIAN), OpenStudy(), START)
        for subject in PEOPLE:
            self.gate.do(Actor(name="physician", role=Audience.PHYSICIAN), Joins(subject=subject), START)

    def _keep(self, lines: Sequence[Any]) -> None:
        self.lines += [Kept(log=line.log, seq=line.seq, content=(line.body, line.head, line.salt, line.secret or b"")) for line in lines]

    def clock(self) -> datetime:
        return self.moment

    def draw(self, size: int) -> bytes:
        self._drawn += 1
        return hashlib.shake_256(f"{self._key} {self._drawn}".encode()).digest(size)

    def turn(self, key: str) -> None:
        """From here on chance follows from `key` alone."""
        self._key, self._drawn = key, 0

    def live(self, history: Sequence[Deed], look: Callable[["World"], Any]) -> Iterator[Any]:
        """Lives through `history`; after each visible deed gives what became of it, if the observer did it, and what `look` sees."""
        seen = 0
        yield look(self)
        for number, deed in enumerate(history):
            visible = self.observer in deed.told
            self.turn(f"visible {seen}" if visible else f"hidden {number}")
            if visible:
                seen += 1
                self.moment += STEP
            outcome = self._done(deed)
            if visible:
                self.turn(f"look {seen}")
                yield deed.name, outcome if deed.role is self.observer else "", look(self)

    def _done(self, deed: Deed) -> str:
        actor, before = Actor(name=deed.by or named(deed.role), role=deed.role), len(self.lines)
        try:
            command = deed.command(self.gate.casebook(deed.role))
            if command is not None:
                self.gate.do(actor, command, self.moment)
        except Refused as refused:
            return str(refused)
        for line in self.lines[before:]:
            if line.log != "ROOT" and audience(line.log) & ~deed.told:
                raise Betrayed(f"that somebody {deed.name} was told to {(audience(line.log) & ~deed.told).code}")
        return "saved"

    def compartment(self) -> list[Kept]:
        """The lines of the logs that the observer may read, as they would lie in a file of his own."""
        return [line for line in self.lines if line.log != "ROOT" and audience(line.log).admits(self.observer)]


def named(role: Audience) -> str:
    """The account of a role."""
    return (role.name or "").lower().replace("_", "")
