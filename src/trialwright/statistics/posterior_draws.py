"""Draws means and covariances of repeated measurements that are compatible with what was observed (Bayesian draws)."""

from typing import Literal

import numpy as np
from attrs import frozen

from trialwright.statistics.arguments import FloatArray, StatisticsError
from trialwright.statistics.incomplete_trial import Trial, traits_of
from trialwright.statistics.least_squares import aliased_columns
from trialwright.statistics.repeated_measures import BoolArray, IntArray

Sampler = Literal["exact", "monotone data augmentation", "Gibbs"]

_PERFECT_FIT = 1e-20  # residual over total sum of squares: nothing is left but rounding


@frozen(kw_only=True, eq=False)
class PosteriorDraws:
    """D draws for q traits, m visits and G covariances (one, or one for each arm).

    ``coefficients`` D x q x m turn a patient's traits into his means; ``sigmas`` D x G x m x m. Draws of the sampler
    "exact" are independent; the others are a Markov chain, from its burn-in on.
    """

    coefficients: FloatArray
    sigmas: FloatArray
    sampler: Sampler


def posterior_draws(
    trial: Trial, generator: np.random.Generator, draws: int, *, burn_in: int = 200, between: int = 5
) -> PosteriorDraws:
    """Draw from the posterior of a multivariate normal model, under the prior proportional to |Sigma|^(-(m+1)/2).

    If nobody has a gap before his last visit and the covariance is common, each visit is regressed on the traits and
    the visits before: exact, independent draws. Otherwise gaps are drawn in turn with the parameters ("monotone data
    augmentation"); with a covariance for each arm, every missing value is ("Gibbs"). ``burn_in`` steps are dropped and
    every ``between``-th of the rest is kept.

    Source: Schafer, Analysis of Incomplete Multivariate Data, 1997, ch. 5 and 6.

    Raises StatisticsError if a visit, or an arm, has too few patients to carry its regression, or is fitted perfectly.

    >>> from trialwright.statistics.incomplete_trial import incomplete_trial
    >>> outcome = [[1, 2], [2, 4], [4, 5], [3, 5], [5, 3], [4, 2], [6, np.nan], [7, np.nan], [5, 5]]
    >>> trial = incomplete_trial(outcome, "CCCCTTTTT", np.zeros((9, 0)), (1, 2), "CT", None, "unstructured", False)
    >>> found = posterior_draws(trial, np.random.Generator(np.random.Philox(1)), 4000)
    >>> found.sampler, found.coefficients.shape, found.coefficients[:, :, 0].mean(axis=0).round(1).tolist()
    ('exact', (4000, 2, 2), [2.5, 2.9])
    """
    if draws < 1 or burn_in < 0 or between < 1:
        raise StatisticsError(f"draws, burn_in, between: {draws}, {burn_in}, {between}; at least 1, 0 and 1.")
    if trial.covariance != "unstructured":
        raise StatisticsError(f"covariance: {trial.covariance}; random imputation needs the unstructured one.")
    traits, _ = traits_of(trial, np.arange(len(trial.outcome)))
    covariates = [f"covariate {k + 1}" for k in range(trial.covariates.shape[1])]
    if aliased := aliased_columns(traits, ("one", *covariates, *(f"arm {name}" for name in trial.arms[1:]))):
        raise StatisticsError(
            f"covariates: {', '.join(aliased)} is constant or a combination of the others; remove it."
        )
    if trial.covariance_by_arm:
        return _gibbs(trial, traits, generator, draws, burn_in, between)
    last = trial.outcome.shape[1] - np.argmax(~np.isnan(trial.outcome[:, ::-1]), axis=1)
    _refuse_few(trial, traits, last)
    if (np.isfinite(trial.outcome).sum(axis=1) == last).all():
        beta, sigma = _sequential(traits, trial.outcome, last, generator, draws)
        return PosteriorDraws(coefficients=beta, sigmas=sigma[:, None], sampler="exact")
    return _augmented(trial, traits, last, generator, draws, burn_in, between)


def draw_missing(
    mean: FloatArray, sigma: FloatArray, outcome: FloatArray, missing: BoolArray, noise: FloatArray
) -> FloatArray:
    """Values of the k ``missing`` visits given the others (D x g x k), for g patients with the same pattern.

    ``mean`` D x g x m, ``sigma`` D x m x m, ``outcome`` g x m (or D x g x m), ``noise`` D x g x k standard normal.

    >>> sigma = np.array([[[4.0, 2.0], [2.0, 5.0]]])
    >>> draw_missing(np.zeros((1, 1, 2)), sigma, np.array([[2.0, np.nan]]), np.array([False, True]), np.ones((1, 1, 1)))
    array([[[3.]]])
    """
    a, b = np.flatnonzero(~missing), np.flatnonzero(missing)
    across, within = sigma[:, a[:, None], b], sigma[:, b[:, None], b]
    slope = np.linalg.solve(sigma[:, a[:, None], a], across)
    root = np.linalg.cholesky(within - across.swapaxes(1, 2) @ slope)
    expected = mean[:, :, b] + (outcome[..., a] - mean[:, :, a]) @ slope
    return np.asarray(expected + noise @ root.swapaxes(1, 2))


def _sequential(
    traits: FloatArray, outcome: FloatArray, last: IntArray, generator: np.random.Generator, draws: int
) -> tuple[FloatArray, FloatArray]:
    """Exact draws for monotone data: each visit regressed on the traits and on the visits before it.

    The prior |Sigma|^(-(m+1)/2) gives the residual variance of visit t (from 1) n_t - q - m + t degrees of freedom.
    """
    q, m = traits.shape[1], outcome.shape[1]
    beta, sigma = np.empty((draws, q, m)), np.empty((draws, m, m))
    for t in range(m):
        here = last > t
        x, y = np.column_stack([traits, outcome[:, :t]])[here], outcome[here, t]
        basis, root = np.linalg.qr(x)
        fitted = basis.T @ y
        residual = y - basis @ fitted
        squares = float(residual @ residual)
        if squares <= _PERFECT_FIT * float(((y - y.mean()) ** 2).sum()) or _is_singular(root):
            raise StatisticsError(
                f"outcome: the visits before fit visit number {t + 1} perfectly; nothing is left to draw."
            )
        variance = squares / generator.chisquare(int(here.sum()) - q - m + t + 1, draws)
        noise = generator.standard_normal((draws, q + t)) * np.sqrt(variance)[:, None]
        slope = np.linalg.solve(root, (fitted + noise).T).T
        past = slope[:, q:]
        beta[:, :, t] = slope[:, :q] + np.einsum("ds,dqs->dq", past, beta[:, :, :t])
        sigma[:, :t, t] = sigma[:, t, :t] = np.einsum("dst,dt->ds", sigma[:, :t, :t], past)
        sigma[:, t, t] = variance + np.einsum("ds,ds->d", past, sigma[:, :t, t])
    return beta, sigma


def _is_singular(root: FloatArray) -> bool:
    """Does a column of a QR decomposition add nothing to the columns before it?"""
    diagonal, lengths = np.abs(np.diag(root)), np.sqrt((root**2).sum(axis=0))
    return bool((diagonal <= 1e-10 * lengths).any())


def _augmented(
    trial: Trial,
    traits: FloatArray,
    last: IntArray,
    generator: np.random.Generator,
    draws: int,
    burn_in: int,
    between: int,
) -> PosteriorDraws:
    """Draw the gaps before each patient's last visit and the parameters in turn."""
    visit = np.arange(trial.outcome.shape[1])
    gaps = np.isnan(trial.outcome) & (visit < last[:, None])
    patterns = _patterns(np.isnan(trial.outcome), np.zeros(len(last), dtype=np.intp), np.flatnonzero(gaps.any(axis=1)))
    filled = np.where(gaps, _starts(traits, trial.outcome), trial.outcome)
    kept_beta, kept_sigma = [], []
    for step in range(burn_in + draws * between):
        beta, sigma = _sequential(traits, filled, last, generator, 1)
        for who, missing, _ in patterns:
            noise = generator.standard_normal((1, who.size, int(missing.sum())))
            drawn = draw_missing(traits[who] @ beta, sigma, trial.outcome[who], missing, noise)[0]
            filled[np.ix_(who, np.flatnonzero(missing))] = drawn
        if step >= burn_in and (step - burn_in + 1) % between == 0:
            kept_beta.append(beta[0])
            kept_sigma.append(sigma)
    return PosteriorDraws(
        coefficients=np.array(kept_beta), sigmas=np.array(kept_sigma), sampler="monotone data augmentation"
    )


def _gibbs(
    trial: Trial, traits: FloatArray, generator: np.random.Generator, draws: int, burn_in: int, between: int
) -> PosteriorDraws:
    """Draw missing values, the covariance of each arm, and the common coefficients in turn."""
    q, m, arms = traits.shape[1], trial.outcome.shape[1], range(len(trial.arms))
    few = [
        name for g, name in enumerate(trial.arms) if (np.isfinite(trial.outcome[trial.arm == g]).sum(axis=0) <= m).any()
    ]
    if few or any(int((trial.arm == g).sum()) < q + m for g in arms):
        raise StatisticsError(
            f"arm: too few patients in {', '.join(few) or 'an arm'} for a covariance of {m} visits of its own; take the "
            "common one."
        )
    absent = np.isnan(trial.outcome)
    patterns = _patterns(absent, trial.arm, np.flatnonzero(absent.any(axis=1)))
    filled = np.where(absent, _starts(traits, trial.outcome), trial.outcome)
    beta = np.linalg.lstsq(traits, filled, rcond=None)[0]
    squares = [traits[trial.arm == g].T @ traits[trial.arm == g] for g in arms]
    kept_beta, kept_sigma = [], []
    for step in range(burn_in + draws * between):
        sigmas = np.stack(
            [_inverse_wishart(filled[trial.arm == g] - traits[trial.arm == g] @ beta, generator) for g in arms]
        )
        weights = np.linalg.inv(sigmas)
        precision = sum(np.kron(weights[g], squares[g]) for g in arms)
        pull = sum((traits[trial.arm == g].T @ filled[trial.arm == g] @ weights[g]).T.ravel() for g in arms)
        root = np.linalg.cholesky(precision)
        center = np.linalg.solve(root, pull) + generator.standard_normal(q * m)
        beta = np.linalg.solve(root.T, center).reshape(m, q).T
        for who, missing, g in patterns:
            noise = generator.standard_normal((1, who.size, int(missing.sum())))
            drawn = draw_missing((traits[who] @ beta)[None], sigmas[g : g + 1], trial.outcome[who], missing, noise)[0]
            filled[np.ix_(who, np.flatnonzero(missing))] = drawn
        if step >= burn_in and (step - burn_in + 1) % between == 0:
            kept_beta.append(beta)
            kept_sigma.append(sigmas)
    return PosteriorDraws(coefficients=np.array(kept_beta), sigmas=np.array(kept_sigma), sampler="Gibbs")


def _inverse_wishart(residuals: FloatArray, generator: np.random.Generator) -> FloatArray:
    """A covariance from its posterior given n residuals of mean zero: inverse Wishart with n degrees of freedom."""
    n, m = residuals.shape
    root = np.linalg.cholesky(np.linalg.inv(residuals.T @ residuals))
    bartlett = np.tril(generator.standard_normal((m, m)), -1)
    bartlett[np.diag_indices(m)] = np.sqrt(generator.chisquare(n - np.arange(m)))
    inverse = np.linalg.inv(root @ bartlett)
    return np.asarray(inverse.T @ inverse)


def _patterns(absent: BoolArray, arm: IntArray, rows: IntArray) -> list[tuple[IntArray, BoolArray, int]]:
    """Those of the patients ``rows`` who share arm and missing visits: who they are, which visits, which arm."""
    if rows.size == 0:
        return []
    keys, group = np.unique(np.column_stack([arm[rows], absent[rows]]), axis=0, return_inverse=True)
    return [(rows[group.ravel() == k], key[1:].astype(np.bool_), int(key[0])) for k, key in enumerate(keys)]


def _starts(traits: FloatArray, outcome: FloatArray) -> FloatArray:
    """The mean that least squares on the observed of each visit expects (n x m)."""
    found = np.empty(outcome.shape)
    for t, column in enumerate(outcome.T):
        seen = np.isfinite(column)
        found[:, t] = traits @ np.linalg.lstsq(traits[seen], column[seen], rcond=None)[0]
    return found


def _refuse_few(trial: Trial, traits: FloatArray, last: IntArray) -> None:
    q, m = traits.shape[1], len(trial.visits)
    for t, visit in enumerate(trial.visits):
        seen = int((last > t).sum())
        observed = np.isfinite(trial.outcome[:, t])
        empty = [name for g, name in enumerate(trial.arms) if not observed[trial.arm == g].any()]
        if empty or seen < q + max(t, m - t - 1) + 1:
            raise StatisticsError(
                f"outcome: too few patients were seen at visit {visit} ({int(observed.sum())}; none in "
                f"{', '.join(empty) or 'no arm'}) to draw from a model with {q} traits and {m} visits; take fewer "
                "covariates or visits."
            )
