"""Estimates under one another, each a mark with its interval: whether methods agree, or outcomes point the same way."""

from functools import partial
from math import isinf

from attrs import frozen

from trialwright.protocol import Text
from trialwright.report.drawing import INK, LOOKS, SOFT, WIDTH, Canvas, Frame, Scale, ticks
from trialwright.report.figure import Figure
from trialwright.report.letters import broken, span
from trialwright.report.numerals import decimal, interval
from trialwright.report.source import Source
from trialwright.report.table import Cell, Column, DataRow, Row, Table

HEIGHT, TOP = 25, 26
"""Of one line, and of the headings above all."""


@frozen(kw_only=True)
class Mark:
    """One line of the figure: its name, the estimate with its limits, the rows behind it; `main` for the primary analysis."""

    label: Text
    value: float
    lower: float
    upper: float
    rows: tuple[DataRow, ...] = ()
    result: str = ""
    main: bool = False


def figure(source: Source, marks: tuple[Mark, ...], *, number: str, title: Text, axis: Text, population_name: Text, footnotes: tuple[Text, ...] = (),
           data_source: Text) -> Figure:  # fmt: skip
    """The figure of these marks in their order; the numbers are in the table below it."""
    ready = bool(marks) and source.released
    closed = Text("No comparison is drawn while the arms are closed to this reader.", "揭盲前不绘制任何组间比较。")
    none = Text("No estimate could be computed.", "无可用估计值。")
    return Figure(
        number=number, title=title, population=population_name,
        draw=partial(_drawn, marks, axis) if ready else None, alternative=_told(marks, axis) if ready else none,
        data=_table(marks, axis, number, title, data_source) if ready else None,
        footnotes=footnotes if ready else (), source=data_source, empty=None if ready else none if source.released else closed,
    )  # fmt: skip


def _drawn(marks: tuple[Mark, ...], axis: Text, language: str) -> str:
    names = [broken(mark.label.in_(language), 235, 12) for mark in marks]
    tops = [TOP + sum(max(HEIGHT, 15 * len(lines) + 8) for lines in names[:place]) for place in range(len(names) + 1)]
    numbers = [f"{decimal(mark.value)} ({interval(mark.lower, mark.upper).in_(language)})" for mark in marks]
    wide = max(span(words, 11.5) for words in numbers)
    left = min(250.0, max(span(line, 12) for lines in names for line in lines)) + 12
    frame = Frame(x=_scale(marks, left, WIDTH - wide - 16), y=Scale(0, 1, tops[-1], TOP - 8))
    below = broken(axis.in_(language), WIDTH - left - 10, 12.5)
    canvas = Canvas(height=tops[-1] + 30 + 17 * len(below))
    frame.axes(canvas, across=ticks(frame.x.low, frame.x.high, 7))
    canvas.line(frame.x(0), TOP - 8, frame.x(0), tops[-1], color=INK)
    for mark, lines, words, top, bottom in zip(marks, names, numbers, tops, tops[1:], strict=False):
        middle = (top + bottom) / 2
        for place, line in enumerate(lines):
            canvas.words(left - 12, middle + 4 + 15 * (place - (len(lines) - 1) / 2), line, anchor="end", bold=mark.main)
        canvas.words(WIDTH - 4, middle + 4, words, size=11.5, anchor="end", bold=mark.main)
        with canvas.told(f"{' '.join(lines)}: {words}"):
            _line(canvas, frame, mark, middle)
    canvas.words(WIDTH - 4, 12, Text("estimate (95 % interval)", "估计值（95 % 区间）").in_(language), size=11, anchor="end", color=SOFT)
    for place, line in enumerate(below):
        canvas.words((frame.x.start + frame.x.end) / 2 if len(below) == 1 else left, tops[-1] + 36 + 17 * place, line, size=12.5,
                     anchor="middle" if len(below) == 1 else "start")  # fmt: skip
    return canvas.svg(_told(marks, axis).in_(language))


def _scale(marks: tuple[Mark, ...], start: float, end: float) -> Scale:
    reach = [0.0, *(limit for mark in marks for limit in (mark.lower, mark.upper, mark.value) if not isinf(limit))]
    room = (max(reach) - min(reach)) / 20 or 1.0
    return Scale(min(reach) - room, max(reach) + room, start, end)


def _line(canvas: Canvas, frame: Frame, mark: Mark, y: float) -> None:
    """The interval with its estimate; an end that lies nowhere has an arrow."""
    look = LOOKS[1] if mark.main else LOOKS[0]
    low, high = max(mark.lower, frame.x.low), min(mark.upper, frame.x.high)
    canvas.line(frame.x(low), y, frame.x(high), y, color=look.color, thick=2.4)
    for end, limit in ((low, mark.lower), (high, mark.upper)):
        if end == limit:
            canvas.mark("bar", frame.x(end), y, color=look.color, size=3.5)
    if isinf(mark.upper):
        canvas.mark("right", frame.x(high), y, color=look.color, size=4)
    if not isinf(mark.value):
        canvas.mark("diamond" if mark.main else "circle", frame.x(mark.value), y, color=look.color, size=5.5 if mark.main else 4.5)


def _told(marks: tuple[Mark, ...], axis: Text) -> Text:
    beyond = [mark for mark in marks if mark.lower > 0 or mark.upper < 0]
    low, high = min(mark.value for mark in marks), max(mark.value for mark in marks)
    return Text(
        f"{len(marks)} estimates; {axis.en}. They lie between {decimal(low)} and {decimal(high)}; "
        f"the intervals of {len(beyond)} do not reach zero.",
        f"共 {len(marks)} 个估计值；{axis.zh}。范围 {decimal(low)} 至 {decimal(high)}，其中 {len(beyond)} 个的区间不含零。",
    )


def _table(marks: tuple[Mark, ...], axis: Text, number: str, title: Text, data_source: Text) -> Table:
    rows = tuple(
        Row(label=mark.label, cells=(Cell(text=Text(decimal(mark.value, 2), decimal(mark.value, 2)), rows=mark.rows, result=mark.result),
                                     Cell(text=interval(mark.lower, mark.upper, 2), rows=mark.rows, result=mark.result)))
        for mark in marks
    )  # fmt: skip
    columns = (Column(title=Text("estimate", "估计值")), Column(title=Text("95 % interval", "95 % 区间")))
    return Table(number=f"{number} data", title=Text(f"Numbers drawn: {title.en}", f"图中数据：{title.zh}"), stub=axis, columns=columns, rows=rows,
                 source=data_source)  # fmt: skip
