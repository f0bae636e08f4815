"""Procedures: what was done to look or to treat, such as an echocardiography or a catheter."""

import polars as pl

from trialwright.sdtm._domain import Source, link, tabulated

SPEC = tabulated("PR", "STUDYID USUBJID PRTRT PRSTDTC")


def rows(source: Source) -> pl.DataFrame:
    """One record for each procedure that has a day, from a page of a visit or from a log."""
    told = [*source.gathered("PR"), *source.log("PR")]
    return source.framed(SPEC, [row | {"PRLNKID": link(row["_PLACE"], row["PRTRT"])} for row in told if row.get("PRSTDTC")])
