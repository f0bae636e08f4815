"""Estimates under one another, each a mark with its interval: whether methods agree, or outcomes point the same way."""

from typing import Any

import altair as alt
from attrs import frozen

from trialwright.protocol import Text
from trialwright.report.figure import Figure, chart_of, themed
from trialwright.report.numerals import decimal, interval
from trialwright.report.source import Source
from trialwright.report.table import Cell, Column, DataRow, Row, Table

HEIGHT = 27


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
        specs={language: themed(_spec(marks, axis, language)) for language in ("en", "zh")} if ready else {},
        alternative=_told(marks, axis) if ready else none, data=_table(marks, axis, number, title, data_source) if ready else None,
        footnotes=footnotes if ready else (), source=data_source, empty=None if ready else none if source.released else closed,
    )  # fmt: skip


def _spec(marks: tuple[Mark, ...], axis: Text, language: str) -> dict[str, Any]:
    reach = [0.0, *(limit for mark in marks for limit in (mark.lower, mark.upper) if abs(limit) != float("inf"))]
    room = (max(reach) - min(reach)) / 20 or 1.0
    low, high = min(reach) - room, max(reach) + room
    lines = [
        {"label": f"{place:02d}", "name": mark.label.in_(language), "value": mark.value, "lower": max(mark.lower, low), "upper": min(mark.upper, high),
         "kind": "main" if mark.main else "other", "words": f"{decimal(mark.value)} ({interval(mark.lower, mark.upper).in_(language)})"}
        for place, mark in enumerate(marks)
    ]  # fmt: skip
    names = "{" + ", ".join(f'"{line["label"]}": {_quoted(str(line["name"]))}' for line in lines) + "}[datum.value]"
    y = alt.Y("label:N", sort=None, title=None, axis=alt.Axis(labelExpr=names, labelLimit=390, ticks=False, domain=False, grid=False))
    x = alt.X("value:Q", title=axis.in_(language), scale=alt.Scale(domain=[low, high], nice=False))
    base = chart_of(lines)
    kinds = alt.Scale(domain=["main", "other"], range=["#b34700", "#0b6e9e"])
    color = alt.Color("kind:N", scale=kinds, legend=None)
    shape = alt.Shape("kind:N", scale=alt.Scale(domain=["main", "other"], range=["diamond", "circle"]), legend=None)
    zero = chart_of([{"zero": 0}]).mark_rule(color="#222").encode(x=alt.X("zero:Q"))
    spans = base.mark_rule(strokeWidth=2).encode(x=alt.X("lower:Q"), x2="upper:Q", y=y, color=color)
    points = base.mark_point(filled=True, opacity=1, size=110).encode(x=x, y=y, color=color, shape=shape)
    spec: dict[str, Any] = alt.layer(zero, spans, points).properties(width=400, height=HEIGHT * len(marks)).to_dict(validate=False)
    return spec


def _quoted(words: str) -> str:
    return "'" + words.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _told(marks: tuple[Mark, ...], axis: Text) -> Text:
    beyond = [mark for mark in marks if mark.lower > 0 or mark.upper < 0]
    low, high = min(mark.value for mark in marks), max(mark.value for mark in marks)
    return Text(
        f"{len(marks)} estimates of: {axis.en}. They lie between {decimal(low, 2)} and {decimal(high, 2)}; "
        f"the intervals of {len(beyond)} do not reach zero.",
        f"共 {len(marks)} 个估计值：{axis.zh}。范围 {decimal(low, 2)} 至 {decimal(high, 2)}，其中 {len(beyond)} 个的区间不含零。",
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
