"""Makes machine code of a function where numba is installed, and holds the small matrix algebra of such functions.

Without numba the same functions run interpreted, which is slow and only good for looking at a formula:

>>> root, positive = lower_root(np.array([[4.0, 2.0], [2.0, 5.0]]), 1e-12)
>>> root.tolist(), bool(positive)
([[2.0, 0.0], [1.0, 2.0]], True)
"""

from collections.abc import Callable
from hashlib import sha256
from types import CodeType
from typing import Any, TypeVar, cast

import numpy as np

from trialwright.statistics.arguments import FloatArray

njit: Callable[..., Any] | None
try:
    from numba import njit
except ImportError:
    njit = None

F = TypeVar("F", bound=Callable[..., Any])


def compiled(function: F) -> F:
    """The function as machine code, kept on disk between runs where the disk allows; interpreted without numba.

    >>> compiled(abs)(-1) if njit is None else 1
    1
    """
    if njit is None:
        return function
    function.__qualname__ += f"_{_digest(function)}"
    try:
        return cast(F, njit(nogil=True, error_model="numpy", cache=True)(function))
    except RuntimeError:  # there is no folder to keep the machine code in
        return cast(F, njit(nogil=True, error_model="numpy")(function))


def _digest(function: Callable[..., Any]) -> str:
    """Eight characters that change when the function does, or a constant or compiled function that it uses.

    numba looks for changes in a function's own file only; with the digest in its name, machine code kept on disk is found
    again only where nothing that it was made of has changed.
    """
    code = function.__code__
    used: list[Any] = [function.__globals__.get(name) for name in code.co_names]
    parts = [code.co_code, *(repr(part).encode() for part in code.co_consts if not isinstance(part, CodeType))]
    parts += [repr(value).encode() for value in used if isinstance(value, (bool, int, float, str, tuple))]
    parts += [value.py_func.__qualname__.encode() for value in used if hasattr(value, "py_func")]
    return sha256(b"|".join(parts)).hexdigest()[:8]


@compiled
def lower_root(a: FloatArray, floor: float) -> tuple[FloatArray, bool]:
    """Cholesky root; False if a pivot keeps no more than ``floor`` of its diagonal element."""
    n = a.shape[0]
    low = np.zeros((n, n))
    for j in range(n):
        pivot = a[j, j]
        for k in range(j):
            pivot -= low[j, k] * low[j, k]
        if not (pivot > 0.0 and pivot > floor * a[j, j]):
            return low, False
        low[j, j] = np.sqrt(pivot)
        for i in range(j + 1, n):
            s = a[i, j]
            for k in range(j):
                s -= low[i, k] * low[j, k]
            low[i, j] = s / low[j, j]
    return low, True


@compiled
def inverse_root(low: FloatArray) -> FloatArray:
    """The inverse of a lower triangular matrix."""
    n = low.shape[0]
    found = np.zeros((n, n))
    for j in range(n):
        found[j, j] = 1.0 / low[j, j]
        for i in range(j + 1, n):
            s = 0.0
            for k in range(j, i):
                s -= low[i, k] * found[k, j]
            found[i, j] = s / low[i, i]
    return found


@compiled
def crossed(half: FloatArray) -> FloatArray:
    """H'H for a lower triangular H."""
    n = half.shape[0]
    found = np.zeros((n, n))
    for k in range(n):
        for i in range(k + 1):
            for j in range(i + 1):
                found[i, j] += half[k, i] * half[k, j]
    for i in range(n):
        for j in range(i):
            found[j, i] = found[i, j]
    return found


@compiled
def inverse(low: FloatArray) -> FloatArray:
    """The inverse of the matrix whose lower root is given."""
    return crossed(inverse_root(low))


@compiled
def product(a: FloatArray, b: FloatArray) -> FloatArray:
    """The product of two matrices."""
    found = np.zeros((a.shape[0], b.shape[1]))
    for i in range(a.shape[0]):
        for k in range(a.shape[1]):
            for j in range(b.shape[1]):
                found[i, j] += a[i, k] * b[k, j]
    return found


@compiled
def mixed(a: FloatArray, x: float, b: FloatArray, y: float) -> FloatArray:
    """The matrix x A + y B."""
    found = np.zeros(a.shape)
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            found[i, j] = x * a[i, j] + y * b[i, j]
    return found
