"""Climbs to the likeliest covariance of many small trials in which patients miss visits and return, in compiled loops.

>>> from trialwright.statistics.compiled_matrices import njit
>>> njit is None or callable(fit_patterns)
True
"""

import numpy as np
from numpy.typing import NDArray

from trialwright.statistics.arguments import FloatArray
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
from trialwright.statistics.compiled_information import (
    AVERAGE,
    EXPECTED,
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

BoolArray = NDArray[np.bool_]
_CONVERGED = int(MmrmStatus.CONVERGED)
_NOT_CONVERGED = int(MmrmStatus.NOT_CONVERGED)


@compiled
def _at(
    sigma: FloatArray, seen: BoolArray, size: FloatArray, cross: FloatArray, q: int
) -> tuple[bool, float, FloatArray, FloatArray, FloatArray, FloatArray]:
    """-2 restricted log-likelihood at ``sigma``, with the weights of each pattern, beta, Phi and the lower root of Phi^-1, inverted.

    The weights of a pattern are those of all visits, swept clean of the visits not seen.
    """
    kinds, m = seen.shape
    p, value = m * q, 0.0
    weights, beta, a, right = np.zeros((kinds, m, m)), np.zeros((m, q)), np.zeros((p, p)), np.zeros(p)
    root, positive = lower_root(sigma, 0.0)
    if not positive:
        return False, value, weights, beta, a, a
    whole, base = inverse(root), 0.0
    for v in range(m):
        base += 2.0 * np.log(root[v, v])
    for s in range(kinds):
        if size[s] == 0.0:
            continue
        w, c, log_determinant = weights[s], cross[s], base
        for v in range(m):
            for u in range(m):
                w[v, u] = whole[v, u]
        for v in range(m):
            if seen[s, v]:
                log_determinant += LOG_TWO_PI
                continue
            pivot = w[v, v]
            log_determinant += np.log(pivot)
            for x in range(m):
                share = w[x, v] / pivot
                for y in range(m):
                    if x != v and y != v:
                        w[x, y] -= share * w[v, y]
            for x in range(m):
                w[x, v] = w[v, x] = 0.0
        value += size[s] * log_determinant
        for v in range(m):
            for u in range(m):
                weight = w[v, u]
                value += weight * c[q + v, q + u]
                for i in range(q):
                    right[v * q + i] += weight * c[i, q + u]
                for i in range(q if u <= v else 0):
                    for j in range(q):
                        a[v * q + i, u * q + j] += weight * c[i, j]
    root, positive = lower_root(a, 0.0)
    if not positive:
        return False, value, weights, beta, a, a
    half = inverse_root(root)
    phi = crossed(half)
    for x in range(p):
        coefficient = 0.0
        for y in range(p):
            coefficient += phi[x, y] * right[y]
        beta[x // q, x % q] = coefficient
        value += 2.0 * np.log(root[x, x]) - LOG_TWO_PI - coefficient * right[x]
    return True, value, weights, beta, phi, half


@compiled
def _residuals(
    cross: FloatArray, beta: FloatArray, phi: FloatArray, left: FloatArray, rest: FloatArray, modeled: FloatArray
) -> None:
    """Sums over one pattern of r z' (m x q) and r r' (m x m), r the residuals, and of X Phi X' (m x m)."""
    m, q = beta.shape
    for a in range(m):
        for i in range(q):
            value = cross[i, q + a]
            for j in range(q):
                value -= beta[a, j] * cross[j, i]
            left[a, i] = value
    for a in range(m):
        for b in range(a + 1):
            own, shared = cross[q + a, q + b], 0.0
            for i in range(q):
                own -= beta[a, i] * cross[i, q + b] + left[a, i] * beta[b, i]
                for j in range(q):
                    shared += phi[a * q + i, b * q + j] * cross[i, j]
            rest[a, b] = rest[b, a] = own
            modeled[a, b] = modeled[b, a] = shared


@compiled
def _add_blocks(sums: FloatArray, w: FloatArray, c: FloatArray, q: int, room: FloatArray) -> None:
    """Add (W D_h W) x C of one pattern to ``sums``: for each pair of columns and each pair of visits a row of k."""
    m, k, place = w.shape[0], room.shape[0], 0
    for x in range(m):
        for y in range(x + 1):
            h = 0
            for a in range(m):
                for b in range(a + 1):
                    room[place, h] = (0.5 if a == b else 1.0) * (w[x, a] * w[b, y] + w[x, b] * w[a, y])
                    h += 1
            place += 1
    row = 0
    for i in range(q):
        for j in range(i + 1):
            share = c[i, j]
            for place in range(k):
                for h in range(k):
                    sums[row, place, h] += share * room[place, h]
            row += 1


@compiled
def _blocks(sums: FloatArray, m: int, q: int) -> FloatArray:
    """P_h, from the sums of ``_add_blocks``: p x p x k."""
    p, k, place = m * q, m * (m + 1) // 2, 0
    found = np.empty((p, p, k))
    for x in range(m):
        for y in range(x + 1):
            row = 0
            for i in range(q):
                for j in range(i + 1):
                    for h in range(k):
                        value = sums[row, place, h]
                        found[x * q + i, y * q + j, h] = found[x * q + j, y * q + i, h] = value
                        found[y * q + i, x * q + j, h] = found[y * q + j, x * q + i, h] = value
                    row += 1
            place += 1
    return found


@compiled
def _slope(
    size: FloatArray,
    cross: FloatArray,
    weights: FloatArray,
    beta: FloatArray,
    phi: FloatArray,
    half: FloatArray,
    shares: Shares,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Twice minus the slope of the log-likelihood, as a symmetric matrix M = sum of W - F Phi F' - e e', and information.

    The ``shares`` are those of one kind of information. Last, H P_h H' for each element h of Sigma, unless it is the
    average information.
    """
    m, q = beta.shape
    p, k = m * q, m * (m + 1) // 2
    of_errors, of_fixed, of_size, of_v, of_traces = shares
    free, products, outer = np.zeros((m, m)), np.zeros((m * m, m * m)), np.zeros((m * m, p))
    left, rest, modeled, right = np.zeros((m, q)), np.zeros((m, m)), np.zeros((m, m)), np.zeros((m, m))
    sums, room = np.zeros((q * (q + 1) // 2 if of_traces != 0.0 else 0, k, k)), np.zeros((k, k))
    for s in range(size.size):
        if size[s] == 0.0:
            continue
        w, c = weights[s], cross[s]
        _residuals(c, beta, phi, left, rest, modeled)
        turned = product(w, left)
        both = product(product(w, mixed(rest, 1.0, modeled, 1.0)), w)
        errors = both if of_errors == of_fixed else product(product(w, rest), w)
        for a in range(m):
            for b in range(m):
                own = size[s] * w[a, b]
                free[a, b] += own - both[a, b]
                right[a, b] = of_fixed * both[a, b] + (of_errors - of_fixed) * errors[a, b] + of_size * own
        for a in range(m):
            for x in range(m):
                share = w[a, x]
                for b in range(m):
                    for y in range(m):
                        products[a * m + x, b * m + y] += share * right[b, y]
                    for i in range(q):
                        outer[a * m + x, b * q + i] += share * turned[b, i]
        if of_traces != 0.0:
            _add_blocks(sums, w, c, q, room)
    information = paired(products, m)
    if of_v != 0.0:
        v, h = np.zeros((p, k)), 0
        for a in range(m):
            for b in range(a + 1):
                part = 0.5 if a == b else 1.0
                for x in range(m):
                    for i in range(q):
                        v[x * q + i, h] = part * (outer[x * m + a, b * q + i] + outer[x * m + b, a * q + i])
                h += 1
        information -= of_v * fitted(v, half)
    if of_traces == 0.0:
        return free, information, half
    blocks = turned_blocks(_blocks(sums, m, q), half)
    return free, information + of_traces * traces(blocks), blocks


@compiled
def _climb(
    seen: BoolArray, size: FloatArray, cross: FloatArray, q: int, sigma: FloatArray
) -> tuple[bool, int, FloatArray, float, FloatArray, FloatArray, FloatArray, FloatArray, FloatArray, FloatArray]:
    """Newton steps from ``sigma``: whether they converged, their number, Sigma, -2 log-likelihood, weights, beta, Phi, H,
    information and blocks.

    Each pass looks at one covariance, ``moved``: it is taken if the likelihood does not fall, else the step is halved;
    where all steps fail, a step of the EM algorithm is taken, which never leaves the inside. The last step is polish, too
    small to change the information.
    """
    moved, step, free, n, steps = sigma, sigma, sigma, 0.0, 0
    for s in range(size.size):
        n += size[s]
    value, slack, share, decrement, halvings = np.inf, 0.0, 1.0, np.inf, 0
    near, last = False, False
    while True:
        good, other, weights, beta, phi, half = _at(moved, seen, size, cross, q)
        if not (good and other <= value + slack):
            halvings += 1
            if halvings <= HALVINGS:
                share *= 0.5
                moved = mixed(sigma, 1.0, step, -share)
            elif near and decrement < ROUNDING:
                moved, value, slack, last = sigma, np.inf, 0.0, True
            elif halvings == HALVINGS + 1:
                moved = mixed(sigma, 1.0, product(product(sigma, free), sigma), -1.0 / n)
                near, slack = False, np.inf
            else:
                return False, steps, sigma, value, weights, beta, phi, half, sigma, sigma
            continue
        sigma, value, share, halvings = moved, other, 1.0, 0
        free, information, blocks = _slope(size, cross, weights, beta, phi, half, OBSERVED if near else AVERAGE)
        step, decrement, good = newton_step(information, free)
        if near and good and (last or decrement < FINISHED):
            moved = mixed(sigma, 1.0, step, -1.0)
            polished = _at(moved, seen, size, cross, q)
            if polished[0]:
                good, value, weights, beta, phi, half = polished
            return True, steps, moved if polished[0] else sigma, value, weights, beta, phi, half, information, blocks
        if steps == ITERATIONS:
            return False, steps, sigma, value, weights, beta, phi, half, sigma, sigma
        if near and not good:
            information = _slope(size, cross, weights, beta, phi, half, EXPECTED)[1]
            step, decrement, good = newton_step(information, free)
            near = False
        else:
            near = near or (good and decrement <= CLOSE)
        steps += 1
        slack = 1e-11 * abs(value) if decrement < 1e-6 else 0.0
        moved = mixed(sigma, 1.0, step, -1.0)
        if not good:  # no step to halve: on to the EM algorithm
            halvings, moved = HALVINGS, mixed(sigma, 0.0, sigma, -1.0)


@compiled
def _difference(
    size: FloatArray,
    cross: FloatArray,
    q: int,
    weights: FloatArray,
    phi: FloatArray,
    half: FloatArray,
    inverse_information: FloatArray,
    blocks: FloatArray,
    at: int,
    adjust: bool,
) -> tuple[float, float]:
    """Variance and degrees of freedom of coefficient ``at`` (Kenward-Roger if ``adjust``): V_hj in ``inverse_information``."""
    m, p, k = weights.shape[1], phi.shape[0], inverse_information.shape[0]
    images, slopes, products = np.zeros((k, p)), np.zeros(k), np.zeros((m * m, m * m))
    near, around = np.zeros((m, q)), np.zeros((m, m))
    place = 0
    for x in range(p):
        for y in range(x + 1):
            for h in range(k):
                images[h, x] += blocks[place, h] * half[y, at]
                if y < x:
                    images[h, y] += blocks[place, h] * half[x, at]
            place += 1
    for h in range(k):
        for x in range(p):
            slopes[h] += half[x, at] * images[h, x]
    for s in range(size.size if adjust else 0):
        if size[s] == 0.0:
            continue
        w, c = weights[s], cross[s]
        for a in range(m):
            for i in range(q):
                near[a, i] = 0.0
                for b in range(m):
                    near[a, i] += w[a, b] * phi[b * q + i, at]
        for a in range(m):
            for b in range(m):
                around[a, b] = 0.0
                for i in range(q):
                    for j in range(q):
                        around[a, b] += near[a, i] * c[i, j] * near[b, j]
        for a in range(m):
            for x in range(m):
                for b in range(m):
                    for y in range(m):
                        products[a * m + x, b * m + y] += w[a, x] * around[b, y]
    within, added, spread, variance = paired(products, m), 0.0, 0.0, phi[at, at]
    for h in range(k):
        for j in range(k):
            v = inverse_information[h, j]
            spread += v * slopes[h] * slopes[j]
            if adjust:
                added += v * within[h, j]
                for x in range(p):
                    added -= v * images[h, x] * images[j, x]
    return variance + 2.0 * added, 2.0 * variance * variance / spread


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
    for t in range(trials):
        good, steps[t], sigma, value, weights, beta, phi, half, information, blocks = _climb(
            seen[t], size[t], cross[t], q, start[t]
        )
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
        variance, df = _difference(
            size[t], cross[t], q, weights, phi, half, inverse(root), blocks, place[t] * q + 1, adjust
        )
        numbers[t] = beta[place[t], 1], variance, df, value
    return numbers, status, steps
