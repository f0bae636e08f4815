"""The page: one file that fetches nothing, valid, in both languages, with figures that can be read without seeing them."""

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from studies.telitacicept_ssc.protocol import STUDY
from studies.telitacicept_ssc.report import REPORT
from trialwright import report
from trialwright.record import Casebook
from trialwright.report.render.html import page
from trialwright.report.writing import Composed

VOID = {"meta", "link", "input", "br", "img", "hr"}


class Reader(HTMLParser):
    """Reads a page strictly: every element closed in its order, every attribute kept."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.wrong: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"</{tag}> at {self.getpos()}")

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture(scope="module")
def html(opened: Composed) -> str:
    return page(opened.document, opened.trail)


@pytest.fixture(scope="module")
def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    reader.close()
    return reader


def test_structure(read: Reader) -> None:
    """Every element is closed where it belongs, no id stands twice, every link inside the page leads somewhere."""
    assert read.wrong == [] and read.open == []
    ids = [attributes["id"] for _, attributes in read.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    links = [attributes["href"] for attributes in read.all("a")]
    assert links and all(link.startswith("#") and link[1:] in ids for link in links)
    labels = [name for _, attributes in read.elements for name in attributes.get("aria-labelledby", "").split()]
    assert set(labels) <= set(ids)


def test_nothing_is_fetched(html: str, read: Reader) -> None:
    """No element, style or script names an address outside the page."""
    assert not re.search(r"https?://|url\(|@import|//cdn", html)
    assert read.all("link") == [] and all("src" not in attributes for attributes in read.all("script"))
    assert read.all("img") == [] and read.all("image") == [] and read.all("use") == []
    policy = next(attributes for attributes in read.all("meta") if attributes.get("http-equiv") == "Content-Security-Policy")
    assert policy["content"].startswith("default-src 'none'")


def test_both_languages(html: str) -> None:
    """Each English sentence has its Chinese one beside it; the first language is the one that was asked for."""
    english, chinese = html.count('<span class="en" lang="en">'), html.count('<span class="zh" lang="zh-Hans">')
    assert english == chinese > 200
    assert html.count('<span class="zh" lang="zh-Hans">') == len(re.findall(r'</span><span class="zh" lang="zh-Hans">', html))
    assert '<html lang="en">' in html and re.search(r'id="show-en" value="en" checked', html)


def test_chinese_first(opened: Composed) -> None:
    """Asked for in Chinese, the page opens in Chinese."""
    chinese = page(opened.document, opened.trail, "zh-CN")
    assert '<html lang="zh-Hans">' in chinese and re.search(r'id="show-zh" value="zh" checked', chinese)
    assert "<title>泰它西普" in chinese


def test_figures_in_words(read: Reader, opened: Composed) -> None:
    """Every drawing carries its content in words, in the language of the drawing."""
    images = read.all("svg")
    assert len(images) == 2 * len(opened.document.figures) >= 20
    told = [attributes["aria-label"] for attributes in images]
    assert all(attributes["role"] == "img" for attributes in images) and all(len(words) > 40 for words in told)
    assert sum(bool(re.search("[一-鿿]", words)) for words in told) == len(images) / 2


def test_standing(opened: Composed, rehearsed: Casebook) -> None:
    """The first page says which view, up to when, which state, which definition and which program."""
    standing = {what.en: how.en for what, how in opened.document.standing.entries}
    assert standing["View"] == "statistician, arms open"
    assert rehearsed.as_of and standing["Data up to"].startswith(rehearsed.as_of.strftime("%Y-%m-%d %H:%M"))
    assert rehearsed.locked and standing["Digest of the locked record (SHA-256)"] == getattr(rehearsed.locked.event, "digest", "")
    assert standing["Digest of the study definition (SHA-256)"] == STUDY.digest
    assert standing["Program"].startswith("Trialwright ")


def test_written_file(rehearsed: Casebook, tmp_path: Path) -> None:
    """The command's function writes one file; a rehearsal says on its first page that nobody was treated."""
    out = tmp_path / "deep" / "report.html"
    report.write(REPORT, STUDY, rehearsed, out, virtual=True)
    text = out.read_text(encoding="utf-8")
    assert "every patient in this report is virtual" in text and "所有数字均不构成" in text
    report.write(REPORT, STUDY, rehearsed, tmp_path / "report.txt", language="zh")
    plain = (tmp_path / "report.txt").read_text(encoding="utf-8")
    assert "表 14.2.1" in plain and "虚拟受试者" not in plain


OPEN_SOME = """() => {
  const dialog = document.getElementById("from"), body = document.getElementById("from-body"), silent = [];
  const numbers = [];
  for (const table of document.querySelectorAll("table[data-number]")) {
    const all = table.querySelectorAll("button.trace");
    if (all.length) numbers.push(all[0], all[all.length - 1]);
  }
  for (const number of numbers) {
    number.click();
    const told = body.querySelector(".rows button, table.entries") || body.querySelectorAll("p").length > 2;
    if (!dialog.open || !told) silent.push(number.closest("table").dataset.number + " " + number.textContent);
    dialog.close();
  }
  return {opened: numbers.length, silent};
}"""
"""Opens the first and the last number of every table and names those that say nothing."""


def test_size(html: str) -> None:
    """The whole report with all evidence stays a file that can be mailed."""
    assert len(html.encode()) < 6_000_000


@pytest.mark.web
def test_in_a_browser(html: str, browser: Any, tmp_path: Path) -> None:
    """In Chromium nothing is requested, the language switches, and a number opens onto its entries."""
    file = tmp_path / "report.html"
    file.write_text(html, encoding="utf-8")
    tab = browser.new_page(viewport={"width": 1280, "height": 900})
    asked: list[str] = []
    problems: list[str] = []
    tab.on("request", lambda request: asked.append(request.url))
    tab.on("pageerror", lambda problem: problems.append(str(problem)))
    tab.on("console", lambda message: problems.append(message.text))
    tab.goto(file.as_uri())
    assert tab.locator("h1 .en").is_visible() and not tab.locator("h1 .zh").is_visible()
    tab.check("#show-zh")
    assert tab.locator("h1 .zh").is_visible() and not tab.locator("h1 .en").is_visible()
    tab.locator('table[data-number="14.2.1"] button.trace').first.click()
    tab.locator("dialog .rows button").nth(1).click()
    assert tab.locator("dialog table.entries tbody tr").count() >= 18
    tab.locator("#close").click()
    assert not tab.locator("dialog").is_visible()
    opened_ones = tab.evaluate(OPEN_SOME)
    assert opened_ones["silent"] == [] and opened_ones["opened"] > 30
    width = tab.evaluate("document.documentElement.scrollWidth")
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == [] and problems == [] and width <= 1280
    tab.close()
