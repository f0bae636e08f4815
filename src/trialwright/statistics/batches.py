"""What many simulated trials analyzed at once have in common: how each of them ended, and which engine did the arithmetic."""

from collections.abc import Callable
from enum import IntEnum
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trialwright.statistics.arguments import FloatArray, StatisticsError

Engine = Literal["auto", "numpy", "compiled"]
StatusArray = NDArray[np.uint8]
BoolMatrix = NDArray[np.bool_]


class TrialStatus(IntEnum):
    """How the analysis of one trial of many ended. Whatever is not ``ANALYZED`` has NaN for each of its numbers."""

    ANALYZED = 0
    MISSING = 1
    ONE_ARM = 2
    TOO_FEW = 3
    CONSTANT = 4
    SINGULAR = 5
    PERFECT_FIT = 6

    @property
    def meaning(self) -> str:
        """What the status says, in words."""
        return {
            TrialStatus.ANALYZED: "analyzed",
            TrialStatus.MISSING: "a value is missing, infinite, or too large to be squared",
            TrialStatus.ONE_ARM: "an arm has no patient",
            TrialStatus.TOO_FEW: "no degree of freedom is left",
            TrialStatus.CONSTANT: "nothing varies where arms are compared",
            TrialStatus.SINGULAR: "the baseline does not vary within the arms",
            TrialStatus.PERFECT_FIT: "the model fits perfectly; no variation is left",
        }[self]


def status_counts(status: StatusArray) -> dict[str, int]:
    """How many trials ended how, in words; only what occurred.

    >>> status_counts(np.array([0, 0, 4], dtype=np.uint8))
    {'analyzed': 2, 'nothing varies where arms are compared': 1}
    """
    return {one.meaning: int(found) for one in TrialStatus if (found := (status == one).sum())}


def is_compiled(engine: Engine) -> bool:
    """Whether ``engine`` means the compiled kernels; ``auto`` does if numba (extra ``sim``) is installed.

    Raises StatisticsError if compiled kernels are demanded without numba.

    >>> is_compiled("numpy")
    False
    """
    if engine not in get_args(Engine):
        raise StatisticsError(f"engine: {engine!r} is not one of {', '.join(get_args(Engine))}.")
    present = find_spec("numba") is not None
    if engine == "compiled" and not present:
        raise StatisticsError("engine: numba is not installed; install trialwright[sim], or choose 'numpy'.")
    return engine != "numpy" and present


def chosen(engine: Engine, loops: Callable[..., None], arrays: Callable[..., None]) -> Callable[..., None]:
    """The ``loops`` as machine code where ``engine`` means it, the array arithmetic of ``arrays`` otherwise.

    Machine code is made at the first call, kept on disk, and runs without Python's lock; a division by zero gives inf
    or NaN, as in numpy.

    >>> chosen("numpy", max, min) is min
    True
    """
    return _compiled(loops) if is_compiled(engine) else arrays


@cache
def _compiled(function: Callable[..., None]) -> Callable[..., None]:
    made: Callable[..., None] = import_module("numba").njit(cache=True, nogil=True, error_model="numpy")(function)
    return made


def trial_matrix(values: ArrayLike, name: str) -> FloatArray:
    """``values`` as trials x patients; a single trial may be given as one row. Missing values are let through.

    Raises StatisticsError if it is no matrix of numbers or has no patient.

    >>> trial_matrix([1, 2, 3], "outcome").shape
    (1, 3)
    """
    try:
        matrix = np.atleast_2d(np.asarray(values, dtype=np.float64))
    except (TypeError, ValueError) as error:
        raise StatisticsError(f"{name}: not a table of numbers ({error}).") from error
    if matrix.ndim != 2 or matrix.shape[1] == 0:
        raise StatisticsError(f"{name}: trials by patients expected, got an array of shape {matrix.shape}.")
    return np.ascontiguousarray(matrix)


def first_arm(first: ArrayLike, shape: tuple[int, ...]) -> BoolMatrix:
    """Who is in the first group, trials x patients; one row serves all trials.

    Raises StatisticsError if the shape does not fit, or an entry is neither 0 nor 1.

    >>> first_arm([True, False], (3, 2)).shape
    (3, 2)
    """
    entries = np.asarray(first)
    if not np.isin(entries, (0, 1)).all():
        raise StatisticsError("first: each entry must be true (first group) or false (second group).")
    if entries.shape not in (shape, shape[1:]):
        raise StatisticsError(f"first: shape {entries.shape} for {shape[0]} trials of {shape[1]} patients.")
    return np.broadcast_to(entries.astype(np.bool_), shape)
