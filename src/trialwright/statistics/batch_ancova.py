"""Analyzes hundreds of thousands of two-arm trials a second by covariance analysis, each by its closed form."""

from typing import NamedTuple

import numpy as np
from attrs import frozen
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtr, stdtrit

from trialwright.statistics.arguments import FloatArray, StatisticsError, confidence_level
from trialwright.statistics.batches import (
    BoolMatrix,
    Engine,
    StatusArray,
    TrialStatus,
    chosen,
    first_arm,
    trial_matrix,
)

_ROWS = 2_048  # trials handled together: what the processor's cache holds
_DEPENDENT = 1e-18  # squared length of the baseline within the arms over its squared length around the mean ...
_ROUNDING = 1e-28  # ... or over its squared length: what is shorter is rounding
_PERFECT_FIT = 1e-24  # residual sum of squares over sum of squares


@frozen(kw_only=True, eq=False)
class BatchAncova:
    """One number of each kind per trial; NaN exactly where ``status`` is not ``TrialStatus.ANALYZED``.

    ``estimate`` is the adjusted mean of the first group minus that of the second; ``df`` is common to all trials.
    """

    estimate: FloatArray
    standard_error: FloatArray
    t: FloatArray
    p: FloatArray
    lower: FloatArray
    upper: FloatArray
    status: StatusArray
    df: int
    confidence: float

    @property
    def analyzed(self) -> BoolMatrix:
        """Which trials have an analysis."""
        return np.asarray(self.status == TrialStatus.ANALYZED)


class SimulatedTrials(NamedTuple):
    """Outcome and baseline (trials x patients), and who is in the first group (patients)."""

    outcome: FloatArray
    baseline: FloatArray
    first: BoolMatrix


def batch_ancova(
    outcome: ArrayLike,
    first: ArrayLike,
    baseline: ArrayLike | None,
    *,
    confidence: float = 0.95,
    engine: Engine = "auto",
) -> BatchAncova:
    """Fit outcome = group + baseline in every trial, as ``ancova`` does in one; without baseline it is the t test.

    ``outcome`` and ``baseline`` are trials x patients, ``first`` the same or one row for all trials. With S the sums
    of squares and products around the arm means: slope = Sxy / Sxx, difference = difference of the outcome means minus
    slope times that of the baseline means d, and its variance (Syy - Sxy^2 / Sxx) / (n - 3) times
    (1 / n1 + 1 / n2 + d^2 / Sxx). The compiled engine gives the same numbers within rounding.

    A trial that cannot carry the analysis has a status that says why, and no numbers. Raises StatisticsError for
    shapes that do not fit.

    Source: Montgomery, Design and Analysis of Experiments, ch. 15.

    >>> result = batch_ancova([[3, 4, 6, 1, 2, 2], [5, 5, 5, 5, 5, 5]], [1, 1, 1, 0, 0, 0], [[10, 12, 15, 10, 13, 14]] * 2)
    >>> result.estimate.round(4).tolist(), [TrialStatus(code).name for code in result.status]
    ([2.6667, nan], ['ANALYZED', 'CONSTANT'])
    """
    y = trial_matrix(outcome, "outcome")
    x = None if baseline is None else trial_matrix(baseline, "baseline")
    if x is not None and x.shape != y.shape:
        raise StatisticsError(f"baseline: shape {x.shape} for outcomes of shape {y.shape}.")
    arms = first_arm(first, y.shape)
    level = confidence_level(confidence)
    sums = np.empty((len(_Sums._fields), len(y)))
    summed = chosen(engine, _by_loops, _by_arrays)
    for at in range(0, len(y), _ROWS):
        rows = slice(at, at + _ROWS)
        summed(y[rows], y[rows] if x is None else x[rows], arms[rows], sums[:, rows])
    return _concluded(_Sums(*sums), y.shape[1], x is not None, level)


def simulate_trials(
    generator: np.random.Generator,
    trials: int,
    *,
    n_first: int,
    n_second: int,
    effect: float = 0.0,
    correlation: float = 0.5,
) -> SimulatedTrials:
    """Two-arm trials with a normal baseline and outcome of variance 1 and the given correlation.

    The first ``n_first`` patients are the first group, and have ``effect`` (in standard deviations) added to the
    outcome.

    >>> simulate_trials(np.random.default_rng(1), 3, n_first=2, n_second=2).outcome.shape
    (3, 4)
    """
    if not -1.0 <= correlation <= 1.0:
        raise StatisticsError(f"correlation: {correlation} is not between -1 and 1.")
    n = n_first + n_second
    if n_first < 0 or n_second < 0 or n == 0 or trials < 0:
        raise StatisticsError(f"trials: {trials} of {n_first} and {n_second} patients cannot be simulated.")
    baseline, outcome = generator.standard_normal((2, trials, n))
    outcome *= np.sqrt(1.0 - correlation**2)
    outcome += correlation * baseline
    if effect:
        outcome[:, :n_first] += effect
    return SimulatedTrials(outcome=outcome, baseline=baseline, first=np.arange(n) < n_first)


class _Sums(NamedTuple):
    """What a trial's outcome y and baseline x enter the analysis by; squares and products are around the arms' means."""

    n_1: FloatArray
    difference: FloatArray  # of the arms' means of y
    shift: FloatArray  # of the arms' means of x
    xx: FloatArray
    slope: FloatArray
    rest: FloatArray  # squares of y - slope x: the residuals
    yy: FloatArray
    y_square: FloatArray  # around zero
    x_square: FloatArray
    x_around: FloatArray  # around the common mean
    y_range: FloatArray


def _concluded(sums: _Sums, n: int, adjusted: bool, level: float) -> BatchAncova:
    df = n - 2 - adjusted
    n_2 = n - sums.n_1
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        rss = sums.rest if adjusted else sums.yy
        short = np.maximum(_DEPENDENT * sums.x_around, _ROUNDING * sums.x_square)
        reasons = [
            (TrialStatus.MISSING, ~(np.isfinite(sums.y_square) & np.isfinite(sums.x_square))),
            (TrialStatus.ONE_ARM, (sums.n_1 == 0) | (n_2 == 0)),
            (TrialStatus.TOO_FEW, np.full(rss.size, df < 1)),
            (TrialStatus.CONSTANT, sums.y_range == 0.0),
            (TrialStatus.SINGULAR, adjusted & (sums.xx <= short)),
            (TrialStatus.PERFECT_FIT, rss <= _PERFECT_FIT * sums.y_square),
        ]
        status = np.select([bad for _, bad in reasons], [code for code, _ in reasons], TrialStatus.ANALYZED)
        good, freedom = status == TrialStatus.ANALYZED, max(df, 1)
        estimate = np.where(good, sums.difference - (sums.slope * sums.shift if adjusted else 0.0), np.nan)
        leverage = 1.0 / sums.n_1 + 1.0 / n_2 + (sums.shift**2 / sums.xx if adjusted else 0.0)
        error = np.where(good, np.sqrt(rss / freedom * leverage), np.nan)
        t, half = estimate / error, error * float(stdtrit(freedom, 0.5 + level / 2))
    return BatchAncova(
        estimate=estimate,
        standard_error=error,
        t=t,
        p=2.0 * stdtr(freedom, -np.abs(t)),
        lower=estimate - half,
        upper=estimate + half,
        status=status.astype(np.uint8),
        df=df,
        confidence=level,
    )


def _by_arrays(y: FloatArray, x: FloatArray, first: BoolMatrix, sums: FloatArray) -> None:
    """Fill ``sums`` (one row per field of ``_Sums``) with array arithmetic, all trials at once."""
    n_1 = first.sum(axis=1)
    n_2 = y.shape[1] - n_1
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        difference, y_c = _within_arms(y, first, n_1, n_2)
        shift, x_c = _within_arms(x, first, n_1, n_2)
        xx = _squares(x_c)
        slope = np.einsum("tn,tn->t", x_c, y_c) / xx
        rest = _squares(y_c - slope[:, None] * x_c)
        around = _squares(x - x.mean(axis=1, keepdims=True))
        sums[:] = _Sums(
            n_1, difference, shift, xx, slope, rest, _squares(y_c), _squares(y), _squares(x), around, np.ptp(y, axis=1)
        )


def _squares(values: FloatArray) -> FloatArray:
    return np.asarray(np.einsum("tn,tn->t", values, values))


def _within_arms(
    values: FloatArray, first: BoolMatrix, n_1: NDArray[np.intp], n_2: NDArray[np.intp]
) -> tuple[FloatArray, FloatArray]:
    """Difference of the arms' means, and the values' deviations from the mean of their arm."""
    mean_1 = np.einsum("tn,tn->t", values, first) / n_1
    mean_2 = np.einsum("tn,tn->t", values, ~first) / n_2
    return mean_1 - mean_2, values - np.where(first, mean_1[:, None], mean_2[:, None])


def _by_loops(y: FloatArray, x: FloatArray, first: BoolMatrix, sums: FloatArray) -> None:
    """Fill ``sums`` as ``_by_arrays`` does, trial by trial, for the compiler."""
    trials, n = y.shape
    for t in range(trials):
        n_1, y_1, y_2, x_1, x_2, y_square, x_square = 0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
        low, high = y[t, 0], y[t, 0]
        for i in range(n):
            y_i, x_i = y[t, i], x[t, i]
            y_square += y_i * y_i
            x_square += x_i * x_i
            low, high = min(low, y_i), max(high, y_i)
            if first[t, i]:
                n_1 += 1
                y_1 += y_i
                x_1 += x_i
            else:
                y_2 += y_i
                x_2 += x_i
        mean = (x_1 + x_2) / n
        y_1, x_1, y_2, x_2 = y_1 / n_1, x_1 / n_1, y_2 / (n - n_1), x_2 / (n - n_1)
        xx, xy, yy, around = 0.0, 0.0, 0.0, 0.0
        for i in range(n):
            y_c = y[t, i] - (y_1 if first[t, i] else y_2)
            x_c = x[t, i] - (x_1 if first[t, i] else x_2)
            xx += x_c * x_c
            xy += x_c * y_c
            yy += y_c * y_c
            around += (x[t, i] - mean) * (x[t, i] - mean)
        slope, rest = xy / xx, 0.0
        for i in range(n):
            y_c = y[t, i] - (y_1 if first[t, i] else y_2)
            x_c = x[t, i] - (x_1 if first[t, i] else x_2)
            rest += (y_c - slope * x_c) * (y_c - slope * x_c)
        sums[0, t], sums[1, t], sums[2, t], sums[3, t], sums[4, t] = n_1, y_1 - y_2, x_1 - x_2, xx, slope
        sums[5, t], sums[6, t], sums[7, t], sums[8, t], sums[9, t] = rest, yy, y_square, x_square, around
        sums[10, t] = high - low
