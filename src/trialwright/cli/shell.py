"""What the commands share: their usual options, an open trial, a progress bar, and mistakes that say how to mend."""

import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from trialwright.protocol import Audience, Study
    from trialwright.store import Address, Kept

StudyFolder = Annotated[Path, typer.Argument(help="Folder of the study, for example studies/telitacicept_ssc")]
TrialFile = Annotated[str, typer.Argument(help="Trial file, for example out/trial.db, or postgresql://account@host/database?schema=name")]
AsJson = Annotated[bool, typer.Option("--json", help="Answer in JSON, for a program to read")]
Reading = Annotated[str, typer.Option(help="Reading of the allocation (R1, R2, R3); the study's own if empty")]
AsOf = Annotated[str, typer.Option(help="As the trial was known at this time, for example 2026-05-03T12:00:00Z")]


class Failed(Exception):
    """Something the user can mend; the message says what, where and how."""


@contextmanager
def trial(study: "Study", db: str, *, writes: bool = False, apart: bool = False) -> "Iterator[Kept]":
    """An open trial, closed afterwards; the evaluator's own store, which is only a part of one, for those who ask for it (`apart`)."""
    from trialwright.store import open_trial

    with closing(open_trial(address_of(db), study, writes=writes)) as kept:
        if kept.gate.place and not apart:
            raise Failed(f"{db} holds the evaluator's compartment alone, which is not enough for this. Name the trial.")
        if kept.watch and kept.watch.doubt and not kept.gate.place:
            print(f"trialwright: note: {db} is in doubt ({kept.watch.doubt}). Nothing is saved until two people accept it in the application.",
                  file=sys.stderr)  # fmt: skip
        yield kept


def address_of(db: str) -> "Address":
    """Where a trial is kept, as a person wrote it: a file, or a PostgreSQL address."""
    from trialwright.store import address

    return address(db)


@contextmanager
def progress(what: str) -> Iterator[Callable[[int, int], None]]:
    """A progress bar on the error stream that appears when there is somebody to see it."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, disable=not console.is_terminal, transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def now() -> datetime:
    return datetime.now(UTC)


def moment(text: str) -> datetime | None:
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Failed(f"“{text}” is no time. Write it like 2026-05-03T12:00:00Z.") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def role(name: str) -> "Audience":
    """The role at work of this name; a patient is nobody here, for he knows himself alone."""
    from trialwright.protocol import Audience

    names = [one for one in Audience.__members__ if one != Audience.PATIENT.name]
    if name.upper() not in names:
        raise Failed(f"there is no role {name} at work. Choose one of {', '.join(names)}.")
    return Audience[name.upper()]
