"""The efficacy table: a score at baseline and at the visit of the endpoint, its change in each arm, and the arms compared."""

from collections.abc import Callable
from functools import partial
from math import isinf

from trialwright.protocol import Text
from trialwright.report.lines import contrast_title
from trialwright.report.numerals import decimal, interval, mean_sd, p_value
from trialwright.report.results import POOLED, Analysis, Results
from trialwright.report.source import Group, Source
from trialwright.report.table import HIDDEN, NOTHING, Cell, Column, Row, Table, sentence, shown

PURPOSES = {
    "primary": Text("primary analysis", "主要分析"),
    "sensitivity": Text("sensitivity analysis", "敏感性分析"),
    "supplementary": Text("supplementary analysis", "补充分析"),
    "descriptive": Text("descriptive", "描述性"),
}


def table(source: Source, results: Results, *, number: str, title: Text, endpoint: str, measure: Text, population: str = "FASFL",
          population_name: Text, footnotes: tuple[Text, ...] = ()) -> Table:  # fmt: skip
    """The table of one endpoint. `measure` names the score in the rows; the analyses are those that `results` holds for it."""
    described = results.find(f"{endpoint}.DESCRIBE")
    groups = source.groups(population)
    study = source.study
    refusals = tuple(
        Text(f"{one.title.en}: {one.refused.en}.", f"{one.title.zh}：{one.refused.zh}。")
        for one in _shown(results, endpoint) if one.refused is not None and source.released
    )  # fmt: skip
    visit = next(one for one in study.endpoints if one.code == endpoint).at or ""
    return Table(
        number=number, title=title, population=population_name,
        columns=(*(group.column for group in groups), Column(title=contrast_title(study))),
        rows=(*_described(described, groups, measure, study.visit(visit).name), *_compared(results, endpoint, groups)),
        footnotes=(*_notes(results, endpoint), *refusals, *footnotes),
        source=Text(f"Dataset {described.dataset}; {described.condition}.", f"数据集 {described.dataset}；{described.condition}。"),
        empty=_empty(described, study.visit(visit).name),
    )  # fmt: skip


def _shown(results: Results, endpoint: str) -> tuple[Analysis, ...]:
    """The analyses that this table has lines for."""
    return tuple(one for one in results.analyses if one.id in {f"{endpoint}.{method}" for method in ("DESCRIBE", *_LINES)})


def _empty(described: Analysis, visit: Text) -> Text | None:
    if not described.get("N_BASELINE", POOLED):
        return Text("No patient has a baseline value yet.", "尚无受试者有基线值。")
    if not described.get("N_CHANGE", POOLED):
        return Text(f"No patient has a value at {visit.en.lower()} yet; only the baseline can be shown.", f"尚无受试者有{visit.zh}数值；仅可显示基线。")
    return None


def _described(analysis: Analysis, groups: tuple[Group, ...], measure: Text, visit: Text) -> tuple[Row, ...]:
    blocks = (
        (sentence(Text(f"{measure.en}, baseline", f"{measure.zh}，基线")), "BASELINE", False),
        (sentence(Text(f"{measure.en}, {visit.en.lower()}", f"{measure.zh}，{visit.zh}")), "VALUE", False),
        (Text(f"Change from baseline to {visit.en.lower()}", f"从基线到{visit.zh}的变化"), "CHANGE", True),
    )
    rows: list[Row] = []
    for label, name, wide in blocks:
        rows.append(Row(label=label))
        rows.append(_line(Text("n", "例数"), groups, partial(_count, analysis, name)))
        rows.append(_line(Text("mean (SD)", "均数（标准差）"), groups, partial(_mean, analysis, name)))
        if wide:
            rows.append(_line(Text("median (smallest to largest)", "中位数（最小至最大）"), groups, partial(_median, analysis)))
    return tuple(rows)


def _line(label: Text, groups: tuple[Group, ...], cell: Callable[[str], Cell]) -> Row:
    return Row(label=label, level=1, cells=(*(HIDDEN if group.hidden else cell(group.code) for group in groups), NOTHING))


def _count(analysis: Analysis, name: str, code: str) -> Cell:
    value = analysis.get(f"N_{name}", code)
    return NOTHING if value is None else shown(f"{value:.0f}", analysis.rows(code), analysis.name(f"N_{name}", code))


def _mean(analysis: Analysis, name: str, code: str) -> Cell:
    mean = analysis.get(f"MEAN_{name}", code)
    if mean is None:
        return NOTHING
    return shown(mean_sd(mean, analysis.get(f"SD_{name}", code)), analysis.rows(code), analysis.name(f"MEAN_{name}", code))


def _median(analysis: Analysis, code: str) -> Cell:
    median, low, high = (analysis.get(f"{name}_CHANGE", code) for name in ("MEDIAN", "MIN", "MAX"))
    if median is None or low is None or high is None:
        return NOTHING
    span = interval(low, high, 0)
    text = Text(f"{decimal(median)} ({span.en})", f"{decimal(median)}（{span.zh}）")
    return Cell(text=text, rows=analysis.rows(code), result=analysis.name("MEDIAN_CHANGE", code))


def _compared(results: Results, endpoint: str, groups: tuple[Group, ...]) -> tuple[Row, ...]:
    rows: list[Row] = []
    for analysis in _shown(results, endpoint):
        method = analysis.id.removeprefix(f"{endpoint}.")
        if method in _LINES:
            purpose = PURPOSES[analysis.purpose]
            rows.append(Row(label=Text(f"{analysis.title.en} ({purpose.en})", f"{analysis.title.zh}（{purpose.zh}）")))
            rows += _LINES[method](analysis, groups)
    return tuple(rows)


def _contrast(label: Text, groups: tuple[Group, ...], cell: Cell) -> Row:
    return Row(label=label, level=1, cells=(*(NOTHING for _ in groups), HIDDEN if any(group.hidden for group in groups) else cell))


def _estimate(analysis: Analysis, name: str, group: str) -> Cell:
    """An estimate with its 95 % interval."""
    value, lower, upper = (analysis.get(f"{name}{part}", group) for part in ("", "_LOWER", "_UPPER"))
    if value is None or lower is None or upper is None:
        return NOTHING
    span = interval(lower, upper)
    return Cell(text=Text(f"{decimal(value)} ({span.en})", f"{decimal(value)}（{span.zh}）"), rows=analysis.rows(group), result=analysis.name(name, group))


def _single(analysis: Analysis, name: str, group: str, *, p: bool = False) -> Cell:
    value = analysis.get(name, group)
    return NOTHING if value is None else shown(p_value(value) if p else decimal(value), analysis.rows(group), analysis.name(name, group))


def _between(analysis: Analysis) -> str:
    """The name of the contrast among the groups of the results."""
    return next((one.group for one in analysis.results if one.operation in ("DIFFERENCE", "SHIFT")), "")


def _ancova(analysis: Analysis, groups: tuple[Group, ...]) -> list[Row]:
    means = tuple(HIDDEN if group.hidden else _estimate(analysis, "LS_MEAN", group.code) for group in groups)
    between = _between(analysis)
    return [
        Row(label=Text("adjusted mean change (95 % CI)", "调整后平均变化（95 % 置信区间）"), level=1, cells=(*means, NOTHING)),
        _contrast(Text("adjusted difference (95 % CI)", "调整后差值（95 % 置信区间）"), groups, _estimate(analysis, "DIFFERENCE", between)),
        _contrast(Text("p, two-sided", "双侧 p 值"), groups, _single(analysis, "DIFFERENCE_P", between, p=True)),
    ]


def _permutation(analysis: Analysis, groups: tuple[Group, ...]) -> list[Row]:
    between = _between(analysis)
    return [
        _contrast(Text("difference of mean changes", "平均变化之差"), groups, _single(analysis, "DIFFERENCE", between)),
        _contrast(Text("exact p, two-sided", "精确双侧 p 值"), groups, _single(analysis, "P", between, p=True)),
    ]


def _shift(analysis: Analysis, groups: tuple[Group, ...]) -> list[Row]:
    return [_contrast(Text("median difference (exact 95 % CI)", "中位差值（精确 95 % 置信区间）"), groups,
                      _estimate(analysis, "SHIFT", _between(analysis)))]  # fmt: skip


_LINES = {"ANCOVA": _ancova, "PERMUTATION": _permutation, "HODGES_LEHMANN": _shift}


def _notes(results: Results, endpoint: str) -> tuple[Text, ...]:
    told = _shown(results, endpoint)
    methods = Text("; ".join(f"{one.title.en}: {one.method.en}" for one in told), "；".join(f"{one.title.zh}：{one.method.zh}" for one in told))
    boundless = any(isinf(result.value) for one in told for result in one.results)
    wide = Text("∞: so few patients cannot exclude any difference on that side.", "∞：样本过少，该侧无法排除任何差值。")
    return (
        Text("SD: standard deviation; CI: confidence interval. A negative change is an improvement.", "SD：标准差；CI：置信区间。负值表示改善。"),
        *((wide,) if boundless else ()),
        *(Text(f"In the comparisons: {one.en}.", f"比较中：{one.zh}。") for one in dict.fromkeys(note for analysis in told for note in analysis.notes)),
        Text(f"Methods. {methods.en}.", f"方法。{methods.zh}。"),
    )
