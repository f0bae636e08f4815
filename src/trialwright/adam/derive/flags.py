"""Yes or no about a row: criteria of response, and events that began under treatment."""

import polars as pl


def with_criterion(frame: pl.DataFrame, number: int, text: str, met: pl.Expr) -> pl.DataFrame:
    """Adds CRITn (its words) and CRITnFL (Y or N; nothing where it cannot be judged)."""
    flag = pl.when(met).then(pl.lit("Y")).when(~met).then(pl.lit("N")).alias(f"CRIT{number}FL")
    frame = frame.with_columns(flag)
    return frame.with_columns(
        pl.when(pl.col(f"CRIT{number}FL").is_not_null()).then(pl.lit(text)).alias(f"CRIT{number}")
    )


def with_treatment_emergent(frame: pl.DataFrame, within_days: int = 30) -> pl.DataFrame:
    """Adds TRTEMFL: Y when an event began on or after the first day of treatment and at most `within_days` after the last.

    Needs ASTDT, TRTSDT and TRTEDT; without a last day of treatment it goes on. An event of wholly unknown date counts.
    """
    begun = pl.col("ASTDT").is_null() | (pl.col("ASTDT") >= pl.col("TRTSDT"))
    late = (pl.col("ASTDT") - pl.col("TRTEDT")).dt.total_days() > within_days
    flag = pl.when(pl.col("TRTSDT").is_not_null() & begun & ~late.fill_null(False)).then(pl.lit("Y"))
    return frame.with_columns(flag.alias("TRTEMFL"))


def only_treatment_emergent(frame: pl.DataFrame) -> pl.DataFrame:
    """Keeps the events that began under treatment."""
    return frame.filter(pl.col("TRTEMFL") == "Y")
