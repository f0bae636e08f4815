"""Writes the tests as a specification with verdicts: `pytest --spec-report DIR`.

A folder under tests/ is a chapter, a file a section, a test a paragraph. The paragraph is the first sentence of the test's
docstring, or else its name. `@pytest.mark.req("AUD-03")` says which requirement a test shows to be met. For `trialwright qualify`,
`--spec-results FILE` writes one JSON object for each test that was run, and `--with-requirement` runs only those that name a requirement.
"""

import json
import platform
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest
from attrs import define, field

import trialwright
from tests.release_gate import Record
from trialwright.report.qualification import requirements

KNOWN = frozenset(one.id for one in requirements())
# From best to worst: a test with many cases has the verdict of its worst case.
VERDICTS = ("passed", "expected failure", "skipped", "not run", "FAILED")


@define
class Paragraph:
    """One test: what it says, which requirements it shows to be met, and how each of its cases ended."""

    chapter: str
    section: str
    sentence: str
    where: str
    requirements: tuple[str, ...]
    cases: dict[str, str] = field(factory=dict)

    @property
    def verdict(self) -> str:
        return max(self.cases.values(), key=VERDICTS.index)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--spec-report", metavar="DIR", help="write the tests as a specification with verdicts into DIR")
    parser.addoption("--spec-results", metavar="FILE", help="write each test with its verdict as a line of JSON into FILE")
    parser.addoption("--gate-record", metavar="FILE", help="add what the deep runs showed, a line of JSON each, and write the page beside FILE")
    parser.addoption("--with-requirement", action="store_true", help="run only the tests that name a requirement")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--spec-report"):
        config.pluginmanager.register(Report(Path(config.getoption("--spec-report"))), "the-spec-report")
    if config.getoption("--gate-record"):
        config.pluginmanager.register(Record(Path(config.getoption("--gate-record"))), "the-gate-record")
    if config.getoption("--spec-results"):
        config.pluginmanager.register(Results(Path(config.getoption("--spec-results"))), "the-spec-results")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        for identifier in requirements_of(item):
            if identifier not in KNOWN:
                raise pytest.UsageError(f"{item.nodeid}: {identifier!r} is no requirement; those of requirements.toml look like 'AUD-03'.")
    if config.getoption("--with-requirement"):
        config.hook.pytest_deselected(items=[item for item in items if not requirements_of(item)])
        items[:] = [item for item in items if requirements_of(item)]


class Results:
    """Listens to a test run in one process and keeps each test with its verdict, for a program to read."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.told: dict[str, dict[str, object]] = {}

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        for item in items:
            paragraph = paragraph_of(item, item.nodeid.partition("[")[0])
            self.told[item.nodeid] = {"where": item.nodeid, "says": paragraph.sentence, "requirements": paragraph.requirements,
                                      "verdict": "not run", "seconds": 0.0}  # fmt: skip

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        one = self.told[report.nodeid]
        one["seconds"] = round(float(str(one["seconds"])) + report.duration, 3)
        if one["verdict"] != "FAILED":
            one["verdict"] = verdict_of(report) or one["verdict"]

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        self.file.write_text("".join(json.dumps(one) + "\n" for one in self.told.values()), encoding="utf-8")


def verdict_of(report: pytest.TestReport) -> str:
    """What this part of a test says of the whole; nothing where it only prepared or cleared up well."""
    if report.failed:
        return "FAILED"
    if report.skipped:
        return "expected failure" if hasattr(report, "wasxfail") else "skipped"
    return "passed" if report.when == "call" else ""


class Report:
    """Listens to a test run and writes down what it showed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.paragraphs: dict[str, Paragraph] = {}

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        for item in items:
            where = item.nodeid.partition("[")[0]
            paragraph = self.paragraphs.setdefault(where, paragraph_of(item, where))
            paragraph.cases[item.nodeid] = "not run"
            item.user_properties.append(("paragraph", (paragraph.chapter, paragraph.section, paragraph.sentence, paragraph.requirements)))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        where = report.nodeid.partition("[")[0]
        if where not in self.paragraphs:  # collected by another process, which sent the words along
            chapter, section, sentence, requirements = dict(report.user_properties)["paragraph"]
            self.paragraphs[where] = Paragraph(chapter, section, sentence, where, tuple(requirements))
        cases = self.paragraphs[where].cases
        if cases.setdefault(report.nodeid, "not run") == "FAILED":
            return
        cases[report.nodeid] = verdict_of(report) or cases[report.nodeid]

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if hasattr(session.config, "workerinput"):  # one of several processes: the one that gathers their reports writes
            return
        paragraphs = sorted((p for p in self.paragraphs.values() if p.cases), key=lambda p: p.where.partition("::")[0])
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "README.md").write_text(summary(paragraphs), encoding="utf-8")
        for chapter in sorted({p.chapter for p in paragraphs}):
            text = chapter_text(chapter, [p for p in paragraphs if p.chapter == chapter])
            (self.folder / f"{slug(chapter)}.md").write_text(text, encoding="utf-8")


def requirements_of(item: pytest.Item) -> tuple[str, ...]:
    return tuple(dict.fromkeys(str(name) for mark in item.iter_markers("req") for name in mark.args))


def paragraph_of(item: pytest.Item, where: str) -> Paragraph:
    parts = Path(where.partition("::")[0]).with_suffix("").parts
    chapter = " / ".join(parts[1:-1] if parts[0] == "tests" and len(parts) > 2 else parts[:-1])
    doc = (getattr(getattr(item, "obj", None), "__doc__", None) or "").strip()
    if isinstance(item, pytest.DoctestItem):
        sentence = f"The worked example of `{item.name}` gives what it says."
    elif doc:
        sentence = " ".join(doc.partition("\n\n")[0].split())
    else:
        sentence = where.rpartition("::")[2].removeprefix("test_").replace("_", " ")
    section = parts[-1].removeprefix("test_").replace("_", " ")
    return Paragraph(chapter or "tests", section, sentence, where, requirements_of(item))


def slug(chapter: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", chapter.lower()).strip("-")


def count(paragraphs: Iterable[Paragraph]) -> str:
    verdicts = Counter(verdict for p in paragraphs for verdict in p.cases.values())
    return ", ".join(f"{verdicts[verdict]} {verdict}" for verdict in VERDICTS if verdicts[verdict])


def summary(paragraphs: list[Paragraph]) -> str:
    """The first page: what ran on what, the chapters, and each requirement with the tests that show it."""
    lines = ["# The specification, with verdicts", ""]
    lines += [f"Trialwright {trialwright.__version__}, Python {platform.python_version()}, {platform.system()} {platform.machine()}.", ""]
    lines += [f"{count(paragraphs) or 'No test ran'}.", "", "## Chapters", ""]
    for chapter in sorted({p.chapter for p in paragraphs}):
        lines.append(f"- [{chapter}]({slug(chapter)}.md): {count(p for p in paragraphs if p.chapter == chapter)}")
    lines += ["", "## Requirements", "", "| Requirement | Shown by | Verdict |", "|---|---|---|"]
    for identifier in sorted({name for p in paragraphs for name in p.requirements}):
        for p in paragraphs:
            if identifier in p.requirements:
                lines.append(f"| {identifier} | [{cell(p.sentence)}]({slug(p.chapter)}.md) | {p.verdict} |")
    return "\n".join(lines) + "\n"


def chapter_text(chapter: str, paragraphs: list[Paragraph]) -> str:
    lines = [f"# {chapter}", ""]
    for section in dict.fromkeys(p.section for p in paragraphs):
        lines += [f"## {section}", "", "| Verdict | Cases | What it says | Requirements | Where |", "|---|--:|---|---|---|"]
        for p in paragraphs:
            if p.section == section:
                ids = ", ".join(p.requirements)
                lines.append(f"| {p.verdict} | {len(p.cases)} | {cell(p.sentence)} | {ids} | `{p.where}` |")
        lines.append("")
    return "\n".join(lines)


def cell(text: str) -> str:
    return text.replace("|", "\\|")
