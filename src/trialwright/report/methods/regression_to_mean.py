"""The gap between the arms that selection by the earlier course makes by itself, without any drug."""

from trialwright.report.results import Result
from trialwright.report.sample import Sample
from trialwright.statistics.regression_to_the_mean import change_model, selection_effect


def results(sample: Sample) -> tuple[Result, ...]:
    """The expected gap (those who got the drug minus the others) over all the settings of the plan.

    Settings, of changes over half a year without the drug: `mean_change` and `sd_change`; `errors` of one reading;
    `persistence`, the correlations of true changes before and after; `cut`, from which change on the drug was given.
    """
    plan = sample.plan
    mean, spread, cut = (float(plan.setting(name)) for name in ("mean_change", "sd_change", "cut"))
    gaps = [
        selection_effect(change_model(mean, spread, float(error), float(persistence)), cut).gap
        for error in plan.setting("errors").split() for persistence in plan.setting("persistence").split()
    ]  # fmt: skip
    numbers = {"GAP": gaps[0], "GAP_LOWER": min(gaps), "GAP_UPPER": max(gaps)}
    return tuple(Result(operation=name, group=sample.contrast, value=value) for name, value in numbers.items())
