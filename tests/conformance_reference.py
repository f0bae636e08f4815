"""Writes docs/reference/conformance.md from the rules themselves: `python -m tests.conformance_reference`."""

import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from trialwright.exchange.conformance.findings import Rule

PAGE = Path(__file__).resolve().parents[1] / "docs" / "reference" / "conformance.md"
CHAPTERS = {"package": "Files and folders", "files": "Names, labels, letters", "terms": "Terminology", "days": "Days", "keys": "Keys and references",
            "results": "Results and events", "define": "Define-XML against the data", "adam": "Analysis data sets",
            "source": "The way back to the tabulation"}  # fmt: skip
INTRODUCTION = """# Rules of conformance

What the house's own examination of a package holds against its files, in transport files and in Dataset-JSON alike. This page is written by
`python -m tests.conformance_reference`; a test fails when it is out of date. “...” stands for what was found.
The rules are about what CDISC CORE does not see, or sees only where Python 3.12 is installed; they do not replace it.
"""


def rules(chapter: str) -> list[Rule]:
    """The rules that a chapter of the examination holds, by their names."""
    held = {one.id: one for one in vars(import_module(f"trialwright.exchange.conformance.{chapter}")).values() if isinstance(one, Rule)}
    return [held[name] for name in sorted(held)]


def shown(words: str) -> str:
    return re.sub(r"“?\{\w+\}”?", "...", words)


def page() -> str:
    """The whole page."""
    return "\n".join([INTRODUCTION, *(line for chapter, title in CHAPTERS.items() for line in _section(chapter, title))]).rstrip() + "\n"


def _section(chapter: str, title: str) -> Iterator[str]:
    yield f"## {title}\n"
    yield "| Rule | What is wrong | How to mend | 问题 |"
    yield "|---|---|---|---|"
    for rule in rules(chapter):
        if chapter in ("adam", "source") or not rule.id.startswith("TW-A"):
            yield f"| {rule.id} | {shown(rule.wrong.en)} | {shown(rule.mend.en)} | {shown(rule.wrong.zh)} |"
    yield ""


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
