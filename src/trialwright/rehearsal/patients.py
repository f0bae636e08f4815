"""Virtual people: who comes, who withdraws, who misses a visit, whose page holds a slip of the pen; all drawn from one seed."""

from collections.abc import Iterator, Sequence
from datetime import date
from random import Random

from attrs import evolve, frozen

from trialwright.protocol import Study, Visit


@frozen(kw_only=True)
class Person:
    """One virtual person and the part that he plays.

    `fails` names the criterion that he is made to miss ("" for none); days count from his index date; visits are codes.
    `asked` and `slips` name the visits whose pages are queried, or first saved with a typing error.
    """

    number: int
    seed: int
    fails: str = ""
    withdraws: int | None = None
    serious: int | None = None
    misses: frozenset[str] = frozenset()
    astray: frozenset[str] = frozenset()
    asked: frozenset[str] = frozenset()
    slips: frozenset[str] = frozenset()

    def dice(self, *purpose: object) -> Random:
        """Chance of this person for one purpose: the same seed, person and purpose always fall alike.

        >>> Person(number=1, seed=7).dice("skin").random() == Person(number=1, seed=7).dice("skin").random()
        True
        """
        return Random("/".join(str(part) for part in (self.seed, self.number, *purpose)))


@frozen(kw_only=True)
class Occasion:
    """One person on one day: all that a page can be filled from.

    `since` is the day of the contact before; `visit` is "" between visits; `closing` marks the last contact of all.
    """

    study: Study
    person: Person
    day: date
    since: date
    visit: str = ""
    index: date | None = None
    arm: str | None = None
    closing: bool = False

    @property
    def study_day(self) -> int:
        """Days since the index date (0 while there is none)."""
        return (self.day - self.index).days if self.index else 0

    @property
    def week(self) -> float:
        return self.study_day / 7

    @property
    def treated(self) -> bool:
        """Whether the person is in an arm that is not the control."""
        return self.arm is not None and not self.study.arm(self.arm).control

    def dice(self, *purpose: object) -> Random:
        """Chance of this person at this visit for one purpose."""
        return self.person.dice(self.visit or self.day, *purpose)


def follow_up(study: Study) -> tuple[Visit, ...]:
    """The visits after the baseline, in their order."""
    return tuple(sorted((v for v in study.visits if v.day > study.baseline.day), key=lambda visit: visit.day))


def cast(study: Study, seed: int, subjects: int, failing: Sequence[str]) -> tuple[Person, ...]:
    """The people in the order in which they come: `subjects` who should be enrolled and one for each of `failing`.

    Among those to be enrolled one in twenty (and at least one) withdraws, one in twenty has a serious adverse event,
    about one in five misses a visit, one in four comes outside a window; each has pages that are queried or mistyped.
    """
    dice = Random(f"{seed}/cast")
    people = [Person(number=number, seed=seed) for number in range(1, subjects + 1)]
    if follow_up(study) and people:
        _give_parts(study, people, dice)
    for place, criterion in enumerate(failing):
        extra = Person(number=subjects + 1 + place, seed=seed, fails=criterion)
        people.insert(dice.randrange(len(people) + 1), extra)
    return tuple(people)


def _give_parts(study: Study, people: list[Person], dice: Random) -> None:
    visits = follow_up(study)
    middle = visits[1:-1] or visits[:1]
    order = list(range(len(people)))
    dice.shuffle(order)
    takers = _around(order)
    early = _before_key(study, middle)
    for _ in range(max(1, len(people) // 20)):
        one = next(takers)
        people[one] = evolve(people[one], withdraws=_between_windows(visits, dice.choice(early)))
        one = next(takers)
        people[one] = evolve(people[one], serious=dice.randint(7, max(8, visits[-1].day // 2)))
    for _ in range(max(1, len(people) // 5)):
        one = next(takers)
        people[one] = evolve(people[one], misses=frozenset({dice.choice(_but_key(study, middle)).code}))
    for _ in range(max(1, len(people) // 4)):
        one = next(takers)
        free = [visit for visit in middle if visit.code not in people[one].misses] or list(visits[:1])
        people[one] = evolve(people[one], astray=frozenset({dice.choice(free).code}))
    for one, person in enumerate(people):
        come = [visit.code for visit in visits if visit.code not in person.misses and not _gone(person, visit)]
        chosen = frozenset({dice.choice(come)}) if come else frozenset()
        people[one] = evolve(person, asked=chosen) if one % 2 == 0 else evolve(person, slips=chosen)


def _around(order: list[int]) -> Iterator[int]:
    while True:
        yield from order


def _gone(person: Person, visit: Visit) -> bool:
    return person.withdraws is not None and visit.last_day >= person.withdraws


def _before_key(study: Study, visits: Sequence[Visit]) -> Sequence[Visit]:
    """The visits before that of the primary endpoint, so that its analysis meets a missing value."""
    key = [study.visit(endpoint.at).day for endpoint in study.endpoints if endpoint.primary and endpoint.at]
    return [visit for visit in visits if key and visit.day < min(key)][:-1] or visits


def _but_key(study: Study, visits: Sequence[Visit]) -> Sequence[Visit]:
    """Without the visit of the primary endpoint: it may be lost by withdrawal, not by the play."""
    key = {endpoint.at for endpoint in study.endpoints if endpoint.primary}
    return [visit for visit in visits if visit.code not in key] or visits


def _between_windows(visits: Sequence[Visit], after: Visit) -> int:
    """A day after the window of `after` and, where there is room, before the next window."""
    following = next((visit.first_day for visit in visits if visit.day > after.day), after.last_day + 8)
    return max(after.last_day + 1, min(after.last_day + 5, following - 1))
