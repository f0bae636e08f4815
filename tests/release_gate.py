"""The release gate: how often each deep run repeats, and the record of what it showed.

The rows and counts are those of `docs/explanation/release-gate.md`. A nightly test asks `deep(count)` how often to repeat and says with
the fixture `shown` what it saw; `pytest -m nightly --gate-record docs/spec/release-gate.jsonl` keeps that as a line of JSON and writes the page beside it anew.
"""

import json
import os
import subprocess
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

SHARE = float(os.environ.get("TRIALWRIGHT_DEEP", "1"))
"""Which share of the gate's counts the deep runs repeat: 1 at a release, 0.1 of a night."""

ROWS = {
    "R1": "people at work together through a served trial",
    "R2": "kill -9 of the server while people save",
    "R3": "kill -9 of programs that write",
    "R4": "power cuts: only what was forced to the disk survives",
    "R5": "a disk that is full, broken or read-only for a while",
    "R6": "one bit flips in a file, its log or a backup",
    "R7": "somebody changes the record (threats T1 to T7)",
    "R8": "backup under load, put back and compared",
    "R9": "an upgrade, a move, and each of their steps interrupted",
    "R10": "every route by every method, role and state",
    "R11": "worlds that differ in what an observer may not know",
    "R12": "random lives of a study against a model",
    "R13": "random requests to every operation",
    "R18": "people append to the same lists: no update is lost",
}  # fmt: skip

Shown = Callable[..., None]


def deep(count: int) -> int:
    """How often a deep run repeats whose count at the gate is `count`."""
    return max(1, round(count * SHARE))


@pytest.fixture
def shown(request: pytest.FixtureRequest) -> Shown:
    """Tells what a deep run showed: the row of the gate, what was done, and the figures by their names."""
    began = time.monotonic()

    def tell(row: str, what: str, **figures: object) -> None:
        assert row in ROWS
        written = {name: f"{figure:,}" if isinstance(figure, int) else str(figure) for name, figure in figures.items()}
        told = {"row": row, "what": what, "figures": written, "seconds": round(time.monotonic() - began)}
        request.node.user_properties.append(("gate", told))
        print(f"\n{row}, {what}: {sentence(written)}; {told['seconds']} s", flush=True)

    return tell


def sentence(figures: dict[str, str]) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {figure}" for name, figure in figures.items())


class Record:
    """Listens to a run and keeps what its deep tests showed."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.about = {"at": f"{datetime.now(UTC):%Y-%m-%d}", "commit": commit()}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when != "call":
            return
        for name, told in report.user_properties:
            if name == "gate":
                line = {**told, "verdict": "FAILED" if report.failed else "passed", **self.about, "test": report.nodeid}
                with self.file.open("a", encoding="utf-8") as record:
                    record.write(json.dumps(line, ensure_ascii=False) + "\n")

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if not hasattr(session.config, "workerinput") and self.file.is_file():
            self.file.with_suffix(".md").write_text(page(self.file.read_text(encoding="utf-8")), encoding="utf-8")


def commit() -> str:
    """Which state of the repository ran; nothing outside one."""
    told = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=Path(__file__).parent, capture_output=True, text=True, check=False)
    return told.stdout.strip()


def page(record: str) -> str:
    """The newest line of each deep run as a table, by the rows of the gate."""
    newest = {(one["row"], one["what"]): one for one in map(json.loads, record.splitlines())}
    lines = ["# The release gate", "", "What the deep runs showed when they last ran: `pytest -m nightly --gate-record docs/spec/release-gate.jsonl`. "
             "Seeds are given, so that each run can be repeated.", ""]  # fmt: skip
    for row, what in ROWS.items():
        runs = sorted((one for one in newest.values() if one["row"] == row), key=lambda one: one["what"])
        if runs:
            lines += [f"## {row}: {what}", "", "| Verdict | What was done | Figures | Seconds | Day, commit |", "|---|---|---|--:|---|"]
            lines += [f"| {one['verdict']} | {one['what']} | {sentence(one['figures'])} | {one['seconds']:,} | {one['at']}, `{one['commit']}` |"
                      for one in runs]  # fmt: skip
            lines.append("")
    return "\n".join(lines)
