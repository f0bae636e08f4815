"""Questionnaires and rating scales over time: each item or total that is an endpoint."""

from collections.abc import Mapping

import polars as pl

from trialwright.adam import bds
from trialwright.adam.bds import Parameter, analysed, endpoints_in, measured
from trialwright.protocol import Study

SPEC = bds.specified("ADQS", "Questionnaire Analysis")


def values(study: Study, sdtm: Mapping[str, pl.DataFrame]) -> list[pl.DataFrame]:
    """The analysis rows of each item or total that is an endpoint."""
    endpoints = endpoints_in(study, "QS")
    tests = dict.fromkeys(bds.test_of(study, one) for one in endpoints)
    found = []
    for testcd in tests:
        asked = [one for one in endpoints if bds.test_of(study, one) == testcd]
        parameter = Parameter(code=testcd, label=_label(sdtm["QS"], testcd), domain="QS", testcd=testcd)
        found.append(analysed(study, measured(sdtm, parameter), asked))
    return found


def _label(qs: pl.DataFrame, testcd: str) -> str:
    names = qs.filter(pl.col("QSTESTCD") == testcd)["QSTEST"]
    return str(names[0]) if len(names) else testcd


def rows(study: Study, sdtm: Mapping[str, pl.DataFrame], adsl: pl.DataFrame) -> pl.DataFrame:
    """The data set, one row for each value."""
    return bds.finished(SPEC, values(study, sdtm), adsl)
