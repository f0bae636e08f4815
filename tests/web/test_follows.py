"""What follows for safety is shown beside the page to those who may read all it rests on, and to nobody else."""

import re
from decimal import Decimal

import pytest

from tests.web.desk import NEW, OLD, sent, skin
from tests.web.walk import entered
from trialwright.instruments import spirometry
from trialwright.protocol import Audience
from trialwright.record import Answer, Freeze
from trialwright.testing import START, actor

pytestmark = pytest.mark.web
SKIN = f"/subject/{OLD}/visit/W4/MRSS"
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


# ---------------------------------------------------------------------------------------------- while it is typed


def typed(someone, address: str, entries: dict[str, str], **more: str) -> str:
    """What stands beside the page after these answers were typed and not saved."""
    found = someone.post(f"{address}/follows", sent(entries, **more))
    assert found.status_code == 200
    return found.content.decode()


def numbers(part: str) -> list[str]:
    return re.findall(r'<b class="number">([^<]+)</b>', part)


@pytest.mark.req("DAT-04")
def test_the_total_of_the_skin_score_stands_there_only_when_all_sites_are_graded(client, gate) -> None:
    someone, grades = client(Audience.EVALUATOR), skin(2)
    assert numbers(typed(someone, SKIN, grades)) == ["34"]
    part = typed(someone, SKIN, {code: grade for code, grade in grades.items() if code != "FACE"})
    assert numbers(part) == [] and "16 of 17 sites graded" in part and "Still missing: face" in part
    assert "mrss/17-sites-0-3/sum" in part
    part = typed(someone, SKIN, {**grades, "FACE": ""}, **{"a.FACE": "NOT_ASSESSABLE"})
    assert numbers(part) == [] and "16 of 17 sites graded" in part


def test_nothing_is_written_by_it_and_a_save_shows_the_same(client, gate) -> None:
    before = gate.casebook(Audience.CUSTODIAN).everything
    someone = client(Audience.COORDINATOR)
    part = typed(someone, LABS, LOW)
    assert gate.casebook(Audience.CUSTODIAN).everything == before
    assert "hold the drug and repeat" in part and b"What follows" not in someone.get(LABS).content
    someone.post(LABS, confirmed(LOW))
    assert part.strip() in someone.get(LABS).content.decode()


def test_what_cannot_be_read_yet_is_not_there_yet(client) -> None:
    someone = client(Audience.COORDINATOR)
    for nonsense in ("", " ", "3,4,5", "1e400", "NaN", "<b>9</b>", "99999999", "三", "\x00", "9" * 5000):
        part = typed(someone, LABS, {**LOW, "IGG": nonsense})
        assert "hold the drug" not in part and "not measured: LABORATORY.IGG" in part, nonsense
    assert typed(someone, LABS, {}) == typed(someone, LABS, {"IGG": "tomorrow"})


def test_lung_function_names_its_equation_and_what_is_missing(client, gate) -> None:
    someone, page = client(Audience.COORDINATOR), f"/subject/{OLD}/visit/BASELINE/LUNG"
    part = typed(someone, page, {"FVC": "3.10", "HEIGHT": "168", "LUNGDAT": "2026-01-05"})
    assert numbers(part) == [] and "Date of birth" in part and "Sex" in part
    born = {"BRTHDAT": "1974-03-02", "SEX": "F"}
    gate.do(actor(Audience.COORDINATOR), Answer(subject=OLD, visit="SCREENING", form="DEMOGRAPHICS", entries=born), START)
    part = typed(someone, page, {"FVC": "3.10", "HEIGHT": "168", "LUNGDAT": "2026-01-05"})
    assert numbers(part) == [f"{spirometry.score(Decimal('3.10'), 'F', 51.84, Decimal(168), 'gli_global_2022').value:.1f} %"]
    assert "GLI Global 2022" in part and "spirometry/gli_global_2022" in part
    assert numbers(typed(someone, page, {"FVC": "3.10", "HEIGHT": "168", "LUNGDAT": "1970-01-05"})) == []


def test_a_steroid_is_told_in_prednisone(client) -> None:
    someone, row = client(Audience.PHYSICIAN), f"/subject/{OLD}/log/MEDICATIONS/new"
    drug = {"CMTRT": "METHYLPREDNISOLONE", "CMDOSE": "8", "CMDOSU": "mg", "CMDOSFRQ": "BID", "CMROUTE": "ORAL"}
    assert numbers(typed(someone, row, drug)) == ["20.00 mg"]
    assert numbers(typed(someone, row, drug | {"CMDOSFRQ": "QOD"})) == ["5.00 mg"]
    assert "counts as nothing" in typed(someone, row, drug | {"CMROUTE": "TOPICAL"})
    assert "not a steroid" in typed(someone, row, drug | {"CMTRT": "CYCLOPHOSPHAMIDE"})
    assert "Route" in typed(someone, row, {code: value for code, value in drug.items() if code != "CMROUTE"})


@pytest.mark.req("BLD-01")
def test_a_score_is_told_only_to_those_who_may_read_all_of_it(client, gate) -> None:
    """The index of activity rests on the evaluator's skin score, which the physician who finds the other signs must not learn."""
    page = f"/subject/{OLD}/visit/BASELINE/ACTIVITY"
    signs = {"DSKIN": "Y", "ULCERS": "N", "TFR": "Y"}
    assert typed(client(Audience.PHYSICIAN), page, signs).strip() == ""
    client(Audience.PHYSICIAN).post(page, sent({"ACTDAT": "2026-01-05", **signs}))
    assert "EUSTAR activity index" in client(Audience.INVESTIGATOR).get(page).content.decode()
    assert "EUSTAR activity index" not in client(Audience.PHYSICIAN).get(page).content.decode()


@pytest.mark.req("ACC-03")
def test_who_cannot_fill_the_page_is_told_nothing_by_it(client, gate) -> None:
    absent = client(Audience.EVALUATOR).post("/no/such/page").content
    for address in (LABS, f"/subject/{OLD}/visit/W24/MRSS", f"/subject/{NEW}/visit/BASELINE/MRSS", f"{LOG}/new"):
        found = client(Audience.EVALUATOR).post(f"{address}/follows", sent(skin(1)))
        assert (found.status_code, found.content) == (404, absent), address
    assert client(Audience.COORDINATOR).post(f"{SKIN}/follows", sent(skin(1))).status_code == 404
    gate.do(actor(Audience.DATA_MANAGER), Freeze(subject=OLD, visit="BASELINE", form="LUNG"), START)
    assert client(Audience.COORDINATOR).post(f"/subject/{OLD}/visit/BASELINE/LUNG/follows", sent({"FVC": "3"})).status_code == 404


def test_in_a_browser_the_number_follows_the_typing_and_never_stands_stale(site, browser) -> None:
    context = entered(browser, site.url, site.gate, site.clock, Audience.EVALUATOR)
    page, wrong = context.new_page(), []
    page.on("console", lambda line: wrong.append(line.text) if line.type == "error" else None)
    page.goto(site.url + SKIN)
    for place in page.locator("fieldset.site").all():
        place.locator("input[type='radio'][value='1']").check(force=True)
    number = page.locator(".follows .number")
    number.wait_for()
    assert number.inner_text() == "17" and wrong == []
    page.locator(".follows summary").click()
    page.locator("fieldset.site input[type='radio'][value='3']").first.check(force=True)
    page.wait_for_function("() => document.querySelector('.follows .number')?.textContent === '19'")
    assert page.locator(".follows details").get_attribute("open") is not None, "what was opened stays open"
    page.route("**/follows", lambda route: route.abort())
    page.locator("fieldset.site input[type='radio'][value='0']").first.check(force=True)
    number.wait_for(state="detached")
    context.close()
