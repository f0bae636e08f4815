"""The command that hands over one patient's casebook on paper."""

import getpass
from pathlib import Path
from typing import Annotated

import typer

from trialwright.cli.shell import AsOf, Failed, TrialFile, address_of, moment, now, role, trial


def casebook(
    db: TrialFile,
    subject: Annotated[str, typer.Option(help="Code of the subject")],
    out: Annotated[Path, typer.Option(help="File to write (.pdf)")],
    study: Annotated[Path, typer.Option(help="Folder of the study")],
    view: Annotated[str, typer.Option(help="Role whose view is printed")] = "INVESTIGATOR",
    language: Annotated[str, typer.Option(help="en or zh")] = "en",
    as_of: AsOf = "",
) -> None:
    """Print one casebook as PDF. Example: trialwright casebook out/trial.db --study studies/telitacicept_ssc --subject KHTR42 --out KHTR42.pdf"""
    if out.suffix.lower() != ".pdf":
        raise Failed(f"{out} is no name of a PDF. Name a file that ends in .pdf.")
    if language not in ("en", "zh"):
        raise Failed(f"there is no language {language}. Choose en or zh.")
    from trialwright.exchange.study_folder import study_of
    from trialwright.report.casebook_pdf import Reader, casebook_pdf

    found, reader = study_of(study, address_of(db)), role(view)
    with trial(found, db) as kept:
        book = kept.gate.casebook(reader, moment(as_of))
        if not book.knows(subject):
            raise Failed(f"{db} holds no subject {subject} that the role {reader.name} may see. Check the code; `trialwright package` lists them in DM.")
        told = Reader(role=reader, by=getpass.getuser(), at=now(), language=language, virtual=kept.virtual)
        out.write_bytes(casebook_pdf(found, book, subject, told))
    print(out)
