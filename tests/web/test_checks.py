"""Checks as people meet them: everything wrong at once, a reason for what is unusual, and nothing that falls in silence."""

import re

import pytest

from tests.web.desk import OLD, sent, skin
from tests.web.test_filling import AE, LUNG, saved, text
from trialwright.capture.testing import PASSWORD
from trialwright.protocol import Audience
from trialwright.record.events import Corrected

pytestmark = pytest.mark.web
COORDINATOR, EVALUATOR = Audience.COORDINATOR, Audience.EVALUATOR
WEEK4 = f"/subject/{OLD}/visit/W4/MRSS"


def about(page: str, check: str) -> dict[str, str]:
    """The hidden box that says over which answers a check asks."""
    (value,) = re.findall(rf'name="ok\.check\.{check}" value="([^"]*)"', page)
    return {f"ok.check.{check}": value, f"because.check.{check}": "checked with the source document"}


@pytest.mark.req("DAT-02")
def test_everything_wrong_is_told_in_the_first_round(client, gate) -> None:
    """A future day, an unusual value, an unreadable one, and a check between pages, each with a link."""
    entries = {"LUNGDAT": "2027-01-01", "FVC": "0.90", "FEV1": "x", "HEIGHT": "188"}
    page = text(client(COORDINATOR).post(f"/subject/{OLD}/visit/SCREENING/LUNG", sent(entries)))
    assert "Entries that need your attention: 4." in page
    for item, words in (("LUNGDAT", "lies in the future"), ("FVC", "is unusual"), ("FEV1", "cannot be read"), ("HEIGHT", "differ by more than 3")):
        assert words in page and f'href="#f-{item}"' in page
    assert saved(gate, OLD, "SCREENING", "LUNG") == {}


@pytest.mark.req("DAT-02", "AUD-01")
def test_a_check_between_answers_is_confirmed_with_a_reason_that_reviewers_see(client, gate) -> None:
    someone = client(COORDINATOR)
    change = {"HEIGHT": "174"}
    where = f"/subject/{OLD}/visit/SCREENING/LUNG"
    asked = text(someone.post(where, sent(change)))
    assert "is 174 here and 168 on another page" in asked and "It is right, because" in asked
    right = about(asked, "LUNG_HEIGHT")
    assert someone.post(where, sent({"HEIGHT": "175"}, **right)).status_code == 422, "another value, another question"
    assert someone.post(where, sent(change, **right))["Location"] == where
    assert someone.post(where, sent({"FVC": "2.00", **change}, {"HEIGHT": 1})).status_code == 303, "settled until it changes"
    reviewed = text(client(Audience.DATA_MANAGER).get(where))
    assert "LUNG_HEIGHT: checked with the source document" in reviewed
    assert "checked with the source document" in text(client(Audience.DATA_MANAGER).get(f"{where}/history"))


@pytest.mark.req("DAT-02", "SIG-02")
def test_a_contradiction_is_saved_as_a_draft_told_at_once_and_never_signed(client, gate) -> None:
    someone = client(COORDINATOR)
    page = sent({"FEV1": "3.50"}) | {"then": "sign"}
    assert someone.post(LUNG, page)["Location"] == LUNG, "not on to the signature"
    shown = text(someone.get(LUNG))
    assert "Answers contradict each other" in shown and "the page cannot be signed" in shown and "(3.50) is above" in shown
    refused = someone.post(f"{LUNG}/sign", {"meaning": "authored", "password": PASSWORD})
    assert refused.status_code == 422 and "(3.50) is above" in text(refused)
    assert someone.post(LUNG, sent({"FEV1": "2.50"}, {"FEV1": 1}, reason="typing error")).status_code == 303
    assert "cannot be signed" not in text(someone.get(LUNG))
    assert someone.post(f"{LUNG}/sign", {"meaning": "authored", "password": PASSWORD}).status_code == 303


@pytest.mark.req("DAT-02")
def test_the_evaluator_is_asked_about_a_day_outside_the_window(client, gate) -> None:
    evaluator, late = client(EVALUATOR), skin(1, "2026-01-20")
    asked = text(evaluator.post(WEEK4, sent(late)))
    assert "is 6 days before the window of this visit (2026-01-26 to 2026-02-09)" in asked
    assert evaluator.post(WEEK4, sent(late, **about(asked, "MRSS_WINDOW"))).status_code == 303


@pytest.mark.req("AUD-03")
def test_what_falls_with_a_changed_answer_is_announced_and_falls_with_its_reason(client, gate) -> None:
    someone = client(Audience.PHYSICIAN)
    someone.post(f"{AE}/new", sent({"AETERM": "fever", "AESTDAT": "2026-02-01", "AESER": "Y", "AESHOSP": "Y"}))
    (row,) = gate.casebook(COORDINATOR).subject(OLD).rows("ADVERSE_EVENTS")
    where, change = f"{AE}/{row.place[2]}", sent({"AESER": "N"}, {"AESER": 1}, reason="not admitted after all")
    told = someone.post(where, change)
    assert told.status_code == 422 and "is no longer asked" in text(told) and 'name="falls" value="AESHOSP"' in text(told)
    assert saved(gate, OLD, "", "ADVERSE_EVENTS", row.place[2])["AESHOSP"] == "Y"
    assert someone.post(where, change | {"falls": "AESHOSP"}).status_code == 303
    assert "1 answer that is no longer asked became “not applicable”" in text(someone.get(AE))
    cell = gate.casebook(COORDINATOR).subject(OLD).page("", "ADVERSE_EVENTS", row.place[2]).cells["AESHOSP"]
    assert isinstance(cell.last, Corrected) and (cell.value, cell.last.absence, cell.last.reason) == (None, "not applicable", "not admitted after all")
    back = sent({"AESER": "Y", "AESHOSP": "N"}, {"AESER": 2, "AESHOSP": 2}, reason="it was")
    assert someone.post(where, back).status_code == 303
    assert saved(gate, OLD, "", "ADVERSE_EVENTS", row.place[2])["AESHOSP"] == "N"


def test_findings_in_chinese(client) -> None:
    page = text(client(COORDINATOR, language="zh").post(f"/subject/{OLD}/visit/SCREENING/LUNG", sent({"HEIGHT": "188"})))
    assert "相差超过 3" in page and "数值无误，因为" in page
