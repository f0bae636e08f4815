"""The analysis data sets: what the tables and figures are computed from, each row with the way back to where it was written."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from trialwright.adam import (
    adae,
    adbl,
    adcm,
    adcriss,
    adcv,
    adex,
    adft,
    adice,
    adlb,
    adqs,
    adre,
    adrs,
    adsl,
    adtte,
    bds,
)
from trialwright.protocol import Endpoint, Study
from trialwright.sdtm import Domain

MEASURES = (adrs, adre, adqs, adft, adcv, adlb)
SPECS: dict[str, Domain] = {shelf.SPEC.code: shelf.SPEC for shelf in (adsl, *MEASURES, adcriss, adae, adice, adcm, adex, adbl, adtte)}
"""What is said about each data set besides its values."""


def build(study: Study, sdtm: Mapping[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """All analysis data sets that follow from a tabulation, by their code; the same function for every reader.

    A blinded tabulation gives the same columns with treatments empty. A measure without endpoint gives no rows.
    """
    values = {shelf.SPEC.code: shelf.values(study, sdtm) for shelf in MEASURES}
    people = adsl.rows(study, sdtm, [frame for frames in values.values() for frame in frames])
    measured = {shelf.SPEC.code: bds.finished(shelf.SPEC, values[shelf.SPEC.code], people) for shelf in MEASURES}
    found = {
        "ADSL": people,
        **measured,
        "ADCRISS": adcriss.rows(study, sdtm, measured, people),
        **{shelf.SPEC.code: shelf.rows(study, sdtm, people) for shelf in (adae, adice, adcm, adex, adbl)},
    }
    return found | {"ADTTE": adtte.rows(study, sdtm, found)}


DATASETS = {"RS": "ADRS", "RE": "ADRE", "QS": "ADQS", "FT": "ADFT", "CV": "ADCV", "LB": "ADLB"}
"""The data set of each domain with measurements."""


def located(study: Study, endpoint: Endpoint) -> tuple[str, str] | None:
    """The data set and parameter in which an endpoint lies; None for one that is not measured at a visit, or that nothing here holds."""
    if endpoint.at is None:
        return None
    if endpoint.measure in adcriss.parameters():
        return adcriss.SPEC.code, endpoint.measure
    test, domain = bds.test_of(study, endpoint), bds.domain_of(study, endpoint)
    if domain not in DATASETS:
        return None
    return DATASETS[domain], adrs.PARAMETER.code if (domain, test) == ("RS", adrs.SKIN) else test


def trace(row: Mapping[str, Any], sdtm: Mapping[str, pl.DataFrame]) -> tuple[str, ...]:
    """The names of the ledger entries behind an analysis row: by its source record, or by DM for a row about a person.

    A row that names a data set and no record rests on all records of its person there. Raises `LookupError` when the
    source record does not exist.
    """
    domain, sequence = row.get("SRCDOM") or "DM", row.get("SRCSEQ")
    frame = sdtm[domain].filter(pl.col("USUBJID") == row["USUBJID"])
    if sequence is None and "SRCSEQ" not in row:
        return tuple(dict.fromkeys(ref for refs in frame["_REFS"].to_list() for ref in refs))
    found = frame.filter(pl.col(f"{domain}SEQ") == sequence) if f"{domain}SEQ" in frame.columns else frame
    if found.height != 1:
        raise LookupError(f"{domain} has {found.height} records of {row['USUBJID']} with sequence number {sequence}")
    return tuple(found["_REFS"][0].to_list())


__all__ = ["SPECS", "build", "located", "trace"]
