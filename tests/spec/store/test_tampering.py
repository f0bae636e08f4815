"""A changed byte, a lost tail, a replaced file: each is found and named."""

import random
import shutil

import pytest

from trialwright.protocol import Audience
from trialwright.record import Answer, OpenStudy, Refused
from trialwright.store import StoreError, create, examine, open_trial, signed_checkpoint
from trialwright.store.engine import sqlite
from trialwright.testing import START, actor, enrolled, seeded, tiny_study

pytestmark = pytest.mark.spec
STUDY = tiny_study()


def fill(path, subjects=3, seed=1):
    kept = create(path, STUDY, seeded(seed))
    kept.gate.do(actor(Audience.INVESTIGATOR), OpenStudy(), START)
    for number in range(subjects):
        enrolled(kept.gate, f"S{number}", "T" if number % 2 else "C")
        scores = {"ASSESSED": "2026-01-05", "SITE1": "1", "SITE2": "2", "SITE3": "3"}
        kept.gate.do(actor(Audience.EVALUATOR), Answer(subject=f"S{number}", visit="BASE", form="SCORE", entries=scores), START)
        kept.gate.do(actor(Audience.PHYSICIAN), Answer(subject=f"S{number}", visit="BASE", form="BLOOD", entries={"IGG": "9.5"}), START)
    return kept


def root_head(path):
    connection = sqlite.connect(str(path))
    size, head = connection.execute("SELECT seq, head FROM line WHERE log = 'ROOT' ORDER BY seq DESC LIMIT 1").fetchone()
    origin = connection.execute("SELECT value FROM about WHERE name = 'origin'").fetchone()[0]
    connection.close()
    return origin, size, head


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    path = tmp_path_factory.mktemp("trial") / "trial.db"
    fill(path).close()
    return path


def unguarded(path):
    """A connection of somebody who has taken the guards away and puts them back afterwards, as a clever intruder would."""
    connection = sqlite.connect(str(path), isolation_level=None)
    triggers = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for name, _ in triggers:
        connection.execute(f"DROP TRIGGER {name}")
    return connection, [sql for _, sql in triggers]


def tampered(whole, tmp_path, change):
    path = tmp_path / "trial.db"
    shutil.copy(whole, path)
    connection, triggers = unguarded(path)
    change(connection)
    for sql in triggers:
        connection.execute(sql)
    connection.close()
    return path


def test_an_honest_file_has_no_faults(whole):
    assert examine(whole) == []


@pytest.mark.req("SEC-02")
@pytest.mark.parametrize("table, column", [("line", "body"), ("line", "head"), ("secret", "salt"), ("secret", "value")])
def test_every_changed_byte_of_every_event_is_found(whole, tmp_path, table, column):
    """Each row in turn, one random bit of one random byte: all are found."""
    path = tmp_path / "trial.db"
    shutil.copy(whole, path)
    connection, triggers = unguarded(path)
    chance = random.Random(7)
    rows = connection.execute(f"SELECT log, seq, {column} FROM {table}").fetchall()
    assert len(rows) > 10
    undetected = []
    for log, seq, content in rows:
        changed = bytearray(content)
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
        connection.execute(f"UPDATE {table} SET {column} = ? WHERE log = ? AND seq = ?", (bytes(changed), log, seq))
        for sql in triggers:
            connection.execute(sql)
        if not examine(path):
            undetected.append((log, seq))
        for name in [sql.split()[2] for sql in triggers]:
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute(f"UPDATE {table} SET {column} = ? WHERE log = ? AND seq = ?", (content, log, seq))
    connection.close()
    assert undetected == []


def test_a_fault_says_where(whole, tmp_path):
    log = "EVALUATOR+MONITOR+DATA_MANAGER+STATISTICIAN+INVESTIGATOR+CUSTODIAN"
    path = tampered(whole, tmp_path, lambda db: db.execute("UPDATE secret SET value = CAST('{\"value\":\"0\"}' AS BLOB) WHERE log = ? AND seq = 2", (log,)))
    assert [str(fault) for fault in examine(path)] == [f"{log} line 2: its values are not those that were committed: changed"]


@pytest.mark.parametrize("log", ["ROOT", "COORDINATOR+EVALUATOR+PHYSICIAN+SAFETY+MONITOR+DATA_MANAGER+STATISTICIAN+INVESTIGATOR+CUSTODIAN"])
def test_a_tail_cut_from_one_log_is_found_without_a_checkpoint(whole, tmp_path, log):
    def cut(db):
        last = db.execute("SELECT MAX(seq) FROM line WHERE log = ?", (log,)).fetchone()[0]
        db.execute("DELETE FROM line WHERE log = ? AND seq = ?", (log, last))
        db.execute("DELETE FROM secret WHERE log = ? AND seq = ?", (log, last))

    assert examine(tampered(whole, tmp_path, cut))


def cut_everything_after(db, keep):
    """Cut all logs back to the state after `keep` root lines: internally perfect, only shorter."""
    gone = db.execute("SELECT body FROM line WHERE log = 'ROOT' AND seq > ?", (keep,)).fetchall()
    for (body,) in gone:
        log, seq, _ = body.decode().split(" ")
        db.execute("DELETE FROM line WHERE log = ? AND seq = ?", (log, int(seq)))
        db.execute("DELETE FROM secret WHERE log = ? AND seq = ?", (log, int(seq)))
    db.execute("DELETE FROM line WHERE log = 'ROOT' AND seq > ?", (keep,))


@pytest.mark.req("BCK-04")
def test_a_removed_tail_shows_against_a_checkpoint(whole, tmp_path):
    note = signed_checkpoint(whole, *root_head(whole))
    path = tampered(whole, tmp_path, lambda db: cut_everything_after(db, 10))
    assert examine(path) == [], "a clean cut of all logs cannot be seen from inside"
    assert "the tail was cut off" in str(examine(path, against=note)[0])
    assert examine(whole, against=note) == []


@pytest.mark.req("BCK-04")
def test_a_replaced_database_shows_against_a_checkpoint(whole, tmp_path):
    note = signed_checkpoint(whole, *root_head(whole))
    other = tmp_path / "trial.db"
    fill(other, seed=2).close()
    assert examine(other) == []
    assert examine(other, against=note), "another trial in the place of this one"


def test_a_rewritten_history_shows_against_a_checkpoint(whole, tmp_path):
    """The intruder rebuilds a perfect ledger under the same name with another score; only his key is not ours."""
    origin, size, head = root_head(whole)
    note = signed_checkpoint(whole, origin, size, head)
    path = tmp_path / "trial.db"
    fill(path, subjects=4, seed=1).close()
    assert root_head(path)[0] == origin
    db, triggers = unguarded(path)
    cut_everything_after(db, size)
    for sql in triggers:
        db.execute(sql)
    db.close()
    assert examine(path, against=note) == [], "the same seed and the same acts are the same history"
    changed = tmp_path / "changed.db"
    kept = create(changed, STUDY, seeded(1))
    kept.gate.do(actor(Audience.INVESTIGATOR), OpenStudy(), START)
    for number in range(8):
        enrolled(kept.gate, f"X{number}")
    kept.close()
    assert any("history was rewritten" in str(fault) for fault in examine(changed, against=note))


def test_a_forged_checkpoint_is_refused(whole):
    origin, size, head = root_head(whole)
    note = signed_checkpoint(whole, origin, size, head).replace(f"\n{size}\n", f"\n{size - 1}\n")
    assert "signature" in str(examine(whole, against=note)[0])
    assert "no checkpoint" in str(examine(whole, against="nonsense")[0])


@pytest.mark.req("AUD-04")
@pytest.mark.parametrize("guard", ["line_update", "line_delete", "line_insert", "secret_update", "secret_delete", "secret_insert"])
def test_a_missing_guard_is_found_and_the_file_is_not_served(whole, tmp_path, guard):
    path = tmp_path / "trial.db"
    shutil.copy(whole, path)
    db = sqlite.connect(str(path), isolation_level=None)
    db.execute(f"DROP TRIGGER {guard}")
    db.close()
    assert str(examine(path)[0]) == f"guard {guard}: missing or changed"
    with pytest.raises(StoreError, match="does not verify"):
        open_trial(path, STUDY)


@pytest.mark.req("AUD-02")
@pytest.mark.parametrize("statement", [
    "UPDATE line SET body = x'00'", "DELETE FROM line", "UPDATE secret SET value = x'00'", "DELETE FROM secret",
    "INSERT OR REPLACE INTO line SELECT log, seq, x'00', head FROM line WHERE log = 'ROOT' AND seq = 1",
    "INSERT INTO line VALUES ('ROOT', 10000, x'00', x'00')",
    "INSERT OR REPLACE INTO secret SELECT log, seq, x'00', x'00' FROM secret LIMIT 1",
    "INSERT INTO secret VALUES ('nowhere', 1, x'00', x'00')",
    "UPDATE about SET value = ''", "INSERT OR REPLACE INTO about VALUES ('key', '')",
])  # fmt: skip
def test_the_guards_stop_whoever_has_the_file_open(whole, tmp_path, statement):
    path = tmp_path / "trial.db"
    shutil.copy(whole, path)
    db = sqlite.connect(str(path))
    with pytest.raises(sqlite.IntegrityError):
        db.execute(statement)
    db.close()
    assert examine(path) == []


def test_a_truncated_file_is_refused_with_the_way_out(whole, tmp_path):
    path = tmp_path / "trial.db"
    path.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    before = path.read_bytes()
    assert examine(path)
    with pytest.raises(StoreError, match=r"backup|verify"):
        open_trial(path, STUDY)
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", [b"", b"not a database at all, but long enough to be looked at" * 40])
def test_something_else_in_the_place_of_a_trial_is_refused(tmp_path, content):
    path = tmp_path / "trial.db"
    path.write_bytes(content)
    assert examine(path)
    with pytest.raises(StoreError):
        open_trial(path, STUDY)
    with pytest.raises(StoreError, match="There is no trial file"):
        open_trial(tmp_path / "nothing.db", STUDY)


def test_reopening_gives_the_same_casebook(whole):
    kept = open_trial(whole, STUDY)
    book = kept.gate.casebook(Audience.CUSTODIAN)
    assert [subject.id for subject in book.subjects] == ["S0", "S1", "S2"]
    assert book.subject("S1").page("BASE", "SCORE").answers["SITE3"] == "3"
    kept.close()


def test_what_the_disk_did_not_take_is_not_in_the_ledger(tmp_path):
    """A save that fails to become durable leaves no trace in memory either."""
    kept = fill(tmp_path / "trial.db", subjects=1)
    before = kept.gate.casebook(Audience.EVALUATOR).everything
    kept.close()
    with pytest.raises(StoreError, match="Nothing was saved"):
        kept.gate.do(actor(Audience.EVALUATOR), Answer(subject="S0", visit="W4", form="SCORE", entries={"SITE1": "1"}), START)
    assert kept.gate.casebook(Audience.EVALUATOR).everything == before


def test_a_refused_command_writes_nothing(tmp_path):
    kept = fill(tmp_path / "trial.db", subjects=1)
    head = root_head(tmp_path / "trial.db")
    with pytest.raises(Refused):
        kept.gate.do(actor(Audience.EVALUATOR), Answer(subject="S0", visit="W4", form="SCORE", entries={"SITE1": "4"}), START)
    kept.close()
    assert root_head(tmp_path / "trial.db") == head
