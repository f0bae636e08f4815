"""Laboratory grades against hand-set cases of CTCAE 5.0 and 6.0, and a second implementation in plain Python."""

from decimal import Decimal

import numpy as np
import pytest

from trialwright.instruments import ctcae
from trialwright.instruments.ctcae import Range
from trialwright.protocol import ALL, Status

pytestmark = pytest.mark.golden

LOCAL = {
    "WBC": (3.5, 9.5), "NEUT": (1.8, 6.3), "LYM": (1.1, 3.2), "PLAT": (125, 350), "HGB": (115, 150), "ALT": (7, 40), "AST": (13, 35),
    "ALP": (35, 100), "GGT": (7, 45), "BILI": (0, 21), "CREAT": (41, 73),
}  # fmt: skip


def grade(test: str, value: float, baseline: float | None = None, version: int = 5) -> float:
    low, high = LOCAL[test]
    before = np.array([np.nan if baseline is None else float(baseline)])
    return float(ctcae.grades(test, np.array([float(value)]), np.array([float(low)]), np.array([float(high)]), before, version)[0])


@pytest.mark.parametrize(
    ("test", "value", "baseline", "expected"),
    [
        ("NEUT", 1.2, None, 2),
        ("NEUT", 1.0, None, 2),
        ("NEUT", 0.99, None, 3),
        ("NEUT", 1.8, None, 0),
        ("LYM", 0.45, None, 3),
        ("LYM", 0.5, None, 2),
        ("WBC", 3.0, None, 1),
        ("WBC", 0.9, None, 4),
        ("PLAT", 74, None, 2),
        ("PLAT", 24, None, 4),
        ("HGB", 100, None, 1),
        ("HGB", 79, None, 3),
        ("ALT", 4.9 * 40, 30, 2),
        ("ALT", 120, 30, 1),
        ("ALT", 801, 30, 4),
        ("ALT", 149, 100, 0),
        ("ALT", 150, 100, 1),
        ("ALT", 301, 100, 2),
        ("BILI", 22, 10, 1),
        ("BILI", 30, 30, 0),
        ("BILI", 31, 30, 1),
        ("ALP", 101, 80, 1),
        ("ALP", 240, 120, 1),
        ("CREAT", 70, 40, 2),
        ("CREAT", 73, 50, 0),
        ("CREAT", 74, 50, 1),
        ("CREAT", 121, 40, 3),
        ("CREAT", 439, 100, 4),
    ],
)
def test_version_5(test: str, value: float, baseline: float | None, expected: int) -> None:
    assert grade(test, value, baseline) == expected


@pytest.mark.parametrize(("value", "expected"), [(0.9, 4), (1, 3), (1.9, 3), (2, 2), (2.9, 2)])
@pytest.mark.parametrize("version", [5, 6])
def test_white_cells_as_in_the_unit_tests_of_admiral(value: float, expected: int, version: int) -> None:
    """Lower limit 5, upper limit 15: the R package admiral tests these values for its grading of CTCAE."""
    limits = (np.array([5.0]), np.array([15.0]), np.array([np.nan]))
    assert ctcae.grades("WBC", np.array([float(value)]), *limits, version)[0] == expected


@pytest.mark.parametrize(
    ("test", "value", "baseline", "expected"),
    [
        ("NEUT", 1.6, None, 0),
        ("NEUT", 1.2, None, 1),
        ("NEUT", 0.09, None, 4),
        ("PLAT", 12, None, 3),
        ("ALT", 100, 100, 1),
        ("ALT", 201, 100, 3),
        ("ALP", 300, 80, 1),
        ("ALP", 110, 120, 0),
        ("CREAT", 70, 50, 0),
        ("CREAT", 70, 40, 2),
        ("CREAT", 112, 50, 2),
    ],
)
def test_version_6_differs(test: str, value: float, baseline: float | None, expected: int) -> None:
    assert grade(test, value, baseline, version=6) == expected


def test_a_version_without_the_term_is_refused_and_never_mixed() -> None:
    with pytest.raises(ValueError, match="no term for LYM"):
        grade("LYM", 0.4, version=6)
    with pytest.raises(ValueError, match="version 4"):
        grade("NEUT", 1.2, version=4)


@pytest.mark.parametrize(
    ("test", "value", "low", "high", "baseline", "expected"),
    [
        ("NEUT", 1.6, np.nan, np.nan, np.nan, np.nan),
        ("NEUT", 1.2, np.nan, np.nan, np.nan, 2),
        ("ALT", 39, 7, 40, np.nan, 0),
        ("ALT", 130, 7, 40, np.nan, np.nan),
        ("ALT", 130, 7, np.nan, 30, np.nan),
        ("CREAT", 60, 41, 73, np.nan, np.nan),
        ("CREAT", 230, 41, 73, np.nan, 3),
        ("HGB", np.nan, 115, 150, np.nan, np.nan),
    ],
)
def test_no_grade_where_something_unknown_could_change_it(
    test: str, value: float, low: float, high: float, baseline: float, expected: float
) -> None:
    found = ctcae.grades(test, *(np.array([float(x)]) for x in (value, low, high, baseline)))
    np.testing.assert_array_equal(found, [expected])


def test_units_are_converted_and_unknown_ones_refused() -> None:
    normal = Range(test="HGB", low=115, high=150)
    assert ctcae.score("HGB", Decimal("9.5"), "g/dL", normal).value == 2
    assert ctcae.score("NEUT", Decimal(450), "/mm3", None).value == 4
    assert ctcae.score("CREAT", Decimal("1.5"), "mg/dL", Range(test="CREAT", low=41, high=73), Decimal("0.6")).value == 2
    with pytest.raises(ValueError, match="known units"):
        ctcae.score("HGB", Decimal(6), "mmol/L", normal)
    with pytest.raises(ValueError, match="cannot be used"):
        ctcae.score("ALT", Decimal(6), "U/L", normal)
    with pytest.raises(ValueError, match="not a test"):
        ctcae.score("CK", Decimal(6), "U/L", None)
    with pytest.raises(ValueError, match="below 0"):
        grade("ALT", -1)


def test_what_is_missing_is_named() -> None:
    score = ctcae.score("ALT", Decimal(130), "U/L", Range(test="ALT", low=7, high=40))
    assert (score.value, score.status, score.reasons) == (None, Status.INCOMPLETE, ("baseline missing",))
    assert ctcae.score("WBC", None, "10^9/L", None).reasons == ("value missing", "reference range missing", "baseline missing")


def test_ranges_are_chosen_by_sex_and_age() -> None:
    table = (
        Range(test="HGB", low=115, high=150, sex="F", from_age=18),
        Range(test="HGB", low=130, high=175, sex="M", from_age=18),
        Range(test="HGB", low=110, high=145, to_age=18),
    )
    assert [one.low for one in (ctcae.range_of(table, "HGB", *who) for who in (("F", 40), ("M", 18), ("M", 17.9))) if one] == [115, 130, 110]
    assert ctcae.range_of(table, "HGB", None, 40) is None
    assert ctcae.range_of(table, "WBC", "F", 40) is None
    with pytest.raises(ValueError, match="keep one"):
        ctcae.range_of((*table, Range(test="HGB", low=100, high=150)), "HGB", "F", 40)


def second(test: str, x: float, low: float, high: float, base: float) -> int:
    """CTCAE 5.0 again, in plain Python with everything known."""
    cut = {"WBC": (3, 2, 1), "NEUT": (1.5, 1, 0.5), "LYM": (0.8, 0.5, 0.2), "PLAT": (75, 50, 25), "HGB": (100, 80)}
    if test in cut:
        below = sum(x < limit for limit in cut[test])
        return 1 + below if below else int(x < low)
    if test == "CREAT":
        by_high = sum(x > k * high for k in (1, 1.5, 3, 6))
        return max(by_high, 3 if x > 3 * base else 2 if x > 1.5 * base else 0)
    steps, first = {"ALT": ((3, 5, 20), 1.5), "AST": ((3, 5, 20), 1.5), "ALP": ((2.5, 5, 20), 2), "GGT": ((2.5, 5, 20), 2),
                    "BILI": ((1.5, 3, 10), 1)}[test]  # fmt: skip
    unit = base if base > high else high
    above = sum(x > k * unit for k in steps)
    if above:
        return 1 + above
    return int(x > high) if base <= high else int(x > base if test == "BILI" else x >= first * base)


def second_6(test: str, x: float, low: float, high: float, base: float) -> int:
    """CTCAE 6.0 again, in plain Python with everything known."""
    if test == "NEUT":
        return sum(x < limit for limit in (1.5, 1, 0.5, 0.1))
    cut = {"WBC": (3, 2, 1), "PLAT": (75, 50, 10), "HGB": (100, 80)}
    if test in cut:
        below = sum(x < limit for limit in cut[test])
        return 1 + below if below else int(x < low)
    if test == "ALP":
        return int(x > high and x > base)
    if test == "CREAT":
        by_high = sum(x > k * high for k in (1, 1.5, 3, 6))
        return max(by_high, 3 if x > 3 * base else 2 if x > 1.5 * base else 0) if base < low else by_high
    normal, abnormal = {"ALT": ((3, 5, 20), (1.5, 2, 4)), "AST": ((3, 5, 20), (1.5, 2, 4)), "GGT": ((2.5, 5, 20), (1.5, 3, 10)),
                        "BILI": ((1.5, 3, 10), (1.5, 2.5, 10))}[test]  # fmt: skip
    above = sum(x > k * high for k in normal) if base <= high else sum(x > k * base for k in abnormal)
    return 1 + above if above else int(x > high if base <= high else x >= base)


@pytest.mark.parametrize("test", [test for test in ctcae.CODES if test != "LYM"])
def test_a_second_implementation_of_version_6_agrees_on_100000_results(test: str) -> None:
    chance = np.random.default_rng(20264)
    low, high = LOCAL[test]
    values = np.exp(chance.uniform(np.log(max(low, 5) / 50), np.log(high * 40), 10_000))
    baseline = np.exp(chance.uniform(np.log(max(low, 5) / 3), np.log(high * 4), 10_000))
    found = ctcae.grades(test, values, np.full(10_000, float(low)), np.full(10_000, float(high)), baseline, 6)
    assert found.tolist() == [second_6(test, x, low, high, b) for x, b in zip(values.tolist(), baseline.tolist(), strict=True)]


@pytest.mark.parametrize(
    ("test", "value", "unit", "here"),
    [("CREAT", 1.0, "mg/dL", 88.42), ("BILI", 1.0, "mg/dL", 17.104), ("HGB", 12.0, "g/dL", 120), ("ALT", 2.0, "ukat/L", 120),
     ("WBC", 4500, "/uL", 4.5), ("PLAT", 150, "10^3/uL", 150)],
)  # fmt: skip
def test_factors_of_units(test: str, value: float, unit: str, here: float) -> None:
    """Molar masses: creatinine 113.12, bilirubin 584.66 g/mol; 1 microkatal is 60 units a minute."""
    assert ctcae.converted(test, np.array([value]), unit)[0] == pytest.approx(here)
    molar = {"CREAT": 1e4 / 113.12, "BILI": 1e4 / 584.66}
    assert test not in molar or molar[test] == pytest.approx(here, rel=5e-4)


@pytest.mark.parametrize("test", ctcae.CODES)
def test_a_second_implementation_agrees_on_100000_results(test: str) -> None:
    chance = np.random.default_rng(20256)
    low, high = LOCAL[test]
    n = 100_000 // len(ctcae.CODES) + 1
    values = np.exp(chance.uniform(np.log(max(low, 5) / 50), np.log(high * 40), n))
    baseline = np.exp(chance.uniform(np.log(max(low, 5) / 3), np.log(high * 4), n))
    found = ctcae.grades(test, values, np.full(n, float(low)), np.full(n, float(high)), baseline)
    expected = [second(test, x, low, high, b) for x, b in zip(values.tolist(), baseline.tolist(), strict=True)]
    assert found.tolist() == expected
    order = np.argsort(values)
    same_baseline = ctcae.grades(test, values[order], np.full(n, float(low)), np.full(n, float(high)), np.full(n, float(high)))
    steps = np.diff(same_baseline)
    assert (steps <= 0).all() if isinstance(ctcae._test(test).rules[5], ctcae.Falling) else (steps >= 0).all()


def test_lymphocytes_hint_at_the_arm() -> None:
    assert [item.code for item in ctcae.items(ALL) if item.hints_at_arm] == ["LYM"]
    assert [item.code for item in ctcae.items(ALL)] == list(ctcae.CODES)
