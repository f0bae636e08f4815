"""Physical examination: what was looked at and what was found."""

import polars as pl

from trialwright.sdtm._domain import Source, tabulated

SPEC = tabulated("PE", "STUDYID USUBJID PETESTCD PELOC VISITNUM")


def rows(source: Source) -> pl.DataFrame:
    """One record for each result and visit."""
    return source.framed(SPEC, list(source.findings("PE")))
