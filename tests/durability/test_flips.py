"""One bit flips, anywhere in the file, its write-ahead log or a backup: whatever changes what the trial says is found."""

import random
import shutil
from contextlib import closing
from pathlib import Path

import pytest

from tests.durability.life import STUDY, begun, damage, kept_in, saves
from tests.release_gate import Shown, deep
from trialwright.store import StoreError, backup, current_checkpoint, examine, key_path, open_trial, restore
from trialwright.store.engine import sqlite
from trialwright.testing import START

pytestmark = [pytest.mark.property, pytest.mark.req("SEC-02", "REC-04", "BCK-03")]
FLIPS = deep(1000)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A trial with some life in it: closed; and a copy as it lay on the disk while it was open, with its write-ahead log."""
    folder = tmp_path_factory.mktemp("whole")
    path, torn = folder / "trial.db", folder / "open"
    begun(path).close()
    torn.mkdir()
    with closing(open_trial(path, STUDY)) as kept:
        for number, _ in zip(range(60), saves(kept), strict=False):
            if number == 30:
                kept.watch.keeper.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        for name in ("trial.db", "trial.db-wal", "trial.key"):
            shutil.copy(folder / name, torn / name)
    assert (torn / "trial.db-wal").stat().st_size > 20_000
    return path, torn / "trial.db", current_checkpoint(path)


def content(path: Path) -> object:
    """All that a program can read from a file: every row of every table, and the tables and guards themselves."""
    try:
        with closing(sqlite.connect(f"{path.resolve().as_uri()}?mode=rw", uri=True)) as connection:
            connection.execute("PRAGMA query_only=ON")
            found = [connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY name").fetchall()]
            return found + [connection.execute(f"SELECT * FROM {table} ORDER BY 1, 2").fetchall() for table in ("about", "line", "secret")]
    except sqlite.DatabaseError:
        return None


def flipped(file: Path, chance: random.Random) -> tuple[int, int]:
    """Flips one bit of a file; where."""
    data = bytearray(file.read_bytes())
    place, bit = chance.randrange(len(data)), chance.randrange(8)
    data[place] ^= 1 << bit
    file.write_bytes(data)
    return place, bit


def flips(source: Path, flipping: str, folder: Path, seeds: range, against: str | None = None) -> tuple[int, int, list[int]]:
    """Flips that changed the content, flips that were found, and the seeds of those that changed the content and were not."""
    before, changed, found, missed = content(_copied(source, folder)), 0, 0, []
    assert before is not None
    for seed in seeds:
        path = _copied(source, folder)
        flipped(folder / flipping, random.Random(seed))
        shutil.copytree(folder, folder / "reader")  # who reads a log may mend the file: the verifier gets its own copy
        other = content(folder / "reader" / path.name) != before
        noticed = bool(examine(path, against=against))
        changed, found = changed + other, found + noticed
        if other and not noticed:
            missed.append(seed)
    return changed, found, missed


def _copied(source: Path, folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(source.parent, folder, ignore=shutil.ignore_patterns("open", "home"))
    return folder / source.name


def test_a_flip_in_the_file_is_found(whole, tmp_path):
    changed, _, missed = flips(whole[0], "trial.db", tmp_path / "f", range(30))
    assert missed == [] and changed > 12


def test_a_flip_in_the_log_of_an_open_file_is_found_against_a_checkpoint(whole, tmp_path):
    """SQLite drops a log from its first damaged frame on: what is lost is a clean tail, and that only a checkpoint shows."""
    changed, _, missed = flips(whole[1], "trial.db-wal", tmp_path / "f", range(12), against=whole[2])
    assert missed == [] and changed > 3


@pytest.mark.nightly
@pytest.mark.parametrize("which", ["file", "log"])
def test_many_flips(whole, tmp_path, shown: Shown, which):
    source, name, against = (whole[0], "trial.db", None) if which == "file" else (whole[1], "trial.db-wal", whole[2])
    changed, found, missed = flips(source, name, tmp_path / "f", range(4_000_000, 4_000_000 + FLIPS), against=against)
    shown("R6", which, flips=FLIPS, changed_the_content=changed, found=found, missed=len(missed), seeds_from=4_000_000)
    assert missed == []


@pytest.mark.nightly
def test_many_flips_of_a_backup(whole, tmp_path, shown: Shown):
    file = Path(backup(whole[0], tmp_path / "copies", START).file)
    data, refused, same = file.read_bytes(), 0, 0
    for seed in range(5_000_000, 5_000_000 + FLIPS):
        file.write_bytes(data)
        flipped(file, random.Random(seed))
        there = tmp_path / "there" / "trial.db"
        shutil.rmtree(there.parent, ignore_errors=True)
        try:
            restore(file, there, START, "test")
        except StoreError:
            refused += 1
            assert not there.exists()
        else:
            same += 1
            assert kept_in(there) == kept_in(whole[0])
            assert damage(there) == []
    shown("R6", "backup", flips=FLIPS, refused=refused, came_back_with_the_same_content=same, seeds_from=5_000_000)


def test_no_false_alarm(whole, tmp_path):
    assert examine(whole[0], against=whole[2]) == []
    assert examine(_copied(whole[1], tmp_path / "f"), against=whole[2]) == []
    assert key_path(whole[0]).is_file()
