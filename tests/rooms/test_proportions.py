"""Rooms stay rooms: no module outgrows a sitting, no function a screen."""

import ast
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[2]
MODULES = sorted([*(ROOT / "src").rglob("*.py"), *(ROOT / "studies").rglob("*.py")])
ATTICS = {"utils", "core", "common", "base", "services", "managers", "helpers", "models"}


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def functions(path: Path) -> list[tuple[str, int]]:
    """Each function of a module with its length in lines, its docstring left out: a worked example is no burden."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0]
            is_doc = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str)
            doc = (first.end_lineno or 0) - first.lineno + 1 if is_doc else 0
            found.append((node.name, (node.end_lineno or 0) - node.lineno + 1 - doc))
    return found


def test_no_module_is_longer_than_400_lines() -> None:
    lengths = {name(path): len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES}
    assert {module: lines for module, lines in lengths.items() if lines > 400} == {}


def test_no_function_is_longer_than_60_lines() -> None:
    assert [(name(path), function, lines) for path in MODULES for function, lines in functions(path) if lines > 60] == []


def test_every_module_begins_with_one_sentence_about_itself() -> None:
    """The first paragraph of each module's docstring is a whole sentence."""
    docs = {name(path): ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "" for path in MODULES if "tests" not in path.parts}
    assert [module for module, doc in docs.items() if not doc.partition("\n\n")[0].strip().endswith((".", "?", "!", ":"))] == []


def test_nothing_is_kept_in_an_attic() -> None:
    """No room and no module is called utils, core, common, base, services, managers, helpers or models."""
    assert [name(path) for path in MODULES if {path.stem, *path.relative_to(ROOT).parts[:-1]} & ATTICS] == []


def test_the_typical_function_is_at_most_10_lines() -> None:
    lengths = [lines for path in MODULES for _, lines in functions(path)]
    assert median(lengths) <= 10
