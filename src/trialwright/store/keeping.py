"""What every place that keeps a trial gives: all its rows in one state, what is wrong with its guards, and saves that last."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol

import orjson
from attrs import frozen

from trialwright import __version__
from trialwright.record.ledger import ROOT, Line

Keep = Callable[[Sequence[Line]], None]
"""Makes lines durable, all or none."""
Progress = Callable[[int, int], None]
"""Told as things go on: how many rows are done, and of how many."""


class StoreError(Exception):
    """A trial cannot be used; says which, why, and what to do."""


class Newer(StoreError):
    """Something that a newer version of Trialwright wrote: this one does not touch it."""

    def __init__(self, what: object, why: object) -> None:
        super().__init__(f"{what} was written by a newer version of Trialwright than this one, {__version__} ({why}). "
                         "Open it with that version or a later one; nothing was changed.")  # fmt: skip


class Occupied(StoreError):
    """Another program has the pen of a trial; says which trial."""


class Unsure(StoreError):
    """A save of which nobody can see whether it was kept; says what to do."""


@frozen
class Fault:
    """One thing that is wrong: where (log and line) and what. `newer`: nothing else is wrong than that this version does not know it."""

    where: str
    what: str
    newer: bool = False

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


def in_our_words(what: object, found: object, ours: str) -> None:
    """Raises `StoreError` unless a format is `ours` (a name, "/" and a number); `Newer` when it is that of a later version.

    >>> in_our_words("x.tar.gz", "trialwright-backup/2", "trialwright-backup/1")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    trialwright.store.keeping.Newer: x.tar.gz was written by a newer version of Trialwright than this one, ... (its format is trialwright-backup/2). ...
    """
    kind, _, number = str(found).partition("/")
    ours_is, _, last = ours.partition("/")
    if found == ours:
        return
    if kind == ours_is and number.isdecimal() and len(number) < 6 and int(number) > int(last):
        raise Newer(what, f"its format is {found}")
    raise StoreError(f"{what} is of another kind ({found}), which Trialwright {__version__} does not read.")


@frozen(kw_only=True)
class Rows:
    """All that is kept of a trial, as it was at one moment: facts about it, lines (log, seq, body, head) and secrets
    (log, seq, salt, value), both ordered by log and seq.
    """

    about: Mapping[str, str]
    lines: Sequence[tuple[str, int, bytes, bytes]]
    secrets: Sequence[tuple[str, int, bytes, bytes | None]]

    def in_order(self) -> list[Line]:
        """All lines in root order, the root's own lines among them."""
        salts = {(log, seq): (salt, value) for log, seq, salt, value in self.secrets}
        kept = {(log, seq): _line(log, seq, body, head, *salts.get((log, seq), (b"", None))) for log, seq, body, head in self.lines}
        ordered = []
        for key in sorted(key for key in kept if key[0] == ROOT):
            log, seq, _ = kept[key].body.decode().split(" ")
            if (log, int(seq)) in kept:
                ordered.append(kept[(log, int(seq))])
            ordered.append(kept[key])
        return ordered


def _line(log: str, seq: int, body: bytes, head: bytes, salt: bytes, secret: bytes | None) -> Line:
    return Line(log=log, seq=seq, body=body, head=head, salt=salt, secret=secret)


def last_of(lines: Sequence[Line]) -> tuple[int, bytes]:
    """Number and head of the last root line of a save: by it one sees whether the save was kept."""
    return next((line.seq, line.head) for line in reversed(lines) if line.log == ROOT)


def redactions(lines: Iterable[Line]) -> list[tuple[str, str]]:
    """Label and name of every entry whose words these lines erase."""
    return [(line.log.partition("/")[0], told["event"]["erases"]) for line in lines
            if b'"kind":"Redacted"' in line.body and (told := orjson.loads(line.body))["kind"] == "Redacted"]  # fmt: skip


def to_erase(lines: Sequence[Line]) -> list[tuple[str, str]]:
    """Those of them whose words are there: over the bridge may come, in one save, an entry without its words and the erasure that took them."""
    bare = {line.head.hex()[:16] for line in lines if not line.salt}
    return [(label, ref) for label, ref in redactions(lines) if ref not in bare]


class Keeper(Protocol):
    """An open trial where it is kept, whatever keeps it."""

    def about(self) -> dict[str, str]:
        """The facts about the trial; none before it has begun."""

    def tail(self) -> tuple[int, bytes] | None:
        """The number and the head of the last line of the root log."""

    def read(self, *, examined: bool) -> tuple[Rows, list[Fault]]:
        """All rows in one state and, if `examined`, what is wrong with the guards around them."""

    def begin(self, about: Mapping[str, str], lines: Sequence[Line] = ()) -> None:
        """Writes the facts (and the lines) of a trial that begins here, all or none."""

    def append(self, lines: Sequence[Line]) -> None:
        """Makes lines durable, all or none, and takes away what they erase. Raises `StoreError` when it cannot; then nothing was saved."""

    def scrub(self) -> bool:
        """Overwrites what was erased wherever it still lies in this place; whether it could."""

    def close(self) -> None:
        """Lays down the pen and lets go of the trial."""
