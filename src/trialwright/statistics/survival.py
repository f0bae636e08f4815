"""How long until an event, when some patients are not followed to it: Kaplan-Meier curves and log-rank tests."""

from collections.abc import Iterable, Sequence
from typing import Literal, get_args

import numpy as np
from attrs import frozen
from numpy.typing import ArrayLike

from trialwright.statistics.arguments import (
    FloatArray,
    StatisticsError,
    complete_labels,
    complete_numbers,
    confidence_level,
    declared_levels,
)
from trialwright.statistics.distributions import chi_square_upper, normal_quantile
from trialwright.statistics.permutation import Alternative, PermutationTest, permutation_test

Scale = Literal["log-log", "log", "plain"]


@frozen(kw_only=True)
class SurvivalStep:
    """One time with an event: patients at risk just before, events, and the share still free of the event after it.

    The limits are None where the scale does not give any (nobody is left).
    """

    time: float
    at_risk: int
    events: int
    survival: float
    standard_error: float
    lower: float | None
    upper: float | None


@frozen(kw_only=True)
class SurvivalCurve:
    """A Kaplan-Meier curve; the median and its limits are None where the curve or its limits do not fall to one half."""

    steps: tuple[SurvivalStep, ...]
    n: int
    events: int
    median: float | None
    median_lower: float | None
    median_upper: float | None
    scale: Scale
    confidence: float


@frozen(kw_only=True)
class LogRankTest:
    """Observed and expected events by group, and the chi-square statistic that compares them."""

    groups: tuple[str, ...]
    observed: tuple[int, ...]
    expected: tuple[float, ...]
    chi_square: float
    df: int
    p: float


def kaplan_meier(
    time: ArrayLike, event: ArrayLike, *, confidence: float = 0.95, scale: Scale = "log-log"
) -> SurvivalCurve:
    """Estimate the share free of the event over time; ``event`` is 1 where it happened and 0 where following stopped.

    The interval is Greenwood's, on the scale log(-log S), log S or S.

    Source: Kaplan and Meier, JASA 1958; 53:457-481; the median's limits: Brookmeyer and Crowley, Biometrics 1982.

    Raises StatisticsError for missing or negative times, and events other than 0 and 1.

    >>> curve = kaplan_meier([2, 3, 3, 5, 8], [1, 1, 0, 1, 0])
    >>> [(step.time, step.at_risk, round(step.survival, 2)) for step in curve.steps], curve.median
    ([(2.0, 5, 0.8), (3.0, 4, 0.6), (5.0, 2, 0.3)], 5.0)
    """
    t, d = _follow_up(time, event)
    if scale not in get_args(Scale):
        raise StatisticsError(f"scale: {scale!r} is not one of {', '.join(get_args(Scale))}.")
    z = normal_quantile(0.5 + confidence_level(confidence) / 2)
    steps, survival, variance = [], 1.0, 0.0
    for moment in np.unique(t[d == 1]):
        at_risk, events = int((t >= moment).sum()), int(d[t == moment].sum())
        survival *= (at_risk - events) / at_risk
        variance = variance + events / (at_risk * (at_risk - events)) if at_risk > events else np.inf
        lower, upper = _limits(survival, variance**0.5, z, scale)
        steps.append(
            SurvivalStep(
                time=float(moment),
                at_risk=at_risk,
                events=events,
                survival=survival,
                standard_error=survival * variance**0.5 if survival > 0 else 0.0,
                lower=lower,
                upper=upper,
            )
        )
    return SurvivalCurve(
        steps=tuple(steps),
        n=t.size,
        events=int(d.sum()),
        median=_half_time([(step.time, step.survival) for step in steps]),
        median_lower=_half_time([(step.time, step.lower) for step in steps]),
        median_upper=_half_time([(step.time, step.upper) for step in steps]),
        scale=scale,
        confidence=confidence,
    )


def log_rank_test(
    time: ArrayLike,
    event: ArrayLike,
    group: Iterable[object],
    *,
    levels: Sequence[object],
    early: bool = False,
) -> LogRankTest:
    """Compare the event times of the groups (approximate chi-square test).

    ``early`` weights each event time by the pooled share still free of the event just before it (Peto and Peto), which
    looks at early differences.

    Source: Mantel, Cancer Chemotherapy Reports 1966; Harrington and Fleming, Biometrika 1982.

    Raises StatisticsError if nobody has an event, or as ``kaplan_meier`` does.

    >>> test = log_rank_test([1, 3, 5, 7, 2, 4, 9, 9], [1, 1, 1, 1, 1, 0, 1, 0], "AAAABBBB", levels="AB")
    >>> test.observed, round(test.chi_square, 4), round(test.p, 4)
    ((4, 2), 2.4821, 0.1152)
    """
    t, d = _follow_up(time, event)
    labels = complete_labels(group, "group", length=t.size)
    order = declared_levels(labels, levels, "group")
    member = np.array([[label == name for name in order] for label in labels], dtype=np.float64)
    if not d.any():
        raise StatisticsError("event: nobody had the event, so there is nothing to compare.")
    observed, expected = d @ member, np.zeros(len(order))
    difference, variance, survival = np.zeros(len(order)), np.zeros((len(order), len(order))), 1.0
    for moment in np.unique(t[d == 1]):
        at_risk = member[t >= moment].sum(axis=0)
        total, events = at_risk.sum(), d[t == moment].sum()
        weight, share = survival if early else 1.0, at_risk / total
        expected += weight * events * share
        difference += weight * (d[t == moment] @ member[t == moment] - events * share)
        if total > 1:
            spread = events * (total - events) / (total - 1)
            variance += weight**2 * spread * (np.diag(share) - np.outer(share, share))
        survival *= 1 - events / total
    if not np.linalg.matrix_rank(variance) == len(order) - 1:
        raise StatisticsError("group: at no event time was anybody at risk in more than one group.")
    rest = difference[1:]
    chi_square = float(rest @ np.linalg.solve(variance[1:, 1:], rest))
    return LogRankTest(
        groups=order,
        observed=tuple(int(value) for value in observed),
        expected=tuple(float(value) for value in expected),
        chi_square=chi_square,
        df=len(order) - 1,
        p=chi_square_upper(chi_square, len(order) - 1),
    )


def exact_log_rank_test(
    time: ArrayLike,
    event: ArrayLike,
    first: Iterable[bool],
    *,
    alternative: Alternative = "two-sided",
    generator: np.random.Generator | None = None,
) -> PermutationTest:
    """Permutation test of the log-rank scores of the ``first`` group against the others.

    A score is a patient's event minus the hazard cumulated up to his time, so a group's sum of scores is its observed
    minus its expected events. "greater": the first group has more events than expected. Exact where ``permutation_test`` counts or enumerates.

    >>> test = exact_log_rank_test([1, 3, 5, 7, 2, 4, 9, 9], [1, 1, 1, 1, 1, 0, 1, 0], [True] * 4 + [False] * 4)
    >>> round(test.p, 4)
    0.1429
    """
    t, d = _follow_up(time, event)
    chosen = np.array(list(first), dtype=np.bool_)
    if chosen.size != t.size:
        raise StatisticsError(f"first: {chosen.size} values for {t.size} times.")
    scores = log_rank_scores(t, d)
    return permutation_test(scores[chosen], scores[~chosen], alternative=alternative, generator=generator)


def log_rank_scores(time: ArrayLike, event: ArrayLike) -> FloatArray:
    """Each patient's event minus the hazard (Nelson-Aalen) cumulated up to his time; the scores sum to zero.

    >>> log_rank_scores([1, 2, 4], [1, 0, 1]).round(4).tolist()
    [0.6667, -0.3333, -0.3333]
    """
    t, d = _follow_up(time, event)
    moments = np.unique(t[d == 1])
    hazard = np.array([d[t == moment].sum() / (t >= moment).sum() for moment in moments])
    return np.asarray(d - np.array([hazard[moments <= own].sum() for own in t]))


def _limits(survival: float, error: float, z: float, scale: Scale) -> tuple[float | None, float | None]:
    """Limits of S with ``error`` the standard error of log S; None where S has fallen to zero."""
    if survival <= 0.0:
        return None, None
    if scale == "plain":
        return max(0.0, survival * (1 - z * error)), min(1.0, survival * (1 + z * error))
    if scale == "log":
        return float(survival * np.exp(-z * error)), min(1.0, float(survival * np.exp(z * error)))
    factor = np.exp(z * error / np.log(survival))
    return float(survival ** (1 / factor)), float(survival**factor)


def _half_time(curve: list[tuple[float, float | None]]) -> float | None:
    """The first time at which a curve is at one half or below; the middle of the step if it is exactly one half."""
    for place, (time, value) in enumerate(curve):
        if value is not None and value <= 0.5 + 1e-12:
            if value >= 0.5 - 1e-12 and place + 1 < len(curve):
                return (time + curve[place + 1][0]) / 2
            return time
    return None


def _follow_up(time: ArrayLike, event: ArrayLike) -> tuple[FloatArray, FloatArray]:
    t, d = complete_numbers(time, "time"), complete_numbers(event, "event")
    if d.size != t.size:
        raise StatisticsError(f"event: {d.size} values for {t.size} times.")
    if (t < 0).any() or not np.isin(d, (0.0, 1.0)).all():
        raise StatisticsError("time: below zero, or event: other than 0 (followed without it) and 1 (it happened).")
    return t, d
