"""What happened after the start that changes what a score means: how many patients had it, and how the primary analysis counts it."""

import polars as pl

from trialwright.protocol import STRATEGIES, Estimand, Text
from trialwright.report.numerals import count_percent
from trialwright.report.source import Group, Source, members, rows_of
from trialwright.report.table import HIDDEN, Cell, Column, Row, Table, shown

NAMES = {
    "treatment policy": Text("counts as observed", "按观察值计入"),
    "composite": Text("counts as failure", "计为失败"),
    "hypothetical": Text("set aside", "不采用"),
    "while alive": Text("values until then count", "此前数值计入"),
    "left out": Text("left out", "剔除"),
    "last observation carried forward": Text("last value before", "以前次数值代替"),
}


def table(source: Source, estimand: Estimand, *, number: str, title: Text, before: int, population: str = "FASFL", population_name: Text) -> Table:
    """Patients with each event of `estimand` up to study day `before`, by arm."""
    groups = source.groups(population)
    events = source.rows("ADICE", population)
    early = events.filter(pl.col("ASTDY") <= before) if "ASTDY" in events.columns else events
    rows = tuple(
        Row(label=event.event, cells=(*(HIDDEN if not source.released else _cell(group, early, event.code) for group in groups),
            Cell(text=NAMES[event.strategy], because=Text(f"{STRATEGIES[event.strategy].en}: {event.because.en}",
                                                          f"{STRATEGIES[event.strategy].zh}：{event.because.zh}"))))
        for event in estimand.events
    )  # fmt: skip
    unseen = Text("Drugs, doses and deaths tell the arm or are hidden from this blinded reader; they are counted once the arms are open.",
                  "用药、剂量与死亡可能透露分组，对盲态视图隐藏，揭盲后计数。")  # fmt: skip
    return Table(
        number=number, title=title, population=population_name, columns=(*(group.column for group in groups),
        Column(title=Text("in the primary analysis", "主要分析中的处理"), words=False)), rows=rows,
        footnotes=(Text("A patient counts once in each line. Found in the record by rules fixed beforehand; the dataset names the record behind each.",
                        "每行中每名受试者只计一次。按预先规定的规则从记录中识别，数据集列出每项的来源记录。"), *(() if source.opened else (unseen,))),
        source=Text(f"Dataset ADICE; {population} = Y, study day {before} or earlier.", f"数据集 ADICE；{population} = Y，研究第 {before} 天或之前。"),
        empty=None if source.patients(population).height else Text("No patient is in this population yet.", "该人群中尚无受试者。"),
    )  # fmt: skip


def _cell(group: Group, events: pl.DataFrame, code: str) -> Cell:
    mine = members(group, events).filter(pl.col("ICEDECOD") == code)
    return shown(count_percent(mine["USUBJID"].n_unique(), group.n or 0), rows_of("ADICE", mine))
