"""Findings about what is no result of a test: the earlier course of the skin, signs of activity, organ events, a blind that was broken."""

import polars as pl

from trialwright.sdtm._domain import Row, Source, tabulated

SPEC = tabulated("FA", "STUDYID USUBJID FAOBJ FATESTCD VISITNUM FADTC")


def rows(source: Source) -> pl.DataFrame:
    """One record for each finding and visit, and one for each row of a log."""
    told: list[Row] = [*source.findings("FA"), *(row | {"FASTRESC": row.get("FAORRES")} for row in source.log("FA"))]
    return source.framed(SPEC, told)
