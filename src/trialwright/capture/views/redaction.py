"""Erasing what must not stay: asked on the page of an entry, done by a second person, and listed with the copies that still hold it."""

from collections.abc import Iterator
from pathlib import Path

from attrs import frozen
from django.http import HttpResponse
from django.urls import reverse

from trialwright.capture.desk import Call
from trialwright.capture.pages import go, render
from trialwright.capture.telling import told
from trialwright.capture.views.matrix import Task
from trialwright.capture.views.steps import Step, Values, ask, item
from trialwright.protocol import Codelist, Kind, Term, Text
from trialwright.record import KEEPERS, AskRedaction, Entry, Erasure, Redact, Status, erasures, refusal
from trialwright.record.events import Exported, Redacted
from trialwright.record.redaction import LONGEST, PART_NAMES, parts, parts_in_words
from trialwright.store import holding

_WHY = item("BECAUSE", Text("What it is, and why it must not stay", "说明内容性质及须抹除的原因"), longest=LONGEST,
            hint=Text("Do not write it again: this reason stays.", "请勿重复书写该内容：此原因将永久保留。"))  # fmt: skip
_ALL = "all"


def erase(call: Call, ref: str) -> HttpResponse:
    """Ask that words of an entry be erased."""
    entry = call.desk.gate.entry(ref, call.role)
    found = parts(entry.event) if entry else ()
    if entry is None or not found:
        raise KeyError(ref)
    terms = [Term(part, PART_NAMES[part]) for part in found] + ([Term(_ALL, Text("all of it", "全部"))] if len(found) > 1 else [])
    which = item("WHAT", Text("What must not stay", "需抹除的部分"), Kind.CHOICE, codelist=Codelist(code="WHAT", terms=tuple(terms)))

    def commands(values: Values) -> tuple[AskRedaction]:
        chosen = found if values["WHAT"] == _ALL else (str(values["WHAT"]),)
        return (AskRedaction(ref=ref, what=chosen, because=values["BECAUSE"]),)

    step = Step(title="erase", lead="erase-lead", button="erase-ask", items=(which, _WHY), stern=True, signed=True, commands=commands,
                reveals=_reveals(call, entry))
    return ask(call, step, lambda _: go(call, "entry", say=call.say("erase-asked"), ref=ref), about=told(call, entry))


def erase_now(call: Call, ref: str) -> HttpResponse:
    """Erase for good what somebody else asked."""
    wish = next((one for one in erasures(call.book) if one.wish.ref == ref), None)
    if wish is None:
        raise KeyError(ref)
    if wish.done:
        raise refusal("already", when=call.clock_time(wish.done.at))
    step = Step(title="erase-now", lead="erase-now-lead", button="erase-now", items=(), stern=True, signed=True, reveals=_reveals(call, wish.entry),
                commands=lambda values: (Redact(request=ref),))  # fmt: skip

    def done(_: tuple[Entry, ...]) -> HttpResponse:
        if call.desk.copies:
            call.desk.copies.drop()
        return go(call, "erasures", say=call.say("erased-now"))

    about = call.say("erase-wish", what=parts_in_words(wish.asked.what), who=wish.wish.by, when=call.clock_time(wish.wish.at), why=wish.asked.because)
    return ask(call, step, done, about=f"{about} {told(call, wish.entry)}")


def _reveals(call: Call, entry: Entry) -> bool:
    return not any(role in entry.event.label for role in call.study.blinded)


@frozen(kw_only=True)
class Listed:
    """One erasure as it is listed: what was erased, where it still lies, and who took copies while it was there."""

    one: Erasure
    what: Text
    told: str
    mine: bool
    backups: tuple[Path, ...] = ()
    copies: tuple[Entry, ...] = ()


def page(call: Call) -> HttpResponse:
    """What waits to be erased, what was erased, and where it still is."""
    known = {entry.event.erases for entry in call.book.everything if isinstance(entry.event, Redacted)}
    seen = {entry.ref for entry in call.book.everything}
    watch = call.desk.watch
    again = [one for one in (watch.erased() if watch else ()) if one.entry in seen and one.entry not in known]
    return render(call, "erasures.html", waiting=[_listed(call, one) for one in erasures(call.book) if not one.done],
                  done=[_listed(call, one) for one in erasures(call.book)[::-1] if one.done], again=again)  # fmt: skip


def _listed(call: Call, one: Erasure) -> Listed:
    watch, backups = call.desk.watch, []
    if one.done and watch:
        backups = holding(watch.known, one.entry.at, one.done.at)
    copies = [entry for entry in call.book.entries() if isinstance(entry.event, Exported) and one.done and one.entry.at <= entry.at <= one.done.at]
    return Listed(one=one, what=parts_in_words(one.asked.what), told=told(call, one.entry), mine=not may_erase(call, one), backups=tuple(backups),
                  copies=tuple(copies))  # fmt: skip


def may_erase(call: Call, one: Erasure) -> bool:
    """Whether this person can be the second of the two."""
    return call.role in KEEPERS and one.wish.role is not call.role and one.wish.by.casefold() != call.account.casefold()


def tasks(call: Call) -> Iterator[Task]:
    """For those who can be the second of the two."""
    for one in erasures(call.book) if call.role in KEEPERS else ():
        if not one.done and may_erase(call, one):
            day = one.wish.at.astimezone(call.zone).date()
            yield Task(rank=1, day=day, subject=one.entry.event.subject, status=Status.DUE, when=call.age(day), verb=call.say("open"),
                       href=reverse("erase-now", kwargs={"ref": one.wish.ref}), what=call.say("erase-waits", who=one.wish.by))  # fmt: skip
