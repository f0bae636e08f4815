"""A whole trial in virtual time: people come, are treated and measured, the data are cleaned and locked, then the arms are opened."""

import heapq
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, timedelta
from random import Random

from attrs import evolve, frozen

from trialwright.allocation import SealSequence
from trialwright.blinding import Gate
from trialwright.protocol import Audience, Method, Study
from trialwright.record import Adopt, BreakCode, Lock, OpenStudy, SignOff
from trialwright.record.events import Answered, Corrected, MarkedNotDone
from trialwright.rehearsal.behavior import Behavior
from trialwright.rehearsal.clinic import PEOPLE, Clinic, Step
from trialwright.rehearsal.patients import Person, cast
from trialwright.rehearsal.story import Days, Story, morning

A = Audience
Progress = Callable[[int, int], None]


LONGEST = timedelta(hours=2)
"""No working day of one person takes longer: a trial that stops at a time holds no entry after it."""


class CannotRehearse(Exception):
    """The study cannot be walked through: says at which point and what to change."""


@frozen(kw_only=True)
class Rehearsed:
    """What came of a rehearsal: numbers by name, and every step in the order in which it was done."""

    study: Study
    counts: Mapping[str, int]
    log: tuple[Step, ...]
    ended: datetime


def dice(seed: int) -> Callable[[int], bytes]:
    """Chance for salts, codes and the allocation list of a rehearsal. Never for a real trial: it can be foretold.

    >>> dice(1)(4) == dice(1)(4)
    True
    """
    return Random(f"{seed}/salts").randbytes


class Agenda:
    """What is to be done when: the earliest first, and in the order of entry among equals."""

    def __init__(self) -> None:
        self._waiting: list[tuple[datetime, int, Days]] = []
        self._entered = 0

    def add(self, when: datetime, days: Days) -> None:
        self._entered += 1
        heapq.heappush(self._waiting, (when, self._entered, days))

    def run(self, clinic: Clinic, until: datetime | None = None) -> None:
        """Lives through all days (those that end before `until`); the clock of the clinic never runs back."""
        while self._waiting:
            begins = max(clinic.now, self._waiting[0][0])
            if until is not None and begins + LONGEST > until:
                return
            _, _, days = heapq.heappop(self._waiting)
            clinic.now = begins
            following = next(days, None)
            if following is not None:
                self.add(following, days)


def rehearse(study: Study, behavior: Behavior, gate: Gate, *, seed: int, subjects: int = 20, start: date,
             until: datetime | None = None, progress: Progress | None = None) -> Rehearsed:  # fmt: skip
    """Walks `subjects` virtual people (and the screen failures that `behavior` names) through `study` to lock.

    Every step goes through `gate`, as the work of people does. The same study, behavior, seed and start, on a ledger
    with a seeded draw (see `dice`), give the same bytes. With `until` the trial stops there, in the middle of its
    life and unlocked, with questions waiting for an answer: something to try the application on. Raises
    `CannotRehearse` when too few people can be enrolled.
    """
    clinic = Clinic(gate=gate, behavior=behavior, now=morning(study, start))
    _open(clinic)
    agenda = Agenda()
    stories: list[Story] = []
    people = list(cast(study, seed, subjects, behavior.failing))
    total, replaced, done = len(people), 0, 0

    def live(story: Story) -> Days:
        nonlocal total, replaced, done
        yield from story.days()
        done += 1
        if story.outcome == "screen failure" and not story.person.fails:
            replaced += 1
            if replaced > 10 * subjects:
                raise CannotRehearse(_nobody(stories, study))
            total += 1
            enter(evolve(story.person, number=total), clinic.now.date() + timedelta(days=3))
        if progress:
            progress(done, total)

    def enter(person: Person, arrives: date) -> None:
        story = Story(person=person, clinic=clinic, later=agenda.add, arrives=arrives, planned=subjects)
        stories.append(story)
        agenda.add(morning(study, arrives), live(story))

    for person, arrives in zip(people, arrivals(start, seed, len(people)), strict=True):
        enter(person, arrives)
    agenda.run(clinic, until)
    if until is None:
        _close(clinic)
    else:
        _leave_work(stories)
    return Rehearsed(study=study, counts=counted(gate, clinic.log), log=tuple(clinic.log), ended=clinic.now)


def arrivals(start: date, seed: int, people: int) -> Iterator[date]:
    """The days on which people come: one a week on average, and more of them a week when there are more than 40.

    >>> [(day - date(2025, 1, 6)).days for day in arrivals(date(2025, 1, 6), 1, 3)]
    [11, 19, 26]
    """
    gaps, days = Random(f"{seed}/arrivals"), 0.0
    for _ in range(people):
        days += gaps.randint(2, 12) * min(1.0, 40 / people)
        yield start + timedelta(days=int(days))


def _open(clinic: Clinic) -> None:
    if not clinic.gate.casebook(A.CUSTODIAN).opened:
        clinic.do(A.DATA_MANAGER, OpenStudy())
    for one in clinic.behavior.dictionaries:
        clinic.do(A.SAFETY, Adopt(kind=one.kind, dictionary=one.name, version=one.version, digest=one.digest))
    if clinic.study.chosen.method is Method.RANDOMIZED:
        clinic.do(A.CUSTODIAN, SealSequence())


def _leave_work(stories: list[Story]) -> None:
    """Open questions about the last visits of three people under way."""
    for story in [one for one in stories if one.seen and not one.outcome][-3:]:
        story.question()


def _close(clinic: Clinic) -> None:
    """The investigator agrees, the data manager locks; then, with a second person, he opens the arms to the statistician."""
    clinic.now += timedelta(days=7)
    clinic.do(A.INVESTIGATOR, SignOff(meaning="ready to lock"))
    clinic.now += timedelta(hours=1)
    clinic.do(A.DATA_MANAGER, Lock())
    clinic.now += timedelta(hours=1)
    second, because = PEOPLE[A.INVESTIGATOR].name, "The data are locked; the analysis begins"
    clinic.do(A.DATA_MANAGER, BreakCode(to=A.STATISTICIAN, second=second, because=because))


def _nobody(stories: list[Story], study: Study) -> str:
    failed = sum(story.outcome == "screen failure" for story in stories)
    return (f"{failed} virtual people failed the criteria of {study.code} and too few were enrolled. "
            "Write a behavior for the study whose pages meet the criteria (see docs/how-to/rehearse.md).")  # fmt: skip


def counted(gate: Gate, log: list[Step]) -> dict[str, int]:
    """The numbers of a rehearsal: people by what became of them, pages, answers, and commands by name."""
    book = gate.casebook(A.CUSTODIAN)
    states = Counter(subject.status for subject in book.subjects)
    events = Counter(type(entry.event) for entry in book.everything)
    people = {name: states[name] for name in ("screen failure", "withdrawn", "completed")}
    return people | {
        "screened": len(book.subjects),
        "enrolled": sum(subject.enrolled is not None for subject in book.subjects),
        "pages": sum(bool(page.cells) for subject in book.subjects for page in subject.pages.values()),
        "answers": events[Answered] + events[Corrected],
        "corrections": events[Corrected],
        "pages not done": events[MarkedNotDone],
        "queries": sum(len(subject.queries) for subject in book.subjects),
        "entries": sum(events.values()),
        "commands": len(log),
    }
