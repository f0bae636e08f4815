"""Number, mean, standard deviation, median and range of baseline, value and change, as they were observed."""

from trialwright.report.results import Result
from trialwright.report.sample import Sample
from trialwright.statistics import describe


def results(sample: Sample) -> tuple[Result, ...]:
    """The description of each arm and of all patients; of all patients alone while the arms are closed."""
    found: list[Result] = []
    for code in sample.groups:
        people = sample.of(code)
        later = [(one.baseline, own) for one in people if (own := one.changes[-1]) is not None]
        told = {"BASELINE": [one.baseline for one in people], "VALUE": [start + change for start, change in later], "CHANGE": [change for _, change in later]}
        for name, values in told.items():
            found.append(Result(operation=f"N_{name}", group=code, value=len(values)))
            if values:
                summary = describe(values)
                numbers = {"MEAN": summary.mean, "SD": summary.standard_deviation, "MEDIAN": summary.median, "MIN": summary.minimum,
                           "MAX": summary.maximum}  # fmt: skip
                found += [Result(operation=f"{what}_{name}", group=code, value=value) for what, value in numbers.items() if value is not None]
        found.append(Result(operation="N_FAILED", group=code, value=sum(bool(one.failed[-1]) for one in people)))
    return tuple(found)
