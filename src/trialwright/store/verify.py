"""Whether a trial file is whole and unchanged; needs nothing but the bytes in it."""

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import orjson
from attrs import frozen

from trialwright.record.events import KINDS, StudyOpened
from trialwright.record.ledger import ROOT, SALT, beginning, chained, committed, ordered
from trialwright.store.engine import sqlite
from trialwright.store.schema import SCHEMA, statements
from trialwright.store.signing import read_checkpoint


@frozen
class Fault:
    """One thing that is wrong: where (log and line) and what."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


Progress = Callable[[int, int], None]
_KINDS = frozenset(kind.__name__ for kind in KINDS)
_ABOUT = frozenset(("origin", "study", "digest", "key", "study.json", "people"))


def examine(path: Path, against: str | None = None, progress: Progress | None = None) -> list[Fault]:
    """Everything that is wrong with a trial file: guards, chains, order, secrets, and (with `against`) a checkpoint.

    An empty list means: this is the ledger that was written, whole, as far as the checkpoint reaches.
    """
    if not path.is_file():
        return [Fault(str(path), "there is no such file")]
    try:
        connection = sqlite.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
        try:
            return list(_faults(connection, against, progress))
        finally:
            connection.close()
    except sqlite.DatabaseError as problem:
        return [Fault(str(path), f"not readable as a database ({problem}); restore the last backup")]


def _faults(connection: sqlite.Connection, against: str | None, progress: Progress | None) -> Iterator[Fault]:
    connection.execute("BEGIN")  # all questions are put to one state of the file, even while somebody writes it
    for (answer,) in connection.execute("PRAGMA integrity_check(5)").fetchall():
        if answer != "ok":
            yield Fault("file", str(answer))
    yield from _guards(connection)
    about = dict(connection.execute("SELECT name, value FROM about").fetchall())
    origin = about.get("origin", "")
    heads: dict[str, list[bytes]] = {}
    yield from _chains(connection, origin, heads, progress)
    yield from _order(connection, heads)
    yield from _secrets(connection, about)
    yield from _study(about)
    if against is not None:
        yield from _checkpoint(against, about, heads.get(ROOT, []))


def _guards(connection: sqlite.Connection) -> Iterator[Fault]:
    def squeezed(statement: str) -> str:
        return " ".join(statement.split()).rstrip("; ")

    expected = {statement.split()[2]: squeezed(statement) for statement in statements(SCHEMA)}
    found = {name: squeezed(sql) for name, sql in connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")}
    for name in sorted(expected.keys() | found.keys()):
        if expected.get(name) != found.get(name):
            yield Fault(f"guard {name}", "missing or changed" if name in expected else "does not belong here")


def _chains(connection: sqlite.Connection, origin: str, heads: dict[str, list[bytes]], progress: Progress | None) -> Iterator[Fault]:
    total = connection.execute("SELECT COUNT(*) FROM line").fetchone()[0]
    for done, (log, seq, body, head) in enumerate(connection.execute("SELECT log, seq, body, head FROM line ORDER BY log, seq")):
        chain = heads.setdefault(log, [])
        if seq != len(chain) + 1:
            yield Fault(f"{log} line {seq}", f"line {len(chain) + 1} is missing")
        if chained(chain[-1] if chain else beginning(origin, log), body) != head:
            yield Fault(f"{log} line {seq}", "its hash does not follow from its content and the line before: changed, moved or inserted")
        chain.append(head)
        if progress and done % 5000 == 0:
            progress(done, total)


def _order(connection: sqlite.Connection, heads: dict[str, list[bytes]]) -> Iterator[Fault]:
    """The root log names every line of every other log once, in its order, with its head."""
    named: dict[str, int] = {}
    for (body,) in connection.execute("SELECT body FROM line WHERE log = ? ORDER BY seq", (ROOT,)):
        log = bytes(body).decode(errors="replace").partition(" ")[0]
        expected = named.get(log, 0) + 1
        chain = heads.get(log, [])
        if expected > len(chain):
            yield Fault(f"{log} line {expected}", "the root log knows it, the log does not: cut off or removed")
        elif ordered(log, expected, chain[expected - 1]) != body:
            yield Fault(f"{log} line {expected}", "the root log saw another content")
        named[log] = expected
    for log, chain in heads.items():
        if log != ROOT and named.get(log, 0) < len(chain):
            yield Fault(f"{log} line {named.get(log, 0) + 1}", "the root log does not know it: inserted, or the root was cut")


def _secrets(connection: sqlite.Connection, about: dict[str, str]) -> Iterator[Fault]:
    rows = connection.execute("SELECT line.log, line.seq, body, salt, value FROM line LEFT JOIN secret USING (log, seq) WHERE line.log <> ?", (ROOT,))
    opened = not connection.execute("SELECT 1 FROM line").fetchone()
    for log, seq, body, salt, value in rows:
        try:
            told = orjson.loads(body)
            commitment, kind, event = told["sealed"], told["kind"], dict(told["event"])
        except (orjson.JSONDecodeError, KeyError, TypeError, ValueError) as problem:
            yield Fault(f"{log} line {seq}", f"this is no event ({problem})")
            continue
        if kind not in _KINDS:
            yield Fault(f"{log} line {seq}", f"this is no event (there is no kind {kind})")
        if event.get("label") != log:
            yield Fault(f"{log} line {seq}", f"it is for other readers ({event.get('label')}) than the log in which it stands")
        opened |= kind == StudyOpened.__name__
        if kind == StudyOpened.__name__ and event.get("digest") != about.get("digest"):
            yield Fault("about digest", "the trial was opened under another study definition")
        if commitment and value is None:
            yield Fault(f"{log} line {seq}", "its values are gone and no redaction says why")
        elif commitment and (len(salt) != SALT or committed(salt, value) != commitment):
            yield Fault(f"{log} line {seq}", "its values are not those that were committed: changed")
        elif not commitment and salt is not None:
            yield Fault(f"{log} line {seq}", "it carries values that it never had")
    if not opened:
        yield Fault("about digest", "no line says under which study definition the trial was opened")
    for (seq,) in connection.execute("SELECT seq FROM secret WHERE log = ?", (ROOT,)):
        yield Fault(f"{ROOT} line {seq}", "it carries values that it never had")
    for log, seq in connection.execute("SELECT log, seq FROM secret EXCEPT SELECT log, seq FROM line"):
        yield Fault(f"{log} line {seq}", "values without a line")


def _study(about: dict[str, str]) -> Iterator[Fault]:
    for name in sorted(_ABOUT ^ about.keys()):
        yield Fault(f"about {name}", "missing" if name in _ABOUT else "does not belong here")
    if not about.get("origin", "").startswith(f"trialwright/{about.get('study')}/{about.get('people')}/"):
        yield Fault("about origin", "the file says of its study or its people (real or virtual) what its name does not")
    if hashlib.sha256(about.get("study.json", "").encode()).hexdigest() != about.get("digest"):
        yield Fault("about study.json", "the study definition is not the one with which the trial began")


def _checkpoint(text: str, about: dict[str, str], root: list[bytes]) -> Iterator[Fault]:
    try:
        origin, size, head = read_checkpoint(text, about.get("key", ""))
    except ValueError as problem:
        yield Fault("checkpoint", str(problem))
        return
    if origin != about.get("origin"):
        yield Fault("checkpoint", f"it belongs to {origin}, this file is {about.get('origin')}: the database was replaced")
    elif len(root) < size:
        yield Fault("checkpoint", f"it saw {size} lines, this file has {len(root)}: the tail was cut off or an older state put in place")
    elif size and root[size - 1] != head:
        yield Fault("checkpoint", f"line {size} of the root log is not the one that was signed: history was rewritten")
