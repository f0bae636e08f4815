"""Whatever a command does with a trial file it does with a trial in PostgreSQL, to the last byte."""

import shutil
from pathlib import Path

import pytest

from tests.postgres import Server
from tests.spec.cli.conftest import Say
from tests.spec.cli.test_import import MAPPING, TABLES
from tests.spec.cli.test_trial_files import snapshot

pytestmark = [pytest.mark.spec, pytest.mark.req("REC-07")]


@pytest.fixture(scope="module")
def db(say: Say, postgres: Server, rehearsed: Path) -> str:
    """The rehearsed trial, moved into a database."""
    at = postgres.url("app", "knee")
    assert say("prepare", postgres.url("owner", "knee"), "--for", "app").code == 0
    said = say("move", rehearsed / "trial.db", at)
    assert (said.code, said.err) == (0, "")
    return at


def test_it_verifies_against_the_checkpoint_of_the_file(say: Say, db: str, rehearsed: Path, tmp_path: Path) -> None:
    assert say("verify", db, "--against", rehearsed / "checkpoint.txt").code == 0
    assert say("checkpoint", db, "--out", tmp_path / "c.txt").code == 0
    assert (tmp_path / "c.txt").read_bytes() == (rehearsed / "checkpoint.txt").read_bytes()


def test_package_report_trace_and_casebook_are_those_of_the_file(say: Say, study: Path, db: str, rehearsed: Path, tmp_path: Path) -> None:
    assert say("package", db, "--study", study, "--out", tmp_path / "package").code == 0
    assert snapshot(tmp_path / "package") == snapshot(rehearsed / "package")
    assert say("report", db, "--study", study, "--out", tmp_path / "report.html").code == 0
    assert (tmp_path / "report.html").read_bytes() == (rehearsed / "report.html").read_bytes()
    words = ("trace", "14.2.1", "r2c1", "--study", study, "--db")
    assert say(*words, db) == say(*words, rehearsed / "trial.db")
    subject = (tmp_path / "package" / "trace" / "sdtm" / "dm.csv").read_text(encoding="utf-8").splitlines()[1].split(",")[3]
    assert say("casebook", db, "--study", study, "--subject", subject, "--out", tmp_path / "one.pdf").code == 0
    assert (tmp_path / "one.pdf").read_bytes().startswith(b"%PDF")


def test_it_comes_back_as_a_file_with_the_same_checkpoint(say: Say, db: str, rehearsed: Path, tmp_path: Path) -> None:
    assert say("move", db, tmp_path / "back.db").code == 0
    assert say("verify", tmp_path / "back.db", "--against", rehearsed / "checkpoint.txt").code == 0
    again = say("move", rehearsed / "trial.db", db)
    assert (again.code, "nothing was written" in again.err) == (1, True)


def test_an_import_begins_a_trial_there_or_leaves_nothing(say: Say, study: Path, postgres: Server, tmp_path: Path) -> None:
    folder, source, at = tmp_path / f"{tmp_path.name}_study", tmp_path / "sdtm", postgres.url("app", "imported")
    shutil.copytree(study, folder)
    (folder / "sdtm_mapping.py").write_text(MAPPING, encoding="utf-8")
    source.mkdir()
    for name, text in TABLES.items():
        (source / f"{name}.csv").write_text(text.replace("SEVERITY,6,2", "SEVERITY,66,2"), encoding="utf-8")
    assert say("prepare", postgres.url("owner", "imported"), "--for", "app").code == 0
    assert say("import", folder, source, "--db", at).code == 1
    (source / "qs.csv").write_text(TABLES["qs"], encoding="utf-8")
    done = say("import", folder, source, "--db", at)
    assert (done.code, done.err) == (0, "")
    assert say("verify", at).code == 0
    assert "nothing" in say("import", folder, source, "--db", at).out.lower()


def test_a_file_needs_no_preparing(say: Say, tmp_path: Path) -> None:
    said = say("prepare", tmp_path / "trial.db", "--for", "app")
    assert (said.code, "files need no preparing" in said.err) == (1, True)
