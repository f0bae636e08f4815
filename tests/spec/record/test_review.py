"""What reviewers leave: verified, coded, frozen, signed off, taken over, unlocked; each falls or ends when the data move on."""

from datetime import timedelta

import pytest

from trialwright.blinding import Actor
from trialwright.protocol import Audience
from trialwright.protocol.dictionary import Level
from trialwright.record import (
    Answer,
    AskQuery,
    CloseQuery,
    Code,
    Freeze,
    Lock,
    Refused,
    Sign,
    SignOff,
    TakeOver,
    Thaw,
    Unlock,
    Verify,
    signed_off,
)
from trialwright.testing import START, actor, enrolled, in_memory, later, tiny_study

pytestmark = pytest.mark.spec
A = Audience
SCORES = {"ASSESSED": "2026-01-05", "SITE1": "1", "SITE2": "2", "SITE3": "3"}
SCORE = Answer(subject="S1", visit="BASE", form="SCORE", entries=SCORES)
DOSE = Answer(subject="S1", form="DOSE", row="a", entries={"GIVEN": "2026-01-05", "MG": "160"})


@pytest.fixture
def gate():
    trial = in_memory(tiny_study())
    enrolled(trial, "S1", "T")
    trial.do(actor(A.EVALUATOR), SCORE, START)
    trial.do(actor(A.COORDINATOR), DOSE, START)
    return trial


def do(gate, role, command, at=START):
    return gate.do(actor(role), command, at)


def refused(gate, role, command, code):
    before = gate.casebook(A.CUSTODIAN).everything
    with pytest.raises(Refused) as caught:
        do(gate, role, command)
    assert caught.value.code == code and gate.casebook(A.CUSTODIAN).everything == before


def page(gate, visit="BASE", form="SCORE", row="", role=A.CUSTODIAN):
    return gate.casebook(role).subject("S1").page(visit, form, row)


def test_a_verification_falls_when_an_answer_changes_but_not_when_an_exception_does(gate):
    do(gate, A.MONITOR, Verify(subject="S1", visit="BASE", form="SCORE", excepted=("SITE3",)))
    assert not page(gate).unverified and page(gate).labels
    do(gate, A.EVALUATOR, Answer(subject="S1", visit="BASE", form="SCORE", entries={"SITE3": "0"}, reason="typing error"))
    assert not page(gate).unverified, "what was left out does not count"
    do(gate, A.EVALUATOR, Answer(subject="S1", visit="BASE", form="SCORE", entries={"SITE1": "0"}, reason="typing error"))
    assert page(gate).unverified
    do(gate, A.MONITOR, Verify(subject="S1", visit="BASE", form="SCORE"))
    assert not page(gate).unverified
    assert do(gate, A.MONITOR, Verify(subject="S1", visit="BASE", form="SCORE")) == (), "what is verified is not verified again"


def test_only_a_monitor_verifies_and_only_what_is_there(gate):
    refused(gate, A.DATA_MANAGER, Verify(subject="S1", visit="BASE", form="SCORE"), "not-yours")
    refused(gate, A.MONITOR, Verify(subject="S1", visit="W4", form="SCORE"), "nothing-there")
    refused(gate, A.MONITOR, Verify(subject="S1", visit="BASE", form="SCORE", excepted=("NOTHING",)), "not-found")
    refused(gate, A.MONITOR, Verify(subject="nobody", visit="BASE", form="SCORE"), "not-found")


def test_the_evaluator_learns_nothing_of_monitor_and_investigator(gate):
    """They know the arm: when they look at a page could already tell something."""
    before = gate.casebook(A.EVALUATOR).everything
    do(gate, A.MONITOR, Verify(subject="S1", visit="BASE", form="SCORE"))
    do(gate, A.INVESTIGATOR, Sign(subject="S1", visit="BASE", form="SCORE", meaning="approved"))
    do(gate, A.INVESTIGATOR, SignOff(subject="S1", meaning="casebook approved"))
    assert gate.casebook(A.EVALUATOR).everything == before
    assert page(gate).fully_signed and page(gate, role=A.DATA_MANAGER).fully_signed
    query = do(gate, A.DATA_MANAGER, AskQuery(subject="S1", visit="BASE", form="SCORE", item="SITE1", question="sure?"))[0].event.query
    refused(gate, A.MONITOR, CloseQuery(subject="S1", query=query), "only-the-blind")
    do(gate, A.DATA_MANAGER, CloseQuery(subject="S1", query=query))


def test_a_code_belongs_to_the_answer_that_was_coded(gate):
    code = Code(subject="S1", form="DOSE", row="a", item="MG", dictionary="MedDRA", version="27.0", code="99000001", term="Example",
                path=(Level("PT", "99000001", "Example"),))  # fmt: skip
    refused(gate, A.DATA_MANAGER, code, "not-found")
    refused(gate, A.COORDINATOR, code, "not-yours")
    do(gate, A.SAFETY, code)
    coded = page(gate, "", "DOSE", "a").code_of("MG")
    assert coded and (coded.code, coded.term) == ("99000001", "Example")
    assert do(gate, A.SAFETY, code) == ()
    do(gate, A.COORDINATOR, Answer(subject="S1", form="DOSE", row="a", entries={"MG": "80"}, reason="half a dose"))
    assert page(gate, "", "DOSE", "a").code_of("MG") is None


def test_a_frozen_page_takes_no_change_until_it_is_thawed_with_a_reason(gate):
    do(gate, A.DATA_MANAGER, Freeze(subject="S1", visit="BASE", form="SCORE"))
    change = Answer(subject="S1", visit="BASE", form="SCORE", entries={"SITE1": "0"}, reason="typing error")
    refused(gate, A.EVALUATOR, change, "frozen")
    refused(gate, A.DATA_MANAGER, Freeze(subject="S1", visit="BASE", form="SCORE"), "already")
    do(gate, A.COORDINATOR, Answer(subject="S1", visit="BASE", form="BLOOD", entries={"IGG": "9"}))
    do(gate, A.EVALUATOR, Sign(subject="S1", visit="BASE", form="SCORE"))
    refused(gate, A.DATA_MANAGER, Thaw(subject="S1", visit="BASE", form="SCORE", because="Examplumab"), "arm-words")
    refused(gate, A.DATA_MANAGER, Thaw(subject="S1", visit="W4", form="SCORE", because="x"), "not-frozen")
    do(gate, A.DATA_MANAGER, Thaw(subject="S1", visit="BASE", form="SCORE", because="wrong site"))
    do(gate, A.EVALUATOR, change)


def test_everything_of_a_subject_is_frozen_by_somebody_who_is_blind(gate):
    refused(gate, A.MONITOR, Freeze(subject="S1"), "not-yours")
    do(gate, A.DATA_MANAGER, Freeze(subject="S1"))
    for role, command in ((A.COORDINATOR, Answer(subject="S1", visit="BASE", form="BLOOD", entries={"IGG": "9"})),
                          (A.EVALUATOR, Answer(subject="S1", visit="BASE", form="SCORE", entries={"SITE1": "0"}, reason="x"))):  # fmt: skip
        refused(gate, role, command, "frozen")
    refused(gate, A.MONITOR, Freeze(subject="S1", visit="BASE", form="SCORE"), "only-the-blind")
    do(gate, A.MONITOR, Freeze(subject="S1", form="DOSE", row="a"))


def test_one_evaluator_stays_with_one_patient_and_the_exception_is_told(gate):
    other = Actor(name="evaluator-2", role=A.EVALUATOR)
    at = later(28)
    score = Answer(subject="S1", visit="W4", form="SCORE", entries=SCORES)
    with pytest.raises(Refused) as caught:
        gate.do(other, score, at)
    assert caught.value.code == "other-evaluator" and "evaluator assesses" in caught.value.because.en
    told = gate.do(other, TakeOver(subject="S1", because="the first evaluator is ill"), at)
    assert len(told) == 1 and gate.do(other, TakeOver(subject="S1", because="again"), at) == ()
    gate.do(other, score, at)
    assert gate.casebook(A.DATA_MANAGER).subject("S1").evaluator == "evaluator-2"
    assert told[0].ref not in {entry.ref for entry in gate.casebook(A.PHYSICIAN).everything}
    with pytest.raises(Refused):
        gate.do(actor(A.EVALUATOR), Answer(subject="S1", visit="W8", form="SCORE", entries=SCORES), later(56))


@pytest.mark.parametrize("role", [A.INVESTIGATOR, A.MONITOR, A.DATA_MANAGER])
def test_a_signature_under_a_casebook_falls_with_what_the_signer_can_see(gate, role):
    do(gate, role, SignOff(subject="S1", meaning="trail reviewed"))
    custody = gate.casebook(A.CUSTODIAN)
    assert signed_off(custody, "trail reviewed", role, "S1") and signed_off(gate.casebook(role), "trail reviewed", role, "S1")
    assert not signed_off(custody, "casebook approved", role, "S1")
    do(gate, A.INVESTIGATOR, SignOff(subject="S1", meaning="casebook approved"))
    assert signed_off(gate.casebook(A.CUSTODIAN), "trail reviewed", role, "S1"), "another signature is no change of the data"
    do(gate, A.COORDINATOR, Answer(subject="S1", visit="BASE", form="BLOOD", entries={"IGG": "9"}))
    seen = role in (A.INVESTIGATOR, A.MONITOR)
    assert bool(signed_off(gate.casebook(A.CUSTODIAN), "trail reviewed", role, "S1")) is not seen


def test_a_signature_for_the_whole_study_binds_the_whole_study(gate):
    refused(gate, A.COORDINATOR, SignOff(meaning="ready to lock"), "not-yours")
    refused(gate, A.INVESTIGATOR, SignOff(meaning="whatever"), "not-found")
    do(gate, A.INVESTIGATOR, SignOff(meaning="ready to lock"))
    assert signed_off(gate.casebook(A.CUSTODIAN), "ready to lock", A.INVESTIGATOR)
    do(gate, A.COORDINATOR, Answer(subject="S1", visit="BASE", form="BLOOD", entries={"IGG": "9"}))
    assert not signed_off(gate.casebook(A.CUSTODIAN), "ready to lock", A.INVESTIGATOR)


@pytest.mark.req("LCK-04")
def test_locked_data_are_opened_by_two_with_a_reason_and_locked_again(gate):
    do(gate, A.EVALUATOR, Sign(subject="S1", visit="BASE", form="SCORE"))
    do(gate, A.COORDINATOR, Sign(subject="S1", form="DOSE", row="a"))
    opening = Unlock(second="investigator", because="a laboratory sheet was found")
    refused(gate, A.DATA_MANAGER, opening, "not-locked-now")
    do(gate, A.INVESTIGATOR, SignOff(meaning="ready to lock"))
    do(gate, A.DATA_MANAGER, Lock())
    first = gate.casebook(A.CUSTODIAN).locked
    refused(gate, A.COORDINATOR, DOSE, "locked")
    refused(gate, A.COORDINATOR, opening, "not-yours")
    refused(gate, A.DATA_MANAGER, Unlock(second="datamanager", because="x"), "second-person")
    refused(gate, A.DATA_MANAGER, Unlock(second="investigator", because="the treatment arm is wrong"), "arm-words")
    do(gate, A.DATA_MANAGER, opening)
    assert gate.casebook(A.EVALUATOR).locked is None
    assert all(getattr(entry.event, "because", "") == "" for entry in gate.casebook(A.EVALUATOR).entries())
    do(gate, A.COORDINATOR, Answer(subject="S1", form="DOSE", row="a", entries={"MG": "80"}, reason="half a dose"))
    do(gate, A.COORDINATOR, Sign(subject="S1", form="DOSE", row="a"))
    refused(gate, A.DATA_MANAGER, Lock(), "not-ready")
    do(gate, A.INVESTIGATOR, SignOff(meaning="ready to lock"))
    do(gate, A.DATA_MANAGER, Lock(), START + timedelta(days=1))
    again = gate.casebook(A.CUSTODIAN).locked
    assert again.at > first.at and again.event.digest != first.event.digest


@pytest.mark.req("BLD-05")
def test_that_a_dose_was_closed_is_not_told_to_those_who_analyze() -> None:
    """A frozen row of doses would tell that the patient is treated; who may read nothing of a page does not learn that it is closed."""
    gate = in_memory(tiny_study())
    enrolled(gate, "S1")
    gate.do(actor(Audience.COORDINATOR), Answer(subject="S1", form="DOSE", row="a", entries={"GIVEN": "2026-01-05", "MG": "80"}), START)
    gate.do(actor(Audience.MONITOR), Freeze(subject="S1", form="DOSE", row="a"), START)
    assert gate.casebook(Audience.COORDINATOR).subject("S1").closed_by("", "DOSE", "a")
    for role in (Audience.DATA_MANAGER, Audience.STATISTICIAN, Audience.EVALUATOR):
        assert not gate.casebook(role).subject("S1").frozen
