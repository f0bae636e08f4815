"""Climbs to the likeliest covariance of many small trials at once, in lock-step, where patients miss visits and return."""

import numpy as np
from attrs import frozen

from trialwright.statistics.arguments import FloatArray
from trialwright.statistics.batch_mmrm_numpy import difference
from trialwright.statistics.batch_mmrm_status import (
    CLOSE,
    EDGE,
    FINISHED,
    HALVINGS,
    ITERATIONS,
    LOG_TWO_PI,
    ROUNDING,
    MmrmStatus,
)
from trialwright.statistics.batch_mmrm_sums import BoolArray, IntArray, Sums
from trialwright.statistics.stacked_matrices import stacked_root


@frozen(kw_only=True, eq=False)
class Points:
    """-2 restricted log-likelihood of each trial at its covariance, with weights by pattern, beta and Phi.

    Where ``good`` is not, the covariance is not positive definite and the rest means nothing.
    """

    sums: Sums
    sigma: FloatArray
    good: BoolArray
    value: FloatArray
    weights: FloatArray
    beta: FloatArray
    phi: FloatArray

    def take(self, trials: IntArray | BoolArray) -> "Points":
        """The points of some of the trials."""
        return Points(
            sums=self.sums.take(trials),
            sigma=self.sigma[trials],
            good=self.good[trials],
            value=self.value[trials],
            weights=self.weights[trials],
            beta=self.beta[trials],
            phi=self.phi[trials],
        )


def fit_patterns(sums: Sums, start: FloatArray, place: IntArray, adjust: bool) -> tuple[FloatArray, IntArray, IntArray]:
    """T trials with any patterns, from the covariances ``start`` (T x m x m).

    The other arguments and what is returned are those of ``batch_mmrm_numpy.fit_nested``.

    >>> rows = np.array([[1, 0, 1.0], [1, 0, 2.0], [1, 1, 4.0], [1, 1, 5.0]])
    >>> sums = Sums(seen=np.array([[[True]]]), size=np.array([[4.0]]), cross=(rows.T @ rows)[None, None], q=2)
    >>> numbers, status, steps = fit_patterns(sums, np.array([[[2.0]]]), np.array([0]), True)
    >>> numbers.round(4).tolist(), status.tolist()
    ([[3.0, 0.5, 2.0, 5.6758]], [0])
    """
    status, steps, sigma = climbed(sums, start)
    numbers = np.full((len(sums.size), 4), np.nan)
    done = np.flatnonzero(status == MmrmStatus.CONVERGED)
    if not done.size:
        return numbers, status, steps
    at = points(sums.take(done), sigma[done])
    _, average, expected, _ = _slope(at, True)
    root, positive = stacked_root(average - 0.5 * expected, 0.0)
    status[done[~positive]] = int(MmrmStatus.NOT_CONVERGED)
    directions = np.einsum("tlh,hab->tlab", np.linalg.inv(root), _basis(start.shape[1]))
    variance, df = difference(at.sums.cross, sums.q, at.weights, at.phi, directions, place[done], adjust)
    numbers[done] = np.stack([at.beta[np.arange(len(done)), place[done], 1], variance, df, at.value], axis=1)
    numbers[done[~positive]] = np.nan
    return numbers, status, steps


def climbed(sums: Sums, start: FloatArray) -> tuple[IntArray, IntArray, FloatArray]:
    """Status, iterations and likeliest covariance of T trials, from the covariances ``start`` (T x m x m).

    >>> rows = np.array([[1, 0, 1.0], [1, 0, 2.0], [1, 1, 4.0], [1, 1, 5.0]])
    >>> sums = Sums(seen=np.array([[[True]]]), size=np.array([[4.0]]), cross=(rows.T @ rows)[None, None], q=2)
    >>> climbed(sums, np.array([[[2.0]]]))[2].round(4).tolist()
    [[[0.5]]]
    """
    status, steps, sigma = _climb(sums, start)
    root, positive = stacked_root(sigma, 0.0)
    precision = (np.linalg.inv(root) ** 2).sum(axis=1)
    inside = positive & (np.einsum("tvv->tv", sigma) * precision * EDGE < 1.0).all(axis=1)
    status[~inside] = int(MmrmStatus.NOT_CONVERGED)
    return status, steps, sigma


def _basis(m: int) -> FloatArray:
    """Derivatives of a symmetric m x m matrix in the elements of its lower triangle, row by row: k x m x m."""
    rows, columns = np.tril_indices(m)
    found = np.zeros((rows.size, m, m))
    found[np.arange(rows.size), rows, columns] = found[np.arange(rows.size), columns, rows] = 1.0
    return found


def points(sums: Sums, sigma: FloatArray) -> Points:
    """The likelihood of T trials at the covariances ``sigma`` (T x m x m).

    >>> rows = np.array([[1, 0, 1.0], [1, 0, 2.0], [1, 1, 4.0], [1, 1, 5.0]])
    >>> sums = Sums(seen=np.array([[[True]]]), size=np.array([[4.0]]), cross=(rows.T @ rows)[None, None], q=2)
    >>> points(sums, np.array([[[0.5]]])).beta.round(9).tolist()
    [[[1.5, 3.0]]]
    """
    trials, m, q = len(sigma), sigma.shape[1], sums.q
    inside = sums.seen[:, :, :, None] & sums.seen[:, :, None, :]
    root, positive = stacked_root(np.where(inside, sigma[:, None], np.eye(m)), 0.0)
    good = positive.all(axis=1) & stacked_root(sigma, 0.0)[1]
    half = np.linalg.inv(root) * inside
    weights = half.swapaxes(2, 3) @ half
    a = np.einsum("tsab,tsij->taibj", weights, sums.cross[..., :q, :q], optimize=True).reshape(trials, m * q, m * q)
    right = np.einsum("tsab,tsib->tai", weights, sums.cross[..., :q, q:], optimize=True).reshape(trials, m * q)
    factor, positive = stacked_root(a, 0.0)
    half = np.linalg.inv(factor)
    phi = half.swapaxes(1, 2) @ half
    beta = (phi @ right[:, :, None])[..., 0]
    value = 2.0 * (sums.size * np.log(np.einsum("tsaa->tsa", root)).sum(axis=2)).sum(axis=1)
    value += ((sums.size * sums.seen.sum(axis=2)).sum(axis=1) - m * q) * LOG_TWO_PI
    value += 2.0 * np.log(np.einsum("taa->ta", factor)).sum(axis=1) - (beta * right).sum(axis=1)
    value += (weights * sums.cross[..., q:, q:]).sum(axis=(1, 2, 3))
    return Points(
        sums=sums,
        sigma=sigma,
        good=good & positive,
        value=value,
        weights=weights,
        beta=beta.reshape(trials, m, q),
        phi=phi,
    )


def _slope(at: Points, whole: bool) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Gradient of minus the log-likelihood in the elements of Sigma, average and (if ``whole``) expected information, and M."""
    q, w = at.sums.q, at.weights
    trials, _, m, _ = w.shape
    zz, zy, yy = at.sums.cross[..., :q, :q], at.sums.cross[..., :q, q:], at.sums.cross[..., q:, q:]
    beta, size = at.beta[:, None], at.sums.size[:, :, None, None]
    left = zy - zz @ beta.swapaxes(2, 3)
    rest = yy - beta @ zy - left.swapaxes(2, 3) @ beta.swapaxes(2, 3)
    middle = np.einsum("taibj,tsij->tsab", at.phi.reshape(trials, m, q, m, q), zz, optimize=True)
    errors, fixed = w @ rest @ w, w @ middle @ w
    free = (size * w - errors - fixed).sum(axis=1)
    basis = _basis(m)
    k = len(basis)
    dw = basis @ w[:, :, None]
    wdw = w[:, :, None] @ dw
    v = (wdw @ left.swapaxes(2, 3)[:, :, None]).sum(axis=1).reshape(trials, k, m * q)
    average = _pairs(dw, basis @ errors[:, :, None]) - v @ at.phi @ v.swapaxes(1, 2)
    gradient = 0.5 * np.einsum("hab,tab->th", basis, free)
    if not whole:
        return gradient, average, np.zeros_like(average), free
    blocks = np.einsum("tskab,tsij->tkaibj", wdw, zz, optimize=True).reshape(trials, k, m * q, m * q)
    products = at.phi[:, None] @ blocks
    expected = _pairs(dw, basis @ (size * w - 2.0 * fixed)[:, :, None])
    flat = products.reshape(trials, k, -1)
    expected += flat @ products.swapaxes(2, 3).reshape(trials, k, -1).swapaxes(1, 2)
    return gradient, average, expected, free


def _pairs(left: FloatArray, right: FloatArray) -> FloatArray:
    """Sum over patterns of tr(A_h B_j): T x k x k from T x S x k x m x m."""
    trials, _, k, _, _ = left.shape
    a = left.swapaxes(1, 2).reshape(trials, k, -1)
    b = right.swapaxes(3, 4).swapaxes(1, 2).reshape(trials, k, -1)
    return np.asarray(a @ b.swapaxes(1, 2))


def _newton(information: FloatArray, gradient: FloatArray) -> tuple[FloatArray, FloatArray, BoolArray]:
    """Newton's steps and their decrements, infinite where the information is not positive definite."""
    root, good = stacked_root(information, 0.0)
    inverse = np.linalg.inv(root)
    half = (inverse @ gradient[:, :, None])[..., 0]
    step = (inverse.swapaxes(1, 2) @ half[:, :, None])[..., 0]
    return step, np.where(good, (half**2).sum(axis=1), np.inf), good


def _climb(sums: Sums, start: FloatArray) -> tuple[IntArray, IntArray, FloatArray]:
    """Newton steps from ``start``; where they fail, a step of the EM algorithm, which never leaves the inside."""
    trials, m = len(start), start.shape[1]
    status, steps = np.full(trials, int(MmrmStatus.NOT_CONVERGED)), np.full(trials, ITERATIONS)
    basis, sigma, near = _basis(m), start.copy(), np.zeros(trials, dtype=np.bool_)
    active, at = np.arange(trials), points(sums, start)
    for iteration in range(1, ITERATIONS + 1):
        if not active.size:
            break
        close = near[active]
        gradient, average, expected, free = _slope(at, bool(close.any()))
        information = np.where(close[:, None, None], average - 0.5 * expected, 0.5 * average)
        step, decrement, good = _newton(information, gradient)
        use, save = close & good, close & ~good
        step[save], decrement[save], good[save] = _newton(0.5 * expected[save], gradient[save])
        near[active] = np.where(close, use, good & (decrement <= CLOSE))
        finished = use & (decrement < FINISHED)
        change = np.einsum("th,hab->tab", step, basis)
        moved, done = _descended(at, change, np.where(good & ~finished, decrement, np.inf))
        ending = ~done & use & (decrement < ROUNDING)
        stuck = ~done & ~ending
        spread = at.sigma - at.sigma @ free @ at.sigma / at.sums.size.sum(axis=1)[:, None, None]
        moved[stuck] = spread[stuck]
        polished = points(at.sums, at.sigma - change).good & finished
        moved[ending] = at.sigma[ending]
        moved[polished] = (at.sigma - change)[polished]
        near[active[stuck]] = False
        sigma[active] = moved
        steps[active] = iteration
        status[active[ending]] = int(MmrmStatus.CONVERGED)
        new = points(at.sums, moved)
        active, at = active[~ending & new.good], new.take(~ending & new.good)
    return status, steps, sigma


def _descended(at: Points, change: FloatArray, decrement: FloatArray) -> tuple[FloatArray, BoolArray]:
    """Halve the change until the covariance is positive definite and the likelihood does not fall."""
    moved, done = at.sigma.copy(), np.zeros(len(decrement), dtype=np.bool_)
    slack = np.where(decrement < 1e-6, 1e-11 * np.abs(at.value), 0.0)
    share = 1.0
    for _ in range(HALVINGS):
        left = np.flatnonzero(~done & np.isfinite(decrement))
        if not left.size:
            break
        tried = at.sigma[left] - share * change[left]
        new = points(at.sums.take(left), tried)
        down = new.good & (new.value <= at.value[left] + slack[left])
        moved[left[down]] = tried[down]
        done[left[down]] = True
        share *= 0.5
    return moved, done
