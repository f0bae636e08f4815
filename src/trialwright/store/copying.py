"""Copies of a trial that were read back before they count, kept for months, and locked when they leave the building."""

import filecmp
import hashlib
import io
import os
import re
import shutil
import tarfile
import tempfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePosixPath

import orjson
from attrs import frozen

from trialwright.record.ledger import ROOT
from trialwright.store import stream
from trialwright.store.address import Address
from trialwright.store.attachments import Attachments, missing_or_changed, settled
from trialwright.store.beside import ACCOUNTS_KEY, ATTACHMENTS, KEY, beside, placed
from trialwright.store.keeping import Rows, StoreError, in_our_words
from trialwright.store.known import Backed, Known
from trialwright.store.locking import Recipient, lock, new_key, public_keys, unlock
from trialwright.store.opening import opened
from trialwright.store.verify import first_wrong

HOURLY = timedelta(hours=48)
"""For so long every backup is kept; then one of each day, then one of each month."""
DAYS, MONTHS = 35, 12
FORMAT = "trialwright-backup/1"
TRIAL, MANIFEST = "trial.jsonl", "manifest.json"
_CLEAR, _LOCKED = ".tar.gz", ".tar.gz.age"
_STAMP, _STAMPED = "%Y%m%dT%H%M%S.%fZ", re.compile(r"\d{8}T\d{6}\.\d{6}Z")
README = """A backup of a clinical trial, made by Trialwright.

trial.jsonl    everything that was ever recorded, one JSON object a line, in its order: log, seq, body, head (SHA-256 chain), salt, secret
accounts.db    the accounts of the application (SQLite), where there were any
attachments/   files that belong to the trial, where there were any
*.key          keys; only in a backup that was locked for a recipient
manifest.json  the SHA-256 of each of these files

Put it back with: trialwright restore THIS-FILE --out trial.db
"""


@frozen(kw_only=True)
class Copy:
    """What a backup holds, read back from it: the rows of the trial, when they were copied, and the other files, in a folder."""

    made: datetime
    rows: Rows
    folder: Path

    @property
    def lines(self) -> int:
        return sum(log == ROOT for log, *_ in self.rows.lines)


def backup(at: Address, out: Path, now: datetime, recipients: Sequence[str] = ()) -> Backed:
    """Writes a copy of a trial into the folder `out`, also while somebody writes the trial, and reads it back before it counts.

    With `recipients` (age1...) it is locked for them and holds the keys too; without, it must not leave the building and holds none.
    Older copies are then thinned out. Raises `StoreError`; then no copy is there that was not before, and none is gone.
    """
    to = public_keys(recipients)
    with closing(opened(at, writes=False)) as keeper:
        known = Known(keeper.about().get("origin", ""))
        try:
            rows, faults = keeper.read(examined=True)
            wrong = first_wrong(at, rows, faults)
            if wrong:
                raise StoreError(f"{at} does not verify: {wrong}. No backup was made of it; keep the earlier ones, and run `trialwright verify {at}`.")
            done = Backed(at=now, file=str(_written(at, out, rows, now, to)), lines=sum(log == ROOT for log, *_ in rows.lines), encrypted=bool(to))
        except (OSError, StoreError) as problem:
            known.note(Backed(at=now, file=str(out), failed=str(problem)))
            raise
    known.note(done)
    for old in superseded(copies_beside(Path(done.file)), now):
        old.unlink()
    return done


def _written(at: Address, out: Path, rows: Rows, now: datetime, to: Sequence[Recipient]) -> Path:
    name = f"{trial_name(rows.about['origin'])}-{now.astimezone(UTC).strftime(_STAMP)}{_LOCKED if to else _CLEAR}"
    out.mkdir(parents=True, exist_ok=True)
    if (out / name).exists():
        raise StoreError(f"{out / name} is there already. Wait a moment, then try again.")
    part = out / f".{name}.part"
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "plain"  # what is not locked yet never touches the other disk
        _pack(plain, _contents(at, rows, keys=bool(to)), now)
        if unpacked(plain, Path(folder) / "again").rows != rows:
            raise StoreError("The backup does not hold what the trial holds; it was thrown away. Check the disk and the memory of this machine.")
        try:
            _carry(plain, part, to)
            part.replace(out / name)
            settled(out)
        finally:
            part.unlink(missing_ok=True)
    return out / name


def _contents(at: Address, rows: Rows, *, keys: bool) -> Iterator[tuple[str, bytes]]:
    yield "README.txt", README.encode()
    yield TRIAL, b"".join(stream.written(rows))
    yield from ((name, content) for name, content in beside(at) if keys or name not in (KEY, ACCOUNTS_KEY))


def _pack(path: Path, contents: Iterable[tuple[str, bytes]], now: datetime) -> None:
    told: dict[str, str] = {}

    def add(name: str, content: bytes) -> None:
        entry = tarfile.TarInfo(name)
        entry.size, entry.mtime, entry.mode = len(content), int(now.timestamp()), 0o600
        archive.addfile(entry, io.BytesIO(content))

    with tarfile.open(path, "w:gz") as archive:
        for name, content in contents:
            add(name, content)
            told[name] = hashlib.sha256(content).hexdigest()
        add(MANIFEST, orjson.dumps({"format": FORMAT, "made": now.isoformat(), "sha256": told}, option=orjson.OPT_INDENT_2))


def unpacked(path: Path, folder: Path) -> Copy:
    """Reads a backup that is not locked (any more) into a new folder, and all of it again. Raises `StoreError` when anything is not as it was written."""
    found: dict[str, str] = {}
    try:
        with tarfile.open(path, "r:gz") as archive:
            for entry in archive:
                content = archive.extractfile(entry)
                if content is None or PurePosixPath(entry.name).is_absolute() or ".." in PurePosixPath(entry.name).parts:
                    raise StoreError(f"{path} holds {entry.name!r}, which no backup holds. Take another one.")
                placed(told := content.read(), folder / entry.name)
                found[entry.name] = hashlib.sha256(told).hexdigest()
        manifest = orjson.loads((folder / MANIFEST).read_bytes())
        in_our_words(path, manifest["format"], FORMAT)
        made, expected = datetime.fromisoformat(manifest["made"]), {**manifest["sha256"]}
    except (tarfile.TarError, zlib.error, OSError, EOFError, KeyError, TypeError, ValueError) as problem:
        raise StoreError(f"{path} is no whole backup ({problem}). Take another one.") from problem
    wrong_files = sorted(name for name in {*expected, *found, TRIAL} - {MANIFEST} if expected.get(name) != found.get(name, ""))
    if wrong_files:
        raise StoreError(f"{path} is damaged: {', '.join(wrong_files)} "
                         "is missing, changed or foreign. Take another backup.")  # fmt: skip
    rows = stream.read((folder / TRIAL).read_bytes())
    wrong = first_wrong(path, rows) or next(missing_or_changed(rows, Attachments(folder / ATTACHMENTS)), None)
    if wrong:
        raise StoreError(f"The trial in {path} does not verify: {wrong}. Take another backup.")
    return Copy(made=made, rows=rows, folder=folder)


def _carry(plain: Path, part: Path, to: Sequence[Recipient]) -> None:
    """Copies a backup to where it belongs, locked for its recipients, and reads back what lies there.

    What is locked is locked for one key more, which is made here, opens it once to compare, and is then forgotten.
    """
    witness, again = new_key(), plain.with_name("seen")
    with plain.open("rb") as source, os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        if to:
            lock(source, file, [*to, witness.to_public()])
        else:
            shutil.copyfileobj(source, file)
        file.flush()
        os.fsync(file.fileno())
    with part.open("rb") as file, again.open("wb") as seen:
        if to:
            unlock(file, seen, [witness])
        else:
            shutil.copyfileobj(file, seen)
    if not filecmp.cmp(plain, again, shallow=False):
        raise StoreError(f"What lies at {part.parent} is not what was written there. Check that disk.")


def superseded(found: Sequence[tuple[datetime, Path]], now: datetime) -> list[Path]:
    """The copies that need not be kept: older than two days, not the last of one of 35 days, nor of one of 12 months."""
    newest = sorted(found, reverse=True)
    kept = {path for at, path in newest if now - at <= HOURLY}
    for period, count in (("%Y-%m-%d", DAYS), ("%Y-%m", MONTHS)):
        last = {at.strftime(period): path for at, path in reversed(newest)}
        kept |= {last[name] for name in sorted(last, reverse=True)[:count]}
    return [path for _, path in newest if path not in kept]


def copies_beside(path: Path) -> list[tuple[datetime, Path]]:
    """This copy and the others of the same trial, of the same kind, beside it."""
    kind = _CLEAR if path.name.endswith(_CLEAR) else _LOCKED
    return copies_in(path.parent, path.name.removesuffix(kind).rpartition("-")[0], (kind,))


def copies_in(folder: Path, trial: str, kinds: Sequence[str] = (_CLEAR, _LOCKED)) -> list[tuple[datetime, Path]]:
    """The copies of one trial in a folder, with the moments at which they were made."""
    found = []
    for kind in kinds:
        for one in folder.glob(f"*{kind}"):
            name, _, stamp = one.name.removesuffix(kind).rpartition("-")
            if name == trial and _STAMPED.fullmatch(stamp):
                found.append((datetime.strptime(stamp, _STAMP).replace(tzinfo=UTC), one))
    return found


def trial_name(origin: str) -> str:
    """How the copies of a trial begin, from its own name."""
    return f"{origin.split('/')[1]}-{origin[-8:]}"
