"""What is planned for an endpoint must exist: estimand, method, purpose, event, strategy, reading; a failure must be worth something."""

import pytest
from attrs import evolve

from studies.telitacicept_ssc.protocol import STUDY, study
from trialwright.protocol import Endpoint, Study, incoherences

pytestmark = pytest.mark.spec


def with_plan(**changes: object) -> Study:
    """The study with its second planned analysis of the primary endpoint changed."""
    primary = STUDY.endpoints[0]
    plans = (primary.analyses[0], evolve(primary.analyses[1], **changes), *primary.analyses[2:])
    return evolve(STUDY, endpoints=(evolve(primary, analyses=plans), *STUDY.endpoints[1:]))


def with_endpoint(**changes: object) -> Study:
    return evolve(STUDY, endpoints=(evolve(STUDY.endpoints[0], **changes), *STUDY.endpoints[1:]))


def with_event(strategy: str) -> Study:
    first = STUDY.estimands[0]
    return evolve(STUDY, estimands=(evolve(first, events=(evolve(first.events[0], strategy=strategy), *first.events[1:])), *STUDY.estimands[1:]))


REFUSED = {
    "unknown method": (with_plan(method="GUESSING"), "analysis MRSS24.ANCOVA names method GUESSING, which is not defined"),
    "unknown purpose": (with_plan(purpose="decisive"), "names purpose decisive"),
    "unknown event": (with_plan(instead=(("HOLIDAY", "composite"),)), "names intercurrent event HOLIDAY"),
    "unknown strategy in a plan": (with_plan(instead=(("RESCUE", "hope"),)), "names strategy hope"),
    "unknown reading": (with_plan(readings=("R9",)), "names reading R9"),
    "no primary analysis": (with_plan(purpose="sensitivity"), "endpoint MRSS24 has 0 primary analyses under reading R1; it needs exactly one"),
    "the same name twice": (with_plan(code="DESCRIBE"), "endpoint MRSS24 plans analysis DESCRIBE twice"),
    "unknown estimand": (with_endpoint(estimand="WISH"), "endpoint MRSS24 names estimand WISH, which is not defined"),
    "a primary endpoint without estimand": (with_endpoint(estimand=None, analyses=()), "endpoint MRSS24 is primary and names no estimand"),
    "analyses without estimand": (with_endpoint(estimand=None), "endpoint MRSS24 is analyzed and names no estimand"),
    "unknown strategy": (with_event("hope"), "estimand SKIN24_R1 treats STOP by “hope”, which is no strategy"),
    "a failure worth nothing": (
        evolve(STUDY, estimands=(evolve(STUDY.estimands[0], failure=None), *STUDY.estimands[1:])),
        "estimand SKIN24_R1 counts an event as failure; say which change a failure is worth",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused(case: str) -> None:
    """Each mistake is named with the endpoint, the analysis and what is unknown, in both languages."""
    broken, expected = REFUSED[case]
    told = incoherences(broken)
    assert any(expected in reason.en for reason in told), [reason.en for reason in told]
    assert all(reason.zh for reason in told)


def test_safety_is_primary_and_described() -> None:
    """The registration names safety beside efficacy: it is primary under every reading, collected throughout, and no hypothesis is tested on it."""
    for reading in ("R1", "R2", "R3"):
        first, safety = (one for one in study("R1").read_as(reading).endpoints if one.primary)
        assert first.estimand == f"SKIN24_{reading}"
        assert (safety.code, safety.at, safety.estimand, safety.analyses) == ("SAFETY", None, None, ())
    assert incoherences(STUDY) == ()


@pytest.mark.parametrize("reading", ["R1", "R2", "R3"])
def test_every_endpoint_names_its_estimand_and_its_analyses(reading: str) -> None:
    """Under every reading each endpoint measured at a visit has an estimand and at least one analysis; the primary one has the reading's."""
    whole = study(reading)
    measured: list[Endpoint] = [one for one in whole.endpoints if one.at is not None]
    known = {one.code for one in whole.estimands}
    assert all(one.estimand in known and one.analyses for one in measured)
    assert measured[0].estimand == f"SKIN24_{reading}" and [one.primary for one in measured].count(True) == 1
    assert {plan.purpose for one in measured if not one.primary for plan in one.analyses} == {"descriptive"}
