"""The pages of the pilot trial, item by item as its data sets hold them."""

from decimal import Decimal

from trialwright.protocol import (
    ALL,
    Absence,
    Audience,
    Codelist,
    Form,
    Item,
    Kind,
    Term,
    Text,
    one_section,
    same,
    yes_no,
)

WORK = ALL & ~Audience.PATIENT
"""Everybody at work: nothing here names the arm."""
CARERS = Audience.COORDINATOR | Audience.PHYSICIAN
UNBLINDED = Audience.SAFETY | Audience.CUSTODIAN
"""Double blind: while the trial runs, only the safety officer and the custodian may learn an arm."""
RATERS = Audience.EVALUATOR | Audience.COORDINATOR

ADAS_ITEMS = {
    "ACITM01": (Text("Word recall", "词语回忆"), 10),
    "ACITM02": (Text("Naming objects and fingers", "物品和手指命名"), 5),
    "ACITM03": (Text("Delayed word recall", "延迟词语回忆"), 10),
    "ACITM04": (Text("Commands", "执行指令"), 5),
    "ACITM05": (Text("Constructional praxis", "结构性练习"), 5),
    "ACITM06": (Text("Ideational praxis", "意向性练习"), 5),
    "ACITM07": (Text("Orientation", "定向力"), 8),
    "ACITM08": (Text("Word recognition", "词语辨认"), 12),
    "ACITM09": (Text("Attention and visual search", "注意与视觉搜索"), 40),
    "ACITM10": (Text("Maze", "迷宫"), 240),
    "ACITM11": (Text("Spoken language ability", "口头语言能力"), 5),
    "ACITM12": (Text("Comprehension of spoken language", "口语理解"), 5),
    "ACITM13": (Text("Word finding in spontaneous speech", "自发言语找词困难"), 5),
    "ACITM14": (Text("Recall of test instructions", "测验指令回忆"), 5),
}
"""Every item of the page with its heading and the highest score that the case report form takes."""

MMSE_ITEMS = {
    "MMITM01": (Text("Orientation in time", "时间定向"), 5),
    "MMITM02": (Text("Orientation in place", "地点定向"), 5),
    "MMITM03": (Text("Registration", "即刻记忆"), 3),
    "MMITM04": (Text("Attention and calculation", "注意与计算"), 5),
    "MMITM05": (Text("Recall", "延迟回忆"), 3),
    "MMITM06": (Text("Language and copying", "语言与临摹"), 9),
}

CIBIC_SCALE = Text(
    "1 marked, 2 moderate, 3 minimal improvement; 4 no change; 5 minimal, 6 moderate, 7 marked worsening",
    "1 显著、2 中度、3 轻微改善；4 无变化；5 轻微、6 中度、7 显著恶化",
)

SEX = Codelist(code="SEX", terms=(Term("F", Text("female", "女"), "C16576"), Term("M", Text("male", "男"), "C20197")))
RACE = Codelist(code="RACE", terms=(
    Term("WHITE", Text("white", "白人"), "C41261"),
    Term("BLACK OR AFRICAN AMERICAN", Text("black or African American", "黑人或非裔美国人"), "C16352"),
    Term("ASIAN", Text("Asian", "亚裔"), "C41260"),
    Term("AMERICAN INDIAN OR ALASKA NATIVE", Text("American Indian or Alaska native", "美洲印第安人或阿拉斯加原住民"), "C41259"),
))  # fmt: skip
ETHNIC = Codelist(code="ETHNIC", terms=(
    Term("HISPANIC OR LATINO", Text("Hispanic or Latino", "西班牙裔或拉丁裔"), "C17459"),
    Term("NOT HISPANIC OR LATINO", Text("not Hispanic or Latino", "非西班牙裔或拉丁裔"), "C41222"),
))  # fmt: skip
SEVERITY = Codelist(code="AESEV", terms=(
    Term("MILD", Text("mild", "轻度"), "C41338"),
    Term("MODERATE", Text("moderate", "中度"), "C41339"),
    Term("SEVERE", Text("severe", "重度"), "C41340"),
))  # fmt: skip
RELATED = Codelist(code="AEREL", terms=(
    Term("NONE", Text("not related", "无关")),
    Term("REMOTE", Text("remotely possible", "可能性很小")),
    Term("POSSIBLE", Text("possible", "可能有关")),
    Term("PROBABLE", Text("probable", "很可能有关")),
))  # fmt: skip
OUTCOME = Codelist(code="AEOUT", terms=(
    Term("RECOVERED/RESOLVED", Text("recovered", "痊愈"), "C49498"),
    Term("NOT RECOVERED/NOT RESOLVED", Text("not recovered", "未痊愈"), "C49494"),
    Term("FATAL", Text("fatal", "死亡"), "C48275"),
))  # fmt: skip
DRUG = Codelist(code="EXTRT", terms=(Term("PLACEBO", Text("placebo", "安慰剂")), Term("XANOMELINE", Text("xanomeline", "占诺美林"))))
DSCAT = Codelist(code="DSCAT", terms=(
    Term("DISPOSITION EVENT", Text("disposition event", "处置事件"), "C74590"),
    Term("OTHER EVENT", Text("other event", "其他事件"), "C150811"),
))  # fmt: skip


def _day(code: str, label: Text, sdtm: str, *, partial: bool = False, audience: Audience = WORK, required: bool = True, hints: bool = False) -> Item:
    return Item(code=code, label=label, kind=Kind.PARTIAL_DATE if partial else Kind.DATE, audience=audience, sdtm=sdtm,
                required=required, hints_at_arm=hints)  # fmt: skip


def _choice(code: str, label: Text, codelist: Codelist, sdtm: str, *, audience: Audience = WORK, required: bool = True, hints: bool = False) -> Item:
    return Item(code=code, label=label, kind=Kind.CHOICE, audience=audience, codelist=codelist, sdtm=sdtm, required=required, hints_at_arm=hints)


def _words(code: str, label: Text, sdtm: str) -> Item:
    return Item(code=code, label=label, kind=Kind.TEXT, audience=WORK, sdtm=sdtm)


def _scores(items: dict[str, tuple[Text, int]], scale: str) -> list[Item]:
    return [
        Item(code=code, label=label, kind=Kind.DECIMAL, audience=WORK, low=Decimal(0), high=Decimal(most), decimals=2,
             absences=(Absence.REFUSED, Absence.NOT_DONE), sdtm=f"QS.QSORRES where QSTESTCD = {code} and QSCAT = {scale}")
        for code, (label, most) in items.items()
    ]


VISIT = Form(
    code="VISIT", title=Text("Visit", "访视"), entered_by=CARERS,
    sections=one_section(Text("Visit", "访视"), [_day("SVSTDAT", Text("Date of the visit", "访视日期"), "SV.SVSTDTC")]),
)  # fmt: skip

DEMOGRAPHICS = Form(
    code="DEMOGRAPHICS", title=Text("Demographics", "人口学资料"), entered_by=CARERS,
    sections=one_section(Text("Patient", "受试者"), [
        Item(code="AGE", label=Text("Age", "年龄"), kind=Kind.INTEGER, audience=WORK, unit="years", low=Decimal(18), high=Decimal(110), sdtm="DM.AGE"),
        _choice("SEX", Text("Sex", "性别"), SEX, "DM.SEX"),
        _choice("RACE", Text("Race", "种族"), RACE, "DM.RACE"),
        _choice("ETHNIC", Text("Ethnic group", "族裔"), ETHNIC, "DM.ETHNIC"),
        Item(code="EDULEVEL", label=Text("Years of education", "受教育年数"), kind=Kind.INTEGER, audience=WORK, unit="years",
             low=Decimal(0), high=Decimal(40), required=False, sdtm="SC.SCORRES where SCTESTCD = EDULEVEL"),
    ]),
)  # fmt: skip

DIAGNOSIS = Form(
    code="DIAGNOSIS", title=Text("Alzheimer's disease", "阿尔茨海默病"), entered_by=CARERS,
    sections=one_section(Text("Onset", "起病"), [
        _day("MHSTDAT", Text("First definite symptoms", "首次明确症状日期"),
             "MH.MHSTDTC where MHTERM = ALZHEIMER'S DISEASE and MHCAT = PRIMARY DIAGNOSIS", partial=True),
    ]),
)  # fmt: skip

VITALS = Form(
    code="VITALS", title=Text("Body size", "身高体重"), entered_by=CARERS,
    sections=one_section(Text("Body size", "身高体重"), [
        Item(code="HEIGHT", label=Text("Height", "身高"), kind=Kind.DECIMAL, audience=WORK, unit="cm", low=Decimal(100), high=Decimal(230),
             decimals=2, required=False, sdtm="VS.VSORRES where VSTESTCD = HEIGHT"),
        Item(code="WEIGHT", label=Text("Weight", "体重"), kind=Kind.DECIMAL, audience=WORK, unit="kg", low=Decimal(25), high=Decimal(250),
             decimals=2, required=False, sdtm="VS.VSORRES where VSTESTCD = WEIGHT"),
    ]),
)  # fmt: skip

ADAS = Form(
    code="ADAS", title=same("ADAS-Cog"), entered_by=RATERS, instrument="ADAS-COG",
    sections=one_section(same("ADAS-Cog"), [
        _day("QSDAT", Text("Date of assessment", "评估日期"), "QS.QSDTC where QSCAT = ADAS-COG"), *_scores(ADAS_ITEMS, "ADAS-COG")]),
    note=Text("Items 3, 9 and 10 are recorded and not counted in ADAS-Cog (11).", "第 3、9、10 项记录但不计入 ADAS-Cog (11)。"),
)  # fmt: skip

CIBIC = Form(
    code="CIBIC", title=same("CIBIC+"), entered_by=RATERS,
    sections=one_section(same("CIBIC+"), [
        _day("QSDAT", Text("Date of assessment", "评估日期"), "QS.QSDTC where QSCAT = ADCS-CGIC"),
        Item(code="CIBIC", label=Text("Change since baseline", "较基线的变化"), kind=Kind.INTEGER, audience=WORK, low=Decimal(1), high=Decimal(7),
             sdtm="QS.QSORRES where QSTESTCD = CIBIC and QSCAT = ADCS-CGIC", hint=CIBIC_SCALE),
    ]),
)  # fmt: skip

MMSE = Form(
    code="MMSE", title=same("MMSE"), entered_by=RATERS,
    sections=one_section(same("MMSE"), [
        _day("QSDAT", Text("Date of assessment", "评估日期"), "QS.QSDTC where QSCAT = MMSE"), *_scores(MMSE_ITEMS, "MMSE")]),
)  # fmt: skip

EXPOSURE = Form(
    code="EXPOSURE", title=Text("Patches worn", "贴剂使用"), entered_by=UNBLINDED, repeats=True,
    sections=one_section(Text("Period", "用药期"), [
        _choice("EXTRT", Text("Treatment", "治疗"), DRUG, "EX.EXTRT", audience=UNBLINDED, hints=True),
        Item(code="EXDOSE", label=Text("Dose a day", "每日剂量"), kind=Kind.DECIMAL, audience=UNBLINDED, hints_at_arm=True, unit="mg",
             low=Decimal(0), high=Decimal(200), sdtm="EX.EXDOSE"),
        _day("EXSTDAT", Text("First day", "开始日期"), "EX.EXSTDTC", audience=UNBLINDED, hints=True),
        _day("EXENDAT", Text("Last day", "结束日期"), "EX.EXENDTC", audience=UNBLINDED, hints=True, required=False),
    ]),
    note=Text("Double blind: only the safety officer and the custodian read this while the trial runs.", "双盲：研究期间仅安全性负责人和盲底保管人可读。"),
)  # fmt: skip

ADVERSE_EVENTS = Form(
    code="ADVERSE_EVENTS", title=Text("Adverse events", "不良事件"), entered_by=CARERS | Audience.SAFETY, repeats=True,
    sections=one_section(Text("Event", "事件"), [
        _words("AETERM", Text("Event", "事件"), "AE.AETERM"),
        _words("AEDECOD", Text("Preferred term", "首选术语"), "AE.AEDECOD"),
        _words("AEBODSYS", Text("System organ class", "系统器官分类"), "AE.AEBODSYS"),
        _day("AESTDAT", Text("First day", "开始日期"), "AE.AESTDTC", partial=True),
        _day("AEENDAT", Text("Last day", "结束日期"), "AE.AEENDTC", partial=True, required=False),
        _choice("AESEV", Text("Severity", "严重程度"), SEVERITY, "AE.AESEV"),
        _choice("AESER", Text("Serious", "是否严重不良事件"), yes_no(), "AE.AESER"),
        _choice("AEREL", Text("Related to treatment", "与治疗的关系"), RELATED, "AE.AEREL", required=False),
        _choice("AEOUT", Text("Outcome", "转归"), OUTCOME, "AE.AEOUT"),
    ]),
)  # fmt: skip

DISPOSITION = Form(
    code="DISPOSITION", title=Text("Disposition", "受试者处置"), entered_by=CARERS, repeats=True,
    sections=one_section(Text("Event", "事件"), [
        _choice("DSCAT", Text("Kind", "类别"), DSCAT, "DS.DSCAT"),
        _words("DSTERM", Text("In the reporter's words", "报告者用语"), "DS.DSTERM"),
        _words("DSDECOD", Text("Standard term", "标准术语"), "DS.DSDECOD"),
        _day("DSSTDAT", Text("Date", "日期"), "DS.DSSTDTC"),
    ]),
)  # fmt: skip

FORMS = (VISIT, DEMOGRAPHICS, DIAGNOSIS, VITALS, ADAS, CIBIC, MMSE, EXPOSURE, ADVERSE_EVENTS, DISPOSITION)
LOGS = ("EXPOSURE", "ADVERSE_EVENTS", "DISPOSITION")
