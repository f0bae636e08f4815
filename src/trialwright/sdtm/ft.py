"""Functional tests: the six-minute walk."""

import polars as pl

from trialwright.sdtm._domain import Source, tabulated

SPEC = tabulated("FT", "STUDYID USUBJID FTCAT FTTESTCD VISITNUM")

def rows(source: Source) -> pl.DataFrame:
    """One record for each test and visit."""
    return source.framed(SPEC, list(source.findings("FT")))

