"""What earlier trials say about the next one: the meta-analytic-predictive prior, by quadrature, without simulation."""

from math import inf
from typing import Literal

import numpy as np
from attrs import frozen
from numpy.typing import ArrayLike

from trialwright.statistics.arguments import FloatArray, StatisticsError, complete_numbers
from trialwright.statistics.grid_density import GridDensity, grid_density, sinh_grid
from trialwright.statistics.heterogeneity_grid import heterogeneity_grid
from trialwright.statistics.heterogeneity_prior import HeterogeneityPrior
from trialwright.statistics.mixture import NormalMixture

Outcome = Literal["normal", "binomial", "poisson"]
Density = NormalMixture | GridDensity


@frozen(kw_only=True, eq=False)
class MetaAnalyticPrior:
    """The prior for a new trial that earlier trials give, and the posteriors behind it.

    ``predictive`` is for the new trial's mean, probability or rate; ``mu`` is for the average of all trials and ``tau``
    for the standard deviation between them, both as log odds or log rates where the outcome is a count. All three
    have ``mean``, ``sd``, ``pdf``, ``cdf`` and ``quantile``. ``remarks`` say what a reader must know.
    """

    outcome: Outcome
    studies: int
    predictive: Density
    mu: Density
    tau: GridDensity
    remarks: tuple[str, ...]


def map_normal(
    mean: ArrayLike,
    standard_error: ArrayLike,
    *,
    tau: HeterogeneityPrior,
    mu: tuple[float, float] | None = None,
    nodes: int = 240,
) -> MetaAnalyticPrior:
    """Predict the true mean of a new trial from the means of earlier ones, whose standard errors count as known.

    ``mean`` and ``standard_error``: one for each trial, in the outcome's units. The model is mean_j ~ N(theta_j, se_j^2),
    theta_j ~ N(mu, tau^2), and the new trial's theta ~ N(mu, tau^2). ``tau`` is the prior of the standard deviation
    between trials, ``mu`` the mean and standard deviation of a normal prior for mu, or None for a flat one. Given tau
    everything is normal in closed form; tau is integrated over ``nodes`` Gauss-Legendre nodes.

    Source: Neuenschwander and others, Clinical Trials 2010; 7:5-18; Schmidli and others, Biometrics 2014; 70:1023-1032.

    Raises StatisticsError without a trial, and for standard errors that are zero, negative or missing.

    >>> from trialwright.statistics.heterogeneity_prior import half_normal
    >>> prior = map_normal([-1.22, -2.45, -3.60], [1.136, 0.85, 1.803], tau=half_normal(3.75), mu=(0, 15))
    >>> round(prior.predictive.mean, 2), round(prior.predictive.sd, 2), round(prior.tau.mean, 2)
    (-2.25, 2.48, 1.53)
    """
    y, se = _studies(mean, standard_error)
    enough_nodes(nodes)
    center = mu_prior(mu)

    def log_posterior(values: FloatArray) -> FloatArray:
        return _given_tau(y, se, values, center)[2] + tau.log_density(values)

    grid = heterogeneity_grid(log_posterior, tau, panels=max(1, nodes // 10), order=10, widest=60 / nodes)
    means, variances, logs = _given_tau(y, se, grid.points, center)
    logs = logs + tau.log_density(grid.points)
    heights = np.exp(logs - logs.max())
    falls = tau.tail + y.size - (center is None)
    weights = grid.weights * heights
    weights /= weights.sum()
    kept = weights > 1e-18 * weights.max()
    return MetaAnalyticPrior(
        outcome="normal",
        studies=int(y.size),
        predictive=_scale_mixture(weights[kept], means[kept], np.sqrt(variances + grid.points**2)[kept], falls),
        mu=_scale_mixture(weights[kept], means[kept], np.sqrt(variances)[kept], falls if center is None else inf),
        tau=grid_density(grid, heights, mean_is_finite=falls > 2, sd_is_finite=falls > 3),
        remarks=(*study_remarks(int(y.size), center is None), *moment_remarks(falls)),
    )


def _given_tau(
    y: FloatArray, se: FloatArray, tau: FloatArray, mu: tuple[float, float] | None
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Posterior mean and variance of mu for each tau, and the log marginal likelihood of tau up to a constant."""
    precision = 1.0 / (se**2 + tau[:, None] ** 2)
    held, around = (0.0, 0.0) if mu is None else (1.0 / mu[1] ** 2, mu[0])
    total = precision.sum(axis=1) + held
    means = (precision @ y + held * around) / total
    lack = (precision * (y - means[:, None]) ** 2).sum(axis=1) + held * (around - means) ** 2
    logs = 0.5 * np.log(precision).sum(axis=1) - 0.5 * np.log(total) - 0.5 * lack
    return means, 1.0 / total, logs


def _scale_mixture(weights: FloatArray, means: FloatArray, sds: FloatArray, falls: float) -> Density:
    """A normal mixture, or a density on a grid where the tails are too heavy for a variance."""
    mixture = NormalMixture(weights=weights.tolist(), means=means.tolist(), sds=sds.tolist())
    if falls > 3:
        return mixture
    middle, spread = float(np.median(means)), float(sds.min())
    reach = float((np.abs(means - middle) + 12 * sds).max())
    grid = sinh_grid(middle, spread, middle - reach, middle + reach, panels=160)
    return grid_density(grid, mixture.pdf(grid.points), mean_is_finite=falls > 2, sd_is_finite=False)


def _studies(mean: ArrayLike, standard_error: ArrayLike) -> tuple[FloatArray, FloatArray]:
    y, se = complete_numbers(mean, "mean"), complete_numbers(standard_error, "standard error")
    if y.size != se.size:
        raise StatisticsError(f"standard error: {se.size} standard errors for {y.size} means.")
    if (se < 0).any():
        raise StatisticsError("standard error: a standard error is negative.")
    if (se == 0).any():
        raise StatisticsError(
            "standard error: a standard error is zero, as if that trial were endless; leave it out or find its error."
        )
    return y, se


def enough_nodes(nodes: int) -> None:
    """Refuse a quadrature with fewer than 32 nodes, which could miss the posterior.

    >>> enough_nodes(240)
    """
    if nodes < 32:
        raise StatisticsError(f"nodes: {nodes} are too few for any accuracy; use the default or at least 32.")


def mu_prior(mu: tuple[float, float] | None) -> tuple[float, float] | None:
    """Return the mean and standard deviation of the prior of mu, checked; None stays None.

    >>> mu_prior((0, 15))
    (0.0, 15.0)
    """
    if mu is None:
        return None
    if len(mu) != 2 or not np.isfinite(mu).all() or mu[1] <= 0:
        raise StatisticsError(
            "mu: write (mean, standard deviation), the second one positive, or None for a flat prior."
        )
    return float(mu[0]), float(mu[1])


def study_remarks(studies: int, flat: bool = False) -> tuple[str, ...]:
    """What to say when there are too few trials to see how they differ.

    >>> study_remarks(8)
    ()
    """
    if studies == 1:
        rest = "; with a flat prior for mu the data say nothing on it at all" if flat else ""
        return (f"one trial: how much trials differ comes from its prior alone{rest}",)
    if studies == 2:
        return ("two trials: how much trials differ comes mostly from its prior",)
    return ()


def moment_remarks(falls: float) -> tuple[str, ...]:
    """What to say when the predictive distribution has no mean or no variance.

    >>> moment_remarks(3.0)
    ('the predictive distribution has no variance: use its quantiles, or a prior for tau with lighter tails',)
    """
    lacks = "neither mean nor variance" if falls <= 2 else "no variance"
    if falls > 3:
        return ()
    return (f"the predictive distribution has {lacks}: use its quantiles, or a prior for tau with lighter tails",)
