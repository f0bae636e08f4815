"""The files that belong to the record, each kept under the SHA-256 of its content: written once, never changed, never removed."""

import hashlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

import orjson
from attrs import frozen

from trialwright.record.ledger import ROOT
from trialwright.store.keeping import Fault, Rows, StoreError


@frozen
class Attachments:
    """The folder of the files of a trial."""

    folder: Path

    def path(self, sha256: str) -> Path:
        """Where the content with this digest lies."""
        return self.folder / sha256[:2] / sha256

    def keep(self, content: bytes) -> str:
        """Makes a content durable, for its owner alone, and gives its digest. What is there already stays."""
        digest = hashlib.sha256(content).hexdigest()
        place = self.path(digest)
        if self.fault(digest, len(content)) is not None:
            try:
                place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                _written(content, place)
            except OSError as problem:
                raise StoreError(f"Nothing was saved: {self.folder} does not take it ({problem}). Check the disk and its rights, then save again.") from problem
        return digest

    def read(self, sha256: str, size: int) -> bytes:
        """The content with this digest. Raises `StoreError` when it is missing or changed."""
        wrong = self.fault(sha256, size)
        if wrong is not None:
            raise StoreError(f"{self.path(sha256)}: {wrong}. Restore it from a backup.")
        return self.path(sha256).read_bytes()

    def remove(self, sha256: str) -> None:
        """Takes away a file that was erased."""
        self.path(sha256).unlink(missing_ok=True)

    def fault(self, sha256: str, size: int) -> str | None:
        """What is wrong with a file; None when it is what was kept."""
        try:
            with self.path(sha256).open("rb") as file:
                found = os.fstat(file.fileno()).st_size
                if found != size:
                    return f"changed: it has {found} bytes, not {size}"
                return None if hashlib.file_digest(file, "sha256").hexdigest() == sha256 else "changed: its content is not the one that was kept"
        except FileNotFoundError:
            return "missing"
        except OSError as problem:
            return f"not readable ({problem})"


def missing_or_changed(rows: Rows, kept: Attachments) -> Iterator[Fault]:
    """Every file that the record names and that is not what was kept, or is there although it was erased. A line that is damaged names none."""
    there, erased = {(log, seq) for log, seq, _, _ in rows.secrets}, dict[str, str]()
    named = set()
    for log, seq, body, _ in rows.lines:
        if log != ROOT and isinstance(body, bytes) and b'"kind":"Attached"' in body:
            try:
                event = orjson.loads(body)["event"]
                sha256, size = str(event["sha256"]), int(event["size"])
            except (orjson.JSONDecodeError, KeyError, TypeError, ValueError):
                continue
            if (log, seq) not in there:
                erased[sha256] = f"{log} line {seq}"
                continue
            named.add(sha256)
            wrong = kept.fault(sha256, size)
            if wrong is not None:
                yield Fault(f"{log} line {seq}", f"the file {kept.path(sha256)} is {wrong}")
    for sha256, where in erased.items():
        if sha256 not in named and kept.path(sha256).exists():
            yield Fault(where, f"the file {kept.path(sha256)} was erased and is still there: run trialwright scrub")


def _written(content: bytes, place: Path) -> None:
    """Writes a file so that it is there whole, or not at all, also after a power cut."""
    new = place.with_name(f".{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        new.replace(place)
    finally:
        new.unlink(missing_ok=True)
    for folder in (place.parent, place.parent.parent, place.parent.parent.parent):
        settled(folder)


def settled(folder: Path) -> None:
    """Waits until the names in a folder are on the disk, where the system lets one ask for that."""
    if hasattr(os, "O_DIRECTORY"):
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


