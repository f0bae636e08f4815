"""The report on paper: contents, bookmarks, running heads, whole tables with their names, in both languages, and the tables as RTF."""

import io
import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from studies.telitacicept_ssc.protocol import STUDY
from studies.telitacicept_ssc.report import REPORT
from tests.spec.report.conftest import SIX, told
from trialwright import report
from trialwright.protocol import Text, same
from trialwright.record import Casebook
from trialwright.report.document import Document, Listing, Prose, Section
from trialwright.report.figure import Figure
from trialwright.report.render.columns import layout
from trialwright.report.render.links import linked
from trialwright.report.render.paper import printed
from trialwright.report.render.rtf import rich_text
from trialwright.report.table import Cell, Column, Row, Table
from trialwright.report.writing import Composed

HOSTILE = "#the [paper] *twice* $x$ {\\b \\par} \\u0 @me <b> 𠮷 ％"


_KEPT: dict[tuple[int, str], tuple[Document, PdfReader]] = {}


def _read(document: Document, language: str) -> PdfReader:
    """The printed document, read by another program; each is printed once."""
    if (id(document), language) not in _KEPT:
        _KEPT[(id(document), language)] = (document, PdfReader(io.BytesIO(printed(document, language))))
    return _KEPT[(id(document), language)][1]


def words(document: Document, language: str = "en") -> str:
    return re.sub(r"\s+", " ", " ".join(page.extract_text() for page in _read(document, language).pages))


def paper(*sections: Section, status: str = "DRAFT") -> Document:
    """A document of a few sections."""
    return Document(code="X", title=same("A title"), subtitle=same("more"), banner=Prose(text=same("mind")), status=same(status),
                    standing=Listing(entries=((same("Program"), same("this")),)), sections=sections)  # fmt: skip


def test_every_table_is_on_paper(opened: Composed) -> None:
    """Each table and figure stands in the PDF with its number and title, each table with the text of all its cells and the names of its lines."""
    text = words(opened.document).replace(" ", "")
    for exhibit in (*opened.document.tables, *opened.document.figures):
        assert exhibit.title.en.replace(" ", "") in text, exhibit.number
    for table in opened.document.tables:
        missing = [cell.text.en for _, cell in table.names if cell.text.en.replace(" ", "") not in text and not any(one.words for one in table.columns)]
        assert missing == [], (table.number, missing)
    assert all(f"r{place}" in text for place in range(1, 50))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_contents_bookmarks_heads_and_feet(opened: Composed, language: str) -> None:
    """Every section, table and figure has a bookmark; each page says what it is and which of how many."""
    read = _read(opened.document, language)
    marks: list[str] = []

    def collect(some: object) -> None:
        for one in some if isinstance(some, list) else []:
            if isinstance(one, list):
                collect(one)
            else:
                marks.append(re.sub(r"\s+", " ", str(one.title)))

    collect(read.outline)
    named = [*(section.heading for section in opened.document.sections), *(one.title for one in (*opened.document.tables, *opened.document.figures))]
    for title in named:
        assert any(re.sub(r"\s+", " ", title.in_(language)) in mark for mark in marks), title.en
    count = len(read.pages)
    last = read.pages[-1].extract_text()
    page = f"page {count} of {count}" if language == "en" else f"第{count}页，共{count}页"
    assert page.replace(" ", "") in last.replace(" ", "")
    for one in read.pages:
        assert opened.document.status.in_(language)[:6].replace(" ", "") in one.extract_text().replace(" ", "")
        assert opened.document.mark and opened.document.mark.in_(language).replace(" ", "") in one.extract_text().replace(" ", "")


def test_figures_are_lines(opened: Composed) -> None:
    """Drawings stand in the PDF as lines and letters; there is no picture made of dots in it."""
    read = _read(opened.document, "en")
    drawn = [one.get_object() for page in read.pages for one in page["/Resources"].get("/XObject", {}).values()]
    assert all(one["/Subtype"] == "/Form" for one in drawn)
    assert "weeks since the start" in words(opened.document)


@pytest.mark.req("LCK-05")
@pytest.mark.req("REC-01")
def test_the_same_bytes(opened: Composed, blinded: Composed) -> None:
    """The same document gives the same bytes; the date inside is that of the last entry, not of today."""
    assert printed(blinded.document, "en") == printed(blinded.document, "en")
    assert opened.document.as_of and _read(opened.document, "en").metadata.creation_date == opened.document.as_of.replace(microsecond=0)  # type: ignore[union-attr]


def test_heads_are_repeated() -> None:
    """A table that goes on over pages has its heading on each of them; one with many columns lies on its side, and so do those before it."""
    rows = tuple(Row(label=same(f"line {place}"), cells=(Cell(text=same("1")),) * 2) for place in range(150))
    long = Table(number="14.1", title=same("long"), columns=(Column(title=same("alpha")), Column(title=same("beta"))), rows=rows, source=same("s"))
    broad = Table(number="14.2", title=same("broad"), columns=tuple(Column(title=same(f"a column {place}")) for place in range(16)),
                  rows=(Row(label=same("x"), cells=tuple(Cell(text=same("12.5 (3.1 to 4.5)")) for _ in range(16))),), source=same("s"))  # fmt: skip
    read = _read(paper(Section(code="a", title=same("A"), parts=(broad, long))), "en")
    pages = [page.extract_text() for page in read.pages]
    assert sum("alpha" in page for page in pages) >= 3
    lying = [page for page in read.pages if page.mediabox.width > page.mediabox.height]
    assert len(lying) == 1 and "broad" in lying[0].extract_text()
    read = _read(paper(Section(code="a", title=same("A"), parts=(long, broad))), "en")
    assert all(page.mediabox.width > page.mediabox.height for page in read.pages if "alpha" in page.extract_text())


def test_a_figure_leaves_no_page_half_empty() -> None:
    """Where a figure does not fit, the table after it fills the page; the figure stands at the head of the next one, with its title and its words."""
    lines = tuple(Row(label=same(f"line {place}"), cells=(Cell(text=same("1")),)) for place in range(60))
    tables = [Table(number=f"14.{n}", title=same(f"tab{n}"), columns=(Column(title=same("c")),), rows=lines[:many], source=same("s"))
              for n, many in ((1, 25), (2, 60))]  # fmt: skip
    tall = Figure(number="14.1", title=same("tall"), alternative=same("a tall line"), source=same("s"), data=None,
                  draw=lambda _: '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 720 600"><line x1="0" y1="0" x2="720" y2="600" stroke="#000"/></svg>')
    pages = [page.extract_text() for page in _read(paper(Section(code="a", title=same("A"), parts=(tables[0], tall, tables[1]))), "en").pages]
    first = next(place for place, page in enumerate(pages) if "line 0" in page)
    assert "tab1" in pages[first] and "tab2" in pages[first] and "Table 14.2" in pages[first + 1]
    assert "Figure 14.1" in pages[first + 1] and "a tall line" in pages[first + 1]


@pytest.mark.nightly
@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_page_is_half_empty(opened: Composed, language: str) -> None:
    """Each page of the report is filled to three quarters, but the cover, the last one, and one before pages that lie the other way."""

    def lowest(page: Any) -> float:
        found: list[float] = []
        page.extract_text(visitor_text=lambda words, matrix, at, *_: found.append(matrix[5] + at[5] * matrix[3]) if words.strip() else None)
        return min((one for one in found if one > 60), default=0.0) / float(page.mediabox.height)

    pages = list(_read(opened.document, language).pages)
    empty = [place + 1 for place, (page, after) in enumerate(pairwise(pages)) if page.mediabox.height == after.mediabox.height and lowest(page) > 0.3]
    assert set(empty) <= {1, 3}, empty


def test_the_name_of_a_group_stays_with_its_first_line() -> None:
    """However long the table, no page ends with the name of a group."""
    line = (Cell(text=same("1")),)
    rows = tuple(Row(label=same(f"{'line' if place % 3 else 'group'} {place}"), cells=line if place % 3 else ()) for place in range(270))
    for cut in range(3):
        table = Table(number="14.1", title=same("t"), columns=(Column(title=same("c")),), rows=rows[cut:], source=same("s"))
        pages = [page.extract_text() for page in _read(paper(Section(code="a", title=same("A"), parts=(table,))), "en").pages]
        named = [names for page in pages if (names := re.findall(r"\b(group|line) \d+", page))]
        assert len(named) >= 4 and all(names[-1] == "line" for names in named)


def test_nothing_and_everything() -> None:
    """A report without a section, and words that would be commands elsewhere, are printed as they are."""
    assert "A title" in words(paper())
    table = Table(number="14.9", title=same(HOSTILE), columns=(Column(title=same(HOSTILE), words=True),),
                  rows=(Row(label=same(HOSTILE), cells=(Cell(text=same(HOSTILE)),)),), footnotes=(same(HOSTILE),), source=same("s"))  # fmt: skip
    document = paper(Section(code="h", title=same(HOSTILE), parts=(table, Prose(text=same(HOSTILE)))))
    assert words(document).count("*twice* $x$ {\\b \\par}") >= 5


def test_headings_that_follow_one_another() -> None:
    """Lines that are headings alone may follow one another and end a table."""
    lines = tuple(Row(label=same(name), cells=(Cell(text=same("1")),) if name == "b" else ()) for name in ("a1", "a2", "b", "a3", "a4"))
    for rows in (lines, lines[:2], lines[-1:]):
        table = Table(number="14.9", title=same("t"), columns=(Column(title=same("c")),), rows=rows, source=same("s"))
        assert rows[-1].label.en in words(paper(Section(code="h", title=same("H"), parts=(table,))))


def test_numbers_of_exhibits_become_links() -> None:
    """What names a table leads to it, in both languages; a number that stands nowhere leads nowhere."""
    assert linked("表 14.2.1 与 Table 9.9", {"table 14.2.1": "t"}) == [("表 14.2.1", "t"), (" 与 ", ""), ("Table 9.9", "")]
    assert linked("", {}) == [] and linked("the table 14.2.1 of section 99", {"table 14.2.1": "t"}) == [("the table 14.2.1 of ", ""), ("section 99", "")]


def test_columns_have_room() -> None:
    """The columns of every table of six patients fill the page and no more; a number has the room that it takes."""
    for section in REPORT.sections(told(SIX)):
        for table in (part for part in section.parts if isinstance(part, Table)):
            for language in ("en", "zh"):
                laid = layout(table, language, upright=168.0, across=255.0)
                room = 255.0 if laid.wide else 168.0
                assert len(laid.widths) == len(table.columns) + 1 and all(one > 3 for one in laid.widths)
                assert room - 3 <= sum(laid.widths) <= room + 1, (table.number, laid)


# ------------------------------------------------------------------------------------------------ RTF


def spoken(rtf: bytes) -> str:
    """The words of an RTF file, read by the rules of the format: escapes undone, commands and the head of the file left out."""
    text = rtf.decode("ascii")
    text = re.sub(r"\\u(-?\d+)[*?]", lambda found: chr(int(found[1]) % 65536), text.replace("\\uc1", ""))
    text = re.sub(r"(?<!\\)\\(?:[a-z]+-?\d* ?|[*])", " ", text)
    text = re.sub(r"(?<!\\)[{}]", "", text)
    return re.sub(r"\\([\\{}])", r"\1", re.sub(r"\s+", " ", text))


def _balanced(rtf: bytes) -> bool:
    depth = 0
    for sign in re.findall(rb"\\[\\{}]|[{}]", rtf):
        depth += {b"{": 1, b"}": -1}.get(sign, 0)
        if depth < 0:
            return False
    return depth == 0


@pytest.mark.parametrize("language", ["en", "zh"])
def test_tables_as_rtf(opened: Composed, language: str) -> None:
    """Every table of chapter 14 stands in the RTF with all its cells; groups are closed; the same document gives the same bytes."""
    made = rich_text(opened.document, language)
    assert _balanced(made) and made == rich_text(opened.document, language)
    text = spoken(made).replace(" ", "")
    tables = [table for table in opened.document.tables if table.number.startswith("14.")]
    assert len(tables) >= 17
    for table in tables:
        assert f"{table.kind.in_(language)}{table.number}" in text and table.title.in_(language).replace(" ", "") in text
        for _, cell in table.names:
            assert cell.text.in_(language).replace(" ", "") in text, (table.number, cell.text.en)
    assert text.count(opened.document.status.in_(language).replace(" ", "")) == len(tables)


def test_rtf_of_nothing_and_of_commands() -> None:
    """Without a table the file says so; what a person wrote is never read as a command."""
    assert "There is no table." in spoken(rich_text(paper(), "en")) and _balanced(rich_text(paper(), "en"))
    table = Table(number="14.9", title=same("t"), columns=(Column(title=same("c"), words=True),),
                  rows=(Row(label=same(HOSTILE), cells=(Cell(text=Text(HOSTILE, HOSTILE)),)),), source=same("s"))  # fmt: skip
    made = rich_text(paper(Section(code="h", title=same("H"), parts=(table,))), "en")
    assert _balanced(made) and spoken(made).count("{\\b \\par} \\u0 @me <b> [U+20BB7]") == 2


def test_forms_of_the_file(rehearsed: Casebook, tmp_path: Path) -> None:
    """The ending of the file names its form; another one is refused before anything is computed."""
    with pytest.raises(ValueError, match=r"Name a file that ends in .html, .pdf, .rtf, .txt"):
        report.write(REPORT, STUDY, rehearsed, tmp_path / "report.docx")
    assert list(tmp_path.iterdir()) == []
