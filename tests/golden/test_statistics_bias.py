"""E-values against the paper's examples; regression to the mean against Barnett's table, truncated moments and t-tests of R."""

import json
from math import inf
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from trialwright.statistics import (
    StatisticsError,
    bias_bound,
    change_model,
    corrected_difference,
    difference_bias,
    e_value,
    e_value_of_difference,
    false_claims,
    level_selection,
    persistence_from,
    selection_effect,
    selection_grid,
    simulate_selection,
)

pytestmark = pytest.mark.golden

WITNESS = Path(__file__).parent / "witness"
EXAMPLES = json.loads((WITNESS / "e_value" / "evalue_examples.json").read_text())["examples"]
R = json.loads((WITNESS / "regression_to_the_mean" / "selection.json").read_text())
CORRECTION = json.loads((WITNESS / "regression_to_the_mean" / "correction.json").read_text())


def stream(seed: int) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(seed))


# ------------------------------------------------------------------------------------------------------------- E-values


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda e: str(e["rr"]))
def test_e_values_of_the_paper(example: dict[str, Any]) -> None:
    found = e_value(example["rr"], *example["ci"])
    assert found.of_estimate == pytest.approx(example["E"], abs=0.005)
    assert found.of_limit == pytest.approx(example["E_ci"], abs=0.005)


def test_e_values_to_more_digits() -> None:
    """Ratio of smoking and lung cancer in the same paper; a null other than one from its appendix."""
    found = e_value(10.73, 8.02, 14.36)
    assert (found.of_estimate, found.of_limit) == pytest.approx((20.94777, 15.52336), abs=1e-5)
    assert e_value(2.5, null=1.5).of_estimate == pytest.approx(2.720759, abs=1e-6)
    assert e_value(0.8, 0.71, 0.91).of_estimate == pytest.approx(1.809017, abs=1e-6)


@pytest.mark.parametrize(
    ("difference", "ratio", "limits", "estimate", "limit"),
    [(-3.5, 0.654, (0.292, 1.465), 2.43, 1.0), (-5, 0.545, None, 3.07, 1.0), (-7, 0.428, (0.185, 0.989), 4.11, 1.12)],
)
def test_e_values_of_differences_ten_against_ten(
    difference: float, ratio: float, limits: tuple[float, float] | None, estimate: float, limit: float
) -> None:
    d = difference / 7.5
    found = e_value_of_difference(difference, 7.5, (4 / 20 + d**2 / 40) ** 0.5)
    assert found.ratio == pytest.approx(ratio, abs=5.1e-4)
    assert (found.of_estimate, found.of_limit) == pytest.approx((estimate, limit), abs=0.0051)
    assert found.lower is not None
    assert found.upper is not None
    if limits is not None:
        assert (found.lower, found.upper) == pytest.approx(limits, abs=5.1e-4)


def test_odds_and_hazard_ratios_of_common_outcomes_are_turned_into_risk_ratios() -> None:
    assert e_value(4.0, measure="odds ratio", common=True) == e_value(2.0)
    assert e_value(4.0, measure="odds ratio", common=False) == e_value(4.0)
    assert e_value(2.0, measure="rate ratio") == e_value(2.0)
    up, down = (e_value(hr, measure="hazard ratio", common=True) for hr in (2.0, 0.5))
    assert up.ratio * down.ratio == pytest.approx(1.0)
    assert up.of_estimate == pytest.approx(down.of_estimate)
    assert up.ratio == pytest.approx((1 - 0.5 ** (2**0.5)) / (1 - 0.5 ** (0.5**0.5)))


def test_a_confounder_as_strong_as_the_e_value_just_explains_the_ratio() -> None:
    for ratio in (3.9, 1.2, 0.8, 0.31):
        strength = e_value(ratio).of_estimate
        assert bias_bound(ratio, with_treatment=strength, with_outcome=strength).ratio == pytest.approx(1.0)
        assert not bias_bound(ratio, with_treatment=0.99 * strength, with_outcome=strength).explained
        assert bias_bound(ratio, with_treatment=1.01 * strength, with_outcome=strength).explained


def test_no_confounder_of_given_strength_distorts_more_than_the_bound() -> None:
    """Thousands of worlds with one yes-or-no confounder and no effect of treatment, by exact sums."""
    generator, closest = stream(3), 0.0
    for _ in range(4000):
        treated, others = generator.beta(0.3, 0.3, 2)
        factor = 1 + 9 * generator.random()
        confounded = (treated * factor + 1 - treated) / (others * factor + 1 - others)
        share = max(treated / others, (1 - treated) / (1 - others), 1.0) if confounded >= 1 else 1.0
        if confounded >= 1 and share < 1e6:
            bound = bias_bound(1.0, with_treatment=max(treated / others, 1.0), with_outcome=factor).factor
            assert confounded <= bound * (1 + 1e-9)
            closest = max(closest, confounded / bound)
    assert closest > 0.99


def test_a_difference_is_biased_by_effect_times_imbalance() -> None:
    generator = stream(4)
    arm = generator.random(200_000) < 0.5
    trait = generator.random(200_000) < np.where(arm, 0.6, 0.3)
    outcome = 2.0 * arm - 4.0 * trait + generator.normal(0, 1, 200_000)
    bias = outcome[arm].mean() - outcome[~arm].mean() - 2.0
    assert bias == pytest.approx(difference_bias(-4.0, 0.3), abs=4 * 2.2 * 2 / 200_000**0.5)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: e_value(0.0), "above zero and finite"),
        (lambda: e_value(2.0, 3.0, 4.0), "do not enclose"),
        (lambda: e_value(2.0, 1.0), "both limits or none"),
        (lambda: e_value(2.0, measure="odds ratio"), "is the outcome common"),
        (lambda: e_value(2.0, measure="difference"), "is not one of risk ratio"),  # type: ignore[arg-type]
        (lambda: e_value(2.0, null=-1.0), "null: -1.0"),
        (lambda: e_value_of_difference(1.0, 0.0), "standard_deviation"),
        (lambda: e_value_of_difference(1.0, 1.0, -1.0), "standard_error"),
        (lambda: bias_bound(2.0, with_treatment=0.5, with_outcome=2.0), "with_treatment"),
    ],
)
def test_what_has_no_e_value_is_refused(call: Any, message: str) -> None:
    with pytest.raises(StatisticsError, match=message):
        call()


# ----------------------------------------------------------------------------------------------- regression to the mean


@pytest.mark.parametrize(
    ("within", "readings", "shown"),
    [(45, 1, 5.3944), (90, 1, 10.7888), (112.5, 1, 13.4860), (45, 2, 2.9388), (90, 2, 6.4760), (112.5, 2, 8.5408)],
)
def test_selection_by_level_is_the_table_of_barnett(within: float, readings: int, shown: float) -> None:
    found = level_selection(60, (225 - within) ** 0.5, within**0.5, 40, readings=readings, above=False)
    assert found == pytest.approx(shown, abs=5e-5)


@pytest.mark.parametrize(
    ("within", "cut", "shown"),
    [(4.6, 10, 0.59), (4.6, 15, 1.12), (4.6, 20, 1.83), (2.5, 10, 0.17), (2.5, 15, 0.34), (2.5, 20, 0.59)],
)
def test_selection_by_level_of_the_skin_score(within: float, cut: float, shown: float) -> None:
    assert level_selection(20, 8, within, cut) == pytest.approx(shown, abs=0.0051)


@pytest.mark.parametrize("row", R["moments"], ids=lambda r: " ".join(str(r[k]) for k in list(r)[:5]))
def test_selection_by_change_has_the_moments_of_the_truncated_normal(row: dict[str, Any]) -> None:
    model = change_model(-2, row["sd"], row["error"], row["rho"], readings=row["readings"])
    found = selection_effect(model, row["cut"])
    assert (found.selected, found.others) == pytest.approx((row["selected"], row["others"]), rel=1e-5)
    assert found.gap == pytest.approx(row["selected"] - row["others"], rel=1e-4, abs=1e-5)


@pytest.mark.parametrize(
    ("error", "sd", "rho", "correlation", "selected", "others", "gap", "share"),
    [
        (2.5, 5.7, 0.0, -0.19, -3.13, -1.35, -1.78, 0.36),
        (2.5, 7.5, 0.0, -0.11, -2.81, -1.47, -1.34, 0.39),
        (2.5, 7.5, 0.3, 0.12, -1.11, -2.58, 1.48, 0.39),
        (2.5, 7.5, 0.6, 0.36, 0.60, -3.70, 4.30, 0.39),
        (4.0, 7.5, 0.0, -0.28, -4.08, -0.64, -3.44, 0.39),
        (4.0, 7.5, 0.3, -0.16, -3.13, -1.26, -1.87, 0.39),
        (4.0, 7.5, 0.6, -0.03, -2.19, -1.88, -0.31, 0.39),
        (4.0, 5.7, 0.0, -0.49, -4.90, -0.35, -4.55, 0.36),
    ],
)
def test_the_spurious_gap_of_reading_r2(
    error: float, sd: float, rho: float, correlation: float, selected: float, others: float, gap: float, share: float
) -> None:
    """No drug effect, selection at a change of zero or more, mean change -2: formula and simulation give the table."""
    model = change_model(-2, sd, error, rho)
    found = selection_effect(model, 0)
    shown = (correlation, selected, others, gap, share)
    assert (found.correlation, found.selected, found.others, found.gap, found.share) == pytest.approx(shown, abs=0.0065)
    drawn = simulate_selection(model, 0, stream(5), 200_000)
    assert abs(drawn.effect.gap - found.gap) < 4 * drawn.gap_error
    assert abs(drawn.effect.selected - found.selected) < 4 * drawn.selected_error
    assert abs(drawn.effect.others - found.others) < 4 * drawn.others_error
    assert persistence_from(found.correlation, sd, error) == pytest.approx(rho, abs=1e-12)


@pytest.mark.parametrize("row", R["claims"], ids=lambda r: f"{r['error']} {r['sd']} {r['rho']}")
def test_selection_alone_claims_an_effect_as_often_as_in_r(row: dict[str, Any]) -> None:
    found = false_claims(change_model(-2, row["sd"], row["error"], row["rho"]), 0, (10, 10), stream(6), trials=40_000)
    for ours, theirs in ((found.lower, row["lower"]), (found.higher, row["higher"])):
        share = (theirs * row["trials"] + ours * 40_000) / (row["trials"] + 40_000)
        assert abs(ours - theirs) < 4 * (share * (1 - share) * (1 / row["trials"] + 1 / 40_000)) ** 0.5


def test_random_allocation_claims_what_it_should() -> None:
    """Where selection makes no difference, the t-test keeps its 2.5 % on either side."""
    model = change_model(-2, 7.5, 2.5, 0.0)
    neutral = change_model(-2, 7.5, 2.5, model.neutral_persistence or 0.0)
    assert selection_effect(neutral, 0).gap == pytest.approx(0.0, abs=1e-12)
    found = false_claims(neutral, 0, (10, 10), stream(7), trials=40_000)
    assert abs(found.lower - 0.025) < 4 * found.error
    assert abs(found.higher - 0.025) < 4 * found.error


def corrected(**change: Any) -> Any:
    known: dict[str, Any] = {
        "cut": 0,
        "mean_change": -2,
        "sd_change": 7.5,
        "sd_df": inf,
        "measurement_error": 4.0,
        "error_df": inf,
        "persistence": (0.0, 0.0),
        "draws": 40_000,
    }
    return corrected_difference(-5.0, 3.3, 18, stream(8), **(known | change))


@pytest.mark.parametrize("case", CORRECTION["cases"], ids=lambda case: str(case["observed"]))
def test_the_corrected_difference_is_that_of_two_million_draws_in_r(case: dict[str, Any]) -> None:
    found = corrected_difference(
        case["observed"],
        case["se"],
        case["df"],
        stream(9),
        cut=case["cut"],
        mean_change=case["mean"],
        sd_change=case["sd"],
        sd_df=case["sd_df"],
        measurement_error=case["error"],
        error_df=case["error_df"],
        persistence=(case["low"], case["high"]),
        readings=case["readings"],
        draws=200_000,
    )
    assert found.gap == pytest.approx(case["gap"], rel=1e-8)
    assert (found.lower, found.upper) == pytest.approx(
        tuple(case["interval"]), abs=0.1
    )  # limits of +-7: their Monte Carlo error
    assert found.gap_interval == pytest.approx(tuple(case["gap_interval"]), abs=0.05)
    assert found.impossible == pytest.approx(case["impossible"], abs=0.002)


def test_with_inputs_known_the_interval_is_that_of_the_difference_moved_by_the_gap() -> None:
    found = corrected()
    gap = selection_effect(change_model(-2, 7.5, 4.0, 0.0), 0).gap
    assert (found.gap, found.corrected) == pytest.approx((gap, -5.0 - gap))
    assert found.gap_interval == pytest.approx((gap, gap))
    half = 2.100922 * 3.3
    error = 3.3 * (0.025 * 0.975 / 40_000) ** 0.5 / 0.0473  # density of t at its 2.5 % quantile, 18 df: 0.0473
    assert (found.lower, found.upper) == pytest.approx((-5 - gap - half, -5 - gap + half), abs=4 * error)
    assert found.impossible == 0.0


def test_doubt_about_the_inputs_widens_the_interval_as_the_delta_method_says() -> None:
    """Error of a reading known with 60 degrees of freedom: its variance has a relative standard error of root 2/60."""
    found = corrected(error_df=60, sd_df=200)
    step = 1e-4

    def gap(error: float, sd: float) -> float:
        return selection_effect(change_model(-2, sd, error, 0.0), 0).gap

    by_error = (gap(4 * (1 + step), 7.5) - gap(4.0, 7.5)) / step * (1 / 120) ** 0.5
    by_sd = (gap(4.0, 7.5 * (1 + step)) - gap(4.0, 7.5)) / step * (1 / 400) ** 0.5
    width = found.gap_interval[1] - found.gap_interval[0]
    assert width == pytest.approx(2 * 1.96 * (by_error**2 + by_sd**2) ** 0.5, rel=0.1)
    assert found.upper - found.lower > corrected().upper - corrected().lower


def test_a_range_of_persistence_spans_its_gaps() -> None:
    found = corrected(persistence=(0.0, 0.6))
    ends = [selection_effect(change_model(-2, 7.5, 4.0, rho), 0).gap for rho in (0.0, 0.6)]
    spread = ends[1] - ends[0]
    assert found.gap_interval == pytest.approx(
        (ends[0] + 0.025 * spread, ends[1] - 0.025 * spread), abs=0.02 * abs(spread)
    )
    assert found.gap == pytest.approx(sum(ends) / 2)


def test_inputs_that_contradict_each_other_are_counted_and_refused() -> None:
    doubtful = corrected(measurement_error=4.9, error_df=20, sd_df=40)
    assert 0.05 < doubtful.impossible < 0.5
    with pytest.raises(StatisticsError, match="in most draws"):
        corrected(measurement_error=5.3, error_df=1.0)


def test_the_grid_marks_what_is_impossible() -> None:
    found = selection_grid(-2, 5.7, 0, measurement_errors=(2.5, 4.3), persistences=(0.0,))
    assert [effect is None for _, _, effect in found] == [False, True]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: change_model(-2, 7.5, -1, 0), "zero or above"),
        (lambda: change_model(-2, 5.6, 4, 0), "one of the two is wrong"),
        (lambda: change_model(float("nan"), 7.5, 1, 0), "not a finite number"),
        (lambda: change_model(-2, 7.5, 2, 1.2), "between -1 and 1"),
        (lambda: change_model(-2, 0, 0, 0), "nothing varies"),
        (lambda: change_model(-2, 7.5, 2, 0, readings=0), "at least one"),
        (lambda: level_selection(20, 0, 0, 10), "nobody can be selected"),
        (lambda: persistence_from(1.4, 7.5, 2), "between -1 and 1"),
        (lambda: simulate_selection(change_model(0, 1, 0.1, 0), 9, stream(1), 100), "fewer than two"),
        (lambda: false_claims(change_model(0, 1, 0.1, 0), 0, (1, 10), stream(1)), "two patients a group"),
        (lambda: corrected(persistence=(0.5, 0.1)), "bounds within"),
        (lambda: corrected(draws=10), "at least 1000 draws"),
    ],
)
def test_what_cannot_be_corrected_is_refused(call: Any, message: str) -> None:
    with pytest.raises(StatisticsError, match=message):
        call()
