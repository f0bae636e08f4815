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
from trialwright.report.table import Table


def page(document: Document, trail: Trail, language: str = "en") -> str:
    """The report as a self-contained page. `language` is the one that shows first; the reader can switch."""
    rendered: str = _template().render(
        document=document, language="zh" if language.startswith("zh") else "en", evidence=Markup(as_json(packed(document, trail))),
    )  # fmt: skip
    return rendered


@cache
def _template() -> Any:
    environment = Environment(loader=PackageLoader("trialwright.report", "render"), autoescape=True, undefined=StrictUndefined,
                              trim_blocks=True, lstrip_blocks=True)  # fmt: skip
    environment.filters |= {"both": both, "kind": _kind, "anchor": anchor, "drawn": drawn}
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
