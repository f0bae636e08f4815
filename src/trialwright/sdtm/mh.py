"""The disease before the study: its subset, its beginning and the signs that were asked for."""

import polars as pl

from trialwright.sdtm._domain import Row, Source, tabulated

CODES = ("MHLLT", "MHLLTCD", "MHPTCD", "MHHLT", "MHHLTCD", "MHHLGT", "MHHLGTCD", "MHBDSYCD", "MHSOC", "MHSOCCD")
"""What the model has for a coded event beside the two that the guide lists (MHDECOD, MHBODSYS)."""
SPEC = tabulated("MH", "STUDYID USUBJID MHCAT MHTERM MHEVDTYP", "MHSTDY", *CODES)


def rows(source: Source) -> pl.DataFrame:
    """One record for each sign asked for (present or not), one for each other term of the page, and one for each row of a log."""
    return source.framed(SPEC, [*(_dated(source, row) for row in source.gathered("MH")), *source.log("MH")])


def _dated(source: Source, row: Row) -> Row:
    """History is that of the first period, on the day on which it was asked for."""
    visited = row["_PERSON"].visits.get(row["_PLACE"][0])
    row.setdefault("MHTERM", row.get("MHCAT"))
    day = visited.first.isoformat() if visited is not None and visited.first is not None else None
    return row | {"MHDTC": day, "EPOCH": source.study.epochs[0].code}
