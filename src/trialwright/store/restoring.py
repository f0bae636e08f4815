"""A trial put back from a backup: never over another one, and never without being noticed."""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime
from functools import partial
from pathlib import Path

from trialwright.store.address import Address
from trialwright.store.beside import ACCOUNTS, ACCOUNTS_KEY, ATTACHMENTS, KEY
from trialwright.store.copying import Copy, unpacked
from trialwright.store.keeping import StoreError, Unsure
from trialwright.store.known import Known, Restored
from trialwright.store.locking import unlocked
from trialwright.store.moving import put
from trialwright.store.signing import belongs


def restore(file: Path, target: Address, now: datetime, by: str, identity: Path | None = None) -> Copy:
    """Writes the trial of a backup, with all that was kept beside it, into an empty place.

    A trial of real people then opens read-only until two people have accepted it: what was recorded after the backup is not in it.
    Raises `StoreError`; then nothing is there that was not before.
    """
    if not file.is_file():
        raise StoreError(f"There is no backup {file}. Check the name.")
    with tempfile.TemporaryDirectory() as folder, ExitStack() as undo:
        copy = unpacked(unlocked(file, identity, Path(folder)), Path(folder) / "content")
        key = copy.folder / KEY
        if key.is_file() and not belongs(key.read_bytes(), copy.rows.about["key"]):
            raise StoreError(f"The key in {file} is not the one of its trial. Take another backup.")
        if copy.rows.about["people"] == "real":  # noted first: whatever happens meanwhile, no restored trial is taken for the one that it was
            _note(Known(copy.rows.about["origin"]), Restored(at=now, by=by, file=file.name, made=copy.made), undo)
        try:
            put(copy.rows, _files(copy), target)
        except Unsure:
            undo.pop_all()
            raise
        undo.pop_all()
    return copy


def _note(known: Known, restored: Restored, undo: ExitStack) -> None:
    """Remembers a restore; `undo` makes it forgotten again, but for an earlier one that nobody has accepted."""
    earlier = known.restored()
    undo.callback(partial(known.note, earlier) if earlier else known.accept)
    known.note(restored)


def _files(copy: Copy) -> Iterator[tuple[str, bytes]]:
    """What a backup holds beside the trial."""
    for path in sorted(copy.folder.rglob("*")):
        name = path.relative_to(copy.folder).as_posix()
        if path.is_file() and (name in (ACCOUNTS, KEY, ACCOUNTS_KEY) or name.startswith(f"{ATTACHMENTS}/")):
            yield name, path.read_bytes()
