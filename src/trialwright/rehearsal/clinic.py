"""The demo people at work: one account for each role, who fill, sign, question and correct pages through the commands that everybody uses."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal

from attrs import Factory, define, frozen

from trialwright.blinding import Actor, Gate
from trialwright.protocol import Absence, Audience, Form, Study
from trialwright.record import Answer, Code, Command, Entry, HandIn, MarkNotDone, Sign, Subject, verbatims
from trialwright.rehearsal.behavior import Behavior, Entries, Row, Update
from trialwright.rehearsal.filling import completed, slip
from trialwright.rehearsal.patients import Occasion, Person

A = Audience
PEOPLE: Mapping[Audience, Actor] = {
    role: Actor(name=(role.name or "").lower().replace("_", ""), role=role) for role in A if role is not A.PATIENT
}
"""One account for each role at work, named by the role."""

_FILLERS = (A.COORDINATOR, A.EVALUATOR, A.PHYSICIAN, A.SAFETY, A.INVESTIGATOR, A.DATA_MANAGER, A.MONITOR)
TICK = timedelta(seconds=20)
"""Time that one command takes a person."""


@frozen(kw_only=True)
class Step:
    """What one person did: an entry of the log of the rehearsal."""

    at: datetime
    by: str
    did: str
    subject: str
    page: str = ""


Place = tuple[str, str, str]


@frozen(kw_only=True)
class Pending:
    """A change of a log row that waits for its day."""

    place: Place
    by: Audience
    update: Update


@define
class Desk:
    """What the clinic still has to do for one subject."""

    unapproved: list[Place] = Factory(list)
    pending: list[Pending] = Factory(list)


@define(slots=False)
class Clinic:
    """The people, the gate they go through, and the clock on the wall (`now`, which never runs back)."""

    gate: Gate
    behavior: Behavior
    now: datetime
    log: list[Step] = Factory(list)
    desks: dict[str, Desk] = Factory(dict)

    @property
    def study(self) -> Study:
        return self.gate.study

    def do(self, role: Audience, command: Command) -> tuple[Entry, ...]:
        """`role` carries out `command` now; the clock moves on a little."""
        return self.by(PEOPLE[role], command)

    def by(self, actor: Actor, command: Command) -> tuple[Entry, ...]:
        """This actor carries out `command` now."""
        entries = self.gate.do(actor, command, self.now)
        place = " ".join(part for part in (getattr(command, name, "") for name in ("visit", "form", "row")) if part)
        subject = getattr(command, "subject", "") or (entries[0].event.subject if entries else "")
        self.log.append(Step(at=self.now, by=actor.name, did=type(command).__name__, subject=subject, page=place))
        self.now += TICK
        return entries

    def sees(self, id: str) -> Subject:
        """The subject as those who treat him know him."""
        return self.gate.casebook(A.PHYSICIAN).subject(id)

    def desk(self, id: str) -> Desk:
        return self.desks.setdefault(id, Desk())

    def writers(self, form: Form) -> dict[Audience, list[str]]:
        """Who fills which items: the first role that may; what the evaluator reads is written by the blind alone."""
        told: dict[Audience, list[str]] = {}
        roles = [role for role in _FILLERS if role in form.entered_by and role in self.study.roles]
        for item in form.items:
            for role in roles:
                blind_enough = A.EVALUATOR not in item.audience or role in self.study.blinded
                if item.audience.admits(role) and blind_enough and role in form.writers(item.code):
                    told.setdefault(role, []).append(item.code)
                    break
        return told

    def writer(self, form: Form) -> Audience | None:
        """Who fills most of a form first; None for what only the patient fills."""
        return next(iter(self.writers(form)), None)

    def fill(
        self, id: str, form: Form, entries: Entries, *, visit: str = "", row: str = "", slips: Person | None = None
    ) -> None:
        """Saves a page (one save for each person who has a share in it); each then signs it."""
        for role, share in self.turns(form, entries):
            wrong = self._slip(form, share, slips)
            self.do(role, Answer(subject=id, visit=visit, form=form.code, row=row, entries=share | wrong))
            if wrong:
                right = {code: share[code] for code in wrong}
                reason = "Typing error, corrected from the source"
                self.do(role, Answer(subject=id, visit=visit, form=form.code, row=row, entries=right, reason=reason))
        for role in self.writers(form):
            self.do(role, Sign(subject=id, visit=visit, form=form.code, row=row))
        self.hand_in(id, (visit, form.code, row))

    def turns(self, form: Form, entries: Entries) -> Iterator[tuple[Audience, dict[str, str | Absence]]]:
        """Who writes what, in turns: what hangs on an answer of somebody else is written once that one stands."""
        by = {code: role for role, codes in self.writers(form).items() for code in codes if code in entries}

        def ready(code: str) -> bool:
            shown = form.item(code).shown
            return shown is None or shown.item not in by or (by[shown.item] is by[code] and ready(shown.item))

        while by:
            role = next(by[code] for code in by if ready(code))
            share = {code: entries[code] for code in by if by[code] is role and ready(code)}
            yield role, share
            by = {code: other for code, other in by.items() if code not in share}

    def _slip(self, form: Form, share: Entries, person: Person | None) -> dict[str, str]:
        if person is None:
            return {}
        options = {
            code: wrong
            for code, text in share.items()
            if isinstance(text, str) and (wrong := slip(form.item(code), text))
        }
        if not options:
            return {}
        code = person.dice("slip", form.code).choice(sorted(options))
        return {code: options[code]}

    def hand_in(self, id: str, place: Place) -> None:
        """Lays a page on the investigator's pile."""
        if place not in self.desk(id).unapproved:
            self.desk(id).unapproved.append(place)

    def code(self, id: str) -> None:
        """The safety officer gives each answer in words the term that is written like it."""
        by_kind = {one.kind: one for one in self.behavior.dictionaries}
        for one in verbatims(self.study, self.gate.casebook(A.SAFETY), id):
            dictionary = None if one.done and one.adopted else by_kind.get(one.item.dictionary or "")
            offered = dictionary.suggest(one.words, 1) if dictionary else ()
            if dictionary and offered and offered[0].how in ("exact", "folded"):
                entry, (visit, form, row) = offered[0].entry, one.page.place
                self.do(A.SAFETY, Code(subject=id, visit=visit, form=form, row=row, item=one.item.code, dictionary=dictionary.name,
                                       version=dictionary.version, code=entry.code, term=entry.term, path=entry.path))  # fmt: skip

    def approve(self, id: str) -> None:
        """What lies on the pile for this subject is coded; then the principal investigator reads and signs it."""
        self.code(id)
        pile = self.desk(id).unapproved
        while pile:
            visit, form, row = pile.pop(0)
            if self.study.form(form).seen_by(A.INVESTIGATOR):
                self.do(A.INVESTIGATOR, Sign(subject=id, visit=visit, form=form, row=row, meaning="approved"))

    def page(self, id: str, form: Form, occasion: Occasion) -> None:
        """One page of a visit is filled and signed; a questionnaire on the patient's phone, unless he is at a visit of typing errors."""
        entries = completed(form, self.behavior.page(occasion, form), occasion)
        person = occasion.person
        if form.by_patient and occasion.visit not in person.slips:
            self.hand_in_by_phone(id, form, entries, occasion)
        else:
            self.fill(id, form, entries, visit=occasion.visit, slips=person if occasion.visit in person.slips else None)

    def hand_in_by_phone(self, id: str, form: Form, entries: Entries, occasion: Occasion) -> None:
        """The patient answers on his own phone, and who would have typed it from paper signs that he read it."""
        submission = f"{occasion.dice(form.code, 'phone').getrandbits(128):032x}"
        answers = HandIn(subject=id, visit=occasion.visit, form=form.code, entries=entries, submission=submission, answered=self.now)
        self.by(Actor(name="patient", role=A.PATIENT, subject=id), answers)
        self.do(self.writer(form) or A.INVESTIGATOR, Sign(subject=id, visit=occasion.visit, form=form.code, meaning="reviewed"))
        self.hand_in(id, (occasion.visit, form.code, ""))

    def not_done(self, id: str, visit: str, reason: str) -> None:
        """Each page of a visit that nobody filled is marked as not done, by those who would have filled it."""
        for code in self.study.visit(visit).forms:
            role = self.writer(self.study.form(code))
            if role is not None:
                self.do(role, MarkNotDone(subject=id, visit=visit, form=code, reason=reason))

    def logs(self, id: str, occasion: Occasion) -> None:
        """The logs are brought up to date: rows whose time has come are changed, new ones written."""
        self._update_rows(id, occasion.day)
        for code in self.study.logs:
            form = self.study.form(code)
            role = self.writer(form)
            if role is None or not self.gate.casebook(role).knows(id):
                continue
            rows = self.behavior.rows(occasion, form)
            for row in self._any_row(form, occasion) if rows is None else rows:
                self._write_row(id, form, row, occasion)

    def _any_row(self, form: Form, occasion: Occasion) -> tuple[Row, ...]:
        """One row at the start and now and then a later one, for a log of which nothing is known."""
        wanted = occasion.visit == self.study.baseline.code or occasion.dice(form.code, "row").random() < 0.2
        return (Row(entries=completed(form, None, occasion)),) if wanted else ()

    def _write_row(self, id: str, form: Form, row: Row, occasion: Occasion) -> None:
        name = "".join(
            occasion.dice(form.code, *sorted(map(str, row.entries.values()))).choices(
                "23456789BCDFGHJKLMNPQRSTVWXZ", k=6
            )
        )
        given = completed(form, row.entries, occasion)
        self.fill(id, form, given, row=name)
        filler = self.writer(form) or A.COORDINATOR
        self.desk(id).pending.extend(
            Pending(place=("", form.code, name), by=update.role or filler, update=update) for update in row.updates
        )

    def _update_rows(self, id: str, today: date) -> None:
        desk = self.desk(id)
        due = sorted((one for one in desk.pending if one.update.on <= today), key=lambda one: one.update.on)
        desk.pending = [one for one in desk.pending if one not in due]
        for one in due:
            self.correct(id, one.place, one.update.entries, one.update.reason, one.by)

    def settle(self, id: str) -> None:
        """Whatever is due for the rows of this subject, long after the last visit."""
        self._update_rows(id, self.now.date())

    def meaning(self, id: str, place: Place) -> str:
        """What the signature of staff means: on what the patient answered himself, that it was read."""
        return "reviewed" if self.sees(id).page(*place).by_patient else "authored"

    def correct(self, id: str, place: Place, entries: Mapping[str, str | Absence], reason: str, by: Audience) -> None:
        """Changes saved answers with a reason and signs the page anew."""
        visit, form, row = place
        self.do(by, Answer(subject=id, visit=visit, form=form, row=row, entries=entries, reason=reason))
        self.do(by, Sign(subject=id, visit=visit, form=form, row=row, meaning=self.meaning(id, place)))
        self.hand_in(id, place)


def differs(form: Form, item: str, text: str) -> str | None:
    """A neighboring value that a second look at the source might show; None for what is not a number."""
    found = slip(form.item(item), text)
    return None if found is None or Decimal(found) == Decimal(text) else found
