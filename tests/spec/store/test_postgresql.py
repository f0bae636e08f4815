"""A trial in PostgreSQL: only added to, by an account that may do no more, found out when somebody mightier changed it."""

import random
import sys
import threading
import time
from contextlib import closing

import pytest

from trialwright.protocol import Audience
from trialwright.record import Answer, OpenStudy, Screen
from trialwright.store import StoreError, address, create, current_checkpoint, examine, exists, open_trial, prepare
from trialwright.store.opening import opened
from trialwright.testing import START, actor, enrolled, seeded, tiny_study

psycopg = pytest.importorskip("psycopg", reason="the driver psycopg is not installed (extra `postgresql`)")
from trialwright.store.postgresql import Schema  # noqa: E402  # only where there is a driver

pytestmark = pytest.mark.spec
STUDY = tiny_study()
EVALUATOR, COORDINATOR = actor(Audience.EVALUATOR), actor(Audience.COORDINATOR)


def score(grade):
    return Answer(subject="S0", visit="BASE", form="SCORE", entries={"SITE1": str(grade)}, reason="seen again")


@pytest.fixture
def at(schema):
    """A small trial, closed again."""
    with closing(create(schema(), STUDY, seeded(1))) as kept:
        kept.gate.do(actor(Audience.INVESTIGATOR), OpenStudy(), START)
        enrolled(kept.gate, "S0")
        kept.gate.do(EVALUATOR, Answer(subject="S0", visit="BASE", form="SCORE", entries={"SITE1": "1", "SITE2": "2"}), START)
    return kept.at


@pytest.fixture
def as_(postgres, at):
    """A connection of another account, its statements looking at the tables of the trial: as_("owner")."""
    connections = []

    def connect(user):
        connections.append(psycopg.connect(postgres.url(user).partition("?")[0], autocommit=True, options=f"-c search_path={at.schema}"))
        return connections[-1]

    yield connect
    for connection in connections:
        connection.close()


CHANGES = (
    "UPDATE line SET body = 'x'", "DELETE FROM line", "TRUNCATE line CASCADE", "UPDATE secret SET value = NULL", "DELETE FROM secret", "TRUNCATE secret",
    "UPDATE about SET value = ''", "DELETE FROM about", "TRUNCATE about", "UPDATE line SET seq = 1 WHERE seq < 0",
    "INSERT INTO about VALUES ('key', '') ON CONFLICT (name) DO UPDATE SET value = excluded.value",
)  # fmt: skip


@pytest.mark.req("AUD-02", "AUD-04", "SEC-02")
@pytest.mark.parametrize("statement", CHANGES)
def test_neither_application_nor_owner_nor_chief_changes_a_row(at, as_, statement):
    """The application has no right to; the owner and the chief of the server meet the guard, even in a session that plays a replica."""
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        as_("app").execute(statement)
    with pytest.raises(psycopg.IntegrityError, match="append-only"):
        as_("owner").execute(statement)
    chief = as_("chief")
    chief.execute("SET session_replication_role = replica")
    with pytest.raises(psycopg.IntegrityError, match="append-only"):
        chief.execute(statement)
    assert examine(at) == []


@pytest.mark.req("AUD-02")
@pytest.mark.parametrize("statement", [
    "INSERT INTO line VALUES ('ROOT', 10000, 'x', 'x')", "INSERT INTO line SELECT log, seq, body, 'x' FROM line LIMIT 1",
    "INSERT INTO line SELECT log, 1 + max(seq), 'x', (SELECT head FROM line LIMIT 1) FROM line WHERE log = 'ROOT' GROUP BY log",
    "INSERT INTO secret VALUES ('nowhere', 1, 'x', 'x')", "INSERT INTO secret SELECT * FROM secret LIMIT 1",
])  # fmt: skip
def test_no_row_comes_out_of_turn(at, as_, statement):
    with pytest.raises(psycopg.IntegrityError):
        as_("app").execute(statement)
    assert examine(at) == []


@pytest.mark.req("AUD-04")
@pytest.mark.parametrize(("statement", "found"), [
    ("DROP TRIGGER grows_only ON line", "guard trigger line grows_only"),
    ("ALTER TABLE line DISABLE TRIGGER next_only", "guard trigger line next_only"),
    ("ALTER TABLE secret ENABLE TRIGGER grows_only", "guard trigger secret grows_only"),
    ("CREATE OR REPLACE FUNCTION grows_only() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'", "guard function grows_only"),
    ("ALTER TABLE secret DROP CONSTRAINT secret_log_seq_fkey", "guard constraint secret FOREIGN KEY"),
    ("ALTER TABLE line DROP CONSTRAINT line_head_key", "guard constraint line UNIQUE (head)"),
    ("ALTER TABLE line ALTER body DROP NOT NULL", "guard column line.body"),
    ("ALTER TABLE line ADD note text", "guard column line.note"),
    ("ALTER TABLE secret SET UNLOGGED", "guard table secret"),
    ("CREATE VIEW scores AS SELECT * FROM secret", "guard table scores"),
    ("CREATE RULE quietly AS ON INSERT TO line DO ALSO NOTHING", "guard table line"),
    ("ALTER TABLE line ENABLE ROW LEVEL SECURITY", "guard table line"),
    ("GRANT UPDATE ON line TO app", "app may UPDATE"),
    ("GRANT TRUNCATE ON secret TO PUBLIC", "everybody may TRUNCATE"),
])  # fmt: skip
def test_a_guard_that_was_taken_away_is_found_and_the_trial_is_not_served(at, as_, statement, found):
    as_("owner").execute(statement)
    assert any(found in fault.where for fault in examine(at)), examine(at)
    with pytest.raises(StoreError):
        open_trial(at, STUDY)


@pytest.mark.req("SEC-02")
@pytest.mark.parametrize(("table", "column"), [("line", "body"), ("line", "head"), ("secret", "salt"), ("secret", "value")])
def test_a_changed_bit_is_found_although_the_guards_are_back(at, as_, table, column):
    owner, chance = as_("owner"), random.Random(7)
    rows = owner.execute(f"SELECT log, seq, {column} FROM {table}").fetchall()
    owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    for log, seq, content in rows:
        changed = bytearray(content)
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
        owner.execute(f"UPDATE {table} SET {column} = %s WHERE log = %s AND seq = %s", (bytes(changed), log, seq))
        assert [fault for fault in examine(at) if not fault.where.startswith("guard")], (log, seq)
        owner.execute(f"UPDATE {table} SET {column} = %s WHERE log = %s AND seq = %s", (content, log, seq))
    for name in [name for (name,) in owner.execute(f"SELECT tgname FROM pg_trigger WHERE tgrelid = '{table}'::regclass AND NOT tgisinternal").fetchall()]:
        owner.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}")
    assert examine(at) == []


def test_an_account_that_could_change_rows_is_refused_before_it_writes(postgres, at, as_):
    for user, why in (("owner", "owns the tables"), ("chief", "rules the whole server")):
        with pytest.raises(StoreError, match=why):
            open_trial(address(postgres.url(user, at.schema)), STUDY)
        assert examine(address(postgres.url(user, at.schema))) == [], "to verify, anybody is welcome"
    as_("owner").execute("GRANT UPDATE ON about TO app")
    with pytest.raises(StoreError, match="may change or remove rows"):
        open_trial(at, STUDY)


def test_a_server_that_would_lose_saves_is_refused(at, as_):
    chief = as_("chief")
    try:
        chief.execute("ALTER SYSTEM SET full_page_writes = off")
        chief.execute("SELECT pg_reload_conf()")
        with pytest.raises(StoreError, match="full_page_writes = off"):
            for _ in range(50):
                open_trial(at, STUDY).close()
                time.sleep(0.1)
    finally:
        chief.execute("ALTER SYSTEM RESET full_page_writes")
        chief.execute("SELECT pg_reload_conf()")


def test_every_save_waits_for_the_disk_even_where_the_server_would_not(postgres, at, as_):
    as_("chief").execute("ALTER ROLE app SET synchronous_commit = off")
    try:
        with closing(opened(at, writes=True)) as keeper:
            assert keeper.connection.execute("SHOW synchronous_commit").fetchone() == ("on",)
    finally:
        as_("chief").execute("ALTER ROLE app RESET synchronous_commit")


@pytest.mark.req("DAT-07", "BCK-06")
def test_a_connection_that_breaks_between_two_saves_is_made_anew(at, as_):
    with closing(open_trial(at, STUDY)) as kept:
        as_("chief").execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'app'")
        kept.gate.do(EVALUATOR, score(3), START)
        with pytest.raises(StoreError, match="open in another program"):
            open_trial(at, STUDY)
    assert examine(at) == []


@pytest.mark.req("DAT-07", "BCK-06")
@pytest.mark.parametrize("after", [False, True])
def test_a_save_in_whose_middle_the_connection_breaks_is_kept_once(at, as_, after, monkeypatch):
    """Whether the server had kept it already or not: the ledger holds it once, and the person is told that it is saved."""
    with closing(open_trial(at, STUDY)) as kept:
        real, calls = Schema._insert, []

        def insert(self, lines, about=None):
            calls.append(len(lines))
            if len(calls) == 1:
                if after:
                    real(self, lines, about)
                as_("chief").execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'app'")
                self.connection.execute("SELECT 1")
            real(self, lines, about)

        monkeypatch.setattr(Schema, "_insert", insert)
        told = kept.gate.do(EVALUATOR, score(3), START)
        assert len(calls) == (1 if after else 2)
    assert examine(at) == []
    with closing(open_trial(at, STUDY, writes=False)) as again:
        assert [entry for entry in again.gate.casebook(Audience.CUSTODIAN).everything if entry.ref == told[0].ref] == list(told)


@pytest.mark.req("BCK-06")
def test_a_server_that_stays_away_is_told_in_words_and_the_trial_goes_on_when_it_is_back(postgres, at, monkeypatch):
    monkeypatch.setattr("trialwright.store.postgresql.PATIENCE", 0.5)
    with closing(open_trial(at, STUDY)) as kept:
        before = kept.gate.casebook(Audience.CUSTODIAN).everything
        postgres.control("-m", "fast", "stop")
        try:
            with pytest.raises(StoreError, match="nobody can see whether it was kept"):
                kept.gate.do(EVALUATOR, score(3), START)
            with pytest.raises(StoreError, match="Nothing was saved"):
                kept.gate.do(EVALUATOR, score(3), START)
            assert kept.gate.casebook(Audience.CUSTODIAN).everything == before
        finally:
            postgres.start()
        kept.gate.do(EVALUATOR, score(3), START)
    assert examine(at) == []


def test_a_trial_never_begins_where_one_is(at, postgres):
    before = current_checkpoint(at)
    with pytest.raises(StoreError, match="key of another trial"):
        create(at, STUDY)
    with pytest.raises(StoreError, match="is there already"):
        prepare(address(postgres.url("owner", at.schema)), "app")
    assert current_checkpoint(at) == before
    assert exists(at)


@pytest.mark.parametrize(("text", "said"), [
    ("postgresql://app@127.0.0.1:{port}/trials?schema=nowhere", "There is no place for a trial"),
    ("postgresql://app@127.0.0.1:{port}/nothing", "cannot be read"), ("postgresql://app@127.0.0.1:1/trials", "cannot be read"),
    ("postgresql://app:secret@127.0.0.1:1/trials?password=secret", "cannot be read"), ("postgresql://app@127.0.0.1:{port}/trials?nonsense=1", "cannot be read"),
])  # fmt: skip
def test_an_address_that_leads_nowhere_is_told_without_its_password(postgres, text, said):
    at = address(text.format(port=postgres.port))
    for work in (lambda: open_trial(at, STUDY), lambda: create(at, STUDY), lambda: exists(at)):
        with pytest.raises(StoreError, match=said) as problem:
            work()
        assert "secret" not in str(problem.value)


@pytest.mark.parametrize("text", ["postgresql://app@host/db?schema=Drop;", "postgresql://app@host/db?schema=", "postgresql://app@host/db?schema=pg_x",
                                  "postgresql://app@host", "postgres://app@host/", "postgresql://[a/db", "postgresql://app@host:x/db"])  # fmt: skip
def test_an_address_that_is_none_says_how_to_write_one(text):
    with pytest.raises(StoreError, match="Write"):
        address(text)


@pytest.mark.parametrize(("app", "said"), [("nobody", "no account nobody"), ("owner", "could change what it recorded"), ("chief", "could change"),
                                           ("x'; DROP", "no account")])  # fmt: skip
def test_room_is_made_only_for_an_account_that_can_do_no_harm(postgres, app, said):
    with pytest.raises(StoreError, match=said):
        prepare(address(postgres.url("owner", "never")), app)
    with pytest.raises(StoreError, match="There is no place"):
        exists(address(postgres.url("app", "never")))


def test_without_the_driver_it_says_what_to_install(monkeypatch):
    monkeypatch.delitem(sys.modules, "trialwright.store.postgresql", raising=False)
    monkeypatch.setattr("trialwright.store.postgresql", None, raising=False)
    monkeypatch.delattr("trialwright.store.postgresql")
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(StoreError, match=r"pip install 'trialwright\[postgresql\]'"):
        exists(address("postgresql://app@127.0.0.1/trials"))


@pytest.mark.req("DAT-05")
def test_two_connections_without_a_pen_never_fork_the_chain(at, monkeypatch):
    """Many saves at once past the lock of the program: each is kept whole or refused, and the chain stays one."""
    monkeypatch.setattr("trialwright.store.postgresql._take_pen", lambda schema: None)
    trials = [open_trial(at, STUDY) for _ in range(3)]
    kept = []

    def save(trial):
        for _ in range(5):
            try:
                kept.extend(trial.gate.do(COORDINATOR, Screen(site="01"), START))
            except StoreError as problem:
                assert "changed by another program" in str(problem)

    threads = [threading.Thread(target=save, args=(trial,)) for trial in trials]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for trial in trials:
        trial.close()
    assert examine(at) == []
    with closing(open_trial(at, STUDY, writes=False)) as again:
        refs = [entry.ref for entry in again.gate.casebook(Audience.CUSTODIAN).everything]
    assert len(kept) >= 5 and len({entry.ref for entry in kept}) == len(kept)
    assert {entry.ref for entry in kept} <= set(refs)
