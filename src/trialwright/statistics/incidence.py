"""Events per time under observation: incidence rates adjusted for exposure, with exact intervals, and their ratio."""

from math import inf

import numpy as np
from attrs import frozen
from scipy.special import gammaincinv, gammaln

from trialwright.statistics.arguments import StatisticsError, confidence_level, count
from trialwright.statistics.proportions import clopper_pearson


@frozen(kw_only=True)
class IncidenceRate:
    """Events per unit of time at risk, with the exact (Poisson) interval."""

    events: int
    exposure: float
    estimate: float
    lower: float
    upper: float
    confidence: float


@frozen(kw_only=True)
class RateRatio:
    """The rate of the first group over that of the second, with exact interval and p-value (None without events)."""

    estimate: float | None
    lower: float
    upper: float
    p: float
    confidence: float


def incidence_rate(events: int, exposure: float, *, confidence: float = 0.95) -> IncidenceRate:
    """Exposure-adjusted incidence rate with the exact interval of Garwood (Biometrika 1936).

    ``exposure`` is the summed time at risk, in the unit in which the rate is wanted (for example patient-years).

    Raises StatisticsError for an exposure that is not above zero.

    >>> rate = incidence_rate(2, 200)
    >>> rate.estimate, round(rate.lower, 6), round(rate.upper, 6)
    (0.01, 0.001211, 0.036123)
    """
    x, time = count(events, "events"), _exposure(exposure)
    tail = (1 - confidence_level(confidence)) / 2
    return IncidenceRate(
        events=x,
        exposure=time,
        estimate=x / time,
        lower=float(gammaincinv(x, tail)) / time if x else 0.0,
        upper=float(gammaincinv(x + 1, 1 - tail)) / time,
        confidence=confidence,
    )


def rate_ratio(
    events_1: int, exposure_1: float, events_2: int, exposure_2: float, *, confidence: float = 0.95
) -> RateRatio:
    """Ratio of two rates by the conditional (binomial) distribution of the events of the first group.

    The two-sided p-value sums all numbers of events that are no more probable than the one observed.

    Source: Przyborowski and Wilenski, Biometrika 1940.

    >>> found = rate_ratio(3, 9.8, 7, 10.1)
    >>> round(found.estimate, 4), round(found.lower, 4), round(found.upper, 4), round(found.p, 4)
    (0.4417, 0.0737, 1.9348, 0.3443)
    """
    x, y = count(events_1, "events"), count(events_2, "events")
    time_1, time_2 = _exposure(exposure_1), _exposure(exposure_2)
    level = confidence_level(confidence)
    if x + y == 0:
        return RateRatio(estimate=None, lower=0.0, upper=inf, p=1.0, confidence=level)
    share = clopper_pearson(x, x + y, confidence=level)
    odds = time_2 / time_1
    k = np.arange(x + y + 1)
    chance = time_1 / (time_1 + time_2)
    log_point = gammaln(x + y + 1) - gammaln(k + 1) - gammaln(x + y - k + 1) + k * np.log(chance)
    point = np.exp(log_point + (x + y - k) * np.log1p(-chance))
    return RateRatio(
        estimate=x / y * odds if y else inf,
        lower=share.lower / (1 - share.lower) * odds,
        upper=share.upper / (1 - share.upper) * odds if share.upper < 1 else inf,
        p=min(1.0, float(point[point <= point[x] * (1 + 1e-7)].sum())),
        confidence=level,
    )


def _exposure(value: float) -> float:
    if not 0.0 < value < inf:
        raise StatisticsError(f"exposure: {value} is no time at risk; it must be above zero.")
    return float(value)
