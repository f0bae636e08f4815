"""One subject: where he stands, what can be done next, his visits and logs, and everything that was ever written about him."""

from collections.abc import Iterator

from attrs import frozen
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse

from trialwright.capture.desk import Call
from trialwright.capture.pages import render
from trialwright.capture.policy import verdict
from trialwright.capture.telling import told
from trialwright.capture.views.balance import allocation_of
from trialwright.capture.views.matrix import days, state, visible_forms
from trialwright.capture.views.steps import blind_carers
from trialwright.protocol import Audience, Form, Visit
from trialwright.record import Entry, Status, Subject, Window, window
from trialwright.record.events import Answered, Enrolled, MarkedNotDone, Queried, Screened, Signed
from trialwright.record.redaction import parts


@frozen(kw_only=True)
class PageLink:
    """One page of a visit, with its state and open queries."""

    form: Form
    status: Status
    queries: int
    mine: bool


@frozen(kw_only=True)
class VisitLine:
    """One visit of a subject with the pages that this reader may know of."""

    visit: Visit
    when: str
    window: Window | None
    pages: tuple[PageLink, ...]
    quiet: bool
    """Nothing is to be seen or done here: no page is due, was begun or was marked, and nobody asks."""


@frozen(kw_only=True)
class LogLine:
    """One log of a subject."""

    form: Form
    count: int
    queries: int


def subject(call: Call, subject: str) -> HttpResponse:
    """The subject's page."""
    known = call.subject(subject)
    lines = tuple(visit_line(call, known, visit) for visit in call.study.visits if visible_forms(call, visit))
    logs = tuple(LogLine(form=form, count=len(known.rows(form.code)), queries=_asked(known, "", form.code))
                 for form in map(call.study.form, call.study.logs) if form.seen_by(call.role))  # fmt: skip
    return render(call, "subject.html", subject=known, lines=lines, logs=logs, steps=tuple(_steps(call, known)), milestones=_milestones(call, known),
                  reveals=known.arm is not None, allocation=allocation_of(call, known), arm=call.study.arm(known.arm) if known.arm else None)  # fmt: skip


def _steps(call: Call, known: Subject) -> Iterator[str]:
    """The steps that make sense now and that this person's role may take, in their order."""
    wanted: list[str] = []
    if known.index_date is None and not known.failed:
        wanted = [*([] if known.consented else ["consent"]), "screening", *(["enroll"] if known.consented else []), "fail"]
    elif known.index_date is not None:
        sees_arms = call.role not in call.study.blinded
        wanted = [*(["allocate"] if known.arm is None and sees_arms else []), *([] if known.ended else ["complete", "withdraw"]),
                  *(["break"] if blind_carers(call) else [])]  # fmt: skip
    deciders = Audience.PHYSICIAN | Audience.INVESTIGATOR
    for name in wanted if not call.book.locked else ():
        if verdict(name, "POST" if name != "screening" else "GET", call.role) and (name not in ("enroll", "allocate") or call.role in deciders):
            yield name


def _milestones(call: Call, known: Subject) -> tuple[tuple[str, str], ...]:
    """What has happened, as (word, day)."""
    found = [("m-screened", known.screened.at.astimezone(call.zone).date().isoformat() if known.screened else ""),
             ("m-consented", str(known.consented or "")),
             ("m-failed", str(getattr(known.failed.event, "on", "")) if known.failed else ""),
             ("m-index", str(known.index_date or "")),
             ("m-withdrew" if known.withdrew else "m-ended", str(known.ended or ""))]  # fmt: skip
    return tuple((word, day) for word, day in found if day)


def visit_line(call: Call, known: Subject, visit: Visit) -> VisitLine:
    """One visit with its pages for this reader."""
    pages = tuple(PageLink(form=form, status=state(call, known, visit, form), queries=_asked(known, visit.code, form.code),
                           mine=call.role in form.entered_by) for form in visible_forms(call, visit))  # fmt: skip
    quiet = all(page.status in (Status.NOT_DUE, Status.NOT_DONE) and not page.queries and not known.page(visit.code, page.form.code).not_done
                for page in pages)  # fmt: skip
    return VisitLine(visit=visit, when=days(call, known, visit), window=window(visit, known), pages=pages, quiet=quiet)


def _asked(known: Subject, visit: str, form: str) -> int:
    return sum(query.open and query.place[:2] == (visit, form) for query in known.queries.values())


def visit(call: Call, subject: str, visit: str) -> HttpResponse:
    """One visit; straight to its page when there is only one."""
    known, planned = call.subject(subject), call.study.visit(visit)
    line = visit_line(call, known, planned)
    if not line.pages:
        raise KeyError(visit)
    if len(line.pages) == 1:
        return HttpResponseRedirect(reverse("form", kwargs={"subject": subject, "visit": visit, "form": line.pages[0].form.code}))
    return render(call, "visit.html", subject=known, line=line)


def trail(call: Call, subject: str) -> HttpResponse:
    """The audit trail of one subject as this reader may know it."""
    known = call.subject(subject)
    entries = [(entry, told(call, entry)) for entry in call.desk.gate.trail(call.role, subject)]
    return render(call, "trail.html", subject=known, entries=entries, reveals=known.arm is not None or call.role not in call.study.blinded)


def entry(call: Call, ref: str) -> HttpResponse:
    """One entry of the ledger under its public name: where a number of the report comes from."""
    found: Entry | None = call.desk.gate.entry(ref, call.role)
    if found is None:
        raise KeyError(ref)
    happened = found.event
    place = None
    if isinstance(happened, Answered | Signed | Queried | MarkedNotDone) and happened.form:  # a signature may stand under a whole casebook
        where, row = {"subject": happened.subject, "form": happened.form}, "" if isinstance(happened, MarkedNotDone) else happened.row
        place = reverse("row-history", kwargs={**where, "row": row}) if row else reverse("history", kwargs={**where, "visit": happened.visit})
        if isinstance(happened, Answered | Queried):
            place = f"{place}#{happened.item}"
    return render(call, "entry.html", entry=found, told=told(call, found), place=place, erasable=bool(parts(happened)),
                  reveals=not isinstance(happened, Screened | Enrolled) and not any(role in happened.label for role in call.study.blinded))  # fmt: skip
