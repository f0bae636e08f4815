"""A study that changes while its trial runs: what a change touches, what it may never harm, two people, and since when it holds."""

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from attrs import evolve

from trialwright.blinding import Actor, Gate
from trialwright.protocol import Absence, Audience, Codelist, Form, Item, Kind, Study, Term, Text, Visit, same
from trialwright.protocol.amendment import Change, definition, differences
from trialwright.record import (
    Answer,
    ApproveAmendment,
    AskQuery,
    OpenStudy,
    ProposeAmendment,
    PutInForce,
    Refused,
    Sign,
    Status,
    SubjectChart,
    status,
)
from trialwright.record.amending import impact, pending, version_at, versions
from trialwright.record.events import Amended
from trialwright.record.signatures import unanswered
from trialwright.store import create, definitions_of, examine, open_trial
from trialwright.testing import START, actor, enrolled, later, tiny_study

pytestmark = pytest.mark.spec
A = Audience
OLD = tiny_study()
SYSTEM = Actor(name="system", role=A.CUSTODIAN)
WHY = "Steering committee of 4 May"


def with_item(study: Study, form: str, code: str, change: Callable[[Item], Item | None]) -> Study:
    """The study with one item changed, or (None) removed."""

    def changed(one: Form) -> Form:
        sections = tuple(evolve(part, items=tuple(new for item in part.items if (new := change(item) if item.code == code else item) is not None))
                         for part in one.sections)  # fmt: skip
        return evolve(one, sections=sections)

    return evolve(study, version="2", forms=tuple(changed(one) if one.code == form else one for one in study.forms))


def plus_item(study: Study, form: str, item: Item) -> Study:
    forms = tuple(evolve(one, sections=(evolve(one.sections[0], items=(*one.sections[0].items, item)), *one.sections[1:])) if one.code == form else one
                  for one in study.forms)  # fmt: skip
    return evolve(study, version="2", forms=forms)


def with_visit(study: Study, code: str, change: Callable[[Visit], Visit | None]) -> Study:
    visits = (change(one) if one.code == code else one for one in study.visits)
    return evolve(study, version="2", visits=tuple(one for one in visits if one is not None))


NEW_ITEM = Item(code="NOTE", label=same("note"), kind=Kind.TEXT, audience=OLD.item("BLOOD", "IGG").audience, hints_at_arm=True)
HARMLESS = plus_item(OLD, "BLOOD", NEW_ITEM)


@pytest.fixture
def at(tmp_path: Path) -> Path:
    """A trial with one page of each kind filled."""
    kept = create(tmp_path / "trial.db", OLD)
    gate = kept.gate
    gate.do(SYSTEM, OpenStudy(), START)
    enrolled(gate, "S1")
    gate.do(actor(A.COORDINATOR), Answer(subject="S1", visit="SCR", form="PERSON", entries={"AGE": "50", "SEEN": Absence.UNKNOWN}), later(1))
    gate.do(actor(A.COORDINATOR), Answer(subject="S1", visit="BASE", form="BLOOD", entries={"IGG": "9.5"}), later(1))
    gate.do(actor(A.COORDINATOR), Sign(subject="S1", visit="BASE", form="BLOOD"), later(1))
    gate.do(actor(A.EVALUATOR), Answer(subject="S1", visit="BASE", form="SCORE", entries={"ASSESSED": "2026-01-05", "SITE1": "2"}), later(1))
    kept.close()
    return tmp_path / "trial.db"


class Trial:
    """The trial opened with one study, for as long as a test needs it."""

    def __init__(self, at: Path, study: Study) -> None:
        self.kept = open_trial(at, study)
        self.gate: Gate = self.kept.gate

    def __enter__(self) -> Gate:
        return self.gate

    def __exit__(self, *_: object) -> None:
        self.kept.close()


def propose(new: Study, because: str = WHY) -> ProposeAmendment:
    return ProposeAmendment(definition=new.canonical.decode(), because=because)


def amended(at: Path, new: Study) -> None:
    """The whole way: proposed by one, approved by the other, put in force by opening it with the new definition."""
    with Trial(at, OLD) as gate:
        gate.do(actor(A.INVESTIGATOR), propose(new), later(2))
        gate.do(actor(A.DATA_MANAGER), ApproveAmendment(digest=new.digest), later(3))
    with Trial(at, new) as gate:
        gate.do(SYSTEM, PutInForce(), later(4))


def refused(gate: Gate, role: Audience, command) -> str:
    with pytest.raises(Refused) as told:
        gate.do(actor(role), command, later(3))
    assert told.value.because.zh
    return f"{told.value.code}: {told.value.because.en}"


def told(old: Study, new: Study) -> list[tuple[str, str, str, str]]:
    found = differences(definition(old.canonical), definition(new.canonical))
    return [(one.kind, one.what, one.name, one.part) for one in found]


@pytest.mark.req("DAT-01")
def test_every_difference_is_named_by_what_it_is() -> None:
    assert told(OLD, OLD) == []
    assert told(OLD, evolve(OLD, version="2")) == [], "a new number alone changes nothing"
    assert told(OLD, HARMLESS) == [("added", "item", "BLOOD.NOTE", "")]
    assert told(OLD, with_item(OLD, "BLOOD", "IGG", lambda item: evolve(item, high=Decimal(60), label=Text("IgG", "IgG")))) == [
        ("changed", "item", "BLOOD.IGG", "high"), ("changed", "item", "BLOOD.IGG", "label")]  # fmt: skip
    assert told(OLD, with_visit(OLD, "W4", lambda visit: evolve(visit, late=9, forms=("SCORE",)))) == [
        ("changed", "visit", "W4", "late"), ("removed", "page", "W4.BLOOD", "")]  # fmt: skip
    assert ("removed", "criterion", "I1", "") in told(OLD, evolve(OLD, version="2", criteria=()))


def test_a_word_that_the_house_learns_later_changes_no_study_that_does_not_use_it() -> None:
    old = json.loads(OLD.canonical)
    for form in old["forms"]:
        for section in form["sections"]:
            for item in section["items"]:
                del item["retired"], item["writers"], item["dictionary"]
    assert differences(old, definition(OLD.canonical)) == ()


@pytest.mark.req("DAT-01")
def test_each_change_says_how_much_of_the_record_it_touches(at: Path) -> None:
    new = with_item(OLD, "BLOOD", "IGG", lambda item: evolve(item, high=Decimal(60)))
    with Trial(at, OLD) as gate:
        (found,) = impact(differences(definition(OLD.canonical), definition(new.canonical)), gate.casebook(A.CUSTODIAN))
        assert (found.subjects, found.pages, found.answers, found.signatures, found.harm) == (1, 1, 1, 1, None)
        (blind,) = impact([found.change], gate.casebook(A.DATA_MANAGER))
        assert (blind.pages, blind.answers) == (0, 0), "a reader is told of no more than he may read"


LIST = Codelist(code="YN", terms=(Term("Y", same("yes")), Term("N", same("no"))))
HARMFUL = {
    "an answered item removed": (with_item(OLD, "BLOOD", "IGG", lambda item: None), "BLOOD.IGG has 1 answers"),
    "a kind as which answers cannot be read": (with_item(OLD, "BLOOD", "IGG", lambda item: evolve(item, kind=Kind.INTEGER)), "could not be read as integer"),
    "another unit": (with_item(OLD, "BLOOD", "IGG", lambda item: evolve(item, unit="mg/dL")), "another unit would change what they mean"),
    "an absence that was given": (with_item(OLD, "PERSON", "SEEN", lambda item: evolve(item, absences=(Absence.NOT_DONE,))), "keep that reason"),
    "an answer shown to the evaluator": (
        with_item(OLD, "PERSON", "AGE", lambda item: evolve(item, audience=item.audience | A.EVALUATOR)), "blinded evaluator could not read"),
    "a filled form taken from its visit": (with_visit(OLD, "BASE", lambda visit: evolve(visit, forms=("SCORE",))), "BASE.BLOOD has 1 filled pages"),
    "a visit removed": (with_visit(OLD, "BASE", lambda visit: None), "BASE has 2 filled pages"),
    "an arm with patients": (evolve(OLD, version="2", arms=OLD.arms[1:]), "patients are in arm T"),
    "another reading of the allocation": (evolve(OLD, version="2", reading="R2"), "how the allocation is read cannot change"),
    "another time zone": (evolve(OLD, version="2", time_zone="Europe/Berlin"), "the time zone decides"),
    "a site with patients": (evolve(OLD, version="2", sites=("99",)), "patients belong to site"),
    "somebody unblinded": (evolve(OLD, version="2", blinded=OLD.blinded & ~A.STATISTICIAN), "statistician would no longer be blinded"),
}  # fmt: skip


@pytest.mark.req("DAT-01", "BLD-01")
@pytest.mark.parametrize("name", HARMFUL)
def test_nothing_recorded_is_harmed(at: Path, name: str) -> None:
    new, words = HARMFUL[name]
    with Trial(at, OLD) as gate:
        assert words in refused(gate, A.INVESTIGATOR, propose(new))


def test_an_item_that_a_reviewer_named_is_not_removed(at: Path) -> None:
    with Trial(at, OLD) as gate:
        question = AskQuery(subject="S1", visit="BASE", form="SCORE", item="SITE3", question="Was it measured?")
        gate.do(actor(A.DATA_MANAGER), question, later(2))
        assert "reviewers named it 1 times" in refused(gate, A.INVESTIGATOR, propose(with_item(OLD, "SCORE", "SITE3", lambda item: None)))


@pytest.mark.req("BLD-05")
def test_no_refusal_tells_the_blinded_what_there_is_to_harm_and_nothing_is_harmed_all_the_same(at: Path) -> None:
    new = with_item(OLD, "BLOOD", "IGG", lambda item: None)
    with Trial(at, OLD) as gate:
        gate.do(actor(A.DATA_MANAGER), propose(new), later(2))
        assert "BLOOD.IGG has 1 answers" in refused(gate, A.INVESTIGATOR, ApproveAmendment(digest=new.digest))


@pytest.mark.req("DAT-01")
def test_what_neither_of_the_two_could_see_is_checked_before_it_is_put_in_force(at: Path) -> None:
    secret = plus_item(OLD, "BLOOD", evolve(NEW_ITEM, audience=A.COORDINATOR | A.PHYSICIAN | A.CUSTODIAN))
    without = evolve(OLD, version="3")
    amended(at, secret)
    with Trial(at, secret) as gate:
        gate.do(actor(A.COORDINATOR), Answer(subject="S1", visit="W4", form="BLOOD", entries={"IGG": "8", "NOTE": "x"}), later(20))
        gate.do(actor(A.DATA_MANAGER), propose(without), later(21))
        gate.do(actor(A.INVESTIGATOR), ApproveAmendment(digest=without.digest), later(22))
    with Trial(at, without) as gate, pytest.raises(Refused, match="amendment-harms"):
        gate.do(SYSTEM, PutInForce(), later(23))
    assert json.loads(definitions_of(at).in_force)["version"] == "2"


@pytest.mark.req("DAT-01", "SIG-01")
def test_two_people_amend_a_study_together(at: Path) -> None:
    with Trial(at, OLD) as gate:
        assert refused(gate, A.COORDINATOR, propose(HARMLESS)).startswith("not-yours")
        assert refused(gate, A.INVESTIGATOR, propose(OLD)).startswith("same-version")
        assert refused(gate, A.INVESTIGATOR, propose(evolve(OLD, version="2"))).startswith("nothing-amended")
        assert refused(gate, A.INVESTIGATOR, propose(HARMLESS, "")).startswith("reason-empty")
        assert refused(gate, A.INVESTIGATOR, propose(HARMLESS, "Examplumab needs it")).startswith("arm-words")
        assert refused(gate, A.INVESTIGATOR, propose(evolve(HARMLESS, code="OTHER"))).startswith("other-study")
        assert refused(gate, A.INVESTIGATOR, ProposeAmendment(definition="{}", because=WHY)).startswith("no-definition")
        assert refused(gate, A.DATA_MANAGER, ApproveAmendment(digest=HARMLESS.digest)).startswith("not-found")
        gate.do(actor(A.INVESTIGATOR), propose(HARMLESS), later(2))
        assert refused(gate, A.INVESTIGATOR, ApproveAmendment(digest=HARMLESS.digest)).startswith("other-amender")
        with pytest.raises(Refused, match="other-amender"):
            gate.do(Actor(name="Investigator", role=A.DATA_MANAGER), ApproveAmendment(digest=HARMLESS.digest), later(3))
        gate.do(actor(A.DATA_MANAGER), ApproveAmendment(digest=HARMLESS.digest), later(3))
        assert refused(gate, A.DATA_MANAGER, ApproveAmendment(digest=HARMLESS.digest)).startswith("already")
        waits = pending(gate.casebook(A.MONITOR))
        assert waits and waits.approved and waits.event.because == WHY
        assert gate.do(SYSTEM, PutInForce(), later(3)) == (), "it was opened with the old definition, which goes on"
    assert definitions_of(at).approved == HARMLESS.canonical.decode() and definitions_of(at).in_force == OLD.canonical.decode()


def test_what_is_proposed_and_not_approved_is_not_put_in_force(at: Path) -> None:
    with Trial(at, OLD) as gate:
        gate.do(actor(A.DATA_MANAGER), propose(HARMLESS), later(2))
    with Trial(at, HARMLESS) as gate, pytest.raises(Refused, match="not-approved"):
        gate.do(SYSTEM, PutInForce(), later(4))


def test_what_was_recorded_since_the_approval_is_not_harmed_either(at: Path) -> None:
    new = with_item(OLD, "SCORE", "SITE3", lambda item: None)
    with Trial(at, OLD) as gate:
        gate.do(actor(A.INVESTIGATOR), propose(new), later(2))
        gate.do(actor(A.EVALUATOR), Answer(subject="S1", visit="BASE", form="SCORE", entries={"SITE3": "1"}), later(2))
        assert refused(gate, A.DATA_MANAGER, ApproveAmendment(digest=new.digest)).startswith("amendment-harms")


@pytest.mark.req("DAT-01")
def test_the_new_version_holds_from_its_event_on_and_each_answer_knows_its_own(at: Path) -> None:
    amended(at, HARMLESS)
    with Trial(at, HARMLESS) as gate:
        gate.do(actor(A.COORDINATOR), Answer(subject="S1", visit="W4", form="BLOOD", entries={"IGG": "8", "NOTE": "fasting"}), later(20))
        book = gate.casebook(A.MONITOR)
        assert [(one.version, one.since) for one in versions(book)] == [("1", START), ("2", later(4))]
        (_, second) = versions(book)
        assert second.changes == (Change(kind="added", what="item", name="BLOOD.NOTE", after="note", seen_by=NEW_ITEM.audience.code),)
        assert second.proposed and second.approved and (second.proposed.by, second.approved.by) == ("investigator", "datamanager")
        pages = book.subject("S1")
        assert [version_at(book, pages.page(visit, "BLOOD").cells["IGG"][-1].at) for visit in ("BASE", "W4")] == ["1", "2"]
    assert definitions_of(at).in_force == HARMLESS.canonical.decode() and definitions_of(at).approved == ""
    assert examine(at) == []


@pytest.mark.req("DAT-01", "SIG-02")
def test_a_page_begun_before_is_shown_unchanged_and_asked_nothing_new(at: Path) -> None:
    amended(at, HARMLESS)
    with Trial(at, HARMLESS) as gate:
        study, subject = gate.study, gate.casebook(A.COORDINATOR).subject("S1")
        before = subject.page("BASE", "BLOOD")
        assert before.answers == {"IGG": "9.5"} and before.fully_signed
        assert unanswered(study.form("BLOOD"), before, A.COORDINATOR) == []
        assert status(study, subject, study.visit("BASE"), study.form("BLOOD"), A.COORDINATOR, later(5).date()) is Status.SIGNED
        gate.do(actor(A.COORDINATOR), Answer(subject="S1", visit="W4", form="BLOOD", entries={"IGG": "8"}), later(20))
        page = gate.casebook(A.COORDINATOR).subject("S1").page("W4", "BLOOD")
        assert [item.code for item in unanswered(study.form("BLOOD"), page, A.COORDINATOR)] == ["NOTE"]


def test_a_form_that_came_to_a_visit_too_late_is_not_overdue(at: Path) -> None:
    new = with_visit(OLD, "SCR", lambda visit: evolve(visit, forms=(*visit.forms, "BLOOD")))
    amended(at, new)
    with Trial(at, new) as gate:
        study, subject, day = gate.study, gate.casebook(A.COORDINATOR).subject("S1"), later(6).date()
        assert status(study, subject, study.visit("SCR"), study.form("BLOOD"), A.COORDINATOR, day) is Status.NOT_DONE
        assert status(study, subject, study.visit("W12"), study.form("BLOOD"), A.COORDINATOR, day) is Status.NOT_DUE


@pytest.mark.req("DAT-01")
def test_a_narrower_range_leaves_old_answers_valid_and_holds_for_new_ones(at: Path) -> None:
    new = with_item(OLD, "BLOOD", "IGG", lambda item: evolve(item, high=Decimal(9)))
    amended(at, new)
    with Trial(at, new) as gate:
        chart = SubjectChart(gate.study, gate.casebook(A.COORDINATOR).subject("S1"))
        assert chart.value("BLOOD", "IGG", "BASE") == Decimal("9.5")
        assert refused(gate, A.COORDINATOR, Answer(subject="S1", visit="W4", form="BLOOD", entries={"IGG": "9.5"})).startswith("wrong-entries")


@pytest.mark.req("DAT-01")
def test_a_retired_item_is_asked_no_more_and_stays_readable(at: Path) -> None:
    new = with_item(OLD, "BLOOD", "IGG", lambda item: evolve(item, retired=True))
    amended(at, new)
    with Trial(at, new) as gate:
        assert refused(gate, A.COORDINATOR, Answer(subject="S1", visit="W4", form="BLOOD", entries={"IGG": "8"})).startswith("wrong-entries")
        fix = Answer(subject="S1", visit="BASE", form="BLOOD", entries={"IGG": "9.6"}, reason="source says so")
        gate.do(actor(A.COORDINATOR), fix, later(6))
        subject = gate.casebook(A.COORDINATOR).subject("S1")
        assert subject.page("BASE", "BLOOD").answers == {"IGG": "9.6"}
        assert status(gate.study, subject, gate.study.visit("W4"), gate.study.form("BLOOD"), A.COORDINATOR, later(40).date()) is Status.NOT_DONE


@pytest.mark.req("BLD-02")
def test_the_evaluator_learns_of_an_amendment_only_where_he_sees_a_difference(at: Path) -> None:
    amended(at, HARMLESS)
    with Trial(at, HARMLESS) as gate:
        assert [one.version for one in versions(gate.casebook(A.EVALUATOR))] == ["1"]
        assert not [one for one in gate.casebook(A.EVALUATOR).everything if isinstance(one.event, Amended)]


@pytest.mark.req("BLD-02")
def test_where_he_does_he_is_told_the_bare_fact(at: Path) -> None:
    new = with_item(OLD, "SCORE", "SITE1", lambda item: evolve(item, label=same("site one")))
    amended(at, new)
    with Trial(at, new) as gate:
        (entry,) = [one for one in gate.casebook(A.EVALUATOR).everything if isinstance(one.event, Amended)]
        assert (entry.event.version, entry.event.digest) == ("2", "")
        assert [one.version for one in versions(gate.casebook(A.INVESTIGATOR))] == ["1", "2"]


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"":"Study"}', b'{"":"Study","code":"X","version":"1"}', b"\xff", b"[" * 5000,
                                     b'{"":"Study","code":"X","version":"1","forms":[{"code":1}],"visits":[]}'])  # fmt: skip
def test_a_file_that_is_no_definition_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match="no definition of a study"):
        definition(content)
