"""What the registry leaves open and this study assumes, each with its source: a list for the investigator to confirm."""

from trialwright.protocol import Study, Text, same
from trialwright.report.table import Cell, Column, Row, Table


def table(study: Study, *, number: str, title: Text) -> Table:
    """One line for every assumption of the study."""
    rows = tuple(
        Row(label=same(one.code.partition("-")[0]), cells=tuple(
            Cell(text=words, because=Text(f"Assumption {one.code} of the study definition; no data stand behind it.",
                                          f"研究定义中的假定 {one.code}，无数据来源。"))
            for words in (one.about, one.assumed, one.source, Text("confirmed", "已确认") if one.verified else Text("open", "待确认"))))
        for one in study.assumptions
    )  # fmt: skip
    headings = (Text("about", "内容"), Text("assumed", "假定"), Text("source", "来源"), Text("state", "状态"))
    return Table(
        number=number, title=title, stub=Text("no.", "编号"),
        columns=tuple(Column(title=one, words=True, short=one is headings[-1]) for one in headings), rows=rows,
        source=Text("Study definition.", "研究定义。"),
        empty=None if rows else Text("The study names no assumption.", "研究未列出假定。"),
    )  # fmt: skip
