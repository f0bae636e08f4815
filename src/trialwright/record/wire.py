"""How an event is written as bytes, and read back to the very same bytes."""

import unicodedata
from collections.abc import Container
from datetime import UTC, date, datetime
from typing import Any

import orjson
from attrs import fields, frozen
from cattrs import Converter
from cattrs.errors import ForbiddenExtraKeysError

from trialwright.protocol import Audience, audience
from trialwright.record.events import KINDS, Answered, Event, Happened, Redacted

_converter = Converter(forbid_extra_keys=True, detailed_validation=False)  # a line is an event or it is not: which field is wrong is not asked
_converter.register_unstructure_hook(Audience, lambda label: label.code)
_converter.register_structure_hook(Audience, lambda code, _: audience(code))
_converter.register_unstructure_hook(date, lambda day: day.isoformat())
_converter.register_structure_hook(date, lambda text, _: date.fromisoformat(text))
_KINDS = {kind.__name__: kind for kind in KINDS}
_SEALED = {kind: frozenset(f.name for f in fields(kind) if f.metadata.get("sealed")) for kind in KINDS}
_LATER = {kind: frozenset(f.name for f in fields(kind) if f.metadata.get("sealed") and f.default == "") for kind in KINDS}
"""Sealed fields that are mostly empty: an empty one is not written, so that a ledger from before they existed keeps its bytes."""


ERASED = "[erased]"
"""What stands in the place of erased words until it is known who erased them."""


@frozen(kw_only=True)
class Stamp:
    """What surrounds an event: the save it belongs to, the time, the account and the role."""

    page: str
    at: datetime
    by: str
    role: Audience


class Garbled(ValueError):
    """Bytes that are no event of this ledger."""


def moment(at: datetime) -> str:
    """A time as it is written: UTC, microseconds, RFC 3339."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def canonical(content: dict[str, Any]) -> bytes:
    """Canonical JSON: sorted keys, no blanks, UTF-8 in normal form C; numbers never appear, they are text."""
    return orjson.dumps(_composed(content), option=orjson.OPT_SORT_KEYS)


def _composed(content: Any) -> Any:
    """The texts of `content` in normal form C: each by itself, for an accent must never reach into the JSON around it."""
    if isinstance(content, str):
        return content if content.isascii() else unicodedata.normalize("NFC", content)
    return {name: _composed(part) for name, part in content.items()} if isinstance(content, dict) else content


def secret_of(event: Happened) -> bytes:
    """The part of an event that is hashed only through its salted commitment ("" when it has none)."""
    names = _SEALED[type(event)]
    plain = _converter.unstructure(event, type(event))
    return canonical({name: plain[name] for name in names if plain[name] != "" or name not in _LATER[type(event)]}) if names else b""


def encode(event: Happened, stamp: Stamp, commitment: str) -> bytes:
    """The line of the ledger for `event`: everything but its sealed fields, which stand as `commitment`."""
    plain = _converter.unstructure(event, type(event))
    for name in _SEALED[type(event)]:
        del plain[name]
    return canonical({
        "at": moment(stamp.at), "by": stamp.by, "event": plain, "kind": type(event).__name__,
        "page": stamp.page, "role": stamp.role.code, "sealed": commitment,
    })  # fmt: skip


def decode(line: bytes, secret: bytes | None) -> tuple[Event, Stamp, str]:
    """The event, its stamp and its commitment. An erased secret (None) leaves empty fields that say so."""
    try:
        content = orjson.loads(line)
        kind = _KINDS[content["kind"]]
        plain = content["event"]
        hidden = _SEALED[kind]
        if hidden:
            plain |= orjson.loads(secret) if secret is not None else {name: _erased(kind, name) for name in hidden}
        stamp = Stamp(page=content["page"], at=datetime.fromisoformat(content["at"]), by=content["by"], role=audience(content["role"]))
        return _converter.structure(plain, kind), stamp, content["sealed"]  # type: ignore[return-value]  # KINDS holds the members of Event
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError, AttributeError, ForbiddenExtraKeysError) as problem:
        raise Garbled(f"this line is no event: {line[:80]!r} ({problem})") from problem


def _erased(kind: type[Happened], name: str) -> str:
    """What stands in the place of an erased value: a day that no trial has, or a word."""
    return "1900-01-01" if next(f for f in fields(kind) if f.name == name).type in (date, "date") else ERASED


def kept_of(event: Happened, what: Container[str]) -> str:
    """The sealed parts of an event but for those in `what`, as JSON."""
    return canonical({name: part for name, part in orjson.loads(secret_of(event)).items() if name not in what}).decode()


def without(event: Event, erasure: Redacted, note: str) -> Event:
    """The event after an erasure: `note` stands in the place of its words, and an answer is then absent, for no value may be guessed."""
    kind, what = type(event), erasure.what.split(",")
    plain, left = _converter.unstructure(event, kind), {} if erasure.kept == ERASED else orjson.loads(erasure.kept)
    for name in _SEALED[kind]:
        plain[name] = f"[{note} · 已抹除]" if name in what else left.get(name, "" if plain[name] == ERASED else plain[name])
    if issubclass(kind, Answered) and "value" in what:
        plain |= {"value": None, "absence": note}
    return _converter.structure(plain, kind)
