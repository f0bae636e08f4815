"""Analysis windows by study day, the one record that counts in each, and the last of them carried into windows that stay empty."""

from collections.abc import Sequence

import polars as pl
from attrs import frozen

SERIES = ("USUBJID", "PARAMCD")
"""What tells one person's series of one measure apart."""


@frozen(kw_only=True)
class AnalysisWindow:
    """The study days (first to last, inclusive; None: without end) that count as one analysis visit, and the day aimed at."""

    name: str
    number: float
    target: int
    first: int | None
    last: int | None

    @property
    def holds(self) -> pl.Expr:
        """The condition that ADY lies in the window."""
        day = pl.col("ADY")
        after = day >= self.first if self.first is not None else day.is_not_null()
        return after & (day <= self.last) if self.last is not None else after

    @property
    def columns(self) -> list[pl.Expr]:
        """The columns that name the window."""
        return [
            pl.lit(self.name).alias("AVISIT"),
            pl.lit(self.number, dtype=pl.Float64).alias("AVISITN"),
            pl.lit(self.target, dtype=pl.Int64).alias("AWTARGET"),
            pl.lit(self.first, dtype=pl.Int64).alias("AWLO"),
            pl.lit(self.last, dtype=pl.Int64).alias("AWHI"),
            (pl.col("ADY") - self.target).abs().cast(pl.Int64).alias("AWTDIFF"),
        ]


def with_analysis_window(frame: pl.DataFrame, windows: Sequence[AnalysisWindow]) -> pl.DataFrame:
    """Adds AVISIT, AVISITN, AWTARGET, AWLO, AWHI and AWTDIFF by study day; rows outside every window drop out.

    Needs ADY (no day 0). The windows must not overlap; the name of the planned visit plays no part.

    >>> week8 = AnalysisWindow(name="Week 8", number=8, target=56, first=2, last=84)
    >>> with_analysis_window(pl.DataFrame({"ADY": [1, 60, 90]}), [week8]).rows()
    [(60, 'Week 8', 8.0, 56, 2, 84, 4)]
    """
    parts = [frame.filter(window.holds).with_columns(window.columns) for window in windows]
    return pl.concat(parts) if parts else frame.clear()


def with_nearest_flag(frame: pl.DataFrame, series: Sequence[str] = SERIES) -> pl.DataFrame:
    """Flags with ANL01FL the record of each series and window that lies nearest the day aimed at; of two equally near, the earlier.

    Records without AVAL never count. Needs AVISITN, AWTDIFF, ADY and AVAL.
    """
    order = pl.struct("AWTDIFF", "ADY")
    measured = pl.col("AVAL").is_not_null()
    nearest = measured & (order == order.filter(measured).min().over([*series, "AVISITN"]))
    return frame.with_columns(pl.when(nearest).then(pl.lit("Y")).otherwise(None).alias("ANL01FL"))


def plus_carried_forward(frame: pl.DataFrame, windows: Sequence[AnalysisWindow], series: Sequence[str] = SERIES) -> pl.DataFrame:
    """Adds, for each window without a record that counts, the last earlier one that counts, marked DTYPE = LOCF.

    What is carried is the record chosen in the last window before, not the last record in time: a second record of the
    same window is not used. Only records of `windows` are carried, so leave the baseline out of them. Each added row
    keeps the day, value and origin of the record it repeats; AWTDIFF is counted anew.
    """
    if "DTYPE" not in frame.columns:
        frame = frame.with_columns(pl.lit(None, dtype=pl.String).alias("DTYPE"))
    counting = frame.filter((pl.col("ANL01FL") == "Y") & pl.col("AVISITN").is_in([window.number for window in windows]))
    added = []
    for place, window in enumerate(windows[1:], start=1):
        earlier = counting.filter(pl.col("AVISITN").is_in([before.number for before in windows[:place]]))
        last = earlier.sort("AVISITN", maintain_order=True).unique(series, keep="last", maintain_order=True)
        empty = last.join(counting.filter(pl.col("AVISITN") == window.number), on=list(series), how="anti", maintain_order="left")
        added.append(empty.with_columns(*window.columns, pl.lit("LOCF").alias("DTYPE")))
    return pl.concat([frame, *added]).sort([*series, "AVISITN", "ADY"], maintain_order=True)


def with_base_and_change(frame: pl.DataFrame, series: Sequence[str] = SERIES) -> pl.DataFrame:
    """Adds BASE (AVAL of the row with ABLFL = Y), CHG and PCHG; these are null at the baseline itself and where there is none.

    >>> rows = pl.DataFrame({"USUBJID": ["1", "1"], "PARAMCD": ["X", "X"], "AVAL": [20.0, 25.0], "ABLFL": ["Y", None]})
    >>> with_base_and_change(rows).select("BASE", "CHG", "PCHG").rows()
    [(20.0, None, None), (20.0, 5.0, 25.0)]
    """
    base = pl.col("AVAL").filter(pl.col("ABLFL") == "Y").first().over(series)
    later = pl.col("ABLFL").fill_null("") != "Y"
    frame = frame.with_columns(base.alias("BASE"))
    change = pl.when(later).then(pl.col("AVAL") - pl.col("BASE"))
    percent = pl.when(later & (pl.col("BASE") != 0)).then(100 * (pl.col("AVAL") - pl.col("BASE")) / pl.col("BASE"))
    return frame.with_columns(change.alias("CHG"), percent.alias("PCHG"))
