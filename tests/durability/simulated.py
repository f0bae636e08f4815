"""A disk that forgets: only what was synced survives a power cut, and of the rest some torn part; it can also be full, broken or read-only.

SQLite writes to it through APSW's replaceable file layer, with the code and settings of the store as they are shipped. Shared memory
is not simulated, so the write-ahead log runs in exclusive mode, with one connection.
"""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import apsw
from attrs import Factory, define

from trialwright.store.engine import sqlite

SECTOR = 512
FAULTS: dict[str, dict[str, type[apsw.Error]]] = {
    "full": {"write": apsw.FullError},
    "broken": dict.fromkeys(("write", "truncate", "sync", "delete"), apsw.IOError) | {"create": apsw.CantOpenError},
    "read-only": dict.fromkeys(("write", "truncate", "delete"), apsw.IOError) | {"create": apsw.CantOpenError},
}
"""Which operations fail, and with what SQLite is told then (on Unix a write to a read-only disk is an I/O error)."""


@define
class Content:
    """One file: as programs see it, as it is for certain on the plates, and what was written since."""

    seen: bytearray
    synced: bytearray | None = None
    pending: list[tuple[int, bytes | None]] = Factory(list)


@define
class Disk:
    """All files of a simulated machine. `dies_at`: the operation at which the power goes; `fault`: which kind (FAULTS), from which operation, how long."""

    chance: random.Random
    files: dict[str, Content] = Factory(dict)
    unlinked: dict[str, Content] = Factory(dict)
    operations: int = 0
    dies_at: int | None = None
    fault: tuple[str, int, int] | None = None
    dead: bool = False

    def change(self, what: str) -> None:
        """Every operation that changes something passes here."""
        self.operations += 1
        if self.dies_at is not None and self.operations >= self.dies_at:
            self.dead = True
        self.alive()
        if self.fault is not None:
            kind, begin, times = self.fault
            error = FAULTS[kind].get(what)
            if error and begin <= self.operations < begin + times:
                raise error("simulated")

    def alive(self) -> None:
        if self.dead:
            raise apsw.IOError("the power is gone")

    def after_power_cut(self) -> dict[str, bytes]:
        """What a machine finds that comes up again."""
        left = {name: content for name, content in self.unlinked.items() if self.chance.random() < 0.5} | self.files
        return {name: found for name, content in left.items() if (found := self._survivor(content)) is not None}

    def _survivor(self, content: Content) -> bytes | None:
        if content.synced is None and self.chance.random() < 0.3:
            return None
        found = bytearray(content.synced or b"")
        style, share = self.chance.choice(("none", "all", "beginning", "some")), self.chance.random()
        for number, (offset, data) in enumerate(content.pending):
            if style == "none" or (style == "beginning" and number >= share * len(content.pending)) or (style == "some" and self.chance.random() > share):
                continue
            if data is None:
                del found[offset:]
            else:
                self._land(found, offset, data)
        return bytes(found)

    def _land(self, found: bytearray, offset: int, data: bytes) -> None:
        """A write arrives whole, or (one time in eight) only in some of its sectors."""
        torn = self.chance.random() < 0.125
        for start in range(0, len(data), SECTOR):
            if not torn or self.chance.random() < 0.5:
                _put(found, offset + start, data[start : start + SECTOR])


def _put(content: bytearray, offset: int, data: bytes) -> None:
    if len(content) < offset:
        content.extend(bytes(offset - len(content)))
    content[offset : offset + len(data)] = data


class _File:
    """An open file on a simulated disk, as SQLite asks for it."""

    def __init__(self, disk: Disk, content: Content) -> None:
        self.disk, self.content = disk, content

    def xRead(self, amount: int, offset: int) -> bytes:
        self.disk.alive()
        return bytes(self.content.seen[offset : offset + amount])

    def xWrite(self, data: bytes, offset: int) -> None:
        self.disk.change("write")
        _put(self.content.seen, offset, data)
        self.content.pending.append((offset, bytes(data)))

    def xTruncate(self, size: int) -> None:
        self.disk.change("truncate")
        del self.content.seen[size:]
        self.content.pending.append((size, None))

    def xSync(self, flags: int) -> None:
        self.disk.change("sync")
        self.content.synced, self.content.pending = bytearray(self.content.seen), []
        self.disk.unlinked.clear()  # a later sync makes an earlier removal last

    def xFileSize(self) -> int:
        self.disk.alive()
        return len(self.content.seen)

    def xClose(self) -> None:
        pass

    def xLock(self, level: int) -> None:
        pass

    def xUnlock(self, level: int) -> None:
        pass

    def xCheckReservedLock(self) -> bool:
        return False

    def xFileControl(self, op: int, pointer: int) -> bool:
        return False

    def xSectorSize(self) -> int:
        return SECTOR

    def xDeviceCharacteristics(self) -> int:
        return 0


class Layer(apsw.VFS):
    """The file layer under which a simulated disk is mounted."""

    NAME = "forgetful"

    def __init__(self) -> None:
        super().__init__(self.NAME, "")
        self.disk: Disk | None = None

    def xOpen(self, name: "apsw.URIFilename | str | None", flags: list[int]) -> _File:
        place = name.filename() if isinstance(name, apsw.URIFilename) else str(name)
        if place not in self.disk.files:
            self.disk.change("create")
            self.disk.files[place] = Content(bytearray())
        flags[1] = flags[0]
        return _File(self.disk, self.disk.files[place])

    def xDelete(self, name: str, sync: bool) -> None:
        self.disk.change("delete")
        content = self.disk.files.pop(name, None)
        if content is not None and content.synced is not None and not sync:
            self.disk.unlinked[name] = content

    def xAccess(self, name: str, flags: int) -> bool:
        self.disk.alive()
        return name in self.disk.files

    def xFullPathname(self, name: str) -> str:
        return name


class Connection:
    """APSW, spoken to as the store speaks to SQLite: the same statements, the same errors."""

    def __init__(self, path: Path, *, control: str = "") -> None:
        with _as_sqlite():
            self.real = apsw.Connection(str(path), vfs=Layer.NAME)
            self.real.execute("PRAGMA locking_mode=EXCLUSIVE")
        self.control = control

    @property
    def in_transaction(self) -> bool:
        return self.real.in_transaction

    def execute(self, statement: str, values: tuple = ()):
        with _as_sqlite():
            done = self.real.execute(statement, values)
            if self.control and statement.startswith("PRAGMA synchronous"):  # what the store said is overruled: the control run
                self.real.execute(self.control)
            return done

    def executemany(self, statement: str, values):
        with _as_sqlite():
            return self.real.executemany(statement, values)

    def close(self) -> None:
        with _as_sqlite():
            self.real.close()


@contextmanager
def _as_sqlite() -> Iterator[None]:
    try:
        yield
    except apsw.ConstraintError as problem:
        raise sqlite.IntegrityError(str(problem)) from problem
    except apsw.Error as problem:
        raise sqlite.OperationalError(str(problem)) from problem


LAYER = Layer()
