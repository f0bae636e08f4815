"""Bayes against R's integrate, JAGS, the worked examples of RBesT's documentation, Schmidli 2014 and Gsponer 2014."""

import csv
import json
from functools import cache
from math import sqrt
from pathlib import Path

import numpy as np
import pytest

from trialwright.statistics import (
    BetaMixture,
    BinomialDesign,
    Decision,
    HeterogeneityPrior,
    MetaAnalyticPrior,
    NormalDesign,
    NormalMixture,
    StatisticsError,
    beta_prior,
    binomial_success,
    difference_below,
    ess_elir,
    ess_moment,
    ess_morita,
    fit_mixture,
    half_cauchy,
    half_normal,
    half_t,
    map_binomial,
    map_normal,
    map_poisson,
    normal_prior,
    normal_success,
    robustify_normal,
    uniform_heterogeneity,
    update_binomial,
    update_normal,
)

pytestmark = pytest.mark.golden

WITNESS = Path(__file__).parent / "witness" / "bayes"
QUADRATURE = json.loads((WITNESS / "map_quadrature.json").read_text())
R = json.loads((WITNESS / "map.json").read_text())
JAGS = json.loads((WITNESS / "jags.json").read_text())
EARLIER_JAGS = json.loads((WITNESS / "map_jags_check.json").read_text())
COUNTS = {"AS": 1.0, "colitis": 0.5, "transplant": 0.5}
LATE = ([-3.70, -2.77, -4.41, -8.10, -2.70, -3.70, -3.10], [1.233, 1.326, 0.740, 0.634, 0.505, 2.111, 0.638])
EARLY = ([-1.22, -2.45, -3.60], [1.136, 0.850, 1.803])
THREE = (0.025, 0.5, 0.975)

AS_MIXTURE = BetaMixture(weights=(0.6167463, 0.3832537), a=(19.1916387, 3.5278745), b=(57.7779318, 9.3735980))
AS_ROBUST = BetaMixture(weights=(0.493397, 0.306603, 0.2), a=(19.1916387, 3.5278745, 1), b=(57.7779318, 9.3735980, 1))
CROHN_MIXTURE = NormalMixture(
    weights=(0.4436779, 0.4436210, 0.1127011),
    means=(-52.0391043, -47.6848303, -49.9125720),
    sds=(19.1739545, 7.8776093, 42.0115693),
)


def columns(name: str, *wanted: str) -> list[np.ndarray]:
    with (WITNESS / f"rbest_{name}.csv").open() as lines:
        rows = list(csv.DictReader(lines))
    return [np.array([float(row[one]) for row in rows]) for one in wanted]


@cache
def counts(name: str) -> MetaAnalyticPrior:
    events, n = columns(name, "r", "n")
    return map_binomial(events, n, tau=half_normal(COUNTS[name]))


def crohn(tau: HeterogeneityPrior) -> MetaAnalyticPrior:
    n, y = columns("crohn", "n", "y")
    return map_normal(y, 88 / np.sqrt(n), tau=tau, mu=(0, 88))


def without(index: int, table: tuple[list[float], list[float]]) -> tuple[list[float], list[float]]:
    return tuple([*column[:index], *column[index + 1 :]] for column in table)


def normal_cases() -> dict[str, MetaAnalyticPrior]:
    six = without(3, LATE)
    return {
        "crohn_half_normal": crohn(half_normal(44)),
        "crohn_half_t4": crohn(half_t(44, 4)),
        "crohn_uniform": crohn(uniform_heterogeneity(100)),
        "late_7_1.875": map_normal(*LATE, tau=half_normal(1.875), mu=(0, 15)),
        "late_7_3.75": map_normal(*LATE, tau=half_normal(3.75), mu=(0, 15)),
        "late_6_1.875": map_normal(*six, tau=half_normal(1.875), mu=(0, 15)),
        "late_6_3.75": map_normal(*six, tau=half_normal(3.75), mu=(0, 15)),
        "early_3_3.75": map_normal(*EARLY, tau=half_normal(3.75), mu=(0, 15)),
    }


@pytest.mark.parametrize("name", sorted(normal_cases()))
def test_normal_prior_agrees_with_integrate_of_r(name: str) -> None:
    found, shown = normal_cases()[name], R[name]
    assert found.mu.mean == pytest.approx(shown["mu_mean"], rel=1e-9)
    assert found.predictive.mean == pytest.approx(shown["mu_mean"], rel=1e-9)
    assert found.mu.sd == pytest.approx(shown["mu_sd"], rel=1e-9)
    assert found.predictive.sd == pytest.approx(shown["map_sd"], rel=1e-9)
    assert found.tau.mean == pytest.approx(shown["tau_mean"], rel=1e-9)
    assert found.tau.sd == pytest.approx(shown["tau_sd"], rel=1e-9)
    assert found.predictive.quantile(THREE) == pytest.approx(shown["map_q"], abs=1e-8)
    assert found.tau.quantile(THREE) == pytest.approx(shown["tau_q"], abs=1e-8)


@pytest.mark.parametrize("name", sorted(COUNTS))
def test_binomial_prior_agrees_with_fine_sums_in_r(name: str) -> None:
    found, shown = counts(name), R[name]
    assert found.mu.mean == pytest.approx(shown["mu_mean"], abs=1e-6)
    assert found.mu.sd == pytest.approx(shown["mu_sd"], abs=1e-6)
    assert found.predictive.mean == pytest.approx(shown["map_mean"], abs=1e-8)
    assert found.predictive.sd == pytest.approx(shown["map_sd"], abs=1e-8)
    assert found.tau.mean == pytest.approx(shown["tau_mean"], abs=1e-6)
    assert found.tau.sd == pytest.approx(shown["tau_sd"], abs=1e-6)
    assert found.predictive.cdf(shown["at"]) == pytest.approx(shown["cdf"], abs=3e-6)


@pytest.mark.parametrize("name", [*sorted(COUNTS), "crohn"])
def test_priors_agree_with_an_earlier_quadrature(name: str) -> None:
    """Its mu and tau are exact; its predictive shares were read off a coarse grid (see the README of the witness)."""
    found, shown = crohn(half_normal(44)) if name == "crohn" else counts(name), QUADRATURE[name]
    assert found.mu.mean == pytest.approx(shown["mu_mean"], abs=1e-6)
    assert found.mu.sd == pytest.approx(shown["mu_sd"], abs=1e-6)
    assert found.tau.mean == pytest.approx(shown["tau_mean"], abs=1e-6)
    assert found.tau.sd == pytest.approx(shown["tau_sd"], abs=1e-6)
    assert found.predictive.mean == pytest.approx(shown["map_mean"], abs=1e-5)
    places = np.array([float(key) for key in shown["map_q"]])
    if name == "crohn":
        assert found.predictive.sd == pytest.approx(shown["map_sd"], abs=1e-6)
        assert found.predictive.quantile(places) == pytest.approx(list(shown["map_q"].values()), abs=1e-6)
    else:
        responses, shares = found.mu.quadrature()
        assert shares @ (1 / (1 + np.exp(-responses))) == pytest.approx(shown["theta_resp_mean"], abs=1e-6)


def jags_cases() -> dict[str, MetaAnalyticPrior]:
    n = [100, 20, 30, 40]
    return {
        "crohn_half_t4": crohn(half_t(44, 4)),
        "crohn_half_cauchy": crohn(half_cauchy(44)),
        "poisson": map_poisson([4, 7, 0, 12, 3], [10.5, 12, 9, 30, 4], tau=half_normal(0.4)),
        "no_events": map_binomial([0, 0, 0, 0], n, tau=half_normal(1)),
        "few_events": map_binomial([0, 3, 0, 10], n, tau=half_normal(1)),
    }


@pytest.mark.parametrize("name", sorted(jags_cases()))
def test_priors_agree_with_jags_within_its_error(name: str) -> None:
    found, shown = jags_cases()[name], JAGS[name]
    for key, density in (("new", found.predictive), ("mu", found.mu), ("tau", found.tau)):
        size = shown["size"][key]
        assert density.mean == pytest.approx(shown["mean"][key], abs=4 * shown["sd"][key] / sqrt(size))
        for place, probability in (("q2.5", 0.025), ("q50", 0.5), ("q97.5", 0.975)):
            error = sqrt(probability * (1 - probability) / size)
            assert float(density.cdf(shown[place][key])) == pytest.approx(probability, abs=5 * error)


@pytest.mark.parametrize("name", [*sorted(COUNTS), "crohn"])
def test_priors_agree_with_an_earlier_jags_run(name: str) -> None:
    found, shown = crohn(half_normal(44)) if name == "crohn" else counts(name), EARLIER_JAGS[name]
    size = shown["ess"]
    assert found.predictive.mean == pytest.approx(shown["map_mean"], abs=5 * shown["map_sd"] / sqrt(size["ps"]))
    assert found.mu.mean == pytest.approx(shown["mu_mean"], abs=5 * found.mu.sd / sqrt(size["mu"]))
    assert found.tau.mean == pytest.approx(shown["tau_mean"], abs=5 * found.tau.sd / sqrt(size["tau"]))


def test_priors_agree_with_the_documentation_of_rbest() -> None:
    """Its figures come from Markov chains; theirs is an error of about 0.005 in the AS example and 1 in the Crohn one."""
    found = counts("AS")
    assert (found.tau.mean, found.tau.sd) == pytest.approx((0.377, 0.217), abs=0.008)
    assert found.predictive.quantile(THREE) == pytest.approx([0.112, 0.251, 0.459], abs=0.015)
    found = crohn(half_normal(44))
    assert (found.tau.mean, found.tau.sd) == pytest.approx((14.40, 9.89), abs=0.12)
    assert found.predictive.quantile(THREE) == pytest.approx([-93.3, -48.6, -9.39], abs=2.2)


def test_effective_sample_sizes_agree_with_rbest_and_r() -> None:
    assert [round(ess_elir(AS_MIXTURE)), round(ess_moment(AS_MIXTURE)), round(ess_morita(AS_MIXTURE))] == [37, 26, 63]
    assert round(ess_elir(AS_ROBUST)) == 26
    sizes = [f(CROHN_MIXTURE, unit_sd=88) for f in (ess_elir, ess_moment, ess_morita)]
    assert [round(size) for size in sizes] == [40, 20, 92]
    assert round(ess_elir(robustify_normal(CROHN_MIXTURE, 0.2, unit_sd=88, location=-50), unit_sd=88)) == 29
    assert ess_elir(AS_MIXTURE) == pytest.approx(R["elir"]["beta2"], rel=1e-8)
    assert ess_elir(AS_ROBUST) == pytest.approx(R["elir"]["beta3"], rel=1e-8)
    assert ess_elir(CROHN_MIXTURE, unit_sd=88) == pytest.approx(R["elir"]["normal3"], rel=1e-8)
    two = NormalMixture(weights=(0.5, 0.5), means=(0, 0), sds=(2.5, 7.5))
    assert ess_elir(two, unit_sd=7.5) == pytest.approx(R["elir"]["normal2"], rel=1e-8)


def test_summaries_of_a_mixture_agree_with_rbest() -> None:
    assert (AS_MIXTURE.mean, AS_MIXTURE.sd) == pytest.approx((0.25857963, 0.08423297), abs=1e-8)
    assert AS_MIXTURE.quantile(THREE) == pytest.approx([0.10808237, 0.25003652, 0.47028444], abs=3e-5)


def test_posterior_probabilities_agree_with_rbest_and_r() -> None:
    def above(prior: BetaMixture, treated: tuple[int, int], control: tuple[int, int]) -> float:
        arms = update_binomial(beta_prior(0.5, 1), *treated), update_binomial(prior, *control)
        return 1 - difference_below(*arms)

    found = above(AS_ROBUST, (14, 24), (1, 6))
    assert found == pytest.approx(0.9913233, abs=5e-8)
    assert found == pytest.approx(R["above"]["robust_14_24_1_6"], abs=1e-10)
    assert update_binomial(AS_ROBUST, 1, 6).weights == pytest.approx((0.58738, 0.31514, 0.09748), abs=5e-6)
    assert 1 - difference_below(beta_prior(11, 4), beta_prior(8, 7)) == pytest.approx(
        R["above"]["beta_11_4_8_7"], abs=1e-10
    )
    treated = update_normal(normal_prior(-50, 88), -29.2, 14.0)
    control = update_normal(robustify_normal(CROHN_MIXTURE, 0.2, unit_sd=88, location=-50), -63.1, 13.9)
    assert difference_below(treated, control) == pytest.approx(0.06191537, abs=5e-9)
    assert difference_below(treated, control, -50) == pytest.approx(3.706893e-06, abs=5e-13)


def test_decisions_agree_with_rbest() -> None:
    rule = Decision(clauses=((0.95, 0.0),), lower=False)
    treated = [update_binomial(beta_prior(0.5, 1), events, 24) for events in (15, 14)]
    assert rule.met(treated[0], update_binomial(AS_MIXTURE, 3, 6))
    assert not rule.met(treated[1], update_binomial(AS_MIXTURE, 4, 6))


def test_operating_characteristics_agree_with_schmidli_2014_table_2() -> None:
    """Published to 0.1 percentage points from simulation and with rounded sample sizes: 2.5 points, as RBesT itself."""
    rates, gain = np.tile(np.arange(1, 7) / 10, 2), np.repeat([0.0, 0.3], 6)
    flat, rule = beta_prior(1, 1), Decision(clauses=((0.975, 0.0),), lower=False)
    for prior, n, published in (
        (beta_prior(4, 16), 20, [0, 1.6, 6.1, 13.7, 26.0, 44.4, 81.6, 87.8, 93.4, 97.9, 99.6, 100]),
        (flat, 38, [1.8, 2.3, 2.4, 2.6, 2.8, 2.6, 89.7, 82.1, 79.5, 79.5, 81.9, 89.8]),
    ):
        design = BinomialDesign(treated=flat, control=prior, treated_n=40, control_n=n)
        found = binomial_success(design, rule, rates + gain, rates)
        assert 100 * found == pytest.approx(published, abs=2.5)


def test_operating_characteristics_agree_with_gsponer_2014_table_1() -> None:
    placebo, treated = normal_prior(-49, 88 / sqrt(20)), normal_prior(0, 88 / sqrt(0.001))
    design = NormalDesign(treated=placebo, control=treated, treated_error=88 / sqrt(10), control_error=88 / sqrt(20))
    effects = np.array([0, 40, 50, 60, 70])
    success = Decision(clauses=((0.95, 0.0), (0.5, 50.0)), lower=False)
    futility = Decision(clauses=((0.90, 40.0),), lower=True)
    published = ([1.1, 32.2, 50.0, 67.6, 82.2], [63.3, 6.8, 2.5, 0.8, 0.2])
    for rule, shown in zip((success, futility), published, strict=True):
        assert 100 * normal_success(design, rule, -49, -49 - effects) == pytest.approx(shown, abs=0.2)


@pytest.mark.parametrize("name", sorted(COUNTS))
def test_fitted_mixture_is_at_least_as_near_as_the_witness(name: str) -> None:
    density, shown = counts(name).predictive, QUADRATURE[name]["em_beta3"]
    theirs = BetaMixture(weights=shown["w"], a=shown["a"], b=shown["b"])
    found = fit_mixture(density, 3)
    values, shares = density.quadrature()
    kept = shares > 1e-13
    distance = float(shares[kept] @ np.log(density.pdf(values[kept]) / theirs.pdf(values[kept])))
    assert found.divergence <= distance
    assert sorted(found.mixture.weights) == pytest.approx(sorted(shown["w"]), abs=0.02)
    assert found.mixture.mean == pytest.approx(density.mean, abs=2e-4)


def test_the_number_of_components_is_chosen() -> None:
    found = fit_mixture(counts("colitis").predictive)
    assert len(found.mixture.weights) == 3 == min(found.criteria, key=lambda one: one[1])[0]


def test_too_little_data_says_so() -> None:
    one = map_normal([-3.0], [1.0], tau=half_normal(2.0))
    assert one.tau.mean == pytest.approx(2.0 * sqrt(2 / np.pi), abs=1e-9)  # the prior itself
    assert "alone" in one.remarks[0]
    heavy = map_normal([-3.0], [1.0], tau=half_cauchy(2.0), mu=(0, 10))
    assert heavy.predictive.sd == np.inf and "no variance" in heavy.remarks[-1]
    assert np.isfinite(heavy.predictive.quantile(THREE)).all()
    assert "no event" in map_binomial([0, 0, 0], [9, 8, 7], tau=half_normal(1)).remarks[0]
    assert "every patient" in map_binomial([9, 8, 7], [9, 8, 7], tau=half_normal(1)).remarks[0]
    assert map_poisson([4, 7, 2], [9, 9, 9], tau=half_cauchy(1)).predictive.mean == np.inf


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([], []), "no values"),
        (([1.0], [0.0]), "zero"),
        (([1.0], [-1.0]), "negative"),
        (([1.0, 2.0], [1.0]), "1 standard errors for 2 means"),
        (([1.0, float("nan")], [1.0, 1.0]), "missing"),
    ],
)
def test_normal_data_that_cannot_be_pooled_are_refused(
    arguments: tuple[list[float], list[float]], message: str
) -> None:
    with pytest.raises(StatisticsError, match=message):
        map_normal(*arguments, tau=half_normal(1.0))


@pytest.mark.parametrize(
    ("events", "n", "message"),
    [
        ([], [], "no values"),
        ([1], [0], "has none"),
        ([5], [4], "more events"),
        ([1.5], [4], "whole"),
        ([-1], [4], "whole"),
    ],
)
def test_counts_that_cannot_be_pooled_are_refused(events: list[float], n: list[float], message: str) -> None:
    with pytest.raises(StatisticsError, match=message):
        map_binomial(events, n, tau=half_normal(1.0))


def test_impossible_priors_are_refused() -> None:
    with pytest.raises(StatisticsError, match="scale"):
        half_normal(0.0)
    with pytest.raises(StatisticsError, match="mu"):
        map_normal([1.0], [1.0], tau=half_normal(1.0), mu=(0.0, -1.0))
    with pytest.raises(StatisticsError, match="sum to 1"):
        NormalMixture(weights=(0.5, 0.4), means=(0, 0), sds=(1, 1))
    with pytest.raises(StatisticsError, match="infinite when a beta"):
        ess_elir(beta_prior(0.5, 1))
    with pytest.raises(StatisticsError, match="standard error"):
        update_normal(normal_prior(0, 1), 1.0, 0.0)
    with pytest.raises(StatisticsError, match="unit_sd"):
        ess_moment(normal_prior(0, 1))
