"""On a phone in a real browser: by finger and by keyboard, without a network, without scripts, in both languages, twice as large, and looked at by axe-core."""

import re
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from attrs import define, field
from playwright.sync_api import expect

from tests.web.desk import OLD, Clock
from tests.web.test_axe import grave
from tests.web.walk import entered
from trialwright.capture import links
from trialwright.instruments.eq5d5l import CODES
from trialwright.protocol import Audience
from trialwright.record import Answer
from trialwright.testing import START, actor

pytestmark = pytest.mark.web
PIXELS = {"width": 390, "height": 844}
ANSWERS = {code: str(1 + place) for place, code in enumerate(CODES)} | {"EQDAT": "2026-03-30"}


@pytest.fixture
def clock() -> Clock:
    return Clock(START + timedelta(days=84))


@define
class Pocket:
    """A phone with its browser, and what that complained about meanwhile."""

    context: Any
    page: Any
    address: str
    code: str
    complaints: list[str] = field(factory=list)

    def come_in(self, language: str) -> None:
        """Opens the link, in this language, and types the code."""
        self.page.goto(f"{self.address}?in={language}")
        self.page.locator("#code").fill(self.code)
        self.page.locator("button.go").tap()
        expect(self.page.locator("[data-due]")).to_be_visible()

    def kept_pages(self) -> list[str]:
        """The addresses of the pages that can be opened without a network."""
        kept = self.page.evaluate("async () => (await (await caches.open('phone')).keys()).map((one) => one.url)")
        return [address for address in kept if "/phone/" in address]

    def until(self, fact: Callable[[], bool], seconds: float = 12) -> None:
        """Waits for something that happens in the background."""
        ends = time.monotonic() + seconds
        while not fact():
            assert time.monotonic() < ends, "it did not happen"
            self.page.wait_for_timeout(100)

    def ready_without_network(self) -> None:
        self.until(lambda: len(self.kept_pages()) >= 12)

    def tap_answers(self) -> None:
        """Taps one answer on each screen of the health questionnaire; the next screen comes by itself."""
        self.page.locator(".screen.on [data-on]").tap()
        for place, code in enumerate(CODES):
            self.page.locator(f"#q-{code}.on label:has(input[value='{1 + place}'])").tap()
        expect(self.page.locator("#q-EQVAS")).to_be_visible()

    def open(self, form: str) -> None:
        self.page.locator(f"[data-form='{form}'] a").tap()
        expect(self.page.locator("[data-sheet]")).to_be_visible()


@pytest.fixture
def pocket(browser, site) -> Iterator[Callable[..., Pocket]]:
    phones: list[Pocket] = []

    def take(**options: Any) -> Pocket:
        today = site.clock().date()
        fresh = links.issue(OLD, today + timedelta(days=200), "coordinator", site.clock(), today)
        context = browser.new_context(base_url=site.url, viewport=PIXELS, has_touch=True, is_mobile=True, **options)
        context.set_default_timeout(10000)
        one = Pocket(context=context, page=context.new_page(), address=f"/phone/{fresh.secret}", code=fresh.code)
        failed = re.compile("Failed to load resource")  # an answer that refuses, or no network: both are meant here
        one.page.on("console", lambda said: one.complaints.append(said.text) if said.type == "error" and not failed.search(said.text) else None)
        one.page.on("pageerror", lambda error: one.complaints.append(str(error)))
        one.page.on("request", lambda asked: None if asked.url.startswith(site.url) else one.complaints.append(f"asked {asked.url}"))
        phones.append(one)
        return one

    yield take
    for one in phones:
        one.context.close()
        assert one.complaints == []


def stored(site, form: str = "EQ5D") -> Any:
    return site.gate.casebook(Audience.COORDINATOR).subject(OLD).page("W12", form)


@pytest.mark.req("DAT-07", "TIM-03")
def test_in_chinese_answered_without_a_network_reloaded_and_sent_once_when_it_comes_back(pocket, site) -> None:
    phone = pocket()
    page = phone.page
    phone.come_in("zh")
    expect(page.locator("h1")).to_have_text("现在请您填写")
    phone.ready_without_network()
    phone.context.set_offline(True)
    page.reload()
    phone.open("EQ5D")
    phone.tap_answers()
    expect(page.locator("#q-EQVAS .progress span")).to_have_text("第 6 题，共 6 题")
    line = page.locator("#q-EQVAS input[type=range]")
    assert line.get_attribute("aria-valuetext") == "尚未回答" and page.locator("#v-EQVAS").input_value() == ""
    box = line.bounding_box()
    line.tap(position={"x": box["width"] * 0.7, "y": box["height"] / 2})
    value = page.locator("#v-EQVAS").input_value()
    assert 64 <= int(value) <= 76
    page.reload()
    expect(page.locator("#v-EQVAS")).to_have_value(value)
    page.locator(".screen.on [data-on]").tap()
    expect(page.locator("[data-review] li").nth(2)).to_contain_text("3")
    page.locator("[data-send]").tap()
    expect(page.locator("[data-end] .notice").first).to_have_text("已保存在本机，稍后自动发送")
    expect(page.locator("[data-end] .discreet").last).to_have_text("请不要向皮肤评估医生透露您的治疗情况。")
    page.locator("[data-end] a").tap()
    expect(page.locator("[data-form=EQ5D] .state")).to_have_text("已保存在本机，稍后自动发送")
    assert not stored(site).cells
    phone.context.set_offline(False)
    phone.until(lambda: bool(stored(site).cells))
    page.goto(f"{phone.address}?in=zh")
    expect(page.locator("[data-form=EQ5D] .state")).to_have_text("已发送 2026-03-30 09:00")
    cells = stored(site).cells
    assert stored(site).answers == ANSWERS | {"EQVAS": value} and {cell.revision for cell in cells.values()} == {1}
    assert {cell[0].role for cell in cells.values()} == {Audience.PATIENT}
    observed = cells["MO"].last.observed
    assert "2026-03-30T00:58" < observed <= "2026-03-30T01:00:00.000000Z", "some seconds ago, by the phone's own counting"


def test_in_english_by_keyboard_with_a_change_before_sending_and_a_question_declined(pocket, site) -> None:
    phone = pocket()
    page = phone.page
    phone.come_in("en")
    phone.open("EQ5D")
    page.locator(".screen.on [data-on]").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#q-MO legend")).to_be_focused()
    page.locator("#q-MO [data-on]").tap()
    expect(page.locator("#e-MO")).to_have_text("Choose an answer, or say that you do not want to answer.")
    for following in (*CODES[1:], "EQVAS"):
        page.keyboard.press("Tab")
        while page.evaluate("document.activeElement.type") != "radio":
            page.keyboard.press("Tab")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        expect(page.locator(f"#q-{following} legend")).to_be_focused()
    page.locator("#v-EQVAS").fill("170")
    page.locator("#q-EQVAS [data-on]").tap()
    expect(page.locator("#e-EQVAS")).to_have_text("Write a number from 0 to 100.")
    page.locator("#q-EQVAS label:has-text('I do not want to answer')").tap()
    assert page.locator("#v-EQVAS").input_value() == ""
    page.locator("#q-EQVAS [data-on]").tap()
    page.locator("[data-review] a").first.tap()
    expect(page.locator("#q-MO")).to_be_visible()
    page.locator("#q-MO label:has(input[value='5'])").tap()
    expect(page.locator("#q-SC")).to_be_visible()
    page.go_back()
    expect(page.locator("#q-MO")).to_be_visible()
    page.evaluate("window.location.hash = 'review'")
    page.locator("[data-send]").tap()
    expect(page.locator("[data-end] .done")).to_have_text("Sent 09:00")
    expect(page.locator("[data-end] .discreet")).to_have_text("Please do not tell the skin examiner about your treatment.")
    assert stored(site).answers["MO"] == "5" and stored(site).cells["EQVAS"].absence.value == "refused"
    assert "score" not in page.content().lower()


@pytest.mark.req("DAT-05")
def test_what_staff_entered_meanwhile_is_told_when_the_network_is_back(pocket, site) -> None:
    phone = pocket()
    page = phone.page
    phone.come_in("en")
    phone.open("EQ5D")
    phone.tap_answers()
    page.locator("#v-EQVAS").fill("50")
    page.locator("#q-EQVAS [data-on]").tap()
    site.gate.do(actor(Audience.COORDINATOR), Answer(subject=OLD, visit="W12", form="EQ5D", entries={"MO": "4"}), site.clock())
    page.locator("[data-send]").tap()
    expect(page.locator("[data-end] .notice").first).to_contain_text("The study staff had already entered this from paper.")
    assert stored(site).answers == {"MO": "4"}


def test_a_phone_whose_code_is_asked_anew_sends_what_waited_all_the_same(pocket, site) -> None:
    phone = pocket()
    page = phone.page
    phone.come_in("en")
    phone.ready_without_network()
    phone.open("EQ5D")
    phone.tap_answers()
    page.locator("#v-EQVAS").fill("50")
    page.locator("#q-EQVAS [data-on]").tap()
    phone.context.set_offline(True)
    page.locator("[data-send]").tap()
    expect(page.locator("[data-end] .notice").first).to_contain_text("Kept on this phone")
    site.clock.now += timedelta(hours=13)
    phone.context.set_offline(False)
    page.goto(f"{phone.address}?in=en")
    expect(page.locator("#code")).to_be_visible()
    phone.until(lambda: stored(site).answers == ANSWERS | {"EQVAS": "50", "EQDAT": "2026-03-30"})
    expect(page.locator("[data-need]")).to_be_hidden()


def test_a_new_link_sends_what_was_kept_under_the_one_before(pocket, site) -> None:
    phone = pocket()
    page = phone.page
    phone.come_in("en")
    phone.ready_without_network()
    phone.open("EQ5D")
    phone.tap_answers()
    page.locator("#v-EQVAS").fill("50")
    page.locator("#q-EQVAS [data-on]").tap()
    phone.context.set_offline(True)
    page.locator("[data-send]").tap()
    expect(page.locator("[data-end] .notice").first).to_contain_text("Kept on this phone")
    today = site.clock().date()
    fresh = links.issue(OLD, today + timedelta(days=9), "coordinator", site.clock(), today)
    phone.context.set_offline(False)
    page.goto(f"{phone.address}?in=en")
    expect(page.locator("[data-need]")).to_be_visible()
    phone.address, phone.code = f"/phone/{fresh.secret}", fresh.code
    phone.come_in("en")
    phone.until(lambda: stored(site).answers == ANSWERS | {"EQVAS": "50"})
    expect(page.locator("[data-waiting]")).to_be_hidden()


def test_without_scripts_it_is_one_plain_form(pocket, site) -> None:
    phone = pocket(java_script_enabled=False)
    page = phone.page
    phone.come_in("en")
    phone.open("EQ5D")
    assert page.locator("#q-MO input[type=range]").count() == 0 and page.locator(".js-only >> visible=true").count() == 0
    for place, code in enumerate(CODES):
        page.locator(f"#q-{code} label:has(input[value='{1 + place}'])").tap()
    page.locator("[data-send]").tap()
    expect(page.locator("#problem")).to_contain_text("Please look at these answers again")
    expect(page.locator("#e-EQVAS")).to_have_text("Choose an answer, or say that you do not want to answer.")
    page.locator("#v-EQVAS").fill("64")
    page.locator("[data-send]").tap()
    expect(page.locator(".done").first).to_have_text("Sent 09:00")
    assert stored(site).answers == ANSWERS | {"EQVAS": "64"}


@pytest.mark.parametrize("language", ["en", pytest.param("zh", marks=pytest.mark.nightly)])
def test_every_screen_is_large_narrow_and_without_a_grave_fault(pocket, language: str) -> None:
    phone = pocket()
    page = phone.page
    wrong: list[str] = []

    def look(where: str) -> None:
        small = page.evaluate("""() => [...document.querySelectorAll("main *")].filter((one) => one.checkVisibility({ visibilityProperty: true })
            && [...one.childNodes].some((part) => part.nodeType === 3 && part.textContent.trim()) && !one.closest(".unseen")
            && parseFloat(getComputedStyle(one).fontSize) < 18).map((one) => one.outerHTML.slice(0, 90))""")
        low = page.eval_on_selector_all("button, .button, .choice, .box, .code, .due a, .language, summary",
                                        "all => all.filter((one) => one.checkVisibility() && one.offsetHeight < 48).map((one) => one.outerHTML.slice(0, 90))")
        wrong.extend(f"{where}: {one}" for one in [*grave(page), *small, *low])
        for size in ("100%", "200%"):
            page.evaluate("size => { document.documentElement.style.fontSize = size === '200%' ? '250%' : ''; }", size)
            width = page.evaluate("document.documentElement.scrollWidth")
            wrong.extend([f"{where}: {width} pixels wide at {size}"] if width > PIXELS["width"] else [])
        page.evaluate("document.documentElement.style.fontSize = ''")

    page.goto(f"{phone.address}?in={language}")
    look("code")
    phone.come_in(language)
    look("list")
    phone.open("EQ5D")
    look("intro")
    phone.tap_answers()
    look("line")
    page.locator("#v-EQVAS").fill("50")
    page.go_back()
    look("question")
    page.evaluate("window.location.hash = 'review'")
    look("review")
    page.locator("[data-send]").tap()
    expect(page.locator("[data-end] .done")).to_be_visible()
    look("end")
    assert wrong == []


def test_the_page_of_a_link_is_without_a_grave_fault_and_its_sheet_can_be_printed(browser, site) -> None:
    page = entered(browser, site.url, site.gate, site.clock, Audience.COORDINATOR).new_page()
    page.goto(f"/subject/{OLD}")
    page.get_by_role("link", name="Questionnaires on the phone").click()
    page.locator("button[value=issue]").click()
    expect(page.locator(".handout svg")).to_be_visible()
    assert grave(page) == []
    page.emulate_media(media="print")
    assert page.locator(".handout").is_visible() and page.locator(".secret").is_visible() and not page.locator(".columns").is_visible()
    page.context.close()
