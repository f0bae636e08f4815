"""start.py: one entry for a person and for a machine, which says in one sentence how to mend what it cannot do."""

import subprocess
import sys
from pathlib import Path

import pytest

import start

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def handed_over(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The commands that start.py would hand over to, instead of running them."""
    commands: list[list[str]] = []
    monkeypatch.setattr(start, "prepare", lambda lock: None)
    monkeypatch.setattr(start, "become", lambda command: commands.append(command[1:]) or 0)
    return commands


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], ["run", "studies/telitacicept_ssc"]),
        (["run"], ["run", "studies/telitacicept_ssc"]),
        (["run", "--port", "8100"], ["run", "studies/telitacicept_ssc", "--port", "8100"]),
        (["run", "studies/cdisc_pilot"], ["run", "studies/cdisc_pilot"]),
        (["--", "verify", "out/trial.db"], ["verify", "out/trial.db"]),
    ],
)
def test_the_verbs_lead_to_the_commands_of_trialwright(
    handed_over: list[list[str]], arguments: list[str], expected: list[str]
) -> None:
    assert start.main(arguments) == 0
    assert handed_over == [[str(start.SCRIPTS / "trialwright"), *expected]]


def test_with_options_only_the_named_tests_run(handed_over: list[list[str]]) -> None:
    assert start.main(["test", "-k", "evaluator"]) == 0
    assert handed_over == [["-m", "pytest", "-k", "evaluator"]]


def test_every_check_runs_even_after_one_has_failed(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    mark = tmp_path / "ran"
    failing = [sys.executable, "-c", "raise SystemExit(3)"]
    passing = [sys.executable, "-c", f"open({str(mark)!r}, 'w').close()"]
    assert start.in_turn([("style", failing), ("types", passing)]) == 1
    assert mark.exists()
    said = capfd.readouterr().err
    assert "style          FAILED" in said and "types          passed" in said
    assert start.in_turn([("types", passing)]) == 0


def test_an_unknown_verb_gets_the_help_and_changes_nothing(tmp_path: Path) -> None:
    copy = tmp_path / "start.py"
    copy.write_bytes((ROOT / "start.py").read_bytes())
    answer = subprocess.run([sys.executable, str(copy), "strat"], capture_output=True, text=True, check=False)
    assert answer.returncode == 2
    assert "knows no verb 'strat'" in answer.stderr and "python3 start.py test" in answer.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["start.py"]


def test_a_python_that_is_too_old_is_named_with_the_mend() -> None:
    code = "import sys; sys.version_info = (3, 9, 2, 'final', 0); import start; start.main(['setup'])"
    answer = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert answer.returncode == 1
    assert "needs Python 3.11 or later, but this is Python 3.9.2" in answer.stderr
    assert "python3.11 start.py" in answer.stderr and "Traceback" not in answer.stderr


def test_packages_that_cannot_be_installed_are_explained(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A closed network gives pip's own last words, the mend, and no half-made environment that would pass for a whole one."""
    lock = tmp_path / "requirements.lock"
    lock.write_text("trialwright-no-such-package==0.0.0 --hash=sha256:" + 64 * "0" + "\n", encoding="utf-8")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    monkeypatch.setattr(start, "PYTHON", Path(sys.executable))
    monkeypatch.setattr(start, "VENV", tmp_path)
    with pytest.raises(SystemExit, match="could not be installed") as stopped:
        start.prepare(lock)
    assert "No matching distribution found" in str(stopped.value) and "PIP_FIND_LINKS" in str(stopped.value)
    assert [path.name for path in tmp_path.iterdir()] == ["requirements.lock"]
