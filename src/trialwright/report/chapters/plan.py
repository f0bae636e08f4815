"""Sections 8 and 9 of ICH E3: objectives, design, patients, treatments, what was measured, how the data were kept, and how they were to be analyzed."""

from collections.abc import Iterable

from trialwright.protocol import ROLE_NAMES, Arm, Audience, Method, Study, Text, same
from trialwright.record.events import Corrected, Queried, QueryClosed, Signed, Unlocked
from trialwright.report.document import Listing, Part, Prose, Section
from trialwright.report.source import Source
from trialwright.report.tables import estimands, instruments, planned_analyses, schedule

WAYS = {
    Method.BY_CLINICIAN: Text("the treating physician chose the arm", "由治疗医师选择组别"),
    Method.BY_RESPONSE: Text("the answer to the treatment before decided the arm", "由既往治疗反应决定组别"),
    Method.RANDOMIZED: Text("at random, in permuted blocks", "区组随机"),
}


def objectives(study: Study) -> Section:
    """Section 8: what the study wants to know."""
    first = [one.title for one in study.endpoints if one.primary]
    later = [one.title for one in study.endpoints if not one.primary]
    entries = [(Text(f"Primary {place}", f"主要 {place}") if len(first) > 1 else Text("Primary", "主要"), title) for place, title in enumerate(first, start=1)]
    entries += [(Text(f"Secondary {place}", f"次要 {place}"), title) for place, title in enumerate(later, start=1)]
    return Section(code="s8", number="8", title=Text("Objectives", "研究目的"), parts=(Listing(entries=tuple(entries)),))


def plan(source: Source) -> tuple[Section, ...]:
    """Section 9 with its parts."""
    study = source.study
    parts: tuple[tuple[str, Text, tuple[Part, ...]], ...] = (
        ("9.1", Text("Design and plan", "总体设计与计划"), (_design(study),)),
        ("9.2", Text("Discussion of the design and of the control group", "设计与对照的讨论"), _discussion(study)),
        ("9.3", Text("Selection of the patients", "受试者选择"), _criteria(study)),
        ("9.4", Text("Treatments", "治疗"), (_treatments(study),)),
        ("9.5", Text("What was measured", "观测指标"), (
            schedule.table(study, number="9.5.1", title=Text("Schedule of activities", "研究流程表")),
            instruments.table(study, number="9.5.2", title=Text("Measures and rules", "评估工具与规则")))),
        ("9.6", Text("Quality of the data", "数据质量保证"), (_quality(source),)),
        ("9.7", Text("Statistical methods and sample size", "统计方法与样本量"), _statistics(study)),
        ("9.8", Text("Changes in the conduct or the analyses", "实施与分析的变更"), (_changes(source),)),
    )  # fmt: skip
    head = Section(code="s9", number="9", title=Text("Investigational plan", "研究计划"))
    return (
        head,
        *(
            Section(code=f"s{number.replace('.', '-')}", number=number, title=title, parts=told)
            for number, title, told in parts
        ),
    )


def _design(study: Study) -> Listing:
    last = max(study.visits, key=lambda visit: visit.day)
    arms = "; ".join(arm.name.en for arm in study.arms), "；".join(arm.name.zh for arm in study.arms)
    return Listing(entries=(
        (Text("Design", "设计"), study.registered.get("design", study.chosen.consequence)),
        (Text("Arms", "组别"), Text(*arms)),
        (Text("How patients came into an arm", "分组方式"), Text(f"reading {study.chosen.code}: {study.chosen.title.en}; {WAYS[study.chosen.method].en}",
                                                              f"解读 {study.chosen.code}：{study.chosen.title.zh}；{WAYS[study.chosen.method].zh}")),
        (Text("Patients planned", "计划例数"), same(str(study.planned))),
        (Text("Time on study", "研究时间"), Text(f"{len(study.visits)} visits; the last at "
                                             f"{last.name.en.lower()}", f"共 {len(study.visits)} 次访视，末次为{last.name.zh}")),
        (Text("Who is blind to the arm", "对分组设盲者"), _roles(study.blinded)),
    ))  # fmt: skip


def _roles(roles: Audience) -> Text:
    told = [ROLE_NAMES[role] for role in roles]
    return Text(", ".join(one.en for one in told), "、".join(one.zh for one in told)) if told else Text("nobody", "无")


def _discussion(study: Study) -> tuple[Part, ...]:
    chosen = study.chosen
    words = Text(
        f"The registration leaves open how patients come into an arm. Under the reading by which this trial runs the study is {chosen.consequence.en}. "
        f"The bias that comes with it: {chosen.bias.en}. Table 14.2.3 shows what the same data would mean under each reading.",
        f"注册信息未说明受试者如何分组。按本试验采用的解读，本研究为{chosen.consequence.zh}。随之而来的偏倚：{chosen.bias.zh}。表 14.2.3 "
        f"显示同一数据在各解读下的含义。",
    )
    return (
        Prose(text=words),
        Listing(
            entries=tuple(
                (Text(f"{one.code}: {one.title.en}", f"{one.code}：{one.title.zh}"), one.consequence)
                for one in study.readings
            )
        ),
    )


def _criteria(study: Study) -> tuple[Part, ...]:
    def listed(inclusion: bool) -> tuple[tuple[Text, Text], ...]:
        return tuple((same(one.code), one.text) for one in study.criteria if one.inclusion is inclusion)

    none = Text("The study definition holds none; none was applied. What is assumed and why stands in Table 16.1.1.",
                "研究定义中无排除标准；未应用任何排除标准。所作假定及理由见表 16.1.1。")  # fmt: skip
    removal = Text(
        "A patient may leave the treatment or the study at any time; the reason is recorded (Listing 16.2.1).",
        "受试者可随时退出治疗或研究，原因均有记录（列表 16.2.1）。",
    )
    return (
        Prose(text=Text("Inclusion criteria:", "入选标准：")), Listing(entries=listed(True)), Prose(text=Text("Exclusion criteria:", "排除标准：")),
        *((Listing(entries=listed(False)),) if listed(False) else (Prose(text=none),)), Prose(text=removal),
    )  # fmt: skip


def _treatments(study: Study) -> Listing:
    return Listing(entries=(
        *((Text(f"Arm {arm.code}: {arm.name.en}", f"{arm.code} 组：{arm.name.zh}"), _regimen(arm)) for arm in study.arms),
        (Text("Assignment", "分组"), WAYS[study.chosen.method]),
        (Text("Blinding", "设盲"), Text(
            f"{_roles(study.blinded).en}: each reads only what follows from the entries that cannot tell the arm. The patient and the treating "
            f"staff know the treatment.",
            f"{_roles(study.blinded).zh}：仅能读取由不透露分组的记录得出的内容。受试者与治疗人员知晓治疗。")),
        (Text("Compliance", "依从性"), Text("every dose, given or missed, is a line of the dosing log", "每次给药或漏用均记录于给药日志")),
    ))  # fmt: skip


def _regimen(arm: Arm) -> Text:
    one = arm.regimen
    if one is None:
        return arm.treatment
    return Text(f"{arm.treatment.en}; {one.dose:f} {one.unit} every {one.every} days, give or take {one.within}",
                f"{arm.treatment.zh}；{one.dose:f} {one.unit}，每 {one.every} 天一次（±{one.within} 天）")  # fmt: skip


def _quality(source: Source) -> Listing:
    everything = source.casebook.everything
    counts = {
        kind: sum(isinstance(entry.event, kind) for entry in everything)
        for kind in (Corrected, Queried, QueryClosed, Signed)
    }
    share = Text("Only entries that this blinded reader may see are counted.", "仅统计盲态视图可见的记录。")
    return Listing(entries=(
        (Text("Entries", "记录数"), same(str(len(everything)))),
        (Text("Corrections, each with its reason", "更正（均附原因）"), same(str(counts[Corrected]))),
        (Text("Questions asked, and closed", "质疑及已关闭"), same(f"{counts[Queried]}, {counts[QueryClosed]}")),
        (Text("Signatures", "签名"), same(str(counts[Signed]))),
        (Text("How tampering would show", "篡改如何显现"), Text(
            "each entry is hashed together with what came before it; “trialwright verify” recomputes the chain from the stored bytes",
            "每条记录与其前所有记录一并计算散列值；“trialwright verify” 由存储字节重新核验")),
        *(() if source.opened else ((Text("Note", "注"), share),)),
    ))  # fmt: skip


def _statistics(study: Study) -> tuple[Part, ...]:
    size = Text(
        f"{study.planned} patients were planned, as registered. No calculation of the sample size is on record: the study is preliminary, and "
        f"what {study.planned} patients can and cannot show "
        "stands in section 13.",
        f"计划 {study.planned} 例，与注册信息一致。无样本量计算记录：本研究为初步研究，{study.planned} 例能与不能说明的内容见第 13 节。",
    )
    everybody = {"ITTFL": Text("all enrolled patients", "全部入组受试者")}
    return (
        estimands.table(study, number="9.7.1", title=Text("Estimands", "估计目标")),
        planned_analyses.table(study, number="9.7.2", title=Text("Planned analyses", "计划的分析"), populations=everybody), Prose(text=size),
    )  # fmt: skip


def _changes(source: Source) -> Prose:
    opened, study = source.casebook.opened, source.study
    unlocked = sum(isinstance(entry.event, Unlocked) for entry in source.casebook.everything)
    same_study = opened is None or opened.digest == study.digest
    told = [
        Text("The study definition is the one with which the ledger began.", "研究定义与台账开始时一致。") if same_study else
        Text("The study definition is NOT the one with which the ledger began; both digests stand on the "
             "first page.", "研究定义与台账开始时不一致，两个摘要均见首页。"),
        Text("The data were never unlocked.", "数据未曾解锁。") if not unlocked else
        Text(f"The data were unlocked {unlocked} times; each with its reason in the ledger.", f"数据曾解锁 {unlocked} 次，原因均见台账。"),
    ]  # fmt: skip
    return Prose(text=_sentences(told))


def _sentences(told: Iterable[Text]) -> Text:
    some = list(told)
    return Text(" ".join(one.en for one in some), "".join(one.zh for one in some))
