"""The drill: while somebody saves without a pause, a copy is made, locked, put back elsewhere, and held against what was there."""

import threading
import time
from pathlib import Path

import pytest

from tests.durability.life import STUDY, begun, damage, kept_in, saves
from tests.release_gate import Shown, deep
from trialwright.store import address, backup, backup_key, current_checkpoint, examine, open_trial, prepare, restore
from trialwright.testing import later

pytestmark = [pytest.mark.property, pytest.mark.req("BCK-01", "BCK-03")]
DRILLS = deep(50)


@pytest.mark.nightly
@pytest.mark.parametrize("where", ["file", "database"])
def test_many_drills(tmp_path, request, shown: Shown, where):
    at = tmp_path / "trial.db"
    if where == "database":
        running = request.getfixturevalue("postgres")
        prepare(address(running.url("owner", "drilled")), "app")
        at = address(running.url("app", "drilled"))
    begun(at).close()
    identity = tmp_path / "custodian.key"
    public, acknowledged, stop, took = backup_key(identity, later(0)), [], threading.Event(), []
    kept = open_trial(at, STUDY)

    def write():
        for done in saves(kept):
            acknowledged.extend(done)
            if stop.wait(0.01):
                return

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for number in range(DRILLS):
            before, there = list(acknowledged), tmp_path / f"{number}" / "trial.db"
            file = Path(backup(at, tmp_path / "copies", later(number), [public]).file)
            begin = time.monotonic()
            copy = restore(file, there, later(number), "drill", identity)
            took.append(time.monotonic() - begin)
            assert damage(there) == []
            assert set(before) <= kept_in(there)
            assert len(kept_in(there)) == copy.lines
    finally:
        stop.set()
        writer.join()
        kept.close()
    assert examine(at, against=current_checkpoint(there)) == [], "the whole goes on from the copy"
    shown("R8", f"trial in a {where}", drills=DRILLS, saves_meanwhile=len(acknowledged), longest_restore=f"{max(took):.2f} s")
