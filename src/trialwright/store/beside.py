"""What belongs to a trial and lies beside it: the accounts, the attachments, and the keys."""

import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path, PurePosixPath

from trialwright.store.address import Address, accounts_path, attachments_path, key_path
from trialwright.store.attachments import settled
from trialwright.store.engine import sqlite
from trialwright.store.keeping import StoreError

ACCOUNTS, ATTACHMENTS, KEY, ACCOUNTS_KEY = "accounts.db", "attachments", "trial.key", "accounts.key"
Files = Iterable[tuple[str, bytes]]
"""Names, the same wherever a trial is kept, and contents."""


def beside(at: Address) -> Iterator[tuple[str, bytes]]:
    """All that lies beside a trial, each in one state, also while somebody writes it."""
    accounts, attachments = accounts_path(at), attachments_path(at)
    if accounts.is_file():
        yield ACCOUNTS, _snapshot(accounts)
    for path in sorted(attachments.rglob("*")) if attachments.is_dir() else ():
        if path.is_file() and not path.name.startswith("."):  # one that somebody did not finish
            yield f"{ATTACHMENTS}/{path.relative_to(attachments).as_posix()}", path.read_bytes()
    for name, path in ((KEY, key_path(at)), (ACCOUNTS_KEY, accounts.with_suffix(".key"))):
        if path.is_file():
            yield name, path.read_bytes()


def put_beside(files: Files, at: Address, undo: ExitStack) -> None:
    """Puts files in their places beside a trial, for their owner alone and never over another one; `undo` takes them away again.

    What is there already to the byte was put there by somebody who was stopped, and stays.
    """
    folders = set()
    places = {ACCOUNTS: accounts_path(at), KEY: key_path(at), ACCOUNTS_KEY: accounts_path(at).with_suffix(".key")}
    for name, content in files:
        path = places.get(name) or attachments_path(at).parent / PurePosixPath(name)
        try:
            placed(content, path)
        except FileExistsError:
            if path.read_bytes() != content:
                raise StoreError(f"{path} is there already; nothing was written. Choose another place, or move it away.") from None
            continue
        undo.callback(path.unlink, missing_ok=True)
        folders |= {path.parent, path.parent.parent}
    for folder in sorted(folders):
        settled(folder)


def placed(content: bytes, path: Path) -> None:
    """Writes a file that is not there yet, whole or not at all, for its owner alone."""
    if path.exists():
        raise FileExistsError(path)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = path.with_name(f".{path.name}.part")
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _snapshot(database: Path) -> bytes:
    """One state of a SQLite file."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            with closing(sqlite.connect(f"{database.resolve().as_uri()}?mode=rw", uri=True)) as source, closing(sqlite.connect(f"{folder}/copy")) as copy:
                source.backup(copy)
                copy.execute("PRAGMA journal_mode=DELETE")
                answer = copy.execute("PRAGMA integrity_check(1)").fetchone()[0]
        except sqlite.Error as problem:
            raise StoreError(f"{database} cannot be copied ({problem}).") from problem
        if answer != "ok":
            raise StoreError(f"{database} is damaged ({answer}). Restore its backup.")
        return Path(folder, "copy").read_bytes()
