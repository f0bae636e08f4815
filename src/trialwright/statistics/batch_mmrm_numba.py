"""Fits many small trials in compiled loops, one after the other: the compiled engine of ``batch_mmrm``.

>>> from trialwright.statistics.compiled_matrices import njit
>>> njit is None or callable(fit_nested)
True
"""

import numpy as np
from numpy.typing import NDArray

from trialwright.statistics.arguments import FloatArray
from trialwright.statistics.batch_mmrm_status import LOG_TWO_PI, SINGULAR, MmrmStatus
from trialwright.statistics.compiled_matrices import compiled, inverse_root, lower_root

_CONVERGED = int(MmrmStatus.CONVERGED)
_NOT_CONVERGED = int(MmrmStatus.NOT_CONVERGED)
_SINGULAR_COVARIANCE = int(MmrmStatus.SINGULAR_COVARIANCE)


@compiled
def _directions(
    unrule: FloatArray, sigma: FloatArray, scatter: FloatArray, free: FloatArray, halves: FloatArray
) -> FloatArray:
    """Changes of Sigma whose coefficients are uncorrelated with variance one: the root of the inverse information."""
    m = scatter.size
    directions = np.zeros((m * (m + 1) // 2, m, m))
    place = 0
    for j in range(m):
        for h in range(j + 1):
            for a in range(m):
                for b in range(m):
                    if h == j:
                        wide = np.sqrt(2.0 / free[j]) * scatter[j]
                        directions[place, a, b] = wide * unrule[a, j] * unrule[b, j]
                    else:
                        for k in range(h + 1):
                            part = halves[j, h, k]
                            directions[place, a, b] += part * (unrule[a, j] * sigma[b, k] + sigma[a, k] * unrule[b, j])
            place += 1
    return directions


@compiled
def _closed_form(
    size: FloatArray, cross: FloatArray, q: int
) -> tuple[int, float, FloatArray, FloatArray, FloatArray, FloatArray]:
    """The maximum where nobody returns: each visit regressed on the columns and the visits before.

    Returns status, -2 log-likelihood, weights by pattern, beta (m x q), Phi, and the roots of the inverse information.
    """
    m = size.size
    total, n = np.zeros(cross.shape[1:]), 0.0
    rule, scatter, free = np.eye(m), np.zeros(m), np.zeros(m)
    beta, unscaled, halves = np.zeros((m, q)), np.zeros((m, q, q)), np.zeros((m, m, m))
    weights, phi = np.zeros((m, m, m)), np.zeros((m * q, m * q))
    directions, value = np.zeros((m * (m + 1) // 2, m, m)), 0.0
    for j in range(m - 1, -1, -1):
        total += cross[j]
        n += size[j]
        free[j] = n - q
        r = q + j
        if n - r < 1.0:
            return _NOT_CONVERGED, value, weights, beta, phi, directions
        root, positive = lower_root(total[: r + 1, : r + 1], SINGULAR)
        if not positive:
            return _SINGULAR_COVARIANCE, value, weights, beta, phi, directions
        half = inverse_root(root[:r, :r])
        scatter[j] = root[r, r] ** 2 / free[j]
        value += free[j] * (np.log(scatter[j]) + 1.0 + LOG_TWO_PI)
        for a in range(r):
            slope = 0.0
            for k in range(a, r):
                slope += half[k, a] * root[r, k]
            if a < q:
                beta[j, a] = slope
                value += 2.0 * np.log(root[a, a])
                for b in range(q):
                    for k in range(max(a, b), q):
                        unscaled[j, a, b] += half[k, a] * half[k, b]
            else:
                rule[j, a - q] = -slope
        for a in range(j):
            for b in range(j):
                halves[j, a, b] = half[q + a, q + b] * np.sqrt(scatter[j])
    unrule = inverse_root(rule)
    sigma = np.zeros((m, m))
    for a in range(m):
        for k in range(a):
            for c in range(q):
                beta[a, c] -= rule[a, k] * beta[k, c]
        for b in range(m):
            for k in range(min(a, b) + 1):
                shared = unrule[a, k] * unrule[b, k] * scatter[k]
                sigma[a, b] += shared
                for c in range(q):
                    for g in range(q):
                        phi[a * q + c, b * q + g] += shared * unscaled[k, c, g]
    for s in range(m):
        for j in range(s + 1):
            for a in range(j + 1):
                for b in range(j + 1):
                    weights[s, a, b] += rule[j, a] * rule[j, b] / scatter[j]
    directions = _directions(unrule, sigma, scatter, free, halves)
    return _CONVERGED, value, weights, beta, phi, directions


@compiled
def difference(
    size: FloatArray,
    cross: FloatArray,
    q: int,
    weights: FloatArray,
    phi: FloatArray,
    directions: FloatArray,
    visit: int,
    adjust: bool,
) -> tuple[float, float]:
    """Variance and degrees of freedom of the arm's coefficient at one visit (Kenward-Roger if ``adjust``)."""
    m, k, p = weights.shape[1], directions.shape[0], phi.shape[0]
    at = visit * q + 1
    slopes, turned, added = np.zeros(k), np.zeros((k, p)), 0.0
    near, far, first = np.zeros((m, q)), np.zeros((m, q)), np.zeros((m, q))
    for s in range(size.size):
        if size[s] == 0.0:
            continue
        w, c = weights[s], cross[s]
        for a in range(m):
            for i in range(q):
                near[a, i] = 0.0
                for b in range(m):
                    near[a, i] += w[a, b] * phi[b * q + i, at]
        for a in range(m):
            for i in range(q):
                far[a, i] = 0.0
                for j in range(q):
                    far[a, i] += near[a, j] * c[j, i]
        for h in range(k):
            d = directions[h]
            for a in range(m):
                for i in range(q):
                    value = 0.0
                    for b in range(m):
                        value += d[a, b] * far[b, i]
                    first[a, i] = value
                    slopes[h] += value * near[a, i]
            if not adjust:
                continue
            for a in range(m):
                for i in range(q):
                    value, other = 0.0, 0.0
                    for b in range(m):
                        value += w[a, b] * first[b, i]
                        other += d[a, b] * near[b, i]
                    turned[h, a * q + i] += value
                    added += value * other
    variance, spread = phi[at, at], 0.0
    for h in range(k):
        spread += slopes[h] * slopes[h]
        if adjust:
            for a in range(p):
                value = 0.0
                for b in range(p):
                    value += phi[a, b] * turned[h, b]
                added -= value * turned[h, a]
    return variance + 2.0 * added, 2.0 * variance * variance / spread


@compiled
def fit_nested(
    size: FloatArray, cross: FloatArray, q: int, place: NDArray[np.int64], adjust: bool
) -> tuple[FloatArray, NDArray[np.int64], NDArray[np.int64]]:
    """Trials in which nobody returns, so that pattern s is the first s + 1 visits: see ``batch_mmrm_numpy``."""
    trials = size.shape[0]
    numbers, status, steps = np.full((trials, 4), np.nan), np.zeros(trials, np.int64), np.zeros(trials, np.int64)
    for t in range(trials):
        status[t], value, weights, beta, phi, directions = _closed_form(size[t], cross[t], q)
        if status[t] == _CONVERGED:
            variance, df = difference(size[t], cross[t], q, weights, phi, directions, place[t], adjust)
            numbers[t] = beta[place[t], 1], variance, df, value
    return numbers, status, steps


@compiled
def summed(
    columns: FloatArray, outcome: FloatArray, which: NDArray[np.int64], kinds: int
) -> tuple[FloatArray, FloatArray]:
    """Patients of each pattern, and sums of products of their columns and outcomes: see ``batch_mmrm_sums``."""
    trials, n, q = columns.shape
    m = outcome.shape[2]
    size, cross, row = np.zeros((trials, kinds)), np.zeros((trials, kinds, q + m, q + m)), np.zeros(q + m)
    for t in range(trials):
        for i in range(n):
            s = which[t, i]
            if s < 0:
                continue
            size[t, s] += 1.0
            for a in range(q):
                row[a] = columns[t, i, a]
            for a in range(m):
                row[q + a] = outcome[t, i, a]
            for a in range(q + m):
                for b in range(a + 1):
                    cross[t, s, a, b] += row[a] * row[b]
        for s in range(kinds):
            for a in range(q + m):
                for b in range(a):
                    cross[t, s, b, a] = cross[t, s, a, b]
    return size, cross
