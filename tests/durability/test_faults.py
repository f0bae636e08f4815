"""A disk that is full, broken or read-only for a while: said in words, nothing half-written, and the same program goes on when it is well again."""

import os
import random
import resource
import shutil
import signal
from contextlib import closing, suppress

import pytest

from tests.durability.life import STUDY, begun, damage, kept_in, tried
from tests.durability.simulated import FAULTS, LAYER, Connection, Content, Disk
from tests.release_gate import Shown, deep
from trialwright.store import key_path, open_trial
from trialwright.store import sqlite as room

pytestmark = [pytest.mark.property, pytest.mark.req("BCK-06", "DAT-07")]
RUNS = deep(500)


@pytest.fixture(scope="module")
def begin(tmp_path_factory):
    path = tmp_path_factory.mktemp("begin") / "trial.db"
    begun(path).close()
    return path


def ailing(begin, folder, seed, safe=True):
    """One life with a fault in it, and a power cut at its end: saves acknowledged, refused, lost; and what the verifier finds."""
    chance = random.Random(seed)
    path, after = folder / "trial.db", folder / "after"
    shutil.rmtree(folder, ignore_errors=True)
    after.mkdir(parents=True)
    content, acknowledged, said = bytearray(begin.read_bytes()), [], []
    disk = LAYER.disk = Disk(chance, files={str(path): Content(content, bytearray(content))})
    path.touch()
    shutil.copy(key_path(begin), key_path(path))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(room, "_connect", Connection)
        patch.setattr(room, "wal_is_safe", lambda: safe)
        patch.setenv("TRIALWRIGHT_HOME", str(folder / "home"))
        kept = open_trial(path, STUDY, examined=False)
        if chance.random() < 0.7:
            kept.watch.keeper.connection.execute(f"PRAGMA wal_autocheckpoint={chance.choice((1, 3, 10))}")
        disk.fault = (chance.choice(list(FAULTS)), disk.operations + chance.randrange(1, 60), chance.choice((1, 2, 5, 30)))
        turn = 0
        while disk.operations < disk.fault[1] + disk.fault[2] and turn < 200:
            turn += 1
            refused = tried(kept, acknowledged, turn)
            said += [refused] if refused else []
        again = [tried(kept, acknowledged, turn) for turn in range(1000, 1005)]
        unseen = any("nobody can see" in one for one in said) and all("Open it again" in one for one in again)
        assert unseen or again == [""] * 5, "it goes on when the disk is well again, unless it must be looked at first"
        disk.dead = True
        with suppress(room.sqlite.Error):
            kept.close()
    for name, found in disk.after_power_cut().items():
        (after / name.rpartition("/")[2]).write_bytes(found)
    shutil.copy(key_path(begin), key_path(after / "trial.db"))
    faults = damage(after / "trial.db")
    return len(acknowledged), said, set(acknowledged) - kept_in(after / "trial.db"), faults


@pytest.mark.parametrize("safe", [True, False], ids=["WAL", "PERSIST"])
def test_a_fault_of_the_disk_is_said_and_survived(begin, tmp_path, safe):
    refused = 0
    for seed in range(10):
        _, said, lost, faults = ailing(begin, tmp_path / "life", seed, safe)
        assert (lost, faults) == (set(), []), seed
        assert all(("Nothing was saved: " in one and "Check the disk" in one) or "nobody can see" in one for one in said), said
        refused += len(said)
    assert refused >= 3, "the faults were felt"


@pytest.mark.nightly
@pytest.mark.parametrize("safe", [True, False], ids=["WAL", "PERSIST"])
def test_many_faults(begin, tmp_path, shown: Shown, safe):
    told = [ailing(begin, tmp_path / "life", seed, safe) for seed in range(3_000_000, 3_000_000 + RUNS)]
    shown("R5", "WAL" if safe else "PERSIST", lives=RUNS, saves_acknowledged=sum(one[0] for one in told), refused_in_words=sum(len(one[1]) for one in told),
          lost=sum(len(one[2]) for one in told), damaged=sum(bool(one[3]) for one in told), seeds_from=3_000_000)  # fmt: skip
    assert not any(lost or faults for _, _, lost, faults in told)


def limited(path, seed):
    """In a process of its own, on the real disk: files may not grow further; then they may again. Tells what it acknowledged."""
    chance, acknowledged, refused = random.Random(seed), [], 0
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    with closing(open_trial(path, STUDY, examined=False)) as kept:
        resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + chance.randrange(0, 200_000), resource.RLIM_INFINITY))
        for turn in range(200):
            refused += bool(tried(kept, acknowledged, turn))
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        for turn in range(1000, 1005):
            assert tried(kept, acknowledged, turn) == ""
    return acknowledged, refused


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.nightly), pytest.param(3, marks=pytest.mark.nightly)])
def test_a_real_file_that_may_not_grow(begin, tmp_path, seed):
    path = tmp_path / "trial.db"
    shutil.copy(begin, path)
    shutil.copy(key_path(begin), key_path(path))
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            acknowledged, refused = limited(path, seed)
            os.write(writing, "\n".join([str(refused), *acknowledged]).encode())
            status = 0
        finally:
            os._exit(status)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        refused, *acknowledged = pipe.read().split()
    assert os.waitpid(child, 0)[1] == 0
    assert int(refused) > 0
    assert damage(path) == []
    assert set(acknowledged) <= kept_in(path)
