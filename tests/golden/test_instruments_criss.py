"""Both CRISS indices against vectors computed by hand from the published formula, and a second implementation."""

import math
from itertools import pairwise

import numpy as np
import pytest

from trialwright.instruments import criss
from trialwright.protocol import ALL, Status

pytestmark = pytest.mark.golden
START = {"MRSS": 25.0, "FVC": 78.0, "PTGA": 6.0, "MDGA": 6.0, "HAQ_DI": 1.25}


@pytest.mark.parametrize(
    ("changes", "p"),
    [
        ((0, 0, 0, 0, 0), 0.003911),
        ((-7, 1.5, -1, -1.5, -0.25), 0.913529),
        ((-7, 2, -1, -2, -0.375), 0.957252),
        ((-5, 0, -1, -1, -0.125), 0.444295),
        ((-4, 2, 0, -1, 0), 0.191545),
        ((3, -4, 1, 1, 0.25), 0.000027),
    ],
)
def test_probability(changes: tuple[float, ...], p: float) -> None:
    assert criss.probability(np.array([changes], dtype=float), np.zeros(1))[0] == pytest.approx(p, abs=5e-7)
    later = {name: value + change for (name, value), change in zip(START.items(), changes, strict=True)}
    score = criss.score(START, later, event=False)
    assert float(score.value or -1) == pytest.approx(p, abs=5e-7)
    assert score.parts["improved"] == ("YES" if p >= 0.6 else "NO")


def test_an_organ_event_gives_zero_even_when_measures_are_missing() -> None:
    assert criss.organ_event({"RENAL_CRISIS": True}) is True
    score = criss.score(START, {}, event=True)
    assert (score.value, score.status, score.reasons) == (0, Status.SCORED, ("organ event",))
    assert criss.revised(START, {}, event=True, level=20).value == 0


def test_step_one_is_three_valued() -> None:
    assert criss.organ_event(dict.fromkeys(criss.EVENTS, False)) is False
    assert criss.organ_event({"RENAL_CRISIS": False}) is None
    with pytest.raises(ValueError, match="step 1"):
        criss.organ_event({"STROKE": True})


@pytest.mark.parametrize(
    ("before", "later", "again", "ild", "event"),
    [
        (80, 68, 67, 1, 1),
        (80, 69, 67, 1, 0),
        (80, 68, 69, 1, 0),
        (80, 68, 67, 0, 0),
        (100, 82, 82, 1, 0),
        (100, 80, 80, 1, 0),
        (100, 79.9, 79.9, 1, 1),
        (100, 82, np.nan, np.nan, 0),
        (80, 68, np.nan, 1, np.nan),
        (80, 60, 60, np.nan, np.nan),
        (80, np.nan, 60, 0, 0),
    ],
)
def test_the_lung_event_needs_all_four(before: float, later: float, again: float, ild: float, event: float) -> None:
    found = criss.lung_decline(*(np.array([float(x)]) for x in (before, later, again, ild)))
    np.testing.assert_array_equal(found, [event])


@pytest.mark.parametrize(
    ("mpap", "pawp", "pvr", "event"),
    [(25, 15, 3.1, 1), (24, 15, 3.1, 0), (25, 16, 3.1, 0), (25, 15, 3.0, 0), (20, np.nan, np.nan, 0), (30, np.nan, 4, np.nan)],
)
def test_the_older_limits_of_pulmonary_hypertension(mpap: float, pawp: float, pvr: float, event: float) -> None:
    found = criss.pulmonary_hypertension(*(np.array([float(x)]) for x in (mpap, pawp, pvr)))
    np.testing.assert_array_equal(found, [event])


def test_a_global_that_was_not_scaled_is_refused() -> None:
    with pytest.raises(ValueError, match="divided by 10"):
        criss.score(START | {"PTGA": 37}, START, event=False)
    with pytest.raises(ValueError, match="core measure"):
        criss.score({"VAS": 1}, START, event=False)


@pytest.mark.parametrize(
    ("name", "low", "high"), [("MRSS", 0, 51), ("FVC", 1, 250), ("PTGA", 0, 10), ("MDGA", 0, 10), ("HAQ_DI", 0, 3)]
)
def test_each_measure_has_its_range(name: str, low: float, high: float) -> None:
    for inside in (low, high):
        assert criss.score(START | {name: inside}, START, event=False).value is not None
    for outside in (low - 0.001, high + 0.001):
        with pytest.raises(ValueError, match=name):
            criss.score(START, START | {name: outside}, event=False)


def test_a_missing_measure_gives_no_probability_and_is_named() -> None:
    score = criss.score(START, {name: START[name] for name in START if name != "MDGA"}, event=None)
    assert (score.value, score.status) == (None, Status.INCOMPLETE)
    assert score.reasons == ("MDGA missing at follow-up", "organ events unknown")


@pytest.mark.parametrize(
    ("before", "after", "responses"),
    [
        ((25, 78, 6, 6, 1.25), (18, 80, 5, 4, 0.875), (1, 1, 0, 0)),
        ((20, 70, 5, 5, 0), (15, 74, 4, 4, 0), (1, 0, 0, 0)),
        ((20, 100, 10, 10, 1), (10, 105, 5, 5, 0.5), (1, 1, 1, 1)),
    ],
)
def test_revised(before: tuple[float, ...], after: tuple[float, ...], responses: tuple[int, ...]) -> None:
    for level, response in zip(criss.LEVELS, responses, strict=True):
        found = criss.revised(dict(zip(criss.MEASURES, before, strict=True)), dict(zip(criss.MEASURES, after, strict=True)), False, level)
        assert found.value == response


def test_a_measure_of_zero_at_baseline_cannot_improve() -> None:
    assert criss.improvements(np.array([[0.0, 70, 5, 5, 0]]), np.array([[0.0, 70, 5, 5, 1]])).tolist() == [[0, 0, 0, 0, 0]]


def test_a_response_is_given_as_soon_as_the_missing_measures_cannot_change_it() -> None:
    before = np.array([[20.0, 70, 5, 5, 1]] * 3)
    after = np.array([[10.0, 80, 2, np.nan, np.nan], [20.0, 70, 5, np.nan, np.nan], [10.0, 80, 5, np.nan, 1]])
    np.testing.assert_array_equal(criss.responders(before, after, np.zeros(3), 20), [1, 0, np.nan])
    np.testing.assert_array_equal(criss.responders(before, after, np.array([np.nan] * 3), 20), [np.nan, 0, np.nan])
    with pytest.raises(ValueError, match="20, 25, 30, 50"):
        criss.responders(before, after, np.zeros(3), 40)


def test_a_second_implementation_agrees_on_100000_patients() -> None:
    chance = np.random.default_rng(20242)
    n = 100_000
    before = np.column_stack([chance.integers(0, 52, n), chance.uniform(30, 120, n), *(chance.integers(0, 11, n) for _ in range(2)),
                              chance.integers(0, 25, n) / 8]).astype(float)  # fmt: skip
    after = before[chance.permutation(n)]
    p = criss.probability(after - before, np.zeros(n))
    found = criss.responders(before, after, np.zeros(n), 30)
    for place, (b, a) in enumerate(zip(before.tolist(), after.tolist(), strict=True)):
        skin, fvc, patient, physician, haq = (y - x for x, y in zip(b, a, strict=True))
        odds = math.exp(-5.54 - 0.81 * skin + 0.21 * fvc - 0.40 * patient - 0.44 * physician - 3.41 * haq)
        assert math.isclose(p[place], odds / (1 + odds), rel_tol=1e-9)
        good = [x > 0 and x - y >= 0.3 * x - 1e-10 for x, y in ((b[i], a[i]) for i in (0, 2, 3, 4))]
        assert found[place] == (sum(good) + (a[1] - b[1] >= 0.05 * b[1]) >= 3)


def test_improvement_raises_the_probability_and_a_higher_level_is_harder() -> None:
    base = np.zeros((1, 5))
    for place, weight in enumerate(criss.WEIGHTS):
        better = base.copy()
        better[0, place] = math.copysign(1, weight)
        assert criss.probability(better, np.zeros(1)) > criss.probability(base, np.zeros(1))
    chance = np.random.default_rng(3)
    before, after = chance.uniform(1, 3, (5000, 5)), chance.uniform(0, 3, (5000, 5))
    responses = [criss.responders(before, after, np.zeros(5000), level) for level in criss.LEVELS]
    assert all((easy >= hard).all() for easy, hard in pairwise(responses))


def test_the_form_asks_the_globals_and_the_four_events() -> None:
    assert [item.code for item in criss.items(ALL)] == ["PTGA", "MDGA", *criss.EVENTS]
