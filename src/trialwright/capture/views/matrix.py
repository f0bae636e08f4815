"""The home of everybody but the evaluator: what is waiting, and every subject by every visit, with the state of each in shape and words."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta

from attrs import frozen
from django.http import HttpResponse
from django.urls import reverse

from trialwright.capture.desk import Call
from trialwright.capture.links import on_phones
from trialwright.capture.pages import render
from trialwright.capture.policy import REVIEWERS, SIGNERS_OFF, verdict
from trialwright.protocol import Audience, Form, Method, Text, Visit
from trialwright.record import STATUS_NAMES, Status, Subject, signed_off, status, visit_status, window
from trialwright.record.events import Signed
from trialwright.record.signatures import unanswered

SHOWN = 8
PATIENCE = timedelta(days=7)
"""After that long without a word a question is overdue; and that long before its window a visit is arranged by telephone."""


@frozen(kw_only=True)
class Column:
    """A visit or a log that this reader may know of."""

    code: str
    name: Text
    log: bool


@frozen(kw_only=True)
class Square:
    """Where one subject stands at one visit or with one log; `tell` says it in words."""

    href: str
    tell: str
    status: Status | None = None
    log: bool = False
    count: int = 0
    queries: int = 0
    silent: int = 0


@frozen(kw_only=True)
class Line:
    """One subject's row."""

    subject: Subject
    squares: tuple[Square | None, ...]


@frozen(kw_only=True)
class Task:
    """Something that waits for this reader, with the verb that does it. The lower its rank, the more it presses."""

    rank: int
    day: date
    subject: str
    what: str
    when: str
    verb: str
    href: str
    status: Status | None = None


def home(call: Call, more: Iterable[Task] = ()) -> HttpResponse:
    """What waits (`more` is what another page adds), and the matrix."""
    columns, subjects, phones = visible_columns(call), call.book.subjects, since(call)
    rows = [Line(subject=subject, squares=tuple(_square(call, subject, column, phones) for column in columns)) for subject in subjects]
    tasks = sorted((*waiting(call, phones), *more), key=lambda task: (task.rank, task.day, task.subject))
    enrolled = sum(subject.enrolled is not None for subject in subjects)
    return render(call, "home.html", columns=columns, rows=rows, tasks=tasks, shown=SHOWN, enrolled=enrolled, legend=list(STATUS_NAMES.items()),
                  unheard=any(square is not None and square.silent for row in rows for square in row.squares))  # fmt: skip


def visible_columns(call: Call) -> tuple[Column, ...]:
    """The visits and logs on which this reader can read at least one item."""
    study = call.study
    visits = [Column(code=one.code, name=one.name, log=False) for one in study.visits if visible_forms(call, one)]
    logs = [Column(code=code, name=study.form(code).title, log=True) for code in study.logs if study.form(code).seen_by(call.role)]
    return (*visits, *logs)


def visible_forms(call: Call, visit: Visit) -> tuple[Form, ...]:
    """The forms of a visit on which this reader can read at least one item."""
    return tuple(form for form in map(call.study.form, visit.forms) if form.seen_by(call.role))


def state(call: Call, subject: Subject, visit: Visit, form: Form) -> Status:
    """The state of one page for this reader."""
    return status(call.study, subject, visit, form, call.role, call.today, locked=call.book.locked is not None)


def days(call: Call, subject: Subject, visit: Visit) -> str:
    """The window of a visit in words, or nothing before enrollment."""
    span = window(visit, subject)
    if span is None:
        return ""
    if span.first == span.last:
        return call.say("on-day", day=span.first)
    return call.say("window", first=span.first, last=span.last)


def _square(call: Call, subject: Subject, column: Column, phones: Mapping[str, date]) -> Square | None:
    if column.log:
        pages = subject.rows(column.code)
        asked = sum(query.open and query.place[1] == column.code and not query.place[0] for query in subject.queries.values())
        tell = f"{subject.id} · {call.t(column.name)} · {call.say('rows', count=len(pages))}"
        return Square(href=reverse("log", kwargs={"subject": subject.id, "form": column.code}), tell=tell, log=True, count=len(pages), queries=asked)
    visit = call.study.visit(column.code)
    found = visit_status(call.study, subject, visit, call.role, call.today, locked=call.book.locked is not None)
    if found is None:
        return None
    asked = sum(query.open and query.place[0] == visit.code for query in subject.queries.values())
    told = [subject.id, call.t(visit.name), call.t(STATUS_NAMES[found]), days(call, subject, visit)]
    if asked:
        told.append(call.say("queries-open", count=asked))
    unheard = len(silent(call, subject, visit, phones))
    if unheard:
        told.append(call.say("silent-square", count=unheard))
    href = reverse("visit", kwargs={"subject": subject.id, "visit": visit.code})
    return Square(href=href, tell=" · ".join(part for part in told if part), status=found, queries=asked, silent=unheard)


def since(call: Call) -> Mapping[str, date]:
    """Those who answer on a phone of their own, and since which day, for whoever may know it."""
    told = on_phones(call.today) if verdict("link", "GET", call.role) else {}
    return {subject: at.astimezone(call.zone).date() for subject, at in told.items()}


def asked_by_phone(subject: Subject, visit: Visit, phones: Mapping[str, date]) -> bool:
    """Whether the questionnaires of a visit are the patient's to answer: he had a link before its window closed."""
    span = window(visit, subject)
    return subject.id in phones and (span is None or span.last >= phones[subject.id])


def silent(call: Call, subject: Subject, visit: Visit, phones: Mapping[str, date]) -> tuple[Form, ...]:
    """The questionnaires of a visit that the patient should have answered on his phone by its planned day, and has not."""
    span = window(visit, subject)
    if span is None or call.today <= span.planned or not asked_by_phone(subject, visit, phones):
        return ()
    return tuple(form for form in visible_forms(call, visit) if form.by_patient and state(call, subject, visit, form) in (Status.DUE, Status.OVERDUE))


def waiting(call: Call, phones: Mapping[str, date]) -> Iterator[Task]:
    """Everything that this reader could do today; those with `phones` answer their questionnaires themselves."""
    if call.book.locked:
        return
    for subject in call.book.subjects:
        yield from _questions(call, subject)
        yield from _unjudged(call, subject)
        yield from _unsigned_rows(call, subject)
        yield from _unverified(call, subject)
        yield from _fallen(call, subject)
        if subject.failed or subject.ended:
            continue
        yield from _pages(call, subject, phones)
        yield from _calls(call, subject)
        if subject.index_date is None:
            yield from _screening(call, subject)
        elif subject.arm is None:
            yield from _allocation(call, subject)


def _pages(call: Call, subject: Subject, phones: Mapping[str, date]) -> Iterator[Task]:
    """One task per visit that has pages for this reader to fill, the most pressing state first."""
    for visit in call.study.visits:
        found = [state(call, subject, visit, form) for form in visible_forms(call, visit)
                 if call.role in form.entered_by and not (form.by_patient and asked_by_phone(subject, visit, phones))]  # fmt: skip
        pressing = next((one for one in (Status.OVERDUE, Status.IN_PROGRESS, Status.DUE) if one in found), None)
        if pressing is None:
            continue
        span = window(visit, subject)
        last = span.last if span else call.today
        left = (last - call.today).days
        when = "" if span is None else call.say("days-late", count=-left) if left < 0 else call.say("days-left", count=left) if left else call.say("last-day")
        yield Task(rank=0 if pressing is Status.OVERDUE else 2, day=last, subject=subject.id, status=pressing, when=when,
                   what=call.say("titled", what=visit.name, which=STATUS_NAMES[pressing]), verb=call.say("open"),
                   href=reverse("visit", kwargs={"subject": subject.id, "visit": visit.code}))  # fmt: skip


def _questions(call: Call, subject: Subject) -> Iterator[Task]:
    for query in subject.queries.values():
        form = call.study.form(query.place[1])
        mine = call.role in form.writers(query.item) if query.status == "open" else call.role in REVIEWERS
        if query.open and mine:
            asked = query.asked.at.astimezone(call.zone).date()
            verb = call.say("answer" if query.status == "open" else "close")
            late = call.today - (query.answers[-1] if query.answers else query.asked).at.astimezone(call.zone).date() > PATIENCE
            yield Task(rank=0 if late else 1, status=Status.OVERDUE if late else None, day=asked, subject=subject.id, verb=verb,
                       what=call.say("titled", what=form.title, which=form.item(query.item).label),
                       when=call.say("overdue-since", age=call.age(asked)) if late else call.age(asked),
                       href=f"{reverse('queries')}#q-{query.id}")  # fmt: skip


def _unjudged(call: Call, subject: Subject) -> Iterator[Task]:
    """The rows of each log that wait for an answer which this reader, and not everybody who fills the form, may give."""
    for form in map(call.study.form, call.study.logs):
        open_ = [page for page in subject.rows(form.code)
                 if any(item.writers is not None and call.role in item.writers for item in unanswered(form, page, call.role))]  # fmt: skip
        if open_:
            began = min(cell[-1].at for page in open_ for cell in page.cells.values()).astimezone(call.zone).date()
            yield Task(rank=1, day=began, subject=subject.id, status=Status.IN_PROGRESS, when=call.age(began), verb=call.say("open"),
                       what=call.say("titled", what=form.title, which=call.say("rows-to-judge", count=len(open_))),
                       href=reverse("log", kwargs={"subject": subject.id, "form": form.code}))  # fmt: skip


def _unsigned_rows(call: Call, subject: Subject) -> Iterator[Task]:
    """The complete rows of each log that this reader may sign and nobody has signed, or that changed since."""
    for form in map(call.study.form, call.study.logs):
        if call.role in form.entered_by or (call.role is Audience.INVESTIGATOR and form.seen_by(call.role)):
            open_ = [page for page in subject.rows(form.code) if page.unsigned and not page.imported and not unanswered(form, page, call.role)]
            if open_:
                began = min(cell[-1].at for page in open_ for cell in page.cells.values()).astimezone(call.zone).date()
                yield Task(rank=3, day=began, subject=subject.id, status=Status.COMPLETE, when=call.age(began), verb=call.say("sign"),
                           what=call.say("titled", what=form.title, which=call.say("rows-to-sign", count=len(open_))),
                           href=reverse("log", kwargs={"subject": subject.id, "form": form.code}))  # fmt: skip


def _unverified(call: Call, subject: Subject) -> Iterator[Task]:
    """For the monitor: how many filled pages of each visit and log nobody has compared with their source, or that changed since."""
    if call.role is not Audience.MONITOR:
        return
    found: dict[tuple[str, str], list[date]] = {}
    for (visit, form, _), page in subject.pages.items():
        if page.cells and page.unverified and not page.imported and not unanswered(call.study.form(form), page, call.role):
            changed = max(cell[-1].at for cell in page.cells.values()).astimezone(call.zone).date()
            found.setdefault((visit, "" if visit else form), []).append(changed)
    for (visit, form), days_ in found.items():
        name = call.study.visit(visit).name if visit else call.study.form(form).title
        place = {"subject": subject.id, **({"visit": visit} if visit else {"form": form})}
        yield Task(rank=4, day=min(days_), subject=subject.id, status=Status.COMPLETE, when=call.age(min(days_)), verb=call.say("open"),
                   what=call.say("titled", what=name, which=call.say("pages-to-verify", count=len(days_))),
                   href=reverse("visit" if visit else "log", kwargs=place))  # fmt: skip


def _fallen(call: Call, subject: Subject) -> Iterator[Task]:
    """The casebook that this reader once signed, and that changed since."""
    mine = [(entry, event.meaning) for entry in subject.signed_off
            if entry.role is call.role and entry.by == call.account and isinstance(event := entry.event, Signed)]  # fmt: skip
    if not mine or call.role not in SIGNERS_OFF or signed_off(call.book, mine[-1][1], call.role, subject.id):
        return
    day = mine[-1][0].at.astimezone(call.zone).date()
    yield Task(rank=1, day=day, subject=subject.id, status=Status.IN_PROGRESS, when=call.say("signed-when", day=day), verb=call.say("sign"),
               what=call.say("casebook-fell"), href=reverse("sign-off", kwargs={"subject": subject.id}))  # fmt: skip


def _calls(call: Call, subject: Subject) -> Iterator[Task]:
    """For the coordinator: whom to telephone this week, the visit that opens first on top."""
    if call.role is not Audience.COORDINATOR:
        return
    for visit in call.study.visits:
        span = window(visit, subject)
        if span and call.today < span.first <= call.today + PATIENCE and not any(place[0] == visit.code for place in subject.pages):
            yield Task(rank=5, day=span.first, subject=subject.id, status=Status.NOT_DUE, when=days(call, subject, visit), verb=call.say("open"),
                       what=call.say("titled", what=visit.name, which=call.say("arrange")),
                       href=reverse("visit", kwargs={"subject": subject.id, "visit": visit.code}))  # fmt: skip


def _screening(call: Call, subject: Subject) -> Iterator[Task]:
    began = subject.screened.at.astimezone(call.zone).date() if subject.screened else call.today
    if call.role in Audience.PHYSICIAN | Audience.INVESTIGATOR and subject.consented:
        yield Task(rank=3, day=began, subject=subject.id, what=call.say("screening"), when=str(began), verb=call.say("decide"), status=Status.DUE,
                   href=reverse("screening", kwargs={"subject": subject.id}))  # fmt: skip
    elif call.role is Audience.COORDINATOR and not subject.consented:
        yield Task(rank=2, day=began, subject=subject.id, what=call.say("consent-missing"), when=str(began), verb=call.say("record"),
                   status=Status.DUE, href=reverse("consent", kwargs={"subject": subject.id}))  # fmt: skip


def _allocation(call: Call, subject: Subject) -> Iterator[Task]:
    if call.role in Audience.PHYSICIAN | Audience.INVESTIGATOR and subject.index_date is not None:
        what = call.say("choose-arm" if call.study.chosen.method is Method.BY_CLINICIAN else "allocate")
        yield Task(rank=0, day=subject.index_date, subject=subject.id, what=what, when="", verb=call.say("allocate"), status=Status.DUE,
                   href=reverse("allocate", kwargs={"subject": subject.id}))  # fmt: skip
