"""Allocation at random: strata with lists of their own, minimization that can be recomputed, and nothing guessed."""

from decimal import Decimal

import pytest
from attrs import evolve

from trialwright.allocation import Allocate, SealSequence, sequence
from trialwright.allocation.chance import Chance
from trialwright.allocation.minimization import imbalance, minimized
from trialwright.protocol import AtLeast, Audience, incoherences
from trialwright.record import Answer, Refused
from trialwright.record.events import Allocated, SequenceSealed
from trialwright.testing import START, actor, enrolled, in_memory, tiny_study

pytestmark = pytest.mark.spec
A = Audience
AGES = {"S0": 30, "S1": 50, "S2": 60, "S3": 35, "S4": 70, "S5": 44, "S6": 20, "S7": 80}
OLD = AtLeast("age", Decimal(40))


def study_with(**how):
    study = tiny_study("R3")
    readings = tuple(evolve(one, factors=(OLD,), **how) if one.code == "R3" else one for one in study.readings)
    return evolve(study, readings=readings)


def trial(study, sealed=True):
    gate = in_memory(study)
    for subject, age in AGES.items():
        enrolled(gate, subject, None)
        gate.do(actor(A.COORDINATOR), Answer(subject=subject, visit="SCR", form="PERSON", entries={"AGE": str(age)}), START)
    if sealed:
        gate.do(actor(A.CUSTODIAN), SealSequence(), START)
    return gate


def given(gate, subject):
    gate.do(actor(A.PHYSICIAN), Allocate(subject=subject), START)
    event = gate.casebook(A.CUSTODIAN).subject(subject).allocated.event
    assert isinstance(event, Allocated)
    return event


def seed_of(gate):
    return next(entry.event.seed for entry in gate.casebook(A.CUSTODIAN).entries() if isinstance(entry.event, SequenceSealed) and entry.event.seed)


def test_each_stratum_has_a_list_of_its_own():
    study = study_with()
    gate = trial(study)
    told = {subject: given(gate, subject) for subject in AGES}
    for stratum in ("Y", "N"):
        arms = tuple(event.arm for event in told.values() if event.stratum == stratum)
        assert arms == sequence(study, study.chosen, seed_of(gate), len(arms), stratum) and len(arms) >= 3
    assert sequence(study, study.chosen, seed_of(gate), 40, "Y") != sequence(study, study.chosen, seed_of(gate), 40, "N")
    assert told["S1"].stratum == "Y" and "stratum Y" in told["S1"].because


def test_a_stratum_that_is_not_known_is_not_guessed():
    gate = trial(study_with())
    enrolled(gate, "S9", None)
    with pytest.raises(Refused) as caught:
        given(gate, "S9")
    assert caught.value.code == "unknown-evidence" and gate.casebook(A.CUSTODIAN).subject("S9").allocated is None


def test_minimization_follows_from_seed_and_history_and_a_later_correction_changes_nothing():
    study = study_with(coin=Decimal("0.8"))
    gate = trial(study)
    history = []
    for subject in AGES:
        event = given(gate, subject)
        assert event.arm == minimized(["T", "C"], history, event.stratum, Decimal("0.8"), seed_of(gate))
        history.append((event.arm, event.stratum))
        gate.do(actor(A.COORDINATOR), Answer(subject=subject, visit="SCR", form="PERSON", entries={"AGE": "41"}, reason="typing error"), START)
    assert {told for _, told in history} == {"Y", "N"}, "what a subject was when allocated is what counts"


def test_a_coin_of_one_keeps_every_factor_even():
    history = []
    chance = Chance("ab" * 32)
    for _ in range(200):
        stratum = "".join("YN"[chance.below(2)] for _ in range(3))
        history.append((minimized("TC", history, stratum, Decimal(1), "cd" * 32), stratum))
    for factor in range(3):
        for level in "YN":
            alike = [arm for arm, told in history if told[factor] == level]
            assert abs(alike.count("T") - alike.count("C")) <= 4
    assert abs(sum(arm == "T" for arm, _ in history) - 100) <= 4


def test_the_coin_has_its_probability():
    lead = [("T", "Y")]
    arms = [minimized("TC", lead, "Y", Decimal("0.8"), f"{seed:064x}") for seed in range(4000)]
    assert abs(arms.count("C") / 4000 - 0.8) < 0.025
    even = [minimized("TC", [], "Y", Decimal("0.8"), f"{seed:064x}") for seed in range(4000)]
    assert abs(even.count("C") / 4000 - 0.5) < 0.03


def test_the_worked_example_of_marginal_totals():
    """Two factors; 4 subjects; counted by hand: a new YN subject in T gives ranges |3-0| + |1-1|... each factor by itself."""
    earlier = [("T", "YN"), ("T", "YY"), ("C", "NN"), ("C", "NY")]
    assert imbalance("TC", earlier, "YN", "T") == 3 + 1
    assert imbalance("TC", earlier, "YN", "C") == 1 + 1


@pytest.mark.parametrize("coin", [Decimal(0), Decimal("1.2")])
def test_a_coin_that_is_no_probability_is_refused(coin):
    assert any("minimizes" in one.en for one in incoherences(study_with(coin=coin)))
    assert not any("minimizes" in one.en for one in incoherences(study_with(coin=Decimal("0.8"))))
