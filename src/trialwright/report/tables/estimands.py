"""What exactly is estimated (ICH E9(R1)): treatment, population, variable, events after the start and what is done with them, summary."""

from trialwright.protocol import STRATEGIES, Estimand, Study, Text
from trialwright.report.table import Cell, Column, Row, Table

NAMES = {
    "treatment policy": Text("treatment policy", "疗法策略"), "composite": Text("composite", "复合策略"), "hypothetical": Text("hypothetical", "假想策略"),
    "while alive": Text("while alive", "存活期间策略"), "left out": Text("left out", "剔除"),
    "last observation carried forward": Text("last observation carried forward", "末次观察结转"),
}  # fmt: skip


def table(study: Study, *, number: str, title: Text) -> Table:
    """A block for each estimand that an endpoint of the study has."""
    chosen = dict.fromkeys(endpoint.estimand for endpoint in study.endpoints if endpoint.estimand)
    estimands = [estimand for code in chosen for estimand in study.estimands if estimand.code == code]
    return Table(
        number=number, title=title, stub=Text("attribute", "属性"), columns=(Column(title=Text("in this study", "本研究"), words=True),),
        rows=tuple(row for estimand in estimands for row in _block(study, estimand)),
        source=Text("Study definition; attributes of ICH E9(R1).", "研究定义；属性依据 ICH E9(R1)。"),
        empty=None if estimands else Text("The study names no estimand.", "研究未定义估计目标。"),
    )  # fmt: skip


def _block(study: Study, estimand: Estimand) -> list[Row]:
    said = Text(f"Estimand {estimand.code} of the study definition.", f"研究定义中的估计目标 {estimand.code}。")

    def line(label: Text, words: Text) -> Row:
        return Row(label=label, level=1, cells=(Cell(text=words, because=said),))

    primary = any(one.primary and one.estimand == estimand.code for one in study.endpoints)
    heading = Text("Primary endpoint", "主要终点") if primary else Text("All secondary endpoints", "全部次要终点")
    events = [line(one.event, Text(f"{one.strategy}: {STRATEGIES[one.strategy].en}; {one.because.en}",
                                   f"{NAMES[one.strategy].zh}：{STRATEGIES[one.strategy].zh}；{one.because.zh}")) for one in estimand.events]  # fmt: skip
    worth = Text(
        f"worsening by {estimand.failure} units, or the patient's own change if that is worse",
        f"恶化 {estimand.failure} 分；若本人变化更差则按本人变化",
    )
    return [
        Row(label=heading), line(Text("treatments compared", "比较的治疗"), estimand.treatment), line(Text("population", "人群"), estimand.population),
        line(Text("variable", "变量"), estimand.variable), *events,
        *([line(Text("what a failure "
                     "is worth", "失败的取值"), worth)] if estimand.failure is not None and any(one.strategy == "composite" for one in estimand.events)
          else []),
        line(Text("summary", "汇总指标"), estimand.summary),
    ]  # fmt: skip
