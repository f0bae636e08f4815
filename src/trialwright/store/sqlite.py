"""A trial in one SQLite file that only grows and survives a power cut."""

import os
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from attrs import frozen

from trialwright.blinding.gate import Gate
from trialwright.protocol import Study
from trialwright.record.ledger import ROOT, Draw, Ledger, Line, beginning, entries_of
from trialwright.record.wire import Garbled
from trialwright.store.engine import sqlite, wal_is_safe
from trialwright.store.pen import take_pen
from trialwright.store.schema import SCHEMA, SETTINGS, statements
from trialwright.store.signing import key_path, make_key, signed_checkpoint
from trialwright.store.verify import Fault, examine


class StoreError(Exception):
    """The trial file cannot be used; says which file, why, and what to do."""


@frozen(kw_only=True)
class Kept:
    """An open trial: the gate to it, whether its people are virtual, and how to close the file."""

    gate: Gate
    path: Path
    virtual: bool
    close: Callable[[], None]


def create(path: Path, study: Study, draw: Draw = secrets.token_bytes, *, virtual: bool = False) -> Kept:
    """A new trial file with its signing key beside it; `virtual` marks a rehearsal for good. Never touches a file that exists."""
    taken = StoreError(f"{path} exists already. Choose another name, or open it with `trialwright serve`.")
    if path.exists():
        raise taken
    if key_path(path).exists() or key_path(path) == path:
        raise StoreError(f"{key_path(path)} is, or would be, the key of another trial; nothing was written. Choose another name for the trial file, "
                         "or move that key away.")  # fmt: skip
    with ExitStack() as stack:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))  # its owner alone reads what no role may read whole
            stack.callback(_pen(path))
            connection = _connect(path, stack, writes=True)
        except FileExistsError:
            raise taken from None
        except (OSError, sqlite.Error) as problem:
            raise StoreError(f"{path} cannot be made ({problem}). Choose a folder in which you may write.") from problem
        origin = _begin(path, connection, study, draw, virtual=virtual)
        return _kept(path, connection, Ledger(origin), study, draw, virtual=virtual, close=stack.pop_all().close)


def _begin(path: Path, connection: sqlite.Connection, study: Study, draw: Draw, *, virtual: bool) -> str:
    """Lays out an empty trial file and gives its name."""
    connection.execute("PRAGMA journal_mode=WAL" if wal_is_safe() else "PRAGMA journal_mode=PERSIST")
    if virtual:  # nobody's data: while it is made, a power cut may cost the rehearsal; once it is reopened, every save is durable
        connection.execute("PRAGMA synchronous=NORMAL")
    origin = f"trialwright/{study.code}/{'virtual' if virtual else 'real'}/{draw(16).hex()}"
    about = {"origin": origin, "study": study.code, "digest": study.digest, "key": make_key(path, draw),
             "study.json": study.canonical.decode(), "people": "virtual" if virtual else "real"}
    with _transaction(connection):
        for statement in statements(SCHEMA):
            connection.execute(statement)
        connection.executemany("INSERT INTO about VALUES (?, ?)", list(about.items()))
    return origin


def open_trial(path: Path, study: Study, draw: Draw = secrets.token_bytes, *, examined: bool = True, writes: bool = True) -> Kept:
    """Opens a trial file behind its gate; refuses a damaged or foreign one with the first thing that is wrong.

    One program at a time opens it to write; any number may read it meanwhile (`writes=False`), as it is at this moment.
    """
    with ExitStack() as stack:
        if writes:
            stack.callback(_pen(_existing(path)))
        faults: Sequence[Fault] = examine(_existing(path)) if examined else ()
        if faults:
            raise StoreError(f"{path} does not verify: {faults[0]}. Run `trialwright verify {path}` for all findings; nothing was changed. "
                             "If the file is damaged, restore the last backup.")  # fmt: skip
        try:
            connection = _connect(path, stack, writes=writes)
            connection.execute("BEGIN")  # one state of the file, even while another program writes it
            lines, about = read_lines(connection), dict(connection.execute("SELECT name, value FROM about").fetchall())
            connection.execute("COMMIT")
            entries = entries_of(lines)
        except (sqlite.DatabaseError, Garbled) as problem:
            raise StoreError(f"{path} cannot be read as a trial ({problem}). Restore the last backup; nothing was changed.") from problem
        if about.get("study") != study.code:
            raise StoreError(f"{path} holds the study {about.get('study')}, not {study.code}. Name the study that belongs to it.")
        ledger = Ledger(about["origin"])
        ledger.accept(lines, entries)
        return _kept(path, connection, ledger, study, draw, virtual=about["people"] == "virtual", close=stack.pop_all().close)


def current_checkpoint(path: Path) -> str:
    """A signed checkpoint of the trial file as it is now."""
    connection = sqlite.connect(str(_existing(path)))
    try:
        origin = connection.execute("SELECT value FROM about WHERE name = 'origin'").fetchone()[0]
        last = connection.execute("SELECT seq, head FROM line WHERE log = ? ORDER BY seq DESC LIMIT 1", (ROOT,)).fetchone()
    except sqlite.DatabaseError as problem:
        raise StoreError(f"{path} cannot be read as a trial ({problem}). Restore the last backup; nothing was changed.") from problem
    finally:
        connection.close()
    size, head = last or (0, beginning(origin, ROOT))
    try:
        return signed_checkpoint(path, origin, size, head)
    except (OSError, ValueError) as problem:
        raise StoreError(f"The key {key_path(path)} that signs the checkpoints of {path} cannot be read ({problem}). "
                         "Put it back beside the trial file.") from problem  # fmt: skip


def begun_with(path: Path) -> str:
    """The study definition with which a trial file was made, as canonical JSON; empty when the file cannot say."""
    if not path.is_file():
        return ""
    connection = sqlite.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
    try:
        found = connection.execute("SELECT value FROM about WHERE name = 'study.json'").fetchone()
    except sqlite.DatabaseError:
        return ""
    finally:
        connection.close()
    return str(found[0]) if found else ""


def read_lines(connection: sqlite.Connection) -> list[Line]:
    """All lines in root order, the root's own lines among them."""
    salts = {(log, seq): (salt, value) for log, seq, salt, value in connection.execute("SELECT log, seq, salt, value FROM secret")}
    kept = {(log, seq): Line(log=log, seq=seq, body=body, head=head, salt=salts.get((log, seq), (b"", None))[0],
                             secret=salts.get((log, seq), (b"", None))[1])
            for log, seq, body, head in connection.execute("SELECT log, seq, body, head FROM line")}  # fmt: skip
    ordered = []
    for key in sorted(key for key in kept if key[0] == ROOT):
        log, seq, _ = kept[key].body.decode().split(" ")
        if (log, int(seq)) in kept:
            ordered.append(kept[(log, int(seq))])
        ordered.append(kept[key])
    return ordered


def _kept(path: Path, connection: sqlite.Connection, ledger: Ledger, study: Study, draw: Draw, *, virtual: bool, close: Callable[[], None]) -> Kept:
    def keep(lines: Sequence[Line]) -> None:
        try:
            with _transaction(connection):
                connection.executemany("INSERT INTO line VALUES (?, ?, ?, ?)", [(line.log, line.seq, line.body, line.head) for line in lines])
                connection.executemany("INSERT INTO secret VALUES (?, ?, ?, ?)",
                                       [(line.log, line.seq, line.salt, line.secret) for line in lines if line.salt])  # fmt: skip
        except sqlite.IntegrityError as problem:
            raise StoreError(f"Nothing was saved: {path} was changed by another program since it was opened ({problem}). Open it again.") from problem
        except sqlite.Error as problem:
            raise StoreError(f"Nothing was saved: {path} does not take it ({problem}). Check the disk and its rights, then save again.") from problem

    return Kept(gate=Gate(study, ledger, keep, draw), path=path, virtual=virtual, close=close)


@contextmanager
def _transaction(connection: sqlite.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # a full disk may have ended it already
            connection.execute("ROLLBACK")
        raise


def _pen(path: Path) -> Callable[[], None]:
    try:
        return take_pen(path)
    except BlockingIOError:
        raise StoreError(f"{path} is open in another program that writes it (is `trialwright serve` running?). Close that one first; "
                         "to verify, report, package, trace and checkpoint it may stay open.") from None  # fmt: skip


def _connect(path: Path, stack: ExitStack, *, writes: bool) -> sqlite.Connection:
    """A connection that closes with `stack`."""
    connection = sqlite.connect(f"{path.resolve().as_uri()}?mode={'rw' if writes else 'ro'}", uri=True, isolation_level=None, check_same_thread=False)
    stack.callback(connection.close)
    for statement in statements(SETTINGS):
        connection.execute(statement)
    return connection


def _existing(path: Path) -> Path:
    if not path.is_file():
        raise StoreError(f"There is no trial file {path}. Check the name, or make one with `trialwright rehearse` or `trialwright serve`.")
    return path

