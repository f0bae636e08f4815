"""How the primary outcome is analyzed: one covariance analysis, two exact methods beside it, and what each of them may be called."""

from collections.abc import Mapping

import polars as pl

from trialwright.adam import adrs
from trialwright.protocol import Method, Study
from trialwright.report.comparison import adjusted, described, permuted, question, shifted
from trialwright.report.results import Results

PARAMETER = adrs.PARAMETER.code


def analyze(adam: Mapping[str, pl.DataFrame], study: Study, released: bool) -> Results:
    """The analyses of the skin score at week 24, by name: MRSS24.DESCRIBE, .ANCOVA, .PERMUTATION and .HODGES_LEHMANN.

    All patients of the full analysis set with a value at week 24 enter, as observed. While the arms are closed
    (`released` is false) only the description of all patients together is computed. Under the reading in which
    response decides the arm, no comparison is confirmatory: all are called descriptive.
    """
    endpoint = next(one for one in study.endpoints if one.primary)
    asked = question(study, adam, endpoint, parameter=PARAMETER, dataset="ADRS", population="FASFL", released=released)
    descriptive = study.chosen.method is Method.BY_RESPONSE
    primary, sensitivity = ("descriptive", "descriptive") if descriptive else ("primary", "sensitivity")
    return Results((described(asked), adjusted(asked, primary), permuted(asked, sensitivity), shifted(asked, sensitivity)))
