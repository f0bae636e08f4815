"""Functional tests over time: the six-minute walk."""

from collections.abc import Mapping

import polars as pl

from trialwright.adam import bds
from trialwright.adam.bds import Parameter, analysed, endpoints_in, measured
from trialwright.protocol import Study

LABELS = {"SIXMW106": "Six-Minute Walk Distance (m)"}
SPEC = bds.specified("ADFT", "Functional Test Analysis")


def values(study: Study, sdtm: Mapping[str, pl.DataFrame]) -> list[pl.DataFrame]:
    """The analysis rows of each test that is an endpoint."""
    found = []
    for testcd, label in bds.tests_in(study, sdtm, "FT").items():
        asked = [one for one in endpoints_in(study, "FT") if bds.test_of(study, one) == testcd]
        parameter = Parameter(code=testcd, label=LABELS.get(testcd, label), domain="FT", testcd=testcd)
        found.append(analysed(study, measured(sdtm, parameter), asked))
    return found


def rows(study: Study, sdtm: Mapping[str, pl.DataFrame], adsl: pl.DataFrame) -> pl.DataFrame:
    """The data set, one row for each value."""
    return bds.finished(SPEC, values(study, sdtm), adsl)
