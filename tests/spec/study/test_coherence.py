"""A study is either coherent, or refused with every reason at once."""

import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal

import pytest
from attrs import evolve

from studies.telitacicept_ssc.protocol import STUDY, study
from trialwright.protocol import Audience, Endpoint, Form, Item, Study, incoherences

pytestmark = pytest.mark.spec


def with_form(changed: Form) -> Study:
    return evolve(STUDY, forms=tuple(changed if form.code == changed.code else form for form in STUDY.forms))


def with_item(form: str, code: str, change: Callable[[Item], Item]) -> Study:
    """The study with one item changed."""
    old = STUDY.form(form)
    sections = tuple(
        evolve(section, items=tuple(change(item) if item.code == code else item for item in section.items))
        for section in old.sections
    )
    return with_form(evolve(old, sections=sections))


def with_visit(code: str, **changes: object) -> Study:
    return evolve(STUDY, visits=tuple(evolve(one, **changes) if one.code == code else one for one in STUDY.visits))


def with_endpoint(**changes: object) -> Study:
    return evolve(STUDY, endpoints=(evolve(STUDY.endpoints[0], **changes), *STUDY.endpoints[1:]))


def reasons(broken: Study) -> list[str]:
    return [reason.en for reason in incoherences(broken)]


@pytest.mark.parametrize("reading", ["R1", "R2", "R3"])
@pytest.mark.parametrize("diffuse_only", [True, False])
@pytest.mark.parametrize("reference", ["gli_global_2022", "gli_2012"])
def test_the_study_is_coherent_under_every_choice(reading: str, diffuse_only: bool, reference: str) -> None:
    assert incoherences(study(reading, diffuse_only, reference)) == ()


REFUSED = {
    "unknown form in a visit": (with_visit("W8", forms=("MRSS", "ECHO")), "visit W8 asks for form ECHO"),
    "overlapping windows": (with_visit("W8", early=21), "W4 (to day 35) and W8 (from day 35) overlap"),
    "endpoint without baseline": (with_endpoint(baseline=None), "endpoint MRSS24 is a change and has no baseline"),
    "item without audience": (
        with_item("LUNG", "FVC", lambda item: evolve(item, audience=Audience(0))),
        "LUNG.FVC has no audience",
    ),
    "arm-hinting item visible to the evaluator": (
        with_item("LABORATORY", "IGG", lambda item: evolve(item, audience=item.audience | Audience.EVALUATOR)),
        "LABORATORY.IGG hints at the arm and would be visible to EVALUATOR",
    ),
    "an item written by who may not fill its form": (
        with_item("ADVERSE_EVENTS", "AEREL", lambda item: evolve(item, writers=Audience.PHYSICIAN | Audience.MONITOR)),
        "ADVERSE_EVENTS.AEREL is written by MONITOR, who may not fill the form or not read the item",
    ),
    "an item that nobody can write": (
        with_item("ADVERSE_EVENTS", "AEREL", lambda item: evolve(item, writers=Audience.STATISTICIAN)),
        "ADVERSE_EVENTS.AEREL has writers, but nobody in this study can write it",
    ),
    "instrument without licence note": (
        evolve(STUDY, instruments=(evolve(STUDY.instruments[0], licence=" "), *STUDY.instruments[1:])),
        "instrument MRSS carries no licence note",
    ),
}


@pytest.mark.req("VAL-03")
@pytest.mark.parametrize("name", REFUSED)
def test_an_incoherent_study_is_refused_with_its_reason(name: str) -> None:
    broken, reason = REFUSED[name]
    found = incoherences(broken)
    assert [told.en for told in found if reason in told.en], reasons(broken)
    assert all(told.zh for told in found)


def test_all_reasons_come_at_once() -> None:
    both = evolve(
        REFUSED["overlapping windows"][0], instruments=REFUSED["instrument without licence note"][0].instruments
    )
    assert len(reasons(both)) == 2


def test_a_baseline_at_a_visit_without_the_form_is_refused() -> None:
    assert any(
        "at visit SCREENING, where it is not filled" in told for told in reasons(with_endpoint(baseline="SCREENING"))
    )


def test_whatever_hints_at_the_arm_is_closed_to_the_blinded_roles() -> None:
    """Every item of the forms named here tells the arm; the list is the clinical lead's, not the code's."""
    telling = {"SKIN_HISTORY", "MEDICATIONS", "DOSING", "ADVERSE_EVENTS"}
    for form in STUDY.forms:
        for item in form.items:
            if form.code in telling or item.code in {"IGG", "IGA", "IGM", "DSREASON"}:
                assert item.hints_at_arm, f"{form.code}.{item.code}"
                assert not item.audience & STUDY.blinded, f"{form.code}.{item.code}"


def test_the_evaluator_sees_the_skin_score_the_guess_and_his_own_reports_and_nothing_else() -> None:
    seen = {form.code for form in STUDY.forms if form.seen_by(Audience.EVALUATOR)}
    assert seen == {"MRSS", "GUESS", "UNMASKING"}
    treating = Audience.COORDINATOR, Audience.PHYSICIAN
    assert not any(STUDY.form(code).seen_by(role) for code in seen for role in treating)


def test_both_arms_have_one_visit_grid_and_the_primary_time_point_is_in_it() -> None:
    endpoint: Endpoint = next(one for one in STUDY.endpoints if one.primary)
    assert (endpoint.code, endpoint.at, endpoint.baseline) == ("MRSS24", "W24", "BASELINE")
    assert STUDY.visit("W24").day == 168
    assert [visit.code for visit in STUDY.visits if "MRSS" in visit.forms] == [
        "BASELINE", "W4", "W8", "W12", "W16", "W20", "W24", "W36", "W48",
    ]  # fmt: skip


def test_the_primary_estimand_follows_the_reading() -> None:
    for reading in ("R1", "R2", "R3"):
        read = study(reading)
        endpoint = next(one for one in read.endpoints if one.primary)
        assert endpoint.estimand == f"SKIN24_{reading}"
        assert endpoint.estimand in {estimand.code for estimand in read.estimands}
        assert STUDY.read_as(reading).digest == read.digest


@pytest.mark.req("VAL-03")
def test_every_item_is_labeled_in_both_languages_and_annotated() -> None:
    for form in STUDY.forms:
        for item in form.items:
            assert item.sdtm, f"{form.code}.{item.code}: annotate it, or say why it is not submitted"
            assert any("\u4e00" <= mark <= "\u9fff" for mark in item.label.zh) or item.label.zh.isascii() is False


def test_every_assumption_names_its_source_and_none_is_presented_as_registered() -> None:
    assert len(STUDY.assumptions) >= 12
    assert all(one.source.en != one.source.zh or "doi" in one.source.en for one in STUDY.assumptions)
    assert {"A01-DOSE", "A03-ALLOCATION", "A04-VISITS", "A08-FVC", "A13-EXCLUSION"} <= {
        one.code for one in STUDY.assumptions
    }


def test_the_hash_is_the_same_in_another_process_and_changes_with_one_word() -> None:
    program = "from studies.telitacicept_ssc.protocol import STUDY; print(STUDY.digest)"
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True,
                          env={"PYTHONPATH": ":".join(sys.path), "PYTHONHASHSEED": "7"})  # fmt: skip
    assert told.stdout.strip() == STUDY.digest
    changed = with_item("LUNG", "FVC", lambda item: evolve(item, high=Decimal("9.01")))
    assert changed.digest != STUDY.digest
    assert len({study(reading).digest for reading in ("R1", "R2", "R3")}) == 3
