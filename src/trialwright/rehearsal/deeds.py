"""Everything that anybody can do in a trial, drawn at random for any study, with the roles that may learn of it."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, timedelta
from functools import reduce
from operator import or_
from random import Random
from typing import ClassVar

from attrs import evolve, frozen

from trialwright.allocation.allocate import told_to
from trialwright.protocol import ALL, BARE, EVALUATION, SITE, TREATING, Absence, Audience, Form, Item, Kind, Study
from trialwright.record import (
    Act,
    Answer,
    AnswerQuery,
    AskQuery,
    Attach,
    BreakCode,
    Casebook,
    CloseQuery,
    Code,
    Command,
    Complete,
    Detach,
    Events,
    FailScreening,
    Freeze,
    MarkNotDone,
    Screen,
    Sign,
    SignOff,
    TakeOver,
    Thaw,
    Verify,
    Withdraw,
    refusal,
)
from trialwright.record.attachments import readers
from trialwright.record.events import Allocated, Consented, Enrolled, Screened
from trialwright.record.exports import EXPORTERS, Export, informed
from trialwright.rehearsal.filling import number

A = Audience
PEOPLE = ("S1", "S2", "S3")
"""Those who are enrolled when a world begins."""
STRANGERS = ("N1", "N2", "N3")
"""Those who come to screening later, and of whom the evaluator hears only when they are enrolled."""
NEWCOMERS = ("J1", "J2")
"""Those who are enrolled in the course of a world."""
ROWS = ("a", "b")


@frozen(kw_only=True)
class Deed:
    """One act of one role. `told` are all who may learn of it; `command` is what it does, given what its author knows then (None: nothing).

    `other` is the same deed with another arm, for worlds in which the arms are exchanged.
    """

    name: str
    role: Audience
    told: Audience
    command: Callable[[Casebook], Command | None]
    by: str = ""
    other: "Deed | None" = None


@frozen(kw_only=True)
class Joins:
    """A virtual person is screened, consents and is enrolled in one act, without the pages that this takes in a trial."""

    acts_as: ClassVar[Audience | None] = None
    subject: str

    def decide(self, book: Casebook, act: Act) -> Events:
        if book.knows(self.subject):
            raise refusal("already", when=act.today)
        return (Screened(label=SITE, subject=self.subject, site=act.study.sites[0]), Consented(label=SITE, subject=self.subject, on=act.today, version="1"),
                Enrolled(label=BARE, subject=self.subject, on=act.today))  # fmt: skip


@frozen(kw_only=True)
class Comes:
    """A virtual person comes into an arm, whatever the method of the study."""

    acts_as: ClassVar[Audience | None] = None
    subject: str
    arm: str
    because: str = "chosen"

    def decide(self, book: Casebook, act: Act) -> Events:
        if not book.knows(self.subject) or book.subject(self.subject).allocated:
            raise refusal("not-found")
        return (Allocated(label=told_to(act.study), subject=self.subject, arm=self.arm, method=act.study.chosen.method.value,
                          because=self.because),)  # fmt: skip


def deeds(study: Study, dice: Random) -> Iterator[Deed]:
    """Deeds without end, each sort about as often as any other."""
    makers: Sequence[Callable[[Study, Random], Deed | None]] = (
        _answers, _answers, _answers, _signs, _approves, _verifies, _codes, _freezes, _thaws, _asks, _asks, _replies, _closes, _screens, _fails,
        _joins, _allocates, _allocates, _opens, _signs_off, _completes, _withdraws, _not_done, _takes_over,
        _attaches, _detaches, _exports,
    )  # fmt: skip
    while True:
        deed = dice.choice(makers)(study, dice)
        if deed is not None:
            yield deed


def told_by(study: Study, role: Audience, label: Audience) -> Audience:
    """Who learns of an act of `role` on answers that carry `label`: the evaluator hears only of the acts of the blind."""
    return label if role in study.blinded else label & ~A.EVALUATOR


def _any(labels: Iterable[Audience]) -> Audience:
    return reduce(or_, labels, Audience(0))


def _page(study: Study, dice: Random, form: Form) -> tuple[str, str]:
    """A visit at which the form is asked, or the row of a log."""
    if form.repeats:
        return "", dice.choice(ROWS)
    return dice.choice([visit.code for visit in study.visits if form.code in visit.forms]), ""


def _used(study: Study) -> list[Form]:
    planned = {code for visit in study.visits for code in visit.forms} | set(study.logs)
    return [form for form in study.forms if form.code in planned]


def shares(study: Study) -> list[tuple[Form, Audience, Audience]]:
    """What one role may write on one form under one label: (form, role, label)."""
    return [(form, role, label) for form in _used(study) for label in dict.fromkeys(item.audience for item in form.items)
            for role in form.entered_by & study.roles & ~A.PATIENT
            if label.admits(role) and (A.EVALUATOR not in label or role in study.blinded)
            and any(item.audience == label and role in form.writers(item.code) for item in form.items)]  # fmt: skip


def _answers(study: Study, dice: Random) -> Deed:
    form, role, label = dice.choice(shares(study))
    items = [item for item in form.items if item.audience == label and role in form.writers(item.code)]
    some = [item for item in items if dice.random() < 0.7] or items[:1]
    entries = {item.code: value(item, dice) for item in some}
    hanging = (item.audience for item in form.items if item.shown is not None)
    visit, row = _page(study, dice, form)
    subject = dice.choice((*PEOPLE, *PEOPLE, *STRANGERS))
    told = Answer(subject=subject, visit=visit, form=form.code, row=row, entries=entries, reason="seen again")
    by = "evaluator2" if role is A.EVALUATOR and dice.random() < 0.2 else ""
    return Deed(name=f"answers {form.code}", role=role, by=by, told=_any((label, *hanging)), command=lambda book: told)


def value(item: Item, dice: Random) -> str | Absence:
    """An answer, mostly possible; now and then an absence, or something that is refused."""
    chance = dice.random()
    if chance < 0.05 and item.absences:
        return dice.choice(item.absences)
    if chance < 0.1:
        return dice.choice(("-99", "x" * 300, "2199-12-31", "1"))
    match item.kind:
        case Kind.INTEGER | Kind.DECIMAL:
            return number(item, dice.random())
        case Kind.CHOICE:
            return dice.choice(item.codelist.terms).code if item.codelist else ""
        case Kind.DATE | Kind.PARTIAL_DATE:
            return f"2026-01-0{dice.randint(1, 9)}"
        case Kind.TEXT:
            return f"words {dice.randint(0, 99)}"


def _signs(study: Study, dice: Random) -> Deed:
    form, role, _ = dice.choice(shares(study))
    visit, row = _page(study, dice, form)
    told = Sign(subject=dice.choice(PEOPLE), visit=visit, form=form.code, row=row)
    return Deed(name=f"signs {form.code}", role=role, command=lambda book: told,
                told=_any(told_by(study, role, item.audience) for item in form.seen_by(role)))  # fmt: skip


def _approves(study: Study, dice: Random) -> Deed:
    form, role = dice.choice(_used(study)), A.INVESTIGATOR
    visit, row = _page(study, dice, form)
    told = Sign(subject=dice.choice(PEOPLE), visit=visit, form=form.code, row=row, meaning="approved")
    return Deed(name=f"approves {form.code}", role=role, command=lambda book: told,
                told=_any(told_by(study, role, item.audience) for item in form.seen_by(role)))  # fmt: skip


def _verifies(study: Study, dice: Random) -> Deed:
    form, role = dice.choice(_used(study)), A.MONITOR
    visit, row = _page(study, dice, form)
    told = Verify(subject=dice.choice(PEOPLE), visit=visit, form=form.code, row=row)
    return Deed(name=f"verifies {form.code}", role=role, command=lambda book: told,
                told=_any(told_by(study, role, item.audience) for item in form.seen_by(role)))  # fmt: skip


def _codes(study: Study, dice: Random) -> Deed | None:
    form, role = dice.choice(_used(study)), dice.choice((A.SAFETY, A.PHYSICIAN, A.DATA_MANAGER))
    items = form.seen_by(role)
    if not items:
        return None
    item, (visit, row) = dice.choice(items), _page(study, dice, form)
    told = Code(subject=dice.choice(PEOPLE), visit=visit, form=form.code, row=row, item=item.code, dictionary="D", version="1",
                code=str(dice.randint(1, 9)), term="a term")  # fmt: skip
    return Deed(name=f"codes {form.code}.{item.code}", role=role, told=told_by(study, role, item.audience), command=lambda book: told)


def _closed(study: Study, dice: Random) -> tuple[Audience, str, str, str, str, Audience]:
    """Somebody who may close pages, the place, and who learns of it."""
    role = dice.choice((A.DATA_MANAGER, A.MONITOR))
    subject = dice.choice(PEOPLE)
    if role is A.DATA_MANAGER and dice.random() < 0.2:
        return role, subject, "", "", "", BARE
    form = dice.choice(_used(study))
    visit, row = _page(study, dice, form)
    return role, subject, visit, form.code, row, told_by(study, role, form.audience)


def _freezes(study: Study, dice: Random) -> Deed:
    role, subject, visit, form, row, label = _closed(study, dice)
    told = Freeze(subject=subject, visit=visit, form=form, row=row)
    return Deed(name=f"freezes {form or 'all'}", role=role, told=label, command=lambda book: told)


def _thaws(study: Study, dice: Random) -> Deed:
    role, subject, visit, form, row, label = _closed(study, dice)
    told = Thaw(subject=subject, visit=visit, form=form, row=row, because="closed too early")
    return Deed(name=f"thaws {form or 'all'}", role=role, told=label, command=lambda book: told)


def _asked(study: Study, dice: Random) -> tuple[Audience, Form, Item]:
    """Somebody who may ask about an item that he may read."""
    while True:
        form, role = dice.choice(_used(study)), dice.choice((A.DATA_MANAGER, A.MONITOR))
        items = form.seen_by(role)
        if items:
            return role, form, dice.choice(items)


def _asks(study: Study, dice: Random) -> Deed:
    role, form, item = _asked(study, dice)
    visit, row = _page(study, dice, form)
    told = AskQuery(subject=dice.choice(PEOPLE), visit=visit, form=form.code, row=row, item=item.code, question="Please look at the source again")
    return Deed(name=f"asks about {form.code}.{item.code}", role=role, told=item.audience, command=lambda book: told)


def _replies(study: Study, dice: Random) -> Deed | None:
    _, form, item = _asked(study, dice)
    able = [role for role in form.writers(item.code) & study.roles & ~A.PATIENT if item.audience.admits(role)]
    if not able:
        return None
    role, subject = dice.choice(able), dice.choice(PEOPLE)

    def command(book: Casebook) -> Command | None:
        query = _open(book, subject, form.code, item.code)
        return AnswerQuery(subject=subject, query=query, answer="it is as the source says") if query else None

    return Deed(name=f"replies about {form.code}.{item.code}", role=role, told=item.audience, command=command)


def _closes(study: Study, dice: Random) -> Deed:
    role, form, item = _asked(study, dice)
    subject = dice.choice(PEOPLE)

    def command(book: Casebook) -> Command | None:
        query = _open(book, subject, form.code, item.code)
        return CloseQuery(subject=subject, query=query) if query else None

    return Deed(name=f"closes about {form.code}.{item.code}", role=role, told=item.audience, command=command)


def _open(book: Casebook, subject: str, form: str, item: str) -> str:
    """The first open question about an item of a subject; "" when there is none."""
    known = book.subject(subject).queries if book.knows(subject) else {}
    return next((one.id for one in known.values() if one.open and (one.place[1], one.item) == (form, item)), "")


def _screens(study: Study, dice: Random) -> Deed:
    told = Screen(site=dice.choice(study.sites), subject=dice.choice(STRANGERS))
    return Deed(name="screens", role=A.COORDINATOR, told=SITE, command=lambda book: told)


def _fails(study: Study, dice: Random) -> Deed:
    subject = dice.choice(STRANGERS)

    def command(book: Casebook) -> Command | None:
        seen = book.entries(subject)
        return FailScreening(subject=subject, on=seen[0].at.date(), criteria=(), because="did not fit") if seen else None

    return Deed(name="fails screening", role=A.PHYSICIAN, told=SITE, command=command)


def _joins(study: Study, dice: Random) -> Deed:
    told = Joins(subject=dice.choice(NEWCOMERS))
    return Deed(name="joins", role=A.PHYSICIAN, told=ALL, command=lambda book: told)


def _allocates(study: Study, dice: Random) -> Deed:
    return allocated(study, dice.choice((*PEOPLE, *PEOPLE, *NEWCOMERS)), dice.choice(study.arms).code)


def allocated(study: Study, subject: str, arm: str) -> Deed:
    """The subject comes into an arm; in the other world into the next one."""
    arms = [one.code for one in study.arms]

    def deed(arm: str) -> Deed:
        told = Comes(subject=subject, arm=arm)
        return Deed(name=f"allocates {arm}", role=A.PHYSICIAN, told=TREATING & ~study.blinded, command=lambda book: told)

    return evolve(deed(arm), other=deed(arms[(arms.index(arm) + 1) % len(arms)]))


def _opens(study: Study, dice: Random) -> Deed:
    told = BreakCode(subject=dice.choice(PEOPLE), to=A.SAFETY, second="", because="an emergency", emergency=True)
    return Deed(name="opens the code", role=A.PHYSICIAN, told=TREATING, command=lambda book: told)


def _signs_off(study: Study, dice: Random) -> Deed:
    role = dice.choice((A.INVESTIGATOR, A.DATA_MANAGER, A.MONITOR))
    told = SignOff(subject=dice.choice((*PEOPLE, "")), meaning=dice.choice(("casebook approved", "trail reviewed", "ready to lock")))
    bare = SITE & ~A.STATISTICIAN & ~A.CUSTODIAN
    return Deed(name="signs off", role=role, told=bare | role | A.CUSTODIAN, command=lambda book: told)


def _completes(study: Study, dice: Random) -> Deed:
    return _ends(dice, "completes", lambda subject, on: Complete(subject=subject, on=on), ALL, A.COORDINATOR)


def _withdraws(study: Study, dice: Random) -> Deed:
    return _ends(dice, "withdraws", lambda subject, on: Withdraw(subject=subject, on=on, because="his own wish"), ALL, A.PHYSICIAN)


def _ends(dice: Random, name: str, how: Callable[[str, date], Command], label: Audience, role: Audience) -> Deed:
    subject, later = dice.choice(PEOPLE), dice.randint(0, 3)

    def command(book: Casebook) -> Command | None:
        index = book.subject(subject).index_date
        return how(subject, index + timedelta(days=later)) if index else None

    return Deed(name=name, role=role, told=label, command=command)


def _not_done(study: Study, dice: Random) -> Deed | None:
    form, role, _ = dice.choice(shares(study))
    if form.repeats:
        return None
    told = MarkNotDone(subject=dice.choice(PEOPLE), visit=_page(study, dice, form)[0], form=form.code, reason="did not come")
    return Deed(name=f"marks {form.code} not done", role=role, told=told_by(study, role, form.audience), command=lambda book: told)


def _takes_over(study: Study, dice: Random) -> Deed:
    told = TakeOver(subject=dice.choice(PEOPLE), because="the other one is ill")
    return Deed(name="takes over", role=A.EVALUATOR, by=dice.choice(("evaluator", "evaluator2")), told=EVALUATION, command=lambda book: told)


def _attaches(study: Study, dice: Random) -> Deed | None:
    form, role, _ = dice.choice(shares(study))
    label, (visit, row) = readers(study, form), _page(study, dice, form)
    if role not in label:
        return None
    told = Attach(subject=dice.choice(PEOPLE), visit=visit, form=form.code, row=row, name="scan.pdf", media="application/pdf", size=dice.randint(1, 9999),
                  sha256=f"{dice.getrandbits(256):064x}")  # fmt: skip
    return Deed(name=f"attaches to {form.code}", role=role, told=label, command=lambda book: told)


def _detaches(study: Study, dice: Random) -> Deed:
    subject, role = dice.choice(PEOPLE), dice.choice((A.COORDINATOR, A.PHYSICIAN))

    def command(book: Casebook) -> Command | None:
        files = [one.event.attachment for page in book.subject(subject).pages.values() for one in page.attachments if not one.withdrawn]
        return Detach(subject=subject, attachment=files[0], because="of another patient") if files else None

    return Deed(name="withdraws a file", role=role, told=_any(readers(study, form) for form in _used(study)), command=command)


def _exports(study: Study, dice: Random) -> Deed:
    role = dice.choice(list(EXPORTERS))
    told = Export(purpose=f"words {dice.randint(0, 99)}", recipient="a registry", basis="ethics approval", digest=f"{dice.getrandbits(256):064x}")
    return Deed(name="takes a copy", role=role, told=informed(study, role), command=lambda book: told)
