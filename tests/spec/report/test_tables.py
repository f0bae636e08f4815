"""The tables on a hand-written trial of six patients, as they read; and what they say when there is little or nothing to show."""

import re
from datetime import date, timedelta

import polars as pl
import pytest
from attrs import evolve
from syrupy.assertion import SnapshotAssertion

from studies.telitacicept_ssc.analysis import analyze
from studies.telitacicept_ssc.protocol import STUDY
from studies.telitacicept_ssc.report import REPORT
from tests.spec.report.conftest import SIX, Patient, told
from trialwright.protocol import Audience, Text, same
from trialwright.record import Casebook, OpenStudy
from trialwright.report.render.html import page
from trialwright.report.render.text import document_text, figure_text, table_text
from trialwright.report.source import Source
from trialwright.report.table import Cell, Column, DataRow, Row, Table
from trialwright.report.writing import Composed, compose
from trialwright.testing import START, actor, in_memory


def composed(source: Source) -> dict[str, Table]:
    return {table.number: table for section in REPORT.sections(source) for table in section.parts if isinstance(table, Table)}


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("number", ["14.1.2", "14.2.1", "14.3.1.1", "14.4"])
def test_as_they_read(number: str, language: str, snapshot: SnapshotAssertion) -> None:
    """Demographics, primary outcome, adverse events and guesses of six patients, in both languages."""
    assert table_text(composed(told(SIX))[number], language) == snapshot


@pytest.mark.parametrize("number", ["14.2.1", "14.3.1.1", "14.4"])
def test_as_the_blinded_read_them(number: str, snapshot: SnapshotAssertion) -> None:
    """The same tables before the arms are opened."""
    assert table_text(composed(told(SIX, released=False))[number]) == snapshot


def test_adverse_events_by_hand() -> None:
    """A patient counts once in each line; related, serious and severe are counted from the worst of his events."""
    table = composed(told(SIX))["14.3.1.1"]
    found = {row.label.en: [cell.text.en for cell in row.cells] for row in table.rows if row.cells}
    assert found["any adverse event"] == ["2 (66.7 %)", "1 (33.3 %)", "3 (50.0 %)"]
    assert found["related to the study drug"] == ["2 (66.7 %)", "0", "2 (33.3 %)"]
    assert found["serious"] == ["1 (33.3 %)", "0", "1 (16.7 %)"]
    assert found["severe (grade 3 or higher)"] == ["1 (33.3 %)", "0", "1 (16.7 %)"]
    assert list(found)[-2:] == ["rash", "pneumonia"] and found["rash"] == ["1 (33.3 %)", "1 (33.3 %)", "2 (33.3 %)"]


@pytest.mark.req("BLD-08")
def test_guesses_by_hand() -> None:
    """Bang's index is (right minus wrong) over asked in each arm: (1-1)/3 and (2-1)/3 here."""
    table = composed(told(SIX))["14.4"]
    row = next(row for row in table.rows if row.label.en.startswith("Bang"))
    assert [cell.text.en.split()[0] for cell in row.cells] == ["0.00", "0.33", "–"]


LIVER = (
    ("AA", 29, "ALT", 130.0, 40.0), ("AA", 29, "BILI", 45.0, 21.0), ("AA", 29, "ALP", 80.0, 100.0),
    ("BB", 29, "AST", 400.0, 40.0), ("BB", 57, "BILI", 42.0, 21.0), ("BB", 57, "ALP", 250.0, 100.0),
    ("CC", 29, "ALT", 400.0, 40.0), ("CC", 85, "BILI", 60.0, 21.0),
    ("DD", 1, "ALT", 900.0, 40.0), ("DD", 29, "ALT", 119.0, 40.0),
    ("EE", 57, "ALT", 160.0, 40.0), ("EE", 29, "BILI", 50.0, 21.0),
    ("BB", 200, "AST", 160.0, 40.0), ("BB", 201, "BILI", 44.0, 21.0),
)  # fmt: skip
"""Patient, study day, test, value and upper limit."""


def test_liver_by_hand() -> None:
    """AA fulfills Hy's law on one day; BB's bile is held back at his first rise, and not at his second, which counts; CC 56 days later and EE before do not
    count; DD rose before the start.
    """
    source = told(SIX)
    began = date(2026, 3, 1)
    rows = [{"USUBJID": f"NCT06546540-{who}", "PARAMCD": test, "PARAM": test, "AVAL": value, "ANRHI": limit, "ADY": day, "ADT": began + timedelta(days=day - 1)}
            for who, day, test, value, limit in LIVER]  # fmt: skip
    empty = source.adam["ADLB"]
    adlb = pl.DataFrame([{name: row.get(name) for name in empty.columns} for row in rows], schema=empty.schema)
    table = composed(evolve(source, adam={**source.adam, "ADLB": adlb}))["14.3.6.3"]
    found = {row.label.en: [cell.text.en.split()[0] for cell in row.cells] for row in table.rows}
    assert list(found.values()) == [
        ["3", "1", "4"], ["2", "0", "2"], ["2", "0", "2"], ["0", "0", "0"], ["3", "1", "4"], ["1", "0", "1"], ["2", "0", "2"], ["2", "0", "2"]]  # fmt: skip
    assert table.rows[-1].cells[-1].rows == (DataRow("ADLB", 2), DataRow("ADLB", 14))


def test_deaths_and_unknowns_are_not_hidden() -> None:
    """A trait that is not known for everybody is counted as unknown, and percentages leave it out."""
    table = composed(told(SIX))["14.1.2"]
    rows = [(row.label.en, [cell.text.en for cell in row.cells]) for row in table.rows]
    assert rows[-4:] == [("Anticentromere, n (%)", []), ("positive", ["0", "0", "0"]), ("negative", ["0", "0", "0"]),
                         ("unknown or other", ["3", "3", "6"])]  # fmt: skip


# ------------------------------------------------------------------------------------------------ little or nothing


@pytest.fixture(scope="module")
def nothing() -> Composed:
    """The report of a study in which nobody has been screened."""
    gate = in_memory(STUDY)
    if gate.casebook(Audience.STATISTICIAN).opened is None:
        gate.do(actor(Audience.DATA_MANAGER), OpenStudy(), START)
    return compose(REPORT, STUDY, gate.casebook(Audience.STATISTICIAN))


def test_nobody_yet(nothing: Composed) -> None:
    """A study without a patient gives a whole report in which every table and figure says that there is nothing yet."""
    plan = ("9.5.1", "9.5.2", "9.7.1", "9.7.2", "16.1.1", "16.1.4", "16.1.13")  # told by the study definition, or by who began the trial
    empty = {exhibit.number: exhibit.empty for exhibit in (*nothing.document.tables, *nothing.document.figures) if exhibit.number not in plan}
    assert all(empty.values()), empty
    text = document_text(nothing.document)
    assert "Nobody has been screened yet." in text and "No patient has a baseline value yet." in text and "not locked" in text
    assert not re.search(r"\bnan\b", text.lower()) and "尚无" in page(nothing.document, nothing.trail, "zh")


def test_an_empty_ledger() -> None:
    """Even a ledger without any entry gives a report."""
    text = document_text(compose(REPORT, STUDY, Casebook.of([])).document)
    assert "Data up to: no entry yet" in text


def comparison(patients: tuple[Patient, ...]) -> tuple[Table, str]:
    source = told(patients)
    table = composed(source)["14.2.1"]
    return table, table_text(table)


def test_one_arm() -> None:
    """With patients in one arm only, its numbers are given and each comparison says why there is none."""
    table, text = comparison(SIX[:3])
    assert table.empty is None and "24.0 (6.00)" in text
    assert text.count("not computed: arm C has no patient with a value at this visit") == 3
    row = next(row for row in table.rows if row.label.en == "adjusted difference (95 % CI)")
    assert [cell.text.en for cell in row.cells] == ["–"] * 4


def test_no_later_value() -> None:
    """Without any value at week 24 the table says so and still shows the baseline."""
    table, text = comparison(tuple(evolve(one, later=None) for one in SIX))
    assert table.empty is not None and "No patient has a value at week 24 yet; only the baseline can be shown." in text
    assert "24.0 (6.00)" in text and "not computed: arm T, C has no patient" in text


def test_too_few_for_a_model() -> None:
    """One patient in each arm: no model can be fitted, and the table says what is missing instead of a number."""
    table, text = comparison((SIX[0], SIX[3]))
    assert "24.0 (–)" in text and "Analysis of covariance: not computed: " in text
    row = next(row for row in table.rows if row.label.en == "adjusted difference (95 % CI)")
    assert row.cells[-1].text.en == "–"


def test_all_alike() -> None:
    """When no change differs from another, the tests are refused in words."""
    _, text = comparison(tuple(evolve(one, later=(one.baseline or 0) - 4) for one in SIX))
    assert "Exact permutation test: not computed: " in text and "Hodges-Lehmann difference: not computed: " in text


def test_wide_interval() -> None:
    """With two and two patients no shift can be excluded: the interval is infinite and is written so."""
    _, text = comparison((SIX[0], SIX[1], SIX[3], SIX[4]))
    assert "(−∞ to ∞)" in text and "cannot exclude any difference" in text


def test_response_allocation_is_descriptive() -> None:
    """Under the reading in which response decides the arm, no analysis is called primary."""
    source = told(SIX)
    results = analyze(source.adam, STUDY.read_as("R2"), released=True)
    assert {one.purpose for one in results.analyses} == {"descriptive"}
    assert {one.purpose for one in analyze(source.adam, STUDY, released=True).analyses} == {"descriptive", "primary", "sensitivity", "supplementary"}


@pytest.mark.parametrize(("reading", "said", "unsaid"), [
    ("R1", "Confounding by indication", "divided at random, so"),
    ("R2", "Regression to the mean", "divided at random, so"),
    ("R3", "divided at random, so", "Confounding by indication"),
])  # fmt: skip
def test_what_may_be_concluded(reading: str, said: str, unsaid: str) -> None:
    """The report names the bias of the reading under which the study runs, and never claims proof."""
    source = told(SIX)
    source = Source(study=STUDY.read_as(reading), casebook=source.casebook, sdtm=source.sdtm, adam=source.adam, released=True)
    chapter = next(section for section in REPORT.sections(source) if section.code == "discussion")
    words = " ".join(part.text.en for part in chapter.parts if hasattr(part, "text"))
    assert said in words and unsaid not in words
    assert "preliminary" in words and "proves neither" in words


def test_figures_without_values() -> None:
    """A figure without a value is a sentence."""
    source = told(())
    for section in REPORT.sections(source):
        for figure in section.parts:
            if hasattr(figure, "draw"):
                assert figure.draw is None and figure.svg("en") == "" and "No" in figure_text(figure)


def test_a_crooked_table_is_refused() -> None:
    """A line with another number of cells than there are columns is a mistake of the program and raises."""
    with pytest.raises(ValueError, match="row 1 has 1 cells for 2 columns"):
        Table(number="1", title=same("x"), columns=(Column(title=same("a")), Column(title=same("b"))),
              rows=(Row(label=same("r"), cells=(Cell(text=Text("1", "1")),)),), source=same("s"))  # fmt: skip
