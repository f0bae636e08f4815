"""What is handed over: the tabulation and the analysis data sets with the annotated form, and the record as ODM, from one reader's view of the trial."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
from attrs import frozen

from trialwright import adam, sdtm
from trialwright.exchange.adam_metadata import ADAMIG, CT, OCCDS, adam_tables
from trialwright.exchange.code_lists import external
from trialwright.exchange.conformance.examiners import Verdict, at_writing
from trialwright.exchange.define import ACRF, Document, Published
from trialwright.exchange.fhir.document import write_fhir
from trialwright.exchange.metadata import Standard
from trialwright.exchange.odm.files import write_odm
from trialwright.exchange.package import Folder, write_csv, write_folder
from trialwright.exchange.results_metadata import displays
from trialwright.exchange.sdtm_metadata import sdtm_tables
from trialwright.exchange.usdm.document import write_usdm
from trialwright.protocol import Audience, Study, Text
from trialwright.record import Casebook
from trialwright.report.acrf_pdf import acrf_pdf
from trialwright.report.analysis_guide import TITLE as analysis_guide_title
from trialwright.report.analysis_guide import analysis_guide
from trialwright.report.guide import Facts
from trialwright.report.registry_results import write_registry
from trialwright.report.reporting_event import write_results
from trialwright.report.tabulation_guide import TITLE as tabulation_guide_title
from trialwright.report.tabulation_guide import tabulation_guide

if TYPE_CHECKING:
    from trialwright.report.writing import Composed

NOTHING_YET = datetime(1970, 1, 1, tzinfo=UTC)
"""The date of a package of a trial in which nothing has happened."""
GUIDE_LANGUAGES = {"en": "", "zh": "-zh"}
"""The languages of the reviewers' guides, and how the names of their files end."""
Frames = Mapping[str, pl.DataFrame]
Examine = Callable[[Path], Sequence[Verdict]]
"""Who looks at a package that was just written, and what they say."""


@frozen(kw_only=True)
class Delivery:
    """What goes out of a study: one `reader`'s view of the record (`book`) and his data sets (`tabulated` and `analyzed`); a rehearsal is `virtual`."""

    study: Study
    book: Casebook
    reader: Audience = Audience.STATISTICIAN
    tabulated: Frames
    analyzed: Frames
    virtual: bool = False
    composed: "Composed | None" = None
    """The report, where one was made: what goes out of its results comes from there."""

    @property
    def at(self) -> datetime:
        """The moment of the last entry."""
        return self.book.as_of or NOTHING_YET

    @classmethod
    def of(cls, study: Study, book: Casebook, reader: Audience = Audience.STATISTICIAN, *, virtual: bool = False) -> "Delivery":
        """The data sets that follow from `book`, the view of `reader`."""
        tabulated = sdtm.build(study, book, reader)
        return cls(study=study, book=book, reader=reader, tabulated=tabulated, analyzed=adam.build(study, tabulated), virtual=virtual)

    @classmethod
    def behind(cls, made: "Composed", *, virtual: bool = False) -> "Delivery":
        """The data sets from which a report was made: what is handed over is what was analyzed."""
        source = made.trail.source
        return cls(study=source.study, book=source.casebook, tabulated=source.sdtm, analyzed=source.adam, composed=made, virtual=virtual)

    def write(self, out: Path, *, encoding: str = "ascii", examine: Examine = at_writing) -> list[str]:
        """Writes `sdtm/` and `adam/` with all that belongs to them, `odm/`, `usdm/`, `fhir/`, `ctgov/`, `ars/`, and `trace/`: rows with their entries.

        What was written is then examined (`examine`), and the reviewers' guides tell what was found. Raises `Unwritable` before anything is
        written. The same view gives the same bytes. Gives the names of the files.
        """
        tabulation, analysis = self._tabulation(), self._analysis()
        written = [name for folder in (tabulation, analysis) for name in write_folder(folder, out, self.at, encoding=encoding)]
        written += write_odm(self.study, self.book, self.reader, self.at, out / "odm")
        written += write_usdm(self.study, self.book, out / "usdm")
        written += write_fhir(self.study, self.book, out, self.at)
        written += write_registry(self.study, self.book, out, self.composed) + write_results(self.composed, out)
        written += write_csv({"sdtm": self.tabulated, "adam": self.analyzed}, out / "trace")
        return written + list(self._guides(tabulation, analysis, out, examine))

    def _guides(self, tabulation: Folder, analysis: Folder, out: Path, examine: Examine) -> Iterator[str]:
        """The guides of both folders in both languages, which tell what the examination of the files found."""
        dm = self.tabulated["DM"]
        hidden = dm.filter(pl.col("RFSTDTC").is_not_null() & pl.col("ARM").is_null() & pl.col("ARMNRS").is_null()).height > 0
        verdicts = examine(out)
        made: dict[str, Future[bytes]] = {}
        with ThreadPoolExecutor() as pool:  # the typesetter works on one while the next is told
            for language, ending in GUIDE_LANGUAGES.items():
                facts = Facts(study=self.study, book=self.book, at=self.at, verdicts=verdicts, hidden=hidden, virtual=self.virtual, language=language)
                made[f"sdtm/csdrg{ending}.pdf"] = pool.submit(tabulation_guide, facts, tabulation.tables, self.analyzed)
                made[f"adam/adrg{ending}.pdf"] = pool.submit(analysis_guide, facts, analysis.tables, analysis.displays)
        for name, content in made.items():
            (out / name).write_bytes(content.result())
            yield name

    def _tabulation(self) -> Folder:
        study = self.study
        form = acrf_pdf(study, self.at)
        frames = {**self.tabulated, **sdtm.design(study, self.tabulated["DM"])}
        return Folder(
            standard=Standard(name="SDTM", version=sdtm.SDTMIG, study=study.code, originator=study.sponsor),
            tables=sdtm_tables(study, frames, external(study, self.book.dictionaries)),
            published=(
                Published(oid="STD.IG", name="SDTMIG", kind="IG", version=sdtm.SDTMIG),
                Published(oid="STD.CT", name="CDISC/NCI", kind="CT", version=sdtm.CT, set_="SDTM"),
            ),
            title=study.official_title.en,
            words=f"Tabulation of {study.code}, study definition {study.version}.",
            documents={Document(oid=ACRF, file="acrf.pdf", title="Annotated case report form", pages=form.pages): form.content},
            announced=_announced("csdrg", tabulation_guide_title),
        )

    def _analysis(self) -> Folder:
        study = self.study
        return Folder(
            standard=Standard(name="ADaM", version=ADAMIG, study=study.code, originator=study.sponsor),
            tables=adam_tables(self.analyzed, self.tabulated, external(study, self.book.dictionaries)),
            published=(
                Published(oid="STD.IG", name="ADaMIG", kind="IG", version=ADAMIG),
                Published(oid="STD.OCCDS", name="ADaM-OCCDSIG", kind="IG", version=OCCDS, klass="OCCURRENCE DATA STRUCTURE"),
                Published(oid="STD.CT", name="CDISC/NCI", kind="CT", version=sdtm.CT, set_="SDTM"),
                Published(oid="STD.CT.ADAM", name="CDISC/NCI", kind="CT", version=CT, set_="ADaM"),
            ),
            title=study.official_title.en,
            words=f"Analysis data sets of {study.code}, study definition {study.version}.",
            displays=displays(study, self.analyzed),
            announced=_announced("adrg", analysis_guide_title),
        )


def _announced(name: str, title: Text) -> tuple[Document, ...]:
    return tuple(Document(oid=f"LF.{name}{ending}", file=f"{name}{ending}.pdf", title=title.in_(language)) for language, ending in GUIDE_LANGUAGES.items())
