"""Covariance analysis of the change with the baseline value: adjusted means and their difference."""

from trialwright.report.results import POOLED, Result, estimated
from trialwright.report.sample import Sample
from trialwright.statistics import ancova


def results(sample: Sample) -> tuple[Result, ...]:
    """Adjusted means of both arms, their difference, the slope on the baseline and the degrees of freedom."""
    people = sample.analyzed
    sample.need_both_arms(people)
    fit = ancova([sample.change(one) or 0.0 for one in people], [one.arm for one in people], [one.baseline for one in people],
                 levels=(sample.treatment, sample.control), reference=sample.control)  # fmt: skip
    found = [result for mean in fit.groups for result in estimated("LS_MEAN", mean.group, mean.adjusted)]
    found += estimated("DIFFERENCE", sample.contrast, fit.differences[0].estimate)
    if fit.baseline_slope is not None:
        found += estimated("BASELINE_SLOPE", POOLED, fit.baseline_slope)
    return (*found, Result(operation="DF", group=POOLED, value=fit.df), Result(operation="RESIDUAL_SD", group=POOLED, value=fit.sigma))
