"""The files that a blinded analyst can have before the lock, made from his own view: data sets, report, casebooks on paper."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from trialwright import adam, sdtm
from trialwright.exchange.package import write_csv
from trialwright.report import casebook_pdf, write
from trialwright.report.casebook_pdf import Reader

if TYPE_CHECKING:
    from trialwright.rehearsal.worlds import World

PRINTED = datetime(2026, 3, 1, tzinfo=UTC)


def files(world: "World", report: Any = None) -> Mapping[str, bytes]:
    """All files by name. `report` is the REPORT of the study's report.py, where it has one."""
    study, book = world.gate.study, world.gate.casebook(world.observer)
    tabulated = sdtm.build(study, book)
    with TemporaryDirectory(prefix="trialwright-") as name:
        folder = Path(name)
        write_csv({"sdtm": tabulated, "adam": adam.build(study, tabulated)}, folder)
        for scrambled in (False, True) if report is not None else ():
            write(report, study, book, folder / f"report-{scrambled}.html", scrambled=scrambled, virtual=True)
        reader = Reader(role=world.observer, by="observer", at=PRINTED, language="en", virtual=True)
        for subject in book.subjects[:1]:
            (folder / f"{subject.id}.pdf").write_bytes(casebook_pdf.casebook_pdf(study, book, subject.id, reader))
        return {str(file.relative_to(folder)): file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()}
