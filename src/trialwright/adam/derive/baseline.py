"""Where each person began, and how far he has moved since."""

import polars as pl

SERIES = ("USUBJID", "PARAMCD")


def with_baseline(frame: pl.DataFrame) -> pl.DataFrame:
    """Adds ABLFL (Y on the last value up to the reference day, study day 1) and BASE (that value) for each person and parameter.

    >>> frame = pl.DataFrame({"USUBJID": ["1", "1"], "PARAMCD": ["P", "P"], "ADY": [1, 29], "SRCSEQ": [1, 2], "AVAL": [20.0, 17.0]})
    >>> with_baseline(frame).select("ABLFL", "BASE").rows()
    [('Y', 20.0), (None, 20.0)]
    """
    fits = pl.col("AVAL").is_not_null() & (pl.col("ADY") <= 1)
    chosen = (
        frame.filter(fits)
        .sort("ADY", "SRCSEQ", maintain_order=True)
        .group_by(SERIES, maintain_order=True)
        .last()
        .select(*SERIES, "ADY", "SRCSEQ", pl.lit("Y").alias("ABLFL"), pl.col("AVAL").alias("BASE"))
    )
    flagged = frame.join(chosen.drop("BASE"), on=[*SERIES, "ADY", "SRCSEQ"], how="left", maintain_order="left")
    return flagged.join(chosen.select(*SERIES, "BASE"), on=list(SERIES), how="left", maintain_order="left")


def with_change(frame: pl.DataFrame) -> pl.DataFrame:
    """Adds CHG = AVAL - BASE and PCHG (in percent, none from a baseline of 0) to what came after the reference day.

    >>> frame = pl.DataFrame({"ADY": [1, 29], "AVAL": [20.0, 17.0], "BASE": [20.0, 20.0]})
    >>> with_change(frame).select("CHG", "PCHG").rows()
    [(None, None), (-3.0, -15.0)]
    """
    after = pl.col("ADY") > 1
    change = pl.when(after).then(pl.col("AVAL") - pl.col("BASE"))
    percent = pl.when(after & (pl.col("BASE") != 0)).then(100 * (pl.col("AVAL") - pl.col("BASE")) / pl.col("BASE"))
    return frame.with_columns(change.alias("CHG"), percent.alias("PCHG"))
