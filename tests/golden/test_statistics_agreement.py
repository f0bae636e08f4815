"""Agreement of evaluators against Shrout and Fleiss's table, R (psych, vcd, base) and second implementations."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from trialwright.instruments import mrss
from trialwright.statistics import (
    IntraclassCorrelations,
    StatisticsError,
    bland_altman,
    intraclass_correlations,
    measurement_error,
    smallest_detectable_change,
    weighted_kappa,
)

pytestmark = pytest.mark.golden

WITNESS = json.loads((Path(__file__).parent / "witness" / "agreement" / "agreement.json").read_text(encoding="utf-8"))
SETS = tuple(WITNESS["icc"])
PUBLISHED = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
NAN = float("nan")


def witnessed(name: str) -> tuple[dict[str, Any], IntraclassCorrelations]:
    stored = WITNESS["icc"][name]
    return stored, intraclass_correlations(stored["ratings"], confidence=stored["confidence"])


def test_the_table_of_shrout_and_fleiss() -> None:
    """Six subjects, four judges: estimates and mean squares as printed in 1979."""
    found = intraclass_correlations(PUBLISHED)
    assert [round(one.estimate or NAN, 2) for one in found.forms] == [0.17, 0.29, 0.71, 0.44, 0.62, 0.91]
    assert [one.form for one in found.forms] == ["ICC(1,1)", "ICC(2,1)", "ICC(3,1)", "ICC(1,k)", "ICC(2,k)", "ICC(3,k)"]
    squares = (found.mean_square_subjects, found.mean_square_within, found.mean_square_raters, found.mean_square_error)
    assert squares == pytest.approx((11.24, 6.26, 32.49, 1.02), abs=0.005)
    assert (found.subjects, found.raters) == (6, 4)


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("part", ["estimate", "lower", "upper"])
def test_estimates_and_limits_agree_with_psych(name: str, part: str) -> None:
    stored, found = witnessed(name)
    assert [getattr(one, part) for one in found.forms] == pytest.approx(stored[part], rel=1e-9)


@pytest.mark.parametrize("name", SETS)
def test_f_tests_agree_with_psych(name: str) -> None:
    stored, found = witnessed(name)
    assert [one.f for one in found.forms] == pytest.approx(stored["f"], rel=1e-10)
    assert [one.p for one in found.forms] == pytest.approx(stored["p"], rel=1e-9)
    assert [(one.df_subjects, one.df_error) for one in found.forms] == list(
        zip(stored["df1"], stored["df2"], strict=True)
    )


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("kind", ["count", "ignore"])
def test_measurement_error_agrees_with_base_r(name: str, kind: Any) -> None:
    stored = WITNESS["sem"][name][kind]
    found = measurement_error(WITNESS["icc"][name]["ratings"], rater_differences=kind)
    assert found.df == stored["df"]
    assert (found.standard_error, found.lower, found.upper, found.smallest_detectable_change) == pytest.approx(
        [stored[key] for key in ("sem", "lower", "upper", "sdc")], rel=1e-10
    )


@pytest.mark.parametrize("name", SETS)
def test_mean_squares_agree_with_base_r(name: str) -> None:
    found = witnessed(name)[1]
    stored = WITNESS["sem"][name]
    wanted = [stored["subjects"], stored["raters"], stored["count"]["sem"] ** 2, stored["ignore"]["sem"] ** 2]
    squares = (found.mean_square_subjects, found.mean_square_raters, found.mean_square_within, found.mean_square_error)
    assert squares == pytest.approx(wanted, rel=1e-10)


@pytest.mark.parametrize(("name", "columns"), [("two", (0, 1)), ("three", (0, 2))])
def test_limits_of_agreement_agree_with_base_r(name: str, columns: tuple[int, int]) -> None:
    stored, table = WITNESS["bland"][name], np.array(WITNESS["icc"][name]["ratings"], dtype=float)
    found = bland_altman(table[:, columns[0]], table[:, columns[1]])
    assert (found.n, found.standard_deviation) == (stored["n"], pytest.approx(stored["sd"], rel=1e-10))
    for key, limit in (("bias", found.bias), ("lower", found.lower_limit), ("upper", found.upper_limit)):
        assert (limit.value, limit.lower, limit.upper) == pytest.approx(stored[key], rel=1e-9)


def test_exact_intervals_of_the_limits_tend_to_the_approximate_ones() -> None:
    """Bland and Altman 1999: the variance of a limit is near sd^2 (1/n + z^2 / (2 (n - 1))) when n is large."""
    rng = np.random.default_rng(4)
    first, second = rng.normal(20, 6, 40_000), rng.normal(19, 6, 40_000)
    found = bland_altman(first, second)
    half = 1.96 * found.standard_deviation * np.sqrt(1 / found.n + 1.96**2 / (2 * (found.n - 1)))
    for limit in (found.lower_limit, found.upper_limit):
        assert limit.value - limit.lower == pytest.approx(half, rel=0.02)
        assert limit.upper - limit.value == pytest.approx(half, rel=0.02)


def test_intervals_cover_as_often_as_they_say() -> None:
    """2000 simulated studies of 12 patients and 3 raters: one-way data, so that ICC(1,1) and the error are exact."""
    rng, truth, n = np.random.default_rng(79), 0.6, 2000
    icc = sem = limit = 0
    for _ in range(n):
        subjects = rng.normal(0, np.sqrt(truth), (12, 1))
        table = subjects + rng.normal(0, np.sqrt(1 - truth), (12, 3))
        one = intraclass_correlations(table).form("ICC(1,1)")
        icc += (one.lower or 0.0) <= truth <= (one.upper or 1.0)
        error = measurement_error(table)
        sem += error.lower <= np.sqrt(1 - truth) <= error.upper
        upper = bland_altman(table[:, 0], table[:, 1]).upper_limit
        limit += upper.lower <= 1.959964 * np.sqrt(2 * (1 - truth)) <= upper.upper
    margin = 3.3 * np.sqrt(0.95 * 0.05 / n)
    assert [icc / n, sem / n, limit / n] == pytest.approx([0.95, 0.95, 0.95], abs=margin)


def test_the_skin_score_as_published() -> None:
    """Clements 1995: within-patient SD 4.6 between and 2.45 within raters; the instrument prints the same changes."""
    assert round(smallest_detectable_change(4.6), 1) == mrss.SMALLEST_DETECTABLE["different raters"] == 12.8
    assert round(smallest_detectable_change(2.45), 1) == mrss.SMALLEST_DETECTABLE["same rater"] == 6.8


def ratings_of(table: list[list[int]]) -> tuple[list[int], list[int]]:
    pairs = [(i, j) for i, row in enumerate(table) for j, count in enumerate(row) for _ in range(count)]
    return [i for i, _ in pairs], [j for _, j in pairs]


@pytest.mark.parametrize("place", range(len(WITNESS["kappa"])))
@pytest.mark.parametrize("weights", ["none", "linear", "quadratic"])
def test_kappa_agrees_with_vcd(place: int, weights: Any) -> None:
    stored = WITNESS["kappa"][place]
    first, second = ratings_of(stored["table"])
    found = weighted_kappa(first, second, levels=range(4), weights=weights)
    assert (found.estimate, found.standard_error) == pytest.approx(stored[weights], rel=1e-10)


def test_the_standard_error_of_kappa_against_a_bootstrap() -> None:
    """2000 resamples of the first table; a bootstrap of this size is good to a few per cent."""
    first, second = map(np.array, ratings_of(WITNESS["kappa"][0]["table"]))
    rng = np.random.default_rng(69)
    drawn = [rng.integers(0, first.size, first.size) for _ in range(2000)]
    again = [weighted_kappa(first[rows], second[rows], levels=range(4)).estimate for rows in drawn]
    found = weighted_kappa(first, second, levels=range(4)).standard_error
    assert float(np.std(again)) == pytest.approx(found, rel=0.1)


@pytest.mark.parametrize(
    ("ratings", "told"),
    [
        ([[1, 2], [3, NAN]], "1 of 4 values are missing"),
        ([[1, 2], [3, None]], "1 of 4 values are missing"),
        ([[1, 2], [3, float("inf")]], "infinite"),
        ([[1, 2], [3]], "not a table"),
        ([["mild", 2], [3, 4]], "not a table"),
        ([1, 2, 3], "one row for each subject"),
        ([[1, 2, 3]], "1 subject"),
        ([[1], [2], [3]], "1 rater"),
        ([], "one row for each subject"),
        ([[5, 5], [5, 5]], "nothing varies"),
        ([[5, 7], [5, 7], [5, 7]], "nothing varies"),
    ],
)
def test_what_cannot_be_compared_is_refused(ratings: Any, told: str) -> None:
    for method in (intraclass_correlations, measurement_error):
        with pytest.raises(StatisticsError, match=told):
            method(ratings)


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [
        ([1, 2, NAN], [1, 2, 3], "first: 1 of 3 values are missing"),
        ([1, 2, 3], [1, 2], "second: 2 values for 3"),
        ([1], [2], "1 subject"),
        ([4, 4, 4], [4, 4, 4], "nothing varies"),
    ],
)
def test_two_columns_that_cannot_be_compared_are_refused(first: list[float], second: list[float], told: str) -> None:
    with pytest.raises(StatisticsError, match=told):
        bland_altman(first, second)


@pytest.mark.parametrize(
    ("first", "second", "levels", "told"),
    [
        ([0, 1, None], [0, 1, 1], (0, 1), "first: 1 of 3 labels are missing"),
        ([0, 1], [0, 1, 1], (0, 1), "second: 3 labels for 2"),
        ([0, 2], [0, 1], (0, 1), "2 is not one of 0, 1"),
        ([0], [0], (0, 1), "at least two"),
        ([1, 1, 1], [1, 1, 1], (0, 1), "undefined"),
        ([1, 1], [1, 1], (1,), "at least two different"),
    ],
)
def test_kappa_refuses(first: list[Any], second: list[Any], levels: tuple[int, ...], told: str) -> None:
    with pytest.raises(StatisticsError, match=told):
        weighted_kappa(first, second, levels=levels)


def test_bad_options_are_refused() -> None:
    bad: Any = "sometimes"
    with pytest.raises(StatisticsError, match="rater_differences"):
        measurement_error(PUBLISHED, rater_differences=bad)
    with pytest.raises(StatisticsError, match="weights"):
        weighted_kappa([0, 1], [0, 1], levels=(0, 1), weights=bad)
    with pytest.raises(StatisticsError, match="coverage"):
        bland_altman([1, 2], [2, 4], coverage=95)
    with pytest.raises(StatisticsError, match="form"):
        intraclass_correlations(PUBLISHED).form(bad)
    for confidence in (0.0, 1.0, 95.0):
        with pytest.raises(StatisticsError, match="confidence"):
            intraclass_correlations(PUBLISHED, confidence=confidence)
    for error in (-1.0, NAN, float("inf")):
        with pytest.raises(StatisticsError, match="standard_error"):
            smallest_detectable_change(error)


def test_no_value_is_invented_where_the_formula_has_none() -> None:
    """Subjects with equal means: one rating agrees as badly as can be, the mean of the raters has no coefficient."""
    found = intraclass_correlations([[1, 2], [2, 1], [3, 0]])
    assert found.form("ICC(1,1)").estimate == found.form("ICC(3,1)").estimate == -1.0
    averaged = found.form("ICC(3,k)")
    assert (averaged.estimate, averaged.lower, averaged.upper) == (None, None, None)
    assert averaged.undefined_because is not None
    assert "denominator" in averaged.undefined_because
    assert found.form("ICC(3,1)").undefined_because is None


def test_two_subjects_who_change_places_have_no_agreement_of_the_second_kind() -> None:
    found = intraclass_correlations([[1, 2], [2, 1]])
    assert found.form("ICC(2,1)").estimate is None
    assert found.form("ICC(2,1)").undefined_because is not None


def test_limits_are_withheld_where_the_approximation_breaks_down() -> None:
    """Less than one degree of freedom: the formula would put the upper limit below the estimate."""
    two_way = intraclass_correlations([[0, 5, 0], [2, 2, 2]]).form("ICC(2,1)")
    assert two_way.estimate == pytest.approx(-0.4706, abs=5e-5)
    assert (two_way.lower, two_way.upper) == (None, None)
