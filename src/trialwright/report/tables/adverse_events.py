"""Adverse events by arm: how many patients had any, a related, a serious or a severe one, and each kind of event."""

import polars as pl
from attrs import evolve

from trialwright.protocol import Text, same
from trialwright.report.lines import coded
from trialwright.report.numerals import count_percent
from trialwright.report.source import Group, Source, members, need, rows_of
from trialwright.report.table import HIDDEN, Cell, Row, Table, shown

RELATED = ("CERTAIN", "PROBABLE", "POSSIBLE", "RELATED", "POSSIBLY RELATED", "PROBABLY RELATED", "Y")
"""Judgments of causality (WHO-UMC, and common others) that count as related to the study drug."""
GRADE = "_GRADE"

_HIDDEN_ROWS = Text(
    "Adverse events tell the arm. They are hidden from this blinded reader and are shown once the arms are open.",
    "不良事件会透露分组，对盲态视图隐藏，揭盲后显示。",
)


def table(source: Source, *, number: str, title: Text, population: str = "SAFFL", population_name: Text) -> Table:
    """Patients with events, n (%) of the safety population; an event counts once per patient. No tests are made."""
    groups = source.groups(population)
    shell = Table(
        number=number, title=title, population=population_name, columns=tuple(group.column for group in groups),
        footnotes=(
            Text("A patient counts once in each line. Related: certain, probable or possible in the judgment of the treating physician. "
                 "Severe: CTCAE grade 3 or higher. Only events that began or worsened after the start of treatment are counted. "
                 "No p-values: none was specified beforehand, and with so few patients the absence of a difference shows nothing.",
                 "每行中每名受试者只计一次。相关：治疗医师判断为肯定、很可能或可能有关。严重程度：CTCAE 3 级及以上。仅计入治疗开始后出现或加重的事件。"
                 "不给出 p 值：方案未预先规定，且样本量小，无差异不能说明任何问题。"),
            *((coded(source),) if source.opened else ()),
        ),
        source=Text(f"Dataset ADAE; {population} = Y, TRTEMFL = Y.", f"数据集 ADAE；{population} = Y，TRTEMFL = Y。"),
        empty=None if source.opened else _HIDDEN_ROWS,
        rows=(),
    )  # fmt: skip
    if not source.opened:
        return shell
    events = _events(source, population)
    return evolve(shell, rows=(*_overview(events, groups), *_by_term(events, groups)))


def _events(source: Source, population: str) -> pl.DataFrame:
    events = source.rows("ADAE", population)
    need(events, "ADAE", ("AESER", "AEREL", "TRTEMFL"))
    grade = next((name for name in ("AETOXGRN", "ATOXGRN", "AETOXGR", "ATOXGR") if name in events.columns), None)
    graded = pl.lit(None, dtype=pl.Int64) if grade is None else pl.col(grade).cast(pl.Int64, strict=False)
    return events.filter(pl.col("TRTEMFL") == "Y").with_columns(graded.alias(GRADE))


def _overview(events: pl.DataFrame, groups: tuple[Group, ...]) -> list[Row]:
    lines = (
        (Text("any adverse event", "任何不良事件"), pl.lit(True)),
        (Text("related to the study drug", "与试验药物有关"), pl.col("AEREL").str.to_uppercase().is_in(RELATED)),
        (Text("serious", "严重不良事件"), pl.col("AESER") == "Y"),
        (Text("severe (grade 3 or higher)", "重度（3 级及以上）"), pl.col(GRADE) >= 3),
    )
    return [Row(label=Text("Patients with, n (%)", "发生以下事件的受试者，例数（%）")),
            *(_line(label, events.filter(held), groups) for label, held in lines)]  # fmt: skip


def _by_term(events: pl.DataFrame, groups: tuple[Group, ...]) -> list[Row]:
    """Each kind of event, the most frequent first."""
    named = "AEDECOD" if "AEDECOD" in events.columns and events["AEDECOD"].null_count() < events.height else "AETERM"
    if not events.height:
        return []
    counted = events.group_by(named).agg(pl.col("USUBJID").n_unique().alias("n")).sort(["n", named], descending=[True, False])
    lines = [_line(same(str(term)), events.filter(pl.col(named) == term), groups) for term in counted[named].drop_nulls().to_list()]
    return [Row(label=Text("By event, n (%)", "按事件，例数（%）")), *lines]


def _line(label: Text, events: pl.DataFrame, groups: tuple[Group, ...]) -> Row:
    return Row(label=label, level=1, cells=tuple(HIDDEN if group.hidden else _cell(members(group, events), group) for group in groups))


def _cell(events: pl.DataFrame, group: Group) -> Cell:
    return shown(count_percent(events["USUBJID"].n_unique(), group.n or 0), rows_of("ADAE", events))
