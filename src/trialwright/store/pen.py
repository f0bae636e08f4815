"""One program writes a trial file at a time: whoever holds its lock file has the pen, and the system takes it back even after a crash."""

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path


def pen_path(path: Path) -> Path:
    """Where the lock file of a trial file lies."""
    return path.with_name(path.name + ".lock")


def take_pen(path: Path) -> Callable[[], None]:
    """Takes the pen of a trial file and gives the way to lay it down. Raises `BlockingIOError` while another program has it."""
    lock = pen_path(path)
    while True:
        handle = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            _seize(handle)
            with suppress(FileNotFoundError):  # laid down, and its file removed, between our opening and our seizing: try again
                if os.path.samestat(os.fstat(handle), os.stat(lock)):
                    break
        except OSError:
            os.close(handle)
            raise BlockingIOError(f"another program is writing {path}") from None
        os.close(handle)

    def lay_down() -> None:
        nonlocal handle
        if handle >= 0:
            _remove_and_close(lock, handle)
            handle = -1

    return lay_down


if sys.platform == "win32":
    import msvcrt

    def _seize(handle: int) -> None:
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)

    def _remove_and_close(lock: Path, handle: int) -> None:
        os.close(handle)
        with suppress(OSError):  # somebody else has opened it meanwhile
            lock.unlink()

else:
    import fcntl

    def _seize(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _remove_and_close(lock: Path, handle: int) -> None:
        with suppress(OSError):  # on a disk that is only read the file stays, and means nothing
            lock.unlink()
        os.close(handle)
