"""Pulmonary circulation over time: what echocardiography measured, and the probability of pulmonary hypertension."""

from collections.abc import Mapping

import polars as pl

from trialwright.adam import bds
from trialwright.adam.bds import Parameter, analysed, measured
from trialwright.protocol import Study
from trialwright.sdtm import Method

LABELS = {
    "TRVMAX": "Peak Tricuspid Regurgitation Velocity (m/s)",
    "RAAREA": "Right Atrial Area (cm2)",
    "ECHOPROB": "Echo Probability of Pulmonary Hypertension (1 low, 2 intermediate, 3 high)",
}
WORDS = {"LOW": 1.0, "INTERMEDIATE": 2.0, "HIGH": 3.0}
SPEC = bds.specified("ADCV", "Pulmonary Circulation Analysis", tests={
    "ECHOPROB": Method("1 where CVSTRESC is LOW, 2 INTERMEDIATE, 3 HIGH", "trialwright.adam.adcv:values")})  # fmt: skip


def values(study: Study, sdtm: Mapping[str, pl.DataFrame]) -> list[pl.DataFrame]:
    """The analysis rows of each test, at the visits whose pages ask it; a derived word is analysed as its rank."""
    forms = bds.asking(study, "CV", "TRVMAX")
    if not forms:
        return []
    ranked = pl.col("CVSTRESC").replace_strict(WORDS, default=None, return_dtype=pl.Float64)
    told = dict(sdtm) | {"CV": sdtm["CV"].with_columns(pl.coalesce("CVSTRESN", ranked).alias("CVSTRESN"))}
    found = []
    for testcd, label in LABELS.items():
        frame = measured(told, Parameter(code=testcd, label=label, domain="CV", testcd=testcd))
        source = "CVSTRESC" if testcd == "ECHOPROB" else "CVSTRESN"
        found.append(analysed(study, frame.with_columns(pl.lit(source).alias("SRCVAR")), (), forms))
    return found


def rows(study: Study, sdtm: Mapping[str, pl.DataFrame], adsl: pl.DataFrame) -> pl.DataFrame:
    """The data set, one row for each value."""
    return bds.finished(SPEC, values(study, sdtm), adsl)
