"""Exact permutation test of the difference in mean change."""

from trialwright.report.results import POOLED, Result
from trialwright.report.sample import Sample
from trialwright.statistics import permutation_test


def results(sample: Sample) -> tuple[Result, ...]:
    """The difference of mean changes and how often chance divisions of these patients give one as large."""
    sample.need_both_arms(sample.analyzed)
    test = permutation_test(sample.changes(sample.treatment), sample.changes(sample.control))
    return (Result(operation="DIFFERENCE", group=sample.contrast, value=test.difference), Result(operation="P", group=sample.contrast, value=test.p),
            Result(operation="N_ALLOCATIONS", group=POOLED, value=test.allocations))  # fmt: skip
