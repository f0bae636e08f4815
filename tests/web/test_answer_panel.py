"""All about one answer on one page or in a panel, and a draft that survives a reload in its own tab and nowhere else."""

import pytest
from playwright.sync_api import expect

from tests.web.desk import NEW, OLD, sent
from tests.web.test_browser import person as person  # the fixture of people at browsers
from tests.web.test_filling import LUNG, text
from trialwright.protocol import Audience
from trialwright.record import Verify
from trialwright.testing import actor, later

pytestmark = pytest.mark.web
COORDINATOR, MONITOR = Audience.COORDINATOR, Audience.MONITOR
SCREENING_LUNG = f"/subject/{NEW}/visit/SCREENING/LUNG"


@pytest.mark.req("AUD-07")
def test_one_page_tells_history_questions_verification_and_source_of_an_answer(client, gate) -> None:
    client(COORDINATOR).post(LUNG, sent({"FVC": "3.01"}, {"FVC": 1}, reason="typing error"))
    page = text(client(MONITOR).get(f"{LUNG}/item/FVC"))
    for words in ("3.10 L → 3.01 L", "typing error", "Is this the best of three blows?", "not compared with its source", "typed in here"):
        assert words in page, words
    gate.do(actor(MONITOR), Verify(subject=OLD, visit="BASELINE", form="LUNG", excepted=("HEIGHT",)), later(30))
    assert "compared with its source by monitor, " in text(client(MONITOR).get(f"{LUNG}/item/FVC"))
    assert "not compared" in text(client(MONITOR).get(f"{LUNG}/item/HEIGHT"))
    assert f'data-drawer href="{LUNG}/item/FVC"' in text(client(COORDINATOR).get(LUNG)), "a plain link"


def test_what_a_role_may_not_read_has_no_page(client) -> None:
    labs = f"/subject/{OLD}/visit/W4/LABORATORY/item"
    assert client(COORDINATOR).get(f"{labs}/IGG").status_code == 200 and "UNBLINDED" in text(client(COORDINATOR).get(f"{labs}/IGG"))
    manager, evaluator = client(Audience.DATA_MANAGER), client(Audience.EVALUATOR)
    for found in (manager.get(f"{labs}/IGG"), manager.get(f"{labs}/NOSUCH"), evaluator.get(f"/subject/{OLD}/visit/W4/MRSS/item/FACE")):
        assert found.status_code == 404
    assert "data-drawer" not in text(evaluator.get(f"/subject/{OLD}/visit/W4/MRSS"))


def test_the_panel_opens_beside_the_page_by_keyboard_and_closes_with_escape(person) -> None:
    page = person("coordinator").page
    page.goto(LUNG)
    link = page.locator("#f-FVC a[data-drawer]")
    link.focus()
    page.keyboard.press("Enter")
    panel = page.locator("dialog.drawer")
    expect(panel).to_contain_text("Is this the best of three blows?")
    assert page.url.endswith(LUNG)
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(link).to_be_focused()


def written(page) -> None:
    """Waits until the draft is written."""
    for _ in range(40):
        if page.evaluate("Object.values(sessionStorage).filter((draft) => !JSON.parse(draft).sent).length") == 1:
            return
        page.wait_for_timeout(100)
    raise AssertionError("no draft was written")


def test_what_was_typed_survives_a_reload_until_it_is_saved_or_somebody_signs_out(person, gate) -> None:
    page = person("coordinator").page
    page.on("dialog", lambda asked: asked.accept())
    page.goto(SCREENING_LUNG)
    page.locator("#v-FVC").fill("2,90")
    page.locator("#v-HEIGHT").fill("170")
    written(page)
    page.reload()
    expect(page.locator("#v-FVC")).to_have_value("2,90")
    expect(page.locator("[data-draft]")).to_contain_text("in this tab alone")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".said")).to_contain_text("Saved at")
    expect(page.locator("#v-FVC")).to_have_value("2.90")
    assert page.evaluate("Object.keys(sessionStorage).length") == 0
    page.locator("#v-FVC").fill("2.95")
    written(page)
    page.reload()
    page.get_by_role("button", name="Discard it").click()
    expect(page.locator("#v-FVC")).to_have_value("2.90")
    page.locator("#v-FVC").fill("2.95")
    written(page)
    page.get_by_role("button", name="Sign out").click()
    expect(page.locator("input[name=password]")).to_be_visible()
    assert page.evaluate("Object.keys(sessionStorage).length") == 0
