"""What must not stay is erased by two people; what they did stays, and nothing else changes."""

import hashlib
from datetime import timedelta

import pytest

from trialwright.blinding import Actor
from trialwright.protocol import Absence, Audience, absence_name
from trialwright.record import (
    Answer,
    AskQuery,
    AskRedaction,
    Redact,
    Refused,
    Sign,
    SignOff,
    Withdraw,
    erasures,
)
from trialwright.record.events import Corrected, Redacted, RedactionAsked
from trialwright.record.lock import Lock
from trialwright.record.pages import Page
from trialwright.record.redaction import parts
from trialwright.testing import START, actor, enrolled, in_memory, tiny_study

pytestmark = [pytest.mark.spec, pytest.mark.req("AUD-10")]
A = Audience
NAME = "Zhang San 13800138000"
LATER = START + timedelta(days=40)


@pytest.fixture
def gate():
    gate = in_memory(tiny_study())
    enrolled(gate, "S0")
    gate.do(actor(A.EVALUATOR), Answer(subject="S0", visit="BASE", form="SCORE", entries={"SITE1": "1", "SITE2": "2"}), START)
    gate.do(actor(A.EVALUATOR), Answer(subject="S0", visit="BASE", form="SCORE", entries={"SITE1": "2"}, reason=NAME), START)
    return gate


def cell(gate, role=A.CUSTODIAN, item="SITE1"):
    return gate.casebook(role).subject("S0").page("BASE", "SCORE").cells[item]


def asked(gate, ref, *what, role=A.DATA_MANAGER, because="a telephone number"):
    return gate.do(actor(role), AskRedaction(ref=ref, what=what, because=because), LATER)[0].ref


def erased(gate, ref, *what, by=A.CUSTODIAN, **more):
    gate.do(actor(by), Redact(request=asked(gate, ref, *what, **more)), LATER)


def said(gate, role=A.CUSTODIAN, until=None):
    return repr(gate.casebook(role, until).everything)


def test_a_reason_is_erased_and_the_score_that_it_explained_stays(gate):
    before = cell(gate)
    erased(gate, before[-1].ref, "reason")
    after = cell(gate)
    assert after.value == "2" and after[-1].ref == before[-1].ref
    assert isinstance(after.last, Corrected)
    assert after.last.reason == "[erased on 2026-02-14 by datamanager and custodian, because a telephone number · 已抹除]"
    assert all(NAME not in said(gate, role, until) for role in (A.EVALUATOR, A.CUSTODIAN) for until in (None, START + timedelta(days=1)))


def test_an_erased_answer_is_absent_and_says_why_and_a_later_one_takes_its_place(gate):
    erased(gate, cell(gate)[-1].ref, "value", "reason", because="a hospital number")
    now = cell(gate)
    assert (now.value, now.absence) == (None, Absence.ERASED)
    assert absence_name(now.last.absence).en == "erased on 2026-02-14 by datamanager and custodian, because a hospital number"
    assert absence_name(now.last.absence).zh == "已抹除（2026-02-14，datamanager and custodian：a hospital number）"
    gate.do(actor(A.EVALUATOR), Answer(subject="S0", visit="BASE", form="SCORE", entries={"SITE1": "3"}, reason="read again"), LATER)
    assert [one.event.value for one in cell(gate)] == ["1", None, "3"]


def test_what_the_first_erasure_kept_can_be_erased_too(gate):
    ref = cell(gate)[-1].ref
    erased(gate, ref, "reason")
    assert parts(cell(gate).last) == ("value",)
    erased(gate, ref, "value", by=A.INVESTIGATOR, because="the score is of another person")
    assert cell(gate).last.reason.startswith("[erased on 2026-02-14 by datamanager and custodian")
    assert cell(gate).last.absence == "erased on 2026-02-14 by datamanager and investigator, because the score is of another person"
    assert next(entry.event.kept for entry in gate.casebook(A.CUSTODIAN).everything if isinstance(entry.event, Redacted)) == "[erased]"
    assert [one.entry.ref for one in erasures(gate.casebook(A.CUSTODIAN))] == [ref, ref]


def test_it_takes_two_people_in_two_roles_and_the_second_answers_for_the_record(gate):
    wish = asked(gate, cell(gate)[-1].ref, "reason")
    for role, code in ((A.DATA_MANAGER, "second-person"), (A.EVALUATOR, "not-yours"), (A.MONITOR, "not-yours"), (A.STATISTICIAN, "not-yours")):
        with pytest.raises(Refused) as problem:
            gate.do(actor(role), Redact(request=wish), LATER)
        assert problem.value.code == code
    assert NAME in said(gate)
    for role, name in ((A.CUSTODIAN, "datamanager"), (A.DATA_MANAGER, "another")):
        with pytest.raises(Refused, match="second-person"):
            gate.do(Actor(name=name, role=role), Redact(request=wish), LATER)
    gate.do(actor(A.INVESTIGATOR), Redact(request=wish), LATER)
    with pytest.raises(Refused, match="already"):
        gate.do(actor(A.INVESTIGATOR), Redact(request=wish), LATER)


def test_nothing_is_asked_twice_nothing_unknown_and_nothing_without_a_reason(gate):
    ref = cell(gate)[-1].ref
    for what, because, code in ((("reason",), " ", "reason-empty"), (("reason",), "x" * 101, "reason-empty"), ((), "why", "not-found"),
                                (("question",), "why", "not-found"), (("label",), "why", "not-found"), (("observed",), "why", "not-found")):  # fmt: skip
        with pytest.raises(Refused, match=code):
            gate.do(actor(A.DATA_MANAGER), AskRedaction(ref=ref, what=what, because=because), LATER)
    with pytest.raises(Refused, match="not-found"):
        gate.do(actor(A.DATA_MANAGER), AskRedaction(ref="0" * 16, what=("reason",), because="why"), LATER)
    asked(gate, ref, "reason")
    with pytest.raises(Refused, match="already"):
        asked(gate, ref, "value")


@pytest.mark.req("BLD-02", "BLD-09")
def test_the_evaluator_learns_of_no_hidden_erasure_and_reads_no_words_of_the_unblinded(gate):
    gate.do(actor(A.PHYSICIAN), Withdraw(subject="S0", on=START.date(), because=NAME), START)
    before = said(gate, A.EVALUATOR)
    hidden = next(entry for entry in gate.casebook(A.CUSTODIAN).entries("S0") if type(entry.event).__name__ == "Withdrew")
    erased(gate, hidden.ref, "because", role=A.COORDINATOR)
    assert NAME not in repr(gate.casebook(A.CUSTODIAN).subject("S0").withdrew)
    assert said(gate, A.EVALUATOR) == before
    with pytest.raises(Refused, match="only-the-blind"):
        asked(gate, cell(gate)[-1].ref, "reason", role=A.INVESTIGATOR)
    with pytest.raises(Refused, match="arm-words"):
        asked(gate, cell(gate)[-1].ref, "reason", because="says the dose")
    with pytest.raises(Refused, match="not-found"):  # hidden and absent look alike
        asked(gate, hidden.ref, "because", role=A.DATA_MANAGER)


@pytest.mark.req("LCK-02")
def test_after_the_lock_only_what_no_analysis_reads_is_erased(gate):
    rest = {item.code: "2" for item in gate.study.form("SCORE").items if item.code.startswith("SITE") and item.code != "SITE1"} | {"ASSESSED": "2026-01-05"}
    gate.do(actor(A.EVALUATOR), Answer(subject="S0", visit="BASE", form="SCORE", entries=rest, reason="the rest"), START)
    gate.do(actor(A.EVALUATOR), Sign(subject="S0", visit="BASE", form="SCORE"), START)
    for role in (A.INVESTIGATOR, A.DATA_MANAGER):
        gate.do(actor(role), SignOff(meaning="ready to lock"), START)
    gate.do(actor(A.DATA_MANAGER), Lock(), START)
    first, last = cell(gate)
    with pytest.raises(Refused, match="locked"):
        asked(gate, last.ref, "value")
    erased(gate, last.ref, "reason")
    erased(gate, first.ref, "value")
    assert [one.event.value for one in cell(gate)] == [None, "2"]
    page = gate.casebook(A.CUSTODIAN).subject("S0").page("BASE", "SCORE")
    assert page.fully_signed and gate.casebook(A.CUSTODIAN).locked


def test_a_reason_that_repeats_the_name_is_erased_wherever_it_was_told(gate):
    wish = asked(gate, cell(gate)[-1].ref, "reason", because=NAME)
    gate.do(actor(A.CUSTODIAN), Redact(request=wish), LATER)
    assert NAME in said(gate)
    erased(gate, wish, "because", because="it repeated the name")
    assert NAME not in said(gate)
    assert "because [erased on" in cell(gate).last.reason


def test_a_question_can_be_erased(gate):
    gate.do(actor(A.DATA_MANAGER), AskQuery(subject="S0", visit="BASE", form="SCORE", item="SITE1", question=NAME), START)
    query = next(iter(gate.casebook(A.CUSTODIAN).subject("S0").queries.values()))
    erased(gate, query.asked.ref, "question")
    (query,) = gate.casebook(A.EVALUATOR).subject("S0").queries.values()
    assert query.asked.event.question == "[erased on 2026-02-14 by datamanager and custodian, because a telephone number · 已抹除]"
    assert {type(entry.event) for entry in gate.casebook(A.EVALUATOR).everything} >= {RedactionAsked, Redacted}


@pytest.fixture
def whole(gate):
    gate.do(actor(A.EVALUATOR), Answer(subject="S0", visit="BASE", form="SCORE", entries={"ASSESSED": "2026-01-05", "SITE3": "1"}), START)
    return gate


def over(cells, told):
    """The digest over these cells, with that told of each."""
    lines = [f"{item}\x1f{told(one)}\x1f{one.absence}" for item, one in sorted(cells.items())]
    return hashlib.sha256("\x1e".join(lines).encode()).hexdigest()


@pytest.mark.req("SIG-02")
def test_no_signature_lets_an_erased_answer_be_guessed(whole):
    whole.do(actor(A.EVALUATOR), Sign(subject="S0", visit="BASE", form="SCORE"), LATER)
    page = whole.casebook(A.CUSTODIAN).subject("S0").page("BASE", "SCORE")
    (signature,) = page.signatures
    assert signature.valid
    assert signature.event.digest == over(page.cells, lambda one: one[-1].ref), "it binds the names of the entries, which are hashes with a salt"
    assert signature.event.digest != over(page.cells, lambda one: one.value), "nothing that somebody could find by trying"
    erased(whole, cell(whole)[-1].ref, "value", because="a hospital number")
    (signature,) = whole.casebook(A.CUSTODIAN).subject("S0").page("BASE", "SCORE").signatures
    assert not signature.valid, "what was signed is no longer there"


@pytest.mark.req("SIG-02")
def test_a_signature_that_was_made_over_the_values_themselves_still_holds_and_falls(whole, monkeypatch):
    with monkeypatch.context() as before:
        before.setattr(Page, "digest", lambda page, label, excepted=(): over(page.cells, lambda one: one.value))
        whole.do(actor(A.EVALUATOR), Sign(subject="S0", visit="BASE", form="SCORE"), START)
    page = whole.casebook(A.CUSTODIAN).subject("S0").page("BASE", "SCORE")
    assert page.fully_signed and page.signatures[0].valid
    whole.do(actor(A.EVALUATOR), Answer(subject="S0", visit="BASE", form="SCORE", entries={"SITE2": "3"}, reason="read again"), LATER)
    page = whole.casebook(A.CUSTODIAN).subject("S0").page("BASE", "SCORE")
    assert not page.fully_signed and not page.signatures[0].valid
