"""Comparison of patients who might have got either treatment: overlap weights by penalized propensity, then covariance analysis."""

from trialwright.report.results import POOLED, Result, estimated
from trialwright.report.sample import Course, Sample
from trialwright.statistics import propensity, weighted_difference


def results(sample: Sample) -> tuple[Result, ...]:
    """The weighted adjusted difference with the effective numbers of patients; SEPARATED is 1 when the arms do not overlap.

    The propensity uses the baseline and the traits of ADSL that the plan sets as `covariates` (separated by a space), as
    far as they are known for everybody.
    """
    people = sample.analyzed
    sample.need_both_arms(people)
    baseline = ("baseline", [one.baseline for one in people])
    names = [name for name in sample.plan.setting("covariates").split() if all(trait(one, name) is not None for one in people)]
    model = propensity([one.arm for one in people], [baseline, *((name, [trait(one, name) or 0.0 for one in people]) for name in names)],
                       arms=(sample.control, sample.treatment))  # fmt: skip
    found = weighted_difference([sample.change(one) or 0.0 for one in people], model, adjustment=[baseline])
    numbers = {(sample.control, "EFFECTIVE_N"): found.effective[0], (sample.treatment, "EFFECTIVE_N"): found.effective[1],
               (POOLED, "SEPARATED"): float(found.status == "separated"), (POOLED, "COVARIATES"): float(1 + len(names))}  # fmt: skip
    return (*estimated("DIFFERENCE", sample.contrast, found.difference),
            *(Result(operation=operation, group=group, value=value) for (group, operation), value in numbers.items()))  # fmt: skip


def trait(one: Course, name: str) -> float | None:
    """A number of ADSL about a patient; None when it is not known."""
    value = one.traits.get(name)
    return None if value is None else float(value)
