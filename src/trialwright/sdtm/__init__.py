"""The tabulation: what one reader may know of the trial, as the data sets of the Study Data Tabulation Model."""

import polars as pl

from trialwright.protocol import Study
from trialwright.record.casebook import Casebook
from trialwright.sdtm import ae, cm, dm, ds, ec, ex, fa, ie, is_, lb, mh, qs, re, rs, sc, se, sv, vs
from trialwright.sdtm._domain import Domain, Source, Variable, study_day, targets, variables

SHELF = (dm, se, sv, ds, ie, ex, ec, cm, ae, mh, lb, is_, rs, re, qs, vs, fa, sc)
SPECS: dict[str, Domain] = {domain.SPEC.code: domain.SPEC for domain in SHELF}
"""What is said about each data set besides its values."""


def build(study: Study, casebook: Casebook) -> dict[str, pl.DataFrame]:
    """All data sets that follow from `casebook`, by their code; the same function for every reader, blinded or not.

    A frame has all columns of its domain, also when it has no row, and `_REFS`: the ledger entries behind each record.
    """
    source = Source(study, casebook)
    return {domain.SPEC.code: domain.rows(source) for domain in SHELF}


__all__ = ["SPECS", "Domain", "Source", "Variable", "build", "study_day", "targets", "variables"]
