"""Two worlds that differ only in what the evaluator may not see: how they are generated, lived through and observed."""

import hashlib
from datetime import timedelta

from attrs import evolve, frozen
from hypothesis import strategies as st

from trialwright.allocation import Allocate
from trialwright.blinding.gate import Actor, Gate
from trialwright.protocol import Audience
from trialwright.record import (
    Answer,
    AskQuery,
    BreakCode,
    Code,
    Freeze,
    ProposeAmendment,
    Refused,
    Screen,
    Sign,
    SignOff,
    Thaw,
    Verify,
)
from trialwright.record.ledger import Ledger
from trialwright.testing import START, actor, enrolled, tiny_study

STUDY = tiny_study()
SUBJECTS = ("S1", "S2", "S3")
VISITS = ("BASE", "W4", "W8")
EVALUATOR = actor(Audience.EVALUATOR)


@frozen
class Step:
    """One act: by whom, which command, and whether the evaluator may know of it."""

    role: Audience
    command: object
    hidden: bool


def _score(subject, visit, scores):
    entries = {"ASSESSED": "2026-01-05"} | {f"SITE{n}": str(value) for n, value in enumerate(scores, 1)}
    return Step(Audience.EVALUATOR, Answer(subject=subject, visit=visit, form="SCORE", entries=entries, reason="seen again"), False)


subjects, visits = st.sampled_from(SUBJECTS), st.sampled_from(VISITS)
scores = st.builds(_score, subjects, visits, st.tuples(*[st.integers(0, 5)] * 3))  # 4 and 5 are refused
signatures = st.builds(lambda s, v: Step(Audience.EVALUATOR, Sign(subject=s, visit=v, form="SCORE"), False), subjects, visits)
questions = st.builds(
    lambda s, v: Step(Audience.DATA_MANAGER, AskQuery(subject=s, visit=v, form="SCORE", item="SITE1", question="please check"), False),
    subjects, visits)  # fmt: skip
freezings = st.builds(
    lambda s, v, whole: Step(Audience.DATA_MANAGER, Freeze(subject=s) if whole else Freeze(subject=s, visit=v, form="SCORE"), False),
    subjects, visits, st.booleans())  # fmt: skip
thawings = st.builds(
    lambda s, v, whole: Step(Audience.DATA_MANAGER, Thaw(subject=s, because="x") if whole else Thaw(subject=s, visit=v, form="SCORE", because="x"), False),
    subjects, visits, st.booleans())  # fmt: skip
reports = st.builds(
    lambda s, row: Step(Audience.EVALUATOR, Answer(subject=s, form="LEARNED", row=row, entries={"LEARNDAT": "2026-01-05"}), False),
    subjects, st.sampled_from(("a", "b")))  # fmt: skip
low_steps = st.lists(st.one_of(scores, reports, signatures, questions, freezings, thawings), max_size=8)

arms = st.sampled_from(("T", "C"))
allocations = st.builds(lambda s, a: Step(Audience.PHYSICIAN, Allocate(subject=s, arm=a, because="choice"), True), subjects, arms)
blood = st.builds(
    lambda s, v, x: Step(Audience.PHYSICIAN, Answer(subject=s, visit=v, form="BLOOD", entries={"IGG": str(x)}, reason="typing error"), True),
    subjects, visits, st.integers(0, 20))  # fmt: skip
doses = st.builds(
    lambda s, row, mg: Step(Audience.COORDINATOR, Answer(subject=s, form="DOSE", row=row, entries={"GIVEN": "2026-01-05", "MG": str(mg)}, reason="x"), True),
    subjects, st.sampled_from(("a", "b", "c")), st.sampled_from((80, 160)))  # fmt: skip
openings = st.builds(
    lambda s: Step(Audience.PHYSICIAN, BreakCode(subject=s, to=Audience.SAFETY, second="safety", because="an emergency"), True), subjects)
persons = st.builds(lambda n: Step(Audience.COORDINATOR, Screen(site="01", subject=f"P{n}"), True), st.integers(0, 2))
hidden_queries = st.builds(
    lambda s, v: Step(Audience.MONITOR, AskQuery(subject=s, visit=v, form="BLOOD", item="IGG", question="IgG unit?"), True), subjects, visits)
pages = st.sampled_from(("SCORE", "BLOOD"))
approvals = st.builds(lambda s, v: Step(Audience.INVESTIGATOR, Sign(subject=s, visit=v, form="SCORE", meaning="approved"), True), subjects, visits)
verifications = st.builds(lambda s, v, form: Step(Audience.MONITOR, Verify(subject=s, visit=v, form=form), True), subjects, visits, pages)
codings = st.builds(
    lambda s, row: Step(Audience.SAFETY, Code(subject=s, form="DOSE", row=row, item="MG", dictionary="D", version="1", code="1", term="x"), True),
    subjects, st.sampled_from(("a", "b", "c")))  # fmt: skip
closings = st.builds(lambda s, v, form: Step(Audience.MONITOR, Freeze(subject=s, visit=v, form=form), True), subjects, visits, pages)
AMENDED = evolve(STUDY, version="2", sites=(*STUDY.sites, "99")).canonical.decode()
proposals = st.just(Step(Audience.INVESTIGATOR, ProposeAmendment(definition=AMENDED, because="another hospital"), True))
casebooks = st.builds(lambda s: Step(Audience.INVESTIGATOR, SignOff(subject=s, meaning="casebook approved"), True), subjects)
hidden_steps = st.lists(
    st.one_of(allocations, blood, doses, openings, persons, hidden_queries, approvals, verifications, codings, closings, casebooks, proposals),
    max_size=8)  # fmt: skip


def swapped(steps):
    """The same hidden history with every arm exchanged."""
    return [evolve(step, command=evolve(step.command, arm={"T": "C", "C": "T"}[step.command.arm])) if isinstance(step.command, Allocate) else step
            for step in steps]  # fmt: skip


@st.composite
def pairs(draw):
    """Two histories with equal visible steps; the hidden ones swapped, dropped, or independent, each put in at any place."""
    low, high = draw(low_steps), draw(hidden_steps)
    other = draw(st.sampled_from(("swap", "purge", "independent")))
    second = {"swap": swapped(high), "purge": [], "independent": draw(hidden_steps)}[other]
    places = draw(st.lists(st.integers(0, len(low)), min_size=len(high), max_size=len(high)))
    others = places if other == "swap" else draw(st.lists(st.integers(0, len(low)), min_size=len(second), max_size=len(second)))
    return merged(low, high, places), merged(low, second, others)


def merged(low, high, places):
    """Hidden steps put between visible ones."""
    history = []
    for index, step in enumerate([*low, None]):
        history += [hidden for hidden, place in zip(high, places, strict=True) if place == index]
        if step is not None:
            history.append(step)
    return history


def who(step):
    """The person of a step: a patient acts for himself."""
    return Actor(name="phone-1", role=step.role, subject=step.command.subject) if step.role is Audience.PATIENT else actor(step.role)


class World:
    """A trial with a clock that only visible steps move, and chance that no hidden step can shift."""

    def __init__(self, study=None):
        self.moment, self.key, self.drawn = START, "start", 0
        self.gate = Gate(study or STUDY, Ledger("world"), lambda lines: None, self.draw)
        for subject in SUBJECTS:
            enrolled(self.gate, subject, arm=None)

    def draw(self, size):
        self.drawn += 1
        return hashlib.sha256(f"{self.key} {self.drawn}".encode()).digest()[:size]

    def live(self, history, observe):
        """Live through `history`; after every visible step, what `observe(world)` sees is kept."""
        seen = [observe(self)]
        for number, step in enumerate(history):
            visible = sum(not one.hidden for one in history[:number])
            self.key, self.drawn = (f"hidden {number}" if step.hidden else f"visible {visible}"), 0
            if not step.hidden:
                self.moment += timedelta(hours=7)
            try:
                self.gate.do(who(step), step.command, self.moment)
                outcome = "saved"
            except Refused as refused:
                outcome = str(refused)
            if not step.hidden:
                seen += [outcome if step.role is Audience.EVALUATOR else "", observe(self)]
        return seen
