"""What this machine knows of a trial, outside of the trial: how far it had come, its last good backup, and whether it was restored."""

import hashlib
import json
import os
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from attrs import asdict, frozen

from trialwright.record.ledger import checkpoint
from trialwright.store.address import home
from trialwright.store.keeping import StoreError

T = TypeVar("T")
SECTOR = 512
"""What a disk writes whole or not at all."""


@frozen(kw_only=True)
class Backed:
    """A backup: when, in which file, how many entries, whether it may leave the building. `failed` says why there is none."""

    at: datetime
    file: str
    lines: int = 0
    encrypted: bool = False
    failed: str = ""


@frozen(kw_only=True)
class Restored:
    """A trial that was put back from a backup: when, by whom, from which file, and when that was made."""

    at: datetime
    by: str
    file: str
    made: datetime


@frozen(kw_only=True)
class Erased:
    """An erasure, so that it can be repeated in a copy that is older than it: the name of the entry, when it was done, and by whom."""

    entry: str
    at: datetime
    by: str


@frozen
class Known:
    """The memory of one trial, by its name (`origin`): wherever the trial lies, and whatever lies there instead of it."""

    origin: str

    @property
    def folder(self) -> Path:
        return home() / "known" / hashlib.sha256(self.origin.encode()).hexdigest()[:32]

    def reached(self) -> tuple[int, str] | None:
        """How many root lines there were, and the head of the last one; None when this machine never saw the trial written."""
        try:
            origin, size, head = (self.folder / "tail").read_text(encoding="utf-8").split("\n")[:3]
            return (int(size), head) if origin == self.origin else None
        except (FileNotFoundError, ValueError):  # never seen, or a power cut took what was not yet on the disk
            return None

    def reach(self, size: int, head: bytes) -> None:
        """Remembers the last line. After each save, and cheap: one sector, written in place and not waited for."""
        path, told = self.folder / "tail", checkpoint(self.origin, size, head).encode().ljust(SECTOR)
        if not path.exists():
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            path.touch(mode=0o600)
        with path.open("r+b", buffering=0) as file:
            file.write(told)

    def backed(self) -> Backed | None:
        """The last backup that was verified."""
        return self._read("backup.json", lambda plain: Backed(**_timed(plain)))

    def failure(self) -> Backed | None:
        """The last backup that failed, unless a good one came after it."""
        failed, good = self._read("failed.json", lambda plain: Backed(**_timed(plain))), self.backed()
        return failed if failed and not (good and good.at > failed.at) else None

    def restored(self) -> Restored | None:
        """The restore that nobody has accepted yet."""
        return self._read("restored.json", lambda plain: Restored(**_timed(plain)))

    def note(self, what: Backed | Restored) -> None:
        """Remembers a backup, a backup that failed, or a restore."""
        name = "restored" if isinstance(what, Restored) else "failed" if what.failed else "backup"
        if name == "backup" and Path(what.file).parent not in self.folders():
            self._write("folders.json", json.dumps(dict.fromkeys(map(str, (*self.folders(), Path(what.file).parent)), ""), ensure_ascii=False))
        plain = {key: value.isoformat() if isinstance(value, datetime) else value for key, value in asdict(what).items()}
        self._write(f"{name}.json", json.dumps(plain, ensure_ascii=False))

    def erased(self) -> tuple[Erased, ...]:
        """Every erasure that this machine saw."""
        return self._read("erased.json", lambda plain: tuple(
            Erased(entry=entry, at=datetime.fromisoformat(at), by=by) for entry, (at, by) in plain.items())) or ()  # fmt: skip

    def erase(self, new: Sequence[Erased]) -> None:
        """Remembers erasures: it must be possible to say which ones a restored trial lacks."""
        if set(new) - set(self.erased()):
            told = {one.entry: (one.at.isoformat(), one.by) for one in (*self.erased(), *new)}
            self._write("erased.json", json.dumps(told, ensure_ascii=False))

    def folders(self) -> tuple[Path, ...]:
        """Every folder into which a backup of this trial was written."""
        return self._read("folders.json", lambda plain: tuple(map(Path, plain))) or ()

    def accept(self) -> None:
        """Forgets the restore: two people have accepted it."""
        (self.folder / "restored.json").unlink(missing_ok=True)

    def _read(self, name: str, made: Callable[[dict[str, Any]], T]) -> T | None:
        """What a file holds; none when it is not there."""
        try:
            return made(json.loads((self.folder / name).read_text(encoding="utf-8")))
        except FileNotFoundError:
            return None
        except (ValueError, TypeError, AttributeError) as problem:
            raise StoreError(f"{self.folder / name} cannot be read ({problem}). Look at it with the person who runs this machine, then remove it.") from problem

    def _write(self, name: str, text: str) -> None:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self.folder / f"{name}.{os.getpid()}"
        path.write_text(text, encoding="utf-8")
        path.replace(self.folder / name)


def _timed(plain: Mapping[str, Any]) -> dict[str, Any]:
    return {key: datetime.fromisoformat(value) if key in ("at", "made") else value for key, value in plain.items()}
