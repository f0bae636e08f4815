"""Labels and flow: a study that would show somebody what he may not know is refused, and the gate saves no event that tells too much."""

from collections.abc import Callable
from datetime import date
from typing import ClassVar

import pytest
from attrs import evolve, fields, frozen, has

import trialwright.protocol as words
from studies.telitacicept_ssc.protocol import STUDY
from trialwright.blinding.labels import HOUSE_RULES, Leak, ceiling, labels
from trialwright.blinding.matrix import matrix
from trialwright.eligibility.screening import screen
from trialwright.protocol import (
    BARE,
    CUSTODY,
    SELF,
    TREATING,
    Approval,
    Audience,
    Check,
    Declassification,
    Derivation,
    Glance,
    Item,
    Shown,
    Study,
    Text,
    Undeclared,
    incoherences,
    same,
)
from trialwright.protocol.checks import InWindow, SinceConsent, SinceIndexDate
from trialwright.protocol.flow import INDEX, Sort, artifacts, label, label_of
from trialwright.record import Casebook, SubjectChart
from trialwright.record.events import KINDS, Allocated, Answered, Happened, Screened
from trialwright.testing import START, Told, actor, enrolled, in_memory, tiny_study

pytestmark = [pytest.mark.spec, pytest.mark.req("BLD-01")]
EVALUATOR = Audience.EVALUATOR
WHY = Text("the sponsor measures it in the evaluator's presence", "在评估者在场时测量")


def changed(form: str, code: str, change: Callable[[Item], Item], study: Study = STUDY) -> Study:
    """The study with one item changed."""
    old = study.form(form)
    sections = tuple(evolve(one, items=tuple(change(item) if item.code == code else item for item in one.items)) for one in old.sections)
    return evolve(study, forms=tuple(evolve(old, sections=sections) if one.code == form else one for one in study.forms))


def told(study: Study) -> list[str]:
    return [reason.en for reason in incoherences(study)]


def reads(code: str) -> Derivation:
    return next(one for one in STUDY.derivations if one.name == code)


# ------------------------------------------------------------------------------------------------ what is refused


@pytest.mark.parametrize("study, said", [
    (changed("LABORATORY", "IGG", lambda item: evolve(item, audience=item.audience | EVALUATOR)),
     "LABORATORY.IGG hints at the arm and would be visible to EVALUATOR; take them out"),
    (changed("MRSS", "FACE", lambda item: evolve(item, shown=Shown(item="CHEST", among=("3",))), changed(
        "MRSS", "CHEST", lambda item: evolve(item, audience=item.audience & ~EVALUATOR))),
     "visibility MRSS.FACE would be told to EVALUATOR, who may not read MRSS.CHEST on which it rests (CHEST is 3); ask it always"),
    (evolve(STUDY, checks=(Check(code="DOSED", form="MRSS", reads=("MRSSDAT",), elsewhere=(("DOSING", "EXDAT"),), by=InWindow("MRSSDAT")),)),
     "check DOSED would be told to EVALUATOR, who may not read DOSING.EXDAT on which it rests (InWindow); leave that item out"),
    (evolve(STUDY, checks=(Check(code="SIGNED", form="MRSS", reads=("MRSSDAT",), by=SinceConsent("MRSSDAT")),)),
     "check SIGNED would be told to EVALUATOR, who may not read consent date"),
    (evolve(STUDY, checks=(Check(code="ANY", form="MRSS", reads=("MRSSDAT",), by=lambda seen: None),)),
     "check ANY would be told to EVALUATOR, who may not read consent date"),
    (changed("MRSS", "FACE", lambda item: evolve(item, audience=item.audience & ~EVALUATOR)),
     "score MRSS would be told to EVALUATOR, who may not read MRSS.FACE"),
], ids=("hint", "visibility", "check", "consent", "undeclared", "score"))  # fmt: skip
def test_what_would_show_more_than_its_reader_may_know_is_refused_with_its_mend(study: Study, said: str) -> None:
    """The refusal names the thing, what it rests on, who would learn it, and what to do; in both languages."""
    assert any(said in reason for reason in told(study)), told(study)
    assert all(any("一" <= sign <= "鿿" for sign in reason.zh) for reason in incoherences(study))


def test_a_check_that_looks_only_at_what_its_form_may_know_is_taken() -> None:
    good = Check(code="LATE", form="MRSS", reads=("MRSSDAT",), by=SinceIndexDate("MRSSDAT"))
    assert told(evolve(STUDY, checks=(good,))) == []


def test_a_check_is_shown_the_days_that_it_says_it_looks_at_and_no_others() -> None:
    """What is declared is enforced: a rule that looks at more finds nothing there."""
    from trialwright.record.checks import findings

    @frozen
    class Curious:
        glances: ClassVar[tuple[str, ...]] = ("index_date",)

        def __call__(self, seen: Glance) -> Text | None:
            return same(f"{seen.consented} {seen.window} {seen.index_date}")

    study = evolve(STUDY, checks=(Check(code="CURIOUS", form="LUNG", reads=("LUNGDAT",), by=Curious()),))
    gate = in_memory(study)
    enrolled(gate, "S1", index=START.date())
    (finding,) = findings(study, gate.casebook(Audience.PHYSICIAN).subject("S1"), Audience.PHYSICIAN, ("W12", "LUNG", ""), {})
    assert str(finding.because) == f"None None {START.date()}"


def test_a_fact_is_derived_from_what_it_declares_and_from_nothing_else() -> None:
    gate = in_memory(STUDY)
    enrolled(gate, "S1", index=START.date())
    chart = SubjectChart(STUDY, gate.casebook(Audience.PHYSICIAN).subject("S1"))
    assert screen(STUDY, chart).eligible is None
    sly = evolve(STUDY, derivations=tuple(evolve(one, reads=()) if one.name == "age" else one for one in STUDY.derivations))
    with pytest.raises(Undeclared, match=r"the derivation age reads DEMOGRAPHICS.BRTHDAT, which it does not declare"):
        screen(sly, chart)
    with pytest.raises(Undeclared, match="reads MEDICATIONS"):
        evolve(reads("mmf_stable"), reads=("SKIN_HISTORY.MEDCOMPL",)).of(chart)


def test_what_is_derived_may_be_known_to_those_alone_who_may_know_all_it_rests_on() -> None:
    found = {(one.sort, one.name): label(STUDY, one) for one in artifacts(STUDY)}
    assert found[Sort.DERIVED, "age"] & STUDY.blinded == Audience.DATA_MANAGER | Audience.STATISTICIAN
    assert not found[Sort.DERIVED, "delta_mrss"] & STUDY.blinded and not found[Sort.CRITERION, "I5"] & STUDY.blinded
    assert not found[Sort.ALLOCATION, "R1"] & STUDY.blinded
    secret = evolve(STUDY, derivations=tuple(evolve(one, reads=None) if one.name == "age" else one for one in STUDY.derivations))
    hidden = {(one.sort, one.name): label(secret, one) for one in artifacts(secret)}
    assert hidden[Sort.DERIVED, "age"] == CUSTODY == label_of(STUDY, "whatever"), "what nobody declared is hidden"


# ------------------------------------------------------------------------------------------------ exceptions


def excepted(*approvals: Approval, **changes: object) -> Study:
    rule = Declassification(code="X1", form="LABORATORY", item="IGG", to=EVALUATOR, because=WHY, approvals=approvals)
    open_to_him = changed("LABORATORY", "IGG", lambda item: evolve(item, audience=item.audience | EVALUATOR))
    return evolve(open_to_him, declassifications=(evolve(rule, **changes),))


def approval(role: Audience = Audience.INVESTIGATOR, **changes: str) -> Approval:
    digest = excepted().declassifications[0].digest
    return Approval(**{"by": "Head of the study", "role": role, "on": date(2026, 3, 5), "digest": digest, **changes})  # type: ignore[arg-type]  # one field changes


def test_an_exception_counts_when_it_is_named_reasoned_and_approved_as_it_stands() -> None:
    assert told(excepted(approval())) == [] == told(excepted(approval(Audience.CUSTODIAN)))
    page = matrix(excepted(approval()))
    assert "X1  LABORATORY.IGG -> blinded evaluator: the sponsor measures it" in page and "Head of the study (principal investigator, 2026-03-05)" in page
    assert "X1  LABORATORY.IGG" in labels(excepted(approval())) and "Exceptions" not in matrix(STUDY)


@pytest.mark.parametrize("study", [
    excepted(), excepted(approval(Audience.PHYSICIAN)), excepted(approval(by=" ")), excepted(approval(digest="0" * 64)),
    excepted(approval(), because=Text("another reason", "另一原因")), excepted(approval(), to=EVALUATOR | Audience.DATA_MANAGER),
], ids=("nobody", "wrong role", "no name", "wrong digest", "other words", "wider"))  # fmt: skip
def test_an_exception_that_nobody_approved_as_it_stands_changes_nothing(study: Study) -> None:
    said = told(study)
    assert any("exception X1 is not approved as it stands" in one and study.declassifications[0].digest in one for one in said)
    assert any("LABORATORY.IGG hints at the arm and would be visible to EVALUATOR" in one for one in said)


@pytest.mark.parametrize("change", [{"item": "NONE"}, {"form": "NONE"}, {"item": "LBDAT"}, {"to": Audience.PHYSICIAN}], ids=str)
def test_an_exception_that_is_not_needed_is_refused(change: dict[str, object]) -> None:
    assert any("which needs none; remove it" in one for one in told(excepted(approval(), **change)))


# ------------------------------------------------------------------------------------------------ events


def test_every_kind_of_event_has_a_rule_of_its_own_who_may_know_of_it() -> None:
    """What has none is the custodian's alone; so a new kind tells nobody anything until somebody has decided it."""
    from inspect import getsource

    code = getsource(ceiling)
    assert not [kind.__name__ for kind in KINDS if f"{kind.__name__}(" not in code and kind.__name__ != "Corrected"]

    class Unheard(Happened):
        pass

    assert ceiling(STUDY, Unheard(label=BARE), Casebook.of(())) == CUSTODY


@pytest.mark.parametrize("event", [
    Allocated(label=BARE, subject="S1", arm="T", method="by clinician", because="x"),
    Answered(label=BARE, subject="S1", visit="BASE", form="BLOOD", item="IGG", value="9"),
    Screened(label=SELF, subject="S1", site="01"),
], ids=lambda event: type(event).__name__)  # fmt: skip
def test_the_gate_saves_no_event_that_is_labeled_for_more_than_its_kind_may_tell(event: Happened) -> None:
    kept: list[object] = []
    gate = in_memory(tiny_study(), keep=lambda lines: kept.append(lines))
    enrolled(gate, "S1", arm=None)
    before = len(kept)
    with pytest.raises(Leak, match="who may not know of it; nothing was saved"):
        gate.do(actor(Audience.PHYSICIAN), Told((event,)), START)
    assert len(kept) == before


def test_the_rules_of_the_house_name_every_hidden_cause_that_the_evaluator_is_told_of() -> None:
    bare = {kind for kind in KINDS if (event := _bare(kind)) is not None and EVALUATOR in ceiling(STUDY, event, Casebook.of(()))}
    assert {kind.__name__ for kind in bare} == {"StudyOpened", "SequenceSealed", "Enrolled", "FollowUpEnded", "CodeBroken", "Locked", "Unlocked",
                                                "EvaluatorChanged", "Frozen", "Thawed", "Amended"}  # fmt: skip
    assert {rule.kind.__name__ for rule in HOUSE_RULES} == {"Enrolled", "FollowUpEnded", "Locked", "CodeBroken", "Queried", "Frozen", "Amended",
                                                         "Redacted"}


def _bare(kind: type[Happened]) -> Happened | None:
    """An event of this kind about the whole study or a whole subject, as bare as it can be; None for what belongs to a page."""
    names = {one.name for one in fields(kind)}
    if names & {"item", "query", "attachment"} or kind.__name__ in ("Signed", "Verified", "MarkedNotDone"):
        return None
    plain = {one.name: START.date() if one.name == "on" else BARE if one.type is Audience else "" for one in fields(kind)}
    return kind(**plain)


def test_the_days_that_stand_beside_the_answers_carry_the_labels_of_their_events() -> None:
    for source, kind in ((INDEX, "Enrolled"), ("consent date", "Consented"), ("visit window", "Enrolled")):
        event = next(_bare(one) for one in KINDS if one.__name__ == kind)
        assert label_of(STUDY, source) == ceiling(STUDY, event, Casebook.of(()))
    assert label_of(STUDY, "the arm") == TREATING & ~STUDY.blinded


# ------------------------------------------------------------------------------------------------ nothing forgotten

JUDGED = {
    "Item.audience", "Item.shown", "Item.writers", "Form.entered_by", "Check.by", "Watch.by", "Derivation.by", "Criterion.rule",
    "Reading.rule", "Reading.factors", "Study.roles", "Study.blinded", "Declassification.to", "Approval.role",
}  # fmt: skip


def test_a_new_expression_in_the_vocabulary_must_be_judged() -> None:
    """A field of the vocabulary that holds a function, a rule, a set of roles or a place in the study is in the list above. Whoever adds one
    has to say in protocol/flow.py what it rests on, and then here."""
    telling = ("Callable", "AtLeast", "Audience", "Shown")
    kinds = {name: kind for name in words.__all__ if isinstance(kind := getattr(words, name), type) and has(kind) and name not in ("Every", "Some")}
    found = {f"{name}.{one.name}" for name, kind in kinds.items() for one in fields(kind) if any(word in str(one.type) for word in telling)}
    assert found == JUDGED


def test_every_label_is_printed_in_both_languages() -> None:
    for language in ("en", "zh"):
        page = labels(STUDY, language)
        for one in artifacts(STUDY):
            if one.sort in (Sort.CHECK, Sort.CRITERION, Sort.DERIVED, Sort.WATCH, Sort.SCHEDULE, Sort.VISIBILITY):
                assert f"  {one.name} " in page
