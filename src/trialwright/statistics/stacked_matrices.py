"""Cholesky roots of many small matrices at once, where one that has none must not stop the others."""

import numpy as np
from numpy.typing import NDArray

from trialwright.statistics.arguments import FloatArray


def stacked_root(a: FloatArray, floor: float) -> tuple[FloatArray, NDArray[np.bool_]]:
    """Lower roots (... x n x n), and which are right: every pivot keeps more than ``floor`` of its diagonal element.

    >>> root, good = stacked_root(np.array([[[4.0, 2.0], [2.0, 5.0]], [[1.0, 2.0], [2.0, 1.0]]]), 1e-12)
    >>> root[0].tolist(), good.tolist()
    ([[2.0, 0.0], [1.0, 2.0]], [True, False])
    """
    shares, low = stacked_pivots(a)
    return low, np.asarray((shares > floor).all(axis=-1))


def stacked_pivots(a: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Share of each diagonal element that its pivot keeps (... x n; not positive where there is no root), and the roots.

    >>> stacked_pivots(np.array([[4.0, 2.0], [2.0, 5.0]]))[0].tolist()
    [1.0, 0.8]
    """
    n = a.shape[-1]
    low, shares = np.zeros(a.shape), np.zeros(a.shape[:-1])
    for j in range(n):
        column = a[..., j:, j] - (low[..., j:, :j] @ low[..., j, :j, None])[..., 0]
        pivot, diagonal = column[..., 0], a[..., j, j]
        positive = (pivot > 0.0) & (diagonal > 0.0)
        shares[..., j] = np.where(positive, pivot / np.where(positive, diagonal, 1.0), 0.0)
        root = np.sqrt(np.where(positive, pivot, 1.0))
        low[..., j:, j] = np.where(positive[..., None], column / root[..., None], 0.0)
        low[..., j, j] = root
    return shares, low
