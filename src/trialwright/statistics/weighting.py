"""Compares two arms that were not randomized, weighting patients so that the arms look alike in what was measured."""

from collections.abc import Sequence
from typing import Literal, get_args

import numpy as np
from attrs import frozen
from numpy.typing import ArrayLike

from trialwright.statistics.arguments import FloatArray, StatisticsError, complete_numbers, confidence_level
from trialwright.statistics.bootstrap import BootstrapInterval, bootstrap_interval
from trialwright.statistics.least_squares import Estimate, aliased_columns, student_estimate
from trialwright.statistics.propensity import (
    Propensity,
    PropensityStatus,
    fit_propensity,
    penalized_scores,
    score_contributions,
    score_slope,
)
from trialwright.statistics.repeated_measures import BoolArray, IntArray

Population = Literal["overlap", "all", "treated"]
WeightedVariance = Literal["stacked", "stacked HC1", "fixed HC0", "fixed HC1", "fixed HC3", "jackknife"]

_NO_CHANCE = 1e-9  # probability of one's own arm below which a weight is practically infinite
_PERFECT_FIT = 1e-24  # variance over the sum of squares: nothing is left but rounding


@frozen(kw_only=True)
class WeightedDifference:
    """Weighted means and their difference, treated minus reference, in the population that the weights stand for.

    ``effective`` are the effective sample sizes, ``sizes`` the numbers of patients, in the order of ``arms`` (reference,
    treated). ``status`` is that of the propensity model: "separated" means extrapolation.
    """

    population: Population
    arms: tuple[str, str]
    means: tuple[float, float]
    sizes: tuple[int, int]
    effective: tuple[float, float]
    difference: Estimate
    variance: WeightedVariance
    adjusted_for: tuple[str, ...]
    status: PropensityStatus


def balancing_weights(model: Propensity, population: Population = "overlap", *, stabilized: bool = False) -> FloatArray:
    """The weight of each patient (n), from the propensity e of treatment.

    ``overlap``: 1 - e for the treated, e for the others: patients who might have got either; never extreme.
    ``all``: 1/e and 1/(1 - e), everybody (IPW, ATE); with ``stabilized`` each times the share of the arm.
    ``treated``: 1 and e/(1 - e), patients like the treated (ATT).

    Source: Li, Morgan and Zaslavsky, JASA 2018; Robins, Hernan and Brumback, Epidemiology 2000 (stabilized).

    Raises StatisticsError, except for "overlap", if a patient had practically no chance of his own arm.

    >>> from trialwright.statistics.propensity import propensity
    >>> model = propensity("CCCCTTTT", [("baseline", [10, 14, 18, 20, 15, 19, 24, 28])], arms="CT")
    >>> bool(np.allclose(balancing_weights(model) * balancing_weights(model, "all"), model.scores * (1 - model.scores)
    ...     / np.where(model.treated, model.scores, 1 - model.scores)**2))
    True
    """
    if population not in get_args(Population):
        raise StatisticsError(f"population: {population!r} is not one of {', '.join(get_args(Population))}.")
    if stabilized and population != "all":
        raise StatisticsError("stabilized: only the weights of the whole population ('all') can be stabilized.")
    weights = _weights(model.scores, model.treated, population, stabilized)
    if weights is None:
        raise StatisticsError(
            f"population: a patient of {' or '.join(model.arms)} had practically no chance of his own arm; his weight would "
            "swamp all others. Take the overlap weights, or leave out who is beyond the overlap and say so."
        )
    return weights


def _weights(e: FloatArray, treated: BoolArray, population: Population, stabilized: bool) -> FloatArray | None:
    """None if somebody's weight would be practically infinite."""
    if population == "overlap":
        return np.where(treated, 1.0 - e, e)
    needed = 1.0 - e[~treated] if population == "treated" else np.where(treated, e, 1.0 - e)
    if needed.size and float(needed.min()) < _NO_CHANCE:
        return None
    odds = np.where(treated, 1.0, e / np.where(treated, 1.0, 1.0 - e))
    if population == "treated":
        return odds
    share = float(treated.mean()) if stabilized else 1.0
    return np.where(treated, share / np.where(treated, e, 1.0), (1.0 - share if stabilized else 1.0) * (1.0 + odds))


def kish_sample_size(weights: ArrayLike) -> float:
    """The number of equally weighted patients that would carry as much: (sum w)^2 / sum w^2 (Kish 1965).

    >>> kish_sample_size([1, 1, 1, 1]), kish_sample_size([1, 1, 0, 0])
    (4.0, 2.0)
    """
    w = complete_numbers(weights, "weights")
    if (w < 0).any() or not w.sum() > 0:
        raise StatisticsError("weights: none may be below zero, and one must be above.")
    return float(w.sum() ** 2 / (w**2).sum())


def weighted_difference(
    outcome: ArrayLike,
    model: Propensity,
    *,
    population: Population = "overlap",
    adjustment: Sequence[tuple[str, ArrayLike]] = (),
    stabilized: bool = False,
    variance: WeightedVariance = "stacked HC1",
    confidence: float = 0.95,
) -> WeightedDifference:
    """Difference of the weighted means of ``outcome`` (n complete numbers), or of a weighted covariance analysis.

    With ``adjustment`` (named columns of n) the outcome is regressed on arm and these by weighted least squares.
    ``variance``: "stacked" solves propensity and regression as one set of estimating equations, so that it knows that
    the weights were estimated (M-estimation); "stacked HC1" multiplies it by n over n minus all parameters; "fixed"
    takes the weights as known (HC0, HC1, HC3); "jackknife" leaves each patient out of everything in turn. Student's t
    has n minus the columns of the regression as degrees of freedom.

    Source: Stefanski and Boos, American Statistician 2002; Lunceford and Davidian, Statistics in Medicine 2004; Li,
    Thomas and Li, American Journal of Epidemiology 2019.

    Raises StatisticsError for fewer than two patients in an arm, a constant outcome, or an aliased adjustment.

    >>> from trialwright.statistics.propensity import propensity
    >>> model = propensity("CCCCTTTT", [("baseline", [10, 14, 18, 20, 15, 19, 24, 28])], arms="CT")
    >>> found = weighted_difference([-1, 0, -3, -2, -3, -4, -6, -3], model)
    >>> round(found.difference.value, 4), round(sum(found.effective), 2)
    (-2.0306, 6.66)
    """
    if variance not in get_args(WeightedVariance):
        raise StatisticsError(f"variance: {variance!r} is not one of {', '.join(get_args(WeightedVariance))}.")
    level = confidence_level(confidence)
    y, x, names = _regression(outcome, model, adjustment)
    w = balancing_weights(model, population, stabilized=stabilized)
    beta = _solve(y, x, w)
    spread = _variance(y, x, model, population, stabilized, variance)
    if not spread > _PERFECT_FIT * float(y @ y):
        raise StatisticsError("outcome: the model fits perfectly; no variation is left to judge a difference by.")
    arms = (~model.treated, model.treated)
    return WeightedDifference(
        population=population,
        arms=model.arms,
        means=(float(np.average(y[arms[0]], weights=w[arms[0]])), float(np.average(y[arms[1]], weights=w[arms[1]]))),
        sizes=(int(arms[0].sum()), int(arms[1].sum())),
        effective=(kish_sample_size(w[arms[0]]), kish_sample_size(w[arms[1]])),
        difference=student_estimate(float(beta[1]), float(np.sqrt(spread)), y.size - x.shape[1], level),
        variance=variance,
        adjusted_for=names,
        status=model.status,
    )


def bootstrap_difference(
    outcome: ArrayLike,
    model: Propensity,
    generator: np.random.Generator,
    *,
    population: Population = "overlap",
    adjustment: Sequence[tuple[str, ArrayLike]] = (),
    replicates: int = 2000,
    confidence: float = 0.95,
) -> BootstrapInterval:
    """Resample patients within each arm, fit the propensity again, and compare again, ``replicates`` times.

    In twenty patients its intervals are too short (see the vignette); it is meant for larger cohorts.

    Raises StatisticsError if more than one replicate in twenty has no estimate.

    >>> from trialwright.statistics.propensity import propensity
    >>> model = propensity("CCCCTTTT", [("baseline", [10, 14, 18, 20, 15, 19, 24, 28])], arms="CT")
    >>> found = bootstrap_difference([-1, 0, -3, -2, -3, -4, -6, -3], model, np.random.Generator(np.random.Philox(1)),
    ...     replicates=200)
    >>> round(found.value, 4), found.percentile[0] < found.value < found.percentile[1]
    (-2.0306, True)
    """
    if replicates < 100:
        raise StatisticsError(f"replicates: {replicates}; an interval needs at least 100.")
    y, x, _ = _regression(outcome, model, adjustment)
    arms = (np.flatnonzero(~model.treated), np.flatnonzero(model.treated))
    chosen = np.array([np.concatenate([generator.choice(arm, arm.size) for arm in arms]) for _ in range(replicates)])
    found = resampled_differences(outcome, model, chosen, population=population, adjustment=adjustment)
    estimates = found[np.isfinite(found)]
    value = float(_solve(y, x, balancing_weights(model, population))[1])
    return bootstrap_interval(value, estimates, failed=replicates - estimates.size, confidence=confidence)


def resampled_differences(
    outcome: ArrayLike,
    model: Propensity,
    chosen: IntArray,
    *,
    population: Population = "overlap",
    adjustment: Sequence[tuple[str, ArrayLike]] = (),
) -> FloatArray:
    """The difference among the patients ``chosen`` (replicates x n, their numbers), propensity included; NaN where none.

    >>> from trialwright.statistics.propensity import propensity
    >>> model = propensity("CCCCTTTT", [("baseline", [10, 14, 18, 20, 15, 19, 24, 28])], arms="CT")
    >>> resampled_differences([-1, 0, -3, -2, -3, -4, -6, -3], model, np.array([range(8), [0, 1, 2, 3] * 2])).round(4)
    array([-2.0306,     nan])
    """
    y, x, _ = _regression(outcome, model, adjustment)
    found = [_again(y, x, model, one, population, False) for one in chosen]
    return np.array([np.nan if one is None else one for one in found])


def _regression(
    outcome: ArrayLike, model: Propensity, adjustment: Sequence[tuple[str, ArrayLike]]
) -> tuple[FloatArray, FloatArray, tuple[str, ...]]:
    """Outcome, and the columns intercept, arm, adjustment."""
    y = complete_numbers(outcome, "outcome")
    n = model.treated.size
    if y.size != n:
        raise StatisticsError(f"outcome: {y.size} values for {n} patients.")
    if np.ptp(y) == 0.0:
        raise StatisticsError(f"outcome: all {n} values are {y[0]:g}; nothing varies, so nothing can be compared.")
    few = min(int(model.treated.sum()), int((~model.treated).sum()))
    if few < 2:
        raise StatisticsError("arm: one patient alone in an arm; his spread cannot be judged.")
    names = tuple(name for name, _ in adjustment)
    columns = [complete_numbers(values, name) for name, values in adjustment]
    if wrong := [name for name, column in zip(names, columns, strict=True) if column.size != n]:
        raise StatisticsError(f"{wrong[0]}: expected {n} values, one for each patient.")
    x = np.column_stack([np.ones(n), model.treated.astype(np.float64), *(c - c.mean() for c in columns)])
    if aliased := aliased_columns(x, ("intercept", "arm", *names)):
        raise StatisticsError(f"adjustment: {', '.join(aliased)} is constant or a combination of the columns before.")
    if n <= x.shape[1]:
        raise StatisticsError(f"outcome: {n} values for {x.shape[1]} coefficients leave no degree of freedom.")
    return y, x, names


def _solve(y: FloatArray, x: FloatArray, w: FloatArray) -> FloatArray:
    root = np.sqrt(w)
    return np.asarray(np.linalg.lstsq(root[:, None] * x, root * y, rcond=None)[0])


def _variance(
    y: FloatArray, x: FloatArray, model: Propensity, population: Population, stabilized: bool, kind: WeightedVariance
) -> float:
    """Variance of the coefficient of the arm."""
    n, k = x.shape
    if kind == "jackknife":
        return _jackknife(y, x, model, population, stabilized)
    w = balancing_weights(model, population, stabilized=stabilized)
    residual = y - x @ _solve(y, x, w)
    bread = np.linalg.inv(x.T @ (w[:, None] * x))
    if kind == "fixed HC3":
        residual = residual / (1.0 - w * np.einsum("np,pq,nq->n", x, bread, x))
    parts, parameters = (w * residual)[:, None] * x, k
    if kind.startswith("stacked"):
        contributions, slope, gradient = _estimated_weights(model, population, w, stabilized)
        parts = parts + contributions @ np.linalg.solve(slope, gradient.T @ (residual[:, None] * x))
        parameters += len(slope)
    influence = parts @ bread[1]
    return float(influence @ influence) * (n / (n - parameters) if kind.endswith("HC1") else 1.0)


def _estimated_weights(
    model: Propensity, population: Population, w: FloatArray, stabilized: bool
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Of the parameters of the weights: contributions to their equations, slope of these, gradient of each weight."""
    e, treated = model.scores, model.treated
    along = {
        "overlap": np.where(treated, -1.0, 1.0) * e * (1.0 - e),
        "all": np.where(treated, -w * (1.0 - e), w * e),
        "treated": np.where(treated, 0.0, w),
    }[population]
    contributions, slope = score_contributions(model), score_slope(model)
    gradient = along[:, None] * model.design
    if not stabilized:
        return contributions, slope, gradient
    share, last = float(treated.mean()), np.array([[float(e.size)]])
    p = len(slope)
    return (
        np.column_stack([contributions, treated - share]),
        np.block([[slope, np.zeros((p, 1))], [np.zeros((1, p)), last]]),
        np.column_stack([gradient, np.where(treated, w / share, -w / (1.0 - share))]),
    )


def _jackknife(y: FloatArray, x: FloatArray, model: Propensity, population: Population, stabilized: bool) -> float:
    """(n - 1)/n times the sum of squares of the estimates that leave one patient out."""
    everyone = np.arange(y.size)
    without = [_again(y, x, model, np.delete(everyone, i), population, stabilized) for i in everyone]
    known = np.array([one for one in without if one is not None])
    if known.size < y.size:
        raise StatisticsError(
            f"variance: without one of {y.size - known.size} patients there is no estimate; the jackknife is undefined."
        )
    return float((y.size - 1) / y.size * ((known - known.mean()) ** 2).sum())


def _again(
    y: FloatArray, x: FloatArray, model: Propensity, chosen: IntArray, population: Population, stabilized: bool
) -> float | None:
    """The difference among the chosen patients, propensity included; None where they cannot carry it."""
    design, columns = model.design[chosen], x[chosen]
    if aliased_columns(design, model.names) or np.linalg.matrix_rank(columns) < columns.shape[1]:
        return None
    treated = model.treated[chosen]
    scores = penalized_scores(treated, design) if model.method == "firth" else _plain_scores(model, treated, design)
    weights = None if scores is None else _weights(scores, treated, population, stabilized)
    return None if weights is None else float(_solve(y[chosen], columns, weights)[1])


def _plain_scores(model: Propensity, treated: BoolArray, design: FloatArray) -> FloatArray | None:
    try:
        return fit_propensity(treated, design, model.names, model.arms, "logistic").scores
    except StatisticsError:
        return None
