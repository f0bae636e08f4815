"""What earlier control arms add: the control arm starts from a robust prior of history, the treated arm from a vague one."""

from math import sqrt

import numpy as np

from trialwright.report.results import POOLED, Result
from trialwright.report.sample import Sample
from trialwright.statistics import NormalMixture, StatisticsError, update_normal
from trialwright.statistics.posterior_probability import difference, difference_below


def results(sample: Sample, control: NormalMixture, treated: NormalMixture, important: float) -> tuple[Result, ...]:
    """Posterior of the difference of mean changes: mean, 95 % credible interval, chance of any and of an important benefit.

    The means have the standard errors of the pooled standard deviation, taken as known. HISTORY is what is left of the
    trust in history: the weight of all components of the control prior but the last, vague one.
    """
    sample.need_both_arms(sample.analyzed)
    changes = {code: np.array(sample.changes(code)) for code in (sample.treatment, sample.control)}
    df = sum(values.size - 1 for values in changes.values())
    spread = sqrt(sum(float(((values - values.mean()) ** 2).sum()) for values in changes.values()) / df) if df else 0.0
    if not spread:
        raise StatisticsError("all changes of an arm are alike; no spread is left to weigh the history against")
    after = {code: update_normal(prior, float(changes[code].mean()), spread / sqrt(changes[code].size))
             for code, prior in ((sample.treatment, treated), (sample.control, control))}  # fmt: skip
    apart = difference(after[sample.treatment], after[sample.control])
    lower, upper = (float(limit) for limit in apart.quantile([0.025, 0.975]))
    worse = sample.worse
    numbers = {"DIFFERENCE": apart.mean, "DIFFERENCE_SE": apart.sd, "DIFFERENCE_LOWER": lower, "DIFFERENCE_UPPER": upper,
               "BETTER": _beyond(after[sample.treatment], after[sample.control], 0.0, worse),
               "IMPORTANT": _beyond(after[sample.treatment], after[sample.control], important, worse)}  # fmt: skip
    return (*(Result(operation=name, group=sample.contrast, value=value) for name, value in numbers.items()),
            Result(operation="HISTORY", group=POOLED, value=1.0 - after[sample.control].weights[-1]))  # fmt: skip


def _beyond(treated: NormalMixture, control: NormalMixture, margin: float, worse: float) -> float:
    """The chance that the treated are better by more than `margin`, whichever direction is better."""
    below = difference_below(treated, control, -worse * margin)
    return below if worse > 0 else 1.0 - below
