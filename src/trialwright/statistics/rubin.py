"""Joins the analyses of several imputed data sets into one estimate (Rubin's rules), with few patients in mind."""

from math import inf, sqrt

from attrs import frozen
from numpy.typing import ArrayLike

from trialwright.statistics.arguments import StatisticsError, complete_numbers, confidence_level
from trialwright.statistics.least_squares import Estimate, student_estimate


@frozen(kw_only=True)
class Pooled:
    """The pooled estimate, its variance within and between imputations, and how much the missing data cost.

    ``relative_increase`` is the increase of the variance due to missing data; ``fraction_missing`` the fraction of
    missing information. ``imputations`` is their number.
    """

    estimate: Estimate
    within: float
    between: float
    total: float
    relative_increase: float
    fraction_missing: float
    imputations: int

    @property
    def monte_carlo_error(self) -> float:
        """Standard error of the estimate that comes from drawing few imputations instead of infinitely many."""
        return sqrt(self.between / self.imputations)


def pool(estimates: ArrayLike, variances: ArrayLike, *, complete_df: float = inf, confidence: float = 0.95) -> Pooled:
    """Pool M estimates and their variances (squared standard errors).

    ``complete_df`` are the degrees of freedom that the analysis would have had without missing data; with it the
    degrees of freedom are those of Barnard and Rubin (Biometrika 1999), which never exceed it.

    Raises StatisticsError for fewer than two imputations, different lengths, or a variance that is not above zero.

    >>> found = pool([1.1, 0.9, 1.35, 0.8, 1.22], [0.25, 0.22, 0.3, 0.26, 0.24], complete_df=17)
    >>> round(found.estimate.value, 4), round(found.total, 6), round(found.estimate.df, 4)
    (1.074, 0.315056, 11.0547)
    """
    values, inside = complete_numbers(estimates, "estimates"), complete_numbers(variances, "variances")
    m = values.size
    if m < 2 or inside.size != m:
        raise StatisticsError(
            f"estimates: {m}, variances: {inside.size}; as many of both, and at least two, are needed."
        )
    if (inside <= 0).any() or not complete_df > 0:
        raise StatisticsError("variances: each must be above zero, as must the complete-data degrees of freedom.")
    level = confidence_level(confidence)
    within, between = float(inside.mean()), float(values.var(ddof=1))
    total = within + (1 + 1 / m) * between
    share = (1 + 1 / m) * between / total
    df = _degrees(share, m, complete_df)
    increase = (1 + 1 / m) * between / within
    return Pooled(
        estimate=student_estimate(float(values.mean()), sqrt(total), df, level),
        within=within,
        between=between,
        total=total,
        relative_increase=increase,
        fraction_missing=(increase + 2 / (df + 3)) / (increase + 1),
        imputations=m,
    )


def _degrees(share: float, m: int, complete_df: float) -> float:
    """Rubin's degrees of freedom (m - 1) / share^2, joined with the observed-data ones where the sample is small."""
    large = (m - 1) / share**2 if share > 0 else inf
    if complete_df == inf:
        return large
    observed = (complete_df + 1) / (complete_df + 3) * complete_df * (1 - share)
    return observed if large == inf else large * observed / (large + observed)
