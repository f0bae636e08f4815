"""What a sentence names (Table 14.2.1, Figure 14.1.1, Listing 16.2.7, section 13) leads there, on a page and on paper."""

import re
from collections.abc import Mapping

from trialwright.report.document import Document

Targets = Mapping[str, str]
"""The anchor of everything that can be named, by its kind and number: "table 14.2.1"."""

_KINDS = {"Table": "table", "Tables": "table", "Listing": "table", "Listings": "table", "表": "table", "列表": "table", "Figure": "figure", "Figures": "figure",
          "图": "figure", "section": "section", "sections": "section", "第": "section"}  # fmt: skip
_NAMED = re.compile(r"((?:Tables?|Figures?|Listings?|sections?|列表|[表图第]) ?\d+(?:\.\d+)*(?: 节)?)")
_PARTS = re.compile(r"(\D+?) ?(\d+(?:\.\d+)*)(?: 节)?")


def targets(document: Document) -> Targets:
    """The anchors of all tables, figures and sections of a report."""
    found = {f"table {one.number}": f"table-{one.number}" for one in document.tables}
    found |= {f"figure {one.number}": f"figure-{one.number}" for one in document.figures}
    return found | {f"section {one.number}": one.code for one in document.sections}


def linked(words: str, known: Targets) -> list[tuple[str, str]]:
    """The words in pieces, each with the anchor of what it names and what stands in the report ("" for none).

    >>> linked("see Table 14.2.1 and 第 9 节", {"table 14.2.1": "t", "section 9": "s9"})
    [('see ', ''), ('Table 14.2.1', 't'), (' and ', ''), ('第 9 节', 's9')]
    """
    pieces = []
    for piece in _NAMED.split(words):
        named = _PARTS.fullmatch(piece) if _NAMED.fullmatch(piece) else None
        if piece:
            pieces.append((piece, known.get(f"{_KINDS[named[1]]} {named[2]}", "") if named else ""))
    return pieces
