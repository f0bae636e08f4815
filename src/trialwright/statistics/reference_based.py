"""What if patients who stopped treatment went on like the reference arm? Imputation by conditional means, with jackknife."""

from collections.abc import Iterable, Sequence
from typing import get_args

import numpy as np
from attrs import frozen
from numpy.typing import ArrayLike

from trialwright.statistics.arguments import StatisticsError, confidence_level
from trialwright.statistics.conditional_means import adjusted_means, resampled_means
from trialwright.statistics.covariance_structures import CovarianceName
from trialwright.statistics.distributions import normal_quantile, normal_two_sided
from trialwright.statistics.incomplete_trial import Strategy, incomplete_trial


@frozen(kw_only=True)
class NormalEstimate:
    """One estimated quantity with its normal interval and two-sided p-value against zero."""

    value: float
    standard_error: float
    z: float
    p: float
    lower: float
    upper: float


@frozen(kw_only=True)
class ReferenceBased:
    """The analysis of one visit under one strategy: adjusted mean of each arm, differences from the reference."""

    strategy: Strategy
    visit: str
    means: tuple[tuple[str, NormalEstimate], ...]
    differences: tuple[tuple[str, NormalEstimate], ...]


def reference_based(
    outcome: ArrayLike,
    arm: Iterable[object],
    covariates: ArrayLike,
    *,
    visits: Sequence[object],
    arms: Sequence[object],
    strategies: Sequence[Strategy] = ("MAR", "J2R", "CR", "CIR"),
    departure: ArrayLike | None = None,
    covariance: CovarianceName = "unstructured",
    covariance_by_arm: bool = False,
    confidence: float = 0.95,
) -> tuple[ReferenceBased, ...]:
    """Impute ``outcome`` (n x m, NaN where missing) under each strategy and compare the arms at every visit.

    A mixed model (REML; arm and covariates by visit) gives each patient a mean and a covariance; after the departure
    these are taken from the reference arm, ``arms[0]``, as the strategy says: MAR own arm throughout; J2R jump to
    reference; CR copy reference; CIR copy increments in reference; LMCF last mean carried forward. A missing value
    becomes its expectation given what was observed of the patient, and each visit is analyzed by covariance analysis
    on arm and ``covariates`` (n or n x c). The standard error is that of the jackknife: every patient is left out in
    turn and everything is done again. Nothing is random.

    ``departure`` (n, numbered from 0) is by default the visit after the last observed one; a gap before it is
    imputed under MAR.

    Source: Carpenter, Roger and Kenward, J Biopharm Stat 2013; Wolbers and others, Pharmaceutical Statistics 2022.

    Raises StatisticsError for a patient without any outcome, an outcome after a departure, and whatever ``fit_mixed``
    refuses, in the whole data or without one patient.

    >>> outcome = [[1, 2], [2, 4], [4, 5], [3, 5], [5, 3], [4, 2], [6, np.nan], [7, np.nan], [5, 5]]
    >>> jump, = reference_based(outcome, "CCCCTTTTT", [1, 2, 3, 2, 3, 2, 4, 4, 3], visits=(1, 2), arms="CT",
    ...     strategies=("J2R",))[1:]
    >>> jump.strategy, jump.visit, round(jump.differences[0][1].value, 3)
    ('J2R', '2', -1.75)
    """
    level = confidence_level(confidence)
    if unknown := [strategy for strategy in strategies if strategy not in get_args(Strategy)]:
        raise StatisticsError(f"strategies: {unknown[0]!r} is not one of {', '.join(get_args(Strategy))}.")
    trial = incomplete_trial(outcome, arm, covariates, visits, arms, departure, covariance, covariance_by_arm)
    n = len(trial.outcome)
    everyone = np.arange(n)
    whole = adjusted_means(trial, everyone, strategies)
    without, _ = resampled_means(trial, 1.0 - np.eye(n), strategies)
    for i in np.flatnonzero(np.isnan(without).any(axis=(1, 2, 3))):  # one by one, or refused with the reason
        without[i] = adjusted_means(trial, np.delete(everyone, i), strategies)
    errors = np.sqrt((n - 1) / n * ((without - without.mean(axis=0)) ** 2).sum(axis=0))
    found = []
    for s, strategy in enumerate(strategies):
        for v, visit in enumerate(trial.visits):
            numbers = [_estimate(float(a), float(b), level) for a, b in zip(whole[s, v], errors[s, v], strict=True)]
            count = len(trial.arms)
            found.append(
                ReferenceBased(
                    strategy=strategy,
                    visit=visit,
                    means=tuple(zip(trial.arms, numbers[:count], strict=True)),
                    differences=tuple(zip(trial.arms[1:], numbers[count:], strict=True)),
                )
            )
    return tuple(found)


def _estimate(value: float, error: float, confidence: float) -> NormalEstimate:
    if not error > 0.0:
        raise StatisticsError("outcome: leaving patients out changes nothing; there is no variation to judge by.")
    half = normal_quantile(0.5 + confidence / 2) * error
    return NormalEstimate(
        value=value,
        standard_error=error,
        z=value / error,
        p=normal_two_sided(value / error),
        lower=value - half,
        upper=value + half,
    )
