"""Safety at work: serious events with their clocks, immunoglobulins against their limits, severe laboratory findings, the drug account."""

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal

from attrs import frozen
from django.http import HttpResponse
from django.urls import reverse

from trialwright.capture.accountability import account
from trialwright.capture.accounts import note
from trialwright.capture.desk import Call
from trialwright.capture.pages import render
from trialwright.capture.views.matrix import Task
from trialwright.exchange.serious_events import KINDS, NEEDED, Case, Due, case_of, cases, event_log, latest_of
from trialwright.instruments import ctcae, immunoglobulin_watch
from trialwright.protocol import Audience, Fact, Item, Visit, Watch
from trialwright.record import Page, Status, Subject
from trialwright.sdtm import targets

REPORTERS = Audience.SAFETY | Audience.PHYSICIAN | Audience.INVESTIGATOR | Audience.COORDINATOR
SOON = 2
SEVERE = 3
WIDTH, HEIGHT, EDGE, ASIDE = 360, 150, 8, 84


@frozen(kw_only=True)
class Clock:
    """One clock as it is shown: of what, in words, with a shape."""

    due: Due
    what: str
    words: str
    status: Status


@frozen(kw_only=True)
class Line:
    """One serious event in the list."""

    case: Case
    clocks: tuple[Clock, ...]
    open: str


@frozen(kw_only=True)
class Course:
    """The immunoglobulins of one patient: what each sample asks for, and IgG as a line between its limits (`points` in the drawing)."""

    subject: Subject
    unit: str
    samples: tuple[tuple[Visit, str, Mapping[str, str], Fact], ...]
    points: tuple[tuple[float, float, str], ...]
    limits: tuple[tuple[float, str, str], ...]
    action: str
    tell: str

    @property
    def path(self) -> str:
        return " ".join(f"{x:.1f},{y:.1f}" for x, y, _ in self.points)


@frozen(kw_only=True)
class Severe:
    """One laboratory finding of grade 3 or more."""

    subject: Subject
    visit: Visit
    form: str
    item: Item
    value: str
    day: str
    grade: int


def overview(call: Call) -> HttpResponse:
    """Everything that presses for safety, the most pressing first."""
    lines = [_line(call, case) for case in sorted(cases(call.study, call.book), key=lambda case: case.pressure(call.today))]
    courses = sorted((one for subject in call.book.subjects for one in _courses(call, subject)), key=lambda one: -_rank(one.action))
    severe = [one for subject in call.book.subjects for one in severe_findings(call, subject)]
    accounts = [one for subject in call.book.subjects if (one := account(call.study, subject, call.today))]
    return render(call, "safety.html", lines=lines, courses=courses, severe=sorted(severe, key=lambda one: (-one.grade, one.day)), accounts=accounts,
                  log=event_log(call.study), reveals=True, width=WIDTH, height=HEIGHT, edge=EDGE, right=WIDTH - EDGE - ASIDE)  # fmt: skip


def _line(call: Call, case: Case) -> Line:
    clocks = tuple(_clock(call, one) for one in case.clocks)
    return Line(case=case, clocks=clocks, open=call.say("and-also").join(call.t(NEEDED[name]) for name in case.open))


def _clock(call: Call, due: Due) -> Clock:
    left, what = due.left(call.today), call.t(KINDS[due.kind])
    if left is None:
        late = due.met is not None and due.met > due.day
        return Clock(due=due, what=what, words=call.say("met-late" if late else "met-on", day=due.met), status=Status.COMPLETE)
    if left < 0:
        return Clock(due=due, what=what, words=call.say("overdue-by", count=-left), status=Status.OVERDUE)
    return Clock(due=due, what=what, words=call.say("days-left", count=left) if left else call.say("due-today"),
                 status=Status.IN_PROGRESS if left <= SOON else Status.DUE)  # fmt: skip


def tasks(call: Call) -> Iterator[Task]:
    """For the inbox of those who report: every clock that runs, and serious events of which something is open that could start one.

    The home page is no page of the unblinded: it says that there is an event, and never which.
    """
    if call.role not in REPORTERS or call.book.locked:
        return
    for case in cases(call.study, call.book):
        href = reverse("event", kwargs={"subject": case.subject.id, "row": case.page.place[2]})
        for due in case.clocks:
            left = due.left(call.today)
            if left is not None:
                shown = _clock(call, due)
                what = call.say("titled", what=call.say("sae-one"), which=shown.what)
                yield Task(rank=0 if left <= SOON else 2, day=due.day, subject=case.subject.id, what=what, when=shown.words, verb=call.say("open"), href=href,
                           status=Status.OVERDUE if left < 0 else Status.DUE)  # fmt: skip
        if case.open:
            what = call.say("titled", what=call.say("sae-one"), which=call.say("sae-open"))
            yield Task(rank=1, day=call.today, subject=case.subject.id, what=what, when="", verb=call.say("open"), href=href, status=Status.IN_PROGRESS)


def event(call: Call, subject: str, row: str) -> HttpResponse:
    """One serious event: its clocks, what its report still lacks, and the report to take away."""
    from trialwright.exchange.e2b.document import report

    case = case_of(call.study, call.subject(subject), row)
    made = report(case, call.now)
    return render(call, "event.html", case=case, line=_line(call, case), subject=case.subject, form=case.form, lacks=made.lacks, reveals=True)


FILES = {"cioms-en.pdf": "application/pdf", "cioms-zh.pdf": "application/pdf", "e2b.xml": "application/xml", "e2b.csv": "text/csv; charset=utf-8"}


def event_file(call: Call, subject: str, row: str, file: str) -> HttpResponse:
    """The report of one serious event as a file. That it was taken is noted in the log of accounts."""
    from trialwright.exchange.e2b.document import report
    from trialwright.report.cioms import cioms

    if file not in FILES:
        raise KeyError(file)
    case = case_of(call.study, call.subject(subject), row)
    if file.endswith(".pdf"):
        made = cioms(case, call.now, file[6:8])
    else:
        written = report(case, call.now)
        made = written.xml if file == "e2b.xml" else written.table.encode()
    note(f"report {case.code} taken as {file}", call.account, call.role, call.now)
    response = HttpResponse(made, content_type=FILES[file])
    response["Content-Disposition"] = f'attachment; filename="{case.code}-{file}"'
    return response


def _rank(action: str) -> int:
    actions = immunoglobulin_watch.ACTIONS
    return actions.index(action) if action in actions else -1


def _courses(call: Call, subject: Subject) -> Iterator[Course]:
    """The course of the watched immunoglobulins, for those who may read all of them."""
    for watch in call.study.watches:
        items = [call.study.item(watch.form, code) for code in watch.reads]
        if watch.version == immunoglobulin_watch.INSTRUMENT.version and all(item.audience.admits(call.role) for item in items):
            samples = tuple(_samples(call, subject, watch))
            if samples:
                yield _course(call, subject, items[0], samples)


def _samples(call: Call, subject: Subject, watch: Watch) -> Iterator[tuple[Visit, str, Mapping[str, str], Fact]]:
    form = call.study.form(watch.form)
    for visit in call.study.visits:
        answers = subject.page(visit.code, watch.form).answers
        if any(code in answers for code in watch.reads):
            values = {code: answers[code] for code in watch.reads if code in answers}
            fact = watch.by({code: form.item(code).recall(value) for code, value in values.items()})
            yield visit, _sampled(form.items, answers), values, fact


def _sampled(items: tuple[Item, ...], answers: Mapping[str, str]) -> str:
    """The day of the sample, "" where it is not known."""
    return next((answers[item.code] for item in items if item.code in answers and any(one.variable == "LBDTC" for one in targets(item.sdtm))), "")


def _course(call: Call, subject: Subject, first: Item, samples: tuple[tuple[Visit, str, Mapping[str, str], Fact], ...]) -> Course:
    seen = [(visit, Decimal(values[first.code])) for visit, _, values, _ in samples if first.code in values]
    rules = [rule for rule in immunoglobulin_watch.PROPOSED if rule.test == "IGG" and rule.below is not None and rule.action != "NONE"]
    low = next((one.low for one in first.normal if one.low is not None), None)
    top = max([*(value for _, value in seen), Decimal(10)]) * Decimal("1.1")
    days = [visit.day for visit, _ in seen]
    span = max(1, max(days, default=0) - min(days, default=0))
    across = {visit.code: EDGE + (visit.day - min(days)) / span * (WIDTH - 2 * EDGE - ASIDE) for visit, _ in seen}
    points = tuple((across[visit.code], _down(float(value), float(top)), f"{call.t(visit.name)}: {value:f} {first.unit}") for visit, value in seen)
    limits = [(_down(float(rule.below or 0), float(top)), f"{rule.below:g}", rule.action) for rule in rules]
    limits += [] if low is None else [(_down(float(low), float(top)), f"{low.normalize():f}", "NORMAL")]
    action = samples[-1][3].code or ""
    tell = f"{subject.id}, {call.t(first.label)}: " + "; ".join(words for _, _, words in points)
    return Course(subject=subject, unit=first.unit or "", samples=samples, points=points, limits=tuple(limits), action=action, tell=tell)


def _down(value: float, top: float) -> float:
    """Where a value lies in the drawing: 0 at the bottom, `top` above."""
    return HEIGHT - EDGE - value / top * (HEIGHT - 2 * EDGE)


def severe_findings(call: Call, subject: Subject) -> Iterator[Severe]:
    """Laboratory results of grade 3 or more (CTCAE 5.0), against the interval of the laboratory and the patient's baseline."""
    sex, born = latest_of(call.study, subject, "DM", "SEX"), latest_of(call.study, subject, "DM", "BRTHDTC")
    for visit in call.study.visits:
        for code in visit.forms:
            form, page = call.study.form(code), subject.page(visit.code, code)
            day = _sampled(form.items, page.answers)
            for item in form.items if page.answers else ():
                test = next((dict(one.where).get("LBTESTCD", "") for one in targets(item.sdtm) if one.variable == "LBORRES"), "")
                grade = _grade(call, subject, page, item, test, sex, born, day) if test in ctcae.CODES and item.code in page.answers else None
                if grade is not None and grade >= SEVERE:
                    yield Severe(subject=subject, visit=visit, form=code, item=item, value=page.answers[item.code], day=day, grade=grade)


def _grade(call: Call, subject: Subject, page: Page, item: Item, test: str, sex: str, born: str, day: str) -> int | None:
    """The grade of one result; None while it is not known."""
    value, form = item.recall(page.answers[item.code]), page.place[1]
    if not isinstance(value, int | Decimal) or item.unit is None or len(born) != 10 or len(day) != 10:
        return None
    age = (date.fromisoformat(day) - date.fromisoformat(born)).days / 365.25
    normal = next((one for one in item.normal if one.fits(sex or None, age)), None)
    bounds = None if normal is None else tuple(float("nan") if one is None else float(one) for one in (normal.low, normal.high))
    within = None if bounds is None else ctcae.Range(test=test, low=bounds[0], high=bounds[1])
    before = subject.page(call.study.baseline.code, form).answers.get(item.code)
    score = ctcae.score(test, Decimal(value), item.unit, within, None if before is None else Decimal(before))
    return None if score.value is None else int(score.value)
