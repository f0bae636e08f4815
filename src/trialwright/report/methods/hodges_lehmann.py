"""Hodges-Lehmann median shift of the change with its exact interval."""

from trialwright.report.results import Result
from trialwright.report.sample import Sample
from trialwright.statistics import hodges_lehmann


def results(sample: Sample) -> tuple[Result, ...]:
    """The median of all differences between a treated and an untreated patient."""
    sample.need_both_arms(sample.analyzed)
    shift = hodges_lehmann(sample.changes(sample.treatment), sample.changes(sample.control))
    parts = {"": shift.estimate, "_LOWER": shift.lower, "_UPPER": shift.upper}
    return tuple(Result(operation=f"SHIFT{part}", group=sample.contrast, value=value) for part, value in parts.items())
