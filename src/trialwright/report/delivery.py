"""What is handed over: the tabulation and the analysis data sets with the annotated form, and the record as ODM, from one reader's view of the trial."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
from attrs import frozen

from trialwright import adam, sdtm
from trialwright.exchange.adam_metadata import ADAMIG, CT, OCCDS, adam_tables
from trialwright.exchange.define import ACRF, Document, Published
from trialwright.exchange.fhir import write_fhir
from trialwright.exchange.metadata import Standard
from trialwright.exchange.odm import write_odm
from trialwright.exchange.odm2 import write_odm2
from trialwright.exchange.package import Folder, write_csv, write_folder
from trialwright.exchange.results_metadata import displays
from trialwright.exchange.sdtm_metadata import sdtm_tables
from trialwright.exchange.usdm import write_usdm
from trialwright.protocol import Audience, Study
from trialwright.record import Casebook
from trialwright.report.acrf_pdf import acrf_pdf
from trialwright.report.registry_results import write_registry
from trialwright.report.reporting_event import write_results

if TYPE_CHECKING:
    from trialwright.report.writing import Composed

NOTHING_YET = datetime(1970, 1, 1, tzinfo=UTC)
"""The date of a package of a trial in which nothing has happened."""
Frames = Mapping[str, pl.DataFrame]


@frozen(kw_only=True)
class Delivery:
    """What goes out of a study: one `reader`'s view of the record (`book`) and his data sets (`tabulated` and `analyzed`)."""

    study: Study
    book: Casebook
    reader: Audience = Audience.STATISTICIAN
    tabulated: Frames
    analyzed: Frames
    composed: "Composed | None" = None
    """The report, where one was made: what goes out of its results comes from there."""

    @property
    def at(self) -> datetime:
        """The moment of the last entry."""
        return self.book.as_of or NOTHING_YET

    @classmethod
    def of(cls, study: Study, book: Casebook, reader: Audience = Audience.STATISTICIAN) -> "Delivery":
        """The data sets that follow from `book`, the view of `reader`."""
        tabulated = sdtm.build(study, book, reader)
        return cls(study=study, book=book, reader=reader, tabulated=tabulated, analyzed=adam.build(study, tabulated))

    @classmethod
    def behind(cls, made: "Composed") -> "Delivery":
        """The data sets from which a report was made: what is handed over is what was analyzed."""
        source = made.trail.source
        return cls(study=source.study, book=source.casebook, tabulated=source.sdtm, analyzed=source.adam, composed=made)

    def write(self, out: Path, *, encoding: str = "ascii") -> list[str]:
        """Writes `sdtm/` and `adam/` with all that belongs to them, `odm/`, `usdm/`, `fhir/`, `ctgov/`, `ars/`, and `trace/`: rows with their entries.

        Raises `Unwritable` before anything is written. The same view gives the same bytes. Gives the names of the files.
        """
        written = [name for folder in (self._tabulation(), self._analysis()) for name in write_folder(folder, out, self.at, encoding=encoding)]
        written += write_odm(self.study, self.book, self.reader, self.at, out / "odm")
        written += write_odm2(self.study, self.book, self.reader, self.at, out / "odm")
        written += write_usdm(self.study, self.book, out / "usdm")
        written += write_fhir(self.study, self.book, out, self.at)
        written += write_registry(self.study, self.book, out, self.composed) + write_results(self.composed, out)
        return written + write_csv({"sdtm": self.tabulated, "adam": self.analyzed}, out / "trace")

    def _tabulation(self) -> Folder:
        study = self.study
        form = acrf_pdf(study, self.at)
        frames = {**self.tabulated, **sdtm.design(study, self.tabulated["DM"])}
        return Folder(
            standard=Standard(name="SDTM", version=sdtm.SDTMIG, study=study.code, originator=study.sponsor),
            tables=sdtm_tables(study, frames),
            published=(
                Published(oid="STD.IG", name="SDTMIG", kind="IG", version=sdtm.SDTMIG),
                Published(oid="STD.CT", name="CDISC/NCI", kind="CT", version=sdtm.CT, set_="SDTM"),
            ),
            title=study.official_title.en,
            words=f"Tabulation of {study.code}, study definition {study.version}.",
            documents={Document(oid=ACRF, file="acrf.pdf", title="Annotated case report form", pages=form.pages): form.content},
        )

    def _analysis(self) -> Folder:
        study = self.study
        return Folder(
            standard=Standard(name="ADaM", version=ADAMIG, study=study.code, originator=study.sponsor),
            tables=adam_tables(self.analyzed, self.tabulated),
            published=(
                Published(oid="STD.IG", name="ADaMIG", kind="IG", version=ADAMIG),
                Published(oid="STD.OCCDS", name="ADaM-OCCDSIG", kind="IG", version=OCCDS, klass="OCCURRENCE DATA STRUCTURE"),
                Published(oid="STD.CT", name="CDISC/NCI", kind="CT", version=sdtm.CT, set_="SDTM"),
                Published(oid="STD.CT.ADAM", name="CDISC/NCI", kind="CT", version=CT, set_="ADaM"),
            ),
            title=study.official_title.en,
            words=f"Analysis data sets of {study.code}, study definition {study.version}.",
            displays=displays(study, self.analyzed),
        )
