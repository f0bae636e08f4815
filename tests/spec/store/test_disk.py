"""Where a trial of real people may lie, and with which settings it is written there."""

from contextlib import closing
from pathlib import Path

import pytest

from trialwright.store import StoreError, create, discard, open_trial
from trialwright.store import disk as room
from trialwright.store import sqlite as files
from trialwright.store.opening import opened
from trialwright.testing import tiny_study

pytestmark = [pytest.mark.spec, pytest.mark.req("BCK-06")]
STUDY = tiny_study()
MOUNTS = """22 1 8:1 / / rw - ext4 /dev/root rw
23 22 0:5 / /srv rw - nfs4 server:/srv rw
24 23 0:6 / /srv/fast rw - xfs /dev/sdb rw
25 22 0:7 / /mnt/a\\040share rw - cifs //server/share rw
26 22 0:8 / /mnt/c rw - 9p drvfs rw
27 22 0:9 / /home/kid/remote rw - fuse.sshfs kid@host: rw
"""


@pytest.mark.parametrize(("path", "why"), [
    ("/trial.db", ""), ("/srv/trial.db", "network disk (nfs4)"), ("/srv/fast/deep/trial.db", ""), ("/srvx/trial.db", ""),
    ("/mnt/a share/trial.db", "network disk (cifs)"), ("/mnt/c/trial.db", "network disk (9p)"), ("/home/kid/remote/x/trial.db", "fuse.sshfs"),
    ("/home/kid/OneDrive - Hospital/trial.db", "carried to other machines"), ("/home/kid/Dropbox/trial.db", "carried"), ("/data/坚果云/trial.db", "carried"),
    ("/home/kid/dropped/Dropbox.db", ""),
])  # fmt: skip
def test_a_network_disk_and_a_carried_folder_are_known(tmp_path, path, why):
    (tmp_path / "mounts").write_text(MOUNTS)
    told = room.unsafe(Path(path), tmp_path / "mounts")
    assert why in told and bool(told) is bool(why)


def test_a_system_that_does_not_tell_is_no_reason_against_it(tmp_path):
    assert room.unsafe(tmp_path / "trial.db", tmp_path / "nothing") == ""
    (tmp_path / "mounts").write_text("nonsense\n\n")
    assert room.unsafe(tmp_path / "trial.db", tmp_path / "mounts") == ""


def test_real_people_are_refused_there_virtual_ones_and_readers_are_not(tmp_path, monkeypatch):
    place = tmp_path / "Dropbox" / "trial.db"
    with pytest.raises(StoreError, match="carried to other machines"):
        create(place, STUDY)
    assert not place.exists() and not place.with_suffix(".key").exists()
    create(place, STUDY, virtual=True).close()
    open_trial(place, STUDY).close()
    discard(place)
    monkeypatch.setattr(room, "unsafe", lambda path: "")
    create(place, STUDY).close()
    monkeypatch.undo()
    with pytest.raises(StoreError, match="carried to other machines"):
        open_trial(place, STUDY)
    open_trial(place, STUDY, writes=False).close()


@pytest.mark.parametrize(("safe", "journal", "synchronous"), [(True, "wal", 2), (False, "persist", 3)])
def test_every_writer_has_the_settings_that_survive_a_power_cut(tmp_path, monkeypatch, safe, journal, synchronous):
    """Whoever made the file, and whichever engine opens it next: only one of these settings is remembered in the file."""
    for maker in (True, False):
        path = tmp_path / f"{maker}.db"
        monkeypatch.setattr(files, "wal_is_safe", lambda maker=maker: maker)
        create(path, STUDY).close()
        monkeypatch.setattr(files, "wal_is_safe", lambda: safe)
        for _ in range(2):
            with closing(opened(path, writes=True)) as keeper:
                found = {name: keeper.connection.execute(f"PRAGMA {name}").fetchone()[0] for name in (
                    "journal_mode", "synchronous", "mmap_size", "foreign_keys", "recursive_triggers", "trusted_schema", "cell_size_check", "busy_timeout")}
            assert found == {"journal_mode": journal, "synchronous": synchronous, "mmap_size": 0, "foreign_keys": 1, "recursive_triggers": 1,
                             "trusted_schema": 0, "cell_size_check": 1, "busy_timeout": 20000}  # fmt: skip
