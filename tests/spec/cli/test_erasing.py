"""The command line beside an erasure: a backup that is put back says what to erase again, `scrub` says whether it could; to erase is nobody's command."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.spec.cli.conftest import Say
from trialwright.cli import COMMANDS
from trialwright.protocol import Audience
from trialwright.record import Answer, AskRedaction, OpenStudy, Redact
from trialwright.store import create
from trialwright.store.engine import sqlite
from trialwright.testing import actor, enrolled, tiny_study

pytestmark = [pytest.mark.spec, pytest.mark.req("AUD-10")]
NAME, NOW = "Zhang San 13800138000", datetime.now(UTC)


@pytest.fixture
def trial(tmp_path: Path, say: Say, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Path, str, Path]]:
    """A trial in which a name was erased after a backup: its file, the name of the entry, and the backup."""
    monkeypatch.setenv("TRIALWRIGHT_HOME", str(tmp_path / "home"))
    at = tmp_path / "trial" / "trial.db"
    with closing(create(at, tiny_study())) as kept:
        kept.gate.do(actor(Audience.INVESTIGATOR), OpenStudy(), NOW)
        enrolled(kept.gate, "S0", at=NOW)
        for grade, reason in (("1", ""), ("2", NAME)):
            entries = kept.gate.do(actor(Audience.EVALUATOR), Answer(subject="S0", visit="BASE", form="SCORE", entries={"SITE1": grade}, reason=reason), NOW)
        assert say("backup", at, "--out", tmp_path / "copies").code == 0
        wish = kept.gate.do(actor(Audience.DATA_MANAGER), AskRedaction(ref=entries[0].ref, what=("reason",), because="a name"), NOW)[0].ref
        kept.gate.do(actor(Audience.CUSTODIAN), Redact(request=wish), NOW)
    yield at, entries[0].ref, next((tmp_path / "copies").glob("*.tar.gz"))


def test_a_restored_backup_says_what_must_be_erased_again(say: Say, trial: tuple[Path, str, Path], tmp_path: Path) -> None:
    _, ref, copy = trial
    said = say("restore", copy, "--out", tmp_path / "again" / "trial.db")
    assert said.code == 0 and f"To be erased again, for this backup still holds it: entry {ref} (erased on {NOW:%Y-%m-%dT}" in said.out
    assert NAME not in said.out


def test_scrub_says_whether_it_could(say: Say, trial: tuple[Path, str, Path]) -> None:
    at, _, _ = trial
    said = say("scrub", at)
    assert said.code == 0 and "holds nothing any more of what was erased" in said.out
    with closing(sqlite.connect(str(at), isolation_level=None)) as reader, pytest.MonkeyPatch.context() as patch:
        patch.setattr("trialwright.store.sqlite.SETTINGS", "PRAGMA busy_timeout=50;")
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM line").fetchone()
        said = say("scrub", at)
        assert said.code == 1 and "could not be scrubbed whole" in said.err
    assert say("verify", at).code == 0
    assert say("scrub", at.with_name("nothing.db")).code == 1


def test_nobody_erases_from_the_command_line() -> None:
    assert not {name for name in COMMANDS if "redact" in name or "erase" in name}
