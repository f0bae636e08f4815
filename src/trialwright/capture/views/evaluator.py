"""The blinded evaluator's whole application: the assessments that are due, and the page on which the skin is scored."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any

from attrs import frozen
from django.http import HttpResponse
from django.urls import reverse

from trialwright.capture.desk import Call
from trialwright.capture.fields import Field
from trialwright.capture.pages import go, render
from trialwright.capture.views.matrix import days, state
from trialwright.capture.views.steps import BECAUSE, Step, Values, ask, item
from trialwright.protocol import Codelist, Form, Kind, Term, Text, Visit, same
from trialwright.record import Act, Answer, Page, Query, Status, Subject, TakeOver, refusal, window
from trialwright.record.signatures import unanswered
from trialwright.report.bodymap import FIGURE, REGIONS

AHEAD = timedelta(days=21)
_OPEN = (Status.DUE, Status.OVERDUE, Status.IN_PROGRESS, Status.COMPLETE)


@frozen(kw_only=True)
class Assessment:
    """One assessment on the worklist. It follows from the index date and the schedule alone."""

    day: date
    subject: str
    visit: Visit
    form: Form
    status: Status
    when: str
    progress: str
    other: str
    href: str


def open_to_him(call: Call, subject: Subject, visit: str, form: Form) -> bool:
    """Whether the evaluator may open this page: due and unsigned, or asked about. What he once signed stays out of his sight."""
    if not visit or subject.index_date is None or call.role not in form.entered_by:
        return False
    if any(query.open and query.place[:2] == (visit, form.code) for query in subject.queries.values()):
        return True
    return state(call, subject, call.study.visit(visit), form) in _OPEN


def worklist(call: Call) -> HttpResponse:
    """What is due, what is to be signed, what comes next, and questions to him."""
    found = sorted(_assessments(call), key=lambda one: (one.day, one.subject, one.visit.forms.index(one.form.code)))
    questions = [(subject, query, *_asked_about(call, query)) for subject in call.book.subjects for query in subject.queries.values()
                 if query.status == "open" and call.role in call.study.form(query.place[1]).writers(query.item)]  # fmt: skip
    due = [one for one in found if one.status in (Status.OVERDUE, Status.IN_PROGRESS, Status.DUE)]
    gate = call.desk.gate
    elsewhere = refusal("assessed-elsewhere").because if gate.bridged and not gate.place else None
    return render(call, "worklist.html", elsewhere=elsewhere, due=due, to_sign=[one for one in found if one.status is Status.COMPLETE], questions=questions,
                  later=[one for one in found if one.status is Status.NOT_DUE and one.day <= call.today + AHEAD])  # fmt: skip


def _asked_about(call: Call, query: Query) -> tuple[str, str]:
    visit, form, _ = query.place
    title = call.t(call.study.form(form).title)
    where = f"{call.t(call.study.visit(visit).name)} · {title}" if visit else title
    return where, call.t(call.study.item(form, query.item).label)


def _assessments(call: Call) -> Iterator[Assessment]:
    for subject in call.book.subjects:
        if subject.index_date is None:
            continue
        for visit in call.study.visits:
            span = window(visit, subject)
            for form in map(call.study.form, visit.forms):
                if call.role in form.entered_by and span is not None:
                    page = subject.page(visit.code, form.code)
                    lacks = len(unanswered(form, page, call.role))
                    progress = call.say("filled-of", done=len(page.cells), all=len(page.cells) + lacks) if page.cells and lacks else ""
                    yield Assessment(day=span.first, subject=subject.id, visit=visit, form=form, status=state(call, subject, visit, form),
                                     when=days(call, subject, visit), progress=progress,
                                     other=subject.evaluator if subject.evaluator != call.account else "", href=reverse(
                                         "form", kwargs={"subject": subject.id, "visit": visit.code, "form": form.code}))  # fmt: skip


def take_over(call: Call, subject: str) -> HttpResponse:
    """Go on with a patient whom another evaluator began to assess, and say why."""
    known = call.subject(subject)
    if known.evaluator in ("", call.account) or call.book.locked:
        raise KeyError(subject)
    step = Step(title="take-over", lead="take-over-lead", button="take-over", items=(BECAUSE,),
                commands=lambda values: (TakeOver(subject=subject, because=values["BECAUSE"]),))  # fmt: skip
    return ask(call, step, lambda _: go(call, "home", say=call.say("taken-over", subject=subject)),
               about=call.say("assessed-by", who=known.evaluator))  # fmt: skip


def incidents(call: Call) -> Form | None:
    """The log in which the study lets the evaluator report that he may have learned a treatment: the first that he alone fills."""
    return next((form for form in map(call.study.form, call.study.logs) if form.entered_by is call.role), None)


def learned(call: Call) -> HttpResponse:
    """Report that the treatment of a patient may have become known: choices only, so that nothing is written that others could read."""
    form = incidents(call)
    if form is None or call.book.locked:
        raise refusal("not-found")
    known = tuple(Term(subject.id, same(subject.id)) for subject in call.book.subjects if subject.index_date)
    who = item("SUBJECT", Text("Which patient?", "哪位受试者？"), Kind.CHOICE, codelist=Codelist(code="SUBJECT", terms=known))

    def commands(values: Values) -> tuple[Answer, ...]:
        entries = {asked.code: str(values[asked.code]) for asked in form.items if values[asked.code] != ""}
        return (Answer(subject=values["SUBJECT"], form=form.code, row=new_row(call, call.subject(values["SUBJECT"]), form), entries=entries),)

    step = Step(title="learned", lead="learned-lead", button="learned-report", items=(who, *form.items), commands=commands)
    return ask(call, step, lambda _: go(call, "home", say=call.say("learned-saved")))


def new_row(call: Call, subject: Subject, form: Form) -> str:
    """A random name for a new row of a log, unlike those that exist."""
    act = Act(study=call.study, by=call.account, role=call.role, at=call.now, draw=call.desk.draw)
    code = act.code()
    while ("", form.code, code) in subject.pages:
        code += act.code(1)
    return code


def total_of(call: Call, form: Form, page: Page) -> str:
    """The total of a skin score in words, "" for another form; it exists only when every site has a grade."""
    sites = [item.code for item in form.items if item.code in REGIONS]
    if not form.body_map or not sites:
        return ""
    grades = [int(page.answers[code]) for code in sites if code in page.answers]
    if len(grades) < len(sites):
        return call.say("total-never", count=len(sites) - len(grades))
    return call.say("total-is", total=sum(grades), highest=3 * len(sites))


def body_map(call: Call, status: int, fields: Sequence[Field], context: dict[str, Any]) -> HttpResponse:
    """The page of a form that asks for the picture: the map and, beside it, the same sites as plain buttons."""
    sites = [field for field in fields if field.item.code in REGIONS]
    others = [field for field in fields if field.item.code not in REGIONS]
    scored = [int(field.value) for field in sites if field.value.isascii() and field.value.isdigit()]
    return render(call, "assess.html", status=status, sites=sites, others=others, regions=REGIONS, figure=FIGURE, done=len(scored),
                  never=sum(bool(field.absence) for field in sites),
                  total=sum(scored) if len(scored) == len(sites) else None, highest=3 * len(sites), **context)  # fmt: skip
