"""A backup is a copy that was read back; it comes back as it was, wherever the trial was kept and wherever it goes."""

import random
import shutil
import threading
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyrage
import pytest

from trialwright.protocol import Audience
from trialwright.record import Answer, OpenStudy, Screen
from trialwright.store import (
    Known,
    StoreError,
    backup,
    backup_key,
    create,
    current_checkpoint,
    examine,
    key_path,
    open_trial,
    restore,
)
from trialwright.store.address import accounts_path
from trialwright.store.copying import superseded
from trialwright.store.engine import sqlite
from trialwright.store.opening import opened
from trialwright.testing import START, actor, enrolled, tiny_study

pytestmark = pytest.mark.spec
STUDY = tiny_study()
NOW = START + timedelta(days=100)


def begun(at, subjects=2):
    with closing(create(at, STUDY)) as kept:
        kept.gate.do(actor(Audience.INVESTIGATOR), OpenStudy(), START)
        for number in range(subjects):
            enrolled(kept.gate, f"S{number}")
            kept.gate.do(actor(Audience.EVALUATOR), Answer(subject=f"S{number}", visit="BASE", form="SCORE", entries={"SITE1": "2"}), START)
    return at


def rows(at):
    with closing(opened(at, writes=False)) as keeper:
        return keeper.read(examined=False)[0]


@pytest.fixture
def at(place):
    """A small trial with accounts and an attachment beside it."""
    at = begun(place())
    accounts = accounts_path(at)
    with closing(sqlite.connect(str(accounts))) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE person (name TEXT)")
        connection.execute("INSERT INTO person VALUES ('nurse1')")
        connection.commit()
    accounts.with_suffix(".key").write_text("session key")
    (accounts.parent / "attachments" / "S0").mkdir(parents=True)
    (accounts.parent / "attachments" / "S0" / "scan ß.pdf").write_bytes(b"%PDF scan")
    return at


@pytest.fixture
def recipient(tmp_path):
    """A key file and its public key."""
    return tmp_path / "custodian.key", backup_key(tmp_path / "custodian.key", NOW)


@pytest.mark.req("BCK-01", "BCK-03")
def test_a_locked_backup_comes_back_whole_keys_accounts_and_attachments(at, recipient, tmp_path):
    identity, public = recipient
    done = backup(at, tmp_path / "copies", NOW, [public])
    assert (done.encrypted, done.lines) == (True, 11)
    there = tmp_path / "new" / "trial.db"
    copy = restore(Path(done.file), there, NOW, "it", identity)
    assert (copy.made, copy.lines) == (NOW, 11)
    assert rows(there) == rows(at)
    assert current_checkpoint(there) == current_checkpoint(at)
    assert examine(there, against=current_checkpoint(at)) == []
    with closing(sqlite.connect(str(accounts_path(there)))) as connection:
        assert connection.execute("SELECT name FROM person").fetchall() == [("nurse1",)]
    assert accounts_path(there).with_suffix(".key").read_text() == "session key"
    assert (there.parent / "attachments" / "S0" / "scan ß.pdf").read_bytes() == b"%PDF scan"
    assert all(path.stat().st_mode & 0o077 == 0 for path in there.parent.rglob("*") if path.is_file())


@pytest.mark.req("BCK-01", "BLD-03", "PRV-01")
def test_what_leaves_the_building_shows_nothing_and_what_stays_holds_no_key(at, recipient, tmp_path):
    key, session = key_path(at).read_bytes(), b"session key"
    locked = Path(backup(at, tmp_path / "off", NOW, [recipient[1]]).file).read_bytes()
    clear = Path(backup(at, tmp_path / "here", NOW).file)
    assert not any(word in locked for word in (key, session, b"SITE1", b"EVALUATOR", b"README", b"trial.jsonl"))
    folder = tmp_path / "open"
    shutil.unpack_archive(clear, folder, "gztar", filter="data")
    assert {path.name for path in folder.iterdir()} == {"README.txt", "trial.jsonl", "manifest.json", "accounts.db", "attachments"}
    assert not any(key.strip() in path.read_bytes() or session in path.read_bytes() for path in folder.rglob("*") if path.is_file())
    restore(clear, tmp_path / "new" / "again.db", NOW, "it")
    assert not key_path(tmp_path / "new" / "again.db").exists()


@pytest.mark.req("BCK-03", "REC-07")
def test_it_comes_back_wherever_it_is_wanted(at, place, tmp_path):
    file = Path(backup(at, tmp_path / "copies", NOW).file)
    shutil.rmtree(accounts_path(at).parent) if not isinstance(at, Path) else [path.unlink() for path in tmp_path.glob("accounts.*")]
    shutil.rmtree(tmp_path / "attachments", ignore_errors=True)
    there = place()
    restore(file, there, NOW, "it")
    assert rows(there) == rows(at)


@pytest.mark.req("BCK-01")
def test_under_load_it_opens_clean_at_a_committed_boundary(place, tmp_path):
    """What was acknowledged before the copy began is in it; what it holds is a beginning of what was written."""
    at = begun(place())
    kept, told, stop = open_trial(at, STUDY), [], threading.Event()

    def write():
        while not stop.is_set():
            told.extend(kept.gate.do(actor(Audience.COORDINATOR), Screen(site="01"), START))

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for turn in range(3):
            before = len(told)
            done = backup(at, tmp_path / "copies", NOW + timedelta(seconds=turn))
            restore(Path(done.file), tmp_path / f"{turn}.db", NOW, "it")
            with closing(open_trial(tmp_path / f"{turn}.db", STUDY, writes=False)) as copy:
                known = {entry.ref for entry in copy.gate.casebook(Audience.CUSTODIAN).everything}
            assert {entry.ref for entry in told[:before]} <= known
            assert len(known) == done.lines
    finally:
        stop.set()
        writer.join()
        kept.close()
    whole, part = rows(at), rows(tmp_path / "2.db")
    assert [line for line in whole.lines if line in set(part.lines)] == list(part.lines)


@pytest.mark.req("BCK-03", "REC-06")
def test_it_never_comes_back_over_anything(at, tmp_path):
    file = Path(backup(at, tmp_path / "copies", NOW).file)
    before = rows(at)
    for there, said in ((at, "there already|exists already|holds a trial already"), (tmp_path / "trial.db", "there already")):
        accounts_path(tmp_path / "trial.db").touch()
        with pytest.raises(StoreError, match=said):
            restore(file, there, NOW, "it")
    assert rows(at) == before
    assert not (tmp_path / "trial.db").exists()


@pytest.mark.req("BCK-02")
def test_a_damaged_trial_gives_no_backup_and_the_failure_is_remembered(tmp_path):
    at = begun(tmp_path / "trial.db")
    known = Known(rows(at).about["origin"])
    good = backup(at, tmp_path / "copies", NOW)
    assert (known.backed(), known.failure()) == (good, None)
    with closing(sqlite.connect(str(at), isolation_level=None)) as connection:
        connection.execute("DROP TRIGGER line_update")
    with pytest.raises(StoreError, match="No backup was made of it"):
        backup(at, tmp_path / "copies", NOW + timedelta(hours=1))
    assert [path.name for path in (tmp_path / "copies").iterdir()] == [Path(good.file).name]
    assert known.backed() == good
    assert "does not verify" in known.failure().failed


@pytest.mark.req("BCK-02")
def test_a_copy_that_is_not_what_was_written_does_not_count(tmp_path, monkeypatch):
    """A disk that lies, of either kind of copy: the copy is thrown away and the failure told."""
    at = begun(tmp_path / "trial.db")
    real = Path.open

    def lying(self, mode="r", *arguments, **more):
        if mode == "rb" and self.suffix == ".part":
            with real(self, "rb") as file:
                content = bytearray(file.read())
            content[len(content) // 2] ^= 1
            with real(self, "wb") as file:
                file.write(content)
        return real(self, mode, *arguments, **more)

    monkeypatch.setattr(Path, "open", lying)
    for to in ([], [backup_key(tmp_path / "key", NOW)]):
        with pytest.raises((StoreError, OSError)):
            backup(at, tmp_path / "copies", NOW, to)
    assert list((tmp_path / "copies").iterdir()) == []


@pytest.mark.req("BCK-03")
@pytest.mark.parametrize("locked", [False, True])
def test_any_changed_byte_of_a_backup_is_found(tmp_path, locked):
    at = begun(tmp_path / "trial.db")
    identity = tmp_path / "key"
    file = Path(backup(at, tmp_path / "copies", NOW, [backup_key(identity, NOW)] if locked else []).file)
    content, chance = file.read_bytes(), random.Random(3)
    for number in range(40):
        place = chance.randrange(len(content))
        file.write_bytes(content[:place] + bytes([content[place] ^ 1 << chance.randrange(8)]) + content[place + 1 :])
        there = tmp_path / f"{number}.db"
        try:
            restore(file, there, NOW, "it", identity if locked else None)
        except StoreError:
            assert not there.exists()
        else:
            assert rows(there) == rows(at), "a bit of the packing that says nothing"


@pytest.mark.parametrize("content", [b"", b"nonsense", bytes(range(256)) * 9])
def test_what_is_no_backup_is_called_so(tmp_path, content):
    for name in ("a.tar.gz", "a.tar.gz.age"):
        (tmp_path / name).write_bytes(content)
        backup_key(tmp_path / f"{name}.key", NOW)
        with pytest.raises(StoreError, match=r"no whole backup|cannot be opened"):
            restore(tmp_path / name, tmp_path / "trial.db", NOW, "it", tmp_path / f"{name}.key")
    with pytest.raises(StoreError, match="There is no backup"):
        restore(tmp_path / "elsewhere", tmp_path / "trial.db", NOW, "it")


def test_only_a_recipient_opens_what_is_locked(tmp_path, recipient):
    at = begun(tmp_path / "trial.db")
    file = Path(backup(at, tmp_path / "copies", NOW, [recipient[1]]).file)
    with pytest.raises(StoreError, match="Name the file with the key"):
        restore(file, tmp_path / "new.db", NOW, "it")
    backup_key(tmp_path / "other.key", NOW)
    for identity in (tmp_path / "other.key", file, tmp_path / "nowhere"):
        with pytest.raises(StoreError, match="cannot be opened"):
            restore(file, tmp_path / "new.db", NOW, "it", identity)
    plain = pyrage.decrypt(file.read_bytes(), [pyrage.x25519.Identity.from_str(recipient[0].read_text().splitlines()[-1])])
    assert plain[:2] == b"\x1f\x8b", "any age program opens it with the recipient's key"
    with pytest.raises(StoreError, match="no public key of age"):
        backup(at, tmp_path / "copies", NOW, ["age1nonsense"])
    with pytest.raises(FileExistsError):
        backup_key(tmp_path / "other.key", NOW)


def every_hour(days, every=1):
    begin = datetime(2026, 1, 1, 0, 30, tzinfo=UTC)
    return [(begin + timedelta(hours=hour), Path(f"{hour}")) for hour in range(0, 24 * days, every)]


@pytest.mark.req("BCK-01")
def test_two_days_of_hours_35_days_and_12_months_are_kept():
    """Thinned out four times a day for 400 days, as it happens: never more than needed, and never a gap."""
    found, now = [], None
    for now, path in every_hour(400, every=6):
        found.append((now, path))
        gone = set(superseded(found, now))
        found = [one for one in found if one[1] not in gone]
    assert {at for at, _ in found if now - at <= timedelta(hours=48)} == {now - timedelta(hours=hour) for hour in range(0, 49, 6)}
    days, months = {at.date() for at, _ in found}, {(at.year, at.month) for at, _ in found}
    assert {now.date() - timedelta(days=day) for day in range(35)} <= days
    assert len(months) == 12
    assert len(found) == 9 + 32 + 10, "two days and a bit, the last of each day before, the last of each month before those"


def test_a_clock_that_ran_ahead_costs_no_backup_of_a_day():
    found = [*every_hour(20), (datetime(2040, 1, 1, tzinfo=UTC), Path("future"))]
    kept = {path for _, path in found} - set(superseded(found, datetime(2040, 1, 1, tzinfo=UTC)))
    assert len(kept) == 21


def test_backups_of_other_trials_in_the_same_folder_are_left_alone(tmp_path):
    one, two = begun(tmp_path / "one.db"), begun(tmp_path / "two.db")
    first = Path(backup(two, tmp_path / "copies", NOW).file)
    for hour in range(60, 70):
        backup(one, tmp_path / "copies", NOW + timedelta(hours=hour))
    backup(one, tmp_path / "copies", NOW + timedelta(days=9))
    (tmp_path / "copies" / "TINY-notes-1.tar.gz").touch()
    backup(one, tmp_path / "copies", NOW + timedelta(days=9, hours=1))
    left = {path.name for path in (tmp_path / "copies").iterdir()}
    assert first.name in left and "TINY-notes-1.tar.gz" in left
    assert len(left) == 2 + 2 + 1, "of the first trial: the last two hours, and the last of the day on which there were ten"


@pytest.mark.req("BCK-06")
def test_a_full_disk_gives_no_half_backup(tmp_path, monkeypatch):
    at = begun(tmp_path / "trial.db")
    monkeypatch.setattr("trialwright.store.copying.shutil.copyfileobj", full)
    with pytest.raises(OSError, match="No space left"):
        backup(at, tmp_path / "copies", NOW)
    assert list((tmp_path / "copies").iterdir()) == []
    monkeypatch.undo()
    backup(at, tmp_path / "copies", NOW)


def full(source, target):
    target.write(source.read(1000))
    raise OSError(28, "No space left on device")


@pytest.mark.req("BCK-01")
def test_a_file_that_the_record_names_and_that_is_gone_makes_no_good_backup(tmp_path):
    """Attachments are part of the record: a copy without one of them is not the trial."""
    from trialwright.record import Attach
    from trialwright.store import Attachments, attachments_path

    at = begun(tmp_path / "trial.db")
    kept_files = Attachments(attachments_path(at))
    digest = kept_files.keep(b"%PDF-1.4 a scan")
    with closing(open_trial(at, STUDY)) as kept:
        scan = Attach(subject="S0", visit="BASE", form="BLOOD", name="scan.pdf", media="application/pdf", size=15, sha256=digest)
        kept.gate.do(actor(Audience.COORDINATOR), scan, START)
    file = Path(backup(at, tmp_path / "copies", NOW).file)
    restore(file, tmp_path / "new" / "trial.db", NOW, "it")
    assert Attachments(attachments_path(tmp_path / "new" / "trial.db")).read(digest, 15) == b"%PDF-1.4 a scan"
    kept_files.path(digest).unlink()
    with pytest.raises(StoreError, match="is missing"):
        backup(at, tmp_path / "copies", NOW + timedelta(hours=1))
