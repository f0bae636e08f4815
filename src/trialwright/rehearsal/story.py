"""One virtual person's way through the study, from the first visit to the last, told as a sequence of working days."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from attrs import define

from trialwright.allocation import Allocate
from trialwright.eligibility.enrollment import Enroll
from trialwright.eligibility.screening import screen
from trialwright.protocol import Audience, Method, Study, Visit
from trialwright.record import (
    AnswerQuery,
    AskQuery,
    CloseQuery,
    Complete,
    Consent,
    FailScreening,
    Screen,
    SubjectChart,
    Withdraw,
)
from trialwright.record.events import Queried
from trialwright.rehearsal.clinic import Clinic, Place, differs
from trialwright.rehearsal.patients import Occasion, Person, follow_up

A = Audience
Days = Iterator[datetime]
Later = Callable[[datetime, Days], None]
"""Puts another sequence of working days on the agenda."""

WITHDRAWAL = "Wish of the patient"
CONSENT_VERSION = "1.0"


def morning(study: Study, day: date, hour: int = 9) -> datetime:
    """The moment in UTC at which the clinic opens on that day, at the place of the study."""
    return datetime.combine(day, time(hour), ZoneInfo(study.time_zone)).astimezone(UTC)


@define
class Story:
    """One person: his part, where he lives it, and what has become of him (`outcome`)."""

    person: Person
    clinic: Clinic
    later: Later
    arrives: date
    planned: int
    id: str = ""
    outcome: str = ""
    last: date | None = None
    seen: str = ""

    @property
    def study(self) -> Study:
        return self.clinic.study

    def days(self) -> Days:
        """The whole way; each value is the moment of the next working day."""
        yield self._at(self.arrives)
        self._first_contact()
        for visit in sorted((v for v in self.study.visits if v.day < self.study.baseline.day), key=lambda v: v.day):
            self._visit(visit, self.arrives)
        self._write_logs(self._occasion(self.arrives, ""))
        yield self._at(self.arrives + timedelta(days=2), 15)
        self.clinic.approve(self.id)
        index = self.arrives + timedelta(days=self._screening_days())
        yield self._at(index)
        if self._enrolled(index):
            yield from self._follow_up(index)

    def _at(self, day: date, hour: int = 9) -> datetime:
        return morning(self.study, day, hour)

    def _screening_days(self) -> int:
        """Days from screening to baseline: the planned distance, a little sooner or later where the window lets it."""
        before = [visit for visit in self.study.visits if visit.day < self.study.baseline.day]
        dice = self.person.dice("screening")
        if not before:
            return dice.randint(1, 7)
        visit = max(before, key=lambda one: one.day)
        return -dice.randint(max(visit.first_day, visit.day - 7), min(visit.last_day, visit.day + 7))

    def _occasion(self, day: date, visit: str, index: date | None = None, closing: bool = False) -> Occasion:
        arm = self.clinic.sees(self.id).arm
        return Occasion(study=self.study, person=self.person, day=day, since=self.last or day, visit=visit, index=index, arm=arm,
                        closing=closing)  # fmt: skip

    def _first_contact(self) -> None:
        (entry,) = self.clinic.do(A.COORDINATOR, Screen(site=self.person.dice("site").choice(self.study.sites)))
        self.id = entry.event.subject
        self.clinic.do(A.COORDINATOR, Consent(subject=self.id, on=self.arrives, version=CONSENT_VERSION))

    def _visit(
        self,
        visit: Visit,
        day: date,
        index: date | None = None,
        *,
        only: Audience | None = None,
        but: Audience | None = None,
    ) -> None:
        """The pages of a visit; `only` those that a role fills, or all `but` those."""
        occasion = self._occasion(day, visit.code, index)
        for code in visit.forms:
            form = self.study.form(code)
            first = self.clinic.writer(form)
            if first is not None and first is not but and only in (None, first):
                self.clinic.page(self.id, form, occasion)

    def _write_logs(self, occasion: Occasion) -> None:
        self.clinic.logs(self.id, occasion)
        self.last = occasion.day

    def _enrolled(self, index: date) -> bool:
        """The day of the baseline: the physician decides on the record, the evaluator scores before the arm is known."""
        baseline = self.study.baseline
        self._visit(baseline, index, index, but=A.EVALUATOR)
        record = screen(self.study, SubjectChart(self.study, self.clinic.sees(self.id), start=index))
        if not record.eligible:
            open_ones = [one for one in record.decisions if not one.fulfilled]
            because = "; ".join(f"{one.criterion.code}: {one.because.en}" for one in open_ones)[:500]
            codes = tuple(one.criterion.code for one in open_ones)
            self.clinic.do(A.PHYSICIAN, FailScreening(subject=self.id, on=index, criteria=codes, because=because))
            self.clinic.approve(self.id)
            self.outcome = "screen failure"
            return False
        self.clinic.do(A.PHYSICIAN, Enroll(subject=self.id, on=index))
        self._visit(baseline, index, index, only=A.EVALUATOR)
        self._allocate(index)
        self._write_logs(self._occasion(index, baseline.code, index))
        return True

    def _allocate(self, index: date) -> None:
        if self.study.chosen.method is not Method.BY_CLINICIAN:
            self.clinic.do(A.PHYSICIAN, Allocate(subject=self.id))
            return
        taken: dict[str, int] = {}
        for subject in self.clinic.gate.casebook(A.PHYSICIAN).subjects:
            if subject.arm:
                taken[subject.arm] = taken.get(subject.arm, 0) + 1
        arm, because = self.clinic.behavior.chooses(
            self._occasion(index, self.study.baseline.code, index), taken, self.planned
        )
        self.clinic.do(A.PHYSICIAN, Allocate(subject=self.id, arm=arm, because=because))

    def _follow_up(self, index: date) -> Days:
        person, gone = self.person, self.person.withdraws
        for visit, day in self._appointments(index):
            if gone is not None and day > index + timedelta(days=gone):
                break
            yield from self._emergency(index, day)
            yield self._at(day)
            if visit.code in person.misses:
                self.clinic.not_done(self.id, visit.code, "The patient did not come")
            else:
                self._visit(visit, day, index)
                self._write_logs(self._occasion(day, visit.code, index))
                self.seen = visit.code
                self._look_back(visit, day)
            yield self._at(day + timedelta(days=1), 16)
            self.clinic.approve(self.id)
        yield from self._end(index)

    def _emergency(self, index: date, before: date) -> Days:
        """A serious adverse event is told the day after it began, not at the next visit."""
        if self.person.serious is None:
            return
        day = index + timedelta(days=self.person.serious + 1)
        if (self.last or index) < day < before:
            yield self._at(day)
            self._write_logs(self._occasion(day, "", index))

    def _appointments(self, index: date) -> list[tuple[Visit, date]]:
        """The visits with the days on which this person comes: mostly inside the window, sometimes beside it."""
        found, before = [], index
        for visit in follow_up(self.study):
            dice = self.person.dice("appointment", visit.code)
            day = index + timedelta(days=dice.randint(visit.first_day, visit.last_day))
            if visit.code in self.person.astray:
                day = index + timedelta(days=visit.last_day + dice.randint(1, 3))
            if visit.code in self.person.misses:
                day = index + timedelta(days=visit.last_day + 1)
            before = max(day, before + timedelta(days=2))
            found.append((visit, before))
        return found

    def _end(self, index: date) -> Days:
        """The last day: completed, or withdrawn before; the logs are closed."""
        if self.person.withdraws is None:
            day = self.last or index
            self.clinic.do(A.COORDINATOR, Complete(subject=self.id, on=day))
            self.outcome = "completed"
        else:
            day = index + timedelta(days=self.person.withdraws)
            yield self._at(day)
            self.clinic.do(A.PHYSICIAN, Withdraw(subject=self.id, on=day, because=WITHDRAWAL))
            self.outcome = "withdrawn"
            self._skipped(index, day)
        yield self._at(max(day, self.clinic.now.date()) + timedelta(days=1))
        self._write_logs(self._occasion(day, "", index, closing=True))
        yield self._at(self.clinic.now.date() + timedelta(days=90))
        self.clinic.settle(self.id)
        self.clinic.approve(self.id)

    def _skipped(self, index: date, day: date) -> None:
        """Visits whose window had opened before the withdrawal and that did not take place."""
        known = self.clinic.gate.casebook(A.INVESTIGATOR).subject(self.id)
        for visit in follow_up(self.study):
            begun = index + timedelta(days=visit.first_day) <= day
            pages = [known.page(visit.code, form) for form in visit.forms]
            if begun and not any(page.cells or page.not_done for page in pages):
                self.clinic.not_done(self.id, visit.code, "The patient had left the study")

    def _look_back(self, visit: Visit, day: date) -> None:
        if visit.code not in self.person.asked:
            return
        for form in visit.forms:
            self.later(self._at(day + timedelta(days=3)), self._query((visit.code, form, ""), day + timedelta(days=3)))

    def question(self) -> None:
        """The pages of the last visit are queried, and nobody has answered yet."""
        for form in self.study.visit(self.seen).forms:
            next(self._query((self.seen, form, ""), self.clinic.now.date()), None)

    def _query(self, place: Place, day: date) -> Days:
        """A reviewer asks, the one who filled the page answers (and corrects, if he was wrong), the reviewer closes."""
        clinic, (visit, code, row) = self.clinic, place
        form = self.study.form(code)
        filler, codes = next(iter(clinic.writers(form).items()), (A.COORDINATOR, []))
        page = clinic.gate.casebook(filler).subject(self.id).page(*place)
        numbers = {item: text for item in codes if (text := page.answers.get(item)) and differs(form, item, text)}
        if not numbers:
            return
        dice = self.person.dice("query", *place)
        item = dice.choice(sorted(numbers))
        reviewer = A.DATA_MANAGER if form.item(item).audience.admits(A.DATA_MANAGER) else A.MONITOR
        question = f"{numbers[item]} differs from what was expected here: please confirm or correct"
        asked = clinic.do(
            reviewer, AskQuery(subject=self.id, visit=visit, form=code, row=row, item=item, question=question)
        )
        query = next(entry.event.query for entry in asked if isinstance(entry.event, Queried))
        yield self._at(day + timedelta(days=2), 11)
        if dice.random() < 0.5:
            right = differs(form, item, numbers[item]) or numbers[item]
            clinic.do(filler, AnswerQuery(subject=self.id, query=query, answer="Wrongly copied; corrected"))
            clinic.correct(self.id, place, {item: right}, "Wrongly copied from the source, found by a query", filler)
        else:
            clinic.do(filler, AnswerQuery(subject=self.id, query=query, answer="Confirmed against the source"))
        yield self._at(day + timedelta(days=4), 10)
        clinic.do(reviewer, CloseQuery(subject=self.id, query=query))
        clinic.approve(self.id)
