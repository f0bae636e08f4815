"""A rehearsed trial of twenty, from the first patient to the opened arms: its data sets obey the laws and lead back to the ledger."""

from datetime import date

import polars as pl
import pytest

from studies.telitacicept_ssc.protocol import study
from studies.telitacicept_ssc.rehearsal import BEHAVIOR
from trialwright import adam, sdtm
from trialwright.adam import bds
from trialwright.blinding import Gate
from trialwright.instruments import rand36, shaq
from trialwright.protocol import Audience
from trialwright.record import conclusions
from trialwright.record.ledger import Ledger
from trialwright.rehearsal import dice, rehearse

pytestmark = pytest.mark.spec
Frames = dict[str, pl.DataFrame]


@pytest.fixture(scope="module")
def gate() -> Gate:
    trial = study("R1")
    gate = Gate(trial, Ledger("test"), lambda lines: None, dice(1))
    rehearse(trial, BEHAVIOR, gate, seed=1, start=date(2024, 6, 10))
    return gate


@pytest.fixture(scope="module")
def tabulated(gate: Gate) -> Frames:
    return sdtm.build(gate.study, gate.casebook(Audience.CUSTODIAN))


@pytest.fixture(scope="module")
def analysed(gate: Gate, tabulated: Frames) -> Frames:
    return adam.build(gate.study, tabulated)


def test_keys_tell_records_apart(tabulated: Frames, analysed: Frames) -> None:
    for spec, frames in ((sdtm.spec, tabulated), (adam.SPECS.__getitem__, analysed)):
        for code, frame in frames.items():
            assert not frame.select(spec(code).keys).is_duplicated().any(), code


@pytest.mark.req("AUD-03")
def test_every_record_leads_to_the_ledger(gate: Gate, tabulated: Frames) -> None:
    """Each record names entries about its own person; together they name each answer that is submitted."""
    entries = {entry.ref: entry for entry in gate.casebook(Audience.CUSTODIAN).everything}
    for code, frame in tabulated.items():
        if code == "RELREC":  # relates data sets, not records
            continue
        for who, refs in frame.select("USUBJID", "_REFS").rows():
            assert refs, code
            assert {entries[ref].event.subject for ref in refs} == {who.removeprefix(f"{gate.study.code}-")}


def test_nobody_is_lost_between_casebook_and_analysis(gate: Gate, tabulated: Frames, analysed: Frames) -> None:
    """Subjects, allocations, screen failures and complete skin scores are as many in the data sets as in the casebook."""
    people = gate.casebook(Audience.CUSTODIAN).subjects
    adsl, rs = analysed["ADSL"], tabulated["RS"]
    assert adsl.height == tabulated["DM"].height == len(people)
    for arm in gate.study.arms:
        assert adsl.filter(pl.col("TRT01P") == arm.name.en).height == sum(one.arm == arm.code for one in people)
    assert adsl.filter(pl.col("ARMNRS") == "SCREEN FAILURE").height == sum(one.failed is not None for one in people)
    complete = [page for one in people for page in one.pages.values()
                if page.place[1] == "MRSS" and len([code for code in page.answers if code != "MRSSDAT"]) == 17]  # fmt: skip
    assert len(complete) > 100
    assert rs.filter((pl.col("RSTESTCD") == "MRSS0118") & (pl.col("RSEVAL") == "INDEPENDENT ASSESSOR")).height == len(complete)
    assert analysed["ADRS"].filter(pl.col("PARAMCD") == "MRSSTOT").height == len(complete)


def test_every_enrolled_patient_has_a_baseline(analysed: Frames) -> None:
    """One baseline of the skin score each, on study day 1, equal to the base of every later row."""
    rows = analysed["ADRS"].filter(pl.col("PARAMCD") == "MRSSTOT")
    start = rows.filter(pl.col("ABLFL") == "Y")
    assert start["USUBJID"].sort().to_list() == analysed["ADSL"].filter(pl.col("ITTFL") == "Y")["USUBJID"].to_list()
    assert set(start["ADY"]) == {1}
    assert rows.filter((pl.col("CHG") - (pl.col("AVAL") - pl.col("BASE"))).abs() > 0).height == 0
    assert rows.filter(pl.col("CHG").is_null() & (pl.col("ADY") > 1)).height == 0


def test_the_arms_are_open_to_the_statistician_only_after_release(gate: Gate) -> None:
    """As of any moment before the code break his data sets hold no arm; after it they equal the custodian's."""
    released = gate.casebook(Audience.STATISTICIAN).released
    assert released is not None
    before = max(entry.at for entry in gate.casebook(Audience.CUSTODIAN).everything if entry.at < released.at)
    blind = adam.build(gate.study, sdtm.build(gate.study, gate.casebook(Audience.STATISTICIAN, before)))
    assert blind["ADSL"]["TRT01P"].null_count() == blind["ADSL"].height and blind["ADAE"].height == 0
    opened = adam.build(gate.study, sdtm.build(gate.study, gate.casebook(Audience.STATISTICIAN)))
    custodian = adam.build(gate.study, sdtm.build(gate.study, gate.casebook(Audience.CUSTODIAN)))
    for code, frame in opened.items():
        assert frame.equals(custodian[code]), code


def test_every_secondary_domain_is_analysed(gate: Gate, analysed: Frames) -> None:
    """Each endpoint at week 24 has a baseline and a value at week 24 in at least 15 of 20 patients, in the data set of its domain."""
    sets = {"RS": "ADRS", "RE": "ADRE", "QS": "ADQS", "FT": "ADFT", "LB": "ADLB"}
    asked = [one for one in gate.study.endpoints if one.at == "W24" and one.change and not one.primary]
    assert len(asked) == 18
    for endpoint in asked:
        frame = analysed[sets[bds.domain_of(gate.study, endpoint) or ""]].filter(pl.col("PARAMCD") == bds.test_of(gate.study, endpoint))
        base = frame.filter(pl.col("ABLFL") == "Y")["USUBJID"].n_unique()
        later = frame.filter((pl.col("AVISIT") == "Week 24") & (pl.col("ANL01FL") == "Y"))["USUBJID"].n_unique()
        assert (base >= 15, later >= 15) == (True, True), (endpoint.code, base, later)


def test_the_laboratory_of_the_rehearsal_has_grades_and_shifts(analysed: Frames) -> None:
    adlb = analysed["ADLB"]
    assert adlb.filter(pl.col("ATOXGRN") >= 1).height > 20
    assert adlb.filter(pl.col("SHIFT1").is_not_null() & (pl.col("BTOXGR") != pl.col("ATOXGR"))).height > 10
    assert {"LOW", "NORMAL", "HIGH"} <= set(adlb["ANRIND"].drop_nulls())


BESIDE = {
    "MRSS_TOTAL": ("RS", "MRSS0118"), "GIT_TOTAL": ("QS", "GITTOT"), "HAQ_DI": ("QS", "HAQDI"), "EQ5D_INDEX": ("QS", "EQ5DIDX"),
    **{f"SHAQ_{scale}_SCALE": ("QS", testcd) for scale, testcd in shaq.TESTCDS.items()},
    **{f"RAND36_{scale}": ("QS", f"R36{scale}") for scale in rand36.SCALE_CODES},
    "FVC_PERCENT": ("RE", "FVCPP"), "FEV1_PERCENT": ("RE", "FEV1PP"), "DLCO_PERCENT": ("RE", "DLCOHCPP"), "EUSTAR_INDEX": ("RS", "EUSTAR17"),
}  # fmt: skip
"""Where each number that stands beside a page is found in the data sets."""


@pytest.mark.req("DAT-04")
def test_what_stands_beside_a_page_is_what_the_data_sets_say(gate: Gate, tabulated: Frames) -> None:
    """Each score of each page, told while it is filled, is the derived record of that person and visit; there are as many of both."""
    told: dict[tuple[str, str, str], float] = {}
    for subject in gate.casebook(Audience.CUSTODIAN).subjects:
        for place, page in subject.pages.items():
            for one in conclusions(gate.study, subject, Audience.CUSTODIAN, place, page.answers):
                if one.watch.code in BESIDE and one.number and one.fact.low == one.fact.high:
                    told[subject.id, gate.study.visit(place[0]).name.en.upper(), one.watch.code] = float(one.fact.low or 0)
    kept: dict[tuple[str, str, str], float] = {}
    for code, (domain, testcd) in BESIDE.items():
        rows = tabulated[domain].filter((pl.col(f"{domain}TESTCD") == testcd) & pl.col(f"{domain}STRESN").is_not_null())
        rows = rows.filter(pl.col("REDRVFL") == "Y") if domain == "RE" else rows
        rows = rows.filter(pl.col("RSEVAL") == "INDEPENDENT ASSESSOR") if code == "MRSS_TOTAL" else rows
        kept |= {(who.rsplit("-", 1)[1], visit.upper(), code): value for who, visit, value in rows.select("USUBJID", "VISIT", f"{domain}STRESN").rows()}
    assert {code for _, _, code in told} == set(BESIDE)
    assert told.keys() == kept.keys()
    assert {place: value for place, value in told.items() if abs(value - kept[place]) > 0.0006} == {}


def test_the_highest_grade_beside_a_laboratory_page_is_that_of_its_records(gate: Gate, tabulated: Frames) -> None:
    told: dict[tuple[str, str], int] = {}
    for subject in gate.casebook(Audience.CUSTODIAN).subjects:
        for place, page in subject.pages.items():
            for one in conclusions(gate.study, subject, Audience.CUSTODIAN, place, page.answers):
                if one.watch.code.startswith("CTCAE") and one.fact.low is not None:
                    where = (subject.id, gate.study.visit(place[0]).name.en.upper())
                    told[where] = max(told.get(where, 0), int(one.fact.low))
    graded = tabulated["LB"].filter(pl.col("LBTOXGR").is_not_null()).group_by("USUBJID", "VISIT").agg(pl.col("LBTOXGR").cast(int).max())
    kept = {(who.rsplit("-", 1)[1], visit.upper()): grade for who, visit, grade in graded.rows()}
    assert len(kept) > 100 and any(kept.values())
    assert {place: (told.get(place), grade) for place, grade in kept.items() if told.get(place) != grade} == {}
