"""Background drugs with their doses over time: one row for each drug and dose, a new row whenever the dose changes."""

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
from trialwright.protocol.checks import InOrder

DRUG = Codelist(
    code="BACKGROUND",
    terms=(
        Term("MYCOPHENOLATE MOFETIL", Text("mycophenolate mofetil", "吗替麦考酚酯")),
        Term("MYCOPHENOLATE SODIUM", Text("enteric-coated mycophenolate sodium", "麦考酚钠肠溶片")),
        Term("CYCLOPHOSPHAMIDE", Text("cyclophosphamide", "环磷酰胺")),
        Term("PREDNISONE", Text("prednisone", "泼尼松")),
        Term("PREDNISOLONE", Text("prednisolone", "泼尼松龙")),
        Term("METHYLPREDNISOLONE", Text("methylprednisolone", "甲泼尼龙")),
        Term("TRIAMCINOLONE", Text("triamcinolone", "曲安西龙")),
        Term("HYDROCORTISONE", Text("hydrocortisone", "氢化可的松")),
        Term("CORTISONE", Text("cortisone", "可的松")),
        Term("DEXAMETHASONE", Text("dexamethasone", "地塞米松")),
        Term("BETAMETHASONE", Text("betamethasone", "倍他米松")),
        Term("DEFLAZACORT", Text("deflazacort", "地夫可特")),
        Term("OTHER", Text("other drug (name it)", "其他药物（请注明）")),
    ),
)

UNIT = Codelist(code="CMDOSU", terms=(Term("mg", Text("mg", "毫克"), "C28253"), Term("g", Text("g", "克"), "C48155")))

FREQUENCY = Codelist(
    code="FREQ",
    terms=(
        Term("QD", Text("once a day", "每日一次"), "C25473"),
        Term("BID", Text("twice a day", "每日两次"), "C64496"),
        Term("TID", Text("three times a day", "每日三次"), "C64527"),
        Term("QID", Text("four times a day", "每日四次"), "C64530"),
        Term("QOD", Text("every other day", "隔日一次"), "C64525"),
        Term("EVERY WEEK", Text("every week", "每周一次"), "C67069"),
        Term("EVERY 2 WEEKS", Text("every two weeks", "每两周一次"), "C71127"),
        Term("EVERY 4 WEEKS", Text("every four weeks", "每四周一次"), "C64529"),
        Term("QM", Text("every month", "每月一次"), "C64498"),
        Term("ONCE", Text("once", "单次"), "C64576"),
        Term("PRN", Text("as needed", "必要时"), "C64499"),
    ),
)

ROUTE = Codelist(
    code="ROUTE",
    terms=(
        Term("ORAL", Text("by mouth", "口服"), "C38288"),
        Term("INTRAVENOUS", Text("into a vein", "静脉"), "C38276"),
        Term("INTRAMUSCULAR", Text("into a muscle", "肌内注射"), "C28161"),
        Term("SUBCUTANEOUS", Text("under the skin", "皮下注射"), "C38299"),
        Term("INTRA-ARTICULAR", Text("into a joint", "关节腔内"), "C38223"),
        Term("TOPICAL", Text("on the skin", "外用"), "C38304"),
        Term("RESPIRATORY (INHALATION)", Text("inhaled", "吸入"), "C38216"),
    ),
)


def _choice(code: str, label: Text, codelist: Codelist, sdtm: str, dictionary: str | None = None) -> Item:
    return Item(
        code=code,
        label=label,
        kind=Kind.CHOICE,
        audience=TREATING,
        hints_at_arm=True,
        codelist=codelist,
        sdtm=sdtm,
        absences=(Absence.UNKNOWN,),
        dictionary=dictionary,
    )


FORM = Form(
    code="MEDICATIONS",
    title=Text("Background drugs", "合并用药"),
    entered_by=Audience.COORDINATOR | Audience.PHYSICIAN,
    repeats=True,
    sections=(
        Section(
            title=Text("Drug", "药物"),
            items=(
                _choice("CMTRT", Text("Drug", "药物"), DRUG, "CM.CMTRT; CM.CMDECOD; EX.EXTRT where ARM = control", "WHODrug"),
                Item(
                    code="CMOTHER",
                    label=Text("Name of the other drug", "其他药物名称"),
                    kind=Kind.TEXT,
                    audience=TREATING,
                    hints_at_arm=True,
                    shown=Shown(item="CMTRT", among=("OTHER",)),
                    longest=100,
                    sdtm="CM.CMTRT",
                    dictionary="WHODrug",
                ),
                Item(
                    code="CMINDC",
                    label=Text("Given for", "用药原因"),
                    kind=Kind.TEXT,
                    audience=TREATING,
                    hints_at_arm=True,
                    longest=100,
                    required=False,
                    sdtm="CM.CMINDC",
                ),
            ),
        ),
        Section(
            title=Text("Dose", "剂量"),
            items=(
                Item(
                    code="CMDOSE",
                    label=Text("Single dose", "单次剂量"),
                    kind=Kind.DECIMAL,
                    audience=TREATING,
                    hints_at_arm=True,
                    low=Decimal(0),
                    high=Decimal(10000),
                    usual_high=Decimal(3000),
                    decimals=3,
                    absences=(Absence.UNKNOWN,),
                    sdtm="CM.CMDOSE; EX.EXDOSE where ARM = control",
                ),
                _choice("CMDOSU", Text("Unit", "单位"), UNIT, "CM.CMDOSU; EX.EXDOSU where ARM = control"),
                _choice("CMDOSFRQ", Text("How often", "频次"), FREQUENCY, "CM.CMDOSFRQ; EX.EXDOSFRQ where ARM = control"),
                _choice("CMROUTE", Text("Route", "给药途径"), ROUTE, "CM.CMROUTE; EX.EXROUTE where ARM = control"),
            ),
        ),
        Section(
            title=Text("Time", "时间"),
            items=(
                Item(
                    code="CMSTDAT",
                    label=Text("First day of this dose", "该剂量开始日期"),
                    kind=Kind.PARTIAL_DATE,
                    audience=TREATING,
                    hints_at_arm=True,
                    absences=(Absence.UNKNOWN,),
                    sdtm="CM.CMSTDTC; EX.EXSTDTC where ARM = control",
                ),
                Item(
                    code="CMONGO",
                    label=Text("Still taken at this dose?", "是否仍按该剂量使用？"),
                    kind=Kind.CHOICE,
                    audience=TREATING,
                    hints_at_arm=True,
                    codelist=yes_no(),
                    absences=(Absence.UNKNOWN,),
                    sdtm="CM.CMENRTPT",
                ),
                Item(
                    code="CMENDAT",
                    label=Text("Last day of this dose", "该剂量结束日期"),
                    kind=Kind.PARTIAL_DATE,
                    audience=TREATING,
                    hints_at_arm=True,
                    shown=Shown(item="CMONGO", among=("N",)),
                    absences=(Absence.UNKNOWN,),
                    sdtm="CM.CMENDTC; EX.EXENDTC where ARM = control",
                ),
            ),
        ),
    ),
    note=Text(
        "Hidden from the evaluator: a change of background drugs may tell the arm.",
        "对评估者隐藏：合并用药变化可能透露分组。",
    ),
)

CHECKS = (
    Check(code="CM_ORDER", form="MEDICATIONS", reads=("CMSTDAT", "CMENDAT"), by=InOrder("CMSTDAT", "CMENDAT"), hard=True),
)
"""A drug does not end before it begins."""
