"""Electrocardiogram: intervals and findings."""

import polars as pl

from trialwright.sdtm._domain import Source, tabulated

SPEC = tabulated("EG", "STUDYID USUBJID EGTESTCD VISITNUM EGTPTNUM")


def rows(source: Source) -> pl.DataFrame:
    """One record for each result and visit."""
    return source.framed(SPEC, list(source.findings("EG")))
