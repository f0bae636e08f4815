"""What is believed about how much trials differ, before their results are seen: priors for the between-trial standard deviation."""

from collections.abc import Callable
from math import inf, isfinite, log, pi
from typing import Literal

import numpy as np
from attrs import field, frozen
from scipy.special import gammaln

from trialwright.statistics.arguments import FloatArray, StatisticsError
from trialwright.statistics.grid_density import GridDensity

Family = Literal["half-normal", "half-t", "uniform", "learned"]


@frozen(kw_only=True)
class HeterogeneityPrior:
    """A prior for tau, the standard deviation between trials, in the units of the outcome (log odds for proportions).

    ``scale`` is where the density begins to fall; ``tail`` the power of 1/tau at which it falls far out (infinite where
    it falls faster), which decides whether the predictive distribution has a mean and a variance at all.
    """

    family: Family
    scale: float
    tail: float
    upper: float
    log_density: Callable[[FloatArray], FloatArray] = field(repr=False, eq=False)


def half_normal(scale: float) -> HeterogeneityPrior:
    """The upper half of a normal distribution with standard deviation ``scale``; its median is 0.674 ``scale``.

    >>> prior = half_normal(2.0)
    >>> round(float(np.exp(prior.log_density(np.array([0.0])))[0]), 6)
    0.398942
    """
    scale = _positive(scale, "scale")
    constant = 0.5 * log(2.0 / pi) - log(scale)
    return HeterogeneityPrior(
        family="half-normal",
        scale=scale,
        tail=inf,
        upper=inf,
        log_density=lambda tau: constant - 0.5 * (tau / scale) ** 2,
    )


def half_t(scale: float, df: float) -> HeterogeneityPrior:
    """The upper half of Student's t with ``df`` degrees of freedom, stretched by ``scale``.

    >>> half_t(1.0, 4).tail
    5.0
    """
    scale, df = _positive(scale, "scale"), _positive(df, "df")
    constant = float(log(2.0) + gammaln((df + 1) / 2) - gammaln(df / 2) - 0.5 * log(df * pi) - log(scale))
    return HeterogeneityPrior(
        family="half-t",
        scale=scale,
        tail=df + 1.0,
        upper=inf,
        log_density=lambda tau: constant - 0.5 * (df + 1) * np.log1p((tau / scale) ** 2 / df),
    )


def half_cauchy(scale: float) -> HeterogeneityPrior:
    """The upper half of a Cauchy distribution; its median is ``scale`` and it has no mean.

    >>> round(float(np.exp(half_cauchy(1.0).log_density(np.array([1.0])))[0]), 6)
    0.31831
    """
    return half_t(scale, 1.0)


def uniform_heterogeneity(upper: float) -> HeterogeneityPrior:
    """Every tau from 0 to ``upper`` equally likely.

    >>> uniform_heterogeneity(10.0).log_density(np.array([3.0]))
    array([-2.30258509])
    """
    upper = _positive(upper, "upper")
    return HeterogeneityPrior(
        family="uniform",
        scale=upper,
        tail=inf,
        upper=upper,
        log_density=lambda tau: np.where(tau <= upper, -log(upper), -inf),
    )


def learned_heterogeneity(tau: GridDensity) -> HeterogeneityPrior:
    """The posterior of tau from one set of trials as the prior for another, which must not share patients with it.

    It says that trials differ as much in the second set as in the first, which is an assumption.

    >>> from trialwright.statistics.meta_analytic_prior import map_normal
    >>> first = map_normal([-3.7, -4.4, -8.1, -2.7], [1.2, 0.7, 0.6, 0.5], tau=half_normal(3.75), mu=(0, 15))
    >>> round(learned_heterogeneity(first.tau).scale, 2)
    2.69
    """
    return HeterogeneityPrior(
        family="learned",
        scale=float(tau.quantile(0.5)),
        tail=inf if tau.sd_is_finite else 3.0 if tau.mean_is_finite else 2.0,
        upper=float(tau.grid.points[-1]),
        log_density=lambda values: np.log(np.maximum(tau.pdf(values), 1e-300)),
    )


def _positive(value: float, name: str) -> float:
    if not (isfinite(value) and value > 0):
        raise StatisticsError(
            f"{name}: {value} is not a positive number; it is a standard deviation or a bound of one."
        )
    return float(value)
