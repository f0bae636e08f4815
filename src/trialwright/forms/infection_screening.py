"""Hepatitis and tuberculosis before the first dose: what a drug against B cells could wake."""

from trialwright.protocol import SITE, Absence, Audience, Codelist, Form, Item, Kind, Section, Shown, Term, Text, yes_no

RESULT = Codelist(
    code="POSNEG2",
    terms=(Term("POSITIVE", Text("positive", "阳性"), "C38758"), Term("NEGATIVE", Text("negative", "阴性"), "C38757")),
)
ASSAY = Codelist(code="IGRA", terms=(*RESULT.terms, Term("INDETERMINATE", Text("indeterminate", "不确定"), "C48658")))
_CAUSES = (Absence.NOT_DONE, Absence.UNKNOWN)


def _result(code: str, label: Text, sdtm: str, codelist: Codelist = RESULT, shown: Shown | None = None) -> Item:
    return Item(
        code=code,
        label=label,
        kind=Kind.CHOICE,
        audience=SITE,
        codelist=codelist,
        absences=_CAUSES,
        shown=shown,
        sdtm=sdtm,
    )


def _antibody(antigen: str) -> str:
    return f"IS.ISORRES where ISTESTCD = MBAB and ISBDAGNT = {antigen} and ISCAT = INFECTION SCREENING"


FORM = Form(
    code="INFECTION",
    title=Text("Hepatitis and tuberculosis screening", "肝炎与结核筛查"),
    entered_by=Audience.COORDINATOR | Audience.PHYSICIAN,
    sections=(
        Section(
            title=Text("Hepatitis", "肝炎"),
            items=(
                Item(
                    code="INFDAT",
                    label=Text("Date of the samples", "采样日期"),
                    kind=Kind.DATE,
                    audience=SITE,
                    sdtm="MB.MBDTC; IS.ISDTC; FA.FADTC",
                ),
                _result(
                    "HBSAG", Text("Hepatitis B surface antigen", "乙肝表面抗原"), "MB.MBORRES where MBTESTCD = HBSAG"
                ),
                _result(
                    "HBCAB",
                    Text("Hepatitis B core antibody", "乙肝核心抗体"),
                    _antibody("HEPATITIS B VIRUS CORE ANTIGEN"),
                ),
                _result(
                    "HBVDNA",
                    Text("Hepatitis B virus DNA", "乙肝病毒 DNA"),
                    "MB.MBORRES where MBTESTCD = HBDNA",
                    shown=Shown(item="HBCAB", among=("POSITIVE",)),
                ),
                _result("HCVAB", Text("Hepatitis C antibody", "丙肝抗体"), _antibody("HEPATITIS C VIRUS")),
            ),
        ),
        Section(
            title=Text("Tuberculosis", "结核"),
            items=(
                _result(
                    "IGRA",
                    Text("Interferon-gamma release assay", "γ-干扰素释放试验"),
                    "MB.MBORRES where MBTESTCD = MYTBGIR",
                    ASSAY,
                ),
                _result(
                    "IMAGING",
                    Text("Chest imaging suggests active tuberculosis", "胸部影像提示活动性结核"),
                    "FA.FAORRES where FATESTCD = OCCUR and FAOBJ = ACTIVE TUBERCULOSIS ON IMAGING and FACAT = INFECTION SCREENING",
                    yes_no(),
                ),
                _result(
                    "PREVENTED",
                    Text("Preventive treatment completed", "已完成预防性治疗"),
                    "FA.FAORRES where FATESTCD = OCCUR and FAOBJ = TUBERCULOSIS PREVENTIVE TREATMENT and FACAT = INFECTION SCREENING",
                    yes_no(),
                    Shown(item="IGRA", among=("POSITIVE",)),
                ),
            ),
        ),
    ),
    note=Text(
        "Safety information, not a registered criterion: what follows from the results is a proposal for the protocol to confirm.",
        "安全性信息，并非注册的入选标准；由结果推出的建议须经方案确认。",
    ),
)
