"""The analysis data sets: what the tables and figures are computed from, each row with the way back to where it was written."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from trialwright.adam import adae, adcriss, adcv, adft, adice, adlb, adqs, adre, adrs, adsl, bds
from trialwright.protocol import Study
from trialwright.sdtm import Domain

MEASURES = (adrs, adre, adqs, adft, adcv, adlb)
SPECS: dict[str, Domain] = {shelf.SPEC.code: shelf.SPEC for shelf in (adsl, *MEASURES, adcriss, adae, adice)}
"""What is said about each data set besides its values."""


def build(study: Study, sdtm: Mapping[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """All analysis data sets that follow from a tabulation, by their code; the same function for every reader.

    A blinded tabulation gives the same columns with treatments empty. A measure without endpoint gives no rows.
    """
    values = {shelf.SPEC.code: shelf.values(study, sdtm) for shelf in MEASURES}
    people = adsl.rows(study, sdtm, [frame for frames in values.values() for frame in frames])
    measured = {shelf.SPEC.code: bds.finished(shelf.SPEC, values[shelf.SPEC.code], people) for shelf in MEASURES}
    return {
        "ADSL": people,
        **measured,
        "ADCRISS": adcriss.rows(study, sdtm, measured, people),
        "ADAE": adae.rows(study, sdtm, people),
        "ADICE": adice.rows(study, sdtm, people),
    }


def trace(row: Mapping[str, Any], sdtm: Mapping[str, pl.DataFrame]) -> tuple[str, ...]:
    """The names of the ledger entries behind an analysis row: by its source record, or by DM for a row about a person.

    Raises `LookupError` when the source record does not exist.
    """
    domain, sequence = row.get("SRCDOM") or "DM", row.get("SRCSEQ")
    frame = sdtm[domain]
    fits = pl.col("USUBJID") == row["USUBJID"]
    if f"{domain}SEQ" in frame.columns:
        fits &= pl.col(f"{domain}SEQ") == sequence
    found = frame.filter(fits)
    if found.height != 1:
        raise LookupError(f"{domain} has {found.height} records of {row['USUBJID']} with sequence number {sequence}")
    return tuple(found["_REFS"][0].to_list())


__all__ = ["SPECS", "build", "trace"]
