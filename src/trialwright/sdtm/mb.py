"""Infections looked for before treatment: hepatitis B and tuberculosis."""

import polars as pl

from trialwright.sdtm._domain import Row, Source, tabulated

SPEC = tabulated("MB", "STUDYID USUBJID MBTESTCD VISITNUM")

def rows(source: Source) -> pl.DataFrame:
    """One record for each test and visit."""
    return source.framed(SPEC, [_named(row) for row in source.findings("MB")])


def _named(row: Row) -> Row:
    row.setdefault("MBSPEC", "BLOOD")
    return row
