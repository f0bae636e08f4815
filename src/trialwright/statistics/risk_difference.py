"""Compares the proportions of patients with an event in two groups: difference with intervals fit for small numbers."""

from collections.abc import Callable
from math import acos, copysign, cos, inf, pi, sqrt

from attrs import frozen

from trialwright.statistics.arguments import StatisticsError, confidence_level, count
from trialwright.statistics.distributions import normal_quantile
from trialwright.statistics.proportions import wilson


@frozen(kw_only=True)
class RiskDifference:
    """The proportion of the first group minus that of the second, with its two-sided interval."""

    estimate: float
    lower: float
    upper: float
    confidence: float
    method: str


def newcombe(events_1: int, n_1: int, events_2: int, n_2: int, *, confidence: float = 0.95) -> RiskDifference:
    """Difference of proportions with the interval that joins two Wilson intervals.

    Source: Newcombe, Statistics in Medicine 1998; 17:873-890, method 10.

    Raises StatisticsError for an empty group or more events than patients.

    >>> found = newcombe(5, 56, 0, 29)
    >>> round(found.lower, 4), round(found.upper, 4)
    (-0.0381, 0.1926)
    """
    first, second = wilson(events_1, n_1, confidence=confidence), wilson(events_2, n_2, confidence=confidence)
    difference = first.estimate - second.estimate
    down = sqrt((first.estimate - first.lower) ** 2 + (second.upper - second.estimate) ** 2)
    up = sqrt((first.upper - first.estimate) ** 2 + (second.estimate - second.lower) ** 2)
    return RiskDifference(
        estimate=difference,
        lower=max(-1.0, difference - down),
        upper=min(1.0, difference + up),
        confidence=confidence,
        method="Newcombe",
    )


def miettinen_nurminen(
    events_1: int, n_1: int, events_2: int, n_2: int, *, confidence: float = 0.95, corrected: bool = True
) -> RiskDifference:
    """Difference of proportions with the score interval: all differences that a score test does not reject.

    ``corrected`` multiplies the variance by N / (N - 1) as Miettinen and Nurminen do; without it the interval is Mee's.

    Source: Miettinen and Nurminen, Statistics in Medicine 1985; 4:213-226; Mee, Biometrics 1984.

    Raises StatisticsError for an empty group or more events than patients.

    >>> found = miettinen_nurminen(56, 70, 48, 80)
    >>> round(found.lower, 4), round(found.upper, 4)
    (0.0528, 0.3382)
    """
    table = checked_counts(events_1, n_1, events_2, n_2)
    z = normal_quantile(0.5 + confidence_level(confidence) / 2)
    difference = table[0] / table[1] - table[2] / table[3]
    total = table[1] + table[3]
    factor = total / (total - 1) if corrected else 1.0

    def excess(delta: float) -> float:
        return score(*table, delta=delta) / sqrt(factor)

    return RiskDifference(
        estimate=difference,
        lower=_boundary(lambda delta: excess(delta) - z, -1.0, difference),
        upper=_boundary(lambda delta: excess(delta) + z, difference, 1.0),
        confidence=confidence,
        method="Miettinen-Nurminen" if corrected else "Mee",
    )


def score(events_1: int, n_1: int, events_2: int, n_2: int, *, delta: float) -> float:
    """The score statistic of the hypothesis that the difference is ``delta``; infinite where it is impossible.

    >>> round(score(7, 10, 2, 10, delta=0.0), 4)
    2.2473
    """
    p_2 = constrained_proportion(events_1, n_1, events_2, n_2, delta=delta)
    p_1 = p_2 + delta
    variance = max(0.0, p_1 * (1 - p_1)) / n_1 + max(0.0, p_2 * (1 - p_2)) / n_2
    distance = events_1 / n_1 - events_2 / n_2 - delta
    if variance < 1e-15:
        return 0.0 if abs(distance) < 1e-12 else copysign(inf, distance)
    return distance / sqrt(variance)


def constrained_proportion(events_1: int, n_1: int, events_2: int, n_2: int, *, delta: float) -> float:
    """Most likely proportion of the second group if the first one's is larger by ``delta`` (closed form of a cubic).

    >>> round(constrained_proportion(6, 15, 4, 10, delta=0.1), 9)
    0.342213592
    """
    total, events = n_1 + n_2, events_1 + events_2
    c2 = (n_1 + 2 * n_2) * delta - total - events
    c1 = (n_2 * delta - total - 2 * events_2) * delta + events
    c0 = events_2 * delta * (1 - delta)
    q = c2**3 / (27.0 * total**3) - c1 * c2 / (6.0 * total**2) + c0 / (2.0 * total)
    p = copysign(sqrt(max(0.0, c2**2 / (9.0 * total**2) - c1 / (3.0 * total))), q)
    angle = (pi + acos(max(-1.0, min(1.0, q / p**3)))) / 3 if p else pi / 2
    root = 2 * p * cos(angle) - c2 / (3.0 * total)
    return min(max(root, 0.0, -delta), 1.0, 1.0 - delta)


def _boundary(excess: Callable[[float], float], low: float, high: float) -> float:
    """Where the falling function changes sign, by bisection; the end at which it does not, if it does not."""
    if excess(low) <= 0.0:
        return low
    if excess(high) >= 0.0:
        return high
    for _ in range(60):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if excess(middle) > 0.0 else (low, middle)
    return 0.5 * (low + high)


def checked_counts(events_1: int, n_1: int, events_2: int, n_2: int) -> tuple[int, int, int, int]:
    """The four counts if they are such, with somebody in each group.

    >>> checked_counts(1, 4, 2, 5)
    (1, 4, 2, 5)
    """
    for events, n, name in ((events_1, n_1, "first"), (events_2, n_2, "second")):
        if count(n, "n") == 0 or count(events, "events") > n:
            raise StatisticsError(f"events: {events} of {n} patients in the {name} group is no proportion.")
    return int(events_1), int(n_1), int(events_2), int(n_2)
