"""Where each record of the pilot trial's SDTM goes in the forms of this study, and what is left out on purpose."""

from studies.cdisc_pilot.forms import ADAS_ITEMS, MMSE_ITEMS
from trialwright.exchange.sdtm_mapping import LeftOut, Lookup, Pages, SdtmMapping, Status, Subjects
from trialwright.protocol import Absence, Text

SUBJECTS = Subjects(
    dataset="dm",
    subject="USUBJID",
    site="SITEID",
    arm="ARMCD",
    arms={"Pbo": "PLACEBO", "Xan_Lo": "LOW", "Xan_Hi": "HIGH"},
    failures=("Scrnfail",),
    start="RFSTDTC",
    consented=Lookup(dataset="sv", where={"VISITNUM": ("1",)}, column="SVSTDTC"),
    consent_version="not recorded",
    failed=Lookup(dataset="ds", where={"DSDECOD": ("SCREEN FAILURE",)}, column="DSSTDTC", reason="DSTERM"),
    ended=Lookup(dataset="ds", where={"DSCAT": ("DISPOSITION EVENT",)}, column="DSSTDTC", reason="DSDECOD"),
    completed=("COMPLETED",),
)

CIBIC_CODES = {
    "MARKED IMPROVEMENT": "1",
    "MODERATE IMPROVEMENT": "2",
    "MINIMAL IMPROVEMENT": "3",
    "NO CHANGE": "4",
    "MINIMAL WORSENING": "5",
    "MODERATE WORSENING": "6",
    "MARKED WORSENING": "7",
}
_ABSENT = Status(column="QSSTAT", absences={"NOT DONE": Absence.REFUSED})
"""The only reason that the data give for an item not done is that the patient refused to answer (QSREASND)."""

UNPLANNED = tuple(
    f"UNSCHEDULED {number}"
    for number in ("1.1", "1.2", "1.3", "3.1", "4.1", "4.2", "5.1", "6.1", "7.1", "8.2", "9.2", "9.3", "10.2", "11.2", "12.1", "13.1")
)


def _adverse_event_columns() -> dict[str, str]:
    same = ("AETERM", "AEDECOD", "AEBODSYS", "AESEV", "AESER", "AEREL", "AEOUT")
    return {code: code for code in same} | {"AESTDTC": "AESTDAT", "AEENDTC": "AEENDAT"}


PAGES = (
    Pages(dataset="sv", domain="SV", form="VISIT", visit="VISITNUM", sequence="VISITNUM", items={"SVSTDTC": "SVSTDAT"},
          where={"VISIT": ("SCREENING 1", "SCREENING 2", "BASELINE", "AMBUL ECG PLACEMENT", "AMBUL ECG REMOVAL", "RETRIEVAL",
                           *(f"WEEK {week}" for week in (2, 4, 6, 8, 12, 16, 20, 24, 26)),
                           *(f"WEEK {week} (T)" for week in (10, 14, 18, 22)))}),
    Pages(dataset="dm", domain="DM", form="DEMOGRAPHICS", fixed_visit="SCREEN1", sequence="SUBJID",
          items={"AGE": "AGE", "SEX": "SEX", "RACE": "RACE", "ETHNIC": "ETHNIC"}),
    Pages(dataset="sc", domain="SC", form="DEMOGRAPHICS", fixed_visit="SCREEN1", sequence="SCSEQ", test="SCTESTCD", result="SCORRES",
          items={"EDULEVEL": "EDULEVEL"}),
    Pages(dataset="mh", domain="MH", form="DIAGNOSIS", visit="VISITNUM", sequence="MHSEQ", where={"MHCAT": ("PRIMARY DIAGNOSIS",)},
          items={"MHSTDTC": "MHSTDAT"}),
    Pages(dataset="vs", domain="VS", form="VITALS", visit="VISITNUM", sequence="VSSEQ", test="VSTESTCD", result="VSSTRESC",
          items={"HEIGHT": "HEIGHT", "WEIGHT": "WEIGHT"}),
    Pages(dataset="qsco", domain="QS", form="ADAS", visit="VISITNUM", sequence="QSSEQ", test="QSTESTCD", result="QSORRES",
          items={code: code for code in ADAS_ITEMS}, once={"QSDTC": "QSDAT"}, status=_ABSENT),
    Pages(dataset="qsgi", domain="QS", form="CIBIC", visit="VISITNUM", sequence="QSSEQ", test="QSTESTCD", result="QSORRES",
          items={"CIBIC": "CIBIC"}, once={"QSDTC": "QSDAT"}, terms={"CIBIC": CIBIC_CODES}),
    Pages(dataset="qsmm", domain="QS", form="MMSE", visit="VISITNUM", sequence="QSSEQ", test="QSTESTCD", result="QSORRES",
          items={code: code for code in MMSE_ITEMS}, once={"QSDTC": "QSDAT"}, status=_ABSENT),
    Pages(dataset="ex", domain="EX", form="EXPOSURE", sequence="EXSEQ",
          items={"EXTRT": "EXTRT", "EXDOSE": "EXDOSE", "EXSTDTC": "EXSTDAT", "EXENDTC": "EXENDAT"}),
    Pages(dataset="ae", domain="AE", form="ADVERSE_EVENTS", sequence="AESEQ", items=_adverse_event_columns()),
    Pages(dataset="ds", domain="DS", form="DISPOSITION", sequence="DSSEQ",
          items={"DSCAT": "DSCAT", "DSTERM": "DSTERM", "DSDECOD": "DSDECOD", "DSSTDTC": "DSSTDAT"}),
)  # fmt: skip

LEFT_OUT = (
    LeftOut(dataset="qsco", where={"QSTESTCD": ("ACTOT",)},
            because=Text("a total that somebody derived: it is computed again from its items", "他人推导的总分：由各项目重新计算")),
    LeftOut(dataset="sv", where={"VISIT": UNPLANNED},
            because=Text("an unscheduled visit without an assessment that this study uses", "无本研究所用评估的计划外访视")),
    LeftOut(dataset="sv", where={"VISIT": ("AE FOLLOW-UP",)},
            because=Text("a contact after the end of the study, without assessments", "研究结束后的联系，无评估")),
    LeftOut(dataset="mh", where={"MHCAT": ("HISTORICAL DIAGNOSIS", "SIGNIFICANT PRE-EXISTING CONDITION")},
            because=Text("other diseases, which no table of this study uses", "其他疾病，本研究表格未使用")),
    LeftOut(dataset="vs", where={"VSTESTCD": ("DIABP", "SYSBP", "PULSE", "TEMP")},
            because=Text("blood pressure, pulse and temperature, which no table of this study uses", "血压、脉搏、体温，本研究表格未使用")),
)  # fmt: skip

MAPPING = SdtmMapping(subjects=SUBJECTS, pages=PAGES, left_out=LEFT_OUT)
