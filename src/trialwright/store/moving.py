"""A trial from one place to another, line by line the same: nothing is encoded anew."""

import os
from contextlib import ExitStack, closing
from pathlib import Path

from trialwright.record.ledger import ROOT
from trialwright.store import sqlite
from trialwright.store.address import Address, Database, key_path
from trialwright.store.attachments import settled
from trialwright.store.beside import Files, beside, put_beside
from trialwright.store.keeping import Keeper, Rows, StoreError, Unsure
from trialwright.store.opening import exists, made, opened, vacant
from trialwright.store.verify import first_wrong


def move(source: Address, target: Address) -> int:
    """Writes the trial at `source` into the empty place `target`, and its key beside it; gives the number of lines.

    Facts, lines, salts and heads are the same bytes, so that every checkpoint holds for both. Nobody may write the source meanwhile.
    """
    with closing(opened(source, writes=True)) as giver:
        rows, faults = giver.read(examined=True)
        wrong = first_wrong(source, rows, faults)
        if wrong:
            raise StoreError(f"{source} does not verify: {wrong}. Nothing was moved. Run `trialwright verify {source}` for all findings.")
        if not key_path(source).is_file():
            raise StoreError(f"The key {key_path(source)} of {source} is missing; without it no checkpoint could be signed. Put it back, then move.")
        return put(rows, beside(source), target)


def put(rows: Rows, files: Files, target: Address) -> int:
    """Writes a whole trial, and what lies beside it, into an empty place and reads it back; gives the number of its entries.

    Whoever is stopped in the middle, by whatever, does it again. Raises `StoreError`; then nothing is left there. Raises `Unsure` where a
    database went away, and nobody can see what it holds.
    """
    vacant(target, rows.about["key"])
    if isinstance(target, Path):
        _into_file(rows, files, target)
    else:
        _into_database(rows, files, target)
    return sum(log == ROOT for log, *_ in rows.lines)


def _into_file(rows: Rows, files: Files, target: Path) -> None:
    """The file bears its name only when it is whole and all that lies beside it is there."""
    target.parent.mkdir(parents=True, exist_ok=True)
    stage = target.with_name(f"{target.name}.new")
    with ExitStack() as always, ExitStack() as undo:
        always.callback(sqlite.penned(target))
        _cleared(stage)
        undo.callback(_cleared, stage)
        put_beside(files, target, undo)
        with closing(sqlite.made(stage)) as taker:
            _written(rows, taker, target)
        os.replace(stage, target)
        undo.pop_all()
    settled(target.parent)


def _into_database(rows: Rows, files: Files, target: Database) -> None:
    """All lines in one transaction; while it may have been kept, what lies beside it stays too."""
    with closing(made(target, rows.about["key"])) as taker, ExitStack() as undo:
        put_beside(files, target, undo)
        try:
            _written(rows, taker, target)
        except StoreError as problem:
            if _may_hold(target):
                undo.pop_all()
                raise Unsure(f"{problem} Look what is there now: trialwright verify {target}. If it is whole, go on with it; "
                             "if there is none, try again.") from problem  # fmt: skip
            raise
        undo.pop_all()


def _written(rows: Rows, taker: Keeper, target: Address) -> None:
    taker.begin(rows.about, rows.in_order())
    seen, faults = taker.read(examined=True)
    if faults or seen != rows:
        raise StoreError(f"{target} does not hold what was written to it{f': {faults[0]}' if faults else ''}. Check its disk; the source is unchanged.")


def _cleared(stage: Path) -> None:
    """Takes away what is not whole yet, or was left so by somebody who was stopped."""
    for ending in ("", "-wal", "-shm", "-journal"):
        stage.with_name(stage.name + ending).unlink(missing_ok=True)


def _may_hold(target: Database) -> bool:
    """Whether a trial is there, or nobody can tell."""
    try:
        return exists(target)
    except StoreError:
        return True
