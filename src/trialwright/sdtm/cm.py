"""Background and other drugs with their doses over time."""

import polars as pl

from trialwright.sdtm._domain import Row, Source, link, tabulated

SPEC = tabulated("CM", "STUDYID USUBJID CMTRT CMSTDTC", "CMLNKID")


def rows(source: Source) -> pl.DataFrame:
    """One record for each drug and dose, with preferred name and class where it is coded. A drug still taken is ongoing at the last visit."""
    return source.framed(SPEC, [_named(row) for row in source.log("CM")])


def _named(row: Row) -> Row:
    if row.get("CMDECOD") == "OTHER":
        row["CMDECOD"] = (row.get("CMTRT") or "").upper()
    ongoing = row.get("CMENRTPT") == "Y"
    return row | {"CMLNKID": link(row["_PLACE"]), "CMENRTPT": "ONGOING" if ongoing else None, "CMENTPT": "DATE OF LAST VISIT" if ongoing else None}
