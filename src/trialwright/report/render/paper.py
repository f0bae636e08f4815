"""A report on paper: contents, running heads, tables that go on over pages, drawings as lines, and the names by which `trace` finds a cell."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any

from trialwright.protocol import Text
from trialwright.report.document import Document, Listing, Part, Prose, Section
from trialwright.report.figure import Figure
from trialwright.report.render.columns import layout
from trialwright.report.render.links import Targets, linked, targets
from trialwright.report.render.pdf import pdf
from trialwright.report.table import Row, Table

Facts = dict[str, Any]
Say = Callable[[Text], str]

NO_ENTRY = datetime(1970, 1, 1, tzinfo=UTC)
"""The date of a report on a ledger without an entry: a PDF that is kept must have one."""
UPRIGHT, ACROSS = 168.0, 255.0
"""The room for a table on a page that stands and on one that lies, in mm, without the names of its lines."""

WORDS = {
    "kind": Text("Clinical study report", "临床研究报告"),
    "contents": Text("Contents", "目录"),
    "tables": Text("Tables", "表格目录"),
    "figures": Text("Figures", "插图目录"),
    "listings": Text("Listings", "列表目录"),
    "figure": Text("Figure", "图"),
    "page": Text("page {n} of {all}", "第 {n} 页，共 {all} 页"),
    "words": Text("In words:", "文字说明："),
    "trace": Text(
        "Small gray names beside a table are those of its lines and columns. “trialwright trace 14.2.1 r3c2” shows what stands behind the number in "
        "line r3, column c2 of Table 14.2.1: result, dataset rows, records, and who entered what, when and why.",
        "表格旁的灰色小字为行列名称。命令 “trialwright trace 14.2.1 r3c2” 显示表 14.2.1 第 r3 行第 c2 列数字的依据：结果、数据集记录、"
        "SDTM 记录，以及何人、何时、因何录入。",
    ),
}


def printed(document: Document, language: str = "en") -> bytes:
    """The report as PDF/A-2a and PDF/UA-1, dated with the moment of its last entry: the same document gives the same bytes."""
    template = (files("trialwright.report.render") / "report.typ").read_text(encoding="utf-8")
    title = f"{document.code}: {document.title.in_(language)}"
    return pdf(template, facts(document, language), title, language, at=document.as_of or NO_ENTRY)


def facts(document: Document, language: str) -> Facts:
    """What the template prints, in one language."""

    def say(text: Text) -> str:
        return text.in_(language)

    known = targets(document)
    return {
        "code": document.code, "title": say(document.title), "subtitle": say(document.subtitle), "status": say(document.status),
        "banner": {"text": say(document.banner.text), "warning": document.banner.warning},
        "standing": [[say(what), say(how)] for what, how in document.standing.entries],
        "mark": say(document.mark) if document.mark else "", "listed": any(one.listing for one in document.tables),
        "w": {name: say(words) for name, words in WORDS.items()},
        "sections": [_section(one, level, say, known) for one, level in zip(document.sections, _levels(document.sections), strict=True)],
    }  # fmt: skip


def _levels(sections: Sequence[Section]) -> list[int]:
    """The levels of the headings, none of them left out on the way down: a reader who hears the page counts them."""
    levels: list[int] = []
    for section in sections:
        levels.append(min(section.level, levels[-1] + 1 if levels else 1))
    return levels


def _section(section: Section, level: int, say: Say, known: Targets) -> Facts:
    parts = [_part(part, say, known) for part in section.parts]
    last = max((place for place, part in enumerate(parts) if part.get("wide")), default=-1)
    for place, part in enumerate(section.parts[: last + 1]):
        if isinstance(part, Table):  # before one that lies they all lie: no page is left half empty between them
            parts[place] = _table(part, say, lying=True)
    return {"title": say(section.heading), "level": level, "parts": parts, "code": section.code}


def _part(part: Part, say: Say, known: Targets) -> Facts:
    match part:
        case Prose():
            return {"kind": "prose", "pieces": linked(say(part.text), known), "warning": part.warning}
        case Listing():
            return {"kind": "facts", "entries": [[say(what), linked(say(how), known)] for what, how in part.entries]}
        case Table():
            return _table(part, say)
        case Figure():
            return _figure(part, say)


def _target(part: Table | Figure) -> str:
    return f"{'table' if isinstance(part, Table) else 'figure'}-{part.number}"


def _frame(part: Table | Figure, say: Say) -> Facts:
    """What tables and figures have in common."""
    return {
        "number": part.number, "title": say(part.title), "population": say(part.population) if part.population else "",
        "empty": say(part.empty) if part.empty else "", "notes": [say(note) for note in part.footnotes], "source": say(part.source), "target": _target(part),
    }  # fmt: skip


def _table(table: Table, say: Say, *, lying: bool = False) -> Facts:
    columns = [{"title": say(one.title), "n": "" if one.n is None else f"N = {one.n}", "words": one.words, "short": one.short} for one in table.columns]
    rows = [_row(row, place, say) for place, row in enumerate(table.rows, start=1)]
    laid = layout(table, say(Text("en", "zh")), upright=ACROSS if lying else UPRIGHT, across=ACROSS)
    return {"kind": "table", **_frame(table, say), "word": say(table.kind), "listing": table.listing, "stub": say(table.stub),
            "columns": columns, "rows": rows, "widths": laid.widths,
            "wide": lying or laid.wide, "size": laid.size}  # fmt: skip


def _row(row: Row, place: int, say: Say) -> Facts:
    return {"name": f"r{place}", "label": say(row.label), "level": row.level, "cells": [say(cell.text) for cell in row.cells]}


def _figure(figure: Figure, say: Say) -> Facts:
    svg = figure.svg(say(Text("en", "zh")))
    return {"kind": "figure", **_frame(figure, say), "svg": svg, "alt": say(figure.alternative)}
