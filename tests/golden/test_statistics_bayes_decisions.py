"""Prediction, conflict, decisions, assurance and tipping weights against R's integrate and uniroot, from the definitions."""

import json
from pathlib import Path

import numpy as np
import pytest

from trialwright.statistics import (
    BetaMixture,
    BinomialDesign,
    Decision,
    NormalDesign,
    beta_prior,
    binomial_assurance,
    binomial_conflict,
    binomial_decisions,
    binomial_success,
    difference_below,
    half_normal,
    learned_heterogeneity,
    map_normal,
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
    update_binomial,
    update_normal,
)

pytestmark = pytest.mark.golden

R = json.loads((Path(__file__).parent / "witness" / "bayes" / "decisions.json").read_text())
NORMAL, BINOMIAL = R["normal"], R["binomial"]
CONTROL = robustify_normal(normal_prior(-4, 2), 0.2, unit_sd=7.5)
DESIGN = NormalDesign(treated=normal_prior(0, 30), control=CONTROL, treated_error=2.4, control_error=2.6)
BETTER = Decision(clauses=((0.9, 0.0),), lower=True)
FLAT = beta_prior(1, 1)
ROBUST = robustify_beta(BetaMixture(weights=(0.7, 0.3), a=(4, 2), b=(16, 3)), 0.1)
EVENTS = BinomialDesign(treated=FLAT, control=ROBUST, treated_n=6, control_n=5)
MORE = Decision(clauses=((0.9, 0.05),), lower=False)
NEAR = 1e-8


def test_conflict_of_a_mean() -> None:
    found, posterior = normal_conflict(CONTROL, 4.0, 2.6), update_normal(CONTROL, 4.0, 2.6)
    assert found.lower == pytest.approx(NORMAL["lower"], rel=NEAR)
    assert found.two_sided == pytest.approx(NORMAL["two_sided"], rel=NEAR)
    assert found.last_after == pytest.approx(NORMAL["last_after"], rel=NEAR)
    assert posterior.mean == pytest.approx(NORMAL["posterior_mean"], rel=NEAR)
    assert predict_normal(CONTROL, 2.6).pdf(np.array([4.0]))[0] == pytest.approx(NORMAL["evidence"], rel=NEAR)


def test_a_shifted_prior() -> None:
    assert shifted(CONTROL, 1.0, 2.5).cdf(-1.0) == pytest.approx(NORMAL["shifted_below"], rel=NEAR)


def test_boundary_power_and_assurance_of_means() -> None:
    at = NORMAL["control_mean"]
    assert normal_boundary(DESIGN, BETTER, at) == pytest.approx(NORMAL["boundary"], abs=1e-7)
    both = Decision(clauses=((0.9, 0.0), (0.5, -4.0)), lower=True)
    assert normal_boundary(DESIGN, both, at) == pytest.approx(NORMAL["both_clauses"], abs=1e-7)
    rates = normal_success(DESIGN, BETTER, [-4.0, -10.0], [-4.0, -4.0])
    assert rates == pytest.approx([NORMAL["type_one_error"], NORMAL["power"]], rel=1e-6)
    assured = normal_assurance(DESIGN, BETTER, normal_prior(-9, 3), normal_prior(-3, 2))
    assert assured == pytest.approx(NORMAL["assurance"], rel=1e-6)


def test_tipping_weight_of_a_mean() -> None:
    told = tipping_weight_normal(
        normal_prior(-4, 1), normal_prior(-4, 7.5), normal_prior(-5, 2.4), mean=0.0, standard_error=2.4, threshold=0.9
    )
    assert (told.vague, told.informative) == pytest.approx((NORMAL["vague"], NORMAL["informative"]), rel=NEAR)
    assert told.tipping == pytest.approx(NORMAL["tipping"], rel=1e-7)
    assert told.success == "below the tipping weight"


def test_prediction_and_decisions_of_counts() -> None:
    assert predict_binomial(ROBUST, 5) == pytest.approx(BINOMIAL["predicted"], rel=NEAR)
    below = [
        difference_below(update_binomial(FLAT, t, 6), update_binomial(ROBUST, c, 5), 0.05)
        for t in range(7)
        for c in range(6)
    ]
    assert below == pytest.approx(BINOMIAL["table_below"], rel=1e-7)
    assert binomial_decisions(EVENTS, MORE).ravel().tolist() == BINOMIAL["decided"]
    assert binomial_success(EVENTS, MORE, [0.7], [0.3])[0] == pytest.approx(BINOMIAL["success"], rel=NEAR)
    belief = BetaMixture(weights=(0.5, 0.5), a=(2, 5), b=(5, 6))
    assured = binomial_assurance(EVENTS, MORE, beta_prior(6, 3), belief)
    assert assured == pytest.approx(BINOMIAL["assurance"], rel=NEAR)


def test_conflict_and_tipping_weight_of_counts() -> None:
    prior = BetaMixture(weights=(0.9, 0.1), a=(4, 1), b=(16, 1))
    found = binomial_conflict(prior, 8, 10)
    assert (found.lower, found.upper) == pytest.approx((BINOMIAL["lower"], BINOMIAL["upper"]), rel=NEAR)
    assert found.last_after == pytest.approx(BINOMIAL["last_after"], rel=NEAR)
    told = tipping_weight_binomial(
        beta_prior(4, 16), FLAT, beta_prior(11, 11), events=3, n=10, threshold=0.95, lower=False
    )
    assert (told.vague, told.informative) == pytest.approx((BINOMIAL["vague"], BINOMIAL["informative"]), rel=1e-7)
    assert told.tipping == pytest.approx(BINOMIAL["tipping"], rel=1e-6)


def test_a_spread_learned_from_other_trials() -> None:
    """The posterior of tau from seven trials is the prior for three others: R multiplies the likelihoods."""
    late = map_normal(
        [-3.70, -2.77, -4.41, -8.10, -2.70, -3.70, -3.10],
        [1.233, 1.326, 0.740, 0.634, 0.505, 2.111, 0.638],
        tau=half_normal(3.75),
        mu=(0, 15),
    )
    early = map_normal([-1.22, -2.45, -3.60], [1.136, 0.850, 1.803], tau=learned_heterogeneity(late.tau), mu=(0, 15))
    assert early.tau.mean == pytest.approx(R["learned"]["tau_mean"], rel=1e-5)
    assert early.predictive.mean == pytest.approx(R["learned"]["mean"], rel=1e-5)
    assert early.predictive.sd == pytest.approx(R["learned"]["sd"], rel=1e-5)
