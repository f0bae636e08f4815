"""The clock of the machine, held against one that only runs, so that it shows when somebody moved it."""

import ctypes
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

BACK, AHEAD = 2.0, 60.0
"""Seconds by which the clock may go back or ahead before it is noted: less is what a time server mends every day."""


def _running() -> float:
    """Seconds that only run, through the sleep of the machine too where the system can tell."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


def synchronized() -> bool | None:
    """Whether the system knows that a time server keeps its clock; None where it does not tell (it does on Linux)."""
    if not sys.platform.startswith("linux"):
        return None
    told = ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(512))  # changes nothing: a question with no wish in it
    return None if told < 0 else bool(told != _UNSYNCHRONIZED)


_UNSYNCHRONIZED = 5
"""TIME_ERROR of adjtimex(2): the clock is not synchronized to a reliable server."""


class MachineClock:
    """Tells the time in UTC; `jump` tells by how much it was moved since somebody last asked."""

    def __init__(self, wall: Callable[[], float] = time.time, running: Callable[[], float] = _running) -> None:
        self._wall, self._running, self._lock = wall, running, threading.Lock()
        self._apart = wall() - running()

    def __call__(self) -> datetime:
        return datetime.fromtimestamp(self._wall(), UTC)

    def jump(self) -> float:
        """Seconds by which the clock was moved, if that is worth a note; 0 otherwise. Told once."""
        with self._lock:
            apart = self._wall() - self._running()
            jump = apart - self._apart
            if -BACK <= jump <= AHEAD:
                return 0.0
            self._apart = apart
            return jump

    def again(self, jump: float) -> None:
        """The jump could not be noted: tell it again."""
        with self._lock:
            self._apart -= jump
