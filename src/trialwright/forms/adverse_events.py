"""Adverse events: what, when, how severe (CTCAE), serious or not, related or not, how it ended; and the report when it is serious."""

from decimal import Decimal

from trialwright.protocol import (
    TREATING,
    Absence,
    Audience,
    Check,
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
from trialwright.protocol.checks import Implies, InOrder, OneOf, SinceConsent

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

RECHALLENGE = Codelist(
    code="AERECHAL",
    terms=(
        Term("RECURRED", Text("given again, and it came back", "再次用药后复发")),
        Term("NOT_RECURRED", Text("given again, and it did not come back", "再次用药后未复发")),
        Term("GIVEN_UNKNOWN", Text("given again, outcome unknown", "再次用药，结果未知")),
        Term("NOT_GIVEN", Text("not given again", "未再次用药")),
    ),
)
"""What happened when the drug was given again, as case reports ask for it."""

DECHALLENGE = Codelist(
    code="AEDECHAL",
    terms=(
        Term("ABATED", Text("stopped or reduced, and it abated", "停药或减量后好转")),
        Term("NOT_ABATED", Text("stopped or reduced, and it did not abate", "停药或减量后未好转")),
        Term("NOT_STOPPED", Text("not stopped", "未停药或减量")),
    ),
)
"""What happened when the drug was stopped or reduced."""

REPORTER = Codelist(
    code="AEREPQ",
    terms=(
        Term("PHYSICIAN", Text("physician", "医师")),
        Term("PHARMACIST", Text("pharmacist", "药师")),
        Term("OTHER_HEALTH", Text("other health professional", "其他医务人员")),
        Term("CONSUMER", Text("the patient or another lay person", "受试者或其他非专业人员")),
    ),
)
"""Who told of it: the qualifications that case reports know."""

_SERIOUS = Shown(item="AESER", among=("Y",))
JUDGES = Audience.PHYSICIAN | Audience.INVESTIGATOR
"""Who alone says whether an event is serious and what caused it: it is a medical judgment (ICH E2A)."""


def _choice(
    code: str,
    label: Text,
    codelist: Codelist,
    sdtm: str,
    shown: Shown | None = None,
    required: bool = True,
    writers: Audience | None = None,
) -> Item:
    return Item(
        code=code,
        label=label,
        kind=Kind.CHOICE,
        audience=TREATING,
        hints_at_arm=True,
        codelist=codelist,
        required=required,
        sdtm=sdtm,
        shown=shown,
        absences=(Absence.UNKNOWN,),
        writers=writers,
    )


def _day(
    code: str,
    label: Text,
    sdtm: str,
    required: bool = True,
    shown: Shown | None = None,
    kind: Kind = Kind.PARTIAL_DATE,
    hint: Text | None = None,
) -> Item:
    return Item(
        code=code,
        label=label,
        kind=kind,
        audience=TREATING,
        hints_at_arm=True,
        required=required,
        sdtm=sdtm,
        shown=shown,
        hint=hint,
        absences=(Absence.UNKNOWN,),
    )


def _report() -> tuple[Item, ...]:
    """What the report of a serious event needs beyond the event itself; asked only when it is serious."""
    told = Item(
        code="AENARR",
        label=Text("What happened, in order: course, findings, treatment, other causes", "事件经过：病程、检查、治疗及其他可能原因"),
        kind=Kind.TEXT,
        audience=TREATING,
        hints_at_arm=True,
        longest=4000,
        shown=_SERIOUS,
        absences=(Absence.UNKNOWN,),
        sdtm="[not submitted] the narrative goes into the case report, not into the tabulation",
        hint=Text("Goes word for word into the case report. No names, no record numbers.", "原文写入病例报告表，请勿写姓名或病历号。"),
    )
    return (
        told,
        _day("AEHOSPI", Text("Admitted on", "入院日期"), "SUPPAE.QVAL where QNAM = AEHOSPI", False, Shown(item="AESHOSP", among=("Y",))),
        _day("AEHOSPO", Text("Discharged on", "出院日期"), "SUPPAE.QVAL where QNAM = AEHOSPO", False, Shown(item="AESHOSP", among=("Y",))),
        _day("AEDTHDAT", Text("Died on", "死亡日期"), "SUPPAE.QVAL where QNAM = AEDTHDAT", True, Shown(item="AESDTH", among=("Y",))),
        _choice("AEDECHAL", Text("After the drug was stopped or reduced", "停药或减量后"), DECHALLENGE, "SUPPAE.QVAL where QNAM = AEDECHAL", _SERIOUS, False),
        _choice("AERECHAL", Text("After the drug was given again", "再次用药后"), RECHALLENGE, "SUPPAE.QVAL where QNAM = AERECHAL", _SERIOUS, False),
        _choice("AEREPQ", Text("Who told of it", "报告人身份"), REPORTER, "SUPPAE.QVAL where QNAM = AEREPQ", _SERIOUS),
    )


def _clocks() -> tuple[Item, ...]:
    """The days that start and stop the clocks of reporting."""
    aware = Item(
        code="AEAWARE",
        label=Text("Sponsor first aware on (day 0 of reporting)", "申办者首次获知日期（报告第 0 天）"),
        kind=Kind.DATE,
        audience=TREATING,
        hints_at_arm=True,
        absences=(Absence.UNKNOWN,),
        shown=_SERIOUS,
        sdtm="SUPPAE.QVAL where QNAM = AEAWARE",
    )
    known = Text("Investigator first aware on (the sponsor is told within 24 hours)", "研究者首次获知日期（24 小时内报告申办者）")
    empty = Text("Leave empty until it was sent: the clock stops on this day.", "未上报前请留空，填写后停止计时。")
    return (
        _day("AEKNOWN", known, "SUPPAE.QVAL where QNAM = AEKNOWN", True, _SERIOUS, Kind.DATE),
        aware,
        *(
            _day(code, label, f"SUPPAE.QVAL where QNAM = {code}", False, _SERIOUS, Kind.DATE, empty)
            for code, label in (
                ("AEREPDAT", Text("Report sent to the authority on", "向监管部门首次报告日期")),
                ("AEFOLDAT", Text("Follow-up report sent on", "随访报告日期")),
            )
        ),
    )


FORM = Form(
    code="ADVERSE_EVENTS",
    title=Text("Adverse events", "不良事件"),
    entered_by=Audience.COORDINATOR | Audience.PHYSICIAN | Audience.SAFETY | Audience.INVESTIGATOR,
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
                    dictionary="MedDRA",
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
                _choice("AESER", Text("Serious (ICH E2A)", "严重不良事件（ICH E2A）"), yes_no(), "AE.AESER", writers=JUDGES),
                *(
                    _choice(code, label, yes_no(), f"AE.{code}", _SERIOUS, writers=JUDGES)
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
                    writers=JUDGES,
                ),
                _choice(
                    "AEEXP",
                    Text("Expected by the reference safety information", "参考安全性信息中是否预期"),
                    yes_no(),
                    "SUPPAE.QVAL where QNAM = AEEXP",
                    _SERIOUS,
                    writers=JUDGES | Audience.SAFETY,
                ),
                _choice("AEACN", Text("Action taken with the study drug", "对试验药物采取的措施"), ACTION, "AE.AEACN"),
                _choice("AEOUT", Text("Outcome", "转归"), OUTCOME, "AE.AEOUT"),
            ),
        ),
        Section(title=Text("Report of a serious event", "严重不良事件报告"), items=_report()),
        Section(title=Text("Clocks", "报告时限"), items=_clocks()),
    ),
    note=Text(
        "Hidden from everybody who is blinded: injection-site reactions and infections tell the arm.",
        "对所有盲态人员隐藏：注射部位反应和感染会透露分组。",
    ),
)

CHECKS = (
    Check(
        code="AE_ORDER",
        form="ADVERSE_EVENTS",
        reads=("AESTDAT", "AEENDAT"),
        by=InOrder("AESTDAT", "AEENDAT"),
        hard=True,
    ),
    Check(
        code="AE_AWARE",
        form="ADVERSE_EVENTS",
        reads=("AESTDAT", "AEAWARE"),
        by=InOrder("AESTDAT", "AEAWARE"),
        hard=True,
    ),
    Check(
        code="AE_STAY", form="ADVERSE_EVENTS", reads=("AEHOSPI", "AEHOSPO"), by=InOrder("AEHOSPI", "AEHOSPO"), hard=True
    ),
    Check(code="AE_CONSENT", form="ADVERSE_EVENTS", reads=("AESTDAT",), by=SinceConsent("AESTDAT")),
    Check(
        code="AE_SERIOUS",
        form="ADVERSE_EVENTS",
        reads=("AESER", *SERIOUSNESS),
        by=OneOf(
            "AESER",
            "Y",
            tuple(SERIOUSNESS),
            Text(
                "The event is serious, and none of the six criteria is yes. Say which one makes it serious, or correct “serious”.",
                "事件为严重不良事件，但六项标准均为否，请指出符合的标准，或更正“是否严重”。",
            ),
        ),
        hard=True,
    ),
    Check(
        code="AE_DEATH",
        form="ADVERSE_EVENTS",
        reads=("AESDTH", "AEOUT"),
        by=Implies(
            "AESDTH",
            ("Y",),
            "AEOUT",
            ("FATAL",),
            Text(
                "The event led to death, and its outcome is not “fatal”. Correct one of the two.",
                "事件导致死亡，但转归不是“死亡”，请更正其一。",
            ),
        ),
        hard=True,
    ),
    Check(
        code="AE_FATAL",
        form="ADVERSE_EVENTS",
        reads=("AEOUT", "AETOXGR"),
        by=Implies(
            "AEOUT",
            ("FATAL",),
            "AETOXGR",
            ("5",),
            Text(
                "The outcome is fatal, and the grade is not 5. Correct one of the two, or say why both are right.",
                "转归为死亡，但分级不是 5 级，请更正其一，或说明原因。",
            ),
        ),
    ),
)
"""Days in order, seriousness with its criterion, death with its outcome and its grade."""
