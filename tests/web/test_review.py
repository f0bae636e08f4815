"""Reviewing on the web: compared with the source, frozen, signed off, agreed, unlocked; and what the blind see of it."""

from datetime import timedelta

import pytest

from tests.web.desk import NEW, OLD, YOUNG, sent, skin
from tests.web.test_filling import text
from trialwright.capture.testing import PASSWORD
from trialwright.protocol import Audience
from trialwright.record import Answer, CloseQuery, Sign
from trialwright.testing import actor, later

pytestmark = pytest.mark.web
MONITOR, DATA_MANAGER, INVESTIGATOR = Audience.MONITOR, Audience.DATA_MANAGER, Audience.INVESTIGATOR
COORDINATOR, EVALUATOR = Audience.COORDINATOR, Audience.EVALUATOR
LUNG = f"/subject/{OLD}/visit/BASELINE/LUNG"
SKIN = f"/subject/{OLD}/visit/BASELINE/MRSS"


def test_a_page_is_compared_with_its_source_and_the_verification_falls_with_an_answer(client, gate) -> None:
    monitor = client(MONITOR)
    assert "not verified as it now stands" in text(monitor.get(LUNG))
    page = text(monitor.get(f"{LUNG}/verify"))
    assert "3.10" in page and 'name="except.HEIGHT"' in page
    assert monitor.post(f"{LUNG}/verify", {"except.HEIGHT": "1"})["Location"] == LUNG
    assert not gate.casebook(MONITOR).subject(OLD).page("BASELINE", "LUNG").unverified
    assert "verified against the source" in text(monitor.get(LUNG))
    monitor.post(f"{LUNG}/verify")
    assert "verified already" in text(monitor.get(LUNG))
    coordinator = client(COORDINATOR)
    coordinator.post(LUNG, sent({"HEIGHT": "169"}, {"HEIGHT": 1}, reason="typing error"))
    assert "verified against the source" in text(monitor.get(LUNG)), "what was left out may change"
    coordinator.post(LUNG, sent({"FVC": "3.20"}, {"FVC": 1}, reason="typing error"))
    assert "not verified as it now stands" in text(monitor.get(LUNG))
    assert client(COORDINATOR).get(f"{LUNG}/verify").status_code == 404


def test_a_frozen_page_says_so_and_takes_no_answer_until_it_is_opened(client, gate) -> None:
    manager, coordinator = client(DATA_MANAGER), client(COORDINATOR)
    assert "Freeze this page" in text(manager.get(LUNG))
    assert manager.post(f"{LUNG}/freeze")["Location"] == LUNG
    page = text(coordinator.get(LUNG))
    assert "Frozen by datamanager" in page and 'name="v.FVC"' not in page
    assert coordinator.post(LUNG, sent({"FVC": "3.20"}, {"FVC": 1}, reason="typing error")).status_code == 422
    assert manager.post(f"{LUNG}/thaw", {"v.BECAUSE": "telitacicept"}).status_code == 422, "the reason must not name the drug"
    assert manager.post(f"{LUNG}/thaw", {"v.BECAUSE": ""}).status_code == 422
    assert manager.post(f"{LUNG}/thaw", {"v.BECAUSE": "the wrong blow was entered"})["Location"] == LUNG
    assert coordinator.post(LUNG, sent({"FVC": "3.20"}, {"FVC": 1}, reason="typing error")).status_code == 303
    assert manager.get(f"{LUNG}/thaw").status_code == 404


def test_everything_of_a_subject_is_frozen_by_the_data_manager_alone(client) -> None:
    manager, monitor, evaluator = client(DATA_MANAGER), client(MONITOR), client(EVALUATOR)
    assert "Freeze everything" not in text(monitor.get(f"/subject/{OLD}"))
    assert manager.post(f"/subject/{OLD}/freeze").status_code == 303
    assert evaluator.post(SKIN, sent(skin(1, "2026-01-05"), reason="seen again")).status_code == 422
    assert "Frozen by datamanager" in text(manager.get(f"/subject/{OLD}"))
    assert manager.post(f"/subject/{OLD}/thaw", {"v.BECAUSE": "asked for"}).status_code == 303


def test_the_monitor_who_knows_the_arm_closes_and_freezes_nothing_of_the_evaluator(client, gate) -> None:
    manager, monitor, evaluator = client(DATA_MANAGER), client(MONITOR), client(EVALUATOR)
    asked = manager.post(f"{SKIN}/ask/FACE", {"v.QUESTION": "left or right?"})
    assert asked.status_code == 303
    query = next(one for one in gate.casebook(EVALUATOR).subject(OLD).queries)
    before = evaluator.get("/").content
    page = text(monitor.get(SKIN))
    assert f"/query/{query}/close" not in page and f"{SKIN}/freeze" not in page
    assert monitor.post(f"/subject/{OLD}/query/{query}/close").status_code == 422
    assert monitor.post(f"{SKIN}/freeze").status_code == 422
    monitor.post(f"{SKIN}/verify")
    assert evaluator.get("/").content == before
    assert f"/query/{query}/close" in text(manager.get(SKIN))


@pytest.mark.req("AUD-09")
def test_a_casebook_is_signed_with_the_password_and_the_signature_falls(client, gate, clock) -> None:
    investigator = client(INVESTIGATOR)
    assert "not yet" in text(investigator.get("/review"))
    assert investigator.post(f"/subject/{OLD}/sign-off", {"password": "guess"}).status_code == 422
    assert investigator.post(f"/subject/{OLD}/sign-off", {"password": PASSWORD})["Location"] == "/review"
    assert "holds since" in text(investigator.get("/review"))
    clock.now += timedelta(minutes=5)
    client(COORDINATOR).post(LUNG, sent({"FVC": "3.20"}, {"FVC": 1}, reason="typing error"))
    assert "fell: 1 entry since" in text(investigator.get("/review"))
    told = text(investigator.get(f"/subject/{OLD}/trail"))
    assert "I reviewed this casebook and approve it" in told
    assert client(Audience.STATISTICIAN).get("/review").status_code == 404


@pytest.mark.req("LCK-04")
def test_the_data_are_opened_again_by_two_and_every_later_change_is_listed(client, gate, clock) -> None:
    query = next(iter(gate.casebook(COORDINATOR).subject(OLD).queries))
    gate.do(actor(MONITOR), CloseQuery(subject=OLD, query=query), later(30))
    complete(gate)
    gate.do(actor(COORDINATOR), Sign(subject=OLD, visit="BASELINE", form="LUNG"), later(30))
    gate.do(actor(EVALUATOR), Sign(subject=OLD, visit="BASELINE", form="MRSS"), later(30))
    manager, investigator = client(DATA_MANAGER), client(INVESTIGATOR)
    assert manager.get("/unlock").status_code == manager.get("/changes").status_code == 404
    assert investigator.post("/lock/agree", {"password": PASSWORD})["Location"] == "/lock"
    assert "You have agreed to the lock" in text(investigator.get("/lock"))
    assert manager.post("/lock/agree", {"password": PASSWORD}).status_code == 303
    assert manager.post("/lock", {"password": PASSWORD}).status_code == 303
    told = {"v.BECAUSE": "a laboratory sheet was found", "password": PASSWORD, "second": "investigator", "second-password": PASSWORD}
    for wrong in ({"password": "x"}, {"second-password": "x"}, {"second": "datamanager"}, {"v.BECAUSE": "the control arm"}):
        assert manager.post("/unlock", told | wrong).status_code == 422
    clock.now += timedelta(minutes=5)
    assert manager.post("/unlock", told)["Location"] == "/changes"
    assert "No answer differs" in text(manager.get("/changes"))
    clock.now += timedelta(minutes=5)
    client(COORDINATOR).post(LUNG, sent({"FVC": "3.20"}, {"FVC": 1}, reason="the wrong blow was entered"))
    page = text(manager.get("/changes"))
    assert "3.10 L" in page and "3.20 L" in page and "the wrong blow was entered" in page and "a laboratory sheet was found" in page
    assert YOUNG not in page and NEW not in page


def complete(gate) -> None:
    """Fills what the page still lacks, so that it can be signed."""
    study = gate.study
    page = gate.casebook(COORDINATOR).subject(OLD).page("BASELINE", "LUNG")
    lacking = {item.code: item.absences[0] for item in study.form("LUNG").seen_by(COORDINATOR)
               if item.required and item.code not in page.cells and (item.shown is None or item.shown.holds(page.answers))}  # fmt: skip
    if lacking:
        gate.do(actor(COORDINATOR), Answer(subject=OLD, visit="BASELINE", form="LUNG", entries=lacking), later(30))
