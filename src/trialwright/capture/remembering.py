"""What was read from the accounts file is remembered until somebody changes that file: most requests then ask it one short question."""

import sqlite3
import threading
from collections.abc import Callable, Hashable
from copy import deepcopy
from typing import Any, TypeVar, cast

from django.contrib.sessions.backends import db
from django.db import connection

Told = TypeVar("Told")


class _Memory(threading.local):
    """What this thread has read over its own connection, and the state of the file in which it read that."""

    def __init__(self) -> None:
        self.state: tuple[object, ...] = ()
        self.told: dict[Hashable, Any] = {}


_memory = _Memory()


def remembered(key: Hashable, read: Callable[[], Told]) -> Told:
    """What `read` gives, without reading again while nobody has written to the accounts file. Nothing found is never remembered."""
    if connection.in_atomic_block:  # what is written here may yet be taken back
        return read()
    connection.ensure_connection()
    file = cast(sqlite3.Connection, connection.connection)
    state = (file, file.execute("PRAGMA data_version").fetchone()[0], file.total_changes)  # what others wrote, and what this thread wrote
    if state != _memory.state:
        _memory.state, _memory.told = state, {}
    found = _memory.told.get(key) or read()
    if found:
        _memory.told[key] = found
    return cast(Told, found)


class SessionStore(db.SessionStore):
    """Django's sessions in the accounts file."""

    def load(self) -> dict[str, Any]:
        return deepcopy(remembered(("session", self.session_key), super().load))
