"""Worst-rank test within patients below and above the median baseline (van Elteren)."""

from statistics import median

from trialwright.report.results import Result
from trialwright.report.sample import Sample
from trialwright.statistics import van_elteren


def results(sample: Sample) -> tuple[Result, ...]:
    """The exact stratified test; patients at the median baseline count as below it."""
    people = sample.analyzed
    sample.need_both_arms(people)
    middle = median(one.baseline for one in people)
    ordered = [*sample.of(sample.treatment, people), *sample.of(sample.control, people)]
    scores = [*sample.ranks(sample.treatment), *sample.ranks(sample.control)]
    test = van_elteren(scores, [one.arm == sample.treatment for one in ordered], ["above" if one.baseline > middle else "below" for one in ordered])
    return (Result(operation="Z", group=sample.contrast, value=test.z), Result(operation="P", group=sample.contrast, value=test.p))
