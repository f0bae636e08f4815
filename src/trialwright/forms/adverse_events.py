"""Adverse events: what, when, how severe (CTCAE), serious or not, related or not, what was done, how it ended."""

from decimal import Decimal

from trialwright.protocol import (
    TREATING,
    Absence,
    Audience,
    Codelist,
    Form,
    Item,
    Kind,
    Section,
    Shown,
    Term,
    Text,
    yes_no,
)

RELATED = Codelist(
    code="AEREL",
    terms=(
        Term("CERTAIN", Text("certain", "肯定有关")),
        Term("PROBABLE", Text("probable", "很可能有关")),
        Term("POSSIBLE", Text("possible", "可能有关")),
        Term("UNLIKELY", Text("unlikely", "可能无关")),
        Term("CONDITIONAL", Text("conditional (to be completed)", "待评价")),
        Term("UNASSESSABLE", Text("cannot be assessed", "无法评价")),
    ),
)

ACTION = Codelist(
    code="ACN",
    terms=(
        Term("DOSE NOT CHANGED", Text("dose not changed", "剂量未变"), "C49504"),
        Term("DOSE REDUCED", Text("dose reduced", "减量"), "C49505"),
        Term("DRUG INTERRUPTED", Text("drug interrupted", "暂停用药"), "C49501"),
        Term("DRUG WITHDRAWN", Text("drug withdrawn", "停药"), "C49502"),
        Term("NOT APPLICABLE", Text("not applicable", "不适用"), "C48660"),
        Term("UNKNOWN", Text("unknown", "未知"), "C17998"),
    ),
)

OUTCOME = Codelist(
    code="OUT",
    terms=(
        Term("RECOVERED/RESOLVED", Text("recovered", "痊愈"), "C49498"),
        Term("RECOVERING/RESOLVING", Text("recovering", "好转"), "C49496"),
        Term("RECOVERED/RESOLVED WITH SEQUELAE", Text("recovered with sequelae", "痊愈伴后遗症"), "C49495"),
        Term("NOT RECOVERED/NOT RESOLVED", Text("not recovered", "未痊愈"), "C49494"),
        Term("FATAL", Text("fatal", "死亡"), "C48275"),
        Term("UNKNOWN", Text("unknown", "未知"), "C17998"),
    ),
)

SERIOUSNESS = {
    "AESDTH": Text("Death", "导致死亡"),
    "AESLIFE": Text("Life-threatening", "危及生命"),
    "AESHOSP": Text("Hospital stay begun or prolonged", "住院或住院时间延长"),
    "AESDISAB": Text("Lasting or significant disability", "持续或显著的残疾"),
    "AESCONG": Text("Congenital anomaly", "先天异常"),
    "AESMIE": Text("Other medically important event", "其他重要医学事件"),
}
"""The six criteria of ICH E2A; at least one is yes when the event is serious."""


def _choice(code: str, label: Text, codelist: Codelist, sdtm: str, shown: Shown | None = None) -> Item:
    return Item(
        code=code,
        label=label,
        kind=Kind.CHOICE,
        audience=TREATING,
        hints_at_arm=True,
        codelist=codelist,
        sdtm=sdtm,
        shown=shown,
        absences=(Absence.UNKNOWN,),
    )


def _day(code: str, label: Text, sdtm: str, required: bool = True) -> Item:
    return Item(
        code=code,
        label=label,
        kind=Kind.PARTIAL_DATE,
        audience=TREATING,
        hints_at_arm=True,
        required=required,
        sdtm=sdtm,
        absences=(Absence.UNKNOWN,),
    )


FORM = Form(
    code="ADVERSE_EVENTS",
    title=Text("Adverse events", "不良事件"),
    entered_by=Audience.COORDINATOR | Audience.PHYSICIAN | Audience.SAFETY,
    repeats=True,
    sections=(
        Section(
            title=Text("Event", "事件"),
            items=(
                Item(
                    code="AETERM",
                    label=Text("Event, in the reporter's words", "不良事件名称（报告者用语）"),
                    kind=Kind.TEXT,
                    audience=TREATING,
                    hints_at_arm=True,
                    absences=(),
                    sdtm="AE.AETERM",
                ),
                _day("AESTDAT", Text("First day", "开始日期"), "AE.AESTDTC"),
                _day("AEENDAT", Text("Last day", "结束日期"), "AE.AEENDTC", required=False),
                Item(
                    code="AETOXGR",
                    label=Text("Grade (CTCAE 5.0)", "分级（CTCAE 5.0）"),
                    kind=Kind.INTEGER,
                    audience=TREATING,
                    hints_at_arm=True,
                    low=Decimal(1),
                    high=Decimal(5),
                    absences=(Absence.UNKNOWN,),
                    sdtm="AE.AETOXGR",
                    hint=Text(
                        "1 mild, 2 moderate, 3 severe, 4 life-threatening, 5 fatal. The grade is severity, not seriousness.",
                        "1 轻度，2 中度，3 重度，4 危及生命，5 死亡。分级表示严重程度，不等同于“严重不良事件”。",
                    ),
                ),
            ),
        ),
        Section(
            title=Text("Serious?", "是否严重？"),
            items=(
                _choice("AESER", Text("Serious (ICH E2A)", "严重不良事件（ICH E2A）"), yes_no(), "AE.AESER"),
                *(
                    _choice(code, label, yes_no(), f"AE.{code}", Shown(item="AESER", among=("Y",)))
                    for code, label in SERIOUSNESS.items()
                ),
            ),
        ),
        Section(
            title=Text("Judgment", "判断与转归"),
            items=(
                _choice(
                    "AEREL",
                    Text("Related to the study drug (WHO-UMC)", "与试验药物的关系（WHO-UMC）"),
                    RELATED,
                    "AE.AEREL",
                ),
                _choice(
                    "AEEXP",
                    Text("Expected by the reference safety information", "参考安全性信息中是否预期"),
                    yes_no(),
                    "SUPPAE.QVAL where QNAM = AEEXP",
                    Shown(item="AESER", among=("Y",)),
                ),
                _choice("AEACN", Text("Action taken with the study drug", "对试验药物采取的措施"), ACTION, "AE.AEACN"),
                _choice("AEOUT", Text("Outcome", "转归"), OUTCOME, "AE.AEOUT"),
                Item(
                    code="AEAWARE",
                    label=Text("Sponsor first aware on (day 0 of reporting)", "申办者首次获知日期（报告第 0 天）"),
                    kind=Kind.DATE,
                    audience=TREATING,
                    hints_at_arm=True,
                    absences=(Absence.UNKNOWN,),
                    shown=Shown(item="AESER", among=("Y",)),
                    sdtm="SUPPAE.QVAL where QNAM = AEAWARE",
                ),
            ),
        ),
    ),
    note=Text(
        "Hidden from everybody who is blinded: injection-site reactions and infections tell the arm.",
        "对所有盲态人员隐藏：注射部位反应和感染会透露分组。",
    ),
)
