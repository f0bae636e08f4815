"""Where every subject stands in the schedule: what is due, done, late or missed, computed and never stored."""

from datetime import date, timedelta
from enum import Enum
from zoneinfo import ZoneInfo

from attrs import frozen

from trialwright.protocol import Audience, Form, Study, Text, Visit
from trialwright.record.casebook import Subject
from trialwright.record.pages import Page
from trialwright.record.signatures import unanswered


class Status(Enum):
    """The state of one page, or of one visit."""

    NOT_DUE = "not due"
    DUE = "due"
    IN_PROGRESS = "in progress"
    COMPLETE = "complete"
    SIGNED = "signed"
    OVERDUE = "overdue"
    NOT_DONE = "not done"
    LOCKED = "locked"


STATUS_NAMES = {
    Status.NOT_DUE: Text("not due", "未到期"),
    Status.DUE: Text("due", "待填"),
    Status.IN_PROGRESS: Text("in progress", "填写中"),
    Status.COMPLETE: Text("complete", "已完成"),
    Status.SIGNED: Text("signed", "已签名"),
    Status.OVERDUE: Text("overdue", "超窗"),
    Status.NOT_DONE: Text("not done", "未做"),
    Status.LOCKED: Text("locked", "已锁定"),
}


@frozen(kw_only=True)
class Window:
    """The days on which a visit of one subject may take place."""

    first: date
    planned: date
    last: date

    def holds(self, day: date) -> bool:
        return self.first <= day <= self.last


def window(visit: Visit, subject: Subject) -> Window | None:
    """The window of `visit` for this subject; None before the index date is known."""
    if subject.index_date is None:
        return None
    planned = subject.index_date + timedelta(days=visit.day)
    return Window(first=planned - timedelta(days=visit.early), planned=planned, last=planned + timedelta(days=visit.late))


def expected(study: Study, subject: Subject, visit: Visit, form: Form) -> bool:
    """Whether this page was ever to be filled: not one of which nothing is asked any more, nor one that an amendment brought
    to the visit when its window was over.
    """
    came, span = dict(visit.since).get(form.code), window(visit, subject)
    late = came is not None and span is not None and span.last < came.astimezone(ZoneInfo(study.time_zone)).date()
    return not (form.retired or late)


def status(study: Study, subject: Subject, visit: Visit, form: Form, role: Audience, today: date, *, locked: bool = False) -> Status:
    """The state of one page as `role` may know it."""
    page = subject.page(visit.code, form.code)
    if page.cells or page.not_done:
        return Status.LOCKED if locked else _filled(form, page, role)
    if subject.failed or (subject.ended and not _reached(visit, subject)) or not expected(study, subject, visit, form):
        return Status.NOT_DONE
    span = window(visit, subject)
    if span is None:
        return Status.DUE if visit.day <= 0 else Status.NOT_DUE
    if today < span.first:
        return Status.NOT_DUE
    return Status.DUE if today <= span.last else Status.OVERDUE


def _filled(form: Form, page: Page, role: Audience) -> Status:
    if page.not_done:
        return Status.NOT_DONE
    if unanswered(form, page, role):
        return Status.IN_PROGRESS
    return Status.SIGNED if page.fully_signed else Status.COMPLETE


def _reached(visit: Visit, subject: Subject) -> bool:
    span = window(visit, subject)
    return span is not None and subject.ended is not None and span.first <= subject.ended


_WORST = (Status.OVERDUE, Status.IN_PROGRESS, Status.DUE, Status.NOT_DUE, Status.COMPLETE, Status.SIGNED, Status.LOCKED, Status.NOT_DONE)


def visit_status(study: Study, subject: Subject, visit: Visit, role: Audience, today: date, *, locked: bool = False) -> Status | None:
    """The state of a whole visit for `role`: that of its most pressing page; None when the role has no page there."""
    found = {status(study, subject, visit, study.form(code), role, today, locked=locked)
             for code in visit.forms if study.form(code).seen_by(role)}  # fmt: skip
    return next((one for one in _WORST if one in found), None)
