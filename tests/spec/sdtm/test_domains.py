"""The tabulation of a small history told by hand: each domain as a table that a person can check line by line."""

from collections.abc import Sequence
from typing import Any

import polars as pl
import pytest

from tests.histories import PERSON, STUDY, History, day, example
from trialwright import sdtm
from trialwright.protocol import Absence, Audience
from trialwright.record import Refused

pytestmark = pytest.mark.spec
Frames = dict[str, pl.DataFrame]


@pytest.fixture(scope="module")
def frames() -> Frames:
    return sdtm.build(STUDY, example().seen_by())


def table(frame: pl.DataFrame, *columns: str, where: pl.Expr | None = None) -> list[tuple[Any, ...]]:
    """These columns, the subject by his short name."""
    picked = frame if where is None else frame.filter(where)
    return [(row[0].removeprefix("NCT06546540-"), *row[1:]) for row in picked.select("USUBJID", *columns).rows()]


def only(frame: pl.DataFrame, subject: str, *columns: str) -> list[Sequence[Any]]:
    return frame.filter(pl.col("USUBJID") == f"NCT06546540-{subject}").select(columns).rows()


def test_demographics(frames: Frames) -> None:
    """One row per person; a screen failure has no arm and no reference day; the age is that at consent."""
    assert table(frames["DM"], "RFSTDTC", "RFXSTDTC", "RFXENDTC", "RFENDTC", "AGE", "SEX", "ARMCD", "ACTARMCD", "ARMNRS") == [
        ("C1", "2026-01-05", "2026-01-05", "2026-01-05", None, 44, "F", "C", "C", None),
        ("F1", None, None, None, None, None, None, None, None, "SCREEN FAILURE"),
        ("T1", "2026-01-05", "2026-01-05", "2026-01-12", "2026-12-07", 44, "F", "T", "T", None),
        ("T2", "2026-01-05", "2026-01-05", "2026-01-05", "2026-02-13", 44, "F", "T", "T", None),
    ]


def test_age_counts_full_years() -> None:
    """The day before a birthday is a year younger; 29 February comes of age on 1 March."""
    told = History()
    for subject, born in (("A", "1981-12-20"), ("B", "1981-12-21"), ("C", "1980-02-29")):
        told.screened(subject)
        told.fill(subject, "SCREENING", "DEMOGRAPHICS", PERSON | {"BRTHDAT": born})
    assert table(sdtm.build(STUDY, told.seen_by())["DM"], "AGE") == [("A", 44), ("B", 43), ("C", 45)]


def test_assigned_but_never_treated() -> None:
    """Without a dose on record there is no actual arm, and the reason is said; a control arm needs no dose."""
    told = History()
    told.treated("A", "T")
    told.treated("B", "C")
    told.screened("S")
    dm = sdtm.build(STUDY, told.seen_by())["DM"]
    assert table(dm, "ARMCD", "ACTARMCD", "ARMNRS") == [
        ("A", "T", None, "ASSIGNED, NOT TREATED"), ("B", "C", "C", None), ("S", None, None, "NOT ASSIGNED")]  # fmt: skip


def test_skin_score(frames: Frames) -> None:
    """17 sites and, where all are known, their total; a site that cannot be assessed is not done and leaves no total."""
    rs = frames["RS"]
    totals = pl.col("RSTESTCD") == "MRSS0118"
    assert table(rs, "VISIT", "RSDTC", "RSDY", "RSSTRESN", "RSDRVFL", "RSLOBXFL", where=totals) == [
        ("C1", "BASELINE", "2026-01-05", 1, 18.0, "Y", "Y"),
        ("C1", "WEEK 4", "2026-02-03", 30, 21.0, "Y", None),
        ("C1", "WEEK 24", "2026-06-22", 169, 34.0, "Y", None),
        ("T1", "BASELINE", "2026-01-05", 1, 18.0, "Y", "Y"),
        ("T1", "WEEK 4", "2026-02-02", 29, 17.0, "Y", None),
        ("T1", "WEEK 24", "2026-06-24", 171, 5.0, "Y", None),
        ("T2", "BASELINE", "2026-01-05", 1, 18.0, "Y", "Y"),
    ]
    week8 = (pl.col("USUBJID") == "NCT06546540-T1") & (pl.col("VISITNUM") == 4.0)
    sites = rs.filter(week8)
    assert sites.height == 17
    assert sites.filter(pl.col("RSSTAT") == "NOT DONE").select("RSTESTCD", "RSREASND", "RSSTRESC", "RSDY").rows() == [("MRSS0109", "NOT ASSESSABLE", None, 58)]
    assert set(rs["RSEVAL"]) == {"INDEPENDENT ASSESSOR"} and set(rs["RSCAT"]) == {"MODIFIED RODNAN SKIN SCORE"}


def test_page_not_done(frames: Frames) -> None:
    """A page that was not done is one record for all its tests, with the reason and without a date."""
    rows = frames["RS"].filter(pl.col("RSTESTCD") == "RSALL")
    assert rows.select("VISIT", "RSSTAT", "RSREASND", "RSDTC", "RSDY", "RSORRES", "EPOCH").rows() == [
        ("WEEK 12", "NOT DONE", "patient on holiday", None, None, None, "TREATMENT")]  # fmt: skip


def test_scores_of_the_treating_physician() -> None:
    """The two scores of the skin history are totals of the investigator, each on its own day."""
    told = History()
    told.screened("A")
    told.fill("A", "SCREENING", "SKIN_HISTORY", {"PREVMRSS": "20", "PREVDAT": "2025-06-01", "CURRMRSS": "24", "CURRDAT": "2025-12-21", "NEWSKIN": "Y"})
    frames = sdtm.build(STUDY, told.seen_by())
    assert table(frames["RS"], "RSTESTCD", "RSSPID", "RSEVAL", "RSDTC", "RSSTRESN") == [
        ("A", "MRSS0118", "PREVIOUS", "INVESTIGATOR", "2025-06-01", 20.0),
        ("A", "MRSS0118", "SCREENING", "INVESTIGATOR", "2025-12-21", 24.0),
    ]
    assert table(frames["FA"], "FATESTCD", "FAOBJ", "FAORRES") == [("A", "NEWSKIN", "SKIN THICKENING", "Y")]
    assert table(frames["SV"], "SVSTDTC") == [("A", "2025-12-21")], "a report from before the consent does not date the visit"


def test_visits(frames: Frames) -> None:
    """A missed visit has a record that says so; after the end of follow-up none is expected."""
    assert only(frames["SV"], "T1", "VISIT", "SVOCCUR", "SVREASOC", "SVSTDTC", "SVSTDY") == [
        ("SCREENING", "Y", None, None, None),
        ("BASELINE", "Y", None, "2026-01-05", 1),
        ("WEEK 4", "Y", None, "2026-02-02", 29),
        ("WEEK 8", "Y", None, "2026-03-03", 58),
        ("WEEK 12", "N", "patient on holiday", None, None),
        ("WEEK 16", "N", None, None, None),
        ("WEEK 20", "N", None, None, None),
        ("WEEK 24", "Y", None, "2026-06-24", 171),
        ("WEEK 36", "N", None, None, None),
    ]
    assert only(frames["SV"], "T2", "VISIT", "SVOCCUR") == [("SCREENING", "Y"), ("BASELINE", "Y"), ("WEEK 4", "N")]


def test_elements_tile_the_time(frames: Frames) -> None:
    """Where one period ends the next begins; a screen failure went through screening alone."""
    assert table(frames["SE"], "ETCD", "EPOCH", "SESTDTC", "SEENDTC") == [
        ("C1", "SCRE", "SCREENING", "2025-12-20", "2026-01-05"),
        ("C1", "TRTC", "TREATMENT", "2026-01-05", None),
        ("F1", "SCRE", "SCREENING", "2025-12-20", "2025-12-20"),
        ("T1", "SCRE", "SCREENING", "2025-12-20", "2026-01-05"),
        ("T1", "TRTT", "TREATMENT", "2026-01-05", "2026-12-07"),
        ("T2", "SCRE", "SCREENING", "2025-12-20", "2026-01-05"),
        ("T2", "TRTT", "TREATMENT", "2026-01-05", "2026-02-13"),
    ]


def test_disposition(frames: Frames) -> None:
    """Milestones of the protocol, then how it ended, in standard terms with the words of the site beside them."""
    assert only(frames["DS"], "T2", "DSSTDTC", "DSCAT", "DSDECOD", "DSTERM", "EPOCH") == [
        ("2025-12-20", "PROTOCOL MILESTONE", "INFORMED CONSENT OBTAINED", "INFORMED CONSENT OBTAINED", "SCREENING"),
        ("2026-01-05", "PROTOCOL MILESTONE", "ALLOCATED TO TREATMENT", "ALLOCATED TO TREATMENT", "TREATMENT"),
        ("2026-01-05", "PROTOCOL MILESTONE", "ELIGIBILITY CRITERIA MET", "ELIGIBILITY CRITERIA MET", "TREATMENT"),
        ("2026-02-13", "DISPOSITION EVENT", "WITHDRAWAL BY SUBJECT", "withdrawal by subject", "TREATMENT"),
    ]
    events = frames["DS"].filter(pl.col("DSCAT") == "DISPOSITION EVENT")
    assert table(events, "DSDECOD") == [("F1", "SCREEN FAILURE"), ("T1", "COMPLETED"), ("T2", "WITHDRAWAL BY SUBJECT")]


def test_disposition_log_outweighs_what_follows_from_events() -> None:
    """Rows of the site's log are taken as they are: one for the treatment, one for the study."""
    told = History()
    told.treated("A")
    told.fill("A", "", "DISPOSITION", {"DSEPOCH": "TREATMENT", "DSSTDAT": day(100).isoformat(), "DSSTATUS": "DISCONTINUED",
              "DSREASON": "LACK OF EFFICACY"}, row="1")  # fmt: skip
    told.fill("A", "", "DISPOSITION", {"DSEPOCH": "STUDY", "DSSTDAT": day(337).isoformat(), "DSSTATUS": "COMPLETED"}, row="2")
    told.completed("A", day(337))
    events = sdtm.build(STUDY, told.seen_by())["DS"].filter(pl.col("DSCAT") == "DISPOSITION EVENT")
    assert table(events, "DSSCAT", "DSDECOD", "DSSTDY", "EPOCH") == [
        ("A", "STUDY TREATMENT", "LACK OF EFFICACY", 100, "TREATMENT"),
        ("A", "STUDY PARTICIPATION", "COMPLETED", 337, "TREATMENT"),
    ]


@pytest.mark.req("PRV-03")
def test_what_a_patient_who_left_agreed_to_stands_beside_the_reason() -> None:
    """It is asked when the patient himself withdrew, and of nobody else; it is a supplement of DS."""
    told = History()
    told.treated("A")
    told.fill("A", "", "DISPOSITION", {"DSEPOCH": "STUDY", "DSSTDAT": day(100).isoformat(), "DSSTATUS": "DISCONTINUED",
              "DSREASON": "WITHDRAWAL BY SUBJECT", "DSUSE": "KEEP"}, row="1")  # fmt: skip
    supplement = sdtm.build(STUDY, told.seen_by())["SUPPDS"]
    assert supplement.select("QNAM", "QVAL").rows() == [("DSUSE", "KEEP")]
    with pytest.raises(Refused):
        told.fill("A", "", "DISPOSITION", {"DSEPOCH": "TREATMENT", "DSSTDAT": day(100).isoformat(), "DSSTATUS": "COMPLETED", "DSUSE": "KEEP"}, row="2")


def test_criteria_not_met(frames: Frames) -> None:
    assert table(frames["IE"], "IETESTCD", "IECAT", "IEORRES", "IEDTC", "IEDY") == [("F1", "I5", "INCLUSION", "N", "2025-12-20", None)]


def test_exposure(frames: Frames) -> None:
    """Only doses given; the control arm goes on with its own treatment from the reference day; what was missed stands in EC."""
    assert table(frames["EX"], "EXTRT", "EXDOSE", "EXDOSU", "EXROUTE", "EXLOC", "EXLAT", "EXSTDTC", "EXENDTC", "EXSTDY") == [
        ("C1", "MYCOPHENOLATE MOFETIL", 1.0, "g", "ORAL", None, None, "2026-01-05", None, 1),
        ("T1", "TELITACICEPT", 160.0, "mg", "SUBCUTANEOUS", "ABDOMEN", "RIGHT", "2026-01-05", "2026-01-05", 1),
        ("T1", "TELITACICEPT", 160.0, "mg", "SUBCUTANEOUS", "ABDOMEN", "RIGHT", "2026-01-12", "2026-01-12", 8),
        ("T2", "TELITACICEPT", 160.0, "mg", "SUBCUTANEOUS", "THIGH", "LEFT", "2026-01-05", "2026-01-05", 1),
    ]
    missed = frames["EC"].filter(pl.col("ECOCCUR") == "N")
    assert table(missed, "ECTRT", "ECREASOC", "ECDOSE", "ECSTDTC") == [("T1", "TELITACICEPT", "INFECTION", None, "2026-01-19")]


def test_a_dose_of_which_nobody_knows_whether_it_was_given_is_no_exposure() -> None:
    told = History()
    told.treated("A")
    told.fill("A", "", "DOSING", {"EXDAT": day(1).isoformat(), "EXGIVEN": Absence.UNKNOWN}, row="1")
    frames = sdtm.build(STUDY, told.seen_by())
    assert (frames["EX"].height, frames["EC"].height, table(frames["DM"], "RFXSTDTC")) == (0, 1, [("A", None)])


@pytest.mark.parametrize(
    ("arm", "drug", "start", "end", "expected"),
    [
        ("C", "PREDNISONE", "2025-06-01", "2026-01-04", []),
        ("C", "PREDNISONE", "2025", "2026-01", [("PREDNISONE", "2026-01-05", "2026-01")]),
        ("C", "PREDNISONE", "2026-03-01", "2026-04-01", [("PREDNISONE", "2026-03-01", "2026-04-01")]),
        ("C", "OTHER", "2025-06-01", "2026-04-01", []),
        ("T", "PREDNISONE", "2025-06-01", "2026-04-01", []),
    ],
)
def test_treatment_of_the_control_arm(arm: str, drug: str, start: str, end: str, expected: list[tuple[str, str, str]]) -> None:
    """What a control patient takes from the reference day on is his treatment; for others it stays a background drug."""
    told = History()
    told.treated("A", arm)
    name = {"CMOTHER": "Amlodipine"} if drug == "OTHER" else {}
    told.fill("A", "", "MEDICATIONS", {"CMTRT": drug, "CMDOSE": "5", "CMDOSU": "mg", "CMDOSFRQ": "QD", "CMROUTE": "ORAL", "CMSTDAT": start,
              "CMONGO": "N", "CMENDAT": end} | name, row="1")  # fmt: skip
    frames = sdtm.build(STUDY, told.seen_by())
    assert [row[1:] for row in table(frames["EX"], "EXTRT", "EXSTDTC", "EXENDTC")] == expected
    assert table(frames["CM"], "CMTRT", "CMDECOD", "CMSTDTC", "CMENDTC") == [
        ("A", "Amlodipine" if name else drug, "AMLODIPINE" if name else drug, start, end)]  # fmt: skip


def test_background_drugs(frames: Frames) -> None:
    """A partial start has no study day and lies before the study; a drug still taken is ongoing."""
    assert table(frames["CM"], "CMTRT", "CMSTDTC", "CMSTDY", "CMENDTC", "CMENRTPT", "EPOCH") == [
        ("C1", "MYCOPHENOLATE MOFETIL", "2025-06", None, None, "ONGOING", "SCREENING")]  # fmt: skip


def test_adverse_events(frames: Frames) -> None:
    """Dates are as exact as they are known, and no more."""
    assert table(frames["AE"], "AETERM", "AESTDTC", "AEENDTC", "AESTDY", "AEENDY", "AESER", "AETOXGR") == [
        ("C1", "Cough", "2025", None, None, None, "N", "2"),
        ("T1", "Injection site redness", "2026-01-12", "2026-01-14", 8, 10, "N", "1"),
    ]


def test_death_is_told_once() -> None:
    """A fatal event gives the person's day of death."""
    told = History()
    told.treated("A")
    event = {"AETERM": "Sepsis", "AESTDAT": "2026-02-01", "AEENDAT": "2026-02-03", "AETOXGR": "5", "AESER": "Y", "AESDTH": "Y",
             "AEREL": "UNLIKELY", "AEACN": "NOT APPLICABLE", "AEOUT": "FATAL"}  # fmt: skip
    told.fill("A", "", "ADVERSE_EVENTS", event, row="1")
    assert table(sdtm.build(STUDY, told.seen_by())["DM"], "DTHFL", "DTHDTC") == [("A", "Y", "2026-02-03")]


def test_laboratory(frames: Frames) -> None:
    """Results with units and the interval of the laboratory; a test not done has its reason, no result and no interval."""
    assert table(frames["LB"], "LBTESTCD", "LBTEST", "LBSTRESN", "LBSTRESU", "LBSTAT", "LBLOBXFL", "LBORNRLO") == [
        ("T1", "IGA", "Immunoglobulin A", 2.1, "g/L", None, "Y", "1.00"),
        ("T1", "IGG", "Immunoglobulin G", 12.0, "g/L", None, "Y", "8.60"),
        ("T1", "IGM", "Immunoglobulin M", None, None, "NOT DONE", None, None),
    ]


@pytest.mark.golden
def test_lung_function(frames: Frames) -> None:
    """FVC percent predicted under the equation that the protocol names: 65.486 for a woman of 45.0 years, 160 cm, 2.10 L.

    Witness: the worked example of the instrument (package pyspiro, GLI Global 2022).
    """
    rows = table(frames["RE"], "RETESTCD", "RESTRESN", "RESTRESU", "REMETHOD", "REDRVFL")
    assert rows[0] == ("T1", "FVC", 2.10, "L", None, None)
    assert rows[1][1] == "FVCPP" and rows[1][3:] == ("%", "GLI GLOBAL 2022", "Y")
    assert rows[1][2] == pytest.approx(65.486, abs=5e-4)


def test_no_percent_predicted_without_what_it_needs() -> None:
    """Without sex or birth date there is FVC and no percent of predicted."""
    told = History()
    told.treated("A")
    told.fill("A", "BASELINE", "LUNG", {"LUNGDAT": day(1).isoformat(), "FVC": "2.10", "HEIGHT": "160"})
    assert table(sdtm.build(STUDY, told.seen_by())["RE"], "RETESTCD") == [("A", "FVC")]


def test_antibodies_and_history() -> None:
    """Each antibody names what it binds; the titer is a record of its own; signs asked for are present or not."""
    told = History()
    told.screened("A")
    told.fill("A", "SCREENING", "ANTIBODIES", {"ANTDAT": "2025-12-21", "METHOD": "ELISA", "ANA": "POSITIVE", "ANATITER": "320",
              "SCL70": "POSITIVE", "ACA": Absence.NOT_DONE})  # fmt: skip
    told.fill("A", "SCREENING", "CLASSIFICATION", {"PUFFY": "Y", "PAH": "N", "ULCERS": Absence.UNKNOWN, "SUBSET": "DIFFUSE", "ONSETDAT": "2024-UK-UK"})
    frames = sdtm.build(STUDY, told.seen_by())
    assert table(frames["IS"], "ISBDAGNT", "ISTSTDTL", "ISSTRESC", "ISSTAT", "ISMETHOD") == [
        ("A", "CENTROMERE", None, None, "NOT DONE", "ELISA"),
        ("A", "NUCLEAR AUTOANTIGENS", "TITER", "320", None, None),
        ("A", "NUCLEAR AUTOANTIGENS", None, "POSITIVE", None, None),
        ("A", "SCL-70", None, "POSITIVE", None, "ELISA"),
    ]
    history = {row[1]: row[2:] for row in table(frames["MH"].filter(pl.col("MHPRESP") == "Y"), "MHTERM", "MHOCCUR", "MHSTAT")}
    assert history["PUFFY FINGERS"] == ("Y", None) and history["DIGITAL TIP ULCERS"] == (None, "NOT DONE")
    disease = frames["MH"].filter(pl.col("MHTERM") == "SYSTEMIC SCLEROSIS")
    assert set(disease.select("MHEVDTYP", "MHSCAT", "MHSTDTC").rows()) == {(None, "DIFFUSE", None), ("SYMPTOM ONSET", None, "2024")}


def test_guess_of_the_evaluator() -> None:
    """The guess stands in QS with its category; it is the evaluator's and blinds nobody further."""
    told = History()
    told.treated("A")
    told.fill("A", "W4", "GUESS", {"GUESSDAT": day(29).isoformat(), "MOMENT": "EARLY", "GUESS": "T", "CERTAIN": "2", "REASON": "HUNCH"},
              role=Audience.EVALUATOR)  # fmt: skip
    qs = sdtm.build(STUDY, told.seen_by())["QS"]
    assert table(qs, "QSCAT", "QSSCAT", "QSTESTCD", "QSORRES", "QSDY") == [
        ("A", "BLINDING GUESS", "EARLY", "GUESS", "T", 29),
        ("A", "BLINDING GUESS", "EARLY", "GUESSCER", "2", 29),
        ("A", "BLINDING GUESS", "EARLY", "GUESSRSN", "HUNCH", 29),
    ]


def test_what_the_evaluator_learned_stands_in_findings_about_the_blinding() -> None:
    """A report is a record of FA with its day and its way, in the tabulation of those alone who may read it."""
    told = History()
    told.treated("A")
    told.fill("A", "", "UNMASKING", {"LEARNDAT": day(29).isoformat(), "LEARNHOW": "PATIENT_REMARK", "LEARNCER": "4"}, row="B",
              role=Audience.EVALUATOR)  # fmt: skip
    frames = sdtm.build(STUDY, told.seen_by())
    assert table(frames["FA"], "FAOBJ", "FATESTCD", "FAORRES", "FASTRESC", "FADY") == [("A", "BLINDING", "LEARNED", "PATIENT_REMARK", "PATIENT_REMARK", 29)]
    assert sdtm.build(STUDY, told.seen_by(Audience.PHYSICIAN))["FA"].is_empty()


@pytest.mark.req("AUD-03")
def test_corrections_count_and_earlier_values_come_back_as_of() -> None:
    """The latest value counts; the tabulation as of an earlier moment has the earlier value and its entry."""
    told = History()
    told.treated("A")
    told.skin("A", "BASELINE", day(1), 1)
    before = told.at
    told.fill("A", "BASELINE", "MRSS", {"FACE": "3"}, reason="read again from the source", role=Audience.EVALUATOR)
    total = pl.col("RSTESTCD") == "MRSS0118"
    now, then = (sdtm.build(STUDY, told.seen_by(until=until))["RS"].filter(total) for until in (None, before))
    assert (now["RSSTRESN"].to_list(), then["RSSTRESN"].to_list()) == ([19.0], [17.0])
    assert len(set(now["_REFS"][0]) - set(then["_REFS"][0])) == 1
