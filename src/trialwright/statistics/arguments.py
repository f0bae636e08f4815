"""Checks what is handed to a statistical method, so that a bad column is refused in words, never made a number."""

from collections.abc import Iterable, Sequence
from math import isfinite
from numbers import Real

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]


class StatisticsError(ValueError):
    """The data cannot carry the analysis asked for; the message says which argument, why, and how to mend it."""


def complete_numbers(values: ArrayLike, name: str) -> FloatArray:
    """Return ``values`` as a one-dimensional float array without a missing or infinite entry.

    A missing outcome is refused on purpose: how it is handled is the estimand's decision, taken before this room is
    entered. Pass complete arrays.

    Raises StatisticsError if empty, not one-dimensional, not numeric, missing (None or NaN) or infinite.

    >>> complete_numbers([1, 2.5], "outcome")
    array([1. , 2.5])
    >>> complete_numbers([1.0, float("nan")], "outcome")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    trialwright.statistics.arguments.StatisticsError: outcome: 1 of 2 values are missing; pass ...
    """
    array = _one_dimensional_floats(values, name)
    if array.size == 0:
        raise StatisticsError(f"{name}: no values; at least one is needed.")
    if np.isfinite(array).all():
        return array
    missing = int(np.isnan(array).sum())
    if missing == array.size:
        raise StatisticsError(f"{name}: all {missing} values are missing.")
    if missing:
        raise StatisticsError(
            f"{name}: {missing} of {array.size} values are missing; pass complete values, once it is decided how the "
            "missing ones are handled."
        )
    raise StatisticsError(f"{name}: {int(np.isinf(array).sum())} of {array.size} values are infinite.")


def _one_dimensional_floats(values: ArrayLike, name: str) -> FloatArray:
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise StatisticsError(f"{name}: not a column of numbers ({error}).") from error
    if array.ndim != 1:
        raise StatisticsError(f"{name}: expected one column, got an array of shape {array.shape}.")
    return array


def complete_labels(values: Iterable[object], name: str, *, length: int) -> tuple[str, ...]:
    """Return ``values`` as text labels, one per subject.

    Raises StatisticsError if the number differs from ``length`` or a label is missing (None, NaN or blank).

    >>> complete_labels(["TEL", "CON"], "group", length=2)
    ('TEL', 'CON')
    >>> complete_labels(["TEL"], "group", length=2)
    Traceback (most recent call last):
    ...
    trialwright.statistics.arguments.StatisticsError: group: 1 labels for 2 outcomes.
    """
    found = tuple(values)
    if len(found) != length:
        raise StatisticsError(f"{name}: {len(found)} labels for {length} outcomes.")
    text = set(map(type, found)) == {str}
    if text and all(map(str.strip, set(found))):  # type: ignore[arg-type] # they are all text
        return found  # type: ignore[return-value] # they are all text
    missing = sum(1 for value in found if value is None or value != value or not str(value).strip())
    if missing:
        raise StatisticsError(f"{name}: {missing} of {length} labels are missing.")
    return tuple(str(value) for value in found)


def declared_levels(labels: Sequence[str], levels: Iterable[object], name: str) -> tuple[str, ...]:
    """Return the declared levels in their declared order, after checking them against the labels present.

    Raises StatisticsError for fewer than two levels, a repeated level, a label that is not declared, or a level
    without a subject.

    >>> declared_levels(("a", "b", "a"), ("b", "a"), "group")
    ('b', 'a')
    """
    order = tuple(str(level) for level in levels)
    present = set(labels)
    if len(order) < 2:
        raise StatisticsError(f"{name}: only {', '.join(order) or 'none'}; a comparison needs at least two levels.")
    if len(set(order)) != len(order):
        raise StatisticsError(f"{name}: a level is declared twice in {', '.join(order)}.")
    if undeclared := sorted(present - set(order)):
        raise StatisticsError(f"{name}: {', '.join(undeclared)} is not among the declared levels {', '.join(order)}.")
    if empty := [level for level in order if level not in present]:
        raise StatisticsError(f"{name}: no subject in {', '.join(empty)}.")
    return order


def confidence_level(confidence: float) -> float:
    """Return ``confidence`` if it lies strictly between 0 and 1.

    >>> confidence_level(0.95)
    0.95
    """
    if not 0.0 < confidence < 1.0:
        raise StatisticsError(f"confidence: {confidence} is not between 0 and 1 (write 0.95 for 95 %).")
    return float(confidence)


def count(value: int, name: str) -> int:
    """Return ``value`` if it is a whole number of zero or more.

    >>> count(3, "events")
    3
    """
    if (
        isinstance(value, bool)
        or not isinstance(value, Real)
        or not isfinite(value)
        or value != int(value)
        or value < 0
    ):
        raise StatisticsError(f"{name}: {value} is not a count.")
    return int(value)
