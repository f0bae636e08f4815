"""What characterizes a person and does not change during the trial, such as years of education."""

import polars as pl

from trialwright.sdtm._domain import Source, tabulated

SPEC = tabulated("SC", "STUDYID USUBJID SCTESTCD VISITNUM")


def rows(source: Source) -> pl.DataFrame:
    """One record for each characteristic that was asked for."""
    return source.framed(SPEC, list(source.findings("SC")))
