"""CDISCPILOT01 as one object: arms, visits, forms and endpoints; `STUDY` is what every command reads."""

from studies.cdisc_pilot.endpoints import ENDPOINTS, ESTIMANDS
from studies.cdisc_pilot.forms import FORMS, LOGS
from trialwright.instruments import adas_cog
from trialwright.protocol import Arm, Assumption, Audience, Epoch, Method, Reading, Study, Summary, Text, Visit

ARMS = (
    Arm(code="PLACEBO", name=Text("placebo", "安慰剂组"), treatment=Text("placebo patch", "安慰剂贴剂"), control=True),
    Arm(code="LOW", name=Text("xanomeline low dose", "占诺美林低剂量组"), treatment=Text("xanomeline patch, 54 mg a day", "占诺美林贴剂 54 mg/日")),
    Arm(
        code="HIGH",
        name=Text("xanomeline high dose", "占诺美林高剂量组"),
        treatment=Text("xanomeline patch, 54 mg a day for two weeks, then 81 mg", "占诺美林贴剂 54 mg/日两周，随后 81 mg/日"),
    ),
)

DOSES = {"PLACEBO": 0, "LOW": 54, "HIGH": 81}
"""Milligrams a day, for the test of dose response."""

EPOCHS = (
    Epoch(code="SCREENING", name=Text("screening", "筛选期")),
    Epoch(code="TREATMENT", name=Text("treatment", "治疗期")),
    Epoch(code="FOLLOWUP", name=Text("follow-up", "随访期")),
)



def _visit(code: str, name: Text, number: float, day: int, *forms: str, epoch: str = "TREATMENT", baseline: bool = False) -> Visit:
    return Visit(code=code, name=name, number=number, day=day, epoch=epoch, forms=("VISIT", *forms), is_baseline=baseline)


def _week(week: int, number: float, *forms: str, epoch: str = "TREATMENT") -> Visit:
    return _visit(f"WEEK{week}", Text(f"Week {week}", f"第 {week} 周"), number, 7 * week - 1, *forms, epoch=epoch)


# A patient who stops early is assessed at that visit, so both scales may be filled at any visit on treatment.
VISITS = (
    _visit("SCREEN1", Text("Screening 1", "筛选 1"), 1, -7, "DEMOGRAPHICS", "DIAGNOSIS", "VITALS", "MMSE", epoch="SCREENING"),
    _visit("SCREEN2", Text("Screening 2", "筛选 2"), 2, -1, epoch="SCREENING"),
    _visit("BASELINE", Text("Baseline", "基线"), 3, 0, "VITALS", "ADAS", baseline=True),
    _visit("ECG_ON", Text("Ambulatory ECG placed", "佩戴动态心电图"), 3.5, 12),
    _week(2, 4, "VITALS", "ADAS", "CIBIC"),
    _week(4, 5, "VITALS", "ADAS", "CIBIC"),
    _visit("ECG_OFF", Text("Ambulatory ECG removed", "取下动态心电图"), 6, 29, "VITALS", "ADAS", "CIBIC"),
    _week(6, 7, "VITALS", "ADAS", "CIBIC"),
    _week(8, 8, "VITALS", "ADAS", "CIBIC"),
    _week(10, 8.1),
    _week(12, 9, "VITALS", "ADAS", "CIBIC"),
    _week(14, 9.1),
    _week(16, 10, "VITALS", "ADAS", "CIBIC"),
    _week(18, 10.1),
    _week(20, 11, "VITALS", "ADAS", "CIBIC"),
    _week(22, 11.1),
    _week(24, 12, "VITALS", "ADAS", "CIBIC"),
    _visit("RETRIEVAL", Text("Retrieval", "召回访视"), 201, 168, "ADAS", "CIBIC", epoch="FOLLOWUP"),
    _week(26, 13, "VITALS", epoch="FOLLOWUP"),
)

READINGS = (
    Reading(
        code="R3",
        title=Text("randomized, double blind", "随机双盲"),
        method=Method.RANDOMIZED,
        consequence=Text("differences between arms are caused by treatment or by chance", "组间差异源于治疗或偶然"),
        bias=Text("early stops differ between arms (65, 49 and 41 assessed at week 24)", "各组提前终止不同（第 24 周有评估者 65、49、41 例）"),
        blocks=(3, 6),
    ),
)

SUMMARY = (
    Summary(name="STYPE", value="INTERVENTIONAL"),
    Summary(name="TTYPE", value="EFFICACY"),
    Summary(name="TTYPE", value="SAFETY"),
    Summary(name="TINDTP", value="TREATMENT"),
    Summary(name="INDIC", value="Alzheimer's Disease (Disorder)"),
    Summary(name="HLTSUBJI", value="N"),
    Summary(name="SEXPOP", value="BOTH"),
    Summary(name="AGEMIN", value="P50Y"),
    Summary(name="AGEMAX", absent="PINF"),
    Summary(name="INTMODEL", value="PARALLEL"),
    Summary(name="INTTYPE", value="DRUG"),
    Summary(name="TBLIND", value="DOUBLE BLIND"),
    Summary(name="TCNTRL", value="PLACEBO"),
    Summary(name="ADDON", value="N"),
    Summary(name="ADAPT", value="N"),
    Summary(name="TRT", value="XANOMELINE", code="9ORI6L73CJ", terminology="UNII"),
)
"""What the published trial summary says (CDISCPILOT01 SDTM, data set TS)."""

ASSUMPTIONS = (
    Assumption(
        code="P01-CONSENT",
        about=Text("date of consent", "知情同意日期"),
        assumed=Text("the day of the first screening visit: the data hold no date of consent (DM.RFICDTC is empty)",
                     "首次筛选访视日：数据中无知情同意日期（DM.RFICDTC 为空）"),
        source=Text("CDISCPILOT01 SDTM, data set DM", "CDISCPILOT01 SDTM，数据集 DM"),
    ),
    Assumption(
        code="P02-WINDOWS",
        about=Text("days on which a visit may take place", "访视允许的日期"),
        assumed=Text("none given, so none are checked; the analysis windows are those of the analysis plan", "未给出，故不检查；分析窗口按统计分析计划"),
        source=Text("CDISCPILOT01 SDTM, data set TV; analysis windows: ADADAS variables AWRANGE and AWTARGET",
                    "CDISCPILOT01 SDTM，数据集 TV；分析窗口：ADADAS 的变量 AWRANGE 与 AWTARGET"),
        verified=True,
    ),
    Assumption(
        code="P03-RETRIEVAL",
        about=Text("planned day of the retrieval visit", "召回访视的计划日"),
        assumed=Text("one day after week 24, for the data give both the same planned day", "第 24 周后一天，因数据中两者计划日相同"),
        source=Text("CDISCPILOT01 SDTM, data set SV (VISITDY 168 for both)", "CDISCPILOT01 SDTM，数据集 SV（两者 VISITDY 均为 168）"),
        verified=True,
    ),
    Assumption(
        code="P04-BLOCKS",
        about=Text("randomization blocks", "随机区组"),
        assumed=Text("sizes 3 and 6; never used, because the arms are taken over from the data", "大小为 3 和 6；分组取自数据，未实际使用"),
        source=Text("none", "无"),
    ),
)

_ROLES = Audience.COORDINATOR | Audience.EVALUATOR | Audience.PHYSICIAN | Audience.SAFETY | Audience.MONITOR
_ROLES |= Audience.DATA_MANAGER | Audience.STATISTICIAN | Audience.INVESTIGATOR | Audience.CUSTODIAN

STUDY = Study(
    code="CDISCPILOT01",
    version="1",
    title=Text("CDISC pilot trial: xanomeline patches in Alzheimer's disease", "CDISC 试点试验：占诺美林贴剂治疗阿尔茨海默病"),
    official_title=Text(
        "Safety and Efficacy of the Xanomeline Transdermal Therapeutic System (TTS) in Patients with Mild to Moderate Alzheimer's Disease",
        "占诺美林透皮治疗系统在轻中度阿尔茨海默病患者中的安全性和有效性",
    ),
    registry="none: a published example, its data altered by its owner before release",
    sponsor="CDISC SDTM/ADaM Pilot Project",
    phase="2",
    summary=SUMMARY,
    registered={
        "design": Text("randomized, double blind, placebo controlled, parallel, 26 weeks, 17 sites", "随机、双盲、安慰剂对照、平行、26 周、17 家中心"),
        "enrollment": Text("306 screened, 254 randomized", "筛选 306 例，随机 254 例"),
    },
    planned=254,
    sites=tuple(str(site) for site in (*range(701, 712), *range(713, 719))),
    country="USA",
    time_zone="America/New_York",
    arms=ARMS,
    epochs=EPOCHS,
    visits=VISITS,
    forms=FORMS,
    logs=LOGS,
    instruments=(adas_cog.INSTRUMENT,),
    estimands=ESTIMANDS,
    endpoints=ENDPOINTS,
    readings=READINGS,
    reading="R3",
    assumptions=ASSUMPTIONS,
    roles=_ROLES,
    blinded=_ROLES & ~(Audience.SAFETY | Audience.CUSTODIAN),
)
