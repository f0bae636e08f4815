"""The page of central monitoring: findings in plain words with the pages behind them, for four roles, each from its own view."""

import re
from datetime import timedelta

import pytest

from tests.web.desk import OLD
from tests.web.test_filling import text
from trialwright.capture.testing import client_for
from trialwright.instruments.mrss import CODES
from trialwright.protocol import Audience
from trialwright.record import Answer
from trialwright.testing import START, actor, enrolled, later

pytestmark = pytest.mark.web
A = Audience
READERS = (A.MONITOR, A.DATA_MANAGER, A.STATISTICIAN, A.INVESTIGATOR)


@pytest.fixture
def copied(gate):
    """Two patients with the same skin, site by site, and not all sites alike."""
    for number, visit in ((1, "BASELINE"), (2, "BASELINE")):
        enrolled(gate, f"CPD{number}", at=START + timedelta(days=number))
        grades = {code: str(spot % 4) for spot, code in enumerate(CODES)}
        gate.do(actor(A.EVALUATOR), Answer(subject=f"CPD{number}", visit=visit, form="MRSS", entries={"MRSSDAT": f"2026-01-0{5 + number}"} | grades),
                START + timedelta(days=number, hours=3))  # fmt: skip
    return gate


@pytest.mark.parametrize("role", [role for role in A if role is not A.PATIENT], ids=lambda role: role.name)
def test_four_roles_read_it_and_for_the_others_it_does_not_exist(client, role) -> None:
    someone = client(role)
    found = someone.get("/monitoring")
    if role not in READERS:
        assert (found.status_code, found.content) == (404, someone.get("/nothing").content)
        return
    page = text(found)
    assert "false alarm in at most 5 of 100 honest trials" in page and "With so few patients" in page
    assert "telitacicept" not in page and not re.search(r"style=|<script>|onclick", page)
    assert 'href="/monitoring"' in text(someone.get("/"))


def test_a_finding_names_what_and_where_and_leads_to_the_pages(copied) -> None:
    page = text(client_for(copied, A.DATA_MANAGER, lambda: later(30)).get("/monitoring"))
    assert "2 pages of 2 patients agree in all 17 numbers" in page and "an observation, to be looked at" in page
    assert "/subject/CPD1/visit/BASELINE/MRSS" in page and "/subject/CPD2/visit/BASELINE/MRSS" in page
    zh = text(client_for(copied, A.DATA_MANAGER, lambda: later(30), language="zh").get("/monitoring"))
    assert "2 名受试者的 2 页中全部 17 个数值相同" in zh and "agree in all" not in zh


def test_holidays_are_taken_from_the_address_and_a_wrong_one_is_told(client) -> None:
    statistician = client(A.STATISTICIAN)

    def off_days(page: str) -> str:
        line = re.search(r'<th scope="row">Modified Rodnan skin score</th>(.*?)</tr>', page)
        assert line is not None
        return re.findall(r"<td>(.*?)</td>", line.group(1))[3]

    assert off_days(text(statistician.get("/monitoring"))) == "0", "5 January 2026 was a Monday"
    assert off_days(text(statistician.get("/monitoring?holidays=2026-01-05"))) == "1"
    wrong = text(statistician.get("/monitoring?holidays=2026-01-05+%3Cb%3Emonday"))
    assert "“&lt;b&gt;monday” is not a day" in wrong and off_days(wrong) == "1"


def test_the_statistician_finds_nothing_in_what_he_may_not_read(client, gate) -> None:
    before = client(A.STATISTICIAN).get("/monitoring").content
    for row in range(12):
        gate.do(actor(A.PHYSICIAN), Answer(subject=OLD, form="ADVERSE_EVENTS", row=f"a{row}", entries={"AETERM": "cough", "AESER": "Y"}), later(9, row))
    assert client(A.STATISTICIAN).get("/monitoring").content == before
    assert "Adverse events" in text(client(A.MONITOR).get("/monitoring"))
