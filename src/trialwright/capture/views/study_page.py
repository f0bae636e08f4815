"""The study at a glance, without arms: recruitment, visits, deviations, events, questions, courses, and when it will end."""

from collections import Counter
from datetime import date

from django.http import HttpResponse

from trialwright.capture.desk import Call
from trialwright.capture.drawing import Bar, Drawing, Series, bars, lines
from trialwright.capture.pages import render
from trialwright.eligibility.deviations import KINDS
from trialwright.report import progress


def study_page(call: Call) -> HttpResponse:
    """The page; every reader sees what follows from his own view."""
    known = progress.recruitment(call.study, call.book, call.today)
    found = progress.open_deviations(call.study, call.book, call.role, call.today)
    told = {(one.kind, one.subject, one.visit or one.what.en) for one in found}
    kinds = [(KINDS[kind], count) for kind, count in Counter(kind for kind, _, _ in told).most_common()]
    foretold = progress.forecast(call.study, call.book, call.today)
    return render(call, "study_page.html", recruited=known, recruitment=_recruitment(call, known), failures=_failures(call),
                  visits=_visits(call), deviations=kinds, forecast=foretold, safety=progress.safety(call.study, call.book, call.role),
                  questions=_questions(call), courses=_courses(call), screened=known.screened[-1][1] if known.screened else 0)  # fmt: skip


def _recruitment(call: Call, known: progress.Recruitment) -> Drawing:
    began, today = known.began.toordinal(), call.today.toordinal()
    told = []
    for word, counted in (("joined", known.enrolled), ("screened-people", known.screened)):
        points = ((began, 0), *((day.toordinal(), count) for day, count in counted), (max(today, began + 1), len(counted)))
        told.append(Series(name=call.say(word), points=points, steps=True, thin=word != "joined"))
    plan = Series(name=call.say("planned"), points=((began, known.planned), (max(today, began + 1), known.planned)), planned=True)
    days = sorted({day for day, _ in (*known.enrolled, *known.screened)})
    rows = [(day.isoformat(), str(_by(known.screened, day)), str(_by(known.enrolled, day))) for day in days]
    return lines(call.say("recruitment"), [plan, *reversed(told)], across=call.say("day"), up=call.say("people"), dates=True, whole=rows,
                 head=(call.say("day"), call.say("screened-people"), call.say("joined")))  # fmt: skip


def _by(counted: tuple[tuple[date, int], ...], day: date) -> int:
    return max((count for when, count in counted if when <= day), default=0)


def _failures(call: Call) -> Drawing | None:
    named = {criterion.code: f"{criterion.code} {call.t(criterion.text)}" for criterion in call.study.criteria}
    found = progress.screening_failures(call.study, call.book)
    told = [Bar(label=named.get(code, call.say("other-reason")), counts=(count,)) for code, count in found]
    return bars(call.say("failures"), told, (call.say("how-many"),), first=call.say("criterion")) if told else None


def _visits(call: Call) -> Drawing:
    found = progress.visits_done(call.study, call.book, call.role, call.today)
    told = [Bar(label=call.t(one.visit.name), counts=(one.inside, one.outside, one.missed, one.due, one.later)) for one in found]
    parts = tuple(map(call.say, ("in-window", "out-of-window", "missed", "due-now", "not-yet")))
    return bars(call.say("visits"), told, parts, first=call.say("visit"))


def _questions(call: Call) -> Drawing | None:
    counts, low, told = progress.question_ages(call.book, call.now), 0, []
    for high, count in zip(progress.AGES, counts, strict=False):
        told.append(Bar(label=call.say("age-up-to", low=low, high=high), counts=(count,)))
        low = high + 1
    told.append(Bar(label=call.say("age-over", low=low - 1), counts=(counts[-1],)))
    return bars(call.say("question-ages"), told, (call.say("how-many"),), first=call.say("age")) if any(counts) else None


def _courses(call: Call) -> Drawing | None:
    form, found = progress.score_form(call.study), list(progress.assessments(call.study, call.book, call.role))
    if form is None or not found:
        return None
    courses: dict[str, list[progress.Assessment]] = {}
    for one in found:
        courses.setdefault(one.subject.id, []).append(one)
    told = [Series(name=subject, points=tuple((one.study_day, one.total) for one in course)) for subject, course in courses.items()]
    rows = [(one.subject.id, call.t(one.visit.name), str(one.study_day), str(one.total)) for one in found]
    return lines(call.say("courses", form=form.title), told, across=call.say("study-day"), up=call.say("total"), whole=rows,
                 head=(call.say("subject"), call.say("visit"), call.say("study-day"), call.say("total")))  # fmt: skip
