"""Filling a visit without a value by the last one before it: for trials whose plan prescribes it."""

from collections.abc import Sequence

import polars as pl

from trialwright.adam.derive.windows import Window


def plus_carried_forward(frame: pl.DataFrame, windows: Sequence[Window]) -> pl.DataFrame:
    """Adds a row with DTYPE = LOCF for each visit after baseline that has no analysis value but has one at an earlier visit.

    The row carries the last value observed after the reference day, its date and its source; what happened before
    treatment is never carried forward.
    """
    later = [one for one in windows if one.low is not None]
    used = frame.filter((pl.col("ANL01FL") == "Y") & (pl.col("ADY") > 1))
    candidates = frame.filter(pl.col("AVAL").is_not_null() & (pl.col("ADY") > 1)).sort("ADY", "SRCSEQ", maintain_order=True)
    added = [_carried(candidates, used, window) for window in later]
    return pl.concat([frame.with_columns(pl.lit(None, pl.String).alias("DTYPE")), *added], how="diagonal")


def _carried(candidates: pl.DataFrame, used: pl.DataFrame, window: Window) -> pl.DataFrame:
    by = ["USUBJID", "PARAMCD"]
    here = used.filter(pl.col("AVISITN") == window.number).select(by)
    before = candidates.filter(pl.col("ADY") < (window.low or 0)).group_by(by, maintain_order=True).last()
    return before.join(here, on=by, how="anti", maintain_order="left").with_columns(
        pl.lit("LOCF").alias("DTYPE"),
        pl.lit("Y").alias("ANL01FL"),
        pl.lit(None, pl.String).alias("ABLFL"),
        pl.lit(window.name).alias("AVISIT"),
        pl.lit(window.number).alias("AVISITN"),
        pl.lit(window.target, pl.Int64).alias("AWTARGET"),
        pl.lit(window.low, pl.Int64).alias("AWLO"),
        pl.lit(window.high, pl.Int64).alias("AWHI"),
        (pl.col("ADY") - window.target).abs().alias("AWTDIFF"),
    )
