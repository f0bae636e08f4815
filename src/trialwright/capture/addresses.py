"""Which view answers which route."""

from collections.abc import Callable

from django.http import HttpResponse

from trialwright.capture.desk import Call
from trialwright.capture.login import log_out
from trialwright.capture.views import (
    balance,
    casebook,
    casereport,
    closing,
    coding,
    evaluator,
    laboratory,
    matrix,
    monitoring,
    people,
    personal_link,
    phone,
    questions,
    review,
    safety,
    screening,
    steps,
    study_page,
    subjects,
)

CallView = Callable[..., HttpResponse]


def home(call: Call) -> HttpResponse:
    """The evaluator's worklist, or everybody else's matrix."""
    return evaluator.worklist(call) if call.blind_world else matrix.home(call, (*safety.tasks(call), *personal_link.tasks(call), *coding.tasks(call)))


VIEWS: dict[str, CallView] = {
    "logout": log_out,
    "password": people.password,
    "people": people.people,
    "person-new": people.person_new,
    "person": people.person,
    "home": home,
    "screen": steps.screen,
    "subject": subjects.subject,
    "screening": screening.screening,
    "consent": steps.consent,
    "fail": steps.fail,
    "enroll": steps.enroll,
    "allocate": steps.allocate,
    "withdraw": steps.withdraw,
    "complete": steps.complete,
    "break": steps.break_code,
    "phone-form": phone.form,
    "link": personal_link.link,
    "trail": subjects.trail,
    "casebook": casebook.casebook,
    "visit": subjects.visit,
    "form": casereport.form,
    "not-done": casereport.not_done,
    "sign": casereport.sign,
    "follows": casereport.follows,
    "row-follows": casereport.follows,
    "history": casereport.history,
    "item": casereport.item,
    "row-item": casereport.item,
    "ask": questions.ask_page,
    "coding": coding.coding,
    "code": coding.code,
    "row-code": coding.code,
    "log": casereport.log,
    "row": casereport.row,
    "row-sign": casereport.sign,
    "row-history": casereport.history,
    "row-ask": questions.ask_row,
    "learned": evaluator.learned,
    "take-over": evaluator.take_over,
    "verify": review.verify,
    "row-verify": review.verify,
    "freeze": review.freeze,
    "row-freeze": review.freeze,
    "thaw": review.thaw,
    "row-thaw": review.thaw,
    "freeze-all": review.freeze,
    "thaw-all": review.thaw,
    "sign-off": review.sign_off,
    "review": review.overview,
    "agree": closing.agree,
    "unlock": closing.unlock,
    "changes": closing.changes,
    "queries": questions.queries,
    "laboratory": laboratory.laboratory,
    "answer": questions.answer,
    "close": questions.close,
    "entry": subjects.entry,
    "study": study_page.study_page,
    "balance": balance.balance,
    "safety": safety.overview,
    "event": safety.event,
    "event-file": safety.event_file,
    "monitoring": monitoring.monitoring,
    "seal": closing.seal,
    "lock": closing.lock,
    "release": closing.release,
}
