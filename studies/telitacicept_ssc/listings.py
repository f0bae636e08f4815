"""The listings of the report, patient by patient: section 16.2 of ICH E3 and the abnormal laboratory values."""

import polars as pl
from attrs import evolve

from trialwright.adam import adrs
from trialwright.eligibility.deviations import Deviation
from trialwright.instruments import mrss
from trialwright.protocol import Text
from trialwright.report.document import Section
from trialwright.report.lines import coded, test_name
from trialwright.report.source import Source
from trialwright.report.table import Table
from trialwright.report.tables import analysis_sets, by_visit, deviations, exposure, listing
from trialwright.report.tables.by_visit import Measure
from trialwright.report.tables.listing import Shown

ENROLLED = Text("All enrolled patients", "全部入组受试者")
SAFETY = Text("Safety set: all who started the treatment of their arm", "安全集：所有开始所在组治疗的受试者")
EVENTS_HIDDEN = Text("Adverse events tell the arm. They are hidden from this blinded reader and are shown once the arms are open.",
                     "不良事件会透露分组，对盲态视图隐藏，揭盲后显示。")  # fmt: skip
_YES = {"Y": Text("yes", "是"), "N": Text("no", "否")}
_SEX = {"F": Text("female", "女"), "M": Text("male", "男")}
_STATUS = {
    "COMPLETED": Text("completed", "完成"),
    "DISCONTINUED": Text("ended early", "提前结束"),
    "ONGOING": Text("ongoing", "进行中"),
}
_ANTIBODY = {"POSITIVE": Text("positive", "阳性"), "NEGATIVE": Text("negative", "阴性")}
_RANGE = {"LOW": Text("low", "低"), "HIGH": Text("high", "高"), "NORMAL": Text("normal", "正常")}

ENDED = (
    Shown(variable="EOTSTT", title=Text("treatment", "治疗"), terms=_STATUS),
    Shown(variable="DCTREAS", title=Text("why it ended early", "提前结束原因"), coded=True, wide=True),
    Shown(variable="TRTEDT", title=Text("last day of treatment", "末次治疗日")), Shown(variable="EOSSTT", title=Text("study", "研究"), terms=_STATUS),
    Shown(variable="DCSREAS", title=Text("why it was left early", "提前退出原因"), coded=True, wide=True),
    Shown(variable="EOSDT", title=Text("left on", "离开日期")),
)  # fmt: skip
START = (
    Shown(variable="AGE", title=Text("age", "年龄")), Shown(variable="SEX", title=Text("sex", "性别"), terms=_SEX),
    Shown(variable="HEIGHTBL", title=Text("height (cm)", "身高（cm）"), places=1),
    Shown(variable="WEIGHTBL", title=Text("weight (kg)", "体重（kg）"), places=1),
    Shown(variable="DISDUR", title=Text("years of disease", "病程（年）"), places=1),
    Shown(variable="SUBSET", title=Text("subset", "亚型"), terms={"DIFFUSE": Text("diffuse", "弥漫型"), "LIMITED": Text("limited", "局限型")}),
    Shown(variable="MRSSBL", title=Text("skin score", "皮肤评分"), places=0), Shown(variable="FVCPPBL", title=Text("FVC, %", "FVC（%）"), places=1),
    Shown(variable="SCL70", title=Text("Scl-70", "Scl-70"), terms=_ANTIBODY),
    Shown(variable="RNAP3", title=Text("RNA pol. III", "RNA 聚合酶 III"), terms=_ANTIBODY),
    Shown(variable="ACA", title=Text("anticentromere", "抗着丝点"), terms=_ANTIBODY),
)  # fmt: skip
DOSES = (
    Shown(variable="ECSTDTC", title=Text("planned day", "计划日期")), Shown(variable="ECSTDY", title=Text("day", "天")),
    Shown(variable="ECREASOC", title=Text("why", "原因"), coded=True, wide=True),
)  # fmt: skip
EVENTS = (
    Shown(variable="AETERM", title=Text("event", "事件"), wide=True), Shown(variable="AEDECOD", title=Text("coded term", "编码术语"), wide=True),
    Shown(variable="ASTDT", title=Text("first day", "开始")), Shown(variable="ASTDY", title=Text("day", "天")),
    Shown(variable="AENDT", title=Text("last day", "结束")),
    Shown(variable="AETOXGR", title=Text("grade", "级别")), Shown(variable="AESER", title=Text("serious", "严重"), terms=_YES),
    Shown(variable="AEREL", title=Text("suspicion", "相关性"), coded=True), Shown(variable="AEACN", title=Text("drug", "对药物措施"), coded=True, wide=True),
    Shown(variable="AEOUT", title=Text("outcome", "转归"), coded=True, wide=True),
)  # fmt: skip
ABNORMAL = (
    Shown(variable="PARAM", title=Text("test", "检验"), wide=True), Shown(variable="AVISIT", title=Text("visit", "访视")),
    Shown(variable="ADT", title=Text("day", "日期")),
    Shown(variable="AVAL", title=Text("value", "数值")), Shown(variable="ANRIND", title=Text("against the interval", "相对参考区间"), terms=_RANGE),
    Shown(variable="ATOXGR", title=Text("CTCAE grade", "CTCAE 级别")), Shown(variable="BASE", title=Text("at baseline", "基线值")),
)  # fmt: skip
RESPONSES = (
    Measure(dataset="ADRS", parameter=adrs.PARAMETER.code, name=mrss.INSTRUMENT.name, places=0),
    Measure(dataset="ADRE", parameter="FVCPP", name=Text("FVC, % of predicted", "FVC 占预计值 %")),
    Measure(dataset="ADQS", parameter="HAQDI", name=Text("HAQ-DI", "HAQ-DI"), places=3),
    Measure(dataset="ADQS", parameter="GIT2", name=Text("Gut score (GIT 2.0)", "胃肠道评分（GIT 2.0）"), places=2),
    Measure(
        dataset="ADRS", parameter="EUSTAR17", name=Text("Activity index (EUSTAR)", "疾病活动度（EUSTAR）"), places=2
    ),
    Measure(dataset="ADFT", parameter="SIXMW106", name=Text("Six-minute walk (m)", "六分钟步行距离（米）"), places=0),
)


def listings(source: Source, found: tuple[Deviation, ...]) -> Section:
    """Section 16.2, each listing under the number that ICH E3 gives it."""
    none = Text("No patient is enrolled yet.", "尚无入组受试者。")
    early = (pl.col("EOTSTT") == "DISCONTINUED") | (pl.col("EOSSTT") == "DISCONTINUED")
    tables = (
        listing.table(source, ENDED, number="16.2.1", title=Text("Patients who stopped the treatment or left the "
                                                                 "study early", "提前停药或退出的受试者"), dataset="ADSL",
                      population_name=ENROLLED, keep=early, condition="EOTSTT / EOSSTT = DISCONTINUED",
                      nobody=Text("Nobody stopped or left early.", "无人提前停药或退出。")),
        deviations.listing(source, found, number="16.2.2", title=Text("Departures from the plan", "方案偏离")),
        analysis_sets.left_out(source, number="16.2.3", title=Text("Patients without a value in the primary analysis", "主要分析中无数值的受试者"),
                               population_name=ENROLLED, parameter=adrs.PARAMETER.code, visit="W24"),
        listing.table(source, START, number="16.2.4", title=Text("Patients at the start, one by one", "基线特征（逐例）"), dataset="ADSL",
        population_name=ENROLLED, nobody=none),
        exposure.listing(source, number="16.2.5", title=Text("Doses of the study drug by patient", "各受试者试验药物给药"), population_name=SAFETY),
        listing.table(source, DOSES, number="16.2.5.1", title=Text("Doses that were missed", "漏用的剂次"), dataset="EC", order=("ECSEQ",),
        population_name=ENROLLED,
                      keep=pl.col("ECOCCUR") == "N", condition="ECOCCUR = N", closed=exposure.CLOSED, nobody=Text("No dose was missed.", "无漏用。")),
        by_visit.table(source, RESPONSES, number="16.2.6", title=Text("Outcomes of every patient at every visit", "各受试者各访视结局"),
        population_name=ENROLLED,
                       nobody=Text("No patient has a value yet.", "尚无受试者有数值。")),
        listing.table(source, EVENTS, number="16.2.7", title=Text("Adverse events, one by one", "不良事件（逐例）"), dataset="ADAE", order=("ASTDY", "AESEQ"),
        population_name=ENROLLED,
                      closed=EVENTS_HIDDEN, footnotes=(coded(source),), nobody=Text("No adverse event was recorded.", "未记录不良事件。")),
        _laboratory(source),
    )  # fmt: skip
    return Section(code="s16-2", number="16.2", title=Text("Listings of the data of the patients", "受试者数据列表"),
                   parts=tuple(evolve(one, listing=True) for one in tables))  # fmt: skip


def abnormal(source: Source) -> Table:
    """Listing 14.3.4: every value outside its interval or graded 1 or worse, after the start."""
    tests = {name: test_name(source.study, "LB", code, name) for code, name in _tests(source)}
    visits = {visit.name.en: visit.name for visit in source.study.visits}
    columns = tuple(evolve(one, terms={"PARAM": tests, "AVISIT": visits}.get(one.variable, one.terms)) for one in ABNORMAL)
    outside = pl.col("ANRIND").is_in(["LOW", "HIGH"]) | (pl.col("ATOXGRN") >= 1)
    partly = (
        ()
        if source.opened
        else (
            Text(
                "Results that tell the arm are hidden from this blinded reader.", "可能透露分组的结果对盲态视图隐藏。"
            ),
        )
    )
    return evolve(listing.table(
        source, columns, number="14.3.4", title=Text("Abnormal laboratory values", "实验室异常值"), dataset="ADLB", order=("PARAM", "AVISITN"),
        population_name=ENROLLED,
        keep=outside & (pl.col("ADY") > 1), condition="ADY > 1; ANRIND = LOW / HIGH; ATOXGRN ≥ 1", footnotes=partly,
        nobody=Text("No value was abnormal.", "无异常值。"),
    ), listing=True)  # fmt: skip


def _tests(source: Source) -> list[tuple[str, str]]:
    return list(source.adam["ADLB"].select("PARAMCD", "PARAM").unique().sort("PARAM").iter_rows())


def _laboratory(source: Source) -> Table:
    """Every laboratory value that was analyzed."""
    measures = tuple(
        Measure(dataset="ADLB", parameter=code, name=test_name(source.study, "LB", code, name), places=2)
        for code, name in _tests(source)
    )
    return by_visit.table(source, measures, number="16.2.8", title=Text("Laboratory values", "实验室数值"), population_name=ENROLLED,
                          nobody=Text("No result is there yet.", "尚无结果。"))  # fmt: skip
