"""The change of every single patient as a bar, from the largest worsening to the largest improvement."""

from collections.abc import Sequence
from typing import Any

import altair as alt
import polars as pl

from trialwright.protocol import Text, same
from trialwright.report.figure import ARM_COLORS, Figure, chart_of, themed
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
        specs={language: themed(_spec(rows, groups, measure, threshold, language)) for language in ("en", "zh")} if ready else {},
        alternative=_told(rows, groups, measure), data=_table(rows, source, number, title, dataset) if ready else None,
        footnotes=(*((letters,) if source.released else ()), *line,
                   Text("Bars below zero are improvements.", "零线以下为改善。")),
        source=Text(f"Dataset {dataset}; {population} = Y, PARAMCD = {parameter}, AVISITN = {at.number:g}, ANL01FL = Y.",
                    f"数据集 {dataset}；{population} = Y，PARAMCD = {parameter}，AVISITN = {at.number:g}，ANL01FL = Y。"),
        empty=None if ready else Text(f"No patient has a change at {at.name.en.lower()} yet.", f"尚无受试者有{at.name.zh}的变化值。"),
    )  # fmt: skip


def _short(usubjid: str) -> str:
    """The patient's code without the study's name."""
    return usubjid.rsplit("-", 1)[-1]


def _group(row: dict[str, Any], groups: Sequence[Group]) -> Group | None:
    return next((group for group in groups if group.code in (row[ARM], "ALL")), None)


def _spec(rows: pl.DataFrame, groups: Sequence[Group], measure: Text, threshold: float | None, language: str) -> dict[str, Any]:
    bars = []
    for row in rows.to_dicts():
        group = _group(row, groups)
        if group is not None:
            bars.append({"patient": _short(row["USUBJID"]), "change": row["CHG"], "arm": group.title.in_(language),
                         "letter": "" if group.code == "ALL" else group.code, "at": row["CHG"] if row["CHG"] < 0 else 0.0})  # fmt: skip
    names = [group.title.in_(language) for group in groups]
    words = {"x": Text("patients, ordered by change", "受试者（按变化值排序）"), "y": Text(f"change of the {measure.en}", f"{measure.zh}的变化"),
             "arm": Text("arm", "组别")}  # fmt: skip
    x = alt.X("patient:N", sort=None, title=words["x"].in_(language), axis=alt.Axis(labelAngle=-90, labelFontSize=10))
    reach = [0.0, *(bar["change"] for bar in bars), *((-threshold, threshold) if threshold is not None else ())]
    low, high = min(reach), max(reach)
    room = max(1.0, (high - low) / 12)
    y = alt.Y("change:Q", title=words["y"].in_(language), scale=alt.Scale(domain=[low - room, high + room / 2], nice=False))
    color = alt.Color("arm:N", scale=alt.Scale(domain=names, range=list(ARM_COLORS[: len(names)])),
                      legend=alt.Legend(title=words["arm"].in_(language), orient="top", direction="horizontal"))  # fmt: skip
    base = chart_of(bars)
    drawn = [base.mark_bar(stroke="#333", strokeWidth=0.5).encode(x=x, y=y, color=color),
             base.mark_text(baseline="top", dy=3, fontSize=11, color="#222").encode(x=x, y=alt.Y("at:Q"), text="letter:N"),
             chart_of([{"zero": 0}]).mark_rule(color="#222").encode(y="zero:Q")]  # fmt: skip
    if threshold is not None:
        limits = chart_of([{"limit": -threshold}, {"limit": threshold}])
        drawn.append(limits.mark_rule(color="#555", strokeDash=[2, 3]).encode(y="limit:Q"))
    spec: dict[str, Any] = alt.layer(*drawn).properties(width=680, height=320).to_dict(validate=False)
    return spec


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
