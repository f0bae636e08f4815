"""An older state in the place of a newer one is noticed, and the trial goes on from it only when two people have accepted that."""

import json
import shutil
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from trialwright.blinding import Actor
from trialwright.protocol import Audience
from trialwright.record import AcceptState, Answer, OpenStudy, Refused, Screen
from trialwright.record.events import StateAccepted
from trialwright.store import (
    Known,
    Restored,
    StoreError,
    Unsure,
    backup,
    create,
    discard,
    examine,
    move,
    open_trial,
    restore,
)
from trialwright.testing import START, actor, enrolled, tiny_study

pytestmark = [pytest.mark.spec, pytest.mark.req("BCK-04")]
STUDY = tiny_study()
NOW = START + timedelta(days=100)
A = Audience


def score(grade):
    return Answer(subject="S0", visit="BASE", form="SCORE", entries={"SITE1": str(grade)}, reason="seen again")


@pytest.fixture
def path(tmp_path):
    with closing(create(tmp_path / "trial.db", STUDY)) as kept:
        kept.gate.do(actor(A.INVESTIGATOR), OpenStudy(), START)
        enrolled(kept.gate, "S0")
    return tmp_path / "trial.db"


def go_on(path, grade=1):
    with closing(open_trial(path, STUDY)) as kept:
        kept.gate.do(actor(A.EVALUATOR), score(grade), START)


def agreed(kept, role, name="", because="the disk was lost; all was entered again"):
    kept.gate.do(Actor(name=name or role.name.lower(), role=role), AcceptState(doubt=kept.watch.doubt.name, state=str(kept.watch.doubt), because=because), NOW)


def test_an_earlier_copy_of_the_file_is_only_read(path, tmp_path):
    shutil.copy(path, tmp_path / "earlier.db")
    go_on(path)
    shutil.copy(tmp_path / "earlier.db", path)
    assert examine(path) == [], "from inside nothing can be seen"
    with closing(open_trial(path, STUDY)) as kept:
        assert (kept.watch.doubt.here, kept.watch.doubt.known, kept.watch.doubt.restored) == (5, 6, None)
        before = kept.gate.casebook(A.CUSTODIAN).everything
        for role, command in ((A.EVALUATOR, score(2)), (A.COORDINATOR, Screen(site="01"))):
            with pytest.raises(StoreError, match="only read"):
                kept.gate.do(actor(role), command, NOW)
        assert kept.gate.casebook(A.CUSTODIAN).everything == before
        agreed(kept, A.CUSTODIAN)
        with pytest.raises(StoreError, match="only read"):
            kept.gate.do(actor(A.EVALUATOR), score(2), NOW)
        agreed(kept, A.INVESTIGATOR)
        assert kept.watch.doubt is None
        kept.gate.do(actor(A.EVALUATOR), score(2), NOW)
        told = [entry.event for entry in kept.gate.casebook(A.CUSTODIAN).entries() if isinstance(entry.event, StateAccepted)]
        assert [event.state for event in told] == ["older than this machine knew it"] * 2
    go_on(path, 3)


def test_it_takes_two_people_of_two_roles_with_a_reason(path, tmp_path):
    shutil.copy(path, tmp_path / "earlier.db")
    go_on(path)
    shutil.copy(tmp_path / "earlier.db", path)
    with closing(open_trial(path, STUDY)) as kept:
        agreed(kept, A.CUSTODIAN, "anna")
        for role, name in ((A.CUSTODIAN, "bert"), (A.INVESTIGATOR, "Anna"), (A.COORDINATOR, "carl"), (A.EVALUATOR, "dora"), (A.MONITOR, "emil")):
            with pytest.raises(Refused):
                agreed(kept, role, name)
        for because in ("", "he got Examplumab"):
            with pytest.raises(Refused):
                agreed(kept, A.INVESTIGATOR, because=because)
    with closing(open_trial(path, STUDY)) as again:
        assert again.watch.doubt is not None, "the first acceptance is kept, and the second still needed, after a restart too"
        agreed(again, A.DATA_MANAGER, "frida")
        assert again.watch.doubt is None
        seen = {role: [entry for entry in again.gate.casebook(role).entries() if isinstance(entry.event, StateAccepted)]
                for role in Audience if role is not A.PATIENT}  # fmt: skip
    assert {role for role, told in seen.items() if told} == {A.CUSTODIAN, A.INVESTIGATOR, A.DATA_MANAGER}
    go_on(path, 2)


def test_acceptances_of_one_state_do_not_count_for_another(path, tmp_path):
    shutil.copy(path, tmp_path / "earlier.db")
    go_on(path)
    shutil.copy(tmp_path / "earlier.db", path)
    with closing(open_trial(path, STUDY)) as kept:
        agreed(kept, A.CUSTODIAN)
        agreed(kept, A.INVESTIGATOR)
        kept.gate.do(actor(A.EVALUATOR), score(2), NOW)
    shutil.copy(tmp_path / "earlier.db", path)
    with closing(open_trial(path, STUDY)) as kept, pytest.raises(StoreError, match="only read"):
        kept.gate.do(actor(A.EVALUATOR), score(2), NOW)


def test_a_second_line_of_life_beside_the_first_is_noticed(path, tmp_path):
    """A copy goes on elsewhere on this machine: whichever is opened next knows that it is not the continuation."""
    shutil.copy(path, tmp_path / "fork.db")
    shutil.copy(path.with_suffix(".key"), tmp_path / "fork.key")
    go_on(path, 1)
    with closing(open_trial(tmp_path / "fork.db", STUDY)) as fork, pytest.raises(StoreError, match="only read"):
        fork.gate.do(actor(A.EVALUATOR), score(2), START)


def test_a_rewritten_history_of_the_same_length_is_noticed(path, tmp_path):
    shutil.copy(path, tmp_path / "earlier.db")
    go_on(path, 1)
    known = Known(open_about(path)["origin"])
    size, head = known.reached()
    known.reach(size, bytes(32))
    with closing(open_trial(path, STUDY)) as kept:
        assert kept.watch.doubt.known == size
    known._write("tail", f"{known.origin}\n{size}\n{head}\n")
    go_on(path, 2)


def open_about(path):
    from trialwright.store.opening import opened

    with closing(opened(path, writes=False)) as keeper:
        return keeper.about()


@pytest.mark.req("BCK-03", "AUD-05")
def test_a_restore_is_recorded_by_the_two_who_accept_it(place, tmp_path):
    """Even the last backup, which lacks nothing: that the record was put back stands in the record."""
    at = place()
    with closing(create(at, STUDY)) as kept:
        kept.gate.do(actor(A.INVESTIGATOR), OpenStudy(), START)
        enrolled(kept.gate, "S0")
    file = Path(backup(at, tmp_path / "copies", NOW).file)
    there = place()
    restore(file, there, NOW + timedelta(days=1), "operator")
    with closing(open_trial(there, STUDY)) as kept:
        assert (kept.watch.doubt.known, kept.watch.doubt.restored.by, kept.watch.doubt.restored.file) == (0, "operator", file.name)
        with pytest.raises(StoreError, match="only read"):
            kept.gate.do(actor(A.EVALUATOR), score(1), NOW)
        agreed(kept, A.DATA_MANAGER)
        agreed(kept, A.CUSTODIAN)
        told = next(entry.event for entry in kept.gate.casebook(A.CUSTODIAN).entries() if isinstance(entry.event, StateAccepted))
        assert told.state == "restored on 2026-04-16 01:00 UTC from the backup of 2026-04-15 01:00 UTC"
        kept.gate.do(actor(A.EVALUATOR), score(1), NOW)
    with closing(open_trial(there, STUDY)) as again:
        assert again.watch.doubt is None


def test_what_was_moved_is_not_in_doubt(path, place):
    there = place()
    move(path, there)
    with closing(open_trial(there, STUDY)) as kept:
        assert kept.watch.doubt is None
        kept.gate.do(actor(A.EVALUATOR), score(1), START)
    with closing(open_trial(path, STUDY)) as old:
        assert old.watch.doubt is not None, "what was left behind does not go on beside it"


def test_virtual_people_are_not_watched_over(tmp_path):
    with closing(create(tmp_path / "trial.db", STUDY, virtual=True)) as kept:
        assert kept.watch is None
        kept.gate.do(actor(A.INVESTIGATOR), OpenStudy(), START)
    assert Known(open_about(tmp_path / "trial.db")["origin"]).reached() is None


def test_a_machine_that_cannot_note_it_still_saves(path, monkeypatch):
    with closing(open_trial(path, STUDY)) as kept:
        monkeypatch.setattr(Path, "open", lambda *arguments, **more: (_ for _ in ()).throw(OSError(28, "No space left on device")))
        kept.gate.do(actor(A.EVALUATOR), score(1), START)
        monkeypatch.undo()
    with closing(open_trial(path, STUDY)) as again:
        assert again.watch.doubt is None
        assert again.gate.casebook(A.EVALUATOR).subject("S0").page("BASE", "SCORE").answers == {"SITE1": "1"}


def test_a_restore_is_noted_before_it_is_done_and_forgotten_when_it_was_not(path, tmp_path, monkeypatch):
    """So that no moment at which it can be stopped leaves a trial that was put back and is taken for the one that it was."""
    file, known, noted = Path(backup(path, tmp_path / "copies", NOW).file), Known(open_about(path)["origin"]), []

    def put_back(problem=None):
        def stopped(*rows):
            noted.append(known.restored())
            raise problem

        if problem:
            monkeypatch.setattr("trialwright.store.restoring.put", stopped)
        with pytest.raises(StoreError):
            restore(file, path if problem is None else tmp_path / "there.db", NOW, "operator")

    earlier = Restored(at=NOW, by="somebody", file="f", made=NOW)
    for before in (None, earlier):
        if before:
            known.note(before)
        put_back()
        assert known.restored() == before, "the place is taken"
    put_back(StoreError("the disk is full"))
    assert noted[-1].by == "operator" and known.restored() == earlier
    put_back(Unsure("the server went away"))
    assert noted[-1].by == known.restored().by == "operator", "it may be there"
    known.accept()


def test_a_memory_that_a_power_cut_took_is_no_doubt_and_a_garbled_note_is_told(path):
    known = Known(open_about(path)["origin"])
    for content in ("", "nonsense", "another\n99\nx\n"):
        (known.folder / "tail").write_text(content)
        with closing(open_trial(path, STUDY)) as kept:
            assert kept.watch.doubt is None
    told = {"at": NOW.isoformat(), "by": "x", "file": "f", "made": NOW.isoformat()}
    for content in ("{", "[1]", '{"at": 7}', json.dumps(told | {"mood": "good"})):
        (known.folder / "restored.json").write_text(content)
        with pytest.raises(StoreError, match=r"restored.json cannot be read .*Look at it with the person who runs this machine"):
            open_trial(path, STUDY)
    discard(path)
