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
    EDGE,
    FINISHED,
    HALVINGS,
    ITERATIONS,
    LOG_TWO_PI,
    ROUNDING,
    MmrmStatus,
)
from trialwright.statistics.compiled_matrices import compiled, inverse, inverse_root, lower_root

BoolArray = NDArray[np.bool_]
_CONVERGED = int(MmrmStatus.CONVERGED)
_NOT_CONVERGED = int(MmrmStatus.NOT_CONVERGED)


@compiled
def _at(
    sigma: FloatArray, seen: BoolArray, size: FloatArray, cross: FloatArray, q: int
) -> tuple[bool, float, FloatArray, FloatArray, FloatArray]:
    """-2 restricted log-likelihood at ``sigma``, with the weights of each pattern, beta and Phi."""
    kinds, m = seen.shape
    p = m * q
    weights, beta, phi = np.zeros((kinds, m, m)), np.zeros((m, q)), np.zeros((p, p))
    a, right, value = np.zeros((p, p)), np.zeros(p), 0.0
    root, positive = lower_root(sigma, 0.0)
    visits = np.zeros(m, np.int64)
    for s in range(kinds):
        count = 0
        for v in range(m):
            if seen[s, v]:
                visits[count] = v
                count += 1
        if size[s] == 0.0 or not positive:
            continue
        inner = np.zeros((count, count))
        for x in range(count):
            for y in range(count):
                inner[x, y] = sigma[visits[x], visits[y]]
        root, positive = lower_root(inner, 0.0)
        inner = inverse(root) if positive else root
        for x in range(count):
            value += size[s] * (2.0 * np.log(root[x, x]) + LOG_TWO_PI)
            for y in range(count):
                v, u, w = visits[x], visits[y], inner[x, y]
                weights[s, v, u] = w
                value += w * cross[s, q + v, q + u]
                for i in range(q):
                    right[v * q + i] += w * cross[s, i, q + u]
                    for j in range(q):
                        a[v * q + i, u * q + j] += w * cross[s, i, j]
    if positive:
        root, positive = lower_root(a, 0.0)
    if not positive:
        return False, value, weights, beta, phi
    phi = inverse(root)
    for x in range(p):
        coefficient = 0.0
        for y in range(p):
            coefficient += phi[x, y] * right[y]
        beta[x // q, x % q] = coefficient
        value += 2.0 * np.log(root[x, x]) - LOG_TWO_PI - coefficient * right[x]
    return True, value, weights, beta, phi


@compiled
def product(a: FloatArray, b: FloatArray) -> FloatArray:
    found = np.zeros((a.shape[0], b.shape[1]))
    for i in range(a.shape[0]):
        for k in range(a.shape[1]):
            for j in range(b.shape[1]):
                found[i, j] += a[i, k] * b[k, j]
    return found


@compiled
def _residuals(
    cross: FloatArray, w: FloatArray, beta: FloatArray, phi: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Sums over one pattern of e z' (m x q), e e' (m x m) and F Phi F' (m x m), with e the weighted residuals."""
    m, q = beta.shape
    left, rest, fitted = np.zeros((m, q)), np.zeros((m, m)), np.zeros((m, m))
    for a in range(m):
        for i in range(q):
            left[a, i] = cross[i, q + a]
            for j in range(q):
                left[a, i] -= beta[a, j] * cross[j, i]
    for a in range(m):
        for b in range(m):
            rest[a, b] = cross[q + a, q + b]
            for i in range(q):
                rest[a, b] -= beta[a, i] * cross[i, q + b] + left[a, i] * beta[b, i]
                for j in range(q):
                    fitted[a, b] += phi[a * q + i, b * q + j] * cross[i, j]
    return product(w, left), product(product(w, rest), w), product(product(w, fitted), w)


@compiled
def add_pairs(
    average: FloatArray, expected: FloatArray, w: FloatArray, errors: FloatArray, other: FloatArray, whole: bool
) -> None:
    """Add tr(D_h W D_j B) to the lower triangles: B = ``errors`` for the average, ``other`` for the expected information."""
    m, h = w.shape[0], 0
    for a in range(m):
        for b in range(a + 1):
            j = 0
            for f in range(a + 1):
                for g in range(f + 1):
                    if j <= h:
                        both = (0.5 if a == b else 1.0) * (0.5 if f == g else 1.0)
                        wbf, wbg, waf, wag = both * w[b, f], both * w[b, g], both * w[a, f], both * w[a, g]
                        average[h, j] += wbf * errors[g, a] + wbg * errors[f, a]
                        average[h, j] += waf * errors[g, b] + wag * errors[f, b]
                        if whole:
                            expected[h, j] += wbf * other[g, a] + wbg * other[f, a]
                            expected[h, j] += waf * other[g, b] + wag * other[f, b]
                    j += 1
            h += 1


@compiled
def finish_information(
    average: FloatArray, expected: FloatArray, v: FloatArray, phi: FloatArray, blocks: FloatArray, whole: bool
) -> None:
    """Take v Phi v' from the average, add tr(Phi P_h Phi P_j) to the expected information, and mirror both.

    ``blocks`` p x kp holds the lower triangles of P_h side by side.
    """
    p, k = phi.shape[0], average.shape[0]
    turned = product(v, phi)
    for h in range(k):
        for j in range(h + 1):
            for x in range(p):
                average[h, j] -= turned[h, x] * v[j, x]
            average[j, h] = average[h, j]
    if not whole:
        return
    for h in range(k):
        for x in range(p):
            for y in range(x):
                blocks[y, h * p + x] = blocks[x, h * p + y]
    products, left, right = np.dot(phi, blocks), np.zeros((k, p * p)), np.zeros((p * p, k))
    for h in range(k):
        for x in range(p):
            for y in range(p):
                left[h, x * p + y] = products[x, h * p + y]
                right[y * p + x, h] = products[x, h * p + y]
    traces = np.dot(left, right)
    for h in range(k):
        for j in range(h + 1):
            expected[h, j] += traces[h, j]
            expected[j, h] = expected[h, j]


@compiled
def _slope(
    size: FloatArray, cross: FloatArray, weights: FloatArray, beta: FloatArray, phi: FloatArray, whole: bool
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Twice minus the slope of the log-likelihood, as a symmetric matrix M = sum of W - F Phi F' - e e', and information.

    The information in the elements of Sigma (lower triangle, row by row) is the average one and, if ``whole``, the
    expected one (otherwise nonsense), each times two.
    """
    m, q = beta.shape
    p, k = m * q, m * (m + 1) // 2
    free, average, expected = np.zeros((m, m)), np.zeros((k, k)), np.zeros((k, k))
    v, blocks, other = np.zeros((k, p)), np.zeros((p, k * p)), np.zeros((m, m))
    for s in range(size.size):
        if size[s] == 0.0:
            continue
        w = weights[s]
        turned, errors, fixed = _residuals(cross[s], w, beta, phi)
        for a in range(m):
            for b in range(m):
                free[a, b] += size[s] * w[a, b] - errors[a, b] - fixed[a, b]
                other[a, b] = size[s] * w[a, b] - 2.0 * fixed[a, b]
        add_pairs(average, expected, w, errors, other, whole)
        h = 0
        for a in range(m):
            for b in range(a + 1):
                part = 0.5 if a == b else 1.0
                for x in range(m):
                    for i in range(q):
                        v[h, x * q + i] += part * (w[x, a] * turned[b, i] + w[x, b] * turned[a, i])
                    for y in range(x + 1 if whole else 0):
                        weight = part * (w[x, a] * w[b, y] + w[x, b] * w[a, y])
                        for i in range(q):
                            for j in range(q):
                                blocks[x * q + i, h * p + y * q + j] += weight * cross[s, i, j]
                h += 1
    finish_information(average, expected, v, phi, blocks, whole)
    return free, average, expected


@compiled
def newton_step(information: FloatArray, free: FloatArray) -> tuple[FloatArray, float, bool]:
    """Newton's step as a symmetric matrix and its decrement; False if the information is not positive definite."""
    m = free.shape[0]
    step, decrement = np.zeros((m, m)), 0.0
    root, positive = lower_root(information, 0.0)
    if not positive:
        return step, np.inf, False
    half = inverse_root(root)
    h = 0
    turned = np.zeros(half.shape[0])
    for a in range(m):
        for b in range(a + 1):
            for way in range(h, half.shape[0]):
                turned[way] += half[way, h] * free[a, b] * (0.5 if a == b else 1.0)
            h += 1
    h = 0
    for a in range(m):
        for b in range(a + 1):
            for way in range(h, half.shape[0]):
                step[a, b] += half[way, h] * turned[way]
            step[b, a] = step[a, b]
            decrement += turned[h] * turned[h]
            h += 1
    return step, decrement, True


@compiled
def mixed(a: FloatArray, x: float, b: FloatArray, y: float) -> FloatArray:
    """The matrix x A + y B."""
    found = np.zeros(a.shape)
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            found[i, j] = x * a[i, j] + y * b[i, j]
    return found


@compiled
def _climb(
    seen: BoolArray, size: FloatArray, cross: FloatArray, q: int, sigma: FloatArray
) -> tuple[bool, int, FloatArray, float, FloatArray, FloatArray, FloatArray, FloatArray]:
    """Newton steps from ``sigma``: whether they converged, their number, Sigma, -2 log-likelihood, weights, beta, Phi, information.

    Each pass looks at one covariance, ``moved``: it is taken if the likelihood does not fall, else the step is halved;
    where all steps fail, a step of the EM algorithm is taken, which never leaves the inside. The last step is polish.
    """
    moved, step, free, n, steps = sigma, sigma, sigma, 0.0, 0
    for s in range(size.size):
        n += size[s]
    value, slack, share, decrement, halvings = np.inf, 0.0, 1.0, np.inf, 0
    near, last = False, False
    while True:
        good, other, weights, beta, phi = _at(moved, seen, size, cross, q)
        if not (good and other <= value + slack):
            halvings += 1
            if last:  # the polished covariance is no better: the one before is the maximum to the last digit
                moved, value, slack = sigma, np.inf, 0.0
            elif halvings <= HALVINGS:
                share *= 0.5
                moved = mixed(sigma, 1.0, step, -share)
            elif near and decrement < ROUNDING:
                moved, value, slack, last = sigma, np.inf, 0.0, True
            elif halvings == HALVINGS + 1:
                moved = mixed(sigma, 1.0, product(product(sigma, free), sigma), -1.0 / n)
                near, slack = False, np.inf
            else:
                return False, steps, sigma, value, weights, beta, phi, sigma
            continue
        sigma, value, share, halvings = moved, other, 1.0, 0
        if not (near or last):
            free, average, expected = _slope(size, cross, weights, beta, phi, False)
            step, decrement, good = newton_step(mixed(average, 0.5, average, 0.0), free)
            near = good and decrement <= CLOSE
        if near or last:
            free, average, expected = _slope(size, cross, weights, beta, phi, True)
            information = mixed(average, 1.0, expected, -0.5)
            if last or steps == ITERATIONS:
                return last, steps, sigma, value, weights, beta, phi, information
            step, decrement, good = newton_step(information, free)
            if not good:
                step, decrement, good = newton_step(mixed(expected, 0.5, expected, 0.0), free)
                near = False
        if steps == ITERATIONS:
            return False, steps, sigma, value, weights, beta, phi, sigma
        steps += 1
        slack = 1e-11 * abs(value) if decrement < 1e-6 else 0.0
        if near and decrement < FINISHED:
            last, slack = True, np.inf
        moved = mixed(sigma, 1.0, step, -1.0)
        if not good:  # no step to halve: on to the EM algorithm
            halvings, moved = HALVINGS, mixed(sigma, 0.0, sigma, -1.0)


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
    """Trials whose pattern s is the visits ``seen[t, s]``: see ``batch_mmrm_newton_numpy``."""
    trials, m = size.shape[0], seen.shape[2]
    numbers, status, steps = np.full((trials, 4), np.nan), np.zeros(trials, np.int64), np.zeros(trials, np.int64)
    directions = np.zeros((m * (m + 1) // 2, m, m))
    for t in range(trials):
        good, steps[t], sigma, value, weights, beta, phi, information = _climb(seen[t], size[t], cross[t], q, start[t])
        status[t] = _NOT_CONVERGED
        if not good:
            continue
        root, good = lower_root(information, 0.0)
        precision = inverse(lower_root(sigma, 0.0)[0])
        for v in range(m):
            good = good and sigma[v, v] * precision[v, v] * EDGE < 1.0
        if not good:
            continue
        status[t] = _CONVERGED
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
