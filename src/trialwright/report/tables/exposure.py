"""How much of the study drug the patients had, and how much of what was planned: for those alone who may know the arm."""

from collections.abc import Callable

import polars as pl

from trialwright.protocol import Arm, Text, same
from trialwright.report.numerals import decimal, interval, mean_sd
from trialwright.report.source import Group, Source, members, rows_of
from trialwright.report.table import NOTHING, Cell, Column, Row, Table, shown
from trialwright.statistics import Summary, describe

CLOSED = Text("Doses tell the arm. They are hidden from this blinded reader and are shown once the arms are open.",
              "用药记录会透露分组，对盲态视图隐藏，揭盲后显示。")  # fmt: skip
NEVER = Text("No dose of the study drug is on record.", "无试验药物给药记录。")


def given(source: Source, population: str) -> pl.DataFrame:
    """The doses of the study drug that were given (EX also holds the treatment that a control arm went on with)."""
    return source.rows("EC", population).filter(pl.col("ECOCCUR") == "Y")


def missed(source: Source, population: str) -> pl.DataFrame:
    """The doses of the study drug that were planned and not given."""
    return source.rows("EC", population).filter(pl.col("ECOCCUR") == "N")


def table(source: Source, *, number: str, title: Text, population: str = "SAFFL", population_name: Text) -> Table:
    """Weeks of treatment, doses given and total by arm, and the share of the planned doses that was given."""
    groups = source.groups(population) if source.opened else ()
    rows = _rows(source, groups, population) if source.opened and given(source, population).height else []
    return Table(
        number=number, title=title, population=population_name, columns=tuple(group.column for group in groups), rows=tuple(rows),
        footnotes=(Text("SD: standard deviation. Planned doses: those that the interval between doses asks for from the first day of "
                        "treatment to the last.",
                        "SD：标准差。计划剂次：自首次至末次治疗日按给药间隔应给的剂次。"),) if rows else (),
        source=Text("Datasets EC, ADSL.", "数据集 EC、ADSL。"), empty=None if rows else NEVER if source.opened else CLOSED,
    )  # fmt: skip


def _rows(source: Source, groups: tuple[Group, ...], population: str) -> list[Row]:
    people = source.patients(population)
    doses = given(source, population)
    arm = next((one for one in source.study.arms if one.regimen), None)
    counted = doses.group_by("USUBJID", maintain_order=True).agg(
        pl.len().alias("_N"), pl.col("ECDOSE").sum().alias("_SUM")
    )
    unit = arm.regimen.unit if arm and arm.regimen else ""
    weeks = people.filter(pl.col("TRTDURD").is_not_null()).with_columns((pl.col("TRTDURD") / 7).alias("_WEEKS"))
    had = people.join(counted, on="USUBJID", how="inner", maintain_order="left")
    measures = [(Text("Weeks from the first to the last day of treatment", "首末次治疗日之间的周数"), weeks, "_WEEKS", 1),
                (Text("Doses given", "已给剂次"), had, "_N", 0), (Text(f"Total dose ({unit})", f"总剂量（{unit}）"), had, "_SUM", 0)]  # fmt: skip
    if arm and arm.regimen:
        share = had.filter(pl.col("TRTDURD").is_not_null()).with_columns((100 * pl.col("_N") / _planned(arm)).alias("_SHARE"))
        measures.append((Text("Doses given, % of those planned", "已给剂次占计划的 %"), share, "_SHARE", 1))
    lines = [row for label, frame, column, places in measures for row in _block(label, groups, frame, column, places)]
    gone = missed(source, population)
    lines.append(
        Row(
            label=Text("Doses missed, in all patients", "漏用剂次合计"),
            cells=tuple(_count(members(group, gone)) for group in groups),
        )
    )
    return lines


def _planned(arm: Arm) -> pl.Expr:
    every = arm.regimen.every if arm.regimen else 1
    return (pl.col("TRTDURD") - 1) // every + 1


def _block(label: Text, groups: tuple[Group, ...], people: pl.DataFrame, column: str, places: int) -> list[Row]:
    def cells(write: Callable[[Summary], Text]) -> tuple[Cell, ...]:
        return tuple(_cell(members(group, people), column, write) for group in groups)

    return [
        Row(label=label), Row(label=Text("n", "例数"), level=1, cells=cells(lambda told: same(str(told.n)))),
        Row(label=Text("mean (SD)", "均数（标准差）"), level=1, cells=cells(lambda told: same(mean_sd(told.mean, told.standard_deviation, max(places, 1))))),
        Row(label=Text("smallest to largest", "最小至最大"), level=1, cells=cells(lambda told: interval(told.minimum, told.maximum, places))),
    ]  # fmt: skip


def _cell(people: pl.DataFrame, column: str, write: Callable[[Summary], Text]) -> Cell:
    if not people.height:
        return NOTHING
    return Cell(text=write(describe([float(value) for value in people[column].to_list()])), rows=rows_of("ADSL", people))


def _count(gone: pl.DataFrame) -> Cell:
    return shown(str(gone.height), rows_of("EC", gone))


def listing(source: Source, *, number: str, title: Text, population: str = "SAFFL", population_name: Text) -> Table:
    """One line for each patient who had the drug: first and last dose, how many, how much, how many were missed."""
    rows: list[Row] = []
    if source.opened:
        every = missed(source, population)
        for (subject,), mine in given(source, population).sort("USUBJID", "ECSEQ").group_by("USUBJID", maintain_order=True):
            days = mine["ECSTDTC"].drop_nulls().to_list()
            gone = every.filter(pl.col("USUBJID") == subject)
            told = (min(days, default="–"), max(days, default="–"), str(mine.height), decimal(float(mine["ECDOSE"].sum()), 0))
            cells = tuple(shown(words, rows_of("EC", mine)) for words in told)
            rows.append(Row(label=same(str(subject).rsplit("-", 1)[-1]), cells=(*cells, shown(str(gone.height), rows_of("EC", gone)))))
    headings = (Text("first dose", "首次给药"), Text("last dose", "末次给药"), Text("doses", "剂次"),
                Text("total dose (mg)", "总剂量（mg）"), Text("missed", "漏用"))  # fmt: skip
    return Table(
        number=number, title=title, population=population_name, stub=Text("patient", "受试者"),
        columns=tuple(Column(title=one) for one in headings), rows=tuple(rows),
        source=Text("Dataset EC.", "数据集 EC。"), empty=None if rows else NEVER if source.opened else CLOSED,
    )  # fmt: skip
