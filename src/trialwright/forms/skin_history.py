"""How the skin did on conventional treatment before the trial: it shows progression, and it hints at the arm."""

from decimal import Decimal

from trialwright.protocol import TREATING, Absence, Audience, Form, Item, Kind, Section, Text, yes_no

_WRITERS = Audience.COORDINATOR | Audience.PHYSICIAN
_UNKNOWN = (Absence.NOT_DONE, Absence.UNKNOWN)


def _total(code: str, en: str, zh: str, sdtm: str) -> Item:
    return Item(
        code=code,
        label=Text(en, zh),
        kind=Kind.INTEGER,
        audience=TREATING,
        hints_at_arm=True,
        low=Decimal(0),
        high=Decimal(51),
        usual_low=Decimal(2),
        usual_high=Decimal(45),
        absences=_UNKNOWN,
        sdtm=sdtm,
    )


def _day(code: str, en: str, zh: str, sdtm: str) -> Item:
    return Item(
        code=code,
        label=Text(en, zh),
        kind=Kind.DATE,
        audience=TREATING,
        hints_at_arm=True,
        absences=_UNKNOWN,
        sdtm=sdtm,
    )


def _asked(code: str, en: str, zh: str, hint: Text | None = None) -> Item:
    return Item(
        code=code,
        label=Text(en, zh),
        kind=Kind.CHOICE,
        audience=TREATING,
        hints_at_arm=True,
        codelist=yes_no(),
        absences=_UNKNOWN,
        hint=hint,
        sdtm=f"FA.FAORRES where FATESTCD = {code[:8]} and FAOBJ = SKIN THICKENING",
    )


FORM = Form(
    code="SKIN_HISTORY",
    title=Text("Skin under conventional treatment", "常规治疗期间的皮肤变化"),
    entered_by=_WRITERS,
    sections=(
        Section(
            title=Text("Skin score by the treating physician", "治疗医师评定的皮肤评分"),
            items=(
                _total(
                    "PREVMRSS",
                    "Total mRSS about six months ago",
                    "约 6 个月前 mRSS 总分",
                    "RS.RSORRES where RSTESTCD = MRSS0118 and RSEVAL = INVESTIGATOR and RSSPID = PREVIOUS",
                ),
                _day("PREVDAT", "Date of that score", "该次评分日期", "RS.RSDTC where RSTESTCD = MRSS0118 and RSEVAL = INVESTIGATOR and RSSPID = PREVIOUS"),
                _total(
                    "CURRMRSS",
                    "Total mRSS at screening, by the treating physician",
                    "筛选时 mRSS 总分（治疗医师评定）",
                    "RS.RSORRES where RSTESTCD = MRSS0118 and RSEVAL = INVESTIGATOR and RSSPID = SCREENING",
                ),
                _day(
                    "CURRDAT",
                    "Date of the score at screening",
                    "筛选评分日期",
                    "RS.RSDTC where RSTESTCD = MRSS0118 and RSEVAL = INVESTIGATOR and RSSPID = SCREENING",
                ),
            ),
        ),
        Section(
            title=Text("Activity after conventional treatment", "常规治疗后的疾病活动"),
            items=(
                _asked(
                    "CONVTRT",
                    "On conventional treatment all the time between the two scores",
                    "两次评分之间持续接受常规治疗",
                ),
                _asked("NEWSKIN", "New skin area involved", "出现新的皮肤受累部位"),
                Item(
                    code="AREASWOR",
                    label=Text("Number of areas that became worse", "加重的皮肤部位数"),
                    kind=Kind.INTEGER,
                    audience=TREATING,
                    hints_at_arm=True,
                    low=Decimal(0),
                    high=Decimal(17),
                    usual_high=Decimal(8),
                    absences=_UNKNOWN,
                    sdtm="FA.FAORRES where FATESTCD = AREASWOR and FAOBJ = SKIN THICKENING",
                ),
            ),
        ),
        Section(
            title=Text("Drug history", "用药史"),
            items=(
                _asked(
                    "MEDCOMPL",
                    "All mycophenolate, cyclophosphamide and steroid doses of the past 7 months are in the drug log",
                    "过去 7 个月的霉酚酸酯、环磷酰胺和激素用药均已录入用药记录",
                    Text(
                        "Only with yes does a gap in the log mean that the drug was not taken; else it is unknown.",
                        "选择“是”时，记录空白表示未用药；否则空白视为未知。",
                    ),
                ),
            ),
        ),
    ),
    note=Text(
        "Hidden from the evaluator: the earlier course may tell the arm.", "对评估者隐藏：既往病程可能透露分组。"
    ),
)
