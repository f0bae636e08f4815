"""The tabulation: what one reader may know of the trial, as the data sets of the Study Data Tabulation Model."""

import polars as pl

from trialwright.protocol import Study
from trialwright.record.casebook import Casebook
from trialwright.sdtm import (
    ae,
    cm,
    cv,
    da,
    dm,
    ds,
    ec,
    ex,
    fa,
    ft,
    ie,
    is_,
    lb,
    mb,
    mh,
    qs,
    re,
    rs,
    sc,
    se,
    sv,
    ta,
    te,
    ti,
    ts,
    tv,
    vs,
)
from trialwright.sdtm._domain import Domain, Source, Variable, study_day, targets, variables

SHELF = (dm, se, sv, ds, ie, ex, ec, da, cm, ae, mh, lb, is_, mb, rs, re, cv, ft, qs, vs, fa, sc)
DESIGN = (ta, te, tv, ti, ts)
SPECS: dict[str, Domain] = {domain.SPEC.code: domain.SPEC for domain in SHELF}
"""What is said about each data set besides its values."""
DESIGN_SPECS: dict[str, Domain] = {domain.SPEC.code: domain.SPEC for domain in DESIGN}


def build(study: Study, casebook: Casebook) -> dict[str, pl.DataFrame]:
    """All data sets that follow from `casebook`, by their code; the same function for every reader, blinded or not.

    A frame has all columns of its domain, also when it has no row, and `_REFS`: the ledger entries behind each record.
    """
    source = Source(study, casebook)
    return {domain.SPEC.code: domain.rows(source) for domain in SHELF}


def design(study: Study) -> dict[str, pl.DataFrame]:
    """The data sets about the plan itself (arms, periods, visits, criteria, summary): the same for every reader."""
    return {domain.SPEC.code: domain.rows(study) for domain in DESIGN}


__all__ = [
    "DESIGN_SPECS",
    "SPECS",
    "Domain",
    "Source",
    "Variable",
    "build",
    "design",
    "study_day",
    "targets",
    "variables",
]
