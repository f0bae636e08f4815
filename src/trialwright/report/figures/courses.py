"""Laboratory values of every patient over time, one panel for each test, with the limits of its watch: for those alone who may know the arm."""

from collections.abc import Sequence
from functools import partial
from statistics import fmean

import polars as pl
from attrs import frozen

from trialwright.protocol import Text
from trialwright.report.drawing import SOFT, WIDTH, Canvas, Frame, Look, Scale, key, look_of, ticks
from trialwright.report.figure import Figure
from trialwright.report.numerals import decimal
from trialwright.report.source import Group, Source, members, rows_of
from trialwright.report.table import NOTHING, Cell, Column, Row, Table, shown

DAY = "_DAY"


@frozen(kw_only=True)
class Panel:
    """One test: its code in the dataset, its name with the unit, and lines at values that mean something."""

    code: str
    name: Text
    limits: tuple[tuple[float, Text], ...] = ()


def figure(source: Source, panels: tuple[Panel, ...], *, number: str, title: Text, closed: Text, dataset: str = "ADLB", population: str = "SAFFL",
           population_name: Text) -> Figure:  # fmt: skip
    """The figure of all panels side by side; nothing of it, not even whether there are values, for a blinded reader, who reads `closed`."""
    groups = tuple(group for group in source.groups(population) if group.code != "ALL") if source.opened else ()
    rows = _rows(source, panels, dataset, population)
    rows = rows if source.opened else rows.clear()
    ready = bool(rows.height)
    told = _told(panels, rows, groups) if ready else Text("No values to draw.", "无数据可绘制。")
    empty = closed if not source.opened else None if ready else Text("No result is there yet.", "尚无结果。")
    return Figure(
        number=number, title=title, population=population_name, draw=partial(_drawn, panels, rows, groups) if ready else None, alternative=told,
        data=_table(source, panels, rows, groups, number, title, dataset) if ready else None,
        footnotes=(Text("Thin lines: single patients. Thick lines with marks: means of the patients seen. Dotted lines: limits of the watch.",
                        "细线：单个受试者。带标记的粗线：实际测量者的均数。点线：监测界值。"),) if ready else (),
        source=Text(f"Dataset {dataset}; {population} = Y.", f"数据集 {dataset}；{population} = Y。"), empty=empty,
    )  # fmt: skip


def _rows(source: Source, panels: Sequence[Panel], dataset: str, population: str) -> pl.DataFrame:
    weeks = {visit.number: visit.day / 7 for visit in source.study.visits}
    rows = source.rows(dataset, population).filter(
        pl.col("PARAMCD").is_in([panel.code for panel in panels]) & pl.col("AVAL").is_not_null() & ((pl.col("ANL01FL") == "Y") | (pl.col("ABLFL") == "Y"))
    )
    return rows.with_columns(pl.col("AVISITN").replace_strict(weeks, default=None, return_dtype=pl.Float64).alias(DAY)).filter(pl.col(DAY).is_not_null())


def _drawn(panels: Sequence[Panel], rows: pl.DataFrame, groups: Sequence[Group], language: str) -> str:
    canvas = Canvas(height=330)
    wide = WIDTH / len(panels)
    looks = [(group, look_of(place)) for place, group in enumerate(groups)]
    for place, panel in enumerate(panels):
        own = rows.filter(pl.col("PARAMCD") == panel.code)
        top = max([*own["AVAL"].to_list(), *(limit for limit, _ in panel.limits)], default=1.0) * 1.08
        frame = Frame(x=Scale(0, max([1.0, *rows[DAY].to_list()]), wide * place + 34, wide * (place + 1) - 12), y=Scale(0, top, 278, 60))
        frame.axes(canvas, across=ticks(0, frame.x.high, 4), up=ticks(0, top, 5), size=10.5)
        canvas.words(wide * place + 34, 48, panel.name.in_(language), size=12.5, bold=True)
        for limit, words in panel.limits:
            canvas.line(frame.x.start, frame.y(limit), frame.x.end, frame.y(limit), color=SOFT, dash="2 3")
            canvas.words(frame.x.end, frame.y(limit) - 3, words.in_(language), size=9.5, anchor="end", color=SOFT)
        for group, look in looks:
            _group(canvas, frame, members(group, own), look)
    canvas.words(WIDTH / 2, 322, Text("weeks since the start", "自开始的周数").in_(language), size=12.5, anchor="middle")
    key(canvas, 34, 18, [(look, group.title.in_(language)) for group, look in looks])
    return canvas.svg(_told(panels, rows, groups).in_(language))


def _group(canvas: Canvas, frame: Frame, own: pl.DataFrame, look: Look) -> None:
    for (patient,), course in own.sort("USUBJID", DAY).group_by("USUBJID", maintain_order=True):
        with canvas.told(str(patient).rsplit("-", 1)[-1]):
            canvas.way([frame.at(day, value) for day, value in course.select(DAY, "AVAL").iter_rows()], look, thick=0.9, opacity=0.4)
    means = [frame.at(day, fmean(at["AVAL"].to_list())) for (day,), at in own.sort(DAY).group_by(DAY, maintain_order=True)]
    canvas.way(means, look, thick=2.6)
    for x, y in means:
        canvas.mark(look.mark, x, y, color=look.color, size=3.2)


def _told(panels: Sequence[Panel], rows: pl.DataFrame, groups: Sequence[Group]) -> Text:
    en, zh = [], []
    for panel in panels:
        for group in groups:
            own = members(group, rows.filter(pl.col("PARAMCD") == panel.code))
            if own.height:
                days = sorted(own[DAY].unique().to_list())
                first, last = (decimal(fmean(own.filter(pl.col(DAY) == day)["AVAL"].to_list()), 2) for day in (days[0], days[-1]))
                en.append(f"{panel.name.en}, {group.title.en}: mean {first} at week {days[0]:g}, {last} at week {days[-1]:g}")
                zh.append(f"{panel.name.zh}，{group.title.zh}：第 {days[0]:g} 周均数 {first}，第 {days[-1]:g} 周 {last}")
    return Text(f"Line charts. {'. '.join(en)}.", f"折线图。{'。'.join(zh)}。")


def _table(source: Source, panels: Sequence[Panel], rows: pl.DataFrame, groups: Sequence[Group], number: str, title: Text, dataset: str) -> Table:
    lines: list[Row] = []
    for panel in panels:
        own = rows.filter(pl.col("PARAMCD") == panel.code)
        visits = [visit for visit in source.study.visits if own.filter(pl.col(DAY) == visit.day / 7).height]
        at = {visit.code: own.filter(pl.col(DAY) == visit.day / 7) for visit in visits}
        lines += [Row(label=panel.name)] if visits else []
        lines += [Row(label=visit.name, level=1, cells=tuple(_cell(members(group, at[visit.code]), dataset) for group in groups)) for visit in visits]
    columns = tuple(Column(title=Text(f"{group.title.en}: mean (n)", f"{group.title.zh}：均数（例数）")) for group in groups)
    return Table(number=f"{number} data", title=Text(f"Numbers drawn: {title.en}", f"图中数据：{title.zh}"), columns=columns, rows=tuple(lines),
                 source=Text(f"Dataset {dataset}.", f"数据集 {dataset}。"))  # fmt: skip


def _cell(at: pl.DataFrame, dataset: str) -> Cell:
    return shown(f"{decimal(fmean(at['AVAL'].to_list()), 2)} ({at.height})", rows_of(dataset, at)) if at.height else NOTHING
