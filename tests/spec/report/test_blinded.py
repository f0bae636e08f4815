"""The report of a blinded statistician: the same functions on what he may see, and nothing in it that depends on the arms."""

import io

import polars as pl
import pytest
from attrs import evolve
from pypdf import PdfReader

from studies.telitacicept_ssc.protocol import STUDY
from studies.telitacicept_ssc.report import REPORT
from trialwright.protocol import Audience
from trialwright.record import Casebook, Entry
from trialwright.record.events import Allocated, CodeBroken
from trialwright.report.render.html import page
from trialwright.report.render.paper import printed
from trialwright.report.render.text import document_text
from trialwright.report.source import drawn_by_lot
from trialwright.report.writing import Composed, View, compose, source_of
from trialwright.testing import START, enrolled, in_memory


def other_world(casebook: Casebook) -> Casebook:
    """The same trial with every arm exchanged and every other treatment-revealing event gone."""

    def told(entry: Entry) -> Entry | None:
        event = entry.event
        if isinstance(event, Allocated):
            return evolve(entry, event=evolve(event, arm={"T": "C", "C": "T"}[event.arm]))
        return entry if event.label.admits(Audience.STATISTICIAN) else None

    return Casebook.of(one for entry in casebook.everything if (one := told(entry)) is not None)


@pytest.mark.req("BLD-05")
def test_two_worlds_one_report(rehearsed: Casebook, blinded: Composed) -> None:
    """Exchanged arms and removed adverse events and doses leave every byte of the blinded report as it was."""
    other = compose(REPORT, STUDY, other_world(rehearsed), View(blinded=True))
    for language in ("en", "zh"):
        assert document_text(other.document, language) == document_text(blinded.document, language)
    assert page(other.document, other.trail) == page(blinded.document, blinded.trail)


def test_the_worlds_differ(rehearsed: Casebook, opened: Composed) -> None:
    """The unblinded report does change with the arms: the test above can fail."""
    other = compose(REPORT, STUDY, other_world(rehearsed))
    assert document_text(other.document) != document_text(opened.document)


def test_arm_columns(blinded: Composed) -> None:
    """In every table with arms, the columns of single arms hold nothing but xx or a dash, and have no number of patients."""
    arms = {arm.name for arm in STUDY.arms}
    tables = [table for table in blinded.document.tables if any(column.title in arms for column in table.columns)]
    assert {"14.1.1", "14.1.2", "14.2.1", "14.4", "14.1.4"} <= {table.number for table in tables}
    for table in tables:
        for place, column in enumerate(table.columns):
            if column.title in arms or column.title.en.startswith("difference"):
                assert column.n is None
                assert {row.cells[place].text.en for row in table.rows if row.cells} <= {"xx", "–"}
                assert not any(row.cells[place].rows for row in table.rows if row.cells)


def test_nothing_is_compared(blinded: Composed) -> None:
    """No analysis that compares arms has a result, and none of the figures splits the patients."""
    source = blinded.trail.source
    assert not source.released and source.arms == {}
    assert source.adam["ADAE"].height == 0 and source.sdtm["EX"].height == 0
    text = document_text(blinded.document)
    assert "Blinded view." in text and "telitacicept (N" not in text
    for figure in blinded.document.figures:
        assert "telitacicept:" not in figure.alternative.en


def test_adverse_events_are_not_zero(blinded: Composed) -> None:
    """Hidden adverse events are said to be hidden, never counted as none."""
    table = blinded.document.table("14.3.1.1")
    assert table.rows == () and table.empty is not None
    assert "hidden from this blinded reader" in table.empty.en


def test_before_release(rehearsed: Casebook) -> None:
    """Locked but not opened: the report is the blinded one without being asked."""
    before = Casebook.of(entry for entry in rehearsed.everything if not isinstance(entry.event, CodeBroken))
    assert before.locked and not source_of(STUDY, before).released


def test_one_opened_subject_opens_nothing(rehearsed: Casebook) -> None:
    """An emergency code break of one subject does not open the report."""
    broken = next(entry for entry in rehearsed.everything if isinstance(entry.event, CodeBroken))
    assert isinstance(broken.event, CodeBroken)
    one = evolve(broken, event=evolve(broken.event, subject=rehearsed.subjects[0].id))
    others = [entry for entry in rehearsed.everything if not isinstance(entry.event, CodeBroken)]
    assert not source_of(STUDY, Casebook.of([*others, one])).released


def test_opened_to_somebody_else(rehearsed: Casebook) -> None:
    """Arms opened to the data manager alone stay closed for the statistician's report."""
    entries = [
        evolve(entry, event=evolve(entry.event, to=Audience.DATA_MANAGER)) if isinstance(entry.event, CodeBroken) else entry
        for entry in rehearsed.everything
    ]
    assert not source_of(STUDY, Casebook.of(entries)).released


# ------------------------------------------------------------------------------------------------ arms drawn by lot


@pytest.mark.req("BLD-05")
def test_two_worlds_one_lot(rehearsed: Casebook, by_lot: Composed) -> None:
    """Exchanged arms and removed doses and adverse events leave every byte of the scrambled report as it was, on page and paper."""
    other = compose(REPORT, STUDY, other_world(rehearsed), View(scrambled=7))
    assert page(other.document, other.trail) == page(by_lot.document, by_lot.trail)
    assert printed(other.document) == printed(by_lot.document)


@pytest.mark.req("BLD-05")
def test_the_lot_is_not_the_allocation(rehearsed: Casebook, by_lot: Composed, opened: Composed) -> None:
    """As many patients in each arm; another seed draws others; over many seeds a patient is in his true arm about every second time."""
    true = opened.trail.source.arms
    lots = [dict(source_of(STUDY, rehearsed, View(scrambled=seed)).arms) for seed in (7, 8)]
    assert lots[0] == by_lot.trail.source.arms != lots[1]
    assert all(sorted(lot.values()) == ["C"] * 10 + ["T"] * 10 for lot in lots)
    dm = by_lot.trail.source.sdtm["DM"].with_columns(pl.lit(None, dtype=pl.String).alias(name) for name in ("ARM", "ARMCD", "ACTARM", "ACTARMCD"))
    drawn = [drawn_by_lot(STUDY, {"DM": dm}, seed)["DM"] for seed in range(400)]
    alike = sum(code == true.get(subject) for one in drawn for subject, code in zip(one["USUBJID"], one["ARMCD"], strict=True) if code)
    assert 0.47 < alike / (400 * 20) < 0.53


def test_what_is_hidden_stays_hidden(by_lot: Composed) -> None:
    """Adverse events, doses and immunoglobulins are said to be hidden, not counted as none, and nothing is said to be found."""
    document, source = by_lot.document, by_lot.trail.source
    assert source.released and not source.opened and source.sdtm["EX"].height == 0
    hidden = {table.number for table in document.tables if table.empty and not table.rows}
    assert {"14.3.1.1", "14.3.1.2", "14.3.2", "14.3.3", "14.3.5", "14.3.7"} <= hidden
    text = document_text(document)
    assert "drawn by lot" in text and "What was found: not said." in text and "how far the bias" not in text
    assert document.table("14.2.1").cell("r2c1").text.en == "10"


def test_every_page_says_so(by_lot: Composed) -> None:
    """The head of each printed page and the bar that stays on the screen say that the arms are scrambled, with the seed."""
    assert "SCRAMBLED ARMS (seed 7)" in by_lot.document.status.en and "种子 7" in by_lot.document.status.zh
    read = PdfReader(io.BytesIO(printed(by_lot.document)))
    assert all("SCRAMBLED ARMS (seed 7)" in one.extract_text() for one in read.pages)
    assert '<strong><span class="en" lang="en">SCRAMBLED ARMS (seed 7)' in page(by_lot.document, by_lot.trail)


def test_true_arms_cannot_be_scrambled(opened: Composed) -> None:
    """Data that hold true arms are refused: nobody can scramble what he should not have."""
    with pytest.raises(ValueError, match="holds true arms"):
        drawn_by_lot(STUDY, opened.trail.source.sdtm, 1)


def test_at_any_time() -> None:
    """Nobody screened yet, or two screened: the lot is drawn all the same."""
    gate = in_memory(STUDY)
    assert not source_of(STUDY, gate.casebook(Audience.STATISTICIAN), View(scrambled=1)).arms
    enrolled(gate, "KHTR42", arm="T", at=START, index=START.date())
    assert set(source_of(STUDY, gate.casebook(Audience.STATISTICIAN), View(scrambled=1)).arms.values()) <= {"T", "C"}
