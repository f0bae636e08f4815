"""The proof: pairs of virtual worlds that differ only in what an observer may not know, and not one byte of difference in what he sees."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import zip_longest
from random import Random
from typing import Any

from attrs import Factory, define, field, fields, frozen

from trialwright.capture.prober import Seen, at, record_of
from trialwright.capture.probes import Probe, followed, probes
from trialwright.protocol import Audience, Study
from trialwright.rehearsal.deeds import Deed
from trialwright.rehearsal.worlds import Pair, World, pair

HOME = Probe(route="home", method="GET", path="/")


def _short(told: object) -> str:
    return str(told)[:1500]


@frozen(kw_only=True)
class Difference:
    """What an observer saw otherwise in the second world than in the first."""

    observer: str
    seed: str
    mode: str
    where: str
    first: str = field(converter=_short)
    second: str = field(converter=_short)

    def __str__(self) -> str:
        return f"{self.observer}, pair {self.seed} ({self.mode}), {self.where}: {self.first} | {self.second}"


@define(kw_only=True)
class Tale:
    """What was compared: pairs by how they differ, requests by route, method and answer, bytes, and every difference."""

    pairs: Counter[str] = Factory(Counter)
    looks: int = 0
    requests: Counter[tuple[str, str, int]] = Factory(Counter)
    bytes: int = 0
    mails: int = 0
    statements: int = 0
    differences: list[Difference] = Factory(list)

    def told(self, seen: Seen, probe: Probe) -> None:
        self.requests[probe.route, probe.method, seen.status] += 1
        self.bytes += len(seen.body)
        self.mails += len(seen.mails)
        self.statements += seen.statements

    def add(self, other: "Tale") -> None:
        """Takes in what another tale tells."""
        self.pairs += other.pairs
        self.requests += other.requests
        self.looks, self.bytes, self.mails = self.looks + other.looks, self.bytes + other.bytes, self.mails + other.mails
        self.statements += other.statements
        self.differences += other.differences


Look = Callable[[World], Any]


def prove(study: Study, observer: Audience, seeds: Iterable[str], *, share: float = 0.15, files: Look | None = None) -> Iterator[Tale]:
    """Compares the pair of each seed and gives the tale so far after every one.

    Of all routes and methods a `share` is asked in each pair, drawn at random; `files` are made and compared too, once both worlds are lived.
    """
    tale = Tale()
    for seed in seeds:
        one = pair(study, observer, seed)
        difference = _compared(one, tale, share, files)
        tale.pairs[one.mode.value] += 1
        if difference is not None:
            tale.differences.append(difference)
        yield tale


def _compared(one: Pair, tale: Tale, share: float, files: Look | None) -> Difference | None:
    worlds = [World(one.study, one.observer) for _ in range(2)]
    lives = [_lived(world, history, tale) for world, history in zip(worlds, (one.first, one.second), strict=True)]
    found = _first_unlike(one, *lives)
    if found is None:
        dice = Random(f"{one.seed}/probes")
        asked = [*followed(one.study, lives[0][-1][1].body, dice), *probes(one.study, one.observer, worlds, dice, share)]
        found = _first_unlike(one, *(_asked(world, asked, tale) for world in worlds))
    if found is None and files is not None:
        found = _first_unlike(one, *([("files", files(world))] for world in worlds))
    return found


def _lived(world: World, history: Sequence[Deed], tale: Tale) -> list[tuple[str, Any]]:
    """Lives through one world; after each visible deed the record and the page that the observer begins with, which comes last again."""
    with at(world) as browser:

        def look(now: World) -> tuple[Any, Seen]:
            tale.looks += 1
            browser.enter()
            page = browser.ask(HOME)
            tale.told(page, HOME)
            return record_of(now), page

        seen = [(f"look {number}", told) for number, told in enumerate(world.live(history, look))]
        return [*seen, ("home", browser.ask(HOME))]


def _asked(world: World, asked: Iterable[Probe], tale: Tale) -> list[tuple[str, Any]]:
    """The answers of one world to the same requests, and what the record says afterwards."""
    seen: list[tuple[str, Any]] = []
    with at(world) as browser:
        for number, probe in enumerate(asked):
            world.turn(f"probe {number}")
            answer = browser.ask(probe)
            tale.told(answer, probe)
            seen.append((f"{probe.method} {probe.path} {probe.body!r}"[:300], answer))
    return [*seen, ("the record afterwards", record_of(world))]


def _first_unlike(one: Pair, *told: Sequence[tuple[str, Any]]) -> Difference | None:
    for first, second in zip_longest(*told):
        if first != second:
            where, before, after = _narrowed(first, second)
            return Difference(observer=one.observer.code, seed=one.seed, mode=one.mode.value, where=where, first=before, second=after)
    return None


def _narrowed(first: Any, second: Any, where: str = "") -> tuple[str, str, str]:
    """The innermost part in which two things that were seen differ."""
    if isinstance(first, Seen) and isinstance(second, Seen):
        name = next(one.name for one in fields(Seen) if getattr(first, one.name) != getattr(second, one.name))
        return _narrowed(getattr(first, name), getattr(second, name), f"{where} {name}")
    if isinstance(first, list | tuple) and type(first) is type(second) and len(first) == len(second):
        label = f"{where} {first[0]}" if first and isinstance(first[0], str) and first[0] == second[0] else where
        place = next(place for place, (one, other) in enumerate(zip(first, second, strict=True)) if one != other)
        return _narrowed(first[place], second[place], label)
    if isinstance(first, bytes) and isinstance(second, bytes):
        place = next((place for place, (one, other) in enumerate(zip(first, second, strict=False)) if one != other), min(len(first), len(second)))
        begin = max(0, place - 200)
        return f"{where} at byte {place}", first[begin : place + 200].decode(errors="replace"), second[begin : place + 200].decode(errors="replace")
    return where, repr(first), repr(second)
