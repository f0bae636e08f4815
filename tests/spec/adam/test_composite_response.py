"""The composite response: five core measures of one visit and the organ events up to it, against the rule written out."""

from collections.abc import Mapping
from math import exp

import polars as pl
import pytest

from studies.telitacicept_ssc.protocol import STUDY
from trialwright import adam, sdtm
from trialwright.adam import adcriss
from trialwright.record import Casebook

SUBJECT = f"{STUDY.code}-AA"
START = {"MRSSTOT": 25.0, "FVCPP": 78.0, "PTGA": 6.0, "MDGA": 6.0, "HAQDI": 1.25}
LATER = {"MRSSTOT": 18.0, "FVCPP": 80.0, "PTGA": 5.0, "MDGA": 4.0, "HAQDI": 0.875}
EVENTS = ("SCLERODERMA RENAL CRISIS", "DECLINE OF LUNG FUNCTION", "LEFT VENTRICULAR FAILURE", "PULMONARY ARTERIAL HYPERTENSION")


def found(later: Mapping[str, float], told: Mapping[str, str], visit: float = 8.0) -> dict[str, float | None]:
    """What ADCRISS says of one patient at one visit with these core measures and these answers about organ events."""
    tabulated = sdtm.build(STUDY, Casebook.of([]))
    analysis = adam.build(STUDY, tabulated)

    def filled(frame: pl.DataFrame, rows: list[dict[str, object]]) -> pl.DataFrame:
        return pl.DataFrame([{name: row.get(name) for name in frame.columns} for row in rows], schema=frame.schema) if rows else frame

    measured = dict(analysis)
    for dataset in ("ADRS", "ADRE", "ADQS"):
        codes = [code for where, code in adcriss.COMPONENTS if where == dataset and code in later]
        rows = [{"USUBJID": SUBJECT, "PARAMCD": code, "AVISITN": visit, "AVISIT": "Week 24", "VISITNUM": visit, "ADY": 169, "ANL01FL": "Y", "BASE": START[code],
                 "AVAL": later[code], "SRCDOM": "RS", "SRCVAR": "RSSTRESN", "SRCSEQ": place} for place, code in enumerate(codes, start=1)]  # fmt: skip
        measured[dataset] = filled(analysis[dataset], rows)
    answers = [{"USUBJID": SUBJECT, "FATESTCD": "OCCUR", "FAOBJ": about, "FACAT": "ORGAN EVENT", "FAORRES": answer, "VISITNUM": visit}
               for about, answer in told.items()]  # fmt: skip
    people = filled(analysis["ADSL"], [{"USUBJID": SUBJECT}])
    rows = adcriss.rows(STUDY, tabulated | {"FA": filled(tabulated["FA"], answers)}, measured, people)
    return {row["PARAMCD"]: row["AVAL"] for row in rows.to_dicts()}


NO = dict.fromkeys(EVENTS, "N")


@pytest.mark.golden
def test_published_rule() -> None:
    """The published vector: skin 25 to 18, FVC 78 to 80, HAQ 1.25 to 0.875, globals 6 to 5 and 6 to 4 (Khanna 2021; Khanna 2016)."""
    told = found(LATER, NO)
    line = -5.54 + 0.81 * 7 + 0.21 * 2 + 0.40 * 1 + 0.44 * 2 + 3.41 * 0.375
    assert told["ACRCRISS"] == pytest.approx(1 / (1 + exp(-line)), abs=1e-12)
    assert {code: told[code] for code in told if code != "ACRCRISS"} == {"RCRISS20": 1.0, "RCRISS25": 1.0, "RCRISS30": 0.0, "RCRISS50": 0.0}


def test_an_organ_event_decides() -> None:
    """One organ event makes the probability 0 and the response no, whatever else got better."""
    assert set(found(LATER, NO | {EVENTS[0]: "Y"}).values()) == {0.0}


def test_what_is_open_stays_open() -> None:
    """Organ events that nobody was asked about leave everything open that could still be yes."""
    told = found(LATER, {EVENTS[0]: "N"})
    assert told["ACRCRISS"] is None and told["RCRISS20"] is None and told["RCRISS50"] == 0.0
    without = found({code: value for code, value in LATER.items() if code != "HAQDI"}, NO)
    assert without["ACRCRISS"] is None and without["RCRISS50"] == 0.0


def test_only_at_visits_that_ask_for_it() -> None:
    """A skin score at a visit without the other pages gives no row."""
    assert found({"MRSSTOT": 18.0}, {}, visit=3.0) == {}
