"""Patients who improved, by arm: counts, the difference of the shares with its interval, and an exact test."""

from trialwright.protocol import Text
from trialwright.report.lines import METHODS, shares
from trialwright.report.results import Results
from trialwright.report.source import Source
from trialwright.report.table import Column, Table


def table(source: Source, results: Results, *, number: str, title: Text, analyses: tuple[str, ...], population_name: Text,
          footnotes: tuple[Text, ...] = ()) -> Table:  # fmt: skip
    """One block for each of `analyses`, named as in `results`."""
    found = [results.find(one) for one in analyses]
    groups = source.groups("FASFL")
    rows = tuple(row for one in found for row in shares(one, groups, one.title))
    return Table(
        number=number, title=title, population=population_name, columns=(*(group.column for group in groups), Column(title=COMPARED)), rows=rows,
        footnotes=(Text("A patient who failed (rescue, death) or has no value did not improve. The p-values are not adjusted for their number.",
                        "失败（补救治疗、死亡）或无数值者计为未改善。p 值未校正。"), METHODS, *footnotes),
        source=Text("Datasets ADRS, ADICE; full analysis set.", "数据集 ADRS、ADICE；全分析集。"),
        empty=None if any(one.get("N", "ALL") for one in found) else Text("No patient has a value yet.", "尚无受试者有数值。"),
    )  # fmt: skip


COMPARED = Text("difference of shares", "比例之差")
