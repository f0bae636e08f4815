"""The end of the study: what still stands before the lock, the lock, and only then the arms."""

from django.http import HttpResponse

from trialwright.allocation import SealSequence
from trialwright.capture.desk import Call
from trialwright.capture.login import is_them
from trialwright.capture.pages import go, render
from trialwright.capture.telling import place_of
from trialwright.capture.views.steps import BECAUSE, Step, ask
from trialwright.protocol import Audience, Method, Text, Wrong
from trialwright.record import BreakCode, Casebook, Lock, Query, Refused, Subject, obstacles, refusal

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
                  more=max(0, len(unsigned) - SHOWN), locked=call.book.locked, clear=not any(obstacles(call.book).values()))  # fmt: skip


def _questions(book: Casebook) -> list[tuple[Subject, Query]]:
    return [(subject, query) for subject in book.subjects for query in subject.queries.values() if query.open]


def _unsigned(call: Call) -> list[tuple[Subject, tuple[str, str, str], str]]:
    """The pages that carry no signature that holds, as far as this reader may know them."""
    return [(subject, page.place, place_of(call, *page.place[:2])) for subject in call.book.subjects if not subject.failed
            for page in subject.pages.values() if page.cells and not (page.fully_signed or page.imported)]  # fmt: skip


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
