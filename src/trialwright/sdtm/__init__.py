"""The tabulation: what one reader may know of the trial, as the data sets of the Study Data Tabulation Model."""

import polars as pl

from trialwright.protocol import Audience, Study
from trialwright.record.casebook import Casebook
from trialwright.sdtm import (
    ae,
    cm,
    co,
    cv,
    da,
    dm,
    ds,
    dv,
    ec,
    eg,
    ex,
    fa,
    ft,
    ie,
    is_,
    lb,
    mb,
    mh,
    pe,
    pr,
    qs,
    re,
    relrec,
    rs,
    sc,
    se,
    su,
    supp,
    sv,
    ta,
    td,
    te,
    ti,
    ts,
    tv,
    vs,
)
from trialwright.sdtm._domain import (
    CODED,
    CT,
    SDTM,
    SDTMIG,
    Controlled,
    Domain,
    Method,
    Source,
    Target,
    Variable,
    controlled,
    guide,
    name_in,
    name_of_test,
    published,
    study_day,
    targets,
    variables,
)

SHELF = (dm, se, sv, ds, ie, dv, ex, ec, da, cm, pr, su, ae, mh, lb, is_, mb, rs, re, cv, eg, ft, qs, vs, pe, fa, sc)
RELATED = (supp, co, relrec)
"""Records about records: they are made when the others are there."""
DESIGN = (ta, te, tv, ti, ts, td)
SPECS: dict[str, Domain] = {domain.SPEC.code: domain.SPEC for domain in SHELF}
"""What is said about each data set of records besides its values; see `spec` for those about records."""
DESIGN_SPECS: dict[str, Domain] = {domain.SPEC.code: domain.SPEC for domain in DESIGN}


def build(study: Study, casebook: Casebook, reader: Audience = Audience.STATISTICIAN) -> dict[str, pl.DataFrame]:
    """All data sets that follow from `casebook`, by their code; the same function for every reader, blinded or not.

    A frame has all columns of its domain, also when it has no row, and `_REFS`: the ledger entries behind each record.
    """
    source = Source(study, casebook, reader)
    frames = {domain.SPEC.code: domain.rows(source) for domain in SHELF}
    for shelf in RELATED:
        frames |= shelf.rows(source, frames)
    return frames


def spec(code: str) -> Domain:
    """What is said about the data set `code` besides its values."""
    if code.startswith(supp.PREFIX):
        return supp.spec(code.removeprefix(supp.PREFIX))
    return (SPECS | DESIGN_SPECS | {"CO": co.SPEC, "RELREC": relrec.SPEC})[code]


def listed(code: str) -> tuple[Variable, ...]:
    """The variables that the implementation guide itself lists for a data set; none for one that it does not know."""
    found = guide().get("SUPPQUAL" if code.startswith(supp.PREFIX) else code)
    return found.variables if found else ()


def design(study: Study, dm: pl.DataFrame | None = None) -> dict[str, pl.DataFrame]:
    """The data sets about the plan itself (arms, periods, visits, criteria, summary): the same for every reader.

    With the people of a reader (`dm`) the summary also says how many took part, and from when to when.
    """
    return {domain.SPEC.code: domain.rows(study) for domain in DESIGN} | {ts.SPEC.code: ts.rows(study, dm)}


__all__ = [
    "CODED",
    "CT",
    "DESIGN_SPECS",
    "SDTM",
    "SDTMIG",
    "SPECS",
    "Controlled",
    "Domain",
    "Method",
    "Source",
    "Target",
    "Variable",
    "build",
    "controlled",
    "design",
    "listed",
    "name_in",
    "name_of_test",
    "published",
    "spec",
    "study_day",
    "targets",
    "variables",
]
