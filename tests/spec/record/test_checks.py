"""Checks between answers: what they find, who is told, what a finding prevents; and answers that fall with the one they hang on."""

from datetime import date
from decimal import Decimal

import pytest
from attrs import evolve

from studies.telitacicept_ssc.protocol import STUDY
from trialwright.protocol import Absence, Audience, Check, Glance, Text, Value, incoherences, same
from trialwright.protocol.checks import (
    BornBeforeConsent,
    Dated,
    Implies,
    InOrder,
    InWindow,
    NotAbove,
    OneOf,
    SinceConsent,
    SinceIndexDate,
    Steady,
    SumNotAbove,
)
from trialwright.record import Answer, Refused, Sign
from trialwright.record.checks import findings
from trialwright.record.events import Answered, Corrected
from trialwright.record.signatures import unanswered
from trialwright.testing import START, actor, enrolled, in_memory, later

COORDINATOR = Audience.COORDINATOR
NAMES = {code: same(code) for code in ("A", "B", "C")}
WORDS = Text("wrong", "错误")
DAY = date(2026, 3, 5)


def seen(here: dict[str, Value], **more: object) -> Glance:
    return Glance(here=here, labels=NAMES, **more)  # type: ignore[arg-type]  # the fields of a glance


@pytest.mark.req("DAT-02")
@pytest.mark.parametrize("rule, good, bad", [
    (InOrder("A", "B"), {"A": "2026-03", "B": date(2026, 3, 1)}, {"A": "2026-03-02", "B": "2026-03-01"}),
    (InOrder("A", "B"), {"A": DAY, "B": "2026"}, {"A": DAY, "B": "2025"}),
    (NotAbove("A", "B"), {"A": Decimal("3.00"), "B": Decimal("3.00")}, {"A": Decimal("3.01"), "B": Decimal("3.00")}),
    (SumNotAbove(("A", "B"), "C", Decimal("0.3")), {"A": Decimal(4), "B": Decimal(1), "C": Decimal("4.7")},
     {"A": Decimal(4), "B": Decimal(1), "C": Decimal("4.6")}),
    (Dated("A", ("B", "C")), {"A": DAY, "C": "Y"}, {"C": "Y"}),
    (Implies("A", ("Y",), "B", ("FATAL",), WORDS), {"A": "Y", "B": "FATAL"}, {"A": "Y", "B": "UNKNOWN"}),
    (OneOf("A", "Y", ("B", "C"), WORDS), {"A": "Y", "B": "N", "C": "Y"}, {"A": "Y", "B": "N", "C": "N"}),
])  # fmt: skip
def test_each_rule_holds_up_to_its_limit_and_not_beyond(rule, good, bad) -> None:
    assert rule(seen(good)) is None and rule(seen({})) is None
    assert isinstance(rule(seen(bad)), Text)


@pytest.mark.req("DAT-02")
@pytest.mark.parametrize("rule, good, bad", [
    (SinceConsent("A"), DAY, date(2026, 3, 4)), (SinceIndexDate("A"), DAY, date(2026, 3, 4)), (BornBeforeConsent("A"), date(2026, 3, 4), DAY),
    (InWindow("A"), date(2026, 3, 7), date(2026, 3, 8)), (InWindow("A"), date(2026, 3, 3), date(2026, 3, 2)),
    (Steady("A", (("LUNG", "H"),), Decimal(3)), Decimal(173), Decimal("173.1")),
])  # fmt: skip
def test_rules_that_look_beyond_the_page(rule, good: Value, bad: Value) -> None:
    around = {"consented": DAY, "index_date": DAY, "window": (date(2026, 3, 3), date(2026, 3, 7)), "elsewhere": {("LUNG", "H"): (("W4", Decimal(170)),)}}
    assert rule(seen({"A": good}, **around)) is None and rule(seen({"A": bad})) is None, "what is not known proves nothing"
    assert isinstance(rule(seen({"A": bad}, **around)), Text)


def test_a_check_must_not_rest_on_what_those_who_are_told_may_not_read() -> None:
    leak = Check(code="LEAK", form="MRSS", reads=("MRSSDAT",), elsewhere=(("LABORATORY", "IGG"),), by=InWindow("MRSSDAT"))
    missing = Check(code="NONE", form="LUNG", reads=("NOSUCH",), by=InWindow("NOSUCH"))
    reasons = [str(one) for one in incoherences(evolve(STUDY, checks=(leak, missing, missing)))]
    assert any("check LEAK would be told to EVALUATOR" in one and "LABORATORY.IGG" in one for one in reasons)
    assert any("check NONE uses LUNG.NOSUCH" in one for one in reasons) and any("check NONE is defined twice" in one for one in reasons)
    assert incoherences(STUDY) == ()


@pytest.fixture
def gate():
    gate = in_memory(STUDY)
    enrolled(gate, "S1", at=START, index=START.date())
    return gate


def lungs(gate, **entries: str) -> None:
    gate.do(actor(COORDINATOR), Answer(subject="S1", visit="BASELINE", form="LUNG", entries=entries, reason="x"), later(1))


def found(gate, role: Audience, form: str, visit: str = "", row: str = "") -> list[str]:
    subject = gate.casebook(role).subject("S1")
    return [one.check.code for one in findings(STUDY, subject, role, (visit, form, row), subject.page(visit, form, row).answers)]


@pytest.mark.req("DAT-02", "SIG-02")
def test_answers_that_contradict_each_other_are_kept_but_cannot_be_signed(gate) -> None:
    lungs(gate, LUNGDAT="2026-01-05", FVC="2.00", FEV1="2.50", HEIGHT="168")
    with pytest.raises(Refused) as refused:
        gate.do(actor(COORDINATOR), Sign(subject="S1", visit="BASELINE", form="LUNG"), later(1))
    assert refused.value.code == "check-failed" and [one.item for one in refused.value.wrongs] == ["FEV1"]
    lungs(gate, FEV1="1.50")
    gate.do(actor(COORDINATOR), Sign(subject="S1", visit="BASELINE", form="LUNG"), later(1))


def test_who_may_not_read_one_of_its_items_is_not_told_of_a_check(gate) -> None:
    entries = {"LBDAT": "2026-01-05", "NEUT": "4.00", "LYM": "2.00", "WBC": "4.00"}
    gate.do(actor(COORDINATOR), Answer(subject="S1", visit="BASELINE", form="LABORATORY", entries=entries), later(1))
    assert found(gate, COORDINATOR, "LABORATORY", "BASELINE") == ["LB_WHITE"]
    assert found(gate, Audience.DATA_MANAGER, "LABORATORY", "BASELINE") == []


def test_a_height_that_differs_from_another_page_is_found_on_either(gate) -> None:
    lungs(gate, LUNGDAT="2026-01-05", HEIGHT="168")
    gate.do(actor(COORDINATOR), Answer(subject="S1", visit="W12", form="LUNG", entries={"HEIGHT": "178"}), later(85))
    assert found(gate, COORDINATOR, "LUNG", "W12") == found(gate, COORDINATOR, "LUNG", "BASELINE") == ["LUNG_HEIGHT"]


@pytest.mark.req("AUD-01", "AUD-02")
def test_a_confirmation_stands_in_the_record_with_its_value_and_goes_with_it(gate) -> None:
    said = Answer(subject="S1", visit="BASELINE", form="LUNG", entries={"FVC": "0.90"}, confirmed={"FVC": "RANGE: repeated"})
    (entry,) = gate.do(actor(COORDINATOR), said, later(1))
    assert isinstance(entry.event, Answered) and entry.event.confirmed == "RANGE: repeated"
    lungs(gate, FVC="2.90")
    cell = gate.casebook(Audience.MONITOR).subject("S1").page("BASELINE", "LUNG").cells["FVC"]
    assert [one.event.confirmed for one in cell] == ["RANGE: repeated", ""]


SERIOUS = {"AETERM": "fever", "AESER": "Y", "AESHOSP": "Y", "AEAWARE": "2026-01-06"}


@pytest.mark.req("AUD-01", "AUD-03")
def test_answers_that_hang_on_a_changed_one_fall_with_it_for_the_same_reason(gate) -> None:
    physician = actor(Audience.PHYSICIAN)
    gate.do(physician, Answer(subject="S1", form="ADVERSE_EVENTS", row="A", entries=SERIOUS), later(2))
    with pytest.raises(Refused) as refused:
        gate.do(physician, Answer(subject="S1", form="ADVERSE_EVENTS", row="A", entries={"AESER": "N"}), later(3))
    assert {one.item for one in refused.value.wrongs} == {"AESER", "AESHOSP", "AEAWARE"}, "nothing falls without a reason"
    told = gate.do(physician, Answer(subject="S1", form="ADVERSE_EVENTS", row="A", entries={"AESER": "N"}, reason="not admitted"), later(3))
    fell = {one.event.item: (one.event.absence, one.event.reason) for one in told if isinstance(one.event, Corrected) and one.event.item != "AESER"}
    assert fell == dict.fromkeys(("AESHOSP", "AEAWARE"), (Absence.NOT_APPLICABLE.value, "not admitted"))
    page = gate.casebook(COORDINATOR).subject("S1").page("", "ADVERSE_EVENTS", "A")
    assert [entry.event.value for entry in page.cells["AESHOSP"]] == ["Y", None]
    form = STUDY.form("ADVERSE_EVENTS")
    lacks = {one.code for one in unanswered(form, page, COORDINATOR)}
    gate.do(physician, Answer(subject="S1", form="ADVERSE_EVENTS", row="A", entries={"AESER": "Y"}, reason="admitted"), later(4))
    page = gate.casebook(COORDINATOR).subject("S1").page("", "ADVERSE_EVENTS", "A")
    again = {one.code for one in unanswered(form, page, COORDINATOR)} - lacks
    assert {"AESHOSP", "AEAWARE"} <= again, "what is asked again lacks again"
