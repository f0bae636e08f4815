"""The command that bridges a trial and the store where the evaluator works apart."""

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from trialwright.cli.shell import Failed, StudyFolder, address_of, now, trial

if TYPE_CHECKING:
    from trialwright.protocol import Study
    from trialwright.store import Taken


def bridge(
    study: StudyFolder,
    source: Annotated[str, typer.Option("--from", help="The trial; with --out the store that writes the letter")] = "",
    target: Annotated[str, typer.Option("--to", help="The evaluator's own store, made when there is none; with --read the store that reads the letter")] = "",
    every: Annotated[int, typer.Option(min=0, max=1440, help="Go on, at each full so many minutes of the clock; 0: once")] = 0,
    out: Annotated[Path | None, typer.Option(help="Write the letter of --from into this file, to be carried to the other machine")] = None,
    read: Annotated[Path | None, typer.Option(help="Take in the letter in this file at --to")] = None,
    anew: Annotated[bool, typer.Option("--anew", help="Make the evaluator's store anew; what the one before never sent is lost")] = False,
    end: Annotated[bool, typer.Option("--end", help="Give the evaluator's store up: from now on he works in the trial itself")] = False,
) -> None:
    """Bridge a trial and the evaluator's own store. Example: trialwright bridge studies/telitacicept_ssc --from trial.db --to evaluator/part.db --every 15"""
    wanted = sum((out is not None, read is not None, end))
    if wanted > 1 or (wanted and (every or anew)):
        raise Failed("say one thing: bridge two stores (--from, --to), write a letter (--from, --out), read one (--to, --read), or give up (--from, --end).")
    needs = {"--from": source, "--to": target} if not wanted else {"--to": target} if read else {"--from": source}
    for name, given in needs.items():
        if not given:
            raise Failed(f"say which store: {name}. See `trialwright bridge --help` for an example.")
    if out is not None:
        _write(source, out)
    elif read is not None:
        _told(_delivered(study, target, _content(read)), target)
    elif end:
        _end(study, source)
    else:
        bridged(study, source, target, every, anew=anew)


def bridged(study: Path, source: str, target: str, every: int, *, anew: bool) -> None:
    """Bridges two stores, once or at each full so many minutes; makes the evaluator's own store when there is none."""
    from trialwright.store import StoreError, exists

    with trial(_study(study, source), source, apart=True) as kept:
        parted = kept.gate.bridged is not None
    if anew or not parted or not exists(address_of(target)):
        _part(study, source, target, anew)
    while True:
        if every:
            time.sleep(every * 60 - time.time() % (every * 60))  # by the clock alone: when it bridges tells nothing
        try:
            _once(study, source, target)
        except (Failed, StoreError) as problem:
            if not every:
                raise
            print(f"trialwright: {now():%Y-%m-%d %H:%M} UTC: {problem}", file=sys.stderr, flush=True)
        if not every:
            return


def _part(study: Path, source: str, target: str, anew: bool) -> None:
    from trialwright.store import begin_part

    with trial(_study(study, source), source, writes=True, apart=True) as kept:
        begin_part(kept, address_of(target), now(), anew=anew)
    print(f"{target} is the evaluator's own store. From now on assessments are entered there, and nowhere else.", flush=True)


def _once(study: Path, source: str, target: str) -> None:
    """Tells the evaluator's store first, and then asks it: what goes wrong on the way back never shows on the way there."""
    from trialwright.store import StoreError, letter

    problems = []
    for giver, taker in ((source, target), (target, source)):
        try:
            _told(_delivered(study, taker, letter(address_of(giver))), taker)
        except (Failed, StoreError) as problem:
            problems.append(str(problem))
    if problems:
        raise Failed(" ".join(problems))


def _delivered(study: Path, db: str, content: bytes) -> "Taken":
    """Has a store take in a letter: itself, or by the program that has it open."""
    from trialwright.store import Occupied, post, take

    try:
        with trial(_study(study, db), db, writes=True, apart=True) as kept:
            return take(kept, content, now())
    except Occupied:
        return post(address_of(db), content)


def _told(taken: "Taken", db: str) -> None:
    print(f"{db}: {taken.count} new entries." if taken.count else f"{db}: nothing new.", flush=True)
    if taken.trouble:
        raise Failed(taken.trouble)


def _study(folder: Path, db: str) -> "Study":
    from trialwright.exchange.study_folder import study_of

    return study_of(folder, address_of(db))


def _write(db: str, out: Path) -> None:
    from trialwright.store import letter

    content = letter(address_of(db))
    try:
        out.write_bytes(content)
    except OSError as problem:
        raise Failed(f"{out} cannot be written ({problem}). Choose another place for the letter.") from problem
    print(f"{out} is the letter of {db}. On the other machine: trialwright bridge STUDY --to STORE --read {out.name}")


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as problem:
        raise Failed(f"{file} cannot be read ({problem}). Name the letter that was carried here.") from problem


def _end(study: Path, db: str) -> None:
    from trialwright.store import end_part

    with trial(_study(study, db), db, writes=True, apart=True) as kept:
        end_part(kept, now())
    print(f"The evaluator's store is given up. From now on assessments are entered in {db} itself.")
