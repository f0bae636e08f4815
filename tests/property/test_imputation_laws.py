"""Laws of random imputation: posteriors against closed forms and each other, invariances, and what is refused."""

from typing import Any

import numpy as np
import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from trialwright.statistics import (
    StatisticsError,
    ancova,
    bootstrap_imputation,
    bootstrap_interval,
    multiple_imputation,
    pool,
    posterior_draws,
    reference_based,
)
from trialwright.statistics.conditional_means import adjusted_means, resampled_means
from trialwright.statistics.incomplete_trial import Trial, incomplete_trial

pytestmark = pytest.mark.property

STRATEGIES: Any = ("MAR", "J2R", "CR", "CIR", "LMCF")
LEVEL: Any = {"visits": (1, 2, 3), "arms": "CT"}


def stream(seed: int = 1) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(seed))


def small(seed: int = 1, n: int = 24, gap: bool = False) -> tuple[np.ndarray, str, np.ndarray]:
    """Three visits, a better treated arm that loses patients."""
    generator = stream(seed)
    base = generator.normal(20, 4, n)
    outcome = base[:, None] + generator.multivariate_normal([0, -1, -2], [[4, 3, 2], [3, 5, 3], [2, 3, 6]], n)
    half = n // 2
    outcome[half:] -= np.array([1, 3, 5])
    outcome[half + 2, 1:] = outcome[half + 4, 2:] = outcome[half + 5, 2:] = outcome[3, 2:] = np.nan
    if gap:
        outcome[1, 0] = outcome[half, 1] = np.nan
    return outcome, "C" * half + "T" * half, base


def impute(data: tuple[np.ndarray, str, np.ndarray], seed: int = 1, **options: Any) -> dict[tuple[str, str], Any]:
    settings_of: dict[str, Any] = LEVEL | {"strategies": STRATEGIES, "imputations": 50} | options
    found = multiple_imputation(*data, stream(seed), **settings_of)
    return {(one.strategy, one.visit): one for one in found}


def one_arm(outcome: np.ndarray, base: np.ndarray) -> Trial:
    """A trial of a single arm, which the front door would refuse: one covariance, whoever samples it."""
    arm = "C" * (len(base) - 1) + "T"
    trial = incomplete_trial(outcome, arm, base, (1, 2, 3), "CT", None, "unstructured", False)
    return evolve(trial, arm=np.zeros(len(base), dtype=np.intp), arms=("C",))


def test_complete_data_have_the_posterior_of_the_textbook() -> None:
    """Coefficients around least squares, covariance inverse Wishart: S / (n - q - m - 1) on average."""
    outcome, _, base = small()
    outcome[np.isnan(outcome)] = 15.0 + np.arange(np.isnan(outcome).sum())
    draws = posterior_draws(one_arm(outcome, base), stream(), 20_000)
    x = np.column_stack([np.ones(24), base])
    beta = np.linalg.lstsq(x, outcome, rcond=None)[0]
    scatter = (outcome - x @ beta).T @ (outcome - x @ beta)
    error = draws.coefficients.std(axis=0) / 20_000**0.5
    assert (np.abs(draws.coefficients.mean(axis=0) - beta) < 4.5 * error).all()
    sigma = draws.sigmas[:, 0]
    wishart = scatter / (24 - 2 - 3 - 1)
    assert (np.abs(sigma.mean(axis=0) - wishart) < 4.5 * sigma.std(axis=0) / 20_000**0.5).all()
    spread = np.kron(wishart, np.linalg.inv(x.T @ x))  # of the coefficients, visit by visit
    found = np.cov(draws.coefficients.transpose(0, 2, 1).reshape(20_000, -1).T)
    assert np.abs(found / spread - 1).max() < 0.1


@pytest.mark.parametrize("gap", [False, True], ids=["exact", "monotone data augmentation"])
def test_two_samplers_share_one_posterior(gap: bool) -> None:
    """Sequential regressions against Gibbs sampling of everything missing, on the same data."""
    outcome, _, base = small(gap=gap)
    trial = one_arm(outcome, base)
    first = posterior_draws(trial, stream(1), 2000, burn_in=50, between=1)
    second = posterior_draws(evolve(trial, covariance_by_arm=True), stream(2), 2000, burn_in=100, between=1)
    assert (first.sampler, second.sampler) == ("monotone data augmentation" if gap else "exact", "Gibbs")
    for a, b in ((first.coefficients, second.coefficients), (first.sigmas[:, 0], second.sigmas[:, 0])):
        spread = a.std(axis=0)
        assert (np.abs(a.mean(axis=0) - b.mean(axis=0)) < 0.11 * spread).all()
        assert np.abs(b.std(axis=0) / spread - 1).max() < 0.12


def test_nothing_missing_is_the_analysis_of_covariance() -> None:
    outcome, arm, base = small()
    outcome[np.isnan(outcome)] = 15.0 + np.arange(np.isnan(outcome).sum())
    for (_, visit), one in impute((outcome, arm, base)).items():
        shown = ancova(outcome[:, int(visit) - 1], arm, base, levels="CT", reference="C")
        ours, theirs = one.differences[0][1], shown.differences[0].estimate
        assert (ours.estimate.value, ours.estimate.standard_error) == pytest.approx(
            (theirs.value, theirs.standard_error)
        )
        assert (one.imputed, ours.monte_carlo_error, one.autocorrelation) == (0, pytest.approx(0.0, abs=1e-9), 0.0)
        assert ours.estimate.df == pytest.approx(21 * 22 / 24)
        for (_, mean), group in zip(one.means, shown.groups, strict=True):
            assert mean.estimate.value == pytest.approx(group.adjusted.value)
            assert mean.estimate.standard_error == pytest.approx(group.adjusted.standard_error)


@pytest.mark.parametrize("gap", [False, True])
def test_a_strategy_does_not_depend_on_which_others_are_asked_for(gap: bool) -> None:
    alone = impute(small(gap=gap), strategies=("J2R",))
    together = impute(small(gap=gap))
    assert all(together[key] == one for key, one in alone.items())


def test_the_stream_decides() -> None:
    same, again, other = impute(small(), seed=4), impute(small(), seed=4), impute(small(), seed=5)
    assert same == again
    assert same["J2R", "3"] != other["J2R", "3"]


@settings(max_examples=10, deadline=None)
@given(st.floats(0.1, 20), st.floats(-50, 50))
def test_units_do_not_matter(scale: float, shift: float) -> None:
    outcome, arm, base = small()
    plain, moved = impute((outcome, arm, base)), impute((outcome * scale + shift, arm, base))
    for key, one in plain.items():
        a, b = one.differences[0][1].estimate, moved[key].differences[0][1].estimate
        assert (b.value, b.standard_error) == pytest.approx((a.value * scale, a.standard_error * scale), rel=1e-6)
        assert b.df == pytest.approx(a.df, rel=1e-5)
        means = (one.means[0][1].estimate.value * scale + shift, moved[key].means[0][1].estimate.value)
        assert means[1] == pytest.approx(means[0], rel=1e-6, abs=1e-7)


def test_a_better_arm_loses_by_reference_based_imputation() -> None:
    found = impute(small(), imputations=400)
    at_end = {strategy: found[strategy, "3"].differences[0][1].estimate.value for strategy in STRATEGIES}
    assert at_end["MAR"] < at_end["CIR"] < at_end["J2R"] < 0
    assert at_end["MAR"] < at_end["CR"] < 0


def test_who_never_departs_is_missing_at_random() -> None:
    found = impute(small(), departure=np.full(24, 3))
    for visit in "123":
        assert found["J2R", visit].differences == found["MAR", visit].differences


@pytest.mark.parametrize(
    "options", [{}, {"covariance_by_arm": True, "burn_in": 50, "between": 1}], ids=["common", "by arm"]
)
def test_the_estimate_is_near_that_of_conditional_means(options: dict[str, Any]) -> None:
    by_arm = {"covariance_by_arm": True} if options else {}
    data = small(n=60)
    found = impute(data, imputations=600, **options)
    for one in reference_based(*data, **LEVEL, strategies=STRATEGIES, **by_arm):
        ours = found[one.strategy, one.visit].differences[0][1]
        margin = 4.5 * ours.monte_carlo_error + 0.06 * ours.estimate.standard_error
        assert abs(ours.estimate.value - one.differences[0][1].value) < margin


def test_random_imputation_keeps_more_doubt_than_repeated_sampling_under_jump_to_reference() -> None:
    data = small(n=60)
    data[0][45:, 1:] = np.nan
    ours = impute(data, imputations=300)["J2R", "3"].differences[0][1].estimate
    (shown,) = (one for one in reference_based(*data, **LEVEL, strategies=("J2R",)) if one.visit == "3")
    assert ours.standard_error > 1.2 * shown.differences[0][1].standard_error


def test_the_bootstrap_agrees_with_the_jackknife_and_follows_its_stream() -> None:
    data = small(n=40)
    options: dict[str, Any] = LEVEL | {"strategies": ("MAR", "J2R")}
    found = bootstrap_imputation(*data, stream(3), replicates=120, **options)
    again = bootstrap_imputation(*data, stream(3), replicates=120, **options)
    assert found == again
    for one, shown in zip(found, reference_based(*data, **options), strict=True):
        assert (one.strategy, one.visit) == (shown.strategy, shown.visit)
        ours, theirs = one.differences[0][1], shown.differences[0][1]
        assert ours.value == theirs.value
        assert ours.standard_error == pytest.approx(theirs.standard_error, rel=0.3)
        assert ours.percentile[0] < ours.value < ours.percentile[1]
        assert ours.normal == pytest.approx(
            (ours.value - 1.959964 * ours.standard_error, 2 * ours.value - ours.normal[0])
        )


def test_replicates_that_cannot_be_fitted_are_counted_and_too_many_refused() -> None:
    """Only two controls are left at the end: many replicates have none of them."""
    outcome, arm, base = small()
    outcome[2:12, 2] = np.nan
    with pytest.raises(StatisticsError, match="have no estimate"):
        bootstrap_imputation(outcome, arm, base, stream(), replicates=100, **LEVEL)
    assert bootstrap_interval(0.0, np.arange(120.0), failed=5).failed == 5
    with pytest.raises(StatisticsError, match="of 127 have no estimate"):
        bootstrap_interval(0.0, np.arange(120.0), failed=7)
    with pytest.raises(StatisticsError, match="at least 100"):
        bootstrap_interval(0.0, np.arange(20.0))


def test_pooling_knows_its_monte_carlo_error() -> None:
    found = pool([1.0, 2.0, 3.0, 4.0], [1.0] * 4)
    assert (found.imputations, found.monte_carlo_error) == (4, pytest.approx((5 / 3 / 4) ** 0.5))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"imputations": 1}, "at least two"),
        ({"strategies": ("LOCF",)}, "'LOCF' is not one of MAR"),
        ({"strategies": ()}, "none is not one of MAR"),
        ({"arm": "C" * 24}, "no subject in T"),
        ({"outcome": np.full((24, 3), np.nan)}, "without any observed outcome"),
        ({"outcome": np.ones((24, 3))}, "perfectly"),
        ({"covariates": np.ones(24)}, "covariate 1 is constant or a combination"),
        ({"covariates": np.full(24, np.nan)}, "all 24 values are missing"),
        ({"covariates": np.random.Generator(np.random.Philox(1)).normal(size=(24, 21))}, "too few patients"),
        ({"burn_in": -1}, "at least 1, 0 and 1"),
        ({"confidence": 0.0}, "not between 0 and 1"),
    ],
)
def test_what_cannot_be_imputed_is_refused(change: dict[str, Any], message: str) -> None:
    outcome, arm, base = small()
    arguments: dict[str, Any] = {"outcome": outcome, "arm": arm, "covariates": base, "generator": stream()} | LEVEL
    with pytest.raises(StatisticsError, match=message):
        multiple_imputation(**(arguments | change))


def test_an_arm_that_nobody_finished_is_refused() -> None:
    outcome, arm, base = small()
    outcome[12:, 2] = np.nan
    with pytest.raises(StatisticsError, match="none in T"):
        impute((outcome, arm, base))
    with pytest.raises(StatisticsError, match="too few patients in T"):
        impute((outcome, arm, base), covariance_by_arm=True)


@pytest.mark.parametrize("gap", [False, True], ids=["nobody returns", "with gaps"])
@settings(max_examples=8)
@given(seed=st.integers(0, 2**32))
def test_resamples_fitted_at_once_are_those_fitted_one_by_one(gap: bool, seed: int) -> None:
    outcome, arm, base = small(seed, gap=gap)
    trial = incomplete_trial(outcome, arm, base, (1, 2, 3), "CT", None, "unstructured", False)
    chosen = stream(seed).integers(0, 24, (6, 24))
    counts = (chosen[:, :, None] == np.arange(24)).sum(axis=1).astype(np.float64)
    found, unsettled = resampled_means(trial, counts, STRATEGIES)
    for place, who in enumerate(chosen):
        try:
            alone = adjusted_means(trial, who, STRATEGIES)
        except StatisticsError:
            assert np.isnan(found[place]).all()
            continue
        if not unsettled[place]:
            np.testing.assert_allclose(found[place], alone, rtol=1e-7, atol=1e-7)
