"""Laws of Bayes that hold for any prior and any data: order, scale, consistency, limits."""

from math import sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trialwright.statistics import (
    BetaMixture,
    BinomialDesign,
    Decision,
    NormalDesign,
    NormalMixture,
    beta_prior,
    binomial_assurance,
    binomial_conflict,
    binomial_decisions,
    binomial_success,
    difference_below,
    ess_elir,
    ess_moment,
    ess_morita,
    fit_mixture,
    half_cauchy,
    half_normal,
    half_t,
    learned_heterogeneity,
    map_binomial,
    map_normal,
    map_poisson,
    normal_assurance,
    normal_boundary,
    normal_conflict,
    normal_prior,
    normal_success,
    predict_binomial,
    predict_normal,
    robustify_beta,
    robustify_normal,
    shifted,
    tipping_weight_binomial,
    tipping_weight_normal,
    uniform_heterogeneity,
    update_binomial,
    update_normal,
)
from trialwright.statistics.count_likelihood import Counts, log_posterior

pytestmark = pytest.mark.property

weights = st.lists(st.floats(0.05, 1.0), min_size=3, max_size=3).map(lambda w: [x / sum(w) for x in w])
three = lambda low, high: st.lists(st.floats(low, high), min_size=3, max_size=3)  # noqa: E731
normals = st.builds(NormalMixture, weights=weights, means=three(-10, 10), sds=three(0.3, 10))
betas = st.builds(BetaMixture, weights=weights, a=three(1.1, 60), b=three(1.1, 60))
results = st.tuples(st.floats(-15, 15), st.floats(0.2, 8))
few = settings(max_examples=12, deadline=None)


@given(normals, results)
@few
def test_weights_sum_to_one_and_the_mean_lies_between(prior: NormalMixture, seen: tuple[float, float]) -> None:
    found = update_normal(prior, *seen)
    assert sum(found.weights) == pytest.approx(1.0, abs=1e-12)
    assert min(*prior.means, seen[0]) - 1e-9 <= found.mean <= max(*prior.means, seen[0]) + 1e-9
    assert max(found.sds) <= max(prior.sds)


@given(normals, results, results)
@few
def test_the_order_of_two_results_does_not_matter(
    prior: NormalMixture, one: tuple[float, float], two: tuple[float, float]
) -> None:
    forth = update_normal(update_normal(prior, *one), *two)
    back = update_normal(update_normal(prior, *two), *one)
    assert forth.weights == pytest.approx(back.weights, abs=1e-9)
    assert forth.means == pytest.approx(back.means, abs=1e-9)
    assert forth.sds == pytest.approx(back.sds, abs=1e-9)


@given(betas, st.integers(0, 9), st.integers(0, 12))
@few
def test_two_counts_are_as_good_as_their_sum(prior: BetaMixture, one: int, two: int) -> None:
    apart = update_binomial(update_binomial(prior, one, 9), two, 12)
    together = update_binomial(prior, one + two, 21)
    assert apart.weights == pytest.approx(together.weights, abs=1e-10)
    assert (*apart.a, *apart.b) == pytest.approx((*together.a, *together.b), rel=1e-12)


@given(normals, st.floats(0.5, 5))
@few
def test_the_posterior_averaged_over_what_is_predicted_is_the_prior(prior: NormalMixture, error: float) -> None:
    values, shares = predict_normal(prior, error).quadrature()
    average = sum(share * update_normal(prior, value, error).mean for value, share in zip(values, shares, strict=True))
    assert average == pytest.approx(prior.mean, abs=1e-6)


@given(betas, st.integers(1, 30))
@few
def test_predicted_counts_have_the_mean_of_the_prior(prior: BetaMixture, n: int) -> None:
    chances = predict_binomial(prior, n)
    assert chances.sum() == pytest.approx(1.0, abs=1e-10)
    assert chances @ np.arange(n + 1) == pytest.approx(n * prior.mean, rel=1e-9)


@given(normals)
@few
def test_quantiles_invert_the_distribution_and_the_density_integrates(prior: NormalMixture) -> None:
    places = np.array([0.001, 0.025, 0.5, 0.975, 0.999])
    assert prior.cdf(prior.quantile(places)) == pytest.approx(places, abs=1e-10)
    values, shares = prior.quadrature()
    assert (shares.sum(), shares @ values) == pytest.approx((1.0, prior.mean), abs=1e-8)


@given(betas)
@few
def test_the_same_for_shares(prior: BetaMixture) -> None:
    places = np.array([0.001, 0.025, 0.5, 0.975, 0.999])
    assert prior.cdf(prior.quantile(places)) == pytest.approx(places, abs=1e-10)
    values, shares = prior.quadrature()
    assert shares @ values == pytest.approx(prior.mean, abs=1e-8)


@given(normals, betas)
@few
def test_a_robust_weight_of_one_leaves_the_vague_prior_and_zero_the_old_one(
    one: NormalMixture, two: BetaMixture
) -> None:
    assert robustify_normal(one, 1.0, unit_sd=7.5, location=0.0) == normal_prior(0.0, 7.5)
    assert robustify_beta(two, 1.0) == beta_prior(1, 1)
    assert robustify_normal(one, 0.0, unit_sd=7.5) == one
    assert robustify_beta(two, 0.0) == two


@given(normals, st.floats(0.1, 50), st.floats(-20, 20))
@few
def test_effective_sample_sizes_do_not_depend_on_units(prior: NormalMixture, factor: float, shift: float) -> None:
    other = NormalMixture(
        weights=prior.weights,
        means=[factor * m + shift for m in prior.means],
        sds=[factor * s for s in prior.sds],
    )
    for size in (ess_moment, ess_elir, ess_morita):
        assert size(other, unit_sd=7.5 * factor) == pytest.approx(size(prior, unit_sd=7.5), rel=1e-6)


@given(st.floats(1.5, 40), st.floats(1.5, 40), st.floats(0.2, 10))
@few
def test_effective_sample_sizes_agree_for_a_single_component(a: float, b: float, sd: float) -> None:
    assert ess_moment(beta_prior(a, b)) == pytest.approx(a + b, rel=1e-9)
    assert ess_elir(beta_prior(a, b)) == pytest.approx(a + b, rel=1e-9)
    assert beta_prior(a, b).information_ratio() == pytest.approx(a + b, rel=1e-9)
    assert ess_elir(normal_prior(0, sd), unit_sd=3.0) == pytest.approx(9 / sd**2, rel=1e-9)


@given(betas, st.integers(1, 12))
@few
def test_elir_is_predictively_consistent_for_shares(prior: BetaMixture, n: int) -> None:
    chances = predict_binomial(prior, n)
    after = sum(chance * ess_elir(update_binomial(prior, events, n)) for events, chance in enumerate(chances))
    assert after - n == pytest.approx(ess_elir(prior), rel=1e-7)


@given(normals, st.integers(1, 30))
@settings(max_examples=2, deadline=None)
def test_elir_is_predictively_consistent_for_means(prior: NormalMixture, n: int) -> None:
    values, shares = predict_normal(prior, 7.5 / sqrt(n)).quadrature()
    after = sum(
        share * ess_elir(update_normal(prior, value, 7.5 / sqrt(n)), unit_sd=7.5)
        for value, share in zip(values, shares, strict=True)
        if share > 1e-13
    )
    assert after - n == pytest.approx(ess_elir(prior, unit_sd=7.5), rel=1e-6)


@pytest.mark.parametrize("tau", [half_normal(2.0), half_t(2.0, 4), half_cauchy(2.0), uniform_heterogeneity(9.0)])
@pytest.mark.parametrize("mu", [None, (0.0, 15.0)])
def test_more_nodes_change_nothing_for_means(tau: object, mu: tuple[float, float] | None) -> None:
    y, se = [-3.7, -2.8, -4.4, -8.1], [1.2, 1.3, 0.7, 0.6]
    once, twice = (map_normal(y, se, tau=tau, mu=mu, nodes=nodes) for nodes in (240, 480))
    places = [0.001, 0.025, 0.5, 0.975, 0.999]
    for one, two in ((once.predictive, twice.predictive), (once.mu, twice.mu), (once.tau, twice.tau)):
        assert one.quantile(places) == pytest.approx(two.quantile(places), rel=1e-6)
        assert (one.mean, one.sd) == pytest.approx((two.mean, two.sd), rel=1e-6)


@pytest.mark.parametrize(
    ("events", "n"),
    [([23, 12, 19, 9], [107, 44, 51, 39]), ([0, 3, 0, 10], [100, 20, 30, 40]), ([0, 0], [20, 50]), ([3], [10])],
)
@pytest.mark.parametrize("tau", [half_normal(1.0), uniform_heterogeneity(3.0)])
def test_more_nodes_change_nothing_for_shares(events: list[int], n: list[int], tau: object) -> None:
    once, twice = (map_binomial(events, n, tau=tau, nodes=nodes) for nodes in (64, 128))
    places = [0.025, 0.5, 0.975]
    for one, two in ((once.predictive, twice.predictive), (once.mu, twice.mu), (once.tau, twice.tau)):
        assert one.cdf(two.quantile(places)) == pytest.approx(places, abs=1e-6)
        assert (one.mean, one.sd) == pytest.approx((two.mean, two.sd), rel=1e-6)


def test_more_nodes_change_nothing_in_the_likelihood() -> None:
    for family in ("binomial", "poisson"):
        data = Counts(events=np.array([3.0, 0.0]), exposure=np.array([12.0, 40.0]), family=family, mu=(0.0, 2.0))
        mu, tau = np.linspace(-5, 2, 9)[None, :].repeat(4, axis=0), np.array([1e-6, 0.3, 1.0, 3.0])
        assert log_posterior(data, mu, tau) == pytest.approx(log_posterior(data, mu, tau, nodes=201), abs=2e-6)


def test_the_scale_of_the_outcome_does_not_matter() -> None:
    y, se = np.array([-3.7, -2.8, -4.4, -8.1]), np.array([1.2, 1.3, 0.7, 0.6])
    one = map_normal(y, se, tau=half_normal(2.0), mu=(0, 15))
    two = map_normal(1000 * y, 1000 * se, tau=half_normal(2000.0), mu=(0, 15000))
    assert two.predictive.mean == pytest.approx(1000 * one.predictive.mean, rel=1e-9)
    assert two.tau.quantile(0.9) == pytest.approx(1000 * one.tau.quantile(0.9), rel=1e-9)


def test_the_order_of_trials_does_not_matter() -> None:
    r, n = np.array([23, 12, 19, 9]), np.array([107, 44, 51, 39])
    one = map_binomial(r, n, tau=half_normal(1.0))
    two = map_binomial(r[::-1], n[::-1], tau=half_normal(1.0))
    assert one.predictive.quantile([0.1, 0.9]) == pytest.approx(two.predictive.quantile([0.1, 0.9]), rel=1e-9)


def test_events_and_their_absence_mirror_each_other() -> None:
    r, n = np.array([23, 12, 19, 0]), np.array([107, 44, 51, 39])
    one, two = (map_binomial(events, n, tau=half_normal(1.0)).predictive for events in (r, n - r))
    assert one.quantile([0.1, 0.5]) == pytest.approx(1 - two.quantile([0.9, 0.5]), abs=1e-7)


def test_rare_events_make_shares_into_rates() -> None:
    r, n = np.array([4, 7, 2]), np.array([4e6, 6e6, 3e6])
    share = map_binomial(r, n, tau=half_normal(0.4), mu=(-13, 2)).predictive
    rate = map_poisson(r, n, tau=half_normal(0.4), mu=(-13, 2)).predictive
    assert rate.quantile([0.025, 0.5, 0.975]) == pytest.approx(share.quantile([0.025, 0.5, 0.975]), rel=1e-5)
    assert rate.mean == pytest.approx(share.mean, rel=1e-5)


def test_little_heterogeneity_is_a_common_mean_and_large_trials_are_believed() -> None:
    y, se = np.array([-3.7, -2.8, -4.4]), np.array([1.2, 1.3, 0.7])
    common = map_normal(y, se, tau=half_normal(1e-6))
    assert common.predictive.sd == pytest.approx(1 / sqrt((1 / se**2).sum()), rel=1e-6)
    assert common.predictive.mean == pytest.approx((y / se**2).sum() / (1 / se**2).sum(), rel=1e-9)


def test_a_learned_spread_is_the_product_of_both_likelihoods() -> None:
    one, two = ([-3.7, -4.4, -8.1], [1.2, 0.7, 0.6]), ([-1.2, -2.5], [1.1, 0.9])
    first = map_normal(*one, tau=half_normal(3.0), mu=(0, 15))
    learned = learned_heterogeneity(first.tau)
    then = map_normal(*two, tau=learned, mu=(0, 15)).tau
    other = map_normal(*two, tau=half_normal(3.0), mu=(0, 15)).tau
    at = np.array([0.5, 1.5, 3.0, 5.0])
    ratio = then.pdf(at) * np.exp(half_normal(3.0).log_density(at)) / (first.tau.pdf(at) * other.pdf(at))
    assert ratio == pytest.approx(np.full(4, ratio[0]), rel=1e-6)


@given(normals)
@settings(max_examples=3, deadline=None)
def test_more_components_are_never_farther_away(target: NormalMixture) -> None:
    distances = [fit_mixture(target, k).divergence for k in (1, 2)]
    assert distances[1] <= distances[0] + 1e-10
    assert distances[1] >= -1e-9
    assert fit_mixture(target, 1).mixture.sd == pytest.approx(target.sd, rel=1e-6)


@given(normals, normals, st.floats(-5, 5))
@few
def test_a_difference_and_its_opposite_are_complementary(one: NormalMixture, two: NormalMixture, margin: float) -> None:
    assert difference_below(one, two, margin) + difference_below(two, one, -margin) == pytest.approx(1.0, abs=1e-12)


@given(betas, betas, st.floats(-0.5, 0.5))
@few
def test_the_same_for_shares_by_quadrature(one: BetaMixture, two: BetaMixture, margin: float) -> None:
    assert difference_below(one, two, margin) + difference_below(two, one, -margin) == pytest.approx(1.0, abs=1e-8)


@pytest.mark.parametrize("patients", [1e2, 1e4, 1e6, 1e8])
def test_a_narrow_share_is_not_missed(patients: float) -> None:
    one = beta_prior(0.2 * patients, 0.8 * patients)
    assert difference_below(one, one) == pytest.approx(0.5, abs=1e-9)
    above = 1.5 * sqrt(2) * one.sd
    assert difference_below(one, one, above) == pytest.approx(
        float(normal_prior(0, 1).cdf(1.5)), abs=1 / sqrt(patients)
    )
    wide = beta_prior(2, 3)
    assert difference_below(wide, one, 0.1) == pytest.approx(float(wide.cdf(0.3)), abs=1 / sqrt(patients))
    assert difference_below(one, wide, 0.1) == pytest.approx(1 - float(wide.cdf(0.1)), abs=1 / sqrt(patients))


def test_the_same_by_drawing() -> None:
    draw = np.random.default_rng(7)
    one = BetaMixture(weights=(0.6, 0.4), a=(3, 20), b=(9, 11))
    two = BetaMixture(weights=(0.7, 0.3), a=(5, 1), b=(5, 1))
    drawn = one.sample(200_000, draw) - two.sample(200_000, draw)
    assert difference_below(one, two, 0.1) == pytest.approx((drawn < 0.1).mean(), abs=0.005)
    three = NormalMixture(weights=(0.6, 0.4), means=(0, 4), sds=(1, 3))
    assert three.sample(200_000, draw).std() == pytest.approx(three.sd, abs=0.02)


@given(normals, normals, results, st.booleans())
@few
def test_on_the_boundary_the_probability_is_the_one_asked_for(
    treated: NormalMixture, control: NormalMixture, seen: tuple[float, float], lower: bool
) -> None:
    design = NormalDesign(treated=treated, control=control, treated_error=2.0, control_error=seen[1])
    rule = Decision(clauses=((0.9, -0.5),), lower=lower)
    (at,) = normal_boundary(design, rule, [seen[0]])
    below = difference_below(update_normal(treated, at, 2.0), update_normal(control, *seen), -0.5)
    assert (below if lower else 1 - below) == pytest.approx(0.9, abs=1e-6)


def test_power_agrees_with_drawing() -> None:
    draw = np.random.default_rng(11)
    prior = NormalMixture(weights=(0.5, 0.5), means=(-4, -4), sds=(1.5, 7.5))
    design = NormalDesign(treated=normal_prior(-4, 75), control=prior, treated_error=2.4, control_error=2.4)
    rule = Decision(clauses=((0.95, 0.0), (0.5, -2.0)), lower=True)
    exact = float(normal_success(design, rule, -7.0, -2.0)[0])
    controls = draw.normal(-2.0, 2.4, 20_000)
    hits = draw.normal(-7.0, 2.4, 20_000) < normal_boundary(design, rule, controls)
    assert exact == pytest.approx(hits.mean(), abs=4 * sqrt(exact * (1 - exact) / 20_000))


def test_assurance_is_the_average_power() -> None:
    flat, belief = beta_prior(1, 1), BetaMixture(weights=(0.5, 0.5), a=(12, 3), b=(8, 3))
    design = BinomialDesign(treated=flat, control=beta_prior(4, 16), treated_n=15, control_n=12)
    rule = Decision(clauses=((0.9, 0.0),), lower=False)
    p, shares = belief.quadrature()
    power = binomial_success(design, rule, p, np.full_like(p, 0.2))
    sure = beta_prior(2e7, 8e7)
    assert binomial_assurance(design, rule, belief, sure) == pytest.approx(shares @ power, abs=1e-5)
    normal = NormalDesign(
        treated=normal_prior(0, 50), control=normal_prior(0, 50), treated_error=2.0, control_error=3.0
    )
    wide = NormalMixture(weights=(0.4, 0.6), means=(-5, -2), sds=(1, 2))
    values, shares = wide.quadrature()
    averaged = shares @ normal_success(normal, rule, values, np.zeros_like(values))
    assert normal_assurance(normal, rule, wide, normal_prior(0, 1e-7)) == pytest.approx(averaged, abs=1e-7)


def test_more_events_never_turn_a_success_into_a_failure() -> None:
    design = BinomialDesign(treated=beta_prior(1, 1), control=beta_prior(4, 16), treated_n=20, control_n=10)
    for lower in (False, True):
        table = binomial_decisions(design, Decision(clauses=((0.9, 0.05),), lower=lower))
        steps = np.diff(table, axis=0)
        assert (steps <= 0).all() if lower else (steps >= 0).all()
        assert 0 < table.sum() < table.size


@given(normals, results)
@few
def test_conflict_is_a_probability_and_least_at_the_center(prior: NormalMixture, seen: tuple[float, float]) -> None:
    found = normal_conflict(prior, *seen)
    assert found.lower + found.upper == pytest.approx(1.0, abs=1e-12)
    assert 0 <= found.two_sided <= 1
    center = float(predict_normal(prior, seen[1]).quantile(0.5))
    assert normal_conflict(prior, center, seen[1]).two_sided == pytest.approx(1.0, abs=1e-9)


def test_a_far_result_moves_all_weight_to_the_vague_component() -> None:
    robust = robustify_normal(normal_prior(-4, 1.0), 0.1, unit_sd=7.5)
    near, far = normal_conflict(robust, -4.0, 2.0), normal_conflict(robust, 20.0, 2.0)
    assert near.last_after < near.last_before < far.last_after
    assert far.last_after > 0.999
    shares = robustify_beta(beta_prior(20, 80), 0.1)
    assert binomial_conflict(shares, 9, 10).last_after > 0.99 > binomial_conflict(shares, 2, 10).last_after


def test_at_the_tipping_weight_the_probability_is_the_threshold() -> None:
    informative, vague, treated = normal_prior(-4, 1.0), normal_prior(-4, 7.5), normal_prior(-5, 2.4)
    found = tipping_weight_normal(informative, vague, treated, mean=0.0, standard_error=2.4, threshold=0.9)
    assert found.tipping is not None
    mixed = update_normal(robustify_normal(informative, 1 - found.tipping, unit_sd=7.5), 0.0, 2.4)
    assert difference_below(treated, mixed) == pytest.approx(0.9, abs=1e-10)
    for threshold, verdict in ((0.5, "at every weight"), (0.99, "at no weight")):
        other = tipping_weight_normal(informative, vague, treated, mean=0.0, standard_error=2.4, threshold=threshold)
        assert other.tipping is None and other.success == verdict


def test_the_same_for_shares_at_their_tipping_weight() -> None:
    informative, treated = beta_prior(4, 16), beta_prior(11, 11)
    found = tipping_weight_binomial(informative, beta_prior(1, 1), treated, events=3, n=10, threshold=0.95, lower=False)
    assert found.tipping is not None and found.success == "above the tipping weight"
    mixed = update_binomial(robustify_beta(informative, 1 - found.tipping), 3, 10)
    assert 1 - difference_below(treated, mixed) == pytest.approx(0.95, abs=1e-10)


@given(normals, st.floats(-4, 4), st.floats(0, 3))
@few
def test_a_shift_adds_mean_and_variance(prior: NormalMixture, mean: float, sd: float) -> None:
    found = shifted(prior, mean, sd)
    assert found.mean == pytest.approx(prior.mean + mean, abs=1e-9)
    assert found.sd**2 == pytest.approx(prior.sd**2 + sd**2, rel=1e-9)
