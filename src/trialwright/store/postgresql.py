"""A trial in a schema of a PostgreSQL database, where the application may read and add, and nothing else."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager

import psycopg
from attrs import define
from psycopg import Connection, sql

from trialwright.record.ledger import ROOT, Line
from trialwright.store.address import Database
from trialwright.store.keeping import Fault, Occupied, Rows, StoreError, Unsure, in_our_words, last_of, to_erase
from trialwright.store.postgresql_schema import FORMAT, guards_wrong, lay_out, too_mighty

WRITE, PEN = 7134, 7135
"""The two locks of a trial within its database: one is held for each save, one for as long as a program may write."""
PATIENCE = 20.0
"""Seconds for which a save waits for a server that went away."""
OLDEST = 13
_OPTIONS = {"application_name": "trialwright", "connect_timeout": "10", "client_encoding": "UTF8", "options": "-c lock_timeout=20s -c search_path="}


@define(eq=False)
class Schema:
    """An open trial in a database. A connection that breaks is made anew, and a save is told as kept only when it was seen to be."""

    at: Database
    connection: Connection
    number: int

    def about(self) -> dict[str, str]:
        with _readable(self.at):
            return dict(self.connection.execute(self._sql("SELECT name, value FROM {}.about")).fetchall())

    def tail(self) -> tuple[int, bytes] | None:
        with _readable(self.at):
            asked = self._sql("SELECT seq, head FROM {}.line WHERE log = %s ORDER BY seq DESC LIMIT 1")
            return self.connection.execute(asked, (ROOT,)).fetchone()

    def read(self, *, examined: bool) -> tuple[Rows, list[Fault]]:
        with _readable(self.at), self.connection.transaction(), self.connection.cursor(binary=True) as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")  # one state, even while somebody writes
            faults = [Fault(*wrong) for wrong in guards_wrong(cursor, self.at.schema)] if examined else []
            rows = Rows(about=dict(cursor.execute(self._sql("SELECT name, value FROM {}.about")).fetchall()),
                        lines=cursor.execute(self._sql("SELECT log, seq, body, head FROM {}.line ORDER BY log, seq")).fetchall(),
                        secrets=cursor.execute(self._sql("SELECT log, seq, salt, value FROM {}.secret ORDER BY log, seq")).fetchall())  # fmt: skip
            return rows, faults

    def begin(self, about: Mapping[str, str], lines: Sequence[Line] = ()) -> None:
        with _savable(self.at):
            self._insert(lines, about)

    def append(self, lines: Sequence[Line]) -> None:
        with _savable(self.at):
            if self.connection.closed:
                self._reconnect()
            try:
                self._insert(lines)
            except psycopg.OperationalError:
                if not self.connection.closed:
                    raise
                if not self._kept_after_all(lines):
                    self._insert(lines)

    def _kept_after_all(self, lines: Sequence[Line]) -> bool:
        """The connection broke while we saved: only the database knows whether the save was kept."""
        try:
            self._reconnect()
        except (psycopg.Error, StoreError) as problem:
            raise Unsure(f"{self.at} went away during this save, and nobody can see whether it was kept ({problem}). When the server is back, "
                             "open the trial again and look before you enter it a second time.") from problem  # fmt: skip
        return self.tail() == last_of(lines)

    def scrub(self) -> bool:
        """Only the owner may write a table anew: see `vacuum`."""
        return False

    def close(self) -> None:
        self.connection.close()

    def _insert(self, lines: Sequence[Line], about: Mapping[str, str] | None = None) -> None:
        with self.connection.transaction(), self.connection.cursor(binary=True) as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", (WRITE, self.number))
            for table, rows in (("about", list((about or {}).items())),
                                ("line", [(line.log, line.seq, line.body, line.head) for line in lines]),
                                ("secret", [(line.log, line.seq, line.salt, line.secret) for line in lines if line.salt])):  # fmt: skip
                if rows:
                    values = sql.SQL(", ").join([sql.Placeholder()] * len(rows[0]))
                    cursor.executemany(sql.SQL("INSERT INTO {}.{} VALUES ({})").format(
                        sql.Identifier(self.at.schema), sql.Identifier(table), values), rows)  # fmt: skip
            for gone in to_erase(lines) if about is None else ():  # a trial that is put in another place comes without what was erased
                cursor.execute(self._sql("SELECT {}.erase(%s, %s)"), gone)

    def _reconnect(self) -> None:
        end = time.monotonic() + PATIENCE
        while True:
            try:
                self.connection = _connected(self.at, writes=True)
                _take_pen(self)
                return
            except (psycopg.OperationalError, StoreError):  # still away, or the pen of the broken connection is not yet laid down
                self.connection.close()
                if time.monotonic() > end:
                    raise
                time.sleep(0.2)

    def _sql(self, statement: str) -> sql.Composed:
        return sql.SQL(statement).format(sql.Identifier(self.at.schema))


def prepare(at: Database, app: str) -> None:
    """Lays out an empty place for one trial, as the owner of the database; `app` is the account with which the application will connect."""
    with _savable(at), closing(_connected(at, writes=True)) as connection, connection.transaction(), connection.cursor() as cursor:
        mighty = connection.execute("SELECT rolsuper OR rolbypassrls OR pg_has_role(oid, current_user, 'USAGE') FROM pg_roles WHERE rolname = %s",
                                    (app,)).fetchone()  # fmt: skip
        if mighty is None:
            raise StoreError(f"There is no account {app} on this server. Make it first: CREATE ROLE {app} LOGIN PASSWORD '…'.")
        if mighty[0]:
            raise StoreError(f"The account {app} could change what it recorded: it rules the server, or is the owner itself. Name an ordinary one.")
        if connection.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", (at.schema,)).fetchone():
            raise StoreError(f"{at} is there already; nothing was changed. Name another schema: ?schema=name.")
        if connection.info.encoding != "utf-8" or connection.info.parameter_status("server_encoding") != "UTF8":
            raise StoreError(f"The database of {at} is not in UTF-8. Make one that is: CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0.")
        lay_out(cursor, at.schema, app)


def vacuum(at: Database) -> None:
    """Writes the table of values anew, as the owner of the place, so that nothing that was erased lies in its pages any more."""
    opened(at, writes=False).close()
    with _savable(at), closing(_connected(at, writes=True)) as connection, connection.cursor() as cursor:
        if "owns the tables" not in (mighty := too_mighty(cursor, at.schema)) and "rules" not in mighty:
            raise StoreError(f"{at} is not scrubbed: only the owner of its tables may do that. Connect with that account.")
        cursor.execute(sql.SQL("VACUUM (FULL) {}.secret").format(sql.Identifier(at.schema)))


def begun(at: Database) -> bool:
    """Whether a trial has begun in this schema."""
    with closing(opened(at, writes=False)) as schema:
        return bool(schema.about())


def made(at: Database) -> Schema:
    """An empty place for a trial that its owner has laid out, with the pen in hand. Never touches a trial that exists."""
    schema = opened(at, writes=True)
    if schema.about():
        schema.close()
        raise StoreError(f"{at} holds a trial already; nothing was written. Name another schema, or open it with `trialwright serve`.")
    return schema


def opened(at: Database, *, writes: bool) -> Schema:
    """A trial in a database. One program at a time opens it to write; any number may read it meanwhile."""
    with ExitStack() as stack, _readable(at):
        connection = _connected(at, writes=writes)
        stack.callback(connection.close)
        found = connection.execute("""SELECT obj_description(n.oid, 'pg_namespace'), c.oid FROM pg_namespace n
                                      LEFT JOIN pg_class c ON n.oid = relnamespace AND relname = 'line' WHERE nspname = %s""", (at.schema,)).fetchone()
        told, number = found or (None, None)
        if told and told.startswith(FORMAT.partition("/")[0]):
            in_our_words(at, told, FORMAT)
        if number is None:
            raise StoreError(f"There is no place for a trial at {at}. Its owner makes one with: trialwright prepare {at} --for ACCOUNT")
        schema = Schema(at, connection, number - (1 << 32) if number >= 1 << 31 else number)
        if writes:
            _fit_to_write(schema)
            _take_pen(schema)
        stack.pop_all()
        return schema


def _connected(at: Database, *, writes: bool) -> Connection:
    connection = psycopg.connect(at.url, autocommit=True, **_OPTIONS)  # type: ignore[arg-type]  # all of them texts
    if connection.info.server_version < OLDEST * 10_000:
        connection.close()
        raise StoreError(f"{at} is a server of version {connection.info.server_version // 10_000}. It must be {OLDEST} or newer.")
    if connection.execute("SHOW synchronous_commit").fetchone() == ("off",):
        connection.execute("SET synchronous_commit = on")
    if not writes:
        connection.execute("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY")
    return connection


def _fit_to_write(schema: Schema) -> None:
    """Refuses an account that may do more than add, and a server that would lose what it said it kept."""
    with _readable(schema.at), schema.connection.cursor() as cursor:
        mighty = too_mighty(cursor, schema.at.schema)
        unsafe = [name for name in ("fsync", "full_page_writes") if cursor.execute(sql.SQL("SHOW {}").format(sql.Identifier(name))).fetchone() != ("on",)]
    if mighty:
        raise StoreError(f"{schema.at} is not opened to write: {mighty}. Connect with the account that `trialwright prepare … --for ACCOUNT` named.")
    if unsafe:
        raise StoreError(f"{schema.at} is not opened to write: its server runs with {unsafe[0]} = off and could lose saves in a power cut. Switch it on.")


def _take_pen(schema: Schema) -> None:
    with _readable(schema.at):
        if schema.connection.execute("SELECT pg_try_advisory_lock(%s, %s)", (PEN, schema.number)).fetchone() != (True,):
            raise Occupied(f"{schema.at} is open in another program that writes it (is `trialwright serve` running?). Close that one first; "
                             "to verify, report, package, trace and checkpoint it may stay open.")  # fmt: skip


@contextmanager
def _readable(at: Database) -> Iterator[None]:
    try:
        yield
    except psycopg.Error as problem:
        raise StoreError(f"{at} cannot be read ({_said(problem)}). Check the address, the account and the server; nothing was changed.") from problem


@contextmanager
def _savable(at: Database) -> Iterator[None]:
    try:
        yield
    except psycopg.IntegrityError as problem:
        raise StoreError(f"Nothing was saved: {at} was changed by another program since it was opened ({_said(problem)}). Open it again.") from problem
    except psycopg.Error as problem:
        raise StoreError(f"Nothing was saved: {at} does not take it ({_said(problem)}). Check the server and its disk, then save again.") from problem


def _said(problem: psycopg.Error) -> str:
    return " ".join((problem.diag.message_primary or str(problem)).split())
