"""Safety at work: clocks by pressure, immunoglobulins, severe findings, the drug account, and the report to take away; nothing for the blinded."""

import re
from datetime import timedelta
from io import BytesIO

import pytest

from tests.serious import EVENT, LOG, ROW, WHO, at, trial
from trialwright.capture.accounts import log
from trialwright.capture.testing import client_for
from trialwright.protocol import Audience
from trialwright.record import Answer
from trialwright.testing import START, actor

pytestmark = pytest.mark.web
READERS = (Audience.SAFETY, Audience.PHYSICIAN, Audience.INVESTIGATOR, Audience.MONITOR, Audience.COORDINATOR)
BLINDED = (Audience.EVALUATOR, Audience.DATA_MANAGER, Audience.STATISTICIAN)
CASE = f"/subject/{WHO}/safety/{ROW}"
FILES = ("cioms-en.pdf", "cioms-zh.pdf", "e2b.xml", "e2b.csv")


def page(gate, path: str, role: Audience = Audience.SAFETY, day: int = 30, **more: str) -> str:
    found = client_for(gate, role, lambda: at(day), **more).get(path)
    assert found.status_code == 200, path
    return str(found.content.decode())


def text(html: str) -> str:
    """The page without its marks, for sentences that go across them."""
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


@pytest.fixture(scope="module")
def gate():
    return trial()


@pytest.mark.parametrize("role", READERS)
def test_those_who_treat_see_the_clock_in_words(gate, role: Audience) -> None:
    told = text(page(gate, "/safety", role, day=28))  # 2 February
    assert "3 days left · report to the authority , by 2026-02-05" in told
    assert "done on 2026-01-21 · tell the sponsor (24 hours)" in told


@pytest.mark.parametrize(("day", "words"), [(31, "due today"), (32, "1 day overdue"), (40, "9 days overdue")])
def test_the_clock_runs_in_calendar_days(gate, day: int, words: str) -> None:
    told = page(gate, "/safety", day=day)
    assert words in text(told)
    assert ("c-overdue" in told) is ("overdue" in words)


@pytest.mark.req("BLD-01")
@pytest.mark.parametrize("role", BLINDED)
def test_nobody_who_is_blind_has_these_pages(gate, role: Audience) -> None:
    someone = client_for(gate, role, lambda: at(30))
    absent = someone.get("/nothing").content
    for path in ("/safety", CASE, *(f"{CASE}/{file}" for file in FILES)):
        found = someone.get(path)
        assert (found.status_code, found.content) == (404, absent), path
    assert b"pneumonia" not in someone.get("/").content


def test_the_inbox_of_those_who_report_holds_the_clock(gate) -> None:
    for role in (Audience.SAFETY, Audience.PHYSICIAN, Audience.INVESTIGATOR, Audience.COORDINATOR):
        told = text(page(gate, "/", role))
        assert "Serious event: report to the authority" in told, role
        assert "pneumonia" not in told, role  # the home page does not say that it is unblinded
    assert "Serious event" not in text(page(gate, "/", Audience.MONITOR))


def test_what_presses_most_stands_first() -> None:
    gate = trial()
    worse = EVENT | {"AETERM": "sepsis", "AESLIFE": "Y"}
    gate.do(actor(Audience.PHYSICIAN), Answer(subject=WHO, form=LOG, row="R2", entries=worse), at(29))
    told = page(gate, "/safety")
    assert told.index("sepsis") < told.index("pneumonia")


def test_the_immunoglobulin_course_is_drawn_and_told(gate) -> None:
    told = page(gate, "/safety")
    assert 'aria-label="KHTR42, Immunoglobulin G: Week 4: 3.40 g/L"' in told
    assert "hold below 4" in told
    assert "stop below 3" in told
    assert '<b class="act-HOLD">hold the drug</b>' in told


def test_a_severe_finding_is_listed_with_its_grade() -> None:
    gate = trial()
    blood = {"LBDAT": "2026-02-02", "NEUT": "0.80", "PLAT": "90"}
    gate.do(actor(Audience.COORDINATOR), Answer(subject=WHO, visit="BASELINE", form="LABORATORY", entries=blood), at(29))
    told = page(gate, "/safety").split('id="severe"')[1].split("</section>")[0]
    assert "Neutrophils" in told
    assert "<strong>3</strong>" in told
    assert "Platelets" not in told  # grade 1


def test_the_drug_account_balances() -> None:
    gate = trial()
    for row, what, many in (("A1", "DISPAMT", "8"), ("A2", "RETAMT", "1")):
        entries = {"DADAT": "2026-01-30", "DATESTCD": what, "DAORRES": many, "DASTREN": "80", "DALOT": "V1", "DAEXP": "2028-03"}
        gate.do(actor(Audience.COORDINATOR), Answer(subject=WHO, form="ACCOUNTABILITY", row=row, entries=entries), at(29))
    told = text(page(gate, "/safety").split('id="account"')[1].split("</section>")[0])
    assert "KHTR42 640 80 0 0 480 80 3 / 5 60.0 %" in told  # 8 vials of 80 mg out, one back, three doses of 160 mg given


def test_more_given_than_dispensed_is_said(gate) -> None:
    assert "more given than dispensed" in page(gate, "/safety")


def test_the_page_of_an_event_says_what_its_report_lacks(gate) -> None:
    told = text(page(gate, CASE))
    assert "N.1.3 Batch Sender Identifier: agreed between sender and receiver" in told
    assert "E.i.2.1b" not in told  # it was coded
    assert "Open the page of the event" in told
    assert "严重性标准" in page(gate, CASE, language="zh")


def test_the_page_of_the_adverse_event_leads_to_its_report(gate) -> None:
    row = f"/subject/{WHO}/log/{LOG}/{ROW}"
    assert f'href="{CASE}"' in page(gate, row)
    assert "What happened, in order" in page(gate, row)  # the part about the report is on the same page


def test_each_file_is_given_and_noted(gate) -> None:
    begins = {"cioms-en.pdf": b"%PDF-", "cioms-zh.pdf": b"%PDF-", "e2b.xml": b"<?xml", "e2b.csv": b"number,"}
    someone = client_for(gate, Audience.SAFETY, lambda: at(30))
    for file in FILES:
        found = someone.get(f"{CASE}/{file}")
        assert found.content.startswith(begins[file]), file
        assert found["Content-Disposition"] == f'attachment; filename="NCT06546540-KHTR42-R1-{file}"'
        assert log()[-1][1] == f"report NCT06546540-KHTR42-R1 taken as {file}"
    assert someone.get(f"{CASE}/anything.pdf").status_code == 404


def test_the_form_on_paper_tells_the_case_in_both_languages(gate) -> None:
    from pypdf import PdfReader

    someone = client_for(gate, Audience.SAFETY, lambda: START + timedelta(days=30))
    for file, words in (("cioms-en.pdf", ("Suspect drug", "pneumonia", "telitacicept", "prednisone", "2 doses, 320 mg")),
                        ("cioms-zh.pdf", ("可疑药品", "pneumonia", "泰它西普", "住院"))):  # fmt: skip
        told = "".join(one.extract_text() for one in PdfReader(BytesIO(someone.get(f"{CASE}/{file}").content)).pages)
        for word in (*words, "肺部感染"):
            assert word in told, (file, word)


def test_an_event_that_is_not_serious_has_no_such_page() -> None:
    gate = trial({"AETERM": "headache", "AESTDAT": "2026-01-20", "AETOXGR": "1", "AESER": "N"}, coded=False)
    assert client_for(gate, Audience.SAFETY, lambda: at(30)).get(CASE).status_code == 404
    assert "headache" not in page(gate, "/safety")
