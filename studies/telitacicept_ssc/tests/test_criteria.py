"""The six inclusion criteria, each decided three ways, with the words and the dates that decide."""

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve, frozen

from studies.telitacicept_ssc.protocol import STUDY, study
from trialwright.eligibility.screening import Decision, screen
from trialwright.protocol import Study, Value, Verdict

MET, NOT, OPEN = Verdict.MET, Verdict.NOT_MET, Verdict.UNKNOWN
INDEX = date(2024, 8, 31)


@frozen(kw_only=True)
class Paper:
    """A chart on paper: answers at screening and the rows of the logs."""

    answers: Mapping[tuple[str, str], Value | None]
    logs: Mapping[str, tuple[Mapping[str, Value], ...]] = {}
    index_date: date | None = INDEX

    def value(self, form: str, item: str, visit: str | None = None) -> Value | None:
        assert visit == "SCREENING", "eligibility reads the screening visit, never a later one"
        return self.answers.get((form, item))

    def rows(self, form: str) -> tuple[Mapping[str, Value], ...]:
        return self.logs.get(form, ())


NO = {
    ("CLASSIFICATION", code): "N"
    for code in ("SPARED", "MIMIC", "PROXIMAL", "PUFFY", "ULCERS", "SCARS", "TELANG", "NAILFOLD", "PAH", "ILD")
}
NEGATIVE = {("ANTIBODIES", code): "NEGATIVE" for code in ("ACA", "RNAP3", "U3RNP", "THTO", "PMSCL", "U1RNP")}
ELIGIBLE: dict[tuple[str, str], Value | None] = {
    ("CONSENT", "AGREED"): "Y",
    ("CONSENT", "CONSDAT"): date(2024, 8, 10),
    ("DEMOGRAPHICS", "BRTHDAT"): date(1972, 1, 5),
    ("DEMOGRAPHICS", "SEX"): "F",
    ("DEMOGRAPHICS", "ETHNIC"): "NORTHEAST_ASIAN",
    **NO,
    ("CLASSIFICATION", "SCLERODACT"): "Y",
    ("CLASSIFICATION", "RAYNAUD"): "Y",
    ("CLASSIFICATION", "SUBSET"): "DIFFUSE",
    **NEGATIVE,
    ("ANTIBODIES", "ANA"): "POSITIVE",
    ("ANTIBODIES", "SCL70"): "POSITIVE",
    ("SKIN_HISTORY", "PREVMRSS"): 18,
    ("SKIN_HISTORY", "PREVDAT"): date(2024, 2, 12),
    ("SKIN_HISTORY", "CURRMRSS"): 21,
    ("SKIN_HISTORY", "CURRDAT"): date(2024, 8, 12),
    ("SKIN_HISTORY", "CONVTRT"): "Y",
    ("SKIN_HISTORY", "NEWSKIN"): "N",
    ("SKIN_HISTORY", "AREASWOR"): 1,
    ("SKIN_HISTORY", "MEDCOMPL"): "Y",
    ("LUNG", "FVC"): Decimal("2.10"),
    ("LUNG", "HEIGHT"): Decimal(160),
    ("LUNG", "LUNGDAT"): date(2024, 8, 12),
}  # fmt: skip


def drug(
    name: str, dose: str, often: str, start: str, end: str | None = None, unit: str = "mg", route: str = "ORAL"
) -> dict[str, Value]:
    row: dict[str, Value] = {
        "CMTRT": name,
        "CMDOSE": Decimal(dose),
        "CMDOSU": unit,
        "CMDOSFRQ": often,
        "CMROUTE": route,
        "CMSTDAT": start,
    }
    return row | ({"CMONGO": "Y"} if end is None else {"CMONGO": "N", "CMENDAT": end})


MMF = drug("MYCOPHENOLATE MOFETIL", "0.75", "BID", "2023-05", unit="g")
PREDNISONE = drug("PREDNISONE", "10", "QD", "2024-01-05")


def person(*rows: Mapping[str, Value], index: date | None = INDEX, **changes: Value | None) -> Paper:
    """An eligible person with changes, items written FORM__ITEM; None takes an answer away."""
    told = {(key.rpartition("__")[0], key.rpartition("__")[2]): value for key, value in changes.items()}
    return Paper(answers=ELIGIBLE | told, logs={"MEDICATIONS": rows or (MMF, PREDNISONE)}, index_date=index)


def decision(code: str, chart: Paper, of: Study = STUDY) -> Decision:
    return next(one for one in screen(of, chart).decisions if one.criterion.code == code)


def test_the_person_who_fulfills_everything_is_eligible_and_each_reason_is_told() -> None:
    screening = screen(STUDY, person())
    assert screening.eligible is True
    assert [one.criterion.code for one in screening.decisions] == ["I1", "I2", "I3", "I4", "I5", "I6", "D1"]
    assert all(
        one.verdict is MET and one.because.en and one.because.zh and not one.missing for one in screening.decisions
    )


def test_nothing_known_is_open_and_never_met() -> None:
    screening = screen(STUDY, Paper(answers={}, index_date=None))
    assert screening.eligible is None
    assert {one.verdict for one in screening.decisions} == {OPEN}
    assert "LUNG.FVC" in screening.missing


TRUTH: list[tuple[str, dict[str, Any], Verdict]] = [
    ("I1", {}, MET),
    ("I1", {"CLASSIFICATION__RAYNAUD": "N"}, NOT),
    ("I1", {"CLASSIFICATION__RAYNAUD": None}, OPEN),
    ("I1", {"CLASSIFICATION__TELANG": None}, MET),
    ("I1", {"CLASSIFICATION__PROXIMAL": "Y", "CLASSIFICATION__RAYNAUD": None, "ANTIBODIES__SCL70": None}, MET),
    ("I1", {"CLASSIFICATION__MIMIC": "Y"}, NOT),
    ("I1", {"CLASSIFICATION__MIMIC": None}, OPEN),
    ("I1", {"CONSENT__AGREED": "N"}, NOT),
    ("I1", {"CONSENT__CONSDAT": date(2024, 8, 13)}, NOT),
    ("I1", {"CONSENT__CONSDAT": date(2024, 8, 12)}, MET),
    ("I1", {"CONSENT__CONSDAT": None}, OPEN),
    ("I2", {"DEMOGRAPHICS__BRTHDAT": date(2006, 8, 10)}, MET),
    ("I2", {"DEMOGRAPHICS__BRTHDAT": date(2006, 8, 11)}, NOT),
    ("I2", {"DEMOGRAPHICS__BRTHDAT": None}, OPEN),
    ("I2", {"DEMOGRAPHICS__BRTHDAT": date(1930, 8, 11)}, MET),
    ("I3", {"LUNG__FVC": Decimal("1.50")}, NOT),
    ("I3", {"LUNG__FVC": None}, OPEN),
    ("I3", {"DEMOGRAPHICS__ETHNIC": None}, MET),
    ("I4", {"ANTIBODIES__ANA": "NEGATIVE"}, MET),
    ("I4", {"ANTIBODIES__SCL70": "NEGATIVE"}, MET),
    ("I4", {"ANTIBODIES__ANA": None, "ANTIBODIES__SCL70": "NEGATIVE"}, OPEN),
    ("I4", {"ANTIBODIES__ANA": "NEGATIVE", "ANTIBODIES__SCL70": "NEGATIVE"}, NOT),
    ("I4", {"ANTIBODIES__ANA": "NEGATIVE", "ANTIBODIES__SCL70": "NEGATIVE", "ANTIBODIES__THTO": "POSITIVE"}, MET),
    ("I4", {"ANTIBODIES__ANA": "NEGATIVE", "ANTIBODIES__SCL70": "INDETERMINATE"}, OPEN),
    ("I5", {"SKIN_HISTORY__CURRMRSS": 18}, MET),
    ("I5", {"SKIN_HISTORY__CURRMRSS": 17}, NOT),
    ("I5", {"SKIN_HISTORY__CURRMRSS": 17, "SKIN_HISTORY__NEWSKIN": "Y"}, MET),
    ("I5", {"SKIN_HISTORY__CURRMRSS": 17, "SKIN_HISTORY__AREASWOR": 2}, MET),
    ("I5", {"SKIN_HISTORY__CURRMRSS": 17, "SKIN_HISTORY__AREASWOR": None}, OPEN),
    ("I5", {"SKIN_HISTORY__CURRMRSS": None}, OPEN),
    ("I5", {"SKIN_HISTORY__CONVTRT": "N"}, NOT),
    ("I5", {"SKIN_HISTORY__PREVDAT": date(2024, 3, 11)}, MET),
    ("I5", {"SKIN_HISTORY__PREVDAT": date(2024, 3, 12)}, NOT),
    ("D1", {"CLASSIFICATION__SUBSET": "LIMITED"}, NOT),
    ("D1", {"CLASSIFICATION__SUBSET": None}, OPEN),
]  # fmt: skip


@pytest.mark.parametrize(("code", "changes", "verdict"), TRUTH)
def test_truth_table(code: str, changes: dict[str, Any], verdict: Verdict) -> None:
    found = decision(code, person(**changes))
    assert found.verdict is verdict
    assert (found.fulfilled, bool(found.missing)) == ({MET: True, NOT: False, OPEN: None}[verdict], verdict is OPEN)


DRUGS: list[tuple[str, tuple[dict[str, Value], ...], str | None, Verdict]] = [
    ("MMF from the first day of the window", (drug("MYCOPHENOLATE MOFETIL", "1500", "QD", "2024-02-29"),), "Y", MET),
    ("MMF one day late", (drug("MYCOPHENOLATE MOFETIL", "1500", "QD", "2024-03-01"),), "Y", NOT),
    ("MMF begun some time in February", (drug("MYCOPHENOLATE MOFETIL", "1500", "QD", "2024-02"),), "Y", MET),
    ("MMF begun in 2023", (drug("MYCOPHENOLATE MOFETIL", "1500", "QD", "2023"),), "Y", MET),
    ("MMF begun in March", (drug("MYCOPHENOLATE MOFETIL", "1500", "QD", "2024-03"),), "Y", NOT),
    ("steroid raised some time in 2024", (drug("PREDNISONE", "20", "QD", "2024"),), "Y", OPEN),
    ("MMF begun some time in 2024", (drug("MYCOPHENOLATE MOFETIL", "1500", "QD", "2024"),), "Y", OPEN),
    ("MMF changed to the sodium salt at the same dose",
     (drug("MYCOPHENOLATE MOFETIL", "1000", "BID", "2023-01", "2024-05-09"), drug("MYCOPHENOLATE SODIUM", "720", "BID", "2024-05-10")), "Y", MET),
    ("MMF increased", (drug("MYCOPHENOLATE MOFETIL", "500", "BID", "2023-01", "2024-05-09"),
                       drug("MYCOPHENOLATE MOFETIL", "750", "BID", "2024-05-10")), "Y", NOT),
    ("no drug, record complete", (), "Y", MET),
    ("no drug, record not complete", (), "N", OPEN),
    ("no drug, nothing said about the record", (), None, OPEN),
    ("monthly pulses throughout", (drug("CYCLOPHOSPHAMIDE", "800", "QM", "2024-01-10", route="INTRAVENOUS"),), "Y", MET),
    ("pulse dose lowered", (drug("CYCLOPHOSPHAMIDE", "800", "EVERY 4 WEEKS", "2024-01-10", "2024-05-30", route="INTRAVENOUS"),
                            drug("CYCLOPHOSPHAMIDE", "600", "EVERY 4 WEEKS", "2024-06-05", route="INTRAVENOUS")), "Y", NOT),
    ("oral cyclophosphamide stable", (drug("CYCLOPHOSPHAMIDE", "50", "QD", "2023-11-01"),), "Y", MET),
    ("prednisone 10 mg", (PREDNISONE,), "Y", MET),
    ("methylprednisolone 8 mg", (drug("METHYLPREDNISOLONE", "8", "QD", "2024-01-05"),), "Y", MET),
    ("methylprednisolone 8.5 mg", (drug("METHYLPREDNISOLONE", "8.5", "QD", "2024-01-05"),), "Y", NOT),
    ("prednisone 20 mg every other day", (drug("PREDNISONE", "20", "QOD", "2024-01-05"),), "Y", MET),
    ("two steroids together", (PREDNISONE, drug("METHYLPREDNISOLONE", "2", "QD", "2024-08-20")), "Y", NOT),
    ("steroid high until 31 days before", (drug("PREDNISONE", "20", "QD", "2024-01-05", "2024-07-31"), drug("PREDNISONE", "10", "QD", "2024-08-01")), "Y", MET),
    ("steroid high until 30 days before", (drug("PREDNISONE", "20", "QD", "2024-01-05", "2024-08-01"), drug("PREDNISONE", "10", "QD", "2024-08-02")), "Y", NOT),
    ("steroid of unknown dose", ({key: value for key, value in PREDNISONE.items() if key != "CMDOSE"},), "Y", OPEN),
    ("steroid as needed", (PREDNISONE | {"CMDOSFRQ": "PRN"},), "Y", OPEN),
    ("steroid into a joint", (PREDNISONE | {"CMROUTE": "INTRA-ARTICULAR"},), "Y", OPEN),
    ("steroid of unknown dose, long ago", (drug("PREDNISONE", "5", "PRN", "2019", "2020"),), "Y", MET),
    ("one steroid infusion in the window", (PREDNISONE, drug("METHYLPREDNISOLONE", "500", "ONCE", "2024-08-15", "2024-08-15",
                                                            route="INTRAVENOUS")), "Y", NOT),
    ("MMF of unknown beginning", ({key: value for key, value in MMF.items() if key != "CMSTDAT"},), "Y", OPEN),
    ("MMF once a month", (MMF | {"CMDOSFRQ": "QM"},), "Y", OPEN),
    ("weekly cyclophosphamide", (drug("CYCLOPHOSPHAMIDE", "200", "EVERY WEEK", "2024-01-10"),), "Y", MET),
    ("steroid cream", (drug("BETAMETHASONE", "5", "QD", "2024-01-05", route="TOPICAL"),), "Y", MET),
]  # fmt: skip


@pytest.mark.parametrize(("rows", "complete", "verdict"), [row[1:] for row in DRUGS], ids=[row[0] for row in DRUGS])
def test_stable_drugs(rows: tuple[dict[str, Value], ...], complete: str | None, verdict: Verdict) -> None:
    chart = evolve(person(SKIN_HISTORY__MEDCOMPL=complete), logs={"MEDICATIONS": rows})
    assert decision("I6", chart).verdict is verdict


def test_drugs_cannot_be_judged_before_the_index_date_is_set() -> None:
    found = decision("I6", person(index=None))
    assert (found.verdict, found.missing) == (OPEN, ("index date",))


def test_lung_function_is_told_with_its_equation_and_depends_on_it() -> None:
    """The spirogram of the reference vectors: 52.75 % under GLI Global 2022, 48.85 % for the same woman as Caucasian."""
    woman = person(
        DEMOGRAPHICS__BRTHDAT=date(1972, 1, 5),
        DEMOGRAPHICS__ETHNIC="CAUCASIAN",
        LUNG__FVC=Decimal("1.55"),
        LUNG__HEIGHT=Decimal(158),
    )
    glob, old = decision("I3", woman), decision("I3", woman, study(reference="gli_2012"))
    assert (glob.verdict, old.verdict) == (MET, NOT)
    assert "GLI Global 2022" in glob.because.en
    assert "GLI-2012 (CAUCASIAN)" in old.because.en
    assert "I3/1" in glob.versions
    assert "fvc_percent=spirometry/gli_global_2022" in glob.versions


def test_the_least_change_of_the_skin_score_is_configurable() -> None:
    strict = study(delta_mrss_min=Decimal(3))
    assert decision("I5", person(SKIN_HISTORY__CURRMRSS=21), strict).verdict is MET
    assert decision("I5", person(SKIN_HISTORY__CURRMRSS=20), strict).verdict is NOT
    assert "delta_mrss_min=3" in decision("I5", person(), strict).versions[0]


def test_the_diffuse_check_can_be_switched_off() -> None:
    limited = person(CLASSIFICATION__SUBSET="LIMITED")
    assert screen(STUDY, limited).eligible is False
    assert screen(study(diffuse_only=False), limited).eligible is True


def test_the_single_fact_that_would_settle_an_open_criterion_is_named() -> None:
    half = decision("I1", person(CLASSIFICATION__RAYNAUD=None, CONSENT__CONSDAT=None))
    assert half.settled_by == ()
    assert half.may_settle == ("acr_eular", "consent")
    one = decision("I1", person(CLASSIFICATION__RAYNAUD=None))
    assert (one.settled_by, one.missing) == (("acr_eular",), ("CLASSIFICATION.RAYNAUD",))
    skin = decision("I5", person(SKIN_HISTORY__CURRMRSS=None, SKIN_HISTORY__NEWSKIN=None))
    assert (skin.settled_by, skin.may_settle) == ((), ("new_skin", "delta_mrss"))


def test_a_met_criterion_is_explained_by_what_met_it_alone() -> None:
    found = decision("I5", person())
    assert found.because.en == "mRSS 18 to 21: change +3; scores on 2024-02-12 and 2024-08-12, 182 days apart"
    assert "+3" in found.because.zh


DRUGS = (
    drug("MYCOPHENOLATE MOFETIL", "1", "BID", "2024-01-10"),
    drug("MYCOPHENOLATE MOFETIL", "1", "BID", "2024-07-01"),
    drug("CYCLOPHOSPHAMIDE", "800", "QM", "2024-01-10", route="INTRAVENOUS"),
    drug("CYCLOPHOSPHAMIDE", "50", "PRN", "2024"),
    drug("PREDNISONE", "15", "QD", "2024-01"),
)


@pytest.mark.parametrize("rows", [(), *((row,) for row in DRUGS), DRUGS])
@pytest.mark.parametrize("lacking", [(), *((code,) for code in ELIGIBLE), tuple(ELIGIBLE)])
def test_no_english_answer_code_or_sentence_stands_in_a_chinese_explanation(
    rows: tuple[Mapping[str, Value], ...], lacking: tuple[tuple[str, str], ...]
) -> None:
    answers = {key: value for key, value in ELIGIBLE.items() if key not in lacking}
    chart = Paper(answers=answers, logs={"MEDICATIONS": rows})
    for decision in screen(STUDY, chart).decisions:
        for fact in decision.facts:
            words = re.findall(r"[A-Za-z_]{4,}", fact.because.zh)
            assert set(words) <= {"mRSS", "Global", "EULAR", "LeRoy"}, fact.because.zh


def test_a_date_before_the_birth_leaves_the_criterion_open_and_names_both_dates() -> None:
    answers = {**ELIGIBLE, ("DEMOGRAPHICS", "BRTHDAT"): date(2025, 1, 5)}
    facts = {fact.name: fact for one in screen(STUDY, Paper(answers=answers)).decisions for fact in one.facts}
    for name in ("age", "fvc_percent"):
        assert "before the birth on 2025-01-05" in facts[name].because.en
        assert "DEMOGRAPHICS.BRTHDAT" in facts[name].missing
