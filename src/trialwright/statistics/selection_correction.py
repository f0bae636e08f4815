"""What is left of a difference once selection alone is taken off, and how often selection alone would claim one."""

from math import inf, isfinite, pi, sqrt

import numpy as np
from attrs import frozen
from scipy.special import ndtr, ndtri, stdtrit

from trialwright.statistics.arguments import FloatArray, StatisticsError, confidence_level
from trialwright.statistics.regression_to_the_mean import ChangeModel, change_model, selection_effect

_IMPOSSIBLE = 0.5  # share of draws of the inputs that contradict each other, above which nothing is concluded


@frozen(kw_only=True)
class CorrectedDifference:
    """An observed difference less the gap that selection alone makes.

    ``gap`` is at the inputs as given, ``corrected`` = observed - gap. The interval carries the chance in the difference and
    the doubt about the inputs; ``gap_interval`` the latter alone. ``impossible`` is the share of draws in which measurement
    error exceeded the whole variation (left out).
    """

    observed: float
    gap: float
    corrected: float
    lower: float
    upper: float
    gap_interval: tuple[float, float]
    impossible: float


@frozen(kw_only=True)
class FalseClaims:
    """Shares of trials without any drug effect whose t-test finds the selected significantly lower, or higher, than the others.

    ``error`` is the Monte Carlo standard error of the larger share.
    """

    lower: float
    higher: float
    error: float
    trials: int


def corrected_difference(
    difference: float,
    standard_error: float,
    df: float,
    generator: np.random.Generator,
    *,
    cut: float,
    mean_change: float,
    sd_change: float,
    sd_df: float,
    measurement_error: float,
    error_df: float,
    persistence: tuple[float, float],
    readings: int = 1,
    draws: int = 20_000,
    confidence: float = 0.95,
) -> CorrectedDifference:
    """Subtract the gap of selection from an observed ``difference`` (selected minus others), with doubt about the inputs.

    Variances are drawn as s^2 df / chi-square, with ``sd_df`` and ``error_df`` degrees of freedom (those of the study
    that measured them; infinite for a value taken as known); ``persistence`` is uniform between its two bounds; the
    difference varies as Student's t with ``df``. The interval is that of the percentiles of corrected values. The point
    takes the inputs as given and the middle of the persistence.

    Raises StatisticsError if the inputs contradict each other, or if more than half of the draws do.

    >>> found = corrected_difference(-5.0, 3.3, 18, np.random.Generator(np.random.Philox(1)), cut=0, mean_change=-2,
    ...     sd_change=7.5, sd_df=40, measurement_error=4.0, error_df=30, persistence=(0.0, 0.0))
    >>> round(found.gap, 2), round(found.corrected, 2), found.lower < found.corrected < found.upper
    (-3.44, -1.56, True)
    """
    level = confidence_level(confidence)
    if not (isfinite(difference) and 0.0 < standard_error < inf):
        raise StatisticsError(f"difference, standard_error: {difference} and {standard_error} are not usable.")
    low, high = persistence
    if not (-1.0 <= low <= high <= 1.0 and min(df, sd_df, error_df) > 0.0) or draws < 1000:
        raise StatisticsError(
            "persistence, df, draws: bounds within -1 and 1, degrees of freedom above zero and at least 1000 draws needed."
        )
    model = change_model(mean_change, sd_change, measurement_error, (low + high) / 2.0, readings=readings)
    gap = selection_effect(model, cut).gap
    variance = sd_change**2 * _inverse_chi_square(sd_df, draws, generator)
    error = measurement_error**2 * _inverse_chi_square(error_df, draws, generator)
    gaps = _gaps(variance, error, generator.uniform(low, high, draws), cut - mean_change, readings)
    possible = ~np.isnan(gaps)
    if possible.mean() < _IMPOSSIBLE:
        raise StatisticsError("measurement_error: in most draws it exceeds the whole variation; the inputs do not fit.")
    ends = [0.5 - level / 2, 0.5 + level / 2]
    noise = standard_error * stdtrit(df, generator.uniform(size=draws))
    lower, upper = np.quantile((difference + noise - gaps)[possible], ends)
    inner = np.quantile(gaps[possible], ends)
    return CorrectedDifference(
        observed=difference,
        gap=gap,
        corrected=difference - gap,
        lower=float(lower),
        upper=float(upper),
        gap_interval=(float(inner[0]), float(inner[1])),
        impossible=float(1.0 - possible.mean()),
    )


def false_claims(
    model: ChangeModel,
    cut: float,
    sizes: tuple[int, int],
    generator: np.random.Generator,
    *,
    trials: int = 20_000,
    alpha: float = 0.05,
) -> FalseClaims:
    """How often ``sizes`` (selected, others) would differ significantly in a two-sided t-test if no drug did anything.

    >>> from trialwright.statistics.regression_to_the_mean import change_model
    >>> found = false_claims(change_model(-2, 7.5, 4.0, 0.0), 0.0, (10, 10), np.random.Generator(np.random.Philox(1)))
    >>> abs(found.lower - 0.162) < 4 * found.error
    True
    """
    selection_effect(model, cut)  # refuses a model that contradicts itself
    if min(sizes) < 2 or trials < 1:
        raise StatisticsError(f"sizes: {sizes}; two patients a group, and one trial, are the least.")
    z = (cut - model.mean_before) / model.sd_before
    slope, rest = (
        model.covariance / model.sd_before,
        sqrt(model.sd_after**2 - (model.covariance / model.sd_before) ** 2),
    )
    below = float(ndtr(z))
    groups = []
    for size, (start, width) in zip(sizes, ((below, 1.0 - below), (0.0, below)), strict=True):
        before = ndtri(start + width * generator.uniform(size=(trials, size)))
        groups.append(model.mean_after + slope * before + rest * generator.standard_normal((trials, size)))
    df = sum(sizes) - 2
    squares = sum(group.var(axis=1, ddof=1) * (group.shape[1] - 1) for group in groups)
    t = (groups[0].mean(axis=1) - groups[1].mean(axis=1)) / np.sqrt(squares / df * sum(1.0 / size for size in sizes))
    critical = float(stdtrit(df, 1.0 - alpha / 2.0))
    lower, higher = float((t < -critical).mean()), float((t > critical).mean())
    worst = max(lower, higher)
    return FalseClaims(lower=lower, higher=higher, error=sqrt(worst * (1.0 - worst) / trials), trials=trials)


def _gaps(variance: FloatArray, error: FloatArray, rho: FloatArray, distance: float, readings: int) -> FloatArray:
    """The gap for each set of inputs (variances of change and of one reading); NaN where they contradict each other."""
    truth = variance - error * (1.0 + 1.0 / readings)
    z = distance / np.sqrt(variance)
    share = ndtr(-z)
    spread = np.exp(-(z**2) / 2.0) / sqrt(2.0 * pi) / (share * (1.0 - share))
    return np.where(truth >= 0.0, (rho * truth - error / readings) / np.sqrt(variance) * spread, np.nan)


def _inverse_chi_square(df: float, draws: int, generator: np.random.Generator) -> FloatArray:
    return df / generator.chisquare(df, draws) if isfinite(df) else np.ones(draws)
