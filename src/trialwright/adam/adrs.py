"""Judgments of clinicians over time: the skin score with response and progression, and every other one that is an endpoint."""

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from trialwright.adam import bds
from trialwright.adam.bds import Parameter, analysed, endpoints_in, measured
from trialwright.adam.derive import with_criterion
from trialwright.instruments import mrss
from trialwright.protocol import Endpoint, Study
from trialwright.sdtm import Method, variables

PARAMETER = Parameter(
    code="MRSSTOT",
    label="Modified Rodnan Skin Score, Total (0-51)",
    domain="RS",
    testcd=mrss.TOTAL_TESTCD,
    where=(("RSEVAL", "INDEPENDENT ASSESSOR"),),
)
SKIN = "TOTAL"
"""How an endpoint names the total of the skin score."""
CRITERIA = ("eustar_regress", "eustar_prog")
"""Definitions whose flags are CRIT1 and CRIT2; both were read in their sources."""

OTHERS = {
    "WHOFC": "WHO Functional Class (1-4)",
    "MDGA": "Physician Global Assessment (0-10)",
    "EUSTAR17": "Revised EUSTAR Activity Index (0-10)",
    "EUSTARC": "Revised EUSTAR Activity Index, Continuous Skin Item",
}
"""What is analysed beside the skin score, where the study records it."""
_OTHER = pl.col("RSTESTCD").is_in(list(OTHERS))

SPEC = bds.specified("ADRS", "Skin and Clinician Assessment Analysis", *variables("""
CRIT1   | Analysis Criterion 1               | text | 200 | Perm | Indicator | Assigned
CRIT1FL | Criterion 1 Evaluation Result Flag | text | 1   | Cond | Indicator | Derived
CRIT2   | Analysis Criterion 2               | text | 200 | Perm | Indicator | Assigned
CRIT2FL | Criterion 2 Evaluation Result Flag | text | 1   | Cond | Indicator | Derived
"""), methods={f"CRIT{number}FL": Method(f"Y when the definition in CRIT{number} holds for BASE and AVAL of a record with ADY > 1, otherwise N",
                                         "trialwright.adam.derive.flags:with_criterion") for number in (1, 2)})  # fmt: skip


def values(study: Study, sdtm: Mapping[str, pl.DataFrame]) -> list[pl.DataFrame]:
    """The analysis rows of the skin score, if it is an endpoint of the study, and of the other judgments."""
    endpoints = endpoints_in(study, "RS")
    skin = [one for one in endpoints if bds.test_of(study, one) == SKIN]
    others = [one for one in endpoints if bds.test_of(study, one) != SKIN]
    found = [
        _other(study, sdtm, testcd, others) for testcd in bds.tests_in(study, sdtm, "RS", _OTHER) if testcd in OTHERS
    ]
    if not skin:
        return found
    totals = measured(sdtm, PARAMETER)
    _same_as_sites(totals, sdtm["RS"])
    return [_judged(analysed(study, totals, skin)), *found]


def _other(study: Study, sdtm: Mapping[str, pl.DataFrame], testcd: str, endpoints: Sequence[Endpoint]) -> pl.DataFrame:
    asked = [one for one in endpoints if bds.test_of(study, one) == testcd]
    forms = bds.asking(study, "RS", testcd) or bds.asking(study, "RS", "MDGA")
    return analysed(
        study, measured(sdtm, Parameter(code=testcd, label=OTHERS[testcd], domain="RS", testcd=testcd)), asked, forms
    )


def _same_as_sites(totals: pl.DataFrame, rs: pl.DataFrame) -> None:
    """Derives every total again from its 17 sites; raises `ValueError` where the tabulation says otherwise."""
    codes = [site.testcd for site in mrss.SITES]
    sites = rs.filter(pl.col("RSTESTCD").is_in(codes) & (pl.col("RSEVAL") == "INDEPENDENT ASSESSOR"))
    wide = sites.pivot("RSTESTCD", index=["USUBJID", "VISITNUM"], values="RSSTRESN", aggregate_function="first")
    wide = wide.with_columns(pl.lit(None, pl.Float64).alias(code) for code in codes if code not in wide.columns)
    grades = wide.select(pl.col(code).fill_null(float("nan")) for code in codes).to_numpy()
    again = mrss.totals(grades.reshape(-1, len(codes)))
    derived = wide.select("USUBJID", "VISITNUM").with_columns(
        pl.Series("_TOTAL", again, dtype=pl.Float64).fill_nan(None)
    )
    both = totals.join(derived, on=["USUBJID", "VISITNUM"], how="full", coalesce=True)
    wrong = both.filter(~pl.col("AVAL").eq_missing(pl.col("_TOTAL")))
    if wrong.height:
        one = wrong.row(0, named=True)
        raise ValueError(
            f"the skin score of {one['USUBJID']} at visit {one['VISITNUM']} is {one['AVAL']}, its sites give {one['_TOTAL']}"
        )


def _judged(frame: pl.DataFrame) -> pl.DataFrame:
    """Adds response and progression to what came after the reference day."""
    known = {one.code: one for one in mrss.DEFINITIONS}
    after = pl.col("ADY") > 1
    for number, code in enumerate(CRITERIA, start=1):
        definition = known[code]
        base, value = (frame[name].cast(pl.Float64).fill_null(float("nan")).to_numpy() for name in ("BASE", "AVAL"))
        held = pl.Series("_MET", np.asarray(definition.holds(base, value)), dtype=pl.Float64).fill_nan(None)
        met = pl.when(after).then(pl.col("_MET") == 1)
        frame = with_criterion(frame.with_columns(held), number, f"{code}: {definition.source}"[:200], met).drop("_MET")
    return frame


def rows(study: Study, sdtm: Mapping[str, pl.DataFrame], adsl: pl.DataFrame) -> pl.DataFrame:
    """The data set, one row for each total."""
    return bds.finished(SPEC, values(study, sdtm), adsl)
