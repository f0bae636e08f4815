"""Shares of patients who improved: counted, compared exactly, with three intervals for the difference."""

from trialwright.report.results import Result
from trialwright.report.sample import Course, Sample
from trialwright.statistics import boschloo, exact_difference, miettinen_nurminen, newcombe
from trialwright.statistics.exact_difference import LARGEST


def responded(sample: Sample, one: Course) -> bool:
    """Whether a patient improved as the plan sets; who failed, or has no value, did not.

    Settings: `at_least` or `more_than` an improvement in the unit of the measure, and `percent` of the baseline; with
    `worse` those are counted who became worse as much. Of an outcome that is yes or no itself, 1 is yes.
    """
    value = one.changes[-1]
    if value is None or one.failed[-1]:
        return False
    if not sample.endpoint.change:
        return value == 1.0
    plan = sample.plan
    better = (1 if plan.setting("worse") else -1) * sample.worse * value
    least, beyond, percent = (float(plan.setting(name, "0")) for name in ("at_least", "more_than", "percent"))
    enough = better > beyond if plan.setting("more_than") else better >= max(least, 1e-9)
    return enough and better + 1e-9 >= percent / 100 * abs(one.baseline)


def results(sample: Sample) -> tuple[Result, ...]:
    """Counts in each group; the difference of shares with Miettinen-Nurminen, Newcombe and (in small groups) exact limits; Boschloo's p."""
    counts = {code: (sum(responded(sample, one) for one in sample.of(code)), len(sample.of(code))) for code in sample.groups}
    found = [Result(operation=name, group=code, value=value) for code, pair in counts.items() for name, value in zip(("COUNT", "N"), pair, strict=True)]
    if not sample.released:
        return tuple(found)
    sample.need_both_arms(sample.courses)
    (x, n), (y, m) = counts[sample.treatment], counts[sample.control]
    score, joined = miettinen_nurminen(x, n, y, m), newcombe(x, n, y, m)
    numbers = {"RISK_DIFFERENCE": score.estimate, "RISK_DIFFERENCE_LOWER": score.lower, "RISK_DIFFERENCE_UPPER": score.upper, "NEWCOMBE_LOWER": joined.lower,
               "NEWCOMBE_UPPER": joined.upper, "P": boschloo([[x, n - x], [y, m - y]]).p}  # fmt: skip
    if (n + 1) * (m + 1) <= LARGEST:  # in larger groups it would take minutes, and says no more
        exact = exact_difference(x, n, y, m)
        numbers |= {"EXACT_LOWER": exact.lower, "EXACT_UPPER": exact.upper}
    return (*found, *(Result(operation=name, group=sample.contrast, value=value) for name, value in numbers.items()))
