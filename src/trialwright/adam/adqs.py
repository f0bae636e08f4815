"""Questionnaires over time: each item or score that is an endpoint, and every other score that follows from the same pages."""

from collections.abc import Mapping

import polars as pl

from trialwright.adam import bds
from trialwright.adam.bds import Parameter, analysed, endpoints_in, measured
from trialwright.protocol import Study

SPEC = bds.specified("ADQS", "Questionnaire Analysis")
GLOBALS = ("PTGA", "EQ5D0206")
"""What the patient marks as a whole: analysed beside the scores that are derived."""


def values(study: Study, sdtm: Mapping[str, pl.DataFrame]) -> list[pl.DataFrame]:
    """The analysis rows of each test."""
    whole = (pl.col("QSDRVFL") == "Y") | pl.col("QSTESTCD").is_in(GLOBALS)
    found = []
    for testcd, label in bds.tests_in(study, sdtm, "QS", whole).items():
        asked = [one for one in endpoints_in(study, "QS") if bds.test_of(study, one) == testcd]
        parameter = Parameter(code=testcd, label=label, domain="QS", testcd=testcd)
        forms = () if asked else _forms(study, sdtm["QS"], testcd)
        found.append(analysed(study, measured(sdtm, parameter), asked, forms))
    return found


def _forms(study: Study, qs: pl.DataFrame, testcd: str) -> tuple[str, ...]:
    """The forms that ask the questions of the same category."""
    category = qs.filter(pl.col("QSTESTCD") == testcd)["QSCAT"].unique()
    asked = qs.filter(pl.col("QSCAT").is_in(category.implode()))["QSTESTCD"].unique().sort().to_list()
    return tuple(dict.fromkeys(form for code in asked for form in bds.asking(study, "QS", code)))


def rows(study: Study, sdtm: Mapping[str, pl.DataFrame], adsl: pl.DataFrame) -> pl.DataFrame:
    """The data set, one row for each value."""
    return bds.finished(SPEC, values(study, sdtm), adsl)
