"""Draws whole trials of two arms with repeated visits, drop-out and missed visits, and fits the mixed model to each."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Protocol

import numpy as np
from attrs import field, frozen
from numpy.typing import ArrayLike
from scipy.special import expit, logit

from trialwright.statistics.arguments import FloatArray, StatisticsError
from trialwright.statistics.batch_mmrm import BatchInference, BatchMmrm, batch_mmrm, joined
from trialwright.statistics.batches import Engine
from trialwright.statistics.streams import CHUNK, Chunk, chunks, stream


class Mapping(Protocol):
    """What computes the chunks: the builtin ``map``, or the ``map`` of a pool of threads, processes or machines."""

    def __call__(self, function: Callable[[Chunk], BatchMmrm], items: Iterable[Chunk], /) -> Iterable[BatchMmrm]:
        """The results, in the order of the items."""


def _row(values: ArrayLike) -> tuple[float, ...]:
    return tuple(float(value) for value in np.asarray(values, dtype=np.float64).ravel())


def _rows(values: ArrayLike) -> tuple[tuple[float, ...], ...]:
    return tuple(_row(row) for row in np.atleast_2d(np.asarray(values, dtype=np.float64)))


@frozen(kw_only=True)
class BaselineEffect:
    """A normal baseline; at visit v the outcome rises by ``slopes[v]`` for each unit of it above the mean."""

    mean: float
    standard_deviation: float
    slopes: tuple[float, ...] = field(converter=_row)


@frozen(kw_only=True)
class DropOut:
    """Who stays away: ``hazards[v]`` is the chance that a patient still there leaves before visit v, for good.

    With ``log_odds`` other than zero the odds of leaving are multiplied by exp(``log_odds``) for each standard deviation
    by which the outcome of the visit before lies above its mean over both arms: missing at random, given what was
    observed. With zero it is missing completely at random. ``missed`` is the chance that a visit alone is missed,
    whatever else happens.
    """

    hazards: tuple[float, ...] = field(converter=_row)
    log_odds: float = 0.0
    missed: float = 0.0


@frozen(kw_only=True)
class NormalTrial:
    """Two arms of normal outcomes at m visits: ``means`` 2 x m (at the mean baseline), ``covariance`` m x m, ``sizes``.

    The covariance is that around the mean of the arm and the baseline effect.

    Raises StatisticsError if the parts do not fit together, or the covariance is not positive definite.

    >>> trial = NormalTrial(means=[[0, 0], [0, -1]], covariance=[[4, 2], [2, 4]], sizes=(10, 10))
    >>> trial.visits, trial.means
    (2, ((0.0, 0.0), (0.0, -1.0)))
    """

    means: tuple[tuple[float, ...], ...] = field(converter=_rows)
    covariance: tuple[tuple[float, ...], ...] = field(converter=_rows)
    sizes: tuple[int, int]
    baseline: BaselineEffect | None = None
    drop_out: DropOut | None = None

    def __attrs_post_init__(self) -> None:
        m = self.visits
        if len(self.means) != 2 or len(self.means[1]) != m or any(size < 1 for size in self.sizes):
            raise StatisticsError("means: two arms of the same visits, with at least one patient each, are needed.")
        if not (np.isfinite(self.means).all() and np.isfinite(np.hstack(self.covariance)).all()):
            raise StatisticsError("means, covariance: a number is missing or infinite.")
        if np.shape(self.covariance) != (m, m) or not np.allclose(self.covariance, np.transpose(self.covariance)):
            raise StatisticsError(f"covariance: a symmetric matrix of {m} x {m} is needed.")
        if np.linalg.eigvalsh(self.covariance)[0] <= 0.0:
            raise StatisticsError("covariance: not positive definite.")
        if self.baseline is not None and (len(self.baseline.slopes) != m or not self.baseline.standard_deviation > 0.0):
            raise StatisticsError(f"baseline: {m} slopes and a positive standard deviation are needed.")
        if self.drop_out is not None:
            chances = (*self.drop_out.hazards, self.drop_out.missed)
            if len(self.drop_out.hazards) != m or not all(0.0 <= chance < 1.0 for chance in chances):
                raise StatisticsError(
                    f"drop_out: {m} hazards from 0 to below 1, and such a chance to miss, are needed."
                )

    @property
    def visits(self) -> int:
        """Number of visits."""
        return len(self.means[0])


def draw_trials(trial: NormalTrial, trials: int, generator: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    """Outcomes (T x n x m, NaN where missing; first the ``sizes[0]`` patients of arm 0) and baselines (T x n x 0 or 1).

    >>> trial = NormalTrial(means=[[0, 0], [0, -1]], covariance=[[4, 2], [2, 4]], sizes=(2, 1),
    ...     drop_out=DropOut(hazards=[0, 0.5]))
    >>> outcome, baseline = draw_trials(trial, 5, np.random.Generator(np.random.Philox(1)))
    >>> outcome.shape, baseline.shape, np.isnan(outcome[1]).tolist()
    ((5, 3, 2), (5, 3, 0), [[False, True], [False, True], [False, True]])
    """
    n, m = sum(trial.sizes), trial.visits
    base = np.empty((trials, n, 0))
    if trial.baseline is not None:
        base = trial.baseline.mean + trial.baseline.standard_deviation * generator.standard_normal((trials, n, 1))
    outcome = generator.standard_normal((trials, n, m)) @ np.linalg.cholesky(trial.covariance).T
    outcome += np.repeat(np.array(trial.means), trial.sizes, axis=0)
    if trial.baseline is not None:
        outcome += (base - trial.baseline.mean) * np.array(trial.baseline.slopes)
    if trial.drop_out is not None:
        outcome[_away(trial, trial.drop_out, outcome, generator)] = np.nan
    return outcome, base


def _away(trial: NormalTrial, rule: DropOut, outcome: FloatArray, generator: np.random.Generator) -> FloatArray:
    """Which outcomes are missing, T x n x m."""
    chances = np.broadcast_to(np.array(rule.hazards), outcome.shape)
    if rule.log_odds:
        effect = 0.0 if trial.baseline is None else trial.baseline.standard_deviation * np.array(trial.baseline.slopes)
        spread = np.sqrt(np.diag(trial.covariance) + effect**2)
        center = np.array(trial.sizes) @ np.array(trial.means) / sum(trial.sizes)
        shift = rule.log_odds * (outcome - center)[:, :, :-1] / spread[:-1]
        with np.errstate(divide="ignore"):  # a hazard of zero stays zero
            odds = logit(np.array(rule.hazards))
        chances = np.concatenate([chances[:, :, :1], expit(odds[1:] + shift)], axis=2)
    away = np.logical_or.accumulate(generator.random(outcome.shape) < chances, axis=2)
    if rule.missed:
        away |= generator.random(outcome.shape) < rule.missed
    return np.asarray(away)


def simulate_mmrm(
    trial: NormalTrial,
    trials: int,
    *,
    seed: int,
    scenario: str | int,
    visit: int = -1,
    inference: BatchInference = "kenward-roger",
    engine: Engine = "auto",
    size: int = CHUNK,
    map: Mapping = map,
    progress: Callable[[int, int], None] | None = None,
) -> BatchMmrm:
    """Draw ``trials`` trials and fit the mixed model to each, with the baseline as covariate if there is one.

    The random numbers follow from ``seed``, ``scenario`` and the number of the chunk (of ``size`` trials), so it does
    not matter what computes the chunks: ``map`` may be that of a pool. A pool of processes is best for several
    processors; with the compiled engine threads do nearly as well. ``progress`` is told how many trials are done, and
    of how many. ``visit``, ``inference`` and ``engine`` are those of ``batch_mmrm``.

    Raises StatisticsError as ``stream`` and ``batch_mmrm`` do.

    >>> trial = NormalTrial(means=[[0, 0], [0, -3]], covariance=[[4, 2], [2, 4]], sizes=(10, 10))
    >>> found = simulate_mmrm(trial, 200, seed=1, scenario="effect", engine="numpy")
    >>> found.rejections(0.05).share
    0.91
    """
    if trials < 1:
        raise StatisticsError(f"trials: {trials}; at least 1 is needed.")
    work = partial(_simulated, trial, seed, scenario, visit, inference, engine)
    return joined(list(_watched(map(work, chunks(trials, size)), trials, progress)))


def _simulated(
    trial: NormalTrial,
    seed: int,
    scenario: str | int,
    visit: int,
    inference: BatchInference,
    engine: Engine,
    chunk: Chunk,
) -> BatchMmrm:
    outcome, baseline = draw_trials(trial, chunk.trials, stream(seed, scenario, chunk.number))
    arm = np.repeat([0.0, 1.0], trial.sizes)
    return batch_mmrm(outcome, arm, baseline, visit=visit, inference=inference, engine=engine)


def _watched(
    parts: Iterable[BatchMmrm], total: int, progress: Callable[[int, int], None] | None
) -> Iterator[BatchMmrm]:
    done = 0
    for part in parts:
        done += part.status.size
        if progress is not None:
            progress(done, total)
        yield part
