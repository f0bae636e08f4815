"""Whose data are in which analysis, and who was left out of one and why."""

from collections.abc import Sequence

import polars as pl
from attrs import frozen

from trialwright.protocol import Text, same
from trialwright.report.numerals import count_percent
from trialwright.report.source import ARM, PLACE, Group, Source, members, rows_of
from trialwright.report.table import HIDDEN, Cell, Column, DataRow, Row, Table, shown


@frozen(kw_only=True)
class AnalysisSet:
    """A set of patients: its flag in ADSL, its name, who is in it, and whether counting it could tell an arm."""

    flag: str
    name: Text
    rule: Text
    tells: bool = False


def table(source: Source, sets: Sequence[AnalysisSet], *, number: str, title: Text) -> Table:
    """Patients in each set, by arm."""
    enrolled = source.patients("ITTFL")
    groups = source.groups("ITTFL")
    rows = tuple(
        Row(
            label=one.name,
            cells=(*(_cell(source, one, group, enrolled) for group in groups), Cell(text=one.rule, because=one.rule)),
        )
        for one in sets
    )
    return Table(
        number=number, title=title, columns=(*(group.column for group in groups), Column(title=Text("who is in it", "定义"), words=True)), rows=rows,
        footnotes=(Text("Percentages are of the patients enrolled.", "百分比以入组受试者为分母。"),),
        source=Text("Dataset ADSL.", "数据集 ADSL。"), empty=None if enrolled.height else Text("No patient is enrolled yet.", "尚无入组受试者。"),
    )  # fmt: skip


def _cell(source: Source, one: AnalysisSet, group: Group, enrolled: pl.DataFrame) -> Cell:
    if group.hidden or (one.tells and not source.opened):
        return HIDDEN
    mine = members(group, enrolled)
    held = mine.filter(pl.col(one.flag) == "Y")
    return shown(count_percent(held.height, mine.height), rows_of("ADSL", held))


def left_out(
    source: Source,
    *,
    number: str,
    title: Text,
    population_name: Text,
    parameter: str,
    dataset: str = "ADRS",
    visit: str,
) -> Table:
    """Enrolled patients who are not in the analysis of the primary endpoint, each with the reason."""
    at = source.study.visit(visit)
    values = source.rows(dataset, "ITTFL").filter((pl.col("PARAMCD") == parameter) & pl.col("AVAL").is_not_null())
    baseline = set(values.filter(pl.col("ABLFL") == "Y")["USUBJID"].to_list())
    analyzed = set(
        values.filter((pl.col("AVISITN") == at.number) & (pl.col("ANL01FL") == "Y") & pl.col("CHG").is_not_null())[
            "USUBJID"
        ].to_list()
    )
    arms = {arm.code: arm.name for arm in source.study.arms}
    rows = []
    for row in source.patients("ITTFL").sort("USUBJID").to_dicts():
        if row["USUBJID"] not in analyzed:
            behind = (DataRow("ADSL", row[PLACE]),)
            told = _reason(row["FASFL"] == "Y", row["USUBJID"] in baseline, at.name)
            ended = same(row["EOSDT"].isoformat() if row["EOSDT"] else "–")
            cells = (arms.get(row[ARM] or "", same("–")), told, ended)
            rows.append(
                Row(
                    label=same(str(row["USUBJID"]).rsplit("-", 1)[-1]),
                    cells=tuple(Cell(text=one, rows=behind) for one in cells),
                )
            )
    headings = (Text("arm", "组别"), Text("why", "原因"), Text("left the study on", "离开研究日期"))
    return Table(
        number=number, title=title, population=population_name, stub=Text("patient", "受试者"), rows=tuple(rows),
        columns=tuple(Column(title=one, words=True, short=place != 1) for place, one in enumerate(headings)),
        source=Text(f"Datasets ADSL and {dataset}; PARAMCD = {parameter}, AVISITN = {at.number:g}.",
                    f"数据集 ADSL 与 {dataset}；PARAMCD = {parameter}，AVISITN = {at.number:g}。"),
        footnotes=(Text("A patient who failed (rescue, death) counts in the primary analysis also without a value; see Table 14.2.2.",
                        "失败者（补救、死亡）即使无数值亦计入主要分析；见表 14.2.2。"),) if rows else (),
        empty=None if rows else Text("Nobody was left out.", "无人被排除。"),
    )  # fmt: skip


def _reason(full: bool, baseline: bool, visit: Text) -> Text:
    if not baseline:
        return Text("no value at the baseline", "无基线值")
    if not full:
        return Text("no value after the baseline", "无基线后数值")
    return Text(f"no value at {visit.en.lower()}", f"无{visit.zh}数值")
