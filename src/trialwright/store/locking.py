"""Locks a file for its recipients in the age format, which any age program opens with their key."""

import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

import pyrage

from trialwright.store.keeping import StoreError

Recipient = Any
"""A public key (pyrage carries no types)."""
Identity = Any
"""A private key."""


def public_keys(texts: Sequence[str]) -> list[Recipient]:
    """The recipients whose public keys these are. Raises `StoreError` for what is none."""
    try:
        return [pyrage.x25519.Recipient.from_str(text.strip()) for text in texts]
    except pyrage.RecipientError as problem:
        raise StoreError(f"A recipient is no public key of age ({problem}). It begins with age1; `trialwright backup-key` makes one.") from problem


def new_key() -> Identity:
    return pyrage.x25519.Identity.generate()


def lock(source: BinaryIO, target: BinaryIO, to: Sequence[Recipient]) -> None:
    pyrage.encrypt_io(source, target, list(to))


def unlock(source: BinaryIO, target: BinaryIO, keys: Sequence[Identity]) -> None:
    """Raises `pyrage.DecryptError` for a key that does not fit, `OSError` for a file that was changed."""
    pyrage.decrypt_io(source, target, list(keys))


def unlocked(path: Path, identity: Path | None, folder: Path) -> Path:
    """The backup in the clear: itself, or what the key file of a recipient makes of it, in `folder`."""
    if path.suffix != ".age":
        return path
    if identity is None:
        raise StoreError(f"{path} is locked. Name the file with the key of a recipient: --identity FILE.")
    try:
        lines = [line.strip() for line in identity.read_text(encoding="utf-8").splitlines() if line.strip() and not line.startswith("#")]
        keys = [pyrage.x25519.Identity.from_str(line) for line in lines]
        with path.open("rb") as source, (folder / "plain").open("wb") as plain:
            unlock(source, plain, keys)
    except (pyrage.IdentityError, pyrage.DecryptError, UnicodeDecodeError, OSError) as problem:
        raise StoreError(f"{path} cannot be opened with {identity} ({problem}). Name the key of a recipient for whom it was locked, "
                         "or take another backup.") from problem  # fmt: skip
    return folder / "plain"


def backup_key(path: Path, now: datetime) -> str:
    """Makes the key file of a recipient, never over another file, and gives the public key for which backups are then locked."""
    key = new_key()
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400), "w", encoding="utf-8") as file:
        file.write(f"# made {now.isoformat(timespec='seconds')}\n# public key: {key.to_public()}\n{key}\n")
    return str(key.to_public())
