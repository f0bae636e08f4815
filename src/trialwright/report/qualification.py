"""The validation pack: what is installed, each requirement with the tests that show it, and what a person still has to sign."""

import hashlib
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import orjson
from attrs import asdict, frozen

from trialwright.report.render.pdf import pdf

HERE = Path(__file__).parent
PASSED, FAILED = "passed", "FAILED"
VERDICTS = {"shown": "shown by tests", "both": "shown by tests; the rest is a procedure", "procedure": "covered by a procedure",
            "missing": "NOT SHOWN", "failed": "FAILED"}  # fmt: skip
"""What can be said of a requirement; the last two stand in the way of using the installation."""


@frozen(kw_only=True)
class Requirement:
    """What a record of a trial must do, where that is written, and the procedure of the hospital that covers what no software can."""

    id: str
    text: str
    priority: int
    source: str
    procedure: str = ""


@cache
def requirements() -> tuple[Requirement, ...]:
    """All requirements, in their order.

    >>> len(requirements()), requirements()[0].id
    (86, 'AUD-01')
    """
    told = tomllib.loads((HERE / "requirements.toml").read_text(encoding="utf-8"))
    return tuple(Requirement(id=id, **what) for id, what in told.items())


@frozen(kw_only=True)
class Finding:
    """One fact about the installation. `good` is None where nothing can be wrong with it; `mend` says what to do where it is."""

    name: str
    value: str
    good: bool | None = None
    mend: str = ""


@frozen(kw_only=True)
class Tried:
    """One test of the shipped suite as it ended on this machine: its verdict, and the seconds that it took."""

    where: str
    says: str
    requirements: tuple[str, ...]
    verdict: str
    seconds: float


@frozen(kw_only=True)
class Line:
    """One requirement with the tests that name it."""

    requirement: Requirement
    tests: tuple[Tried, ...]

    @property
    def verdict(self) -> str:
        """What can be said of it: a key of `VERDICTS`. A requirement is shown when all tests that name it passed."""
        if any(one.verdict == FAILED for one in self.tests):
            return "failed"
        shown = any(one.verdict == PASSED for one in self.tests)
        if self.requirement.procedure:
            return "both" if shown else "procedure"
        return "shown" if shown else "missing"


@frozen(kw_only=True)
class Qualification:
    """What the qualification of one installation found."""

    version: str
    at: datetime
    findings: tuple[Finding, ...]
    tried: tuple[Tried, ...]
    issues: tuple[str, ...]

    @property
    def lines(self) -> tuple[Line, ...]:
        return tuple(Line(requirement=one, tests=tuple(test for test in self.tried if one.id in test.requirements)) for one in requirements())

    @property
    def obstacles(self) -> tuple[str, ...]:
        """What stands in the way of using this installation: facts that are wrong, requirements not shown, and tests that failed."""
        facts = (f"{one.name}: {one.value}. {one.mend}" for one in self.findings if one.good is False)
        open_ones = (f"{one.requirement.id}: {VERDICTS[one.verdict]}" for one in self.lines if one.verdict in ("missing", "failed"))
        broken = (f"{one.where} failed" for one in self.tried if one.verdict == FAILED)
        return (*facts, *open_ones, *broken)

    def as_json(self) -> bytes:
        """Everything, for a program; the same qualification gives the same bytes."""
        told = {
            "version": self.version, "at": self.at.isoformat(), "passed": not self.obstacles, "obstacles": self.obstacles,
            "installation": [asdict(one) for one in self.findings],
            "requirements": [{**asdict(one.requirement), "verdict": one.verdict, "tests": [test.where for test in one.tests]} for one in self.lines],
            "tests": [asdict(one) for one in self.tried], "known issues": self.issues,
        }  # fmt: skip
        return orjson.dumps(told, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def qualification_pdf(found: Qualification) -> bytes:
    """The pack on paper, with lines for the signatures; it names the digest of its JSON, so that the two belong together."""
    data = facts(found) | {"digest": hashlib.sha256(found.as_json()).hexdigest()}
    return pdf((HERE / "render" / "qualification.typ").read_text(encoding="utf-8"), data, f"Qualification of Trialwright {found.version}", "en", at=found.at)


def facts(found: Qualification) -> dict[str, Any]:
    """What stands in the pack, part by part."""
    return {
        "version": found.version, "at": f"{found.at:%Y-%m-%d %H:%M} UTC", "passed": not found.obstacles, "obstacles": found.obstacles,
        "installation": [[one.name, one.value, {True: "as it should be", False: one.mend, None: ""}[one.good]] for one in found.findings],
        "count": f"{sum(one.verdict == PASSED for one in found.tried)} of {len(found.tried)} tests passed in {sum(one.seconds for one in found.tried):.0f} s",
        "summary": [[words, str(sum(line.verdict == verdict for line in found.lines))] for verdict, words in VERDICTS.items()],
        "matrix": [_row(line) for line in found.lines],
        "left": [[one.where, one.verdict] for one in found.tried if one.verdict != PASSED],
        "tests": [[one.requirement.id, test.says, test.where.partition("[")[0], test.verdict] for one in found.lines for test in _once(one.tests)],
        "issues": found.issues,
    }  # fmt: skip


def _row(line: Line) -> list[str]:
    one, passed = line.requirement, sum(test.verdict == PASSED for test in line.tests)
    tests = f"{passed} of {len(line.tests)}" if line.tests else "—"
    return [one.id, str(one.priority), one.text, one.source, tests, one.procedure, VERDICTS[line.verdict]]


def _once(tests: Sequence[Tried]) -> Iterable[Tried]:
    """Each test once, whatever the number of its cases; one that failed is told as such."""
    found: dict[str, Tried] = {}
    for one in sorted(tests, key=lambda test: test.verdict != FAILED):
        found.setdefault(one.where.partition("[")[0], one)
    return found.values()


def tried(lines: Iterable[Mapping[str, Any]]) -> tuple[Tried, ...]:
    """The tests as the suite wrote them down, one JSON object for each."""
    return tuple(Tried(where=one["where"], says=one["says"], requirements=tuple(one["requirements"]), verdict=one["verdict"], seconds=one["seconds"])
                 for one in lines)  # fmt: skip
