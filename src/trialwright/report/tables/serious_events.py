"""Every serious adverse event in one line: who, what, when, how bad, why serious, the suspicion, and how it ended."""

from typing import Any

import polars as pl

from trialwright.protocol import Study, Text, same
from trialwright.report.flow import worded
from trialwright.report.lines import coded
from trialwright.report.source import ARM, PLACE, Source
from trialwright.report.table import Cell, Column, DataRow, Row, Table

COLUMNS = (Text("arm", "组别"), Text("event", "事件"), Text("day", "第几天"), Text("grade", "级别"), Text("serious because of", "严重性依据"),
           Text("suspicion", "相关性"), Text("outcome", "转归"))  # fmt: skip
CRITERIA = {"AESDTH": Text("death", "死亡"), "AESLIFE": Text("threat to life", "危及生命"), "AESHOSP": Text("hospital stay", "住院或延长住院"),
            "AESDISAB": Text("disability", "致残"), "AESCONG": Text("birth defect", "先天异常"),
            "AESMIE": Text("medical importance", "重要医学事件")}  # fmt: skip
HIDDEN_ROWS = Text(
    "Adverse events tell the arm. They are hidden from this blinded reader and are shown once the arms are open.",
    "不良事件会透露分组，对盲态视图隐藏，揭盲后显示。",
)


def table(source: Source, *, number: str, title: Text, population: str = "ITTFL", population_name: Text) -> Table:
    """The list, in the order of patients and days."""
    rows: tuple[Row, ...] = ()
    if source.opened:
        events = source.rows("ADAE", population).filter(pl.col("AESER") == "Y").sort("USUBJID", "ASTDY", nulls_last=True)
        rows = tuple(_row(source, event) for event in events.to_dicts())
    nobody = Text("No serious adverse event was recorded.", "未记录严重不良事件。")
    return Table(
        number=number, title=title, population=population_name, stub=Text("patient", "受试者"), rows=rows,
        columns=tuple(Column(title=one, words=True, short=place in (2, 3)) for place, one in enumerate(COLUMNS)),
        footnotes=(coded(source),) if rows else (), source=Text(f"Dataset ADAE; {population} = Y, AESER = Y.", f"数据集 ADAE；{population} = Y，AESER = Y。"),
        empty=None if rows else nobody if source.opened else HIDDEN_ROWS,
    )  # fmt: skip


def _row(source: Source, event: dict[str, Any]) -> Row:
    arms = {arm.code: arm.name for arm in source.study.arms}
    behind = (DataRow("ADAE", event[PLACE]),)
    reasons = [words for name, words in CRITERIA.items() if event.get(name) == "Y"]
    why = Text(", ".join(one.en for one in reasons), "、".join(one.zh for one in reasons)) if reasons else same("–")
    study = source.study
    told = (arms.get(event[ARM], same("–")), same(str(event["AEDECOD"] or event["AETERM"])), same(_plain(event["ASTDY"])), same(_plain(event["AETOXGRN"])), why,
            _worded(study, event["AEREL"]), _worded(study, event["AEOUT"]))  # fmt: skip
    return Row(label=same(str(event["USUBJID"]).rsplit("-", 1)[-1]), cells=tuple(Cell(text=one, rows=behind) for one in told))


def _plain(value: object) -> str:
    return "–" if value is None else str(value)


def _worded(study: Study, code: object) -> Text:
    return same("–") if code is None else worded(study, str(code))
