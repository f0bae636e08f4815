"""What two people erased, taken off the disk as well: out of free pages, logs and files; and the copies that still hold it."""

from collections.abc import Sequence
from contextlib import closing, suppress
from datetime import datetime
from pathlib import Path

import orjson

from trialwright.record.ledger import Line
from trialwright.store.address import Address, Database, attachments_path
from trialwright.store.attachments import Attachments
from trialwright.store.copying import copies_in, trial_name
from trialwright.store.keeping import Keep, Keeper, Rows, StoreError, redactions
from trialwright.store.known import Erased, Known
from trialwright.store.opening import opened, vacuum


def erasing(at: Address, keeper: Keeper, keep: Keep) -> Keep:
    """Saves as `keep` does; after a save that erases, the disk is scrubbed too. What fails then is done when the trial is next opened."""

    def kept(lines: Sequence[Line]) -> None:
        keep(lines)
        if redactions(lines):
            scrub(at, keeper)

    return kept


def scrub(at: Address, keeper: Keeper) -> bool:
    """Removes erased files and overwrites erased values wherever they still lie in the place of the trial; whether it could."""
    with suppress(OSError, StoreError):
        files = Attachments(attachments_path(at))
        for sha256 in lost(keeper.read(examined=False)[0]):
            files.remove(sha256)
        return keeper.scrub()
    return False


def scrubbed(at: Address) -> bool:
    """The same, for a trial that nobody has open to write; a trial in PostgreSQL is scrubbed by the owner of its tables."""
    if isinstance(at, Database):
        vacuum(at)
    with closing(opened(at, writes=isinstance(at, Path))) as keeper:
        return scrub(at, keeper) or isinstance(at, Database)


def lost(rows: Rows) -> set[str]:
    """The digests of files that were erased, and that no other entry still keeps."""
    there = {(log, seq) for log, seq, _, _ in rows.secrets}
    attached = [((log, seq), orjson.loads(body)) for log, seq, body, _ in rows.lines if b'"kind":"Attached"' in body]
    kept = {told["event"]["sha256"] for place, told in attached if place in there}
    return {told["event"]["sha256"] for place, told in attached if place not in there} - kept


def lacking(rows: Rows) -> list[Erased]:
    """The erasures of which this machine knows and that a trial, put back from a backup, does not hold."""
    done = {ref for _, ref in redactions(rows.in_order())}
    return [one for one in Known(rows.about["origin"]).erased() if one.entry not in done]


def holding(known: Known, since: datetime, until: datetime) -> list[Path]:
    """The backups, in every folder to which this machine wrote some, that were made while the record still held what was erased at `until`."""
    made = [one for folder in known.folders() for one in copies_in(folder, trial_name(known.origin))]
    return sorted(path for at, path in made if since <= at < until)
