"""Every analysis of one endpoint in one line each: whether the answer depends on how it was asked."""

from collections.abc import Callable

from trialwright.protocol import Text, same
from trialwright.report.lines import draws
from trialwright.report.numerals import decimal, interval, p_value
from trialwright.report.results import Analysis, Results
from trialwright.report.source import Source
from trialwright.report.table import HIDDEN, NOTHING, Cell, Column, Row, Table, shown

HEADINGS = {
    "primary": Text("Primary analysis", "主要分析"),
    "sensitivity": Text("Sensitivity analyses: the same question, other assumptions", "敏感性分析：同一问题，不同假设"),
    "supplementary": Text("Supplementary analyses: other questions", "补充分析：其他问题"),
    "descriptive": Text("Descriptive: no analysis of this study is confirmatory under this reading", "描述性：在此解读下本研究无确证性分析"),
}
COLUMNS = (
    Text("patients per arm", "各组例数"),
    Text("result", "结果"),
    Text("95 % interval", "95 % 区间"),
    Text("p, two-sided", "双侧 p 值"),
)


def table(source: Source, results: Results, *, number: str, title: Text, endpoint: str, population_name: Text, unit: Text,
          footnotes: tuple[Text, ...] = ()) -> Table:  # fmt: skip
    """One line for each analysis but the description. A negative difference favors the treatment where higher is worse."""
    analyses = [one for one in results.of(endpoint) if one.method_id not in ("DESCRIBE", "RESPONDER")]
    usual = next((one.notes for one in analyses if one.notes), ())[:1]
    reading = source.study.reading
    planned = (one for each in source.study.endpoints if each.code == endpoint for one in each.analyses if reading in (one.readings or (reading,)))
    rows: list[Row] = []
    for purpose, heading in HEADINGS.items():
        mine = [one for one in analyses if one.purpose == purpose]
        rows += [Row(label=heading), *(_line(one, unit, source, usual) for one in mine)] if mine else []
    refused = [one for one in analyses if one.refused is not None and source.released]
    return Table(
        number=number, title=title, population=population_name, columns=tuple(Column(title=one) for one in COLUMNS), rows=tuple(rows),
        footnotes=(
            Text("Nothing here is a second chance: the primary analysis was named beforehand, the others ask whether its answer hangs on a choice. "
                 "The p-values are not adjusted for their number.",
                 "这些分析并非“多次机会”：主要分析已预先指定，其余仅考察结论是否依赖于某一选择。p 值未按分析个数校正。"),
            *(Text(f"{one.title.en}: {one.refused.en}.", f"{one.title.zh}：{one.refused.zh}。") for one in refused if one.refused),
            *(Text(f"Where a line says nothing else: {note.en} (rescue or death).", f"除另有说明外：{note.zh}（补救治疗或死亡）。") for note in usual),
            *draws(source.study, *planned), *footnotes,
        ),
        source=Text("Datasets ADRS, ADICE, ADSL; full analysis set.", "数据集 ADRS、ADICE、ADSL；全分析集。"),
        empty=None if rows else Text("No analysis is planned.", "未计划分析。"),
    )  # fmt: skip


def _line(analysis: Analysis, unit: Text, source: Source, usual: tuple[Text, ...]) -> Row:
    told = [note for note in analysis.notes if note not in usual]
    told += [Text("none counted as failed", "无人计为失败")] if usual and usual[0] not in analysis.notes and source.released else []
    notes, zh = "; ".join(note.en for note in told), "；".join(note.zh for note in told)
    label = Text(f"{analysis.title.en}{f' ({notes})' if notes else ''}", f"{analysis.title.zh}{f'（{zh}）' if zh else ''}")
    if not source.released:
        return Row(label=label, level=1, cells=(HIDDEN,) * len(COLUMNS))
    if not analysis.results:
        return Row(label=label, level=1, cells=(NOTHING,) * len(COLUMNS))
    cells = _TOLD.get(analysis.method_id, _difference)(analysis, unit)
    return Row(label=label, level=1, cells=(_patients(analysis), *cells))


def contrast(analysis: Analysis) -> str:
    """The name of the comparison among the groups of an analysis."""
    return next((one.group for one in analysis.results if "-" in one.group), "")


def _patients(analysis: Analysis) -> Cell:
    """How many patients of each arm entered, counted from the rows behind the analysis."""
    arms = [group for group, _ in analysis.inputs if group != "ALL"]
    numbers = [str(analysis.patients.get(arm, 0)) for arm in arms]
    return shown(" + ".join(numbers), analysis.rows("ALL"), f"{analysis.id} / N")


def _cell(analysis: Analysis, text: Text, operation: str) -> Cell:
    return Cell(text=text, rows=analysis.rows("ALL"), result=analysis.name(operation, contrast(analysis)))


def _number(analysis: Analysis, operation: str) -> float | None:
    return analysis.get(operation, contrast(analysis))


def _estimate(analysis: Analysis, name: str, unit: Text) -> tuple[Cell, ...]:
    value, lower, upper = (_number(analysis, f"{name}{part}") for part in ("", "_LOWER", "_UPPER"))
    p = _number(analysis, f"{name}_P") if _number(analysis, f"{name}_P") is not None else _number(analysis, "P")
    middle = NOTHING if value is None else _cell(analysis, Text(f"{decimal(value)} {unit.en}", f"{decimal(value)} {unit.zh}"), name)
    span = NOTHING if lower is None or upper is None else _cell(analysis, interval(lower, upper), f"{name}_LOWER")
    return middle, span, NOTHING if p is None else _cell(analysis, same(p_value(p)), f"{name}_P" if _number(analysis, f"{name}_P") is not None else "P")


def _difference(analysis: Analysis, unit: Text) -> tuple[Cell, ...]:
    return _estimate(analysis, "DIFFERENCE", unit)


def _shift(analysis: Analysis, unit: Text) -> tuple[Cell, ...]:
    return _estimate(analysis, "SHIFT", unit)


def _ranks(analysis: Analysis, unit: Text) -> tuple[Cell, ...]:
    value, p = _number(analysis, "SUPERIORITY") or 0.0, _number(analysis, "P") or 0.0
    words = Text(f"treated better in {decimal(100 * value, 0)} % of pairs", f"{decimal(100 * value, 0)} % 的配对中治疗组更好")
    return _cell(analysis, words, "SUPERIORITY"), NOTHING, _cell(analysis, same(p_value(p)), "P")


def _strata(analysis: Analysis, unit: Text) -> tuple[Cell, ...]:
    z, p = _number(analysis, "Z") or 0.0, _number(analysis, "P") or 0.0
    better = Text("ranks favor the treated", "秩次有利于治疗组") if z < 0 else Text("ranks favor the others", "秩次有利于对照组")
    return _cell(analysis, better, "Z"), NOTHING, _cell(analysis, same(p_value(p)), "P")


def _tipping(analysis: Analysis, unit: Text) -> tuple[Cell, ...]:
    zero, doubt = _number(analysis, "TO_ZERO"), _number(analysis, "TO_INSIGNIFICANCE")
    words = Text(f"no difference if worse by {decimal(abs(zero or 0.0))} {unit.en}", f"再差 {decimal(abs(zero or 0.0))} {unit.zh}则无差值")
    if doubt is None:
        return _cell(analysis, words, "TO_ZERO"), NOTHING, NOTHING
    span = Text(f"in doubt from {decimal(abs(doubt))}", f"再差 {decimal(abs(doubt))} 起存疑")
    return _cell(analysis, words, "TO_ZERO"), _cell(analysis, span, "TO_INSIGNIFICANCE"), NOTHING


def _history(analysis: Analysis, unit: Text) -> tuple[Cell, ...]:
    span = _estimate(analysis, "DIFFERENCE", unit)[1]
    value, better = _number(analysis, "DIFFERENCE") or 0.0, 100 * (_number(analysis, "BETTER") or 0.0)
    chance = "> 99" if better > 99 else "< 1" if better < 1 else decimal(better, 0)
    words = Text(f"{decimal(value)} {unit.en}; chance of benefit {chance} %", f"{decimal(value)} {unit.zh}；获益概率 {chance} %")
    return _cell(analysis, words, "BETTER"), span, NOTHING


def _unmeasured(analysis: Analysis, unit: Text) -> tuple[Cell, ...]:
    value, limit = _number(analysis, "E_VALUE") or 1.0, _number(analysis, "E_VALUE_LIMIT") or 1.0
    words = Text(f"{decimal(value)} times (E-value)", f"{decimal(value)} 倍（E 值）")
    end = Text(f"{decimal(limit)} times for its end", f"端点 {decimal(limit)} 倍")
    return _cell(analysis, words, "E_VALUE"), _cell(analysis, end, "E_VALUE_LIMIT"), NOTHING


def _selection(analysis: Analysis, unit: Text) -> tuple[Cell, ...]:
    return _estimate(analysis, "GAP", unit)


def _chance(analysis: Analysis, unit: Text) -> tuple[Cell, ...]:
    p = _number(analysis, "P") or 0.0
    return NOTHING, NOTHING, _cell(analysis, same(p_value(p)), "P")


_TOLD: dict[str, Callable[[Analysis, Text], tuple[Cell, ...]]] = {
    "HODGES_LEHMANN": _shift, "RANK_SUM": _ranks, "VAN_ELTEREN": _strata, "TIPPING_POINT": _tipping, "BORROWING": _history, "POSTERIOR": _history,
    "E_VALUE": _unmeasured, "REGRESSION_TO_MEAN": _selection, "RERANDOMIZATION": _chance,
}  # fmt: skip
"""How the result of a method is told when it is not a difference of means."""
