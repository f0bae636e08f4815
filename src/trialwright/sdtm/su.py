"""Substance use: tobacco, alcohol and the like, as a habit or over time."""

import polars as pl

from trialwright.sdtm._domain import Source, tabulated

SPEC = tabulated("SU", "STUDYID USUBJID SUTRT SUCAT SUSTDTC")


def rows(source: Source) -> pl.DataFrame:
    """One record for each substance asked for at a visit, and one for each row of a log."""
    return source.framed(SPEC, [*source.gathered("SU"), *source.log("SU")])
