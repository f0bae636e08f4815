"""The readings of the allocation side by side: the same data, what they would show under each, and what that may be called."""

from attrs import frozen

from trialwright.protocol import Reading, Text
from trialwright.report.lines import draws
from trialwright.report.source import Source
from trialwright.report.table import HIDDEN, Cell, Column, Row, Table

COLUMNS = (
    Text("what is compared", "比较内容"),
    Text("result", "结果"),
    Text("the bias looked at", "所考察的偏倚"),
    Text("what it may be called", "可作的表述"),
)


@frozen(kw_only=True)
class Line:
    """One reading: what is compared, the result, what is known about its bias, and the word for it."""

    reading: Reading
    compared: Text
    result: Cell
    bias: Cell
    called: Text


def table(source: Source, lines: tuple[Line, ...], *, number: str, title: Text, population_name: Text) -> Table:
    """One line for each reading; the one under which the study runs is marked."""
    rows = tuple(_row(source, line) for line in lines)
    return Table(
        number=number, title=title, population=population_name, stub=Text("reading", "解读"), rows=rows,
        columns=tuple(Column(title=one, words=True) for one in COLUMNS),
        footnotes=(Text("The registry leaves open how patients come into an arm. The data are the same in every line; what they can mean is not. "
                        "Only one reading is true of the trial as it was run; the others show what would change.",
                        "注册信息未说明受试者如何分组。各行数据相同，含义不同。试验实际仅对应一种解读，其余说明结论会如何改变。"),
                   *draws(source.study, *(one for each in source.study.endpoints for one in each.analyses if one.readings))),
        source=Text("Datasets ADRS, ADICE, ADSL.", "数据集 ADRS、ADICE、ADSL。"),
        empty=None if rows else Text("The study names no reading.", "研究未列出解读。"),
    )  # fmt: skip


def _row(source: Source, line: Line) -> Row:
    reading = line.reading
    here = reading.code == source.study.reading
    mark = (" (this trial)", "（本试验）") if here else ("", "")
    label = Text(f"{reading.code}: {reading.title.en}{mark[0]}", f"{reading.code}：{reading.title.zh}{mark[1]}")
    said = Text(f"Reading {reading.code} of the study definition.", f"研究定义中的解读 {reading.code}。")
    cells = (Cell(text=line.compared, because=said), line.result, line.bias, Cell(text=line.called, because=said))
    return Row(label=label, cells=cells if source.released else tuple(HIDDEN if cell in (line.result, line.bias) else cell for cell in cells))
