"""The columnar screening and the one for a single person are the same function: on random rules, and on random facts with bounds."""

from collections.abc import Mapping
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialwright.eligibility.screening import screen
from trialwright.eligibility.screening_columns import (
    ColumnFact,
    Named,
    answers,
    bounded,
    numbers,
    screen_columns,
    verdicts,
    yes_or_no,
)
from trialwright.protocol import (
    AtLeast,
    Chart,
    Criterion,
    Derivation,
    Every,
    Fact,
    Is,
    Rule,
    Some,
    Study,
    Verdict,
    between,
    coded,
    number,
    same,
    unknown,
)

pytestmark = pytest.mark.property
NUMBERS, CODES, WORDS = ("points", "percent"), ("consent", "antibody"), ("N", "Y", "OTHER")
AS_NUMBER = {Verdict.MET: 1, Verdict.UNKNOWN: 0, Verdict.NOT_MET: -1}
AS_TRUTH = {True: 1, None: 0, False: -1}

leaves = st.one_of(
    st.builds(AtLeast, st.sampled_from(NUMBERS), st.integers(-2, 3).map(Decimal), st.booleans()),
    st.builds(Is, st.sampled_from(CODES), st.lists(st.sampled_from(WORDS), min_size=1, max_size=2).map(tuple)),
)
rules: st.SearchStrategy[Rule] = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds(Every, st.lists(inner, min_size=1, max_size=3).map(tuple)),
        st.builds(Some, st.lists(inner, min_size=1, max_size=3).map(tuple)),
    ),
    max_leaves=6,
)
criteria = st.lists(st.tuples(rules, st.booleans()), min_size=1, max_size=4).map(
    lambda drawn: [
        Criterion(code=f"C{place}", text=same("criterion"), rule=rule, version="1", inclusion=inclusion)
        for place, (rule, inclusion) in enumerate(drawn)
    ]
)


@st.composite
def number_facts(draw: st.DrawFn, name: str) -> Fact:
    """Known, bounded on both sides or on one, or unknown."""
    low, high = draw(st.none() | st.integers(-4, 5)), draw(st.none() | st.integers(-4, 5))
    if low is not None and high is not None:
        low, high = min(low, high), max(low, high)
    if low is None and high is None:
        return unknown(name, same("unknown"), ("FORM.ITEM",))
    return (
        number(name, low, same("known"))
        if low is not None and low == high
        else between(name, low, high, same("bounds"), ("FORM.ITEM",))
    )


def code_facts(name: str) -> st.SearchStrategy[Fact]:
    return st.sampled_from(
        [*(coded(name, word, same(word)) for word in WORDS), unknown(name, same("unknown"), ("FORM.ITEM",))]
    )


people = st.lists(st.tuples(*map(number_facts, NUMBERS), *map(code_facts, CODES)), min_size=1, max_size=8)


def column(facts: list[Fact]) -> ColumnFact:
    def bound(value: Decimal | None) -> float:
        return float("nan") if value is None else float(value)

    low, high = (np.array([bound(getattr(fact, side)) for fact in facts]) for side in ("low", "high"))
    code = np.array([-1 if fact.code is None else WORDS.index(fact.code) for fact in facts], np.int16)
    return ColumnFact(low=low, high=high, code=code, words=WORDS)


def derived(name: str) -> Derivation:
    return Derivation(name=name, label=same(name), version="1", by=lambda chart: cast(Mapping[str, Fact], chart)[name])


def study_of(asked: list[Criterion]) -> Study:
    return cast(
        Study, SimpleNamespace(criteria=tuple(asked), derivations=tuple(derived(name) for name in (*NUMBERS, *CODES)))
    )


@given(asked=criteria, rows=people)
def test_every_person_is_decided_alike_alone_and_in_a_column(
    asked: list[Criterion], rows: list[tuple[Fact, ...]]
) -> None:
    names = (*NUMBERS, *CODES)
    found = screen_columns(asked, {name: column([row[place] for row in rows]) for place, name in enumerate(names)})
    for place, row in enumerate(rows):
        alone = screen(study_of(asked), cast(Chart, dict(zip(names, row, strict=True))))
        assert AS_TRUTH[alone.eligible] == found.eligible[place]
        assert set(alone.settled_by) == set(found.settled_by.of(place))
        assert set(alone.may_settle) == set(found.may_settle.of(place))
        for one, many in zip(alone.decisions, found.decisions, strict=True):
            assert AS_NUMBER[one.verdict] == many.verdict[place]
            assert AS_TRUTH[one.fulfilled] == many.fulfilled[place]
            assert {fact.name for fact in one.facts} == set(many.grounds.of(place))
            assert set(one.settled_by) == set(many.settled_by.of(place))
            assert set(one.may_settle) == set(many.may_settle.of(place))


@given(asked=criteria, rows=people, cut=st.integers(0, 8))
def test_a_registry_may_be_cut_anywhere(asked: list[Criterion], rows: list[tuple[Fact, ...]], cut: int) -> None:
    names = (*NUMBERS, *CODES)

    def decided(some: list[tuple[Fact, ...]]) -> list[Any]:
        if not some:
            return []
        return screen_columns(
            asked, {name: column([row[place] for row in some]) for place, name in enumerate(names)}
        ).eligible.tolist()

    assert decided(rows) == decided(rows[:cut]) + decided(rows[cut:])


def test_what_would_settle_a_person_is_what_settles_the_only_open_criterion() -> None:
    asked = [
        Criterion(
            code="I1",
            text=same("points"),
            rule=Every((AtLeast("points", Decimal(9)), Is("consent", ("Y",)))),
            version="1",
        ),
        Criterion(code="I2", text=same("age"), rule=AtLeast("percent", Decimal(50), True), version="1"),
    ]
    facts = {"points": bounded(np.array([7.0, 7, 9]), np.array([12.0, 12, 9])), "consent": yes_or_no(np.array([1.0, 1, np.nan])),
             "percent": numbers(np.array([60.0, np.nan, 40]))}  # fmt: skip
    found = screen_columns(asked, facts)
    assert found.eligible.tolist() == [0, 0, -1]
    assert [found.settled_by.of(place) for place in range(3)] == [("points",), (), ()]
    assert [found.may_settle.of(place) for place in range(3)] == [("points",), ("points", "percent"), ()]
    assert found.settled_by.only.tolist() == [0, -1, -1]


def test_an_empty_any_of_is_not_met_and_an_empty_all_of_is() -> None:
    facts = {"points": numbers(np.array([1.0]))}
    assert (verdicts(Every(()), facts).tolist(), verdicts(Some(()), facts).tolist()) == ([1], [-1])
    assert Every(()).verdict({}) is Verdict.MET
    assert Some(()).verdict({}) is Verdict.NOT_MET


def test_facts_of_different_lengths_or_too_many_are_refused() -> None:
    asked = [
        Criterion(
            code="I1", text=same("x"), rule=Every((AtLeast("a", Decimal(1)), AtLeast("b", Decimal(1)))), version="1"
        )
    ]
    with pytest.raises(ValueError, match="of one length"):
        screen_columns(asked, {"a": numbers(np.zeros(2)), "b": numbers(np.zeros(3))})
    many = [f"f{place}" for place in range(65)]
    asked = [
        Criterion(code="I1", text=same("x"), rule=Every(tuple(AtLeast(name, Decimal(1)) for name in many)), version="1")
    ]
    with pytest.raises(ValueError, match="not 65"):
        screen_columns(asked, {name: numbers(np.zeros(2)) for name in many})


def test_the_last_of_64_names_can_stand_alone() -> None:
    named = Named(
        bits=np.array([1 << 63, (1 << 63) | 1, 0], np.uint64), names=tuple(f"f{place}" for place in range(64))
    )
    assert named.only.tolist() == [63, -1, -1]
    assert named.of(1) == ("f0", "f63")


def test_an_answer_that_is_no_number_is_open_to_a_limit() -> None:
    assert verdicts(AtLeast("x", Decimal(1)), {"x": answers(np.array([0, -1]), ("Y",))}).tolist() == [0, 0]
