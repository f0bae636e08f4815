"""What the checks of the study find on one page, for somebody who may read everything on which they rest."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta

from attrs import frozen

from trialwright.protocol import Audience, Check, Glance, Study, Text, Unreadable, Value
from trialwright.record.casebook import Subject
from trialwright.record.pages import Place


@frozen(kw_only=True)
class Finding:
    """A check that does not hold, and the sentence that says so."""

    check: Check
    because: Text


def findings(study: Study, subject: Subject, role: Audience, place: Place, answers: Mapping[str, str]) -> tuple[Finding, ...]:
    """What the checks of the form at `place` say of a page with these `answers` (item and written value), hard ones first.

    `subject` is the subject as `role` may know it. A check that uses an item which `role` may not read is not asked at all.
    """
    found = [Finding(check=check, because=because) for check in study.checks
             if check.form == place[1] and all(study.item(*where).audience.admits(role) for where in check.items)
             and (because := check.by(_glance(study, subject, place, answers, check))) is not None]  # fmt: skip
    return tuple(sorted(found, key=lambda one: not one.check.hard))


def _glance(study: Study, subject: Subject, place: Place, answers: Mapping[str, str], check: Check) -> Glance:
    form = study.form(check.form)
    here = {item: value for item in check.reads if item in answers and (value := read(study, check.form, item, answers[item])) is not None}
    return Glance(here=here, labels={item: form.item(item).label for item in check.reads},
                  elsewhere={where: tuple(_elsewhere(study, subject, place, *where)) for where in check.elsewhere},
                  window=_window(study, subject, place[0]) if "window" in check.glances else None,
                  consented=subject.consented if "consented" in check.glances else None,
                  index_date=subject.index_date if "index_date" in check.glances else None)  # fmt: skip


def read(study: Study, form: str, item: str, text: str) -> Value | None:
    """The typed answer; None for one that was erased."""
    try:
        return study.item(form, item).recall(text)
    except Unreadable:
        return None


def _elsewhere(study: Study, subject: Subject, place: Place, form: str, item: str) -> Iterator[tuple[str, Value]]:
    for where, page in subject.pages.items():
        if where != place and where[1] == form and item in page.answers:
            value = read(study, form, item, page.answers[item])
            if value is not None:
                yield where[0], value


def _window(study: Study, subject: Subject, visit: str) -> tuple[date, date] | None:
    if not visit or subject.index_date is None:
        return None
    planned = study.visit(visit)
    return subject.index_date + timedelta(days=planned.first_day), subject.index_date + timedelta(days=planned.last_day)
