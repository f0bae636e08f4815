"""How many patients are in each class at the baseline and at the visit, where an outcome has a few ordered classes."""

from trialwright.report.results import Result
from trialwright.report.sample import Sample


def results(sample: Sample) -> tuple[Result, ...]:
    """Counts for each class that somebody is in (N_BASELINE_2, N_VALUE_2 ...) and the patients they are of, in each group."""
    later = [one.baseline + change for one in sample.courses if (change := one.changes[-1]) is not None]
    classes = sorted({one.baseline for one in sample.courses} | set(later))
    found: list[Result] = []
    for code in sample.groups:
        people = sample.of(code)
        values = {"BASELINE": [one.baseline for one in people], "VALUE": [one.baseline + change for one in people if (change := one.changes[-1]) is not None]}
        for name, told in values.items():
            found.append(Result(operation=f"N_{name}", group=code, value=len(told)))
            found += [Result(operation=f"N_{name}_{one:g}", group=code, value=told.count(one)) for one in classes]
    return tuple(found)
