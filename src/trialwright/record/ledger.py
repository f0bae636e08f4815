"""The trial itself: logs that only grow, each line bound by its hash to all that came before it."""

import base64
import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime

from attrs import evolve, frozen

from trialwright.record.events import (
    Amended,
    AmendmentProposed,
    Bridged,
    CodeBroken,
    Entry,
    Happened,
    Redacted,
    RedactionAsked,
)
from trialwright.record.wire import ERASED, Stamp, decode, encode, secret_of, without

ROOT = "ROOT"
"""The log that orders all others; only custodians know it."""

SALT = 16
"""The length of a salt in bytes: fixed, so that no byte can wander between a salt and its secret."""

Draw = Callable[[int], bytes]
"""Chance as an argument: `draw(16)` gives 16 random bytes."""


@frozen(kw_only=True)
class Line:
    """A line as it is kept: the exact bytes, the hash that covers them and all before, and the erasable secret with its salt."""

    log: str
    seq: int
    body: bytes
    head: bytes
    salt: bytes = b""
    secret: bytes | None = None


def place_of(origin: str) -> str:
    """The place for which this ledger holds a part of a trial, as its name tells after "#"; "" for the trial itself.

    >>> place_of("trialwright/SSC/real/9c1d#EVALUATOR/77e0"), place_of("trialwright/SSC/real/9c1d")
    ('EVALUATOR', '')
    """
    return origin.partition("#")[2].partition("/")[0]


def beginning(origin: str, log: str) -> bytes:
    """The head of an empty log: the ledger's name and the log's name, so that no log can stand in for another.

    A part of a trial has a root of its own; its other logs are those of the trial, byte for byte.
    """
    name = origin if log == ROOT else origin.partition("#")[0]
    return hashlib.sha256(b"\x03" + name.encode() + b"\n" + log.encode()).digest()


def chained(head: bytes, body: bytes) -> bytes:
    """The head after `body`: SHA-256(0x02, head before, SHA-256(0x00, body))."""
    return hashlib.sha256(b"\x02" + head + hashlib.sha256(b"\x00" + body).digest()).digest()


def committed(salt: bytes, secret: bytes) -> str:
    """The commitment to a secret: without its salt even a score from 0 to 3 cannot be guessed from it."""
    return hashlib.sha256(b"\x01" + salt + secret).hexdigest()


def ordered(log: str, seq: int, head: bytes) -> bytes:
    """The line of the root log that says: next came line `seq` of `log`, whose head was `head`."""
    return f"{log} {seq} {head.hex()}".encode()


class Ledger:
    """All logs of one trial in memory. `origin` names this ledger among all ledgers.

    Lines come in through `prepare` (new events) and `accept` (lines that are kept): what the disk did not take,
    the ledger does not hold, and what cannot be read back never reaches the disk.
    """

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self._heads: dict[str, bytes] = {}
        self._sizes: dict[str, int] = {}
        self._entries: list[Entry] = []
        self.broken: list[tuple[datetime, CodeBroken]] = []
        self.amended: list[Entry] = []
        self.bridges: list[Bridged] = []

    def copy(self) -> "Ledger":
        """The same ledger, to try out a save of several commands before any of it is kept."""
        other = Ledger(self.origin)
        other._heads, other._sizes = dict(self._heads), dict(self._sizes)
        other._entries, other.broken, other.amended = list(self._entries), list(self.broken), list(self.amended)
        other.bridges = list(self.bridges)
        return other

    def __iter__(self) -> Iterator[Entry]:
        """All entries in the order in which they happened."""
        return iter(self._entries)

    def prepare(self, events: Iterable[tuple[Happened, Stamp]], draw: Draw, brought: Iterable[Line] = ()) -> tuple[Line, ...]:
        """The lines that `events` will be, after those that were `brought` as they are; nothing changes until they are accepted.

        What is written at another place than the trial itself goes into logs of its own, so that each log has one writer.
        """
        heads, sizes, lines = dict(self._heads), dict(self._sizes), list[Line]()
        here = place_of(self.origin)

        def add(log: str, body: bytes, salt: bytes, secret: bytes | None) -> bytes:
            head = chained(heads.get(log) or beginning(self.origin, log), body)
            heads[log], sizes[log] = head, sizes.get(log, 0) + 1
            lines.append(Line(log=log, seq=sizes[log], body=body, head=head, salt=salt, secret=secret))
            return head

        for line in brought:
            heads[line.log], sizes[line.log] = line.head, line.seq
            lines.append(line)
            add(ROOT, ordered(line.log, line.seq, line.head), b"", None)
        for event, stamp in events:
            secret, salt = secret_of(event), b""
            if secret:
                salt = draw(SALT)
            log = f"{event.label.code}/{here}" if here else event.label.code
            head = add(log, encode(event, stamp, committed(salt, secret) if secret else ""), salt, secret or None)
            add(ROOT, ordered(log, sizes[log], head), b"", None)
        return tuple(lines)

    def accept(self, lines: Sequence[Line], entries: Sequence[Entry]) -> None:
        """Takes in lines that are kept (a save, or the whole file when it is opened), in their root order, with what they say."""
        for line in lines:
            self._heads[line.log], self._sizes[line.log] = line.head, line.seq
        self._entries.extend(entries)
        self.broken.extend((entry.at, entry.event) for entry in entries if isinstance(entry.event, CodeBroken))
        self.bridges.extend(entry.event for entry in entries if isinstance(entry.event, Bridged))
        self.amended.extend(entry for entry in entries if isinstance(entry.event, AmendmentProposed | Amended))
        if any(isinstance(entry.event, Redacted) for entry in entries):
            self._erase()

    def _erase(self) -> None:
        """Takes erased words out of the entries and says in their place who erased them, when and why: first out of the reasons given for that."""
        places = {(entry.event.label, entry.ref): place for place, entry in enumerate(self._entries)}

        def target(entry: Entry) -> int:
            """Where the entry stands in which this one erases; what an erasure had kept belongs to the entry of that erasure."""
            place = places[entry.event.label, entry.event.erases] if isinstance(entry.event, Redacted) else -1
            further = self._entries[place]
            if not isinstance(further.event, Redacted):
                return place
            self._entries[place] = evolve(further, event=evolve(further.event, kept=ERASED))
            return target(further)

        erasing = [(target(entry), entry, entry.event) for entry in self._entries if isinstance(entry.event, Redacted)]
        for place, entry, event in sorted(erasing, key=lambda one: not isinstance(self._entries[one[0]].event, RedactionAsked)):
            wish, gone = self._entries[places[entry.event.label, event.request]], self._entries[place]
            because = wish.event.because if isinstance(wish.event, RedactionAsked) else ""
            note = f"erased on {entry.at:%Y-%m-%d} by {wish.by} and {entry.by}, because {because}"
            self._entries[place] = evolve(gone, event=without(gone.event, event, note))


def entries_of(lines: Iterable[Line]) -> tuple[Entry, ...]:
    """What the lines say, the root's own left out. Raises `Garbled` when one of them is no event."""
    return tuple(_entry(line) for line in lines if line.log != ROOT)


def _entry(line: Line) -> Entry:
    """The event that a line holds, with its stamp and its name."""
    event, stamp, _ = decode(line.body, line.secret)
    return Entry(log=line.log, seq=line.seq, ref=line.head.hex()[:16], page=stamp.page, at=stamp.at,
                 by=stamp.by, role=stamp.role, event=event)  # fmt: skip


def checkpoint(origin: str, size: int, head: bytes) -> str:
    """Three lines that pin a ledger: its name, how many root lines it has, and the head of the last one (C2SP note body)."""
    return f"{origin}\n{size}\n{base64.b64encode(head).decode()}\n"
