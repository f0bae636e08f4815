"""Which chapters, tables and figures the report of this study has, in which order; `REPORT` is what the commands read."""

from attrs import frozen

from studies.telitacicept_ssc.analysis import PARAMETER, analyze, side_by_side
from studies.telitacicept_ssc.conclusions import limits
from studies.telitacicept_ssc.exhibits import FULL, MEASURE, efficacy
from studies.telitacicept_ssc.safety import IMMUNOGLOBULIN_RULES
from trialwright.protocol import Estimand, Study, Text
from trialwright.report.document import Listing, Part, Prose, Section
from trialwright.report.figures import courses, flow_chart, swimmer
from trialwright.report.figures.courses import Panel
from trialwright.report.figures.swimmer import Sign
from trialwright.report.flow import flow
from trialwright.report.source import Source
from trialwright.report.table import Table
from trialwright.report.tables import (
    adverse_events,
    adverse_events_by_grade,
    assumptions,
    blinding,
    demographics,
    deviations,
    disposition,
    immunoglobulins,
    intercurrent_events,
    laboratory_grades,
    serious_events,
)
from trialwright.report.tables.demographics import Trait

ENROLLED = Text("All enrolled patients", "全部入组受试者")
SAFETY = Text("Safety set: all who started the treatment of their arm", "安全集：所有开始所在组治疗的受试者")
_ANTIBODY = (("POSITIVE", Text("positive", "阳性")), ("NEGATIVE", Text("negative", "阴性")))
TRAITS = (
    Trait(column="AGE", label=Text("Age (years)", "年龄（岁）")),
    Trait(column="SEX", label=Text("Sex", "性别"), terms=(("F", Text("female", "女")), ("M", Text("male", "男")))),
    Trait(column="BMIBL", label=Text("Body mass index (kg/m²)", "体质指数（kg/m²）"), places=1),
    Trait(column="DISDUR", label=Text("Years since the first sign other than Raynaud", "自首个非雷诺症状以来年数"), places=1),
    Trait(column="SUBSET", label=Text("Skin subset", "皮肤亚型"), terms=(("DIFFUSE", Text("diffuse", "弥漫型")), ("LIMITED", Text("limited", "局限型")))),
    Trait(column="MRSSBL", label=MEASURE),
    Trait(column="FVCPPBL", label=Text("FVC (% of predicted)", "FVC（占预计值 %）"), places=1),
    Trait(column="SCL70", label=Text("Anti-topoisomerase I (Scl-70)", "抗拓扑异构酶 I 抗体（Scl-70）"), terms=_ANTIBODY),
    Trait(column="RNAP3", label=Text("Anti-RNA polymerase III", "抗 RNA 聚合酶 III 抗体"), terms=_ANTIBODY),
    Trait(column="ACA", label=Text("Anticentromere", "抗着丝点抗体"), terms=_ANTIBODY),
)  # fmt: skip
SIGNS = (
    Sign(code="RESCUE", words=Text("rescue", "补救治疗"), mark="diamond"),
    Sign(code="UNBLINDED", words=Text("evaluator learned the arm", "评估者得知分组"), mark="circle", hollow=True),
    Sign(serious=True, words=Text("serious adverse event", "严重不良事件"), mark="triangle"),
    Sign(code="DEATH", words=Text("death", "死亡"), mark="cross"),
)
_ASKED = {"ALERT": Text("tell", "提醒"), "HOLD": Text("hold", "暂停"), "STOP": Text("stop", "停药")}
PANELS = tuple(
    Panel(code=code, name=name, limits=tuple((one.below, _ASKED[one.action]) for one in IMMUNOGLOBULIN_RULES
                                             if one.test == code and one.below is not None and one.action in _ASKED))
    for code, name in immunoglobulins.TESTS.items()
)  # fmt: skip
"""The immunoglobulins with the limits of their watch."""


@frozen
class Contents:
    """The chapters of the report, from one reader's view."""

    def sections(self, source: Source) -> tuple[Section, ...]:
        """All chapters in order."""
        study = source.study
        results = analyze(source.adam, study, source.released)
        by_reading = side_by_side(source.adam, study, source.released)
        return (
            Section(code="conclusions", title=Text("What this report can and cannot say", "本报告能说明什么、不能说明什么"), parts=limits(source, results)),
            Section(code="study", title=Text("The study", "研究概况"), parts=_study(study)),
            Section(code="patients", title=Text("Patients", "受试者"), parts=_patients(source)),
            Section(code="efficacy", title=Text("Efficacy", "有效性"), parts=efficacy(source, results, by_reading)),
            Section(code="safety", title=Text("Safety", "安全性"), parts=_safety(source)),
            Section(code="blinding", title=Text("Blinding of the evaluator", "评估者盲态"), parts=_blinding(source)),
            Section(code="deviations", title=Text("Departures from the plan", "方案偏离"), parts=_deviations(source)),
            Section(code="assumptions", title=Text("Registered facts and assumptions", "注册信息与假定"), parts=_assumptions(study)),
        )  # fmt: skip


REPORT = Contents()


def _study(study: Study) -> tuple[Part, ...]:
    primary = next(one for one in study.endpoints if one.primary)
    estimand = _estimand(study)
    arms = tuple((Text(f"Arm {arm.code}: {arm.name.en}", f"{arm.code} 组：{arm.name.zh}"), arm.treatment) for arm in study.arms)
    events = tuple(
        (event.event, Text(f"{event.strategy}: {event.because.en}", f"{_STRATEGIES[event.strategy]}：{event.because.zh}"))
        for event in estimand.events
    )  # fmt: skip
    return (
        Listing(entries=(*arms, (Text("Primary outcome", "主要结局"), primary.title), (Text("Treatments compared", "比较的治疗"), estimand.treatment),
                         (Text("Population", "人群"), estimand.population), (Text("Variable", "变量"), estimand.variable),
                         (Text("Summary", "汇总指标"), estimand.summary))),
        Prose(text=Text("Events after the start of treatment, and how the question treats them:", "治疗开始后的事件及其处理策略：")),
        Listing(entries=events),
    )  # fmt: skip


_STRATEGIES = {"treatment policy": "疗法策略", "composite": "复合策略", "hypothetical": "假想策略", "while on treatment": "在治策略"}


def _patients(source: Source) -> tuple[Part, ...]:
    way = flow(source, parameter=PARAMETER, visit="W24")
    return (
        flow_chart.figure(source, way, number="14.1.1", title=Text("Flow of the patients", "受试者流程")),
        disposition.table(source, way, number="14.1.1", title=Text("Disposition", "受试者分布")),
        swimmer.figure(source, SIGNS, number="14.1.2", population_name=ENROLLED,
                       title=Text("Every patient from the first day to the last", "各受试者研究历程")),
        demographics.table(source, TRAITS, number="14.1.2", title=Text("Patients at the start", "基线特征"), population="ITTFL", population_name=ENROLLED),
        intercurrent_events.table(source, _estimand(source.study), number="14.1.3", before=source.study.visit("W24").last_day + 1,
                                  title=Text("Events after the start up to week 24, and how the primary analysis counts them",
                                             "至第 24 周的伴发事件及主要分析中的处理"), population_name=FULL),
    )  # fmt: skip


def _estimand(study: Study) -> Estimand:
    primary = next(one for one in study.endpoints if one.primary)
    return next(one for one in study.estimands if one.code == primary.estimand)


def _safety(source: Source) -> tuple[Part, ...]:
    """Adverse events, serious ones one by one, and the laboratory; the immunoglobulins are for those who may know the arm."""
    return (
        adverse_events.table(source, number="14.3.1", title=Text("Patients with adverse events", "发生不良事件的受试者"), population_name=SAFETY),
        adverse_events_by_grade.table(source, number="14.3.2", title=Text("Adverse events by grade and by suspicion", "不良事件的级别与相关性"),
                                      population_name=SAFETY),
        serious_events.table(source, number="14.3.3", title=Text("Serious adverse events, one by one", "严重不良事件逐例列表"), population_name=ENROLLED),
        laboratory_grades.worst(source, number="14.3.4", title=Text("Laboratory: worst grade after the start", "实验室检查：基线后最高级别"),
                                population_name=SAFETY if source.released else ENROLLED),
        laboratory_grades.shift(source, number="14.3.5", title=Text("Laboratory: from the grade at baseline to the worst", "实验室检查：基线至最高级别的变化"),
                                population_name=SAFETY if source.released else ENROLLED),
        immunoglobulins.table(source, number="14.3.6", title=Text("Immunoglobulins over time", "免疫球蛋白随时间变化"), population_name=SAFETY),
        courses.figure(source, PANELS, number="14.3.1", closed=immunoglobulins.CLOSED, population_name=SAFETY,
                       title=Text("Immunoglobulins of every patient over time", "各受试者免疫球蛋白随时间变化")),
    )  # fmt: skip


def _blinding(source: Source) -> tuple[Part, ...]:
    title = Text("What the evaluator guessed", "评估者的猜测")
    return (blinding.table(source, number="14.4", title=title, population="ITTFL", population_name=ENROLLED),)


def _deviations(source: Source) -> tuple[Part, ...]:
    found = deviations.found_in(source)
    return (
        deviations.summary(source, found, number="16.2.1", title=Text("Patients with departures from the plan", "发生方案偏离的受试者"),
                           population_name=ENROLLED),
        deviations.listing(source, found, number="16.2.2", title=Text("List of departures from the plan", "方案偏离列表")),
    )


def _assumptions(study: Study) -> tuple[Table | Listing | Prose, ...]:
    registered = tuple((Text(name, _REGISTERED.get(name, name)), words) for name, words in study.registered.items())
    return (
        Prose(text=Text("What the registry says:", "注册平台信息：")),
        Listing(entries=registered),
        assumptions.table(study, number="16.2.3", title=Text("Assumptions to be confirmed by the investigator", "待研究者确认的假定")),
    )


_REGISTERED = {
    "registry id": "注册号", "brief title": "简短标题", "phase": "分期", "enrollment": "样本量", "design": "设计", "arms": "组别", "interventions": "干预",
    "primary outcome": "主要结局", "secondary outcomes": "次要结局", "sponsor": "申办方", "start": "开始", "completion": "完成", "first posted": "首次公布",
    "results": "结果",
}  # fmt: skip
