"""Fills in missing visits many times at random, as a strategy says, and joins the analyses, so that doubt is counted."""

from collections.abc import Iterable, Iterator, Sequence
from typing import get_args

import numpy as np
from attrs import frozen
from numpy.typing import ArrayLike

from trialwright.statistics.arguments import FloatArray, StatisticsError, confidence_level
from trialwright.statistics.bootstrap import MOST_LOST, BootstrapInterval, bootstrap_interval
from trialwright.statistics.conditional_means import adjusted_means, resampled_means
from trialwright.statistics.covariance_structures import CovarianceName
from trialwright.statistics.incomplete_trial import Strategy, Trial, incomplete_trial, traits_of, under_strategy
from trialwright.statistics.posterior_draws import PosteriorDraws, Sampler, draw_missing, posterior_draws
from trialwright.statistics.repeated_measures import BoolArray, IntArray
from trialwright.statistics.rubin import Pooled, pool

_LARGEST_BLOCK = 4_000_000  # numbers in one block of completed data sets


@frozen(kw_only=True)
class MultipleImputation:
    """The pooled analysis of one visit under one strategy: adjusted mean of each arm, differences from the reference.

    ``autocorrelation`` is the largest lag-one correlation of successive differences: near 0 when the imputations are
    independent; the Monte Carlo error of ``Pooled`` holds then. ``imputed`` is the number of values filled in.
    """

    strategy: Strategy
    visit: str
    means: tuple[tuple[str, Pooled], ...]
    differences: tuple[tuple[str, Pooled], ...]
    imputed: int
    sampler: Sampler
    autocorrelation: float


@frozen(kw_only=True)
class BootstrapImputation:
    """The bootstrap analysis of one visit under one strategy: adjusted mean of each arm, differences from the reference."""

    strategy: Strategy
    visit: str
    means: tuple[tuple[str, BootstrapInterval], ...]
    differences: tuple[tuple[str, BootstrapInterval], ...]


def multiple_imputation(
    outcome: ArrayLike,
    arm: Iterable[object],
    covariates: ArrayLike,
    generator: np.random.Generator,
    *,
    visits: Sequence[object],
    arms: Sequence[object],
    strategies: Sequence[Strategy] = ("MAR", "J2R", "CR", "CIR"),
    imputations: int = 200,
    departure: ArrayLike | None = None,
    covariance_by_arm: bool = False,
    burn_in: int = 200,
    between: int = 5,
    confidence: float = 0.95,
) -> tuple[MultipleImputation, ...]:
    """Impute ``outcome`` (n x m, NaN where missing) ``imputations`` times under each strategy; pool the analyses.

    Parameters are drawn from their posterior (``posterior_draws``), missing values from their distribution under the
    strategy given what was observed of the patient, with the same random numbers for every strategy; each visit is analyzed
    by covariance analysis on arm and ``covariates`` (n or n x c), and the results are joined by Rubin's rules with the
    degrees of freedom of Barnard and Rubin. Arms, strategies and ``departure`` are as in ``reference_based``.

    Source: Rubin 1987; Carpenter, Roger and Kenward, J Biopharm Stat 2013; Cro, Morris, Kenward and Carpenter, SIM 2020.

    Raises StatisticsError for fewer than two imputations, too few patients for the model, and as ``reference_based`` does.

    >>> outcome = [[1, 2], [2, 4], [4, 5], [3, 5], [5, 3], [4, 2], [6, np.nan], [7, np.nan], [5, 5]]
    >>> jump, = multiple_imputation(outcome, "CCCCTTTTT", [1, 2, 3, 2, 3, 2, 4, 4, 3],
    ...     np.random.Generator(np.random.Philox(1)), visits=(1, 2), arms="CT", strategies=("J2R",), imputations=500)[1:]
    >>> jump.strategy, jump.visit, jump.imputed, jump.sampler
    ('J2R', '2', 2, 'exact')
    """
    level = confidence_level(confidence)
    _refuse_unknown(strategies)
    if imputations < 2:
        raise StatisticsError(f"imputations: {imputations}; at least two are needed, and a hundred are cheap.")
    trial = incomplete_trial(outcome, arm, covariates, visits, arms, departure, "unstructured", covariance_by_arm)
    draws = posterior_draws(trial, generator, imputations, burn_in=burn_in, between=between)
    blocks = [[_analyses(trial, one) for one in block] for block in _completed(trial, draws, strategies, generator)]
    df = len(trial.outcome) - trial.covariates.shape[1] - len(trial.arms)
    found = []
    for s, strategy in enumerate(strategies):
        estimates, variances = (np.concatenate([block[s][k] for block in blocks]) for k in (0, 1))
        for v in range(len(trial.visits)):
            found.append(_pooled(trial, draws, strategy, v, estimates[:, v], variances[:, v], df, level))
    return tuple(found)


def bootstrap_imputation(
    outcome: ArrayLike,
    arm: Iterable[object],
    covariates: ArrayLike,
    generator: np.random.Generator,
    *,
    visits: Sequence[object],
    arms: Sequence[object],
    strategies: Sequence[Strategy] = ("MAR", "J2R", "CR", "CIR"),
    replicates: int = 1000,
    departure: ArrayLike | None = None,
    covariance: CovarianceName = "unstructured",
    covariance_by_arm: bool = False,
    confidence: float = 0.95,
) -> tuple[BootstrapImputation, ...]:
    """Resample patients within each arm and do all of ``reference_based`` again, ``replicates`` times.

    The estimate is that of ``reference_based`` (conditional means, nothing random); its error is the spread of the
    replicates, in repeated sampling as with the jackknife.

    Source: Wolbers and others, Pharmaceutical Statistics 2022.

    Raises StatisticsError if more than one replicate in twenty cannot be fitted, and as ``reference_based`` does.

    >>> outcome = [[1, 2], [2, 4], [4, 5], [3, 5], [5, 3], [4, 2], [6, 8], [7, np.nan], [5, 5], [4, 3]]
    >>> found = bootstrap_imputation(outcome, "CCCCTTTTTT", np.zeros((10, 0)), np.random.Generator(np.random.Philox(2)),
    ...     visits=(1, 2), arms="CT", strategies=("J2R",), replicates=100)
    >>> found[1].strategy, found[1].visit, round(found[1].differences[0][1].value, 2)
    ('J2R', '2', 0.64)
    """
    level = confidence_level(confidence)
    _refuse_unknown(strategies)
    if replicates < 100:
        raise StatisticsError(f"replicates: {replicates}; an interval needs at least 100.")
    trial = incomplete_trial(outcome, arm, covariates, visits, arms, departure, covariance, covariance_by_arm)
    groups = [np.flatnonzero(trial.arm == g) for g in range(len(trial.arms))]
    whole = adjusted_means(trial, np.arange(len(trial.outcome)), strategies)
    chosen = np.array([np.concatenate([generator.choice(who, who.size) for who in groups]) for _ in range(replicates)])
    return _report(trial, whole, resampled_estimates(trial, chosen, strategies), strategies, level)


def resampled_estimates(trial: Trial, chosen: IntArray, strategies: Sequence[Strategy]) -> FloatArray:
    """``adjusted_means`` of the patients ``chosen`` (replicates x n, numbers of patients); NaN where there is none.

    Where the fit of all at once leaves a replicate open it is fitted alone, until so many are lost that there is no
    bootstrap.

    >>> trial = incomplete_trial([[1, 2], [2, 4], [4, 5], [3, 5], [5, 3], [4, 2]], "CCCTTT", np.zeros((6, 0)), (1, 2),
    ...     "CT", None, "unstructured", False)
    >>> resampled_estimates(trial, np.array([[0, 0, 1, 3, 4, 5], [0, 0, 0, 3, 3, 3]]), ("MAR",))[:, 0, 1, 2].round(4)
    array([0.6667,    nan])
    """
    counts = (chosen[:, :, None] == np.arange(len(trial.outcome))).sum(axis=1).astype(np.float64)
    found, unsettled = resampled_means(trial, counts, strategies)
    lost = int((np.isnan(found).any(axis=(1, 2, 3)) & ~unsettled).sum())
    for place in np.flatnonzero(unsettled):
        again = _again(trial, chosen[place], strategies) if lost <= MOST_LOST * len(chosen) else None
        if again is None:
            lost += 1
        else:
            found[place] = again
    return found


def _report(
    trial: Trial, whole: FloatArray, every: FloatArray, strategies: Sequence[Strategy], level: float
) -> tuple[BootstrapImputation, ...]:
    found, count, replicates = every[~np.isnan(every).any(axis=(1, 2, 3))], len(trial.arms), len(every)
    report = []
    for s, strategy in enumerate(strategies):
        for v, visit in enumerate(trial.visits):
            numbers = [
                bootstrap_interval(
                    float(whole[s, v, k]), found[:, s, v, k], failed=replicates - len(found), confidence=level
                )
                for k in range(whole.shape[2])
            ]
            means, differences = (
                zip(trial.arms, numbers[:count], strict=True),
                zip(trial.arms[1:], numbers[count:], strict=True),
            )
            report.append(
                BootstrapImputation(strategy=strategy, visit=visit, means=tuple(means), differences=tuple(differences))
            )
    return tuple(report)


def _again(trial: Trial, chosen: IntArray, strategies: Sequence[Strategy]) -> FloatArray | None:
    try:
        return adjusted_means(trial, chosen, strategies)
    except StatisticsError:
        return None


def _completed(
    trial: Trial, draws: PosteriorDraws, strategies: Sequence[Strategy], generator: np.random.Generator
) -> Iterator[list[FloatArray]]:
    """Block by block of draws, the completed outcomes (draws x n x m) under each strategy."""
    n, m = trial.outcome.shape
    traits, referred = traits_of(trial, np.arange(n))
    groups = _alike(trial)
    size = max(1, _LARGEST_BLOCK // (n * m))
    for start in range(0, len(draws.coefficients), size):
        beta, sigmas = draws.coefficients[start : start + size], draws.sigmas[start : start + size]
        filled = [np.repeat(trial.outcome[None], len(beta), axis=0) for _ in strategies]
        for who, missing, t, g in groups:
            noise = generator.standard_normal((len(beta), who.size, int(missing.sum())))
            own, reference = traits[who] @ beta, referred[who] @ beta
            place = np.ix_(np.arange(len(beta)), who, np.flatnonzero(missing))
            for strategy, into in zip(strategies, filled, strict=True):
                own_sigma, ref_sigma = sigmas[:, g if sigmas.shape[1] > 1 else 0], sigmas[:, 0]
                mean, sigma = under_strategy(strategy, t, own, reference, own_sigma, ref_sigma)
                into[place] = draw_missing(mean, sigma, trial.outcome[who], missing, noise)
        yield filled


def _alike(trial: Trial) -> list[tuple[IntArray, BoolArray, int, int]]:
    """Patients with a missing visit who share missing visits, departure and arm."""
    absent = np.isnan(trial.outcome)
    rows = np.flatnonzero(absent.any(axis=1))
    if rows.size == 0:
        return []
    key = np.column_stack([trial.departure[rows], trial.arm[rows], absent[rows]])
    keys, group = np.unique(key, axis=0, return_inverse=True)
    return [
        (rows[group.ravel() == k], one[2:].astype(np.bool_), int(one[0]), int(one[1])) for k, one in enumerate(keys)
    ]


def _analyses(trial: Trial, completed: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Adjusted means and differences of each data set (D x n x m), and their variances: D x m x numbers each."""
    (draws, n, m), arms = completed.shape, len(trial.arms)
    indicators = (trial.arm[:, None] == np.arange(arms)).astype(np.float64)
    x = np.column_stack([indicators, trial.covariates - trial.covariates.mean(axis=0)])
    basis, root = np.linalg.qr(x)
    y = completed.transpose(1, 0, 2).reshape(n, draws * m)
    fitted = basis.T @ y
    sigma = ((y - basis @ fitted) ** 2).sum(axis=0) / (n - x.shape[1])
    rows = np.eye(arms, x.shape[1])
    rows = np.vstack([rows, rows[1:] - rows[:1]])
    weights = np.linalg.solve(root.T, rows.T)
    estimates = (np.linalg.solve(root, fitted).T @ rows.T).reshape(draws, m, -1)
    variances = (sigma[:, None] * (weights**2).sum(axis=0)).reshape(draws, m, -1)
    return estimates, variances


def _pooled(
    trial: Trial,
    draws: PosteriorDraws,
    strategy: Strategy,
    v: int,
    estimates: FloatArray,
    variances: FloatArray,
    df: int,
    confidence: float,
) -> MultipleImputation:
    pairs = zip(estimates.T, variances.T, strict=True)
    numbers = [pool(one, variance, complete_df=df, confidence=confidence) for one, variance in pairs]
    count = len(trial.arms)
    return MultipleImputation(
        strategy=strategy,
        visit=trial.visits[v],
        means=tuple(zip(trial.arms, numbers[:count], strict=True)),
        differences=tuple(zip(trial.arms[1:], numbers[count:], strict=True)),
        imputed=int(np.isnan(trial.outcome[:, v]).sum()),
        sampler=draws.sampler,
        autocorrelation=max(_lag_one(one) for one in estimates.T[count:]),
    )


def _lag_one(series: FloatArray) -> float:
    """Correlation of successive values; 0 for a constant series."""
    centered = series - series.mean()
    total = float(centered @ centered)
    return float(centered[1:] @ centered[:-1]) / total if total > 1e-20 * float(series @ series) else 0.0


def _refuse_unknown(strategies: Sequence[Strategy]) -> None:
    unknown = [strategy for strategy in strategies if strategy not in get_args(Strategy)]
    if unknown or not strategies:
        named = repr(unknown[0]) if unknown else "none"
        raise StatisticsError(f"strategies: {named} is not one of {', '.join(get_args(Strategy))}.")
