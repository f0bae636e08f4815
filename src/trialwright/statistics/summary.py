"""Describes a column of numbers (n, mean, SD, median, quartiles, range) and compares its mean between groups."""

from collections.abc import Sequence
from math import floor

import numpy as np
from attrs import frozen
from numpy.typing import ArrayLike

from trialwright.statistics.arguments import StatisticsError, complete_numbers
from trialwright.statistics.distributions import f_upper
from trialwright.statistics.least_squares import FTest


@frozen(kw_only=True)
class Summary:
    """A column in eight numbers; ``standard_deviation`` is None for a single value."""

    n: int
    mean: float
    standard_deviation: float | None
    minimum: float
    lower_quartile: float
    median: float
    upper_quartile: float
    maximum: float


def describe(values: ArrayLike) -> Summary:
    """Describe complete values; the standard deviation divides by n - 1, quartiles as ``quantile`` defines them.

    Raises StatisticsError if empty, missing or infinite.

    >>> describe([2, 4, 4, 10]).median, round(describe([2, 4, 4, 10]).standard_deviation, 4)
    (4.0, 3.4641)
    """
    array = complete_numbers(values, "values")
    constant = bool(np.ptp(array) == 0.0)  # then mean and deviation are known without rounding
    return Summary(
        n=array.size,
        mean=float(array[0] if constant else array.mean()),
        standard_deviation=None if array.size == 1 else 0.0 if constant else float(array.std(ddof=1)),
        minimum=float(array.min()),
        lower_quartile=quantile(array, 0.25),
        median=quantile(array, 0.5),
        upper_quartile=quantile(array, 0.75),
        maximum=float(array.max()),
    )


def quantile(values: ArrayLike, probability: float) -> float:
    """Empirical quantile with averaging: the default of SAS (QNTLDEF=5).

    Source: Hyndman and Fan, American Statistician 1996; 50:361-365, definition 2.

    With n p = j + g: the mean of the j-th and next ordered value if g = 0, otherwise the next.

    >>> quantile([1, 2, 3, 4], 0.25), quantile([1, 2, 3, 4, 5], 0.25)
    (1.5, 2.0)
    """
    ordered = np.sort(complete_numbers(values, "values"))
    if not 0.0 <= probability <= 1.0:
        raise StatisticsError(f"probability: {probability} is not between 0 and 1.")
    position = ordered.size * probability
    nearest = round(position)
    whole = abs(position - nearest) <= 1e-9
    j = nearest if whole else floor(position)
    low, high = max(j - 1, 0), min(j, ordered.size - 1)
    return float((ordered[low] + ordered[high]) / 2) if whole else float(ordered[high])


def one_way_anova(groups: Sequence[ArrayLike]) -> FTest:
    """F test that all group means are equal.

    Raises StatisticsError for fewer than two groups, a group without a value, no residual degree of freedom, or no
    variation within groups.

    >>> test = one_way_anova([[1, 2, 3], [2, 3, 4], [5, 6, 7]])
    >>> test.f, round(test.p, 6)
    (13.0, 0.006592)
    """
    if len(groups) < 2:
        raise StatisticsError(f"groups: {len(groups)} group(s); a comparison needs at least two.")
    arrays = [complete_numbers(values, f"group {place}") for place, values in enumerate(groups, start=1)]
    pooled = np.concatenate(arrays)
    between, within = len(arrays) - 1, pooled.size - len(arrays)
    if within < 1:
        raise StatisticsError("groups: one value each; the variation within groups cannot be judged.")
    mean = pooled.mean()
    residual = sum(float(((a - a.mean()) ** 2).sum()) for a in arrays)
    if residual <= 1e-24 * float((pooled**2).sum()):
        raise StatisticsError("groups: the values do not vary within any group; their means cannot be compared.")
    explained = sum(a.size * float((a.mean() - mean) ** 2) for a in arrays)
    f = (explained / between) / (residual / within)
    return FTest(term="group", df_numerator=between, df_denominator=within, f=f, p=f_upper(f, between, within))
