"""What a fitted mixed model says about single patients: residuals, the outcomes expected where missing, new trials."""

from typing import Literal, get_args

import numpy as np
from attrs import frozen
from numpy.typing import ArrayLike

from trialwright.statistics.arguments import FloatArray, StatisticsError
from trialwright.statistics.least_squares import Estimate
from trialwright.statistics.mmrm import Mmrm

ResidualKind = Literal["raw", "pearson", "normalized"]


@frozen(kw_only=True)
class ConditionalPrediction:
    """The outcome expected at a missing visit, given what was observed of the same patient, and its spread."""

    subject: str
    visit: str
    mean: float
    standard_deviation: float


def predicted_means(model: Mmrm, rows: ArrayLike) -> tuple[Estimate, ...]:
    """Estimate the mean outcome of new rows of the design (rows x columns asked for), with its t interval.

    >>> from trialwright.statistics.mmrm import mmrm
    >>> model = mmrm([1.0, 2.0, 4.0, 3.0, 3.0, 6.0], "aabbcc", [1, 2] * 3,
    ...     [("mean", [1.0] * 6), ("visit 2", [0.0, 1.0] * 3)], visits=(1, 2))
    >>> round(predicted_means(model, [[1.0, 1.0]])[0].value, 4)
    3.6667
    """
    return tuple(model.estimate(row) for row in np.atleast_2d(np.asarray(rows, dtype=np.float64)))


def mmrm_residuals(model: Mmrm, kind: ResidualKind = "raw") -> FloatArray:
    """Residuals of the observed outcomes, one for each row handed in (NaN where no outcome was observed).

    ``raw`` is observed minus fitted; ``pearson`` divides by the outcome's standard deviation; ``normalized``
    multiplies each patient's residuals, in order of visits, by the inverse Cholesky root of their covariance, so
    that they are uncorrelated with variance one if the model is right.

    >>> from trialwright.statistics.mmrm import mmrm
    >>> model = mmrm([1.0, 2.0, 4.0, 3.0, 3.0, 6.0], "aabbcc", [1, 2] * 3,
    ...     [("mean", [1.0] * 6), ("visit 2", [0.0, 1.0] * 3)], visits=(1, 2))
    >>> mmrm_residuals(model).round(4).tolist()
    [-1.6667, -1.6667, 1.3333, -0.6667, 0.3333, 2.3333]
    """
    if kind not in get_args(ResidualKind):
        raise StatisticsError(f"kind: {kind!r} is not one of {', '.join(get_args(ResidualKind))}.")
    fit, data = model.fit, model.fit.data
    raw = data.outcome - data.design @ fit.coefficients
    k = fit.likelihood.kernels
    grid = np.zeros((len(data.subjects), len(data.visits)))
    at = (data.position[0][data.observed], data.position[1][data.observed])
    grid[at] = raw[data.observed]
    sigma = np.where(k.observed[:, :, None] & k.observed[:, None, :], fit.point.sigma, np.eye(len(data.visits)))
    if kind == "pearson":
        grid = grid / np.sqrt(np.einsum("kaa->ka", sigma))[k.kernel_of]
    elif kind == "normalized":
        grid = np.einsum("nab,nb->na", np.linalg.inv(np.linalg.cholesky(sigma))[k.kernel_of], grid)
    found = np.full(data.used.size, np.nan)
    found[np.flatnonzero(data.used)] = grid[at]
    return found


def predict_missing(model: Mmrm) -> tuple[ConditionalPrediction, ...]:
    """Expected outcomes of the rows that were handed in without an outcome, under missing at random.

    mean_2 + S21 S11^-1 (y_1 - mean_1), with the estimated means and covariance taken as known: the standard deviation
    is that of one patient around this value.

    Raises StatisticsError for a spatial or weighted covariance, in which a missing visit has no place.

    >>> from trialwright.statistics.mmrm import mmrm
    >>> model = mmrm([1.0, 2.0, 4.0, 3.0, 3.0, 6.0, 2.0, float("nan")], "aabbccdd", [1, 2] * 4,
    ...     [("mean", [1.0] * 8), ("visit 2", [0.0, 1.0] * 4)], visits=(1, 2))
    >>> [(one.subject, one.visit, round(one.mean, 4)) for one in predict_missing(model)]
    [('d', '2', 3.2857)]
    """
    fit, data = model.fit, model.fit.data
    if data.weights is not None or data.coordinates is not None:
        raise StatisticsError("predict_missing: a weighted or spatial covariance says nothing about a missing visit.")
    means = data.design @ fit.coefficients
    found: list[ConditionalPrediction] = []
    for i in np.unique(data.position[0][~data.observed]):
        rows = np.flatnonzero(data.position[0] == i)
        rows = rows[np.argsort(data.position[1][rows])]
        sigma = fit.point.shapes[data.group_of[i]].value[0]
        known, unknown = rows[data.observed[rows]], rows[~data.observed[rows]]
        a, b = data.position[1][known], data.position[1][unknown]
        slope = np.linalg.solve(sigma[np.ix_(a, a)], sigma[np.ix_(a, b)]).T
        expected = means[unknown] + slope @ (data.outcome[known] - means[known])
        spread = np.sqrt(np.diag(sigma[np.ix_(b, b)] - slope @ sigma[np.ix_(a, b)]))
        found.extend(
            ConditionalPrediction(
                subject=data.subjects[i], visit=data.visits[v], mean=float(mean), standard_deviation=float(sd)
            )
            for v, mean, sd in zip(b, expected, spread, strict=True)
        )
    return tuple(found)


def simulate_outcomes(model: Mmrm, generator: np.random.Generator, draws: int) -> FloatArray:
    """Draw new outcomes for the observed rows from the fitted model (draws x rows handed in; NaN where missing).

    >>> from trialwright.statistics.mmrm import mmrm
    >>> model = mmrm([1.0, 2.0, 4.0, 3.0, 3.0, 6.0], "aabbcc", [1, 2] * 3,
    ...     [("mean", [1.0] * 6), ("visit 2", [0.0, 1.0] * 3)], visits=(1, 2))
    >>> simulate_outcomes(model, np.random.Generator(np.random.Philox(1)), 2).shape
    (2, 6)
    """
    if draws < 1:
        raise StatisticsError(f"draws: {draws}; at least 1 needed.")
    fit, data = model.fit, model.fit.data
    k = fit.likelihood.kernels
    inside = k.observed[:, :, None] & k.observed[:, None, :]
    root = np.linalg.cholesky(np.where(inside, fit.point.sigma, np.eye(len(data.visits))))[k.kernel_of]
    noise = np.einsum("nab,dnb->dna", root, generator.standard_normal((draws, *root.shape[:2])))
    at = (data.position[0][data.observed], data.position[1][data.observed])
    found = np.full((draws, data.used.size), np.nan)
    means = (data.design @ fit.coefficients)[data.observed]
    found[:, np.flatnonzero(data.used)] = means + noise[:, at[0], at[1]]
    return found
