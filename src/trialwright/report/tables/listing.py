"""A list of dataset rows, one line each: patients who stopped, doses, adverse events, abnormal values."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import polars as pl
from attrs import field, frozen

from trialwright.protocol import Study, Text, same
from trialwright.report.flow import worded
from trialwright.report.numerals import decimal
from trialwright.report.source import ARM, PLACE, Source
from trialwright.report.table import Cell, Column, DataRow, Row, Table


@frozen(kw_only=True)
class Shown:
    """A variable of the dataset as a column: its heading, whether its codes are worded, and the words of codes that no list has.

    `wide` marks sentences, which break; all else stays on one line. `places` are the decimals of a number.
    """

    variable: str
    title: Text
    coded: bool = False
    terms: Mapping[str, Text] = field(factory=dict)
    wide: bool = False
    places: int | None = None


def table(source: Source, columns: Sequence[Shown], *, number: str, title: Text, dataset: str, population: str = "ITTFL", population_name: Text,
          keep: pl.Expr | None = None, order: Sequence[str] = (), condition: str = "", closed: Text | None = None, nobody: Text,
          footnotes: tuple[Text, ...] = ()) -> Table:  # fmt: skip
    """The rows of `dataset` that `keep` holds for, of the patients of a population, by patient and then by `order`.

    `closed` stands in the place of the list for a reader to whom the arms are not open, when rows could tell an arm; `nobody` says that there is no row.
    """
    rows: tuple[Row, ...] = ()
    if closed is None or source.opened:
        frame = source.rows(dataset, population) if dataset != "ADSL" else source.patients(population)
        frame = frame.filter(keep) if keep is not None else frame
        rows = tuple(
            _row(source, one, columns, dataset) for one in frame.sort("USUBJID", *order, nulls_last=True).to_dicts()
        )
    arm = (Column(title=Text("arm", "组别"), words=True, short=True),) if source.released else ()
    held = f"{population} = Y{f', {condition}' if condition else ''}"
    return Table(
        number=number, title=title, population=population_name, stub=Text("patient", "受试者"), rows=rows,
        columns=(*arm, *(Column(title=one.title, words=True, short=not one.wide) for one in columns)), footnotes=footnotes if rows else (),
        source=Text(f"Dataset {dataset}; {held}.", f"数据集 {dataset}；{held}。"),
        empty=None if rows else nobody if closed is None or source.opened else closed,
    )  # fmt: skip


def _row(source: Source, values: Mapping[str, Any], columns: Sequence[Shown], dataset: str) -> Row:
    behind = (DataRow(dataset, values[PLACE]),)
    arms = {arm.code: arm.name for arm in source.study.arms}
    arm = (Cell(text=arms.get(values[ARM] or "", same("–")), rows=behind),) if source.released else ()
    told = tuple(Cell(text=said(source.study, one, values.get(one.variable)), rows=behind) for one in columns)
    return Row(label=same(str(values["USUBJID"]).rsplit("-", 1)[-1]), cells=(*arm, *told))


def said(study: Study, column: Shown, value: object) -> Text:
    """One value as it stands in a list; a dash where there is none."""
    if value is None or value == "":
        return same("–")
    if column.terms or column.coded:
        return column.terms.get(str(value)) or worded(study, str(value))
    if isinstance(value, date):
        return same(value.isoformat())
    if column.places is not None and isinstance(value, int | float):
        return same(decimal(float(value), column.places))
    return same(f"{value:g}" if isinstance(value, float) else str(value))
