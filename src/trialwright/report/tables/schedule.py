"""The schedule of activities: which page is filled at which visit."""

from trialwright.protocol import Study, Text, same
from trialwright.report.table import BLANK, Cell, Column, Row, Table


def table(study: Study, *, number: str, title: Text) -> Table:
    """Visits as columns with their day and window; pages as lines; the last column holds what is kept throughout."""
    said = Text("Schedule of the study definition.", "研究定义中的访视计划。")

    def cell(words: str) -> Cell:
        return Cell(text=same(words), because=said) if words else BLANK

    days = Row(
        label=Text("day (from the start)", "天（自开始）"),
        cells=(*(cell(str(one.day)) for one in study.visits), BLANK),
    )
    windows = Row(
        label=Text("window, days", "窗口（天）"),
        cells=(
            *(cell("" if one.early == one.late == 0 else f"−{one.early}/+{one.late}") for one in study.visits),
            BLANK,
        ),
    )
    forms = tuple(
        Row(label=form.title, cells=(*(cell("X" if form.code in visit.forms else "") for visit in study.visits), cell("X" if form.code in study.logs else "")))
        for form in study.forms
    )  # fmt: skip
    return Table(
        number=number, title=title, stub=Text("page", "表单"),
        columns=(*(Column(title=visit.name) for visit in study.visits), Column(title=Text("throughout", "全程"))),
        rows=(days, windows, *forms), source=Text("Study definition.", "研究定义。"),
    )  # fmt: skip
