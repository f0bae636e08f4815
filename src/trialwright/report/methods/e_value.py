"""How strong something unmeasured would have to be to explain the adjusted difference away (E-value)."""

from trialwright.report.results import Result
from trialwright.report.sample import Sample
from trialwright.statistics import ancova, e_value_of_difference


def results(sample: Sample) -> tuple[Result, ...]:
    """The E-value of the adjusted difference and of the limit of its interval next to zero (1: nothing is needed)."""
    people = sample.analyzed
    sample.need_both_arms(people)
    fit = ancova([sample.change(one) or 0.0 for one in people], [one.arm for one in people], [one.baseline for one in people],
                 levels=(sample.treatment, sample.control), reference=sample.control)  # fmt: skip
    estimate = fit.differences[0].estimate
    found = e_value_of_difference(estimate.value, fit.sigma, estimate.standard_error / fit.sigma)
    numbers = {"E_VALUE": found.of_estimate, "E_VALUE_LIMIT": 1.0 if found.of_limit is None else found.of_limit}
    return tuple(Result(operation=name, group=sample.contrast, value=value) for name, value in numbers.items())
