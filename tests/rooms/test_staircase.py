"""The import rules bite: each of them is broken on purpose in a copy of the house, and each break is reported."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

PLANTED = [
    ("staircase", "statistics/planted.py", "import trialwright.protocol"),
    ("staircase", "record/planted.py", "import trialwright.instruments"),
    ("staircase", "attic/__init__.py", ""),
    ("ledger", "eligibility/planted.py", "import trialwright.record.ledger"),
    ("no-study", "protocol/planted.py", "import studies"),
    ("pure-core", "record/planted.py", "import pathlib"),
    ("pure-core", "statistics/planted.py", "import sqlite3"),
    ("instruments-shelf", "instruments/planted.py", "from trialwright.instruments import mrss"),
    ("forms-shelf", "forms/planted.py", "from trialwright.forms import consent"),
    ("no-cycles", "protocol/planted.py", "import trialwright.protocol.study"),
]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    copy = tmp_path_factory.mktemp("house")
    for tree in ("src", "studies"):
        shutil.copytree(ROOT / tree, copy / tree, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", copy)
    # The rules name rooms; one that is on the plan and not built yet stands empty in the copy.
    for room in re.findall(r'^    "trialwright\.([a-z]+)",$', (copy / "pyproject.toml").read_text(encoding="utf-8"), flags=re.MULTILINE):
        (copy / "src" / "trialwright" / room).mkdir(exist_ok=True)
        (copy / "src" / "trialwright" / room / "__init__.py").touch()
    return copy


def examined(house: Path, contract: str) -> tuple[int, str]:
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"]
    answer = subprocess.run(
        [*command, "--no-logo", "--no-cache", "--contract", contract],
        cwd=house,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(house / "src"), str(house)]), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    return answer.returncode, answer.stdout + answer.stderr


@pytest.mark.parametrize(("contract", "where", "code"), PLANTED, ids=[f"{c}: {w}" for c, w, _ in PLANTED])
def test_a_forbidden_import_is_reported(house: Path, contract: str, where: str, code: str) -> None:
    planted = house / "src" / "trialwright" / where
    planted.parent.mkdir(exist_ok=True)
    planted.write_text(f'"""Planted."""\n{code}\n', encoding="utf-8")
    closing = house / "src" / "trialwright" / "protocol" / "study.py"
    before = closing.read_text(encoding="utf-8")
    if contract == "no-cycles":
        closing.write_text(before + "\nimport trialwright.protocol.planted\n", encoding="utf-8")
    try:
        code_of_exit, said = examined(house, contract)
    finally:
        closing.write_text(before, encoding="utf-8")
        planted.unlink()
        if where.startswith("attic"):
            planted.parent.rmdir()
    assert code_of_exit == 1
    assert "BROKEN" in said
    assert ("planted" if code else "attic") in said
