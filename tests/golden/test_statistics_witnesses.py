"""The page that says what each statistical method is compared with is complete, and what it says is so."""

import ast
import inspect
import re
from pathlib import Path

import pytest

import trialwright.statistics as statistics

pytestmark = pytest.mark.golden

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PAGE = ROOT / "docs" / "reference" / "statistics.md"
PUBLIC = {name for name in statistics.__all__ if inspect.isfunction(getattr(statistics, name))}
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in PAGE.read_text(encoding="utf-8").splitlines()
    if line.startswith("| `")
]
COMPARED = [row for row in ROWS if len(row) == 5]
ALONE = [row for row in ROWS if len(row) == 3]


def names(cell: str) -> list[str]:
    return re.findall(r"`([a-z_0-9]+)`", cell)


def called(source: str) -> set[str]:
    """Names of all functions that a file calls or hands on."""
    return {node.id for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name)}


def test_every_public_function_stands_on_the_page_once() -> None:
    assert len(COMPARED) + len(ALONE) == len(ROWS)
    told = [name for row in ROWS for name in names(row[0])]
    assert sorted(told) == sorted(PUBLIC)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_each_has_an_example_and_a_page_that_explains_it_by_name(row: list[str]) -> None:
    explained = (PAGE.parent / re.search(r"\((.+?)\)", row[1]).group(1)).read_text(encoding="utf-8")  # type: ignore[union-attr]
    for name in names(row[0]):
        assert ">>>" in (inspect.getdoc(getattr(statistics, name)) or ""), name
        assert re.search(rf"`[^`\n]*\b{name}\b[^`\n]*`", explained), f"{name}: not named in the page that explains it"


@pytest.mark.parametrize("row", COMPARED, ids=lambda row: row[0])
def test_each_is_called_where_the_outputs_of_another_program_are_read(row: list[str]) -> None:
    functions, (folder,), (file,) = names(row[0]), names(row[3]), names(row[4])
    source = (HERE / f"test_statistics_{file}.py").read_text(encoding="utf-8")
    assert set(functions) <= called(source), set(functions) - called(source)
    assert f'"{folder}"' in source
    outputs = [path for path in (HERE / "witness" / folder).iterdir() if path.suffix in (".json", ".csv", ".txt")]
    assert outputs
    assert (HERE / "witness" / folder / "README.md").exists()


@pytest.mark.parametrize("row", ALONE, ids=lambda row: row[0])
def test_who_is_compared_with_nobody_says_what_holds_him_instead(row: list[str]) -> None:
    held = re.findall(r"`(tests/[a-z_/]+\.py)`", row[2])
    assert held or "no arithmetic" in row[2]
    for path in held:
        source = (ROOT / path).read_text(encoding="utf-8")
        assert set(names(row[0])) & called(source), path
