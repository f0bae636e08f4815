"""Disease activity as the treating physician finds it; what other pages measure (skin score, CRP, DLCO) is never asked again."""

from decimal import Decimal

from trialwright.protocol import SITE, Absence, Audience, Form, Item, Kind, Section, Text, yes_no

_CAUSES = (Absence.NOT_DONE, Absence.UNKNOWN)
SIGNS = {
    "DSKIN": (
        Text("Skin worse in the last month, by the patient's account", "近一个月皮肤加重（患者自述）"),
        "SKIN WORSENING",
    ),
    "ULCERS": (Text("Digital ulcers now", "目前有指端溃疡"), "DIGITAL ULCER"),
    "TFR": (Text("Tendon friction rub, at least one", "肌腱摩擦感（至少一处）"), "TENDON FRICTION RUB"),
}
"""The three signs of the revised EUSTAR index that no other page measures, and the object of each finding."""
ORGAN_EVENTS = {
    "RENAL_CRISIS": (Text("New scleroderma renal crisis", "新发硬皮病肾危象"), "SCLERODERMA RENAL CRISIS"),
    "LUNG_DECLINE": (
        Text(
            "FVC down by 15 % of baseline or more (confirmed), below 80 %, lung disease on CT",
            "FVC 较基线下降≥15%（复测证实）、<80% 且 CT 有间质性肺病",
        ),
        "DECLINE OF LUNG FUNCTION",
    ),
    "LV_FAILURE": (
        Text("New left ventricular failure that needs treatment", "新发需治疗的左心衰竭"),
        "LEFT VENTRICULAR FAILURE",
    ),
    "PAH": (
        Text("New pulmonary arterial hypertension that needs treatment", "新发需治疗的肺动脉高压"),
        "PULMONARY ARTERIAL HYPERTENSION",
    ),
}
"""The first step of CRISS: new since baseline and due to systemic sclerosis."""


def _found(code: str, label: Text, about: str, category: str) -> Item:
    return Item(
        code=code,
        label=label,
        kind=Kind.CHOICE,
        audience=SITE,
        codelist=yes_no(),
        absences=_CAUSES,
        sdtm=f"FA.FAORRES where FATESTCD = OCCUR and FAOBJ = {about} and FACAT = {category}",
    )


FORM = Form(
    code="ACTIVITY",
    title=Text("Disease activity", "疾病活动度"),
    entered_by=Audience.PHYSICIAN,
    sections=(
        Section(
            title=Text("Global assessment", "总体评估"),
            items=(
                Item(
                    code="ACTDAT",
                    label=Text("Date of the examination", "检查日期"),
                    kind=Kind.DATE,
                    audience=SITE,
                    sdtm="RS.RSDTC; FA.FADTC",
                ),
                Item(
                    code="MDGA",
                    label=Text(
                        "Physician's global assessment of the disease, 0 (none) to 10 (worst)",
                        "医生对疾病总体评估，0（无）至 10（最重）",
                    ),
                    kind=Kind.DECIMAL,
                    audience=SITE,
                    decimals=1,
                    low=Decimal(0),
                    high=Decimal(10),
                    absences=_CAUSES,
                    sdtm="RS.RSORRES where RSTESTCD = MDGA and RSCAT = PHYSICIAN GLOBAL ASSESSMENT and RSEVAL = INVESTIGATOR",
                ),
            ),
        ),
        Section(
            title=Text("Signs of activity", "活动性表现"),
            items=tuple(_found(code, *told, "DISEASE ACTIVITY") for code, told in SIGNS.items()),
        ),
        Section(
            title=Text("Organ events since baseline", "基线以来的器官事件"),
            items=tuple(_found(code, *told, "ORGAN EVENT") for code, told in ORGAN_EVENTS.items()),
        ),
    ),
    note=Text(
        "The index is derived from the blinded skin score, CRP and DLCO of the same visit. The global assessment is given by a physician "
        "who may know the treatment, and is reported as open-label.",
        "活动指数由同次访视的盲态皮肤评分、CRP 和 DLCO 计算。总体评估由可能知晓治疗的医师作出，按开放标签报告。",
    ),
)
