"""Screening explained: every criterion with its verdict, the values it rests on, and the one fact that would settle it."""

from decimal import Decimal

from attrs import frozen
from django.http import HttpResponse
from django.urls import reverse

from trialwright.capture.desk import Call
from trialwright.capture.pages import render
from trialwright.eligibility.screening import Decision, screen
from trialwright.protocol import Fact, Study, Text, Verdict, same
from trialwright.record import SubjectChart


@frozen(kw_only=True)
class Gap:
    """A page on which answers are still missing, and which; where this person enters them."""

    page: str
    href: str
    items: tuple[str, ...]


@frozen(kw_only=True)
class Line:
    """One criterion: `good` is what counts for joining (None while unknown)."""

    decision: Decision
    mark: Verdict
    word: str
    facts: tuple[tuple[Text, Fact, str], ...]
    gaps: tuple[Gap, ...]
    one: tuple[str, ...]


def open_criteria(call: Call, subject: str) -> tuple[str, ...]:
    """The codes of the criteria that are not fulfilled."""
    return tuple(one.criterion.code for one in decisions(call, subject) if one.fulfilled is not True)


def decisions(call: Call, subject: str) -> tuple[Decision, ...]:
    """All criteria over what this reader may know, as if the subject were enrolled today."""
    known = call.subject(subject)
    return screen(call.study, SubjectChart(call.study, known, start=None if known.index_date else call.today)).decisions


def screening(call: Call, subject: str) -> HttpResponse:
    """The screening page."""
    known = call.subject(subject)
    lines = [_line(call, subject, one) for one in decisions(call, subject)]
    counts = {verdict: sum(line.mark is verdict for line in lines) for verdict in Verdict}
    outcome = "cannot-join" if counts[Verdict.NOT_MET] else "cannot-decide" if counts[Verdict.UNKNOWN] else "may-join"
    return render(call, "screening.html", subject=known, outcome=outcome, counts=counts, consented=known.consented,
                  groups=[("inclusion", [line for line in lines if line.decision.criterion.inclusion]),
                          ("exclusion", [line for line in lines if not line.decision.criterion.inclusion])])  # fmt: skip


def _line(call: Call, subject: str, decision: Decision) -> Line:
    mark = {True: Verdict.MET, False: Verdict.NOT_MET, None: Verdict.UNKNOWN}[decision.fulfilled]
    labels = {derivation.name: derivation.label for derivation in call.study.derivations}
    gaps = _gaps(call, subject, decision)
    return Line(decision=decision, mark=mark, word={Verdict.MET: "met", Verdict.NOT_MET: "not-met", Verdict.UNKNOWN: "unknown"}[mark],
                facts=tuple((labels[fact.name], fact, shown(call, fact)) for fact in decision.facts),
                gaps=gaps, one=_settlers(decision, labels, call))  # fmt: skip


def shown(call: Call, fact: Fact) -> str:
    """What is known of a fact: a code, a number, or the bounds within which it lies."""
    if fact.code is not None:
        return call.t(_label(call.study, fact.code))
    if fact.low is None and fact.high is None:
        return call.say("not-known")
    if fact.low == fact.high and fact.low is not None:
        return _plain(fact.low)
    low, high = ("…" if one is None else _plain(one) for one in (fact.low, fact.high))
    return call.say("between", low=low, high=high)


def _label(study: Study, code: str) -> Text:
    """An answer as the first form that offers it shows it; a code of no form as it stands."""
    lists = (item.codelist for form in study.forms for item in form.items if item.codelist)
    return next((one.labels[code] for one in lists if code in one.labels), same(code))


def _plain(number: Decimal) -> str:
    rounded = number.quantize(Decimal("0.1")) if number != number.to_integral_value() else number.to_integral_value()
    return f"{rounded:f}"


def _settlers(decision: Decision, labels: dict[str, Text], call: Call) -> tuple[str, ...]:
    """The facts of which one alone decides an open criterion."""
    return tuple(call.t(labels[name]) for name in decision.settled_by)


def _gaps(call: Call, subject: str, decision: Decision) -> tuple[Gap, ...]:
    """The pages behind the missing items ("FORM.ITEM" or "FORM") that this reader can see, each once."""
    found: dict[str, list[str]] = {}
    for name in decision.missing:
        form, _, item = name.partition(".")
        if call.study.has_form(form) and call.study.form(form).seen_by(call.role):
            items = found.setdefault(form, [])
            if item and call.study.form(form).asks(item):
                items.append(call.t(call.study.item(form, item).label))
    return tuple(Gap(page=call.t(call.study.form(form).title), href=_href(call, subject, form), items=tuple(items)) for form, items in found.items())


def _href(call: Call, subject: str, form: str) -> str:
    visit = next((visit.code for visit in call.study.visits if form in visit.forms), None)
    if visit is None:
        return reverse("log", kwargs={"subject": subject, "form": form})
    return reverse("form", kwargs={"subject": subject, "visit": visit, "form": form})
