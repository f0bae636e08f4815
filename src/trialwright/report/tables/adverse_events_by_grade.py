"""Adverse events by the worst grade and the strongest suspicion that each patient had."""

import polars as pl
from attrs import evolve

from trialwright.protocol import Text
from trialwright.report.flow import worded
from trialwright.report.numerals import count_percent
from trialwright.report.source import Group, Source, members, need, rows_of
from trialwright.report.table import Cell, Row, Table, shown

GRADES = {1: Text("grade 1, mild", "1 级，轻度"), 2: Text("grade 2, moderate", "2 级，中度"), 3: Text("grade 3, severe", "3 级，重度"),
          4: Text("grade 4, life-threatening", "4 级，危及生命"), 5: Text("grade 5, death", "5 级，死亡")}  # fmt: skip
RELATIONS = ("CERTAIN", "PROBABLE", "POSSIBLE", "CONDITIONAL", "UNASSESSABLE", "UNLIKELY")
"""From the strongest suspicion to the weakest (WHO-UMC)."""
HIDDEN_ROWS = Text(
    "Adverse events tell the arm. They are hidden from this blinded reader and are shown once the arms are open.",
    "不良事件会透露分组，对盲态视图隐藏，揭盲后显示。",
)


def table(source: Source, *, number: str, title: Text, population: str = "SAFFL", population_name: Text) -> Table:
    """Patients by worst grade, by strongest suspicion, and the same for serious events alone."""
    groups = source.groups(population)
    shell = Table(
        number=number, title=title, population=population_name, columns=tuple(group.column for group in groups),
        footnotes=(Text("Each patient is counted once in each block, with his worst grade and with the event under the strongest suspicion. "
                        "No p-values: none was specified beforehand.",
                        "每名受试者在每一部分只计一次，按其最高级别和相关性最强的事件计。不给出 p 值：方案未预先规定。"),),
        source=Text(f"Dataset ADAE; {population} = Y, TRTEMFL = Y.", f"数据集 ADAE；{population} = Y，TRTEMFL = Y。"),
        empty=None if source.opened else HIDDEN_ROWS,
    )  # fmt: skip
    if not source.opened:
        return shell
    events = source.rows("ADAE", population).filter(pl.col("TRTEMFL") == "Y")
    need(events, "ADAE", ("AETOXGRN", "AEREL", "AESER"))
    serious = events.filter(pl.col("AESER") == "Y")
    blocks = ((Text("Worst grade (CTCAE)", "最高级别（CTCAE）"), _grades(events, groups)),
              (Text("Strongest suspicion of the treating physician", "治疗医师判断的最强相关性"), _relations(source, events, groups)),
              (Text("Serious events: worst grade", "严重不良事件：最高级别"), _grades(serious, groups)),
              (Text("Serious events: strongest suspicion", "严重不良事件：最强相关性"), _relations(source, serious, groups)))  # fmt: skip
    return evolve(shell, rows=tuple(row for heading, rows in blocks for row in (Row(label=heading), *rows)))


def _grades(events: pl.DataFrame, groups: tuple[Group, ...]) -> list[Row]:
    worst = events.filter(pl.col("AETOXGRN").is_not_null()).sort("AETOXGRN", descending=True, maintain_order=True)
    first = worst.unique("USUBJID", keep="first", maintain_order=True)
    return [_line(label, first.filter(pl.col("AETOXGRN") == grade), groups) for grade, label in GRADES.items()]


def _relations(source: Source, events: pl.DataFrame, groups: tuple[Group, ...]) -> list[Row]:
    known = [*RELATIONS, *sorted(set(events["AEREL"].drop_nulls().to_list()) - set(RELATIONS))]
    order = {code: place for place, code in enumerate(known)}
    ranked = events.filter(pl.col("AEREL").is_not_null()).with_columns(
        pl.Series("_RANK", [order[code] for code in events["AEREL"].drop_nulls().to_list()], dtype=pl.Int64)
    )
    first = ranked.sort("_RANK", maintain_order=True).unique("USUBJID", keep="first", maintain_order=True)
    told = [code for code in known if code in RELATIONS[:3] or first.filter(pl.col("AEREL") == code).height]
    return [_line(worded(source.study, code), first.filter(pl.col("AEREL") == code), groups) for code in told]


def _line(label: Text, events: pl.DataFrame, groups: tuple[Group, ...]) -> Row:
    return Row(label=label, level=1, cells=tuple(_cell(members(group, events), group) for group in groups))


def _cell(events: pl.DataFrame, group: Group) -> Cell:
    return shown(count_percent(events["USUBJID"].n_unique(), group.n or 0), rows_of("ADAE", events))
