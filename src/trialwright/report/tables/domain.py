"""A secondary domain: each of its outcomes by arm, before and after, with one comparison that makes no claim."""

from attrs import frozen

from trialwright.protocol import Text
from trialwright.report.lines import METHODS, classes, contrast_title, difference, means, shares
from trialwright.report.results import Results
from trialwright.report.source import Group, Source
from trialwright.report.table import Column, Row, Table

NO_CLAIM = Text(
    "Secondary outcomes are described. None of these comparisons was planned to prove anything, and the p-values are not adjusted for their number: "
    "with so many of them, some fall below 0.05 by chance alone.",
    "次要结局仅作描述。这些比较均非用于证明结论，p 值未作多重性校正：比较次数多，仅凭机遇也会有若干低于 0.05。",
)
SHORT = Text("n: number of patients; SD: standard deviation; CI: confidence interval.", "n：例数；SD：标准差；CI：置信区间。")
ADJUSTED = Text("Adjusted differences come from the covariance analysis with the baseline value.", "调整后差值来自以基线值为协变量的协方差分析。")


@frozen(kw_only=True)
class Outcome:
    """One outcome of a domain: its endpoint, what it is called (unit and direction with it), and how many decimals it has."""

    endpoint: str
    label: Text
    places: int = 1


def table(source: Source, results: Results, outcomes: tuple[Outcome, ...], *, number: str, title: Text, population_name: Text,
          footnotes: tuple[Text, ...] = ()) -> Table:  # fmt: skip
    """The blocks of all outcomes; counts and shares where an outcome is yes or no."""
    groups = source.groups("FASFL")
    known = {one.endpoint for one in results.analyses}
    rows = tuple(row for one in outcomes if one.endpoint in known for row in _block(source, results, one, groups))
    refused = [analysis for one in outcomes for analysis in results.of(one.endpoint) if analysis.refused is not None and source.released]
    notes = dict.fromkeys(analysis.refused for analysis in refused if analysis.refused)
    told = tuple(Text(f"Dash in a comparison: {one.en}.", f"比较栏为横线：{one.zh}。") for one in notes)
    anybody = any(analysis.get("N_BASELINE", "ALL") or analysis.get("N", "ALL") for one in outcomes for analysis in results.of(one.endpoint))
    return Table(
        number=number, title=title, population=population_name, columns=(*(group.column for group in groups), Column(title=contrast_title(source.study))),
        rows=rows, footnotes=(SHORT, *_methods(results, outcomes), NO_CLAIM, *told, *footnotes),
        source=Text(_source(results, outcomes, known), _source(results, outcomes, known).replace("Datasets", "数据集")),
        empty=None if anybody else Text("No patient has a value yet.", "尚无受试者有数值。"),
    )  # fmt: skip


def _methods(results: Results, outcomes: tuple[Outcome, ...]) -> tuple[Text, ...]:
    """How the comparisons in the table were made."""
    used = {analysis.method_id for one in outcomes for analysis in results.of(one.endpoint)}
    return (*((ADJUSTED,) if "ANCOVA" in used else ()), *((METHODS,) if "RESPONDER" in used else ()))


def _source(results: Results, outcomes: tuple[Outcome, ...], known: set[str]) -> str:
    named = [f"{analysis.dataset} ({analysis.condition.split('PARAMCD = ')[1].split(',')[0]})" for one in outcomes if one.endpoint in known
             for analysis in results.of(one.endpoint)[:1]]  # fmt: skip
    return f"Datasets {', '.join(named)}; FASFL = Y."


def _block(source: Source, results: Results, outcome: Outcome, groups: tuple[Group, ...]) -> list[Row]:
    endpoint = next(one for one in source.study.endpoints if one.code == outcome.endpoint)
    visit = source.study.visit(endpoint.at or "").name
    rows: list[Row] = []
    for analysis in results.of(outcome.endpoint):
        if analysis.method_id == "DESCRIBE":
            rows += [Row(label=outcome.label), *means(analysis, groups, visit, outcome.places)]
        elif analysis.method_id == "CLASSES":
            rows += [Row(label=outcome.label), *classes(analysis, groups, visit)]
        elif analysis.method_id == "ANCOVA":
            rows += difference(analysis, groups, outcome.places)
        elif analysis.method_id == "RESPONDER":
            rows += shares(analysis, groups, outcome.label if not rows else analysis.title)
    return rows
