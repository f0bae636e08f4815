"""Dates of the analysis: real days from ISO 8601 texts, with what was imputed said beside them."""

import polars as pl


def with_day(frame: pl.DataFrame, name: str, text: str, start: str = "RFSTDTC") -> pl.DataFrame:
    """Adds the day `name`DT (only from a complete date) and the study day `name`DY counted from `start`, without a day 0.

    >>> frame = pl.DataFrame({"RSDTC": ["2026-01-04", "2026-01"], "RFSTDTC": ["2026-01-05", "2026-01-05"]})
    >>> with_day(frame, "A", "RSDTC").select("ADT", "ADY").rows()
    [(datetime.date(2026, 1, 4), -1), (None, None)]
    """
    frame = frame.with_columns(_day(text).alias(f"{name}DT"))
    return frame.with_columns(_study_day(pl.col(f"{name}DT"), _day(start)).alias(f"{name}DY"))


def with_imputed_start(frame: pl.DataFrame, text: str, treated: str = "TRTSDT") -> pl.DataFrame:
    """Adds ASTDT and ASTDTF (D: the day, M: month and day were imputed): unknown parts become the earliest day possible.

    Where the first day of treatment lies within what is known, that day is taken: an event of unknown day then
    counts as having begun under treatment.

    >>> from datetime import date
    >>> frame = pl.DataFrame({"AESTDTC": ["2026-01", "2025"], "TRTSDT": [date(2026, 1, 5)] * 2})
    >>> with_imputed_start(frame, "AESTDTC").select("ASTDT", "ASTDTF").rows()
    [(datetime.date(2026, 1, 5), 'D'), (datetime.date(2025, 1, 1), 'M')]
    """
    known = pl.col(text).str.len_chars()
    padded = (
        pl.when(known == 4)
        .then(pl.col(text) + "-01-01")
        .when(known == 7)
        .then(pl.col(text) + "-01")
        .otherwise(pl.col(text).str.slice(0, 10))
    )
    first = padded.str.to_date("%Y-%m-%d", strict=False)
    same = pl.col(treated).dt.strftime("%Y-%m-%d").str.starts_with(pl.col(text)).fill_null(False)
    flag = pl.when(known == 4).then(pl.lit("M")).when(known == 7).then(pl.lit("D"))
    return frame.with_columns(pl.when(same).then(pl.col(treated)).otherwise(first).alias("ASTDT"), flag.alias("ASTDTF"))


def _day(column: str) -> pl.Expr:
    return pl.when(pl.col(column).str.len_chars() >= 10).then(
        pl.col(column).str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False)
    )


def _study_day(day: pl.Expr, start: pl.Expr) -> pl.Expr:
    days = (day - start).dt.total_days()
    return pl.when(days >= 0).then(days + 1).otherwise(days)
