"""Climbs to the likeliest unstructured covariance of one trial, whatever its design, in compiled loops.

>>> from trialwright.statistics.compiled_matrices import njit
>>> njit is None or callable(climb)
True
"""

import numpy as np
from numpy.typing import NDArray

from trialwright.statistics.arguments import FloatArray
from trialwright.statistics.batch_mmrm_status import CLOSE, HALVINGS, ROUNDING
from trialwright.statistics.compiled_information import (
    AVERAGE,
    OBSERVED,
    Shares,
    fitted,
    newton_step,
    paired,
    traces,
    turned_blocks,
)
from trialwright.statistics.compiled_matrices import (
    compiled,
    crossed,
    inverse,
    inverse_root,
    lower_root,
    mixed,
    product,
)

IntArray = NDArray[np.int64]
_FINISHED = 1e-12  # decrement at which one last step is taken; who asked computes the information anew there


@compiled
def _at(
    sigma: FloatArray, size: FloatArray, pairs: IntArray, sums: FloatArray
) -> tuple[bool, float, FloatArray, FloatArray, FloatArray, FloatArray]:
    """-2 restricted log-likelihood up to a constant, with the weights of each pattern, (-beta, 1), Phi = H'H and H."""
    m, kinds, q = sigma.shape[0], size.size, int(np.sqrt(sums.shape[1]))
    p, value = q - 1, 0.0
    weights, residual, coefficients = np.zeros((kinds, m, m)), np.zeros(q), np.zeros(len(pairs))
    visits, first, positive = np.zeros(m, np.int64), 0, lower_root(sigma, 0.0)[1]
    a, total = np.zeros((p, p)), np.zeros(q * q)
    for s in range(kinds):
        last, count = first, 0
        while last < len(pairs) and pairs[last, 0] == s:
            if pairs[last, 1] == pairs[last, 2]:
                visits[count] = pairs[last, 1]
                count += 1
            last += 1
        inner = np.zeros((count, count))
        for x in range(count):
            for y in range(count):
                inner[x, y] = sigma[visits[x], visits[y]]
        root, good = lower_root(inner, 0.0)
        positive = positive and good
        if positive:
            inner = inverse(root)
            for x in range(count):
                value += 2.0 * size[s] * np.log(root[x, x])
                for y in range(count):
                    weights[s, visits[x], visits[y]] = inner[x, y]
            for r in range(first, last):
                coefficients[r] = weights[s, pairs[r, 1], pairs[r, 2]]
        first = last
    if positive:
        total = np.dot(coefficients, sums)
        for x in range(p):
            for y in range(p):
                a[x, y] = total[x * q + y]
        root, positive = lower_root(a, 0.0)
    if not positive:
        return False, value, weights, residual, a, a
    half = inverse_root(root)
    phi = crossed(half)
    residual[p] = 1.0
    for x in range(p):
        for y in range(p):
            residual[x] -= phi[x, y] * total[y * q + p]
        value += 2.0 * np.log(root[x, x]) + residual[x] * total[x * q + p]
    return True, value + total[q * q - 1], weights, residual, phi, half


@compiled
def _slope(
    size: FloatArray,
    pairs: IntArray,
    sums: FloatArray,
    weights: FloatArray,
    residual: FloatArray,
    phi: FloatArray,
    half: FloatArray,
    shares: Shares,
) -> tuple[FloatArray, FloatArray]:
    """As in ``batch_mmrm_newton_numba``: M, and the average or the observed information."""
    kinds, m = weights.shape[:2]
    q, k = residual.size, m * (m + 1) // 2
    p = q - 1
    of_errors, of_fixed, of_size, of_v, of_traces = shares
    middle = np.zeros((q * q, 2))
    for x in range(q):
        for y in range(q):
            middle[x * q + y, 0] = residual[x] * residual[y]
            if x < p and y < p:
                middle[x * q + y, 1] = phi[x, y]
    around, parts = np.dot(sums, middle), np.zeros((k, len(pairs)))
    rest, modeled = np.zeros((kinds, m, m)), np.zeros((kinds, m, m))
    for r in range(len(pairs)):
        s, a, b = pairs[r]
        part, w, h = (1.0 if a == b else 0.5), weights[s], 0
        rest[s, a, b] = rest[s, b, a] = part * around[r, 0]
        modeled[s, a, b] = modeled[s, b, a] = part * around[r, 1]
        for x in range(m):
            for y in range(x + 1):
                parts[h, r] = (0.5 if x == y else 1.0) * (w[a, x] * w[y, b] + w[a, y] * w[x, b])
                h += 1
    free, right, products = np.zeros((m, m)), np.zeros((m, m)), np.zeros((m * m, m * m))
    for s in range(kinds):
        w = weights[s]
        errors, fixed = product(product(w, rest[s]), w), product(product(w, modeled[s]), w)
        for a in range(m):
            for b in range(m):
                own = size[s] * w[a, b]
                free[a, b] += own - errors[a, b] - fixed[a, b]
                right[a, b] = of_errors * errors[a, b] + of_fixed * fixed[a, b] + of_size * own
        for a in range(m):
            for x in range(m):
                for b in range(m):
                    for y in range(m):
                        products[a * m + x, b * m + y] += w[a, x] * right[b, y]
    v, blocks, sandwiched = np.zeros((p, k)), np.zeros((p, p, k)), np.dot(parts, sums)
    for h in range(k):
        for x in range(p):
            for y in range(q):
                v[x, h] += sandwiched[h, x * q + y] * residual[y]
            for y in range(p):
                blocks[x, y, h] = sandwiched[h, x * q + y]
    information = paired(products, m) - of_v * fitted(v, half)
    if of_traces != 0.0:
        information += of_traces * traces(turned_blocks(blocks, half))
    return free, information


@compiled
def climb(sigma: FloatArray, size: FloatArray, pairs: IntArray, sums: FloatArray) -> tuple[bool, int, FloatArray]:
    """Newton's method from ``sigma`` (m x m): whether it converged, after how many iterations, and where.

    ``size`` patients of each of K patterns; ``pairs`` R x 3 pattern and two of its visits (in order, the first not the
    smaller), ``sums`` R x qq for each the sum over patients of z_a z_b' + z_b z_a' (once if a is b), with q columns: the
    design's and the outcome.
    """
    good, value, weights, residual, phi, half = _at(sigma, size, pairs, sums)
    near = False
    for iteration in range(1, 51):
        if not good:
            return False, iteration, sigma
        shares = OBSERVED if near else AVERAGE
        free, information = _slope(size, pairs, sums, weights, residual, phi, half, shares)
        step, decrement, good = newton_step(information, free)
        if near and good and decrement < _FINISHED:
            return True, iteration, mixed(sigma, 1.0, step, -1.0)
        slack, share, taken = (1e-11 * abs(value) if decrement < 1e-6 else 0.0), 1.0, False
        for _ in range(HALVINGS if good else 0):
            moved = mixed(sigma, 1.0, step, -share)
            found = _at(moved, size, pairs, sums)
            if found[0] and found[1] <= value + slack:
                sigma, taken = moved, True
                good, value, weights, residual, phi, half = found
                break
            share *= 0.5
        if not taken:
            return near and good and decrement < ROUNDING, iteration, sigma
        near = near or decrement <= CLOSE
    return False, 50, sigma
