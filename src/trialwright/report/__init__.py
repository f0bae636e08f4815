"""The report: tables and figures made from the analysis datasets, rendered for people, each number followed back to its entries."""

from pathlib import Path
from typing import TYPE_CHECKING

from trialwright.protocol import Study
from trialwright.record import Casebook

if TYPE_CHECKING:
    from trialwright.blinding.certificate import Certificate
    from trialwright.report.writing import Composed, Report


def write(report: "Report", study: Study, casebook: Casebook, *outs: Path, language: str = "en", blinded: bool = False, scrambled: int | None = None,
          virtual: bool = False, certificate: "Certificate | None" = None) -> "Composed":  # fmt: skip
    """Writes the report of a study from one reader's view of the trial, and gives it back as data.

    `report` is the `REPORT` of the study's report.py. Each of `outs` ends in .html (one page that needs nothing else), .pdf, .rtf (the tables) or .txt.
    `blinded` gives the blinded view although the arms are open, `scrambled` is a seed by which arms are drawn by lot from the blinded
    view, `virtual` says on the first page that nobody was treated, and `certificate` is a blinding certificate to be told in it.
    """
    # The drawing and dataset libraries take most of a second to load: who only wants a synopsis does not wait for them.
    from trialwright.report import writing

    view = writing.View(blinded=blinded, scrambled=scrambled, virtual=virtual, certificate=certificate)
    return writing.write(report, study, casebook, *outs, language=language, view=view)


def trace(report: "Report", study: Study, casebook: Casebook, table: str, cell: str, *, language: str = "en", blinded: bool = False,
          scrambled: int | None = None) -> str:  # fmt: skip
    """What stands behind one number: `cell` is a line and a column, for example r3c2.

    Raises `LookupError` that names the tables or cells that exist.
    """
    from trialwright.report import writing

    return writing.follow(report, study, casebook, table, cell, language=language, view=writing.View(blinded=blinded, scrambled=scrambled))


__all__ = ["trace", "write"]
