"""A subject's steps through the study: screen, consent, decide, allocate, end. Each is one question page and one command."""

from collections.abc import Callable, Mapping
from typing import Any

from attrs import frozen
from django.http import HttpResponse

from trialwright.allocation import Allocate
from trialwright.capture.accounts import note
from trialwright.capture.desk import Call
from trialwright.capture.fields import box_values, boxes
from trialwright.capture.login import is_them
from trialwright.capture.pages import go, render
from trialwright.eligibility.enrollment import Enroll
from trialwright.forms import consent as consent_form
from trialwright.protocol import BARE, ROLE_NAMES, Audience, Codelist, Item, Kind, Method, Term, Text, Wrong, same
from trialwright.record import (
    Answer,
    BreakCode,
    Command,
    Complete,
    Consent,
    Entry,
    FailScreening,
    Refused,
    Screen,
    Withdraw,
    refusal,
)
from trialwright.record.lock import NEVER_EARLY

Values = Mapping[str, Any]

_WRONG_PASSWORD = Text("This is not the password of that account. Type it again.", "密码不正确，请重新输入。")


@frozen(kw_only=True)
class Step:
    """A question page: its words, its boxes, and the commands that the answers make. `signed`: the person's own password
    is asked again; `second`: a second person signs too.
    """

    title: str
    lead: str
    button: str
    items: tuple[Item, ...]
    commands: Callable[[Values], tuple[Command, ...]]
    stern: bool = False
    reveals: bool = False
    signed: bool = False
    second: bool = False


def item(code: str, label: Text, kind: Kind = Kind.TEXT, *, codelist: Codelist | None = None, required: bool = True, longest: int = 500,
         hint: Text | None = None) -> Item:  # fmt: skip
    """A box of a question page."""
    return Item(code=code, label=label, kind=kind, audience=BARE, codelist=codelist, required=required, longest=longest, absences=(), hint=hint)


ON = item("ON", Text("Date", "日期"), Kind.DATE)
BECAUSE = item("BECAUSE", Text("Reason", "原因"))


def ask(call: Call, step: Step, done: Callable[[tuple[Entry, ...]], HttpResponse], subject: str = "", **more: Any) -> HttpResponse:
    """Shows the question; or carries it out and goes on; or shows it again with what is wrong and everything that was typed."""
    sent, problem = call.request.POST, None
    if call.request.method == "POST":
        values, wrongs = box_values(step.items, sent)
        if step.signed and not is_them(call, call.account, sent.get("password", "")):
            note("signature refused", call.account, call.role, call.now)
            wrongs.append(Wrong(item="PASSWORD", because=_WRONG_PASSWORD))
        if step.second and not is_them(call, sent.get("second", ""), sent.get("second-password", "")):
            note("second person failed", sent.get("second", ""), None, call.now)
            wrongs.append(Wrong(item="SECOND", because=_WRONG_PASSWORD))
        try:
            if wrongs:
                raise refusal("wrong-entries", wrongs=tuple(wrongs), count=len(wrongs))
            return done(call.do(*step.commands({**values, "SECOND": sent.get("second", "")})))
        except Refused as refused:
            if refused.code == "not-found":
                raise
            problem = refused
    fields = boxes(step.items, sent, problem.wrongs if problem else ())
    return render(call, "step.html", status=422 if problem else 200, step=step, fields=fields, problem=problem, subject=subject,
                  labels={one.code: one.label for one in step.items}, reveals=step.reveals, **more)  # fmt: skip


def screen(call: Call) -> HttpResponse:
    """Begin screening: the person gets a random code."""
    sites = Codelist(code="SITE", terms=tuple(Term(site, same(site)) for site in call.study.sites))
    step = Step(title="screen-new", lead="screen-lead", button="screen-new", items=(item("SITE", Text("Site", "研究中心"), Kind.CHOICE, codelist=sites),),
                commands=lambda values: (Screen(site=values["SITE"]),))  # fmt: skip

    def done(entries: tuple[Entry, ...]) -> HttpResponse:
        new = entries[0].event.subject
        return go(call, "subject", say=call.say("screened-as", subject=new), subject=new)

    return ask(call, step, done)


def consent(call: Call, subject: str) -> HttpResponse:
    """Record the consent; the consent page of the record, where the study has one, is filled in the same save."""
    version = item("VERSION", Text("Version of the consent form", "知情同意书版本号"), longest=40)

    def commands(values: Values) -> tuple[Command, ...]:
        given = Consent(subject=subject, on=values["ON"], version=values["VERSION"])
        page = _consent_page(call, subject, values)
        return (given, page) if page else (given,)

    step = Step(title="consent", lead="consent-lead", button="save", items=(ON, version), commands=commands)
    return _of_subject(call, step, subject, "consent-saved")


def _consent_page(call: Call, subject: str, values: Values) -> Answer | None:
    code, study = consent_form.FORM.code, call.study
    visit = next((visit.code for visit in study.visits if code in visit.forms), None)
    if visit is None or study.form(code) != consent_form.FORM or call.role not in study.form(code).entered_by:
        return None
    if call.subject(subject).page(visit, code).cells:
        return None
    return Answer(subject=subject, visit=visit, form=code,
                  entries={"AGREED": "Y", "CONSDAT": values["ON"].isoformat(), "CONSVER": values["VERSION"]})  # fmt: skip


def fail(call: Call, subject: str) -> HttpResponse:
    """End screening without enrollment."""
    from trialwright.capture.views.screening import open_criteria

    step = Step(title="fail", lead="fail-lead", button="fail", items=(ON, BECAUSE), stern=True,
                commands=lambda values: (FailScreening(subject=subject, on=values["ON"], because=values["BECAUSE"],
                                                       criteria=open_criteria(call, subject)),))  # fmt: skip
    return _of_subject(call, step, subject, "failed-saved")


def enroll(call: Call, subject: str) -> HttpResponse:
    """Take the subject in; the day is day 0 of every visit window. A refusal leads to the page that explains the criteria."""
    from trialwright.capture.views.screening import open_criteria

    step = Step(title="enroll", lead="enroll-lead", button="enroll", items=(ON,), commands=lambda values: (Enroll(subject=subject, on=values["ON"]),))
    to = "allocate" if call.role in Audience.PHYSICIAN | Audience.INVESTIGATOR else "subject"
    return _of_subject(call, step, subject, "enrolled-saved", to=to, open_criteria=open_criteria(call, subject))


def allocate(call: Call, subject: str) -> HttpResponse:
    """Bring the subject into an arm by the method of the study's reading."""
    by_clinician = call.study.chosen.method is Method.BY_CLINICIAN
    arms = Codelist(code="ARM", terms=tuple(Term(arm.code, arm.name) for arm in call.study.arms))
    items = (item("ARM", Text("Treatment", "治疗组"), Kind.CHOICE, codelist=arms), BECAUSE) if by_clinician else ()
    lead = {Method.BY_CLINICIAN: "allocate-clinician", Method.BY_RESPONSE: "allocate-response", Method.RANDOMIZED: "allocate-random"}
    step = Step(title="allocate", lead=lead[call.study.chosen.method], button="allocate", items=items, reveals=True,
                commands=lambda values: (Allocate(subject=subject, arm=values.get("ARM"), because=values.get("BECAUSE", "")),))  # fmt: skip
    return _of_subject(call, step, subject, "allocated-saved")


def withdraw(call: Call, subject: str) -> HttpResponse:
    """The subject leaves the study: the evaluator learns the bare fact, not the reason."""
    step = Step(title="withdraw", lead="withdraw-lead", button="withdraw", items=(ON, BECAUSE), stern=True,
                commands=lambda values: (Withdraw(subject=subject, on=values["ON"], because=values["BECAUSE"]),))  # fmt: skip
    return _of_subject(call, step, subject, "withdrawn-saved")


def complete(call: Call, subject: str) -> HttpResponse:
    """The planned follow-up is over."""
    step = Step(title="complete", lead="complete-lead", button="complete", items=(ON,),
                commands=lambda values: (Complete(subject=subject, on=values["ON"]),))  # fmt: skip
    return _of_subject(call, step, subject, "completed-saved")


def break_code(call: Call, subject: str) -> HttpResponse:
    """Open one subject's arm to somebody who treats and is blind; whoever measures, cleans or analyzes stays blind until lock."""
    if not blind_carers(call):
        raise refusal("not-found")
    roles = Codelist(code="ROLE", terms=tuple(Term(role.name or "", name) for role, name in blind_carers(call).items()))
    items = (item("ROLE", Text("Who must know", "需知情者"), Kind.CHOICE, codelist=roles), BECAUSE)
    step = Step(title="break", lead="break-lead", button="break", items=items, stern=True, reveals=True, second=True,
                commands=lambda values: (BreakCode(subject=subject, to=Audience[values["ROLE"]], second=values["SECOND"],
                                                   because=values["BECAUSE"]),))  # fmt: skip
    return _of_subject(call, step, subject, "broken-saved")


def blind_carers(call: Call) -> dict[Audience, Text]:
    """The roles to which an emergency may open an arm: none, where all who treat know it."""
    return {role: ROLE_NAMES[role] for role in call.study.blinded & ~NEVER_EARLY}


def _of_subject(call: Call, step: Step, subject: str, say: str, to: str = "subject", **more: Any) -> HttpResponse:
    call.subject(subject)
    return ask(call, step, lambda _: go(call, to, say=call.say(say, subject=subject), subject=subject), subject=subject, **more)
