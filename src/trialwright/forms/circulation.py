"""Pulmonary hypertension: functional class, six-minute walk, NT-proBNP, echocardiography, and a right heart catheter where one was done."""

from decimal import Decimal

from trialwright.protocol import (
    SITE,
    Absence,
    Audience,
    Check,
    Codelist,
    Form,
    Item,
    Kind,
    Normal,
    Section,
    Shown,
    Term,
    Text,
    yes_no,
)
from trialwright.protocol.checks import Dated, NotAbove, windowed

WHO_CLASS = Codelist(
    code="WHOFC",
    terms=(
        Term("I", Text("I: no limitation", "I 级：体力活动不受限")),
        Term("II", Text("II: ordinary activity brings symptoms", "II 级：一般活动引起症状")),
        Term("III", Text("III: less than ordinary activity brings symptoms", "III 级：轻微活动即引起症状")),
        Term("IV", Text("IV: symptoms at rest or with any activity", "IV 级：静息或任何活动均有症状")),
    ),
)
_ECHO, _CATHETER = "ECHOCARDIOGRAPHY", "RIGHT HEART CATHETERIZATION"
_CAUSES = (Absence.NOT_DONE, Absence.NOT_ASSESSABLE, Absence.UNKNOWN)
_IF_DONE = Shown(item="RHCDONE", among=("Y",))


def _day(code: str, en: str, zh: str, sdtm: str, shown: Shown | None = None) -> Item:
    return Item(code=code, label=Text(en, zh), kind=Kind.DATE, audience=SITE, sdtm=sdtm, shown=shown)


def _number(
    code: str, label: Text, unit: str, span: tuple[str, str, str, str], sdtm: str, decimals: int = 0, shown: Shown | None = None, required: bool = True,
    normal: tuple[Normal, ...] = (), hint: Text | None = None,
) -> Item:  # fmt: skip
    low, high, usual_low, usual_high = map(Decimal, span)
    return Item(
        code=code,
        label=label,
        kind=Kind.DECIMAL if decimals else Kind.INTEGER,
        audience=SITE,
        unit=unit,
        decimals=decimals or None,
        low=low,
        high=high,
        usual_low=usual_low,
        usual_high=usual_high,
        absences=_CAUSES,
        shown=shown,
        required=required,
        normal=normal,
        hint=hint,
        sdtm=sdtm,
    )


def _question(code: str, label: Text, sdtm: str, hint: Text | None = None) -> Item:
    return Item(
        code=code,
        label=label,
        kind=Kind.CHOICE,
        audience=SITE,
        codelist=yes_no(),
        absences=_CAUSES,
        hint=hint,
        sdtm=sdtm,
    )


def _sign(number: int, code: str, en: str, zh: str, hint_en: str, hint_zh: str) -> Item:
    where = f"CV.CVORRES where CVTESTCD = PHSIGN{number} and CVMETHOD = {_ECHO}"
    return _question(code, Text(en, zh), where, Text(hint_en, hint_zh))


def _pressure(code: str, testcd: str, label: Text, unit: str, high: str, decimals: int = 0) -> Item:
    where = f"CV.CVORRES where CVTESTCD = {testcd} and CVMETHOD = {_CATHETER}"
    return _number(code, label, unit, ("0", high, "0", high), where, decimals, _IF_DONE)


_FUNCTION = (
    _day("PAHDAT", "Date of walk and blood sample", "步行试验与采血日期",
         "RS.RSDTC; FT.FTDTC; LB.LBDTC; CV.CVDTC where CVTESTCD = PAHTNIND and CVMETHOD = MEDICAL RECORD REVIEW"),
    Item(
        code="WHOFC",
        label=Text("WHO functional class", "WHO 心功能分级"),
        kind=Kind.CHOICE,
        audience=SITE,
        codelist=WHO_CLASS,
        absences=_CAUSES,
        sdtm="RS.RSORRES where RSTESTCD = WHOFC and RSCAT = WHO FUNCTIONAL CLASS and RSEVAL = INVESTIGATOR",
    ),
    _number("SIXMWD", Text("Six-minute walk distance", "六分钟步行距离"), "m", ("0", "1200", "120", "750"),
            "FT.FTORRES where FTTESTCD = SIXMW106 and FTCAT = SIX MINUTE WALK"),
    _number("NTPROBNP", Text("NT-proBNP", "N 末端脑钠肽前体（NT-proBNP）"), "ng/L", ("1", "100000", "5", "3000"),
            "LB.LBORRES where LBTESTCD = BNPPRONT and LBCAT = CHEMISTRY and LBSPEC = SERUM", normal=(Normal(high=Decimal(125)),),
            hint=Text("Normal: ≤ 125 (from memory, not verified)", "参考区间：≤ 125（凭记忆，未核实）")),
)  # fmt: skip
_HEART = (
    _day("ECHODAT", "Date of echocardiography", "超声心动图日期", f"CV.CVDTC where CVMETHOD = {_ECHO}; PR.PRSTDTC where PRTRT = {_ECHO} and PRDECOD = {_ECHO}"),
    _number("TRV", Text("Peak tricuspid regurgitation velocity", "三尖瓣反流峰速"), "m/s", ("0.50", "8.00", "1.50", "4.50"),
            f"CV.CVORRES where CVTESTCD = TRVMAX and CVMETHOD = {_ECHO}", decimals=2,
            hint=Text("No measurable regurgitation: choose “cannot be assessed”.", "无可测反流时选择“无法评估”。")),
    _number("RAAREA", Text("Right atrial area", "右房面积"), "cm2", ("3.0", "100.0", "6.0", "40.0"),
            f"CV.CVORRES where CVTESTCD = RAAREA and CVMETHOD = {_ECHO}", decimals=1, required=False),
    _sign(1, "VENTRICLES", "Sign of the ventricles", "心室征象",
          "RV/LV basal ratio > 1.0, flattened septum (LVEI > 1.1) or TAPSE/sPAP < 0.55",
          "右/左室基底径比 > 1.0、室间隔变平（LVEI > 1.1）或 TAPSE/sPAP < 0.55"),
    _sign(2, "ARTERY", "Sign of the pulmonary artery", "肺动脉征象",
          "RVOT acceleration < 105 ms or notch, early diastolic regurgitation > 2.2 m/s, or artery > aortic root or > 25 mm",
          "右室流出道加速时间 < 105 ms 或切迹、舒张早期反流 > 2.2 m/s，或肺动脉 > 主动脉根部或 > 25 mm"),
    _sign(3, "CAVA_ATRIUM", "Sign of vena cava or right atrium", "下腔静脉或右房征象",
          "IVC > 21 mm with reduced collapse, or right atrium > 18 cm2", "下腔静脉 > 21 mm 且塌陷减弱，或右房 > 18 cm²"),
)  # fmt: skip
_CATHETERIZATION = (
    _question("PAHDX", Text("Pulmonary arterial hypertension diagnosed by catheter (now or earlier)", "经右心导管确诊肺动脉高压（本次或既往）"),
              "CV.CVORRES where CVTESTCD = PAHTNIND and CVMETHOD = MEDICAL RECORD REVIEW",
              Text("Strata of risk are derived for diagnosed patients only.", "仅对确诊患者计算危险分层。")),
    _question("RHCDONE", Text("Right heart catheter since the last visit with this page", "自上次填写本页以来是否行右心导管"),
              "[not submitted] the date of the catheter says it"),
    _day("RHCDAT", "Date of the catheter", "右心导管日期",
         f"CV.CVDTC where CVMETHOD = {_CATHETER}; PR.PRSTDTC where PRTRT = {_CATHETER} and PRDECOD = CARDIAC CATHETERIZATION", _IF_DONE),
    _pressure("MPAP", "MPAP", Text("Mean pulmonary artery pressure", "平均肺动脉压"), "mmHg", "120"),
    _pressure("PAWP", "PAWP", Text("Pulmonary artery wedge pressure", "肺动脉楔压"), "mmHg", "60"),
    _pressure("CO", "CARDOUT", Text("Cardiac output", "心输出量"), "L/min", "20.0", 1),
    _pressure("RAP", "RAP", Text("Right atrial pressure", "右房压"), "mmHg", "60"),
)  # fmt: skip

FORM = Form(
    code="PAH",
    title=Text("Pulmonary hypertension", "肺动脉高压"),
    entered_by=Audience.COORDINATOR | Audience.PHYSICIAN,
    sections=(
        Section(title=Text("Function", "功能"), items=_FUNCTION),
        Section(title=Text("Echocardiography", "超声心动图"), items=_HEART),
        Section(title=Text("Diagnosis and catheter", "诊断与右心导管"), items=_CATHETERIZATION),
    ),
    note=Text(
        "Probability by echocardiography and strata of risk (ESC/ERS 2022) are derived, never typed.",
        "超声可能性与危险分层（ESC/ERS 2022）由系统计算，不手工填写。",
    ),
)

CHECKS = (
    Check(
        code="ECHO_DAY",
        form="PAH",
        reads=("ECHODAT", "TRV", "VENTRICLES", "ARTERY", "CAVA_ATRIUM", "RAAREA"),
        by=Dated("ECHODAT", ("TRV", "VENTRICLES", "ARTERY", "CAVA_ATRIUM", "RAAREA")),
    ),
    Check(
        code="RHC_DAY",
        form="PAH",
        reads=("RHCDAT", "MPAP", "PAWP", "CO", "RAP"),
        by=Dated("RHCDAT", ("MPAP", "PAWP", "CO", "RAP")),
    ),
    Check(code="WEDGE", form="PAH", reads=("PAWP", "MPAP"), by=NotAbove("PAWP", "MPAP")),
    windowed("PAH", "PAHDAT"),
)
"""What was measured has a day; the wedge pressure is hardly above the mean pressure."""
