"""Body size."""

import polars as pl

from trialwright.sdtm._domain import Source, tabulated

SPEC = tabulated("VS", "STUDYID USUBJID VSTESTCD VISITNUM VSSPID")

def rows(source: Source) -> pl.DataFrame:
    """One record for each measurement and visit; height is asked on two forms, and VSSPID names the form."""
    return source.framed(SPEC, [row | {"VSSPID": row["_PLACE"][1]} for row in source.findings("VS")])

