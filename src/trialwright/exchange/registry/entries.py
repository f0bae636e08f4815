"""The entries of a registry, read as the forms of the study read what a person types; what cannot be read is unknown, and told."""

from collections.abc import Sequence
from datetime import date

import numpy as np
import polars as pl
from attrs import define, field
from numpy.typing import NDArray

from trialwright.eligibility.exposure import span
from trialwright.eligibility.people import Column, Span
from trialwright.eligibility.screening_columns import answers
from trialwright.exchange.datasets import SHOWN, Fault
from trialwright.exchange.registry.table import Unscreenable
from trialwright.protocol import Absence, Item, Kind, Text, Unreadable, Value

Places = NDArray[np.intp]
Meaning = Value | Text | None
"""The value of an entry, or why it has none (None: it says that nothing is known)."""
MANY = 10
"""Unreadable entries from which on a column that is mostly unreadable refuses the file."""
REMEMBERED = 200_000
"""Different entries of a column whose reading is remembered."""
ABSENT = {word.upper() for one in Absence if one is not Absence.ERASED for word in (one.value, one.name)}


@define
class Findings:
    """What could not be read: how often in each column, and the first of it with place and mend."""

    shown: list[Fault] = field(factory=list)
    unreadable: dict[tuple[str, str], int] = field(factory=dict)
    entries: dict[tuple[str, str], int] = field(factory=dict)

    def note(self, file: str, column: str, entries: int, unreadable: int, first: Sequence[tuple[int, Text]]) -> None:
        """Adds one column of a piece: how many entries, how many of them unreadable, and records of the first of these.

        Raises `Unscreenable` when the column so far is mostly unreadable: then it is written in another way.
        """
        key = (file, column)
        self.entries[key] = self.entries.get(key, 0) + entries
        self.unreadable[key] = self.unreadable.get(key, 0) + unreadable
        faults = [Fault(file=file, record=record, column=column, because=because) for record, because in first]
        if self.unreadable[key] >= MANY and 2 * self.unreadable[key] > self.entries[key]:
            number, of = self.unreadable[key], self.entries[key]
            raise Unscreenable([
                Fault(file=file, column=column, because=Text(
                    f"{number} of the first {of} entries cannot be read. Is it another unit or another way of writing? Convert the column.",
                    f"前 {of} 个数据中有 {number} 个无法识别，是否单位或写法不同？请换算后重新导出。")), *faults[:3]])  # fmt: skip
        self.shown += faults[: SHOWN - len(self.shown)]

    @property
    def total(self) -> int:
        """How many entries could not be read."""
        return sum(self.unreadable.values())


@define
class ItemReader:
    """Reads one column as its item reads what a person types; every different entry is read once and remembered.

    A date after `today` cannot have happened; an absence ("unknown", "not done") says that nothing is known.
    """

    item: Item
    today: date | None
    seen: dict[str, Meaning] = field(factory=dict)

    def read(self, text: pl.Series) -> tuple[Column, int, list[tuple[int, Text]]]:
        """The typed column, how many entries cannot be read, and the places and reasons of the first of them."""
        if len(self.seen) > REMEMBERED:
            self.seen.clear()
        different = text.drop_nulls().unique()
        entries = different.to_list()
        for entry in entries:
            if entry not in self.seen:
                self.seen[entry] = self._meaning(entry)
        meanings = [self.seen[entry] for entry in entries]
        place = _places(text, different)
        wrong = np.flatnonzero(np.array([*(isinstance(one, Text) for one in meanings), False])[place])
        first = [(at, why) for at in wrong[:SHOWN].tolist() if isinstance(why := meanings[place[at]], Text)]
        return self._column(meanings, place), len(wrong), first

    def _meaning(self, entry: str) -> Meaning:
        if entry.upper() in ABSENT:
            return None
        try:
            value = self.item.read(entry)
        except Unreadable as problem:
            return problem.because
        if isinstance(value, date) and self.today is not None and value > self.today:
            return Text(f"{entry} lies in the future. Check the date.", f"{entry} 晚于今天，请核对日期。")
        return value

    def _column(self, meanings: Sequence[Meaning], place: Places) -> Column:
        values = [None if isinstance(one, Text) else one for one in meanings] + [None]
        if self.item.kind in (Kind.INTEGER, Kind.DECIMAL):
            return np.array([np.nan if value is None else float(str(value)) for value in values])[place]
        if self.item.kind is Kind.DATE:
            return np.array(values, "datetime64[D]")[place]
        if self.item.kind is Kind.PARTIAL_DATE:
            spans = [span(value) for value in values]
            low, high = (np.array([one and getattr(one, side) for one in spans], "datetime64[D]") for side in ("low", "high"))
            return Span(low=low[place], high=high[place])
        words = [term.code for term in self.item.codelist.terms] if self.item.codelist else []
        codes = np.array([-1 if value is None else words.index(str(value)) for value in values], np.int16)
        return answers(codes[place], words)


def _places(text: pl.Series, different: pl.Series) -> Places:
    """For each entry its place among the different ones; -1, the last place, for none."""
    numbered = pl.DataFrame({"entry": different, "place": np.arange(different.len(), dtype=np.int64)})
    joined = pl.DataFrame({"entry": text}).join(numbered, on="entry", how="left", maintain_order="left")
    return joined["place"].fill_null(-1).to_numpy().astype(np.intp)
