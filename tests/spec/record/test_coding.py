"""Answers in words and the terms of a dictionary: put into use, given, carried over, changed with a reason, and complete before the lock."""

import pytest

from studies.telitacicept_ssc.invented_terms import DRUGS, EVENTS
from studies.telitacicept_ssc.protocol import STUDY
from trialwright.blinding import Gate
from trialwright.protocol import Audience
from trialwright.protocol.dictionary import Dictionary
from trialwright.record import Adopt, Answer, Code, Refused, obstacles, uncoded, verbatims
from trialwright.record.coding import move, read_path
from trialwright.rehearsal.invented import invented_events
from trialwright.testing import actor, enrolled, in_memory, later

pytestmark = pytest.mark.spec
A = Audience
LOG = "ADVERSE_EVENTS"
NEWER = invented_events({"moved infections": ("herpes zoster", "pneumonia"), "reactions at the site": ("injection site reaction",)}, "2")
"""One term lies elsewhere, one stays, and others are gone."""


@pytest.fixture
def gate() -> Gate:
    gate = in_memory(STUDY)
    enrolled(gate, "S1")
    return gate


def do(gate: Gate, role: Audience, command, day: int = 2):
    return gate.do(actor(role), command, later(day))


def event(gate: Gate, row: str, words: str, reason: str = "") -> None:
    do(gate, A.PHYSICIAN, Answer(subject="S1", form=LOG, row=row, entries={"AETERM": words}, reason=reason))


def adopt(dictionary: Dictionary) -> Adopt:
    return Adopt(kind=dictionary.kind, dictionary=dictionary.name, version=dictionary.version, digest=dictionary.digest)


def code(words: str, row: str = "A", dictionary: Dictionary = EVENTS, **more: str) -> Code:
    entry = dictionary.suggest(words)[0].entry
    return Code(subject="S1", form=LOG, row=row, item="AETERM", dictionary=dictionary.name, version=dictionary.version, code=entry.code,
                term=entry.term, path=entry.path, **more)  # fmt: skip


def refused(gate: Gate, role: Audience, command) -> str:
    with pytest.raises(Refused) as told:
        do(gate, role, command)
    assert told.value.because.zh
    return told.value.code


def waiting(gate: Gate, role: Audience = A.SAFETY) -> list[str]:
    return [f"{one.page.place[2]} {one.words}" for one in uncoded(STUDY, gate.casebook(role), role)]


def test_nothing_waits_until_a_dictionary_is_in_use(gate: Gate) -> None:
    event(gate, "A", "herpes zoster")
    assert waiting(gate) == []
    assert not obstacles(STUDY, gate.casebook(A.CUSTODIAN))["uncoded"]
    do(gate, A.SAFETY, adopt(EVENTS))
    assert waiting(gate) == ["A herpes zoster"]
    assert do(gate, A.PHYSICIAN, adopt(EVENTS)) == (), "the same again is nothing"
    assert refused(gate, A.COORDINATOR, adopt(NEWER)) == "not-yours"
    assert refused(gate, A.SAFETY, Adopt(kind="ICD", dictionary="x", version="1")) == "not-found"


@pytest.mark.req("LCK-01")
def test_the_lock_asks_for_every_code_and_tells_the_blind_nothing_of_them(gate: Gate) -> None:
    event(gate, "A", "herpes zoster")
    do(gate, A.DATA_MANAGER, adopt(EVENTS))
    book = gate.casebook(A.CUSTODIAN)
    assert obstacles(STUDY, book)["uncoded"] == [f"S1  {LOG} A"]
    assert obstacles(STUDY, book, A.DATA_MANAGER)["uncoded"] == []
    do(gate, A.SAFETY, code("herpes zoster"))
    assert not obstacles(STUDY, gate.casebook(A.CUSTODIAN))["uncoded"]


def test_a_code_holds_the_whole_path_and_falls_with_its_answer(gate: Gate) -> None:
    do(gate, A.SAFETY, adopt(EVENTS))
    event(gate, "A", "herpes zoster")
    do(gate, A.SAFETY, code("herpes zoster"))
    page = gate.casebook(A.MONITOR).subject("S1").page("", LOG, "A")
    coded = page.code_of("AETERM")
    assert coded and [level.name for level in read_path(coded.path)] == ["PT", "HLT", "HLGT", "SOC"]
    assert waiting(gate) == []
    event(gate, "A", "shingles", reason="typing error")
    assert waiting(gate) == ["A shingles"]
    (one,) = verbatims(STUDY, gate.casebook(A.SAFETY))
    assert one.fell and not one.done


@pytest.mark.req("AUD-03")
def test_another_term_for_the_same_answer_needs_a_reason(gate: Gate) -> None:
    do(gate, A.SAFETY, adopt(EVENTS))
    event(gate, "A", "lung infection")
    do(gate, A.SAFETY, code("upper respiratory tract infection"))
    assert do(gate, A.SAFETY, code("upper respiratory tract infection")) == ()
    assert refused(gate, A.SAFETY, code("pneumonia")) == "reason-empty"
    (entry,) = do(gate, A.SAFETY, code("pneumonia", reason="the image says so"))
    assert entry.event.reason == "the image says so"


def test_only_the_dictionary_in_use_is_used(gate: Gate) -> None:
    do(gate, A.SAFETY, adopt(EVENTS))
    event(gate, "A", "herpes zoster")
    assert refused(gate, A.SAFETY, code("herpes zoster", dictionary=NEWER)) == "other-dictionary"


@pytest.mark.req("DAT-01")
def test_another_version_says_what_becomes_of_each_code_and_what_stays_is_carried_over(gate: Gate) -> None:
    do(gate, A.SAFETY, adopt(EVENTS))
    for row, words in (("A", "herpes zoster"), ("B", "injection site reaction"), ("C", "digital ulcer")):
        event(gate, row, words)
        do(gate, A.SAFETY, code(words, row))
    found = {one.page.place[2]: move(one, NEWER) for one in verbatims(STUDY, gate.casebook(A.SAFETY))}
    assert {row: one.fate for row, one in found.items() if one} == {"A": "moved", "B": "same", "C": "gone"}
    assert found["A"] and found["A"].entry and found["A"].entry.path[3].term == "Invented class: moved infections"
    assert all(move(one, EVENTS) is None for one in verbatims(STUDY, gate.casebook(A.SAFETY))), "it is coded with that very one"
    do(gate, A.SAFETY, adopt(NEWER))
    assert waiting(gate) == ["A herpes zoster", "B injection site reaction", "C digital ulcer"], "until it is coded with the version in use"
    do(gate, A.SAFETY, code("injection site reaction", "B", NEWER))
    assert waiting(gate) == ["A herpes zoster", "C digital ulcer"], "the same term in the new version needs no reason"


def test_a_named_drug_is_coded_by_its_name_and_a_listed_one_by_its_label(gate: Gate) -> None:
    do(gate, A.SAFETY, adopt(DRUGS))
    drug = {"CMDOSE": "30", "CMDOSU": "mg", "CMDOSFRQ": "QD", "CMROUTE": "ORAL", "CMSTDAT": "2025-06", "CMONGO": "Y"}
    do(gate, A.COORDINATOR, Answer(subject="S1", form="MEDICATIONS", row="A", entries=drug | {"CMTRT": "OTHER", "CMOTHER": "Nifedipine"}))
    do(gate, A.COORDINATOR, Answer(subject="S1", form="MEDICATIONS", row="B", entries=drug | {"CMTRT": "PREDNISONE"}))
    assert waiting(gate) == ["A Nifedipine", "B prednisone"]


def test_who_may_not_read_it_has_nothing_to_code(gate: Gate) -> None:
    do(gate, A.DATA_MANAGER, adopt(EVENTS))
    event(gate, "A", "herpes zoster")
    assert waiting(gate, A.DATA_MANAGER) == []
    assert refused(gate, A.DATA_MANAGER, code("herpes zoster")) == "not-found"
    assert gate.casebook(A.EVALUATOR).dictionaries == {}, "and the evaluator does not even learn that there is a dictionary"
