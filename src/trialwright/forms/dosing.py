"""Each planned injection of the study drug: given or not, how much, where, and why not."""

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
    Shown,
    Term,
    Text,
    one_section,
    yes_no,
)
from trialwright.protocol.checks import SinceIndexDate

SITE_OF_INJECTION = Codelist(
    code="EXLOC",
    terms=(
        Term("ABDOMEN_R", Text("abdomen, right", "右腹部")),
        Term("ABDOMEN_L", Text("abdomen, left", "左腹部")),
        Term("THIGH_R", Text("front of thigh, right", "右大腿前侧")),
        Term("THIGH_L", Text("front of thigh, left", "左大腿前侧")),
        Term("UARM_R", Text("outer upper arm, right", "右上臂外侧")),
        Term("UARM_L", Text("outer upper arm, left", "左上臂外侧")),
    ),
)

NOT_GIVEN = Codelist(
    code="EXREASND",
    terms=(
        Term("ADVERSE_EVENT", Text("adverse event", "不良事件")),
        Term("INFECTION", Text("infection", "感染")),
        Term("LOW_IGG", Text("low immunoglobulin G", "IgG 降低")),
        Term("MISSED_VISIT", Text("the patient did not come", "受试者未到访")),
        Term("REFUSED", Text("refused by the patient", "受试者拒绝")),
        Term("NO_DRUG", Text("no drug at hand", "无药品")),
        Term("OTHER", Text("other", "其他")),
    ),
)

FORM = Form(
    code="DOSING",
    title=Text("Doses of the study drug", "试验药物给药记录"),
    entered_by=Audience.COORDINATOR | Audience.PHYSICIAN,
    repeats=True,
    sections=one_section(
        Text("Dose", "给药"),
        [
            Item(
                code="EXDAT",
                label=Text("Day of the dose (given or planned)", "给药日期（实际或计划）"),
                kind=Kind.DATE,
                audience=TREATING,
                hints_at_arm=True,
                absences=(Absence.UNKNOWN,),
                sdtm="EX.EXSTDTC; EX.EXENDTC; EC.ECSTDTC; EC.ECENDTC",
            ),
            Item(
                code="EXGIVEN",
                label=Text("Given?", "是否给药？"),
                kind=Kind.CHOICE,
                audience=TREATING,
                hints_at_arm=True,
                codelist=yes_no(),
                absences=(Absence.UNKNOWN,),
                sdtm="EC.ECOCCUR where ECTRT = TELITACICEPT",
            ),
            Item(
                code="EXDOSE",
                label=Text("Dose", "剂量"),
                kind=Kind.DECIMAL,
                audience=TREATING,
                hints_at_arm=True,
                unit="mg",
                decimals=1,
                low=Decimal(0),
                high=Decimal(480),
                usual_low=Decimal(80),
                usual_high=Decimal(240),
                shown=Shown(item="EXGIVEN", among=("Y",)),
                absences=(Absence.UNKNOWN,),
                sdtm=(
                    "EX.EXDOSE where EXTRT = TELITACICEPT and EXDOSU = mg and EXDOSFRM = INJECTION and EXDOSFRQ = ONCE "
                    "and EXROUTE = SUBCUTANEOUS; EC.ECDOSE where ECTRT = TELITACICEPT and ECDOSU = mg"
                ),
            ),
            Item(
                code="EXLOC",
                label=Text("Site of injection", "注射部位"),
                kind=Kind.CHOICE,
                audience=TREATING,
                hints_at_arm=True,
                codelist=SITE_OF_INJECTION,
                shown=Shown(item="EXGIVEN", among=("Y",)),
                absences=(Absence.UNKNOWN,),
                sdtm="EX.EXLOC; EX.EXLAT",
                hint=Text(
                    "Injection sites are skin score sites too: cover them in both arms before the evaluator palpates.",
                    "注射部位同时是皮肤评分部位：评估者触诊前两组均需覆盖。",
                ),
            ),
            Item(
                code="EXREASND",
                label=Text("Why not given", "未给药原因"),
                kind=Kind.CHOICE,
                audience=TREATING,
                hints_at_arm=True,
                codelist=NOT_GIVEN,
                shown=Shown(item="EXGIVEN", among=("N",)),
                absences=(Absence.UNKNOWN,),
                sdtm="EC.ECREASOC",
            ),
        ],
    ),
    note=Text("Hidden from everybody who is blinded.", "对所有盲态人员隐藏。"),
)

CHECKS = (Check(code="EX_START", form="DOSING", reads=("EXDAT",), by=SinceIndexDate("EXDAT")),)
"""No dose before the index date."""
