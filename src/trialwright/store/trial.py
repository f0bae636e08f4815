"""A trial opened behind its gate, wherever it is kept; made, pinned, and asked with which study it began."""

import secrets
from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path

import orjson
from attrs import frozen

from trialwright.blinding.gate import Gate
from trialwright.protocol import Study
from trialwright.record.events import Amended, AmendmentApproved, AmendmentProposed, Redacted
from trialwright.record.ledger import ROOT, Draw, Ledger, beginning, entries_of, place_of
from trialwright.record.wire import Garbled
from trialwright.store.address import Address, key_path
from trialwright.store.disk import on_a_disk_that_holds
from trialwright.store.erasing import erasing, scrub
from trialwright.store.keeping import Keeper, Rows, StoreError
from trialwright.store.known import Known
from trialwright.store.opening import discard, made, opened
from trialwright.store.signing import fingerprint, make_key, signed_checkpoint
from trialwright.store.verify import first_wrong
from trialwright.store.watch import Watch, doubt_about


@frozen(kw_only=True)
class Kept:
    """An open trial: the gate to it, where it is kept, whether its people are virtual, and how to close it. `watch` is over real people alone."""

    gate: Gate
    at: Address
    virtual: bool
    close: Callable[[], None]
    watch: Watch | None = None


def create(at: Address, study: Study, draw: Draw = secrets.token_bytes, *, virtual: bool = False) -> Kept:
    """A new trial with its signing key; `virtual` marks a rehearsal for good. Never touches a trial that exists."""
    keeper, people = made(at), "virtual" if virtual else "real"
    try:
        key = make_key(at, draw)
        about = {"origin": f"trialwright/{study.code}/{people}/{fingerprint(key)}", "study": study.code, "digest": study.digest, "key": key,
                 "study.json": study.canonical.decode(), "people": people}  # fmt: skip
        keeper.begin(about)
    except BaseException:
        keeper.close()
        discard(at)
        raise
    return _kept(at, keeper, study, draw, Rows(about=about, lines=(), secrets=()))


def open_trial(at: Address, study: Study, draw: Draw = secrets.token_bytes, *, examined: bool = True, writes: bool = True) -> Kept:
    """Opens a trial behind its gate; refuses a damaged or foreign one with the first thing that is wrong.

    One program at a time opens it to write; any number may read it meanwhile (`writes=False`), as it is at this moment.
    """
    with ExitStack() as stack:
        keeper = opened(at, writes=writes)
        stack.callback(keeper.close)
        rows, faults = keeper.read(examined=examined)
        wrong = first_wrong(at, rows, faults) if examined else None
        if wrong:
            raise StoreError(f"{at} does not verify: {wrong}. Run `trialwright verify {at}` for all findings; nothing was changed. "
                             "If it is damaged, restore the last backup.")  # fmt: skip
        if rows.about.get("study") != study.code:
            raise StoreError(f"{at} holds the study {rows.about.get('study')}, not {study.code}. Name the study that belongs to it.")
        kept = _kept(at, keeper, study, draw, rows, writes=writes)
        stack.pop_all()
        return kept


def _kept(at: Address, keeper: Keeper, study: Study, draw: Draw, rows: Rows, *, writes: bool = True) -> Kept:
    """The gate over what was read, and the watch over real people."""
    ledger, virtual, watch = Ledger(rows.about["origin"]), rows.about["people"] == "virtual", None
    try:
        lines = rows.in_order()
        entries = entries_of(lines)
    except (Garbled, ValueError) as problem:
        raise StoreError(f"{at} cannot be read as a trial ({problem}). Run `trialwright verify {at}`: if nothing is wrong with it, a newer version "
                         "of Trialwright wrote it, so open it with that one; else restore the last backup. Nothing was changed.") from problem  # fmt: skip
    ledger.accept(lines, entries)
    if not virtual:
        if writes and isinstance(at, Path):
            on_a_disk_that_holds(at)
        known = Known(ledger.origin)
        watch = Watch(keeper, known, doubt_about(rows, known) if lines else None)
        if writes and lines:
            watch.begin(entries, lines[-1].seq, lines[-1].head)
    if writes and any(isinstance(entry.event, Redacted) for entry in entries):  # a power cut may have come between an erasure and its end
        scrub(at, keeper)
    keep = erasing(at, keeper, watch.keep if watch else keeper.append)
    return Kept(gate=Gate(study, ledger, keep, draw), at=at, virtual=virtual, close=keeper.close, watch=watch)


def current_checkpoint(at: Address) -> str:
    """A signed checkpoint of the trial as it is now."""
    with closing(opened(at, writes=False)) as keeper:
        origin = keeper.about().get("origin", "")
        size, head = keeper.tail() or (0, beginning(origin, ROOT))
    try:
        return signed_checkpoint(at, origin, size, head)
    except (OSError, ValueError) as problem:
        raise StoreError(f"The key {key_path(at)} that signs the checkpoints of {at} cannot be read ({problem}). Put it back in its place.") from problem


@frozen(kw_only=True)
class Definitions:
    """The study definitions of a trial as canonical JSON: the one in force, and one that was approved and waits ("" where there is none).

    `place` is that for which a part of the trial is kept here.
    """

    in_force: str = ""
    approved: str = ""
    place: str = ""


def definitions_of(at: Address) -> Definitions:
    """With which definition a trial is kept now; empty when there is no trial, or it cannot say."""
    try:
        with closing(opened(at, writes=False)) as keeper:
            rows, _ = keeper.read(examined=False)
    except StoreError:
        if isinstance(at, Path):
            return Definitions()
        raise
    return _amended(rows)


def _amended(rows: Rows) -> Definitions:
    """The definitions after all amendments. The lines are not trusted before they are examined: what is no event is passed over."""
    found, proposed, approved = rows.about.get("study.json", ""), dict[str, str](), ""
    place = place_of(rows.about.get("origin", ""))
    if not any(b"Amend" in body for _, _, body, _ in rows.lines):
        return Definitions(in_force=found, place=place)
    try:
        told = [orjson.loads(line.body) for line in rows.in_order() if b"Amend" in line.body and line.log != ROOT]
    except ValueError:
        return Definitions(in_force=found, place=place)
    for kind, event in ((one.get("kind"), one.get("event", {})) for one in told):
        digest = event.get("digest", "")
        if kind == AmendmentProposed.__name__:
            proposed[digest], approved = event.get("definition", ""), ""
        elif kind == AmendmentApproved.__name__:
            approved = proposed.get(digest, "")
        elif kind == Amended.__name__ and digest in proposed:
            found, approved = proposed[digest], ""
    return Definitions(in_force=found, approved=approved, place=place)
