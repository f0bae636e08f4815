"""Antibodies: one row for each antibody tested."""

import polars as pl

from trialwright.sdtm._domain import Row, Source, tabulated

SPEC = tabulated("IS", "STUDYID USUBJID ISTESTCD ISBDAGNT ISTSTDTL VISITNUM")

SPECIMEN = "SERUM"


def rows(source: Source) -> pl.DataFrame:
    """One record for each antibody (what it binds is ISBDAGNT) and visit."""
    return source.framed(SPEC, [_named(row) for row in source.findings("IS")])


def _named(row: Row) -> Row:
    row.setdefault("ISSPEC", SPECIMEN)
    return row
