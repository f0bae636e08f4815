"""The life that the durability tests threaten: a small trial of real people, saves without end, and what was acknowledged of them."""

from collections.abc import Iterator
from contextlib import closing

from trialwright.protocol import Audience
from trialwright.record import Answer, OpenStudy
from trialwright.record.ledger import ROOT
from trialwright.store import Address, Kept, StoreError, create, examine
from trialwright.store.opening import opened
from trialwright.testing import START, actor, enrolled, seeded, tiny_study

STUDY = tiny_study()
EVALUATOR, COORDINATOR = actor(Audience.EVALUATOR), actor(Audience.COORDINATOR)


def begun(at: Address) -> Kept:
    """A trial of two people, still open."""
    kept = create(at, STUDY, seeded(1))
    kept.gate.do(actor(Audience.INVESTIGATOR), OpenStudy(), START)
    for number in range(2):
        enrolled(kept.gate, f"S{number}")
    return kept


def saves(kept: Kept, begin: int = 0) -> Iterator[list[str]]:
    """Saves, one after the other; gives the names of the entries of each once it was acknowledged."""
    turn = begin
    while True:
        turn += 1
        score = Answer(subject=f"S{turn % 2}", visit=("BASE", "W4")[turn // 2 % 2], form="SCORE", reason="seen again",
                       entries={"SITE1": str(turn % 4), "SITE2": str(turn // 4 % 4)})  # fmt: skip
        dose = Answer(subject=f"S{turn % 2}", form="DOSE", row=f"r{turn}", entries={"MG": str(turn % 999)})
        done = kept.gate.do(EVALUATOR, score, START) if turn % 2 else kept.gate.do(COORDINATOR, dose, START)
        yield [entry.ref for entry in done]


def kept_in(at: Address) -> set[str]:
    """The names of all entries that are there."""
    with closing(opened(at, writes=False)) as keeper:
        rows, _ = keeper.read(examined=False)
    return {head.hex()[:16] for log, _, _, head in rows.lines if log != ROOT}


def damage(at: Address) -> list[str]:
    """Whatever the verifier finds."""
    return [str(fault) for fault in examine(at)]


def tried(kept: Kept, acknowledged: list[str], begin: int) -> str:
    """One save; the sentence with which it was refused, or nothing."""
    try:
        acknowledged += next(saves(kept, begin))
    except StoreError as problem:
        return str(problem)
    return ""
