"""Where the between-trial standard deviation may lie after the results are seen: nodes that cover it, and nothing else."""

from collections.abc import Callable
from math import asinh, ceil

import numpy as np

from trialwright.statistics.arguments import FloatArray
from trialwright.statistics.grid_density import Grid, sinh_grid
from trialwright.statistics.heterogeneity_prior import HeterogeneityPrior

DROP = 32.0
"""Logarithm of the ratio below which a value is left out."""


def heterogeneity_grid(
    log_posterior: Callable[[FloatArray], FloatArray],
    prior: HeterogeneityPrior,
    *,
    panels: int,
    order: int,
    widest: float = 0.25,
    drop: float = DROP,
) -> Grid:
    """Cover tau wherever tau^3 times its posterior is more than e^-``drop`` of the largest; the third power keeps moments.

    No panel is wider than ``widest`` on the scale of asinh(tau / its middle): what heavy tails need.
    ``log_posterior`` takes values of tau, shape (k,), and need not be normalized.

    >>> from trialwright.statistics.heterogeneity_prior import half_normal
    >>> prior = half_normal(2.0)
    >>> grid = heterogeneity_grid(prior.log_density, prior, panels=20, order=10)
    >>> round(float(grid.weights @ np.exp(prior.log_density(grid.points))), 9)
    1.0
    """
    low, high = prior.scale * 1e-9, min(prior.scale * 1e12, prior.upper)
    middle = prior.scale
    for _ in range(3):
        tau = np.geomspace(low, high, 121)
        logs = log_posterior(tau) + np.log(tau)
        middle = float(tau[int(np.argmax(logs))])
        inside = np.flatnonzero(logs >= logs.max() - drop)
        moments = logs + 2 * np.log(tau)
        reached = np.flatnonzero(moments >= moments.max() - drop)
        low, high = float(tau[max(inside[0] - 1, 0)]), float(tau[min(reached[-1] + 1, tau.size - 1)])
    if middle > 1e3 * low:
        low = 0.0
    return sinh_grid(
        0.0,
        middle,
        low,
        high,
        panels=max(panels, ceil((asinh(high / middle) - asinh(low / middle)) / widest)),
        order=order,
    )
