"""A trial in one SQLite file that only grows and survives a power cut."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from attrs import frozen

from trialwright.record.ledger import ROOT, Line
from trialwright.store.disk import on_a_disk_that_holds
from trialwright.store.engine import sqlite, wal_is_safe
from trialwright.store.keeping import Fault, Newer, Occupied, Rows, StoreError, Unsure, last_of, to_erase
from trialwright.store.pen import take_pen
from trialwright.store.schema import FORMAT, JOURNAL, SCHEMA, SETTINGS, statements


class Unsettled(Exception):
    """The commit itself failed: by the error alone nobody knows whether it was kept."""


@frozen(kw_only=True)
class SqliteFile:
    """An open trial file."""

    path: Path
    connection: sqlite.Connection
    close: Callable[[], None]

    def about(self) -> dict[str, str]:
        with _readable(self.path):
            return dict(self.connection.execute("SELECT name, value FROM about").fetchall())

    def tail(self) -> tuple[int, bytes] | None:
        with _readable(self.path):
            last = self.connection.execute("SELECT seq, head FROM line WHERE log = ? ORDER BY seq DESC LIMIT 1", (ROOT,)).fetchone()
            return (last[0], last[1]) if last else None

    def read(self, *, examined: bool) -> tuple[Rows, list[Fault]]:
        with _readable(self.path):
            self.connection.execute("BEGIN")  # all questions are put to one state of the file, even while somebody writes it
            faults = list(_faults(self.connection)) if examined else []
            rows = Rows(about=dict(self.connection.execute("SELECT name, value FROM about").fetchall()),
                        lines=self.connection.execute("SELECT log, seq, body, head FROM line ORDER BY log, seq").fetchall(),
                        secrets=self.connection.execute("SELECT log, seq, salt, value FROM secret ORDER BY log, seq").fetchall())  # fmt: skip
            self.connection.execute("COMMIT")
            return rows, faults

    def begin(self, about: Mapping[str, str], lines: Sequence[Line] = ()) -> None:
        if about["people"] == "real":
            on_a_disk_that_holds(self.path)
        with _savable(self.path):
            if about["people"] == "virtual":  # nobody's data: while it is made, a power cut may cost it; once reopened, every save is durable
                self.connection.execute("PRAGMA synchronous=NORMAL")
            with _transaction(self.connection):
                for statement in (*statements(SCHEMA), f"PRAGMA user_version={FORMAT}"):
                    self.connection.execute(statement)
                self.connection.executemany("INSERT INTO about VALUES (?, ?)", list(about.items()))
                _insert(self.connection, lines)

    def append(self, lines: Sequence[Line]) -> None:
        with _savable(self.path):
            try:
                with _transaction(self.connection):
                    _insert(self.connection, lines)
                    _erase(self.connection, to_erase(lines))
            except Unsettled:
                if not self._kept_after_all(lines):
                    raise

    def scrub(self) -> bool:
        """Writes the file anew and empties the log beside it; a reader that still looks at an older state keeps that from being done."""
        try:
            self.connection.execute("VACUUM")
            if self.connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal":
                return not self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
            for statement in ("PRAGMA journal_mode=DELETE", *statements(JOURNAL[False])):  # what the journal holds goes with it
                self.connection.execute(statement)
        except sqlite.Error:
            return False
        return True

    def _kept_after_all(self, lines: Sequence[Line]) -> bool:
        """The disk failed while a save was being sealed: only the file knows whether it was kept."""
        try:
            return self.tail() == last_of(lines)
        except StoreError as problem:
            raise Unsure(f"{self.path} failed during this save, and nobody can see whether it was kept ({problem}). When the disk is well again, "
                         "open the trial again and look before you enter it a second time.") from problem  # fmt: skip


def made(path: Path) -> SqliteFile:
    """A new and empty trial file, with the pen in hand. Never touches a file that exists."""
    with ExitStack() as stack:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))  # its owner alone reads what no role may read whole
            stack.callback(penned(path))
            return _connected(path, stack, writes=True)
        except FileExistsError:
            raise StoreError(f"{path} exists already. Choose another name, or open it with `trialwright serve`.") from None
        except (OSError, sqlite.Error) as problem:
            raise StoreError(f"{path} cannot be made ({problem}). Choose a folder in which you may write.") from problem


def opened(path: Path, *, writes: bool) -> SqliteFile:
    """A trial file that is there. One program at a time opens it to write; any number may read it meanwhile, as it is at this moment."""
    if not path.is_file():
        raise StoreError(f"There is no trial file {path}. Check the name, or make one with `trialwright rehearse` or `trialwright serve`.")
    _of_this_version(path, _said_by_header(path))
    with ExitStack() as stack:
        if writes:
            stack.callback(penned(path))
        with _readable(path):
            return _connected(path, stack, writes=writes, begun=True)


def _connected(path: Path, stack: ExitStack, *, writes: bool, begun: bool = False) -> SqliteFile:
    """An open file that, when it is closed, closes all that is on `stack`."""
    connection = _connect(path)
    stack.callback(connection.close)
    if begun and not connection.execute("PRAGMA page_count").fetchone()[0]:  # SQLite would take an empty file for a new one and begin it
        raise StoreError(f"{path} cannot be read as a trial (it is empty). Restore the last backup; nothing was changed.")
    _of_this_version(path, connection.execute("PRAGMA user_version").fetchone()[0])  # the header may still lie in the log beside the file
    for statement in (*statements(SETTINGS), *statements(JOURNAL[wal_is_safe()] if writes else "PRAGMA query_only=ON;")):
        connection.execute(statement)
    return SqliteFile(path=path, connection=connection, close=stack.pop_all().close)


def _said_by_header(path: Path) -> int:
    """The format of a file, read past SQLite: that one would bring what lies in its log into the file."""
    try:
        with path.open("rb") as file:
            header = file.read(64)
    except OSError:  # SQLite says it in its words
        return 0
    return int.from_bytes(header[60:64], signed=True) if header.startswith(b"SQLite format 3\0") else 0


def _of_this_version(path: Path, found: int) -> None:
    if not 0 <= found <= FORMAT:
        raise Newer(path, f"it is laid out in format {found}, this one knows {FORMAT}")


def _connect(path: Path) -> sqlite.Connection:
    """A connection that may write, also for a reader: only so does SQLite take away its own files beside the trial when the last one leaves."""
    return sqlite.connect(f"{path.resolve().as_uri()}?mode=rw", uri=True, isolation_level=None, check_same_thread=False)


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite.DatabaseError as problem:
        raise StoreError(f"{path} cannot be read as a trial ({problem}). Restore the last backup; nothing was changed.") from problem


@contextmanager
def _savable(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite.IntegrityError as problem:
        raise StoreError(f"Nothing was saved: {path} was changed by another program since it was opened ({problem}). Open it again.") from problem
    except (sqlite.Error, Unsettled) as problem:
        raise StoreError(f"Nothing was saved: {path} does not take it ({problem}). Check the disk and its rights, then save again.") from problem


@contextmanager
def _transaction(connection: sqlite.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        try:
            connection.execute("COMMIT")
        except sqlite.Error as problem:
            raise Unsettled(str(problem)) from problem
    except BaseException:
        if connection.in_transaction:  # a full disk may have ended it already
            connection.execute("ROLLBACK")
        raise


def _insert(connection: sqlite.Connection, lines: Sequence[Line]) -> None:
    connection.executemany("INSERT INTO line VALUES (?, ?, ?, ?)", [(line.log, line.seq, line.body, line.head) for line in lines])
    connection.executemany("INSERT INTO secret VALUES (?, ?, ?, ?)", [(line.log, line.seq, line.salt, line.secret) for line in lines if line.salt])


def _erase(connection: sqlite.Connection, gone: Sequence[tuple[str, str]]) -> None:
    """Takes away the values and salts of entries, within a transaction: the guard that forbids it steps aside for just these."""
    if not gone:
        return
    (guard,) = (statement for statement in statements(SCHEMA) if statement.startswith("CREATE TRIGGER secret_delete "))
    connection.execute("DROP TRIGGER secret_delete")
    for label, ref in gone:
        taken = connection.execute("DELETE FROM secret WHERE (log, seq) IN (SELECT log, seq FROM line "
                                   "WHERE (log = ?1 OR log GLOB ?1 || '/*') AND hex(substr(head, 1, 8)) = upper(?2))", (label, ref)).rowcount  # fmt: skip
        if taken != 1:
            raise sqlite.IntegrityError(f"no values of the entry {ref} are there")
    connection.execute(guard)


def _faults(connection: sqlite.Connection) -> Iterator[Fault]:
    """What the database itself finds wrong, and every table and trigger that is missing, changed or foreign."""
    for (answer,) in connection.execute("PRAGMA integrity_check(5)").fetchall():
        if answer != "ok":
            yield Fault("file", str(answer))

    def squeezed(statement: str) -> str:
        return " ".join(statement.split()).rstrip("; ")

    expected, found = {}, {}
    for statement in statements(SCHEMA):
        _, kind, name, *rest = statement.split()
        expected[name] = (kind.lower(), rest[rest.index("ON") + 1] if kind == "TRIGGER" else name, squeezed(statement))
    for kind, name, table, sql in connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_master WHERE sql IS NOT NULL"):
        found[name] = (kind, table, squeezed(sql))
    for name in sorted(expected.keys() | found.keys()):
        if expected.get(name) != found.get(name):
            yield Fault(f"guard {name}", "missing or changed" if name in expected else "does not belong here")


def penned(path: Path) -> Callable[[], None]:
    """Takes the pen of a trial file, and gives the way to lay it down."""
    try:
        return take_pen(path)
    except BlockingIOError:
        raise Occupied(f"{path} is open in another program that writes it (is `trialwright serve` running?). Close that one first; "
                         "to verify, report, package, trace and checkpoint it may stay open.") from None  # fmt: skip
