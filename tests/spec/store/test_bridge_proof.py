"""The evaluator's own store holds no secret, is the same whatever is hidden, and survives a kill at any point of the bridge."""

import os
import shutil
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from types import FrameType

import pytest

from tests.release_gate import Shown, deep
from tests.spec.store.test_bridge import COORDINATOR, EVALUATOR, STUDY, A, Pair, begun, lines_of, score
from trialwright.blinding import SYSTEM, Actor
from trialwright.blinding.bridge import crosses
from trialwright.protocol import ALL, TREATING, Study
from trialwright.record import Answer, BreakCode, OpenStudy, Refused, Withdraw
from trialwright.record.events import Allocated, Enrolled
from trialwright.record.ledger import ROOT
from trialwright.rehearsal.deeds import PEOPLE, Deed, Joins
from trialwright.rehearsal.worlds import START, World, named
from trialwright.rehearsal.worlds import Pair as Worlds
from trialwright.rehearsal.worlds import pair as worlds
from trialwright.store import StoreError, begin_part, create, examine, letter, open_trial, take
from trialwright.store.opening import opened
from trialwright.testing import Told, actor, enrolled, later, seeded, tiny_study

pytestmark = [pytest.mark.spec, pytest.mark.req("BLD-02")]
CANARY = "canary-7Qx"
SOURCES = ("store", "blinding")


@pytest.fixture(autouse=True)
def _of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIALWRIGHT_HOME", str(tmp_path / "home"))


class TwoStores(World):
    """A virtual trial whose evaluator works apart: after every third visible deed, letters go over the bridge."""

    def __init__(self, study: Study, folder: Path) -> None:
        self.observer, self.moment, self.lines, self.letters = A.EVALUATOR, START, [], []
        self.turn("start")
        self.main = create(folder / "trial.db", study, self.draw, virtual=True)
        self.gate = self.main.gate
        self.gate.do(SYSTEM, OpenStudy(), START)
        for subject in PEOPLE:
            self.gate.do(Actor(name="physician", role=A.PHYSICIAN), Joins(subject=subject), START)
        begin_part(self.main, folder / "e" / "part.db", START, self.draw)
        self.part = open_trial(folder / "e" / "part.db", study, self.draw)

    def _done(self, deed: Deed) -> str:
        gate = self.part.gate if deed.role is A.EVALUATOR else self.gate
        try:
            command = deed.command(gate.casebook(deed.role))
            if command is not None:
                gate.do(Actor(name=deed.by or named(deed.role), role=deed.role), command, self.moment)
        except Refused as refused:
            return str(refused)
        return "saved"

    def bridge(self) -> None:
        self.letters += [letter(self.main.at), letter(self.part.at)]
        for kept, content in zip((self.part, self.main), self.letters[-2:], strict=True):
            take(kept, content, self.moment)

    def lived(self, history: tuple[Deed, ...]) -> bytes:
        """The bytes that change the evaluator's store, page by page as they are written, and the store as it is left."""
        for number, _ in enumerate(self.live(history, lambda world: None)):
            if number % 3 == 2:
                self.bridge()
        pages = frames(self.part.at.with_name("part.db-wal"))
        self.part.close(), self.main.close()
        return b"".join(pages) + self.part.at.read_bytes()


def frames(log: Path) -> list[bytes]:
    """The pages in a write-ahead log of SQLite; what is left out are its salts, which are drawn anew, and the sums over them."""
    content = log.read_bytes() if log.exists() else b""
    size = int.from_bytes(content[8:12], "big")
    return [content[at : at + 8] + content[at + 24 : at + 24 + size] for at in range(32, len(content), 24 + size)] if content else []


def compared(folder: Path, drawn: Worlds, stores: type[TwoStores] = TwoStores) -> tuple[bool, int]:
    """Whether the trials of both worlds differ, and how many lines went into the evaluator's store, which must not."""
    first, second = stores(drawn.study, folder / "1"), stores(drawn.study, folder / "2")
    one, two = first.lived(drawn.first), second.lived(drawn.second)
    assert first.letters == second.letters and first.letters, f"seed {drawn.seed}, {drawn.mode.value}: the letters"
    assert one == two, f"seed {drawn.seed}, {drawn.mode.value}: the store"
    assert examine(folder / "1" / "e" / "part.db") == []
    assert all("attachments" in fault.what for fault in examine(folder / "1" / "trial.db")), "but for files, of which only the entry was made"
    return (folder / "1" / "trial.db").read_bytes() != (folder / "2" / "trial.db").read_bytes(), len(lines_of(folder / "1" / "e" / "part.db"))


def test_the_evaluators_store_is_the_same_bytes_in_both_worlds(tmp_path: Path) -> None:
    """Arms exchanged, hidden deeds left out or others: the file, every page of its log and every letter are equal, while the trials differ."""
    found = [compared(tmp_path / str(seed), worlds(tiny_study(), A.EVALUATOR, f"bridge {seed}", longest=24)) for seed in range(8)]
    assert sum(differ for differ, _ in found) >= 6 and max(lines for _, lines in found) > 30


@pytest.mark.nightly
def test_the_evaluators_store_is_the_same_bytes_in_many_worlds(tmp_path: Path, shown: Shown) -> None:
    for seed in range(deep(300)):
        compared(tmp_path / "now", worlds(tiny_study(), A.EVALUATOR, f"bridge nightly {seed}", longest=20))
        shutil.rmtree(tmp_path / "now")
    shown("R11", "the evaluator's own store", pairs_of_worlds=deep(300), differences=0, seeds="bridge nightly 0 on")


class Hasty(TwoStores):
    """Bridges when much has happened, not when it is time."""

    def bridge(self) -> None:
        if len(lines_of(self.main.at)) % 4:
            super().bridge()


def test_a_leak_on_the_bridge_would_be_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The comparison can fail: a bridge whose timing follows from hidden deeds is found, and one that lets hidden logs through is too."""
    drawn = [worlds(tiny_study(), A.EVALUATOR, f"bridge {seed}") for seed in range(8)]
    with pytest.raises(AssertionError, match="seed bridge"):
        for number, one in enumerate(drawn):
            compared(tmp_path / str(number), one, Hasty)
    monkeypatch.setattr("trialwright.store.bridge.crosses", lambda log: True)
    with pytest.raises((AssertionError, StoreError), match=r"seed bridge|does not pass the bridge"):
        compared(tmp_path / "all", drawn[1])


@pytest.mark.req("BLD-09")
def test_no_secret_lies_in_the_evaluators_store(tmp_path: Path) -> None:
    """Words, arms, hashes and counts of what is hidden are in the trial, and nowhere in the other file, its log, or a letter to it."""
    pair = begun(tmp_path / "trial.db", tmp_path / "evaluator" / "part.db")
    with pair.trial() as trial, pair.apart() as apart:
        physician = actor(A.PHYSICIAN)
        enrolled(trial.gate, "S2", arm=None, at=later(1))
        trial.gate.do(physician, Told((Allocated(label=TREATING & ~STUDY.blinded, subject="S2", arm="T", method="by clinician", because=CANARY),)), later(1))
        trial.gate.do(COORDINATOR, Answer(subject="S2", form="DOSE", row="R-" + CANARY, entries={"MG": "160", "GIVEN": "2026-01-06"}), later(1))
        trial.gate.do(physician, BreakCode(subject="S2", to=A.PHYSICIAN, second="", because=CANARY, emergency=True), later(1))
        trial.gate.do(physician, Withdraw(subject="S2", on=later(1).date(), because=CANARY), later(1))
        apart.gate.do(EVALUATOR, score("S1"), later(1))
        take(apart, letter(pair.main), later(2))
        take(trial, letter(pair.part), later(2))
        places = [*pair.part.parent.iterdir()]
        there = b"".join(path.read_bytes() for path in places) + letter(pair.main)
        assert {"part.db", "part.db-wal"} <= {path.name for path in places}
    with closing(opened(pair.main, writes=False)) as keeper:
        rows, _ = keeper.read(examined=False)
    hidden = [(log, body, head) for log, _, body, head in rows.lines if log == ROOT or not crosses(log)]
    assert len(hidden) > 20
    secrets = [secret for log, _, _, secret in rows.secrets if secret and not crosses(log) and len(secret) > 12]
    for needle in (CANARY.encode(), *(head for _, _, head in hidden), *(head.hex().encode() for _, _, head in hidden),
                   *(body for log, body, _ in hidden if log != ROOT), *secrets):  # fmt: skip
        assert needle not in there, needle
    whole = pair.main.read_bytes()
    assert CANARY.encode() in whole and all(head in whole for _, _, head in hidden), "the trial does hold them"


def kill_at(number: int, act: Callable[[], object]) -> bool:
    """Runs `act` in a process that dies, as by a kill, at the `number`-th step inside the store and the gate; whether it got through before."""
    child = os.fork()
    if child:
        _, status = os.waitpid(child, 0)
        assert os.waitstatus_to_exitcode(status) in (0, 9), "the act itself failed"
        return os.waitstatus_to_exitcode(status) == 0
    left = number

    def step(frame: FrameType, event: str, argument: object) -> None:
        nonlocal left
        if event in ("call", "return") and Path(frame.f_code.co_filename).parent.name in SOURCES:
            left -= 1
            if not left:
                os._exit(9)

    code = 1
    try:
        sys.setprofile(step)
        act()
        sys.setprofile(None)
        code = 0
    finally:
        os._exit(code)
    raise AssertionError("unreachable")


def steps_of(act: Callable[[], object]) -> int:
    """How many steps an act has."""
    count = 0

    def step(frame: FrameType, event: str, argument: object) -> None:
        nonlocal count
        count += event in ("call", "return") and Path(frame.f_code.co_filename).parent.name in SOURCES

    sys.setprofile(step)
    try:
        act()
    finally:
        sys.setprofile(None)
    return count


def killed_everywhere(tmp_path: Path, act: str, most: int) -> int:
    """Kills one act of the bridge at up to `most` of its steps, does it again, and holds both stores against an undisturbed run."""
    folder, kept, home = tmp_path / "now", tmp_path / "before", Path(os.environ["TRIALWRIGHT_HOME"])

    def begin() -> None:
        with pair.trial() as trial:
            if trial.gate.bridged is None:
                begin_part(trial, pair.part, later(0, 10), seeded(2))

    acts: dict[str, Callable[[], object]] = {"begin": begin, "there": lambda: pair.there(), "back": lambda: pair.back()}
    pair = Pair(folder / "trial.db", folder / "evaluator" / "part.db")
    with closing(create(pair.main, STUDY, seeded(1))) as trial:
        trial.gate.do(actor(A.INVESTIGATOR), OpenStudy(), later(0))
        for subject in ("S0", "S1"):
            enrolled(trial.gate, subject)
    if act != "begin":
        begin()
        pair.do(EVALUATOR, score("S0"), score("S1"))
        pair.do(COORDINATOR, Answer(subject="S0", form="DOSE", row="R1", entries={"MG": "160"}))
        pair.do(actor(A.PHYSICIAN), Told((Enrolled(label=ALL, subject="S2", on=later(1).date()),)))
    shutil.copytree(folder, kept / "folder"), shutil.copytree(home, kept / "home")

    def again() -> None:
        for path, copy in ((folder, "folder"), (home, "home")):
            shutil.rmtree(path)
            shutil.copytree(kept / copy, path)

    all_steps = steps_of(acts[act])
    wanted = state(pair)
    stride = max(1, all_steps // most)
    for number in range(1, all_steps + 1, stride):
        again()
        assert not kill_at(number, acts[act]), number
        assert examine(pair.main) == [], number
        acts[act]()
        assert state(pair) == wanted, number
    return len(range(1, all_steps + 1, stride))


def state(pair: Pair) -> tuple[object, ...]:
    """What both stores hold that the bridge is for; both must verify."""
    assert examine(pair.main) == [] == examine(pair.part)
    part, main = lines_of(pair.part), lines_of(pair.main)
    with pair.trial() as trial:
        return sorted(part), sorted(line for line in main if line[0] != ROOT and crosses(line[0])), trial.gate.bridged is not None


@pytest.mark.req("DAT-07", "BCK-06")
@pytest.mark.parametrize("act", ["begin", "there", "back"])
def test_the_bridge_may_be_killed_at_any_step_and_simply_run_again(tmp_path: Path, act: str) -> None:
    assert killed_everywhere(tmp_path, act, most=12) >= 12


@pytest.mark.nightly
@pytest.mark.req("DAT-07", "BCK-06")
@pytest.mark.parametrize("act", ["begin", "there", "back"])
def test_the_bridge_may_be_killed_at_every_step(tmp_path: Path, shown: Shown, act: str) -> None:
    shown("R2", f"the bridge, {act}", kills=killed_everywhere(tmp_path, act, most=deep(1000)), lost=0)
