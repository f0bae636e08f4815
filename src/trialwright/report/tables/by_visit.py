"""What was measured of every patient at every visit: one block for each measure, one line for each patient."""

from collections.abc import Iterator, Sequence
from typing import Any

import polars as pl
from attrs import frozen

from trialwright.protocol import Text, Visit, same
from trialwright.report.numerals import decimal
from trialwright.report.source import ARM, PLACE, Source
from trialwright.report.table import NOTHING, Cell, Column, DataRow, Row, Table


@frozen(kw_only=True)
class Measure:
    """A parameter of a dataset, with its name and decimals."""

    dataset: str
    parameter: str
    name: Text
    places: int = 1


def table(source: Source, measures: Sequence[Measure], *, number: str, title: Text, population: str = "ITTFL", population_name: Text, nobody: Text,
          footnotes: tuple[Text, ...] = ()) -> Table:  # fmt: skip
    """The values that were analyzed, by patient and visit; visits at which nothing of this was measured have no column."""
    found = [(measure, rows) for measure in measures if (rows := _values(source, measure, population))]
    seen = {visit for _, rows in found for _, visit in rows}
    visits = [visit for visit in source.study.visits if visit.number in seen]
    datasets = ", ".join(dict.fromkeys(measure.dataset for measure, _ in found)) or ", ".join(
        dict.fromkeys(one.dataset for one in measures)
    )
    return Table(
        number=number, title=title, population=population_name, stub=Text("patient", "受试者"), columns=tuple(Column(title=visit.name) for visit in visits),
        rows=tuple(row for measure, rows in found for row in _block(source, measure, rows, visits, population)), footnotes=footnotes if found else (),
        source=Text(f"Dataset{'s' if ',' in datasets else ''} {datasets or '–'}; {population} = Y, ANL01FL = Y or ABLFL = Y.",
                    f"数据集 {datasets or '–'}；{population} = Y，ANL01FL = Y 或 ABLFL = Y。"),
        empty=None if found else nobody,
    )  # fmt: skip


def _values(source: Source, measure: Measure, population: str) -> dict[tuple[str, float], dict[str, Any]]:
    """The analyzed value of each patient at each visit."""
    rows = source.rows(measure.dataset, population).filter(
        (pl.col("PARAMCD") == measure.parameter) & pl.col("AVAL").is_not_null() & pl.col("AVISITN").is_not_null()
        & ((pl.col("ANL01FL") == "Y") | (pl.col("ABLFL") == "Y"))
    )  # fmt: skip
    return {
        (row["USUBJID"], row["AVISITN"]): row
        for row in rows.select("USUBJID", "AVISITN", "AVAL", PLACE, ARM).to_dicts()
    }


def _block(
    source: Source,
    measure: Measure,
    rows: dict[tuple[str, float], dict[str, Any]],
    visits: Sequence[Visit],
    population: str,
) -> Iterator[Row]:
    arms = {arm.code: arm.name for arm in source.study.arms}
    yield Row(label=measure.name)
    for subject, arm in source.patients(population).sort("USUBJID").select("USUBJID", ARM).iter_rows():
        cells = tuple(_cell(measure, rows.get((subject, visit.number))) for visit in visits)
        if any(cell is not NOTHING for cell in cells):
            patient = subject.rsplit("-", 1)[-1]
            label = Text(f"{patient}, {arms[arm].en}", f"{patient}，{arms[arm].zh}") if arm in arms else same(patient)
            yield Row(label=label, cells=cells, level=1)


def _cell(measure: Measure, row: dict[str, Any] | None) -> Cell:
    return (
        NOTHING
        if row is None
        else Cell(text=same(decimal(row["AVAL"], measure.places)), rows=(DataRow(measure.dataset, row[PLACE]),))
    )
