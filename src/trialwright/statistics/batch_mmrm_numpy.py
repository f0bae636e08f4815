"""Fits many small trials in lock-step with numpy alone, where nobody who left returns: each step is taken for all at once."""

import numpy as np

from trialwright.statistics.arguments import FloatArray
from trialwright.statistics.batch_mmrm_status import LOG_TWO_PI, SINGULAR, MmrmStatus
from trialwright.statistics.batch_mmrm_sums import IntArray, Sums
from trialwright.statistics.stacked_matrices import stacked_pivots

Maximum = tuple[IntArray, FloatArray, FloatArray, FloatArray, FloatArray, FloatArray]


def fit_nested(sums: Sums, place: IntArray, adjust: bool) -> tuple[FloatArray, IntArray, IntArray]:
    """T trials in which nobody returns: pattern s is the first s + 1 visits.

    ``place`` T is the visit of the difference. Returns T x 4 numbers (difference, variance, degrees of freedom,
    -2 log-likelihood), status and iterations (none: the maximum has a closed form).

    >>> rows = np.array([[1, 0, 1.0], [1, 0, 2.0], [1, 1, 4.0], [1, 1, 5.0]])
    >>> sums = Sums(seen=np.array([[[True]]]), size=np.array([[4.0]]), cross=(rows.T @ rows)[None, None], q=2)
    >>> fit_nested(sums, np.array([0]), True)[0].round(4).tolist()
    [[3.0, 0.5, 2.0, 5.6758]]
    """
    status, value, weights, beta, phi, directions = closed_form(sums.size, sums.cross, sums.q)
    variance, df = difference(sums.cross, sums.q, weights, phi, directions, place, adjust)
    numbers = np.stack([beta[np.arange(len(beta)), place, 1], variance, df, value], axis=1)
    numbers[status != MmrmStatus.CONVERGED] = np.nan
    return numbers, status, np.zeros_like(status)


def closed_form(size: FloatArray, cross: FloatArray, q: int) -> Maximum:
    """The maximum for patterns of the first visits, one more in each: each visit regressed on the columns and the visits before.

    Returns status, -2 log-likelihood, weights by pattern, beta (T x m x q), Phi, and the roots of the inverse information.

    >>> rows = np.array([[1, 0, 1.0], [1, 0, 2.0], [1, 1, 4.0], [1, 1, 5.0]])
    >>> closed_form(np.array([[4.0]]), (rows.T @ rows)[None, None], 2)[3].round(9).tolist()
    [[[1.5, 3.0]]]
    """
    trials, m = size.shape
    status = np.full(trials, int(MmrmStatus.CONVERGED))
    value, beta = np.zeros(trials), np.zeros((trials, m, q))
    rule, scatter = np.tile(np.eye(m), (trials, 1, 1)), np.ones((trials, m))
    halves, unscaled = np.zeros((trials, m, m, m)), np.zeros((trials, m, q, q))
    n = size[:, ::-1].cumsum(axis=1)[:, ::-1]
    free = np.maximum(n - q, 1.0)
    totals = cross[:, ::-1].cumsum(axis=1)[:, ::-1]
    for j in range(m):
        r = q + j
        shares, root = stacked_pivots(totals[:, j, : r + 1, : r + 1])
        status[(status == MmrmStatus.CONVERGED) & (shares <= SINGULAR).any(axis=1)] = int(
            MmrmStatus.SINGULAR_COVARIANCE
        )
        status[n[:, j] - r < 1.0] = int(MmrmStatus.NOT_CONVERGED)
        half = np.linalg.inv(root[:, :r, :r])
        scatter[:, j] = root[:, r, r] ** 2 / free[:, j]
        value += free[:, j] * (np.log(scatter[:, j]) + 1.0 + LOG_TWO_PI)
        value += 2.0 * np.log(np.einsum("taa->ta", root[:, :q, :q])).sum(axis=1)
        slope = (root[:, r, None, :r] @ half)[:, 0]
        rule[:, j, :j] = -slope[:, q:]
        beta[:, j] = slope[:, :q] - (rule[:, j, None, :j] @ beta[:, :j])[:, 0]
        unscaled[:, j] = half[:, :q, :q].swapaxes(1, 2) @ half[:, :q, :q]
        halves[:, j, :j, :j] = half[:, q:, q:] * np.sqrt(scatter[:, j])[:, None, None]
    unrule = np.linalg.inv(rule)
    sigma = (unrule * scatter[:, None]) @ unrule.swapaxes(1, 2)
    phi = np.einsum("tak,tbk,tk,tkij->taibj", unrule, unrule, scatter, unscaled, optimize=True)
    rows = np.einsum("tja,tjb,tj->tjab", rule, rule, 1.0 / scatter)
    directions = np.empty((trials, m * (m + 1) // 2, m, m))
    places = [(j, h) for j in range(m) for h in range(j + 1)]
    for place, (j, h) in enumerate(places):
        own = unrule[:, :, j]
        if h == j:
            other = own * (np.sqrt(0.5 / free[:, j]) * scatter[:, j])[:, None]
        else:
            other = (sigma @ halves[:, j, h, :, None])[..., 0]
        directions[:, place] = own[:, :, None] * other[:, None, :] + other[:, :, None] * own[:, None, :]
    return status, value, rows.cumsum(axis=1), beta, phi.reshape(trials, m * q, m * q), directions


def difference(
    cross: FloatArray,
    q: int,
    weights: FloatArray,
    phi: FloatArray,
    directions: FloatArray,
    place: IntArray,
    adjust: bool,
) -> tuple[FloatArray, FloatArray]:
    """Variance and degrees of freedom of the arm's coefficient at one visit (Kenward-Roger if ``adjust``).

    ``weights`` T x S x m x m are the inverse covariances by pattern, ``phi`` T x mq x mq, ``directions`` T x k x m x m
    the changes of the covariance whose coefficients are uncorrelated with variance one.

    >>> one = np.ones((1, 1, 1, 1))
    >>> cross = np.array([[[[4.0, 0.0], [0.0, 4.0]]]])
    >>> difference(cross, 2, one, np.eye(2)[None] / 4, one, np.array([0]), False)
    (array([0.25]), array([2.]))
    """
    trials, _, m, _ = weights.shape
    at = place * q + 1
    column = phi[np.arange(trials), :, at].reshape(trials, 1, m, q)
    near = weights @ column
    far = near @ cross[:, :, :q, :q]
    first = directions[:, None] @ far[:, :, None]
    slopes = np.einsum("tskmi,tsmi->tk", first, near, optimize=True)
    variance = phi[np.arange(trials), at, at]
    df = 2.0 * variance**2 / np.maximum((slopes**2).sum(axis=1), np.finfo(float).tiny)
    if not adjust:
        return variance, df
    turned = weights[:, :, None] @ first
    within = (turned * (directions[:, None] @ near[:, :, None])).sum(axis=(1, 2, 3, 4))
    flat = turned.sum(axis=1).reshape(trials, -1, m * q)
    between = ((flat @ phi) * flat).sum(axis=(1, 2))
    return variance + 2.0 * (within - between), df
