"""Commands that put a trial away for decades, and make it again from what was put away."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from trialwright.cli.shell import Failed, TrialFile, address_of, progress, trial

if TYPE_CHECKING:
    from trialwright.protocol import Study
    from trialwright.store import Kept

NEVER = frozenset(("__pycache__", "tests", "licensed_wording", "dictionaries"))
"""Parts of a study folder that stay behind: what Python makes, its tests, and what was licensed to the hospital."""


def archive(
    db: TrialFile,
    study: Annotated[Path, typer.Option(help="Folder of the study")],
    out: Annotated[Path, typer.Option(help="Folder to make")],
) -> None:
    """Put a trial away as a folder that needs no software to read. Example: trialwright archive out/trial.db --study studies/telitacicept_ssc --out archive"""
    from trialwright.exchange.study_folder import study_of
    from trialwright.report.archive import write_archive
    from trialwright.store import attachments_of, current_checkpoint, ledger_lines

    _empty(out)
    at = address_of(db)
    found = study_of(study, at)
    record, checkpoint = ledger_lines(at), current_checkpoint(at)
    with trial(found, db) as kept, progress("writing the archive") as tell:
        made = _made(kept, found, study, record=record, checkpoint=checkpoint, sources=sources_of(study), attachments=attachments_of(at))
        manifest = write_archive(made, out, tell)
    print(f"{out}: {len(manifest)} files. Verify it anywhere with: python3 {out / 'verify.py'}")
    print(f"Note this sum of MANIFEST.txt elsewhere, with the last checkpoint: {hashlib.sha256((out / 'MANIFEST.txt').read_bytes()).hexdigest()}")
    if not made.book.locked:
        print("The data are not locked: this is a copy for the investigator, not yet the archive of the finished trial.")


def rebuild(
    folder: Annotated[Path, typer.Argument(metavar="ARCHIVE", help="Folder that `trialwright archive` made")],
    out: Annotated[Path, typer.Option(help="Folder to make: the trial, and all data and documents written anew")],
) -> None:
    """Make a trial again from its archive and compare everything, byte by byte. Example: trialwright rebuild archive --out again"""
    from trialwright.exchange.study_folder import study_of
    from trialwright.report.archive import manifest_of, write_archive
    from trialwright.store import begin_again
    from trialwright.store.standalone import files

    if not (folder / "MANIFEST.txt").is_file():
        raise Failed(f"{folder} is no archive: it has no MANIFEST.txt. Name a folder that `trialwright archive` made.")
    wrong = list(files(folder))
    if wrong:
        raise Failed(f"{folder} is not what was archived: {wrong[0]}. Run `python3 {folder / 'verify.py'}` for all findings; nothing was made.")
    _empty(out)
    record = (folder / "record" / "ledger.jsonl").read_bytes()
    attachments = [(path.relative_to(folder).as_posix(), path.read_bytes()) for path in sorted((folder / "attachments").rglob("*")) if path.is_file()]
    count = begin_again(record, attachments, address_of(str(out / "trial.db")))
    study = next((path.parent for path in sorted((folder / "study").rglob("protocol.py"))), folder / "study")
    found = study_of(study, address_of(str(out / "trial.db")))
    with trial(found, str(out / "trial.db")) as kept, progress("writing everything anew") as tell:
        made = _made(kept, found, study, record=record, checkpoint=(folder / "record" / "checkpoint.txt").read_text(encoding="utf-8"),
                     sources={path.relative_to(folder / "study").as_posix(): path.read_bytes() for path in sorted((folder / "study").rglob("*"))
                              if path.is_file() and "__pycache__" not in path.parts}, attachments=attachments)  # fmt: skip
        again = write_archive(made, out / "archive", tell)
    other = _differing(manifest_of(folder), again)
    print(f"{count} entries and {len(again) - len(other)} of {len(again)} files are the same to the byte.")
    for name in other:
        print(f"- differs: {name}")
    if other:
        raise typer.Exit(1)


def _differing(first: Mapping[str, str], second: Mapping[str, str]) -> list[str]:
    return sorted(name for name in first.keys() | second.keys() if first.get(name) != second.get(name))


def _made(kept: "Kept", found: "Study", study: Path, *, record: bytes, checkpoint: str, **parts: Any) -> Any:
    """What an archive is made of: data and report as the statistician may know them once the arms are open, else as the custodian does."""
    from trialwright.exchange.study_folder import module_of
    from trialwright.protocol import Audience
    from trialwright.report.archive import Archived
    from trialwright.store import VERIFIER

    book = kept.gate.casebook(Audience.CUSTODIAN)
    reader = Audience.STATISTICIAN if book.released else Audience.CUSTODIAN
    return Archived(study=found, book=book, view=kept.gate.casebook(reader), reader=reader, report=getattr(module_of(study, "report"), "REPORT", None),
                    ledger=record, checkpoint=checkpoint, verifier=VERIFIER.read_bytes(), virtual=kept.virtual, **parts)  # fmt: skip


def sources_of(study: Path) -> dict[str, bytes]:
    """The programs of a study by their names, under the packages in which Python finds them."""
    folder = study.resolve()
    top = folder
    while (top / "__init__.py").is_file():
        top = top.parent
    packages = [parent / "__init__.py" for parent in folder.parents if parent.is_relative_to(top) and parent != top]
    own = [path for path in folder.rglob("*") if path.is_file() and not NEVER & set(path.relative_to(folder).parts)]
    return {path.relative_to(top).as_posix(): path.read_bytes() for path in (*packages, *own)}


def _empty(out: Path) -> None:
    if out.exists():
        raise Failed(f"{out} is there already; nothing was written. Choose another name.")
