"""Intercurrent events found in the record: rescue, death, stopped drug, changed dose, an evaluator who learned the arm."""

from datetime import date

import polars as pl
import pytest

from studies.telitacicept_ssc.protocol import STUDY
from trialwright import adam, sdtm
from trialwright.adam import adice
from trialwright.protocol import SignKind
from trialwright.record import Casebook

SUBJECT = "NCT06546540-AA"
Row = dict[str, object]


def found(**records: list[Row]) -> list[tuple[str, str, int | None, str]]:
    """(event, strategy, study day, words) for one enrolled person whose domains hold these records."""
    tabulated = sdtm.build(STUDY, Casebook.of([]))
    given = {"DM": [{"RFSTDTC": "2026-01-05"}]} | records

    def filled(code: str) -> pl.DataFrame:
        rows = [{"STUDYID": STUDY.code, "USUBJID": SUBJECT, f"{code}SEQ": place} | row for place, row in enumerate(given.get(code, []), start=1)]
        frame = tabulated[code]
        return pl.DataFrame([{name: row.get(name) for name in frame.columns} for row in rows], schema=frame.schema) if rows else frame

    domains = tabulated | {code: filled(code) for code in ("DM", "CM", "DS", "EC", "QS", "FA")}
    rows = adam.build(STUDY, domains)["ADICE"].sort("ASEQ").to_dicts()
    assert all(row["SRCDOM"] in domains for row in rows)
    return [(row["ICEDECOD"], row["ICESTRAT"], row["ASTDY"], row["ICETERM"]) for row in rows]


def drug(name: str, dose: float, start: str, end: str | None = None, often: str = "QD", route: str = "ORAL", unit: str = "mg") -> Row:
    return {"CMTRT": name, "CMDECOD": name, "CMDOSE": dose, "CMDOSU": unit, "CMDOSFRQ": often, "CMROUTE": route, "CMSTDTC": start, "CMENDTC": end}


BACKGROUND = [drug("MYCOPHENOLATE MOFETIL", 1000, "2025-01-01", often="BID"), drug("PREDNISONE", 7.0, "2025-01-01")]


def test_nothing_happened() -> None:
    """What was taken at the start and goes on is no event."""
    assert found(CM=BACKGROUND) == []


def test_steroid_above_ten_milligrams() -> None:
    """Doses of several steroids add up; 10 mg a day is not above 10; methylprednisolone counts by its equivalent."""
    assert found(CM=[*BACKGROUND, drug("PREDNISONE", 3, "2026-03-02")]) == [("DOSE_CHANGE", "treatment policy", 57, "PREDNISONE")]
    higher = found(CM=[*BACKGROUND, drug("METHYLPREDNISOLONE", 4, "2026-03-02")])
    assert ("RESCUE", "composite", 57, "METHYLPREDNISOLONE: 12 mg of prednisone a day") in higher
    assert [one[0] for one in found(CM=[*BACKGROUND, drug("PREDNISONE", 3.5, "2026-03-02")])] == ["DOSE_CHANGE", "RESCUE"]


def test_a_raised_dose_that_replaces_the_old_one() -> None:
    """A dose that begins when the former one has ended does not add to it."""
    replaced = [drug("PREDNISONE", 7.0, "2025-01-01", "2026-03-01"), drug("PREDNISONE", 10, "2026-03-02")]
    assert {one[0] for one in found(CM=replaced)} == {"DOSE_CHANGE"}


def test_steroids_that_are_not_systemic() -> None:
    """A cream is no rescue; a single pulse into a vein is."""
    assert found(CM=[*BACKGROUND, drug("BETAMETHASONE", 30, "2026-03-02", route="TOPICAL")]) == []
    pulse = found(CM=[*BACKGROUND, drug("METHYLPREDNISOLONE", 0.5, "2026-03-02", often="ONCE", route="INTRAVENOUS", unit="g")])
    assert [one[:3] for one in pulse if one[0] == "RESCUE"] == [("RESCUE", "composite", 57)]


def test_new_immunosuppressant() -> None:
    """A drug of the list is rescue only when none of its kind was taken at the start; a higher dose is a change of dose."""
    assert found(CM=[*BACKGROUND, drug("RITUXIMAB", 1000, "2026-03", often="ONCE")]) == [("RESCUE", "composite", 56, "RITUXIMAB")]
    assert {one[0] for one in found(CM=[*BACKGROUND, drug("MYCOPHENOLATE MOFETIL", 1500, "2026-03-02", often="BID")])} == {"DOSE_CHANGE"}
    assert {one[0] for one in found(CM=[BACKGROUND[1], drug("MYCOPHENOLATE SODIUM", 720, "2026-03-02", often="BID")])} == {"RESCUE"}
    assert found(CM=[drug("ASPIRIN", 100, "2026-03-02")]) == []


def test_transplantation_by_name() -> None:
    """A transplantation entered as another treatment counts, whatever the case of its letters."""
    assert found(CM=[drug("Autologous stem cell transplantation", 1, "2026-04-01", often="ONCE")])[0][:3] == ("RESCUE", "composite", 87)


def test_the_reference_day_itself_is_not_after_the_start() -> None:
    assert found(CM=[*BACKGROUND, drug("RITUXIMAB", 1000, "2026-01-05", often="ONCE")]) == []


@pytest.mark.parametrize(("domain", "row", "expected"), [
    ("DM", {"RFSTDTC": "2026-01-05", "DTHFL": "Y", "DTHDTC": "2026-05-01"}, ("DEATH", "composite", 117, "death")),
    ("DS", {"DSCAT": "DISPOSITION EVENT", "DSSCAT": "STUDY TREATMENT", "DSDECOD": "ADVERSE EVENT", "DSSTDTC": "2026-04-01"},
     ("STOP", "treatment policy", 87, "ADVERSE EVENT")),
    ("EC", {"ECOCCUR": "N", "ECREASOC": "INFECTION", "ECSTDTC": "2026-02-02"}, ("STOP", "treatment policy", 29, "INFECTION")),
    ("QS", {"QSTESTCD": "GUESSRSN", "QSORRES": "PATIENT_REMARK", "QSDTC": "2026-02-02"}, ("UNBLINDED", "treatment policy", 29, "PATIENT_REMARK")),
    ("FA", {"FATESTCD": "LEARNED", "FAORRES": "COLLEAGUE", "FADTC": "2026-02-02"}, ("UNBLINDED", "treatment policy", 29, "COLLEAGUE")),
])  # fmt: skip
@pytest.mark.req("DAT-09")
def test_other_events(domain: str, row: Row, expected: tuple[str, str, int, str]) -> None:
    """Death, the end of treatment, a dose not given, a guess for a reason that tells the arm, and a report that it may be known."""
    assert found(**{domain: [row]}) == [expected]


@pytest.mark.parametrize(("domain", "row"), [
    ("DS", {"DSCAT": "DISPOSITION EVENT", "DSSCAT": "STUDY TREATMENT", "DSDECOD": "COMPLETED", "DSSTDTC": "2026-12-01"}),
    ("EC", {"ECOCCUR": "Y", "ECSTDTC": "2026-02-02"}),
    ("QS", {"QSTESTCD": "GUESSRSN", "QSORRES": "EFFICACY", "QSDTC": "2026-02-02"}),
    ("FA", {"FATESTCD": "OCCUR", "FAORRES": "OTHER", "FADTC": "2026-02-02"}),
])  # fmt: skip
def test_what_is_no_event(domain: str, row: Row) -> None:
    assert found(**{domain: [row]}) == []


@pytest.mark.req("DAT-09")
def test_every_kind_of_sign_is_used() -> None:
    """The study's estimand uses every kind of sign that the house can find."""
    assert {sign.kind for event in adice.primary_events(STUDY) for sign in event.signs} == set(SignKind)


def test_unknown_days() -> None:
    """A month alone is read as its first day after the start; a year alone likewise; no date, no event."""
    assert adice.first_day("2026", date(2026, 1, 5)) == (date(2026, 1, 6), "M")
    assert adice.first_day("2026-02", date(2026, 1, 5)) == (date(2026, 2, 1), "D")
    assert adice.first_day(None, date(2026, 1, 5)) is None
