"""A trial moves from a file into a database and back, and nothing in it is another byte."""

import shutil
import sqlite3
from contextlib import closing

import pytest

from trialwright.protocol import Audience
from trialwright.record import Answer, OpenStudy
from trialwright.store import StoreError, accounts_path, create, current_checkpoint, examine, key_path, move, open_trial
from trialwright.store.engine import sqlite
from trialwright.store.opening import opened
from trialwright.testing import START, actor, enrolled, seeded, tiny_study

pytestmark = [pytest.mark.spec, pytest.mark.req("REC-07")]
STUDY = tiny_study()


@pytest.fixture
def path(tmp_path):
    with closing(create(tmp_path / "trial.db", STUDY, seeded(1))) as kept:
        kept.gate.do(actor(Audience.INVESTIGATOR), OpenStudy(), START)
        for number in range(3):
            enrolled(kept.gate, f"S{number}")
            kept.gate.do(actor(Audience.EVALUATOR), Answer(subject=f"S{number}", visit="BASE", form="SCORE", entries={"SITE1": "1"}), START)
    return tmp_path / "trial.db"


def rows(at):
    with closing(opened(at, writes=False)) as keeper:
        return keeper.read(examined=False)[0]


def dump(path):
    """The whole content of a file, as SQL."""
    with closing(sqlite3.connect(path)) as connection:
        return list(connection.iterdump())


def test_there_and_back_every_byte_is_the_same(path, place, tmp_path):
    """Facts, lines, salts, heads, key and signed checkpoint; and both ends verify against the checkpoint of the other."""
    there, back = place(), tmp_path / "back" / "again.db"
    before = current_checkpoint(path)
    assert move(path, there) == move(there, back) == 16
    assert rows(path) == rows(there) == rows(back)
    assert dump(path) == dump(back)
    assert key_path(path).read_bytes() == key_path(there).read_bytes() == key_path(back).read_bytes()
    assert before == current_checkpoint(path) == current_checkpoint(there) == current_checkpoint(back)
    assert examine(there, against=before) == examine(back, against=before) == []
    assert (key_path(back).stat().st_mode & 0o077, back.stat().st_mode & 0o077) == (0, 0)


def test_the_trial_goes_on_where_it_came_to(path, place):
    there = place()
    note = current_checkpoint(path)
    move(path, there)
    with closing(open_trial(there, STUDY)) as kept:
        kept.gate.do(actor(Audience.EVALUATOR), Answer(subject="S1", visit="W4", form="SCORE", entries={"SITE1": "2"}), START)
        book = kept.gate.casebook(Audience.CUSTODIAN)
    assert examine(there, against=note) == []
    with closing(open_trial(there, STUDY)) as again:
        assert again.gate.casebook(Audience.CUSTODIAN).subjects == book.subjects


def test_it_never_moves_onto_another_trial(path, place):
    there = place()
    with closing(create(there, STUDY, seeded(2))):
        pass
    before = rows(there)
    with pytest.raises(StoreError, match=r"exists already|key of another trial"):
        move(path, there)
    key_path(there).unlink()
    with pytest.raises(StoreError, match=r"exists already|holds a trial already"):
        move(path, there)
    assert rows(there) == before


def test_it_never_moves_while_somebody_writes(path, place):
    with closing(open_trial(path, STUDY)), pytest.raises(StoreError, match="open in another program"):
        move(path, place())


def test_a_damaged_trial_is_not_moved(path, place, tmp_path):
    with closing(sqlite.connect(str(path), isolation_level=None)) as connection:
        connection.execute("DROP TRIGGER line_update")
    there = place()
    with pytest.raises(StoreError, match="does not verify"):
        move(path, there)
    assert not key_path(there).exists()


def test_a_trial_without_its_key_is_not_moved(path, place, tmp_path):
    shutil.move(key_path(path), tmp_path / "elsewhere.key")
    with pytest.raises(StoreError, match="is missing"):
        move(path, place())


@pytest.mark.req("BCK-06")
def test_a_move_that_cannot_be_finished_leaves_nothing(path, tmp_path, monkeypatch):
    """A disk that fills up in the middle: no half trial is left to be taken for a whole one, and the source is as it was."""
    from trialwright.store import sqlite as room

    before, real, limits = dump(path), room._connect, [3, 8]

    def connect(path):
        connection = real(path)
        if path.name.startswith("new.db"):
            connection.execute(f"PRAGMA max_page_count = {limits.pop()}")
        return connection

    monkeypatch.setattr(room, "_connect", connect)
    with pytest.raises(StoreError, match="full"):
        move(path, tmp_path / "new.db")
    with pytest.raises(StoreError, match="full"):
        create(tmp_path / "new.db", STUDY)
    assert not (tmp_path / "new.db").exists() and not key_path(tmp_path / "new.db").exists()
    assert dump(path) == before


def test_accounts_and_attachments_go_with_it(path, place):
    accounts_path(path).with_suffix(".key").write_text("session key")
    with closing(sqlite.connect(str(accounts_path(path)))) as connection:
        connection.execute("CREATE TABLE person (name TEXT)")
        connection.commit()
    (path.parent / "attachments").mkdir()
    (path.parent / "attachments" / "scan.pdf").write_bytes(b"%PDF")
    there = path.parent / "there" / "trial.db" if isinstance(place(), type(path)) else place()
    move(path, there)
    with closing(sqlite.connect(str(accounts_path(there)))) as connection:
        assert connection.execute("SELECT * FROM person").fetchall() == []
    assert accounts_path(there).with_suffix(".key").read_text() == "session key"
    assert (accounts_path(there).parent / "attachments" / "scan.pdf").read_bytes() == b"%PDF"
