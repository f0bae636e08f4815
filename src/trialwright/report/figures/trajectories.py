"""The course of a score: one thin line for each patient, one thick line for the mean of each arm."""

from collections.abc import Sequence
from functools import partial
from math import ceil
from statistics import fmean

import polars as pl

from trialwright.protocol import Study, Text
from trialwright.report.drawing import WIDTH, Canvas, Frame, Scale, key, look_of, ticks
from trialwright.report.figure import Figure
from trialwright.report.numerals import decimal
from trialwright.report.source import Group, Source, members, rows_of
from trialwright.report.table import NOTHING, Cell, Column, Row, Table, shown

WEEK = "_WEEK"


def figure(source: Source, *, number: str, title: Text, parameter: str, measure: Text, highest: float, dataset: str = "ADRS",
           population: str = "FASFL", population_name: Text) -> Figure:  # fmt: skip
    """The figure of one parameter over all planned visits; arms differ by color, dash and mark, in legend and words."""
    rows = _rows(source, dataset, parameter, population)
    groups = tuple(group for group in source.groups(population) if not group.hidden and (group.code != "ALL" or not source.released))
    data = _means(source.study, rows, groups, number, title, dataset, parameter)
    ready = bool(rows.height)
    return Figure(
        number=number, title=title, population=population_name,
        draw=partial(_drawn, rows, groups, measure, highest) if ready else None, alternative=_told(rows, groups, measure), data=data if ready else None,
        footnotes=(Text("Thin lines: single patients. Thick lines with marks: means of the patients seen at that visit; late means rest on "
                        "fewer patients, and who leaves is not chance.",
                        "细线：单个受试者。带标记的粗线：该访视实际测量者的均数；后期均数基于较少受试者，且退出并非随机。"),),
        source=Text(f"Dataset {dataset}; {population} = Y, PARAMCD = {parameter}, ANL01FL = Y.",
                    f"数据集 {dataset}；{population} = Y，PARAMCD = {parameter}，ANL01FL = Y。"),
        empty=None if ready else Text("No patient has a value yet.", "尚无受试者有数值。"),
    )  # fmt: skip


def _rows(source: Source, dataset: str, parameter: str, population: str) -> pl.DataFrame:
    weeks = {visit.number: visit.day / 7 for visit in source.study.visits}
    rows = source.rows(dataset, population).filter(
        (pl.col("PARAMCD") == parameter) & pl.col("AVAL").is_not_null() & ((pl.col("ANL01FL") == "Y") | (pl.col("ABLFL") == "Y"))
    )
    found = [weeks.get(float(one)) if one is not None else None for one in rows["AVISITN"].to_list()]
    return rows.with_columns(pl.Series(WEEK, found, dtype=pl.Float64)).filter(pl.col(WEEK).is_not_null())


def _mean_points(rows: pl.DataFrame, groups: Sequence[Group]) -> list[tuple[Group, float, pl.DataFrame]]:
    weeks = sorted(rows[WEEK].unique().to_list())
    points = [(group, week, members(group, rows).filter(pl.col(WEEK) == week)) for group in groups for week in weeks]
    return [(group, week, at) for group, week, at in points if at.height]


def _drawn(rows: pl.DataFrame, groups: Sequence[Group], measure: Text, highest: float, language: str) -> str:
    weeks = sorted(rows[WEEK].unique().to_list())
    top = min(highest, 5 * ceil((max(rows["AVAL"].to_list()) + 1) / 5))
    canvas = Canvas(height=420)
    frame = Frame(x=Scale(min(0.0, *weeks), max(weeks), 62, WIDTH - 16), y=Scale(min(0.0, *rows["AVAL"].to_list()), top, 362, 38))
    frame.axes(canvas, across=weeks, up=ticks(frame.y.low, top), name_x=Text("weeks since the start", "自开始的周数").in_(language),
               name_y=measure.in_(language))  # fmt: skip
    looks = [(group, look_of(place)) for place, group in enumerate(groups)]
    for group, look in looks:
        for (patient,), own in members(group, rows).sort("USUBJID", WEEK).group_by("USUBJID", maintain_order=True):
            course = list(zip(own[WEEK].to_list(), own["AVAL"].to_list(), strict=True))
            values = ", ".join(f"{week:g}: {value:g}" for week, value in course)
            with canvas.told(f"{str(patient).rsplit('-', 1)[-1]} ({values})"):
                canvas.way([frame.at(week, value) for week, value in course], look, thick=1, opacity=0.4)
    for group, look in looks:
        points = [frame.at(week, fmean(at["AVAL"].to_list())) for _, week, at in _mean_points(rows, (group,))]
        canvas.way(points, look, thick=3.2)
        for x, y in points:
            canvas.mark(look.mark, x, y, color=look.color)
    key(canvas, 62, 18, [(look, group.title.in_(language)) for group, look in looks])
    return canvas.svg(_told(rows, groups, measure).in_(language))


def _told(rows: pl.DataFrame, groups: Sequence[Group], measure: Text) -> Text:
    """The figure in words: first and last mean of each group."""
    parts: list[Text] = []
    for group in groups:
        points = [(week, at) for _, week, at in _mean_points(rows, (group,))]
        if points:
            (first, start), (last, end) = points[0], points[-1]
            low, high = decimal(fmean(start["AVAL"].to_list())), decimal(fmean(end["AVAL"].to_list()))
            parts.append(Text(f"{group.title.en}: mean {low} at week {first:g} ({start.height} patients), {high} at week {last:g} ({end.height} patients)",
                              f"{group.title.zh}：第 {first:g} 周均数 {low}（{start.height} 例），第 {last:g} 周 {high}（{end.height} 例）"))  # fmt: skip
    if not parts:
        return Text("No values to draw.", "无数据可绘制。")
    return Text(f"Line chart of the {measure.en} over time. {'; '.join(one.en for one in parts)}.",
                f"{measure.zh}随时间变化的折线图。{'；'.join(one.zh for one in parts)}。")  # fmt: skip


def _means(study: Study, rows: pl.DataFrame, groups: Sequence[Group], number: str, title: Text, dataset: str, parameter: str) -> Table:
    lines = []
    for visit in study.visits:
        at = rows.filter(pl.col(WEEK) == visit.day / 7)
        if at.height:
            lines.append(Row(label=visit.name, cells=tuple(_mean_cell(members(group, at), dataset) for group in groups)))
    return Table(
        number=f"{number} data", title=Text(f"Numbers drawn: {title.en}", f"图中数据：{title.zh}"), stub=Text("visit", "访视"),
        columns=tuple(Column(title=Text(f"{group.title.en}: mean (n)", f"{group.title.zh}：均数（例数）")) for group in groups), rows=tuple(lines),
        source=Text(f"Dataset {dataset}; PARAMCD = {parameter}.", f"数据集 {dataset}；PARAMCD = {parameter}。"),
    )  # fmt: skip


def _mean_cell(at: pl.DataFrame, dataset: str) -> Cell:
    return shown(f"{decimal(fmean(at['AVAL'].to_list()))} ({at.height})", rows_of(dataset, at)) if at.height else NOTHING
