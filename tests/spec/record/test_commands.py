"""What each command does, and what it refuses: nothing is half done, and each refusal says how to mend."""

from datetime import date

import pytest
from attrs import evolve

from trialwright.allocation import Allocate, SealSequence, sequence
from trialwright.allocation.recorded import RecordAllocation
from trialwright.blinding import Actor
from trialwright.eligibility.enrollment import Enroll
from trialwright.protocol import BLINDED, EVALUATION, Absence, Audience
from trialwright.record import (
    Answer,
    AnswerQuery,
    AskQuery,
    BreakCode,
    CloseQuery,
    Complete,
    Consent,
    FailScreening,
    Lock,
    MarkNotDone,
    Refused,
    Screen,
    Sign,
    SignOff,
    Withdraw,
)
from trialwright.record.events import Answered, SequenceSealed
from trialwright.record.refusals import REASONS
from trialwright.testing import START, Told, actor, enrolled, in_memory, later, tiny_study

pytestmark = pytest.mark.spec
A = Audience
SCORES = {"ASSESSED": "2026-01-05", "SITE1": "1", "SITE2": "2", "SITE3": "3"}


@pytest.fixture
def gate():
    trial = in_memory(tiny_study())
    enrolled(trial, "S1", "T")
    enrolled(trial, "S2", None)
    return trial


def do(gate, role, command, at=START):
    return gate.do(actor(role), command, at)


def refused(gate, role, command, code, at=START):
    before = gate.casebook(A.CUSTODIAN).everything
    with pytest.raises(Refused) as caught:
        do(gate, role, command, at)
    assert caught.value.code == code
    assert caught.value.because.zh and "{" not in caught.value.because.en + caught.value.because.zh
    assert gate.casebook(A.CUSTODIAN).everything == before, "a refused command writes nothing"
    return caught.value


def page(gate, subject="S1", visit="BASE", form="SCORE", role=A.EVALUATOR):
    return gate.casebook(role).subject(subject).page(visit, form)


# ------------------------------------------------------------------------------------------------ screening to enrollment


def test_a_person_gets_a_random_code_that_counts_nothing(gate):
    codes = [do(gate, A.COORDINATOR, Screen(site="01"))[0].event.subject for _ in range(20)]
    assert len(set(codes)) == 20
    assert all(len(code) == 6 and not set(code) & set("AEIOU01") for code in codes)
    assert codes != sorted(codes)


def test_screening_is_for_those_who_care_for_patients(gate):
    for role in (A.EVALUATOR, A.MONITOR, A.DATA_MANAGER, A.STATISTICIAN):
        refused(gate, role, Screen(site="01"), "not-yours")
    refused(gate, A.COORDINATOR, Screen(site="99"), "not-found")
    refused(gate, A.COORDINATOR, Screen(site="01", subject="S1"), "already")


def test_consent_is_given_once_and_not_in_the_future(gate):
    do(gate, A.COORDINATOR, Screen(site="01", subject="P1"))
    refused(gate, A.COORDINATOR, Consent(subject="P1", on=date(2026, 1, 6), version="1"), "in-future")
    do(gate, A.COORDINATOR, Consent(subject="P1", on=date(2026, 1, 5), version="1"))
    refused(gate, A.COORDINATOR, Consent(subject="P1", on=date(2026, 1, 5), version="1"), "already")
    refused(gate, A.COORDINATOR, Consent(subject="nobody", on=date(2026, 1, 5), version="1"), "not-found")


def test_only_the_eligible_are_enrolled(gate):
    do(gate, A.COORDINATOR, Screen(site="01", subject="P1"))
    refused(gate, A.PHYSICIAN, Enroll(subject="P1", on=date(2026, 1, 5)), "no-consent")
    do(gate, A.COORDINATOR, Consent(subject="P1", on=date(2026, 1, 5), version="1"))
    assert "I1" in refused(gate, A.PHYSICIAN, Enroll(subject="P1", on=date(2026, 1, 5)), "not-eligible").because.en
    do(gate, A.COORDINATOR, Answer(subject="P1", visit="SCR", form="PERSON", entries={"AGE": "17", "SEEN": "2026-01-05"}))
    refused(gate, A.PHYSICIAN, Enroll(subject="P1", on=date(2026, 1, 5)), "not-eligible")
    do(gate, A.COORDINATOR, Answer(subject="P1", visit="SCR", form="PERSON", entries={"AGE": "18"}, reason="typing error"))
    refused(gate, A.PHYSICIAN, Enroll(subject="P1", on=date(2026, 1, 4)), "too-early")
    refused(gate, A.COORDINATOR, Enroll(subject="P1", on=date(2026, 1, 5)), "not-yours")
    do(gate, A.PHYSICIAN, Enroll(subject="P1", on=date(2026, 1, 5)))
    assert gate.casebook(A.EVALUATOR).subject("P1").index_date == date(2026, 1, 5)
    refused(gate, A.PHYSICIAN, Enroll(subject="P1", on=date(2026, 1, 5)), "already")


def test_a_screening_failure_is_not_enrolled_afterwards(gate):
    do(gate, A.COORDINATOR, Screen(site="01", subject="P1"))
    do(gate, A.COORDINATOR, FailScreening(subject="P1", on=date(2026, 1, 5), criteria=("I1", "X9"), because="too young"))
    assert gate.casebook(A.STATISTICIAN).subject("P1").failed.event.criteria == "I1"
    assert not gate.casebook(A.EVALUATOR).knows("P1")
    refused(gate, A.PHYSICIAN, Enroll(subject="P1", on=date(2026, 1, 5)), "already")


# ------------------------------------------------------------------------------------------------ allocation, three readings


def test_the_clinician_chooses_and_says_why(gate):
    refused(gate, A.COORDINATOR, Allocate(subject="S2", arm="C", because="stable"), "not-yours")
    refused(gate, A.PHYSICIAN, Allocate(subject="S2", arm="X", because="stable"), "no-arm")
    refused(gate, A.PHYSICIAN, Allocate(subject="S2", arm="C"), "reason-empty")
    refused(gate, A.PHYSICIAN, Allocate(subject="S1", arm="C", because="again"), "already")
    do(gate, A.PHYSICIAN, Allocate(subject="S2", arm="C", because="stable"))
    assert gate.casebook(A.PHYSICIAN).subject("S2").arm == "C"
    for blind in (A.EVALUATOR, A.DATA_MANAGER, A.STATISTICIAN):
        assert gate.casebook(blind).subject("S2").arm is None


def test_by_response_nobody_chooses():
    gate = in_memory(tiny_study("R2"))
    for subject, age in (("S1", "60"), ("S2", "30"), ("S3", None)):
        enrolled(gate, subject, None)
        if age:
            do(gate, A.COORDINATOR, Answer(subject=subject, visit="SCR", form="PERSON", entries={"AGE": age}))
    refused(gate, A.PHYSICIAN, Allocate(subject="S1", arm="T", because="I want to"), "wrong-method")
    refused(gate, A.PHYSICIAN, Allocate(subject="S3"), "unknown-evidence")
    do(gate, A.PHYSICIAN, Allocate(subject="S1"))
    do(gate, A.PHYSICIAN, Allocate(subject="S2"))
    book = gate.casebook(A.PHYSICIAN)
    assert [book.subject(one).arm for one in ("S1", "S2")] == ["T", "C"]
    assert "age 60" in book.subject("S1").allocated.event.because


@pytest.mark.parametrize("allocate", [
    (A.PHYSICIAN, Allocate(subject="S2", arm="T", because="stable")),
    (A.CUSTODIAN, RecordAllocation(subject="S2", arm="T", because="taken over")),
], ids=["here", "elsewhere"])  # fmt: skip
def test_who_treats_but_is_blinded_does_not_learn_the_arm(allocate):
    study = tiny_study()
    trial = in_memory(evolve(study, blinded=study.blinded | A.PHYSICIAN))
    enrolled(trial, "S2", None)
    do(trial, *allocate)
    assert trial.casebook(A.PHYSICIAN).subject("S2").arm is None
    assert trial.casebook(A.SAFETY).subject("S2").arm == "T"


def test_a_refusal_tells_the_day_at_the_site(gate):
    """17:00 UTC on 5 January is the morning of the 6th in Shanghai."""
    evening = START.replace(hour=17)
    do(gate, A.COORDINATOR, FailScreening(subject=do(gate, A.COORDINATOR, Screen(site="01", subject="P1"))[0].event.subject,
                                          on=date(2026, 1, 5), criteria=(), because="moved away"), evening)  # fmt: skip
    again = FailScreening(subject="P1", on=date(2026, 1, 5), criteria=(), because="moved away")
    assert "2026-01-06" in refused(gate, A.COORDINATOR, again, "already", evening).because.en


@pytest.mark.req("BLD-03")
def test_at_random_the_list_is_sealed_before_the_first_patient():
    study = tiny_study("R3")
    gate = in_memory(study)
    for number in range(8):
        enrolled(gate, f"S{number}", None)
    refused(gate, A.PHYSICIAN, Allocate(subject="S0"), "no-list")
    refused(gate, A.INVESTIGATOR, SealSequence(), "not-yours")
    do(gate, A.CUSTODIAN, SealSequence())
    refused(gate, A.CUSTODIAN, SealSequence(), "already")
    for number in range(8):
        do(gate, A.PHYSICIAN, Allocate(subject=f"S{number}"))
    given = [gate.casebook(A.PHYSICIAN).subject(f"S{number}").arm for number in range(8)]
    sealed = next(entry.event for entry in gate.casebook(A.CUSTODIAN).entries() if isinstance(entry.event, SequenceSealed))
    assert tuple(given) == sequence(study, study.chosen, sealed.seed, 8)
    for role in (A.PHYSICIAN, A.EVALUATOR, A.STATISTICIAN):
        told = [entry.event for entry in gate.casebook(role).entries() if isinstance(entry.event, SequenceSealed)]
        assert [(one.commitment, one.seed) for one in told] == [(sealed.commitment, "")], "the commitment is public, the seed is not"


def test_blocks_are_balanced_and_every_order_is_drawn():
    study = tiny_study("R3")
    lists = [sequence(study, study.chosen, f"{seed:064x}", 40) for seed in range(400)]
    for arms in lists:
        lead = [arms[:place].count("T") - arms[:place].count("C") for place in range(41)]
        assert max(map(abs, lead)) <= 2, "blocks of 2 and 4: no arm is ever more than two ahead"
    assert 150 < sum(arms[0] == "T" for arms in lists) < 250
    assert {arms[:2] for arms in lists} == {("T", "T"), ("T", "C"), ("C", "T"), ("C", "C")}


# ------------------------------------------------------------------------------------------------ filling pages


def test_a_page_is_one_save_with_one_event_per_changed_item(gate):
    entries = do(gate, A.EVALUATOR, Answer(subject="S1", visit="BASE", form="SCORE", entries=SCORES))
    assert [entry.event.value for entry in entries] == ["2026-01-05", "1", "2", "3"]
    assert len({entry.page for entry in entries}) == 1
    assert do(gate, A.EVALUATOR, Answer(subject="S1", visit="BASE", form="SCORE", entries=SCORES)) == ()


@pytest.mark.req("AUD-03")
def test_a_change_needs_a_reason_and_hides_nothing(gate):
    do(gate, A.EVALUATOR, Answer(subject="S1", visit="BASE", form="SCORE", entries=SCORES))
    change = {"SITE1": "2"}
    unexplained = Answer(subject="S1", visit="BASE", form="SCORE", entries=change)
    assert [wrong.item for wrong in refused(gate, A.EVALUATOR, unexplained, "reason-needed").wrongs] == ["SITE1"]
    refused(gate, A.EVALUATOR, Answer(subject="S1", visit="BASE", form="SCORE", entries=change, reason="   "), "reason-needed")
    do(gate, A.EVALUATOR, Answer(subject="S1", visit="BASE", form="SCORE", entries=change, reason="misread"), later(1))
    cell = page(gate).cells["SITE1"]
    assert [entry.event.value for entry in cell.entries] == ["1", "2"]
    assert cell.entries[1].event.reason == "misread"


@pytest.mark.req("AUD-02")
def test_the_state_of_an_earlier_day_is_the_same_fold_stopped_there(gate):
    do(gate, A.EVALUATOR, Answer(subject="S1", visit="BASE", form="SCORE", entries=SCORES), later(1))
    do(gate, A.EVALUATOR, Answer(subject="S1", visit="BASE", form="SCORE", entries={"SITE1": "3"}, reason="misread"), later(3))
    assert gate.casebook(A.EVALUATOR, until=later(2)).subject("S1").page("BASE", "SCORE").answers["SITE1"] == "1"
    assert gate.casebook(A.EVALUATOR, until=START).subject("S1").page("BASE", "SCORE").answers == {}


@pytest.mark.req("DAT-02", "DAT-07")
@pytest.mark.parametrize("item, entered, said", [
    ("SITE1", "4", "outside the possible range 0 to 3"),
    ("SITE1", "-1", "outside the possible range 0 to 3"),
    ("SITE1", "1.5", "whole number"),
    ("SITE1", "", "whole number"),
    ("SITE1", "１２", "outside the possible range"),
    ("ASSESSED", "2026-02-30", "not a date"),
    ("ASSESSED", "30/01/2026", "not a date"),
    ("ASSESSED", "2026-01-06", "lies in the future"),
    ("ASSESSED", "1826-01-05", "outside the years"),
])  # fmt: skip
def test_a_wrong_entry_stops_the_whole_page_and_says_what_was_expected(gate, item, entered, said):
    problem = refused(gate, A.EVALUATOR, Answer(subject="S1", visit="BASE", form="SCORE", entries=SCORES | {item: entered}), "wrong-entries")
    assert [wrong.item for wrong in problem.wrongs] == [item]
    assert said in problem.wrongs[0].because.en
    assert page(gate).cells == {}


@pytest.mark.req("DAT-03")
def test_an_absence_is_said_with_its_reason_and_is_no_zero(gate):
    do(gate, A.EVALUATOR, Answer(subject="S1", visit="BASE", form="SCORE", entries={"SITE1": Absence.NOT_DONE}))
    cell = page(gate).cells["SITE1"]
    assert (cell.value, cell.absence) == (None, Absence.NOT_DONE)
    refused(gate, A.EVALUATOR, Answer(subject="S1", visit="BASE", form="SCORE", entries={"SITE1": Absence.REFUSED}), "wrong-entries")


@pytest.mark.req("DAT-05")
def test_of_two_people_on_one_page_the_second_is_shown_both_values(gate):
    first = Answer(subject="S1", visit="BASE", form="BLOOD", entries={"IGG": "9.1"}, seen={"IGG": 0})
    second = Answer(subject="S1", visit="BASE", form="BLOOD", entries={"IGG": "9.7"}, seen={"IGG": 0}, reason="typing error")
    do(gate, A.COORDINATOR, first)
    conflict = refused(gate, A.PHYSICIAN, second, "stale").conflicts[0]
    assert (conflict.item, conflict.saved, conflict.by) == ("IGG", "9.1", "coordinator")
    same = Answer(subject="S1", visit="BASE", form="BLOOD", entries={"IGG": "9.1"}, seen={"IGG": 0})
    assert do(gate, A.PHYSICIAN, same) == (), "the same value twice is no conflict"


@pytest.mark.req("INV-03")
@pytest.mark.req("ACC-02")
def test_who_may_not_see_or_fill_a_page_cannot(gate):
    refused(gate, A.EVALUATOR, Answer(subject="S1", visit="BASE", form="BLOOD", entries={"IGG": "9"}), "not-found")
    refused(gate, A.PHYSICIAN, Answer(subject="S1", visit="BASE", form="SCORE", entries=SCORES), "not-found")
    refused(gate, A.MONITOR, Answer(subject="S1", visit="BASE", form="SCORE", entries=SCORES), "not-yours")
    refused(gate, A.EVALUATOR, Answer(subject="S9", visit="BASE", form="SCORE", entries=SCORES), "not-found")
    refused(gate, A.EVALUATOR, Answer(subject="S1", visit="SCR", form="SCORE", entries=SCORES), "not-planned")
    refused(gate, A.EVALUATOR, Answer(subject="S1", visit="BASE", form="SCORE", entries={"NOSUCH": "1"}), "not-found")
    refused(gate, A.COORDINATOR, Answer(subject="S1", visit="BASE", form="DOSE", entries={"MG": "160"}), "not-planned")
    do(gate, A.COORDINATOR, Answer(subject="S1", form="DOSE", row="a1", entries={"MG": "160"}))
    assert [one.answers for one in gate.casebook(A.PHYSICIAN).subject("S1").rows("DOSE")] == [{"MG": "160"}]


@pytest.mark.req("BLD-09")
def test_words_that_the_evaluator_reads_come_only_from_the_blind(gate):
    do(gate, A.EVALUATOR, Answer(subject="S1", visit="BASE", form="SCORE", entries=SCORES))
    ask = AskQuery(subject="S1", visit="BASE", form="SCORE", item="SITE1", question="skin of the upper arm: every score?")
    refused(gate, A.MONITOR, ask, "only-the-blind")
    for words in ("is this after the injection?", "Examplumab?", "which treatment arm?", "why control", "低 IgG 吗？", "注射部位？"):
        refused(gate, A.DATA_MANAGER, AskQuery(subject="S1", visit="BASE", form="SCORE", item="SITE1", question=words), "arm-words")
    do(gate, A.DATA_MANAGER, ask)


def test_a_page_that_was_not_done_says_why(gate):
    do(gate, A.EVALUATOR, MarkNotDone(subject="S1", visit="W4", form="SCORE", reason="the patient was ill"))
    assert page(gate, visit="W4").not_done is not None
    refused(gate, A.EVALUATOR, MarkNotDone(subject="S1", visit="W4", form="SCORE", reason="again"), "already")
    do(gate, A.EVALUATOR, Answer(subject="S1", visit="W4", form="SCORE", entries={"SITE1": "1"}))
    assert page(gate, visit="W4").not_done is None, "what was done after all counts"
    refused(gate, A.EVALUATOR, MarkNotDone(subject="S1", visit="W4", form="SCORE", reason="again"), "already")


# ------------------------------------------------------------------------------------------------ queries, signatures, lock


@pytest.mark.req("DAT-06")
def test_the_life_of_a_query(gate):
    do(gate, A.COORDINATOR, Answer(subject="S1", visit="BASE", form="BLOOD", entries={"IGG": "19"}))
    ask = AskQuery(subject="S1", visit="BASE", form="BLOOD", item="IGG", question="unit g/L?")
    refused(gate, A.COORDINATOR, ask, "not-yours")
    refused(gate, A.DATA_MANAGER, ask, "not-found")
    query = do(gate, A.MONITOR, ask)[0].event.query
    refused(gate, A.MONITOR, AnswerQuery(subject="S1", query=query, answer="yes"), "not-yours")
    do(gate, A.COORDINATOR, AnswerQuery(subject="S1", query=query, answer="yes"))
    assert gate.casebook(A.MONITOR).subject("S1").queries[query].status == "answered"
    refused(gate, A.COORDINATOR, CloseQuery(subject="S1", query=query), "not-yours")
    do(gate, A.MONITOR, CloseQuery(subject="S1", query=query))
    refused(gate, A.COORDINATOR, AnswerQuery(subject="S1", query=query, answer="no"), "already")


@pytest.mark.req("SIG-02")
def test_a_signature_binds_the_content_and_falls_when_it_changes(gate):
    sign = Sign(subject="S1", visit="BASE", form="SCORE")
    refused(gate, A.EVALUATOR, sign, "incomplete")
    do(gate, A.EVALUATOR, Answer(subject="S1", visit="BASE", form="SCORE", entries=SCORES))
    do(gate, A.EVALUATOR, sign)
    assert page(gate).fully_signed
    do(gate, A.EVALUATOR, Answer(subject="S1", visit="BASE", form="SCORE", entries={"SITE2": "3"}, reason="misread"))
    assert [signature.valid for signature in page(gate).signatures] == [False]
    assert not page(gate).fully_signed
    do(gate, A.EVALUATOR, sign)
    assert page(gate).fully_signed


@pytest.mark.req("SIG-05")
@pytest.mark.req("LCK-01", "LCK-02", "LCK-03")
def test_lock_then_open_the_arms_and_never_the_other_way_round(gate):
    do(gate, A.EVALUATOR, Answer(subject="S1", visit="BASE", form="SCORE", entries=SCORES))
    opening = BreakCode(to=A.STATISTICIAN, second="investigator", because="analysis")
    refused(gate, A.DATA_MANAGER, opening, "not-locked")
    refused(gate, A.DATA_MANAGER, Lock(), "unsigned")
    do(gate, A.EVALUATOR, Sign(subject="S1", visit="BASE", form="SCORE"))
    query = do(gate, A.DATA_MANAGER, AskQuery(subject="S1", visit="BASE", form="SCORE", item="SITE1", question="sure?"))[0].event.query
    refused(gate, A.DATA_MANAGER, Lock(), "open-queries")
    do(gate, A.DATA_MANAGER, CloseQuery(subject="S1", query=query))
    refused(gate, A.COORDINATOR, Lock(), "not-yours")
    refused(gate, A.DATA_MANAGER, Lock(), "not-ready")
    do(gate, A.INVESTIGATOR, SignOff(meaning="ready to lock"))
    do(gate, A.DATA_MANAGER, Lock())
    state = gate.casebook(A.CUSTODIAN).locked.event.digest
    assert len(state) == 64, "the digest of the record depends on hidden entries ..."
    assert all(gate.casebook(role).locked.event.digest == "" for role in (A.EVALUATOR, A.DATA_MANAGER, A.STATISTICIAN)), "... and the blind get none"
    for command, role in ((Answer(subject="S1", visit="W4", form="SCORE", entries=SCORES), A.EVALUATOR), (Screen(site="01"), A.COORDINATOR),
                          (Sign(subject="S1", visit="BASE", form="SCORE"), A.EVALUATOR), (Allocate(subject="S2", arm="C", because="x"), A.PHYSICIAN),
                          (Withdraw(subject="S1", on=START.date(), because="x"), A.PHYSICIAN)):  # fmt: skip
        refused(gate, role, command, "locked")
    refused(gate, A.DATA_MANAGER, BreakCode(to=A.STATISTICIAN, second="datamanager", because="analysis"), "second-person")
    assert gate.casebook(A.STATISTICIAN).subject("S1").arm is None
    do(gate, A.DATA_MANAGER, opening)
    assert gate.casebook(A.STATISTICIAN).subject("S1").arm == "T"
    assert gate.casebook(A.EVALUATOR).subject("S1").arm is None
    assert gate.casebook(A.STATISTICIAN).locked.event.digest == state
    refused(gate, A.DATA_MANAGER, opening, "already")
    do(gate, A.INVESTIGATOR, BreakCode(to=A.DATA_MANAGER, second="statistician", because="reconciliation"))
    assert gate.casebook(A.DATA_MANAGER).subject("S1").arm == "T"


@pytest.mark.req("BLD-05")
def test_a_refused_lock_names_no_page_that_its_reader_may_not_know(gate):
    """That S1 has a dose to sign, or a question about IgG is open, would tell the data manager the arm."""
    do(gate, A.COORDINATOR, Answer(subject="S1", form="DOSE", row="a1", entries={"GIVEN": "2026-01-05", "MG": "160"}))
    do(gate, A.COORDINATOR, Answer(subject="S1", visit="BASE", form="BLOOD", entries={"IGG": "9"}))
    query = do(gate, A.MONITOR, AskQuery(subject="S1", visit="BASE", form="BLOOD", item="IGG", question="unit?"))[0].event.query
    told = [str(refused(gate, A.DATA_MANAGER, Lock(), "not-ready"))]
    refused(gate, A.INVESTIGATOR, Lock(), "open-queries")
    do(gate, A.MONITOR, CloseQuery(subject="S1", query=query))
    told.append(str(refused(gate, A.DATA_MANAGER, Lock(), "not-ready")))
    assert "2 pages" in refused(gate, A.INVESTIGATOR, Lock(), "unsigned").because.en
    do(gate, A.COORDINATOR, Sign(subject="S1", form="DOSE", row="a1"))
    told.append(str(refused(gate, A.DATA_MANAGER, Lock(), "not-ready")))
    assert len(set(told)) == 1, "not even how much is unfinished"
    do(gate, A.EVALUATOR, Answer(subject="S1", visit="BASE", form="SCORE", entries=SCORES))
    assert "1 pages" in refused(gate, A.DATA_MANAGER, Lock(), "unsigned").because.en


def test_what_was_imported_was_signed_elsewhere_until_somebody_changes_it_here(gate):
    taken_over = tuple(Answered(label=EVALUATION, subject="S1", visit="BASE", form="SCORE", item=item, value=value, source="RS 1 #4")
                       for item, value in SCORES.items())  # fmt: skip
    do(gate, A.CUSTODIAN, Told(taken_over))
    assert page(gate).imported and not page(gate).fully_signed
    do(gate, A.EVALUATOR, Answer(subject="S1", visit="W4", form="SCORE", entries=SCORES, sources=dict.fromkeys(SCORES, "a file")), later(28))
    assert not page(gate, visit="W4").imported, "what a person at the site takes from a file he signs for"
    do(gate, A.EVALUATOR, Sign(subject="S1", visit="W4", form="SCORE"), later(28))
    change = Answer(subject="S1", visit="BASE", form="SCORE", entries={"SITE1": "3"}, reason="misread")
    do(gate, A.EVALUATOR, change)
    refused(gate, A.DATA_MANAGER, Lock(), "unsigned")
    do(gate, A.EVALUATOR, Sign(subject="S1", visit="BASE", form="SCORE"))
    do(gate, A.INVESTIGATOR, SignOff(meaning="ready to lock"))
    do(gate, A.DATA_MANAGER, Lock())


@pytest.mark.req("BLD-04")
def test_an_emergency_is_about_one_patient_and_a_second_person_is_another_one(gate):
    do(gate, A.INVESTIGATOR, SignOff(meaning="ready to lock"))
    do(gate, A.DATA_MANAGER, Lock())
    refused(gate, A.DATA_MANAGER, BreakCode(to=A.STATISTICIAN, second="", because="x", emergency=True), "second-person")
    refused(gate, A.DATA_MANAGER, BreakCode(to=A.STATISTICIAN, second=" DataManager ", because="x"), "second-person")
    refused(gate, A.DATA_MANAGER, BreakCode(to=Audience(0), second="investigator", because="x"), "not-found")
    do(gate, A.PHYSICIAN, BreakCode(subject="S1", to=A.SAFETY, second="", because="anaphylaxis", emergency=True))


@pytest.mark.parametrize("role", [Audience(0), A.EVALUATOR | A.PHYSICIAN])
def test_nobody_acts_without_a_role_or_in_two_at_once(gate, role):
    with pytest.raises(ValueError, match="one role"):
        Actor(name="somebody", role=role)
    assert not gate.casebook(Audience(0)).everything


def test_a_time_without_a_zone_is_no_time(gate):
    with pytest.raises(ValueError, match="time zone"):
        do(gate, A.COORDINATOR, Screen(site="01"), START.replace(tzinfo=None))
    with pytest.raises(ValueError, match="time zone"):
        gate.casebook(A.COORDINATOR, until=START.replace(tzinfo=None))


@pytest.mark.req("BLD-04")
def test_an_emergency_opens_one_subject_to_one_role_and_the_evaluator_learns_nothing(gate):
    """In a study that blinds the safety officer too: he alone learns one arm."""
    gate = in_memory(evolve(tiny_study(), blinded=BLINDED | A.SAFETY))
    enrolled(gate, "S1", "T")
    enrolled(gate, "S2", None)
    before = gate.casebook(A.EVALUATOR).everything
    opening = BreakCode(subject="S1", to=A.SAFETY, second="investigator", because="anaphylaxis")
    refused(gate, A.MONITOR, opening, "not-yours")
    for role in (A.EVALUATOR, A.DATA_MANAGER, A.STATISTICIAN):
        refused(gate, A.PHYSICIAN, BreakCode(subject="S1", to=role, second="safety", because="x"), "stays-blind")
    do(gate, A.PHYSICIAN, Allocate(subject="S2", arm="C", because="stable"))
    assert gate.casebook(A.SAFETY).subject("S1").arm is None
    do(gate, A.PHYSICIAN, opening)
    assert gate.casebook(A.EVALUATOR).everything == before
    book = gate.casebook(A.SAFETY)
    assert (book.subject("S1").arm, book.subject("S2").arm) == ("T", None)
    do(gate, A.EVALUATOR, Answer(subject="S1", visit="BASE", form="SCORE", entries=SCORES))
    assert not gate.casebook(A.SAFETY).subject("S1").page("BASE", "SCORE").cells, "the arm is opened, nothing else"


def test_a_withdrawal_tells_the_evaluator_the_bare_fact(gate):
    do(gate, A.PHYSICIAN, Withdraw(subject="S1", on=date(2026, 1, 5), because="injection site reaction"))
    seen = gate.casebook(A.EVALUATOR).subject("S1")
    assert seen.ended == date(2026, 1, 5) and seen.withdrew is None
    assert gate.casebook(A.PHYSICIAN).subject("S1").status == "withdrawn"
    refused(gate, A.EVALUATOR, Answer(subject="S1", visit="W4", form="SCORE", entries=SCORES), "ended", later(28))
    refused(gate, A.PHYSICIAN, Complete(subject="S1", on=date(2026, 1, 5)), "already")


def test_several_commands_in_one_save_are_all_or_nothing(gate):
    before = gate.casebook(A.CUSTODIAN).everything
    good = Screen(site="01", subject="P7")
    with pytest.raises(Refused):
        gate.do_all(actor(A.COORDINATOR), [good, Consent(subject="P7", on=date(2030, 1, 1), version="1")], START)
    assert gate.casebook(A.CUSTODIAN).everything == before
    gate.do_all(actor(A.COORDINATOR), [good, Consent(subject="P7", on=START.date(), version="1")], START)
    assert gate.casebook(A.COORDINATOR).subject("P7").consented == START.date()


def test_every_reason_of_the_catalogue_is_in_both_languages():
    for code, words in REASONS.items():
        assert any("\u4e00" <= letter <= "\u9fff" for letter in words.zh), code
        assert not any("\u4e00" <= letter <= "\u9fff" for letter in words.en), code
