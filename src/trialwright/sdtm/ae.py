"""Adverse events as reported: what, when, how severe, serious or not, related or not, and how they ended."""

import polars as pl

from trialwright.sdtm._domain import Source, tabulated

SPEC = tabulated("AE", "STUDYID USUBJID AESTDTC AETERM")


def rows(source: Source) -> pl.DataFrame:
    """One record for each event. The terms of the dictionary stay empty until somebody has coded it."""
    return source.framed(SPEC, list(source.log("AE")))
