"""The share of patients whose change is at most so much, for every amount at once: no cut is chosen."""

from collections.abc import Sequence
from functools import partial

import polars as pl

from trialwright.protocol import Text
from trialwright.report.drawing import INK, SOFT, WIDTH, Canvas, Frame, Scale, key, look_of, minus, ticks
from trialwright.report.figure import Figure
from trialwright.report.numerals import count_percent
from trialwright.report.source import Group, Source, members, rows_of
from trialwright.report.table import NOTHING, Cell, Column, Row, Table, shown


def figure(source: Source, *, number: str, title: Text, parameter: str, measure: Text, visit: str, dataset: str = "ADRS", population: str = "FASFL",
           population_name: Text, threshold: float | None = None, threshold_name: Text | None = None) -> Figure:  # fmt: skip
    """One staircase for each arm; `threshold` draws a line on either side of zero."""
    at = source.study.visit(visit)
    rows = source.rows(dataset, population).filter(
        (pl.col("PARAMCD") == parameter) & (pl.col("AVISITN") == at.number) & (pl.col("ANL01FL") == "Y") & pl.col("CHG").is_not_null()
    )
    groups = tuple(group for group in source.groups(population) if not group.hidden and (group.code != "ALL" or not source.released))
    ready = bool(rows.height)
    line = () if threshold is None or threshold_name is None else (Text(f"Dotted lines: {threshold_name.en}.", f"点线：{threshold_name.zh}。"),)
    return Figure(
        number=number, title=title, population=population_name, draw=partial(_drawn, rows, groups, measure, threshold) if ready else None,
        alternative=_told(rows, groups, measure), data=_table(rows, groups, number, title, dataset) if ready else None,
        footnotes=(Text("The height of a line over an amount is the share of patients who changed by this amount or to a lower value. A line that lies "
                        "further left is that of the arm in which scores fell more. Patients without a value at this visit are not in it.",
                        "某处曲线高度表示变化值不超过该值的受试者比例。曲线越偏左，该组评分下降越多。该访视无数值者不计入。"), *line),
        source=Text(f"Dataset {dataset}; {population} = Y, PARAMCD = {parameter}, AVISITN = {at.number:g}, ANL01FL = Y.",
                    f"数据集 {dataset}；{population} = Y，PARAMCD = {parameter}，AVISITN = {at.number:g}，ANL01FL = Y。"),
        empty=None if ready else Text(f"No patient has a change at {at.name.en.lower()} yet.", f"尚无受试者有{at.name.zh}的变化值。"),
    )  # fmt: skip


def _drawn(rows: pl.DataFrame, groups: Sequence[Group], measure: Text, threshold: float | None, language: str) -> str:
    changes = [0.0, *rows["CHG"].to_list(), *((-threshold, threshold) if threshold is not None else ())]
    room = max(1.0, (max(changes) - min(changes)) / 16)
    canvas = Canvas(height=420)
    frame = Frame(x=Scale(min(changes) - room, max(changes) + room, 62, WIDTH - 16), y=Scale(0, 100, 362, 38))
    frame.axes(canvas, across=ticks(frame.x.low, frame.x.high, 9), up=(0, 25, 50, 75, 100),
               name_x=Text(f"change of the {measure.en}", f"{measure.zh}的变化").in_(language),
               name_y=Text("% of patients changed by so much or to a lower value", "变化值不超过该值的受试者（%）").in_(language))  # fmt: skip
    canvas.line(frame.x(0), 38, frame.x(0), 362, color=INK)
    for limit in (-threshold, threshold) if threshold is not None else ():
        canvas.line(frame.x(limit), 38, frame.x(limit), 362, color=SOFT, dash="2 3")
    looks = [(group, look_of(place)) for place, group in enumerate(groups)]
    for group, look in looks:
        own = sorted(members(group, rows)["CHG"].to_list())
        points = [(frame.x.low, 0.0), *((value, 100 * (place + 1) / len(own)) for place, value in enumerate(own)), (frame.x.high, 100.0)]
        if own:
            with canvas.told(group.title.in_(language)):
                canvas.way([frame.at(value, share) for value, share in points], look, thick=2.4, steps=True)
            for value, share in points[1:-1]:
                canvas.mark(look.mark, *frame.at(value, share), color=look.color, size=3.2)
    key(canvas, 62, 18, [(look, group.title.in_(language)) for group, look in looks])
    return canvas.svg(_told(rows, groups, measure).in_(language))


def _cuts(rows: pl.DataFrame) -> tuple[float, ...]:
    """The amounts that the table tells: round ones over the range of the changes."""
    changes = rows["CHG"].to_list()
    return ticks(min(0.0, *changes), max(0.0, *changes), 7)


def _told(rows: pl.DataFrame, groups: Sequence[Group], measure: Text) -> Text:
    if not rows.height:
        return Text("No values to draw.", "无数据可绘制。")
    middles = [(group.title, members(group, rows)["CHG"].to_list()) for group in groups]
    known = [(name, float(pl.Series(values).median() or 0.0), len(values)) for name, values in middles if values]  # type: ignore[arg-type]
    en = "; ".join(f"{name.en}: half of {n} patients changed by {minus(middle)} or to a lower value" for name, middle, n in known)
    zh = "；".join(f"{name.zh}：{n} 例中半数变化值不超过 {minus(middle)}" for name, middle, n in known)
    return Text(f"Cumulative distribution of the change of the {measure.en}. {en}.", f"{measure.zh}变化的累积分布。{zh}。")


def _table(rows: pl.DataFrame, groups: Sequence[Group], number: str, title: Text, dataset: str) -> Table:
    lines = tuple(
        Row(label=Text(f"{minus(cut)} or lower", f"不超过 {minus(cut)}"), cells=tuple(_cell(members(group, rows), cut, dataset) for group in groups))
        for cut in _cuts(rows)
    )
    return Table(number=f"{number} data", title=Text(f"Numbers drawn: {title.en}", f"图中数据：{title.zh}"), stub=Text("change", "变化值"),
                 columns=tuple(Column(title=group.title) for group in groups), rows=lines,
                 source=Text(f"Dataset {dataset}.", f"数据集 {dataset}。"))  # fmt: skip


def _cell(own: pl.DataFrame, cut: float, dataset: str) -> Cell:
    below = own.filter(pl.col("CHG") <= cut)
    return shown(count_percent(below.height, own.height), rows_of(dataset, below)) if own.height else NOTHING
