"""How likely was each patient to get the treatment, given what was known before? A logistic model for few patients."""

from collections.abc import Iterable, Sequence
from typing import Literal, get_args

import numpy as np
from attrs import frozen
from numpy.typing import ArrayLike
from scipy.special import expit

from trialwright.statistics.arguments import (
    FloatArray,
    StatisticsError,
    complete_labels,
    complete_numbers,
    declared_levels,
)
from trialwright.statistics.least_squares import aliased_columns
from trialwright.statistics.repeated_measures import BoolArray

PropensityMethod = Literal["firth", "logistic"]
PropensityStatus = Literal["overlapping", "separated"]

_ITERATIONS = 100
_CONVERGED = 1e-20  # squared distance to the maximum, in standard errors
_CLOSE = 1e-8  # below it a step is taken without looking whether the likelihood still rises visibly
_BOUNDED = 12.0  # linear predictors of a plain fit that stay below it have not run away
_DIVIDED = 1e-7  # sum of the margins of a dividing plane, in standard units, above rounding


@frozen(kw_only=True, eq=False)
class Propensity:
    """A fitted propensity model: n patients, p columns (the intercept first).

    ``scores`` are the probabilities of treatment, ``treated`` says who got it. ``status`` is "separated" if a
    combination of the covariates divides the arms, save for ties: then the penalty alone keeps the estimates finite,
    and a weighted comparison rests on extrapolation.
    """

    method: PropensityMethod
    status: PropensityStatus
    arms: tuple[str, str]
    names: tuple[str, ...]
    coefficients: FloatArray
    covariance: FloatArray
    scores: FloatArray
    treated: BoolArray
    design: FloatArray

    @property
    def standard_errors(self) -> FloatArray:
        """Standard errors of the coefficients, from the inverse of the Fisher information."""
        return np.asarray(np.sqrt(np.diag(self.covariance)))


def propensity(
    arm: Iterable[object],
    covariates: Sequence[tuple[str, ArrayLike]],
    *,
    arms: Sequence[object],
    method: PropensityMethod = "firth",
) -> Propensity:
    """Model the probability of ``arms[1]`` against ``arms[0]`` by the named ``covariates`` (n numbers each).

    ``firth`` maximizes the likelihood times the root of the determinant of the information (Jeffreys' prior): it removes
    the first-order bias and stays finite even when the arms are separated, which ``status`` then says. ``logistic`` is
    plain maximum likelihood. The intercept is always included.

    Source: Firth, Biometrika 1993; Heinze and Schemper, Statistics in Medicine 2002.

    Raises StatisticsError for other than two arms, an arm without a patient, a missing, constant or aliased covariate,
    as many columns as patients, and for "logistic" if the arms are separated.

    >>> found = propensity("CCCCTTTT", [("baseline", [10, 14, 18, 20, 15, 19, 24, 28])], arms="CT")
    >>> found.status, found.coefficients.round(4).tolist()
    ('overlapping', [-3.3705, 0.1821])
    """
    given = tuple(arm)
    labels = complete_labels(given, "arm", length=len(given))
    order = declared_levels(labels, arms, "arm")
    if len(order) != 2:
        raise StatisticsError(f"arms: {', '.join(order)}; a propensity compares exactly two.")
    if method not in get_args(PropensityMethod):
        raise StatisticsError(f"method: {method!r} is not one of {', '.join(get_args(PropensityMethod))}.")
    names, x = _design(covariates, len(labels))
    return fit_propensity(np.array([label == order[1] for label in labels]), x, names, (order[0], order[1]), method)


def fit_propensity(
    treated: BoolArray, x: FloatArray, names: tuple[str, ...], arms: tuple[str, str], method: PropensityMethod
) -> Propensity:
    """Fit the model to who was ``treated`` (n) and a checked design ``x`` (n x p, independent columns).

    >>> x = np.array([[1.0, 10], [1, 14], [1, 18], [1, 20]])
    >>> found = fit_propensity(np.array([False, False, True, True]), x, ("intercept", "age"), ("C", "T"), "firth")
    >>> found.status
    'separated'
    """
    r = np.linalg.qr(x, mode="r")
    basis = np.linalg.inv(r) * np.sqrt(len(x))
    unit, y = x @ basis, treated.astype(np.float64)
    plain = _maximize(unit, y, "logistic")
    runs_away = plain is None or float(np.abs(unit @ plain).max()) > _BOUNDED
    separated = runs_away and _is_separated(unit, y)
    if separated and method == "logistic":
        raise StatisticsError(
            f"arm: {', '.join(names[1:])} divide {arms[0]} from {arms[1]}; maximum likelihood has no estimate. Take "
            "fewer covariates, or the penalized method ('firth'), and read the result as extrapolation."
        )
    found = plain if method == "logistic" else _maximize(unit, y, method)
    if found is None:
        raise StatisticsError("arm: the propensity model did not converge; take fewer covariates, or rescale them.")
    scores = expit(unit @ found)
    return Propensity(
        method=method,
        status="separated" if separated else "overlapping",
        arms=arms,
        names=names,
        coefficients=basis @ found,
        covariance=np.asarray(basis @ np.linalg.inv(_information(unit, scores)) @ basis.T),
        scores=scores,
        treated=treated,
        design=x,
    )


def penalized_scores(treated: BoolArray, x: FloatArray) -> FloatArray | None:
    """The penalized propensities alone (n), for replicates by the thousand; None if they cannot be had.

    >>> x = np.array([[1.0, 10], [1, 14], [1, 18], [1, 20]])
    >>> model = fit_propensity(np.array([False, True, False, True]), x, ("intercept", "age"), ("C", "T"), "firth")
    >>> bool(np.allclose(penalized_scores(model.treated, x), model.scores))
    True
    """
    unit = x @ np.linalg.inv(np.linalg.qr(x, mode="r")) * np.sqrt(len(x))
    found = _maximize(unit, treated.astype(np.float64), "firth")
    return None if found is None else np.asarray(expit(unit @ found))


def score_contributions(model: Propensity) -> FloatArray:
    """What each patient adds to the equations that the coefficients solve (n x p; each column sums to zero).

    >>> found = propensity("CCCCTTTT", [("baseline", [10, 14, 18, 20, 15, 19, 24, 28])], arms="CT")
    >>> bool(abs(score_contributions(found).sum(axis=0)).max() < 1e-8)
    True
    """
    return _contributions(model.design, model.treated.astype(np.float64), model.scores, model.method)


def score_slope(model: Propensity) -> FloatArray:
    """Minus the derivative of the summed contributions by the coefficients (p x p), the penalty's part included.

    >>> found = propensity("CCCCTTTT", [("baseline", [10, 14, 18, 20, 15, 19, 24, 28])], arms="CT", method="logistic")
    >>> bool(np.allclose(score_slope(found) @ found.covariance, np.eye(2)))
    True
    """
    return _slope(model.design, model.scores, model.method)


def _design(covariates: Sequence[tuple[str, ArrayLike]], n: int) -> tuple[tuple[str, ...], FloatArray]:
    names = ("intercept", *(name for name, _ in covariates))
    if len(set(names)) != len(names):
        raise StatisticsError("covariates: a name is used twice; 'intercept' is taken.")
    columns = [np.ones(n)]
    for name, values in covariates:
        column = complete_numbers(values, name)
        if column.size != n:
            raise StatisticsError(f"{name}: {column.size} values for {n} patients.")
        if np.ptp(column) == 0.0:
            raise StatisticsError(f"{name}: all {n} values are {column[0]:g}; a constant says nothing about the arm.")
        columns.append(column)
    x = np.column_stack(columns)
    if aliased := aliased_columns(x, names):
        raise StatisticsError(f"covariates: {', '.join(aliased)} is a combination of the others; remove it.")
    if n <= x.shape[1]:
        raise StatisticsError(f"covariates: {x.shape[1] - 1} for {n} patients; take fewer.")
    return names, x


def _information(x: FloatArray, e: FloatArray) -> FloatArray:
    return np.asarray(x.T @ ((e * (1.0 - e))[:, None] * x))


def _contributions(x: FloatArray, y: FloatArray, e: FloatArray, method: PropensityMethod) -> FloatArray:
    residual = y - e
    if method == "firth":
        w = e * (1.0 - e)
        residual = residual + w * np.einsum("np,pq,nq->n", x, np.linalg.inv(_information(x, e)), x) * (0.5 - e)
    return np.asarray(residual[:, None] * x)


def _slope(x: FloatArray, e: FloatArray, method: PropensityMethod) -> FloatArray:
    w = e * (1.0 - e)
    information = _information(x, e)
    if method == "logistic":
        return information
    inverse = np.linalg.inv(information)
    leverage = w * np.einsum("np,pq,nq->n", x, inverse, x)
    third = np.einsum("n,nk,na,nb->kab", w * (1.0 - 2.0 * e), x, x, x)
    moved = inverse @ third @ inverse
    slope = (leverage * (1.0 - 2.0 * e))[:, None] * x - w[:, None] * np.einsum("na,kab,nb->nk", x, moved, x)
    return np.asarray(information + x.T @ ((leverage * w)[:, None] * x) - x.T @ ((0.5 - e)[:, None] * slope))


def _objective(x: FloatArray, y: FloatArray, beta: FloatArray, method: PropensityMethod) -> float:
    """The log-likelihood, with Firth's penalty; minus infinity where the information is singular."""
    eta = x @ beta
    value = float(y @ eta - np.logaddexp(0.0, eta).sum())
    if method == "logistic":
        return value
    sign, log_det = np.linalg.slogdet(_information(x, expit(eta)))
    return value + 0.5 * float(log_det) if sign > 0 else -np.inf


def _maximize(x: FloatArray, y: FloatArray, method: PropensityMethod) -> FloatArray | None:
    """Newton's method from no effect at all, by Fisher's information where the surface bends up; None if it fails."""
    beta = np.zeros(x.shape[1])
    value = _objective(x, y, beta, method)
    for _ in range(_ITERATIONS):
        e = expit(x @ beta)
        information = _information(x, e)
        eigenvalues = np.linalg.eigvalsh(information)
        if not eigenvalues[0] > 1e-12 * eigenvalues[-1]:
            return None
        score = _contributions(x, y, e, method).sum(axis=0)
        if float(score @ np.linalg.solve(information, score)) < _CONVERGED:
            return beta
        curvature = _slope(x, e, method)
        bends_down = float(np.linalg.eigvalsh(curvature + curvature.T)[0]) > 0.0
        step = np.linalg.solve(curvature if bends_down else information, score)
        decrement = float(score @ step)
        size = min(1.0, 5.0 / float(np.abs(x @ step).max()))
        tried = _objective(x, y, beta + size * step, method)
        while decrement > _CLOSE and not tried > value and size > 1e-6:
            size /= 2.0
            tried = _objective(x, y, beta + size * step, method)
        beta, value = beta + size * step, tried
    return None


def _is_separated(x: FloatArray, y: FloatArray) -> bool:
    """Is there a plane with all treated on or above it and all others on or below it, not all on it? (Konis 2007)"""
    from scipy.optimize import linprog  # loaded for the rare case alone: it takes a while

    signed = np.where(y > 0.5, 1.0, -1.0)[:, None] * x
    found = linprog(-signed.sum(axis=0), A_ub=-signed, b_ub=np.zeros(len(x)), bounds=(-1.0, 1.0), method="highs")
    return bool(-found.fun > _DIVIDED)
