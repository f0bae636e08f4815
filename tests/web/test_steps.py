"""A subject's steps, questions, the lock and the arms: each page shows what is missing, and each refusal changes nothing."""

import pytest

from studies.telitacicept_ssc.protocol import STUDY
from tests.web.desk import NEW, OLD, YOUNG, sent, trial
from tests.web.test_filling import text
from trialwright.capture.testing import PASSWORD, client_for
from trialwright.protocol import Audience
from trialwright.record import Answer, CloseQuery, Sign
from trialwright.testing import actor, enrolled, in_memory, later

pytestmark = pytest.mark.web
COORDINATOR, PHYSICIAN, EVALUATOR, DATA_MANAGER = Audience.COORDINATOR, Audience.PHYSICIAN, Audience.EVALUATOR, Audience.DATA_MANAGER


def state(gate) -> int:
    return len(gate.casebook(Audience.CUSTODIAN).everything)


def test_a_person_is_screened_under_a_random_code_and_consents_in_one_save(client, gate) -> None:
    someone = client(COORDINATOR)
    where = someone.post("/screen", {"v.SITE": "01"})["Location"]
    code = where.rpartition("/")[2]
    assert gate.casebook(COORDINATOR).knows(code) and code not in (OLD, YOUNG, NEW)
    assert someone.post(f"{where}/consent", {"v.ON": "2026-02-04", "v.VERSION": "2.1"}).status_code == 303
    subject = gate.casebook(COORDINATOR).subject(code)
    assert str(subject.consented) == "2026-02-04"
    assert subject.page("SCREENING", "CONSENT").answers == {"AGREED": "Y", "CONSDAT": "2026-02-04", "CONSVER": "2.1"}


@pytest.mark.parametrize("entries, why", [
    ({"v.ON": "2026-02-31", "v.VERSION": "2.1"}, "is not a date"), ({"v.ON": "2026-02-05", "v.VERSION": "2.1"}, "lies in the future"),
    ({"v.ON": "2026-02-04", "v.VERSION": ""}, "This is needed"), ({}, "This is needed"),
])  # fmt: skip
def test_a_step_with_a_mistake_changes_nothing_and_keeps_what_was_typed(client, gate, entries, why: str) -> None:
    someone = client(COORDINATOR)
    where = someone.post("/screen", {"v.SITE": "01"})["Location"]
    before = state(gate)
    answer = someone.post(f"{where}/consent", entries)
    assert answer.status_code == 422 and why in text(answer) and state(gate) == before
    assert all(f'value="{value}"' in text(answer) for value in entries.values() if value)


def test_enrollment_is_refused_with_the_criteria_that_are_open(client, gate) -> None:
    before = state(gate)
    answer = client(PHYSICIAN).post(f"/subject/{NEW}/enroll", {"v.ON": "2026-02-04"})
    assert answer.status_code == 422 and "cannot be enrolled: I1, I2" in text(answer) and f"/subject/{NEW}/screening" in text(answer) and state(gate) == before


def test_screening_explains_each_criterion_and_leads_to_what_is_missing(client, gate) -> None:
    someone = client(COORDINATOR)
    page = text(someone.get(f"/subject/{NEW}/screening"))
    assert "Cannot be decided yet" in page and f"0 met · 0 not met · {len(STUDY.criteria)} unknown" in page
    assert f'href="/subject/{NEW}/visit/SCREENING/LUNG"' in page and "Forced vital capacity" in page
    gate.do(actor(COORDINATOR), Answer(subject=NEW, visit="SCREENING", form="CONSENT", entries={"CONSDAT": "2026-02-03"}), later(30))
    gate.do(actor(COORDINATOR), Answer(subject=NEW, visit="SCREENING", form="DEMOGRAPHICS", entries={"BRTHDAT": "2015-01-01"}), later(30))
    page = text(someone.get(f"/subject/{NEW}/screening"))
    assert "Not eligible" in page and "1 not met" in page


def test_screening_ends_with_its_reason_and_the_open_criteria(client, gate) -> None:
    assert client(COORDINATOR).post(f"/subject/{NEW}/fail", {"v.ON": "2026-02-04", "v.BECAUSE": "changed his mind"}).status_code == 303
    failed = gate.casebook(COORDINATOR).subject(NEW).failed
    assert failed.event.because == "changed his mind" and "I1" in failed.event.criteria


def test_the_physician_chooses_the_arm_with_a_reason_and_the_blind_see_nothing(clock) -> None:
    gate = in_memory(STUDY)
    enrolled(gate, OLD, arm=None)
    physician, blind = client_for(gate, PHYSICIAN, clock), [client_for(gate, role, clock) for role in (EVALUATOR, DATA_MANAGER, Audience.STATISTICIAN)]
    before = [someone.get("/").content for someone in blind]
    assert physician.post(f"/subject/{OLD}/allocate", {"v.ARM": "T", "v.BECAUSE": ""}).status_code == 422
    assert physician.post(f"/subject/{OLD}/allocate", {"v.ARM": "T", "v.BECAUSE": "progressed on two drugs"}).status_code == 303
    assert gate.casebook(PHYSICIAN).subject(OLD).arm == "T"
    assert "telitacicept" in text(physician.get(f"/subject/{OLD}")) and "UNBLINDED" in text(physician.get(f"/subject/{OLD}"))
    assert [someone.get("/").content for someone in blind] == before
    assert client_for(gate, COORDINATOR, clock).post(f"/subject/{OLD}/allocate", {"v.ARM": "C", "v.BECAUSE": "x"}).status_code == 422


def test_a_random_list_is_sealed_by_the_custodian_and_then_gives_the_arm(clock) -> None:
    gate = in_memory(STUDY.read_as("R3"))
    enrolled(gate, OLD, arm=None)
    physician, custodian = client_for(gate, PHYSICIAN, clock), client_for(gate, Audience.CUSTODIAN, clock)
    assert "No allocation list is sealed" in text(physician.post(f"/subject/{OLD}/allocate"))
    assert custodian.post("/seal").status_code == 303
    assert physician.post(f"/subject/{OLD}/allocate").status_code == 303
    assert gate.casebook(PHYSICIAN).subject(OLD).arm in ("T", "C")


def test_the_evaluator_learns_of_a_withdrawal_only_that_nothing_is_due(client, gate) -> None:
    evaluator = client(EVALUATOR)
    assert YOUNG in text(evaluator.get("/"))
    answer = client(COORDINATOR).post(f"/subject/{YOUNG}/withdraw", {"v.ON": "2026-02-03", "v.BECAUSE": "the injections hurt"})
    assert answer.status_code == 303
    assert "injections hurt" in text(client(PHYSICIAN).get(f"/subject/{YOUNG}"))
    assert "injections hurt" not in text(evaluator.get("/")) and "Week 4" in text(evaluator.get("/"))


def test_visits_in_which_nothing_is_to_be_seen_are_folded_away(client) -> None:
    page = text(client(COORDINATOR).get(f"/subject/{OLD}"))
    shown, folded = page.split("Visits not due, or not done: ")
    assert "Baseline" in shown and "Week 4" in shown and "Week 48" not in shown and "Week 48" in folded


def test_a_question_is_raised_answered_and_closed(client, gate) -> None:
    lung = f"/subject/{OLD}/visit/BASELINE/LUNG"
    monitor, coordinator = client(Audience.MONITOR), client(COORDINATOR)
    assert monitor.post(f"{lung}/ask/HEIGHT", {"v.QUESTION": "In shoes?"}).status_code == 303
    query = next(one for one in gate.casebook(COORDINATOR).subject(OLD).queries.values() if one.item == "HEIGHT")
    assert "In shoes?" in text(coordinator.get("/queries")) and "In shoes?" in text(coordinator.get(lung))
    assert coordinator.post(f"/subject/{OLD}/query/{query.id}/close").status_code == 404
    assert coordinator.post(f"/subject/{OLD}/query/{query.id}/answer", {"v.ANSWER": ""}).status_code == 422
    assert coordinator.post(f"/subject/{OLD}/query/{query.id}/answer", {"v.ANSWER": "Without."}).status_code == 303
    assert "Without." in text(monitor.get("/queries"))
    assert monitor.post(f"/subject/{OLD}/query/{query.id}/close").status_code == 303
    assert not gate.casebook(COORDINATOR).subject(OLD).queries[query.id].open
    again = monitor.post(f"/subject/{OLD}/query/{query.id}/close")
    assert again.status_code == 422 and "already done" in text(again)


def test_a_question_to_the_evaluator_names_no_treatment(client, gate) -> None:
    path = f"/subject/{OLD}/visit/BASELINE/MRSS/ask/FACE"
    refused = client(DATA_MANAGER).post(path, {"v.QUESTION": "Is this since the injection?"})
    assert refused.status_code == 422 and "could tell the arm" in text(refused)
    assert client(Audience.MONITOR).post(path, {"v.QUESTION": "Is it 2?"}).status_code == 422, "a monitor is not blind"
    assert client(DATA_MANAGER).post(path, {"v.QUESTION": "Is it 2?"}).status_code == 303
    assert "Is it 2?" in text(client(EVALUATOR).get("/"))


@pytest.mark.req("SIG-03")
def test_lock_release_and_nothing_after(client, gate) -> None:
    manager, statistician = client(DATA_MANAGER), client(Audience.STATISTICIAN)
    page = text(manager.get("/lock"))
    assert "Open questions: 1" in page and "Pages without a signature that holds: 2" in page and "cannot be locked yet" in page
    assert manager.post("/lock", {"password": PASSWORD}).status_code == 422
    query = next(iter(gate.casebook(COORDINATOR).subject(OLD).queries))
    gate.do(actor(Audience.MONITOR), CloseQuery(subject=OLD, query=query), later(30))
    gate.do(actor(COORDINATOR), Sign(subject=OLD, visit="BASELINE", form="LUNG"), later(30))
    gate.do(actor(EVALUATOR), Sign(subject=OLD, visit="BASELINE", form="MRSS"), later(30))
    assert statistician.post("/release", {"v.BECAUSE": "x", "second": "investigator", "second-password": PASSWORD}).status_code == 422
    assert manager.post("/lock", {"password": "wrong password"}).status_code == 422
    assert "has not agreed to the record" in text(manager.post("/lock", {"password": PASSWORD}))
    assert client(Audience.INVESTIGATOR).post("/lock/agree", {"password": PASSWORD}).status_code == 303
    assert manager.post("/lock", {"password": PASSWORD}).status_code == 303 and gate.casebook(COORDINATOR).locked
    late = client(COORDINATOR).post(f"/subject/{OLD}/visit/BASELINE/LUNG", sent({"FVC": "3.01"}, {"FVC": 1}, reason="late"))
    assert late.status_code == 422 and "locked" in text(late)
    client(Audience.INVESTIGATOR)
    alone = statistician.post("/release", {"v.BECAUSE": "analysis", "second": "statistician", "second-password": PASSWORD})
    wrong = statistician.post("/release", {"v.BECAUSE": "analysis", "second": "investigator", "second-password": "guess"})
    assert alone.status_code == wrong.status_code == 422 and gate.casebook(Audience.STATISTICIAN).subject(OLD).arm is None
    assert statistician.post("/release", {"v.BECAUSE": "analysis", "second": "investigator", "second-password": PASSWORD}).status_code == 303
    assert gate.casebook(Audience.STATISTICIAN).subject(OLD).arm == "T"
    assert "telitacicept" in text(statistician.get(f"/subject/{OLD}"))


@pytest.mark.req("ACC-03", "BLD-02")
def test_the_refusal_of_a_lock_names_no_page_that_the_blind_may_not_read(client, gate) -> None:
    """An unsigned row of the dosing log would tell the data manager who gets the drug."""
    row = client(Audience.PHYSICIAN).post(f"/subject/{YOUNG}/log/ADVERSE_EVENTS/new", sent({"AETERM": "injection site redness", "AESER": "N"}))
    assert row.status_code == 303
    query = next(iter(gate.casebook(COORDINATOR).subject(OLD).queries))
    gate.do(actor(Audience.MONITOR), CloseQuery(subject=OLD, query=query), later(30))
    gate.do(actor(COORDINATOR), Sign(subject=OLD, visit="BASELINE", form="LUNG"), later(30))
    gate.do(actor(EVALUATOR), Sign(subject=OLD, visit="BASELINE", form="MRSS"), later(30))
    refused = text(client(DATA_MANAGER).post("/lock", {"password": PASSWORD}))
    assert "something is unfinished that you may not see" in refused and YOUNG not in refused and "ADVERSE" not in refused
    assert f"First: {YOUNG} ADVERSE_EVENTS" in text(client(Audience.INVESTIGATOR).post("/lock", {"password": PASSWORD}))


@pytest.mark.req("BLD-05")
def test_where_all_who_treat_know_the_arm_no_code_is_broken(client, gate) -> None:
    """Who measures, cleans or analyzes is told nothing before lock, whatever the emergency."""
    physician = client(PHYSICIAN)
    assert "/break" not in text(physician.get(f"/subject/{OLD}"))
    told = {"v.ROLE": "DATA_MANAGER", "v.BECAUSE": "anaphylaxis", "second": "safety", "second-password": PASSWORD}
    before = gate.casebook(Audience.CUSTODIAN).everything
    assert physician.get(f"/subject/{OLD}/break").status_code == physician.post(f"/subject/{OLD}/break", told).status_code == 404
    assert gate.casebook(Audience.CUSTODIAN).everything == before


def test_every_entry_is_found_under_its_name(client, gate) -> None:
    entry = gate.casebook(EVALUATOR).subject(OLD).page("BASELINE", "MRSS").cells["FACE"].entries[0]
    statistician = client(Audience.STATISTICIAN)
    page = text(statistician.get(f"/entry/{entry.ref}"))
    assert "face = 2" in page and "evaluator" in page and f"/subject/{OLD}/visit/BASELINE/MRSS/history#FACE" in page
    assert client(COORDINATOR).get(f"/entry/{entry.ref}").status_code == 404, "who treats does not read the evaluator's scores"
    arm = gate.casebook(PHYSICIAN).subject(OLD).allocated
    assert statistician.get(f"/entry/{arm.ref}").status_code == 404 and client(PHYSICIAN).get(f"/entry/{arm.ref}").status_code == 200


def test_the_matrix_has_only_the_columns_of_the_role(client) -> None:
    coordinator, manager = text(client(COORDINATOR).get("/")), text(client(DATA_MANAGER).get("/"))
    assert "Adverse events" in coordinator and "Doses of the study drug" in coordinator
    assert "Adverse events" not in manager and "Doses of the study drug" not in manager
    assert coordinator.count('scope="row"') == 3 and 'scope="col"' in coordinator


def test_a_rehearsal_says_on_every_page_that_its_people_are_virtual(clock) -> None:
    from trialwright.capture.desk import DESK, Desk

    gate = in_memory(STUDY)
    someone, nobody = client_for(gate, COORDINATOR, clock), client_for(gate, None, clock)
    assert "Virtual people" not in text(someone.get("/"))
    for one, path in ((someone, "/"), (nobody, "/login")):
        one.defaults[DESK] = Desk(gate=gate, clock=clock, draw=bytes, virtual=True)
        assert "Virtual people" in text(one.get(path))


def test_two_trials_are_served_side_by_side(clock) -> None:
    """The trial travels with the request, never with the process."""
    one, other = trial(), in_memory(STUDY)
    assert OLD in text(client_for(one, COORDINATOR, clock).get("/"))
    assert "No subjects yet" in text(client_for(other, COORDINATOR, clock).get("/"))
