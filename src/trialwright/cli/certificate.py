"""The command that proves the blind of a study and issues its certificate, and the rule that nobody is blinded without one."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from trialwright.cli.shell import AsJson, Failed, Reading, StudyFolder, now, progress

if TYPE_CHECKING:
    from trialwright.protocol import Study


def certify(
    study: StudyFolder,
    out: Annotated[Path, typer.Option(help="Folder for the certificate: the one in which the trial lies")],
    worlds: Annotated[int, typer.Option(min=1, max=100_000, help="Pairs of worlds for each observer; 300 are the least to go live")] = 300,
    seed: Annotated[str, typer.Option(help="Everything is drawn from it; another one draws other worlds")] = "1",
    reading: Reading = "",
    as_json: AsJson = False,
) -> None:
    """Prove that the blind of a study holds on this installation. Example: trialwright certify studies/telitacicept_ssc --out trial"""
    from trialwright.blinding.certificate import NAME
    from trialwright.capture.certifying import certify as prove
    from trialwright.exchange.study_folder import module_of, study_in
    from trialwright.report.certificate_pdf import certificate_pdf

    found = study_in(study, reading)
    out.mkdir(parents=True, exist_ok=True)
    with progress("comparing worlds") as tell:
        issued = prove(found, study, getattr(module_of(study, "report"), "REPORT", None), now(), pairs=worlds, seed=seed, tell=tell)
    (out / NAME).write_text(issued.as_json(), encoding="utf-8")
    for language, ending in (("en", ".pdf"), ("zh", ".zh.pdf")):
        (out / NAME).with_suffix(ending).write_bytes(certificate_pdf(issued, found.title, language))
    if as_json:
        print(issued.as_json(), end="")
    else:
        for one in issued.obligations:
            print(f"{'met' if one.held else 'NOT MET'}: {one.what.en} ({one.told.en})")
        print(f"{out / NAME} and its PDF in two languages; {issued.seconds} seconds.")
    if not issued.holds:
        raise typer.Exit(1)


def must_be_certified(folder: Path, study: "Study", place: Path) -> None:
    """Refuses to open a trial with real people without a current certificate in `place`. Says why, and which command mends it."""
    from trialwright.blinding.certificate import NAME, Certificate, hindrance
    from trialwright.capture.certifying import bound

    file = place / NAME
    try:
        kept = Certificate.of(file.read_text(encoding="utf-8")) if file.is_file() else None
        why = hindrance(kept, bound(study, folder))
    except (ValueError, OSError) as problem:
        raise Failed(f"{file} cannot be read ({problem}). Issue it anew: trialwright certify {folder} --out {place}") from problem
    if why is not None:
        raise Failed(f"nobody may be blinded here: {why.en} ({file}). Prove the blind first: trialwright certify {folder} --out {place}"
                     f"{'' if study.reading == _own(folder) else f' --reading {study.reading}'}. To look around, name a new file and add --demo.")  # fmt: skip


def _own(folder: Path) -> str:
    from trialwright.exchange.study_folder import study_in

    return study_in(folder).reading
