"""A report as one web page that asks nobody for anything: both languages in it, made for screen and paper."""

from base64 import b64encode
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from trialwright.protocol import Text
from trialwright.report.document import Document, Listing, Prose
from trialwright.report.figure import Figure
from trialwright.report.provenance import Origin, Trail
from trialwright.report.table import Cell, DataRow, Table


def page(document: Document, trail: Trail, language: str = "en") -> str:
    """The report as a self-contained page. `language` is the one that shows first; the reader can switch."""
    behind = sorted({row for table in document.tables if table.traced for _, cell in table.names for row in cell.rows})
    rendered: str = _template().render(
        document=document, language="zh" if language.startswith("zh") else "en", origins=[trail.origin(row) for row in behind],
        labels={row: _row_label(trail.origin(row)) for row in behind},
    )  # fmt: skip
    return rendered


@cache
def _template() -> Any:
    environment = Environment(loader=PackageLoader("trialwright.report", "render"), autoescape=True, undefined=StrictUndefined,
                              trim_blocks=True, lstrip_blocks=True)  # fmt: skip
    environment.filters |= {"both": both, "kind": _kind, "drawing": _drawing, "anchor": anchor, "opens": opens}
    environment.globals["Text"] = Text
    return environment.get_template("page.html.j2")


def both(text: Text) -> Markup:
    """The words in both languages; the style sheet shows the chosen one.

    >>> both(Text("face", "面部"))
    Markup('<span class="en" lang="en">face</span><span class="zh" lang="zh-Hans">面部</span>')
    """
    if text.en == text.zh:
        return escape(text.en)
    return Markup('<span class="en" lang="en">{}</span><span class="zh" lang="zh-Hans">{}</span>').format(text.en, text.zh)


def anchor(thing: str | DataRow) -> str:
    """A name that a link can lead to."""
    return str(thing).replace(" ", "-").replace("/", "-").lower()


def opens(table: Table, cell: Cell) -> bool:
    """Whether the page can follow this cell."""
    return table.traced and bool(cell.rows)


def _kind(part: object) -> str:
    match part:
        case Prose():
            return "prose"
        case Listing():
            return "listing"
        case Table():
            return "table"
        case Figure():
            return "figure"
        case _:
            raise TypeError(f"a report holds no {type(part).__name__}")


def _drawing(figure: Figure, language: str) -> str:
    """The drawing inside the page itself, so that nothing has to be fetched."""
    return "data:image/svg+xml;base64," + b64encode(figure.svg(language).encode()).decode()


def _row_label(origin: Origin) -> str:
    known = dict(origin.about)
    parts = [known.get("USUBJID", "").rsplit("-", 1)[-1], known.get("AVISIT", ""), known.get("AVAL", "")]
    return ", ".join(part for part in parts if part)
