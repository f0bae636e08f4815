"""Elements of ODM files, in the namespace of either version and as text, and what XML can hold of a text."""

import re
from functools import lru_cache
from typing import Any
from xml.sax.saxutils import escape

from lxml import etree

from trialwright.protocol import Text

ODM, ODM2 = "http://www.cdisc.org/ns/odm/v1.3", "http://www.cdisc.org/ns/odm/v2.0"
LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
UNKEPT = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What no XML file can hold."""


def root(space: str, name: str, **attributes: str) -> Any:
    """A new element that stands alone."""
    return etree.Element(f"{{{space}}}{name}", {key: value for key, value in attributes.items() if value}, nsmap={None: space})


def element(parent: Any, name: str, text: str | None = None, /, **attributes: str | None) -> Any:
    """A new element below `parent`, in its namespace; attributes without a value are left out."""
    tag: str = parent.tag
    made = etree.SubElement(parent, f"{tag[:tag.index('}') + 1]}{name}", {key: value for key, value in attributes.items() if value})
    if text is not None:
        made.text = text
    return made


def worded(parent: Any, name: str, words: Text) -> Any:
    """An element that says something in both languages."""
    made = element(parent, name)
    for language in ("en", "zh"):
        one = element(made, "TranslatedText", words.in_(language), Type="text/plain" if ODM2 in made.tag else None)
        one.set(LANGUAGE, language)
    return made


def fit(text: str) -> str:
    r"""A text that XML can hold: a character that it cannot (no page takes one in) is written by its number.

    >>> fit("a]]>\x0bb")
    'a]]>\\u000Bb'
    """
    return UNKEPT.sub(lambda found: f"\\u{ord(found[0]):04X}", text) if UNKEPT.search(text) else text


@lru_cache(maxsize=4096)
def told(text: str) -> str:
    """A text between tags."""
    return escape(fit(text), {"\r": "&#13;"})


@lru_cache(maxsize=4096)
def quoted(text: str) -> str:
    """A text as an attribute; what a reader would take for a blank is written by its number."""
    return escape(fit(text), {'"': "&quot;", "\n": "&#10;", "\r": "&#13;", "\t": "&#9;"})


def tag(name: str, inner: str = "", /, **attributes: str | None) -> str:
    """An element as text around what is text already: the data of a trial are hundreds of thousands of elements.

    >>> tag("ItemData", tag("Value", told("a < b")), ItemOID="I.F.X", IsNull=None)
    '<ItemData ItemOID="I.F.X"><Value>a &lt; b</Value></ItemData>'
    """
    start = name
    for key, value in attributes.items():
        if value is not None:
            start += f' {key}="{quoted(value)}"'
    return f"<{start}>{inner}</{name}>" if inner else f"<{start}/>"
