"""In a real browser: keyboard alone, tapping, Chinese, a conflict, skip logic; no breach of the content policy and no request elsewhere."""

import io
import re

import pytest
from playwright.sync_api import expect
from pypdf import PdfReader

from tests.web.desk import NEW, OLD
from trialwright.capture.testing import PASSWORD
from trialwright.instruments.mrss import CODES
from trialwright.protocol import Audience
from trialwright.record import Answer
from trialwright.testing import actor, later

pytestmark = pytest.mark.web
WEEK4 = f"/subject/{OLD}/visit/W4/MRSS"
GRADES = [(place * 7) % 4 for place in range(17)]

EXPECTED = re.compile(r" 4\d\d|net::ERR_(FAILED|ABORTED)")
"""An answer that refuses, and a question that nobody waits for any more because the page was left."""


class Person:
    """Somebody at a browser, and what the browser complained about meanwhile."""

    def __init__(self, browser, site, name: str, **options) -> None:
        self.context = browser.new_context(base_url=site.url, **options)
        self.context.set_default_timeout(8000)
        self.page = self.context.new_page()
        self.complaints: list[str] = []
        self.elsewhere: list[str] = []
        self.page.on("console", lambda said: self.complaints.append(said.text) if said.type == "error" and not EXPECTED.search(said.text) else None)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: None if request.url.startswith(site.url) else self.elsewhere.append(request.url))
        self.page.goto("/")
        self.page.locator("input[name=name]").fill(name)
        self.page.locator("input[name=password]").fill(PASSWORD)
        self.page.locator("form.card button").click()

    def leave(self) -> None:
        """Closes the browser; nothing may have been refused by the content policy, nothing asked elsewhere."""
        self.context.close()
        assert (self.complaints, self.elsewhere) == ([], [])


@pytest.fixture
def person(browser, site):
    people: list[Person] = []

    def come(name: str, **options) -> Person:
        people.append(Person(browser, site, name, **options))
        return people[-1]

    yield come
    for one in people:
        one.leave()


def test_a_coordinator_screens_a_person_records_consent_and_fills_a_form(person, site) -> None:
    page = person("coordinator").page
    page.get_by_role("link", name="Screen a person").click()
    page.locator("input[name='v.SITE']").check()
    page.get_by_role("button", name="Screen a person").click()
    expect(page.locator(".said")).to_contain_text("Screening has begun")
    code = page.url.rpartition("/")[2]
    page.get_by_role("link", name="Record consent").click()
    page.get_by_label("Date").fill("2026-02-04")
    page.get_by_label("Version of the consent form").fill("2.1")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name=re.compile("Lung function")).first.click()
    page.get_by_role("button", name="Today").click()
    page.get_by_label("Forced vital capacity").first.fill("12")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#problem")).to_be_focused()
    page.locator("#problem a").first.click()
    page.get_by_label("Forced vital capacity").first.fill("2,9")
    page.keyboard.press("Control+s")
    expect(page.locator(".said")).to_contain_text("Saved at")
    answers = site.gate.casebook(Audience.COORDINATOR).subject(code).page("SCREENING", "LUNG").answers
    assert answers == {"LUNGDAT": "2026-02-04", "FVC": "2.9"}


def test_the_reason_is_asked_only_when_a_saved_answer_changes_and_the_history_is_one_click_away(person) -> None:
    page = person("coordinator").page
    page.goto(f"/subject/{OLD}/visit/BASELINE/LUNG")
    assert page.locator("#reason").is_hidden()
    box = page.locator("#v-FVC")
    box.fill("3.01")
    assert page.locator("#reason").is_visible()
    box.fill("3.10")
    assert page.locator("#reason").is_hidden()
    box.fill("3.01")
    page.locator("#reason-text").fill("typing error")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("link", name=re.compile(r"about this answer \(2\)")).click()
    expect(page.locator("dialog.drawer")).to_contain_text("3.10 L → 3.01 L")
    expect(page.locator("dialog.drawer")).to_contain_text("typing error")


def test_skip_logic_and_absence_follow_the_study(person) -> None:
    page = person("physician").page
    page.goto(f"/subject/{OLD}/log/ADVERSE_EVENTS/new")
    clocks = page.locator("section.card", has=page.locator("#f-AEAWARE"))
    assert page.locator("#f-AESDTH").is_hidden() and clocks.is_hidden(), "and a section of which nothing is asked"
    page.locator("input[name='v.AESER'][value=Y]").check()
    assert page.locator("#f-AESDTH").is_visible() and clocks.is_visible()
    page.locator("input[name='v.AESER'][value=N]").check()
    assert page.locator("#f-AESDTH").is_hidden()
    page.locator("#v-AESTDAT").fill("2026-01")
    page.locator("#f-AESTDAT select").select_option("unknown")
    assert page.locator("#v-AESTDAT").input_value() == ""


def test_scripts_and_styles_come_with_a_type_and_for_this_origin_alone(browser, site) -> None:
    context = browser.new_context(base_url=site.url)
    for name in ("capture.css", "capture.js", "bodymap.js", "icon.svg"):
        found = context.request.get(f"/static/{name}")
        assert found.status == 200 and found.headers["x-content-type-options"] == "nosniff"
        assert "access-control-allow-origin" not in found.headers
    assert context.request.get("/static/../settings.py", max_redirects=0).status != 200
    context.close()


def test_the_matrix_is_one_stop_and_moves_by_arrows(person) -> None:
    page = person("coordinator").page
    first = page.locator("table[data-grid] a").first
    first.focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowDown"):
        page.keyboard.press(key)
    assert "Baseline" in page.locator("#tell").inner_text()
    assert page.locator("table[data-grid] a[tabindex='0']").count() == 1
    page.keyboard.press("Enter")
    page.wait_for_url("**/visit/BASELINE")


def test_the_evaluator_scores_17_sites_by_keyboard_alone_and_signs(person, site) -> None:
    page = person("evaluator").page
    page.goto(WEEK4)
    page.locator("#v-MRSSDAT").focus()
    page.keyboard.type("2026-02-04")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.name") == "v.FACE"
    for grade in GRADES[:3]:
        page.keyboard.press(str(grade))
    page.keyboard.press("Backspace")
    for grade in GRADES[2:]:
        page.keyboard.press(str(grade))
    assert page.locator("[data-status]").inner_text() == f"17 of 17 sites · total {sum(GRADES)} of 51"
    drawn = [page.locator(f"g[data-site={code}] text").text_content() for code in CODES]
    assert drawn == [str(grade) for grade in GRADES]
    page.get_by_role("button", name="Save and sign").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/sign")
    page.get_by_label("Password").focus()
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator(".said")).to_contain_text("Signed.")
    saved = site.gate.casebook(Audience.EVALUATOR).subject(OLD).page("W4", "MRSS")
    assert [int(saved.answers[code]) for code in CODES] == GRADES and saved.fully_signed


def test_the_evaluator_scores_by_tapping_on_a_tablet_in_chinese(person, site) -> None:
    page = person("evaluator", viewport={"width": 820, "height": 1180}, has_touch=True).page
    page.get_by_role("button", name="中文").tap()
    expect(page.locator("h1")).to_contain_text("您的评估任务")
    page.goto(WEEK4)
    page.get_by_role("button", name="今天").tap()
    page.locator("g[data-site=FOOT_L]").tap()
    page.locator("[data-key='3']").tap()
    assert page.locator("[data-now]").inner_text().startswith("1/17"), "after the last site it goes on with the first empty one"
    for _ in CODES[:-1]:
        page.locator("[data-key='1']").tap()
    assert page.locator("[data-status]").inner_text() == "已评 17/17 个部位 · 总分 19/51"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("button", name="保存", exact=True).tap()
    expect(page.locator(".said")).to_contain_text("已于 09:00:00 保存 18 项")
    assert site.gate.casebook(Audience.EVALUATOR).subject(OLD).page("W4", "MRSS").answers["FOOT_L"] == "3"


def test_without_scripts_the_evaluator_fills_a_plain_form(person, site) -> None:
    page = person("evaluator", java_script_enabled=False).page
    page.goto(WEEK4)
    assert page.locator("[data-map]").is_hidden()
    page.locator("#v-MRSSDAT").fill("2026-02-04")
    for code in CODES[:16]:
        page.locator(f"input[name='v.{code}'][value='2']").check()
    page.locator(f"select[name='a.{CODES[16]}']").select_option("not assessable")
    page.get_by_role("button", name="Save and sign").click()
    expect(page.locator(".sum")).to_contain_text("total not computable; sites without a score: 1")


def test_a_conflict_shows_both_values_and_lets_the_person_choose(person, site) -> None:
    page = person("coordinator").page
    page.goto(f"/subject/{OLD}/visit/BASELINE/LUNG")
    other = Answer(subject=OLD, visit="BASELINE", form="LUNG", entries={"FVC": "3.01"}, reason="typing error")
    site.gate.do(actor(Audience.PHYSICIAN), other, later(30))
    page.locator("#v-FVC").fill("3.20")
    page.locator("#reason-text").fill("the source document says otherwise")
    with page.expect_response(lambda answer: answer.request.method == "POST") as found:
        page.get_by_role("button", name="Save", exact=True).click()
    assert found.value.status == 409
    choice = page.locator("#clash")
    assert "3.20" in choice.inner_text() and "3.01" in choice.inner_text() and "physician" in choice.inner_text()
    choice.locator("input[value=saved]").check()
    page.get_by_role("button", name="Save", exact=True).click()
    page.locator(".said").wait_for()
    assert site.gate.casebook(Audience.COORDINATOR).subject(OLD).page("BASELINE", "LUNG").answers["FVC"] == "3.01"


def test_targets_are_large_enough_and_every_control_has_a_name(person) -> None:
    page = person("coordinator").page
    for path in ("/", f"/subject/{OLD}", f"/subject/{OLD}/visit/BASELINE/LUNG", f"/subject/{NEW}/screening", "/queries"):
        page.goto(path)
        pressed = "button, .button, input:not([type=hidden]):not([type=radio]), select, .square, .tasks a, .pages a, summary"
        small = page.eval_on_selector_all(pressed, "all => all.filter(one => one.offsetParent && one.offsetHeight < 44).map(one => one.outerHTML)")
        assert small == [], path
        nameless = page.eval_on_selector_all("input:not([type=hidden]), select, textarea",
                                             "all => all.filter(one => !one.labels?.length && !one.ariaLabel).map(one => one.outerHTML)")  # fmt: skip
        assert nameless == [], path


def test_a_field_that_has_the_focus_is_never_under_the_bar_of_buttons(person) -> None:
    page = person("coordinator", viewport={"width": 800, "height": 500}).page
    page.goto(f"/subject/{NEW}/visit/SCREENING/CLASSIFICATION")
    page.locator("[name='v.SPARED']").first.focus()
    for _ in range(24):
        page.keyboard.press("Tab")
        covered = page.evaluate("""() => {
            const bar = document.querySelector(".sticky"), one = document.activeElement;
            return !bar.contains(one) && one.closest(".field") && one.getBoundingClientRect().bottom > bar.getBoundingClientRect().top + 1;
        }""")
        assert not covered


def test_a_second_press_within_ten_seconds_is_ignored(person) -> None:
    page = person("coordinator").page
    page.goto(f"/subject/{OLD}/log/ADVERSE_EVENTS/new")
    ignored = page.evaluate("""() => {
        const form = document.querySelector("form.record");
        const press = () => {
            const event = new Event("submit", { bubbles: true, cancelable: true });
            form.dispatchEvent(event);
            return event.defaultPrevented;
        };
        return [press(), press()];
    }""")
    assert ignored == [False, True]


def test_a_page_prints_with_its_answers_and_without_its_buttons(person) -> None:
    page = person("coordinator").page
    page.goto(f"/subject/{OLD}/visit/BASELINE/LUNG")
    page.emulate_media(media="print")
    assert page.locator("button:visible, .button:visible, nav:visible, select.absence:visible").count() == 0
    assert page.locator("#v-FVC").is_visible() and page.locator("#v-FVC").input_value() == "3.10"
    words = "".join(sheet.extract_text() for sheet in PdfReader(io.BytesIO(page.pdf(format="A4"))).pages)
    assert OLD in words and "Forced vital capacity" in words and "coordinator" in words
