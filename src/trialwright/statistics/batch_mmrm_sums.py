"""Sums of each trial of a batch by pattern of missing visits, all that its mixed model needs, and what forbids a fit."""

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from trialwright.statistics.arguments import FloatArray
from trialwright.statistics.batch_mmrm_status import ALIASED, PERFECT, MmrmStatus
from trialwright.statistics.stacked_matrices import stacked_pivots

BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.int64]


@frozen(kw_only=True, eq=False)
class Standardized:
    """T trials of n patients, m visits, q columns (constant, arm, covariates) with mean zero and spread one.

    ``outcome`` T x n x m is zero where ``seen`` is not; the visits of each trial stand in order of how many were seen
    (``order``); ``place`` is where the visit asked for came to stand. ``spread`` T x m and ``width`` T x q were
    divided by; ``status`` says which trials cannot be fitted.
    """

    outcome: FloatArray
    seen: BoolArray
    columns: FloatArray
    spread: FloatArray
    width: FloatArray
    place: IntArray
    status: IntArray

    @property
    def nested(self) -> BoolArray:
        """Trials in which nobody returns: whoever is seen at a visit was seen at all before (in ``order``)."""
        return np.asarray((self.seen[:, :, 1:] <= self.seen[:, :, :-1]).all(axis=(1, 2)))

    def take(self, trials: IntArray | BoolArray) -> "Standardized":
        """Some of the trials."""
        return Standardized(
            outcome=self.outcome[trials],
            seen=self.seen[trials],
            columns=self.columns[trials],
            spread=self.spread[trials],
            width=self.width[trials],
            place=self.place[trials],
            status=self.status[trials],
        )


@frozen(kw_only=True, eq=False)
class Sums:
    """Sums of T trials by pattern of seen visits, S patterns each at most.

    ``seen`` T x S x m the patterns, ``size`` T x S their patients, ``cross`` T x S x (q + m) x (q + m) the sums of
    products of columns and outcomes over these patients.
    """

    seen: BoolArray
    size: FloatArray
    cross: FloatArray
    q: int

    def take(self, trials: IntArray | BoolArray) -> "Sums":
        """The sums of some of the trials."""
        return Sums(seen=self.seen[trials], size=self.size[trials], cross=self.cross[trials], q=self.q)


def standardized(outcome: FloatArray, columns: FloatArray, visit: int) -> Standardized:
    """Center and scale, visit by visit and column by column: no estimate depends on it, but rounding does.

    ``outcome`` T x n x m with NaN where missing, ``columns`` T x n x q, complete: the constant, the arm (0 or 1), more.

    >>> found = standardized(np.array([[[1.0, 2.0], [3.0, np.nan]]]), np.array([[[1.0, 0.0], [1.0, 1.0]]]), 1)
    >>> found.outcome.tolist(), MmrmStatus(int(found.status[0])).name
    ([[[-1.0, 0.0], [1.0, 0.0]]], 'ONE_ARM_VISIT')
    """
    order = np.argsort(-np.isfinite(outcome).sum(axis=1), axis=1, kind="stable")
    y = np.take_along_axis(outcome, order[:, None, :], axis=2)
    seen: BoolArray = np.asarray(np.isfinite(y))
    count = seen.sum(axis=1)
    used: BoolArray = np.asarray(seen.any(axis=2))
    treated = (seen & (columns[:, :, 1] == 1.0)[:, :, None]).sum(axis=1)
    constant = np.where(seen, y, -np.inf).max(axis=1) == np.where(seen, y, np.inf).min(axis=1)
    y = np.where(seen, y, 0.0)
    y = np.where(seen, y - (y.sum(axis=1) / np.maximum(count, 1))[:, None], 0.0)
    spread = np.sqrt((y**2).sum(axis=1) / np.maximum(count, 1))
    spread[spread == 0.0] = 1.0
    z = np.where(used[:, :, None], columns, 0.0)
    mean = z.sum(axis=1) / np.maximum(used.sum(axis=1), 1)[:, None]
    mean[:, 0] = 0.0
    z = np.where(used[:, :, None], z - mean[:, None], 0.0)
    width = np.sqrt((z**2).sum(axis=1) / np.maximum(used.sum(axis=1), 1)[:, None])
    width[width == 0.0] = 1.0
    status = np.full(len(y), int(MmrmStatus.CONVERGED))
    for flaw, trials in (
        (MmrmStatus.NO_VARIATION, constant.any(axis=1)),
        (MmrmStatus.ONE_ARM_VISIT, ((treated == 0) | (treated == count)).any(axis=1)),
        (MmrmStatus.EMPTY_VISIT, (count == 0).any(axis=1)),
    ):
        status[trials] = int(flaw)
    return Standardized(
        outcome=y / spread[:, None],
        seen=seen,
        columns=z / width[:, None],
        spread=spread,
        width=width,
        place=np.argmax(order == visit, axis=1),
        status=status,
    )


def nested_patterns(data: Standardized) -> tuple[BoolArray, IntArray]:
    """The first visits, one more in each pattern (T x m x m), and which patient has which (T x n, -1 for none).

    >>> data = standardized(np.array([[[1.0, 2.0], [3.0, np.nan]]]), np.array([[[1.0, 0.0], [1.0, 1.0]]]), 0)
    >>> [part.tolist() for part in nested_patterns(data)]
    [[[[True, False], [True, True]]], [[1, 0]]]
    """
    t, _, m = data.seen.shape
    return np.broadcast_to(np.tri(m, dtype=np.bool_), (t, m, m)), data.seen.sum(axis=2) - 1


def patterns(data: Standardized) -> tuple[BoolArray, IntArray]:
    """The patterns of seen visits that occur in each trial (T x S x m), and which patient has which (T x n, -1 for none).

    >>> data = standardized(np.array([[[1.0, 2.0], [3.0, np.nan]]]), np.array([[[1.0, 0.0], [1.0, 1.0]]]), 0)
    >>> [part.tolist() for part in patterns(data)]
    [[[[True, False], [True, True]]], [[1, 0]]]
    """
    t, n, m = data.seen.shape
    bits = 1 << np.arange(m)
    mask = data.seen @ bits
    order = np.argsort(mask, axis=1, kind="stable")
    ranked = np.take_along_axis(mask, order, axis=1)
    rank = np.cumsum(np.diff(ranked, axis=1, prepend=ranked[:, :1]) > 0, axis=1)
    which = np.empty((t, n), dtype=np.int64)
    np.put_along_axis(which, order, rank, axis=1)
    found = np.zeros((t, int(rank.max()) + 1), dtype=np.int64)
    np.put_along_axis(found, which, mask, axis=1)
    return (found[:, :, None] & bits) > 0, np.where(mask > 0, which, -1)


def summed(data: Standardized, seen: BoolArray, which: IntArray) -> Sums:
    """Sums by pattern, with matrix products.

    >>> data = standardized(np.array([[[1.0, 2.0], [3.0, np.nan]]]), np.array([[[1.0, 0.0], [1.0, 1.0]]]), 0)
    >>> summed(data, *nested_patterns(data)).size.tolist()
    [[1.0, 1.0]]
    """
    rows = np.concatenate([data.columns, data.outcome], axis=2)
    members = which[:, :, None] == np.arange(seen.shape[1])
    cross = [(rows * members[:, :, s, None]).transpose(0, 2, 1) @ rows for s in range(seen.shape[1])]
    return Sums(
        seen=seen, size=members.sum(axis=1).astype(np.float64), cross=np.stack(cross, axis=1), q=data.columns.shape[2]
    )


def examined(sums: Sums) -> tuple[IntArray, FloatArray]:
    """What forbids a fit, and where to start one: moments of least squares residuals, drawn to the diagonal (T x m x m).

    >>> sums = Sums(seen=np.array([[[True]]]), size=np.array([[4.0]]), cross=4.0 * np.eye(3)[None, None], q=2)
    >>> status, start = examined(sums)
    >>> MmrmStatus(int(status[0])).name, start.tolist()
    ('CONVERGED', [[[2.0]]])
    """
    cross, q, at = sums.cross, sums.q, sums.seen.astype(np.float64)
    m = at.shape[2]
    by_visit = np.matmul(at.swapaxes(1, 2), cross.reshape(*cross.shape[:2], -1)).reshape(
        len(cross), m, *cross.shape[2:]
    )
    normal = np.empty((*by_visit.shape[:2], q + 1, q + 1))
    normal[..., :q, :q] = by_visit[..., :q, :q]
    for v in range(m):
        normal[:, v, :q, q] = normal[:, v, q, :q] = by_visit[:, v, :q, q + v]
        normal[:, v, q, q] = by_visit[:, v, q + v, q + v]
    shares, low = stacked_pivots(normal)
    together = (at * sums.size[:, :, None]).swapaxes(1, 2) @ at
    status = np.full(len(cross), int(MmrmStatus.CONVERGED))
    status[(together < 2).any(axis=(1, 2))] = int(MmrmStatus.UNSEEN_PAIR)
    status[(shares[..., q] <= PERFECT).any(axis=1)] = int(MmrmStatus.NO_VARIATION)
    status[(shares[..., :q] <= ALIASED).any(axis=(1, 2))] = int(MmrmStatus.SINGULAR_DESIGN)
    beta = (low[..., q, None, :q] @ np.linalg.inv(low[..., :q, :q]))[..., 0, :]
    return status, _start(cross, at, together, np.where((status == MmrmStatus.CONVERGED)[:, None, None], beta, 0.0))


def _start(cross: FloatArray, at: FloatArray, together: FloatArray, beta: FloatArray) -> FloatArray:
    """Covariance of the residuals pair by pair, off-diagonals shrunk until positive definite."""
    q, m = beta.shape[2], beta.shape[1]
    zz, zy, yy = cross[..., :q, :q], cross[..., :q, q:], cross[..., q:, q:]
    fitted = beta[:, None] @ zy
    rest = yy - fitted - fitted.swapaxes(2, 3) + beta[:, None] @ zz @ beta[:, None].swapaxes(2, 3)
    sums = np.einsum("tsv,tsu,tsvu->tvu", at, at, rest)
    start = np.asarray(sums / np.maximum(together - q, 1.0))
    diagonal = np.eye(m) * np.maximum(np.einsum("tvv->tv", start), 1e-12)[:, None]
    for _ in range(60):
        thin = stacked_pivots(start)[0].min(axis=1) < 0.05
        if not thin.any():
            break
        start[thin] = diagonal[thin] + 0.8 * (start[thin] - np.eye(m) * start[thin])
    return start
