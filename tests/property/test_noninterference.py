"""What the evaluator may not see cannot change anything he can: two worlds, one observer, no difference."""

import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings

sys.path.insert(0, str(Path(__file__).parent))

from worlds import EVALUATOR, SUBJECTS, VISITS, World, pairs  # lies beside this file

from trialwright.blinding.gate import Gate
from trialwright.blinding.labels import Leak
from trialwright.protocol import Audience
from trialwright.record import AnswerQuery, Casebook, MarkNotDone, Refused, Sign, status
from trialwright.record.ledger import Ledger

pytestmark = pytest.mark.property


def observe(world):
    """All that the record gives the evaluator: trail, state, schedule, and the answers to prying commands."""
    book = world.gate.casebook(Audience.EVALUATOR)
    study = world.gate.study
    told = [(e.log, e.seq, e.ref, e.page, e.at, e.by, e.role, e.event) for e in book.everything]
    state = [(s.id, s.status, s.arm, s.allocated, sorted(s.pages), sorted(s.queries), s.broken) for s in book.subjects]
    today = world.moment.date()
    calendar = [status(study, s, study.visit(v), study.form("SCORE"), Audience.EVALUATOR, today) for s in book.subjects for v in VISITS]
    return told, state, calendar, book.as_of, [pried(world, command) for command in PRYING]


PRYING = (
    Sign(subject="P1", visit="BASE", form="SCORE"),
    Sign(subject="nobody", visit="BASE", form="SCORE"),
    Sign(subject="S1", visit="BASE", form="BLOOD"),
    MarkNotDone(subject="S1", visit="SCR", form="PERSON", reason="prying"),
    AnswerQuery(subject="S1", query="BCDFGHJK", answer="prying"),
)


def pried(world, command):
    try:
        command.decide(world.gate.casebook(Audience.EVALUATOR), act(world))
    except Refused as refused:
        return str(refused)
    return "no refusal"


def act(world):
    from trialwright.record import Act

    return Act(study=world.gate.study, by=EVALUATOR.name, role=EVALUATOR.role, at=world.moment, draw=bytes)


def check(pair):
    first, second = (World().live(history, observe) for history in pair)
    assert first == second


@pytest.mark.req("BLD-02", "BLD-07")
@given(pair=pairs())
def test_hidden_events_change_nothing_that_the_evaluator_sees(pair):
    check(pair)


@pytest.mark.req("BLD-05")
@given(pair=pairs())
def test_nor_anything_of_arms_that_the_blinded_statistician_sees(pair):
    """Swapping the arms alone changes nothing for the statistician before the arms are opened."""
    first, second = pair
    if sum(step.hidden for step in first) != sum(step.hidden for step in second):
        return
    from worlds import swapped

    def statistician(world):
        return [(e.seq, e.event) for e in world.gate.casebook(Audience.STATISTICIAN).everything]

    assert World().live(first, statistician) == World().live(swapped(first), statistician)


# ------------------------------------------------------------------------------------------------ planted leaks, all must die


def everyone_sees_all(monkeypatch):
    monkeypatch.setattr(Gate, "_admits", staticmethod(lambda entry, role, releases: True))


def a_global_sequence(monkeypatch):
    """Entries carry the position in the whole ledger, not in their own log."""
    real = Ledger.accept

    def accept(self, lines, entries):
        from attrs import evolve

        entries[:] = [evolve(entry, seq=len(self._entries) + place) for place, entry in enumerate(entries)]
        real(self, lines, entries)

    monkeypatch.setattr(Ledger, "accept", accept)


def one_chain_for_all(monkeypatch):
    """Names of entries come from a hash over all logs together."""
    real = Ledger.accept

    def accept(self, lines, entries):
        from attrs import evolve

        entries[:] = [evolve(entry, ref=lines[-1].head.hex()[:16]) for entry in entries]
        real(self, lines, entries)

    monkeypatch.setattr(Ledger, "accept", accept)


def allocation_told_to_all(monkeypatch):
    from trialwright.allocation import allocate
    from trialwright.protocol import BARE

    monkeypatch.setattr(allocate, "told_to", lambda study: BARE)


def emergency_told_to_all(monkeypatch):
    from trialwright.protocol import BARE
    from trialwright.record import lock

    monkeypatch.setattr(lock, "TREATING", BARE)


def time_of_the_last_hidden_event(monkeypatch):
    def as_of(self):
        return len(ALL_WORLDS[-1].gate.casebook(Audience.CUSTODIAN).everything)

    monkeypatch.setattr(Casebook, "as_of", property(as_of))


def subjects_in_order_of_last_touch(monkeypatch):
    def touched(self):
        hidden = ALL_WORLDS[-1].gate.casebook(Audience.CUSTODIAN)
        return tuple(sorted((self.subject(id) for id in SUBJECTS), key=lambda subject: len(hidden.entries(subject.id))))

    monkeypatch.setattr(Casebook, "subjects", property(touched))


def refusal_that_tells_of_hidden_people(monkeypatch):
    from trialwright.record import commands

    real = commands.known

    def known(book, subject):
        if ALL_WORLDS[-1].gate.casebook(Audience.CUSTODIAN).knows(subject) and not book.knows(subject):
            raise Refused("forbidden", commands.refusal("locked").because)
        return real(book, subject)

    for module in ("answers", "signatures", "queries", "lock", "subjects"):
        monkeypatch.setattr(f"trialwright.record.{module}.known", known)


ALL_WORLDS: list[World] = []
MUTANTS = (everyone_sees_all, a_global_sequence, one_chain_for_all, allocation_told_to_all, emergency_told_to_all,
           time_of_the_last_hidden_event, subjects_in_order_of_last_touch, refusal_that_tells_of_hidden_people)  # fmt: skip


@pytest.mark.req("BLD-02")
@pytest.mark.parametrize("plant", MUTANTS, ids=lambda plant: plant.__name__)
def test_every_planted_leak_is_found(monkeypatch, plant):
    """The test of the test: a house with this leak must fail it."""
    plant(monkeypatch)
    remember = World.__init__

    def init(self, study=None):
        ALL_WORLDS.append(self)
        remember(self, study)

    monkeypatch.setattr(World, "__init__", init)

    @settings(max_examples=200, database=None, derandomize=True, deadline=None, phases=[Phase.generate],
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(pair=pairs())
    def leaks(pair):
        check(pair)

    with pytest.raises((AssertionError, ExceptionGroup, Leak)):  # the gate itself refuses a label that is too wide
        leaks()
