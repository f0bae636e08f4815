"""The bridge between a trial and the store that holds the evaluator's compartment alone: letters that carry their own proof."""

import secrets
from collections.abc import Iterable, Mapping
from contextlib import closing, suppress
from datetime import datetime

import orjson
from attrs import frozen

from trialwright.blinding.bridge import PLACE, Stranger, crosses, shared_forms, written_there
from trialwright.record import KEEPERS
from trialwright.record.events import Amended, Bridged
from trialwright.record.ledger import ROOT, Draw, Line, beginning, chained, ordered, place_of
from trialwright.record.wire import Garbled
from trialwright.store import stream
from trialwright.store.address import Address, accounts_path, key_path
from trialwright.store.keeping import Newer, Rows, StoreError, in_our_words
from trialwright.store.moving import put
from trialwright.store.opening import exists, opened
from trialwright.store.signing import fingerprint, make_key, public_of, read_checkpoint, signed_checkpoint
from trialwright.store.trial import Kept, current_checkpoint
from trialwright.store.verify import first_wrong

FORMAT = "trialwright-bridge/1"
OUTWARD = f"to-{PLACE}"
"""In the name of what goes to the evaluator's store."""


@frozen(kw_only=True)
class Taken:
    """How many entries of a letter were new and were taken in, and what is not as it should be: why the next one waits, or that the stores disagree."""

    count: int
    trouble: str = ""


def place_at(at: Address) -> str:
    """The place for which a store holds a part of a trial; "" for a trial itself, and where nothing is."""
    if not exists(at):
        return ""
    with closing(opened(at, writes=False)) as keeper:
        return place_of(keeper.about().get("origin", ""))


def letter(at: Address) -> bytes:
    """What this side has for the other one, signed: the evaluator's compartment of a trial, or the whole of the evaluator's store.

    It holds everything from the beginning, so that one that is lost, late or sent twice does no harm.
    """
    with closing(opened(at, writes=False)) as keeper:
        rows, faults = keeper.read(examined=True)
    wrong = first_wrong(at, rows, faults)
    if wrong:
        raise StoreError(f"{at} does not verify: {wrong}. Nothing was sent. Run `trialwright verify {at}` for all findings.")
    sent = rows if place_of(rows.about["origin"]) else _outward(rows)
    try:
        checkpoint = signed_checkpoint(at, sent.about["origin"], *_end(sent))
    except (OSError, ValueError) as problem:
        raise StoreError(f"The key {key_path(at)} with which {at} signs cannot be read ({problem}). Put it back in its place.") from problem
    return orjson.dumps({"bridge": FORMAT, "checkpoint": checkpoint}) + b"\n" + b"".join(stream.written(sent))


def take(kept: Kept, content: bytes, now: datetime) -> Taken:
    """Takes in what a letter brings that is new here: all of it, or as far as it may come now. Raises `StoreError` for a letter that is not to be trusted."""
    there, checkpoint = _read(content)
    with closing(opened(kept.at, writes=False)) as keeper:
        here, _ = keeper.read(examined=False)
    _acquainted(kept, here, there)
    lines, trouble = _news(here, there)
    if not lines:
        return Taken(count=0, trouble=trouble)
    receipt = None if kept.gate.place else Bridged(label=KEEPERS, place=PLACE, key=there.about["key"], checkpoint=checkpoint)
    try:
        count, waits = kept.gate.bring(lines, now, receipt)
    except (Stranger, Garbled) as problem:
        raise StoreError(f"Nothing was taken in: {problem}. Keep the letter, and tell the people who maintain the program.") from problem
    return Taken(count=count, trouble=" ".join(filter(None, (f"Not everything could come in. {waits.because.en}" if waits else "", trouble))))


def begin_part(kept: Kept, part: Address, now: datetime, draw: Draw = secrets.token_bytes, *, anew: bool = False) -> None:
    """Makes the evaluator's own store of a trial at `part`; from then on the evaluator writes there and nowhere else.

    May be called again after it was interrupted at any point. `anew` gives up the store that was there before, with what it never sent.
    """
    with closing(opened(kept.at, writes=False)) as keeper:
        rows, _ = keeper.read(examined=False)
    _may_be_parted(kept, part, anew)
    outward = _outward(rows)
    try:
        key = _own_key(kept, part, draw, rows.about["key"])
    except (OSError, ValueError) as problem:
        raise StoreError(f"{key_path(part)} cannot be the key of the evaluator's store ({problem}). Choose another place for it.") from problem
    origin = f"{rows.about['origin']}#{PLACE}/{fingerprint(key)}"
    if not exists(part):
        put(_rooted({**rows.about, "origin": origin, "key": key}, outward.in_order()), (), part)
    with closing(opened(part, writes=False)) as keeper:
        if keeper.about().get("origin") != origin:
            raise StoreError(f"{part} holds something else already. Choose another name for the evaluator's store.")
    kept.gate.bring((), now, Bridged(label=KEEPERS, place=PLACE, key=key, checkpoint=current_checkpoint(part)))


def end_part(kept: Kept, now: datetime) -> None:
    """From now on the evaluator works in the trial itself again; what his store has not sent by now is not taken any more."""
    if kept.gate.bridged is None:
        raise StoreError(f"The evaluator of {kept.at} works in the trial itself; there is nothing to end.")
    kept.gate.bring((), now, Bridged(label=KEEPERS, place=PLACE, key="", checkpoint=""))


def _may_be_parted(kept: Kept, part: Address, anew: bool) -> None:
    if kept.gate.place:
        raise StoreError(f"{kept.at} is an evaluator's store itself. Name the trial.")
    mixed = shared_forms(kept.gate.study)
    if mixed:
        raise StoreError(f"In {kept.gate.study.code} others fill the evaluator's forms too ({', '.join(mixed)}): in two places nobody could say which answer "
                         "is the last. Such a study is served whole.")  # fmt: skip
    if accounts_path(part) == accounts_path(kept.at):
        raise StoreError(f"{part} would share the accounts of {kept.at}. Give the evaluator's store a folder of its own.")
    if kept.gate.bridged is not None and not anew:
        raise StoreError(f"{kept.at} has an evaluator's store already. If {part} is another one and the first is lost, add --anew: what that one never sent is "
                         "lost then. To go back to one store, use --end.")  # fmt: skip


def _own_key(kept: Kept, part: Address, draw: Draw, trial_key: str) -> str:
    """The public key of the evaluator's store; a private one that an interrupted beginning left behind is taken up."""
    path = key_path(part)
    with suppress(FileNotFoundError):
        content = path.read_bytes()
        if content:
            found = public_of(content)
            current = kept.gate.bridged is not None and kept.gate.bridged.key == found and exists(part)
            if found == trial_key or (not current and found in {one.key for one in kept.gate.bridges}):
                raise StoreError(f"{path} is the key of another store, or of one that was given up. Choose another name for the evaluator's store.")
            return found
        path.unlink()
    return make_key(part, draw)


def _outward(rows: Rows) -> Rows:
    """Of a whole trial the logs that may cross, with a root of their own: how much there is elsewhere is not in it."""
    origin = f"{rows.about['origin']}#{OUTWARD}/{fingerprint(rows.about['key'])}"
    lines = [line for line in rows.in_order() if line.log != ROOT and crosses(line.log)]
    if any(orjson.loads(line.body)["kind"] == Amended.__name__ for line in lines):
        raise StoreError("The study was amended in what the evaluator sees, and his store was made for the version before. Bridge his last entries home, give "
                         "his store up (--end), and let him go on in the trial itself.")  # fmt: skip
    return _rooted({**rows.about, "origin": origin}, lines)


def _rooted(about: Mapping[str, str], lines: Iterable[Line]) -> Rows:
    """These lines in this order as a whole ledger of the name that `about` tells."""
    told = [line for line in lines if line.log != ROOT]
    head, kept = beginning(about["origin"], ROOT), [(line.log, line.seq, line.body, line.head) for line in told]
    for number, line in enumerate(told, start=1):
        body = ordered(line.log, line.seq, line.head)
        head = chained(head, body)
        kept.append((ROOT, number, body, head))
    secrets = ((line.log, line.seq, line.salt, line.secret) for line in told if line.salt)
    return Rows(about=about, lines=sorted(kept), secrets=sorted(secrets, key=lambda secret: secret[:2]))


def _end(rows: Rows) -> tuple[int, bytes]:
    """The size and the head of the root."""
    root = [head for log, _, _, head in rows.lines if log == ROOT]
    return len(root), root[-1] if root else beginning(rows.about["origin"], ROOT)


def _read(content: bytes) -> tuple[Rows, str]:
    """The ledger in a letter and its checkpoint, after all its chains and the signature were examined."""
    first, _, rest = content.partition(b"\n")
    try:
        told = orjson.loads(first)
        in_our_words("This letter", told["bridge"], FORMAT)
        checkpoint = told["checkpoint"]
    except (orjson.JSONDecodeError, KeyError, TypeError) as problem:
        raise StoreError("This is no letter of the bridge. Write one with: trialwright bridge STUDY --from STORE --out FILE") from problem
    try:
        rows = stream.read(rest)
    except Newer:
        raise
    except StoreError as problem:
        raise StoreError(f"Nothing was taken in: the letter is not what was sent. {problem} Fetch it again from the other side.") from problem
    wrong: object = first_wrong("This letter", rows, against=checkpoint)
    if wrong is None and read_checkpoint(checkpoint, rows.about["key"])[1:] != _end(rows):
        wrong = "its signature does not cover all of it"
    if wrong:
        raise StoreError(f"Nothing was taken in: the letter is not what was sent ({wrong}). Fetch it again from the other side.")
    return rows, checkpoint


def _acquainted(kept: Kept, here: Rows, there: Rows) -> None:
    """Raises `StoreError` unless the letter comes from the one store with which this one is bridged."""
    trial, _, name = there.about["origin"].partition("#")
    place, _, _ = name.partition("/")
    if trial != here.about["origin"].partition("#")[0]:
        raise StoreError(f"Nothing was taken in: the letter belongs to {trial}, not to {kept.at}.")
    if place != (OUTWARD if kept.gate.place else PLACE):
        raise StoreError(f"Nothing was taken in: this letter is for the other side of the bridge, not for {kept.at}.")
    if kept.gate.place and not trial.endswith(f"/{fingerprint(there.about['key'])}"):
        raise StoreError("Nothing was taken in: the letter was not signed by the trial.")
    if not kept.gate.place and (kept.gate.bridged is None or kept.gate.bridged.key != there.about["key"]):
        raise StoreError(f"Nothing was taken in: the letter comes from an evaluator's store with which {kept.at} is not bridged (given up, or replaced).")


def _news(here: Rows, there: Rows) -> tuple[list[Line], str]:
    """The lines of the other side's logs that are not here yet, in its order, and where it disagrees about the logs of this side.

    The evaluator's store takes nothing from a trial with which it disagrees. The trial takes what he wrote all the same, and says so:
    a trial that was put back from a backup must not lose it.
    """
    apart, trouble = place_of(here.about["origin"]) == PLACE, ""
    ours, theirs = _heads(here), _heads(there)
    for log in theirs:
        if not crosses(log):
            raise StoreError(f"Nothing was taken in: {log} has no business on the bridge.")
        found = _differing(log, ours.get(log, []), theirs[log], mine=written_there(log) == apart)
        if found and (apart or written_there(log)):
            mend = "Make this store anew from the trial (--anew)." if apart else "Verify both: trialwright verify"
            raise StoreError(f"Nothing was taken in: {found} {mend}")
        trouble = trouble or found
    news = [line for line in there.in_order() if line.log != ROOT and written_there(line.log) != apart and line.seq > len(ours.get(line.log, []))]
    return news, trouble and (f"The evaluator's store disagrees about the trial: {trouble} If the trial was put back from a backup, make his store "
                              "anew (--anew) now.")  # fmt: skip


def _differing(log: str, known: list[bytes], told: list[bytes], *, mine: bool) -> str:
    """What does not agree between the lines of a log that are here and those of the letter; only who writes a log (`mine`) must have all of it."""
    both = min(len(known), len(told))
    if both and known[both - 1] != told[both - 1]:
        return f"line {both} of {log} is not the same on both sides."
    if mine and len(told) > len(known):
        return f"the other side has {len(told)} lines of {log}, this store has {len(known)}: it goes on from an older state."
    return ""


def _heads(rows: Rows) -> dict[str, list[bytes]]:
    heads: dict[str, list[bytes]] = {}
    for log, _, _, head in rows.lines:
        if log != ROOT:
            heads.setdefault(log, []).append(head)
    return heads
