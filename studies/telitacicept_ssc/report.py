"""Which sections, tables, figures and listings the report of this study has, in the order of ICH E3; `REPORT` is what the commands read."""

from attrs import frozen

from studies.telitacicept_ssc.analysis import PARAMETER, analyze, side_by_side
from studies.telitacicept_ssc.conclusions import limits, synopsis
from studies.telitacicept_ssc.exhibits import FULL, MEASURE, efficacy, outcomes
from studies.telitacicept_ssc.listings import ENROLLED, SAFETY, abnormal, listings
from studies.telitacicept_ssc.safety import IMMUNOGLOBULIN_RULES
from trialwright.eligibility.deviations import Deviation
from trialwright.protocol import Estimand, Study, Text, same
from trialwright.report.chapters import administration, appendices, course, front, plan
from trialwright.report.document import Listing, Part, Prose, Section
from trialwright.report.figures import courses, flow_chart, swimmer
from trialwright.report.figures.courses import Panel
from trialwright.report.figures.swimmer import Sign
from trialwright.report.flow import Flow, flow
from trialwright.report.results import Results
from trialwright.report.source import Source
from trialwright.report.tables import (
    adverse_events,
    adverse_events_by_grade,
    analysis_sets,
    blinding,
    demographics,
    deviations,
    disposition,
    exposure,
    immunoglobulins,
    intercurrent_events,
    laboratory_grades,
    liver,
    narratives,
    serious_events,
)
from trialwright.report.tables import side_by_side as across
from trialwright.report.tables.analysis_sets import AnalysisSet
from trialwright.report.tables.demographics import Trait

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
SETS = (
    AnalysisSet(flag="ITTFL", name=Text("All enrolled patients", "全部入组受试者"), rule=Text("met all criteria and was enrolled", "符合全部标准并入组")),
    AnalysisSet(flag="FASFL", name=Text("Full analysis set", "全分析集"),
                rule=Text("enrolled, with a baseline and at least one later skin score", "已入组，有基线及至少一次基线后皮肤评分")),
    AnalysisSet(flag="SAFFL", name=Text("Safety set", "安全集"), rule=Text("started the treatment of the arm", "开始所在组治疗"), tells=True),
)  # fmt: skip
WORDS = (
    ("ACR, EULAR", Text("American and European associations of rheumatology", "美国与欧洲风湿病学会")), ("ANA", Text("antinuclear antibodies", "抗核抗体")),
    ("BLyS, APRIL", Text("growth factors of B cells, which the drug binds", "B 细胞生长因子，药物的结合靶点")),
    ("CYC", Text("cyclophosphamide", "环磷酰胺")), ("ESC, ERS", Text("European societies of cardiology and of respiration", "欧洲心脏病学会、欧洲呼吸学会")),
    ("EUSTAR", Text("European group for scleroderma trials and research", "欧洲硬皮病试验与研究组")),
    ("FEV1", Text("volume breathed out in the first second", "第一秒用力呼气容积")), ("GLI", Text("global lung function initiative", "全球肺功能倡议")),
    ("MMF", Text("mycophenolate mofetil", "吗替麦考酚酯")), ("NT-proBNP", Text("a blood test for strain on the heart", "反映心脏负荷的血液指标")),
    ("PAH", Text("pulmonary arterial hypertension", "肺动脉高压")),
    ("TLCO", Text("gas transfer of the lung, the European name of DLCO", "肺弥散量（DLCO 的欧洲名称）")),
    ("CRISS", Text("composite response index in systemic sclerosis", "系统性硬化症综合应答指数")), ("DLCO", Text("gas transfer of the lung", "肺弥散量")),
    ("EQ-5D", Text("a questionnaire on health", "健康问卷")), ("FVC", Text("forced vital capacity", "用力肺活量")),
    ("GIT", Text("gastrointestinal tract", "胃肠道")),
    ("HAQ-DI", Text("disability index of the health assessment questionnaire", "健康评估问卷功能障碍指数")),
    ("Ig", Text("immunoglobulin", "免疫球蛋白")), ("mRSS", Text("modified Rodnan skin score", "改良 Rodnan 皮肤评分")),
    ("RAND-36", Text("a questionnaire on quality of life", "生活质量问卷")), ("WHO", Text("World Health Organization", "世界卫生组织")),
)  # fmt: skip


@frozen
class Contents:
    """The sections of the report, from one reader's view."""

    def results(self, source: Source) -> Results:
        """All analyses that are planned, carried out once."""
        return source.once("results", lambda: analyze(source.adam, source.study, source.released))

    def sections(self, source: Source) -> tuple[Section, ...]:
        """All sections in order."""
        study = source.study
        results = self.results(source)
        way = flow(source, parameter=PARAMETER, visit="W24")
        found = deviations.found_in(source)
        by_reading = side_by_side(source.adam, study, source.released)
        return (
            front.title_page(source), synopsis(source, results, course.events(source)), front.abbreviations(WORDS), *administration.ethics(source),
            administration.structure(source), _introduction(study), plan.objectives(study), *plan.plan(source),
            *_patients(source, way, found), *_efficacy(source, results), *_safety(source),
            Section(code="discussion", number="13", title=Text("Discussion and overall conclusions", "讨论与总结论"), parts=limits(source, results)),
            Section(code="s14", number="14", title=Text("Tables and figures", "表格与插图")),
            Section(code="s14-1", number="14.1", title=Text("Patients", "受试者"), parts=_tables_patients(source, way, found)),
            Section(code="s14-2", number="14.2", title=Text("Efficacy", "有效性"), parts=efficacy(source, results, by_reading)),
            Section(code="s14-3", number="14.3", title=Text("Safety", "安全性"), parts=_tables_safety(source)),
            Section(code="s14-4", number="14.4", title=Text("Blinding of the evaluator", "评估者盲态"), parts=_blinding(source)),
            Section(code="s15", number="15", title=Text("References", "参考文献"), parts=(Prose(text=WHAT_WAS_READ), _references(study))),
            Section(code="s16", number="16", title=Text("Appendices", "附录")), *appendices.appendices(source), listings(source, found),
        )  # fmt: skip


REPORT = Contents()


def _introduction(study: Study) -> Section:
    words = Text(
        "Diffuse systemic sclerosis thickens the skin and scars lungs and gut. Telitacicept binds two growth factors of B cells (BLyS and "
        "APRIL). This study asks in a few patients "
        "whether the skin of those whose disease went on under conventional treatment goes differently when telitacicept is added. What the registry says:",
        "弥漫型系统性硬化症使皮肤增厚，并累及肺与胃肠道。泰它西普结合两种 B 细胞生长因子（BLyS 与 APRIL）。"
        "本研究在少量受试者中考察：常规治疗下皮肤仍进展者加用泰它西普后，皮肤病程是否不同。注册平台信息：",
    )
    registered = tuple((Text(name[:1].upper() + name[1:], _REGISTERED.get(name, name)), told) for name, told in study.registered.items())
    return Section(
        code="s7",
        number="7",
        title=Text("Introduction", "引言"),
        parts=(Prose(text=words), Listing(entries=registered)),
    )


def _patients(source: Source, way: Flow, found: tuple[Deviation, ...]) -> tuple[Section, ...]:
    return (
        Section(code="s10", number="10", title=Text("Patients of the study", "研究受试者")),
        Section(
            code="s10-1",
            number="10.1",
            title=Text("Disposition", "受试者分布"),
            parts=(course.disposition(source, way),),
        ),
        Section(
            code="s10-2",
            number="10.2",
            title=Text("Departures from the plan", "方案偏离"),
            parts=(course.departures(found),),
        ),
    )


def _efficacy(source: Source, results: Results) -> tuple[Section, ...]:
    sets = analysis_sets.table(source, SETS, number="11.1", title=Text("Data sets analyzed", "分析数据集"))
    baseline = Text("Traits at the start stand in Table 14.1.2 and, patient by patient, in Listing 16.2.4. Differences between the arms at the "
                    "start are described, not tested.",
                    "基线特征见表 14.1.2，逐例见列表 16.2.4。基线组间差异仅作描述，不作检验。")  # fmt: skip
    line = Text("All outcomes, by three ways of analysis", "全部结局的三种分析")
    return (
        Section(code="efficacy", number="11", title=Text("Efficacy", "有效性评价")),
        Section(code="s11-1", number="11.1", title=Text("Data sets analyzed", "分析数据集"), parts=(sets,)),
        Section(code="s11-2", number="11.2", title=Text("Patients at the start", "基线特征"), parts=(Prose(text=baseline),)),
        Section(code="s11-3", number="11.3", title=Text("Compliance", "治疗依从性"), parts=(course.compliance(source),)),
        Section(code="s11-4", number="11.4", title=Text("Results", "结果"), parts=(
            across.table(source, results, outcomes(source.study), number="11.4.1", title=line, population_name=FULL),)),
        Section(code="s11-4-2", number="11.4.2", title=Text("Statistical issues", "统计问题"), parts=(ISSUES,)),
    )  # fmt: skip


ISSUES = Listing(entries=(
    (Text("Adjustment for covariates", "协变量校正"), Text("the baseline value in every comparison of means; nothing else was selected from the data",
                                                      "各均数比较均校正基线值；未根据数据选择其他协变量")),
    (Text("Dropouts and missing data", "脱落与缺失数据"), Text("the estimand says what counts (Table 9.7.1); Table 14.2.2 fills the gaps in several ways",
                                                         "处理方式见估计目标（表 9.7.1）；表 14.2.2 以多种方式填补缺失")),
    (Text("Interim analyses", "期中分析"), Text("none planned; the data were closed until the lock", "未计划；锁定前数据未揭盲")),
    (Text("Several sites", "多中心"), Text("one site is registered: no effect of site is estimated", "注册为单中心：不估计中心效应")),
    (Text("Multiplicity", "多重性"), Text("one primary analysis; p-values of all others are not adjusted and "
                                       "prove nothing", "仅一项主要分析；其余 p 值未校正，不构成证明")),
    (Text("Subgroups", "亚组"), Text("none planned, none done: there are too few patients", "未计划亦未进行：例数过少")),
))  # fmt: skip


def _safety(source: Source) -> tuple[Section, ...]:
    laboratory = Text("Worst grades and their changes stand in Tables 14.3.6.1 and 14.3.6.2, liver tests in Table 14.3.6.3, each abnormal value in "
                      "Listing 14.3.4, every value in Listing 16.2.8; the immunoglobulins in Table 14.3.7 and Figure 14.3.1.",
                      "最高级别及其变化见表 14.3.6.1、表 14.3.6.2，肝功能见表 14.3.6.3，异常值逐项见列表 14.3.4，全部数值见列表 16.2.8；免疫球蛋白见表 14.3.7 "
                      "与图 14.3.1。")  # fmt: skip
    vital = Text(
        "Height and weight are the only vital signs of the plan; they stand in Listing 16.2.4.",
        "方案仅规定身高与体重，见列表 16.2.4。",
    )
    return (
        Section(code="safety", number="12", title=Text("Safety", "安全性评价")),
        Section(code="s12-1", number="12.1", title=Text("Exposure", "暴露程度"), parts=(course.exposure(source),)),
        Section(code="s12-2", number="12.2", title=Text("Adverse events", "不良事件"), parts=(course.events(source),)),
        Section(code="s12-4", number="12.4", title=Text("Laboratory", "实验室检查"), parts=(Prose(text=laboratory),)),
        Section(code="s12-5", number="12.5", title=Text("Vital signs", "生命体征"), parts=(Prose(text=vital),)),
    )


def _tables_patients(source: Source, way: Flow, found: tuple[Deviation, ...]) -> tuple[Part, ...]:
    return (
        flow_chart.figure(source, way, number="14.1.1", title=Text("Flow of the patients", "受试者流程")),
        disposition.table(source, way, number="14.1.1", title=Text("Disposition", "受试者分布")),
        swimmer.figure(source, SIGNS, number="14.1.2", population_name=ENROLLED,
                       title=Text("Every patient from the first day to the last", "各受试者研究历程")),
        demographics.table(source, TRAITS, number="14.1.2", title=Text("Patients at the start", "基线特征"), population="ITTFL", population_name=ENROLLED),
        intercurrent_events.table(source, _estimand(source.study), number="14.1.3", before=source.study.visit("W24").last_day + 1,
                                  title=Text("Events after the start up to week 24, and how the primary analysis counts them",
                                             "至第 24 周的伴发事件及主要分析中的处理"), population_name=FULL),
        deviations.summary(source, found, number="14.1.4", title=Text("Patients with departures from the plan", "发生方案偏离的受试者"),
                           population_name=ENROLLED),
    )  # fmt: skip


def _estimand(study: Study) -> Estimand:
    primary = next(one for one in study.endpoints if one.primary)
    return next(one for one in study.estimands if one.code == primary.estimand)


def _tables_safety(source: Source) -> tuple[Part, ...]:
    """Adverse events, serious ones one by one and as stories, exposure, and the laboratory; the immunoglobulins are for those who may know the arm."""
    everybody = SAFETY if source.opened else ENROLLED
    return (
        adverse_events.table(source, number="14.3.1.1", title=Text("Patients with adverse events", "发生不良事件的受试者"), population_name=SAFETY),
        adverse_events_by_grade.table(source, number="14.3.1.2", title=Text("Adverse events by grade and by suspicion", "不良事件的级别与相关性"),
                                      population_name=SAFETY),
        serious_events.table(source, number="14.3.2", title=Text("Deaths and other serious adverse events, "
                                                                 "one by one", "死亡与其他严重不良事件逐例列表"), population_name=ENROLLED),
        narratives.table(source, number="14.3.3", title=Text("Narratives of serious adverse events", "严重不良事件叙述"), population_name=ENROLLED),
        abnormal(source),
        exposure.table(source, number="14.3.5", title=Text("Exposure to the study drug", "试验药物暴露"), population_name=SAFETY),
        laboratory_grades.worst(source, number="14.3.6.1", title=Text("Laboratory: worst grade after the start", "实验室检查：基线后最高级别"),
                                population_name=everybody),
        laboratory_grades.shift(source, number="14.3.6.2", title=Text("Laboratory: from the grade at baseline to "
                                                                      "the worst", "实验室检查：基线至最高级别的变化"),
                                population_name=everybody),
        liver.table(source, number="14.3.6.3", title=Text("Laboratory: liver tests against the upper limits", "实验室检查：肝功能指标与正常上限的倍数"),
                    population_name=everybody),
        immunoglobulins.table(source, number="14.3.7", title=Text("Immunoglobulins over time", "免疫球蛋白随时间变化"), population_name=SAFETY),
        courses.figure(source, PANELS, number="14.3.1", closed=immunoglobulins.CLOSED, population_name=SAFETY,
                       title=Text("Immunoglobulins of every patient over time", "各受试者免疫球蛋白随时间变化")),
    )  # fmt: skip


def _blinding(source: Source) -> tuple[Part, ...]:
    title = Text("What the evaluator guessed", "评估者的猜测")
    return (
        blinding.table(source, number="14.4", title=title, population="ITTFL", population_name=ENROLLED),
        *blinding.certified(source),
    )


WHAT_WAS_READ = Text(
    "Beside each source stands what was read in it; what is from memory, or is our own rule, is named as such.",
    "文献及其核对说明按原文（英文）列出：说明写明核实了原文的哪些内容；from memory 指凭记忆、尚未核实，our rule、proposed here 指本系统自定的规则。",
)


def _references(study: Study) -> Listing:
    """The sources that the instruments of the study name."""
    return Listing(
        entries=tuple((one.name, same("; ".join(one.references))) for one in study.instruments if one.references)
    )


_REGISTERED = {
    "registry id": "注册号", "brief title": "简短标题", "phase": "分期", "enrollment": "样本量", "design": "设计", "arms": "组别", "interventions": "干预",
    "primary outcome": "主要结局", "secondary outcomes": "次要结局", "sponsor": "申办者", "start": "开始", "completion": "完成", "first posted": "首次公布",
    "results": "结果",
}  # fmt: skip
