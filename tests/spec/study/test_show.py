"""What `trialwright show` prints: the pages that people sign."""

from html.parser import HTMLParser
from pathlib import Path

import pytest

from studies.telitacicept_ssc.protocol import STUDY
from trialwright.blinding.matrix import matrix
from trialwright.exchange.acrf import acrf_html, acrf_text
from trialwright.protocol import Audience
from trialwright.report.synopsis import assumptions, schedule, synopsis

pytestmark = pytest.mark.spec
SIGNED = Path(__file__).parent / "matrix_telitacicept_ssc.txt"


def test_the_matrix_of_items_and_roles_is_the_one_that_was_read() -> None:
    """The file is the page that the clinical lead signs. When this fails, somebody's view of the data has changed:
    read the difference; if it is meant, have the new page signed and replace the file."""
    lines = [line for line in matrix(STUDY).splitlines() if not line.startswith("Who may read what:")]
    assert "\n".join(lines) + "\n" == SIGNED.read_text(encoding="utf-8")


def test_the_matrix_has_a_line_for_every_item_and_says_what_the_labels_say() -> None:
    roles = [role for role in Audience if role in STUDY.roles]
    lines = matrix(STUDY).splitlines()
    for form in STUDY.forms:
        for item in form.items:
            line = next(line for line in lines if line.startswith(f"  {item.code:<12} ") and item.label.en in line)
            cells = line[17:].split("   ")[0].split()
            assert [cell == "x" for cell in cells] == [item.audience.admits(role) for role in roles]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_annotated_form_shows_every_item_with_its_annotation(language: str) -> None:
    text, page = acrf_text(STUDY, language), acrf_html(STUDY, language)
    for form in STUDY.forms:
        for item in form.items:
            assert f"-> {item.sdtm}" in text
            assert item.label.in_(language) in text
    assert page.count('class="note"') == sum(len(form.items) for form in STUDY.forms)


class _Balanced(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_annotated_form_is_well_formed_and_self_contained() -> None:
    page = acrf_html(STUDY)
    parser = _Balanced()
    parser.feed(page)
    assert parser.open == []
    assert "http" not in page
    assert "src=" not in page


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_synopsis_tells_arms_criteria_reading_and_estimand(language: str) -> None:
    text = synopsis(STUDY, language)
    for told in (*STUDY.arms, *STUDY.instruments):
        assert told.name.in_(language) in text
    for criterion in STUDY.criteria:
        assert f"{criterion.code} (" in text
        assert criterion.text.in_(language) in text
    assert STUDY.chosen.title.in_(language) in text
    assert "SKIN24_R1" in text
    assert "SKIN24_R2" not in text


def test_the_synopsis_says_what_was_not_verified() -> None:
    line = next(line for line in synopsis(STUDY).splitlines() if line.startswith("- prednisone equivalent"))
    assert "NOT verified" in line


def test_the_schedule_marks_each_form_at_its_visits() -> None:
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in schedule(STUDY).splitlines() if "|" in line
    ]
    head = rows[0]
    for form in STUDY.forms:
        row = next(row for row in rows if row[0] == form.title.en)
        assert len(row) == len(head)
        for visit in STUDY.visits:
            assert (row[head.index(visit.name.en)] == "X") is (form.code in visit.forms)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_assumptions_are_listed_with_their_source_for_signature(language: str) -> None:
    text = assumptions(STUDY, language)
    for one in STUDY.assumptions:
        assert f"## {one.code} {one.about.in_(language)}" in text
        assert one.source.in_(language) in text
        assert one.assumed.in_(language) in text
    assert text.count("____") >= len(STUDY.assumptions)
