"""What if patients without a score had gone on like the control arm: reference-based imputation without chance."""

from typing import get_args

from trialwright.report.results import Result, estimated
from trialwright.report.sample import Sample
from trialwright.statistics import reference_based
from trialwright.statistics.covariance_structures import CovarianceName
from trialwright.statistics.reference_based import Strategy

COVARIANCE: CovarianceName = "heterogeneous autoregressive"
"""So few patients cannot carry an unstructured covariance when each of them is left out in turn."""


def results(sample: Sample) -> tuple[Result, ...]:
    """Adjusted means and difference at the visit of the endpoint under the strategy that the plan sets."""
    people = sample.seen()
    sample.need_both_arms(people)
    (strategy,) = (one for one in get_args(Strategy) if one == sample.plan.setting("strategy", "J2R"))
    found = reference_based(sample.matrix(people), [one.arm for one in people], [one.baseline for one in people],
                            visits=[visit.code for visit in sample.visits], arms=(sample.control, sample.treatment), strategies=(strategy,),
                            covariance=COVARIANCE)[-1]  # fmt: skip
    means = [result for arm, mean in found.means for result in estimated("LS_MEAN", arm, mean)]
    missing = sum(sample.change(one) is None for one in people)
    return (*means, *estimated("DIFFERENCE", sample.contrast, found.differences[0][1]),
            Result(operation="N_IMPUTED", group=sample.contrast, value=missing))  # fmt: skip
