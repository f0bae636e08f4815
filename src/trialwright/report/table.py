"""A table as data: a number, a title, columns, rows and cells, and for every cell the dataset rows behind it."""

import re
from typing import NamedTuple

from attrs import field, frozen

from trialwright.protocol import Text, same


class DataRow(NamedTuple):
    """The name of one row of a dataset: the dataset and its place in it, counted from 1."""

    dataset: str
    place: int

    def __str__(self) -> str:
        return f"{self.dataset} {self.place}"


@frozen(kw_only=True)
class Cell:
    """What stands in one place of a table, the dataset rows that it was computed from, and the result that it shows.

    `entries` names ledger entries that it rests on without a dataset row between; `because` says in words where it comes from.
    """

    text: Text
    rows: tuple[DataRow, ...] = ()
    result: str = ""
    entries: tuple[str, ...] = ()
    because: Text | None = None

    @property
    def opens(self) -> bool:
        """Whether there is something to follow: not for a dash, nor for what is hidden from the reader."""
        return self.text.en.strip() not in ("", HIDDEN.text.en, NOTHING.text.en)


HIDDEN = Cell(text=same("xx"))
"""What a blinded reader sees where a number of one arm would stand."""
BLANK = Cell(text=same(" "))
"""An empty place, where a dash would be noise."""
NOTHING = Cell(text=same("–"))
"""There is nothing to say here."""


def shown(words: str, rows: tuple[DataRow, ...] = (), result: str = "") -> Cell:
    """A cell whose content is written alike in both languages, as numbers are."""
    return Cell(text=same(words), rows=rows, result=result)


@frozen(kw_only=True)
class Column:
    """A column: what it is about and, when it stands for a group of patients, how many they are.

    `words` marks a column of sentences; `short` one of dates or single words, that never breaks.
    """

    title: Text
    n: int | None = None
    words: bool = False
    short: bool = False

    @property
    def heading(self) -> Text:
        if self.n is None:
            return self.title
        return Text(f"{self.title.en} (N = {self.n})", f"{self.title.zh}（N = {self.n}）")


def sentence(text: Text) -> Text:
    """The same words with a capital letter at the start.

    >>> sentence(Text("skin score", "皮肤评分")).en
    'Skin score'
    """
    return Text(text.en[0].upper() + text.en[1:], text.zh)


@frozen(kw_only=True)
class Row:
    """A line of a table. A line without cells is a heading for the lines below it."""

    label: Text
    cells: tuple[Cell, ...] = ()
    level: int = 0


class NoSuchCell(LookupError):
    """The table has no cell of this name; the message says which it has."""


@frozen(kw_only=True)
class Table:
    """A table. `empty` says in words why there is nothing in it; `listing` marks one that goes patient by patient."""

    number: str = field()
    title: Text
    population: Text | None = None
    stub: Text = field(factory=lambda: same(" "))
    columns: tuple[Column, ...] = ()
    rows: tuple[Row, ...] = ()
    footnotes: tuple[Text, ...] = ()
    source: Text
    empty: Text | None = None
    listing: bool = False

    def __attrs_post_init__(self) -> None:
        for place, row in enumerate(self.rows, start=1):
            if row.cells and len(row.cells) != len(self.columns):
                raise ValueError(f"table {self.number} row {place} has {len(row.cells)} cells for {len(self.columns)} columns")

    @property
    def kind(self) -> Text:
        """What it is called before its number."""
        return Text("Listing", "列表") if self.listing else Text("Table", "表")

    def cell(self, name: str) -> Cell:
        """The cell called "r3c2" (third line, second column of numbers). Raises `NoSuchCell`."""
        found = re.fullmatch(r"r(\d+)c(\d+)", name.strip().lower())
        if not found:
            raise NoSuchCell(f"“{name}” is no name of a cell. Write a line and a column, for example r1c1.")
        row, column = int(found[1]), int(found[2])
        if not 1 <= row <= len(self.rows):
            raise NoSuchCell(f"table {self.number} has the lines r1 to r{len(self.rows)}; there is no line r{row}.")
        if not self.rows[row - 1].cells:
            raise NoSuchCell(f"line r{row} of table {self.number} is a heading (“{self.rows[row - 1].label.en}”); name another line.")
        if not 1 <= column <= len(self.columns):
            raise NoSuchCell(f"table {self.number} has the columns c1 to c{len(self.columns)}; there is no column c{column}.")
        return self.rows[row - 1].cells[column - 1]

    @property
    def names(self) -> tuple[tuple[str, Cell], ...]:
        """All cells with their names, line by line."""
        return tuple(
            (f"r{r}c{c}", cell)
            for r, row in enumerate(self.rows, start=1)
            for c, cell in enumerate(row.cells, start=1)
        )
