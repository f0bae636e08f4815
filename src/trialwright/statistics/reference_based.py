"""What if patients who stopped treatment went on like the reference arm? Imputation by conditional means, with jackknife."""

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
from trialwright.statistics.covariance_structures import CovarianceName
from trialwright.statistics.distributions import normal_quantile, normal_two_sided
from trialwright.statistics.mmrm_newton import fit_mixed
from trialwright.statistics.repeated_measures import IntArray, repeated_measures

Strategy = Literal["MAR", "J2R", "CR", "CIR", "LMCF"]


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


@frozen(kw_only=True, eq=False)
class Trial:
    """n patients by m visits: ``outcome`` n x m (NaN where missing), ``arm`` n (0 is the reference), c covariates.

    ``departure`` is the first visit (from 0) at which each patient's strategy applies; m if it never does.
    """

    outcome: FloatArray
    arm: IntArray
    covariates: FloatArray
    departure: IntArray
    visits: tuple[str, ...]
    arms: tuple[str, ...]
    covariance: CovarianceName
    covariance_by_arm: bool


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
    without = np.array([adjusted_means(trial, np.delete(everyone, i), strategies) for i in range(n)])
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


def conditional_means(trial: Trial, chosen: IntArray, strategies: Sequence[Strategy]) -> list[FloatArray]:
    """The outcomes of the ``chosen`` patients, completed under each strategy by a model fitted to them alone.

    >>> trial = Trial(outcome=np.array([[1, 2], [2, 4], [4, 5], [3, 5], [3, np.nan]]), arm=np.array([0, 0, 0, 0, 0]),
    ...     covariates=np.zeros((5, 0)), departure=np.array([2, 2, 2, 2, 1]), visits=("1", "2"), arms=("C",),
    ...     covariance="unstructured", covariance_by_arm=False)
    >>> conditional_means(trial, np.arange(5), ("MAR",))[0][4].round(3).tolist()
    [3.0, 4.5]
    """
    own, reference, sigmas = _parameters(trial, chosen)
    completed = []
    for strategy in strategies:
        filled = trial.outcome[chosen].copy()
        for row, i in enumerate(chosen):
            missing = np.isnan(filled[row])
            if missing.any():
                mean, sigma = under_strategy(
                    strategy, int(trial.departure[i]), own[row], reference[row], sigmas[trial.arm[i]], sigmas[0]
                )
                seen = ~missing
                rest = filled[row, seen] - mean[seen]
                filled[row, missing] = mean[missing] + sigma[np.ix_(missing, seen)] @ np.linalg.solve(
                    sigma[np.ix_(seen, seen)], rest
                )
        completed.append(filled)
    return completed


def under_strategy(
    strategy: Strategy, t: int, own: FloatArray, reference: FloatArray, own_sigma: FloatArray, ref_sigma: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Mean (... x m) and covariance (... x m x m) of patients whose strategy applies from visit ``t`` on.

    >>> mean, sigma = under_strategy("J2R", 1, np.array([1.0, 5.0]), np.array([2.0, 3.0]), np.eye(2), 4 * np.eye(2))
    >>> mean.tolist(), sigma.tolist()
    ([1.0, 3.0], [[1.0, 0.0], [0.0, 4.0]])
    """
    if strategy == "MAR" or t == own.shape[-1]:
        return own, own_sigma
    if strategy == "CR":
        return reference, ref_sigma
    last = own[..., t - 1 : t]
    if strategy == "LMCF":
        return np.concatenate([own[..., :t], np.repeat(last, own.shape[-1] - t, axis=-1)], axis=-1), own_sigma
    later = reference[..., t:] if strategy == "J2R" else last + reference[..., t:] - reference[..., t - 1 : t]
    return np.concatenate([own[..., :t], later], axis=-1), _joined(own_sigma, ref_sigma, t)


def _joined(own: FloatArray, reference: FloatArray, t: int) -> FloatArray:
    """Own covariance before visit ``t``; after it, the reference arm's regression on what came before."""
    before = own[..., :t, :t]
    slope = np.linalg.solve(reference[..., :t, :t], reference[..., :t, t:]).swapaxes(-1, -2)
    across = slope.swapaxes(-1, -2)
    later = reference[..., t:, t:] - slope @ (reference[..., :t, :t] - before) @ across
    return np.block([[before, before @ across], [slope @ before, later]])


def traits_of(trial: Trial, chosen: IntArray) -> tuple[FloatArray, FloatArray]:
    """What the mean depends on at every visit: one, covariates, arms (n x q); and the same as if in the reference arm.

    >>> trial = incomplete_trial([[1, 2], [2, 4], [4, 5]], "CCT", [7, 8, 9], (1, 2), "CT", None, "unstructured", False)
    >>> [traits.tolist() for traits in traits_of(trial, np.array([2]))]
    [[[1.0, 9.0, 1.0]], [[1.0, 9.0, 0.0]]]
    """
    arms = [(trial.arm[chosen] == g).astype(np.float64) for g in range(1, len(trial.arms))]
    traits = np.column_stack([np.ones(chosen.size), trial.covariates[chosen], *arms])
    referred = traits.copy()
    referred[:, 1 + trial.covariates.shape[1] :] = 0.0
    return traits, referred


def _parameters(trial: Trial, chosen: IntArray) -> tuple[FloatArray, FloatArray, list[FloatArray]]:
    """Means of the chosen patients in their own and in the reference arm (n x m each), covariance of each arm."""
    n, m = chosen.size, len(trial.visits)
    arm = trial.arm[chosen]
    traits, referred = traits_of(trial, chosen)
    design = np.einsum("nk,vw->nvwk", traits, np.eye(m)).reshape(n * m, -1)
    data = repeated_measures(
        trial.outcome[chosen].ravel(),
        np.repeat(np.arange(n), m),
        np.tile(np.arange(m), n),
        [
            (f"trait {place % traits.shape[1]} at visit {place // traits.shape[1]}", c)
            for place, c in enumerate(design.T)
        ],
        visits=range(m),
        group=np.repeat(arm, m) if trial.covariance_by_arm else None,
    )
    fit = fit_mixed(data, trial.covariance, "REML")
    beta = fit.coefficients.reshape(m, -1)
    by_name = {name: shape.value[0] for name, shape in zip(data.groups, fit.point.shapes, strict=True)}
    sigmas = [by_name[str(g) if trial.covariance_by_arm else "all"] for g in range(len(trial.arms))]
    return traits @ beta.T, referred @ beta.T, sigmas


def adjusted_means(trial: Trial, chosen: IntArray, strategies: Sequence[Strategy]) -> FloatArray:
    """Adjusted means and differences (strategy x visit x numbers) by least squares on arm and covariates.

    >>> trial = incomplete_trial([[1, 2], [2, 4], [4, 5], [3, 5], [5, 3], [4, 2]], "CCCTTT", np.zeros((6, 0)), (1, 2),
    ...     "CT", None, "unstructured", False)
    >>> adjusted_means(trial, np.arange(6), ("MAR",)).round(3).tolist()
    [[[2.333, 4.0, 1.667], [3.667, 3.333, -0.333]]]
    """
    arms, arm = len(trial.arms), trial.arm[chosen]
    indicators = (arm[:, None] == np.arange(arms)).astype(float)
    covariates = trial.covariates[chosen] - trial.covariates[chosen].mean(axis=0)
    completed = np.stack(conditional_means(trial, chosen, strategies))
    solved = np.linalg.lstsq(np.column_stack([indicators, covariates]), np.hstack(list(completed)), rcond=None)[0]
    means = solved[:arms].reshape(arms, len(strategies), -1).transpose(1, 2, 0)
    return np.concatenate([means, means[:, :, 1:] - means[:, :, :1]], axis=2)


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


def incomplete_trial(
    outcome: ArrayLike,
    arm: Iterable[object],
    covariates: ArrayLike,
    visits: Sequence[object],
    arms: Sequence[object],
    departure: ArrayLike | None,
    covariance: CovarianceName,
    covariance_by_arm: bool,
) -> Trial:
    """Check and gather what ``reference_based`` is given.

    >>> trial = incomplete_trial([[1, np.nan], [2, 3], [4, 4]], "CCT", [5, 6, 7], (1, 2), "CT", None, "unstructured", False)
    >>> trial.departure.tolist(), trial.arm.tolist()
    ([1, 2, 2], [0, 0, 1])
    """
    y = np.asarray(outcome, dtype=np.float64)
    if y.ndim != 2 or y.shape[1] != len(visits) or len(visits) < 2:
        raise StatisticsError(f"outcome: patients by {len(visits)} visits (two or more) expected, got {y.shape}.")
    if covariance == "spatial exponential":
        raise StatisticsError("covariance: a spatial structure says nothing about a missing visit; choose another.")
    if np.isinf(y).any() or np.isnan(y).all(axis=1).any():
        raise StatisticsError("outcome: a patient without any observed outcome, or an infinite one; leave him out.")
    labels = complete_labels(arm, "arm", length=len(y))
    order = declared_levels(labels, arms, "arm")
    x = np.asarray(covariates, dtype=np.float64)
    x = x[:, None] if x.ndim == 1 else x
    if x.ndim != 2 or len(x) != len(y):
        raise StatisticsError(f"covariates: {len(y)} rows expected, got shape {x.shape}.")
    for column in x.T:
        complete_numbers(column, "covariates")
    last = y.shape[1] - np.argmax(~np.isnan(y[:, ::-1]), axis=1)
    first = last if departure is None else complete_numbers(departure, "departure").astype(np.intp)
    if first.shape != last.shape or (first < last).any() or (first > y.shape[1]).any():
        raise StatisticsError("departure: a visit number per patient, not before the last observed outcome, is needed.")
    return Trial(
        outcome=y,
        arm=np.array([order.index(label) for label in labels], dtype=np.intp),
        covariates=x,
        departure=first,
        visits=tuple(str(visit) for visit in visits),
        arms=order,
        covariance=covariance,
        covariance_by_arm=covariance_by_arm,
    )
