"""The files beside pages on the disk: kept under their digest before anything is told, and looked at by the verifier."""

import hashlib

import pytest

from trialwright.protocol import Audience
from trialwright.record import Answer, Attach, OpenStudy
from trialwright.store import Attachments, StoreError, attachments_path, create, examine, open_trial
from trialwright.testing import START, actor, enrolled, seeded, tiny_study

pytestmark = [pytest.mark.spec, pytest.mark.req("AUD-01")]
STUDY = tiny_study()
SCAN = b"%PDF-1.7\n" + bytes(range(256)) * 40


@pytest.fixture
def trial(tmp_path):
    """A trial file with one file beside a page."""
    path = tmp_path / "trial.db"
    kept = create(path, STUDY, seeded(1))
    kept.gate.do(actor(Audience.INVESTIGATOR), OpenStudy(), START)
    enrolled(kept.gate, "S1")
    coordinator = actor(Audience.COORDINATOR)
    kept.gate.do(coordinator, Answer(subject="S1", visit="BASE", form="BLOOD", entries={"IGG": "9"}), START)
    sha256 = Attachments(attachments_path(path)).keep(SCAN)
    kept.gate.do(coordinator, Attach(subject="S1", visit="BASE", form="BLOOD", name="sheet.pdf", media="application/pdf", size=len(SCAN), sha256=sha256), START)
    kept.close()
    return path


def place(path):
    return Attachments(attachments_path(path)).path(hashlib.sha256(SCAN).hexdigest())


def test_a_trial_with_its_files_verifies_and_its_lines_tell_no_name(trial) -> None:
    assert examine(trial) == []
    assert place(trial).read_bytes() == SCAN
    assert b"sheet.pdf" not in b"".join(body for body in lines(trial)), "the name enters the chain only as a salted commitment"


def lines(path):
    from trialwright.store.opening import opened

    keeper = opened(path, writes=False)
    rows, _ = keeper.read(examined=False)
    keeper.close()
    return [body for _, _, body, _ in rows.lines]


@pytest.mark.parametrize("harm", [
    lambda file: file.unlink(),
    lambda file: file.write_bytes(b""),
    lambda file: file.write_bytes(SCAN + b"\n"),
    lambda file: file.write_bytes(SCAN[:-1] + b"\x00"),
    lambda file: (file.unlink(), file.mkdir()),
], ids=["missing", "empty", "longer", "one byte", "a folder"])  # fmt: skip
def test_the_verifier_names_the_file_that_is_missing_or_changed(trial, harm) -> None:
    harm(place(trial))
    (fault,) = examine(trial)
    assert str(place(trial)) in str(fault) and " line " in fault.where
    with pytest.raises(StoreError, match="Restore it from a backup"):
        Attachments(attachments_path(trial)).read(hashlib.sha256(SCAN).hexdigest(), len(SCAN))
    open_trial(trial, STUDY).close()  # the record itself is whole, and work goes on


def test_every_single_changed_byte_is_found(trial) -> None:
    kept, sha256 = Attachments(attachments_path(trial)), hashlib.sha256(SCAN).hexdigest()
    for at in range(0, len(SCAN), 97):
        place(trial).write_bytes(SCAN[:at] + bytes([SCAN[at] ^ 1]) + SCAN[at + 1 :])
        assert kept.fault(sha256, len(SCAN)) is not None, at


def test_what_is_kept_stays_and_what_was_harmed_is_mended_by_keeping_it_again(tmp_path) -> None:
    kept = Attachments(tmp_path / "files")
    sha256 = kept.keep(SCAN)
    before = kept.path(sha256).stat()
    assert kept.keep(SCAN) == sha256 and kept.path(sha256).stat().st_ino == before.st_ino
    kept.path(sha256).write_bytes(b"harmed")
    assert kept.keep(SCAN) == sha256 and kept.read(sha256, len(SCAN)) == SCAN
    assert [one.name for one in kept.path(sha256).parent.iterdir()] == [sha256], "nothing half-written is left"


def test_a_place_that_takes_nothing_says_so_and_leaves_nothing(tmp_path, monkeypatch) -> None:
    from trialwright.store import attachments

    kept = Attachments(tmp_path / "files")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(attachments.os, "fsync", full)
    with pytest.raises(StoreError, match=r"Nothing was saved: .*No space left"):
        kept.keep(SCAN)
    assert [one for one in kept.folder.rglob("*") if one.is_file()] == []
