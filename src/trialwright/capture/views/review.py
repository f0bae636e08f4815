"""Reviewing: pages compared with their source, closed to changes, and casebooks signed off; how far it has come, subject by subject."""

from attrs import frozen
from django.http import HttpResponse

from trialwright.capture.accounts import note
from trialwright.capture.desk import Call
from trialwright.capture.pages import go, render
from trialwright.capture.telling import place_of
from trialwright.capture.views.casereport import Place, place
from trialwright.capture.views.steps import BECAUSE, Step, ask
from trialwright.protocol import Audience
from trialwright.record import Entry, Freeze, Page, SignOff, Subject, Thaw, Verify, signed_off
from trialwright.record.signatures import OFF


def verify(call: Call, subject: str, form: str, visit: str = "", row: str = "") -> HttpResponse:
    """Every answer beside a box that leaves it out, and one button: this page agrees with its source."""
    here = place(call, subject, visit, form, row)
    if not here.page.cells or call.book.locked:
        raise KeyError(form)
    if call.request.method == "POST":
        excepted = tuple(item.code for item in here.items if call.request.POST.get(f"except.{item.code}"))
        done = call.do(Verify(subject=subject, visit=visit, form=form, row=row, excepted=excepted))
        return _back(call, here, "verified" if done else "verified-already")
    values = [(item, here.page.cells[item.code]) for item in here.items if item.code in here.page.cells]
    return render(call, "verify.html", place=here, subject=here.subject, form=here.form, visit_name=call.study.visit(visit).name if visit else None,
                  values=values, reveals=any(item.hints_at_arm for item, _ in values))  # fmt: skip


def freeze(call: Call, subject: str, form: str = "", visit: str = "", row: str = "") -> HttpResponse:
    """Close a page, or everything of a subject, to changes."""
    here = place(call, subject, visit, form, row) if form else None
    call.subject(subject)
    call.do(Freeze(subject=subject, visit=visit, form=form, row=row))
    return _back(call, here, "frozen-now") if here else go(call, "subject", say=call.say("frozen-now"), subject=subject)


def thaw(call: Call, subject: str, form: str = "", visit: str = "", row: str = "") -> HttpResponse:
    """Open again what was frozen, and say why."""
    here = place(call, subject, visit, form, row) if form else None
    if (visit, form, row) not in call.subject(subject).frozen:
        raise KeyError(form or subject)
    step = Step(title="thaw", lead="thaw-lead", button="thaw", items=(BECAUSE,),
                commands=lambda values: (Thaw(subject=subject, visit=visit, form=form, row=row, because=values["BECAUSE"]),))  # fmt: skip
    about = place_of(call, visit, form) if form else call.say("t-whole")

    def done(_: tuple[Entry, ...]) -> HttpResponse:
        return _back(call, here, "thawed-now") if here else go(call, "subject", say=call.say("thawed-now"), subject=subject)

    return ask(call, step, done, subject=subject, about=about)


def _back(call: Call, here: Place, say: str) -> HttpResponse:
    where = {"subject": here.subject.id, "form": here.form.code, **({"row": here.row} if here.row else {"visit": here.visit})}
    return go(call, "row" if here.row else "form", say=call.say(say), **where)


def sign_off(call: Call, subject: str) -> HttpResponse:
    """Put one's name under everything that one can see of a subject: the investigator approves it, reviewers have read its trail."""
    call.subject(subject)
    meaning = meaning_of(call)
    step = Step(title="sign-off", lead="sign-off-approve" if meaning == "casebook approved" else "sign-off-trail", button="sign", items=(), signed=True,
                commands=lambda values: (SignOff(subject=subject, meaning=meaning),))  # fmt: skip

    def done(_: tuple[Entry, ...]) -> HttpResponse:
        note("signed off", call.account, call.role, call.now)
        return go(call, "review", say=call.say("signed-off-now", subject=subject))

    return ask(call, step, done, subject=subject, about=call.t(OFF[meaning]))


def meaning_of(call: Call) -> str:
    """What a signature under a whole casebook says in this role."""
    return "casebook approved" if call.role is Audience.INVESTIGATOR else "trail reviewed"


@frozen(kw_only=True)
class Progress:
    """How far the review of one subject has come, as this reader may know it; each part as a count of how many are done."""

    subject: Subject
    pages: int
    signed: int
    verified: int
    queries: int
    frozen: bool
    since: int
    off: Entry | None
    last: Entry | None


def overview(call: Call) -> HttpResponse:
    """Subject by subject: signed, verified, asked, frozen, signed off; and how much was written since."""
    lines = [_progress(call, subject) for subject in call.book.subjects]
    return render(call, "review.html", lines=lines, whole=_sum(lines), verifies=call.role is Audience.MONITOR)


def _progress(call: Call, subject: Subject) -> Progress:
    pages = [page for page in subject.pages.values() if page.cells]
    mine = [entry for entry in subject.signed_off if entry.role is call.role]
    last = mine[-1] if mine else None
    since = sum(last is None or entry.at > last.at for entry in call.book.entries(subject.id))
    return Progress(subject=subject, pages=len(pages), signed=sum(_signed(page) for page in pages), verified=sum(not page.unverified for page in pages),
                    queries=sum(query.open for query in subject.queries.values()), frozen=("", "", "") in subject.frozen, since=since, last=last,
                    off=signed_off(call.book, meaning_of(call), call.role, subject.id))  # fmt: skip


def _signed(page: Page) -> bool:
    return page.fully_signed or page.imported


def _sum(lines: list[Progress]) -> dict[str, int]:
    return {name: sum(getattr(line, name) for line in lines) for name in ("pages", "signed", "verified", "queries")}
