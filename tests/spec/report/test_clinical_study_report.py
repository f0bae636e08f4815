"""The clinical study report after ICH E3: every section in its place, what the record knows, what it does not know and says so, and whose data are where."""

import re
from datetime import timedelta

import polars as pl
import pytest
from attrs import evolve

from studies.telitacicept_ssc.exhibits import outcomes
from studies.telitacicept_ssc.protocol import STUDY
from studies.telitacicept_ssc.report import REPORT
from tests.spec.report.conftest import SIX, told
from trialwright.blinding.certificate import Bound, Certificate, Obligation
from trialwright.protocol import Text
from trialwright.record import Casebook
from trialwright.report.checklists import CONSORT, TREND
from trialwright.report.document import Document, Listing, Prose, Section
from trialwright.report.render.paper import facts
from trialwright.report.render.text import document_text
from trialwright.report.source import Source
from trialwright.report.table import Table
from trialwright.report.tables import blinding, narratives
from trialwright.report.writing import Composed, View, compose

E3 = (
    "1", "2", "4", "5", "5.1", "5.2", "5.3", "6", "7", "8", "9", "9.1", "9.2", "9.3", "9.4", "9.5", "9.6", "9.7", "9.8", "10", "10.1", "10.2", "11", "11.1",
    "11.2", "11.3", "11.4", "11.4.2", "12", "12.1", "12.2", "12.4", "12.5", "13", "14", "14.1", "14.2", "14.3", "14.4", "15", "16", "16.1", "16.1.1", "16.1.4",
    "16.1.5", "16.1.7", "16.1.9", "16.1.13", "16.2",
)  # fmt: skip
LISTINGS = ("16.2.1", "16.2.2", "16.2.3", "16.2.4", "16.2.5", "16.2.6", "16.2.7", "16.2.8")


def part(document: Document, number: str) -> Section:
    return next(one for one in document.sections if one.number == number)


def spoken(section: Section) -> str:
    words = [one.text.en for one in section.parts if isinstance(one, Prose)]
    words += [f"{what.en}: {how.en}" for one in section.parts if isinstance(one, Listing) for what, how in one.entries]
    return " ".join(words)


def test_the_sections_of_e3_in_order(opened: Composed) -> None:
    """Sections stand under their numbers of ICH E3, none twice, none without anything in or below it; the contents are section 3."""
    numbers = [section.number for section in opened.document.sections]
    assert tuple(numbers) == E3
    for place, section in enumerate(opened.document.sections):
        below = place + 1 < len(numbers) and numbers[place + 1].startswith(section.number + ".")
        assert section.parts or below, section.number


def test_tables_and_listings_under_their_numbers(opened: Composed) -> None:
    """Tables 14.x and listings 16.2.x carry the number of the section in which they stand; no number is used twice; the eight listings of E3 are there."""
    for section in opened.document.sections:
        for one in section.parts:
            if isinstance(one, Table) and section.number.startswith(("14", "16")):
                assert one.number == section.number or one.number.startswith(section.number), (section.number, one.number)
    numbers = [table.number for table in opened.document.tables]
    assert len(numbers) == len(set(numbers)) and set(LISTINGS) <= set(numbers)


def test_what_a_sentence_names_exists(opened: Composed, blinded: Composed) -> None:
    """Every table, figure, listing and section that a sentence names stands in the report."""
    for document in (opened.document, blinded.document):
        known = {table.number for table in document.tables} | {figure.number for figure in document.figures} | {one.number for one in document.sections}
        for language in ("en", "zh"):
            text = document_text(document, language)
            named = re.findall(r"(?:Tables?|Figures?|Listings?|[Ss]ections?|[表图]|列表|第) ?(\d+(?:\.\d+)+)", text)
            assert set(named) <= known, set(named) - known


@pytest.mark.parametrize("language", ["en", "zh"])
def test_on_paper_the_numbers_lead_to_them(opened: Composed, language: str) -> None:
    """A number of a table or figure in a sentence is a link on paper."""
    told_facts = facts(opened.document, language)
    pieces = [piece for section in told_facts["sections"] for one in section["parts"] if one["kind"] == "prose" for piece in one["pieces"]]
    assert sum(bool(target) for _, target in pieces) > 8


def test_what_is_not_recorded_is_said(opened: Composed) -> None:
    """The record knows no ethics committee and no name of an investigator: the report says so, and invents none."""
    document = opened.document
    assert spoken(part(document, "5.1")).count("not recorded in the ledger; to be added by the sponsor") == 3
    assert "Principal investigator: not recorded" in spoken(part(document, "6")) and "not recorded" in spoken(part(document, "1"))
    assert "from memory and were not checked" in spoken(part(document, "16.1.13"))


def test_consent_is_counted(opened: Composed, rehearsed: Casebook) -> None:
    """Everybody who was screened has consent on record, between the days that the record holds."""
    words = spoken(part(opened.document, "5.3"))
    days = sorted(one.consented for one in rehearsed.subjects if one.consented)
    assert f"People screened: {len(rehearsed.subjects)}" in words and f"Consent on record: {len(days)}" in words
    assert f"First and last: {days[0]} to {days[-1]}" in words and "without consent on record: nobody" in words
    assert "No consent is on record yet" in document_text(compose(REPORT, STUDY, Casebook.of([])).document)


def test_people_and_signatures_add_up(opened: Composed, rehearsed: Casebook) -> None:
    """The entries of all accounts together are all entries; nobody signed more often than he entered."""
    table = opened.document.table("16.1.4")
    counts = {row.label.en: (int(row.cells[3].text.en), int(row.cells[4].text.en)) for row in table.rows}
    assert sum(entries for entries, _ in counts.values()) == len(rehearsed.everything)
    assert sum(int(row.cells[3].text.en) for row in opened.document.table("16.1.5").rows) == sum(signed for _, signed in counts.values()) > 0


def test_exposure_from_the_dosing_log(opened: Composed) -> None:
    """Doses are those of the study drug alone, patient by patient and together; the control arm has none."""
    ec = opened.trail.source.sdtm["EC"]
    given, missed = ec.filter(pl.col("ECOCCUR") == "Y"), ec.filter(pl.col("ECOCCUR") == "N")
    assert f"{given['USUBJID'].n_unique()} patients had {given.height} doses of the study drug" in spoken(part(opened.document, "12.1"))
    table = opened.document.table("16.2.5")
    assert sum(int(row.cells[2].text.en) for row in table.rows) == given.height and sum(int(row.cells[4].text.en) for row in table.rows) == missed.height
    assert len(opened.document.table("16.2.5.1").rows) == missed.height
    arms = opened.trail.source.arms
    assert {arms[f"{STUDY.code}-{row.label.en}"] for row in table.rows} == {"T"}
    lines = opened.document.table("14.3.5").rows
    place = next(place for place, row in enumerate(lines) if row.label.en == "Doses given")
    assert [cell.text.en for cell in lines[place + 1].cells] == ["10", "–", "10"]
    assert lines[place + 2].cells[0].text.en.startswith(f"{given.height / 10:.1f} (")


def test_data_sets_analyzed(opened: Composed, blinded: Composed) -> None:
    """Each set is counted from its flag; the safety set, which tells who took the drug, is closed to the blinded."""
    table = opened.document.table("11.1")
    adsl = opened.trail.source.adam["ADSL"]
    for row, flag in zip(table.rows, ("ITTFL", "FASFL", "SAFFL"), strict=True):
        assert row.cells[2].text.en.split(" ")[0] == str(adsl.filter(pl.col(flag) == "Y").height)
    assert {cell.text.en for cell in blinded.document.table("11.1").rows[2].cells[:3]} == {"xx"}


def test_who_is_missing_from_the_primary_analysis(opened: Composed) -> None:
    """Listing 16.2.3 names exactly those enrolled patients who have no change at week 24."""
    source = opened.trail.source
    at = source.adam["ADRS"].filter((pl.col("PARAMCD") == "MRSSTOT") & (pl.col("AVISITN") == 8.0) & (pl.col("ANL01FL") == "Y") & pl.col("CHG").is_not_null())
    enrolled = set(source.adam["ADSL"].filter(pl.col("ITTFL") == "Y")["SUBJID"])
    assert {row.label.en for row in opened.document.table("16.2.3").rows} == enrolled - set(at["SUBJID"])


def test_every_value_is_listed(opened: Composed) -> None:
    """Listings 16.2.6 and 16.2.8 hold each analyzed value once, with the dataset row behind it; 14.3.4 holds those outside their interval."""
    adlb = opened.trail.source.adam["ADLB"]
    used = adlb.filter(pl.col("AVAL").is_not_null() & ((pl.col("ANL01FL") == "Y") | (pl.col("ABLFL") == "Y")) & (pl.col("ITTFL") == "Y"))
    cells = [cell for row in opened.document.table("16.2.8").rows for cell in row.cells if cell.rows]
    assert len(cells) == used.height and len({cell.rows for cell in cells}) == used.height
    outside = adlb.filter((pl.col("ADY") > 1) & (pl.col("ITTFL") == "Y") & (pl.col("ANRIND").is_in(["LOW", "HIGH"]) | (pl.col("ATOXGRN") >= 1)))
    assert len(opened.document.table("14.3.4").rows) == outside.height > 0
    assert len(opened.document.table("16.2.7").rows) == opened.trail.source.adam["ADAE"].height


def test_a_narrative_from_the_record(opened: Composed) -> None:
    """Each serious event has its story: who, on which day, how bad, why serious, the drug before it, how it ended, and the physician's own words."""
    table = opened.document.table("14.3.3")
    serious = opened.trail.source.adam["ADAE"].filter(pl.col("AESER") == "Y")
    assert len(table.rows) == serious.height > 0
    for row in table.rows:
        (cell,) = row.cells
        event = serious.filter(pl.col("SUBJID") == row.label.en).to_dicts()[0]
        for said in (event["AETERM"], event["ASTDT"].isoformat(), f"day {event['ASTDY']}", "Serious because of", "suspicion of the treating "
            "physician", "Other drugs"):
            assert said in cell.text.en, said
        assert {one.dataset for one in cell.rows} == {"ADAE", "ADSL"} and "“" in cell.text.zh
        index = opened.trail.source.casebook.subject(row.label.en).index_date
        assert index and index + timedelta(days=event["ASTDY"] - 1) == event["ASTDT"]
    assert narratives.table(told(SIX), number="1", title=Text("x", "x"), population_name=Text("x", "x")).empty is not None


def test_side_by_side(opened: Composed, blinded: Composed) -> None:
    """The primary outcome stands first and marked; each outcome that is compared by its change has all three ways; the blinded see none."""
    table = opened.document.table("11.4.1")
    assert table.rows[0].label.en.endswith("(primary)") and len(table.rows) == len(outcomes(STUDY)) > 15
    for row in table.rows:
        assert [cell.text.en for cell in row.cells[:6]].count("–") == 0, row.label.en
    first = {cell.text.en for cell in table.rows[0].cells}
    assert any(" %" in words for words in first) and table.rows[0].cells[6].text.en != "–"
    assert {cell.text.en for row in blinded.document.table("11.4.1").rows for cell in row.cells} == {"xx"}


def test_the_checklists_point_into_the_report(opened: Composed) -> None:
    """Every item names a section that exists, or says that it is missing; a randomized trial is held to the other list."""
    known = {section.number for section in opened.document.sections}
    assert {item.where for item in (*CONSORT, *TREND) if item.where} <= known
    assert "TREND" in opened.document.table("16.1.13").title.en
    source = told(SIX)
    random = Source(study=STUDY.read_as("R3"), casebook=source.casebook, sdtm=source.sdtm, adam=source.adam, released=True)
    tables = [one for section in REPORT.sections(random) for one in section.parts if isinstance(one, Table)]
    assert "CONSORT" in next(one for one in tables if one.number == "16.1.13").title.en
    assert "not recorded; to be added by hand" in {row.cells[1].text.en for row in next(one for one in tables if one.number == "16.1.13").rows}


def test_what_may_not_be_told_is_not(blinded: Composed) -> None:
    """Nothing of doses, adverse events or narratives is in the blinded report, and it says why."""
    for number in ("12.1", "12.2", "11.3"):
        assert "tell the arm" in spoken(part(blinded.document, number))
    assert all(blinded.document.table(number).empty for number in ("14.3.3", "14.3.5", "16.2.5", "16.2.5.1", "16.2.7"))
    assert all(not blinded.document.table(number).rows for number in ("14.3.3", "14.3.5", "16.2.5", "16.2.5.1", "16.2.7"))


def test_the_certificate(rehearsed: Casebook) -> None:
    """A certificate of this study is told; one of another study, a changed one and a failed one with a warning; without one the report says so."""
    told_well = Text("none differed", "无差异")
    mine = Certificate(
        code=STUDY.code, version=STUDY.version, reading=STUDY.reading, bound=Bound(study=STUDY.digest, files="f", program="p", roles="r"),
        issued="2026-01-05", seed="1",
        pairs=300, worlds={"arms exchanged": 100}, seconds=9, observers=("EVALUATOR",), routes=(), exempt=(), caught=(), limits=(Text("talk", "言语"),),
        obligations=(Obligation(code="B1", what=Text("pages alike", "页面一致"), held=True, told=told_well),),
    ).sealed()  # fmt: skip
    document = compose(REPORT, STUDY, rehearsed, View(blinded=True, certificate=mine)).document
    words = spoken(part(document, "14.4"))
    assert "belongs to this definition" in words and "pages alike: met: none differed" in words and "talk" in words and mine.digest in words
    failed = evolve(mine, obligations=(evolve(mine.obligations[0], held=False),)).sealed()
    for wrong, why in ((evolve(mine, pairs=1), "was changed after"),
    (evolve(mine, bound=evolve(mine.bound, study="x")).sealed(), "another definition"), (failed, "FAILED")):
        shown = blinding.certified(Source(study=STUDY, casebook=Casebook.of([]), sdtm={}, adam={}, released=False, certificate=wrong))
        assert isinstance(shown[0], Prose) and shown[0].warning and why in shown[0].text.en
    assert "takes one in" in spoken(part(compose(REPORT, STUDY, Casebook.of([])).document, "14.4"))
