"""What if patients without a score had gone on like the control arm: reference-based imputation without chance."""

from functools import lru_cache
from typing import get_args

import numpy as np

from trialwright.report.results import Result, estimated
from trialwright.report.sample import Sample
from trialwright.statistics import reference_based
from trialwright.statistics.covariance_structures import CovarianceName
from trialwright.statistics.incomplete_trial import Strategy
from trialwright.statistics.reference_based import ReferenceBased

COVARIANCE: CovarianceName = "heterogeneous autoregressive"
"""So few patients cannot carry an unstructured covariance when each of them is left out in turn."""
TOGETHER: tuple[Strategy, ...] = ("J2R", "CIR")
"""Strategies that one study asks for of the same patients: the models, one for each patient left out, are fitted once for all of them."""


def results(sample: Sample) -> tuple[Result, ...]:
    """Adjusted means and difference at the visit of the endpoint under the strategy that the plan sets."""
    people = sample.seen()
    sample.need_both_arms(people)
    (strategy,) = (one for one in get_args(Strategy) if one == sample.plan.setting("strategy", "J2R"))
    visits = tuple(visit.code for visit in sample.visits)
    every = _fitted(sample.matrix(people).tobytes(), tuple(one.arm or "" for one in people), tuple(one.baseline for one in people), visits,
                    (sample.control, sample.treatment), TOGETHER if strategy in TOGETHER else (strategy,))  # fmt: skip
    found = next(one for one in every if (one.strategy, one.visit) == (strategy, visits[-1]))
    means = [result for arm, mean in found.means for result in estimated("LS_MEAN", arm, mean)]
    missing = sum(sample.change(one) is None for one in people)
    return (*means, *estimated("DIFFERENCE", sample.contrast, found.differences[0][1]),
            Result(operation="N_IMPUTED", group=sample.contrast, value=missing))  # fmt: skip


@lru_cache(maxsize=2)
def _fitted(changes: bytes, arm: tuple[str, ...], baseline: tuple[float, ...], visits: tuple[str, ...], arms: tuple[str, str],
            strategies: tuple[Strategy, ...]) -> tuple[ReferenceBased, ...]:  # fmt: skip
    """All strategies of the same patients; `changes` are the bytes of n x m numbers, so that the same patients are known again."""
    matrix = np.frombuffer(changes).reshape(len(arm), len(visits))
    return reference_based(matrix, arm, baseline, visits=visits, arms=arms, strategies=strategies, covariance=COVARIANCE)
