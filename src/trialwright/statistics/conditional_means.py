"""Fills missing visits with what is expected of them and compares the arms: once, or for many resamples at a time."""

from collections.abc import Iterator, Sequence

import numpy as np
from attrs import frozen

from trialwright.statistics.arguments import FloatArray
from trialwright.statistics.batch_mmrm_newton_numpy import climbed, points
from trialwright.statistics.batch_mmrm_numpy import closed_form
from trialwright.statistics.batch_mmrm_status import MmrmStatus
from trialwright.statistics.batch_mmrm_sums import Sums, examined
from trialwright.statistics.incomplete_trial import Strategy, Trial, traits_of, under_strategy
from trialwright.statistics.mmrm_newton import fit_mixed
from trialwright.statistics.repeated_measures import BoolArray, IntArray, repeated_measures


def conditional_means(trial: Trial, chosen: IntArray, strategies: Sequence[Strategy]) -> list[FloatArray]:
    """The outcomes of the ``chosen`` patients, completed under each strategy by a model fitted to them alone.

    >>> trial = Trial(outcome=np.array([[1, 2], [2, 4], [4, 5], [3, 5], [3, np.nan]]), arm=np.array([0, 0, 0, 0, 0]),
    ...     covariates=np.zeros((5, 0)), departure=np.array([2, 2, 2, 2, 1]), visits=("1", "2"), arms=("C",),
    ...     covariance="unstructured", covariance_by_arm=False)
    >>> conditional_means(trial, np.arange(5), ("MAR",))[0][4].round(3).tolist()
    [3.0, 4.5]
    """
    own, reference, sigmas = _parameters(trial, chosen)
    completed = []
    for strategy in strategies:
        filled = trial.outcome[chosen].copy()
        for row, i in enumerate(chosen):
            missing = np.isnan(filled[row])
            if missing.any():
                mean, sigma = under_strategy(
                    strategy, int(trial.departure[i]), own[row], reference[row], sigmas[trial.arm[i]], sigmas[0]
                )
                seen = ~missing
                rest = filled[row, seen] - mean[seen]
                filled[row, missing] = mean[missing] + sigma[np.ix_(missing, seen)] @ np.linalg.solve(
                    sigma[np.ix_(seen, seen)], rest
                )
        completed.append(filled)
    return completed


def adjusted_means(trial: Trial, chosen: IntArray, strategies: Sequence[Strategy]) -> FloatArray:
    """Adjusted means and differences (strategy x visit x numbers) by least squares on arm and covariates.

    >>> from trialwright.statistics.incomplete_trial import incomplete_trial
    >>> trial = incomplete_trial([[1, 2], [2, 4], [4, 5], [3, 5], [5, 3], [4, 2]], "CCCTTT", np.zeros((6, 0)), (1, 2),
    ...     "CT", None, "unstructured", False)
    >>> adjusted_means(trial, np.arange(6), ("MAR",)).round(3).tolist()
    [[[2.333, 4.0, 1.667], [3.667, 3.333, -0.333]]]
    """
    arms, arm = len(trial.arms), trial.arm[chosen]
    indicators = (arm[:, None] == np.arange(arms)).astype(float)
    covariates = trial.covariates[chosen] - trial.covariates[chosen].mean(axis=0)
    completed = np.stack(conditional_means(trial, chosen, strategies))
    solved = np.linalg.lstsq(np.column_stack([indicators, covariates]), np.hstack(list(completed)), rcond=None)[0]
    means = solved[:arms].reshape(arms, len(strategies), -1).transpose(1, 2, 0)
    return np.concatenate([means, means[:, :, 1:] - means[:, :, :1]], axis=2)


def _parameters(trial: Trial, chosen: IntArray) -> tuple[FloatArray, FloatArray, list[FloatArray]]:
    """Means of the chosen patients in their own and in the reference arm (n x m each), covariance of each arm."""
    n, m = chosen.size, len(trial.visits)
    arm = trial.arm[chosen]
    traits, referred = traits_of(trial, chosen)
    design = np.einsum("nk,vw->nvwk", traits, np.eye(m)).reshape(n * m, -1)
    data = repeated_measures(
        trial.outcome[chosen].ravel(),
        np.repeat(np.arange(n), m),
        np.tile(np.arange(m), n),
        [
            (f"trait {place % traits.shape[1]} at visit {place // traits.shape[1]}", c)
            for place, c in enumerate(design.T)
        ],
        visits=range(m),
        group=np.repeat(arm, m) if trial.covariance_by_arm else None,
    )
    fit = fit_mixed(data, trial.covariance, "REML")
    beta = fit.coefficients.reshape(m, -1)
    by_name = {name: shape.value[0] for name, shape in zip(data.groups, fit.point.shapes, strict=True)}
    sigmas = [by_name[str(g) if trial.covariance_by_arm else "all"] for g in range(len(trial.arms))]
    return traits @ beta.T, referred @ beta.T, sigmas


@frozen(kw_only=True, eq=False)
class Refits:
    """The model fitted to D resamples: means of all n patients in their own and in the reference arm (D x n x m each),
    one covariance (D x m x m). ``fitted`` says where; ``open`` where a single fit may find what this one did not.
    """

    own: FloatArray
    reference: FloatArray
    sigma: FloatArray
    fitted: BoolArray
    open: BoolArray


def resampled_means(trial: Trial, counts: FloatArray, strategies: Sequence[Strategy]) -> tuple[FloatArray, BoolArray]:
    """``adjusted_means`` of D resamples (D x strategy x visit x numbers), in which patient i counts ``counts[:, i]`` times.

    NaN where a resample has no estimate; the second array (D) says where a single fit may still find one.

    >>> from trialwright.statistics.incomplete_trial import incomplete_trial
    >>> trial = incomplete_trial([[1, 2], [2, 4], [4, 5], [3, 5], [5, 3], [4, 2]], "CCCTTT", np.zeros((6, 0)), (1, 2),
    ...     "CT", None, "unstructured", False)
    >>> means, _ = resampled_means(trial, np.array([[1.0] * 6, [2, 1, 1, 1, 1, 0]]), ("MAR",))
    >>> bool(np.allclose(means[0], adjusted_means(trial, np.arange(6), ("MAR",)))), means[1, 0, 1].tolist()
    (True, [3.25, 4.0, 0.75])
    """
    arms, m = len(trial.arms), len(trial.visits)
    found = np.full((len(counts), len(strategies), m, 2 * arms - 1), np.nan)
    fits = refits(trial, counts)
    good = np.flatnonzero(fits.fitted)
    weights = counts[good]
    covariates = standard_covariates(trial)
    center = weights @ covariates / weights.sum(axis=1)[:, None]
    for s, filled in enumerate(completed_again(trial, fits, strategies)):
        solved = weighted_solutions(trial.arm, covariates, arms, weights, filled[good])
        means = solved[:, :arms] + (center[:, None] @ solved[:, arms:])
        found[good, s] = np.concatenate([means, means[:, 1:] - means[:, :1]], axis=1).swapaxes(1, 2)
    return found, fits.open


def standard_covariates(trial: Trial) -> FloatArray:
    """The covariates with mean zero and range one, which changes no comparison of arms (n x c).

    >>> from trialwright.statistics.incomplete_trial import incomplete_trial
    >>> trial = incomplete_trial([[1, 2], [2, 4]], "CT", [5, 9], (1, 2), "CT", None, "unstructured", False)
    >>> standard_covariates(trial).tolist()
    [[-0.5], [0.5]]
    """
    spread = np.ptp(trial.covariates, axis=0)
    return np.asarray((trial.covariates - trial.covariates.mean(axis=0)) / np.where(spread > 0.0, spread, 1.0))


def weighted_solutions(
    arm: IntArray, covariates: FloatArray, arms: int, weights: FloatArray, y: FloatArray
) -> FloatArray:
    """Coefficients of D weighted regressions of y (D x n x r) on arm and centered covariates: D x (arms + c) x r.

    >>> weighted_solutions(np.array([0, 0, 1]), np.zeros((3, 0)), 2, np.array([[1.0, 3, 2]]), np.ones((1, 3, 1))).tolist()
    [[[1.0], [1.0]]]
    """
    x = np.column_stack([(arm[:, None] == np.arange(arms)).astype(np.float64), covariates])
    weighted = weights[:, :, None] * x
    return np.asarray(np.linalg.solve(x.T @ weighted, weighted.swapaxes(1, 2) @ y))


def completed_again(trial: Trial, fits: Refits, strategies: Sequence[Strategy]) -> Iterator[FloatArray]:
    """The outcomes of all patients completed by each refit (D x n x m), strategy by strategy.

    >>> from trialwright.statistics.incomplete_trial import incomplete_trial
    >>> trial = incomplete_trial([[1, 2], [2, 4], [4, 5], [3, 5], [3, np.nan]], "CCTTC", np.zeros((5, 0)), (1, 2),
    ...     "CT", None, "unstructured", False)
    >>> (filled,) = completed_again(trial, refits(trial, np.ones((1, 5))), ("MAR",))
    >>> filled[0, 4].round(2).tolist() == conditional_means(trial, np.arange(5), ("MAR",))[0][4].round(2).tolist()
    True
    """
    absent = np.isnan(trial.outcome)
    sigma = np.where(fits.fitted[:, None, None], fits.sigma, np.eye(absent.shape[1]))
    keys, group = np.unique(np.column_stack([trial.departure, trial.arm, absent]), axis=0, return_inverse=True)
    for strategy in strategies:
        filled = np.repeat(trial.outcome[None], len(sigma), axis=0)
        for place, (departure, _, *missing) in enumerate(keys):
            who, b = np.flatnonzero(group.ravel() == place), np.flatnonzero(missing)
            if b.size:
                a = np.flatnonzero(np.array(missing) == 0)
                mean, spread = under_strategy(
                    strategy, int(departure), fits.own[:, who], fits.reference[:, who], sigma, sigma
                )
                slope = np.linalg.solve(spread[:, a[:, None], a], spread[:, a[:, None], b])
                rest = trial.outcome[np.ix_(who, a)] - mean[:, :, a]
                filled[np.ix_(np.arange(len(sigma)), who, b)] = mean[:, :, b] + rest @ slope
        yield filled


def refits(trial: Trial, counts: FloatArray) -> Refits:
    """Fit the model to D resamples at once: in closed form if nobody returns, else by Newton's method.

    Only an unstructured covariance that is common to the arms; any other is left ``open``.

    >>> from trialwright.statistics.incomplete_trial import incomplete_trial
    >>> trial = incomplete_trial([[1, 2], [2, 4], [4, 5], [3, 5], [5, 3], [4, 2]], "CCCTTT", np.zeros((6, 0)), (1, 2),
    ...     "CT", None, "unstructured", False)
    >>> refits(trial, np.ones((1, 6))).own[0, :, 1].round(4).tolist()
    [3.6667, 3.6667, 3.6667, 3.3333, 3.3333, 3.3333]
    """
    if trial.covariance != "unstructured" or trial.covariance_by_arm:
        return _none(trial, len(counts))
    order = np.argsort(np.isnan(trial.outcome).sum(axis=0), kind="stable")
    y, (traits, referred) = trial.outcome[:, order], traits_of(trial, np.arange(len(trial.outcome)))
    seen, m, q = ~np.isnan(y), y.shape[1], traits.shape[1]
    center, width = np.nanmean(y, axis=0), np.nanstd(y, axis=0)
    width[width == 0.0] = 1.0
    shift, scale = np.append(0.0, traits[:, 1:].mean(axis=0)), np.append(1.0, traits[:, 1:].std(axis=0))
    scale[scale == 0.0] = 1.0
    rows = np.hstack([(traits - shift) / scale, np.where(seen, (y - center) / width, 0.0)])
    nested = bool((seen[:, 1:] <= seen[:, :-1]).all())
    kinds, which = (np.tri(m, dtype=np.bool_), seen.sum(axis=1) - 1) if nested else _kinds(seen)
    sums = _summed(kinds, which, counts, rows, q)
    status, start = examined(sums)
    beta, sigma = np.zeros((len(counts), m, q)), np.broadcast_to(np.eye(m), (len(counts), m, m)).copy()
    good = np.flatnonzero(status == MmrmStatus.CONVERGED)
    if nested and good.size:
        part = sums.take(good)
        status[good], _, weights, beta[good], _, _ = closed_form(part.size, part.cross, q)
        done = good[status[good] == MmrmStatus.CONVERGED]
        sigma[done] = np.linalg.inv(weights[status[good] == MmrmStatus.CONVERGED, -1])
    elif good.size:
        status[good], _, sigma[good] = climbed(sums.take(good), start[good])
        done = good[status[good] == MmrmStatus.CONVERGED]
        beta[done] = points(sums.take(done), sigma[done]).beta
    back = np.argsort(order)
    own, reference = (
        (center + width * (((one - shift) / scale) @ beta.swapaxes(1, 2)))[:, :, back] for one in (traits, referred)
    )
    sigma = (sigma * width[:, None] * width)[:, back[:, None], back]
    fitted = status == MmrmStatus.CONVERGED
    unsettled = (status == MmrmStatus.NOT_CONVERGED) & (not nested)
    return Refits(own=own, reference=reference, sigma=sigma, fitted=fitted, open=unsettled)


def _none(trial: Trial, count: int) -> Refits:
    means, m = np.zeros((count, *trial.outcome.shape)), len(trial.visits)
    no = np.zeros(count, dtype=np.bool_)
    return Refits(own=means, reference=means, sigma=np.zeros((count, m, m)), fitted=no, open=~no)


def _kinds(seen: BoolArray) -> tuple[BoolArray, IntArray]:
    kinds, which = np.unique(seen, axis=0, return_inverse=True)
    return kinds, which.ravel()


def _summed(kinds: BoolArray, which: IntArray, counts: FloatArray, rows: FloatArray, q: int) -> Sums:
    """Sums by pattern of each resample (see ``batch_mmrm_sums``): the patients of a pattern times how often they count."""
    squares = (rows[:, :, None] * rows[:, None, :]).reshape(len(rows), -1)
    size = np.empty((len(counts), len(kinds)))
    cross = np.empty((len(counts), len(kinds), squares.shape[1]))
    for kind in range(len(kinds)):
        who = which == kind
        size[:, kind] = counts[:, who].sum(axis=1)
        cross[:, kind] = counts[:, who] @ squares[who]
    seen = np.broadcast_to(kinds, (len(counts), *kinds.shape))
    return Sums(seen=seen, size=size, cross=cross.reshape(*size.shape, rows.shape[1], rows.shape[1]), q=q)
