"""A whole trial as lines of text that any program can read: facts, every line with its hash, salt and secret, and a sum at the end."""

import hashlib
from collections.abc import Iterator

import orjson

from trialwright.store.keeping import Rows, StoreError, in_our_words

FORMAT = "trialwright-lines/1"


def written(rows: Rows) -> Iterator[bytes]:
    """One JSON object a line, in the order in which things happened; bodies and secrets are the very bytes of the ledger, as text."""
    seal = hashlib.sha256()
    for content in _contents(rows):
        line = orjson.dumps(content, option=orjson.OPT_SORT_KEYS) + b"\n"
        seal.update(line)
        yield line
    yield orjson.dumps({"sha256": seal.hexdigest()}) + b"\n"


def _contents(rows: Rows) -> Iterator[dict[str, object]]:
    yield {"format": FORMAT, "about": dict(rows.about)}
    for line in rows.in_order():
        told: dict[str, object] = {"log": line.log, "seq": line.seq, "body": line.body.decode(), "head": line.head.hex()}
        if line.salt:
            told |= {"salt": line.salt.hex(), "secret": None if line.secret is None else line.secret.decode()}
        yield told


def read(text: bytes) -> Rows:
    """The trial that these lines hold. Raises `StoreError` that says which line cannot be read."""
    *told, last = text.splitlines(keepends=True) or [b""]
    lines, secrets, seal = [], [], hashlib.sha256()
    for line in told:
        seal.update(line)
    try:
        first = orjson.loads((told or [last])[0])
        in_our_words("The record of the trial", first["format"], FORMAT)
        if orjson.loads(last)["sha256"] != seal.hexdigest():
            raise StoreError("The lines of the trial are not those that were written: the sum at their end does not hold.")
        for line in told[1:]:
            one = orjson.loads(line)
            lines.append((one["log"], one["seq"], one["body"].encode(), bytes.fromhex(one["head"])))
            if "salt" in one:
                secret = one["secret"]
                secrets.append((one["log"], one["seq"], bytes.fromhex(one["salt"]), None if secret is None else secret.encode()))
        return Rows(about=first["about"], lines=sorted(lines), secrets=sorted(secrets, key=lambda secret: secret[:2]))
    except (orjson.JSONDecodeError, KeyError, IndexError, TypeError, ValueError, AttributeError) as problem:
        raise StoreError(f"Line {len(lines) + 2} of the trial cannot be read ({problem}).") from problem
