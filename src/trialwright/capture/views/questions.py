"""Questions about answers: the inbox, and the pages on which they are put, answered and closed."""

from attrs import frozen
from django.http import HttpResponse

from trialwright.capture.desk import Call
from trialwright.capture.pages import go, render
from trialwright.capture.telling import place_of, value_of
from trialwright.capture.views.casereport import Place, place
from trialwright.capture.views.steps import Step, ask, item
from trialwright.protocol import Text
from trialwright.record import AnswerQuery, AskQuery, CloseQuery, Query, Subject


@frozen(kw_only=True)
class Asked:
    """One question as this reader may know it."""

    subject: Subject
    query: Query
    where: str
    what: str
    value: str
    days: int
    age: str
    mine: bool
    closes: bool


def queries(call: Call) -> HttpResponse:
    """All questions that this reader may know of, open ones first."""
    found = [_asked(call, subject, query) for subject in call.book.subjects for query in subject.queries.values()]
    found.sort(key=lambda one: (not one.query.open, not (one.mine or one.closes), -one.days, one.subject.id))
    return render(call, "queries.html", found=found, open=sum(one.query.open for one in found))


def _asked(call: Call, subject: Subject, query: Query) -> Asked:
    visit, form, row = query.place
    here = Place(call=call, subject=subject, visit=visit, form=call.study.form(form), row=row)
    cell = here.page.cells.get(query.item)
    writable = not call.book.locked
    return Asked(subject=subject, query=query, where=place_of(call, visit, form), what=call.t(call.study.item(form, query.item).label),
                 value=value_of(call, form, query.item, cell.value, cell.last.absence) if cell else "—",
                 days=(call.today - query.asked.at.astimezone(call.zone).date()).days, age=call.age(query.asked.at.astimezone(call.zone).date()),
                 mine=writable and query.status == "open" and call.role in call.study.form(form).writers(query.item),
                 closes=writable and query.open and here.may_close(query))  # fmt: skip


def raise_query(call: Call, subject: str, form: str, item_code: str, visit: str = "", row: str = "") -> HttpResponse:
    """Put a question about one answer."""
    here = place(call, subject, visit, form, row)
    asked = next((one for one in here.items if one.code == item_code), None)
    if asked is None:
        raise KeyError(item_code)
    box = item("QUESTION", Text("Your question", "您的质疑"), longest=500)
    step = Step(title="ask", lead="ask-lead", button="ask", items=(box,),
                commands=lambda values: (AskQuery(subject=subject, visit=visit, form=form, row=row, item=item_code, question=values["QUESTION"]),))  # fmt: skip
    where = {"subject": subject, "form": form, **({"row": row} if row else {"visit": visit})}
    cell = here.page.cells.get(item_code)
    context = f"{place_of(call, visit, form)} · {call.t(asked.label)}: {value_of(call, form, item_code, cell.value, cell.last.absence) if cell else '—'}"
    return ask(call, step, lambda _: go(call, "row" if row else "form", say=call.say("asked"), **where), subject=subject, about=context)


def ask_page(call: Call, subject: str, visit: str, form: str, item: str) -> HttpResponse:
    """Put a question about an answer of a visit page."""
    return raise_query(call, subject, form, item, visit=visit)


def ask_row(call: Call, subject: str, form: str, row: str, item: str) -> HttpResponse:
    """Put a question about an answer of a log row."""
    return raise_query(call, subject, form, item, row=row)


def answer(call: Call, subject: str, query: str) -> HttpResponse:
    """Answer a question."""
    known = call.subject(subject)
    asked = known.queries[query]
    visit, form, _ = asked.place
    if call.role not in call.study.form(form).writers(asked.item) or not asked.open:
        raise KeyError(query)
    box = item("ANSWER", Text("Your answer", "您的答复"), longest=500)
    step = Step(title="answer", lead="answer-lead", button="answer", items=(box,),
                commands=lambda values: (AnswerQuery(subject=subject, query=query, answer=values["ANSWER"]),))  # fmt: skip
    question = getattr(asked.asked.event, "question", "")
    about = f"{subject} · {place_of(call, visit, form)} · {call.t(call.study.item(form, asked.item).label)}: {question}"
    return ask(call, step, lambda _: go(call, "home" if call.blind_world else "queries", say=call.say("answered")),
               subject="" if call.blind_world else subject, about=about)  # fmt: skip


def close(call: Call, subject: str, query: str) -> HttpResponse:
    """Close a question that is settled."""
    call.do(CloseQuery(subject=subject, query=query))
    return go(call, "queries", say=call.say("closed"))


