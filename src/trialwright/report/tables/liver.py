"""Whose liver tests rose, how far, and who comes near Hy's law: transaminases and bilirubin high together, and bile flowing."""

import polars as pl

from trialwright.protocol import Text
from trialwright.report.numerals import count_percent
from trialwright.report.source import Group, Source, members, need, rows_of
from trialwright.report.table import HIDDEN, Row, Table, shown

TRANSAMINASES = ("ALT", "AST")
MULTIPLES = (3, 5, 10, 20)
TOGETHER = 30
"""Bilirubin belongs to a rise of transaminases on its day and for so many days after it."""

NOTE = Text(
    f"Multiples of the upper limit of normal, study day 2 or later; a patient counts once in each line. “With it”: on the same day or within {TOGETHER} "
    "days after. The last line is no verdict: a physician must first look for another cause.",
    f"正常上限的倍数，研究第 2 天及以后；每行每名受试者只计一次。“同时”：同日或其后 {TOGETHER} 天内。末行并非定论：须先由医师排除其他原因。",
)


def table(source: Source, *, number: str, title: Text, population: str = "SAFFL", population_name: Text) -> Table:
    """Patients by the multiples of the upper limits that they reached after the start. A blinded reader sees all patients together.

    Source: FDA, Guidance for Industry, Drug-Induced Liver Injury: Premarketing Clinical Evaluation, July 2009.
    """
    flag = population if source.opened else "ITTFL"
    groups, values = source.groups(flag), _multiples(source, flag)
    rises = values.filter(pl.col("PARAMCD").is_in(TRANSAMINASES) & (pl.col("TIMES") >= 3))
    bilirubin = values.filter((pl.col("PARAMCD") == "BILI") & (pl.col("TIMES") >= 2))
    together = _near(bilirubin, rises)
    bile = values.filter((pl.col("PARAMCD") == "ALP") & (pl.col("TIMES") >= 2))
    flowing = together.join(_near(bile, rises), on=["USUBJID", "ROSE"], how="anti", maintain_order="left")  # rise by rise: another one excuses nothing
    lines = [(Text(f"ALT or AST at least {times} times", f"ALT 或 AST 达 {times} 倍及以上"), rises.filter(pl.col("TIMES") >= times)) for times in MULTIPLES]
    lines += [
        (Text("bilirubin at least twice", "胆红素达 2 倍及以上"), bilirubin),
        (Text("alkaline phosphatase at least twice", "碱性磷酸酶达 2 倍及以上"), bile),
        (Text("ALT or AST at least 3 times, and with it bilirubin at least twice", "ALT 或 AST 达 3 倍，且胆红素同时达 2 倍"), together),
        (Text("of these, alkaline phosphatase below twice: Hy's law to be judged", "其中碱性磷酸酶低于 2 倍：须判断是否符合海氏法则"), flowing),
    ]
    return Table(
        number=number, title=title, population=population_name, columns=tuple(group.column for group in groups),
        rows=tuple(_line(label, rows, values, groups) for label, rows in lines) if values.height else (),
        footnotes=(NOTE,),
        source=Text("Dataset ADLB; AVAL, ANRHI of ALT, AST, ALP, BILI.", "数据集 ADLB；ALT、AST、ALP、BILI 的 AVAL、ANRHI。"),
        empty=None if values.height else Text("No liver test is there yet.", "尚无肝功能结果。"),
    )  # fmt: skip


def _multiples(source: Source, population: str) -> pl.DataFrame:
    """The liver tests after the start with TIMES, their multiple of the upper limit."""
    rows = source.rows("ADLB", population)
    need(rows, "ADLB", ("ADT", "ADY", "AVAL", "ANRHI"))
    asked = pl.col("PARAMCD").is_in((*TRANSAMINASES, "ALP", "BILI")) & (pl.col("ADY") > 1) & pl.col("AVAL").is_not_null() & (pl.col("ANRHI") > 0)
    return rows.filter(asked).with_columns((pl.col("AVAL") / pl.col("ANRHI")).alias("TIMES"))


def _near(rows: pl.DataFrame, rises: pl.DataFrame) -> pl.DataFrame:
    """The rows on the day of a rise of the same patient, or soon after it; ROSE is the day of that rise."""
    days = rows.join(rises.select("USUBJID", pl.col("ADT").alias("ROSE")), on="USUBJID", how="inner", maintain_order="left")
    return days.filter((pl.col("ADT") - pl.col("ROSE")).dt.total_days().is_between(0, TOGETHER)).unique(maintain_order=True)


def _line(label: Text, rows: pl.DataFrame, everybody: pl.DataFrame, groups: tuple[Group, ...]) -> Row:
    cells = []
    for group in groups:
        these, all_of_them = members(group, rows), members(group, everybody)
        told = count_percent(these["USUBJID"].n_unique(), all_of_them["USUBJID"].n_unique())
        cells.append(HIDDEN if group.hidden else shown(told, rows_of("ADLB", these.select(everybody.columns).unique(maintain_order=True))))
    return Row(label=label, cells=tuple(cells))
