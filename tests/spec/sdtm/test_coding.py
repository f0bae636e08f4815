"""Codes in the tabulation: each level of the dictionary in its variable, the entry of the coder behind the record, nothing for what is not coded."""

import pytest
from attrs import evolve

from studies.telitacicept_ssc.invented_terms import DRUGS, EVENTS
from studies.telitacicept_ssc.protocol import STUDY
from trialwright import sdtm
from trialwright.blinding import Gate
from trialwright.protocol import SITE, Audience, Form, Item, Kind, one_section, same
from trialwright.protocol.dictionary import Dictionary
from trialwright.record import Answer, Code
from trialwright.testing import actor, enrolled, in_memory, later

pytestmark = pytest.mark.spec
A = Audience
HISTORY = Form(code="HISTORY", title=same("history"), entered_by=A.PHYSICIAN, repeats=True, sections=one_section(same("history"), [
    Item(code="MHTERM", label=same("what"), kind=Kind.TEXT, audience=SITE, sdtm="MH.MHTERM", dictionary="MedDRA"),
    Item(code="MHSTDAT", label=same("since"), kind=Kind.PARTIAL_DATE, audience=SITE, sdtm="MH.MHSTDTC")]))  # fmt: skip
WITH_HISTORY = evolve(STUDY, forms=(*STUDY.forms, HISTORY), logs=(*STUDY.logs, "HISTORY"))


@pytest.fixture
def gate() -> Gate:
    gate = in_memory(WITH_HISTORY)
    enrolled(gate, "S1")
    return gate


def told(gate: Gate, form: str, item: str, words: str, dictionary: Dictionary | None, row: str = "A", **more: str) -> str:
    """An answer, coded if a dictionary is given; the name of the coder's entry."""
    gate.do(actor(A.PHYSICIAN), Answer(subject="S1", form=form, row=row, entries={item: words, **more}), later(2))
    if dictionary is None:
        return ""
    entry = dictionary.suggest(more.get("CMOTHER", words))[0].entry
    coded = "CMOTHER" if "CMOTHER" in more else item
    code = Code(subject="S1", form=form, row=row, item=coded, dictionary=dictionary.name, version=dictionary.version, code=entry.code, term=entry.term,
                path=entry.path)  # fmt: skip
    return gate.do(actor(A.SAFETY), code, later(3))[0].ref


def row(gate: Gate, domain: str, role: Audience = A.CUSTODIAN) -> dict[str, object]:
    (found,) = sdtm.build(WITH_HISTORY, gate.casebook(role))[domain].to_dicts()
    return found


def test_an_event_carries_all_five_levels_and_the_entry_of_its_coder(gate: Gate) -> None:
    ref = told(gate, "ADVERSE_EVENTS", "AETERM", "Herpes zoster", EVENTS)
    found, entry = row(gate, "AE"), EVENTS.suggest("herpes zoster")[0].entry
    soc = entry.path[3]
    assert (found["AETERM"], found["AELLT"], found["AEDECOD"]) == ("Herpes zoster",) * 3
    assert (found["AELLTCD"], found["AEPTCD"], found["AESOCCD"], found["AEBDSYCD"]) == (int(entry.code), int(entry.code), int(soc.code), int(soc.code))
    assert (found["AEHLT"], found["AEHLGT"], found["AESOC"], found["AEBODSYS"]) == ("Invented group: infections",) * 2 + ("Invented class: infections",) * 2
    assert ref in found["_REFS"]


def test_what_is_not_coded_or_no_longer_coded_is_empty(gate: Gate) -> None:
    told(gate, "ADVERSE_EVENTS", "AETERM", "Herpes zoster", EVENTS)
    gate.do(actor(A.PHYSICIAN), Answer(subject="S1", form="ADVERSE_EVENTS", row="A", entries={"AETERM": "shingles"}, reason="as told"), later(4))
    found = row(gate, "AE")
    assert found["AETERM"] == "shingles"
    assert {found[name] for name in ("AELLT", "AELLTCD", "AEDECOD", "AEPTCD", "AEHLT", "AESOC", "AESOCCD", "AEBODSYS")} == {None}


def test_a_drug_carries_its_preferred_name_and_class(gate: Gate) -> None:
    told(gate, "MEDICATIONS", "CMTRT", "OTHER", DRUGS, CMOTHER="nifedipine")
    found = row(gate, "CM")
    assert (found["CMTRT"], found["CMDECOD"], found["CMCLAS"], found["CMCLASCD"]) == ("nifedipine", "NIFEDIPINE", "Invented class: other drugs", "X03")


def test_a_log_of_the_medical_history_becomes_records_with_their_codes(gate: Gate) -> None:
    told(gate, "HISTORY", "MHTERM", "digital ulcer", EVENTS, MHSTDAT="2024-03")
    found = row(gate, "MH")
    assert (found["MHTERM"], found["MHDECOD"], found["MHBODSYS"], found["MHSTDTC"]) == ("digital ulcer", "Digital ulcer", "Invented class: skin", "2024-03")


@pytest.mark.req("BLD-02")
def test_who_may_not_read_the_event_gets_no_code_of_it(gate: Gate) -> None:
    told(gate, "ADVERSE_EVENTS", "AETERM", "Herpes zoster", EVENTS)
    assert sdtm.build(WITH_HISTORY, gate.casebook(A.DATA_MANAGER))["AE"].is_empty()
