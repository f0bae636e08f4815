"""How much worse the missing scores of the treated would have to be for the difference to vanish."""

from trialwright.report.results import Result
from trialwright.report.sample import Sample
from trialwright.statistics import tipping_point
from trialwright.statistics.covariance_structures import CovarianceName

COVARIANCE: CovarianceName = "heterogeneous autoregressive"


def results(sample: Sample) -> tuple[Result, ...]:
    """The shift of the imputed scores that brings the difference to zero, and the one that lets its interval reach zero."""
    people = sample.seen()
    sample.need_both_arms(people)
    found = tipping_point(sample.matrix(people), [one.arm for one in people], [one.baseline for one in people],
                          visits=[visit.code for visit in sample.visits], arms=(sample.control, sample.treatment), treated=sample.treatment,
                          visit=sample.visits[-1].code, covariance=COVARIANCE)  # fmt: skip
    numbers = {"DIFFERENCE": found.difference, "DIFFERENCE_SE": found.standard_error, "TO_ZERO": found.to_zero, "N_IMPUTED": float(found.imputed)}
    if found.to_insignificance is not None:
        numbers["TO_INSIGNIFICANCE"] = found.to_insignificance
    return tuple(Result(operation=name, group=sample.contrast, value=value) for name, value in numbers.items())
