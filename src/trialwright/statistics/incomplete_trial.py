"""A trial with missing visits, and what each strategy supposes of a patient after the departure."""

from collections.abc import Iterable, Sequence
from typing import Literal

import numpy as np
from attrs import frozen
from numpy.typing import ArrayLike

from trialwright.statistics.arguments import (
    FloatArray,
    StatisticsError,
    complete_labels,
    complete_numbers,
    declared_levels,
)
from trialwright.statistics.covariance_structures import CovarianceName
from trialwright.statistics.repeated_measures import IntArray

Strategy = Literal["MAR", "J2R", "CR", "CIR", "LMCF"]


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
