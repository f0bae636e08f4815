"""A reporting checklist: what each item asks for, and in which section of this report it stands."""

from collections.abc import Sequence

from attrs import frozen

from trialwright.protocol import Text, same
from trialwright.report.table import Cell, Column, Row, Table

MISSING = Text("not recorded; to be added by hand", "未记录；须人工补充")


@frozen
class Item:
    """An item: its number in the published list, what it asks in our words, and the sections that answer it ("" for none)."""

    number: str
    asks: Text
    where: str


def table(items: Sequence[Item], *, number: str, title: Text) -> Table:
    """One line for each item."""

    def row(item: Item) -> Row:
        said = Text(f"Item {item.number} of the checklist.", f"清单条目 {item.number}。")
        where = Text(f"section {item.where}", f"第 {item.where} 节") if item.where else MISSING
        return Row(label=same(item.number), cells=(Cell(text=item.asks, because=said), Cell(text=where, because=said)))

    headings = (Text("asks for", "要求"), Text("stands in", "所在位置"))
    return Table(number=number, title=title, stub=Text("item", "条目"), columns=tuple(Column(title=one, words=True) for one in headings),
                 rows=tuple(map(row, items)), source=Text("The sections of this report.", "本报告各节。"))  # fmt: skip
