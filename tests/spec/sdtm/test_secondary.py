"""Gut, function, quality of life, circulation, activity and laboratory from the page to the tabulation, by published worked examples."""

import polars as pl
import pytest

from tests.histories import PERSON, STUDY, History, day
from trialwright import adam, sdtm
from trialwright.forms import adverse_events
from trialwright.instruments import causality, ctcae, eq5d5l, git2, haq_di, mrss, rand36
from trialwright.protocol import Absence, Audience

pytestmark = pytest.mark.spec
Frames = dict[str, pl.DataFrame]
TODAY = day(1).isoformat()
GIT = (1, 1, 0, 2, 1, 0, 0, 1, 2, 1, 1, 2, 0, 1, 0, 0, 1, 0, 0, 1, 0, 1, 0, 1, 1, 0, 0, 1, 0, 0, 1, 1, 0, 1)
"""The worked visit of the reference: reflux 0.75, distention 1.5, soilage 0, diarrhea 0.5, social 0.3333, emotional 0.4444, total 0.5880."""


def page(day_item: str, codes: tuple[str, ...], answers: tuple[object, ...]) -> dict[str, str | Absence]:
    return {day_item: TODAY} | dict(zip(codes, map(str, answers), strict=True))


def blood(visit_day: int, **results: str) -> dict[str, str | Absence]:
    return {"LBDAT": day(visit_day).isoformat()} | results


@pytest.fixture(scope="module")
def told() -> History:
    history = History()
    history.treated("T1", "T")
    history.fill("T1", "SCREENING", "DEMOGRAPHICS", PERSON)
    history.fill("T1", "BASELINE", "GIT2", page("GITDAT", git2.CODES, GIT), role=Audience.COORDINATOR)
    haq = page("HAQDAT", haq_di.CODES, (0,) * 20) | dict.fromkeys(haq_di.AIDS, "N") | {"AID_WALKING": "Y"}
    history.fill("T1", "BASELINE", "HAQ", haq, role=Audience.COORDINATOR)
    history.fill("T1", "BASELINE", "SHAQ", {"SHAQDAT": TODAY, "SHAQ_BREATH": "40", "SHAQ_PAIN": Absence.REFUSED, "PTGA": "6.0"}, role=Audience.COORDINATOR)
    history.fill("T1", "BASELINE", "RAND36", page("RANDDAT", rand36.CODES, (1,) * 36), role=Audience.COORDINATOR)
    history.fill("T1", "BASELINE", "EQ5D", page("EQDAT", (*eq5d5l.CODES, eq5d5l.VAS), (2, 1, 1, 1, 1, 70)), role=Audience.COORDINATOR)
    history.fill("T1", "BASELINE", "LUNG", {"LUNGDAT": TODAY, "FVC": "2.10", "FEV1": "1.70", "HEIGHT": "160.0", "DLCO": "5.00"})
    first = blood(1, HGB="110", CRP="6.0", ALT="30", NEUT="4.0", IGG="12.00", IGA="1.20", IGM="0.90", WBC="6.00", LYM="1.50", BCELL="200")
    history.fill("T1", "BASELINE", "LABORATORY", first)
    later = blood(29, HGB="95", ALT="196", NEUT="1.20", IGG="3.40", IGA="1.00", IGM="0.60", LYM="0.70")
    history.fill("T1", "W4", "LABORATORY", later)
    events = dict.fromkeys(("RENAL_CRISIS", "LUNG_DECLINE", "LV_FAILURE", "PAH"), "N")
    signs = {"ACTDAT": TODAY, "MDGA": "5.0", "DSKIN": "Y", "ULCERS": "N", "TFR": "Y"} | events
    history.fill("T1", "BASELINE", "ACTIVITY", signs)
    history.skin("T1", "BASELINE", day(1), 1, FACE="3", CHEST="3")
    history.fill("T1", "BASELINE", "PAH", {
        "PAHDAT": TODAY, "WHOFC": "III", "SIXMWD": "350", "NTPROBNP": "700", "ECHODAT": TODAY, "TRV": "3.00", "VENTRICLES": "Y", "ARTERY": "Y",
        "CAVA_ATRIUM": "N", "PAHDX": "Y", "RHCDONE": "Y", "RHCDAT": TODAY, "MPAP": "30", "PAWP": "12", "CO": "4.0", "RAP": "6"})  # fmt: skip
    return history


@pytest.fixture(scope="module")
def frames(told: History) -> Frames:
    return sdtm.build(STUDY, told.seen_by())


def found(frame: pl.DataFrame, code: str, what: str = "STRESN", visit: float = 2.0) -> dict[str, object]:
    """Results of one visit by test code."""
    here = frame.filter(pl.col("VISITNUM") == visit)
    return dict(zip(here[f"{code}TESTCD"].to_list(), here[f"{code}{what}"].to_list(), strict=True))


@pytest.mark.golden
def test_questionnaires_reach_the_tabulation_with_their_scores(frames: Frames) -> None:
    """Witness: the worked examples of the instruments (GIT total 0.5880, aid raises walking to 2, all-ones RAND-36, 21111 in China 0.934)."""
    qs = found(frames["QS"], "QS")
    assert qs["GITTOT"] == pytest.approx(0.5880, abs=5e-5)
    assert (qs["GITREFL"], qs["GITDIST"], qs["GITDIAR"], qs["GITCONS"]) == (0.75, 1.5, 0.5, 0.75)
    assert (qs["HAQDI"], qs["HAQDIALT"]) == (0.25, 0.0)
    assert qs["SHAQBRTH"] == pytest.approx(1.2)
    assert [qs[f"R36{code}"] for code in rand36.SCALE_CODES] == [0, 0, 0, 50, 40, 50, 100, 60]
    assert (qs["EQ5DIDX"], qs["EQ5D0206"], qs["PTGA"]) == (0.934, 70, 6)


def test_a_score_names_its_version_and_rests_on_all_its_answers(frames: Frames) -> None:
    total = frames["QS"].filter(pl.col("QSTESTCD") == "GITTOT").row(0, named=True)
    assert (total["QSMETHOD"], total["QSDRVFL"]) == (git2.INSTRUMENT.version.upper(), "Y")
    items = frames["QS"].filter(pl.col("QSTESTCD").str.starts_with("GIT01"))
    assert len(items) == 34
    assert {ref for refs in items["_REFS"].to_list() for ref in refs} == set(total["_REFS"])


def test_a_refused_line_has_no_score_and_the_others_keep_theirs(frames: Frames) -> None:
    qs = frames["QS"].filter(pl.col("QSTESTCD").is_in(["SHAQ0101", "SHAQPAIN", "SHAQBRTH"]))
    assert qs.select("QSTESTCD", "QSSTAT", "QSREASND").rows() == [("SHAQ0101", "NOT DONE", "REFUSED"), ("SHAQBRTH", None, None)]


@pytest.mark.golden
def test_lung_function_is_set_against_its_references(frames: Frames) -> None:
    """Witness: 45.0 years, 160 cm, woman: FVC 65.486 %, z -2.3300; DLCO 72.758 %, z -2.1576; hemoglobin 110 g/L divides the prediction by 0.91757."""
    re = found(frames["RE"], "RE")
    assert re["FVCPP"] == pytest.approx(65.486, abs=5e-4)
    assert re["FVCZ"] == pytest.approx(-2.3300, abs=1e-3)
    assert re["DLCOPP"] == pytest.approx(72.758, abs=5e-3)
    assert re["DLCOZ"] == pytest.approx(-2.1576, abs=1e-3)
    assert re["DLCOHCPP"] == pytest.approx(72.758 / 0.91757, abs=5e-3)
    assert re["FEV1FVC"] == pytest.approx(1.70 / 2.10, abs=5e-5)
    corrected = frames["RE"].filter(pl.col("RETESTCD") == "DLCOHCPP").row(0, named=True)
    hemoglobin = frames["LB"].filter((pl.col("LBTESTCD") == "HGB") & (pl.col("VISITNUM") == 2.0))["_REFS"][0][0]
    assert hemoglobin in corrected["_REFS"]


@pytest.mark.golden
def test_circulation(frames: Frames) -> None:
    """Witness: velocity 3.0 with two signs is HIGH; 30/12/4.0 gives 4.5 Wood units, precapillary; III, 350 m, 700 ng/L is stratum 3 of 4."""
    cv = found(frames["CV"], "CV", "STRESC")
    assert (cv["ECHOPROB"], cv["PHTYPE"], cv["PAHTNIND"]) == ("HIGH", "PRECAPILLARY", "Y")
    assert found(frames["CV"], "CV")["PVR"] == 4.5
    assert found(frames["CV"], "CV", "METHOD")["MPAP"] == "RIGHT HEART CATHETERIZATION"
    rs = found(frames["RS"], "RS")
    assert (rs["WHOFC"], rs["PAHRISK4"]) == (3, 3)
    assert found(frames["RS"], "RS", "ORRES")["WHOFC"] == "III"
    assert found(frames["FT"], "FT") == {"SIXMW106": 350}


@pytest.mark.golden
def test_activity_is_computed_from_the_blinded_skin_score(frames: Frames) -> None:
    """Skin worse 1.5, mRSS 21 above 18 1.5, friction rub 2.25, CRP 6 nothing, DLCO 79 % nothing: 5.25."""
    rs = frames["RS"].filter(pl.col("RSTESTCD") == "EUSTAR17").row(0, named=True)
    assert rs["RSSTRESN"] == 1.5 + 1.5 + 2.25
    total = frames["RS"].filter(pl.col("RSTESTCD") == mrss.TOTAL_TESTCD)["_REFS"][0]
    assert set(total) <= set(rs["_REFS"])


@pytest.mark.golden
def test_laboratory_grades(frames: Frames) -> None:
    """Witness: CTCAE 5.0: neutrophils 1.2 grade 2; ALT 196 (limit 40, baseline 30) grade 2; hemoglobin 95 grade 2; lymphocytes 0.70 grade 2."""
    grades = found(frames["LB"], "LB", "TOXGR", visit=3.0)
    assert {code: grades[code] for code in ("NEUT", "ALT", "HGB", "LYM")} == {"NEUT": "2", "ALT": "2", "HGB": "2", "LYM": "2"}
    terms, ranges = found(frames["LB"], "LB", "TOX", visit=3.0), found(frames["LB"], "LB", "NRIND", visit=3.0)
    assert (terms["HGB"], ranges["HGB"], ranges["ALT"], ranges["IGM"]) == ("Anemia", "LOW", "HIGH", "NORMAL")
    assert found(frames["LB"], "LB", "TOXGR")["ALT"] == "0"
    assert found(frames["LB"], "LB", "ORNRHI")["ALT"] == "40", "the interval of a woman"


def test_low_immunoglobulins_hold_the_drug(frames: Frames) -> None:
    """IgG 3.4 g/L: hold, as the rules of the study say."""
    assert found(frames["LB"], "LB", "STRESC")["IGACTION"] == "NONE"
    assert found(frames["LB"], "LB", "STRESC", visit=3.0)["IGACTION"] == "HOLD"


@pytest.mark.req("BLD-01")
def test_blinded_readers_get_no_result_that_hints_at_the_arm(told: History) -> None:
    """No immunoglobulin, lymphocyte, B cell or white cell, and no conclusion from them; the evaluator gets nothing but the skin."""
    for role in (Audience.STATISTICIAN, Audience.DATA_MANAGER):
        seen = sdtm.build(STUDY, told.seen_by(role))
        assert not {"IGG", "IGA", "IGM", "IGACTION", "LYM", "BLYCE", "WBC"} & set(seen["LB"]["LBTESTCD"])
        assert {"ALT", "NEUT", "HGB", "BNPPRONT"} <= set(seen["LB"]["LBTESTCD"])
    evaluator = sdtm.build(STUDY, told.seen_by(Audience.EVALUATOR))
    assert not any(evaluator[code].height for code in ("LB", "QS", "CV", "FT", "RE", "FA", "MB", "IS"))
    assert set(evaluator["RS"]["RSEVAL"].drop_nulls()) == {"INDEPENDENT ASSESSOR"}


def test_the_analysis_shows_the_shift_of_grades(frames: Frames) -> None:
    adlb = adam.build(STUDY, frames)["ADLB"]
    rows = adlb.filter((pl.col("PARAMCD").is_in(["ALT", "NEUT"])) & (pl.col("ADY") > 1)).sort("PARAMCD")
    assert rows.select("PARAMCD", "BTOXGR", "ATOXGRL", "ATOXGRH", "SHIFT1", "SHIFT2").rows() == [
        ("ALT", "0", None, "2", "0 to 2", "NORMAL to HIGH"),
        ("NEUT", "0", "2", None, "0 to 2", "NORMAL to LOW"),
    ]


def test_every_test_that_is_graded_has_its_term_and_the_scale_of_causality_is_that_of_the_shelf() -> None:
    """Forms and instruments lie on one step of the staircase: what both say is held together here."""
    assert set(sdtm.lb.TERMS) == set(ctcae.CODES)
    assert {term.code for term in adverse_events.RELATED.terms} == set(causality.WHO_UMC)
