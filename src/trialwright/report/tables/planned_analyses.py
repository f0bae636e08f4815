"""All analyses that were planned before the arms were opened: to what purpose, by which method, on whom, and what each does otherwise."""

from collections.abc import Mapping

from trialwright.protocol import STRATEGIES, Endpoint, PlannedAnalysis, Study, Text, same
from trialwright.report.table import Cell, Column, Row, Table

PURPOSES = {
    "primary": Text("primary", "主要"), "sensitivity": Text("sensitivity", "敏感性"), "supplementary": Text("supplementary", "补充"),
    "descriptive": Text("descriptive", "描述性"),
}  # fmt: skip
SETTINGS = {
    "failure": Text("a failure is worth worsening by {value} units", "失败按恶化 {value} 分计"),
    "strategy": Text("{value}", "{value}"),
    "seed": Text("random numbers begin with {value}", "随机数种子 {value}"),
    "covariates": Text("also by {value}", "另含{value}"),
    "more_than": Text("by more than {value}", "超过 {value}"),
    "at_least": Text("by at least {value}", "至少 {value}"),
    "percent": Text("and {value} % of the baseline", "且达基线 {value} %"),
    "worse": Text("counted when worse", "计恶化者"),
    "sizes": Text("blocks of {value}", "区组大小 {value}"),
    "mean_change": Text("mean change {value}", "平均变化 {value}"),
    "sd_change": Text("standard deviation {value}", "标准差 {value}"),
    "errors": Text("errors of one reading {value}", "单次读数误差 {value}"),
    "persistence": Text("persistence {value}", "持续性 {value}"),
    "cut": Text("chosen from {value} on", "自 {value} 起入选"),
}  # fmt: skip
CODES = {
    "MAR": Text("missing at random", "随机缺失"), "J2R": Text("jump to reference", "跳转至参照组"), "CIR": Text("copy increments in "
        "reference", "复制参照组增量"),
    "CR": Text("copy reference", "复制参照组"), "LMCF": Text("last mean carried forward", "末次均数结转"), "DISDUR": Text("years of disease", "病程"),
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
        _otherwise(study, plan, populations),
    )
    return Row(label=plan.title or method.title, level=1, cells=tuple(Cell(text=one, because=said) for one in told))


def _otherwise(study: Study, plan: PlannedAnalysis, populations: Mapping[str, Text]) -> Text:
    """What this analysis does otherwise than the estimand, in words; a setting that has no words stands as it is written."""
    events = {event.code: event.event for estimand in study.estimands for event in estimand.events}
    told = [] if plan.population == "FASFL" else [populations.get(plan.population, same(plan.population))]
    for code, strategy in plan.instead:
        what = events.get(code, same(code))
        told.append(Text(f"{what.en}: {strategy}", f"{what.zh}：{STRATEGIES[strategy].zh}"))
    for name, value in plan.settings:
        words = SETTINGS.get(name, Text("{name} = {value}", "{name} = {value}"))
        shown = CODES.get(value, same(value))
        told.append(Text(words.en.format(name=name, value=shown.en), words.zh.format(name=name, value=shown.zh)))
    return Text("; ".join(one.en for one in told), "；".join(one.zh for one in told)) if told else same("–")
