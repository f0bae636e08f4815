"""Erasing what must not stay: a name or a number of a person, written where it does not belong. One asks, another does it, both for good in the record."""

from collections.abc import Collection, Mapping
from typing import ClassVar

from attrs import fields, frozen

from trialwright.protocol import Audience, Text
from trialwright.record.casebook import Casebook
from trialwright.record.commands import Act, Events, blind_only, only, worded
from trialwright.record.events import Answered, Entry, Event, Redacted, RedactionAsked
from trialwright.record.queries import arm_word
from trialwright.record.refusals import refusal
from trialwright.record.upkeep import KEEPERS
from trialwright.record.wire import kept_of

ASKERS = Audience.COORDINATOR | Audience.PHYSICIAN | Audience.SAFETY | Audience.MONITOR | KEEPERS
"""Who may ask. What the blinded evaluator can read too, only the blind among them: their words reach him."""
LONGEST = 100
"""Letters of the reason: with the names and the day it must fit where a data set says why a value is missing."""
PART_NAMES = {
    "value": Text("the answer", "答案"),
    "confirmed": Text("why an unusual value is right", "异常值确认说明"),
    "reason": Text("why it was changed", "更改原因"),
    "because": Text("the reason that was given", "所述原因"),
    "question": Text("the question", "质疑内容"),
    "answer": Text("the answer to the question", "质疑答复"),
    "name": Text("the file and its name", "附件及文件名"),
    "purpose": Text("what the copy is for", "副本用途"),
    "recipient": Text("who receives the copy", "副本接收方"),
    "basis": Text("on which ground the copy is handed over", "副本提供依据"),
}
"""The parts of an entry that people write themselves: only these can hold what must not stay. Days, arms and codes are never erased."""


def parts(event: Event) -> tuple[str, ...]:
    """What could be erased in an event: the parts that people wrote, and that are there.

    >>> parts(RedactionAsked(label=KEEPERS, erases="0123456789abcdef", what="value", because="a name"))
    ('because',)
    """
    sealed = [part.name for part in fields(type(event)) if part.metadata.get("sealed") and part.name in PART_NAMES]
    return tuple(name for name in sealed if (text := getattr(event, name)) and not (text.startswith("[erased on ") and text.endswith(" · 已抹除]")))


def parts_in_words(what: str) -> Text:
    """The parts that were named, in words."""
    named = [PART_NAMES[part] for part in what.split(",")]
    return Text(", ".join(one.en for one in named), "、".join(one.zh for one in named))


@frozen(kw_only=True)
class Erasure:
    """A wish to erase, the entry that it names, and the entry that did it (None: it still waits)."""

    wish: Entry
    asked: RedactionAsked
    entry: Entry
    done: Entry | None


def erasures(book: Casebook) -> tuple[Erasure, ...]:
    """Every wish to erase of which this reader may know, oldest first."""
    told = book.everything
    done = {entry.event.request: entry for entry in told if isinstance(entry.event, Redacted)}
    wished = [(entry, entry.event) for entry in told if isinstance(entry.event, RedactionAsked)]
    named = {entry.ref: entry for entry in told} if wished else {}
    return tuple(sorted((Erasure(wish=entry, asked=event, entry=_named(named, event.erases), done=done.get(entry.ref)) for entry, event in wished),
                        key=lambda one: one.wish.at))  # fmt: skip


def _named(entries: Mapping[str, Entry], ref: str) -> Entry:
    """The entry of that name; where it is an erasure, which kept something that must go too, the entry that it had erased in."""
    entry = entries[ref]
    return _named(entries, entry.event.erases) if isinstance(entry.event, Redacted) else entry


def _holder(book: Casebook, entry: Entry) -> tuple[str, str]:
    """The name of the entry that now holds the words of `entry` (its own, or that of the erasure that kept some), and what was erased before."""
    last = next((one for one in book.everything if isinstance(one.event, Redacted) and one.event.erases == entry.ref), None)
    if last is None or not isinstance(last.event, Redacted):
        return entry.ref, ""
    ref, before = _holder(book, last)
    return ref, ",".join(filter(None, (last.event.what, before)))


@frozen(kw_only=True)
class AskRedaction:
    """Ask that parts of an entry be erased, and say why (without repeating what must not stay)."""

    acts_as: ClassVar[Audience | None] = None
    ref: str
    what: tuple[str, ...]
    because: str

    def decide(self, book: Casebook, act: Act) -> Events:
        only(act, ASKERS)
        entry = next((one for one in book.everything if one.ref == self.ref), None)
        if entry is None or not self.what or not set(self.what) <= set(parts(entry.event)):
            raise refusal("not-found")
        because, label = worded(self.because, LONGEST), entry.event.label
        blind_only(act, label)
        word = arm_word(act.study, because) if Audience.EVALUATOR in label else None
        if word:
            raise refusal("arm-words", word=word)
        waiting = next((one for one in erasures(book) if one.entry.ref == self.ref and one.done is None), None)
        if waiting:
            raise refusal("already", when=act.day_of(waiting.wish.at))
        _not_what_is_locked(book, entry, self.what)
        return (RedactionAsked(label=label, subject=entry.event.subject, erases=_holder(book, entry)[0], what=",".join(sorted(self.what)), because=because),)


@frozen(kw_only=True)
class Redact:
    """Do what somebody else asked: erase parts of an entry for good. It needs one who answers for the record, in another role."""

    acts_as: ClassVar[Audience | None] = None
    request: str

    def decide(self, book: Casebook, act: Act) -> Events:
        only(act, KEEPERS)
        wish = next((one for one in erasures(book) if one.wish.ref == self.request), None)
        if wish is None:
            raise refusal("not-found")
        if wish.done:
            raise refusal("already", when=act.day_of(wish.done.at))
        if wish.wish.by.casefold() == act.by.casefold() or wish.wish.role is act.role:
            raise refusal("second-person")
        what, (holder, before) = wish.asked.what.split(","), _holder(book, wish.entry)
        _not_what_is_locked(book, wish.entry, what)
        return (Redacted(label=wish.entry.event.label, subject=wish.entry.event.subject, erases=holder, request=self.request,
                         what=wish.asked.what, kept=kept_of(wish.entry.event, [*what, *before.split(",")])),)  # fmt: skip


def _not_what_is_locked(book: Casebook, entry: Entry, what: Collection[str]) -> None:
    """After the lock an answer that stands is unlocked and corrected first; earlier values, reasons and files are erased all the same."""
    event = entry.event
    if book.locked and "value" in what and isinstance(event, Answered):
        cell = book.subject(event.subject).page(event.visit, event.form, event.row).cells[event.item]
        if cell[-1].ref == entry.ref:
            raise refusal("locked")
