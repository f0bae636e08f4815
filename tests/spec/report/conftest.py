"""One rehearsed trial for all tests of the report, and small datasets written by hand."""

from datetime import date

import polars as pl
import pytest
from attrs import evolve, frozen

from studies.telitacicept_ssc.protocol import STUDY
from studies.telitacicept_ssc.rehearsal import BEHAVIOR
from studies.telitacicept_ssc.report import REPORT
from trialwright import adam, sdtm
from trialwright.protocol import Audience
from trialwright.record import Casebook
from trialwright.rehearsal import rehearse
from trialwright.report.source import Source
from trialwright.report.writing import Composed, View, compose
from trialwright.testing import in_memory


@pytest.fixture(scope="session")
def rehearsed() -> Casebook:
    """The statistician's view of a rehearsed trial of 20, locked and opened."""
    gate = in_memory(STUDY)
    rehearse(STUDY, BEHAVIOR, gate, seed=1, subjects=20, start=date(2025, 1, 6))
    return gate.casebook(Audience.STATISTICIAN)


@pytest.fixture(scope="session")
def opened(rehearsed: Casebook) -> Composed:
    return compose(REPORT, STUDY, rehearsed)


@pytest.fixture(scope="session")
def blinded(rehearsed: Casebook) -> Composed:
    return compose(REPORT, STUDY, rehearsed, View(blinded=True))


@pytest.fixture(scope="session")
def by_lot(rehearsed: Casebook) -> Composed:
    """The report with arms that were drawn by lot."""
    return compose(REPORT, STUDY, rehearsed, View(scrambled=7))


@frozen(kw_only=True)
class Patient:
    """One patient of a hand-written trial: arm, age, skin score at baseline and at week 24 (None: not measured)."""

    id: str
    arm: str | None
    age: int = 50
    baseline: float | None = 20.0
    later: float | None = 15.0
    guess: str = "DK"
    events: tuple[tuple[str, str, str, int], ...] = ()
    """(term, serious, related, grade)"""


SIX = (
    Patient(id="AA", arm="T", age=41, baseline=24, later=16, guess="T", events=(("pneumonia", "Y", "POSSIBLE", 3), ("pneumonia", "N", "UNLIKELY", 2))),
    Patient(id="BB", arm="T", age=52, baseline=30, later=21, guess="DK", events=(("rash", "N", "PROBABLE", 1),)),
    Patient(id="CC", arm="T", age=63, baseline=18, later=15, guess="C"),
    Patient(id="DD", arm="C", age=44, baseline=22, later=22, guess="C", events=(("rash", "N", "UNLIKELY", 1),)),
    Patient(id="EE", arm="C", age=55, baseline=27, later=23, guess="C"),
    Patient(id="FF", arm="C", age=66, baseline=16, later=18, guess="T"),
)


def frames(patients: tuple[Patient, ...]) -> tuple[dict[str, pl.DataFrame], dict[str, pl.DataFrame]]:
    """SDTM and ADaM datasets of a hand-written trial, in the columns of the real ones."""
    empty = sdtm.build(STUDY, Casebook.of([]))
    analysis = adam.build(STUDY, empty)
    names = {arm.code: arm.name.en for arm in STUDY.arms}

    def filled(frame: pl.DataFrame, rows: list[dict[str, object]]) -> pl.DataFrame:
        return pl.DataFrame([{name: row.get(name) for name in frame.columns} for row in rows], schema=frame.schema) if rows else frame

    people: list[dict[str, object]] = []
    scores: list[dict[str, object]] = []
    events: list[dict[str, object]] = []
    guesses: list[dict[str, object]] = []
    for one in patients:
        subject = f"NCT06546540-{one.id}"
        arm = names.get(one.arm or "")
        people.append({"USUBJID": subject, "AGE": one.age, "SEX": "F", "TRT01P": arm, "TRT01A": arm, "ITTFL": "Y", "SAFFL": "Y", "FASFL": "Y",
                       "BMIBL": 21.5, "DISDUR": 2.0, "SUBSET": "DIFFUSE", "MRSSBL": one.baseline, "FVCPPBL": 78.25, "SCL70": "POSITIVE",
                       "RNAP3": "NEGATIVE", "ACA": None})  # fmt: skip
        base = {"USUBJID": subject, "PARAMCD": "MRSSTOT", "PARAM": "Total", "BASE": one.baseline, "ANL01FL": "Y"}
        if one.baseline is not None:
            scores.append(base | {"AVISIT": "Baseline", "AVISITN": 2.0, "AVAL": one.baseline, "ABLFL": "Y"})
            if one.later is not None:
                scores.append(base | {"AVISIT": "Week 24", "AVISITN": 8.0, "AVAL": one.later, "CHG": one.later - one.baseline})
        for number, (term, serious, related, grade) in enumerate(one.events, start=1):
            events.append({"USUBJID": subject, "AESEQ": number, "AETERM": term, "AESER": serious, "AEREL": related, "AETOXGRN": grade, "TRTEMFL": "Y"})
        for number, moment in enumerate(("EARLY", "LATE"), start=1):
            guesses.append({"USUBJID": subject, "QSSEQ": number, "QSTESTCD": "GUESS", "QSSCAT": moment, "QSORRES": one.guess})
    tabulated = empty | {"QS": filled(empty["QS"], guesses)}
    return tabulated, analysis | {"ADSL": filled(analysis["ADSL"], people), "ADRS": filled(analysis["ADRS"], scores), "ADAE": filled(analysis["ADAE"], events)}


def told(patients: tuple[Patient, ...], *, released: bool = True) -> Source:
    """The source of a hand-written trial; a blinded one has no arms in its datasets."""
    shown = patients if released else tuple(evolve(one, arm=None, events=()) for one in patients)
    tabulated, analysis = frames(shown)
    return Source(study=STUDY, casebook=Casebook.of([]), sdtm=tabulated, adam=analysis, released=released)


