"""Every outcome in one line: by covariance analysis, by ranks without a model, and by Bayes: whether they say the same."""

from collections.abc import Mapping, Sequence

from attrs import frozen

from trialwright.protocol import Endpoint, Text, same
from trialwright.report.numerals import decimal, interval, p_value
from trialwright.report.results import Analysis, Results
from trialwright.report.source import Source
from trialwright.report.table import HIDDEN, NOTHING, Cell, Column, Row, Table

COLUMNS = (
    Text("patients per arm", "各组例数"),
    Text("adjusted difference (95 % interval)", "调整后差值（95 % 区间）"),
    Text("p", "p 值"),
    Text("median difference (exact 95 % interval)", "中位差值（精确 95 % 区间）"),
    Text("exact p", "精确 p 值"),
    Text("chance that the treated fare better, vague prior", "治疗组更优的概率（无信息先验）"),
    Text("the same with earlier control arms", "同上，借用历史对照"),
)


@frozen(kw_only=True)
class Outcome:
    """One line: the endpoint, what it is called, and its decimals."""

    endpoint: Endpoint
    label: Text
    places: int = 1


def table(
    source: Source, results: Results, outcomes: Sequence[Outcome], *, number: str, title: Text, population_name: Text
) -> Table:
    """One line for each outcome that is compared by its change; the primary one first and marked."""
    known = [
        (one, found)
        for one in outcomes
        if (found := {analysis.method_id: analysis for analysis in reversed(results.of(one.endpoint.code))})
    ]
    rows = [Row(label=_label(one), cells=_cells(source, one, found)) for one, found in known if "ANCOVA" in found]
    return Table(
        number=number, title=title, population=population_name, stub=Text("outcome", "结局"), columns=tuple(Column(title=one) for one in COLUMNS),
        rows=tuple(rows), footnotes=(
            Text("Differences: treated minus control, in the unit of the outcome. The first interval comes from a covariance analysis with the "
                 "baseline value, the "
                 "second from all pairwise differences without a model; the exact p asks how often a random division of these patients gives as "
                 "large a difference.",
                 "差值为治疗组减对照组，单位同结局。第一个区间来自以基线值为协变量的协方差分析，第二个来自所有成对差值（无模型）；精确 p "
                 "值为随机划分出现同样大差值的概率。"),
            Text("A chance of 50 % says that the data favor neither arm. It is no chance that the drug works: it takes the patients for "
                 "comparable, and the bias "
                 "named in section 13 enters it as it enters every number of this line.",
                 "概率 50 % 表示数据不偏向任何一组。它不是药物有效的概率：计算时视两组可比，第 13 节所述偏倚对该行各数字均有影响。"),
        ),
        source=Text("Analyses of section 14.2; full analysis set.", "第 14.2 节的分析；全分析集。"),
        empty=_empty(source, rows),
    )  # fmt: skip


def _empty(source: Source, rows: Sequence[Row]) -> Text | None:
    if not rows:
        return Text("No analysis is planned.", "未计划分析。")
    return None if source.released else Text("No comparison is made while the arms are closed to this reader.", "揭盲前不作任何组间比较。")


def _label(one: Outcome) -> Text:
    return Text(f"{one.label.en} (primary)", f"{one.label.zh}（主要）") if one.endpoint.primary else one.label


def _cells(source: Source, one: Outcome, found: Mapping[str, Analysis]) -> tuple[Cell, ...]:
    if not source.released:
        return (HIDDEN,) * len(COLUMNS)
    fit = found["ANCOVA"]
    return (
        _patients(fit), _estimate(fit, "DIFFERENCE", one.places), _p(fit, "DIFFERENCE_P"), _estimate(found.get("HODGES_LEHMANN"), "SHIFT", one.places),
        _p(found.get("PERMUTATION"), "P"), _chance(found.get("POSTERIOR")), _chance(found.get("BORROWING")),
    )  # fmt: skip


def _value(analysis: Analysis, operation: str) -> tuple[float, str] | None:
    return next(((one.value, one.group) for one in analysis.results if one.operation == operation), None)


def _patients(analysis: Analysis) -> Cell:
    if not analysis.results:
        return NOTHING
    arms = [code for code, _ in analysis.entered if code != "ALL"]
    return Cell(
        text=same(" + ".join(str(analysis.patients.get(arm, 0)) for arm in arms)),
        rows=analysis.rows("ALL"),
        result=f"{analysis.id} / N",
    )


def _estimate(analysis: Analysis | None, name: str, places: int) -> Cell:
    found = [_value(analysis, f"{name}{part}") if analysis else None for part in ("", "_LOWER", "_UPPER")]
    if analysis is None or None in found:
        return NOTHING
    (value, group), (lower, _), (upper, _) = (one for one in found if one)
    span, middle = interval(lower, upper, places), decimal(value, places)
    return Cell(
        text=Text(f"{middle} ({span.en})", f"{middle}（{span.zh}）"),
        rows=analysis.rows("ALL"),
        result=analysis.name(name, group),
    )


def _p(analysis: Analysis | None, name: str) -> Cell:
    found = _value(analysis, name) if analysis else None
    if analysis is None or found is None:
        return NOTHING
    return Cell(text=same(p_value(found[0])), rows=analysis.rows("ALL"), result=analysis.name(name, found[1]))


def _chance(analysis: Analysis | None) -> Cell:
    found = _value(analysis, "BETTER") if analysis else None
    if analysis is None or found is None:
        return NOTHING
    chance = 100 * found[0]
    words = "> 99 %" if chance > 99 else "< 1 %" if chance < 1 else f"{decimal(chance, 0)} %"
    return Cell(text=same(words), rows=analysis.rows("ALL"), result=analysis.name("BETTER", found[1]))
