"""The command line, called as a person calls it but within this process; and one rehearsed trial for all to look at."""

import io
import shutil
import sys
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from unittest.mock import patch

import pytest
from attrs import frozen

from trialwright.cli import main

STUDY = "knee_pain"
SSC = Path(__file__).resolve().parents[3] / "studies" / "telitacicept_ssc"


@frozen
class Said:
    """What a command left on the screen, and its exit status."""

    code: int
    out: str
    err: str


Say = Callable[..., Said]


def say(*words: object) -> Said:
    """Runs `trialwright` with these words. An exception that reaches the person is an exception here: the test fails."""
    out, err = io.StringIO(), io.StringIO()
    with patch.object(sys, "argv", ["trialwright", *map(str, words)]), redirect_stdout(out), redirect_stderr(err):
        code = main()
    return Said(code, out.getvalue(), err.getvalue())


@pytest.fixture(scope="session", name="say")
def _say() -> Say:
    return say


@pytest.fixture(scope="session")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study as `trialwright new` makes it, outside the repository."""
    folder = tmp_path_factory.mktemp("stranger") / STUDY
    said = say("new", folder)
    assert (said.code, said.err) == (0, "")
    return folder


@pytest.fixture(scope="session")
def rehearsed(study: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a rehearsal of it with four people: trial.db, trial.key, checkpoint.txt, package, report.html."""
    out = tmp_path_factory.mktemp("rehearsal")
    said = say("rehearse", study, "--out", out, "--subjects", 4)
    assert (said.code, said.err) == (0, "")
    return out


@pytest.fixture
def copied(rehearsed: Path, tmp_path: Path) -> Path:
    """A copy of the trial file that a test may spoil."""
    for name in ("trial.db", "trial.key"):
        shutil.copy(rehearsed / name, tmp_path / name)
    return tmp_path / "trial.db"


@pytest.fixture(scope="session")
def wrong_study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Another study, of another code."""
    folder = tmp_path_factory.mktemp("elsewhere") / "another_trial"
    assert say("new", folder).code == 0
    return folder
