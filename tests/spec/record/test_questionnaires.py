"""What a patient answers on his phone: offered in its window, handed in whole and once, never over what is there."""

from datetime import timedelta

import pytest
from attrs import evolve

from studies.telitacicept_ssc.protocol import QUESTIONNAIRES, STUDY
from trialwright.blinding import Actor
from trialwright.instruments.eq5d5l import CODES
from trialwright.protocol import SELF, Absence, Audience
from trialwright.protocol.coherence import incoherences
from trialwright.record import Answer, Freeze, HandIn, MarkNotDone, Questionnaire, Refused, Sign
from trialwright.record.questionnaires import current, handed_in, next_day
from trialwright.testing import START, actor, enrolled, in_memory, later

pytestmark = pytest.mark.spec
ME, OTHER = "KHTR42", "MWQX73"
PATIENT = Actor(name="phone-1", role=Audience.PATIENT, subject=ME)
FIRST, SECOND = "0123456789abcdef0123456789abcdef", "f" * 32
HEALTH = {code: "2" for code in CODES} | {"EQVAS": "70"}
WEEK12 = later(84, 60)


@pytest.fixture
def gate():
    gate = in_memory(STUDY)
    for subject in (ME, OTHER):
        enrolled(gate, subject, at=START, index=START.date())
    return gate


def hand_in(gate, at=WEEK12, who=PATIENT, ago=timedelta(), **more):
    given = {"subject": ME, "visit": "W12", "form": "EQ5D", "entries": HEALTH, "submission": FIRST, "answered": at - ago, **more}
    return gate.do(who, HandIn(**given), at)


def page(gate, subject=ME, role=Audience.COORDINATOR):
    return gate.casebook(role).subject(subject).page("W12", "EQ5D")


def due(gate, days):
    view = gate.casebook(Audience.PATIENT, subject=ME)
    return [(one.visit.code, one.form.code) for one in current(STUDY, view.subject(ME), later(days).date()) if one.open]


@pytest.mark.req("TIM-03")
def test_answers_come_with_the_day_of_the_answer_the_moment_they_were_given_and_the_moment_they_arrived(gate) -> None:
    entries = hand_in(gate, ago=timedelta(hours=30))
    told = page(gate)
    assert told.answers == HEALTH | {"EQDAT": "2026-03-29"}
    assert told.by_patient and {entry.at for entry in entries} == {WEEK12}
    assert {cell.last.observed for cell in told.cells.values()} == {"2026-03-28T20:00:00.000000Z"}
    assert {(cell.last.source, cell[-1].by, cell[-1].role) for cell in told.cells.values()} == {(f"phone/{FIRST}", "phone-1", Audience.PATIENT)}
    assert {cell.last.label for cell in told.cells.values()} == {SELF}
    assert handed_in(told, FIRST) == WEEK12 and handed_in(told, SECOND) is None


def test_nobody_answers_later_than_he_hands_in(gate) -> None:
    hand_in(gate, ago=timedelta(days=-3))
    assert page(gate).answers["EQDAT"] == "2026-03-30" and page(gate).cells["MO"].last.observed == "2026-03-30T02:00:00.000000Z"


@pytest.mark.req("DAT-07")
def test_handed_in_twice_is_kept_once_even_after_a_correction(gate) -> None:
    assert len(hand_in(gate)) == 7
    assert hand_in(gate, later(84, 61)) == ()
    correction = Answer(subject=ME, visit="W12", form="EQ5D", entries={"MO": "3"}, reason="the patient rang: he meant 3")
    gate.do(actor(Audience.COORDINATOR), correction, later(84, 70))
    assert hand_in(gate, later(84, 80)) == ()
    assert page(gate).answers["MO"] == "3"


def refused(gate, code, **more):
    before = len(gate.casebook(Audience.CUSTODIAN).everything)
    with pytest.raises(Refused) as told:
        hand_in(gate, **more)
    assert (told.value.code, len(gate.casebook(Audience.CUSTODIAN).everything)) == (code, before)
    return told.value


@pytest.mark.req("DAT-05")
def test_what_somebody_else_has_entered_is_told_and_not_touched(gate) -> None:
    gate.do(actor(Audience.COORDINATOR), Answer(subject=ME, visit="W12", form="EQ5D", entries={"MO": "5"}), later(84))
    assert "2026-03-30" in refused(gate, "already-entered").because.en
    assert page(gate).answers == {"MO": "5"}
    gate.do(actor(Audience.COORDINATOR), MarkNotDone(subject=ME, visit="W12", form="HAQ", reason="hospitalized"), later(84))
    refused(gate, "already-entered", form="HAQ", entries={})
    hand_in(gate, form="SHAQ", entries={item.code: Absence.REFUSED for item in Questionnaire(
        visit=STUDY.visit("W12"), form=STUDY.form("SHAQ"), page=page(gate)).asked})  # fmt: skip
    refused(gate, "already-entered", form="SHAQ", entries={}, submission=SECOND)


def test_a_second_hand_in_under_another_name_changes_nothing(gate) -> None:
    hand_in(gate)
    refused(gate, "already-entered", submission=SECOND)


@pytest.mark.req("DAT-03", "DAT-07")
def test_all_or_nothing_every_question_is_answered_or_declined(gate) -> None:
    told = refused(gate, "wrong-entries", entries={"MO": "2", "SC": "9"})
    assert [one.item for one in told.wrongs] == ["UA", "PD", "AD", "EQVAS"]
    told = refused(gate, "wrong-entries", entries=HEALTH | {"SC": "9"})
    assert [one.item for one in told.wrongs] == ["SC"]
    hand_in(gate, entries=HEALTH | {"MO": Absence.REFUSED, "EQDAT": "1999-01-01"})
    assert page(gate).cells["MO"].absence is Absence.REFUSED and page(gate).answers["EQDAT"] == "2026-03-30"


def test_only_a_patient_hands_in_and_only_what_is_his_and_is_planned(gate) -> None:
    refused(gate, "not-yours", who=actor(Audience.COORDINATOR))
    refused(gate, "not-found", subject=OTHER)
    refused(gate, "not-found", form="MRSS")
    refused(gate, "not-found", form="NOTHING")
    refused(gate, "not-found", entries=HEALTH | {"IGG": "9"})
    refused(gate, "not-planned", visit="W8")
    for name in ("", "x", FIRST.upper(), FIRST + "0", f"{FIRST}\n"):
        refused(gate, "not-found", submission=name)


def test_not_before_its_window_and_not_into_a_frozen_page_but_late_is_kept(gate) -> None:
    assert "2026-03-23" in refused(gate, "not-open-yet", at=later(60)).because.en
    gate.do(actor(Audience.DATA_MANAGER), Freeze(subject=ME), later(84))
    refused(gate, "frozen")
    late = in_memory(STUDY)
    enrolled(late, ME, at=START, index=START.date())
    assert len(hand_in(late, later(120), ago=timedelta(days=30))) == 7, "answered in the window on a phone without a network"


def test_each_questionnaire_is_offered_in_its_window_and_what_was_missed_is_not_asked_later(gate) -> None:
    everything = [("W12", form) for form in QUESTIONNAIRES]
    assert due(gate, 76) == due(gate, 92) == [] and due(gate, 77) == due(gate, 91) == everything
    hand_in(gate)
    assert due(gate, 84) == [one for one in everything if one[1] != "EQ5D"]
    subject = gate.casebook(Audience.PATIENT, subject=ME).subject(ME)
    assert next_day(STUDY, subject, later(30).date()) == later(77).date() and next_day(STUDY, subject, later(400).date()) is None


@pytest.mark.req("ACC-03")
def test_a_patient_knows_himself_alone_and_nothing_but_what_is_for_him(gate) -> None:
    view = gate.casebook(Audience.PATIENT, subject=ME)
    assert [subject.id for subject in view.subjects] == [ME] and view.subject(ME).arm is None
    assert {type(entry.event).__name__ for entry in view.everything} == {"Consented", "Enrolled"}
    for wrong in (lambda: gate.casebook(Audience.PATIENT), lambda: Actor(name="x", role=Audience.PATIENT),
                  lambda: Actor(name="x", role=Audience.MONITOR, subject=ME)):  # fmt: skip
        with pytest.raises(ValueError, match="a patient"):
            wrong()


def test_nobody_signs_the_answers_of_a_patient_as_his_own(gate) -> None:
    hand_in(gate)
    with pytest.raises(Refused) as told:
        gate.do(actor(Audience.COORDINATOR), Sign(subject=ME, visit="W12", form="EQ5D"), later(85))
    assert told.value.code == "not-author"
    gate.do(actor(Audience.COORDINATOR), Sign(subject=ME, visit="W12", form="EQ5D", meaning="reviewed"), later(85))
    assert page(gate).fully_signed
    assert {type(entry.event).__name__ for entry in gate.casebook(Audience.PATIENT, subject=ME).everything} == {"Consented", "Enrolled", "Answered"}


@pytest.mark.req("BLD-01")
def test_a_study_whose_patient_could_not_fill_his_form_is_refused() -> None:
    form = STUDY.form("EQ5D")
    hidden = evolve(form, sections=tuple(evolve(part, items=tuple(evolve(item, audience=Audience.COORDINATOR) for item in part.items))
                                         for part in form.sections))  # fmt: skip
    told = [reason.en for reason in incoherences(evolve(STUDY, forms=tuple(hidden if one is form else one for one in STUDY.forms)))]
    assert any("EQ5D is filled by the patient, who may not read EQDAT, MO" in reason for reason in told)
    log = evolve(STUDY.form("DOSING"), entered_by=Audience.PATIENT)
    told = [reason.en for reason in incoherences(evolve(STUDY, forms=tuple(log if one.code == "DOSING" else one for one in STUDY.forms)))]
    assert any("plain pages of visits only" in reason for reason in told)
