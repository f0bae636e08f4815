"""Some answers are one profession's to give: the coordinator describes an adverse event, a physician judges it."""

import pytest

from studies.telitacicept_ssc.protocol import STUDY
from trialwright.blinding import Gate
from trialwright.forms.adverse_events import JUDGES
from trialwright.protocol import Audience
from trialwright.record import Answer, AnswerQuery, AskQuery, Refused, Sign
from trialwright.testing import actor, enrolled, in_memory, later

pytestmark = pytest.mark.spec
A = Audience
LOG = "ADVERSE_EVENTS"
DESCRIBED = {"AETERM": "cough", "AESTDAT": "2026-01-06", "AETOXGR": "1", "AEACN": "DOSE NOT CHANGED", "AEOUT": "NOT RECOVERED/NOT RESOLVED"}
JUDGED = {"AESER": "N", "AEREL": "UNLIKELY"}


@pytest.fixture
def gate() -> Gate:
    gate = in_memory(STUDY)
    enrolled(gate, "S1")
    return gate


def answer(gate: Gate, role: Audience, entries: dict[str, str], reason: str = ""):
    return gate.do(actor(role), Answer(subject="S1", form=LOG, row="A", entries=entries, reason=reason), later(2))


def saved(gate: Gate) -> dict[str, str]:
    return gate.casebook(A.MONITOR).subject("S1").page("", LOG, "A").answers


@pytest.mark.req("ACC-03")
@pytest.mark.parametrize("role", [A.COORDINATOR, A.SAFETY])
def test_who_describes_does_not_judge_and_is_told_who_does(gate: Gate, role: Audience) -> None:
    with pytest.raises(Refused) as refused:
        answer(gate, role, DESCRIBED | JUDGED)
    assert {one.item for one in refused.value.wrongs} == set(JUDGED)
    assert "Only the treating physician / principal investigator answers this" in refused.value.wrongs[0].because.en
    assert "仅由治疗医师／主要研究者填写" in refused.value.wrongs[0].because.zh
    assert saved(gate) == {}, "all or nothing"
    answer(gate, role, DESCRIBED)
    assert saved(gate) == DESCRIBED


@pytest.mark.req("ACC-03")
@pytest.mark.parametrize("role", [A.PHYSICIAN, A.INVESTIGATOR])
def test_a_physician_judges_what_the_coordinator_described(gate: Gate, role: Audience) -> None:
    answer(gate, A.COORDINATOR, DESCRIBED)
    with pytest.raises(Refused, match="incomplete"):
        gate.do(actor(A.COORDINATOR), Sign(subject="S1", form=LOG, row="A"), later(3))
    answer(gate, role, JUDGED)
    assert saved(gate) == DESCRIBED | JUDGED
    gate.do(actor(A.COORDINATOR), Sign(subject="S1", form=LOG, row="A"), later(3))
    with pytest.raises(Refused, match="wrong-entries"):
        answer(gate, A.COORDINATOR, {"AEREL": "PROBABLE"}, reason="typing error")


def test_expectedness_is_also_the_safety_officers(gate: Gate) -> None:
    """Against the reference safety information it is the sponsor who compares (ICH E2A); seriousness and cause stay with the physician."""
    answer(gate, A.PHYSICIAN, DESCRIBED | JUDGED | {"AESER": "Y"})
    answer(gate, A.SAFETY, {"AEEXP": "N"})
    with pytest.raises(Refused, match="wrong-entries"):
        answer(gate, A.SAFETY, {"AESHOSP": "Y"})


def test_a_question_about_a_judgment_is_answered_by_those_who_judge(gate: Gate) -> None:
    answer(gate, A.PHYSICIAN, DESCRIBED | JUDGED)
    asked = gate.do(actor(A.MONITOR), AskQuery(subject="S1", form=LOG, row="A", item="AEREL", question="Why?"), later(3))
    query = asked[0].event.query
    with pytest.raises(Refused, match="not-yours"):
        gate.do(actor(A.COORDINATOR), AnswerQuery(subject="S1", query=query, answer="Other cause"), later(4))
    gate.do(actor(A.PHYSICIAN), AnswerQuery(subject="S1", query=query, answer="Other cause"), later(4))


def test_the_form_says_for_every_item_who_may_answer_it() -> None:
    form = STUDY.form(LOG)
    own = {item.code for item in form.items if item.writers is not None}
    assert own == {"AESER", "AESDTH", "AESLIFE", "AESHOSP", "AESDISAB", "AESCONG", "AESMIE", "AEREL", "AEEXP"}
    assert form.writers("AEREL") == JUDGES and form.writers("AETERM") == form.entered_by
