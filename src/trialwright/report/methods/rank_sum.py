"""Worst-rank test: deaths rank worst, other failures next, all other patients by their change."""

from trialwright.report.results import Result
from trialwright.report.sample import Sample
from trialwright.statistics import rank_sum_test


def results(sample: Sample) -> tuple[Result, ...]:
    """The exact Wilcoxon test, and the chance that a treated patient fares better than an untreated one (ties count half)."""
    sample.need_both_arms(sample.analyzed)
    treated, control = sample.ranks(sample.treatment), sample.ranks(sample.control)
    better = sum((a < b) + (a == b) / 2 for a in treated for b in control) / (len(treated) * len(control))
    test = rank_sum_test(treated, control)
    return (Result(operation="SUPERIORITY", group=sample.contrast, value=better), Result(operation="P", group=sample.contrast, value=test.p))
