"""The balance of the arms and the evidence for each allocation: for those who may know the arms, under a banner, and for nobody else."""

from decimal import Decimal

import pytest
from attrs import evolve

from tests.web.desk import OLD, YOUNG
from tests.web.test_filling import text
from trialwright.allocation import Allocate, SealSequence
from trialwright.allocation.balance import balance, standardized
from trialwright.capture.testing import client_for
from trialwright.protocol import AtLeast, Audience, Reading
from trialwright.record import Answer
from trialwright.testing import START, actor, enrolled, in_memory, later, tiny_study

pytestmark = pytest.mark.web
A = Audience
SEEING = (A.COORDINATOR, A.PHYSICIAN, A.SAFETY, A.MONITOR, A.INVESTIGATOR, A.CUSTODIAN)


@pytest.mark.req("BLD-02")
@pytest.mark.parametrize("role", [role for role in A if role is not A.PATIENT], ids=lambda role: role.name)
def test_only_who_may_know_the_arms_sees_them_and_the_page_says_so(client, role) -> None:
    someone = client(role)
    found, absent = someone.get("/balance"), someone.get("/nothing")
    if role not in SEEING:
        assert (found.status_code, found.content) == (404, absent.content)
        assert b"/balance" not in someone.get("/").content
        return
    page = text(found)
    assert 'class="unblinded"' in page and "telitacicept" in page and OLD in page and YOUNG in page
    if role is not A.CUSTODIAN:
        assert 'href="/balance"' in text(someone.get("/"))


def test_the_page_of_a_subject_tells_method_and_evidence_to_who_may_know(client) -> None:
    page = text(client(A.MONITOR).get(f"/subject/{OLD}"))
    assert "clinician&#39;s choice" in page and "Evidence" in page
    for blind in (A.DATA_MANAGER, A.STATISTICIAN):
        assert "Evidence" not in text(client(blind).get(f"/subject/{OLD}"))


def test_a_study_that_blinds_more_roles_has_no_such_page_for_them() -> None:
    study = evolve(tiny_study(), blinded=tiny_study().blinded | A.MONITOR)
    gate = in_memory(study)
    monitor = client_for(gate, A.MONITOR, lambda: later(9))
    assert monitor.get("/balance").status_code == 404 and b"/balance" not in monitor.get("/").content
    assert client_for(gate, A.PHYSICIAN, lambda: later(9)).get("/balance").status_code == 200


@pytest.fixture
def stratified():
    """Six people allocated at random in strata of age, each with the age at which he came in."""
    base = tiny_study("R3")
    reading: Reading = evolve(base.chosen, factors=(AtLeast("age", Decimal(40)),), blocks=(2,))
    gate = in_memory(evolve(base, readings=(*base.readings[:2], reading)))
    gate.do(actor(A.CUSTODIAN), SealSequence(), START)
    for number, age in enumerate((30, 35, 50, 60, 70, 45)):
        enrolled(gate, f"S{number}", arm=None)
        gate.do(actor(A.COORDINATOR), Answer(subject=f"S{number}", visit="SCR", form="PERSON", entries={"AGE": str(age)}), later(1))
        gate.do(actor(A.PHYSICIAN), Allocate(subject=f"S{number}"), later(2))
    return gate


def test_factors_strata_and_facts_are_counted_as_they_were(stratified) -> None:
    gate = stratified
    before = balance(gate.study, gate.casebook(A.MONITOR))
    assert before.counts.counts == (3, 3) and before.counts.uneven == 0
    assert [(level.name, level.counts) for level in before.factors[0].levels] == [("Y", (2, 2)), ("N", (1, 1))]
    assert before.total == 0 and len(before.commitment) == 64
    ages = {one: (30, 35, 50, 60, 70, 45)[int(one[1])] for one in (f"S{n}" for n in range(6))}
    arms = {one.id: one.arm for one in gate.casebook(A.MONITOR).subjects}
    sides = [[float(age) for id, age in ages.items() if arms[id] == arm] for arm in before.arms]
    assert before.measures[0].told[0][1] == pytest.approx(sum(sides[0]) / 3)
    assert before.measures[0].difference == pytest.approx(standardized(*sides))
    gate.do(actor(A.COORDINATOR), Answer(subject="S0", visit="SCR", form="PERSON", entries={"AGE": "99"}, reason="typing error"), later(3))
    assert balance(gate.study, gate.casebook(A.MONITOR)) == before, "what is entered later changes nothing"
    page = text(client_for(gate, A.MONITOR, lambda: later(9)).get("/balance"))
    assert before.commitment[:16] in page and "sealed random list" in page and "age: not met" in page
    zh = text(client_for(gate, A.MONITOR, lambda: later(9), language="zh").get("/balance"))
    assert "分组情况" in zh and "age：" not in zh and "Known on the day" not in zh


def test_a_blind_view_balances_nothing(stratified) -> None:
    found = balance(stratified.study, stratified.casebook(A.STATISTICIAN))
    assert found.counts.counts == (0, 0) and not found.measures and not found.answers


def test_the_difference_is_that_of_a_worked_example() -> None:
    """Two arms of 2, 4, 6 and 1, 2, 3: means 4 and 2, variances 4 and 1, so 2 / sqrt(2.5)."""
    assert standardized([2, 4, 6], [1, 2, 3]) == pytest.approx(1.2649110640673518, rel=1e-12)
    assert standardized([1], [1, 2]) is None and standardized([1, 1], [1, 1]) is None


def test_the_list_is_in_order_of_time(client) -> None:
    page = text(client(A.CUSTODIAN).get("/balance"))
    assert page.index(OLD) < page.index(YOUNG)
