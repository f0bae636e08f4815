"""The tables of a report as RTF, for those who put them into a document of their own: one table after the other, each on its own pages."""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
from rtflite import (
    RTFBody,
    RTFColumnHeader,
    RTFDocument,
    RTFFootnote,
    RTFPage,
    RTFPageHeader,
    RTFSource,
    RTFTitle,
    assemble_rtf,
)

from trialwright.protocol import Text
from trialwright.report.document import Document
from trialwright.report.render.columns import layout
from trialwright.report.table import Column, Table

CHAPTER = "14."
"""The chapter of ICH E3 that holds the tables."""
ROOM, LINES, PAPER = 220.0, {"en": 34, "zh": 28}, (11.69, 8.27)
"""The room for a table in mm; how many lines stand on a page that lies on its side, with title, heading and notes no more than it holds (Chinese ones are
higher); A4 in inches."""
INSET = 3.0
"""What a cell keeps free beside its words, in mm."""
MARGIN = [1.0, 1.0, 1.0, 0.8, 0.5, 0.5]
"""In inches: left, right, top, bottom, of the header and of the footer."""
EMPTY = Text("There is no table.", "无表格。")


def rich_text(document: Document, language: str = "en") -> bytes:
    """All tables of chapter 14, as one RTF file; those without a line say why. The same document gives the same bytes."""
    tables = [table for table in document.tables if table.number.startswith(CHAPTER)]
    head = "  ".join(filter(None, (document.code, document.status.in_(language), document.mark.in_(language) if document.mark else "")))
    made = [_table(table, head, language) for table in tables] or [_sheet([head, EMPTY.in_(language)], head)]
    with TemporaryDirectory() as folder:
        parts = [Path(folder) / f"{place:03d}.rtf" for place in range(len(made))]
        for part, one in zip(parts, made, strict=True):
            part.write_text(one, encoding="utf-8")
        whole = Path(folder) / "whole.rtf"
        assemble_rtf([str(part) for part in parts], str(whole))
        return whole.read_bytes()


def plain(words: str) -> str:
    r"""Words in which nothing is read as a command of RTF; what rtflite does not write itself (it does from U+0100 on) is escaped.

    >>> plain("{a} \\b µ 𠮷")
    '\\{a\\} \\\\b \\u181? [U+20BB7]'
    """

    def written(sign: str) -> str:
        if sign in "\\{}":
            return f"\\{sign}"
        code = ord(sign)
        return f"\\u{code}?" if 0x7F < code < 0x100 else f"[U+{code:04X}]" if code > 0xFFFF else sign

    return "".join(map(written, words.replace("\n", " ")))


def _titles(table: Table, language: str) -> list[str]:
    lines = [f"{table.kind.in_(language)} {table.number}", table.title.in_(language), *([table.population.in_(language)] if table.population else [])]
    return [plain(line) for line in (*lines, *([table.empty.in_(language)] if table.empty else []))]


def _table(table: Table, head: str, language: str) -> str:
    titles = _titles(table, language)
    notes = [*(note.in_(language) for note in table.footnotes), table.source.in_(language)]
    if not table.rows:
        return _sheet([*titles, *map(plain, notes)], head)
    names = [table.stub.in_(language), *(_heading(column, language) for column in table.columns)]
    lines = [[" " * 4 * row.level + row.label.in_(language), *(cell.text.in_(language) for cell in row.cells)] for row in table.rows]
    full = [[plain(words) for words in line] + [""] * (len(names) - len(line)) for line in lines]
    sides = ["l", *("l" if column.words else "r" for column in table.columns)]
    body = pl.DataFrame(full, schema=[f"c{place}" for place in range(len(names))], orient="row")
    laid = layout(table, language, upright=ROOM, across=ROOM)
    wide, size = [one + INSET for one in laid.widths], round(laid.size)
    document = RTFDocument(
        df=body, rtf_page=_page(LINES["zh" if language.startswith("zh") else "en"]), rtf_page_header=_head(head), rtf_title=_title(titles),
        rtf_column_header=RTFColumnHeader(text=[plain(name) for name in names], col_rel_width=wide, text_justification=[sides], text_font_size=[[size]],
                                          text_convert=[[False]]),
        rtf_body=RTFBody(col_rel_width=wide, text_justification=[sides], text_font_size=[[size]], text_convert=[[False]], border_left=[[""]],
                         border_right=[[""]]),
        rtf_footnote=RTFFootnote(text=[plain(note) for note in notes[:-1]], text_convert=[[False]], as_table=False) if notes[:-1] else None,
        rtf_source=RTFSource(text=[plain(notes[-1])], text_convert=[[False]], text_justification=[["l"]]),
    )  # fmt: skip
    return str(document.rtf_encode())


def _sheet(lines: Sequence[str], head: str) -> str:
    """A page of words alone."""
    blank = pl.DataFrame({"c": [""]})
    return str(RTFDocument(df=blank, rtf_page=_page(), rtf_page_header=_head(head), rtf_title=_title(lines),
                           rtf_column_header=[], rtf_body=RTFBody(border_first=[[""]], border_last=[[""]])).rtf_encode())  # fmt: skip


def _heading(column: Column, language: str) -> str:
    """A heading whose number of patients stays in one piece."""
    title = column.title.in_(language)
    return title if column.n is None else f"{title} (N\u00a0=\u00a0{column.n})"


def _page(lines: int | None = None) -> RTFPage:
    return RTFPage(orientation="landscape", nrow=lines, margin=MARGIN, width=PAPER[0], height=PAPER[1])


def _head(words: str) -> RTFPageHeader:
    pages = r"  \chpgn / {\field{\*\fldinst {\fs18 NUMPAGES }}{\fldrslt {\fs18 1}}}"
    return RTFPageHeader(text=[plain(words) + pages], text_font_size=[9], text_convert=[False])


def _title(lines: Sequence[str]) -> RTFTitle:
    return RTFTitle(text=list(lines), text_font_size=[11], text_convert=[False])
