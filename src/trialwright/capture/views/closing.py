"""The end of the study: what still stands before the lock, the lock, and only then the arms."""

from collections.abc import Iterator
from datetime import datetime

from attrs import frozen
from django.http import HttpResponse

from trialwright.allocation import SealSequence
from trialwright.capture.desk import Call
from trialwright.capture.login import is_them
from trialwright.capture.pages import go, render
from trialwright.capture.policy import CODERS
from trialwright.capture.telling import place_of, value_of
from trialwright.capture.views.steps import BECAUSE, Step, ask
from trialwright.protocol import Audience, Method, Text, Wrong
from trialwright.record import (
    BreakCode,
    Casebook,
    Entry,
    Lock,
    Query,
    Refused,
    SignOff,
    Subject,
    Unlock,
    obstacles,
    refusal,
    signed_off,
    uncoded,
)
from trialwright.record.events import Bridged, Corrected, Locked, Unlocked
from trialwright.record.signatures import OFF

SHOWN = 50


def lock(call: Call) -> HttpResponse:
    """The checklist before the lock, and the lock. The list shows what this reader may know; the lock itself checks everything."""
    problem = None
    if call.request.method == "POST":
        try:
            if not is_them(call, call.account, call.request.POST.get("password", "")):
                wrong = Wrong(item="PASSWORD", because=Text("This is not your password. Type it again.", "密码不正确，请重新输入。"))
                raise refusal("wrong-entries", wrongs=(wrong,), count=1)
            call.do(Lock())
            return go(call, "lock", say=call.say("locked"))
        except Refused as refused:
            problem = refused
    questions, unsigned = _questions(call.book), _unsigned(call)
    return render(call, "lock.html", status=422 if problem else 200, problem=problem, questions=questions, unsigned=unsigned[:SHOWN],
                  more=max(0, len(unsigned) - SHOWN), locked=call.book.locked, clear=not any(obstacles(call.study, call.book).values()),
                  bare=uncoded(call.study, call.book, call.role), coded=bool(call.book.dictionaries), coder=call.role in CODERS,
                  again=any(isinstance(entry.event, Unlocked) for entry in call.book.entries()),
                  agreed=signed_off(call.book, "ready to lock", call.role), bridged=_bridged(call.book))  # fmt: skip


def _bridged(book: Casebook) -> Entry | None:
    """The last exchange with the evaluator's own store, while he has one."""
    last = next((entry for entry in reversed(book.entries()) if isinstance(entry.event, Bridged)), None)
    return last if last is not None and last.event.key else None  # type: ignore[union-attr]  # found as one


def _questions(book: Casebook) -> list[tuple[Subject, Query]]:
    return [(subject, query) for subject in book.subjects for query in subject.queries.values() if query.open]


def _unsigned(call: Call) -> list[tuple[Subject, tuple[str, str, str], str]]:
    """The pages that carry no signature that holds, as far as this reader may know them."""
    return [(subject, page.place, place_of(call, *page.place[:2])) for subject in call.book.subjects if not subject.failed
            for page in subject.pages.values() if page.cells and not (page.fully_signed or page.imported)]  # fmt: skip


def agree(call: Call) -> HttpResponse:
    """Sign that the whole record, as this person sees it, is ready to be locked."""
    step = Step(title="agree", lead="agree-lead", button="sign", items=(), signed=True, commands=lambda values: (SignOff(meaning="ready to lock"),))
    return ask(call, step, lambda _: go(call, "lock", say=call.say("agreed-now")), about=call.t(OFF["ready to lock"]))


def unlock(call: Call) -> HttpResponse:
    """Open locked data again, with a second person and a reason; what changes afterwards is listed."""
    if not call.book.locked:
        raise refusal("not-found")
    step = Step(title="unlock", lead="unlock-lead", button="unlock", items=(BECAUSE,), stern=True, signed=True, second=True,
                commands=lambda values: (Unlock(second=values["SECOND"], because=values["BECAUSE"]),))  # fmt: skip
    return ask(call, step, lambda _: go(call, "changes", say=call.say("unlocked-now")))


@frozen(kw_only=True)
class Changed:
    """One answer that is not what it was at the first lock."""

    subject: str
    where: str
    what: str
    before: str
    after: str
    why: str
    entry: Entry


def changes(call: Call) -> HttpResponse:
    """What the first lock closed over and what stands now: every answer that differs, with who changed it and why."""
    locks = [entry for entry in call.book.entries() if isinstance(entry.event, Locked)]
    if not locks:
        raise refusal("not-found")
    return render(call, "changes.html", first=locks[0], found=list(_changed(call, locks[0].at)), locked=call.book.locked,
                  opened=[entry for entry in call.book.entries() if isinstance(entry.event, Unlocked) and entry.event.because])  # fmt: skip


def _changed(call: Call, since: datetime) -> Iterator[Changed]:
    for subject in call.book.subjects:
        for page in subject.pages.values():
            visit, form, _ = page.place
            for code, cell in page.cells.items():
                earlier = [entry for entry in cell if entry.at <= since]
                if len(earlier) < len(cell):
                    then = earlier[-1].event if earlier else None
                    before = value_of(call, form, code, getattr(then, "value", None), getattr(then, "absence", None))
                    yield Changed(subject=subject.id, where=place_of(call, visit, form), what=call.t(call.study.item(form, code).label), before=before,
                                  after=value_of(call, form, code, cell.value, cell.last.absence),
                                  why=cell.last.reason if isinstance(cell.last, Corrected) else "", entry=cell[-1])  # fmt: skip


def seal(call: Call) -> HttpResponse:
    """Draw and seal the random allocation list, where the study's reading has one."""
    if call.study.chosen.method is not Method.RANDOMIZED:
        raise refusal("not-found")
    step = Step(title="seal", lead="seal-lead", button="seal", items=(), commands=lambda values: (SealSequence(),))
    return ask(call, step, lambda _: go(call, "home", say=call.say("sealed")))


def release(call: Call) -> HttpResponse:
    """Open the arms of the whole study, after the lock, with a second person."""
    if call.book.released:
        return render(call, "released.html", entry=call.book.released, reveals=True)
    to = Audience.STATISTICIAN | Audience.DATA_MANAGER
    step = Step(title="release", lead="release-lead", button="release", items=(BECAUSE,), stern=True, second=True,
                commands=lambda values: (BreakCode(to=to, second=values["SECOND"], because=values["BECAUSE"]),))  # fmt: skip
    first = {} if call.book.locked else {"about": call.say("lock-first")}
    return ask(call, step, lambda _: go(call, "release", say=call.say("released")), **first)
