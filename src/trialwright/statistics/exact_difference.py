"""The difference of two proportions with an interval that never covers less than it says, whatever the proportions are."""

from functools import lru_cache

import numpy as np
from scipy.special import gammaln

from trialwright.statistics.arguments import FloatArray, StatisticsError, confidence_level
from trialwright.statistics.repeated_measures import BoolArray
from trialwright.statistics.risk_difference import RiskDifference, checked_counts

LARGEST = 40_000  # tables of two groups; above it the interval is refused
_SAME = 1e-9  # tables whose statistics differ by less are equally extreme
_GRID, _FINE = 201, 41  # common proportions looked at, and again around the worst
_STEPS = 128  # differences looked at before the limit is enclosed
_NEVER = -1000.0  # the logarithm of what cannot happen: none of it, or all that must, is still 1


def exact_difference(events_1: int, n_1: int, events_2: int, n_2: int, *, confidence: float = 0.95) -> RiskDifference:
    """Difference of proportions (first minus second) with the exact unconditional interval of Chan and Zhang.

    A difference lies inside unless one of two one-sided exact tests rejects it at half the level. The tests order all tables
    by the score statistic of ``miettinen_nurminen`` at that difference and take the largest tail probability over what is
    left unknown, the second proportion. Limits are right to 1e-6.

    Source: Chan and Zhang, Biometrics 1999; 55:1202-1209 (SAS PROC FREQ, EXACT RISKDIFF(METHOD=SCORE)).

    Raises StatisticsError for an empty group, more events than patients, or more than 40,000 possible tables.

    >>> found = exact_difference(9, 11, 4, 12)
    >>> round(found.lower, 4), round(found.upper, 4)
    (0.0616, 0.7968)
    """
    x, n, y, m = checked_counts(events_1, n_1, events_2, n_2)
    if (n + 1) * (m + 1) > LARGEST:
        raise StatisticsError(f"n: {n} and {m} patients make more than {LARGEST:,} tables; use miettinen_nurminen.")
    half = (1.0 - confidence_level(confidence)) / 2.0
    lower, upper = _lower_limit(x, n, y, m, half), -_lower_limit(y, m, x, n, half)
    return RiskDifference(estimate=x / n - y / m, lower=lower, upper=upper, confidence=confidence, method="Chan-Zhang")


def _lower_limit(x: int, n: int, y: int, m: int, level: float) -> float:
    """The smallest difference that the test against larger ones does not reject: enclosed on a grid, then halved."""
    low = -1.0
    for high in np.linspace(-1.0, x / n - y / m, _STEPS + 1)[1:]:
        if larger_tail(x, n, y, m, delta=float(high)) > level:
            break
        low = float(high)
    else:
        return x / n - y / m
    for _ in range(22):
        middle = 0.5 * (low + high)
        low, high = (low, middle) if larger_tail(x, n, y, m, delta=middle) > level else (middle, high)
    return -1.0 if low == -1.0 and high < -1.0 + 1e-6 else float(high)


def larger_tail(x: int, n: int, y: int, m: int, *, delta: float) -> float:
    """Largest probability of a score statistic as large as that of x of n against y of m, if the difference is ``delta``.

    >>> round(larger_tail(7, 10, 2, 10, delta=0.0), 6)
    0.020695
    """
    statistics = score_table(n, m, delta=delta)
    extreme = statistics >= statistics[x, y] - _SAME
    low, high = max(0.0, -delta), min(1.0, 1.0 - delta)
    grid = np.linspace(low, high, _GRID)
    found = _probability(extreme, n, m, grid, delta)
    best, centers, step = float(found.max()), grid[np.argsort(found)[-3:]], (high - low) / (_GRID - 1)
    for _ in range(3):
        fine = np.linspace(np.maximum(low, centers - step), np.minimum(high, centers + step), _FINE)  # a column around each center
        values = _probability(extreme, n, m, fine.ravel(), delta).reshape(fine.shape)
        best, centers, step = max(best, float(values.max())), fine[values.argmax(axis=0), np.arange(len(centers))], 2 * step / (_FINE - 1)
    return best


def _probability(extreme: BoolArray, n: int, m: int, second: FloatArray, delta: float) -> FloatArray:
    """Probability of the extreme tables at each second proportion."""
    first = np.clip(second + delta, 0.0, 1.0)
    return np.asarray(((_points(n, first) @ extreme) * _points(m, second)).sum(axis=1))


def _points(n: int, p: FloatArray) -> FloatArray:
    """Binomial probabilities of 0 to n events at each p: p x (n + 1)."""
    k = np.arange(n + 1)
    with np.errstate(divide="ignore"):
        hit, missed = np.maximum(np.log(p), _NEVER)[:, None], np.maximum(np.log1p(-p), _NEVER)[:, None]
    return np.asarray(np.exp(_ways(n) + k * hit + (n - k) * missed))


@lru_cache(maxsize=16)
def _ways(n: int) -> FloatArray:
    """The logarithm of the number of ways to choose 0 to n of n."""
    k = np.arange(n + 1)
    return np.asarray(gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1))


def score_table(n: int, m: int, *, delta: float) -> FloatArray:
    """The score statistic of the difference ``delta`` for every table ((n + 1) x (m + 1)), as ``risk_difference.score``.

    >>> round(float(score_table(10, 10, delta=0.0)[7, 2]), 4)
    2.2473
    """
    x, y = np.arange(n + 1)[:, None], np.arange(m + 1)[None, :]
    total, events = n + m, x + y
    c2 = (n + 2 * m) * delta - total - events
    c1 = (m * delta - total - 2 * y) * delta + events
    c0 = y * delta * (1 - delta)
    q = c2**3 / (27.0 * total**3) - c1 * c2 / (6.0 * total**2) + c0 / (2.0 * total)
    p = np.copysign(np.sqrt(np.maximum(0.0, c2**2 / (9.0 * total**2) - c1 / (3.0 * total))), q)
    angle = (np.pi + np.arccos(np.clip(q / np.where(p == 0.0, 1.0, p) ** 3, -1.0, 1.0))) / 3.0
    root = 2.0 * p * np.where(p == 0.0, 0.0, np.cos(angle)) - c2 / (3.0 * total)
    second = np.minimum(np.clip(root, max(0.0, -delta), None), min(1.0, 1.0 - delta))
    first = second + delta
    variance = np.maximum(0.0, first * (1 - first)) / n + np.maximum(0.0, second * (1 - second)) / m
    distance = x / n - y / m - delta
    known = variance >= 1e-15
    sure = np.where(np.abs(distance) < 1e-12, 0.0, np.copysign(np.inf, distance))
    return np.asarray(np.where(known, distance / np.sqrt(np.where(known, variance, 1.0)), sure))
