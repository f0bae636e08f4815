"""The life of a study against a small model of it: whatever nine kinds of people try in whatever order, the record does what the model says, or refuses
for the reason that the model says, and its lines hold together.

The model knows no events, no ledger and no labels of entries: sets, dictionaries and the rules of a study in the words of a protocol.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime, timedelta

import pytest
from attrs import Factory, define
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.release_gate import Shown, deep
from trialwright.allocation.allocate import Allocate
from trialwright.blinding import Gate
from trialwright.eligibility.enrollment import Enroll
from trialwright.protocol import ALL, BARE, BLINDED, EVALUATION, SELF, SITE, TREATING, Audience
from trialwright.record import (
    Answer,
    AnswerQuery,
    AskQuery,
    BreakCode,
    CloseQuery,
    Command,
    Complete,
    Consent,
    FailScreening,
    Freeze,
    Lock,
    OpenStudy,
    Refused,
    Screen,
    Sign,
    SignOff,
    Thaw,
    Unlock,
    Withdraw,
    answers,
    lock,
)
from trialwright.record.ledger import Ledger, Line, beginning, chained, entries_of
from trialwright.testing import START, actor, seeded, tiny_study

pytestmark = [pytest.mark.property, pytest.mark.req("AUD-01", "AUD-02", "LCK-01", "LCK-03")]
A = Audience
STAFF = [role for role in A if role is not A.PATIENT]
CARERS, TREATERS, REVIEWERS = A.COORDINATOR | A.PHYSICIAN | A.INVESTIGATOR, A.PHYSICIAN | A.INVESTIGATOR, A.MONITOR | A.DATA_MANAGER
LOCKERS = A.DATA_MANAGER | A.INVESTIGATOR
READERS = {"PERSON": SITE, "SCORE": EVALUATION, "BLOOD": TREATING, "DOSE": TREATING}
FILLERS = {"PERSON": A.COORDINATOR | A.PHYSICIAN, "SCORE": A.EVALUATOR, "BLOOD": A.COORDINATOR | A.PHYSICIAN, "DOSE": A.COORDINATOR | A.PHYSICIAN}
ITEMS = {"PERSON": ("AGE", "SEEN"), "SCORE": ("ASSESSED", "SITE1", "SITE2", "SITE3"), "BLOOD": ("IGG",), "DOSE": ("GIVEN", "MG")}
PLANNED = {("SCR", "PERSON", ""), ("BASE", "SCORE", ""), ("BASE", "BLOOD", ""), ("W4", "SCORE", ""), ("W4", "BLOOD", ""), ("", "DOSE", "d1")}
FIRST_DAY = {"SCR": -28, "BASE": 0, "W4": 21}
Place = tuple[str, str, str]


acts: Counter[tuple[str, str]] = Counter()
"""What was tried, and what the model expected of it."""


def mostly(*roles: Audience) -> st.SearchStrategy[Audience]:
    """One of these roles, or now and then any other."""
    return st.sampled_from([*roles * (18 // len(roles)), *STAFF])


GOOD = {"AGE": "40", "SEEN": "2026-01-05", "ASSESSED": "2026-01-05", "IGG": "12", "GIVEN": "2026-01-05", "MG": "160"}
"""A right answer to each item; 2 for the sites of the skin."""


@define
class Sheet:
    """A page as the model has it: its answers, how often each was written, and how often each had been when somebody signed."""

    answers: dict[str, str] = Factory(dict)
    written: dict[str, int] = Factory(dict)
    signed: list[dict[str, int]] = Factory(list)

    @property
    def bound(self) -> bool:
        return self.written in self.signed


@define
class Person:
    """A subject as the model has it."""

    known_to: Audience
    consented: date | None = None
    index: date | None = None
    failed: bool = False
    arm: str | None = None
    ended: date | None = None
    sheets: dict[Place, Sheet] = Factory(dict)
    frozen: set[Place] = Factory(set)
    queries: dict[str, tuple[str, str]] = Factory(dict)
    """By number: the form that is asked about, and whether it is open or closed."""


class Life(RuleBasedStateMachine):
    """People at work on a tiny study: each rule is one act of one of them, with what the model expects of it."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[Line] = []
        self.gate = Gate(tiny_study(), Ledger("life"), self.lines.extend, seeded(1))
        self.now: datetime = START
        self.people: dict[str, Person] = {}
        self.locked = False
        self.agreed: set[Audience] = set()
        self.events = 0
        self.did(A.INVESTIGATOR, OpenStudy(), "", BARE)

    @property
    def today(self) -> date:
        return self.now.date()

    def did(self, role: Audience, command: Command, expected: str, *readers: Audience) -> tuple[object, ...]:
        """Has somebody act; the record must refuse as the model expects, or grow by as many events as there are `readers`, and tell them alone."""
        self.now += timedelta(minutes=1)
        before = self.count()
        acts[type(command).__name__, expected] += 1
        try:
            entries = self.gate.do(actor(role), command, self.now)
        except Refused as refused:
            assert (refused.code, self.count()) == (expected, before), (command, role, refused.code, expected)
            return ()
        assert expected == "", (command, role, "done", expected)
        assert self.count() - before == len(readers), (command, role, entries)
        self.events += len(readers)
        if not isinstance(command, SignOff):
            self.agreed -= {one for one in self.agreed if any(one in label for label in readers)}
        return entries

    def count(self) -> int:
        """How many events were kept: each is a line of its log and one of the root."""
        return len(self.lines) // 2

    def told(self, role: Audience, label: Audience) -> Audience:
        """Who learns of an act beside the data: nobody who is blind learns of one by somebody who is not."""
        return label & ~A.PATIENT if role in BLINDED else label & ~A.PATIENT & ~A.EVALUATOR

    def first(self, *reasons: tuple[object, str]) -> str:
        """The first reason that holds; "" when none does."""
        return next((code for holds, code in reasons if holds), "")

    def person(self, name: str, role: Audience) -> Person | None:
        """A subject, if this role knows that there is one."""
        found = self.people.get(name)
        return found if found is not None and role in found.known_to else None

    # ------------------------------------------------------------------------------------------------------ the way of a subject

    names = st.sampled_from(["S1", "S1", "S1", "S2", "S2", "S3"])
    days = st.sampled_from([0, 0, 0, -1, -3, 1])
    places = st.sampled_from([*sorted(PLANNED) * 3, ("W4", "PERSON", ""), ("", "BLOOD", "r1"), ("BASE", "NONE", "")])

    @initialize(enrolled=st.integers(0, 2), treated=st.booleans())
    def begin(self, enrolled: int, treated: bool) -> None:
        """A study in which some people are screened, and perhaps enrolled and treated."""
        for name in ("S1", "S2")[: enrolled + 1]:
            self.screen(A.COORDINATOR, name)
            self.consent(A.COORDINATOR, name, -1)
            if enrolled:
                self.fill(None, name, ("SCR", "PERSON", ""))
                self.enroll(A.PHYSICIAN, name, 0)
            if enrolled and treated:
                self.allocate(A.PHYSICIAN, name, "T", "chosen")

    @rule(days=st.integers(1, 30))
    def time_goes_by(self, days: int) -> None:
        self.now += timedelta(days=days)

    @rule(role=mostly(A.COORDINATOR, A.PHYSICIAN), name=names)
    def screen(self, role: Audience, name: str) -> None:
        why = self.first((self.locked, "locked"), (role not in CARERS, "not-yours"), (name in self.people, "already"))
        self.did(role, Screen(site="01", subject=name), why, SITE)
        if not why:
            self.people[name] = Person(known_to=SITE)

    @rule(role=mostly(A.COORDINATOR, A.PHYSICIAN), name=names, days=days)
    def consent(self, role: Audience, name: str, days: int) -> None:
        on, one = self.today + timedelta(days=days), self.person(name, role)
        why = self.first((self.locked, "locked"), (role not in CARERS, "not-yours"), (one is None, "not-found"), (one and one.consented, "already"),
                         (days > 0, "in-future"))  # fmt: skip
        self.did(role, Consent(subject=name, on=on, version="1"), why, SELF)
        if one and not why:
            one.consented = on

    @rule(role=mostly(A.PHYSICIAN, A.INVESTIGATOR), name=names, days=days)
    def enroll(self, role: Audience, name: str, days: int) -> None:
        on, one = self.today + timedelta(days=days), self.person(name, role)
        age = one.sheets.get(("SCR", "PERSON", ""), Sheet()).answers.get("AGE") if one else None
        why = self.first((self.locked, "locked"), (role not in TREATERS, "not-yours"), (one is None, "not-found"),
                         (one and (one.index or one.failed), "already"), (one and one.consented is None, "no-consent"), (days > 0, "in-future"),
                         (one and one.consented and on < one.consented, "too-early"), (age is None or int(age) < 18, "not-eligible"))  # fmt: skip
        self.did(role, Enroll(subject=name, on=on), why, ALL)
        if one and not why:
            one.index, one.known_to = on, one.known_to | ALL

    @rule(role=mostly(A.PHYSICIAN, A.COORDINATOR), name=names, because=st.sampled_from(["progressed", " "]))
    def fail(self, role: Audience, name: str, because: str) -> None:
        one = self.person(name, role)
        why = self.first((self.locked, "locked"), (role not in CARERS, "not-yours"), (one is None, "not-found"),
                         (one and (one.index or one.failed), "already"), (not because.strip(), "reason-empty"))  # fmt: skip
        self.did(role, FailScreening(subject=name, on=self.today, criteria=("I1",), because=because), why, SITE)
        if one and not why:
            one.failed = True

    @rule(role=mostly(A.PHYSICIAN, A.INVESTIGATOR), name=names, arm=st.sampled_from("TCTCX"), because=st.sampled_from(["chosen", "chosen", ""]))
    def allocate(self, role: Audience, name: str, arm: str, because: str) -> None:
        one = self.people.get(name)
        why = self.first((self.locked, "locked"), (role not in TREATERS, "not-yours"), (one is None, "not-found"), (one and not one.index, "not-enrolled"),
                         (one and one.arm, "already"), (arm == "X", "no-arm"), (not because, "reason-empty"))  # fmt: skip
        self.did(role, Allocate(subject=name, arm=arm, because=because), why, TREATING)
        if one and not why:
            one.arm = arm

    @rule(role=mostly(A.PHYSICIAN, A.COORDINATOR), name=names, days=days, early=st.booleans())
    def end(self, role: Audience, name: str, days: int, early: bool) -> None:
        on, one = self.today + timedelta(days=days), self.person(name, role)
        why = self.first((self.locked, "locked"), (role not in CARERS, "not-yours"), (one is None, "not-found"), (one and not one.index, "not-enrolled"),
                         (one and one.ended, "already"), (days > 0, "in-future"), (one and one.index and on < one.index, "too-early"))  # fmt: skip
        if early:
            self.did(role, Withdraw(subject=name, on=on, because="wish"), why, TREATING, ALL)
        else:
            self.did(role, Complete(subject=name, on=on), why, ALL)
        if one and not why:
            one.ended = on

    # ------------------------------------------------------------------------------------------------------------------ pages

    def fillable(self, one: Person, role: Audience, place: Place) -> str:
        """Why somebody may not fill a page."""
        visit, form, _ = place
        return self.first((role not in READERS.get(form, A(0)), "not-found"), (role not in FILLERS.get(form, A(0)), "not-yours"),
                          (place not in PLANNED, "not-planned"), (visit == "W4" and not one.index, "not-enrolled"),
                          (visit and one.ended and one.index and (one.ended - one.index).days < FIRST_DAY[visit], "ended"))  # fmt: skip

    def closed(self, one: Person, place: Place) -> bool:
        return ("", "", "") in one.frozen or place in one.frozen

    words = st.sampled_from(["0", "3", "4", "17", "18", "50", "121", "x", "2026-01-05", "2030-01-01"])
    values = st.dictionaries(st.integers(0, 3), st.tuples(words, st.booleans()), min_size=1, max_size=3)

    others = st.sampled_from([None] * 30 + STAFF)
    """Somebody else than the one who fills a page."""

    @rule(other=others, name=names, place=st.sampled_from(sorted(PLANNED)))
    def fill(self, other: Audience | None, name: str, place: Place) -> None:
        """A whole page, rightly."""
        self.answer(other or self.filler(place), name, place, {code: GOOD.get(code, "2") for code in ITEMS[place[1]]}, "filled anew", None)

    def filler(self, place: Place) -> Audience:
        return A.EVALUATOR if place[1] == "SCORE" else A.PHYSICIAN

    @rule(other=others, name=names, place=places, values=values, reason=st.sampled_from(["", "read again"]),
          seen=st.sampled_from([None, None, 0, 1, 2]))  # fmt: skip
    def answer_some(self, other: Audience | None, name: str, place: Place, values: Mapping[int, tuple[str, bool]], reason: str, seen: int | None) -> None:
        """Some answers of a page, right and wrong ones."""
        codes = ITEMS.get(place[1], ("AGE",))
        entries = {codes[number % len(codes)]: (word if odd else GOOD.get(codes[number % len(codes)], "1")) for number, (word, odd) in values.items()}
        self.answer(other or self.filler(place), name, place, entries, reason, seen)

    @precondition(lambda self: any(one.sheets for one in self.people.values()))
    @rule(data=st.data(), late=st.booleans())
    def come_second(self, data: st.DataObject, late: bool) -> None:
        """Somebody changes an answer; if he is late, another one did so after he had opened the page."""
        name, place = data.draw(st.sampled_from([(name, place) for name, one in self.people.items() for place in one.sheets]))
        sheet = self.people[name].sheets[place]
        code = data.draw(st.sampled_from(sorted(sheet.answers)))
        other = {"AGE": "41", "IGG": "13", "MG": "80"}.get(code, "2026-01-04" if "-" in sheet.answers[code] else "3")
        self.answer(self.filler(place), name, place, {code: other}, "read again", sheet.written[code] - late)

    def answer(self, role: Audience, name: str, place: Place, entries: Mapping[str, str], reason: str, seen: int | None) -> None:
        visit, form, row = place
        one = self.person(name, role)
        sheet = one.sheets.get(place, Sheet()) if one else Sheet()
        changed = [code for code, value in entries.items() if code in sheet.answers and sheet.answers[code] != value]
        fresh = [code for code in entries if code not in sheet.answers]
        stale = seen is not None and any(sheet.written[code] != seen for code in changed)
        why = self.first((self.locked, "locked"), (one is None, "not-found")) or (self.fillable(one, role, place) if one else "")
        why = why or self.first((one and self.closed(one, place), "frozen"), (not all(map(self.allowed, entries, entries.values())), "wrong-entries"),
                                (stale, "stale"), (changed and not reason, "reason-needed"))  # fmt: skip
        known = None if seen is None else dict.fromkeys(entries, seen)
        self.did(role, Answer(subject=name, visit=visit, form=form, row=row, entries=entries, reason=reason, seen=known), why,
                 *[READERS.get(form, SITE)] * (len(changed) + len(fresh)))  # fmt: skip
        if one and not why and changed + fresh:
            sheet = one.sheets.setdefault(place, sheet)
            one.known_to |= READERS[form]
            for code in changed + fresh:
                sheet.answers[code], sheet.written[code] = entries[code], sheet.written.get(code, 0) + 1

    def allowed(self, code: str, value: str) -> bool:
        """Whether an item takes a value."""
        if code in ("SEEN", "ASSESSED", "GIVEN"):
            return value.count("-") == 2 and date.fromisoformat(value) <= self.today
        most = {"AGE": 120, "IGG": 50, "MG": 999}.get(code, 3)
        return value.isdigit() and int(value) <= most

    @rule(role=mostly(A.EVALUATOR, A.COORDINATOR, A.INVESTIGATOR, A.INVESTIGATOR), name=names, place=places)
    def sign(self, role: Audience, name: str, place: Place) -> None:
        visit, form, row = place
        one = self.person(name, role)
        sheet = one.sheets.get(place, Sheet()) if one else Sheet()
        reader = role is A.INVESTIGATOR and role in READERS.get(form, A(0))
        why = self.first((self.locked, "locked"), (one is None, "not-found"))
        why = why or ("" if reader else self.fillable(one, role, place) if one else "")
        why = why or self.first((set(sheet.answers) != set(ITEMS.get(form, ())) or not sheet.answers, "incomplete"))
        self.did(role, Sign(subject=name, visit=visit, form=form, row=row), why, self.told(role, READERS.get(form, SITE)))
        if not why:
            sheet.signed.append(dict(sheet.written))

    @rule(role=mostly(A.DATA_MANAGER, A.DATA_MANAGER, A.MONITOR), name=names, place=st.one_of(st.just(("", "", "")), places), thaw=st.booleans())
    def freeze_or_thaw(self, role: Audience, name: str, place: Place, thaw: bool) -> None:
        visit, form, row = place
        one = self.person(name, role)
        why = self.first((self.locked, "locked"), (one is None, "not-found"))
        if not form:
            why, label = why or self.first((role is not A.DATA_MANAGER, "not-yours")), BARE
        else:
            why = why or self.first((role not in REVIEWERS, "not-yours"), (role not in READERS.get(form, A(0)), "not-found"),
                                    (place not in PLANNED, "not-planned"), (form == "SCORE" and role not in BLINDED, "only-the-blind"))  # fmt: skip
            label = self.told(role, READERS.get(form, SITE))
        there = bool(one) and place in one.frozen  # type: ignore[union-attr]  # bool says so
        why = why or self.first((thaw and not there, "not-frozen"), (not thaw and there, "already"))
        command = Thaw(subject=name, visit=visit, form=form, row=row, because="more came") if thaw else Freeze(subject=name, visit=visit, form=form, row=row)
        self.did(role, command, why, label)
        if one and not why:
            (one.frozen.discard if thaw else one.frozen.add)(place)
            one.known_to |= label

    # -------------------------------------------------------------------------------------------------------------- questions

    @rule(role=mostly(A.MONITOR, A.DATA_MANAGER), name=names, place=places, item=st.integers(0, 3))
    def ask(self, role: Audience, name: str, place: Place, item: int) -> None:
        visit, form, row = place
        codes, one, label = ITEMS.get(form, ("AGE",)), self.person(name, role), READERS.get(form, A(0))
        why = self.first((self.locked, "locked"), (role not in REVIEWERS, "not-yours"), (one is None, "not-found"), (role not in label, "not-found"),
                         (place not in PLANNED, "not-planned"), (A.EVALUATOR in label and role not in BLINDED, "only-the-blind"))  # fmt: skip
        command = AskQuery(subject=name, visit=visit, form=form, row=row, item=codes[item % len(codes)], question="Is this right?")
        added = self.did(role, command, why, label)
        if one and not why:
            one.queries[added[0].event.query] = (form, "open")  # type: ignore[attr-defined]  # an entry
            one.known_to |= label

    @precondition(lambda self: any(one.queries for one in self.people.values()))
    @rule(data=st.data(), role=st.sampled_from(STAFF), close=st.booleans())
    def answer_or_close(self, data: st.DataObject, role: Audience, close: bool) -> None:
        name, query = data.draw(st.sampled_from([(name, query) for name, one in self.people.items() for query in one.queries]))
        one, (form, state) = self.people[name], self.people[name].queries[query]
        label = READERS[form]
        hidden = role not in one.known_to or role not in label
        yours = role in REVIEWERS if close else role in FILLERS[form]
        order = [(hidden, "not-found"), (state == "closed", "already")]
        why = self.first((self.locked, "locked"), *([(not yours, "not-yours"), *order] if close else [*order, (not yours, "not-yours")]),
                         (A.EVALUATOR in label and role not in BLINDED, "only-the-blind"))  # fmt: skip
        self.did(role, CloseQuery(subject=name, query=query) if close else AnswerQuery(subject=name, query=query, answer="It is."), why, label)
        if close and not why:
            one.queries[query] = (form, "closed")

    # ------------------------------------------------------------------------------------------------------ the end of a study

    @rule(role=mostly(A.INVESTIGATOR, A.DATA_MANAGER))
    def agree(self, role: Audience) -> None:
        why = self.first((self.locked, "locked"), (role not in LOCKERS | A.MONITOR, "not-yours"))
        self.did(role, SignOff(meaning="ready to lock"), why, role | A.CUSTODIAN, SITE)
        if not why:
            self.agreed.add(role)

    @rule(finish=st.sampled_from([False] * 5 + [True]))
    def sign_everything(self, finish: bool) -> None:
        """The investigator signs what is whole; if it is the end, questions are closed and the other agrees: a lock is near."""
        for name, one in self.people.items():
            for place in list(one.sheets):
                self.sign(A.INVESTIGATOR, name, place)
        if finish:
            self.agree(A.DATA_MANAGER)
            self.lock(A.INVESTIGATOR)

    @rule(role=st.sampled_from([A.INVESTIGATOR, A.DATA_MANAGER, A.STATISTICIAN]))
    def lock(self, role: Audience) -> None:
        asked = [READERS[form] for one in self.people.values() for form, state in one.queries.values() if state == "open"]
        loose = [READERS[place[1]] for one in self.people.values() if not one.failed for place, sheet in one.sheets.items() if not sheet.bound]
        other = A.DATA_MANAGER if role is A.INVESTIGATOR else A.INVESTIGATOR
        why = self.first((self.locked, "locked"), (role not in LOCKERS, "not-yours"), (any(role in label for label in asked), "open-queries"),
                         (any(role in label for label in loose), "unsigned"), (asked or loose or other not in self.agreed, "not-ready"))  # fmt: skip
        self.did(role, Lock(), why, TREATING, BARE)
        self.locked = self.locked or not why

    @rule(role=st.sampled_from([A.INVESTIGATOR, A.DATA_MANAGER, A.COORDINATOR]), second=st.sampled_from(["somebody", "somebody", " ", "investigator"]))
    def unlock(self, role: Audience, second: str) -> None:
        why = self.first((role not in LOCKERS, "not-yours"), (not self.locked, "not-locked-now"),
                         (not second.strip() or second == actor(role).name, "second-person"))  # fmt: skip
        self.did(role, Unlock(second=second, because="a page was forgotten"), why, SITE, BARE)
        self.locked = self.locked and bool(why)

    @rule(role=mostly(A.PHYSICIAN, A.SAFETY), name=names, to=st.sampled_from([A.PHYSICIAN, A.PHYSICIAN, A.EVALUATOR, A.STATISTICIAN]), emergency=st.booleans())
    def break_one_code(self, role: Audience, name: str, to: Audience, emergency: bool) -> None:
        one = self.person(name, role)
        why = self.first((not emergency, "second-person"), (role not in TREATERS | A.SAFETY, "not-yours"), (one is None, "not-found"),
                         (to is not A.PHYSICIAN, "stays-blind"))  # fmt: skip
        self.did(role, BreakCode(subject=name, to=to, second="", because="high fever", emergency=emergency), why, TREATING)

    @rule(role=st.sampled_from([A.INVESTIGATOR, A.DATA_MANAGER, A.STATISTICIAN, A.PHYSICIAN]))
    def open_the_arms(self, role: Audience) -> None:
        """To the statistician, and only of locked data. Afterwards the blind know what the code was broken for, so this life ends there."""
        why = self.first((role not in LOCKERS | A.STATISTICIAN, "not-yours"), (not self.locked, "not-locked"))
        if why:
            self.did(role, BreakCode(to=A.STATISTICIAN, second="somebody", because="analysis"), why)

    # --------------------------------------------------------------------------------------------------------- what always holds

    @invariant()
    def the_record_is_what_the_model_says(self) -> None:
        book = self.gate.casebook(A.CUSTODIAN)
        assert bool(book.locked) == self.locked and {subject.id for subject in book.subjects} == set(self.people)
        for name, one in self.people.items():
            subject = book.subject(name)
            assert (subject.consented, subject.index_date, bool(subject.failed)) == (one.consented, one.index, one.failed)
            assert (subject.arm, subject.ended) == (one.arm, one.ended)
            pages = {place: page for place, page in subject.pages.items() if page.cells}
            assert {place: page.answers for place, page in pages.items()} == {place: sheet.answers for place, sheet in one.sheets.items()}
            assert {place: {item: cell.revision for item, cell in page.cells.items()} for place, page in pages.items()} \
                == {place: sheet.written for place, sheet in one.sheets.items()}  # fmt: skip
            assert {place for place, page in pages.items() if page.fully_signed} == {place for place, sheet in one.sheets.items() if sheet.bound}
            assert set(subject.frozen) == one.frozen and {id: query.open for id, query in subject.queries.items()} \
                == {id: state == "open" for id, (_, state) in one.queries.items()}  # fmt: skip

    @invariant()
    def everybody_knows_whom_he_may_know(self) -> None:
        for role in (A.EVALUATOR, A.STATISTICIAN):
            assert {subject.id for subject in self.gate.casebook(role).subjects} == {name for name, one in self.people.items() if role in one.known_to}

    def teardown(self) -> None:
        """Each line follows from all before it, and together they say what the casebooks say."""
        assert self.events == len(self.lines) / 2
        heads: dict[str, bytes] = {}
        for line in self.lines:
            heads[line.log] = chained(heads.get(line.log) or beginning("life", line.log), line.body)
            assert heads[line.log] == line.head
        told = set().union(*({entry.ref for entry in self.gate.casebook(role).everything} for role in STAFF))
        assert {entry.ref for entry in entries_of(self.lines)} == told


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=20, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck))


def always_in_time(answer: Answer, page: object, told: object) -> None:
    """A planted fault: whoever saves last overwrites."""


@pytest.mark.parametrize(("where", "name", "instead"), [
    (answers, "thawed", lambda act, subject, visit, form, row="": None),
    (answers.Answer, "_refuse_stale", always_in_time),
    (lock, "signed_off", lambda *asked: True),
], ids=["a frozen page takes answers", "the last one wins", "nobody need agree to a lock"])  # fmt: skip
def test_a_planted_fault_is_found(monkeypatch: pytest.MonkeyPatch, where: object, name: str, instead: object) -> None:
    monkeypatch.setattr(where, name, instead)
    with pytest.raises(AssertionError):
        run_state_machine_as_test(Life, settings=settings(TestLife.settings, max_examples=300, stateful_step_count=50, phases=[Phase.generate]))


class LongLife(Life):
    """The same at length."""


TestLongLife = pytest.mark.nightly(LongLife.TestCase)
TestLongLife.settings = settings(TestLife.settings, max_examples=deep(20_000), stateful_step_count=60)


@pytest.mark.nightly
def test_every_act_was_done_and_refused(shown: Shown) -> None:
    """Runs after the long lives, and tells how much was tried."""
    done = {command: count for (command, why), count in acts.items() if not why}
    refused = Counter(why for (_, why), count in acts.items() for _ in range(count) if why)
    shown("R12", "lives of up to 60 acts", lives=deep(20_000), acts=sum(acts.values()), done=sum(done.values()), refused=sum(refused.values()),
          kinds_done=len(done), kinds_of_refusal=len(refused))  # fmt: skip
    assert done.keys() >= {"Screen", "Consent", "Enroll", "FailScreening", "Allocate", "Withdraw", "Complete", "Answer", "Sign", "Freeze", "Thaw", "AskQuery",
                           "AnswerQuery", "CloseQuery", "SignOff", "Lock", "BreakCode", "Unlock"}  # fmt: skip
