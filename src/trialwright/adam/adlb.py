"""The laboratory over time: values, range indicator and CTCAE grade, each set against the baseline."""

from collections.abc import Mapping

import polars as pl

from trialwright.adam import bds
from trialwright.adam.bds import Parameter, analysed, endpoints_in, measured
from trialwright.instruments import ctcae
from trialwright.protocol import Study
from trialwright.sdtm import Method, variables

_JUDGED = "trialwright.adam.adlb:values"
_METHODS = {
    "BNRIND": Method("ANRIND of the record with ABLFL = Y", _JUDGED),
    "BTOXGR": Method("ATOXGR of the record with ABLFL = Y", _JUDGED),
    "ATOXGRN": Method("Number in ATOXGR", _JUDGED),
    "ATOXGRL": Method("ATOXGR of tests that are graded when low", _JUDGED),
    "ATOXGRH": Method("ATOXGR of tests that are graded when high", _JUDGED),
    "SHIFT1": Method("BTOXGR to ATOXGR for records with ADY > 1", _JUDGED),
    "SHIFT2": Method("BNRIND to ANRIND for records with ADY > 1", _JUDGED),
}
SPEC = bds.specified("ADLB", "Laboratory Analysis", *variables("""
ANRLO   | Analysis Normal Range Lower Limit     | float | 8  | Perm | Range     | Predecessor
ANRHI   | Analysis Normal Range Upper Limit     | float | 8  | Perm | Range     | Predecessor
ANRIND  | Analysis Reference Range Indicator    | text  | 20 | Perm | Range     | Predecessor
BNRIND  | Baseline Reference Range Indicator    | text  | 20 | Perm | Range     | Derived
ATOXGR  | Analysis Toxicity Grade               | text  | 2  | Perm | Toxicity  | Predecessor
ATOXGRN | Analysis Toxicity Grade (N)           | integer | 8 | Perm | Toxicity | Derived
ATOXGRL | Analysis Toxicity Grade Low           | text  | 2  | Perm | Toxicity  | Derived
ATOXGRH | Analysis Toxicity Grade High          | text  | 2  | Perm | Toxicity  | Derived
BTOXGR  | Baseline Toxicity Grade               | text  | 2  | Perm | Toxicity  | Derived
SHIFT1  | Shift 1                               | text  | 60 | Perm | Shift     | Derived
SHIFT2  | Shift 2                               | text  | 60 | Perm | Shift     | Derived
"""), methods=_METHODS, sources={"ANRLO": "LB.LBSTNRLO", "ANRHI": "LB.LBSTNRHI", "ANRIND": "LB.LBNRIND", "ATOXGR": "LB.LBTOXGR"})  # fmt: skip
FALLING = tuple(
    test.code for test in ctcae.TESTS if any(isinstance(rule, ctcae.Falling) for rule in test.rules.values())
)
"""Tests that are graded when low; all other graded tests are graded when high."""


def values(study: Study, sdtm: Mapping[str, pl.DataFrame]) -> list[pl.DataFrame]:
    """The analysis rows of each numeric test of a study that has a page of the laboratory."""
    lb = sdtm["LB"]
    known = lb.filter(pl.col("LBSTRESN").is_not_null())
    tests = (
        known.select("LBTESTCD", "LBTEST", "LBSTRESU")
        .unique("LBTESTCD", keep="first", maintain_order=True)
        .sort("LBTESTCD")
    )
    found = []
    for testcd, name, unit in tests.iter_rows():
        label = f"{name} ({unit})" if unit else name
        frame = measured(sdtm, Parameter(code=testcd, label=label, domain="LB", testcd=testcd))
        asked = [one for one in endpoints_in(study, "LB") if bds.test_of(study, one) == testcd]
        found.append(_judged(analysed(study, frame, asked, bds.asking(study, "LB", testcd)), lb, testcd))
    return found


def _judged(frame: pl.DataFrame, lb: pl.DataFrame, testcd: str) -> pl.DataFrame:
    """Adds range, indicator and grade of each value and of the baseline, and the shift from one to the other."""
    source = lb.select(
        "USUBJID", SRCSEQ="LBSEQ", ANRLO="LBSTNRLO", ANRHI="LBSTNRHI", ANRIND="LBNRIND", ATOXGR="LBTOXGR"
    )
    frame = frame.join(source, on=["USUBJID", "SRCSEQ"], how="left", maintain_order="left")
    first = frame.filter(pl.col("ABLFL") == "Y").select("USUBJID", BNRIND="ANRIND", BTOXGR="ATOXGR")
    frame = frame.join(first, on="USUBJID", how="left", maintain_order="left")
    nothing = pl.lit(None, pl.String)
    falling = testcd in FALLING
    after = pl.col("ADY") > 1
    return frame.with_columns(
        pl.col("ATOXGR").cast(pl.Int64, strict=False).alias("ATOXGRN"),
        (pl.col("ATOXGR") if falling else nothing).alias("ATOXGRL"),
        (nothing if falling else pl.col("ATOXGR")).alias("ATOXGRH"),
        pl.when(after).then(_shift("BTOXGR", "ATOXGR")).alias("SHIFT1"),
        pl.when(after).then(_shift("BNRIND", "ANRIND")).alias("SHIFT2"),
    )


def _shift(before: str, after: str) -> pl.Expr:
    """Both in words, nothing where one of them is unknown."""
    return pl.concat_str(pl.col(before), pl.lit(" to "), pl.col(after))


def rows(study: Study, sdtm: Mapping[str, pl.DataFrame], adsl: pl.DataFrame) -> pl.DataFrame:
    """The data set, one row for each value."""
    return bds.finished(SPEC, values(study, sdtm), adsl)
