"""The report of a blinded statistician: the same functions on what he may see, and nothing in it that depends on the arms."""

import pytest
from attrs import evolve

from studies.telitacicept_ssc.protocol import STUDY
from studies.telitacicept_ssc.report import REPORT
from trialwright.protocol import Audience
from trialwright.record import Casebook, Entry
from trialwright.record.events import Allocated, CodeBroken
from trialwright.report.render.html import page
from trialwright.report.render.text import document_text
from trialwright.report.writing import Composed, compose, source_of


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
    other = compose(REPORT, STUDY, other_world(rehearsed), scrambled=True)
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
    assert {"14.1.1", "14.1.2", "14.2.1", "14.4", "16.2.1"} <= {table.number for table in tables}
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
    table = blinded.document.table("14.3.1")
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
