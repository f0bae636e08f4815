"""No requirement is an orphan: each is shown by a test, or a procedure of the hospital is named that covers it."""

import ast
from pathlib import Path

import pytest

from trialwright.report.qualification import requirements

ROOT = Path(__file__).resolve().parents[2]


def named(file: Path) -> set[str]:
    """The requirements that the tests of a file name: every `req("...")` in it."""
    calls = (node for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))) if isinstance(node, ast.Call))
    marks = (call for call in calls if isinstance(call.func, ast.Attribute) and call.func.attr == "req")
    return {arg.value for mark in marks for arg in mark.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)}


@pytest.mark.req("VAL-01")
def test_every_requirement_is_shown_or_covered() -> None:
    shown = set().union(*(named(file) for part in ("tests", "studies") for file in (ROOT / part).rglob("test_*.py")))
    assert [one.id for one in requirements() if one.id not in shown and not one.procedure] == []


@pytest.mark.req("VAL-01")
def test_requirements_are_whole_and_say_what_must_still_be_looked_up() -> None:
    assert len({one.id for one in requirements()}) == 86
    assert all(one.text.endswith(".") and one.source and one.priority in (1, 2, 3) for one in requirements())
    assert all("[" not in one.source for one in requirements())
