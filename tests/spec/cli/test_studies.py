"""Starting, checking and showing a study."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.spec.cli.conftest import SSC, Say

pytestmark = pytest.mark.spec
VIEWS = ("synopsis", "schedule", "acrf", "matrix", "labels", "assumptions")


def spoiled(study: Path, target: Path, old: str, new: str) -> Path:
    """A copy of a study with one change in its protocol."""
    shutil.copytree(study, target, ignore=shutil.ignore_patterns("__pycache__"))
    text = (target / "protocol.py").read_text(encoding="utf-8")
    assert old in text
    (target / "protocol.py").write_text(text.replace(old, new), encoding="utf-8")
    return target


def test_a_new_study_is_a_few_files_and_coherent_at_once(say: Say, study: Path) -> None:
    """`trialwright new` writes a study that `check` accepts as it stands."""
    assert {path.name for path in study.iterdir() if path.is_file()} == {"README.md", "__init__.py", "protocol.py", "rehearsal.py", "report.py"}
    said = say("check", study)
    assert said.code == 0
    assert "KNEE-PAIN version 0.1 is coherent. 2 forms, 5 visits, 1 criteria." in said.out
    for file in study.glob("*.*"):
        assert "{{" not in file.read_text(encoding="utf-8")


def test_a_new_study_is_typed_and_tidy(study: Path) -> None:
    """Whoever starts from the templates starts from code that the checks of the house accept."""
    root = SSC.parents[1]
    for words in (("ruff", "check", "--no-cache", "--config", str(root / "pyproject.toml")), ("mypy", "--strict")):
        done = subprocess.run([sys.executable, "-m", *words, *map(str, sorted(study.glob("*.py")))], capture_output=True, text=True, cwd=root, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(("name", "because"), [
    ("json", "name of a Python package"), ("my-study", "letters, digits and underscores"), ("2nd", "letters, digits and underscores"), ("a.b", "letters"),
])  # fmt: skip
def test_a_new_study_needs_a_name_that_python_can_find(say: Say, tmp_path: Path, name: str, because: str) -> None:
    said = say("new", tmp_path / name)
    assert said.code == 1
    assert because in said.err
    assert not (tmp_path / name).exists()


def test_a_new_study_overwrites_nothing(say: Say, tmp_path: Path) -> None:
    """A folder that holds anything, or a file, is refused and stays as it was."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "protocol.py").write_text("kept", encoding="utf-8")
    for target in (tmp_path / "mine", tmp_path / "mine" / "protocol.py"):
        said = say("new", target)
        assert said.code == 1
        assert "Name a folder that does not exist yet" in said.err
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["protocol.py"]
    assert (tmp_path / "mine" / "protocol.py").read_text(encoding="utf-8") == "kept"


def test_check_refuses_an_incoherent_study_with_all_its_reasons(say: Say, study: Path, tmp_path: Path) -> None:
    """An item that hints at the arm and is visible to the evaluator is refused, with every other reason, in both languages."""
    mark = "audience=EVALUATION,\n                "
    bad = spoiled(study, tmp_path / "leaky_trial", f"{mark}low", f"{mark}hints_at_arm=True,\n                low")
    text = (bad / "protocol.py").read_text(encoding="utf-8").replace('at="W12"', 'at="W13"')
    (bad / "protocol.py").write_text(text, encoding="utf-8")
    said = say("check", bad)
    assert said.code == 1
    assert "ASSESSMENT.SEVERITY hints at the arm and would be visible to EVALUATOR" in said.out
    assert "endpoint SEVERITY12 names visit W13, which is not defined" in said.out
    assert "终点 SEVERITY12 的访视 W13 未定义" in said.out
    told = say("check", bad, "--json")
    assert told.code == 1
    assert len(json.loads(told.out)["reasons"]) == 2
    refused = say("rehearse", bad, "--out", tmp_path / "out")
    assert refused.code == 1
    assert "nothing was run" in refused.err
    assert not (tmp_path / "out").exists()


def test_check_speaks_json(say: Say) -> None:
    said = say("check", SSC, "--json")
    told = json.loads(said.out)
    assert (said.code, told["study"], told["reasons"], len(told["digest"])) == (0, "NCT06546540", [], 64)


@pytest.mark.parametrize(("old", "new", "words"), [
    ("ARMS = (", "ARMS = ((", ("line", "protocol.py")),
    ("from decimal import Decimal", "from decimal import Decimall", ("Decimall", "line 8 of protocol.py")),
    ('code="NEW"', 'code="new"', ("ValueError", "protocol.py")),
    ("ARMS = (", "1 / 0\nARMS = (", ("ZeroDivisionError", "protocol.py")),
    ("ARMS = (", "{}[1]\nARMS = (", ("KeyError", "protocol.py")),
    ("STUDY = Study(", "OTHER = Study(", ("STUDY",)),
])  # fmt: skip
def test_a_study_that_python_cannot_read_is_named_with_its_line(
    say: Say, study: Path, tmp_path: Path, old: str, new: str, words: tuple[str, ...]
) -> None:
    """A slip of the pen in a study is one sentence with file and line, whatever kind of slip it is."""
    bad = spoiled(study, tmp_path / f"{tmp_path.name}_broken", old, new)
    for command in ("check", "show"):
        said = say(command, bad)
        assert said.code == 1
        assert said.out == ""
        assert all(word in said.err for word in words), said.err


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize(("language", "characters"), [("en", False), ("zh", True)])
def test_every_view_is_shown_in_both_languages(say: Say, view: str, language: str, characters: bool) -> None:
    said = say("show", SSC, "--what", view, "--language", language)
    assert said.code == 0
    assert "NCT06546540" in said.out
    share = sum("\u4e00" <= mark <= "\u9fff" for mark in said.out) / len(said.out)
    assert (share > 0.01) is characters


def test_all_views_are_shown_when_none_is_named(say: Say, study: Path) -> None:
    whole = say("show", study)
    assert whole.code == 0
    assert whole.out == "".join(say("show", study, "--what", view).out for view in VIEWS)


@pytest.mark.parametrize(("words", "because"), [
    (("--what", "plan"), "Choose from synopsis, schedule, acrf, matrix, labels, assumptions"), (("--what", ""), "Choose from synopsis"),
    (("--language", "fr"), "Choose en or zh"),
])  # fmt: skip
def test_an_unknown_view_or_language_names_those_there_are(say: Say, study: Path, words: tuple[str, ...], because: str) -> None:
    said = say("show", study, *words)
    assert said.code == 1
    assert because in said.err
