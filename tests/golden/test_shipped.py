"""What every shipped version stored is read by this one, folds to the same, moves and goes on. A release adds its folder, and none is ever changed."""

import shutil
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.golden.shipped.release import SHIPPED, STAFF, digest, folded
from trialwright import __version__
from trialwright.exchange.study_folder import study_of
from trialwright.protocol import Audience, Study
from trialwright.record import Screen
from trialwright.store import (
    Address,
    address,
    attachments_path,
    begin_again,
    current_checkpoint,
    examine,
    ledger_lines,
    move,
    open_trial,
    prepare,
    restore,
    take,
)
from trialwright.testing import START, actor

pytestmark = [pytest.mark.spec, pytest.mark.req("REC-07", "VAL-05", "DAT-01")]
LATER = START + timedelta(days=400)
VERSIONS = sorted(path.name for path in SHIPPED.iterdir() if (path / "expected.json").is_file())


@pytest.fixture(params=VERSIONS)
def shipped(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of what one version stored, on a machine that knows nothing of it."""
    monkeypatch.setenv("TRIALWRIGHT_HOME", str(tmp_path / "home"))
    return Path(shutil.copytree(SHIPPED / request.param, tmp_path / "shipped"))


@pytest.fixture
def study(shipped: Path) -> Study:
    """The study as that version wrote it, held against the trial as the commands do it."""
    return study_of(next((SHIPPED / expected(shipped)["version"]).glob("study_*")), shipped / "trial.db")


def expected(shipped: Path) -> dict[str, Any]:
    return orjson.loads((shipped / "expected.json").read_bytes())  # type: ignore[no-any-return]


def folds(at: Address, study: Study) -> dict[str, str]:
    with closing(open_trial(at, study, writes=False)) as kept:
        return {role.code: digest(folded(kept.gate.casebook(role))) for role in STAFF}


def goes_on(at: Address, study: Study) -> None:
    """An entry more, and everything still verifies."""
    with closing(open_trial(at, study)) as kept:
        before = len(kept.gate.casebook(Audience.CUSTODIAN).everything)
        kept.gate.do(actor(Audience.COORDINATOR), Screen(site="01", subject="NEW"), LATER)
        assert len(kept.gate.casebook(Audience.CUSTODIAN).everything) == before + 1
    assert examine(at) == []


def test_this_version_has_its_folder() -> None:
    assert __version__ in VERSIONS, "a release adds its folder: python -m tests.golden.shipped.release"


def test_it_is_whole_and_folds_to_what_it_was(shipped: Path, study: Study) -> None:
    note = (shipped / "checkpoint.txt").read_text(encoding="utf-8")
    assert examine(shipped / "trial.db", against=note) == []
    assert folds(shipped / "trial.db", study) == expected(shipped)["folds"]
    assert ledger_lines(shipped / "trial.db") == (shipped / "lines.jsonl").read_bytes()
    assert current_checkpoint(shipped / "trial.db") == note, "the key signs the same"
    goes_on(shipped / "trial.db", study)


@pytest.fixture
def database(request: pytest.FixtureRequest) -> Callable[[], Address]:
    server = request.getfixturevalue("postgres")

    def new() -> Address:
        name = f"shipped{digest(str(request.node.name))[:12]}"
        prepare(address(server.url("owner", name)), "app")
        return address(server.url("app", name))

    return new


def test_it_goes_into_a_database_and_back(shipped: Path, study: Study, database: Callable[[], Address], tmp_path: Path) -> None:
    note, there, back = (shipped / "checkpoint.txt").read_text(encoding="utf-8"), database(), tmp_path / "back" / "trial.db"
    assert move(shipped / "trial.db", there) == move(there, back) == expected(shipped)["entries"]
    for at in (there, back):
        assert examine(at, against=note) == []
        assert folds(at, study) == expected(shipped)["folds"]
        assert ledger_lines(at) == (shipped / "lines.jsonl").read_bytes()
    assert {path.name for path in attachments_path(back).rglob("*") if path.is_file()} == {
        path.name for path in (shipped / "attachments").rglob("*") if path.is_file()}  # fmt: skip
    goes_on(there, study)
    goes_on(back, study)


@pytest.mark.parametrize("file", ["backup.tar.gz", "backup.tar.gz.age"])
def test_its_backups_come_back(shipped: Path, study: Study, tmp_path: Path, file: str) -> None:
    back = tmp_path / "back" / "trial.db"
    restore(shipped / file, back, LATER, "somebody", shipped / "recipient.key")
    assert folds(back, study) == expected(shipped)["folds"]
    goes_on(back, study)


def test_the_record_of_an_archive_becomes_a_trial(shipped: Path, study: Study, tmp_path: Path) -> None:
    files = [(path.relative_to(shipped).as_posix(), path.read_bytes()) for path in (shipped / "attachments").rglob("*") if path.is_file()]
    assert begin_again((shipped / "lines.jsonl").read_bytes(), files, tmp_path / "again" / "trial.db") == expected(shipped)["entries"]
    assert folds(tmp_path / "again" / "trial.db", study) == expected(shipped)["folds"]
    assert examine(tmp_path / "again" / "trial.db") == []


def test_the_evaluators_own_store_is_read_and_his_letter_is_taken(shipped: Path, study: Study) -> None:
    assert examine(shipped / "evaluator" / "trial.db") == []
    with closing(open_trial(shipped / "evaluator" / "trial.db", study)) as part:
        scored = part.gate.casebook(Audience.EVALUATOR).subject("S1").page("W4", "SCORE")
        assert scored.answers["SITE1"] == "2" and scored.fully_signed
    with closing(open_trial(shipped / "trial.db", study)) as kept:
        taken = take(kept, (shipped / "letter-home").read_bytes(), LATER)
        assert (taken.count, taken.trouble) == (expected(shipped)["brought"], "")
        assert kept.gate.casebook(Audience.CUSTODIAN).subject("S1").page("W4", "SCORE").fully_signed
    assert examine(shipped / "trial.db") == []


def test_a_digest_that_is_not_the_one_of_then_is_seen(shipped: Path, study: Study) -> None:
    """The test itself: one entry more makes every fold that may know of it another."""
    goes_on(shipped / "trial.db", study)
    now, then = folds(shipped / "trial.db", study), expected(shipped)["folds"]
    assert {role for role in now if now[role] != then[role]} >= {"COORDINATOR", "CUSTODIAN", "INVESTIGATOR"}
