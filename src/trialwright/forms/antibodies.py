"""Autoantibodies at screening: antinuclear antibody and the antibodies that belong to systemic sclerosis."""

from decimal import Decimal

from trialwright.protocol import SITE, Absence, Audience, Codelist, Form, Item, Kind, Section, Shown, Term, Text

RESULT = Codelist(
    code="POSNEG",
    terms=(
        Term("POSITIVE", Text("positive", "阳性"), "C38758"),
        Term("NEGATIVE", Text("negative", "阴性"), "C38757"),
        Term("INDETERMINATE", Text("indeterminate", "不确定"), "C48658"),
    ),
)

SPECIFIC = {
    "ACA": (Text("Anticentromere antibody", "抗着丝点抗体"), "CENTROMERE"),
    "SCL70": (Text("Anti-topoisomerase I antibody (Scl-70)", "抗拓扑异构酶 I 抗体（抗 Scl-70）"), "SCL-70"),
    "RNAP3": (Text("Anti-RNA polymerase III antibody", "抗 RNA 聚合酶 III 抗体"), "RNA POLYMERASE III"),
    "U3RNP": (Text("Anti-U3-RNP antibody (fibrillarin)", "抗 U3-RNP 抗体（纤维蛋白原蛋白）"), None),
    "THTO": (Text("Anti-Th/To antibody", "抗 Th/To 抗体"), None),
    "PMSCL": (Text("Anti-PM-Scl antibody", "抗 PM-Scl 抗体"), None),
    "U1RNP": (Text("Anti-U1-RNP antibody", "抗 U1-RNP 抗体"), None),
}
"""Item code, label, and the CDISC value of the binding agent where one exists (sponsor value elsewhere)."""

POINTS_IN_CLASSIFICATION = ("ACA", "SCL70", "RNAP3")


def _specific(code: str, label: Text, agent: str | None) -> Item:
    where = f"ISTESTCD = ATAB and ISBDAGNT = {agent or code} and ISCAT = SPECIFIC AUTOANTIBODY"
    return Item(
        code=code,
        label=label,
        kind=Kind.CHOICE,
        audience=SITE,
        codelist=RESULT,
        required=code in POINTS_IN_CLASSIFICATION,
        sdtm=f"IS.ISORRES where {where}",
    )


FORM = Form(
    code="ANTIBODIES",
    title=Text("Autoantibodies", "自身抗体"),
    entered_by=Audience.COORDINATOR | Audience.PHYSICIAN,
    sections=(
        Section(
            title=Text("Sample", "样本"),
            items=(
                Item(
                    code="ANTDAT",
                    label=Text("Date of sample or of the earlier report", "采样或既往报告日期"),
                    kind=Kind.DATE,
                    audience=SITE,
                    sdtm="IS.ISDTC",
                ),
                Item(
                    code="METHOD",
                    label=Text("Assay of the specific antibodies", "特异性抗体检测方法"),
                    kind=Kind.TEXT,
                    audience=SITE,
                    required=False,
                    longest=80,
                    sdtm="IS.ISMETHOD where ISCAT = SPECIFIC AUTOANTIBODY",
                ),
            ),
        ),
        Section(
            title=Text("Antinuclear antibody", "抗核抗体"),
            items=(
                Item(
                    code="ANA",
                    label=Text("Antinuclear antibody (ANA)", "抗核抗体（ANA）"),
                    kind=Kind.CHOICE,
                    audience=SITE,
                    codelist=RESULT,
                    sdtm="IS.ISORRES where ISTESTCD = ATAB and ISBDAGNT = NUCLEAR AUTOANTIGENS and ISCAT = ANTINUCLEAR ANTIBODY",
                ),
                Item(
                    code="ANATITER",
                    label=Text("Titer: 1 to", "滴度：1 比"),
                    kind=Kind.INTEGER,
                    audience=SITE,
                    low=Decimal(10),
                    high=Decimal(100000),
                    usual_high=Decimal(10240),
                    required=False,
                    absences=(Absence.NOT_DONE, Absence.UNKNOWN, Absence.NOT_APPLICABLE),
                    shown=Shown(item="ANA", among=("POSITIVE",)),
                    sdtm="IS.ISORRES where ISTESTCD = ATAB and ISBDAGNT = NUCLEAR AUTOANTIGENS and ISCAT = ANTINUCLEAR ANTIBODY and ISTSTDTL = TITER",
                ),
            ),
        ),
        Section(
            title=Text("Specific antibodies", "特异性抗体"),
            items=tuple(_specific(code, label, agent) for code, (label, agent) in SPECIFIC.items()),
        ),
    ),
    note=Text(
        "A positive ANA counts for inclusion but gives no points in the 2013 classification.",
        "ANA 阳性可满足入选条件，但在 2013 年分类标准中不计分。",
    ),
)
