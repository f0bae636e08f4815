"""Curvature of the likelihood of an unstructured covariance, element by element, for the compiled climbs.

An information matrix is k x k in the elements of the m x m covariance (lower triangle, row by row); D_h is the
derivative in element h. With e weighted residuals, F weighted designs and W weights, all three kinds are

    tr(D_h W D_j (a ee' + b FPhiF' + c W)) - d v_h'Phi v_j + e tr(Phi P_h Phi P_j),   summed over patterns.

>>> from trialwright.statistics.compiled_matrices import njit
>>> njit is None or callable(newton_step)
True
"""

import numpy as np

from trialwright.statistics.arguments import FloatArray
from trialwright.statistics.compiled_matrices import compiled, inverse_root, lower_root

AVERAGE = (0.5, 0.0, 0.0, 0.5, 0.0)  # the shares a to e
EXPECTED = (0.0, -1.0, 0.5, 0.0, 0.5)
OBSERVED = (1.0, 1.0, -0.5, 1.0, -0.5)
Shares = tuple[float, float, float, float, float]


@compiled
def paired(products: FloatArray, m: int) -> FloatArray:
    """tr(D_h W D_j B), summed over patterns: k x k, from the sums of vec(W) vec(B)' (mm x mm), W and B symmetric."""
    k, h = m * (m + 1) // 2, 0
    found = np.zeros((k, k))
    for x in range(m):
        for y in range(x + 1):
            j = 0
            for f in range(x + 1):
                for g in range(f + 1):
                    if j <= h:
                        part = products[y * m + f, g * m + x] + products[y * m + g, f * m + x]
                        part += products[x * m + f, g * m + y] + products[x * m + g, f * m + y]
                        found[h, j] = found[j, h] = part * (0.5 if x == y else 1.0) * (0.5 if f == g else 1.0)
                    j += 1
            h += 1
    return found


@compiled
def fitted(v: FloatArray, half: FloatArray) -> FloatArray:
    """v_h'Phi v_j for the columns of v (p x k), where Phi = H'H for lower triangular ``half``."""
    p, k = v.shape
    found, turned = np.zeros((k, k)), np.zeros(k)
    for x in range(p):
        turned[:] = 0.0
        for y in range(x + 1):
            for h in range(k):
                turned[h] += half[x, y] * v[y, h]
        for h in range(k):
            for j in range(k):
                found[h, j] += turned[h] * turned[j]
    return found


@compiled
def turned_blocks(blocks: FloatArray, half: FloatArray) -> FloatArray:
    """Lower triangles of H P_h H', row by row, for each of k symmetric P_h (p x p x k) and lower triangular H."""
    p, wide, k = half.shape[0], blocks.shape[1] * blocks.shape[2], blocks.shape[2]
    rows, first = blocks.reshape(p, wide), np.zeros(wide)
    found, place = np.zeros((p * (p + 1) // 2, k)), 0
    for x in range(p):
        first[:] = 0.0
        for y in range(x + 1):
            share = half[x, y]
            for c in range(wide):
                first[c] += share * rows[y, c]
        for y in range(x + 1):
            for z in range(y + 1):
                share = half[y, z]
                for h in range(k):
                    found[place, h] += share * first[z * k + h]
            place += 1
    return found


@compiled
def traces(turned: FloatArray) -> FloatArray:
    """tr(Phi P_h Phi P_j), from ``turned_blocks``: k x k."""
    rows, place, x = 2.0 * turned, 0, 0
    while place < rows.shape[0]:
        for h in range(rows.shape[1]):
            rows[place, h] = turned[place, h]
        x += 1
        place += x + 1
    found: FloatArray = np.dot(rows.T, turned)
    return found


@compiled
def newton_step(information: FloatArray, free: FloatArray) -> tuple[FloatArray, float, bool]:
    """Newton's step as a symmetric matrix and its decrement; False if the information is not positive definite.

    ``free`` is M: the gradient in element h is tr(D_h M) / 2.
    """
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
