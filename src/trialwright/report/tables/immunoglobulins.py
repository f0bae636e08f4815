"""The course of the immunoglobulins, and how often their watch asked for something: for those alone who may know the arm."""

import polars as pl

from trialwright.protocol import Text, same
from trialwright.report.numerals import count_percent, decimal, mean_sd
from trialwright.report.source import PLACE, Group, Source, members, placed, rows_of
from trialwright.report.table import NOTHING, Cell, DataRow, Row, Table, shown
from trialwright.statistics import describe

TESTS = {"IGG": same("IgG (g/L)"), "IGA": same("IgA (g/L)"), "IGM": same("IgM (g/L)")}
ACTIONS = {"ALERT": Text("tell a physician", "提醒医师"), "HOLD": Text("hold the dose", "暂停给药"), "STOP": Text("stop the drug", "停药")}
CLOSED = Text(
    "Immunoglobulins tell the arm. This table is empty for a blinded reader, and says nothing about how many results there are.",
    "免疫球蛋白会透露分组。本表对盲态视图不显示任何内容。",
)


def table(source: Source, *, number: str, title: Text, population: str = "SAFFL", population_name: Text) -> Table:
    """Mean and lowest value at each visit by arm, and patients for whom the watch ever asked for an action."""
    groups = source.groups(population) if source.opened else ()
    values = source.rows("ADLB", population).filter(pl.col("PARAMCD").is_in(list(TESTS)) & ((pl.col("ANL01FL") == "Y") | (pl.col("ABLFL") == "Y")))
    rows = [*_course(values, groups), *_actions(source, groups, population)] if source.opened and values.height else []
    return Table(
        number=number, title=title, population=population_name, columns=tuple(group.column for group in groups), rows=tuple(rows),
        footnotes=(Text("n; mean (SD); lowest. The watch is that of the study definition: its limits are proposals to be confirmed.",
                        "例数；均数（标准差）；最低值。监测规则见研究定义，其界值为待确认的建议。"),) if rows else (),
        source=Text("Datasets ADLB and LB (IGACTION).", "数据集 ADLB 与 LB（IGACTION）。"),
        empty=None if rows else CLOSED if not source.opened else Text("No result is there yet.", "尚无结果。"),
    )  # fmt: skip


def _course(values: pl.DataFrame, groups: tuple[Group, ...]) -> list[Row]:
    rows = []
    for code, label in TESTS.items():
        mine = values.filter(pl.col("PARAMCD") == code)
        if mine.height:
            rows.append(Row(label=label))
        for _, name in mine.select("AVISITN", "AVISIT").unique().sort("AVISITN").iter_rows():
            at = mine.filter(pl.col("AVISIT") == name)
            rows.append(Row(label=_visit(str(name)), level=1, cells=tuple(_cell(members(group, at)) for group in groups)))
    return rows


def _visit(name: str) -> Text:
    week = name.removeprefix("Week ")
    return Text(name, f"第 {week} 周") if week != name else Text(name, {"Baseline": "基线"}.get(name, name))


def _cell(values: pl.DataFrame) -> Cell:
    if not values.height:
        return NOTHING
    summary = describe(values["AVAL"].to_list())
    words = mean_sd(summary.mean, summary.standard_deviation, 2)
    low = decimal(summary.minimum, 2)
    return Cell(text=Text(f"{summary.n}; {words}; {low}", f"{summary.n}；{words}；{low}"), rows=rows_of("ADLB", values))


def _actions(source: Source, groups: tuple[Group, ...], population: str) -> list[Row]:
    lb = placed(source.sdtm["LB"]).join(source.patients(population).select("USUBJID", "_ARM"), on="USUBJID", how="inner", maintain_order="left")
    told = lb.filter((pl.col("LBTESTCD") == "IGACTION") & pl.col("LBSTRESC").is_in(list(ACTIONS)))
    if not lb.filter(pl.col("LBTESTCD") == "IGACTION").height:
        return []
    rows = [Row(label=Text("The watch ever asked to", "监测曾要求"))]
    for action, words in ACTIONS.items():
        mine = told.filter(pl.col("LBSTRESC") == action)
        rows.append(Row(label=words, level=1, cells=tuple(_count(members(group, mine), group) for group in groups)))
    return rows


def _count(records: pl.DataFrame, group: Group) -> Cell:
    behind = tuple(DataRow("LB", place) for place in records[PLACE].to_list())
    return shown(count_percent(records["USUBJID"].n_unique(), group.n or 0), behind)


