"""Commands that hand over: data sets, the report, and where a number comes from."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from trialwright.cli.conformity import Core, Schemas, examination
from trialwright.cli.shell import AsOf, Failed, TrialFile, address_of, moment, progress, role, trial

if TYPE_CHECKING:
    from trialwright.blinding.certificate import Certificate

Blinded = Annotated[bool, typer.Option("--blinded", help="As a blinded reader sees it, although the arms are open: arm columns show xx")]
Scrambled = Annotated[bool, typer.Option("--scrambled", help="Arms drawn by lot, never the true ones: how the report will look, at any time")]
Seed = Annotated[int, typer.Option(help="By which --scrambled draws the arms", min=0)]
ENDINGS = (".html", ".pdf", ".rtf", ".txt")


def certificate_in(file: Path) -> "Certificate":
    """The blinding certificate that a file holds. Raises `Failed` with the file when it holds none."""
    from trialwright.blinding.certificate import Certificate

    try:
        return Certificate.of(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise Failed(f"there is no file {file}.") from None
    except ValueError as problem:
        raise Failed(f"{file}: {problem}. Name the file that “trialwright certify” wrote.") from None


def package(
    db: TrialFile,
    out: Annotated[Path, typer.Option(help="Folder for the data sets")],
    study: Annotated[Path, typer.Option(help="Folder of the study")],
    as_of: AsOf = "",
    view: Annotated[str, typer.Option(help="Role whose view is tabulated")] = "STATISTICIAN",
    utf8: Annotated[bool, typer.Option("--utf8", help="Transport files in UTF-8, for text that is not English")] = False,
    reported: Annotated[bool, typer.Option("--report", help="Also report.html and report.pdf, made from the same data sets")] = False,
    schemas: Schemas = None,
    core: Core = False,
) -> None:
    """Write SDTM and ADaM data sets as XPT and Dataset-JSON, with Define-XML, annotated form and guides; the trial as ODM, FHIR R4, USDM, ARS, registry record.

    Example: trialwright package out/trial.db --study studies/telitacicept_ssc --out package
    """
    from trialwright.exchange.study_folder import module_of, part_of, study_of
    from trialwright.exchange.xpt import Unwritable
    from trialwright.protocol import Audience
    from trialwright.report.delivery import Delivery
    from trialwright.report.writing import View, compose

    found, reader, examine = study_of(study, address_of(db)), role(view), examination(schemas, core)
    if reported and reader is not Audience.STATISTICIAN:
        raise Failed(f"the report is made from the statistician's view, not from that of {view}. Leave out --view or --report.")
    with trial(found, db) as kept, progress("writing the package"):
        book = kept.gate.casebook(reader, moment(as_of))
        shown = part_of(study, "report", "REPORT") if reported else getattr(module_of(study, "report"), "REPORT", None)
        made = compose(shown, found, book, View(virtual=kept.virtual)) if shown is not None and reader is Audience.STATISTICIAN else None
        try:
            delivery = Delivery.behind(made, virtual=kept.virtual) if made else Delivery.of(found, book, reader, virtual=kept.virtual)
            written = delivery.write(out, encoding="utf-8" if utf8 else "ascii", examine=examine)
        except Unwritable as problem:
            raise Failed(f"{problem}\nNothing was written.") from problem
        if made and reported:
            made.write(out / "report.html", out / "report.pdf")
            written += ["report.html", "report.pdf"]
    print("\n".join(written))


def report(
    db: TrialFile,
    out: Annotated[list[Path], typer.Option(help="File to write: .html, .pdf, .txt, or .rtf for the tables alone; say it again for another")],
    study: Annotated[Path, typer.Option(help="Folder of the study")],
    as_of: AsOf = "",
    language: Annotated[str, typer.Option(help="en or zh; an .html file holds both and opens in this one")] = "en",
    blinded: Blinded = False,
    scrambled: Scrambled = False,
    seed: Seed = 1,
    certificate: Annotated[Path | None, typer.Option(help="The blinding certificate (blinding-certificate.json) to be told in section 14.4")] = None,
) -> None:
    """Write the report. Example: trialwright report out/trial.db --study studies/telitacicept_ssc --out report.pdf --language zh"""
    for one in out:
        if one.suffix not in ENDINGS:
            raise Failed(f"a report is not written as {one.suffix or 'a file without an ending'}. Name a file that ends in {', '.join(ENDINGS)}.")
    if language not in ("en", "zh"):
        raise Failed(f"there is no language {language}. Choose en or zh.")
    proved = certificate_in(certificate) if certificate else None
    from trialwright.exchange.study_folder import part_of, study_of
    from trialwright.protocol import Audience
    from trialwright.report import write

    found = study_of(study, address_of(db))
    with trial(found, db) as kept, progress("writing the report"):
        write(part_of(study, "report", "REPORT"), found, kept.gate.casebook(Audience.STATISTICIAN, moment(as_of)), *out,
              language=language, blinded=blinded, scrambled=seed if scrambled else None, virtual=kept.virtual, certificate=proved)  # fmt: skip
    print("\n".join(map(str, out)))


def trace(
    table: Annotated[str, typer.Argument(help="Number of the table, for example 14.2.1")],
    cell: Annotated[str, typer.Argument(help="Row and column, for example r3c2")],
    db: Annotated[str, typer.Option(help="Trial file, or PostgreSQL address")],
    study: Annotated[Path, typer.Option(help="Folder of the study")],
    blinded: Blinded = False,
    scrambled: Scrambled = False,
    seed: Seed = 1,
) -> None:
    """Show where a number comes from. Example: trialwright trace 14.2.1 r3c2 --db out/trial.db --study studies/telitacicept_ssc"""
    from trialwright.exchange.study_folder import part_of, study_of
    from trialwright.protocol import Audience
    from trialwright.report import trace as follow

    found = study_of(study, address_of(db))
    with trial(found, db) as kept:
        try:
            print(
                follow(
                    part_of(study, "report", "REPORT"), found, kept.gate.casebook(Audience.STATISTICIAN), table, cell,
                    blinded=blinded, scrambled=seed if scrambled else None,
                )
            )
        except LookupError as problem:
            raise Failed(str(problem.args[0])) from problem
