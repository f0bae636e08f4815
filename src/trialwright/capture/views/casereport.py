"""A page of the case report form: shown, filled, corrected with a reason, signed, or marked as not done; every answer keeps its history."""

from collections.abc import Sequence
from functools import reduce
from operator import or_
from typing import Any

from attrs import evolve, frozen
from django.http import HttpResponse
from django.urls import reverse

from trialwright.capture.accounts import note
from trialwright.capture.checking import Asked, asked, standing
from trialwright.capture.desk import Call
from trialwright.capture.fields import Field, read, returned, saved, typed
from trialwright.capture.login import is_them
from trialwright.capture.pages import go, render
from trialwright.capture.policy import REVIEWERS
from trialwright.capture.telling import by_phone, value_of
from trialwright.capture.views import evaluator
from trialwright.capture.views.matrix import days, state
from trialwright.capture.views.steps import BECAUSE, Step, ask
from trialwright.protocol import Audience, Form, Item, Text, Wrong, role_names
from trialwright.record import (
    Act,
    Answer,
    Conclusion,
    Entry,
    MarkNotDone,
    Page,
    Query,
    Refused,
    Sign,
    Subject,
    conclusions,
    refusal,
)
from trialwright.record.answers import fillable
from trialwright.record.attachments import readers
from trialwright.record.coding import read_path
from trialwright.record.commands import same_evaluator, thawed
from trialwright.record.events import Corrected, Verified
from trialwright.record.signatures import MEANINGS, unanswered

NEW = "new"


@frozen(kw_only=True)
class Place:
    """One page of one subject, as one reader may know it. `row` is "" for a page of a visit and "new" for a row not yet begun."""

    call: Call
    subject: Subject
    visit: str
    form: Form
    row: str

    @property
    def page(self) -> Page:
        return self.subject.page(self.visit, self.form.code, self.row)

    @property
    def items(self) -> tuple[Item, ...]:
        """What this person may read here; of what is no longer asked, only what was answered."""
        return tuple(item for item in self.form.seen_by(self.call.role) if not item.retired or item.code in self.page.cells)

    @property
    def queries(self) -> tuple[Query, ...]:
        """The questions about this page, open ones first."""
        here = [one for one in self.subject.queries.values() if one.place == (self.visit, self.form.code, self.row)]
        return tuple(sorted(here, key=lambda query: (not query.open, query.asked.at)))

    def url(self, what: str = "", **more: str) -> str:
        """The address of this page, or of its history, its signature, a question about it."""
        where = {"subject": self.subject.id, "form": self.form.code, **more}
        if self.form.repeats:
            return reverse(f"row-{what}" if what else "row", kwargs={**where, "row": self.row})
        return reverse(what or "form", kwargs={**where, "visit": self.visit})

    @property
    def closed(self) -> Text | None:
        """Why this person cannot fill this page now, or None when he can."""
        act = Act(study=self.call.study, by=self.call.account, role=self.call.role, at=self.call.now, draw=self.call.desk.draw)
        try:
            if self.call.book.locked:
                raise refusal("locked")
            fillable(act, self.subject, self.visit, self.form.code, self.row)
            thawed(act, self.subject, self.visit, self.form.code, self.row)
            same_evaluator(act, self.subject)
        except Refused as refused:
            return refused.because
        return None

    @property
    def attachable(self) -> bool:
        """Whether this person may lay a file beside this page: he fills it, is not blind, and the page is there."""
        begun = not self.form.repeats or (self.visit, self.form.code, self.row) in self.subject.pages
        mine = self.call.role in self.form.entered_by and self.call.role in readers(self.call.study, self.form)
        return begun and mine and self.call.desk.attachments is not None

    @property
    def concludes(self) -> bool:
        """Whether the study concludes something from such a page that this person may know."""
        study = self.call.study
        return any(one.form == self.form.code and all(study.item(*where).audience.admits(self.call.role) for where in one.items)
                   for one in (*study.scores, *study.watches))  # fmt: skip

    @property
    def freezable(self) -> bool:
        """Whether this person may close this page to changes, or open it again: never on the evaluator's page when he is not blind himself."""
        blind = self.call.role in self.call.study.blinded
        return (self.call.role in REVIEWERS and bool(self.page.cells) and not self.call.book.locked
                and (blind or Audience.EVALUATOR not in self.form.entered_by))  # fmt: skip

    def may_close(self, query: Query) -> bool:
        """Whether this person may close a question: what the evaluator reads is closed by somebody who is blind."""
        hidden = not query.asked.event.label.admits(Audience.EVALUATOR)
        return self.call.role in REVIEWERS and not self.call.book.locked and (hidden or self.call.role in self.call.study.blinded)

    @property
    def signable(self) -> bool:
        """Whether this person may put his name under it: who filled it, or the investigator."""
        if self.call.book.locked or not self.page.cells:
            return False
        return self.call.role is Audience.INVESTIGATOR or self.call.role in self.form.entered_by


def concluded(here: Place) -> tuple[Conclusion, ...]:
    """What the study concludes from the answers of this page as they stand on the screen, typed or saved."""
    call, place = here.call, (here.visit, here.form.code, here.row)
    return conclusions(call.study, here.subject, call.role, place, typed(here.page, here.items, call.request.POST))


def place(call: Call, subject: str, visit: str, form: str, row: str = "") -> Place:
    """The place, or a `KeyError` for what is not planned, hidden or absent."""
    known, planned = call.subject(subject), call.study.form(form)
    here = planned.repeats and form in call.study.logs if not visit else form in call.study.visit(visit).forms and not planned.repeats
    if not here or not planned.seen_by(call.role) or (row not in ("", NEW) and (visit, form, row) not in known.pages):
        raise KeyError(form if row in ("", NEW) else row)
    found = Place(call=call, subject=known, visit=visit, form=planned, row=row)
    if call.blind_world and not evaluator.open_to_him(call, known, visit, planned):
        raise KeyError(form)
    return found


def form(call: Call, subject: str, visit: str, form: str) -> HttpResponse:
    """A page of a visit."""
    return _page(place(call, subject, visit, form))


def row(call: Call, subject: str, form: str, row: str) -> HttpResponse:
    """A row of a log; "new" begins one."""
    return _page(place(call, subject, "", form, row))


def log(call: Call, subject: str, form: str) -> HttpResponse:
    """All rows of a log; of what is no longer asked, what some row answered."""
    here = place(call, subject, "", form)
    pages = here.subject.rows(form)
    items = [item for item in here.form.seen_by(call.role) if not item.retired or any(item.code in page.cells for page in pages)]
    rows = [(page, [(item, page.cells.get(item.code)) for item in items]) for page in pages]
    return render(call, "log.html", place=here, subject=here.subject, form=here.form, rows=rows, reveals=_reveals(here.items),
                  closed=evolve(here, row=NEW).closed)  # fmt: skip


def follows(call: Call, subject: str, form: str, visit: str = "", row: str = "") -> HttpResponse:
    """What follows from what is typed, as a part of the page that is being filled. Nothing is saved by it."""
    here = place(call, subject, visit, form, row)
    if here.closed is not None:
        raise KeyError(form)
    return render(call, "follows.html", follows=concluded(here))


def _page(here: Place) -> HttpResponse:
    if here.call.request.method == "POST":
        return _save(here)
    return _show(here, saved(here.page, here.items, here.queries))


def _show(here: Place, fields: Sequence[Field], problem: Refused | None = None, status: int = 200, told: Asked | None = None) -> HttpResponse:
    call, visit = here.call, here.call.study.visit(here.visit) if here.visit else None
    by_code = {field.item.code: field for field in fields}
    sections = [(section, [by_code[item.code] for item in section.items if item.code in by_code]) for section in here.form.sections]
    context: dict[str, Any] = {
        "place": here, "subject": here.subject, "form": here.form, "visit": visit, "page": here.page, "problem": problem,
        "closed": here.closed, "reason": call.request.POST.get("reason", ""), "reveals": _reveals(here.items),
        "sections": [(section, some) for section, some in sections if some],
        "missing": len(unanswered(here.form, here.page, call.role)), "follows": concluded(here), "concludes": here.concludes,
        "asked": told or Asked(), "clashes": [field for field in fields if field.conflict],
        "standing": standing(call, here.subject, here.form, here.page),
        "state": state(call, here.subject, visit, here.form) if visit else None,
        "when": days(call, here.subject, visit) if visit else "",
    }  # fmt: skip
    if here.form.body_map and call.role in here.form.entered_by and context["closed"] is None:
        return evaluator.body_map(call, status, fields, context)
    return render(call, "form.html", status=status, **context)


def _reveals(items: Sequence[Item]) -> bool:
    return any(item.hints_at_arm for item in items)


def _save(here: Place) -> HttpResponse:
    call = here.call
    sent = call.request.POST
    reading = read(here.page, here.items, sent, call.today)
    told = asked(call, here.subject, here.form, here.page, reading, sent)
    try:
        if told.wrongs:
            raise refusal("wrong-entries", wrongs=told.wrongs, count=len(told.wrongs))
        if reading.entries:
            code = evaluator.new_row(call, here.subject, here.form) if here.row == NEW else here.row
            call.do(Answer(subject=here.subject.id, visit=here.visit, form=here.form.code, row=code, entries=reading.entries,
                           reason=sent.get("reason", ""), seen=reading.seen, confirmed=told.confirmed))  # fmt: skip
            here = evolve(here, subject=call.subject(here.subject.id), row=code)
    except Refused as refused:
        if refused.code in ("not-found", "not-yours"):
            raise refusal("not-found") from None
        fields = returned(here.page, here.items, sent, refused.wrongs, reading.unusual, refused.conflicts, here.queries)
        return _show(here, fields, refused, status=409 if refused.conflicts else 422, told=told)
    return _after(here, len(reading.entries), len(told.falls))


def _after(here: Place, count: int, fell: int) -> HttpResponse:
    call = here.call
    at = call.now.astimezone(call.zone).strftime("%H:%M:%S")
    lacks = unanswered(here.form, here.page, call.role)
    if here.row == NEW:
        return go(call, "log", say=call.say("nothing-changed"), subject=here.subject.id, form=here.form.code)
    say = call.say("saved" if count else "nothing-changed", at=at, count=count) + (" " + _lacks(here, lacks) if lacks else "")
    say += " " + call.say("fell", count=fell) if fell else ""
    failed = sum(one.hard for one in standing(call, here.subject, here.form, here.page))
    say += " " + call.say("cannot-sign", count=failed) if failed else ""
    where = {"subject": here.subject.id, "form": here.form.code, **({"row": here.row} if here.form.repeats else {"visit": here.visit})}
    if call.request.POST.get("then") == "sign" and not lacks and not failed:
        return go(call, "row-sign" if here.form.repeats else "sign", say=say, **where)
    if call.blind_world and not lacks and not failed:
        return go(call, "home", say=say)
    if here.form.repeats and not failed:
        return go(call, "log", say=say, subject=here.subject.id, form=here.form.code)
    return go(call, "row" if here.form.repeats else "form", say=say, **where)


def _lacks(here: Place, lacks: Sequence[Item]) -> str:
    """How many answers a page still lacks, and who alone can give some of them."""
    call, others = here.call, [item for item in lacks if here.call.role not in here.form.writers(item.code)]
    who = reduce(or_, (here.form.writers(item.code) for item in others), Audience(0))
    return call.say("lacks", count=len(lacks)) + (" " + call.say("lacks-others", count=len(others), who=role_names(who)) if others else "")


def not_done(call: Call, subject: str, visit: str, form: str) -> HttpResponse:
    """Say that a page was not done at this visit, and why."""
    here = place(call, subject, visit, form)
    if call.role not in here.form.entered_by:
        raise KeyError(form)
    step = Step(title="not-done", lead="not-done-lead", button="not-done", items=(BECAUSE,),
                commands=lambda values: (MarkNotDone(subject=subject, visit=visit, form=form, reason=values["BECAUSE"]),))  # fmt: skip
    if call.blind_world:
        return ask(call, step, lambda _: go(call, "home", say=call.say("not-done-saved")))
    return ask(call, step, lambda _: go(call, "form", say=call.say("not-done-saved"), subject=subject, visit=visit, form=form), subject=subject)


def sign(call: Call, subject: str, form: str, visit: str = "", row: str = "") -> HttpResponse:
    """Put one's name under a page: the password again, and what the signature means."""
    here = place(call, subject, visit, form, row)
    if not here.signable:
        raise KeyError(form)
    problem = None
    meanings = {code: words for code, words in MEANINGS.items() if code != "authored" or not here.page.by_patient}
    meaning = call.request.POST.get("meaning", next(iter(meanings)) if call.role in here.form.entered_by else "approved")
    if call.request.method == "POST":
        try:
            _signed(here, meaning)
            if call.blind_world:
                return go(call, "home", say=call.say("signed"))
            return go(call, "row" if row else "form", say=call.say("signed"), subject=subject, form=form, **({"row": row} if row else {"visit": visit}))
        except Refused as refused:
            if refused.code == "not-found":
                raise
            problem = refused
    values = [(item, here.page.cells.get(item.code)) for item in here.items]
    visit_name = call.study.visit(visit).name if visit else None
    return render(call, "sign.html", status=422 if problem else 200, place=here, subject=here.subject, form=here.form, visit_name=visit_name,
                  values=values, total=evaluator.total_of(call, here.form, here.page), meanings=meanings,
                  meaning=meaning, problem=problem, reveals=_reveals(here.items))  # fmt: skip


def _signed(here: Place, meaning: str) -> None:
    call = here.call
    if not is_them(call, call.account, call.request.POST.get("password", "")):
        note("signature refused", call.account, call.role, call.now)
        wrong = Wrong(item="PASSWORD", because=Text("This is not your password. Type it again.", "密码不正确，请重新输入。"))
        raise refusal("wrong-entries", wrongs=(wrong,), count=1)
    call.do(Sign(subject=here.subject.id, visit=here.visit, form=here.form.code, row=here.row, meaning=meaning))
    note("signed", call.account, call.role, call.now)


@frozen(kw_only=True)
class Change:
    """One entry in the history of an answer: old and new value, why it changed, why an unusual one is right, and when a phone told it."""

    entry: Entry
    old: str
    new: str
    why: str
    confirmed: str = ""
    by_phone: str = ""


def item(call: Call, subject: str, form: str, item: str, visit: str = "", row: str = "") -> HttpResponse:
    """All about one answer: its history, the questions about it, whether it was verified, its code and its source."""
    here = place(call, subject, visit, form, row)
    if item not in [one.code for one in here.items]:
        raise KeyError(item)
    asked, page = here.form.item(item), here.page
    coded = page.code_of(item)
    done = [entry for entry in page.verified if isinstance(event := entry.event, Verified) and item not in event.excepted.split(",")
            and item in page.cells and page.bound(event.digest, asked.audience, event.excepted.split(","))]  # fmt: skip
    return render(call, "item.html", place=here, subject=here.subject, form=here.form, item=asked, cell=page.cells.get(item),
                  visit_name=call.study.visit(visit).name if visit else None, changes=_changes(here, asked), coded=coded,
                  above=read_path(coded.path) if coded else (),
                  queries=[one for one in here.queries if one.item == item], verified=done[-1] if done else None,
                  reveals=asked.hints_at_arm)  # fmt: skip


def _changes(here: Place, item: Item) -> list[Change]:
    """The entries of one answer, oldest first, as changes from one value to the next."""
    changes, old = [], "—"
    for entry in here.page.cells.get(item.code, ()):
        event = entry.event
        new = value_of(here.call, here.form.code, item.code, getattr(event, "value", None), getattr(event, "absence", None))
        changes.append(Change(entry=entry, old=old, new=new, why=event.reason if isinstance(event, Corrected) else "",
                              confirmed=getattr(event, "confirmed", ""), by_phone=by_phone(here.call, entry)))  # fmt: skip
        old = new
    return changes


def history(call: Call, subject: str, form: str, visit: str = "", row: str = "") -> HttpResponse:
    """Who wrote which answer of a page, when, from what to what, and why."""
    here = place(call, subject, visit, form, row)
    items = [(one, changes) for one in here.items if (changes := _changes(here, one))]
    visit_name = call.study.visit(visit).name if visit else None
    return render(call, "history.html", place=here, subject=here.subject, form=here.form, visit_name=visit_name, items=items,
                  signatures=here.page.signatures, not_done=here.page.not_done, meanings=MEANINGS, reveals=_reveals(here.items))  # fmt: skip
