"""Priors as weighted mixtures of normal or beta distributions: what is known about a mean or a share, in a few numbers."""

from collections.abc import Sequence
from math import sqrt

import numpy as np
from attrs import field, frozen
from numpy.polynomial.legendre import leggauss
from numpy.random import Generator
from numpy.typing import ArrayLike, NDArray
from scipy.special import betainc, betaln, expit, ndtr, polygamma, psi, xlogy

from trialwright.statistics.arguments import FloatArray, StatisticsError, count
from trialwright.statistics.grid_density import sinh_grid
from trialwright.statistics.inverse_distribution import invert, probabilities


def _floats(values: Sequence[float]) -> tuple[float, ...]:
    return tuple(float(value) for value in values)


def _check(weights: tuple[float, ...], *shapes: tuple[float, ...]) -> None:
    if not weights or any(len(shape) != len(weights) for shape in shapes):
        raise StatisticsError("mixture: every component needs one weight and one value of each parameter.")
    if not np.isfinite([weights, *shapes]).all():
        raise StatisticsError("mixture: a weight or parameter is missing or infinite.")
    if min(weights) < 0 or abs(sum(weights) - 1.0) > 1e-6:
        raise StatisticsError(f"mixture: the weights must not be negative and must sum to 1, not {sum(weights):.6g}.")


@frozen(kw_only=True)
class NormalMixture:
    """A weighted mixture of normal distributions; a single normal is a mixture of one.

    >>> prior = NormalMixture(weights=(0.7, 0.3), means=(-4.0, -4.0), sds=(1.8, 3.2))
    >>> round(prior.mean, 3), round(prior.sd, 3), float(prior.cdf(-4.0))
    (-4.0, 2.311, 0.5)
    """

    weights: tuple[float, ...] = field(converter=_floats)
    means: tuple[float, ...] = field(converter=_floats)
    sds: tuple[float, ...] = field(converter=_floats)

    def __attrs_post_init__(self) -> None:
        _check(self.weights, self.means, self.sds)
        if min(self.sds) <= 0:
            raise StatisticsError("mixture: every standard deviation must be positive.")

    @property
    def mean(self) -> float:
        """Expected value."""
        return float(np.dot(self.weights, self.means) / sum(self.weights))

    @property
    def sd(self) -> float:
        """Standard deviation."""
        spread = np.square(self.sds) + np.square(np.subtract(self.means, self.mean))
        return sqrt(float(np.dot(self.weights, spread)) / sum(self.weights))

    def pdf(self, value: ArrayLike) -> FloatArray:
        """Density at each value."""
        density: FloatArray = np.exp(self._standardized(value, -0.5, 2)) @ (
            np.divide(self.weights, self.sds) / sqrt(2 * np.pi)
        )
        return density

    def cdf(self, value: ArrayLike) -> FloatArray:
        """Probability of a value at or below each one given."""
        below: FloatArray = ndtr(self._standardized(value, 1.0, 1)) @ np.asarray(self.weights)
        return below

    def quantile(self, probability: ArrayLike) -> FloatArray:
        """Values below which the given shares of the probability lie."""
        wanted = probabilities(probability)
        low = min(m - 40 * s for m, s in zip(self.means, self.sds, strict=True))
        high = max(m + 40 * s for m, s in zip(self.means, self.sds, strict=True))
        return invert(self.cdf, self.pdf, wanted, low, high)

    def sample(self, n: int, generator: Generator) -> FloatArray:
        """``n`` values drawn from the mixture."""
        which = _components(self.weights, n, generator)
        return generator.normal(np.asarray(self.means)[which], np.asarray(self.sds)[which])

    def curvature(self, value: ArrayLike) -> FloatArray:
        """Minus the second derivative of the logarithm of the density: the information that the prior holds there."""
        precision = 1.0 / np.square(self.sds)
        z2 = self._standardized(value, -0.5, 2)
        share = _shares(z2 + np.log(np.maximum(self.weights, 1e-300)) - np.log(self.sds))
        slope = -(np.asarray(value, dtype=np.float64)[..., None] - np.asarray(self.means)) * precision
        mean_slope = (share * slope).sum(axis=-1)
        curvature: FloatArray = mean_slope**2 - (share * (slope**2 - precision)).sum(axis=-1)
        return curvature

    def quadrature(self) -> tuple[FloatArray, FloatArray]:
        """Values and their probabilities: the sum of probability times f(value) is the expectation of f."""
        if len(self.weights) > 12:
            middle, least = float(np.median(self.means)), min(self.sds)
            reach = float((np.abs(np.subtract(self.means, middle)) + 9 * np.asarray(self.sds)).max())
            grid = sinh_grid(middle, least, middle - reach, middle + reach, panels=64)
            return grid.points, grid.weights * self.pdf(grid.points)
        steps = np.array([0.0, 0.5, 1.0, 1.5, 2.0, 2.75, 3.5, 4.5, 6.0, 9.0])
        steps = np.concatenate([-steps[:0:-1], steps])
        edges = np.add.outer(np.asarray(self.means), np.zeros(steps.size)) + np.outer(self.sds, steps)
        points, widths = _panels(edges.ravel(), 0.02 * min(self.sds))
        return points, widths * self.pdf(points)

    def _standardized(self, value: ArrayLike, factor: float, power: int) -> FloatArray:
        z = (np.asarray(value, dtype=np.float64)[..., None] - np.asarray(self.means)) / np.asarray(self.sds)
        powered: FloatArray = factor * z**power
        return powered


@frozen(kw_only=True)
class BetaMixture:
    """A weighted mixture of beta distributions for a probability; a single beta is a mixture of one.

    >>> prior = BetaMixture(weights=(0.6, 0.4), a=(19.0, 3.5), b=(58.0, 9.4))
    >>> round(prior.mean, 4), round(prior.sd, 4)
    (0.2566, 0.0852)
    """

    weights: tuple[float, ...] = field(converter=_floats)
    a: tuple[float, ...] = field(converter=_floats)
    b: tuple[float, ...] = field(converter=_floats)

    def __attrs_post_init__(self) -> None:
        _check(self.weights, self.a, self.b)
        if min(*self.a, *self.b) <= 0:
            raise StatisticsError("mixture: both parameters of every beta distribution must be positive.")

    @property
    def mean(self) -> float:
        """Expected value."""
        total = np.add(self.a, self.b)
        return float(np.dot(self.weights, np.divide(self.a, total)) / sum(self.weights))

    @property
    def sd(self) -> float:
        """Standard deviation."""
        total = np.add(self.a, self.b)
        means = np.divide(self.a, total)
        spread = means * (1 - means) / (total + 1) + (means - self.mean) ** 2
        return sqrt(float(np.dot(self.weights, spread)) / sum(self.weights))

    def pdf(self, value: ArrayLike) -> FloatArray:
        """Density at each value."""
        p = np.asarray(value, dtype=np.float64)
        inside = (p > 0) & (p < 1)
        held = np.where(inside, p, 0.5)
        density = np.exp(self._log_components(held)) @ np.asarray(self.weights)
        held_density: FloatArray = np.where(inside, density, 0.0)
        return held_density

    def cdf(self, value: ArrayLike) -> FloatArray:
        """Probability of a value at or below each one given."""
        p = np.clip(np.asarray(value, dtype=np.float64), 0.0, 1.0)[..., None]
        below: FloatArray = betainc(np.asarray(self.a), np.asarray(self.b), p) @ np.asarray(self.weights)
        return below

    def quantile(self, probability: ArrayLike) -> FloatArray:
        """Values below which the given shares of the probability lie."""
        return invert(self.cdf, self.pdf, probabilities(probability), 0.0, 1.0)

    def sample(self, n: int, generator: Generator) -> FloatArray:
        """``n`` values drawn from the mixture."""
        which = _components(self.weights, n, generator)
        return generator.beta(np.asarray(self.a)[which], np.asarray(self.b)[which])

    def curvature(self, value: ArrayLike) -> FloatArray:
        """Minus the second derivative of the logarithm of the density: the information that the prior holds there."""
        p = np.asarray(value, dtype=np.float64)
        share = _shares(self._log_components(p) + np.log(np.maximum(self.weights, 1e-300)))
        p = p[..., None]
        a, b = np.asarray(self.a) - 1, np.asarray(self.b) - 1
        slope = a / p - b / (1 - p)
        bend = -a / p**2 - b / (1 - p) ** 2
        mean_slope = (share * slope).sum(axis=-1)
        curvature: FloatArray = mean_slope**2 - (share * (slope**2 + bend)).sum(axis=-1)
        return curvature

    def quadrature(self) -> tuple[FloatArray, FloatArray]:
        """Values and their probabilities: the sum of probability times f(value) is the expectation of f."""
        theta, widths = self._logit_panels(0.0, 36.0)
        p = expit(theta)
        shares = widths * self.pdf(p) * p * expit(-theta)
        return p, shares / shares.sum()

    def information_ratio(self) -> float:
        """The prior's local information over that of one patient, p (1 - p) times ``curvature``, averaged over the prior.

        Computed on the scale of log odds, where a value next to 1 is as exact as one next to 0.
        """
        theta, widths = self._logit_panels(1.0, 600.0)
        log_p, log_q = -np.logaddexp(0.0, -theta)[:, None], -np.logaddexp(0.0, theta)[:, None]
        a, b = np.asarray(self.a), np.asarray(self.b)
        logs = np.log(np.maximum(self.weights, 1e-300)) + a * log_p + b * log_q - betaln(a, b)
        odds = np.exp(theta)[:, None]
        slope = (a - 1) / np.sqrt(odds) - (b - 1) * np.sqrt(odds)
        share = _shares(logs)
        mean_slope = (share * slope).sum(axis=-1)
        bend = (a - 1) / odds + (b - 1) * odds
        local = mean_slope**2 - (share * (slope**2 - bend)).sum(axis=-1)
        return float((widths * np.exp(logs).sum(axis=-1)) @ local)

    def _logit_panels(self, steeper: float, furthest: float) -> tuple[FloatArray, FloatArray]:
        """Nodes and widths for log odds; an integrand may fall more slowly than the density by ``steeper`` powers."""
        a, b = np.asarray(self.a), np.asarray(self.b)
        center, spread = psi(a) - psi(b), np.sqrt(polygamma(1, a) + polygamma(1, b))
        steps = np.array([0.0, 0.5, 1.0, 1.5, 2.0, 2.75, 3.75, 5.0])
        middle = np.add.outer(center, np.zeros(15)) + np.outer(spread, np.concatenate([-steps[:0:-1], steps]))
        ends = np.array([0.02, 0.05, 0.1, 0.15, 0.25, 0.4, 0.65, 1.0])
        # Far out the density falls as a straight line in log odds, from a height that the peak sets.
        height = 40.0 - xlogy(a, a / (a + b)) - xlogy(b, b / (a + b))
        left, right = (height / np.maximum(np.abs(shape - steeper), 0.06) for shape in (a, b))
        tails = np.concatenate([np.outer(-left, ends), np.outer(right, ends)], axis=None)
        return _panels(np.clip(np.concatenate([middle.ravel(), tails]), -furthest, furthest), 0.02 * spread.min())

    def _log_components(self, p: FloatArray) -> FloatArray:
        held = p[..., None]
        a, b = np.asarray(self.a), np.asarray(self.b)
        logs: FloatArray = (a - 1) * np.log(held) + (b - 1) * np.log1p(-held) - betaln(a, b)
        return logs


Mixture = NormalMixture | BetaMixture


def normal_prior(mean: float, sd: float) -> NormalMixture:
    """One normal distribution as a mixture of one.

    >>> normal_prior(-4.0, 2.0).weights
    (1.0,)
    """
    return NormalMixture(weights=(1.0,), means=(mean,), sds=(sd,))


def beta_prior(a: float, b: float) -> BetaMixture:
    """One beta distribution as a mixture of one; ``a`` and ``b`` count prior events and non-events.

    >>> beta_prior(1, 1).mean
    0.5
    """
    return BetaMixture(weights=(1.0,), a=(a,), b=(b,))


def _components(weights: tuple[float, ...], n: int, generator: Generator) -> NDArray[np.int64]:
    share = np.asarray(weights) / sum(weights)
    return generator.choice(share.size, size=count(n, "n"), p=share)


def _shares(logs: FloatArray) -> FloatArray:
    """Each component's share of the density, from logarithms along the last axis."""
    raised = np.exp(logs - logs.max(axis=-1, keepdims=True))
    shares: FloatArray = raised / raised.sum(axis=-1, keepdims=True)
    return shares


def _panels(edges: FloatArray, least: float) -> tuple[FloatArray, FloatArray]:
    """Gauss-Legendre nodes and widths between the sorted edges that lie at least ``least`` apart."""
    ordered = np.unique(edges)
    kept = [float(ordered[0])]
    for edge in ordered[1:-1]:
        if edge - kept[-1] >= least:
            kept.append(float(edge))
    bounds = np.array([*kept, ordered[-1]])
    nodes, weights = leggauss(12)
    half = 0.5 * np.diff(bounds)
    points = (0.5 * (bounds[1:] + bounds[:-1]))[:, None] + half[:, None] * nodes
    return points.ravel(), (half[:, None] * weights).ravel()
