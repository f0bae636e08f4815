"""A report as one web page that asks nobody for anything: both languages in it, made for screen and paper."""

from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from trialwright.protocol import Text
from trialwright.report.document import Document, Listing, Prose
from trialwright.report.drawing import NAMESPACE
from trialwright.report.figure import Figure
from trialwright.report.provenance import Trail
from trialwright.report.render.evidence import as_json, packed
from trialwright.report.render.links import Targets, linked, targets
from trialwright.report.table import Table


def page(document: Document, trail: Trail, language: str = "en") -> str:
    """The report as a self-contained page. `language` is the one that shows first; the reader can switch."""
    rendered: str = _template().render(
        document=document, targets=targets(document), language="zh" if language.startswith("zh") else "en", evidence=Markup(as_json(packed(document, trail))),
    )  # fmt: skip
    return rendered


@cache
def _template() -> Any:
    environment = Environment(loader=PackageLoader("trialwright.report", "render"), autoescape=True, undefined=StrictUndefined,
                              trim_blocks=True, lstrip_blocks=True)  # fmt: skip
    environment.filters |= {"both": both, "kind": _kind, "anchor": anchor, "drawn": drawn, "leading": leading}
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


def leading(text: Text, known: Targets) -> Markup:
    """The words in both languages, and in them a link to each table, figure or section that they name.

    >>> leading(Text("Table 1.1", "表 1.1"), {"table 1.1": "table-1.1"})
    Markup('<span class="en" lang="en"><a href="#table-1.1">Table 1.1</a></span><span class="zh" lang="zh-Hans"><a href="#table-1.1">表 1.1</a></span>')
    """

    def said(words: str) -> Markup:
        pieces = linked(words, known)
        return Markup("").join(Markup('<a href="#{}">{}</a>').format(target, piece) if target else escape(piece) for piece, target in pieces)

    if text.en == text.zh:
        return said(text.en)
    return Markup('<span class="en" lang="en">{}</span><span class="zh" lang="zh-Hans">{}</span>').format(said(text.en), said(text.zh))


def anchor(thing: str) -> str:
    """A name that a link can lead to."""
    return thing.replace(" ", "-").replace("/", "-").lower()


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


def drawn(figure: Figure, language: str) -> Markup:
    """The drawing as it stands inside the page, so that nothing has to be fetched and its marks answer to a pointer."""
    return Markup(figure.svg(language).replace(f' xmlns="{NAMESPACE}"', "", 1))  # every word in it was escaped when it was drawn
