"""How unusual a pattern in many answers is: last digits, drift over the calendar, people who differ, too little variation."""

from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtrc, fdtr, fdtrc, stdtr

DIGITS = 10
ENOUGH_FOR_CHI_SQUARE = 50
"""From five expected in each of ten digits on, the chi-square distribution serves; below, the exact one is used."""


def digit_preference(digits: ArrayLike) -> float:
    """Two-sided p value for last digits (n,) that are not equally frequent: Pearson's chi-square, exact below fifty digits.

    Source: Mosimann, Wiseman and Edelman, Accountability in Research 1995;4:31 (uniform last digits).

    Raises ValueError for anything but digits, or none.

    >>> round(digit_preference([0, 5] * 30), 12)
    0.0
    >>> digit_preference(range(10))
    1.0
    """
    told = np.asarray(digits, dtype=np.int64)
    if not told.size or told.min() < 0 or told.max() >= DIGITS:
        raise ValueError("digit_preference: digits from 0 to 9 are needed, and at least one.")
    counts = np.bincount(told, minlength=DIGITS)
    squares, n = int((counts**2).sum()), int(told.size)
    if n >= ENOUGH_FOR_CHI_SQUARE:
        return float(chdtrc(DIGITS - 1, squares * DIGITS / n - n))
    return float(_sums_of_squares(n)[squares:].sum())


@lru_cache(maxsize=ENOUGH_FOR_CHI_SQUARE)
def _sums_of_squares(n: int) -> NDArray[np.float64]:
    """The probability of each sum of squared counts when `n` digits fall on ten places with equal chance."""
    ways = np.zeros((n + 1, n * n + 1))
    ways[0, 0] = 1.0
    factorial = np.cumprod(np.r_[1.0, np.arange(1.0, n + 1)])
    for _ in range(DIGITS):
        after = np.zeros_like(ways)
        for count in range(n + 1):
            square = count * count
            after[count:, square:] += ways[: n + 1 - count, : n * n + 1 - square] / factorial[count]
        ways = after
    told: NDArray[np.float64] = ways[n] * (factorial[n] / float(DIGITS) ** n)
    return told


def drift(times: ArrayLike, values: ArrayLike) -> tuple[float, float]:
    """Slope of values (n,) over times (n,) by least squares, and its two-sided p value (Student, n - 2).

    Raises ValueError for fewer than three points or times that are all the same.

    >>> slope, p = drift([0, 1, 2, 3], [1, 3, 5, 7.001])
    >>> round(slope, 3), p < 0.001
    (2.0, True)
    """
    x, y = np.asarray(times, dtype=np.float64), np.asarray(values, dtype=np.float64)
    if x.size < 3 or not np.ptp(x) > 0:
        raise ValueError("drift: three points at more than one time are needed.")
    x, y = x - x.mean(), y - y.mean()
    slope = float(x @ y / (x @ x))
    rest = float(np.sum((y - slope * x) ** 2))
    if not rest > 0:
        return slope, 1.0 if slope == 0 else 0.0
    t = slope * np.sqrt((x @ x) * (x.size - 2) / rest)
    return slope, float(2 * stdtr(x.size - 2, -abs(t)))


def difference_between(groups: list[ArrayLike]) -> float:
    """p value of a one-way analysis of variance between two or more groups of values.

    Raises ValueError for fewer than two groups or no degree of freedom within them.

    >>> difference_between([[1, 2, 3], [1, 2, 3]])
    1.0
    """
    sides = [np.asarray(group, dtype=np.float64) for group in groups]
    n = sum(side.size for side in sides)
    if len(sides) < 2 or any(not side.size for side in sides) or n <= len(sides):
        raise ValueError("difference_between: two groups and more values than groups are needed.")
    mean = np.concatenate(sides).mean()
    between = sum(side.size * (side.mean() - mean) ** 2 for side in sides) / (len(sides) - 1)
    within = sum(float(np.sum((side - side.mean()) ** 2)) for side in sides) / (n - len(sides))
    if not within > 0:
        return 1.0 if not between > 0 else 0.0
    return float(fdtrc(len(sides) - 1, n - len(sides), between / within))


def too_even(steps: list[ArrayLike]) -> NDArray[np.float64]:
    """For each subject, how unusual it is that his values vary so little: p values (n,), small where a course is too even.

    `steps` are each subject's differences between successive values; their mean square is compared with that of the others by F. A
    course that all have in common makes everybody's differences larger, and the check so much blinder. Successive differences share
    a measurement, so that k of them count as k^2 / (1.5 k - 0.5) degrees of freedom (their correlation is -1/2 when the error is
    that of measuring).

    Source: von Neumann et al., Annals of Mathematical Statistics 1941;12:153 (mean square successive difference).

    Raises ValueError for fewer than two subjects or a subject without differences.

    >>> too_even([[0.1, -0.1, 0.1], [3, -3, 2], [2, -4, 3], [-3, 3, -1]]).round(3).tolist()[0] < 0.05
    True
    """
    told = [np.asarray(one, dtype=np.float64) for one in steps]
    if len(told) < 2 or any(not one.size for one in told):
        raise ValueError("too_even: two subjects with differences are needed.")
    squares, counts = np.array([np.sum(one**2) for one in told]), np.array([float(one.size) for one in told])
    freedom = counts**2 / (1.5 * counts - 0.5)
    others, left = squares.sum() - squares, counts.sum() - counts
    ratio = np.where(others > 0, (squares / counts) / np.where(others > 0, others / left, 1.0), 1.0)
    p: NDArray[np.float64] = fdtr(freedom, freedom.sum() - freedom, ratio)
    return p


def bonferroni(p: ArrayLike) -> NDArray[np.float64]:
    """p values (n,) times their number, at most 1: a false alarm among all of them is as rare as each says.

    >>> bonferroni([0.01, 0.5]).tolist()
    [0.02, 1.0]
    """
    told = np.asarray(p, dtype=np.float64)
    return np.minimum(1.0, told * told.size)
