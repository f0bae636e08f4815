"""From an address to what keeps the trial there: a file, or a database server."""

from pathlib import Path
from types import ModuleType

from trialwright.store import sqlite
from trialwright.store.address import Address, Database, key_path
from trialwright.store.keeping import Keeper, StoreError
from trialwright.store.signing import belongs


def vacant(at: Address, public: str = "") -> None:
    """Raises `StoreError` while a trial file is there, or the key of another trial than the one with this `public` key."""
    if isinstance(at, Path) and at.exists():
        raise StoreError(f"{at} exists already. Choose another name, or open it with `trialwright serve`.")
    key = key_path(at)
    if key == at or (key.exists() and not belongs(key.read_bytes(), public)):
        raise StoreError(f"{key} is, or would be, the key of another trial; nothing was written. Choose another name for the trial, or move that key away.")


def made(at: Address, public: str = "") -> Keeper:
    """An empty place for the trial with this `public` key (a new one, if it is empty), with the pen in hand."""
    vacant(at, public)
    keeper: Keeper = sqlite.made(at) if isinstance(at, Path) else _postgresql().made(at)
    return keeper


def opened(at: Address, *, writes: bool) -> Keeper:
    """What keeps a trial that is there. One program at a time opens it to write; any number may read it meanwhile."""
    keeper: Keeper = sqlite.opened(at, writes=writes) if isinstance(at, Path) else _postgresql().opened(at, writes=writes)
    return keeper


def discard(at: Address) -> None:
    """Takes away a file in which no trial could begin, with its key; in a database nothing stays of a beginning that failed."""
    for leftover in (at, key_path(at)) if isinstance(at, Path) else ():
        leftover.unlink(missing_ok=True)


def exists(at: Address) -> bool:
    """Whether there is a trial at this address."""
    return at.exists() if isinstance(at, Path) else bool(_postgresql().begun(at))


def prepare(at: Address, app: str) -> None:
    """Lays out an empty place for one trial in a database, as its owner, for the account `app` of the application."""
    if isinstance(at, Path):
        raise StoreError(f"{at} is a file; files need no preparing. Give an address like postgresql://owner@host/database?schema=name.")
    _postgresql().prepare(at, app)


def vacuum(at: Database) -> None:
    """Writes the values of a trial in a database anew, as its owner."""
    _postgresql().vacuum(at)


def _postgresql() -> ModuleType:
    """Loaded only when somebody names a database server: its driver comes with the extra `postgresql`."""
    try:
        from trialwright.store import postgresql
    except ImportError as missing:
        if missing.name != "psycopg":
            raise
        raise StoreError("A trial in PostgreSQL needs the driver psycopg. Install it with: pip install 'trialwright[postgresql]'") from missing
    return postgresql
