"""How well a covariance explains repeated measurements: the (restricted) likelihood, its slope and its curvature."""

from math import log, pi
from typing import Literal

import numpy as np
from attrs import frozen

from trialwright.statistics.arguments import FloatArray
from trialwright.statistics.covariance_structures import CovarianceStructure, Expansion
from trialwright.statistics.repeated_measures import Kernels

Criterion = Literal["REML", "ML"]
Information = Literal["observed", "expected", "average"]


@frozen(kw_only=True, eq=False)
class Likelihood:
    """What is fitted: sums of the data by kernel, the shape of covariance, g groups of k parameters each.

    The data's q columns are p of the design and one of the outcome.

    >>> from trialwright.statistics.covariance_structures import covariance_structure
    >>> from trialwright.statistics.repeated_measures import kernels, repeated_measures
    >>> data = repeated_measures([1.0, 2.0, 4.0, 3.0, 3.0, 6.0], "aabbcc", [1, 2] * 3,
    ...     [("mean", [1.0] * 6)], visits=(1, 2))
    >>> likelihood = Likelihood(kernels=kernels(data, np.column_stack([data.design, data.outcome])), groups=1,
    ...     structure=covariance_structure("compound symmetry", data.visits), criterion="ML", n_observations=6)
    >>> point = likelihood.at(np.array([2.0, 0.0]))
    >>> round(point.minus_two_log, 4), point.slope().gradient.round(4).tolist()
    (22.6028, [-0.3542, -0.8333])
    >>> likelihood.at(np.array([1.0, -2.0])) is None
    True
    """

    kernels: Kernels
    structure: CovarianceStructure
    groups: int
    criterion: Criterion
    n_observations: int

    @property
    def size(self) -> int:
        """Number of parameters, all groups together."""
        return self.groups * len(self.structure.parameters)

    def expand(self, theta: FloatArray) -> list[Expansion]:
        """The covariance of each group with its derivatives."""
        return [self.structure.expand(part) for part in theta.reshape(self.groups, -1)]

    def at(self, theta: FloatArray) -> "Point | None":
        """The likelihood at ``theta``; None if a covariance there is not positive definite."""
        k, shapes = self.kernels, self.expand(theta)
        sigma = self._spread(np.array([shape.value for shape in shapes]))
        inside = k.observed[:, :, None] & k.observed[:, None, :]
        whole = k.distances is None
        try:
            root = np.linalg.cholesky(np.where(inside, sigma, np.eye(sigma.shape[-1])))
            if whole:
                np.linalg.cholesky(np.array([shape.value[0] for shape in shapes]))
        except np.linalg.LinAlgError:
            return None
        inverse_root = np.linalg.inv(root) * inside
        inverse = inverse_root.transpose(0, 2, 1) @ inverse_root
        log_determinant = 2.0 * float(k.size @ np.log(np.einsum("kaa->ka", root)).sum(axis=1))
        sums = k.summed(inverse)
        a, b, yy = sums[:-1, :-1], sums[:-1, -1], float(sums[-1, -1])
        try:
            factor = np.linalg.cholesky(a)
        except np.linalg.LinAlgError:
            return None
        inverse_factor = np.linalg.inv(factor)
        phi = inverse_factor.T @ inverse_factor
        beta = phi @ b
        restricted = self.criterion == "REML"
        value = (self.n_observations - restricted * len(b)) * log(2 * pi) + log_determinant + yy - float(b @ beta)
        if restricted:
            value += 2.0 * float(np.log(np.diag(factor)).sum())
        return Point(
            likelihood=self,
            theta=theta,
            shapes=shapes,
            sigma=sigma,
            inverse=inverse,
            beta=beta,
            phi=phi,
            minus_two_log=value,
        )

    def _spread(self, values: FloatArray) -> FloatArray:
        """From groups (g x u x ... x m x m) to kernels (K x ... x m x m), with the weights applied."""
        k = self.kernels
        by_kernel = values[k.group, np.arange(k.size.size) if k.distances is not None else 0]
        if k.scale is None:
            return np.asarray(by_kernel)
        scale = k.scale[:, :, None] * k.scale[:, None, :]
        return np.asarray(by_kernel * scale.reshape(len(scale), *(1,) * (by_kernel.ndim - 3), *scale.shape[1:]))

    def first(self, shapes: list[Expansion]) -> FloatArray:
        """First derivatives of each kernel's covariance in all parameters: K or 1 x k x m x m."""
        if self.groups == 1 and self.kernels.scale is None:
            return shapes[0].first
        k = len(self.structure.parameters)
        parts = np.zeros((self.groups, *shapes[0].first.shape[:1], self.size, *shapes[0].first.shape[2:]))
        for g, shape in enumerate(shapes):
            parts[g, :, g * k : (g + 1) * k] = shape.first
        return self._spread(parts)

    def second(self, shapes: list[Expansion]) -> FloatArray | None:
        """Second derivatives, K or 1 x k x k x m x m; None where they are zero."""
        seconds = [shape.second for shape in shapes]
        if seconds[0] is None:
            return None
        if self.groups == 1 and self.kernels.scale is None:
            return seconds[0]
        k, shape = len(self.structure.parameters), seconds[0].shape
        parts = np.zeros((self.groups, shape[0], self.size, self.size, *shape[3:]))
        for g, second in enumerate(seconds):
            parts[g, :, g * k : (g + 1) * k, g * k : (g + 1) * k] = second
        return self._spread(parts)


@frozen(kw_only=True, eq=False)
class Point:
    """The likelihood at one theta: ``sigma`` and ``inverse`` by kernel, p coefficients ``beta`` with ``phi``."""

    likelihood: Likelihood
    theta: FloatArray
    shapes: list[Expansion]
    sigma: FloatArray
    inverse: FloatArray
    beta: FloatArray
    phi: FloatArray
    minus_two_log: float

    def slope(self) -> "Slope":
        """The gradient of minus the log-likelihood, and what its curvature needs."""
        k, w = self.likelihood.kernels, self.inverse
        p = self.beta.size
        d = self.likelihood.first(self.shapes)
        residual = np.append(-self.beta, 1.0)
        errors = w @ k.by_visit(np.outer(residual, residual)) @ w
        middle = np.zeros((p + 1, p + 1))
        middle[:p, :p] = self.phi
        fixed = w @ k.by_visit(middle) @ w if self.likelihood.criterion == "REML" else np.zeros_like(w)
        free = k.size[:, None, None] * w - fixed - errors
        dw = d @ w[:, None]
        sandwiched = k.summed((w[:, None] @ dw).transpose(1, 0, 2, 3))
        return Slope(
            point=self,
            first=d,
            free=free,
            times_inverse=dw,
            errors=errors,
            weighted=k.size[:, None, None] * w - 2.0 * fixed,
            gradient=0.5 * _traces(d, free),
            p_matrices=sandwiched[:, :p, :p],
            v=sandwiched[:, :p] @ residual,
        )


@frozen(kw_only=True, eq=False)
class Slope:
    """Gradient at a point, with the pieces of the curvature; ``p_matrices`` k x p x p are sums of X'W D W X."""

    point: Point
    first: FloatArray
    free: FloatArray
    times_inverse: FloatArray
    errors: FloatArray
    weighted: FloatArray
    gradient: FloatArray
    p_matrices: FloatArray
    v: FloatArray

    def information(self, kind: Information) -> FloatArray:
        """The k x k information: observed (with second derivatives), expected, or their average."""
        average = self._pairs(self.errors) - self.v @ self.point.phi @ self.v.T
        if kind == "average":
            return 0.5 * average
        expected = self._pairs(self.weighted)
        if self.point.likelihood.criterion == "REML":
            products = self.point.phi @ self.p_matrices
            flat = products.reshape(len(products), -1)
            expected = expected + flat @ products.transpose(0, 2, 1).reshape(len(products), -1).T
        if kind == "expected":
            return 0.5 * expected
        second = self.point.likelihood.second(self.point.shapes)
        bend = 0.0 if second is None else _traces(second, self.free)
        return np.asarray(average - 0.5 * expected + 0.5 * bend)

    def _pairs(self, right: FloatArray) -> FloatArray:
        """Sum over kernels of tr(D_h W D_j B), symmetrized: k x k."""
        k = self.times_inverse.shape[1]
        left = self.times_inverse.transpose(1, 0, 2, 3).reshape(k, -1)
        other = (self.first @ right[:, None]).transpose(1, 0, 3, 2).reshape(k, -1)
        pairs = left @ other.T
        return np.asarray(0.5 * (pairs + pairs.T))


def _traces(derivatives: FloatArray, matrices: FloatArray) -> FloatArray:
    """Sum over kernels of tr(D B), for derivatives shared by all kernels (1 x ...) or by kernel (K x ...)."""
    if derivatives.shape[0] == 1:
        matrices = matrices.sum(axis=0, keepdims=True)
    lead = derivatives.shape[1:-2]
    middle = derivatives.reshape(len(derivatives), int(np.prod(lead)), -1)
    return np.asarray(np.einsum("khx,kx->h", middle, matrices.reshape(len(matrices), -1)).reshape(lead))
