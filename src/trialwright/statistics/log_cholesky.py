"""A second road to the best unstructured covariance, for data on which Newton's steps run into the edge of what is possible."""

import numpy as np

from trialwright.statistics.arguments import FloatArray
from trialwright.statistics.mmrm_likelihood import Likelihood, Point

_STEPS = 300
_EDGE = 1e-7  # squared ratio of a conditional to a marginal standard deviation at which the search has met the edge
_NEAR = 1e-4  # slope (in log-Cholesky parameters) at which Newton's method may take over


def approach(likelihood: Likelihood, start: Point) -> Point | None:
    """Minimize over Sigma = L L' with log-diagonal L by quasi-Newton (BFGS) steps, which cannot leave the inside.

    Only for unstructured covariances; each group has its own L. Gives a point near a maximum of the likelihood, or
    None if the search ends at a singular matrix.

    >>> from trialwright.statistics.covariance_structures import covariance_structure
    >>> from trialwright.statistics.repeated_measures import kernels, repeated_measures
    >>> data = repeated_measures([1.0, 2.0, 4.0, 3.0, 3.0, 6.0], "aabbcc", [1, 2] * 3,
    ...     [("mean", [1.0] * 6)], visits=(1, 2))
    >>> likelihood = Likelihood(kernels=kernels(data, np.column_stack([data.design, data.outcome])),
    ...     structure=covariance_structure("unstructured", data.visits), groups=1, criterion="REML", n_observations=6)
    >>> approach(likelihood, likelihood.at(np.array([1.0, 0.0, 1.0]))).theta.round(2).tolist()
    [2.31, 1.4, 4.15]
    """
    m = len(likelihood.structure.visits)
    x = _to_root(start.theta, m)
    point, slope = start, _slope(start, x, m)
    inverse = np.eye(x.size) / max(1.0, float(np.linalg.norm(slope)))
    for _ in range(_STEPS):
        if float(np.linalg.norm(slope)) < _NEAR:
            return point
        direction = -inverse @ slope
        if float(direction @ slope) >= 0.0:
            inverse, direction = np.eye(x.size), -slope
        moved = _search(likelihood, point, x, direction, float(direction @ slope), m)
        if moved is None:
            return point if float(np.linalg.norm(slope)) < 100 * _NEAR else None
        new_x, point = moved
        new_slope = _slope(point, new_x, m)
        inverse = _updated(inverse, new_x - x, new_slope - slope)
        x, slope = new_x, new_slope
        if _at_edge(x, m):
            return None
    return None


def _search(
    likelihood: Likelihood, point: Point, x: FloatArray, direction: FloatArray, fall: float, m: int
) -> tuple[FloatArray, Point] | None:
    """Backtrack until half the log-likelihood falls by a ten-thousandth of what the slope promises."""
    size = min(1.0, 2.0 / float(np.abs(direction).max()))
    for _ in range(30):
        moved = likelihood.at(_to_theta(x + size * direction, m))
        if moved is not None and 0.5 * (moved.minus_two_log - point.minus_two_log) <= 1e-4 * size * fall:
            return x + size * direction, moved
        size *= 0.5
    return None


def _updated(inverse: FloatArray, step: FloatArray, change: FloatArray) -> FloatArray:
    """The BFGS update of the inverse curvature; skipped where the curvature along the step is not positive."""
    along = float(step @ change)
    if along <= 1e-12 * float(np.linalg.norm(step) * np.linalg.norm(change)):
        return inverse
    left = np.eye(step.size) - np.outer(step, change) / along
    return np.asarray(left @ inverse @ left.T + np.outer(step, step) / along)


def _roots(x: FloatArray, m: int) -> FloatArray:
    """Lower triangular roots of all groups (g x m x m); x holds logarithms on the diagonals."""
    parts = x.reshape(-1, m * (m + 1) // 2)
    roots = np.zeros((len(parts), m, m))
    rows, columns = np.tril_indices(m)
    roots[:, rows, columns] = parts
    diagonal = np.arange(m)
    roots[:, diagonal, diagonal] = np.exp(roots[:, diagonal, diagonal])
    return roots


def _to_theta(x: FloatArray, m: int) -> FloatArray:
    roots = _roots(x, m)
    rows, columns = np.tril_indices(m)
    return np.asarray((roots @ roots.transpose(0, 2, 1))[:, rows, columns].ravel())


def _to_root(theta: FloatArray, m: int) -> FloatArray:
    rows, columns = np.tril_indices(m)
    parts = []
    for part in theta.reshape(-1, rows.size):
        matrix = np.zeros((m, m))
        matrix[rows, columns] = matrix[columns, rows] = part
        root = np.linalg.cholesky(matrix)
        root[np.diag_indices(m)] = np.log(np.diag(root))
        parts.append(root[rows, columns])
    return np.concatenate(parts)


def _slope(point: Point, x: FloatArray, m: int) -> FloatArray:
    """The gradient by the chain rule: d tr(G L L') = 2 (G L) on the lower triangle, times L_ii for log-diagonals."""
    rows, columns = np.tril_indices(m)
    roots = _roots(x, m)
    half = point.slope().gradient.reshape(-1, rows.size) * np.where(rows == columns, 1.0, 0.5)
    matrices = np.zeros_like(roots)
    matrices[:, rows, columns] = matrices[:, columns, rows] = half
    found = 2.0 * matrices @ roots
    found[:, np.arange(m), np.arange(m)] *= roots[:, np.arange(m), np.arange(m)]
    return np.asarray(found[:, rows, columns].ravel())


def _at_edge(x: FloatArray, m: int) -> bool:
    roots = _roots(x, m)
    conditional = np.einsum("gaa->ga", roots) ** 2
    return bool((conditional < _EDGE * (roots**2).sum(axis=2)).any())
