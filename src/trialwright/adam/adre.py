"""Lung function over time: FVC in liters and in percent of predicted."""

from collections.abc import Mapping

import polars as pl

from trialwright.adam import bds
from trialwright.adam.bds import Parameter, analysed, endpoints_in, measured
from trialwright.protocol import Study

LABELS = {
    "FVC": "Forced Vital Capacity (L)",
    "FVCPP": "Percent Predicted Forced Vital Capacity (%)",
    "DLCO": "Diffusing Capacity (mmol/min/kPa)",
}
SPEC = bds.specified("ADRE", "Lung Function Analysis")


def values(study: Study, sdtm: Mapping[str, pl.DataFrame]) -> list[pl.DataFrame]:
    """The analysis rows of each test that is an endpoint; what the laboratory printed as percent predicted is left out."""
    found = []
    by_test = {bds.test_of(study, one): one for one in endpoints_in(study, "RE")}
    for testcd in by_test:
        parameter = Parameter(
            code=testcd, label=LABELS.get(testcd, testcd), domain="RE", testcd=testcd, where=(("RECAT", ""),)
        )
        asked = [one for one in endpoints_in(study, "RE") if bds.test_of(study, one) == testcd]
        found.append(analysed(study, measured(sdtm, parameter), asked))
    return found


def rows(study: Study, sdtm: Mapping[str, pl.DataFrame], adsl: pl.DataFrame) -> pl.DataFrame:
    """The data set, one row for each value."""
    return bds.finished(SPEC, values(study, sdtm), adsl)
