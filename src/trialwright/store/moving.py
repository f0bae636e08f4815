"""A trial from one place to another, line by line the same: nothing is encoded anew."""

from contextlib import ExitStack, closing

from trialwright.record.ledger import ROOT
from trialwright.store.address import Address, key_path
from trialwright.store.beside import Files, beside, put_beside
from trialwright.store.keeping import Rows, StoreError
from trialwright.store.opening import discard, made, opened
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
    """Writes a whole trial, and what lies beside it, into an empty place and reads it back. Raises `StoreError`; then nothing is left there."""
    taker = made(target)
    with ExitStack() as undo:
        undo.callback(discard, target)
        undo.callback(taker.close)
        put_beside(files, target, undo)
        taker.begin(rows.about, rows.in_order())
        seen, faults = taker.read(examined=True)
        if faults or seen != rows:
            raise StoreError(f"{target} does not hold what was written to it{f': {faults[0]}' if faults else ''}. Check its disk; the source is unchanged.")
        undo.pop_all()
    taker.close()
    return sum(log == ROOT for log, *_ in rows.lines)
