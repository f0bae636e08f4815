"""Treatment as given: each dose of the study drug, and the treatment that a control arm went on with."""

import polars as pl

from trialwright.sdtm._domain import Row, Source, link, tabulated

SPEC = tabulated("EX", "STUDYID USUBJID EXTRT EXSTDTC")

SITES = {"ABDOMEN": "ABDOMEN", "THIGH": "THIGH", "UARM": "ARM"}
SIDES = {"R": "RIGHT", "L": "LEFT"}


def rows(source: Source) -> pl.DataFrame:
    """One record for each dose that was given; for a control patient one for each drug and dose from the reference day on.

    A dose of the study drug begins and ends on its day.
    """
    return source.framed(SPEC, [_placed(dict(row)) for row in source.treatment])


def _placed(row: Row) -> Row:
    """Parts the place of injection into body part and side, as the standard wants them."""
    part, _, side = (row.get("EXLOC") or "").rpartition("_")
    if part in SITES:
        row |= {"EXLOC": SITES[part], "EXLAT": SIDES.get(side)}
    return row | {"EXLNKID": link(row["_PLACE"])}
