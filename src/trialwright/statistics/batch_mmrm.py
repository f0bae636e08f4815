"""Fits the mixed model for repeated measures to thousands of small trials at once, one difference of two arms each."""

from typing import Literal, get_args

import numpy as np
from attrs import frozen
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtr

from trialwright.statistics import batch_mmrm_newton_numpy, batch_mmrm_numpy
from trialwright.statistics.arguments import FloatArray, StatisticsError
from trialwright.statistics.batch_mmrm_status import MmrmStatus
from trialwright.statistics.batch_mmrm_sums import (
    BoolArray,
    IntArray,
    Standardized,
    Sums,
    examined,
    nested_patterns,
    patterns,
    standardized,
    summed,
)
from trialwright.statistics.batches import Engine, is_compiled

BatchInference = Literal["kenward-roger", "kenward-roger linear", "satterthwaite"]

_VISITS = 30
_CELLS = 400_000  # numbers in the sums of one slice of trials: they stay in the processor's cache


@frozen(kw_only=True)
class RejectionRate:
    """Share of the fitted trials whose p-value is below ``level``, with its Monte Carlo standard error."""

    level: float
    share: float
    monte_carlo_error: float
    fitted: int
    not_fitted: int


@frozen(kw_only=True, eq=False)
class BatchMmrm:
    """The difference of the arms (second minus first) in each of T trials; NaN where ``status`` is not CONVERGED.

    ``df`` are Satterthwaite's degrees of freedom, which for one difference are also Kenward and Roger's;
    ``iterations`` is zero where the maximum has a closed form (nobody missed a visit and returned).
    """

    estimate: FloatArray
    standard_error: FloatArray
    df: FloatArray
    t: FloatArray
    p: FloatArray
    minus_two_log_likelihood: FloatArray
    status: IntArray
    iterations: IntArray

    @property
    def converged(self) -> NDArray[np.bool_]:
        """Which trials have numbers (T)."""
        return np.asarray(self.status == MmrmStatus.CONVERGED)

    def rejections(self, level: float = 0.05) -> RejectionRate:
        """How often the arms were found to differ: the type I error, or the power. Trials not fitted are set aside.

        Raises StatisticsError if no trial was fitted.
        """
        fitted = int(self.converged.sum())
        if not fitted:
            raise StatisticsError(f"rejections: none of {self.status.size} trials could be fitted.")
        share = float((self.p[self.converged] < level).mean())
        error = (share * (1.0 - share) / fitted) ** 0.5
        return RejectionRate(
            level=level, share=share, monte_carlo_error=error, fitted=fitted, not_fitted=self.status.size - fitted
        )

    def counts(self) -> dict[MmrmStatus, int]:
        """How many trials ended in which way; the ways that did not occur are left out."""
        kinds, numbers = np.unique(self.status, return_counts=True)
        return {MmrmStatus(int(kind)): int(number) for kind, number in zip(kinds, numbers, strict=True)}


def batch_mmrm(
    outcome: ArrayLike,
    arm: ArrayLike,
    covariates: ArrayLike | None = None,
    *,
    visit: int = -1,
    inference: BatchInference = "kenward-roger",
    engine: Engine = "auto",
) -> BatchMmrm:
    """Fit T trials of n patients and m visits, each with every column by visit and an unstructured covariance (REML).

    ``outcome`` T x n x m, NaN where missing; ``arm`` n or T x n, 0 or 1; ``covariates`` n x q or T x n x q, complete;
    ``visit`` the place of the visit to compare at. The model of each trial is that of ``mmrm`` with an intercept, the
    arm and each covariate by visit. Both engines give the same
    numbers.

    Unstructured parameters enter linearly, so Kenward-Roger and its linear form are the same here.

    Source: Kenward and Roger, Biometrics 1997; the mathematics is in the vignette on batches.

    Raises StatisticsError for arrays that do not fit together. A trial that cannot be fitted raises nothing: it has
    NaN, and a ``status`` that says why.

    >>> rng = np.random.Generator(np.random.Philox(7))
    >>> trials = rng.normal(size=(3, 20, 4)).cumsum(axis=2)
    >>> trials[1, 15:, 2:] = np.nan
    >>> trials[2, 10:, 3] = np.nan
    >>> found = batch_mmrm(trials, [0] * 10 + [1] * 10, engine="numpy")
    >>> found.df.round(2).tolist(), [MmrmStatus(int(s)).name for s in found.status]
    ([18.0, 13.34, nan], ['CONVERGED', 'CONVERGED', 'ONE_ARM_VISIT'])
    """
    y, columns = _arrays(outcome, arm, covariates)
    if inference not in get_args(BatchInference):
        raise StatisticsError(f"inference: {inference!r} is not one of {', '.join(get_args(BatchInference))}.")
    if not -y.shape[2] <= visit < y.shape[2]:
        raise StatisticsError(f"visit: {visit} is not one of {y.shape[2]} visits, counted from 0.")
    machine, place, adjust = is_compiled(engine), visit % y.shape[2], inference != "satterthwaite"
    width = max(1, _CELLS // ((columns.shape[2] + y.shape[2]) ** 2 * y.shape[2] + y.shape[1] * y.shape[2]))
    parts = [
        _fit(y[first : first + width], columns[first : first + width], place, adjust, machine)
        for first in range(0, max(1, len(y)), width)
    ]
    return joined(parts)


def joined(parts: list[BatchMmrm]) -> BatchMmrm:
    """Results of several batches, one after the other.

    >>> none = np.zeros((0, 4, 2))
    >>> joined([batch_mmrm(none, [0, 0, 1, 1], engine="numpy")]).p.size
    0
    """
    names = ("estimate", "standard_error", "df", "t", "p", "minus_two_log_likelihood", "status", "iterations")
    return BatchMmrm(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in names})


def _arrays(outcome: ArrayLike, arm: ArrayLike, covariates: ArrayLike | None) -> tuple[FloatArray, FloatArray]:
    """Outcomes T x n x m and columns T x n x q, checked."""
    y = _numbers(outcome, "outcome")
    if y.ndim != 3 or 0 in y.shape[1:]:
        raise StatisticsError(f"outcome: trials x patients x visits are needed, got shape {y.shape}.")
    if y.shape[2] > _VISITS:
        raise StatisticsError(
            f"outcome: {y.shape[2]} visits; an unstructured covariance of more than {_VISITS} is refused."
        )
    if np.isinf(y).any():
        raise StatisticsError(f"outcome: {int(np.isinf(y).sum())} of {y.size} values are infinite.")
    trials, n, _ = y.shape
    group = _numbers(arm, "arm")
    if group.shape not in ((n,), (trials, n)) or not np.isin(group, (0.0, 1.0)).all():
        raise StatisticsError(f"arm: {n} zeros and ones are needed, for all trials or for each of {trials}.")
    parts = [np.ones((1, n, 1)), group.reshape(-1, n, 1)]
    if covariates is not None:
        more = _numbers(covariates, "covariates")
        more = more[None] if more.ndim == 2 else more
        if more.ndim != 3 or more.shape[0] not in (1, trials) or more.shape[1] != n or not np.isfinite(more).all():
            raise StatisticsError(f"covariates: complete numbers, {n} x q or {trials} x {n} x q, are needed.")
        parts.append(more)
    return y, np.concatenate([np.broadcast_to(part, (trials, n, part.shape[2])) for part in parts], axis=2)


def _numbers(values: ArrayLike, name: str) -> FloatArray:
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise StatisticsError(f"{name}: not an array of numbers ({error}).") from error


def _fit(y: FloatArray, columns: FloatArray, visit: int, adjust: bool, machine: bool) -> BatchMmrm:
    """A slice of trials: those in which nobody returns in closed form, the others by Newton's method."""
    data = standardized(y, columns, visit)
    numbers, status, steps = np.full((len(y), 4), np.nan), data.status.copy(), np.zeros(len(y), dtype=np.int64)
    for closed in (True, False):
        trials = np.flatnonzero((data.nested == closed) & (status == MmrmStatus.CONVERGED))
        if not trials.size:
            continue
        part = data.take(trials)
        sums = _summed(part, *(nested_patterns(part) if closed else patterns(part)), machine)
        status[trials], start = examined(sums)
        good = status[trials] == MmrmStatus.CONVERGED
        if good.any():
            at = trials[good]
            numbers[at], status[at], steps[at] = _maximized(
                sums.take(good), None if closed else start[good], part.place[good], adjust, machine
            )
    return _result(data, numbers, status, steps)


def _summed(data: Standardized, seen: BoolArray, which: IntArray, machine: bool) -> Sums:
    if not machine:
        return summed(data, seen, which)
    from trialwright.statistics import batch_mmrm_numba  # here, for it imports numba: longer than a single analysis

    size, cross = batch_mmrm_numba.summed(data.columns, data.outcome, which, seen.shape[1])
    return Sums(seen=seen, size=size, cross=cross, q=data.columns.shape[2])


def _maximized(
    sums: Sums, start: FloatArray | None, place: IntArray, adjust: bool, machine: bool
) -> tuple[FloatArray, IntArray, IntArray]:
    """T x 4 numbers, status and iterations; in closed form without ``start``, else by climbing from it.

    A climb that ends at the edge is tried once more from visits without correlation.
    """
    if start is None:
        return _closed_form(sums, place, adjust, machine)
    numbers, status, steps = _climbed(sums, start, place, adjust, machine)
    lost = np.flatnonzero(status == MmrmStatus.NOT_CONVERGED)
    if lost.size:
        apart = start[lost] * np.eye(start.shape[1])
        numbers[lost], status[lost], more = _climbed(sums.take(lost), apart, place[lost], adjust, machine)
        steps[lost] += more
    return numbers, status, steps


def _closed_form(sums: Sums, place: IntArray, adjust: bool, machine: bool) -> tuple[FloatArray, IntArray, IntArray]:
    if not machine:
        return batch_mmrm_numpy.fit_nested(sums, place, adjust)
    from trialwright.statistics import batch_mmrm_numba

    return batch_mmrm_numba.fit_nested(sums.size, sums.cross, sums.q, place, adjust)


def _climbed(
    sums: Sums, start: FloatArray, place: IntArray, adjust: bool, machine: bool
) -> tuple[FloatArray, IntArray, IntArray]:
    if not machine:
        return batch_mmrm_newton_numpy.fit_patterns(sums, start, place, adjust)
    from trialwright.statistics import batch_mmrm_newton_numba

    return batch_mmrm_newton_numba.fit_patterns(sums.seen, sums.size, sums.cross, sums.q, start, place, adjust)


def _result(data: Standardized, numbers: FloatArray, status: IntArray, steps: IntArray) -> BatchMmrm:
    """Back to the scale of the data, with tests."""
    every = np.arange(len(status))
    scale = data.spread[every, data.place] / data.width[:, 1]
    count = data.seen.sum(axis=1)
    log_scale = ((count - data.columns.shape[2]) * np.log(data.spread)).sum(axis=1)
    log_scale += data.spread.shape[1] * np.log(data.width).sum(axis=1)
    estimate, variance, df, value = numbers.T
    lost = (status == MmrmStatus.CONVERGED) & ~((variance > 0.0) & (df > 0.0) & np.isfinite(df) & np.isfinite(variance))
    status[lost] = int(MmrmStatus.NO_DEGREES_OF_FREEDOM)
    bad = status != MmrmStatus.CONVERGED
    estimate, error, df = (np.where(bad, np.nan, x) for x in (estimate, np.sqrt(np.where(bad, 1.0, variance)), df))
    t = estimate / error
    return BatchMmrm(
        estimate=estimate * scale,
        standard_error=error * scale,
        df=df,
        t=t,
        p=2.0 * stdtr(df, -np.abs(t)),
        minus_two_log_likelihood=np.where(bad, np.nan, value + 2.0 * log_scale),
        status=status,
        iterations=steps,
    )
