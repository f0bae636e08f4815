"""Which chapters, tables and figures the report of this study has, in which order; `REPORT` is what the commands read."""

from attrs import frozen

from studies.telitacicept_ssc.analysis import PARAMETER, analyze
from trialwright.instruments import mrss
from trialwright.protocol import Method, Study, Text
from trialwright.report.document import Listing, Part, Prose, Section
from trialwright.report.figures import flow_chart, trajectories, waterfall
from trialwright.report.flow import flow
from trialwright.report.source import Source
from trialwright.report.table import Table
from trialwright.report.tables import (
    adverse_events,
    assumptions,
    blinding,
    change_from_baseline,
    demographics,
    deviations,
    disposition,
)
from trialwright.report.tables.demographics import Trait

MEASURE = Text("skin score (mRSS, 0 to 51)", "皮肤评分（mRSS，0–51）")
FULL = Text("Full analysis set: enrolled, with a baseline and at least one later skin score", "全分析集：已入组，有基线及至少一次基线后皮肤评分")
ENROLLED = Text("All enrolled patients", "全部入组受试者")
SAFETY = Text("Safety set: all who started the treatment of their arm", "安全集：所有开始所在组治疗的受试者")
IMPORTANT = 5.0
"""The important difference of the skin score in diffuse disease (Khanna 2019), drawn as a line; not a rule of response."""

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


@frozen
class Contents:
    """The chapters of the report, from one reader's view."""

    def sections(self, source: Source) -> tuple[Section, ...]:
        """All chapters in order."""
        return (
            Section(code="conclusions", title=Text("What this report can and cannot say", "本报告能说明什么、不能说明什么"), parts=limits(source)),
            Section(code="study", title=Text("The study", "研究概况"), parts=_study(source.study)),
            Section(code="patients", title=Text("Patients", "受试者"), parts=_patients(source)),
            Section(code="efficacy", title=Text("Efficacy", "有效性"), parts=_efficacy(source)),
            Section(code="safety", title=Text("Safety", "安全性"), parts=_safety(source)),
            Section(code="blinding", title=Text("Blinding of the evaluator", "评估者盲态"), parts=_blinding(source)),
            Section(code="deviations", title=Text("Departures from the plan", "方案偏离"), parts=_deviations(source)),
            Section(code="assumptions", title=Text("Registered facts and assumptions", "注册信息与假定"), parts=_assumptions(source.study)),
        )  # fmt: skip


REPORT = Contents()


def limits(source: Source) -> tuple[Part, ...]:
    """What the allocation allows one to conclude: the wording follows the reading under which the study runs."""
    study = source.study
    reading = study.chosen
    n = source.patients("ITTFL").height
    small = Text(
        f"This is a preliminary study with {n} patients ({study.planned} planned). It can suggest and it can exclude large harms or benefits; "
        "it proves neither that the drug works nor that it is safe. Intervals matter more than p-values here, and an interval that holds "
        "both improvement and worsening means: not known.",
        f"这是一项仅 {n} 例（计划 {study.planned} 例）的初步研究，只能提示线索或排除很大的获益或危害，既不能证明药物有效，也不能证明其安全。"
        "此处置信区间比 p 值更重要；若区间同时包含改善与恶化，则意味着尚不清楚。",
    )
    how = Text(
        f"Reading of the allocation: {reading.code}, {reading.title.en}. This gives {reading.consequence.en}. The bias to keep in mind: {reading.bias.en}.",
        f"分组方式的解读：{reading.code}，{reading.title.zh}。因此本研究为{reading.consequence.zh}。需注意的偏倚：{reading.bias.zh}。",
    )
    exact = Text(
        "The exact permutation p-value rests on chance having divided the patients. Without randomization it asks only how unusual the "
        "observed difference is among all ways to divide these patients; it says nothing about the cause.",
        "精确置换 p 值以随机分组为前提。未随机时，它仅说明在所有可能的分组方式中所见差异有多罕见，不能说明因果。",
    )  # fmt: skip
    randomized = reading.method is Method.RANDOMIZED
    return (Prose(text=small, warning=True), Prose(text=how), Prose(text=_biases(reading.method)), *(() if randomized else (Prose(text=exact),)),
            Prose(text=_handled(source)))  # fmt: skip


def _biases(method: Method) -> Text:
    if method is Method.RANDOMIZED:
        return Text(
            "Patients were divided at random, so a difference between the arms can be an effect of the drug; but with so few patients the arms can "
            "differ by chance in whatever matters for the skin, and only the evaluator was blind, not the patients or their physicians.",
            "受试者随机分组，组间差异可能为药物效应；但样本很小，各组在影响皮肤的因素上可能偶然不均衡；且仅评估者设盲，受试者与医师均未设盲。",
        )
    if method is Method.BY_RESPONSE:
        return Text(
            "The arms were not formed at random: patients whose skin had not answered to conventional treatment got the drug, the others went on. Two "
            "things can look like an effect of the drug. Regression to the mean: a group picked for a bad course tends to look better at the next "
            "measurements, and this happens in one arm only; how much of it to expect without any drug effect is not computed in this version. "
            "Confounding by indication: what made the skin resist treatment also decides how it goes on. The arms are therefore described side by "
            "side, and the difference between them is not an effect of the drug.",
            "本研究未随机分组：常规治疗未应答者加用该药，其余继续原治疗。两种现象可能被误认为药效。均值回归：因病程差而被选入的一组在后续测量中倾向于好转，"
            "且仅发生在一组；无药效时预期的均值回归幅度本版尚未计算。适应证混杂：导致皮肤治疗抵抗的因素同样影响其后病程。因此两组仅并列描述，组间差异并非药物效应。",
        )
    return Text(
        "The arms were not formed at random. Two things can look like an effect of the drug. Confounding by indication: the physician chose the "
        "drug for patients who differ in ways that also decide how the skin goes on, and adjusting for the baseline score removes only a part of it. "
        "Regression to the mean: patients are taken in when their skin has just worsened, so that the next scores tend to be better in any arm, the "
        "more so in an arm that was chosen for a bad course. A difference between the arms is therefore an association, not an effect of the drug.",
        "本研究未随机分组，两种现象可能被误认为药效。适应证混杂：医师为某些患者选择该药，而这些患者本身的差异也影响皮肤病程，校正基线评分只能部分消除。"
        "均值回归：受试者在皮肤刚刚恶化时入组，此后评分在任何一组都倾向于好转，在因病程差而被选入的一组更明显。因此组间差异仅为关联，并非药物效应。",
    )


def _handled(source: Source) -> Text:
    deaths = source.patients("ITTFL").filter(source.patients("ITTFL")["DTHFL"].fill_null("N") == "Y").height
    return Text(
        "What happens after the start: scores are used as they were observed, also after missed doses or a change of background drugs. A "
        f"patient without a score at week 24 is left out of the comparison; nothing is imputed. The estimand counts rescue and death as failure; "
        f"this version of the analysis does not yet do so and uses the observed score, nor does it repeat the analysis without "
        f"patients whose arm the evaluator learned. Deaths recorded: {deaths}.",
        "开始治疗后的事件：漏用药物或调整背景治疗后的评分按实际观察值使用。第 24 周无评分者不纳入比较，不作填补。"
        f"估计目标将补救治疗与死亡视为失败；本版分析尚未如此处理，仍用观察值；也尚未剔除评估者得知分组的受试者重复分析。已记录死亡：{deaths} 例。",
    )  # fmt: skip


def _study(study: Study) -> tuple[Part, ...]:
    primary = next(one for one in study.endpoints if one.primary)
    estimand = next(one for one in study.estimands if one.code == f"SKIN24_{study.reading}")
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
        demographics.table(source, TRAITS, number="14.1.2", title=Text("Patients at the start", "基线特征"), population="ITTFL", population_name=ENROLLED),
    )


def _efficacy(source: Source) -> tuple[Part, ...]:
    endpoint = next(one for one in source.study.endpoints if one.primary)
    results = analyze(source.adam, source.study, source.released)
    important = Text(f"An important difference of the skin score in diffuse disease is about {IMPORTANT:g} units (Khanna 2019).",
                     f"弥漫型患者皮肤评分的重要差值约为 {IMPORTANT:g} 分（Khanna 2019）。")  # fmt: skip
    limit = Text(f"{IMPORTANT:g} units either way, the important difference (Khanna 2019)", f"±{IMPORTANT:g} 分，重要差值（Khanna 2019）")
    return (
        change_from_baseline.table(source, results, number="14.2.1", title=Text("Skin score at week 24 (primary outcome)", "第 24 周皮肤评分（主要结局）"),
                                   endpoint=endpoint.code, measure=MEASURE, population_name=FULL, footnotes=(important,)),
        trajectories.figure(source, number="14.2.1", title=Text("Skin score of every patient over time", "各受试者皮肤评分随时间变化"), parameter=PARAMETER,
                            measure=MEASURE, highest=mrss.HIGHEST, population_name=FULL),
        waterfall.figure(source, number="14.2.2", title=Text("Change of the skin score at week 24, patient by patient", "各受试者第 24 周皮肤评分变化"),
                         parameter=PARAMETER, measure=MEASURE, visit=endpoint.at or "", population_name=FULL, threshold=IMPORTANT, threshold_name=limit),
    )  # fmt: skip


def _safety(source: Source) -> tuple[Part, ...]:
    title = Text("Patients with adverse events", "发生不良事件的受试者")
    return (adverse_events.table(source, number="14.3.1", title=title, population_name=SAFETY),)


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
