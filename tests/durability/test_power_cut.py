"""The power goes at any moment: what was acknowledged is there, and the trial verifies. With weaker settings it is not, and that shows."""

import random
import shutil
from pathlib import Path

import pytest

from tests.durability.life import STUDY, begun, damage, kept_in, saves
from tests.durability.simulated import LAYER, Connection, Content, Disk
from tests.release_gate import Shown, deep
from trialwright.store import StoreError, key_path, open_trial
from trialwright.store import sqlite as room

pytestmark = [pytest.mark.property, pytest.mark.req("BCK-06", "DAT-07")]
RUNS = deep(5000)


@pytest.fixture(scope="module")
def begin(tmp_path_factory):
    """A trial that was closed properly: file, key and the names of its entries."""
    path = tmp_path_factory.mktemp("begin") / "trial.db"
    begun(path).close()
    return path


def cut(begin: Path, folder: Path, seed: int, *, control: str = "", safe: bool = True) -> tuple[int, int, list[str]]:
    """One life and its end: how many saves were acknowledged, how many of them are lost, and what the verifier finds."""
    chance = random.Random(seed)
    path, after = folder / "trial.db", folder / "after"
    shutil.rmtree(folder, ignore_errors=True)
    after.mkdir(parents=True)
    content, acknowledged = bytearray(begin.read_bytes()), []
    disk = LAYER.disk = Disk(chance, files={str(path): Content(content, bytearray(content))})
    path.touch()
    shutil.copy(key_path(begin), key_path(path))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(room, "_connect", lambda place: Connection(place, control=control))
        patch.setattr(room, "wal_is_safe", lambda: safe)
        patch.setenv("TRIALWRIGHT_HOME", str(folder / "home"))
        kept = open_trial(path, STUDY, examined=False)
        disk.dies_at = disk.operations + chance.randrange(1, 150)
        if chance.random() < 0.7:  # checkpoints in the middle of it, not only after a thousand pages
            kept.watch.keeper.connection.execute(f"PRAGMA wal_autocheckpoint={chance.choice((1, 3, 10, 40))}")
        try:
            for done in saves(kept, chance.randrange(1000)):
                acknowledged += done
        except StoreError:
            assert disk.dead
        try:
            kept.close()
        except room.sqlite.Error:
            assert disk.dead
    for name, found in disk.after_power_cut().items():
        (after / Path(name).name).write_bytes(found)
    shutil.copy(key_path(begin), key_path(after / "trial.db"))
    faults = damage(after / "trial.db")
    return len(acknowledged), len(set(acknowledged) - kept_in(after / "trial.db")) if not faults else 0, faults


def lives(begin: Path, tmp_path: Path, seeds: range, **more) -> tuple[int, int, list[int]]:
    """Saves acknowledged, saves lost, and the seeds of the lives in which something was lost or damaged."""
    told = {seed: cut(begin, tmp_path / "life", seed, **more) for seed in seeds}
    return sum(one[0] for one in told.values()), sum(one[1] for one in told.values()), [seed for seed, one in told.items() if one[1] or one[2]]


@pytest.mark.parametrize("safe", [True, False], ids=["WAL, FULL", "PERSIST, EXTRA"])
def test_nothing_acknowledged_is_lost_and_nothing_is_damaged(begin, tmp_path, safe):
    acknowledged, lost, bad = lives(begin, tmp_path, range(15), safe=safe)
    assert (lost, bad) == (0, [])
    assert acknowledged > 60


def test_the_simulation_can_lose_something(begin, tmp_path):
    """The control: with `synchronous=NORMAL`, which is what is usually advised, saves are lost. So the others are tested by something."""
    _, lost, bad = lives(begin, tmp_path, range(8), control="PRAGMA synchronous=NORMAL")
    assert lost > 0 and bad


@pytest.mark.nightly
@pytest.mark.parametrize("safe", [True, False], ids=["WAL, FULL", "PERSIST, EXTRA"])
def test_many_lives(begin, tmp_path, shown: Shown, safe):
    acknowledged, lost, bad = lives(begin, tmp_path, range(1_000_000, 1_000_000 + RUNS), safe=safe)
    shown("R4", "WAL, FULL" if safe else "PERSIST, EXTRA", power_cuts=RUNS, saves_acknowledged=acknowledged, lost=lost, damaged=len(bad),
          seeds_from=1_000_000)  # fmt: skip
    assert (lost, bad) == (0, [])


@pytest.mark.nightly
def test_many_lives_of_the_control(begin, tmp_path, shown: Shown):
    acknowledged, lost, bad = lives(begin, tmp_path, range(2_000_000, 2_000_000 + RUNS // 5), control="PRAGMA synchronous=NORMAL")
    shown("R4", "the control, WAL with NORMAL, must lose", power_cuts=RUNS // 5, saves_acknowledged=acknowledged, lost=lost, lost_in=len(bad),
          seeds_from=2_000_000)  # fmt: skip
    assert lost > 0
