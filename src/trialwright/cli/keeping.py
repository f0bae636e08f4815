"""Commands about where a trial is kept: make room for it in a database, move it, back it up and put it back."""

import getpass
import json
from pathlib import Path
from typing import Annotated

import typer

from trialwright.cli.shell import AsJson, Failed, TrialFile, address_of, now


def prepare(
    db: Annotated[str, typer.Argument(help="PostgreSQL address with the account of the owner")],
    app: Annotated[str, typer.Option("--for", help="Account with which the application will connect; it may add and read, and no more")],
) -> None:
    """Make room for a trial in PostgreSQL. Example: trialwright prepare 'postgresql://owner@db.example.org/trials?schema=ssc' --for trialwright"""
    from trialwright.store import prepare as laid_out

    at = address_of(db)
    laid_out(at, app)
    print(f"{at} is ready. Begin the trial with the account {app}: trialwright serve STUDY --db ADDRESS, or move one there: trialwright move FROM ADDRESS")


def move(
    source: Annotated[str, typer.Argument(metavar="FROM", help="Trial file or PostgreSQL address")],
    target: Annotated[str, typer.Argument(metavar="TO", help="Trial file that is not there yet, or the address that `trialwright prepare` made ready")],
) -> None:
    """Move a trial, line by line the same. Example: trialwright move trial.db 'postgresql://trialwright@db.example.org/trials?schema=ssc'"""
    from trialwright.store import key_path
    from trialwright.store import move as moved

    giver, taker = address_of(source), address_of(target)
    lines = moved(giver, taker)
    print(f"{taker} holds {lines} entries, with every hash as it was; its key is {key_path(taker)}, and the accounts lie beside it.\n"
          f"{giver} is unchanged. Put it away, so that nobody goes on in it.")  # fmt: skip


def backup(
    db: TrialFile,
    out: Annotated[Path, typer.Option(help="Folder for the backups of this trial; older ones in it are thinned out")],
    to: Annotated[list[str] | None, typer.Option("--to", help="Public key of a recipient (age1...) for whom it is locked; may be given again")] = None,
    as_json: AsJson = False,
) -> None:
    """Copy a trial while it runs, and read the copy back. Example: trialwright backup trial.db --out /mnt/elsewhere --to age1…"""
    from trialwright.store import backup as backed_up

    done = backed_up(address_of(db), out, now(), to or ())
    if as_json:
        print(json.dumps({"file": done.file, "entries": done.lines, "locked": done.encrypted, "at": done.at.isoformat()}, ensure_ascii=False))
        return
    print(f"{done.file}: {done.lines} entries, read back and verified.")
    print("It is locked for its recipients and holds the keys too: it may leave the building." if done.encrypted else
          "It is not locked and holds no key: keep it in this building, and make a locked one (--to) for elsewhere.")  # fmt: skip


def restore(
    file: Annotated[Path, typer.Argument(metavar="BACKUP", help="Backup to put back (.tar.gz or .tar.gz.age)")],
    out: Annotated[str, typer.Option(help="Trial file that is not there yet, or the address that `trialwright prepare` made ready")],
    identity: Annotated[Path | None, typer.Option(help="Key file of a recipient, for a locked backup")] = None,
) -> None:
    """Put a backup back, never over a trial. Example: trialwright restore SSC-20261122T031500Z.tar.gz.age --out trial.db --identity custodian.key"""
    from trialwright.store import key_path, lacking
    from trialwright.store import restore as put_back

    at = address_of(out)
    copy = put_back(file, at, now(), getpass.getuser(), identity)
    print(f"{at} holds {copy.lines} entries, as they were on {copy.made.isoformat(timespec='seconds')}; all of them verify.")
    if not key_path(at).is_file():
        print(f"The backup holds no key. Put the key of the trial to {key_path(at)}; without it no checkpoint can be signed.")
    for one in lacking(copy.rows):
        print(f"To be erased again, for this backup still holds it: entry {one.entry} (erased on {one.at.isoformat(timespec='seconds')} by {one.by}).")
    print(f"What was recorded later is not in it. Hold it against the last checkpoint: trialwright verify {at} --against CHECKPOINT")


def scrub(db: TrialFile) -> None:
    """Overwrite what was erased wherever it still lies in the place of a trial (PostgreSQL: as the owner). Example: trialwright scrub trial.db"""
    from trialwright.store import scrubbed

    at = address_of(db)
    if not scrubbed(at):
        raise Failed(f"{at} could not be scrubbed whole: another program reads it, or the disk does not take it. Close what reads it, then try again.")
    print(f"{at} holds nothing any more of what was erased. Earlier backups may: they are listed in the application, under The record, Erasures.")


def backup_key(
    out: Annotated[Path, typer.Option(help="File to make; keep it away from the machine of the trial, and a copy in a safe")],
) -> None:
    """Make the key of a recipient of backups. Example: trialwright backup-key --out custodian.key"""
    from trialwright.store import backup_key as made

    public = made(out, now())
    print(f"{out} opens the backups that are locked for its public key. Without it nobody can open them.\n{public}")
