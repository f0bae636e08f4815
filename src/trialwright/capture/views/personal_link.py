"""A patient's way to his own phone: staff give him a link and a code, end them, and see what he has answered and what not."""

from collections.abc import Iterator
from datetime import date, timedelta

from attrs import frozen
from django.http import HttpResponse
from django.urls import reverse

from trialwright.capture.accounts import AccountError
from trialwright.capture.desk import Call
from trialwright.capture.links import LONGEST, Fresh, issue, last_opened, links, revoke
from trialwright.capture.pages import go, render
from trialwright.capture.policy import verdict
from trialwright.capture.settings import LOCALHOST
from trialwright.capture.telling import by_phone
from trialwright.capture.views.matrix import Task, days, silent, since, state
from trialwright.capture.words import WORDS
from trialwright.protocol import Text, Visit
from trialwright.record import Questionnaire, Status, Subject, refusal, window
from trialwright.record.questionnaires import of_visit

GRACE = timedelta(days=14)
"""So long after the last window a link lives on, for answers that were kept on a phone."""
UNKNOWN = timedelta(days=90)
"""How long a link lives that is given before anybody knows the windows."""


@frozen(kw_only=True)
class Row:
    """One questionnaire at one visit: its state, and when the patient answered and when that arrived."""

    one: Questionnaire
    status: Status
    href: str
    told: str


@frozen(kw_only=True)
class Group:
    """The questionnaires of one visit."""

    visit: Visit
    when: str
    rows: tuple[Row, ...]


def link(call: Call, subject: str) -> HttpResponse:
    """The link of one subject, with its history and with what he was asked."""
    known = call.subject(subject)
    if not any(form.by_patient for form in call.study.forms):
        raise KeyError(subject)
    fresh, problem = None, None
    if call.request.method == "POST":
        try:
            fresh = _done(call, known)
        except AccountError as refused:
            problem = refused.because
        if fresh is None and problem is None:
            return go(call, "link", say=call.say("link-revoked"), subject=subject)
    mine = links(subject)
    active = next((one for one in mine if one.open(call.today)), None)
    return render(call, "personal_link.html", status=422 if problem else 200, subject=known, active=active, history=tuple(reversed(mine)), problem=problem,
                  opened=last_opened(active.name) if active else None, groups=tuple(_groups(call, known)), hindrance=_hindrance(call, known),
                  may_give=verdict("link", "POST", call.role) and not call.book.locked, until=call.request.POST.get("until") or _until(call, known),
                  local_only=not _reachable(call), **_sheet(call, fresh))  # fmt: skip


def _done(call: Call, known: Subject) -> Fresh | None:
    """Issues or revokes, as was asked; gives the link that was issued."""
    sent = call.request.POST
    if call.book.locked:
        raise refusal("locked")
    if sent.get("act") == "revoke":
        active = [one for one in links(known.id) if one.open(call.today)]
        if not active:
            raise AccountError("There is no link that could be revoked.", "没有可停用的链接。")
        revoke(active[-1].name, sent.get("because", ""), call.account, call.now)
        return None
    hindrance = _hindrance(call, known)
    if hindrance is not None:
        raise AccountError(hindrance.en, hindrance.zh)
    try:
        until = date.fromisoformat(sent.get("until", "").strip())
    except ValueError:
        raise AccountError("Say until when the link holds, like 2026-12-31.", "请填写链接有效期，例如 2026-12-31。") from None
    return issue(known.id, until, call.account, call.now, call.today)


def _hindrance(call: Call, known: Subject) -> Text | None:
    """Why this person gets no link now."""
    if known.consented is None:
        return Text("Record the consent first: nobody answers before.", "请先记录知情同意，之后方可发放链接。")
    if known.failed is not None:
        return Text("Screening has failed: there is nothing to answer.", "筛选失败，无需填写问卷。")
    return None


def _sheet(call: Call, fresh: Fresh | None) -> dict[str, object]:
    """What stands on the sheet for the patient, shown once."""
    if fresh is None:
        return {"fresh": None}
    import segno

    address = call.request.build_absolute_uri(reverse("phone", kwargs={"link": fresh.secret}))
    drawn = segno.make(address, error="m", micro=False).svg_inline(scale=6, border=4, light="#fff", svgclass=None, lineclass=None)
    return {"fresh": fresh, "words": WORDS, "address": address, "picture": drawn, "code": f"{fresh.code[:3]} {fresh.code[3:]}"}


def _until(call: Call, known: Subject) -> date:
    """Until when a link is offered: a while after the last questionnaire."""
    last = max((visit.last_day for visit in call.study.visits if any(call.study.form(form).by_patient for form in visit.forms)), default=0)
    planned = call.today + UNKNOWN if known.index_date is None else known.index_date + timedelta(days=last) + GRACE
    return min(max(planned, call.today), call.today + LONGEST)


def _reachable(call: Call) -> bool:
    """Whether phones can keep pages for a time without a network: only over TLS."""
    return call.request.is_secure() or call.request.get_host().split(":")[0] in LOCALHOST


def _groups(call: Call, known: Subject) -> Iterator[Group]:
    for visit in call.study.visits:
        rows = tuple(_row(call, known, one) for one in of_visit(call.study, known, visit) if one.form.seen_by(call.role))
        if rows:
            yield Group(visit=visit, when=days(call, known, visit), rows=rows)


def _row(call: Call, known: Subject, one: Questionnaire) -> Row:
    told = next((words for cell in one.page.cells.values() if (words := by_phone(call, cell[0]))), "")
    return Row(one=one, status=state(call, known, one.visit, one.form), told=told,
               href=reverse("form", kwargs={"subject": known.id, "visit": one.visit.code, "form": one.form.code}))  # fmt: skip


def tasks(call: Call) -> Iterator[Task]:
    """For those who may give links: whom to call because he has not answered on his phone, the one whose time runs out first on top."""
    if call.book.locked or not verdict("link", "POST", call.role):
        return
    phones = since(call)
    for subject in (call.subject(id) for id in sorted(phones) if call.book.knows(id)):
        for visit in call.study.visits if not (subject.failed or subject.ended) else ():
            forms, span = silent(call, subject, visit, phones), window(visit, subject)
            if forms and span is not None:
                left = (span.last - call.today).days
                when = call.say("days-late", count=-left) if left < 0 else call.say("days-left", count=left) if left else call.say("last-day")
                yield Task(rank=0 if left < 0 else 1, day=span.last, subject=subject.id, status=state(call, subject, visit, forms[0]), when=when,
                           what=call.say("silent", visit=visit.name, count=len(forms)), verb=call.say("silent-verb"),
                           href=reverse("link", kwargs={"subject": subject.id}))  # fmt: skip
