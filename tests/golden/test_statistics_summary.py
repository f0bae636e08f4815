"""Descriptive statistics, one-way analysis of variance, proportions and tables of counts against R."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from trialwright.statistics import (
    StatisticsError,
    chi_square_test,
    clopper_pearson,
    describe,
    fisher_exact,
    one_way_anova,
    quantile,
    wilson,
)

R = json.loads((Path(__file__).parent / "witness" / "summary" / "summary.json").read_text())


@pytest.mark.parametrize("case", R["describe"])
def test_columns_agree_with_r(case: dict[str, Any]) -> None:
    found = describe(case["values"])
    assert found.n == len(case["values"])
    assert (found.mean, found.standard_deviation) == pytest.approx((case["mean"], case["sd"]), rel=1e-12)
    low, _, first, median, third, _, high = case["quantiles"]
    assert (found.minimum, found.lower_quartile, found.median, found.upper_quartile, found.maximum) == pytest.approx(
        (low, first, median, third, high), rel=1e-12
    )
    assert (quantile(case["values"], 0.1), quantile(case["values"], 0.9)) == pytest.approx(
        (case["quantiles"][1], case["quantiles"][5]), rel=1e-12
    )


def test_a_single_value_has_no_standard_deviation() -> None:
    assert describe([7.5]).standard_deviation is None
    assert describe([7.5]).median == 7.5


def test_one_way_anova_agrees_with_r() -> None:
    test = one_way_anova(R["anova"]["groups"])
    assert (test.f, test.p) == pytest.approx((R["anova"]["f"], R["anova"]["p"]), rel=1e-10)
    assert (test.df_numerator, test.df_denominator) == (2, 11)


@pytest.mark.parametrize("case", R["chi_square"])
def test_chi_square_agrees_with_r(case: dict[str, Any]) -> None:
    test = chi_square_test(case["table"])
    assert (test.chi_square, test.df, test.p) == pytest.approx((case["x2"], case["df"], case["p"]), rel=1e-10)


@pytest.mark.parametrize("case", R["proportion"])
def test_intervals_for_a_proportion_agree_with_r(case: dict[str, Any]) -> None:
    exact, score = clopper_pearson(case["events"], case["n"]), wilson(case["events"], case["n"])
    ninety = clopper_pearson(case["events"], case["n"], confidence=0.9)
    assert (exact.lower, exact.upper) == pytest.approx(case["exact"], abs=1e-12)
    assert (ninety.lower, ninety.upper) == pytest.approx(case["exact90"], abs=1e-12)
    assert (score.lower, score.upper) == pytest.approx(case["wilson"], abs=1e-12)
    assert exact.estimate == score.estimate == case["events"] / case["n"]


@pytest.mark.parametrize("case", R["fisher"])
def test_fisher_agrees_with_r(case: dict[str, Any]) -> None:
    assert fisher_exact(case["table"]) == pytest.approx(case["p"], rel=1e-10)


def test_fisher_of_the_lady_tasting_tea() -> None:
    """Fisher, The Design of Experiments (1935): four cups of each kind, all right: 1 in 70 (one-sided), 2 in 70 two-sided."""
    assert fisher_exact([[4, 0], [0, 4]]) == pytest.approx(2 / 70, rel=1e-14)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: describe([]), "values: no values"),
        (lambda: describe([float("nan")] * 2), "values: all 2 values are missing"),
        (lambda: quantile([1, 2], 1.5), "probability: 1.5"),
        (lambda: one_way_anova([[1, 2]]), "1 group"),
        (lambda: one_way_anova([[1, 2], []]), "group 2: no values"),
        (lambda: one_way_anova([[1], [2]]), "one value each"),
        (lambda: one_way_anova([[1, 1], [2, 2]]), "do not vary within any group"),
        (lambda: clopper_pearson(3, 2), "3 of 2 subjects"),
        (lambda: clopper_pearson(0, 0), "0 of 0 subjects"),
        (lambda: wilson(-1, 5), "events: -1 is not a count"),
        (lambda: wilson(1, 5, confidence=1.0), "confidence: 1.0"),
        (lambda: chi_square_test([[1, 2]]), "at least 2 x 2"),
        (lambda: chi_square_test([[1, 2], [0, 0]]), "no subject; leave it out"),
        (lambda: chi_square_test([[0, 0], [0, 0]]), "no subject in it"),
        (lambda: chi_square_test([[1, 2], [3]]), "one common length"),
        (lambda: chi_square_test([]), "one common length"),
        (lambda: fisher_exact([[1, 2, 3], [4, 5, 6]]), "2 x 3; Fisher"),
    ],
)
def test_what_cannot_be_computed_is_refused_in_words(call: Any, message: str) -> None:
    with pytest.raises(StatisticsError, match=message):
        call()


def test_numpy_counts_are_counts() -> None:
    assert fisher_exact(np.array([[3, 1], [1, 3]])) == fisher_exact([[3, 1], [1, 3]])
