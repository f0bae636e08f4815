"""Missing scores filled in many times from what is known of the patient, then analyzed and pooled by Rubin's rules."""

from typing import get_args

import numpy as np

from trialwright.report.results import Result, estimated
from trialwright.report.sample import Sample
from trialwright.statistics import multiple_imputation
from trialwright.statistics.incomplete_trial import Strategy

IMPUTATIONS, BURN_IN, BETWEEN = 100, 100, 3
"""How many completed data sets, and how many draws come before the first and between two of them."""


def results(sample: Sample) -> tuple[Result, ...]:
    """Pooled adjusted difference at the visit of the endpoint; the plan sets the `strategy` and the `seed` of the draws."""
    people = sample.seen()
    sample.need_both_arms(people)
    (strategy,) = (one for one in get_args(Strategy) if one == sample.plan.setting("strategy", "MAR"))
    generator = np.random.Generator(np.random.Philox(int(sample.plan.setting("seed", "1"))))
    found = multiple_imputation(sample.matrix(people), [one.arm for one in people], [one.baseline for one in people], generator,
                                visits=[visit.code for visit in sample.visits], arms=(sample.control, sample.treatment), strategies=(strategy,),
                                imputations=IMPUTATIONS, burn_in=BURN_IN, between=BETWEEN)[-1]  # fmt: skip
    missing = sum(sample.change(one) is None for one in people)
    return (*estimated("DIFFERENCE", sample.contrast, found.differences[0][1].estimate),
            Result(operation="N_IMPUTED", group=sample.contrast, value=missing))  # fmt: skip
