"""The plan of the trial as data sets: they follow from the study alone, and the records of people agree with them."""

import polars as pl
import pytest

from studies.cdisc_pilot.protocol import STUDY as PILOT
from studies.telitacicept_ssc.protocol import study
from tests.histories import STUDY, example
from trialwright import sdtm
from trialwright.protocol import Study

pytestmark = pytest.mark.spec


def test_arms_and_periods() -> None:
    """Each arm goes through screening and its own treatment; people come into it by the method of the reading."""
    frames = sdtm.design(STUDY)
    assert frames["TA"].select("ARMCD", "TAETORD", "ETCD", "EPOCH", "TABRANCH").rows() == [
        ("C", 1, "SCRE", "SCREENING", "Allocated to conventional treatment (by clinician)"),
        ("C", 2, "TRTC", "TREATMENT", None),
        ("T", 1, "SCRE", "SCREENING", "Allocated to telitacicept (by clinician)"),
        ("T", 2, "TRTT", "TREATMENT", None),
    ]
    assert frames["TE"].select("ETCD", "TESTRL", "TEENRL").rows()[0] == ("SCRE", "Informed consent", "Reference day: enrollment and allocation")


def test_visits_and_criteria() -> None:
    frames = sdtm.design(STUDY)
    assert frames["TV"].filter(pl.col("VISIT") == "WEEK 24").select("VISITNUM", "VISITDY", "TVSTRL").rows() == [
        (8.0, 169, "Day 161 to 175 from the reference day (day 0)")]  # fmt: skip
    assert frames["TI"]["IETESTCD"].to_list() == sorted(one.code for one in STUDY.criteria)


@pytest.mark.parametrize(("reading", "randomized"), [("R1", "N"), ("R2", "N"), ("R3", "Y")])
def test_only_a_randomized_reading_is_called_randomized(reading: str, randomized: str) -> None:
    ts = sdtm.design(study(reading))["TS"]
    assert ts.filter(pl.col("TSPARMCD") == "RANDOM")["TSVAL"].to_list() == [randomized]


@pytest.mark.parametrize("plan", [STUDY, PILOT], ids=lambda plan: plan.code)
def test_keys_and_columns(plan: Study) -> None:
    for code, frame in sdtm.design(plan).items():
        spec = sdtm.DESIGN_SPECS[code]
        assert dict(frame.schema) == spec.types
        assert not frame.select(spec.keys).is_duplicated().any()


def test_people_went_through_planned_periods_and_visits() -> None:
    """Every period and visit of a person is one of the plan, under the same code, number and name."""
    plan, frames = sdtm.design(STUDY), sdtm.build(STUDY, example().seen_by())
    assert set(frames["SE"].select("ETCD", "ELEMENT").rows()) <= set(plan["TE"].select("ETCD", "ELEMENT").rows())
    assert set(frames["SV"].select("VISITNUM", "VISIT", "VISITDY").rows()) <= set(plan["TV"].select("VISITNUM", "VISIT", "VISITDY").rows())
    assert set(frames["IE"].select("IETESTCD", "IETEST").rows()) <= set(plan["TI"].select("IETESTCD", "IETEST").rows())
