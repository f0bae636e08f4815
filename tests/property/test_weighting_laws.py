"""Laws of propensities and weights: exact balance, invariances, limits, and what is refused in words."""

from typing import Any

import numpy as np
import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from trialwright.statistics import (
    StatisticsError,
    balancing_weights,
    bootstrap_difference,
    covariate_balance,
    kish_sample_size,
    least_squares,
    overlap,
    propensity,
    weighted_difference,
)
from trialwright.statistics.propensity import score_contributions, score_slope

pytestmark = pytest.mark.property

seeds = st.integers(0, 2**32 - 1)


def cohort(seed: int, n: int = 24, covariates: int = 2) -> tuple[list[str], list[tuple[str, Any]], np.ndarray]:
    """Patients chosen for treatment by their covariates, mildly, and an outcome that depends on both."""
    generator = np.random.Generator(np.random.Philox(seed))
    x = generator.normal(20, 5, (n, covariates))
    arm = generator.random(n) < 1 / (1 + np.exp(-0.08 * (x - 20).sum(axis=1)))
    arm[:3], arm[3:6] = True, False
    outcome = -2.0 - 3.0 * arm - 0.2 * x[:, 0] + generator.normal(0, 4, n)
    return ["T" if one else "C" for one in arm], [(f"x{k}", x[:, k]) for k in range(covariates)], outcome


def fitted(seed: int, method: Any = "firth", **options: Any) -> Any:
    arm, covariates, outcome = cohort(seed, **options)
    return propensity(arm, covariates, arms="CT", method=method), covariates, outcome


@settings(max_examples=40, deadline=None)
@given(seeds)
def test_overlap_weights_of_plain_logistic_propensities_balance_every_mean_exactly(seed: int) -> None:
    try:
        model, _, _ = fitted(seed, "logistic")
    except StatisticsError as error:
        assert "divide C from T" in str(error)
        return
    for one in covariate_balance(model, balancing_weights(model)):
        assert one.after == pytest.approx(0.0, abs=1e-7)
        assert one.means[0] == pytest.approx(one.means[1], rel=1e-7)


@settings(max_examples=40, deadline=None)
@given(seeds)
def test_the_penalized_propensity_always_exists_and_solves_its_equations(seed: int) -> None:
    model, _, _ = fitted(seed, n=12, covariates=3)
    units = np.sqrt((model.design**2).sum(axis=0))
    assert np.abs(score_contributions(model).sum(axis=0) / units).max() < 1e-8
    assert ((model.scores > 0) & (model.scores < 1)).all()


@settings(max_examples=25, deadline=None)
@given(seeds, st.floats(0.1, 50), st.floats(-100, 100))
def test_units_of_covariates_do_not_matter(seed: int, scale: float, shift: float) -> None:
    arm, covariates, outcome = cohort(seed)
    one = propensity(arm, covariates, arms="CT")
    other = propensity(arm, [("x0", covariates[0][1] * scale + shift), covariates[1]], arms="CT")
    assert other.scores == pytest.approx(one.scores, rel=1e-6, abs=1e-9)
    found = [weighted_difference(outcome, model).difference for model in (one, other)]
    assert found[1].value == pytest.approx(found[0].value, rel=1e-6, abs=1e-8)
    assert found[1].standard_error == pytest.approx(found[0].standard_error, rel=1e-5)


@settings(max_examples=25, deadline=None)
@given(seeds)
def test_exchanging_the_arms_turns_the_sign(seed: int) -> None:
    arm, covariates, outcome = cohort(seed)
    one, other = (propensity(arm, covariates, arms=arms) for arms in ("CT", "TC"))
    assert other.scores == pytest.approx(1 - one.scores, rel=1e-6, abs=1e-9)
    for population in ("overlap", "all"):
        found = [weighted_difference(outcome, model, population=population).difference for model in (one, other)]  # type: ignore[arg-type]
        assert found[1].value == pytest.approx(-found[0].value, rel=1e-6, abs=1e-8)
        assert found[1].standard_error == pytest.approx(found[0].standard_error, rel=1e-5)


@settings(max_examples=25, deadline=None)
@given(seeds, st.sampled_from(["firth", "logistic"]))
def test_the_slope_is_the_derivative_of_the_equations(seed: int, method: Any) -> None:
    """By central differences, coefficient by coefficient, on a refit with the coefficients moved by hand."""
    try:
        model, _, _ = fitted(seed, method)
    except StatisticsError:
        return
    slope = score_slope(model)
    for k in range(len(model.names)):
        moved = []
        for sign in (1.0, -1.0):
            step = sign * 1e-5 * model.standard_errors[k] * np.eye(len(model.names))[k]
            scores = 1 / (1 + np.exp(-(model.design @ (model.coefficients + step))))
            moved.append(score_contributions(evolve(model, scores=scores)).sum(axis=0))
        numeric = -(moved[0] - moved[1]) / (2e-5 * model.standard_errors[k])
        assert slope[:, k] == pytest.approx(numeric, rel=1e-4, abs=1e-6 * float(np.abs(slope).max()))


def test_with_nothing_to_balance_weighting_is_the_plain_difference() -> None:
    """A covariate alike in both arms has the propensity one half everywhere: least squares with HC0 and HC3."""
    arm, x = "CT" * 8, np.repeat(np.arange(8.0), 2)
    outcome = np.random.Generator(np.random.Philox(3)).normal(0, 1, 16)
    model = propensity(arm, [("x", x)], arms="CT")
    assert model.scores == pytest.approx(np.full(16, 0.5), abs=1e-9)
    columns = [("one", np.ones(16)), ("arm", [float(a == "T") for a in arm])]
    for kind in ("HC0", "HC1", "HC3"):
        plain = least_squares(outcome, columns, covariance=kind).coefficient("arm")  # type: ignore[arg-type]
        found = weighted_difference(outcome, model, variance=f"fixed {kind}").difference  # type: ignore[arg-type]
        assert (found.value, found.standard_error, found.df) == pytest.approx(
            (plain.value, plain.standard_error, plain.df), rel=1e-8
        )


def test_patients_twice_halve_the_variance_and_change_nothing_else() -> None:
    arm, covariates, outcome = cohort(5, n=60)
    twice = [(name, np.tile(values, 40)) for name, values in covariates]
    many = propensity(arm * 40, twice, arms="CT", method="logistic")
    one = propensity(arm, covariates, arms="CT", method="logistic")
    found = weighted_difference(outcome, one, variance="stacked")
    large = weighted_difference(np.tile(outcome, 40), many, variance="stacked")
    assert large.difference.value == pytest.approx(found.difference.value, rel=1e-8)
    assert large.difference.standard_error * 40**0.5 == pytest.approx(found.difference.standard_error, rel=1e-8)


def test_a_strong_confounder_is_removed_in_a_large_cohort() -> None:
    """The plain difference is biased by three standard errors and more; the weighted ones are not."""
    generator = np.random.Generator(np.random.Philox(11))
    x = generator.normal(0, 1, 4000)
    arm = generator.random(4000) < 1 / (1 + np.exp(-x))
    outcome = -3.0 * arm + 2.0 * x + generator.normal(0, 1, 4000)
    model = propensity(["T" if a else "C" for a in arm], [("x", x)], arms="CT")
    assert abs(outcome[arm].mean() - outcome[~arm].mean() + 3.0) > 1.0
    for population in ("overlap", "all", "treated"):
        found = weighted_difference(outcome, model, population=population).difference  # type: ignore[arg-type]
        assert abs(found.value + 3.0) < 3.5 * found.standard_error
    spread = bootstrap_difference(outcome, model, np.random.Generator(np.random.Philox(1)), replicates=150)
    assert spread.standard_error == pytest.approx(
        weighted_difference(outcome, model, variance="stacked").difference.standard_error, rel=0.2
    )


def test_knowing_that_the_weights_were_estimated_narrows_the_error_of_inverse_weights() -> None:
    arm, covariates, outcome = cohort(2, n=200)
    model = propensity(arm, covariates, arms="CT", method="logistic")
    stacked, fixed = (
        weighted_difference(outcome + 3 * covariates[0][1], model, population="all", variance=kind).difference
        for kind in ("stacked", "fixed HC0")
    )
    assert stacked.standard_error < fixed.standard_error


def test_the_bootstrap_follows_its_generator() -> None:
    arm, covariates, outcome = cohort(8)
    model = propensity(arm, covariates, arms="CT")
    draws = [
        bootstrap_difference(outcome, model, np.random.Generator(np.random.Philox(seed)), replicates=100)
        for seed in (4, 4, 5)
    ]
    assert draws[0] == draws[1] != draws[2]


def test_overlap_counts_every_patient_once() -> None:
    model, _, _ = fitted(6, n=50)
    found = overlap(model, bins=7)
    assert [sum(side) for side in found.counts] == [int((~model.treated).sum()), int(model.treated.sum())]
    assert found.common is not None
    inside = (model.scores >= found.common[0]) & (model.scores <= found.common[1])
    assert sum(found.outside) == int((~inside).sum())


def test_arms_without_overlap_say_so_everywhere() -> None:
    x = [*range(10), *range(20, 30)]
    arm = "C" * 10 + "T" * 10
    with pytest.raises(StatisticsError, match="divide C from T"):
        propensity(arm, [("x", x)], arms="CT", method="logistic")
    model = propensity(arm, [("x", x)], arms="CT")
    assert (model.status, overlap(model).common, overlap(model).outside) == ("separated", None, (10, 10))
    outcome = np.random.Generator(np.random.Philox(1)).normal(0, 1, 20)
    assert weighted_difference(outcome, model).status == "separated"


@pytest.mark.parametrize("x", [[1, 1, 1, 2, 2, 3, 3, 3], [1, 1, 1, 1, 1, 3, 3, 3]])
def test_arms_divided_save_for_ties_are_separated(x: list[int]) -> None:
    """Quasi-complete separation: both arms meet in one value alone."""
    assert propensity("CCCCTTTT", [("x", x)], arms="CT").status == "separated"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"arm": "C" * 24}, "no subject in T"),
        ({"arms": "C"}, "at least two levels"),
        ({"arms": "CTX"}, "no subject in X"),
        ({"arm": [None, *"C" * 12, *"T" * 11]}, "1 of 24 labels are missing"),
        ({"covariates": [("x", np.ones(24))]}, "x: all 24 values are 1; a constant says nothing"),
        ({"covariates": [("x", np.full(24, np.nan))]}, "x: all 24 values are missing"),
        ({"covariates": [("x", np.arange(23.0))]}, "23 values for 24 patients"),
        ({"covariates": [("x", np.arange(24.0)), ("x", np.arange(24.0) ** 2)]}, "a name is used twice"),
        ({"covariates": [("x", np.arange(24.0)), ("y", 2 * np.arange(24.0))]}, "y is a combination of the others"),
        ({"covariates": [(f"x{k}", np.eye(24)[k]) for k in range(23)]}, "23 for 24 patients; take fewer"),
        ({"method": "probit"}, "'probit' is not one of firth, logistic"),
    ],
)
def test_what_has_no_propensity_is_refused(change: dict[str, Any], message: str) -> None:
    arguments: dict[str, Any] = {"arm": "CT" * 12, "covariates": [("x", np.arange(24.0))], "arms": "CT"}
    with pytest.raises(StatisticsError, match=message):
        propensity(**(arguments | change))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"outcome": np.ones(24)}, "nothing varies"),
        ({"outcome": np.full(24, np.nan)}, "all 24 values are missing"),
        ({"outcome": np.arange(20.0)}, "20 values for 24 patients"),
        ({"adjustment": [("z", np.ones(24))]}, "z is constant or a combination"),
        ({"adjustment": [("z", np.ones(3))]}, "z: expected 24 values"),
        ({"population": "control"}, "'control' is not one of overlap, all, treated"),
        ({"stabilized": True}, "only the weights of the whole population"),
        ({"variance": "HC2"}, "'HC2' is not one of stacked"),
        ({"confidence": 95}, "not between 0 and 1"),
    ],
)
def test_what_cannot_be_compared_is_refused(change: dict[str, Any], message: str) -> None:
    model, _, outcome = fitted(1)
    with pytest.raises(StatisticsError, match=message):
        weighted_difference(**({"outcome": outcome, "model": model} | change))


def test_one_patient_alone_in_an_arm_has_no_error() -> None:
    model = propensity("T" + "C" * 9, [("x", np.arange(10.0) ** 1.5)], arms="CT")
    with pytest.raises(StatisticsError, match="one patient alone in an arm"):
        weighted_difference(np.arange(10.0), model)
    with pytest.raises(StatisticsError, match="one patient alone in an arm"):
        covariate_balance(model, balancing_weights(model))


def test_replicates_that_degenerate_are_counted_and_too_many_refused() -> None:
    """A rare yes-or-no covariate vanishes from many replicates."""
    rare = np.zeros(20)
    rare[[3, 4]] = 1.0
    model = propensity("CT" * 10, [("rare", rare)], arms="CT")
    with pytest.raises(StatisticsError, match="of 200 have no estimate"):
        bootstrap_difference(np.arange(20.0) ** 2, model, np.random.Generator(np.random.Philox(1)), replicates=200)


def test_weights_are_checked() -> None:
    model, _, _ = fitted(1)
    with pytest.raises(StatisticsError, match="none may be below zero"):
        kish_sample_size([-1.0, 2.0])
    with pytest.raises(StatisticsError, match="some above zero in each arm"):
        covariate_balance(model, np.zeros(24))
    with pytest.raises(StatisticsError, match="constant within each arm"):
        covariate_balance(model, np.ones(24), [("z", model.treated.astype(float))])
    with pytest.raises(StatisticsError, match="at least 1 needed"):
        overlap(model, bins=0)
    with pytest.raises(StatisticsError, match="at least 100"):
        bootstrap_difference(np.arange(24.0), model, np.random.Generator(np.random.Philox(1)), replicates=10)


def test_a_patient_without_a_chance_of_his_arm_has_no_inverse_weight() -> None:
    """Certainty of one's own arm is harmless; certainty of the other one is refused, save for overlap weights."""
    model, _, _ = fitted(1)
    certain = np.where(model.treated, 1.0, model.scores)
    assert (
        balancing_weights(evolve(model, scores=certain), "all")[model.treated].tolist() == [1.0] * model.treated.sum()
    )
    for side, wrong in ((~model.treated, 1.0 - 1e-12), (model.treated, 1e-12)):
        scores = model.scores.copy()
        scores[np.flatnonzero(side)[0]] = wrong
        impossible = evolve(model, scores=scores)
        assert balancing_weights(impossible).max() <= 1.0
        with pytest.raises(StatisticsError, match="practically no chance of his own arm"):
            balancing_weights(impossible, "all")
