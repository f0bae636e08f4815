"""The analysis data sets of a small history told by hand, and the laws that hold for any history."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import polars as pl
import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.histories import STUDY, History, day, example
from trialwright import adam, sdtm
from trialwright.instruments import mrss
from trialwright.protocol import Audience, IntercurrentEvent, Text

pytestmark = pytest.mark.spec
Frames = dict[str, pl.DataFrame]


def built(told: History, role: Audience = Audience.CUSTODIAN, study: Any = STUDY) -> tuple[Frames, Frames]:
    tabulated = sdtm.build(study, told.seen_by(role))
    return tabulated, adam.build(study, tabulated)


@pytest.fixture(scope="module")
def told() -> History:
    return example()


@pytest.fixture(scope="module")
def frames(told: History) -> Frames:
    return built(told)[1]


def table(frame: pl.DataFrame, *columns: str) -> list[tuple[Any, ...]]:
    return [(row[0].removeprefix("NCT06546540-"), *row[1:]) for row in frame.select("USUBJID", *columns).rows()]


def test_everybody_has_one_row(frames: Frames) -> None:
    """Treatment and populations: a screen failure is in none; a patient without a later score is treated but not analysed."""
    assert table(frames["ADSL"], "TRT01P", "TRT01PN", "TRT01A", "ENRLFL", "ITTFL", "SAFFL", "FASFL", "RANDFL", "COMPLFL") == [
        ("C1", "conventional treatment", 2, "conventional treatment", "Y", "Y", "Y", "Y", "N", "N"),
        ("F1", None, None, None, "N", "N", "N", "N", "N", "N"),
        ("T1", "telitacicept", 1, "telitacicept", "Y", "Y", "Y", "Y", "N", "Y"),
        ("T2", "telitacicept", 1, "telitacicept", "Y", "Y", "Y", "N", "N", "N"),
    ]


def test_dates_and_endings(frames: Frames) -> None:
    """Treatment in the control arm begins on the reference day; what is unknown about the end of treatment stays unknown."""
    assert table(frames["ADSL"], "TRTSDT", "TRTEDT", "TRTDURD", "EOSSTT", "EOSDT", "DCSREAS", "EOTSTT") == [
        ("C1", day(1), None, None, "ONGOING", None, None, "ONGOING"),
        ("F1", None, None, None, None, date(2025, 12, 20), "SCREEN FAILURE", None),
        ("T1", day(1), day(8), 8, "COMPLETED", day(337), None, None),
        ("T2", day(1), day(1), 1, "DISCONTINUED", day(40), "WITHDRAWAL BY SUBJECT", None),
    ]


def test_traits_at_the_start(frames: Frames) -> None:
    """Body size, skin score and lung function at baseline; FVC percent predicted under the equation of the protocol."""
    rows = {row[0]: row[1:] for row in table(frames["ADSL"], "AGE", "AGEGR1", "HEIGHTBL", "WEIGHTBL", "BMIBL", "MRSSBL", "FVCPPBL")}
    assert rows["T1"] == (44, "<65", 160.0, 55.5, pytest.approx(55.5 / 1.6**2), 18.0, pytest.approx(65.486, abs=5e-4))
    assert rows["C1"][5:] == (18.0, None)


def test_disease() -> None:
    """Duration from the first sign, of which only the year is known, to enrollment."""
    told = History()
    told.treated("A")
    told.fill("A", "SCREENING", "CLASSIFICATION", {"SUBSET": "DIFFUSE", "ONSETDAT": "2024"})
    told.fill("A", "SCREENING", "ANTIBODIES", {"ANTDAT": "2025-12-21", "ANA": "POSITIVE", "SCL70": "NEGATIVE"})
    rows = table(built(told)[1]["ADSL"], "SUBSET", "ONSETDT", "DISDUR", "ANA", "SCL70", "ACA")
    assert rows == [("A", "DIFFUSE", date(2024, 1, 1), pytest.approx(735 / 365.25), "POSITIVE", "NEGATIVE", None)]


def test_skin_score_over_time(frames: Frames) -> None:
    """Totals with their baseline and change; no total, no row; response and progression by the published definitions."""
    columns = ("AVISIT", "AVISITN", "ADY", "AVAL", "BASE", "CHG", "ABLFL", "ANL01FL", "CRIT1FL", "CRIT2FL")
    assert table(frames["ADRS"], *columns) == [
        ("C1", "Baseline", 2.0, 1, 18.0, 18.0, None, "Y", "Y", None, None),
        ("C1", "Week 4", 3.0, 30, 21.0, 18.0, 3.0, None, "Y", "N", "N"),
        ("C1", "Week 24", 8.0, 169, 34.0, 18.0, 16.0, None, "Y", "N", "Y"),
        ("T1", "Baseline", 2.0, 1, 18.0, 18.0, None, "Y", "Y", None, None),
        ("T1", "Week 4", 3.0, 29, 17.0, 18.0, -1.0, None, "Y", "N", "N"),
        ("T1", "Week 24", 8.0, 171, 5.0, 18.0, -13.0, None, "Y", "Y", "N"),
        ("T2", "Baseline", 2.0, 1, 18.0, 18.0, None, "Y", "Y", None, None),
    ]
    assert frames["ADRS"]["PCHG"].drop_nulls().to_list() == pytest.approx([100 * 3 / 18, 100 * 16 / 18, -100 / 18, -100 * 13 / 18])
    assert set(frames["ADRS"]["PARAMCD"]) == {"MRSSTOT"}


def test_lung_function_over_time(frames: Frames) -> None:
    rows = table(frames["ADRE"], "PARAMCD", "AVAL", "ABLFL", "SRCDOM", "SRCVAR")
    assert rows == [
        ("T1", "FVC", 2.1, "Y", "RE", "RESTRESN"),
        ("T1", "FVCPP", pytest.approx(65.486, abs=5e-4), "Y", "RE", "RESTRESN"),
        ("T1", "FVCZ", pytest.approx(-2.33, abs=1e-3), "Y", "RE", "RESTRESN"),
    ]


def test_what_the_laboratory_printed_is_not_analysed() -> None:
    told = History()
    told.treated("A")
    told.fill("A", "BASELINE", "LUNG", {"LUNGDAT": day(1).isoformat(), "FVC": "2.10", "HEIGHT": "160", "FVCPPREP": "70"})
    tabulated, analysed = built(told)
    assert tabulated["RE"].filter(pl.col("RECAT").is_not_null())["RESTRESN"].to_list() == [70.0]
    assert table(analysed["ADRE"], "PARAMCD", "AVAL") == [("A", "FVC", 2.1)]


def test_adverse_events(frames: Frames) -> None:
    """An event of unknown day in the year before is not under treatment; terms that nobody has coded stay uncoded."""
    assert table(frames["ADAE"], "AETERM", "AEDECOD", "ASTDT", "ASTDTF", "ASTDY", "AENDY", "TRTEMFL", "AETOXGRN", "AOCCFL") == [
        ("C1", "Cough", None, date(2025, 1, 1), "M", -369, None, None, 2, None),
        ("T1", "Injection site redness", None, day(8), None, 8, 10, "Y", 1, "Y"),
    ]


def test_a_total_that_its_sites_do_not_give_is_found(told: History) -> None:
    """The skin score is derived again from the 17 sites; a tabulation that says otherwise is refused by name."""
    tabulated = sdtm.build(STUDY, told.seen_by())
    total = (pl.col("RSTESTCD") == "MRSS0118") & (pl.col("USUBJID") == "NCT06546540-T1") & (pl.col("VISITNUM") == 8)
    wrong = tabulated["RS"].with_columns(pl.when(total).then(6.0).otherwise(pl.col("RSSTRESN")).alias("RSSTRESN"))
    with pytest.raises(ValueError, match=r"NCT06546540-T1 at visit 8.0 is 6.0, its sites give 5.0"):
        adam.build(STUDY, tabulated | {"RS": wrong})


@pytest.mark.req("AUD-03")
def test_every_value_leads_back_to_who_wrote_it(told: History) -> None:
    """From an analysis row to its record and from there to the entries: day, 17 sites, and the person who recorded them."""
    tabulated, analysed = built(told)
    for name in ("ADSL", "ADRS", "ADRE", "ADAE"):
        for row in analysed[name].to_dicts():
            entries = [told.gate.entry(ref, Audience.CUSTODIAN) for ref in adam.trace(row, tabulated)]
            assert entries and all(entry is not None and f"{STUDY.code}-{entry.event.subject}" == row["USUBJID"] for entry in entries)
    week24 = analysed["ADRS"].row(by_predicate=(pl.col("USUBJID") == "NCT06546540-T1") & (pl.col("AVISITN") == 8), named=True)
    written = [told.gate.entry(ref, Audience.CUSTODIAN) for ref in adam.trace(week24, tabulated)]
    assert {getattr(entry.event, "item", "") for entry in written if entry} == {"MRSSDAT", *mrss.CODES}
    assert {entry.role for entry in written if entry} == {Audience.EVALUATOR}
    assert sum(int(entry.event.value) for entry in written if entry and entry.event.item != "MRSSDAT") == week24["AVAL"]  # type: ignore[union-attr]  # all are answers


def test_a_source_that_does_not_exist_is_said(told: History) -> None:
    tabulated, _ = built(told)
    with pytest.raises(LookupError, match="RS has 0 records of NCT06546540-T1 with sequence number 999"):
        adam.trace({"USUBJID": "NCT06546540-T1", "SRCDOM": "RS", "SRCSEQ": 999}, tabulated)


@pytest.mark.parametrize("code", adam.SPECS)
def test_columns_and_keys(code: str, frames: Frames) -> None:
    """Columns, types and labels do not depend on the data, and keys tell rows apart."""
    spec = adam.SPECS[code]
    assert dict(frames[code].schema) == spec.types
    assert not frames[code].select(spec.keys).is_duplicated().any()


@pytest.mark.req("BLD-05")
def test_the_blind_statistician_gets_the_same_data_sets_without_arms(told: History, frames: Frames) -> None:
    """Same functions, same columns; treatments are empty, who was treated is unknown, scores and changes are there."""
    _, blind = built(told, Audience.STATISTICIAN)
    for code, frame in blind.items():
        assert frame.schema == frames[code].schema
        for column in ("TRT01P", "TRT01A", "TRTP", "TRTA", "TRTSDT", "TRTEDT", "ARM"):
            assert column not in frame.columns or frame[column].null_count() == frame.height
    assert blind["ADAE"].height == 0
    assert table(blind["ADSL"], "ITTFL", "SAFFL", "FASFL") == [("C1", "Y", None, "Y"), ("F1", "N", "N", "N"), ("T1", "Y", None, "Y"), ("T2", "Y", None, "N")]
    shared = ("USUBJID", "ADY", "AVISITN", "AVAL", "BASE", "CHG", "ANL01FL", "SRCSEQ")
    assert blind["ADRS"].select(shared).equals(frames["ADRS"].select(shared))


def test_building_twice_gives_the_same_bytes(told: History, frames: Frames) -> None:
    for code, frame in built(told)[1].items():
        assert frame.write_csv() == frames[code].write_csv()
        assert built(example())[1][code].write_csv() == frames[code].write_csv()


def test_carrying_forward_only_where_an_estimand_says_so(told: History) -> None:
    """No row is carried in this study; with an estimand that prescribes it each later visit has a value."""
    event = IntercurrentEvent(code="X", event=Text("no value", "无"), strategy="last observation carried forward", because=Text("test", "测试"))
    prescribed = evolve(STUDY, estimands=tuple(evolve(one, events=(*one.events, event)) for one in STUDY.estimands))
    _, plain = built(told)
    _, carried = built(told, study=prescribed)
    assert plain["ADRS"]["DTYPE"].null_count() == plain["ADRS"].height
    rows = carried["ADRS"].filter(pl.col("DTYPE") == "LOCF")
    assert rows.filter(pl.col("USUBJID") == "NCT06546540-T1").select("AVISIT", "AVAL", "CHG").rows() == [
        *((f"Week {week}", 17.0, -1.0) for week in (8, 12, 16, 20)), *((f"Week {week}", 5.0, -13.0) for week in (36, 48))]  # fmt: skip
    assert rows.filter(pl.col("USUBJID") == "NCT06546540-T2").height == 0, "a baseline is never carried"


GRADES = st.lists(st.integers(0, 3), min_size=17, max_size=17)
VISITS = {"BASELINE": 1, "W4": 29, "W8": 57, "W24": 169}
ASSESSED = st.fixed_dictionaries({}, optional={visit: st.tuples(st.integers(-7, 7), GRADES, st.booleans()) for visit in VISITS})


@pytest.mark.property
@settings(max_examples=25, deadline=None)
@given(histories=st.lists(ASSESSED, min_size=1, max_size=3))
def test_laws_of_any_history(histories: Sequence[dict[str, tuple[int, list[int], bool]]]) -> None:
    """CHG = AVAL - BASE; one baseline at most; one analysis record for each visit; every value is the sum of its sites."""
    told = History()
    expected = 0
    for number, visits in enumerate(histories):
        told.treated(f"S{number}")
        for visit, (shift, grades, complete) in visits.items():
            sites = {code: str(grade) for code, grade in zip(mrss.CODES, grades, strict=True)}
            if not complete:
                del sites["FACE"]
            when = day(VISITS[visit]) if visit == "BASELINE" else day(VISITS[visit] + shift)
            told.fill(f"S{number}", visit, "MRSS", {"MRSSDAT": when.isoformat()} | sites, role=Audience.EVALUATOR)
            expected += complete
    tabulated, analysed = built(told)
    rows = analysed["ADRS"]
    assert rows.height == expected
    for row in rows.to_dicts():
        values = [told.gate.entry(ref, Audience.CUSTODIAN) for ref in adam.trace(row, tabulated)]
        assert row["AVAL"] == sum(int(entry.event.value) for entry in values if entry and entry.event.item in mrss.CODES)  # type: ignore[union-attr]  # all are answers
        assert row["CHG"] == (None if row["ADY"] <= 1 or row["BASE"] is None else row["AVAL"] - row["BASE"])
        assert row["ADY"] != 0 and (row["AWLO"] or -99) <= row["ADY"] <= (row["AWHI"] or 999)
    for flag, by in (("ABLFL", ["USUBJID", "PARAMCD"]), ("ANL01FL", ["USUBJID", "PARAMCD", "AVISITN"])):
        assert not rows.filter(pl.col(flag) == "Y").select(by).is_duplicated().any()
    with_value = rows.select("USUBJID", "AVISITN").unique().height
    assert rows.filter(pl.col("ANL01FL") == "Y").height == with_value
