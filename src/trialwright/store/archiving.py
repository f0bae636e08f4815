"""The record of a trial as text for an archive, and a trial made again from such a text."""

from contextlib import closing
from pathlib import Path

from trialwright.store.address import Address
from trialwright.store.beside import ATTACHMENTS, Files, beside
from trialwright.store.keeping import StoreError
from trialwright.store.moving import put
from trialwright.store.opening import opened
from trialwright.store.stream import read, written
from trialwright.store.verify import first_wrong

VERIFIER = Path(__file__).parent / "standalone.py"
"""What goes into each archive as verify.py."""


def ledger_lines(at: Address) -> bytes:
    """Every line of a trial as text, once it has been verified. Raises `StoreError` where it does not verify."""
    with closing(opened(at, writes=False)) as keeper:
        rows, faults = keeper.read(examined=True)
    wrong = first_wrong(at, rows, faults)
    if wrong:
        raise StoreError(f"{at} does not verify: {wrong}. Nothing was archived. Run `trialwright verify {at}` for all findings.")
    return b"".join(written(rows))


def attachments_of(at: Address) -> Files:
    """The files that belong to pages of a trial."""
    return ((name, content) for name, content in beside(at) if name.startswith(f"{ATTACHMENTS}/"))


def begin_again(lines: bytes, files: Files, target: Address) -> int:
    """Writes the trial of an archive into an empty place; gives the number of its entries. It has no key: no checkpoint can be signed."""
    rows = read(lines)
    wrong = first_wrong("The record of the archive", rows)
    if wrong:
        raise StoreError(f"The record of the archive does not verify: {wrong}. Nothing was written.")
    return put(rows, files, target)
