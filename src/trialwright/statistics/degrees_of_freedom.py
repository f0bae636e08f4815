"""How much an estimate's own standard error can be trusted: Satterthwaite, between-within and residual degrees of freedom."""

from collections.abc import Callable

import numpy as np
from attrs import frozen

from trialwright.statistics.arguments import FloatArray, StatisticsError
from trialwright.statistics.mmrm_newton import MixedFit

_SINGULAR = 1e-10  # smallest eigenvalue of a correlation matrix that still counts as positive definite


@frozen(kw_only=True, eq=False)
class Inference:
    """A covariance of the p coefficients, and how to test with it.

    ``degrees`` gives the degrees of freedom of one combination (p weights); ``test`` gives F and its denominator
    degrees of freedom for q independent combinations (q x p), given the coefficients.
    """

    name: str
    covariance: FloatArray
    degrees: Callable[[FloatArray], float]
    test: Callable[[FloatArray, FloatArray], tuple[float, float]]


def satterthwaite(fit: MixedFit) -> Inference:
    """Model-based covariance; degrees of freedom match the variance's own variance (Fai and Cornelius 1996).

    >>> from trialwright.statistics.mmrm import mmrm
    >>> fit = mmrm([1.0, 2.0, 4.0, 3.0, 3.0, 6.0], "aabbcc", [1, 2] * 3, [("mean", [1.0] * 6)], visits=(1, 2),
    ...     covariance="compound symmetry", inference="satterthwaite")
    >>> round(fit.coefficient("mean").df, 4)
    2.0
    """
    covariance = fit.covariance
    return _by_direction("Satterthwaite", covariance, lambda row: satterthwaite_degrees(fit, row))


def satterthwaite_degrees(fit: MixedFit, row: FloatArray) -> float:
    """2 (c'Phi c)^2 over the variance of c'Phi c, for one combination c of the coefficients.

    >>> from trialwright.statistics.mmrm_newton import fit_mixed
    >>> from trialwright.statistics.repeated_measures import repeated_measures
    >>> data = repeated_measures([1.0, 2.0, 4.0, 3.0, 3.0, 6.0], "aabbcc", [1, 2] * 3,
    ...     [("mean", [1.0] * 6)], visits=(1, 2))
    >>> round(satterthwaite_degrees(fit_mixed(data, "compound symmetry", "REML"), np.ones(1)), 4)
    2.0
    """
    c = fit.basis.T @ row
    u = fit.point.phi @ c
    slope = (fit.slope.p_matrices @ u) @ u
    return float(2.0 * (c @ u) ** 2 / (slope @ fit.theta_covariance @ slope))


def between_within(fit: MixedFit) -> Inference:
    """Columns that vary within a patient get the within-patient degrees of freedom, the others those between patients.

    The intercept counts as a column between patients and is tested within them (Pinheiro and Bates 2000); a
    combination takes the smallest degrees of freedom of the columns it uses.

    >>> from trialwright.statistics.mmrm import mmrm
    >>> fit = mmrm([1.0, 2.0, 4.0, 3.0, 3.0, 6.0], "aabbcc", [1, 2] * 3,
    ...     [("mean", [1.0] * 6), ("visit 2", [0.0, 1.0] * 3)], visits=(1, 2), inference="between-within")
    >>> fit.coefficient("visit 2").df
    2.0
    """
    data, covariance = fit.data, fit.covariance
    x, who = data.design[data.observed], data.position[0][data.observed]
    first = np.unique(who, return_index=True)[1]
    within = (x != x[first][who]).any(axis=0)
    constant = (x == x[0]).all(axis=0) & (x[0] != 0)
    n = len(data.subjects)
    between_df, within_df = n - int((~within).sum()), fit.n_observations - n - int(within.sum())
    by_column = np.where(within | constant, within_df, between_df).astype(float)

    def degrees(rows: FloatArray) -> float:
        used = np.abs(np.atleast_2d(rows)).max(axis=0)
        return float(by_column[used > 1e-12 * used.max()].min())

    return Inference(
        name="between-within",
        covariance=covariance,
        degrees=degrees,
        test=lambda rows, beta: (wald_f(rows, beta, covariance), degrees(rows)),
    )


def residual(fit: MixedFit) -> Inference:
    """Number of observed outcomes minus number of coefficients: too many where a patient is seen repeatedly.

    >>> from trialwright.statistics.mmrm import mmrm
    >>> fit = mmrm([1.0, 2.0, 4.0, 3.0, 3.0, 6.0], "aabbcc", [1, 2] * 3, [("mean", [1.0] * 6)], visits=(1, 2),
    ...     inference="residual")
    >>> fit.coefficient("mean").df
    5.0
    """
    df, covariance = float(fit.n_observations - fit.coefficients.size), fit.covariance
    return Inference(
        name="residual",
        covariance=covariance,
        degrees=lambda row: df,
        test=lambda rows, beta: (wald_f(rows, beta, covariance), df),
    )


def wald_f(rows: FloatArray, beta: FloatArray, covariance: FloatArray) -> float:
    """The Wald statistic of q combinations, divided by q.

    Raises StatisticsError if their covariance is singular: an empirical one has no higher rank than there are patients.

    >>> wald_f(np.eye(2), np.array([2.0, 1.0]), np.eye(2))
    2.5
    """
    value, spread = rows @ beta, rows @ covariance @ rows.T
    scale = np.sqrt(np.abs(np.diag(spread)))
    if not (scale > 0).all() or np.linalg.eigvalsh(spread / np.outer(scale, scale))[0] < _SINGULAR:
        raise StatisticsError(
            f"inference: so few patients cannot judge {len(rows)} combinations at once; test fewer, or choose a "
            "model-based method."
        )
    return float(value @ np.linalg.solve(spread, value)) / len(rows)


def _by_direction(name: str, covariance: FloatArray, degrees: Callable[[FloatArray], float]) -> Inference:
    return Inference(
        name=name,
        covariance=covariance,
        degrees=degrees,
        test=lambda rows, beta: (wald_f(rows, beta, covariance), directional_degrees(rows, covariance, degrees)),
    )


def directional_degrees(rows: FloatArray, covariance: FloatArray, degrees: Callable[[FloatArray], float]) -> float:
    """Denominator degrees of freedom of F for q combinations, from those of q independent directions.

    With degrees of freedom nu_l and E = sum of nu_l / (nu_l - 2) over nu_l > 2 the result is 2 E / (E - q); two if
    a direction has two or fewer; the common value if they are equal (Fai and Cornelius 1996).

    >>> directional_degrees(np.eye(2), np.eye(2), lambda row: 8.0)
    8.0
    """
    _, vectors = np.linalg.eigh(rows @ covariance @ rows.T)
    nus = np.array([degrees(direction @ rows) for direction in vectors.T])
    if np.ptp(nus) <= 1e-8 * nus.max():
        return float(nus.mean())
    if (nus <= 2).any():
        return 2.0
    expected = float((nus / (nus - 2)).sum())
    return 2 * expected / (expected - len(rows))
