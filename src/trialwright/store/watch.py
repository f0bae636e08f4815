"""Stands between the gate and what keeps a trial: remembers how far it came, and saves nothing while its state is in doubt."""

import base64
import hashlib
from collections.abc import Sequence
from contextlib import suppress

from attrs import define, frozen

from trialwright.record.events import Entry, Redacted
from trialwright.record.ledger import ROOT, Line, entries_of
from trialwright.record.upkeep import acceptances
from trialwright.store.keeping import Keeper, Rows, StoreError, last_of
from trialwright.store.known import Backed, Erased, Known, Restored

NEEDED = 2
"""The people who must accept a state that is in doubt."""


@frozen(kw_only=True)
class Doubt:
    """Why a trial is only read: this machine knew more of it than there is (`known` entries, not `here`), or it was put back from a backup."""

    name: str
    here: int
    known: int
    restored: Restored | None = None

    def __str__(self) -> str:
        """In plain words, without a count: it is told to those who must not know how much there is that they may not see."""
        return (f"restored on {self.restored.at:%Y-%m-%d %H:%M} UTC from the backup of {self.restored.made:%Y-%m-%d %H:%M} UTC" if self.restored
                else "older than this machine knew it")  # fmt: skip


def doubt_about(rows: Rows, known: Known) -> Doubt | None:
    """Whether what is there is less than, or not the continuation of, what this machine last saw; or was restored and not yet accepted."""
    root = [head for log, _, _, head in rows.lines if log == ROOT]
    size, head = known.reached() or (0, "")
    restored = known.restored()
    continued = size <= len(root) and (not size or base64.b64encode(root[size - 1]).decode() == head)
    if continued and not restored:
        return None
    told = f"{size}\n{head}\n{restored.at.isoformat() if restored else ''}\n{restored.file if restored else ''}"
    return Doubt(name=hashlib.sha256(told.encode()).hexdigest()[:16], here=len(root), known=0 if continued else size, restored=restored)


@define(eq=False)
class Watch:
    """The watch over one open trial of real people."""

    keeper: Keeper
    known: Known
    doubt: Doubt | None = None

    def begin(self, entries: Sequence[Entry], size: int, head: bytes) -> None:
        """Takes up the watch over a trial as it was opened."""
        self.known.erase(_erased(entries))
        if self.doubt is not None:
            self._settle(entries)
        if self.doubt is None and size:
            self.known.reach(size, head)

    def keep(self, lines: Sequence[Line]) -> None:
        """Saves, and remembers that it did. While the state is in doubt, only that somebody accepts it is saved."""
        if self.doubt is not None and not acceptances(entries_of(lines), self.doubt.name):
            raise StoreError(f"Nothing was saved: the trial is only read ({self.doubt}; {self.doubt.here} entries, "
                             f"{self.doubt.known or 'none'} known before) until {NEEDED} people have accepted this state in the application.")  # fmt: skip
        self.keeper.append(lines)
        if self.doubt is not None:
            self._settle(entries_of(line for line in self.keeper.read(examined=False)[0].in_order()))
        if self.doubt is None:
            with suppress(OSError):  # the save is kept; that this machine could not note it is seen when the trial is opened next
                self.known.reach(*last_of(lines))
                self.known.erase(_erased(entries_of(lines)))

    def _settle(self, entries: Sequence[Entry]) -> None:
        if self.doubt is not None and len({entry.by.casefold() for entry in acceptances(tuple(entries), self.doubt.name)}) >= NEEDED:
            self.known.accept()
            self.doubt = None

    def backed(self) -> Backed | None:
        """The last good backup."""
        return self.known.backed()

    def erased(self) -> tuple[Erased, ...]:
        """Every erasure of which this machine knows: those that a restored trial lacks must be repeated."""
        return self.known.erased()

    def failure(self) -> Backed | None:
        """The backup that failed after it."""
        return self.known.failure()


def _erased(entries: Sequence[Entry]) -> list[Erased]:
    return [Erased(entry=entry.event.erases, at=entry.at, by=entry.by) for entry in entries if isinstance(entry.event, Redacted)]
