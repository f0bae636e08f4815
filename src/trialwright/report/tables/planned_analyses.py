"""All analyses that were planned before the arms were opened: to what purpose, by which method, on whom, and what each does otherwise."""

from collections.abc import Mapping

from trialwright.protocol import Endpoint, PlannedAnalysis, Study, Text, same
from trialwright.report.table import Cell, Column, Row, Table

PURPOSES = {
    "primary": Text("primary", "主要"), "sensitivity": Text("sensitivity", "敏感性"), "supplementary": Text("supplementary", "补充"),
    "descriptive": Text("descriptive", "描述性"),
}  # fmt: skip
COLUMNS = (Text("purpose", "目的"), Text("method", "方法"), Text("otherwise", "其他设定"))


def table(study: Study, *, number: str, title: Text, populations: Mapping[str, Text]) -> Table:
    """The primary endpoint with all its analyses, then the secondary ones, those planned alike together."""
    groups: dict[tuple[PlannedAnalysis, ...], list[Endpoint]] = {}
    for endpoint in study.endpoints:
        if endpoint.at and endpoint.analyses:
            groups.setdefault(endpoint.analyses, []).append(endpoint)
    rows = tuple(row for plans, endpoints in groups.items() for row in _block(study, plans, endpoints, populations))
    return Table(
        number=number, title=title, stub=Text("analysis", "分析"),
        columns=tuple(Column(title=one, words=True, short=place == 0) for place, one in enumerate(COLUMNS)),
        rows=rows, footnotes=(Text("Fixed in the study definition, whose digest stands on the first page. Whatever is not in this table was not planned.",
                                   "已固定于研究定义，其摘要见首页。未列入本表者均非预先计划。"),),
        source=Text("Study definition.", "研究定义。"), empty=None if rows else Text("No analysis is planned.", "未计划分析。"),
    )  # fmt: skip


def _block(
    study: Study, plans: tuple[PlannedAnalysis, ...], endpoints: list[Endpoint], populations: Mapping[str, Text]
) -> list[Row]:
    few = endpoints[:3] if len(endpoints) <= 3 else []
    names = Text("; ".join(one.title.en for one in few) or f"{len(endpoints)} endpoints (section 8)",
                 "；".join(one.title.zh for one in few) or f"{len(endpoints)} 项终点（第 8 节）")  # fmt: skip
    mine = [one for one in plans if not one.readings or study.reading in one.readings]
    return [Row(label=names), *(_line(study, one, populations) for one in mine)]


def _line(study: Study, plan: PlannedAnalysis, populations: Mapping[str, Text]) -> Row:
    method = next(one for one in study.methods if one.code == plan.method)
    said = Text(f"Analysis {plan.code} of the study definition.", f"研究定义中的分析 {plan.code}。")
    told = (
        PURPOSES[plan.purpose],
        Text(method.words.en.partition("; trialwright")[0], method.words.zh.partition("；trialwright")[0]),
        _otherwise(plan, populations),
    )
    return Row(label=plan.title or method.title, level=1, cells=tuple(Cell(text=one, because=said) for one in told))


def _otherwise(plan: PlannedAnalysis, populations: Mapping[str, Text]) -> Text:
    told = [] if plan.population == "FASFL" else [populations.get(plan.population, same(plan.population))]
    told += [same(f"{name} → {strategy}") for name, strategy in plan.instead]
    told += [same(f"{name} = {value}") for name, value in plan.settings]
    return Text("; ".join(one.en for one in told), "；".join(one.zh for one in told)) if told else same("–")
