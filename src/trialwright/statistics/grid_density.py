"""A probability density known at the nodes of a quadrature rule, with its distribution function, quantiles and moments."""

from math import asinh, inf
from typing import Literal

import numpy as np
from attrs import frozen
from numpy.polynomial.legendre import leggauss, legvander
from numpy.typing import ArrayLike
from scipy.special import expit, logit

from trialwright.statistics.arguments import FloatArray
from trialwright.statistics.inverse_distribution import invert, probabilities

Link = Literal["identity", "logit", "log"]


@frozen(kw_only=True, eq=False)
class Grid:
    """Gauss-Legendre nodes in equal panels of x, where t = center + scale sinh(x): fine in the middle, wide in the tails.

    ``points`` are the values of t, shape (panels * order,); ``weights`` integrate a function over t.
    """

    center: float
    scale: float
    low: float
    high: float
    panels: int
    order: int
    points: FloatArray
    weights: FloatArray

    @property
    def edges(self) -> FloatArray:
        """Ends of the panels, in x."""
        return np.linspace(self.low, self.high, self.panels + 1)


def sinh_grid(center: float, scale: float, low: float, high: float, *, panels: int, order: int = 10) -> Grid:
    """Return the grid that covers t from ``low`` to ``high``, with most nodes within ``scale`` of ``center``.

    >>> grid = sinh_grid(0.0, 1.0, -9.0, 9.0, panels=12)
    >>> round(float(grid.weights @ np.exp(-0.5 * grid.points**2)), 9) == round(float(np.sqrt(2 * np.pi)), 9)
    True
    """
    begin, end = asinh((low - center) / scale), asinh((high - center) / scale)
    nodes, weights = leggauss(order)
    width = (end - begin) / panels
    x = (begin + width * (np.arange(panels)[:, None] + 0.5 + 0.5 * nodes)).ravel()
    spread = np.tile(0.5 * width * weights, panels) * scale * np.cosh(x)
    points = center + scale * np.sinh(x)
    return Grid(
        center=center, scale=scale, low=begin, high=end, panels=panels, order=order, points=points, weights=spread
    )


@frozen(kw_only=True, eq=False)
class GridDensity:
    """A density at the nodes of a grid, normalized; between the nodes it is the polynomial through them.

    ``link`` says on which scale values are read: "identity" as they are, "logit" as probabilities whose log odds are
    on the grid, "log" as rates whose logarithm is. ``mean`` and ``sd`` are infinite where ``mean_is_finite`` and
    ``sd_is_finite`` say that the integral diverges.
    """

    grid: Grid
    values: FloatArray
    link: Link = "identity"
    mean_is_finite: bool = True
    sd_is_finite: bool = True

    @property
    def mean(self) -> float:
        """Expected value."""
        return float(self.grid.weights @ (self.values * self._response())) if self.mean_is_finite else inf

    @property
    def sd(self) -> float:
        """Standard deviation."""
        if not (self.mean_is_finite and self.sd_is_finite):
            return inf
        return float(np.sqrt(self.grid.weights @ (self.values * (self._response() - self.mean) ** 2)))

    def pdf(self, value: ArrayLike) -> FloatArray:
        """Density at each value."""
        at, slope = self._linked(np.asarray(value, dtype=np.float64))
        return self._curve(at)[0] * slope

    def cdf(self, value: ArrayLike) -> FloatArray:
        """Probability of a value at or below each one given."""
        return self._curve(self._linked(np.asarray(value, dtype=np.float64))[0])[1]

    def quantile(self, probability: ArrayLike) -> FloatArray:
        """Values below which the given shares of the probability lie."""
        wanted = probabilities(probability)
        grid = self.grid

        def at(x: FloatArray) -> FloatArray:
            return grid.center + grid.scale * np.sinh(x)

        x = invert(
            lambda x: self._curve(at(x))[1],
            lambda x: self._curve(at(x))[0] * grid.scale * np.cosh(x),
            wanted,
            grid.low,
            grid.high,
        )
        return _respond(at(x), self.link)

    def quadrature(self) -> tuple[FloatArray, FloatArray]:
        """Values and their probabilities: the sum of probability times f(value) is the expectation of f."""
        return self._response(), self.grid.weights * self.values

    def _response(self) -> FloatArray:
        return _respond(self.grid.points, self.link)

    def _linked(self, value: FloatArray) -> tuple[FloatArray, FloatArray]:
        """The value on the grid's scale, and the factor that carries the density back."""
        if self.link == "identity":
            return value, np.ones_like(value)
        inside = (value > 0) & (value < (1.0 if self.link == "logit" else inf))
        held = np.where(inside, value, 0.5)
        at = logit(held) if self.link == "logit" else np.log(held)
        outside = np.where(value <= 0, -inf, inf)
        slope = 1.0 / (held * (1.0 - held)) if self.link == "logit" else 1.0 / held
        return np.where(inside, at, outside), np.where(inside, slope, 0.0)

    def _curve(self, t: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Density and distribution function on the grid's scale."""
        grid = self.grid
        x = np.arcsinh((t - grid.center) / grid.scale)
        held = np.clip(x, grid.low, grid.high)
        width = (grid.high - grid.low) / grid.panels
        panel = np.clip(((held - grid.low) / width).astype(np.int64), 0, grid.panels - 1)
        u = 2.0 * (held - grid.low - panel * width) / width - 1.0
        series = _legendre_series(
            self.values * grid.scale * np.cosh(np.arcsinh((grid.points - grid.center) / grid.scale)), grid.order
        )
        basis = legvander(u.ravel(), grid.order).reshape(*u.shape, grid.order + 1)
        degree = np.arange(1, grid.order)
        primitive = np.empty((*u.shape, grid.order))
        primitive[..., 0] = u + 1.0
        primitive[..., 1:] = (basis[..., 2:] - basis[..., :-2]) / (2 * degree + 1)
        density = (basis[..., : grid.order] * series[panel]).sum(axis=-1) / (grid.scale * np.cosh(held))
        before = np.concatenate([[0.0], np.cumsum(series[:, 0] * width)])[panel]
        within = 0.5 * width * (primitive * series[panel]).sum(axis=-1)
        outside = (x < grid.low) | (x > grid.high)
        return np.where(outside, 0.0, np.maximum(density, 0.0)), np.clip(before + within, 0.0, 1.0)


def grid_density(
    grid: Grid, heights: FloatArray, *, link: Link = "identity", mean_is_finite: bool = True, sd_is_finite: bool = True
) -> GridDensity:
    """Return the density whose heights at ``grid.points`` are proportional to ``heights``.

    >>> grid = sinh_grid(0.0, 1.0, -9.0, 9.0, panels=24)
    >>> normal = grid_density(grid, np.exp(-0.5 * grid.points**2))
    >>> normal.quantile([0.025, 0.975]).round(6), round(normal.sd, 9)
    (array([-1.959964,  1.959964]), 1.0)
    """
    total = float(grid.weights @ heights)
    return GridDensity(
        grid=grid,
        values=heights / total,
        link=link,
        mean_is_finite=mean_is_finite,
        sd_is_finite=sd_is_finite,
    )


def _legendre_series(values: FloatArray, order: int) -> FloatArray:
    """Legendre coefficients of the polynomial through the nodes, one row for each panel."""
    nodes, weights = leggauss(order)
    projector = legvander(nodes, order - 1) * weights[:, None] * (2 * np.arange(order) + 1) / 2.0
    series: FloatArray = values.reshape(-1, order) @ projector
    return series


def _respond(t: FloatArray, link: Link) -> FloatArray:
    if link == "identity":
        return t
    response: FloatArray = expit(t) if link == "logit" else np.exp(t)
    return response
