"""The answers of many people at once, typed as the forms type them, for facts that are derived in columns."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from trialwright.eligibility.screening_columns import ColumnFact, Facts, Floats, answers

Dates = NDArray[np.datetime64]
Places = NDArray[np.int64]


@frozen(kw_only=True, eq=False)
class Span:
    """Partial dates of many rows: the earliest and the latest day that each can mean, NaT where nothing is known."""

    low: Dates
    high: Dates


Column = Floats | Dates | ColumnFact | Span
"""A number is a float (NaN unknown), a date a day (NaT unknown), a choice a code, a partial date a span."""


@frozen(kw_only=True, eq=False)
class Rows:
    """Columns of one length, named "FORM.ITEM". An item without a column is unknown for everybody."""

    size: int
    columns: Mapping[str, Column]

    def amount(self, name: str) -> Floats:
        """The numbers of an item, NaN where unknown."""
        found = self.columns.get(name)
        if isinstance(found, np.ndarray) and found.dtype.kind == "f":
            return found.astype(float, copy=False)
        return np.full(self.size, np.nan)

    def day(self, name: str) -> Dates:
        """The dates of an item, NaT where unknown."""
        found = self.columns.get(name)
        if isinstance(found, np.ndarray) and found.dtype.kind == "M":
            return found.astype("datetime64[D]", copy=False)
        return np.full(self.size, np.datetime64("NaT"), "datetime64[D]")

    def answer(self, name: str) -> ColumnFact:
        """The answers of a choice."""
        found = self.columns.get(name)
        return found if isinstance(found, ColumnFact) else answers(np.full(self.size, -1, np.int16), ())

    def span(self, name: str) -> Span:
        """The partial dates of an item."""
        found = self.columns.get(name)
        if isinstance(found, Span):
            return found
        nothing = np.full(self.size, np.datetime64("NaT"), "datetime64[D]")
        return Span(low=nothing, high=nothing)

    def truth(self, name: str, yes: Sequence[str] = ("Y",), no: Sequence[str] = ("N",)) -> Floats:
        """1 where the answer is among `yes`, 0 where among `no`, NaN elsewhere.

        >>> asked = answers(np.array([0, 1, 2, -1]), ("N", "Y", "MAYBE"))
        >>> Rows(size=4, columns={"F.A": asked}).truth("F.A")
        array([ 0.,  1., nan, nan])
        """
        found = self.answer(name)
        meaning = [1.0 if word in yes else 0.0 if word in no else np.nan for word in found.words]
        result: Floats = np.array([*meaning, np.nan])[found.code]
        return result


@frozen(kw_only=True, eq=False)
class Log(Rows):
    """The rows of a log (drugs, doses), each with the place of its person, in any order."""

    person: Places


@frozen(kw_only=True, eq=False)
class People(Rows):
    """n people: their answers at screening, the index day of each (NaT where not set), and the rows of their logs.

    A log that nobody handed over is not here: then nothing is known of it, which is not the same as a log without rows.
    """

    index: Dates
    logs: Mapping[str, Log]


@frozen(kw_only=True)
class ColumnDerivation:
    """How one fact comes out of the answers of many people; the version is that of the derivation from one chart.

    `bounds` marks a number that may be known in part, so that its lowest and highest value are worth showing.
    """

    name: str
    by: Callable[[People], ColumnFact]
    version: str
    bounds: bool = False


@frozen(kw_only=True)
class RegistryPlan:
    """What a registry must hold for the criteria of a study: the items ("FORM.ITEM") of the people and of the one log,
    and the facts that follow from them."""

    items: tuple[str, ...]
    log: str
    log_items: tuple[str, ...]
    derivations: tuple[ColumnDerivation, ...]


def facts_of_people(plan: RegistryPlan, people: People) -> Facts:
    """All facts of the plan for these people."""
    return {one.name: one.by(people) for one in plan.derivations}
