"""Doses as collected: planned doses, given or not, and why not."""

import polars as pl

from trialwright.sdtm._domain import Row, Source, link, tabulated

SPEC = tabulated("EC", "STUDYID USUBJID ECTRT ECSTDTC")


def rows(source: Source) -> pl.DataFrame:
    """One record for each planned dose."""
    told: list[Row] = [row | {"ECPRESP": "Y", "ECLNKID": link(row["_PLACE"])} for row in source.log("EC")]
    return source.framed(SPEC, told)
