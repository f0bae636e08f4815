"""Which planned visit an assessment stands for in the analysis: by its study day, not by the name of the visit."""

from collections.abc import Sequence
from itertools import pairwise

import polars as pl
from attrs import frozen

from trialwright.protocol import Study


@frozen(kw_only=True)
class Window:
    """The study days `low` to `high` (None: open) that stand for one visit, and the day at which it was aimed."""

    visit: str
    name: str
    number: float
    target: int
    low: int | None = None
    high: int | None = None


def visit_windows(study: Study, visits: Sequence[str]) -> tuple[Window, ...]:
    """Windows without gaps around the planned days of `visits`: the baseline up to day 1, then from the middle between two visits.

    The day in the middle belongs to the earlier visit; the last window is open. Visits before the baseline have none. Where no visit after the
    baseline asks, there is the window of the baseline alone.
    """
    later = sorted((study.visit(code) for code in visits if study.visit(code).day > 0), key=lambda visit: visit.day)
    start = study.baseline
    found = [Window(visit=start.code, name=start.name.en, number=start.number, target=1, high=1)]
    ends = [(one.day + 1 + other.day + 1) // 2 for one, other in pairwise(later)]
    low = 2
    for visit, end in zip(later, [*ends, None][: len(later)], strict=True):
        found.append(
            Window(visit=visit.code, name=visit.name.en, number=visit.number, target=visit.day + 1, low=low, high=end)
        )
        low = 0 if end is None else end + 1
    return tuple(found)


def with_windows(frame: pl.DataFrame, windows: Sequence[Window]) -> pl.DataFrame:
    """Adds AVISIT, AVISITN, AWTARGET, AWTDIFF (days from the target), AWLO and AWHI by ADY; nothing where ADY is unknown or beyond the last window."""
    table = pl.DataFrame(
        {
            "_FROM": [-(10**6) if one.low is None else one.low for one in windows],
            "AVISIT": [one.name for one in windows],
            "AVISITN": [one.number for one in windows],
            "AWTARGET": [one.target for one in windows],
            "AWLO": [one.low for one in windows],
            "AWHI": [one.high for one in windows],
        },
        schema={
            "_FROM": pl.Int64,
            "AVISIT": pl.String,
            "AVISITN": pl.Float64,
            "AWTARGET": pl.Int64,
            "AWLO": pl.Int64,
            "AWHI": pl.Int64,
        },
    ).sort("_FROM")
    placed = frame.with_row_index("_ROW").sort("ADY", nulls_last=True).with_columns(pl.col("ADY").set_sorted())
    last = windows[-1].high
    reached = pl.col("ADY").is_not_null() if last is None else (pl.col("ADY") <= last).fill_null(False)
    known, unknown = placed.filter(reached), placed.filter(~reached)
    joined = known.join_asof(table, left_on="ADY", right_on="_FROM", strategy="backward").drop("_FROM", strict=False)
    whole = pl.concat([joined, unknown], how="diagonal").sort("_ROW").drop("_ROW")
    return whole.with_columns((pl.col("ADY") - pl.col("AWTARGET")).abs().alias("AWTDIFF"))


def with_analysis_record(frame: pl.DataFrame) -> pl.DataFrame:
    """Adds ANL01FL: Y on the one value that stands for a visit: the nearest to the target day, of two as near the earlier.

    For the baseline visit it is the baseline value.
    """
    baseline = pl.col("ABLFL").fill_null("") == "Y"
    fits = pl.col("AVAL").is_not_null() & pl.col("AVISITN").is_not_null() & (baseline | (pl.col("ADY") > 1))
    by = ["USUBJID", "PARAMCD", "AVISITN"]
    rows = frame.with_row_index("_ROW")
    best = rows.filter(fits).sort("AWTDIFF", "ADY", "SRCSEQ").group_by(by, maintain_order=True).first().select("_ROW")
    flag = pl.when(pl.col("_ROW").is_in(best["_ROW"].implode())).then(pl.lit("Y")).otherwise(None).alias("ANL01FL")
    return rows.with_columns(flag).drop("_ROW")
