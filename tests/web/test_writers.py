"""Answers of one profession on screen: readable for the others, marked with whose they are, and waiting in his inbox."""

import re

import pytest

from tests.web.desk import OLD, sent
from trialwright.protocol import Audience
from trialwright.record import AskQuery
from trialwright.testing import actor, later

pytestmark = pytest.mark.web
COORDINATOR, PHYSICIAN = Audience.COORDINATOR, Audience.PHYSICIAN
AE = f"/subject/{OLD}/log/ADVERSE_EVENTS"
DESCRIBED = {"AETERM": "cough", "AESTDAT": "2026-01-20", "AETOXGR": "1", "AEACN": "DOSE NOT CHANGED", "AEOUT": "RECOVERING/RESOLVING"}


def text(answer) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def described(client, gate) -> str:
    client(COORDINATOR).post(f"{AE}/new", sent(DESCRIBED))
    (row,) = gate.casebook(COORDINATOR).subject(OLD).rows("ADVERSE_EVENTS")
    return f"{AE}/{row.place[2]}"


@pytest.mark.req("ACC-03")
def test_the_coordinator_reads_whose_answer_it_is_and_has_no_box_for_it(client, gate) -> None:
    page = client(COORDINATOR).get(f"{AE}/new").content.decode()
    assert 'name="v.AETERM"' in page and 'name="v.AESER"' not in page and 'id="f-AESER"' in page
    assert page.count("for the treating physician / principal investigator") == 8
    assert page.count("for the treating physician / safety officer / principal investigator") == 1
    assert 'name="v.AESER"' in client(PHYSICIAN).get(f"{AE}/new").content.decode()
    assert "由治疗医师／主要研究者填写" in client(COORDINATOR, language="zh").get(f"{AE}/new").content.decode()


@pytest.mark.req("ACC-03")
def test_who_sends_it_all_the_same_is_refused_in_words(client, gate) -> None:
    answer = client(COORDINATOR).post(f"{AE}/new", sent(DESCRIBED | {"AEREL": "POSSIBLE"}))
    assert answer.status_code == 422 and "Only the treating physician / principal investigator answers this" in text(answer)
    assert gate.casebook(COORDINATOR).subject(OLD).rows("ADVERSE_EVENTS") == ()


def test_what_was_described_waits_for_the_judgment_of_the_physician(client, gate) -> None:
    where = described(client, gate)
    client(COORDINATOR).post(where, sent({"AETOXGR": "2"}, {"AETOXGR": 1}, reason="typing error"))
    again = client(COORDINATOR)
    again.post(where, sent({"AETOXGR": "1"}, {"AETOXGR": 2}, reason="typing error"))
    assert "2 answers are still missing. 2 of them wait for the treating physician / principal investigator." in text(again.get(AE))
    for role in (PHYSICIAN, Audience.INVESTIGATOR):
        assert "Adverse events: 1 row waits for your judgment" in text(client(role).get("/")), role
    for role in (COORDINATOR, Audience.SAFETY, Audience.MONITOR, Audience.DATA_MANAGER):
        assert "your judgment" not in text(client(role).get("/")), role
    assert client(PHYSICIAN).post(where, sent({"AESER": "N", "AEREL": "UNLIKELY"})).status_code == 303
    assert "your judgment" not in text(client(PHYSICIAN).get("/"))
    assert re.search(r"Related to the study drug.{0,80}for the treating physician / principal investigator unlikely", text(client(COORDINATOR).get(where)))


def test_a_question_about_a_judgment_is_the_physicians(client, gate) -> None:
    where = described(client, gate)
    client(PHYSICIAN).post(where, sent({"AESER": "N", "AEREL": "UNLIKELY"}))
    row = where.rsplit("/", 1)[1]
    (asked,) = gate.do(actor(Audience.MONITOR), AskQuery(subject=OLD, form="ADVERSE_EVENTS", row=row, item="AEREL", question="Why?"), later(29))
    path = f"/subject/{OLD}/query/{asked.event.query}/answer"
    assert (client(COORDINATOR).get(path).status_code, client(PHYSICIAN).get(path).status_code) == (404, 200)
    assert path not in client(COORDINATOR).get(where).content.decode() and path in client(PHYSICIAN).get(where).content.decode()


def test_what_hangs_on_a_judgment_opens_and_closes_with_it(browser, site) -> None:
    """In a browser the saved judgment of somebody else still drives the skip logic."""
    from trialwright.capture.testing import PASSWORD
    from trialwright.record import Answer

    site.gate.do(actor(PHYSICIAN), Answer(subject=OLD, form="ADVERSE_EVENTS", row="A1", entries={"AETERM": "fever", "AESER": "Y"}), later(29))
    context = browser.new_context(base_url=site.url)
    page = context.new_page()
    page.goto("/")
    page.locator("input[name=name]").fill("coordinator")
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("form.card button").click()
    page.goto(f"{AE}/A1")
    assert page.locator("#f-AENARR").is_visible() and page.locator("#f-AESHOSP").is_visible() and page.locator("#f-AEHOSPI").is_hidden()
    assert page.locator("#reason").is_hidden(), "nothing was changed"
    page.locator("#v-AENARR").fill("Fever for two days")
    page.get_by_role("button", name="Save", exact=True).click()
    assert site.gate.casebook(COORDINATOR).subject(OLD).page("", "ADVERSE_EVENTS", "A1").answers["AENARR"] == "Fever for two days"
    page.goto(f"{AE}/new")
    assert page.locator("#f-AENARR").is_hidden()
    context.close()
