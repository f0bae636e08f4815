"""Lung function: what was blown (FVC, FEV1, DLCO); percent predicted is always derived, with the equation named."""

from decimal import Decimal

from trialwright.protocol import SITE, Absence, Audience, Check, Form, Item, Kind, Section, Text
from trialwright.protocol.checks import NotAbove, Steady, windowed

FORM = Form(
    code="LUNG",
    title=Text("Lung function", "肺功能"),
    entered_by=Audience.COORDINATOR | Audience.PHYSICIAN,
    instrument="SPIROMETRY",
    sections=(
        Section(
            title=Text("Spirometry", "肺通气功能"),
            items=(
                Item(
                    code="LUNGDAT",
                    label=Text("Date of the test", "检查日期"),
                    kind=Kind.DATE,
                    audience=SITE,
                    sdtm="RE.REDTC; VS.VSDTC",
                ),
                Item(
                    code="FVC",
                    label=Text("Forced vital capacity, best acceptable blow", "用力肺活量（最佳合格值）"),
                    kind=Kind.DECIMAL,
                    audience=SITE,
                    unit="L",
                    decimals=2,
                    low=Decimal("0.30"),
                    high=Decimal("9.00"),
                    usual_low=Decimal("1.00"),
                    usual_high=Decimal("6.00"),
                    absences=(Absence.NOT_DONE, Absence.NOT_ASSESSABLE, Absence.UNKNOWN),
                    sdtm="RE.REORRES where RETESTCD = FVC",
                ),
                Item(
                    code="FEV1",
                    label=Text("Forced expiratory volume in one second", "第一秒用力呼气容积"),
                    kind=Kind.DECIMAL,
                    audience=SITE,
                    unit="L",
                    decimals=2,
                    low=Decimal("0.20"),
                    high=Decimal("8.00"),
                    usual_low=Decimal("0.70"),
                    usual_high=Decimal("5.00"),
                    required=False,
                    absences=(Absence.NOT_DONE, Absence.NOT_ASSESSABLE, Absence.UNKNOWN),
                    sdtm="RE.REORRES where RETESTCD = FEV1",
                ),
                Item(
                    code="HEIGHT",
                    label=Text("Height at the test", "检查时身高"),
                    kind=Kind.DECIMAL,
                    audience=SITE,
                    unit="cm",
                    decimals=1,
                    low=Decimal(100),
                    high=Decimal(220),
                    usual_low=Decimal(140),
                    usual_high=Decimal(200),
                    sdtm="VS.VSORRES where VSTESTCD = HEIGHT",
                ),
                Item(
                    code="FVCPPREP",
                    label=Text("FVC percent predicted as printed by the laboratory", "报告单上的 FVC 占预计值百分比"),
                    kind=Kind.DECIMAL,
                    audience=SITE,
                    unit="%",
                    decimals=1,
                    low=Decimal(5),
                    high=Decimal(200),
                    usual_low=Decimal(30),
                    usual_high=Decimal(130),
                    required=False,
                    sdtm="RE.REORRES where RETESTCD = FVCPP and RECAT = AS REPORTED BY THE LABORATORY",
                    hint=Text(
                        "For comparison only. The trial derives its own value with the equation that the protocol names.",
                        "仅供核对。试验按方案指定的参考方程自行计算。",
                    ),
                ),
                Item(
                    code="EQUATION",
                    label=Text("Reference equation printed by the laboratory", "报告单所用参考方程"),
                    kind=Kind.TEXT,
                    audience=SITE,
                    required=False,
                    longest=80,
                    sdtm="SUPPRE.QVAL where QNAM = REFEQN and RECAT = AS REPORTED BY THE LABORATORY",
                ),
            ),
        ),
        Section(
            title=Text("Diffusing capacity", "弥散功能"),
            items=(
                Item(
                    code="DLCO",
                    label=Text("DLCO, not corrected for hemoglobin", "一氧化碳弥散量（未经血红蛋白校正）"),
                    kind=Kind.DECIMAL,
                    audience=SITE,
                    unit="mmol/min/kPa",
                    decimals=2,
                    low=Decimal("0.50"),
                    high=Decimal("20.00"),
                    usual_low=Decimal("2.00"),
                    usual_high=Decimal("14.00"),
                    required=False,
                    sdtm="RE.REORRES where RETESTCD = DLCO",
                    hint=Text(
                        "Corrected with the hemoglobin of the laboratory page of the same visit, where there is one.",
                        "如同次访视实验室页有血红蛋白，系统据此校正。",
                    ),
                ),
            ),
        ),
    ),
)

CHECKS = (
    Check(code="LUNG_FEV1", form="LUNG", reads=("FEV1", "FVC"), by=NotAbove("FEV1", "FVC"), hard=True),
    Check(
        code="LUNG_HEIGHT",
        form="LUNG",
        reads=("HEIGHT",),
        elsewhere=(("LUNG", "HEIGHT"), ("DEMOGRAPHICS", "HEIGHT")),
        by=Steady("HEIGHT", (("LUNG", "HEIGHT"), ("DEMOGRAPHICS", "HEIGHT")), Decimal(3)),
    ),
    windowed("LUNG", "LUNGDAT"),
)
"""FEV1 is a part of FVC; a grown person's height does not change by more than 3 cm; the test lies in its window."""
