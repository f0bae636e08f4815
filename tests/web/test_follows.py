"""What follows for safety is shown beside the page to those who may read all it rests on, and to nobody else."""

import pytest

from tests.web.desk import OLD, sent
from trialwright.protocol import Audience

pytestmark = pytest.mark.web
LABS = f"/subject/{OLD}/visit/W4/LABORATORY"
LOG = f"/subject/{OLD}/log/ADVERSE_EVENTS"
LOW = {"LBDAT": "2026-02-02", "IGG": "3.40", "IGA": "1.20", "IGM": "0.90"}
SERIOUS = {"AETERM": "pneumonia", "AESTDAT": "2026-01-20", "AETOXGR": "3", "AESER": "Y", "AESDTH": "N", "AESLIFE": "N", "AESHOSP": "Y",
           "AESDISAB": "N", "AESCONG": "N", "AESMIE": "N", "AEREL": "POSSIBLE", "AEEXP": "N", "AEACN": "DRUG INTERRUPTED",
           "AEOUT": "NOT RECOVERED/NOT RESOLVED", "AEAWARE": "2026-01-21"}  # fmt: skip


def confirmed(entries: dict[str, str]) -> dict[str, str]:
    """The page with every unusual value confirmed, as a person does who has checked the source."""
    return sent(entries) | {f"ok.{code}": value for code, value in entries.items()} | {f"because.{code}": "repeated" for code in entries}


def row_of(gate, form: str) -> str:
    (page,) = gate.casebook(Audience.SAFETY).subject(OLD).rows(form)
    return str(page.place[2])


def test_a_low_immunoglobulin_says_what_to_do(client, gate) -> None:
    someone = client(Audience.COORDINATOR)
    assert b"What follows" not in someone.get(LABS).content
    assert someone.post(LABS, confirmed(LOW)).status_code == 303
    for role in (Audience.COORDINATOR, Audience.PHYSICIAN, Audience.SAFETY, Audience.INVESTIGATOR):
        page = client(role).get(LABS).content.decode()
        assert "hold the drug and repeat; repeat within 14 days; grade of low IgG (3)" in page, role


@pytest.mark.req("BLD-01")
def test_the_blinded_learn_nothing_of_it(client, gate) -> None:
    client(Audience.COORDINATOR).post(LABS, confirmed(LOW))
    for role in (Audience.DATA_MANAGER, Audience.STATISTICIAN):
        page = client(role).get(LABS).content.decode()
        assert "LBDAT" in page
        assert "What follows" not in page
        assert "hold the drug" not in page
    assert client(Audience.EVALUATOR).get(LABS).status_code == 404


@pytest.mark.req("BLD-02")
def test_the_evaluators_page_is_the_same_whatever_the_laboratory_found(client, gate) -> None:
    skin = f"/subject/{OLD}/visit/W4/MRSS"
    before = client(Audience.EVALUATOR).get(skin)
    client(Audience.COORDINATOR).post(LABS, confirmed(LOW))
    after = client(Audience.EVALUATOR).get(skin)
    assert before.status_code == after.status_code == 200
    hidden = [one.content.split(b'name="csrfmiddlewaretoken"')[0] for one in (before, after)]
    assert hidden[0] == hidden[1]


def test_the_clock_of_a_serious_unexpected_event_runs(client, gate) -> None:
    assert client(Audience.PHYSICIAN).post(f"{LOG}/new", sent(SERIOUS)).status_code == 303
    page = client(Audience.SAFETY).get(f"{LOG}/{row_of(gate, 'ADVERSE_EVENTS')}").content.decode()
    assert "report to the authority by 2026-02-05 (15 calendar days)" in page


def test_a_life_threatening_event_has_seven_days_and_a_follow_up(client, gate) -> None:
    client(Audience.PHYSICIAN).post(f"{LOG}/new", sent(SERIOUS | {"AESLIFE": "Y"}))
    page = client(Audience.SAFETY).get(f"{LOG}/{row_of(gate, 'ADVERSE_EVENTS')}").content.decode()
    assert "report to the authority by 2026-01-28 (7 calendar days), follow-up by 2026-02-05" in page


def test_what_is_not_known_yet_is_named(client, gate) -> None:
    open_ = {code: value for code, value in SERIOUS.items() if code != "AEEXP"}
    client(Audience.PHYSICIAN).post(f"{LOG}/new", sent(open_))
    page = client(Audience.SAFETY).get(f"{LOG}/{row_of(gate, 'ADVERSE_EVENTS')}").content.decode()
    assert "still open: expectedness unknown" in page
