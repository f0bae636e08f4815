"""How much worse would the patients who left have to be, for the conclusion to fall? A tipping point in closed form."""

from collections.abc import Iterable, Sequence
from math import sqrt

import numpy as np
from attrs import frozen
from numpy.typing import ArrayLike

from trialwright.statistics.arguments import FloatArray, StatisticsError, confidence_level
from trialwright.statistics.conditional_means import (
    completed_again,
    conditional_means,
    refits,
    standard_covariates,
    weighted_solutions,
)
from trialwright.statistics.covariance_structures import CovarianceName
from trialwright.statistics.distributions import normal_quantile
from trialwright.statistics.incomplete_trial import Strategy, Trial, incomplete_trial
from trialwright.statistics.repeated_measures import IntArray


@frozen(kw_only=True)
class TippingPoint:
    """The shift of one arm's imputed values at which the conclusion changes.

    The difference ``difference`` (arm minus reference) moves by ``slope`` per unit of shift. ``to_zero`` is the shift
    that makes it zero; ``to_insignificance`` the smallest one that lets its interval reach zero: 0 if it does
    already, None if no shift does.
    """

    arm: str
    visit: str
    strategy: Strategy
    difference: float
    standard_error: float
    slope: float
    imputed: int
    to_zero: float
    to_insignificance: float | None


def tipping_point(
    outcome: ArrayLike,
    arm: Iterable[object],
    covariates: ArrayLike,
    *,
    visits: Sequence[object],
    arms: Sequence[object],
    treated: object,
    visit: object,
    strategy: Strategy = "MAR",
    departure: ArrayLike | None = None,
    covariance: CovarianceName = "unstructured",
    covariance_by_arm: bool = False,
    confidence: float = 0.95,
) -> TippingPoint:
    """Shift every imputed value of arm ``treated`` at ``visit`` until the difference from ``arms[0]`` is lost.

    Everything else is as in ``reference_based``. The estimate and each of its jackknife replicates are linear in the
    shift d, so (theta + d s)^2 = z^2 (a + 2 b d + c d^2) gives the shift in closed form.

    Raises StatisticsError if nobody of the arm has an imputed value at the visit, or as ``reference_based`` does.

    >>> outcome = [[1, 2], [2, 4], [4, 5], [3, 5], [5, 3], [4, 2], [6, np.nan], [7, np.nan], [5, 5]]
    >>> found = tipping_point(outcome, "CCCCTTTTT", [1, 2, 3, 2, 3, 2, 4, 4, 3], visits=(1, 2), arms="CT",
    ...     treated="T", visit=2)
    >>> found.imputed, round(found.difference + found.to_zero * found.slope, 9)
    (2, 0.0)
    """
    trial = incomplete_trial(outcome, arm, covariates, visits, arms, departure, covariance, covariance_by_arm)
    z = normal_quantile(0.5 + confidence_level(confidence) / 2)
    if str(treated) not in trial.arms[1:]:
        raise StatisticsError(f"treated: {treated!r} is not one of {', '.join(trial.arms[1:])}.")
    if str(visit) not in trial.visits:
        raise StatisticsError(f"visit: {visit!r} is not one of {', '.join(trial.visits)}.")
    group, at = trial.arms.index(str(treated)), trial.visits.index(str(visit))
    imputed = int((np.isnan(trial.outcome[:, at]) & (trial.arm == group)).sum())
    if imputed == 0:
        raise StatisticsError(
            f"outcome: nobody in {treated} has an imputed value at {visit}; there is nothing to shift."
        )
    n = len(trial.outcome)
    everyone = np.arange(n)
    theta, slope = _difference(trial, everyone, strategy, group, at)
    without = _without_each(trial, strategy, group, at)
    spread = (n - 1) / n * (without - without.mean(axis=0)).T @ (without - without.mean(axis=0))
    return TippingPoint(
        arm=str(treated),
        visit=str(visit),
        strategy=strategy,
        difference=theta,
        standard_error=sqrt(spread[0, 0]),
        slope=slope,
        imputed=imputed,
        to_zero=-theta / slope,
        to_insignificance=_until_insignificant(theta, slope, spread, z),
    )


def _until_insignificant(theta: float, slope: float, spread: FloatArray, z: float) -> float | None:
    """The root nearest to zero on the way to no difference."""
    if theta**2 <= z**2 * spread[0, 0]:
        return 0.0
    square = slope**2 - z**2 * spread[1, 1]
    linear = theta * slope - z**2 * spread[0, 1]
    constant = theta**2 - z**2 * spread[0, 0]
    roots = np.roots([square, 2 * linear, constant])
    way = -np.sign(theta * slope)
    found = [float(root.real) for root in roots if abs(root.imag) < 1e-12 * (1 + abs(root)) and root.real * way > 0]
    return min(found, key=abs) if found else None


def _without_each(trial: Trial, strategy: Strategy, group: int, at: int) -> FloatArray:
    """``_difference`` without each patient in turn (n x 2): all at once where that can be, else one by one."""
    n = len(trial.outcome)
    counts = 1.0 - np.eye(n)
    fits = refits(trial, counts)
    (filled,) = completed_again(trial, fits, (strategy,))
    shifted = (np.isnan(trial.outcome[:, at]) & (trial.arm == group)).astype(np.float64)
    y = np.stack([filled[:, :, at], np.broadcast_to(shifted, (n, n))], axis=2)
    found = np.full((n, 2), np.nan)
    good = fits.fitted
    solved = weighted_solutions(trial.arm, standard_covariates(trial), len(trial.arms), counts[good], y[good])
    found[good] = solved[:, group] - solved[:, 0]
    for i in np.flatnonzero(~good):
        found[i] = _difference(trial, np.delete(np.arange(n), i), strategy, group, at)
    return found


def _difference(trial: Trial, chosen: IntArray, strategy: Strategy, group: int, at: int) -> tuple[float, float]:
    """The adjusted difference of one arm at one visit, and how it moves with its imputed values."""
    arm = trial.arm[chosen]
    (completed,) = conditional_means(trial, chosen, (strategy,))
    shifted = np.isnan(trial.outcome[chosen, at]) & (arm == group)
    indicators = (arm[:, None] == np.arange(1, len(trial.arms))).astype(float)
    design = np.column_stack([np.ones(chosen.size), indicators, trial.covariates[chosen]])
    solved = np.linalg.lstsq(design, np.column_stack([completed[:, at], shifted.astype(float)]), rcond=None)[0]
    return float(solved[group, 0]), float(solved[group, 1])
