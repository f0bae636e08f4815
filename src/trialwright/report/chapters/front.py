"""Sections 1, 2 and 4 of ICH E3: the title page, the synopsis, and the abbreviations."""

from datetime import date

from trialwright.protocol import Text, same
from trialwright.report.document import Listing, Part, Section
from trialwright.report.lines import administered
from trialwright.report.source import Source

NOT_RECORDED = Text("not recorded", "未记录")

ABBREVIATIONS = (
    ("ADaM", Text("analysis data model of CDISC", "CDISC 分析数据模型")), ("AE, SAE", Text("adverse event, serious adverse event", "不良事件、严重不良事件")),
    ("CI", Text("confidence interval", "置信区间")), ("CTCAE", Text("common terminology criteria for adverse events", "常见不良事件评价标准")),
    ("ICH E3, E9(R1)", Text("guidelines on reports, and on estimands", "报告与估计目标指导原则")), ("SD", Text("standard deviation", "标准差")),
    ("SHA-256", Text("a fingerprint of data: other data, another fingerprint", "数据指纹：数据不同则指纹不同")),
    ("CONSORT, TREND", Text("guidelines on the report of trials with and without randomization", "随机与非随机试验报告规范")),
    ("SDTM", Text("study data tabulation model of CDISC", "CDISC 研究数据制表模型")),
)  # fmt: skip


def title_page(source: Source) -> Section:
    """Section 1: which study this is, of whom, from when to when."""
    study = source.study
    first, last = _dates(source)
    drug = next((_drug(arm.name) for arm in study.arms if arm.regimen), NOT_RECORDED)
    entries = (
        (Text("Title", "题目"), study.official_title), (Text("Protocol", "方案编号"), same(f"{study.code}, {study.version}")),
        (Text("Registration", "注册号"), same(study.registry)), (Text("Test drug", "试验药物"), drug),
        (Text("Phase", "分期"), study.registered.get("phase", same(study.phase))),
        (Text("Design", "设计"), study.registered.get("design", study.chosen.consequence)),
        (Text("Sponsor", "申办者"), study.registered.get("sponsor", same(study.sponsor))), (Text("First patient enrolled", "首例入组"), first),
        (Text("Last patient out", "末例出组"), last), (Text("Investigator and responsible signatory", "研究者与责任签署人"), NOT_RECORDED),
        (Text("Good clinical practice", "药物临床试验质量管理规范"), Text("to be declared by the sponsor", "由申办者声明")),
    )  # fmt: skip
    return Section(code="s1", number="1", title=Text("Title page", "标题页"), parts=(Listing(entries=entries),))


def _drug(arm: Text) -> Text:
    """The arm without the word for an arm: what is given in it."""
    return Text(arm.en, arm.zh.removesuffix("组"))


def _dates(source: Source) -> tuple[Text, Text]:
    """The days of the first enrollment and of the last end of follow-up; in words while there is none."""
    people = source.casebook.subjects
    begun = [one.index_date for one in people if one.index_date]
    open_ended = [one for one in people if one.index_date and one.ended is None]
    ended = [one.ended for one in people if one.ended]
    first = same(min(begun).isoformat()) if begun else Text("nobody yet", "尚无")
    if not ended or open_ended:
        return first, Text(
            f"{len(open_ended)} still in the study", f"{len(open_ended)} 例仍在研究中"
        ) if begun else Text("nobody yet", "尚无")
    return first, same(_last(ended))


def _last(days: list[date]) -> str:
    return max(days).isoformat()


def synopsis(source: Source, *, conclusions: tuple[Part, ...], found: Text, safety: Text, also: tuple[tuple[Text, Text], ...] = ()) -> Section:
    """Section 2: the study on one page; what may be concluded stands first. `also` are results beside the primary one."""
    study = source.study
    enrolled, analyzed = source.patients("ITTFL").height, source.patients("FASFL").height
    primary = next(one for one in study.endpoints if one.primary)
    asked = [one.title for one in study.endpoints if one.primary]
    count = len(study.endpoints) - len(asked)
    secondary = study.registered.get("secondary outcomes", Text(f"{count} secondary outcomes (section 8)", f"{count} 项次要结局（第 8 节）"))
    inclusion = [one.text for one in study.criteria if one.inclusion]
    used = [one.method for one in primary.analyses if one.method != "DESCRIBE" and (not one.readings or study.reading in one.readings)]
    methods = [method.title for method in study.methods if method.code in used]
    first, last = _dates(source)

    def joined(some: list[Text]) -> Text:
        return Text("; ".join(one.en for one in some) or "–", "；".join(one.zh for one in some) or "–")

    entries = (
        (Text("Sponsor", "申办者"), study.registered.get("sponsor", same(study.sponsor))), (Text("Sites", "研究中心"), administered(study.sites)),
        (Text("Period", "研究期间"), Text(f"{first.en} to {last.en}", f"{first.zh} 至 {last.zh}")),
        (Text("Phase", "分期"), study.registered.get("phase", same(study.phase))),
        (Text("Objective", "目的"), joined(asked)), (Text("Method", "方法"), study.chosen.consequence),
        (Text("Patients", "例数"), Text(f"{study.planned} planned, {enrolled} enrolled, {analyzed} in the full "
                                      f"analysis set", f"计划 {study.planned} 例，入组 {enrolled} 例，全分析集 {analyzed} 例")),
        (Text("Who may join", "入选条件"), joined(inclusion)), *((Text(f"Arm: {arm.name.en}", f"{arm.name.zh}"), arm.treatment) for arm in study.arms),
        (Text("Outcomes", "结局"), joined([*asked, secondary])), (Text("Statistics", "统计方法"), joined(methods)),
        (Text("Efficacy", "有效性"), found), *also, (Text("Safety", "安全性"), safety),
    )  # fmt: skip
    return Section(
        code="conclusions", number="2", title=Text("Synopsis", "概要"), parts=(*conclusions, Listing(entries=entries))
    )


def abbreviations(also: tuple[tuple[str, Text], ...] = ()) -> Section:
    """Section 4; `also` are those of the study."""
    told = sorted((*ABBREVIATIONS, *also), key=lambda one: one[0].casefold())
    return Section(
        code="s4",
        number="4",
        title=Text("Abbreviations", "缩略语"),
        parts=(Listing(entries=tuple((same(short), words) for short, words in told)),),
    )
