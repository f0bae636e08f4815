"""Who the patient is as far as the analysis needs it: birth date, sex, body size, group for lung reference values."""

from decimal import Decimal

from attrs import frozen

from trialwright.protocol import (
    SITE,
    Absence,
    Audience,
    Check,
    Codelist,
    Form,
    Glance,
    Item,
    Kind,
    Term,
    Text,
    one_section,
)
from trialwright.protocol.checks import BornBeforeConsent

SEX = Codelist(code="SEX", terms=(Term("F", Text("female", "女"), "C16576"), Term("M", Text("male", "男"), "C20197")))
ETHNIC = Codelist(
    code="GLI2012GROUP",
    terms=(
        Term("CAUCASIAN", Text("Caucasian", "高加索人")),
        Term("AFRICAN_AMERICAN", Text("African American", "非裔美国人")),
        Term("NORTHEAST_ASIAN", Text("North East Asian", "东北亚人（含中国北方）")),
        Term("SOUTHEAST_ASIAN", Text("South East Asian", "东南亚人（含中国南方）")),
        Term("OTHER", Text("other or mixed", "其他或混合")),
    ),
)

FORM = Form(
    code="DEMOGRAPHICS",
    title=Text("Demographics", "人口学资料"),
    entered_by=Audience.COORDINATOR | Audience.PHYSICIAN,
    sections=one_section(
        Text("Patient", "受试者"),
        [
            Item(
                code="BRTHDAT",
                label=Text("Date of birth", "出生日期"),
                kind=Kind.DATE,
                audience=SITE,
                absences=(Absence.UNKNOWN,),
                sdtm="DM.BRTHDTC",
            ),
            Item(
                code="SEX",
                label=Text("Sex", "性别"),
                kind=Kind.CHOICE,
                audience=SITE,
                codelist=SEX,
                absences=(Absence.UNKNOWN,),
                sdtm="DM.SEX",
            ),
            Item(
                code="HEIGHT",
                label=Text("Height", "身高"),
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
                code="WEIGHT",
                label=Text("Weight", "体重"),
                kind=Kind.DECIMAL,
                audience=SITE,
                unit="kg",
                decimals=1,
                low=Decimal(25),
                high=Decimal(250),
                usual_low=Decimal(38),
                usual_high=Decimal(110),
                sdtm="VS.VSORRES where VSTESTCD = WEIGHT",
            ),
            Item(
                code="ETHNIC",
                label=Text("Group for lung reference values (GLI-2012)", "肺功能参考值人群（GLI-2012）"),
                kind=Kind.CHOICE,
                audience=SITE,
                codelist=ETHNIC,
                absences=(Absence.UNKNOWN,),
                sdtm="SUPPDM.QVAL where QNAM = GLIGROUP",
                hint=Text(
                    "Used by the GLI-2012 equations only; GLI Global 2022 does not ask it.",
                    "仅用于 GLI-2012 方程；GLI Global 2022 不需要。",
                ),
            ),
        ],
    ),
)


@frozen
class PlausibleBody:
    """The body mass index of height and weight lies between two bounds (kg/m2)."""

    low: Decimal
    high: Decimal

    def __call__(self, seen: Glance) -> Text | None:
        height, weight = seen.here.get("HEIGHT"), seen.here.get("WEIGHT")
        if not isinstance(height, Decimal) or not isinstance(weight, Decimal):
            return None
        index = round(weight / (height / 100) ** 2, 1)
        if self.low <= index <= self.high:
            return None
        return Text(
            f"Height {height} cm and weight {weight} kg give a body mass index of {index} kg/m2 (usually {self.low} to {self.high}). "
            "Check both, or say why it is right.",
            f"身高 {height} cm、体重 {weight} kg，体重指数为 {index} kg/m2（通常 {self.low}–{self.high}），请核对，或说明原因。",
        )


CHECKS = (
    Check(code="BORN", form="DEMOGRAPHICS", reads=("BRTHDAT",), by=BornBeforeConsent("BRTHDAT"), hard=True),
    Check(
        code="BODY",
        form="DEMOGRAPHICS",
        reads=("HEIGHT", "WEIGHT"),
        by=PlausibleBody(low=Decimal(14), high=Decimal(45)),
    ),
)
"""Born before the consent; a body mass index that a person can live with."""
