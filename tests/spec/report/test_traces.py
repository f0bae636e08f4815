"""From a number back to the person who wrote it down: every cell of the primary table, every step."""

import pytest

from studies.telitacicept_ssc.protocol import STUDY
from studies.telitacicept_ssc.report import REPORT
from trialwright import report
from trialwright.record import Casebook
from trialwright.record.events import Answered, Corrected
from trialwright.report.provenance import Trail, trace
from trialwright.report.table import DataRow, NoSuchCell
from trialwright.report.writing import Composed


def test_every_cell_ends_in_entries(opened: Composed, rehearsed: Casebook) -> None:
    """Each number of the primary table leads to dataset rows, each of these to one record, each of these to entries of the ledger."""
    known = {entry.ref for entry in rehearsed.everything}
    table = opened.document.table("14.2.1")
    numbers = [cell for _, cell in table.names if cell.text.en != "–"]
    assert len(numbers) > 20
    for cell in numbers:
        assert cell.rows and cell.result
        for row in cell.rows:
            (record,) = opened.trail.origin(row).records
            assert record.written and {one.ref for one in record.written} <= known
            if row.dataset == "ADRS":
                assert len({one.place.en for one in record.written if not one.replaced}) == 18


def test_the_entries_add_up(opened: Composed) -> None:
    """The 17 grades that stand behind a total sum to it."""
    for row in {row for _, cell in opened.document.table("14.2.1").names for row in cell.rows if row.dataset == "ADRS"}:
        origin = opened.trail.origin(row)
        grades = [int(one.value.en) for one in origin.records[0].written if not one.replaced and "Date" not in one.place.en]
        assert len(grades) == 17
        assert sum(grades) == float(dict(origin.about)["AVAL"])


@pytest.mark.req("AUD-02")
def test_corrections_are_told(opened: Composed, rehearsed: Casebook) -> None:
    """A grade that was changed is shown with its first value, both authors and the reason."""
    trail = opened.trail
    frame = trail.source.adam["ADRS"]
    seen = {one.ref: one for place in range(1, frame.height + 1) for record in trail.origin(DataRow("ADRS", place)).records for one in record.written}
    corrected = [entry for entry in rehearsed.corrections if isinstance(entry.event, Corrected) and entry.event.form == "MRSS" and entry.ref in seen]
    assert corrected
    for entry in corrected:
        event = entry.event
        assert isinstance(event, Corrected)
        first = rehearsed.subject(event.subject).page(event.visit, event.form).cells[event.item].entries[0]
        assert isinstance(first.event, Answered)
        assert seen[first.ref].replaced and not seen[first.ref].reason
        assert seen[entry.ref].reason == event.reason
        assert seen[entry.ref].by == entry.by


@pytest.mark.parametrize("cells", [("14.1.2", "r2c1", "DM"), ("14.3.1.1", "r2c3", "AE"), ("14.4", "r2c1", "QS"), ("14.1.1", "r2c3", "DM")])
def test_other_tables_lead_back_too(opened: Composed, rehearsed: Casebook, cells: tuple[str, str, str]) -> None:
    """Demographics, adverse events, guesses and disposition name the records behind their counts."""
    number, name, domain = cells
    known = {entry.ref for entry in rehearsed.everything}
    cell = opened.document.table(number).cell(name)
    records = [record for row in cell.rows for record in opened.trail.origin(row).records]
    assert records and {record.domain for record in records} == {domain}
    assert all(record.written and {one.ref for one in record.written} <= known for record in records)


def test_trace_as_text(rehearsed: Casebook) -> None:
    """The command's answer names table, line, column, result, row, record, author, time and role, in either language."""
    text = report.trace(REPORT, STUDY, rehearsed, "14.2.1", "r2c1")
    assert text.startswith("Table 14.2.1, r2c1: Skin score (mRSS, 0 to 51), baseline / n / telitacicept (N = 10)\n  = 10\n")
    assert "result: MRSS24.DESCRIBE / N_BASELINE / T" in text
    assert "evaluator (blinded evaluator)  Baseline, Modified Rodnan skin score: face = " in text
    chinese = report.trace(REPORT, STUDY, rehearsed, "14.2.1", "R2C1", language="zh")
    assert "evaluator (盲态评估者)  基线，改良 Rodnan 皮肤评分：面部 = " in chinese


@pytest.mark.parametrize(
    ("number", "cell", "told"),
    [
        ("14.9", "r1c1", "there is no table 14.9. This report has 9.5.1, 9.5.2, 9.7.1, 9.7.2, 11.1"),
        ("14.2.1", "r99c1", "there is no line r99"),
        ("14.2.1", "r2c9", "there is no column c9"),
        ("14.2.1", "r1c1", "is a heading"),
        ("14.2.1", "second", "Write a line and a column, for example r1c1"),
    ],
)
def test_wrong_names(opened: Composed, number: str, cell: str, told: str) -> None:
    """A table or cell that does not exist is refused with those that do."""
    with pytest.raises(LookupError, match=told.replace(".", r"\.")):
        trace(opened.document, opened.trail, number, cell)


def test_wrong_rows(opened: Composed) -> None:
    """A dataset row that does not exist is refused."""
    with pytest.raises(LookupError, match="dataset ADRS has no row 0"):
        Trail(source=opened.trail.source).origin(DataRow("ADRS", 0))
    assert issubclass(NoSuchCell, LookupError)


def test_a_cell_without_rows(opened: Composed) -> None:
    """A cell that nothing stands behind says so."""
    assert "No dataset row stands behind this cell" in trace(opened.document, opened.trail, "14.2.1", "r2c4")


def test_every_table_answers(opened: Composed, rehearsed: Casebook) -> None:
    """Each cell of each table and of each figure's numbers leads to entries of the ledger, or says in words where it comes from."""
    known = {entry.ref for entry in rehearsed.everything}
    counted = 0
    for table in opened.document.grids:
        for name, cell in table.names:
            if not cell.opens:
                continue
            counted += 1
            written = [one for row in cell.rows for record in opened.trail.origin(row).records for one in record.written]
            assert cell.rows or cell.entries or cell.because or cell.text.en == "0", (table.number, name, cell.text.en)
            assert all(opened.trail.origin(row).records for row in cell.rows), (table.number, name)
            assert set(cell.entries) | {one.ref for one in written} <= known
    assert counted > 500


def test_departures_lead_to_their_entries(opened: Composed) -> None:
    """A departure from the plan shows the entries that prove it; an assumption says that no data stand behind it."""
    table = opened.document.table("16.2.2")
    assert any(cell.entries for _, cell in table.names)
    name, cell = next((name, cell) for name, cell in table.names if cell.entries)
    assert all(ref in trace(opened.document, opened.trail, "16.2.2", name) for ref in cell.entries)
    assert "no data stand behind it" in trace(opened.document, opened.trail, "16.1.1", "r1c1")
