"""Lung function over time: volumes and diffusing capacity, as measured, in percent of predicted and as z-scores."""

from collections.abc import Mapping

import polars as pl

from trialwright.adam import bds
from trialwright.adam.bds import Parameter, analysed, endpoints_in, measured
from trialwright.protocol import Study

LABELS = {
    "FVC": "Forced Vital Capacity (L)",
    "FVCPP": "Percent Predicted Forced Vital Capacity (%)",
    "FVCZ": "Forced Vital Capacity, z-Score",
    "FEV1": "Forced Expiratory Volume in 1 Second (L)",
    "FEV1PP": "Percent Predicted FEV1 (%)",
    "FEV1Z": "FEV1, z-Score",
    "FEV1FVC": "FEV1/FVC",
    "DLCO": "Diffusing Capacity (mmol/min/kPa)",
    "DLCOPP": "Percent Predicted DLCO (%)",
    "DLCOZ": "DLCO, z-Score",
    "DLCOHCPP": "Percent Predicted DLCO, Hemoglobin Corrected (%)",
    "DLCOHCZ": "DLCO, Hemoglobin Corrected, z-Score",
}
SPEC = bds.specified("ADRE", "Lung Function Analysis")


def values(study: Study, sdtm: Mapping[str, pl.DataFrame]) -> list[pl.DataFrame]:
    """The analysis rows of each test that is an endpoint or derived; what the laboratory printed as percent predicted is left out."""
    endpoints = endpoints_in(study, "RE")
    forms = {one.form for one in endpoints}
    found = []
    for testcd in bds.tests_in(study, sdtm, "RE", pl.col("RETESTCD").is_in(list(LABELS))):
        asked = [one for one in endpoints if bds.test_of(study, one) == testcd]
        label = LABELS.get(testcd, testcd)
        parameter = Parameter(code=testcd, label=label, domain="RE", testcd=testcd, where=(("RECAT", ""),))
        found.append(analysed(study, measured(sdtm, parameter), asked, forms))
    return found


def rows(study: Study, sdtm: Mapping[str, pl.DataFrame], adsl: pl.DataFrame) -> pl.DataFrame:
    """The data set, one row for each value."""
    return bds.finished(SPEC, values(study, sdtm), adsl)
