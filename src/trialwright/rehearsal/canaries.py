"""Words that occur nowhere else, planted wherever words may be written, and searched in whatever reaches those who may not read them."""

import base64
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from random import Random

from attrs import Factory, define

from trialwright.blinding import Actor, Gate
from trialwright.protocol import Absence, Audience, Item, Kind, Study, audience
from trialwright.record import (
    Answer,
    AskQuery,
    BreakCode,
    Code,
    Command,
    FailScreening,
    Freeze,
    Refused,
    Screen,
    Thaw,
    Withdraw,
)
from trialwright.rehearsal.deeds import PEOPLE, STRANGERS, Comes, shares, value
from trialwright.rehearsal.worlds import World, named

LETTERS = "BCDFGHJKLMNPQRSTVWXZ"
A = Audience


@define
class Aviary:
    """Draws canaries and remembers where each was planted."""

    dice: Random
    places: dict[str, str] = Factory(dict)

    def canary(self, place: str) -> str:
        """A new word of 20 letters."""
        word = "".join(self.dice.choice(LETTERS) for _ in range(20))
        self.places[word] = place
        return word

    def answer(self, form: str, item: Item) -> str | Absence:
        """A canary where the item takes words, else any answer."""
        return self.canary(f"{form}.{item.code}") if item.kind is Kind.TEXT and item.longest >= 20 else value(item, self.dice)


def infested(study: Study, observer: Audience, seed: str) -> tuple[World, Mapping[str, str]]:
    """A world in which every field that takes words holds a canary; and those that the observer may not read, with their places."""
    world = World(study, observer)
    planted = plant(study, world.gate, world.moment, seed)
    open_to_him, hidden = ("".join(b"\n".join(line.content).decode("latin-1") for line in world.lines if line.log != "ROOT"
                                   and audience(line.log).admits(observer) is seen) for seen in (True, False))  # fmt: skip
    return world, {word: place for word, place in planted.items() if word in hidden and word not in open_to_him}


def plant(study: Study, gate: Gate, at: datetime, seed: str) -> Mapping[str, str]:
    """Writes a canary into every field of a trial that takes words; gives them with their places. Its first people must be enrolled."""
    aviary = Aviary(Random(f"{seed}/canaries"))
    for role, command in _commands(study, aviary):
        with suppress(Refused):
            gate.do(Actor(name=named(role), role=role), command, at)
    return aviary.places


def _commands(study: Study, aviary: Aviary) -> Iterator[tuple[Audience, Command]]:
    today = World(study, A.CUSTODIAN).moment.date()
    yield A.COORDINATOR, Screen(site=study.sites[0], subject=STRANGERS[0])
    for subject, arm in zip(PEOPLE, [arm.code for arm in study.arms] * len(PEOPLE), strict=False):
        yield A.PHYSICIAN, Comes(subject=subject, arm=arm, because=aviary.canary("Allocated.because"))
    for form, role, label in shares(study):
        visit = "" if form.repeats else next(visit.code for visit in study.visits if form.code in visit.forms)
        row = "a" if form.repeats else ""
        for item in (item for item in form.items if item.audience == label and role in form.writers(item.code)):
            for _ in range(2):  # a first answer, and its correction with a reason
                entries = {item.code: aviary.answer(form.code, item)}
                yield role, Answer(subject=PEOPLE[0], visit=visit, form=form.code, row=row, entries=entries, reason=aviary.canary("Corrected.reason"))
            question = aviary.canary("Queried.question")
            yield A.MONITOR, AskQuery(subject=PEOPLE[0], visit=visit, form=form.code, row=row, item=item.code, question=question)
            yield A.SAFETY, Code(subject=PEOPLE[0], visit=visit, form=form.code, row=row, item=item.code, dictionary="D", version="1",
                                 code="1", term=aviary.canary("Coded.term"))  # fmt: skip
        yield A.MONITOR, Freeze(subject=PEOPLE[0], visit=visit, form=form.code, row=row)
        yield A.MONITOR, Thaw(subject=PEOPLE[0], visit=visit, form=form.code, row=row, because=aviary.canary("Thawed.because"))
    yield A.PHYSICIAN, FailScreening(subject=STRANGERS[0], on=today, criteria=(), because=aviary.canary("Failed.because"))
    opened = aviary.canary("CodeBroken.because")
    yield A.PHYSICIAN, BreakCode(subject=PEOPLE[1], to=A.SAFETY, second="", because=opened, emergency=True)
    yield A.PHYSICIAN, Withdraw(subject=PEOPLE[2], on=today, because=aviary.canary("Withdrew.because"))


def songs(word: str) -> tuple[bytes, ...]:
    """A word as it can lie in a file: plain, small, backwards, in UTF-16, in hexadecimal, and in base64 wherever it begins.

    >>> import base64
    >>> all(any(song in base64.b64encode(before + b"CANARIES" + b"!!") for song in songs("CANARIES")) for before in (b"", b"x", b"xy"))
    True
    """
    plain = word.encode()
    coded = []
    for shift in range(3):  # only what follows from the word alone: not the letters that it shares with what stands before and after
        whole = base64.b64encode(b"\0" * shift + plain).rstrip(b"=")
        coded.append(whole[-(-8 * shift // 6) : (8 * (shift + len(plain))) // 6])
    wide = (word.encode("utf-16-le"), word.encode("utf-16-be"))
    return (plain, plain.lower(), plain[::-1], *wide, plain.hex().encode(), plain.hex().upper().encode(), *coded)


def heard(content: bytes, words: Mapping[str, str]) -> dict[str, str]:
    """The canaries that sing in `content`, with the places where they were planted."""
    return {word: place for word, place in words.items() if any(song in content for song in songs(word))}
