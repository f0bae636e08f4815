"""A trial from one place to another, line by line the same: nothing is encoded anew."""

import os
from contextlib import ExitStack, closing

from trialwright.record.ledger import ROOT
from trialwright.store.address import Address, key_path
from trialwright.store.keeping import Rows, StoreError
from trialwright.store.opening import discard, made, opened
from trialwright.store.verify import faults_in


def move(source: Address, target: Address) -> int:
    """Writes the trial at `source` into the empty place `target`, and its key beside it; gives the number of lines.

    Facts, lines, salts and heads are the same bytes, so that every checkpoint holds for both. Nobody may write the source meanwhile.
    """
    with closing(opened(source, writes=True)) as giver:
        rows, faults = giver.read(examined=True)
        wrong = next(iter(faults), None) or next(faults_in(rows), None)
        if wrong:
            raise StoreError(f"{source} does not verify: {wrong}. Nothing was moved. Run `trialwright verify {source}` for all findings.")
        if not key_path(source).is_file():
            raise StoreError(f"The key {key_path(source)} of {source} is missing; without it no checkpoint could be signed. Put it back, then move.")
        return put(rows, target, key_path(source).read_bytes())


def put(rows: Rows, target: Address, key: bytes) -> int:
    """Writes a whole trial into an empty place and reads it back. Raises `StoreError` when what stands there is not what was given."""
    with ExitStack() as stack:
        taker = made(target)
        stack.callback(discard, target)
        stack.callback(taker.close)
        if key:
            keep_key(target, key)
        taker.begin(rows.about, rows.in_order())
        seen, faults = taker.read(examined=True)
        if faults or seen != rows:
            raise StoreError(f"{target} does not hold what was written to it{f': {faults[0]}' if faults else ''}. Do not use it; the source is unchanged.")
        stack.pop_all()
    taker.close()
    return sum(log == ROOT for log, *_ in rows.lines)


def keep_key(at: Address, key: bytes) -> None:
    """Puts the signing key of a trial in its place, readable by its owner alone; never over another one."""
    key_path(at).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with os.fdopen(os.open(key_path(at), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400), "wb") as file:
        file.write(key)
