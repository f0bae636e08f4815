"""From a probability back to the value: the quantile of any distribution that knows its cumulative probability."""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from trialwright.statistics.arguments import FloatArray, StatisticsError

Curve = Callable[[FloatArray], FloatArray]


def probabilities(values: ArrayLike) -> FloatArray:
    """Return ``values`` as an array of any shape if all lie strictly between 0 and 1.

    >>> probabilities([0.025, 0.5])
    array([0.025, 0.5  ])
    """
    array = np.asarray(values, dtype=np.float64)
    if not ((array > 0.0) & (array < 1.0)).all():
        raise StatisticsError("probability: every value must lie strictly between 0 and 1 (write 0.975, not 97.5).")
    return array


def invert(cdf: Curve, pdf: Curve, probability: FloatArray, low: float, high: float, steps: int = 200) -> FloatArray:
    """Solve cdf(x) = probability for every entry, by Newton's method kept inside a shrinking bracket.

    ``low`` and ``high`` must enclose every solution. Stops when no entry moves by more than about 1e-13 of itself.

    >>> float(invert(lambda x: x**2, lambda x: 2 * x, np.array([0.25]), 0.0, 1.0)[0])
    0.5
    """
    below = np.full(probability.shape, low)
    above = np.full(probability.shape, high)
    x: FloatArray = 0.5 * (below + above)
    for _ in range(steps):
        error = cdf(x) - probability
        below, above = np.where(error <= 0, x, below), np.where(error >= 0, x, above)
        slope = pdf(x)
        newton = x - error / np.where(slope > 0, slope, np.inf)
        inside = (newton > below) & (newton < above) & (slope > 0)
        following = np.where(inside, newton, 0.5 * (below + above))
        moved = np.abs(following - x)
        x = np.asarray(following)
        if (moved <= 1e-13 * (np.abs(x) + 1e-300)).all():
            break
    return x
