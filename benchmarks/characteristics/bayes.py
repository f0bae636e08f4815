"""Decisions by the posterior probability that the treated arm is better (one-sided, 95 %), with and without borrowing."""

import numpy as np

from benchmarks.characteristics.figures import Figure
from trialwright.statistics import (
    BetaMixture,
    BinomialDesign,
    Decision,
    NormalDesign,
    NormalMixture,
    beta_prior,
    binomial_success,
    normal_prior,
    normal_success,
    robustify_beta,
    robustify_normal,
)

CONFLICT = np.linspace(-10, 10, 81)


def normal(scale: float, seed: int) -> list[Figure]:
    """Ten and ten patients, standard deviation 7.5; earlier control arms say -4 with the worth of fourteen patients."""
    vague, informative = normal_prior(0.0, 1e3), normal_prior(-4.0, 2.0)
    priors: tuple[tuple[str, NormalMixture], ...] = (
        ("vague prior", vague),
        ("informative prior of the control arm", informative),
        ("robust prior of the control arm, 20 % vague", robustify_normal(informative, 0.2, unit_sd=7.5)),
    )
    error, decision, found = 7.5 / np.sqrt(10), Decision(clauses=((0.95, 0.0),), lower=True), []
    for name, prior in priors:
        design = NormalDesign(treated=vague, control=prior, treated_error=float(error), control_error=float(error))
        rates = normal_success(design, decision, -4.0 + CONFLICT, -4.0 + CONFLICT)
        method = f"Bayes, normal, {name}"
        expected = float(rates[CONFLICT.size // 2])
        found.append(
            Figure(
                method=method, situation="SD known, control arm as expected", quantity="type I error", value=expected
            )
        )
        worst = float(rates.max())
        found.append(
            Figure(method=method, situation="SD known, control arm up to 10 points off", quantity="size", value=worst)
        )
    return found


def binomial(scale: float, seed: int) -> list[Figure]:
    """Ten and ten patients; earlier control arms say 20 % with the worth of twenty patients."""
    flat, informative = beta_prior(1, 1), beta_prior(4, 16)
    priors: tuple[tuple[str, BetaMixture], ...] = (
        ("flat prior", flat),
        ("informative prior of the control arm", informative),
        ("robust prior of the control arm, 20 % flat", robustify_beta(informative, 0.2)),
    )
    grid, decision, found = np.linspace(0.02, 0.98, 97), Decision(clauses=((0.95, 0.0),), lower=False), []
    for name, prior in priors:
        design = BinomialDesign(treated=flat, control=prior, treated_n=10, control_n=10)
        method = f"Bayes, binomial, {name}"
        as_expected = float(binomial_success(design, decision, [0.2], [0.2])[0])
        found.append(
            Figure(method=method, situation="control arm as expected", quantity="type I error", value=as_expected)
        )
        worst = float(binomial_success(design, decision, grid, grid).max())
        found.append(Figure(method=method, situation="any common proportion", quantity="size", value=worst))
    return found
