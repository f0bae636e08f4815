"""Copies of the study that are being made: in the background, one at a time, kept for an hour for the person who asked."""

import secrets
import tempfile
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from attrs import define

from trialwright.protocol import Text
from trialwright.record import Refused
from trialwright.store import StoreError

KEPT = timedelta(hours=1)
_FAILED = Text("The program failed and made no copy. Tell the person who runs it the time of day.", "程序出错，未生成副本。请将时间告知系统管理员。")
Work = Callable[[], None]


@define
class Copy:
    """One copy: who asked for it and when, how far it is, and where it lies once it is there (`digest`) or why there is none (`problem`)."""

    code: str
    account: str
    at: datetime
    path: Path
    done: int = 0
    steps: int = 1
    step: Text | None = None
    digest: str = ""
    size: int = 0
    problem: Text | None = None

    @property
    def running(self) -> bool:
        return not self.digest and self.problem is None


def in_background(work: Work) -> None:
    """Begins work that goes on by itself and never keeps the program open."""
    threading.Thread(target=work, daemon=True, name="copy of the study").start()


class Copies:
    """The copies of one server. They lie in a folder that goes when the program ends."""

    def __init__(self, begin: Callable[[Work], None] = in_background) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="trialwright-copies-")
        self._begin = begin
        self._lock = threading.Lock()
        self._turn = threading.Lock()  # one is made after the other: it takes much of the machine
        self._copies: dict[tuple[str, str], Copy] = {}

    def ask(self, code: str, account: str, at: datetime, make: Callable[[Copy], str]) -> Copy | None:
        """Begins a copy; None while another one of his is being made. `make` writes the file of the copy and gives its digest.

        That somebody else is making one is told to nobody, for a blind person might learn from it what happens elsewhere.
        """
        with self._lock:
            self._forget(at)
            if any(one.running and one.account == account for one in self._copies.values()):
                return None
            copy = self._copies[account, code] = Copy(code, account, at, Path(self._folder.name) / f"{secrets.token_hex(8)}.zip")
        self._begin(lambda: self._made(copy, make))
        return copy

    def of(self, account: str, code: str, at: datetime) -> Copy | None:
        """The copy of this name, if it is his and still there."""
        with self._lock:
            self._forget(at)
            return self._copies.get((account, code))

    def drop(self) -> None:
        """Takes away every copy, those that are being made too: something in them was erased from the record."""
        with self._lock:
            for one in self._copies.values():
                one.path.unlink(missing_ok=True)
            self._copies.clear()

    def _made(self, copy: Copy, make: Callable[[Copy], str]) -> None:
        problem = _FAILED
        try:
            with self._turn:
                digest = make(copy)
            copy.size = copy.path.stat().st_size
            copy.digest = digest
        except Refused as refused:
            problem = refused.because
        except (StoreError, OSError) as failed:
            problem = Text(f"No copy was made: {failed}", f"未生成副本：{failed}")
        finally:
            with self._lock:
                dropped = self._copies.get((copy.account, copy.code)) is not copy
            if not copy.digest or dropped:
                copy.problem = problem
                copy.path.unlink(missing_ok=True)

    def _forget(self, at: datetime) -> None:
        for key, one in list(self._copies.items()):
            if not one.running and at - one.at > KEPT:
                one.path.unlink(missing_ok=True)
                del self._copies[key]
