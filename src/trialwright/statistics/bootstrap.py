"""Turns the estimates from resampled patients into a standard error and two intervals."""

from math import isfinite

import numpy as np
from attrs import frozen
from numpy.typing import ArrayLike

from trialwright.statistics.arguments import StatisticsError, complete_numbers, confidence_level
from trialwright.statistics.distributions import normal_quantile

MOST_LOST = 0.05  # share of replicates without an estimate above which a bootstrap says nothing
_ROUNDING = 1e-12  # spread of the estimates relative to their size: less is rounding


@frozen(kw_only=True)
class BootstrapInterval:
    """An estimate with the spread of its replicates: percentile interval, and a normal one around the estimate.

    ``replicates`` gave an estimate; ``failed`` had none (for example, a replicate in which the arms are separated).
    """

    value: float
    standard_error: float
    percentile: tuple[float, float]
    normal: tuple[float, float]
    replicates: int
    failed: int


def bootstrap_interval(
    value: float, estimates: ArrayLike, *, failed: int = 0, confidence: float = 0.95
) -> BootstrapInterval:
    """Intervals from the ``estimates`` of the replicates around the estimate ``value`` from everybody.

    Source: Efron and Tibshirani, An Introduction to the Bootstrap, 1993.

    Raises StatisticsError if more than one replicate in twenty failed, or fewer than 100 remain.

    >>> found = bootstrap_interval(0.0, np.linspace(-1, 1, 201))
    >>> found.percentile, round(found.standard_error, 4)
    ((-0.95, 0.95), 0.5817)
    """
    level = confidence_level(confidence)
    if failed > MOST_LOST * (failed + np.size(estimates)):
        raise StatisticsError(
            f"replicates: {failed} of {failed + np.size(estimates)} have no estimate, because an arm, a visit or a "
            "covariate degenerates in them; take a simpler model."
        )
    found = complete_numbers(estimates, "replicates")
    if found.size < 100:
        raise StatisticsError(f"replicates: {found.size}; an interval needs at least 100.")
    if not isfinite(value):
        raise StatisticsError(f"value: {value}; the estimate from everybody must be a finite number.")
    error = float(found.std(ddof=1))
    if error <= _ROUNDING * float(np.abs(found).max()):
        raise StatisticsError("replicates: all estimates are equal; there is no variation to judge by.")
    half = normal_quantile(0.5 + level / 2) * error
    lower, upper = np.quantile(found, [0.5 - level / 2, 0.5 + level / 2])
    return BootstrapInterval(
        value=value,
        standard_error=error,
        percentile=(float(lower), float(upper)),
        normal=(value - half, value + half),
        replicates=found.size,
        failed=failed,
    )
