"""What waits for whom: log rows to sign, late questions, pages to verify, signatures that fell, and whom to telephone this week."""

from datetime import timedelta

import pytest

from tests.web.desk import OLD, YOUNG
from tests.web.test_filling import text
from trialwright.protocol import Audience
from trialwright.record import Answer, Sign, SignOff, Verify
from trialwright.testing import START, actor, later

pytestmark = pytest.mark.web
COORDINATOR, MONITOR, INVESTIGATOR = Audience.COORDINATOR, Audience.MONITOR, Audience.INVESTIGATOR
AE = {"AETERM": "cough", "AESTDAT": "2026-01-20", "AETOXGR": "1", "AESER": "N", "AEREL": "UNLIKELY", "AEACN": "DOSE NOT CHANGED",
      "AEOUT": "RECOVERING/RESOLVING"}  # fmt: skip


def inbox(client, role: Audience) -> str:
    """What waits for a role, without the matrix below."""
    page = text(client(role).get("/"))
    return page[page.index('id="now-title"') : page.index("</section>")]


def row(gate) -> None:
    form, asked = gate.study.form("ADVERSE_EVENTS"), {"AESER": "N"}
    more = {item.code for item in form.items if item.required and (item.shown is None or item.shown.holds(asked))}
    assert more <= set(AE), "the event of this test is complete"
    gate.do(actor(Audience.PHYSICIAN), Answer(subject=OLD, form="ADVERSE_EVENTS", row="A1", entries=AE), later(20))


def test_a_complete_row_of_a_log_waits_for_its_signature(client, gate) -> None:
    row(gate)
    for role in (COORDINATOR, INVESTIGATOR):
        assert "1 row to sign" in inbox(client, role) and f"/subject/{OLD}/log/ADVERSE_EVENTS" in inbox(client, role)
    assert "to sign" not in inbox(client, Audience.DATA_MANAGER), "who may not read it is not told of it"
    gate.do(actor(COORDINATOR), Sign(subject=OLD, form="ADVERSE_EVENTS", row="A1"), later(21))
    assert "to sign" not in inbox(client, COORDINATOR)


def test_a_question_without_a_word_for_a_week_is_overdue(client, clock) -> None:
    clock.now = START + timedelta(days=10)
    assert "7 days old" in inbox(client, COORDINATOR) and "overdue:" not in inbox(client, COORDINATOR)
    clock.now = START + timedelta(days=11)
    assert "overdue: 8 days old" in inbox(client, COORDINATOR)


def test_the_monitor_is_told_what_to_verify_until_it_is_verified(client, gate) -> None:
    gate.do(actor(COORDINATOR), Answer(subject=OLD, visit="BASELINE", form="LUNG", entries={"FVCPPREP": "80"}), later(20))
    assert "2 pages to verify" in inbox(client, MONITOR), "the lungs and the skin"
    assert "to verify" not in inbox(client, COORDINATOR)
    gate.do(actor(MONITOR), Verify(subject=OLD, visit="BASELINE", form="LUNG"), later(21))
    assert "1 page to verify" in inbox(client, MONITOR)


@pytest.mark.req("SIG-03")
def test_who_signed_a_casebook_is_told_when_it_changes(client, gate) -> None:
    manager = actor(Audience.DATA_MANAGER)
    gate.do(manager, SignOff(subject=OLD, meaning="trail reviewed"), later(20))
    assert "your signature fell" not in inbox(client, Audience.DATA_MANAGER)
    row(gate)
    assert "your signature fell" not in inbox(client, Audience.DATA_MANAGER), "what he may not read changes nothing for him"
    change = Answer(subject=OLD, visit="BASELINE", form="LUNG", entries={"HEIGHT": "169"}, reason="typing error")
    gate.do(actor(COORDINATOR), change, later(22))
    assert "your signature fell" in inbox(client, Audience.DATA_MANAGER) and "your signature fell" not in inbox(client, INVESTIGATOR)


def test_the_coordinator_knows_whom_to_telephone_this_week(client, clock) -> None:
    clock.now = START + timedelta(days=45)
    told = inbox(client, COORDINATOR)
    assert "telephone and arrange" in told and f"/subject/{OLD}/visit/W8" in told and f"/subject/{YOUNG}/visit/W4" in told and "/visit/W12" not in told
    assert "telephone" not in inbox(client, Audience.PHYSICIAN)
