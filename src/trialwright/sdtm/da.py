"""Drug accountability: what was dispensed, returned, destroyed or lost."""

import polars as pl

from trialwright.sdtm._domain import Row, Source, name_of_test, tabulated

SPEC = tabulated("DA", "STUDYID USUBJID DADTC DATESTCD DAREFID")

DESTROYED = {"DESTAMT": "Destroyed Amount"}
"""What CDISC has no test for."""


def rows(source: Source) -> pl.DataFrame:
    """One record for each row of the log that says what moved and how much of it."""
    told: list[Row] = []
    for row in source.log("DA"):
        test, amount = row.get("DATESTCD"), row.get("DAORRES")
        if test is not None and amount is not None:
            name = DESTROYED.get(test) or name_of_test("DA", test) or test
            visited = row["_PERSON"].visited_on(row.get("DADTC"))
            result = {"DATEST": name, "DASTRESC": amount, "DASTRESN": amount, "DASTRESU": row.get("DAORRESU")}
            told.append(row | result | {"_VISIT": visited})
    return source.framed(SPEC, told)
