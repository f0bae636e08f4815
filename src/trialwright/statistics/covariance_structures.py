"""How a patient's repeated measurements hang together: nine shapes of covariance, in the parameters that SAS uses."""

from collections.abc import Callable
from typing import Literal, get_args

import numpy as np
from attrs import frozen

from trialwright.statistics.arguments import FloatArray, StatisticsError

CovarianceName = Literal[
    "unstructured",
    "autoregressive",
    "heterogeneous autoregressive",
    "compound symmetry",
    "heterogeneous compound symmetry",
    "toeplitz",
    "heterogeneous toeplitz",
    "ante-dependence",
    "heterogeneous ante-dependence",
    "spatial exponential",
]

_FARTHEST = 1e9  # times the typical distance: a range that no measurement can tell from infinity


@frozen(kw_only=True)
class Expansion:
    """A covariance matrix with its derivatives in each of its k parameters.

    ``value`` is u x m x m, ``first`` u x k x m x m, ``second`` u x k x k x m x m, or None where it is zero. u is 1
    where all patients share their visits, and the number of sets of coordinates where they do not.
    """

    value: FloatArray
    first: FloatArray
    second: FloatArray | None


@frozen(kw_only=True)
class CovarianceStructure:
    """One shape of covariance for m visits: its parameters' names, where to start, and its value with derivatives."""

    name: CovarianceName
    visits: tuple[str, ...]
    parameters: tuple[str, ...]
    starts: Callable[[FloatArray], tuple[FloatArray, ...]]
    expand: Callable[[FloatArray], Expansion]
    needs_every_pair: bool = False


def covariance_structure(
    name: CovarianceName, visits: tuple[str, ...], distances: FloatArray | None = None
) -> CovarianceStructure:
    """Build the structure ``name`` for the ordered ``visits``.

    ``distances`` (u x m x m) belongs to "spatial exponential" alone, whose correlation is exp(-distance/range).

    Raises StatisticsError for an unknown name, or distances that are missing or not wanted.

    >>> structure = covariance_structure("heterogeneous autoregressive", ("w4", "w8"))
    >>> structure.parameters
    ('variance w4', 'variance w8', 'correlation')
    >>> structure.expand(np.array([4.0, 9.0, 0.5])).value[0].tolist()
    [[4.0, 3.0], [3.0, 9.0]]
    """
    if name not in get_args(CovarianceName):
        raise StatisticsError(f"covariance: {name!r} is not one of {', '.join(get_args(CovarianceName))}.")
    if (name == "spatial exponential") != (distances is not None):
        raise StatisticsError(f"coordinates: {'needed' if distances is None else 'not used'} for {name}.")
    if name == "unstructured":
        return _linear(name, visits, _unstructured_basis(visits), needs_every_pair=True)
    if name == "compound symmetry":
        ones, eye = np.ones((len(visits), len(visits))), np.eye(len(visits))
        return _linear(name, visits, (("residual variance", eye), ("covariance", ones)))
    if name == "toeplitz":
        return _linear(name, visits, tuple((_lag_name(lag), _lag(len(visits), lag)) for lag in range(len(visits))))
    if distances is not None:
        return _spatial(visits, distances)
    return _scaled(name, visits)


def correlation_start(matrix: FloatArray) -> FloatArray:
    """Turn a covariance matrix into correlations.

    >>> correlation_start(np.array([[4.0, 3.0], [3.0, 9.0]])).tolist()
    [[1.0, 0.5], [0.5, 1.0]]
    """
    scale = np.sqrt(np.diag(matrix))
    return np.asarray(matrix / np.outer(scale, scale))


def _linear(
    name: CovarianceName,
    visits: tuple[str, ...],
    basis: tuple[tuple[str, FloatArray], ...],
    *,
    needs_every_pair: bool = False,
) -> CovarianceStructure:
    """A structure that is a weighted sum of known matrices: its second derivatives are zero."""
    matrices = np.array([matrix for _, matrix in basis])
    flat = matrices.reshape(len(basis), -1)

    def expand(theta: FloatArray) -> Expansion:
        value = (theta @ flat).reshape(1, len(visits), len(visits))
        return Expansion(value=value, first=matrices[None], second=None)

    def starts(moments: FloatArray) -> tuple[FloatArray, ...]:
        return (np.linalg.lstsq(flat.T, moments.ravel(), rcond=None)[0],)

    return CovarianceStructure(
        name=name,
        visits=visits,
        parameters=tuple(label for label, _ in basis),
        starts=starts,
        expand=expand,
        needs_every_pair=needs_every_pair,
    )


def _unstructured_basis(visits: tuple[str, ...]) -> tuple[tuple[str, FloatArray], ...]:
    basis = []
    for row, later in enumerate(visits):
        for column, earlier in enumerate(visits[: row + 1]):
            matrix = np.zeros((len(visits), len(visits)))
            matrix[row, column] = matrix[column, row] = 1.0
            basis.append((f"variance {later}" if row == column else f"covariance {earlier}, {later}", matrix))
    return tuple(basis)


def _lag(m: int, lag: int) -> FloatArray:
    """The m x m matrix with ones where two visits are ``lag`` visits apart."""
    return np.asarray(np.eye(m, k=lag) + (np.eye(m, k=-lag) if lag else 0.0))


def _lag_name(lag: int) -> str:
    return f"covariance at lag {lag}" if lag else "variance"


def _scaled(name: CovarianceName, visits: tuple[str, ...]) -> CovarianceStructure:
    """Standard deviations (common or by visit) times a correlation matrix with its own parameters."""
    m = len(visits)
    by_visit = name.startswith("heterogeneous")
    family = name.removeprefix("heterogeneous ")
    labels, start, correlate = _CORRELATIONS[family](m)
    variances = tuple(f"variance {visit}" for visit in visits) if by_visit else ("variance",)

    def expand(theta: FloatArray) -> Expansion:
        scale = _scale_by_visit(theta[:m]) if by_visit else _common_scale(float(theta[0]), m)
        return _product(scale, correlate(theta[len(variances) :]))

    def starts(moments: FloatArray) -> tuple[FloatArray, ...]:
        diagonal = np.diag(moments)
        first = diagonal if by_visit else np.array([diagonal.mean()])
        correlations = np.clip(start(correlation_start(moments)), -0.95 / max(1, m - 1), 0.95)
        return (np.concatenate([first, correlations]),)

    return CovarianceStructure(name=name, visits=visits, parameters=(*variances, *labels), starts=starts, expand=expand)


def _spatial(visits: tuple[str, ...], distances: FloatArray) -> CovarianceStructure:
    """A common variance and a correlation that dies away with distance: exp(-distance/range)."""
    positive = distances[distances > 0]
    typical = float(np.median(positive)) if positive.size else 1.0

    def expand(theta: FloatArray) -> Expansion:
        variance, reach = theta
        if not 0.0 < reach < _FARTHEST * typical:  # beyond it all correlations are one
            return Expansion(value=-np.ones_like(distances), first=np.zeros((1, 2, 1, 1)), second=None)
        r = np.exp(-distances / reach)
        slope = r * distances / reach**2
        bend = r * (distances**2 / reach**4 - 2 * distances / reach**3)
        first = np.stack([r, variance * slope], axis=1)
        second = np.zeros((len(r), 2, 2, *r.shape[1:]))
        second[:, 0, 1] = second[:, 1, 0] = slope
        second[:, 1, 1] = variance * bend
        return Expansion(value=variance * r, first=first, second=second)

    def starts(moments: FloatArray) -> tuple[FloatArray, ...]:
        variance = float(np.diag(moments).mean())
        return tuple(np.array([variance, typical * factor]) for factor in (1.0, 0.3, 3.0, 0.1, 10.0))

    return CovarianceStructure(
        name="spatial exponential", visits=visits, parameters=("variance", "range"), starts=starts, expand=expand
    )


Matrices = tuple[FloatArray, FloatArray, FloatArray]  # value m x m, first k x m x m, second k x k x m x m


def _product(scale: Matrices, correlation: Matrices) -> Expansion:
    """Element by element product of a matrix of scales and one of correlations, with its derivatives."""
    (s, ds, d2s), (r, dr, d2r) = scale, correlation
    a, b = len(ds), len(dr)
    second = np.zeros((a + b, a + b, *s.shape))
    second[:a, :a] = d2s * r
    second[:a, a:] = ds[:, None] * dr[None]
    second[a:, :a] = second[:a, a:].transpose(1, 0, 2, 3)
    second[a:, a:] = s * d2r
    return Expansion(value=(s * r)[None], first=np.concatenate([ds * r, s * dr])[None], second=second[None])


def _common_scale(variance: float, m: int) -> Matrices:
    ones = np.ones((m, m))
    return variance * ones, ones[None], np.zeros((1, 1, m, m))


def _scale_by_visit(variances: FloatArray) -> Matrices:
    """sqrt(v_i v_j) with its derivatives; a variance that is not positive gives a matrix that is refused."""
    m = variances.size
    if (variances <= 0).any():
        return -np.ones((m, m)), np.zeros((m, m, m)), np.zeros((m, m, m, m))
    root, eye = np.sqrt(variances), np.eye(m)
    slope, bend = eye / (2 * root), -eye / (4 * root**3)
    first = slope[:, :, None] * root + root[:, None] * slope[:, None, :]
    second = slope[:, None, :, None] * slope[None, :, None, :]
    second = second + second.transpose(1, 0, 2, 3)
    for i in range(m):
        second[i, i] += np.outer(bend[i], root) + np.outer(root, bend[i])
    return np.outer(root, root), first, second


Correlation = tuple[tuple[str, ...], Callable[[FloatArray], FloatArray], Callable[[FloatArray], Matrices]]


def _autoregressive(m: int) -> Correlation:
    lag = np.abs(np.subtract.outer(np.arange(m), np.arange(m)))

    def correlate(rho: FloatArray) -> Matrices:
        powers = rho[0] ** np.arange(m)
        first = np.arange(m) * np.concatenate([[0.0], powers[: m - 1]])
        second = np.arange(m) * (np.arange(m) - 1) * np.concatenate([[0.0, 0.0], powers])[:m]
        return powers[lag], first[lag][None], second[lag][None, None]

    return ("correlation",), lambda r: np.array([np.diag(r, 1).mean() if m > 1 else 0.0]), correlate


def _compound_symmetry(m: int) -> Correlation:
    others = np.ones((m, m)) - np.eye(m)

    def correlate(rho: FloatArray) -> Matrices:
        return np.eye(m) + rho[0] * others, others[None], np.zeros((1, 1, m, m))

    return ("correlation",), lambda r: np.array([(r.sum() - m) / max(1, m * (m - 1))]), correlate


def _toeplitz(m: int) -> Correlation:
    lags = np.array([_lag(m, lag) for lag in range(1, m)]).reshape(m - 1, m, m)

    def correlate(rho: FloatArray) -> Matrices:
        value = np.eye(m) + np.tensordot(rho, lags, axes=1)
        return value, lags, np.zeros((m - 1, m - 1, m, m))

    labels = tuple(f"correlation at lag {lag}" for lag in range(1, m))
    return labels, lambda r: np.array([np.diag(r, lag).mean() for lag in range(1, m)]), correlate


def _ante_dependence(m: int) -> Correlation:
    """corr(i, j) is the product of the neighbors' correlations between i and j."""
    between = np.array(
        [[[min(i, j) <= at < max(i, j) for j in range(m)] for i in range(m)] for at in range(m - 1)]
    ).reshape(m - 1, m, m)

    def product(rho: FloatArray, left_out: tuple[int, ...]) -> FloatArray:
        factors = np.where(between, rho[:, None, None], 1.0)
        for place in left_out:
            factors[place] = between[place]
        return np.asarray(factors.prod(axis=0))

    def correlate(rho: FloatArray) -> Matrices:
        first = np.array([product(rho, (h,)) for h in range(m - 1)]).reshape(m - 1, m, m)
        second = np.zeros((m - 1, m - 1, m, m))
        for h in range(m - 1):
            for j in range(h):
                second[h, j] = second[j, h] = product(rho, (h, j))
        return product(rho, ()), first, second

    labels = tuple(f"correlation of neighbors {place}" for place in range(1, m))
    return labels, lambda r: np.diag(r, 1).copy(), correlate


_CORRELATIONS: dict[str, Callable[[int], Correlation]] = {
    "autoregressive": _autoregressive,
    "compound symmetry": _compound_symmetry,
    "toeplitz": _toeplitz,
    "ante-dependence": _ante_dependence,
}
