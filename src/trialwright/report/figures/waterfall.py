"""The change of every single patient as a bar, from the largest worsening to the largest improvement."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import polars as pl

from trialwright.protocol import Text, same
from trialwright.report.drawing import INK, SOFT, WIDTH, Canvas, Frame, Scale, key, look_of, ticks
from trialwright.report.figure import Figure
from trialwright.report.numerals import decimal
from trialwright.report.source import ARM, Group, Source, rows_of
from trialwright.report.table import Column, Row, Table, shown


def figure(source: Source, *, number: str, title: Text, parameter: str, measure: Text, visit: str, dataset: str = "ADRS", population: str = "FASFL",
           population_name: Text, threshold: float | None = None, threshold_name: Text | None = None) -> Figure:  # fmt: skip
    """The bars at one visit; each bar also carries the letter of its arm. `threshold` draws a line below and above zero."""
    at = source.study.visit(visit)
    rows = source.rows(dataset, population).filter(
        (pl.col("PARAMCD") == parameter) & (pl.col("AVISITN") == at.number) & (pl.col("ANL01FL") == "Y") & pl.col("CHG").is_not_null()
    )
    rows = rows.sort(["CHG", "USUBJID"], descending=[True, False])
    groups = tuple(group for group in source.groups(population) if not group.hidden and (group.code != "ALL" or not source.released))
    ready = bool(rows.height)
    line = () if threshold is None or threshold_name is None else (Text(f"Dotted lines: {threshold_name.en}.", f"点线：{threshold_name.zh}。"),)
    letters = Text("Letters name the arm: " + ", ".join(f"{group.code} = {group.title.en}" for group in groups) + ".",
                   "字母表示组别：" + "，".join(f"{group.code} = {group.title.zh}" for group in groups) + "。")  # fmt: skip
    return Figure(
        number=number, title=title, population=population_name,
        draw=partial(_drawn, rows, groups, measure, threshold) if ready else None, alternative=_told(rows, groups, measure),
        data=_table(rows, source, number, title, dataset) if ready else None,
        footnotes=(*((letters,) if source.released else ()), *line,
                   Text("Bars below zero are improvements.", "零线以下为改善。")),
        source=Text(f"Dataset {dataset}; {population} = Y, PARAMCD = {parameter}, AVISITN = {at.number:g}, ANL01FL = Y.",
                    f"数据集 {dataset}；{population} = Y，PARAMCD = {parameter}，AVISITN = {at.number:g}，ANL01FL = Y。"),
        empty=None if ready else Text(f"No patient has a change at {at.name.en.lower()} yet.", f"尚无受试者有{at.name.zh}的变化值。"),
    )  # fmt: skip


def _short(usubjid: str) -> str:
    """The patient's code without the study's name."""
    return usubjid.rsplit("-", 1)[-1]


def _drawn(rows: pl.DataFrame, groups: Sequence[Group], measure: Text, threshold: float | None, language: str) -> str:
    changes = rows["CHG"].to_list()
    reach = [0.0, *changes, *((-threshold, threshold) if threshold is not None else ())]
    room = max(1.0, (max(reach) - min(reach)) / 14)
    canvas = Canvas(height=430)
    frame = Frame(x=Scale(0, rows.height, 62, WIDTH - 16), y=Scale(min(reach) - room, max(reach) + room, 352, 38))
    frame.axes(canvas, up=ticks(frame.y.low, frame.y.high), name_y=Text(f"change of the {measure.en}", f"{measure.zh}的变化").in_(language))
    for limit in (-threshold, threshold) if threshold is not None else ():
        canvas.line(62, frame.y(limit), WIDTH - 16, frame.y(limit), color=SOFT, dash="2 3")
    wide = min(0.82 * (WIDTH - 78) / rows.height, 60.0)
    for place, row in enumerate(rows.to_dicts()):
        group = next((number for number, group in enumerate(groups) if group.code in (row[ARM], "ALL")), None)
        if group is not None:
            _bar(canvas, frame, place + 0.5, wide, row, groups[group].code, group)
    canvas.line(62, frame.y(0), WIDTH - 16, frame.y(0), color=INK)
    canvas.words(WIDTH / 2, 424, Text("patients, ordered by change", "受试者（按变化值排序）").in_(language), size=13, anchor="middle")
    key(canvas, 62, 18, [(look_of(place), group.title.in_(language)) for place, group in enumerate(groups)], areas=True)
    return canvas.svg(_told(rows, groups, measure).in_(language))


def _bar(canvas: Canvas, frame: Frame, place: float, wide: float, row: dict[str, Any], code: str, number: int) -> None:
    """One patient: his bar, the letter of his arm where the bar ends, and his code below."""
    x, zero, end = frame.x(place), frame.y(0), frame.y(row["CHG"])
    patient = _short(row["USUBJID"])
    with canvas.told(f"{patient}: {decimal(row['BASE'], 0)} → {decimal(row['AVAL'], 0)} ({decimal(row['CHG'], 0)})"):
        canvas.area(x - wide / 2, min(zero, end), wide, max(abs(end - zero), 0.8), look_of(number))
    if code != "ALL":
        canvas.words(x, max(zero, end) + 13 if row["CHG"] <= 0 else end - 5, code, size=11, anchor="middle")
    canvas.words(x + 4, 404, patient, size=10, upward=True)


def _told(rows: pl.DataFrame, groups: Sequence[Group], measure: Text) -> Text:
    if not rows.height:
        return Text("No values to draw.", "无数据可绘制。")
    parts = []
    for group in groups:
        changes = [row["CHG"] for row in rows.to_dicts() if group.code in (row[ARM], "ALL")]
        better, worse = sum(change < 0 for change in changes), sum(change > 0 for change in changes)
        parts.append(Text(f"{group.title.en}: {better} of {len(changes)} improved, {worse} worsened, {len(changes) - better - worse} unchanged",
                          f"{group.title.zh}：{len(changes)} 例中改善 {better} 例，恶化 {worse} 例，不变 {len(changes) - better - worse} 例"))  # fmt: skip
    return Text(f"Bar chart of the change of the {measure.en}, one bar per patient. {'; '.join(one.en for one in parts)}.",
                f"{measure.zh}变化的条形图，每名受试者一条。{'；'.join(one.zh for one in parts)}。")  # fmt: skip


def _table(rows: pl.DataFrame, source: Source, number: str, title: Text, dataset: str) -> Table:
    arms = {arm.code: arm.name for arm in source.study.arms}
    lines = []
    for row, behind in zip(rows.to_dicts(), rows_of(dataset, rows), strict=True):
        arm = arms.get(row[ARM] or "")
        patient = _short(row["USUBJID"])
        label = Text(f"{patient}, {arm.en}", f"{patient}，{arm.zh}") if arm else same(patient)
        lines.append(Row(label=label, cells=(shown(decimal(row["BASE"], 0), (behind,)), shown(decimal(row["AVAL"], 0), (behind,)),
                                             shown(decimal(row["CHG"], 0), (behind,)))))  # fmt: skip
    titles = (Text("baseline", "基线"), Text("at this visit", "该访视"), Text("change", "变化"))
    return Table(number=f"{number} data", title=Text(f"Numbers drawn: {title.en}", f"图中数据：{title.zh}"), stub=Text("patient", "受试者"),
                 columns=tuple(Column(title=one) for one in titles), rows=tuple(lines), source=Text(f"Dataset {dataset}.", f"数据集 {dataset}。"))  # fmt: skip
