"""Takes the pictures of the README from a fresh rehearsal: `.venv/bin/python docs/images/shoot.py` (needs Chromium and the test tools)."""

import os
import re
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PORT = 8791
HOME = f"http://127.0.0.1:{PORT}"
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")


@contextmanager
def running(out: Path) -> Iterator[str]:
    """The application on a trial in progress; gives the password of the demonstration accounts."""
    command = [sys.executable, "-m", "trialwright.cli", "run", "studies/telitacicept_ssc", "--out", str(out), "--port", str(PORT)]
    server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    limit = threading.Timer(1800, server.kill)
    limit.daemon = True
    limit.start()
    password = ""
    try:
        assert server.stdout is not None
        for line in server.stdout:
            found = re.search(r"only now: (\S+)", line)
            password = found[1] if found else password
            if "is open at" in line:
                break
        yield password
    finally:
        server.terminate()
        server.wait()


def entered(browser: Browser, account: str, password: str, width: int, height: int, language: str = "en") -> Page:
    """A page of somebody who has signed in."""
    page = browser.new_context(viewport={"width": width, "height": height}, locale=language).new_page()
    page.goto(HOME)
    page.fill("main input:not([type=hidden]):not([type=password])", account)
    page.fill("input[type=password]", password)
    page.click("main button")
    page.wait_for_load_state("networkidle")
    return page


def first(page: Page, pattern: str) -> str:
    """The first address on the page that matches."""
    return next(link for a in page.query_selector_all("a") if re.search(pattern, link := a.get_attribute("href") or ""))


def subjects_on(page: Page) -> list[str]:
    """The addresses of all subjects that the page lists."""
    return sorted({link for a in page.query_selector_all("a") if re.fullmatch(r"/subject/[^/]+", link := a.get_attribute("href") or "")})


def filled(page: Page, subjects: list[str], place: str) -> str:
    """The address of this page of the first subject who has answers on it: the first of all may have failed at screening, or only just joined."""
    answered = "[...document.querySelectorAll('main form input:not([type=hidden])')].filter(one => /\\d/.test(one.value)).length > 2"
    for subject in subjects:
        page.goto(f"{HOME}{subject}{place}")
        if page.evaluate(answered):
            return f"{subject}{place}"
    raise LookupError(f"nobody has answers on {place}")


def shoot(browser: Browser, password: str) -> None:
    page = entered(browser, "coordinator", password, 1280, 960)
    page.screenshot(path=HERE / "matrix.png")
    subject = first(page, r"^/subject/[^/]+$")
    lung = filled(page, subjects_on(page), "/visit/BASELINE/LUNG")
    page.goto(f"{HOME}{subject}/screening")
    page.click("summary")
    page.screenshot(path=HERE / "screening.png")
    for name, language, size in (("evaluator", "en", (820, 1180)), ("evaluator-zh", "zh-CN", (1180, 820))):
        page = entered(browser, "evaluator", password, *size, language)
        if name == "evaluator":
            page.screenshot(path=HERE / "worklist.png")
        page.goto(HOME + first(page, r"/MRSS$"))
        page.locator("fieldset input[type=radio]").first.focus()
        for grade in "12011223322110":
            page.keyboard.press(grade)
        page.evaluate("window.scrollTo(0, 0)")
        page.wait_for_timeout(300)
        page.screenshot(path=HERE / f"{name}.png")
    for account, place in (("investigator", "study"), ("safety", "safety")):
        page = entered(browser, account, password, 1280, 960)
        page.goto(f"{HOME}/{place}")
        page.screenshot(path=HERE / f"{place}.png")
    for account, place, name in (("coordinator", lung, "form"), ("monitor", "/queries", "queries"),
                                 ("investigator", "/monitoring", "monitoring")):
        page = entered(browser, account, password, 1280, 960)
        page.goto(f"{HOME}{place}")
        page.screenshot(path=HERE / f"{name}.png")


def report(browser: Browser, out: Path) -> None:
    """The first page of the report, and its primary table with title and notes."""
    page = browser.new_context(viewport={"width": 1100, "height": 1150}).new_page()
    page.goto((out / "report.html").as_uri())
    page.screenshot(path=HERE / "report.png")
    page.evaluate("document.getElementById('table-14.2.1').scrollIntoView({behavior: 'instant'})")
    page.wait_for_timeout(300)
    page.screenshot(path=HERE / "primary.png")


def phone(browser: Browser, password: str) -> None:
    """The phone of the first patient who has something to answer: what is due, one question, the line."""
    coordinator = entered(browser, "coordinator", password, 1280, 960)
    subjects = subjects_on(coordinator)
    mine = browser.new_context(viewport={"width": 390, "height": 780}, device_scale_factor=1.5, is_mobile=True, has_touch=True).new_page()
    for subject in subjects:
        coordinator.goto(f"{HOME}{subject}/phone")
        if coordinator.locator("button[value=issue]").count():
            coordinator.click("button[value=issue]")
            mine.goto(coordinator.inner_text(".address"))
            mine.fill("#code", coordinator.inner_text(".secret"))
            mine.click("button.go")
            mine.wait_for_load_state("networkidle")
            if mine.locator(".due a[href*='EQ5D']").count():
                break
    mine.screenshot(path=HERE / "phone-list.png")
    mine.click(".due a[href*='EQ5D']")
    mine.click(".screen.on [data-on]")
    mine.screenshot(path=HERE / "phone-question.png")
    for _ in range(5):
        mine.locator(".screen.on .choice").nth(1).tap()
        mine.wait_for_timeout(400)
    mine.fill(".screen.on input.box", "72")
    mine.screenshot(path=HERE / "phone-line.png")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, running(Path(folder)) as password, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        shoot(browser, password)
        report(browser, Path(folder))
        phone(browser, password)
        browser.close()


if __name__ == "__main__":
    main()
