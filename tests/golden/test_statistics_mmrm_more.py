"""The mixed model against nlme, clubSandwich, lme4 with pbkrtest and emmeans; expectation and simulation of single patients."""

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from trialwright.statistics import (
    FactorialDesign,
    Mmrm,
    factorial_design,
    least_squares_means,
    mmrm,
    predict_missing,
    simulate_outcomes,
)

pytestmark = pytest.mark.golden

WITNESS = Path(__file__).parent / "witness" / "mmrm"
R = json.loads((WITNESS / "more.json").read_text())
VISITS = ("VIS1", "VIS2", "VIS3", "VIS4")
LEVELS = {
    "RACE": ("Asian", "Black or African American", "White"),
    "SEX": ("Male", "Female"),
    "ARMCD": ("PBO", "TRT"),
    "AVISIT": VISITS,
}
with (WITNESS / "fev_data.csv").open() as lines:
    FEV = list(csv.DictReader(lines))
COMPLETE = [
    row for row in FEV if sum(bool(other["FEV1"]) for other in FEV if other["USUBJID"] == row["USUBJID"]) == len(VISITS)
]


def fit(rows: list[dict[str, str]], structure: Any, **options: Any) -> tuple[Mmrm, FactorialDesign]:
    columns = {name: [row[name] for row in rows] for name in (*LEVELS, "USUBJID")}
    design = factorial_design(columns, ["RACE", "SEX", "ARMCD", "AVISIT", ("ARMCD", "AVISIT")], levels=LEVELS)
    outcome = [float(row["FEV1"] or "nan") for row in rows]
    model = mmrm(
        outcome, columns["USUBJID"], columns["AVISIT"], design.columns, visits=VISITS, covariance=structure, **options
    )
    return model, design


@pytest.mark.parametrize("run", R["runs"], ids=lambda run: f"{run['structure']} {run['criterion']}")
def test_structures_are_those_of_nlme(run: dict[str, Any]) -> None:
    model, _ = fit(FEV, run["structure"], criterion=run["criterion"], inference="residual")
    assert model.minus_two_log_likelihood == pytest.approx(run["minus_two_log"], abs=1e-6)
    assert model.minus_two_log_likelihood <= run["minus_two_log"] + 1e-6
    for name, value, error in zip(model.names, run["coef"], run["se"], strict=True):
        found = model.coefficient(name)
        assert found.value == pytest.approx(value, abs=1e-4 * error)
        assert found.standard_error == pytest.approx(error, rel=1e-4)


@pytest.mark.parametrize("told", R["sandwich"], ids=lambda told: told["kind"])
def test_empirical_covariances_and_their_degrees_of_freedom_are_those_of_clubsandwich(told: dict[str, Any]) -> None:
    """CR2 leaves open which root of a matrix is meant; ours is that of R mmrm, and differs from clubSandwich's by less than 0.001."""
    model, _ = fit(FEV, "unstructured", inference=told["kind"])
    tolerance = 1e-3 if told["kind"] == "CR2" else 1e-4
    for name, error, df in zip(model.names, told["se"], told["df"], strict=True):
        found = model.coefficient(name)
        assert found.standard_error == pytest.approx(error, rel=tolerance)
        assert found.df == pytest.approx(df, rel=10 * tolerance)


def test_kenward_roger_of_a_random_intercept_is_that_of_pbkrtest_and_emmeans() -> None:
    """In the patients seen at every visit the random intercept is compound symmetry."""
    told = R["intercept"]
    model, design = fit(COMPLETE, "compound symmetry")
    assert model.n_subjects == told["patients"]
    for name, value, error in zip(model.names, told["coef"], told["se"], strict=True):
        found = model.coefficient(name)
        assert (found.value, found.standard_error) == pytest.approx((value, error), rel=1e-4)
    last = model.estimate([float(name in ("ARMCD[TRT]", "ARMCD[TRT]:AVISIT[VIS4]")) for name in model.names])
    assert (last.value, last.standard_error) == pytest.approx((told["last"]["estimate"], told["last"]["se"]), rel=1e-4)
    assert last.df == pytest.approx(told["last"]["df"], rel=1e-3)
    means = {mean.at: mean.estimate for mean in least_squares_means(model, design, ("ARMCD", "AVISIT"))}
    parts = told["means"]
    for arm, visit, mean, error, df in zip(*(parts[key] for key in ("arm", "visit", "mean", "se", "df")), strict=True):
        found = means[("ARMCD", arm), ("AVISIT", visit)]
        assert (found.value, found.standard_error) == pytest.approx((mean, error), rel=1e-4)
        assert found.df == pytest.approx(df, rel=1e-3)
    test = model.f_test("ARMCD*AVISIT", design.type_three(("ARMCD", "AVISIT")))
    shown = told["interaction"]
    assert (test.f, test.df_denominator, test.p) == pytest.approx((shown["f"], shown["df"], shown["p"]), rel=1e-3)


def test_what_is_expected_where_a_visit_is_missing_is_that_of_r() -> None:
    model, _ = fit(FEV, "unstructured")
    np.testing.assert_allclose(model.covariance_matrix(), R["sigma"], rtol=1e-3)
    found = {(one.subject, one.visit): one for one in predict_missing(model)}
    assert len(found) == len(R["expected"])
    for row in R["expected"]:
        one = found[row["id"], row["visit"]]
        assert one.mean == pytest.approx(row["mean"], abs=1e-3)
        assert one.standard_deviation == pytest.approx(row["sd"], rel=1e-4)


def test_simulated_outcomes_have_the_means_and_the_covariance_that_gls_found() -> None:
    """Four thousand draws: within 4.5 of their Monte Carlo errors."""
    model, _ = fit(FEV, "unstructured")
    draws = simulate_outcomes(model, np.random.Generator(np.random.Philox(11)), 4_000)
    missing = [not row["FEV1"] for row in FEV]
    assert (np.isnan(draws).all(axis=0) == missing).all()
    told = json.loads((WITNESS / "residuals.json").read_text())
    rows = np.array(told["row"]) - 1
    spread = draws[:, rows].std(axis=0) / 4_000**0.5
    assert (np.abs(draws[:, rows].mean(axis=0) - told["fitted"]) < 4.5 * spread + 1e-3).all()
    sigma = np.array(R["sigma"])
    first = next(i for i, row in enumerate(FEV) if row in COMPLETE)
    found = np.cov(draws[:, first : first + 4].T)
    error = np.sqrt((sigma**2 + np.outer(np.diag(sigma), np.diag(sigma))) / 4_000)
    assert (np.abs(found - sigma) < 4.5 * error).all()
