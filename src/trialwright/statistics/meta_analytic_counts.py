"""What earlier trials say about the share or rate of events in the next one, by quadrature, without simulation."""

from math import comb, sqrt

import numpy as np
from attrs import frozen
from numpy.polynomial.hermite_e import hermegauss
from numpy.typing import ArrayLike, NDArray

from trialwright.statistics.arguments import FloatArray, StatisticsError, complete_numbers
from trialwright.statistics.count_likelihood import CountFamily, Counts, joint_mode, log_posterior
from trialwright.statistics.grid_density import Grid, grid_density, sinh_grid
from trialwright.statistics.heterogeneity_grid import DROP, heterogeneity_grid
from trialwright.statistics.heterogeneity_prior import HeterogeneityPrior
from trialwright.statistics.meta_analytic_prior import MetaAnalyticPrior, enough_nodes, mu_prior, study_remarks

BoolArray = NDArray[np.bool_]


def map_binomial(
    events: ArrayLike,
    n: ArrayLike,
    *,
    tau: HeterogeneityPrior,
    mu: tuple[float, float] = (0.0, 2.0),
    nodes: int = 64,
) -> MetaAnalyticPrior:
    """Predict the probability of an event in a new trial from the events of earlier ones.

    ``events`` among ``n`` patients, one of each for every trial. The model is events_j ~ Binomial(n_j, p_j),
    logit p_j ~ N(mu, tau^2), and the new trial's logit p ~ N(mu, tau^2). ``tau`` is the prior of the standard deviation
    between trials, ``mu`` the mean and standard deviation of the normal prior of mu, both as log odds.

    The posterior is integrated over ``nodes`` values of mu for each of about as many of tau, both laid where it lies.

    Source: Schmidli and others, Biometrics 2014; 70:1023-1032.

    Raises StatisticsError without a trial, for a trial without patients, and for events that are no counts up to n.

    >>> from trialwright.statistics.heterogeneity_prior import half_normal
    >>> prior = map_binomial([23, 12, 19, 9], [107, 44, 51, 39], tau=half_normal(1.0))
    >>> round(prior.predictive.mean, 3), prior.predictive.quantile([0.025, 0.975]).round(3).tolist()
    (0.28, [0.101, 0.559])
    """
    r, size = _table(events, n, "n")
    if (size != np.floor(size)).any() or (r > size).any():
        raise StatisticsError("n: patients must be whole numbers, and no trial can have more events than patients.")
    return _predict(_counts(r, size, "binomial", mu), tau, nodes)


def map_poisson(
    events: ArrayLike,
    exposure: ArrayLike,
    *,
    tau: HeterogeneityPrior,
    mu: tuple[float, float] = (0.0, 5.0),
    nodes: int = 64,
) -> MetaAnalyticPrior:
    """Predict the rate of events in a new trial from the events of earlier ones and their ``exposure`` (time at risk).

    As ``map_binomial``, with events_j ~ Poisson(exposure_j rate_j) and log rate_j ~ N(mu, tau^2). The mean of the
    predicted rate is infinite unless the prior of tau is tight; the quantiles always exist.

    Raises StatisticsError without a trial, for a trial without exposure, and for events that are no counts.

    >>> from trialwright.statistics.heterogeneity_prior import half_normal
    >>> prior = map_poisson([4, 7, 2], [10.5, 12.0, 9.0], tau=half_normal(0.25))
    >>> prior.predictive.quantile([0.025, 0.5, 0.975]).round(3).tolist()
    [0.172, 0.396, 0.821]
    """
    r, time = _table(events, exposure, "exposure")
    return _predict(_counts(r, time, "poisson", mu), tau, nodes)


@frozen(kw_only=True, eq=False)
class _Posterior:
    """Posterior of mu on an even grid for each tau: starts and steps (T,), logs (T, M), shares (T, M) that sum to 1."""

    tau: FloatArray
    start: FloatArray
    step: FloatArray
    logs: FloatArray
    shares: FloatArray

    @property
    def mu(self) -> FloatArray:
        return self.start[:, None] + self.step[:, None] * np.arange(self.logs.shape[1])


def _predict(counts: Counts, tau: HeterogeneityPrior, nodes: int) -> MetaAnalyticPrior:
    """Lay the grids, integrate, and read off the three densities."""
    enough_nodes(nodes)
    mean_exists, sd_exists, drop = _response_moments(counts.family, tau)
    grid = heterogeneity_grid(
        lambda t: joint_mode(counts, t)[2] + tau.log_density(t),
        tau,
        panels=max(1, nodes // 10),
        order=10,
        widest=20 / nodes,
        drop=drop,
    )
    posterior = _integrate(counts, tau, grid, nodes)
    kept = posterior.shares.sum(axis=1) > 1e-17
    low = float((posterior.mu[kept, 0] - 12 * posterior.tau[kept]).min())
    high = float((posterior.mu[kept, -1] + 12 * posterior.tau[kept]).max())
    center = float((posterior.shares * posterior.mu).sum())
    spread = sqrt(float((posterior.shares * (posterior.mu - center) ** 2).sum()))
    wide = sinh_grid(center, spread, low, high, panels=max(32, nodes // 2))
    narrow = sinh_grid(
        center,
        spread,
        float(posterior.mu[kept, 0].min()),
        float(posterior.mu[kept, -1].max()),
        panels=max(24, nodes // 3),
    )
    falls = tau.tail + int(_informative(counts).sum())
    return MetaAnalyticPrior(
        outcome=counts.family,
        studies=int(counts.events.size),
        predictive=grid_density(
            wide,
            _predictive_heights(posterior, wide.points),
            link="logit" if counts.family == "binomial" else "log",
            mean_is_finite=mean_exists,
            sd_is_finite=sd_exists,
        ),
        mu=grid_density(narrow, _mu_heights(posterior, narrow.points, kept)),
        tau=grid_density(
            grid, posterior.shares.sum(axis=1) / grid.weights, mean_is_finite=falls > 2, sd_is_finite=falls > 3
        ),
        remarks=_remarks(counts, sd_exists),
    )


def _integrate(counts: Counts, tau: HeterogeneityPrior, grid: Grid, nodes: int) -> _Posterior:
    """Lay an even grid of mu over the posterior for each tau and evaluate it there."""
    center, precision, _ = joint_mode(counts, grid.points)
    spread = 1.0 / np.sqrt(precision)
    reach = np.array([0.0, 4.0, 6.0, 8.0, 12.0, 16.0, 24.0, 32.0, 48.0, 64.0])
    ends = []
    for side in (-1.0, 1.0):
        trial = log_posterior(counts, center[:, None] + side * reach * spread[:, None], grid.points, nodes=13)
        enough = trial - trial[:, :1] < -DROP
        enough[:, -1] = True
        ends.append(center + side * reach[enough.argmax(axis=1)] * spread)
    step = (ends[1] - ends[0]) / (nodes - 1)
    mu = ends[0][:, None] + step[:, None] * np.arange(nodes)
    logs = log_posterior(counts, mu, grid.points) + tau.log_density(grid.points)[:, None]
    shares = np.exp(logs - logs.max()) * (grid.weights * step)[:, None]
    return _Posterior(tau=grid.points, start=ends[0], step=step, logs=logs - logs.max(), shares=shares / shares.sum())


def _predictive_heights(posterior: _Posterior, theta: FloatArray) -> FloatArray:
    """Density of the new trial's theta: the posterior of mu, blurred by tau, summed over tau.

    A normal curve of standard deviation tau on every node of mu is exact to nine digits where tau exceeds the nodes'
    distance; below it mu itself is interpolated instead.
    """
    z, shares = hermegauss(8)
    mu, heights = posterior.mu, np.zeros_like(theta)
    for k, tau in enumerate(posterior.tau):
        if tau > 1.1 * posterior.step[k]:
            at = (theta[:, None] - mu[k]) / tau
            heights += np.exp(-0.5 * at**2) @ posterior.shares[k] / (tau * sqrt(2 * np.pi))
        else:
            heights += sum(
                s * _conditional(posterior, k, theta - tau * x) for x, s in zip(z, shares, strict=True)
            ) / sqrt(2 * np.pi)
    return heights


def _mu_heights(posterior: _Posterior, mu: FloatArray, kept: BoolArray) -> FloatArray:
    """Density of mu, summed over the values of tau that are kept."""
    heights = np.zeros_like(mu)
    for k in np.flatnonzero(kept):
        heights += _conditional(posterior, int(k), mu)
    return heights


_BARYCENTRIC = np.array([(-1.0) ** j * comb(7, j) for j in range(8)])


def _conditional(posterior: _Posterior, k: int, mu: FloatArray) -> FloatArray:
    """Joint density of mu and the k-th tau (times the share of that tau), by interpolation of its logarithm."""
    last = posterior.logs.shape[1] - 1
    place = (mu - posterior.start[k]) / posterior.step[k]
    inside = (place >= 0) & (place <= last)
    held = place[inside]
    first = np.clip(np.floor(held).astype(np.int64) - 3, 0, last - 7)
    offset = held[:, None] - first[:, None] - np.arange(8)
    pull = _BARYCENTRIC / np.where(offset == 0, 1e-14, offset)
    logs = (pull * posterior.logs[k][first[:, None] + np.arange(8)]).sum(axis=1) / pull.sum(axis=1)
    scale = float(posterior.shares[k].sum()) / (float(np.exp(posterior.logs[k]).sum()) * posterior.step[k])
    density = np.zeros_like(mu)
    density[inside] = scale * np.exp(logs)
    return density


def _response_moments(family: CountFamily, tau: HeterogeneityPrior) -> tuple[bool, bool, float]:
    """Whether the response has a mean and a variance, and how far into the tail tau must be followed for them."""
    if family == "binomial":
        return True, True, DROP
    if tau.family == "uniform":
        return tau.upper <= 2, tau.upper <= 2, DROP
    if tau.family == "half-normal" and tau.scale < 0.45:
        return True, True, DROP / (1 - 4 * tau.scale**2)
    return False, False, DROP


def _informative(counts: Counts) -> BoolArray:
    """Trials whose likelihood has a peak: some events, and for shares some patients without."""
    some: BoolArray = counts.events > 0
    return some & (counts.events < counts.exposure) if counts.family == "binomial" else some


def _remarks(counts: Counts, moments: bool) -> tuple[str, ...]:
    told = list(study_remarks(int(counts.events.size)))
    if not counts.events.any():
        told.append("no event in any trial: the average leans on the prior of mu")
    if counts.family == "binomial" and (counts.events == counts.exposure).all():
        told.append("an event in every patient of every trial: the average leans on the prior of mu")
    if not moments:
        told.append("the mean of the predicted rate is infinite or rests on absurd heterogeneity: use its quantiles")
    return tuple(told)


def _table(events: ArrayLike, exposure: ArrayLike, name: str) -> tuple[FloatArray, FloatArray]:
    r, size = complete_numbers(events, "events"), complete_numbers(exposure, name)
    if r.size != size.size:
        raise StatisticsError(f"{name}: {size.size} values for the events of {r.size} trials.")
    if (r < 0).any() or (r != np.floor(r)).any():
        raise StatisticsError("events: every trial needs a whole number of events, zero or more.")
    if (size <= 0).any():
        raise StatisticsError(f"{name}: a trial has none; leave it out.")
    return r, size


def _counts(r: FloatArray, size: FloatArray, family: CountFamily, mu: tuple[float, float] | None) -> Counts:
    checked = mu_prior(mu)
    if checked is None:
        raise StatisticsError(
            "mu: counts need a proper prior for mu; a flat one has no posterior when there are no events."
        )
    return Counts(events=r, exposure=size, family=family, mu=checked)
