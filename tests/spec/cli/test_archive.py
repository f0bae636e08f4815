"""A trial put away for decades: verified with nothing but Python, made again to the byte, and every change of it found."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.spec.cli.conftest import Say

pytestmark = [pytest.mark.spec, pytest.mark.req("REC-03")]


def run(*words: object, alone: bool = False) -> subprocess.CompletedProcess[str]:
    """A program of its own, as on another machine; `alone`: Python without any package."""
    command = [sys.executable, "-I", "-S"] if alone else [sys.executable, "-m", "trialwright.cli"]
    return subprocess.run([*command, *map(str, words)], capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def archive(say: Say, study: Path, rehearsed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("archive") / "away"
    said = say("archive", rehearsed / "trial.db", "--study", study, "--out", out)
    assert said.code == 0, said.err
    return out


@pytest.mark.req("INV-01", "REC-02")
def test_it_holds_record_data_documents_and_programs_and_says_how_to_read_them(archive: Path) -> None:
    for name in ("README.txt", "MANIFEST.txt", "verify.py", "record/ledger.jsonl", "record/trail.csv", "record/dictionary.csv", "record/checkpoint.txt",
                 "record/odm.xml", "data/odm/history-1.3.2.xml", "data/fhir/bundle.json", "data/ctgov/protocol.xml", "data/ars/reporting-event.json",
                 "data/sdtm/define.xml", "data/sdtm/dm.xpt", "data/adam/adsl.json", "data/trace/sdtm/dm.csv", "documents/report.html",
                 "documents/report-zh.pdf", "study/knee_pain/protocol.py"):  # fmt: skip
        assert (archive / name).is_file(), name
    assert len(list((archive / "documents").glob("casebook-*.pdf"))) >= 4
    assert "python3 verify.py" in (archive / "README.txt").read_text(encoding="utf-8")


def test_python_alone_verifies_it(archive: Path) -> None:
    done = run(archive / "verify.py", alone=True)
    assert done.returncode == 0 and "The archive is whole and unchanged." in done.stdout, done.stdout + done.stderr


@pytest.mark.parametrize("change", ["a file", "a value", "a body", "the tail", "the checkpoint", "one more file"])
def test_whatever_was_changed_is_found(archive: Path, tmp_path: Path, change: str) -> None:
    """Also by somebody who writes the manifest anew afterwards, but for a file that nothing else vouches for."""
    copy = tmp_path / "copy"
    shutil.copytree(archive, copy)
    record = copy / "record" / "ledger.jsonl"
    lines = record.read_bytes().splitlines(keepends=True)
    if change == "a file":
        (copy / "data" / "sdtm" / "dm.xpt").write_bytes(b"")
    elif change == "a value":
        place = next(number for number, line in enumerate(lines) if b'"secret":"{' in line)
        record.write_bytes(b"".join([*lines[:place], lines[place].replace(b'"secret":"{', b'"secret":"{ '), *lines[place + 1 :]]))
    elif change == "a body":
        record.write_bytes(record.read_bytes().replace(b"Screened", b"Enrolled", 1))
    elif change == "the tail":
        record.write_bytes(b"".join([*lines[:-3], lines[-1]]))
    elif change == "the checkpoint":
        note = copy / "record" / "checkpoint.txt"
        note.write_text(note.read_text(encoding="utf-8").replace("trialwright/", "trialwrong/"), encoding="utf-8")
    else:
        (copy / "data" / "more.csv").write_bytes(b"1")
    done = run(copy / "verify.py", alone=True)
    assert done.returncode == 1 and "WRONG: " in done.stdout
    if change not in ("a file", "one more file"):
        from trialwright.report.archive import digests

        (copy / "MANIFEST.txt").write_text("".join(f"{digest}  {name}\n" for name, digest in digests(copy).items()), encoding="utf-8")
        assert run(copy / "verify.py", alone=True).returncode == 1


@pytest.mark.req("LCK-05", "REC-05")
def test_it_comes_back_identical_and_everything_is_written_anew_to_the_byte(archive: Path, tmp_path: Path) -> None:
    done = run("rebuild", archive, "--out", tmp_path / "again")
    count = len((archive / "MANIFEST.txt").read_text(encoding="utf-8").splitlines())
    assert done.returncode == 0 and f"{count} of {count} files are the same to the byte" in done.stdout, done.stdout + done.stderr
    checked = run("verify", tmp_path / "again" / "trial.db", "--against", archive / "record" / "checkpoint.txt")
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_nothing_is_overwritten_and_what_is_no_archive_is_refused(say: Say, study: Path, rehearsed: Path, archive: Path, tmp_path: Path) -> None:
    said = say("archive", rehearsed / "trial.db", "--study", study, "--out", archive)
    assert said.code == 1 and "is there already" in said.err
    said = say("rebuild", tmp_path, "--out", tmp_path / "again")
    assert said.code == 1 and "is no archive" in said.err
    copy = tmp_path / "copy"
    shutil.copytree(archive, copy)
    (copy / "README.txt").write_text("changed", encoding="utf-8")
    said = say("rebuild", copy, "--out", tmp_path / "again")
    assert said.code == 1 and "README.txt: it was changed" in said.err and not (tmp_path / "again").exists()
