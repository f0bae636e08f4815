"""Lung function: what was blown, and what follows under the equations that the protocol names."""

import polars as pl

from trialwright.sdtm._domain import Source, lung, tabulated

SPEC = tabulated("RE", "STUDYID USUBJID RETESTCD RECAT VISITNUM", tests=lung.METHODS)


def rows(source: Source) -> pl.DataFrame:
    """One record for each test and visit; percent predicted and z-scores are derived anew, the equation is named in REMETHOD."""
    told = lung.collected(source)
    return source.framed(SPEC, [*told, *lung.derived(source, told)])
