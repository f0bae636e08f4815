"""A trial on its way to another place, stopped at every step: the source stays as it was, the target is absent, refused or whole, and the next try succeeds.

A step is what changes a folder or a file (made, written, synced, renamed, removed), a statement to SQLite, or a message to PostgreSQL. At each
of them one thing fails, or everything from there on, which is what a killed program leaves; a server can also have done what it did not confirm.
"""

import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from tests.durability.life import begun, saves
from tests.postgres import Server
from tests.release_gate import Shown, deep
from trialwright.store import (
    Address,
    Occupied,
    StoreError,
    address,
    backup,
    begin_again,
    examine,
    exists,
    ledger_lines,
    move,
    prepare,
    restore,
)
from trialwright.store import sqlite as room
from trialwright.store.beside import beside
from trialwright.store.engine import sqlite
from trialwright.store.opening import opened
from trialwright.testing import START

pytestmark = [pytest.mark.property, pytest.mark.req("REC-07", "BCK-06")]
KILLS = deep(50)
ONCE, DEAD, UNTOLD = "one thing fails", "everything fails from there", "it was done, and then everything fails"
CALLS = ("open", "fsync", "replace", "rename", "unlink", "mkdir")


class Stopped(OSError):
    """What a step says that fails."""


class Steps:
    """Counts what changes something, and stops at one step."""

    def __init__(self, at: int = 0, how: str = ONCE) -> None:
        self.at, self.how, self.count = at, how, 0

    def take(self, do: Callable[[], Any], stopped: Callable[[], Exception]) -> Any:
        self.count += 1
        if self.at and (self.count == self.at or (self.how != ONCE and self.count > self.at)):
            if self.how == UNTOLD and self.count == self.at:
                do()
            raise stopped()
        return do()


class Counted:
    """A connection to SQLite each statement of which is a step; closing it is none, for a program that is killed closes too."""

    def __init__(self, real: Any, steps: Steps) -> None:
        self._real, self._steps = real, steps

    @property
    def in_transaction(self) -> bool:
        return bool(self._real.in_transaction)

    def execute(self, *words: Any) -> Any:
        return self._steps.take(lambda: self._real.execute(*words), lambda: sqlite.OperationalError("stopped"))

    def executemany(self, *words: Any) -> Any:
        return self._steps.take(lambda: self._real.executemany(*words), lambda: sqlite.OperationalError("stopped"))

    def close(self) -> None:
        self._real.close()


@contextmanager
def counted(steps: Steps) -> Iterator[None]:
    """Everything that the store does to a disk or a server is a step."""
    with pytest.MonkeyPatch.context() as patch:
        for name in CALLS:
            real = getattr(os, name)
            patch.setattr(os, name, lambda *words, real=real, **more: steps.take(lambda: real(*words, **more), lambda: Stopped("stopped")))
        connect = room._connect
        patch.setattr(room, "_connect", lambda path: Counted(connect(path), steps))
        with suppress(ImportError):
            import psycopg

            wait = psycopg.Connection.wait

            def message(self: Any, *words: Any, **more: Any) -> Any:
                def gone() -> Exception:
                    if steps.how != ONCE:
                        self.pgconn.finish()  # the server sees that nobody is there any more
                    return psycopg.OperationalError("stopped")

                return steps.take(lambda: wait(self, *words, **more), gone)

            patch.setattr(psycopg.Connection, "wait", message)
        yield


@pytest.fixture(scope="module")
def trial(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A trial of real people in a file, with accounts and an attachment beside it."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRIALWRIGHT_HOME", str(home))
        path = tmp_path_factory.mktemp("trial") / "trial.db"
        with closing(begun(path)) as kept:
            for _, _ in zip(range(6), saves(kept), strict=False):
                pass
        with closing(sqlite.connect(str(path.with_name("accounts.db")))) as accounts:
            accounts.execute("CREATE TABLE person (name TEXT)")
        (path.parent / "attachments" / "ab").mkdir(parents=True)
        (path.parent / "attachments" / "ab" / "abc").write_bytes(b"%PDF")
    return path


Places = Callable[[str], Address]


@pytest.fixture
def places(request: pytest.FixtureRequest, tmp_path: Path) -> Places:
    """A new and empty place of a kind."""
    made = iter(range(10_000))

    def new(kind: str) -> Address:
        name = f"t{next(made)}x{time.monotonic_ns()}"
        if kind == "sqlite":
            return tmp_path / name / "trial.db"
        server: Server = request.getfixturevalue("postgres")
        prepare(address(server.url("owner", name)), "app")
        return address(server.url("app", name))

    return new


Way = Callable[[Address], object]


def way(kind: str, source: Address, folder: Path) -> Way:
    """How a trial comes to another place."""
    if kind == "move":
        return lambda there: move(source, there)
    if kind == "restore":
        file = Path(backup(source, folder / "backups", START).file)
        return lambda there: restore(file, there, START, "nobody")
    lines, files = ledger_lines(source), [(name, content) for name, content in beside(source) if name.startswith("attachments/")]
    return lambda there: begin_again(lines, files, there)


WAYS = {
    "move, file to file": ("move", "sqlite", "sqlite"), "move, file to database": ("move", "sqlite", "postgresql"),
    "move, database to file": ("move", "postgresql", "sqlite"), "restore to a file": ("restore", "sqlite", "sqlite"),
    "restore to a database": ("restore", "sqlite", "postgresql"), "archive to a file": ("archive", "sqlite", "sqlite"),
    "archive to a database": ("archive", "sqlite", "postgresql"),
}  # fmt: skip


def kept_at(at: Address) -> Any:
    """All that is kept at a place and beside it; of a file also its very bytes."""
    with closing(opened(at, writes=False)) as keeper:
        rows = keeper.read(examined=False)[0]
    return rows, dict(beside(at)), at.read_bytes() if isinstance(at, Path) else b""


def stopped(way: Way, there: Address, steps: Steps) -> str:
    """Goes that way until it is stopped; the words in which that was told."""
    try:
        with counted(steps):
            way(there)
    except (StoreError, OSError) as problem:
        return str(problem) or "stopped"
    return ""


def judged(there: Address, whole: Any, way: Way) -> str:
    """What a stopped attempt left: nothing, something that is refused, or everything; then, if it is not there, the second attempt."""
    found = "absent"
    if there.exists() if isinstance(there, Path) else exists(there):
        faults = examine(there)
        found = "refused" if faults else "whole"
        assert faults or kept_at(there)[0] == whole[0]
        assert found == "refused" or dict(beside(there)) == whole[1], "a whole trial with only some of what belongs to it"
    if found == "absent":
        way(there)
        assert kept_at(there)[:2] == whole[:2] and examine(there) == []
    return found


def settled(there: Address, whole: Any, way: Way) -> str:
    """The same, once the server has seen that the stopped program is gone."""
    for _ in range(100):
        try:
            return judged(there, whole, way)
        except Occupied:
            time.sleep(0.1)
    raise AssertionError("the pen of a program that was stopped was not laid down")


def run(name: str, trial: Path, places: Places, folder: Path, pick: Callable[[int], list[int]]) -> dict[str, int]:
    """One way, stopped at the picked of all its steps, in each manner: how often it left what."""
    kind, here, target = WAYS[name]
    source: Address = trial
    if here == "postgresql":
        move(trial, source := places("postgresql"))
    going = way(kind, source, folder)
    before = kept_at(source)
    counting = Steps()
    there = places(target)
    assert stopped(going, there, counting) == ""
    whole, told = kept_at(there), {"steps": counting.count, "absent": 0, "refused": 0, "whole": 0}
    for how in (ONCE, DEAD, *((UNTOLD,) if target == "postgresql" else ())):
        for at in pick(counting.count):
            there, steps = places(target), Steps(at, how)
            said = stopped(going, there, steps)
            found = settled(there, whole, going)
            assert said or found == "whole", "what failed was told, or made no difference"
            told[found] += 1
            assert kept_at(source) == before, (how, at)
            if isinstance(there, Path):
                shutil.rmtree(there.parent)
    return told


def few(steps: int) -> list[int]:
    """Some of all steps, the last ones among them: there the trial becomes visible."""
    return sorted({*range(3, steps + 1, 29), steps - 4, steps - 1})


@pytest.fixture(autouse=True)
def _quiet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIALWRIGHT_HOME", str(tmp_path / "home"))


@pytest.mark.parametrize("name", WAYS)
def test_stopped_at_some_steps(name: str, trial: Path, places: Places, tmp_path: Path) -> None:
    told = run(name, trial, places, tmp_path, few)
    assert told["refused"] == 0 and told["absent"] >= 4, told


@pytest.mark.nightly
@pytest.mark.parametrize("name", WAYS)
def test_stopped_at_every_step(name: str, trial: Path, places: Places, tmp_path: Path, shown: Shown) -> None:
    told = run(name, trial, places, tmp_path, lambda steps: list(range(1, steps + 1)))
    shown("R9", f"{name}, stopped at every step", **told, source_changed=0, second_try_failed=0)
    assert told["refused"] == 0 and told["absent"] > 20, told


MOVER = """
import sys
from pathlib import Path
from trialwright.store import address, begin_again, move, restore
from trialwright.testing import START
kind, source, there = sys.argv[1], sys.argv[2], address(sys.argv[3])
print("ready", flush=True)
if kind == "move":
    move(address(source), there)
elif kind == "restore":
    restore(Path(source), there, START, "nobody")
else:
    begin_again(Path(source).read_bytes(), [("attachments/ab/0", bytes(20_000))], there)
print("done", flush=True)
"""


def killed(arguments: list[str], after: float) -> float | None:
    """Runs a mover and kills it so many seconds after it was ready; how long it took, if it was done before."""
    with subprocess.Popen([sys.executable, "-c", MOVER, *arguments], stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        assert program.stdout.readline() == "ready\n"
        begin = time.monotonic()
        if after:
            time.sleep(after)
            program.kill()
        done = program.stdout.readline() == "done\n"
        return time.monotonic() - begin if done else None


@pytest.mark.nightly
@pytest.mark.parametrize("name", WAYS)
def test_killed_at_any_moment(name: str, trial: Path, places: Places, tmp_path: Path, shown: Shown) -> None:
    kind, here, target = WAYS[name]
    source: Address = trial
    if here == "postgresql":
        move(trial, source := places("postgresql"))
    going, given = way(kind, source, tmp_path), str(source)
    if kind == "restore":
        given = str(next((tmp_path / "backups").glob("*.tar.gz")))
    elif kind == "archive":
        given = str(tmp_path / "lines.jsonl")
        Path(given).write_bytes(ledger_lines(source))
        going = lambda there: begin_again(Path(given).read_bytes(), [("attachments/ab/0", bytes(20_000))], there)  # noqa: E731
    before, first, seed = kept_at(source), places(target), f"killed {name}"
    lasts = killed([kind, given, str(first)], 0)
    assert lasts is not None
    whole, chance, told = kept_at(first), random.Random(seed), {"absent": 0, "refused": 0, "whole": 0}
    for _ in range(KILLS):
        there = places(target)
        killed([kind, given, str(there)], chance.uniform(0.001, 1.1 * lasts))
        told[settled(there, whole, going)] += 1
        assert kept_at(source) == before
    shown("R9", f"{name}, kill -9", seed=seed, kills=KILLS, **told, source_changed=0, second_try_failed=0)
    assert told["refused"] == 0 and told["absent"] > 0, told
