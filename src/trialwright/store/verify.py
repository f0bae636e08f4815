"""Whether a trial is whole and unchanged; needs nothing but the bytes that are kept of it."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from itertools import chain

import orjson
from attrs import fields

from trialwright import __version__
from trialwright.record.events import KINDS, AmendmentProposed, Redacted, RedactionAsked, StudyOpened
from trialwright.record.ledger import ROOT, SALT, beginning, chained, committed, ordered
from trialwright.store.address import Address, attachments_path
from trialwright.store.attachments import Attachments, missing_or_changed
from trialwright.store.keeping import Fault, Newer, Progress, Rows, StoreError
from trialwright.store.opening import opened
from trialwright.store.signing import fingerprint, read_checkpoint

_PARTS = {kind.__name__: frozenset(part.name for part in fields(kind)) for kind in KINDS}
_ABOUT = frozenset(("origin", "study", "digest", "key", "study.json", "people"))


def examine(at: Address, against: str | None = None, progress: Progress | None = None) -> list[Fault]:
    """Everything that is wrong with a trial: guards, chains, order, secrets, files, and (with `against`) a checkpoint.

    An empty list means: this is the ledger that was written, whole, as far as the checkpoint reaches.
    """
    try:
        with closing(opened(at, writes=False)) as keeper:
            rows, faults = keeper.read(examined=True)
    except StoreError as problem:
        return [Fault(str(at), str(problem))]
    return [*faults, *faults_in(rows, against, progress), *missing_or_changed(rows, Attachments(attachments_path(at)))]


def first_wrong(what: object, rows: Rows, faults: Iterable[Fault] = (), against: str | None = None) -> Fault | None:
    """The first thing that is wrong with what is kept of a trial, `faults` of its guards among them; raises `Newer` where only a newer version wrote it."""
    newer = None
    for fault in chain(faults, faults_in(rows, against)):
        if not fault.newer:
            return fault
        newer = newer or fault
    if newer:
        raise Newer(what, newer)
    return None


def faults_in(rows: Rows, against: str | None = None, progress: Progress | None = None) -> Iterator[Fault]:
    """Everything that is wrong with what is kept of a trial, whatever keeps it."""
    strange = list(_strange(rows))
    if strange:  # of what is not even of the right kind, no hash can be taken
        yield from strange
        return
    heads: dict[str, list[bytes]] = {}
    yield from _chains(rows, heads, progress)
    yield from _order(rows, heads)
    yield from _secrets(rows)
    yield from _study(rows.about)
    if against is not None:
        yield from _checkpoint(against, rows.about, heads.get(ROOT, []))


def _strange(rows: Rows) -> Iterator[Fault]:
    """What only a damaged database gives: a number where a text belongs, a text where bytes belong."""
    for place, kinds in ((rows.lines, (str, int, bytes, bytes)), (rows.secrets, (str, int, bytes, bytes | None))):
        for row in place:
            if not all(isinstance(part, kind) for part, kind in zip(row, kinds, strict=True)):
                yield Fault(f"{row[0]} line {row[1]}", "it is not of the kind that is kept here: damaged")


def _chains(rows: Rows, heads: dict[str, list[bytes]], progress: Progress | None) -> Iterator[Fault]:
    origin = rows.about.get("origin", "")
    for done, (log, seq, body, head) in enumerate(rows.lines):
        chain = heads.setdefault(log, [])
        if seq != len(chain) + 1:
            yield Fault(f"{log} line {seq}", f"line {len(chain) + 1} is missing")
        if chained(chain[-1] if chain else beginning(origin, log), body) != head:
            yield Fault(f"{log} line {seq}", "its hash does not follow from its content and the line before: changed, moved or inserted")
        chain.append(head)
        if progress and done % 5000 == 0:
            progress(done, len(rows.lines))


def _order(rows: Rows, heads: dict[str, list[bytes]]) -> Iterator[Fault]:
    """The root log names every line of every other log once, in its order, with its head."""
    named: dict[str, int] = {}
    for body in (body for log, _, body, _ in rows.lines if log == ROOT):
        log = body.decode(errors="replace").partition(" ")[0]
        expected = named.get(log, 0) + 1
        chain = heads.get(log, [])
        if expected > len(chain):
            yield Fault(f"{log} line {expected}", "the root log knows it, the log does not: cut off or removed")
        elif ordered(log, expected, chain[expected - 1]) != body:
            yield Fault(f"{log} line {expected}", "the root log saw another content")
        named[log] = expected
    for log, chain in heads.items():
        if log != ROOT and named.get(log, 0) < len(chain):
            yield Fault(f"{log} line {named.get(log, 0) + 1}", "the root log does not know it: inserted, or the root was cut")


def _secrets(rows: Rows) -> Iterator[Fault]:
    secrets = {(log, seq): (salt, value) for log, seq, salt, value in rows.secrets}
    erased, wrong = _erased(rows)
    yield from wrong
    begun = not rows.lines
    for log, seq, body, _ in rows.lines:
        salt, value = secrets.pop((log, seq), (None, None))
        if log == ROOT:
            if salt is not None:
                yield Fault(f"{log} line {seq}", "it carries values that it never had")
            continue
        try:
            told = orjson.loads(body)
            commitment, kind, event = told["sealed"], told["kind"], dict(told["event"])
        except (orjson.JSONDecodeError, KeyError, TypeError, ValueError) as problem:
            yield Fault(f"{log} line {seq}", f"this is no event ({problem})")
            continue
        if event.get("label") != log.partition("/")[0]:
            yield Fault(f"{log} line {seq}", f"it is for other readers ({event.get('label')}) than the log in which it stands")
        begun |= kind == StudyOpened.__name__
        if kind == StudyOpened.__name__ and event.get("digest") != rows.about.get("digest"):
            yield Fault("about digest", "the trial was opened under another study definition")
        if kind == AmendmentProposed.__name__ and hashlib.sha256(str(event.get("definition")).encode()).hexdigest() != event.get("digest"):
            yield Fault(f"{log} line {seq}", "the proposed definition is not the one that its digest names")
        if commitment and value is None and (log, seq) not in erased:
            yield Fault(f"{log} line {seq}", "its values are gone and no redaction says why")
        elif commitment and (log, seq) in erased:
            if salt is not None or value is not None:
                yield Fault(f"{log} line {seq}", "two people erased its values, and they are there")
        elif commitment and (len(salt or b"") != SALT or committed(salt or b"", value or b"") != commitment):
            yield Fault(f"{log} line {seq}", "its values are not those that were committed: changed")
        elif not commitment and salt is not None:
            yield Fault(f"{log} line {seq}", "it carries values that it never had")
        elif unheard := _unheard_of(str(kind), event, value):
            yield Fault(f"{log} line {seq}", f"there is no {unheard} in Trialwright {__version__}", newer=True)
    if not begun:
        yield Fault("about digest", "no line says under which study definition the trial was opened")
    for log, seq in secrets:
        yield Fault(f"{log} line {seq}", "values without a line")


def _unheard_of(kind: str, event: Mapping[str, object], value: bytes | None) -> str:
    """What this version does not know in a line whose hashes hold: its kind, or a part of it."""
    if kind not in _PARTS:
        return f"kind {kind}"
    try:
        more = sorted({*event, *orjson.loads(value or b"{}")} - _PARTS[kind])
    except (orjson.JSONDecodeError, TypeError):  # values that are none: told when the trial is opened
        return ""
    return f"part {more[0]} of {kind}" if more else ""


def _erased(rows: Rows) -> tuple[set[tuple[str, int]], list[Fault]]:
    """The lines whose values two people erased; and every erasure that is none: of nothing, or of one person."""
    wishes: dict[tuple[str, str], tuple[str, str, str]] = {}
    done: list[tuple[str, int, dict[str, str]]] = []
    for log, seq, body, head in rows.lines:
        if b'"kind":"Redact' not in body:  # few do, and each line is read again elsewhere
            continue
        try:
            told = orjson.loads(body)
            if told["kind"] == RedactionAsked.__name__:
                wishes[log.partition("/")[0], head.hex()[:16]] = (str(told["event"]["erases"]), str(told["by"]).casefold(), str(told["role"]))
            elif told["kind"] == Redacted.__name__:
                done.append((log, seq, {"by": str(told["by"]).casefold(), "role": str(told["role"]), "erases": str(told["event"]["erases"]),
                                        "request": str(told["event"]["request"])}))  # fmt: skip
        except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):  # told of elsewhere: this is no event
            continue
    named = _named(rows, {one["erases"] for _, _, one in done})
    erased: set[tuple[str, int]] = set()
    faults: list[Fault] = []
    for log, seq, one in done:
        label = log.partition("/")[0]
        wished, by, role = wishes.get((label, one["request"]), ("", "", ""))
        place, line = named.get((label, one["erases"]), ("", 0))
        if not place or (place == log and line >= seq):
            faults.append(Fault(f"{log} line {seq}", "it erases an entry that does not stand before it, or holds no values"))
        elif wished != one["erases"] or by == one["by"] or role == one["role"]:
            faults.append(Fault(f"{log} line {seq}", "it erases, and no second person in another role asked for it"))
        erased.add((place, line))
    return erased, faults


def _named(rows: Rows, refs: set[str]) -> dict[tuple[str, str], tuple[str, int]]:
    """The lines that hold, or held, values and bear one of these names, by their label and name."""
    found = ((log, seq, head.hex()[:16]) for log, seq, body, head in rows.lines if refs and log != ROOT and b'"sealed":""' not in body)
    return {(log.partition("/")[0], ref): (log, seq) for log, seq, ref in found if ref in refs}


def _study(about: Mapping[str, str]) -> Iterator[Fault]:
    for name in sorted(_ABOUT ^ about.keys()):
        yield Fault(f"about {name}", "missing" if name in _ABOUT else "does not belong here")
    if not about.get("origin", "").startswith(f"trialwright/{about.get('study')}/{about.get('people')}/"):
        yield Fault("about origin", "the file says of its study or its people (real or virtual) what its name does not")
    if not about.get("origin", "").endswith(f"/{fingerprint(about.get('key', ''))}"):
        yield Fault("about key", "the trial is not named by this key: checkpoints would be held against another one")
    if hashlib.sha256(about.get("study.json", "").encode()).hexdigest() != about.get("digest"):
        yield Fault("about study.json", "the study definition is not the one with which the trial began")


def _checkpoint(text: str, about: Mapping[str, str], root: list[bytes]) -> Iterator[Fault]:
    try:
        origin, size, head = read_checkpoint(text, about.get("key", ""))
    except ValueError as problem:
        yield Fault("checkpoint", str(problem))
        return
    if origin != about.get("origin"):
        yield Fault("checkpoint", f"it belongs to {origin}, this file is {about.get('origin')}: the database was replaced")
    elif len(root) < size:
        yield Fault("checkpoint", f"it saw {size} lines, this file has {len(root)}: the tail was cut off or an older state put in place")
    elif size and root[size - 1] != head:
        yield Fault("checkpoint", f"line {size} of the root log is not the one that was signed: history was rewritten")
