"""The worst laboratory result of each patient after the start, by its grade, and from which grade he came."""

import polars as pl

from trialwright.protocol import Text
from trialwright.report.lines import test_name
from trialwright.report.numerals import count_percent
from trialwright.report.source import Group, Source, members, need, rows_of
from trialwright.report.table import HIDDEN, Cell, Row, Table, shown

PARTLY = Text(
    "Results that tell the arm (white cells, lymphocytes, immunoglobulins) are hidden from this blinded reader.",
    "可能透露分组的结果（白细胞、淋巴细胞、免疫球蛋白）对盲态视图隐藏。",
)


def worst(source: Source, *, number: str, title: Text, population: str = "SAFFL", population_name: Text) -> Table:
    """For each graded test: patients by their worst grade after the start. A blinded reader sees all patients together."""
    flag, groups = _population(source, population)
    values = _graded(source, flag)
    rows = []
    for code, label in _tests(values):
        mine = _worst_rows(values.filter(pl.col("PARAMCD") == code))
        rows.append(Row(label=test_name(source.study, "LB", code, label)))
        rows += [_line(grade, mine.filter(pl.col("ATOXGRN") == grade), mine, groups) for grade in range(5) if mine.filter(pl.col("ATOXGRN") == grade).height]
    return Table(
        number=number, title=title, population=population_name, columns=tuple(group.column for group in groups), rows=tuple(rows),
        footnotes=(Text("CTCAE in the version of Table 9.5.2, graded by value; 0: within or better than the limits. A patient counts once for each "
                        "test. Percentages are of the patients with a graded result after the start.",
                        "按表 9.5.2 所列 CTCAE 版本依数值分级；0 级：未超限。每项检验每名受试者只计一次，百分比以基线后有分级结果者为分母。"),
                   *(() if source.opened else (PARTLY,))),
        source=Text("Dataset ADLB; ATOXGRN, study day 2 or later.", "数据集 ADLB；ATOXGRN，研究第 2 天及以后。"),
        empty=None if rows else Text("No graded result is there yet.", "尚无分级结果。"),
    )  # fmt: skip


def shift(source: Source, *, number: str, title: Text, population: str = "SAFFL", population_name: Text) -> Table:
    """For each graded test: patients whose worst grade differs from that at baseline, each change of grade in a line."""
    flag, groups = _population(source, population)
    values = _graded(source, flag).filter(pl.col("BTOXGR").is_not_null())
    rows = []
    for code, label in _tests(values):
        mine = _worst_rows(values.filter(pl.col("PARAMCD") == code)).with_columns(pl.col("BTOXGR").cast(pl.Int64, strict=False).alias("_BEFORE"))
        moved = mine.filter(pl.col("_BEFORE") != pl.col("ATOXGRN")).select("_BEFORE", "ATOXGRN").unique().sort("_BEFORE", "ATOXGRN")
        stayed = mine.filter(pl.col("_BEFORE") == pl.col("ATOXGRN"))
        rows.append(Row(label=test_name(source.study, "LB", code, label)))
        rows.append(_told(Text("as at baseline", "与基线相同"), stayed, mine, groups))
        for before, after in moved.iter_rows():
            here = mine.filter((pl.col("_BEFORE") == before) & (pl.col("ATOXGRN") == after))
            rows.append(_told(Text(f"grade {before} to {after}", f"{before} 级至 {after} 级"), here, mine, groups))
    return Table(
        number=number, title=title, population=population_name, columns=tuple(group.column for group in groups), rows=tuple(rows),
        footnotes=(Text("From the grade at baseline to the worst grade after it; patients without a baseline are left out.",
                        "由基线级别至基线后最高级别；无基线者不计。"), *(() if source.opened else (PARTLY,))),
        source=Text("Dataset ADLB; BTOXGR, ATOXGRN.", "数据集 ADLB；BTOXGR、ATOXGRN。"),
        empty=None if rows else Text("No graded result is there yet.", "尚无分级结果。"),
    )  # fmt: skip


def _population(source: Source, population: str) -> tuple[str, tuple[Group, ...]]:
    """Who took the study drug is closed to the blinded: for them everybody who was enrolled is shown together."""
    flag = population if source.opened else "ITTFL"
    return flag, source.groups(flag)


def _graded(source: Source, population: str) -> pl.DataFrame:
    rows = source.rows("ADLB", population)
    need(rows, "ADLB", ("ATOXGRN", "BTOXGR", "ADY"))
    return rows.filter(pl.col("ATOXGRN").is_not_null() & (pl.col("ADY") > 1))


def _tests(values: pl.DataFrame) -> list[tuple[str, str]]:
    return [(code, label) for code, label in values.select("PARAMCD", "PARAM").unique().sort("PARAM").iter_rows()]


def _worst_rows(values: pl.DataFrame) -> pl.DataFrame:
    return values.sort("ATOXGRN", descending=True, maintain_order=True).unique("USUBJID", keep="first", maintain_order=True)


def _line(grade: int, rows: pl.DataFrame, everybody: pl.DataFrame, groups: tuple[Group, ...]) -> Row:
    return _told(Text(f"grade {grade}", f"{grade} 级"), rows, everybody, groups)


def _told(label: Text, rows: pl.DataFrame, everybody: pl.DataFrame, groups: tuple[Group, ...]) -> Row:
    return Row(label=label, level=1, cells=tuple(HIDDEN if group.hidden else _cell(members(group, rows), members(group, everybody)) for group in groups))


def _cell(rows: pl.DataFrame, everybody: pl.DataFrame) -> Cell:
    return shown(count_percent(rows.height, everybody.height), rows_of("ADLB", rows))
