"""How alike the arms are: counts, strata and what was known of each subject on the day of allocation."""

from collections.abc import Iterable
from decimal import Decimal
from math import sqrt
from statistics import fmean, variance

from attrs import frozen

from trialwright.protocol import Fact, Study, Text, facts_of
from trialwright.record import Casebook, Entry, Subject, SubjectChart
from trialwright.record.events import Allocated, SequenceSealed

MEMBERS = ("Y", "N")


@frozen(kw_only=True)
class Level:
    """Subjects of each arm who are alike in one thing, in the order of the study's arms."""

    name: str
    counts: tuple[int, ...]

    @property
    def uneven(self) -> int:
        """The largest count less the smallest."""
        return max(self.counts) - min(self.counts)


@frozen(kw_only=True)
class Factor:
    """One factor of the randomization, with its levels."""

    label: Text
    levels: tuple[Level, ...]


@frozen(kw_only=True)
class Measure:
    """A fact that is a number: how many, mean and standard deviation in each arm (None where there are too few), and, for two
    arms, the difference of the means in standard deviations."""

    label: Text
    told: tuple[tuple[int, float | None, float | None], ...]
    difference: float | None


@frozen(kw_only=True)
class Answers:
    """A fact that is a code: how many of each arm have which."""

    label: Text
    levels: tuple[Level, ...]


@frozen(kw_only=True)
class Balance:
    """The arms side by side. `alike` are the facts in which nobody differs.

    `total` is the imbalance that minimization looks at, summed over the factors; None without factors.
    """

    arms: tuple[str, ...]
    counts: Level
    factors: tuple[Factor, ...]
    measures: tuple[Measure, ...]
    answers: tuple[Answers, ...]
    alike: tuple[Text, ...]
    total: int | None
    commitment: str


def balance(study: Study, book: Casebook) -> Balance:
    """The balance as far as `book` knows the arms: a view in which nobody has an arm gives nothing but zeros."""
    arms = tuple(arm.code for arm in study.arms)
    allocated = [one for one in book.subjects if one.arm in arms]
    facts = {one.id: _facts(study, book, one) for one in allocated}
    earlier = [(one.arm or "", _stratum(one)) for one in allocated]
    factors = tuple(_factor(study, number, arms, earlier) for number in range(len(study.chosen.factors)))
    measures, answers = [], []
    for derivation in study.derivations:
        sides = [[fact for one in allocated if one.arm == arm and (fact := facts[one.id][derivation.name]).known] for arm in arms]
        if any(fact.code is not None for side in sides for fact in side):
            answers.append(_answers(derivation.label, sides))
        elif any(sides):
            measures.append(_measure(derivation.label, sides))
    return Balance(arms=arms, counts=Level(name="", counts=_counts(arms, (arm for arm, _ in earlier))), factors=factors, measures=tuple(measures),
                   answers=tuple(one for one in answers if len(one.levels) > 1),
                   alike=tuple(one.label for one in answers if len(one.levels) == 1),
                   total=sum(level.uneven for one in factors for level in one.levels) if factors else None,
                   commitment=commitment(book))  # fmt: skip


def commitment(book: Casebook) -> str:
    """What was told of the sealed list before the first patient; "" when there is none."""
    return next((entry.event.commitment for entry in book.entries() if isinstance(entry.event, SequenceSealed)), "")


def _facts(study: Study, book: Casebook, subject: Subject) -> dict[str, Fact]:
    """What was known of a subject when it came into its arm; nothing that was entered later."""
    entries: Iterable[Entry] = book.entries(subject.id)
    if subject.allocated is not None:
        at = subject.allocated.at
        entries = [entry for entry in entries if entry.at <= at]
    chart = SubjectChart(study, Subject.of(subject.id, entries))
    return {one.name: one.of(chart) for one in study.derivations}


def _stratum(subject: Subject) -> str:
    event = subject.allocated.event if subject.allocated else None
    return event.stratum if isinstance(event, Allocated) else ""


def factor_label(study: Study, number: int) -> Text:
    """What a factor of the reading asks, in the words of its facts."""
    labels = {one.name: one.label for one in study.derivations}
    names = facts_of(study.chosen.factors[number])
    return Text(", ".join(labels[name].en for name in names), "、".join(labels[name].zh for name in names))


def _factor(study: Study, number: int, arms: tuple[str, ...], earlier: list[tuple[str, str]]) -> Factor:
    levels = tuple(Level(name=member, counts=_counts(arms, (arm for arm, told in earlier if told[number : number + 1] == member)))
                   for member in MEMBERS)  # fmt: skip
    return Factor(label=factor_label(study, number), levels=levels)


def _counts(arms: tuple[str, ...], told: Iterable[str]) -> tuple[int, ...]:
    found = list(told)
    return tuple(found.count(arm) for arm in arms)


def _answers(label: Text, sides: list[list[Fact]]) -> Answers:
    codes = sorted({fact.code for side in sides for fact in side if fact.code is not None})
    return Answers(label=label, levels=tuple(Level(name=code, counts=tuple(sum(fact.code == code for fact in side) for side in sides)) for code in codes))


def _measure(label: Text, sides: list[list[Fact]]) -> Measure:
    numbers = [[float(fact.low) for fact in side if isinstance(fact.low, Decimal)] for side in sides]
    told = tuple((len(side), fmean(side) if side else None, sqrt(variance(side)) if len(side) > 1 else None) for side in numbers)
    return Measure(label=label, told=told, difference=standardized(numbers[0], numbers[1]) if len(numbers) == 2 else None)


def standardized(first: list[float], second: list[float]) -> float | None:
    """The difference of two means over the root of the mean of both variances (Austin, Statistics in Medicine 2009;28:3083); None where
    an arm has fewer than two values or nothing varies.

    >>> standardized([1, 2, 3], [2, 3, 4])
    -1.0
    """
    if min(len(first), len(second)) < 2:
        return None
    spread = sqrt((variance(first) + variance(second)) / 2)
    return (fmean(first) - fmean(second)) / spread if spread else None
