"""Climbs to the likeliest covariance of many small trials in which patients miss visits and return, in compiled loops.

>>> from trialwright.statistics.compiled_matrices import njit
>>> njit is None or callable(fit_patterns)
True
"""

import numpy as np
from numpy.typing import NDArray

from trialwright.statistics.arguments import FloatArray
from trialwright.statistics.batch_mmrm_numba import difference
from trialwright.statistics.batch_mmrm_status import (
    CLOSE,
    FINISHED,
    HALVINGS,
    ITERATIONS,
    LOG_TWO_PI,
    ROUNDING,
    SINGULAR,
    MmrmStatus,
)
from trialwright.statistics.compiled_matrices import compiled, inverse, inverse_root, lower_root

BoolArray = NDArray[np.bool_]
_CONVERGED = int(MmrmStatus.CONVERGED)
_NOT_CONVERGED = int(MmrmStatus.NOT_CONVERGED)
_SINGULAR_COVARIANCE = int(MmrmStatus.SINGULAR_COVARIANCE)


@compiled
def _at(
    sigma: FloatArray, seen: BoolArray, size: FloatArray, cross: FloatArray, q: int
) -> tuple[bool, float, FloatArray, FloatArray, FloatArray]:
    """-2 restricted log-likelihood at ``sigma``, with the weights of each pattern, beta and Phi."""
    kinds, m = seen.shape
    weights, beta, phi = np.zeros((kinds, m, m)), np.zeros((m, q)), np.zeros((m * q, m * q))
    a, right, value = np.zeros((m * q, m * q)), np.zeros(m * q), 0.0
    if not lower_root(sigma, 0.0)[1]:
        return False, value, weights, beta, phi
    for s in range(kinds):
        if size[s] == 0.0:
            continue
        visits = np.flatnonzero(seen[s])
        inner = np.zeros((visits.size, visits.size))
        for x in range(visits.size):
            for y in range(visits.size):
                inner[x, y] = sigma[visits[x], visits[y]]
        root, positive = lower_root(inner, 0.0)
        if not positive:
            return False, value, weights, beta, phi
        inner = inverse(root)
        for x in range(visits.size):
            value += size[s] * (2.0 * np.log(root[x, x]) + LOG_TWO_PI)
            for y in range(visits.size):
                v, u, w = visits[x], visits[y], inner[x, y]
                weights[s, v, u] = w
                value += w * cross[s, q + v, q + u]
                for i in range(q):
                    right[v * q + i] += w * cross[s, i, q + u]
                    for j in range(q):
                        a[v * q + i, u * q + j] += w * cross[s, i, j]
    root, positive = lower_root(a, 0.0)
    if not positive:
        return False, value, weights, beta, phi
    phi = inverse(root)
    for x in range(m * q):
        value += 2.0 * np.log(root[x, x]) - LOG_TWO_PI
        for y in range(m * q):
            beta[x // q, x % q] += phi[x, y] * right[y]
    for x in range(m * q):
        value -= beta[x // q, x % q] * right[x]
    return True, value, weights, beta, phi


@compiled
def _slope(
    size: FloatArray, cross: FloatArray, q: int, weights: FloatArray, beta: FloatArray, phi: FloatArray, whole: bool
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Gradient of minus the log-likelihood in the elements of Sigma, average and (if ``whole``) expected information.

    The last matrix M is what the gradient is made of: the sum of W - F Phi F' - e e'.
    """
    m, p = weights.shape[1], phi.shape[0]
    k = m * (m + 1) // 2
    free, gradient = np.zeros((m, m)), np.zeros(k)
    average, expected = np.zeros((k, k)), np.zeros((k, k))
    v, blocks = np.zeros((k, p)), np.zeros((k if whole else 0, p, p))
    for s in range(size.size):
        if size[s] == 0.0:
            continue
        w, c, zy = weights[s], np.ascontiguousarray(cross[s, :q, :q]), np.ascontiguousarray(cross[s, :q, q:])
        left = zy - c @ beta.T
        rest = cross[s, q:, q:] - beta @ zy - left.T @ beta.T
        fitted = np.zeros((m, m))
        for x in range(p):
            for y in range(p):
                fitted[x // q, y // q] += phi[x, y] * c[x % q, y % q]
        turned, errors, fixed = w @ left.T, w @ rest @ w, w @ fitted @ w
        free += size[s] * w - errors - fixed
        other = size[s] * w - 2.0 * fixed
        h = 0
        for a in range(m):
            for b in range(a + 1):
                part, j = 0.5 if a == b else 1.0, 0
                for x in range(m):
                    for i in range(q):
                        v[h, x * q + i] += part * (w[x, a] * turned[b, i] + w[x, b] * turned[a, i])
                    for y in range(m if whole else 0):
                        weight = part * (w[x, a] * w[b, y] + w[x, b] * w[a, y])
                        for i in range(q):
                            for u in range(q):
                                blocks[h, x * q + i, y * q + u] += weight * c[i, u]
                for f in range(a + 1):
                    for g in range(f + 1):
                        if j <= h:
                            both = part * (0.5 if f == g else 1.0)
                            average[h, j] += both * (
                                w[b, f] * errors[g, a]
                                + w[b, g] * errors[f, a]
                                + w[a, f] * errors[g, b]
                                + w[a, g] * errors[f, b]
                            )
                            expected[h, j] += both * (
                                w[b, f] * other[g, a]
                                + w[b, g] * other[f, a]
                                + w[a, f] * other[g, b]
                                + w[a, g] * other[f, b]
                            )
                        j += 1
                h += 1
    h = 0
    for a in range(m):
        for b in range(a + 1):
            gradient[h] = free[a, b] * (0.5 if a == b else 1.0)
            h += 1
    average -= v @ phi @ v.T
    products = np.zeros_like(blocks)
    for h in range(k):
        if whole:
            products[h] = phi @ blocks[h]
        for j in range(h + 1):
            if whole:
                expected[h, j] += np.sum(products[h] * products[j].T)
            average[j, h], expected[j, h] = average[h, j], expected[h, j]
    return gradient, average, expected, free


@compiled
def _newton(information: FloatArray, gradient: FloatArray) -> tuple[FloatArray, float, bool]:
    """Newton's step and its decrement; False if the information is not positive definite."""
    root, positive = lower_root(information, 0.0)
    if not positive:
        return gradient, np.inf, False
    half = inverse_root(root) @ gradient
    return inverse_root(root).T @ half, float(half @ half), True


@compiled
def _moved(sigma: FloatArray, step: FloatArray, share: float) -> FloatArray:
    """Sigma minus a share of a step in its elements."""
    found, h = sigma.copy(), 0
    for a in range(sigma.shape[0]):
        for b in range(a + 1):
            found[a, b] -= share * step[h]
            found[b, a] = found[a, b]
            h += 1
    return found


@compiled
def _climb(
    seen: BoolArray, size: FloatArray, cross: FloatArray, q: int, sigma: FloatArray
) -> tuple[bool, int, FloatArray]:
    """Newton steps from ``sigma``; where they fail, a step of the EM algorithm, which never leaves the inside."""
    positive, value, weights, beta, phi = _at(sigma, seen, size, cross, q)
    near = False
    for iteration in range(1, ITERATIONS + 1):
        gradient, average, expected, free = _slope(size, cross, q, weights, beta, phi, near)
        information = average - 0.5 * expected if near else 0.5 * average
        step, decrement, good = _newton(information, gradient)
        if not near and good and decrement <= CLOSE:
            near = True
            gradient, average, expected, free = _slope(size, cross, q, weights, beta, phi, near)
            step, decrement, good = _newton(average - 0.5 * expected, gradient)
        if near and good and decrement < FINISHED:
            polished = _moved(sigma, step, 1.0)
            return True, iteration, polished if _at(polished, seen, size, cross, q)[0] else sigma
        if near and not good:
            step, decrement, good = _newton(0.5 * expected, gradient)
            near = False
        slack = 1e-11 * abs(value) if decrement < 1e-6 else 0.0
        done, share = False, 1.0
        for _ in range(HALVINGS if good else 0):
            moved = _moved(sigma, step, share)
            positive, other, weights_, beta_, phi_ = _at(moved, seen, size, cross, q)
            if positive and other <= value + slack:
                sigma, value, weights, beta, phi, done = moved, other, weights_, beta_, phi_, True
                break
            share *= 0.5
        if not done and near and decrement < ROUNDING:
            return True, iteration, sigma
        if not done:
            moved = sigma - sigma @ free @ sigma / np.sum(size)
            positive, other, weights, beta, phi = _at(moved, seen, size, cross, q)
            if not positive:
                return False, iteration, sigma
            sigma, value, near = moved, other, False
    return False, ITERATIONS, sigma


@compiled
def fit_patterns(
    seen: BoolArray,
    size: FloatArray,
    cross: FloatArray,
    q: int,
    start: FloatArray,
    place: NDArray[np.int64],
    adjust: bool,
) -> tuple[FloatArray, NDArray[np.int64], NDArray[np.int64]]:
    """Trials whose pattern s is the visits ``seen[s]``: see ``batch_mmrm_newton_numpy``."""
    trials, m = size.shape[0], seen.shape[1]
    numbers, status, steps = np.full((trials, 4), np.nan), np.zeros(trials, np.int64), np.zeros(trials, np.int64)
    directions = np.zeros((m * (m + 1) // 2, m, m))
    for t in range(trials):
        converged, steps[t], sigma = _climb(seen, size[t], cross[t], q, start[t])
        status[t] = _CONVERGED if converged else _NOT_CONVERGED
        if converged and not lower_root(sigma, SINGULAR)[1]:
            status[t] = _SINGULAR_COVARIANCE
        if status[t] != _CONVERGED:
            continue
        _, value, weights, beta, phi = _at(sigma, seen, size[t], cross[t], q)
        _, average, expected, _ = _slope(size[t], cross[t], q, weights, beta, phi, True)
        root, positive = lower_root(average - 0.5 * expected, 0.0)
        if not positive:
            status[t] = _NOT_CONVERGED
            continue
        half = inverse_root(root)
        for way in range(half.shape[0]):
            h = 0
            for a in range(m):
                for b in range(a + 1):
                    directions[way, a, b] = directions[way, b, a] = half[way, h]
                    h += 1
        variance, df = difference(size[t], cross[t], q, weights, phi, directions, place[t], adjust)
        numbers[t] = beta[place[t], 1], variance, df, value
    return numbers, status, steps
