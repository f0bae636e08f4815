"""Whoever writes is killed at any moment, without a chance to say goodbye: what was acknowledged is there, once, and the trial verifies."""

import os
import random
import select
import signal
import time
from collections.abc import Callable
from contextlib import closing
from itertools import count

import pytest

from tests.durability.life import COORDINATOR, STUDY, begun, damage, kept_in, saves
from tests.release_gate import Shown, deep
from trialwright.record import Screen
from trialwright.store import Address, StoreError, address, open_trial, prepare
from trialwright.store import sqlite as room
from trialwright.testing import START

pytestmark = [pytest.mark.property, pytest.mark.req("DAT-07", "BCK-06")]
BLOCKS = deep(40)


def writes(at: Address, pipe: int, turn: int) -> None:
    """A program that saves until it is killed, and tells each acknowledged entry in one write that arrives whole."""
    kept = open_trial(at, STUDY, examined=False)
    for done in saves(kept, turn):
        os.write(pipe, "".join(f"{ref}\n" for ref in done).encode())


def contends(at: Address, pipe: int, turn: int) -> None:
    """A program that pays no heed to the pen: it saves what it can, and opens the trial anew when another one was faster."""
    for number in count(turn):
        try:
            with closing(open_trial(at, STUDY, examined=False)) as kept:
                for part in range(3):
                    done = kept.gate.do(COORDINATOR, Screen(site="01", subject=f"X{os.getpid()}.{number}.{part}"), START)
                    os.write(pipe, "".join(f"{entry.ref}\n" for entry in done).encode())
        except StoreError as problem:
            assert "changed by another program" in str(problem) or "locked" in str(problem), problem


class Program:
    """A process of its own, forked so that it costs nothing to start, and its pipe."""

    def __init__(self, work: Callable[[Address, int, int], None], at: Address, turn: int) -> None:
        self.pipe, writing = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(self.pipe)
            try:
                work(at, writing, turn)
            finally:
                os._exit(1)
        os.close(writing)
        self.told = b""

    def listen(self) -> None:
        while select.select([self.pipe], [], [], 0)[0] and (more := os.read(self.pipe, 65536)):
            self.told += more

    def kill(self) -> list[str]:
        """What it had acknowledged when it died."""
        os.kill(self.pid, signal.SIGKILL)
        status = os.waitpid(self.pid, 0)[1]
        while more := os.read(self.pipe, 65536):
            self.told += more
        os.close(self.pipe)
        assert os.WIFSIGNALED(status), "it ended by itself"
        return self.told.decode().split()


def one_after_the_other(at: Address, kills: int, seed: int) -> list[str]:
    """One program writes and is killed, the next one takes its place."""
    chance, acknowledged = random.Random(seed), []
    for number in range(kills):
        program = Program(writes, at, 10_000 * number)
        end = time.monotonic() + chance.uniform(0.005, 0.08)
        while time.monotonic() < end:
            program.listen()
            time.sleep(0.002)
        acknowledged += program.kill()
    return acknowledged


def all_at_once(at: Address, programs: int, kills: int, seed: int) -> list[str]:
    """Several programs write at the same time, past the pen; one after the other is killed and replaced."""
    chance, acknowledged = random.Random(seed), []
    running = [Program(contends, at, 10_000 * number) for number in range(programs)]
    for number in range(kills):
        end = time.monotonic() + chance.uniform(0.005, 0.06)
        while time.monotonic() < end:
            for program in running:
                program.listen()
            time.sleep(0.002)
        victim = running.pop(chance.randrange(len(running)))
        acknowledged += victim.kill()
        running.append(Program(contends, at, 10_000 * (programs + number)))
    for program in running:
        acknowledged += program.kill()
    return acknowledged


def told(at: Address, acknowledged: list[str]) -> tuple[set[str], list[str]]:
    """What is lost, and what is damaged."""
    assert len(set(acknowledged)) == len(acknowledged), "nothing was acknowledged twice"
    return set(acknowledged) - kept_in(at), damage(at)


JOURNAL = {True: "WAL", False: "PERSIST"}
MODES = pytest.mark.parametrize("safe", [True, False], ids=["WAL", "PERSIST"])


@MODES
def test_a_program_that_is_killed_loses_nothing(tmp_path, monkeypatch, safe):
    monkeypatch.setattr(room, "wal_is_safe", lambda: safe)
    begun(tmp_path / "trial.db").close()
    acknowledged = one_after_the_other(tmp_path / "trial.db", 12, 1)
    assert told(tmp_path / "trial.db", acknowledged) == (set(), [])
    assert acknowledged


@MODES
def test_programs_that_write_past_the_pen_and_are_killed_lose_nothing(tmp_path, monkeypatch, safe):
    monkeypatch.setattr(room, "wal_is_safe", lambda: safe)
    monkeypatch.setattr(room, "take_pen", lambda path: lambda: None)
    monkeypatch.setattr("trialwright.store.known.Known.reach", lambda *arguments: None)
    begun(tmp_path / "trial.db").close()
    acknowledged = all_at_once(tmp_path / "trial.db", 4, 12, 2)
    assert told(tmp_path / "trial.db", acknowledged) == (set(), [])
    assert acknowledged


def test_a_program_that_writes_into_a_database_and_is_killed_loses_nothing(postgres):
    prepare(address(postgres.url("owner", "killed")), "app")
    at = address(postgres.url("app", "killed"))
    begun(at).close()
    acknowledged = one_after_the_other(at, 5, 3)
    assert told(at, acknowledged) == (set(), [])


@pytest.mark.nightly
@MODES
def test_many_kills(tmp_path, monkeypatch, shown: Shown, safe):
    """A thousand kills. Files stay small, for each program reads the whole trial before it writes: a new one after every 25 kills."""
    monkeypatch.setattr(room, "wal_is_safe", lambda: safe)
    total = 0
    for number in range(BLOCKS):
        path = tmp_path / f"{number}.db"
        begun(path).close()
        acknowledged = one_after_the_other(path, 25, number)
        assert told(path, acknowledged) == (set(), [])
        total += len(acknowledged)
    shown("R3", f"one writer, journal {JOURNAL[safe]}", kills=25 * BLOCKS, saves_acknowledged=total, lost=0, seeds_from=0)


@pytest.mark.nightly
@MODES
def test_many_kills_of_many(tmp_path, monkeypatch, shown: Shown, safe):
    monkeypatch.setattr(room, "wal_is_safe", lambda: safe)
    monkeypatch.setattr(room, "take_pen", lambda path: lambda: None)
    monkeypatch.setattr("trialwright.store.known.Known.reach", lambda *arguments: None)
    total = 0
    for number in range(BLOCKS):
        path = tmp_path / f"{number}.db"
        begun(path).close()
        acknowledged = all_at_once(path, 8, 25, 1000 + number)
        assert told(path, acknowledged) == (set(), [])
        total += len(acknowledged)
    shown("R3", f"8 writers at once, journal {JOURNAL[safe]}", kills=25 * BLOCKS, saves_acknowledged=total, lost=0, seeds_from=1000)
