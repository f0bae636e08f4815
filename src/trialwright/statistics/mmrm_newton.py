"""Finds the covariance that explains the repeated measurements best, by Newton's method, or says that it cannot."""

import numpy as np
from attrs import frozen

from trialwright.statistics.arguments import FloatArray, StatisticsError
from trialwright.statistics.batches import Engine, is_compiled
from trialwright.statistics.covariance_structures import CovarianceName, covariance_structure
from trialwright.statistics.log_cholesky import approach
from trialwright.statistics.mmrm_likelihood import Criterion, Information, Likelihood, Point, Slope
from trialwright.statistics.repeated_measures import Kernels, RepeatedMeasures, kernels

_CLOSE = 0.002  # Newton decrement below which the observed information takes over
_CONVERGED = 1e-12
_ROUNDING = 1e-9  # decrement below which the likelihood may no longer show an improvement
_ITERATIONS = 100
_SINGULAR = 1e-8  # smallest eigenvalue of a correlation matrix that still counts as positive definite


@frozen(kw_only=True, eq=False)
class MixedFit:
    """A converged fit: n patients, p coefficients, k covariance parameters (all groups together).

    Inside, the design is orthonormal: ``basis`` (p x p) turns its coefficients into those of the columns asked for.
    ``theta_covariance`` is the inverse of the observed information.
    """

    data: RepeatedMeasures
    likelihood: Likelihood
    point: Point
    slope: Slope
    theta_covariance: FloatArray
    basis: FloatArray
    coefficients: FloatArray
    minus_two_log: float
    iterations: int

    @property
    def n_observations(self) -> int:
        """Number of observed outcomes."""
        return self.likelihood.n_observations

    @property
    def covariance(self) -> FloatArray:
        """Covariance of the coefficients if the covariance of the outcomes were known (p x p)."""
        return np.asarray(self.basis @ self.point.phi @ self.basis.T)


def fit_mixed(
    data: RepeatedMeasures, covariance: CovarianceName, criterion: Criterion, engine: Engine = "numpy"
) -> MixedFit:
    """Fit a linear model with the given covariance structure to ``data``.

    The compiled engine climbs faster to the same maximum where it knows the way: one unstructured covariance by REML,
    without weights. Everywhere else, and where it does not converge, numpy takes over.

    Raises StatisticsError if the structure asks for what was not observed, or if the likelihood has no maximum that
    Newton's method finds inside the positive definite matrices.

    >>> from trialwright.statistics.repeated_measures import repeated_measures
    >>> data = repeated_measures([1.0, 2.0, 4.0, 3.0, 3.0, 6.0], "aabbcc", [1, 2] * 3,
    ...     [("mean", [1.0] * 6)], visits=(1, 2))
    >>> fit = fit_mixed(data, "compound symmetry", "REML")
    >>> round(float(fit.coefficients[0]), 4), fit.point.theta.round(4).tolist()
    (3.1667, [1.8333, 1.4167])
    """
    seen = data.observed
    x, y = data.design, np.where(seen, data.outcome, 0.0)
    q, r = data.factors
    basis = np.linalg.inv(r) * np.sqrt(len(q))
    first = basis @ (q.T @ y[seen]) / np.sqrt(len(q))
    columns = np.column_stack([x @ basis, np.where(seen, y - x @ first, 0.0)])
    found = kernels(data, columns)
    structure = covariance_structure(covariance, data.visits, found.distances)
    if structure.needs_every_pair:
        _refuse_unseen_pairs(found, data)
    likelihood = Likelihood(
        kernels=found,
        structure=structure,
        groups=len(data.groups),
        criterion=criterion,
        n_observations=int(seen.sum()),
    )
    slope, iterations = (is_compiled(engine) and _compiled_climb(likelihood)) or _maximize(likelihood)
    _refuse_singular(slope.point, data)
    shift = 2.0 * float(np.linalg.slogdet(basis)[1]) if criterion == "REML" else 0.0
    return MixedFit(
        data=data,
        likelihood=likelihood,
        point=slope.point,
        slope=slope,
        theta_covariance=_inverse(slope.information("observed")),
        basis=basis,
        coefficients=first + basis @ slope.point.beta,
        minus_two_log=slope.point.minus_two_log - shift,
        iterations=iterations,
    )


def _compiled_climb(likelihood: Likelihood) -> tuple[Slope, int] | None:
    """The maximum of one unstructured restricted likelihood, if the compiled climb finds it."""
    k = likelihood.kernels
    plain = k.table is not None and k.scale is None and likelihood.groups == 1
    if not plain or k.table is None or likelihood.structure.name != "unstructured" or likelihood.criterion != "REML":
        return None
    from trialwright.statistics import mmrm_climb_numba  # here, for it imports numba

    converged, iterations, sigma = mmrm_climb_numba.climb(_moments(likelihood)[0], k.size, k.pairs, k.table)
    point = likelihood.at(sigma[np.tril_indices(len(sigma))]) if converged else None
    return None if point is None else (point.slope(), iterations)


def _maximize(likelihood: Likelihood) -> tuple[Slope, int]:
    """Climb from the likeliest start; if that leads to the edge, from the others, then by expected information.

    For an unstructured covariance the last resort is the search in log-Cholesky parameters.
    """
    tried = 0
    ways: tuple[Information, ...] = ("average", "expected")
    for first in ways:
        for start in _starts(likelihood):
            slope, iterations = _climb(likelihood, start, first)
            tried += iterations
            if slope is not None:
                return slope, tried
    if likelihood.structure.name == "unstructured":
        for start in _starts(likelihood):
            near = approach(likelihood, start)
            slope, iterations = (None, 0) if near is None else _climb(likelihood, near, "expected")
            if slope is not None:
                return slope, tried + iterations
    raise StatisticsError(
        f"covariance: the {likelihood.criterion} fit with {likelihood.structure.name} did not converge: the likelihood "
        "has no maximum inside the positive definite matrices, so the data do not determine so many parameters. Choose "
        "a simpler structure, or declare a ladder of structures to fall down."
    )


def _climb(likelihood: Likelihood, point: Point, first: Information) -> tuple[Slope | None, int]:
    """Newton steps: ``first`` information far away, observed information near by, expected if that fails."""
    decrement = np.inf
    for iteration in range(1, _ITERATIONS + 1):
        slope = point.slope()
        if decrement > _CLOSE:
            step, decrement = _step(slope.gradient, slope.information(first))
        exact = decrement <= _CLOSE
        if exact:
            step, decrement = _step(slope.gradient, slope.information("observed"))
            if decrement < _CONVERGED:
                return _polished(likelihood, slope, step), iteration
        if not np.isfinite(decrement):
            exact = False
            step, decrement = _step(slope.gradient, slope.information("expected"))
        if not np.isfinite(decrement):
            return None, iteration
        moved = _descend(likelihood, point, step, decrement)
        if moved is None:
            return (slope if exact and decrement < _ROUNDING else None), iteration
        point, decrement = moved, decrement if exact else np.inf
    return None, _ITERATIONS


def _polished(likelihood: Likelihood, slope: Slope, step: FloatArray) -> Slope:
    """One last step: the decrement is quadratic in the distance left, so this reaches the last digits."""
    moved = likelihood.at(slope.point.theta - step)
    return slope if moved is None else moved.slope()


def _step(gradient: FloatArray, information: FloatArray) -> tuple[FloatArray, float]:
    """Newton's step and its decrement; infinite if the information is not positive definite."""
    scale = np.sqrt(np.abs(np.diag(information)))
    if not (np.isfinite(scale).all() and (scale > 0).all()):
        return gradient, np.inf
    try:
        root = np.linalg.inv(np.linalg.cholesky(information / np.outer(scale, scale)))
    except np.linalg.LinAlgError:
        return gradient, np.inf
    step = root.T @ (root @ (gradient / scale)) / scale
    return step, float(gradient @ step)


def _inverse(information: FloatArray) -> FloatArray:
    scale = np.sqrt(np.abs(np.diag(information)))
    try:
        root = np.linalg.inv(np.linalg.cholesky(information / np.outer(scale, scale)))
    except np.linalg.LinAlgError as error:
        raise StatisticsError("covariance: its parameters are not determined by the data; choose fewer.") from error
    return np.asarray(root.T @ root / np.outer(scale, scale))


def _descend(likelihood: Likelihood, point: Point, step: FloatArray, decrement: float) -> Point | None:
    """Halve the step until the covariance is positive definite and the likelihood does not fall."""
    slack = 1e-11 * abs(point.minus_two_log)
    for halving in range(40):
        moved = likelihood.at(point.theta - step * 0.5**halving)
        if moved is not None and moved.minus_two_log <= point.minus_two_log + (slack if decrement < 1e-6 else 0.0):
            return moved
    return None


def _starts(likelihood: Likelihood) -> list[Point]:
    """Starting values, likeliest first: the moments of least squares residuals, with correlations shrunk and without."""
    found: list[Point] = []
    for shrink in (1.0, 0.5, 0.0):
        moments = [shrink * m + (1.0 - shrink) * np.diag(np.diag(m)) for m in _moments(likelihood)]
        candidates = zip(*(likelihood.structure.starts(m) for m in moments), strict=True)
        points = [likelihood.at(np.concatenate(parts)) for parts in candidates]
        found.extend(point for point in points if point is not None)
    if not found:
        raise StatisticsError(f"covariance: {likelihood.structure.name} has no starting value for these data.")
    return sorted(found, key=lambda point: point.minus_two_log)


def _moments(likelihood: Likelihood) -> list[FloatArray]:
    """Pairwise covariances of the residuals of each group, off-diagonals shrunk until positive definite."""
    k = likelihood.kernels
    q = k.padded.shape[2]
    last = np.zeros((q, q))
    last[-1, -1] = 1.0
    sums = k.by_visit(last)
    if k.scale is not None:
        sums = sums / (k.scale[:, :, None] * k.scale[:, None, :])
    counts = k.size[:, None, None] * (k.observed[:, :, None] & k.observed[:, None, :])
    pooled = sums.sum(axis=0) / np.maximum(counts.sum(axis=0), 1.0)
    found = []
    for g in range(likelihood.groups):
        inside = k.group == g
        matrix = sums[inside].sum(axis=0) / np.maximum(counts[inside].sum(axis=0), 1.0)
        thin = np.diag(matrix) <= 1e-3 * np.diag(pooled)
        matrix[thin] = pooled[thin]
        matrix[:, thin] = pooled[:, thin]
        found.append(_shrunk(matrix))
    return found


def _shrunk(matrix: FloatArray) -> FloatArray:
    diagonal = np.diag(np.diag(matrix))
    for _ in range(200):
        if np.linalg.eigvalsh(matrix / np.sqrt(np.outer(np.diag(diagonal), np.diag(diagonal))))[0] > 0.05:
            break
        matrix = diagonal + 0.9 * (matrix - diagonal)
    return matrix


def _refuse_unseen_pairs(found: Kernels, data: RepeatedMeasures) -> None:
    for g, group in enumerate(data.groups):
        rows = found.observed[found.group == g].astype(float)
        together = (rows * found.size[found.group == g, None]).T @ rows
        for a, later in enumerate(data.visits):
            for b, earlier in enumerate(data.visits[: a + 1]):
                if together[a, b] < 2:
                    where = "" if len(data.groups) == 1 else f" in group {group}"
                    raise StatisticsError(
                        f"covariance: unstructured needs at least two patients seen at both {earlier} and {later}"
                        f"{where}, found {together[a, b]:.0f}; choose a simpler structure."
                    )


def _refuse_singular(point: Point, data: RepeatedMeasures) -> None:
    if point.likelihood.kernels.distances is not None:
        return
    for shape, group in zip(point.shapes, data.groups, strict=True):
        root = np.sqrt(np.diag(shape.value[0]))
        if np.linalg.eigvalsh(shape.value[0] / np.outer(root, root))[0] < _SINGULAR:
            raise StatisticsError(
                f"covariance: the {point.likelihood.structure.name} matrix of group {group} has become singular; "
                "choose a simpler structure, or declare a ladder of structures to fall down."
            )
