"""Filling a visit without a value by the last one before it: for trials whose plan prescribes it."""

from collections.abc import Sequence

import polars as pl

from trialwright.adam.derive.windows import Window


def plus_carried_forward(frame: pl.DataFrame, windows: Sequence[Window]) -> pl.DataFrame:
    """Adds a row with DTYPE = LOCF for each visit after baseline that has no analysis value but has one at an earlier visit.

    What is carried is the analysis record of the last visit before, not the last record in time, with its date and its
    source; a baseline is never carried forward.
    """
    later = [one for one in windows if one.low is not None]
    used = frame.filter((pl.col("ANL01FL") == "Y") & (pl.col("ADY") > 1))
    added = [_carried(used, window) for window in later]
    return pl.concat([frame.with_columns(pl.lit(None, pl.String).alias("DTYPE")), *added], how="diagonal")


def _carried(used: pl.DataFrame, window: Window) -> pl.DataFrame:
    by = ["USUBJID", "PARAMCD"]
    here = used.filter(pl.col("AVISITN") == window.number).select(by)
    before = (
        used.filter(pl.col("ADY") < (window.low or 0))
        .sort("ADY", maintain_order=True)
        .group_by(by, maintain_order=True)
        .last()
    )
    return before.join(here, on=by, how="anti", maintain_order="left").with_columns(
        pl.lit("LOCF").alias("DTYPE"),
        pl.lit("Y").alias("ANL01FL"),
        pl.lit(None, pl.String).alias("ABLFL"),
        pl.lit(window.name).alias("AVISIT"),
        pl.lit(window.number, pl.Float64).alias("AVISITN"),
        pl.lit(window.target, pl.Int64).alias("AWTARGET"),
        pl.lit(window.low, pl.Int64).alias("AWLO"),
        pl.lit(window.high, pl.Int64).alias("AWHI"),
        (pl.col("ADY") - window.target).abs().alias("AWTDIFF"),
    )
