"""The verbs of the analysis, each on a table that fits on a page."""

from datetime import date

import polars as pl
import pytest

from studies.telitacicept_ssc.protocol import STUDY
from trialwright.adam.derive import (
    Window,
    only_treatment_emergent,
    plus_carried_forward,
    visit_windows,
    with_analysis_record,
    with_baseline,
    with_change,
    with_criterion,
    with_imputed_start,
    with_treatment_emergent,
    with_windows,
)

pytestmark = pytest.mark.spec
GRID = ("BASELINE", "W4", "W8", "W12", "W16", "W20", "W24", "W36", "W48")


def series(*values: tuple[int | None, float | None], who: str = "1") -> pl.DataFrame:
    """One person's values by study day."""
    return pl.DataFrame(
        {"USUBJID": [who] * len(values), "PARAMCD": ["P"] * len(values), "ADY": [day for day, _ in values],
         "AVAL": [value for _, value in values], "SRCSEQ": list(range(1, len(values) + 1))},
        schema={"USUBJID": pl.String, "PARAMCD": pl.String, "ADY": pl.Int64, "AVAL": pl.Float64, "SRCSEQ": pl.Int64},
    )  # fmt: skip


def test_windows_of_the_study_leave_no_gap() -> None:
    """From the planned days alone: the baseline up to day 1, then halves between neighbors, the last one open."""
    windows = visit_windows(STUDY, GRID)
    assert [(one.visit, one.low, one.target, one.high) for one in windows] == [
        ("BASELINE", None, 1, 1), ("W4", 2, 29, 43), ("W8", 44, 57, 71), ("W12", 72, 85, 99), ("W16", 100, 113, 127),
        ("W20", 128, 141, 155), ("W24", 156, 169, 211), ("W36", 212, 253, 295), ("W48", 296, 337, None)]  # fmt: skip


def test_windows_of_some_visits_share_out_all_days() -> None:
    """Three visits of six months: the windows of a published trial with visits at weeks 8, 16 and 24."""
    windows = visit_windows(STUDY, ("W8", "W16", "W24"))
    assert [(one.visit, one.low, one.high) for one in windows] == [("BASELINE", None, 1), ("W8", 2, 85), ("W16", 86, 141), ("W24", 142, None)]


@pytest.mark.parametrize(
    ("day", "visit"),
    [(-20, "Baseline"), (1, "Baseline"), (2, "Week 4"), (43, "Week 4"), (44, "Week 8"), (211, "Week 24"), (212, "Week 36"), (900, "Week 48"), (None, None)],
)
def test_a_day_finds_its_visit(day: int | None, visit: str | None) -> None:
    found = with_windows(series((day, 1.0)), visit_windows(STUDY, GRID))
    assert found["AVISIT"].to_list() == [visit]


def test_without_a_later_visit_only_the_baseline_has_a_window() -> None:
    """As with a laboratory whose page stands in a log: a value after the baseline is kept, and stands for no visit."""
    windows = visit_windows(STUDY, ())
    assert [(one.visit, one.low, one.high) for one in windows] == [("BASELINE", None, 1)]
    found = with_analysis_record(with_windows(with_baseline(series((-3, 4.0), (1, 5.0), (2, 6.0), (None, 7.0))), windows))
    assert found.select("AVAL", "AVISIT", "ANL01FL").rows() == [(4.0, "Baseline", None), (5.0, "Baseline", "Y"), (6.0, None, None), (7.0, None, None)]


def test_windows_keep_the_order_of_rows() -> None:
    found = with_windows(series((169, 3.0), (None, 2.0), (1, 1.0)), visit_windows(STUDY, GRID))
    assert found.select("AVAL", "AVISITN", "AWTDIFF").rows() == [(3.0, 8.0, 0), (2.0, None, None), (1.0, 2.0, 0)]


def test_baseline_is_the_last_value_up_to_the_reference_day() -> None:
    """A later screening value outweighs an earlier one; a missing value and a value of day 2 do not count."""
    found = with_baseline(series((-14, 20.0), (-1, 22.0), (1, None), (2, 30.0)))
    assert found.select("ABLFL", "BASE").rows() == [(None, 22.0), ("Y", 22.0), (None, 22.0), (None, 22.0)]


def test_of_two_values_on_the_reference_day_the_later_record_counts() -> None:
    assert with_baseline(series((1, 20.0), (1, 21.0)))["ABLFL"].to_list() == [None, "Y"]


def test_no_baseline_no_change() -> None:
    found = with_change(with_baseline(series((29, 20.0))))
    assert found.select("ABLFL", "BASE", "CHG", "PCHG").rows() == [(None, None, None, None)]


def test_a_baseline_of_zero_has_a_change_and_no_percentage() -> None:
    found = with_change(with_baseline(series((1, 0.0), (29, 3.0))))
    assert found.select("CHG", "PCHG").rows() == [(None, None), (3.0, None)]


def test_one_record_stands_for_a_visit() -> None:
    """The nearest to the target day; of two as near the earlier; never one without a value."""
    rows = series((1, 10.0), (20, 14.0), (26, 11.0), (30, None), (32, 12.0), (57, 13.0))
    found = with_analysis_record(with_windows(with_baseline(rows), visit_windows(STUDY, GRID)))
    assert found.filter(pl.col("ANL01FL") == "Y")["AVAL"].to_list() == [10.0, 11.0, 13.0]


def test_values_of_screening_do_not_stand_for_the_baseline() -> None:
    rows = series((-14, 20.0), (-1, 22.0))
    found = with_analysis_record(with_windows(with_baseline(rows), visit_windows(STUDY, GRID)))
    assert found["ANL01FL"].to_list() == [None, "Y"]


def test_carrying_forward() -> None:
    """An empty visit takes the analysis record of the last visit before, with its day and source; a baseline is never carried."""
    windows = visit_windows(STUDY, ("W8", "W16", "W24"))
    rows = pl.concat([series((1, 20.0), (57, 18.0), (80, 17.0)), series((1, 30.0), who="2"), series((1, 10.0), (113, 8.0), who="3")])
    found = plus_carried_forward(with_analysis_record(with_windows(with_baseline(rows), windows)), windows)
    added = found.filter(pl.col("DTYPE") == "LOCF").sort("USUBJID", "AVISITN")
    assert added.select("USUBJID", "AVISIT", "AVAL", "ADY", "SRCSEQ", "BASE", "ANL01FL", "ABLFL", "AWTDIFF").rows() == [
        ("1", "Week 16", 18.0, 57, 2, 20.0, "Y", None, 56),
        ("1", "Week 24", 18.0, 57, 2, 20.0, "Y", None, 112),
        ("3", "Week 24", 8.0, 113, 2, 10.0, "Y", None, 56),
    ]
    assert found.height == rows.height + 3


def test_criteria_are_yes_no_or_unknown() -> None:
    found = with_criterion(pl.DataFrame({"CHG": [-6.0, 1.0, None]}), 1, "a fall of 5", pl.col("CHG") <= -5)
    assert found.select("CRIT1", "CRIT1FL").rows() == [("a fall of 5", "Y"), ("a fall of 5", "N"), (None, None)]


@pytest.mark.parametrize(
    ("text", "start", "flag", "emergent"),
    [
        ("2026-01-05", date(2026, 1, 5), None, "Y"),
        ("2026-01-04", date(2026, 1, 4), None, None),
        ("2026-01", date(2026, 1, 5), "D", "Y"),
        ("2026", date(2026, 1, 5), "M", "Y"),
        ("2026-02", date(2026, 2, 1), "D", "Y"),
        ("2025-12", date(2025, 12, 1), "D", None),
        ("2026-05-01", date(2026, 5, 1), None, "Y"),
        ("2026-05-02", date(2026, 5, 2), None, None),
        (None, None, None, "Y"),
    ],
)
def test_events_under_treatment(text: str | None, start: date | None, flag: str | None, emergent: str | None) -> None:
    """An unknown day counts as under treatment when it can be; 30 days after the last dose an event is no longer."""
    rows = pl.DataFrame({"AESTDTC": [text], "TRTSDT": [date(2026, 1, 5)], "TRTEDT": [date(2026, 4, 1)]}, schema_overrides={"AESTDTC": pl.String})
    found = with_treatment_emergent(with_imputed_start(rows, "AESTDTC"))
    assert found.select("ASTDT", "ASTDTF", "TRTEMFL").rows() == [(start, flag, emergent)]
    assert only_treatment_emergent(found).height == (emergent == "Y")


def test_no_treatment_no_event_under_treatment() -> None:
    rows = pl.DataFrame({"AESTDTC": ["2026-02-01"], "TRTSDT": [None], "TRTEDT": [None]}, schema_overrides={"TRTSDT": pl.Date, "TRTEDT": pl.Date})
    assert with_treatment_emergent(with_imputed_start(rows, "AESTDTC"))["TRTEMFL"].to_list() == [None]


def test_a_window_says_what_it_is() -> None:
    assert visit_windows(STUDY, ("W24",))[1] == Window(visit="W24", name="Week 24", number=8.0, target=169, low=2, high=None)
