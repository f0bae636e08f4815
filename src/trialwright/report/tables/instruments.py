"""The measures, rules and versions under which something was derived, and whether their sources were read."""

from trialwright.protocol import Study, Text, same
from trialwright.report.table import Cell, Column, Row, Table

COLUMNS = (Text("version", "版本"), Text("constants read in the source", "常数已在原文核实"))


def table(study: Study, *, number: str, title: Text) -> Table:
    """One line for each instrument of the study."""
    rows = tuple(
        Row(label=one.name, cells=tuple(Cell(text=words, because=Text(f"Instrument {one.code}.", f"评估工具 {one.code}。")) for words in (
            same(one.version),  Text("yes", "是") if one.verified else Text("no: unverified", "否：未核实"))))
        for one in study.instruments
    )  # fmt: skip
    return Table(
        number=number, title=title, stub=Text("measure", "评估工具"), rows=rows,
        columns=tuple(Column(title=one, words=True, short=place == 1) for place, one in enumerate(COLUMNS)),
        source=Text("Study definition; the sources stand in section 15.", "研究定义；来源见第 15 节。"),
        empty=None if rows else Text("The study names no instrument.", "研究未列出评估工具。"),
    )  # fmt: skip
