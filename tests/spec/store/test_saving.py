"""What was acknowledged is kept, what was not is gone, wherever a trial is kept: many threads, a second program, a full disk, a commit that fails."""

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from trialwright.blinding import Gate
from trialwright.protocol import Audience
from trialwright.record import Answer, OpenStudy, Refused, Screen
from trialwright.store import StoreError, create, current_checkpoint, examine, open_trial
from trialwright.store import sqlite as room
from trialwright.store.engine import sqlite
from trialwright.store.pen import pen_path
from trialwright.testing import START, actor, enrolled, in_memory, seeded, tiny_study

pytestmark = pytest.mark.spec
STUDY = tiny_study()
EVALUATOR, COORDINATOR = actor(Audience.EVALUATOR), actor(Audience.COORDINATOR)


def trial(at, subjects=1):
    kept = create(at, STUDY, seeded(1))
    kept.gate.do(actor(Audience.INVESTIGATOR), OpenStudy(), START)
    for number in range(subjects):
        enrolled(kept.gate, f"S{number}")
    return kept


def score(subject, grade, visit="BASE"):
    return Answer(subject=subject, visit=visit, form="SCORE", entries={"SITE1": str(grade)}, reason="seen again")


@pytest.fixture
def kept(tmp_path):
    with_file = trial(tmp_path / "trial.db")
    yield with_file
    with_file.close()


@pytest.mark.req("DAT-05", "DAT-07")
def test_eight_threads_save_and_nothing_is_lost(place):
    """As the web server does: eight threads, one gate, one connection; readers fold and travel in time meanwhile."""
    kept = trial(place(), subjects=8)
    turns = 200 if isinstance(kept.at, Path) else 10

    def work(number):
        acknowledged = []
        for turn in range(turns):
            acknowledged += kept.gate.do(EVALUATOR, score(f"S{number}", (turn + 1) % 4, ("BASE", "W4")[turn % 2]), START)
            acknowledged += kept.gate.do(COORDINATOR, Answer(subject=f"S{number}", form="DOSE", row=f"r{turn}", entries={"MG": "80"}), START)
            if turn % 20 == 0:
                assert len(kept.gate.casebook(Audience.CUSTODIAN, until=START).subjects) == 8
                assert kept.gate.casebook(Audience.STATISTICIAN).subject(f"S{number}").pages
        return acknowledged

    with ThreadPoolExecutor(8) as threads:
        told = [entry for acknowledged in threads.map(work, range(8)) for entry in acknowledged]
    kept.close()
    assert examine(kept.at) == []
    again = open_trial(kept.at, STUDY)
    written = {entry.ref: entry for entry in again.gate.casebook(Audience.CUSTODIAN).everything}
    assert len(told) == len({entry.ref for entry in told}) == 8 * 2 * turns, "the first score of both visits, then every change; every dose"
    assert all(written[entry.ref] == entry for entry in told)
    assert again.gate.casebook(Audience.CUSTODIAN).subjects == kept.gate.casebook(Audience.CUSTODIAN).subjects
    again.close()


@pytest.mark.req("SEC-02")
def test_a_trial_that_is_being_written_verifies_and_is_read_whole(place):
    kept, stop = trial(place(), subjects=2), threading.Event()

    def write():
        turn = 0
        while not stop.is_set():
            turn += 1
            kept.gate.do(EVALUATOR, score("S0", turn % 4), START)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(30 if isinstance(kept.at, Path) else 5):
            assert examine(kept.at) == []
            seen = open_trial(kept.at, STUDY, writes=False)
            assert not any("[erased]" in str(entry.event) for entry in seen.gate.casebook(Audience.CUSTODIAN).everything)
            seen.close()
    finally:
        stop.set()
        writer.join()
    kept.close()


def test_a_second_writer_is_refused_and_readers_are_not(place):
    kept = trial(place())
    path = kept.at
    with pytest.raises(StoreError, match="open in another program"):
        open_trial(path, STUDY)
    reader = open_trial(path, STUDY, writes=False)
    assert reader.gate.casebook(Audience.EVALUATOR).subjects
    with pytest.raises(StoreError, match="Nothing was saved"):
        reader.gate.do(COORDINATOR, Screen(site="01"), START)
    reader.close()
    assert examine(path, against=current_checkpoint(path)) == []
    kept.gate.do(COORDINATOR, Screen(site="01"), START)
    kept.close()
    kept.close()
    assert not isinstance(path, Path) or not pen_path(path).exists()
    open_trial(path, STUDY).close()


def test_a_writer_that_was_killed_leaves_no_lock_behind(kept):
    path = kept.at
    kept.close()
    code = f"import os; from pathlib import Path; from trialwright.store.pen import take_pen; take_pen(Path({str(path)!r})); os._exit(9)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 9
    assert pen_path(path).exists()
    open_trial(path, STUDY).close()


def test_a_program_that_wrote_past_the_lock_stops_the_other_one(place, monkeypatch):
    """Where locks do nothing, the guard on the sequence still lets nobody write on a stale state: the chain never forks."""
    kept = trial(place())
    monkeypatch.setattr(room, "take_pen", lambda path: lambda: None)
    monkeypatch.setattr("trialwright.store.postgresql._take_pen", lambda schema: None)
    other = open_trial(kept.at, STUDY)
    other.gate.do(COORDINATOR, Screen(site="01"), START)
    before = kept.gate.casebook(Audience.CUSTODIAN).everything
    with pytest.raises(StoreError, match="changed by another program"):
        kept.gate.do(EVALUATOR, score("S0", 1), START)
    assert kept.gate.casebook(Audience.CUSTODIAN).everything == before
    assert examine(kept.at) == []
    other.close()
    kept.close()


class Failing:
    """A connection whose next commit fails, with the transaction still open or already ended, as SQLite does on a full disk."""

    def __init__(self, real, ended):
        self.real, self.ended, self.armed = real, ended, False

    def __getattr__(self, name):
        return getattr(self.real, name)

    def execute(self, statement, *values):
        if statement == "COMMIT" and self.armed:
            self.armed = False
            if self.ended:
                self.real.execute("ROLLBACK")
            raise sqlite.OperationalError("disk I/O error")
        return self.real.execute(statement, *values)


@pytest.mark.req("DAT-07")
@pytest.mark.parametrize("ended", [False, True])
def test_a_commit_that_fails_saves_nothing_and_the_next_one_goes_on(kept, monkeypatch, ended):
    kept.close()
    connections, real = [], room._connect

    def connect(*arguments, **more):
        connections.append(Failing(real(*arguments, **more), ended))
        return connections[-1]

    monkeypatch.setattr(room, "_connect", connect)
    again = open_trial(kept.at, STUDY)
    before = again.gate.casebook(Audience.CUSTODIAN).everything
    connections[0].armed = True
    with pytest.raises(StoreError, match=r"Nothing was saved.*disk I/O error"):
        again.gate.do(EVALUATOR, score("S0", 1), START)
    assert again.gate.casebook(Audience.CUSTODIAN).everything == before
    again.gate.do(EVALUATOR, score("S0", 2), START)
    again.close()
    assert examine(kept.at) == []
    monkeypatch.undo()
    last = open_trial(kept.at, STUDY)
    assert last.gate.casebook(Audience.EVALUATOR).subject("S0").page("BASE", "SCORE").answers == {"SITE1": "2"}
    last.close()


@pytest.mark.req("DAT-07")
def test_a_full_disk_is_said_and_what_was_saved_before_stays(kept, monkeypatch):
    kept.close()
    connections, real = [], room._connect

    def connect(*arguments, **more):
        connections.append(real(*arguments, **more))
        return connections[-1]

    monkeypatch.setattr(room, "_connect", connect)
    again = open_trial(kept.at, STUDY)
    size = connections[0].execute("PRAGMA page_count").fetchone()[0]
    connections[0].execute(f"PRAGMA max_page_count = {size + 1}")
    acknowledged = list(again.gate.casebook(Audience.CUSTODIAN).everything)
    with pytest.raises(StoreError, match=r"Nothing was saved.*full"):
        for turn in range(1000):
            acknowledged += again.gate.do(EVALUATOR, score("S0", turn % 4), START)
    again.close()
    assert examine(kept.at) == []
    last = open_trial(kept.at, STUDY)
    assert {entry.ref for entry in last.gate.casebook(Audience.CUSTODIAN).everything} == {entry.ref for entry in acknowledged}
    last.close()


def test_the_file_is_for_its_owner_alone_and_never_overwrites_another(kept, tmp_path):
    assert (kept.at.stat().st_mode & 0o077) == 0
    with pytest.raises(StoreError, match="exists already"):
        create(kept.at, STUDY)


@pytest.mark.req("DAT-07")
def test_while_a_disk_is_waited_for_others_read_on_and_see_nothing_of_it_yet():
    """A slow disk keeps nobody from reading; what it has not taken is nowhere; and the next save waits for its turn."""
    begun, done = threading.Event(), threading.Event()

    def slow(lines):
        begun.set()
        assert done.wait(10)

    gate = in_memory(STUDY)
    enrolled(gate, "S0")
    gate = Gate(STUDY, gate._Gate__ledger, slow, seeded(2))
    before = gate.casebook(Audience.EVALUATOR)
    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(gate.do, EVALUATOR, score("S0", 1), START)
        assert begun.wait(10)
        second = threads.submit(gate.do, EVALUATOR, Screen(site="01"), START)
        assert gate.casebook(Audience.EVALUATOR) is before
        assert not first.done() and not second.done()
        done.set()
        assert [entry.event.value for entry in first.result()] == ["1"]
        with pytest.raises(Refused):
            second.result()
    assert gate.casebook(Audience.EVALUATOR).subject("S0").pages
