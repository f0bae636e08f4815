"""Propensities against R glm and brglm2, weighted comparisons against sandwich, survey and numerically stacked equations."""

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from trialwright.statistics import (
    balancing_weights,
    bootstrap_difference,
    covariate_balance,
    kish_sample_size,
    overlap,
    propensity,
    weighted_difference,
)

pytestmark = pytest.mark.golden

WITNESS = Path(__file__).parent / "witness" / "weighting"
R = json.loads((WITNESS / "weighting.json").read_text())
with (WITNESS / "weighting.csv").open() as lines:
    ROWS = list(csv.DictReader(lines))
ARM = ["TEL" if row["ARM"] == "1" else "CON" for row in ROWS]
CHANGE = [float(row["CHG"]) for row in ROWS]
COVARIATES = [(name, [float(row[name]) for row in ROWS]) for name in ("BASE", "DURATION")]
ARMS = ("CON", "TEL")


@pytest.mark.parametrize("method", ["firth", "logistic"])
def test_propensities_are_those_of_r(method: Any) -> None:
    found, shown = propensity(ARM, COVARIATES, arms=ARMS, method=method), R[method]
    assert found.status == "overlapping"
    assert found.coefficients == pytest.approx(shown["coefficients"], rel=1e-8)
    assert found.standard_errors == pytest.approx(shown["se"], rel=1e-8)
    assert found.scores == pytest.approx(shown["scores"], rel=1e-8)


def test_separated_arms_have_the_penalized_estimate_of_brglm2_and_say_so() -> None:
    shown = R["separated"]
    found = propensity([ARMS[i >= 10] for i in range(20)], [("base", shown["base"])], arms=ARMS)
    assert found.status == "separated"
    assert found.coefficients == pytest.approx(shown["coefficients"], rel=1e-6)
    assert found.scores == pytest.approx(shown["scores"], rel=1e-6, abs=1e-9)


def name(case: dict[str, Any]) -> str:
    return f"{case['population']} {case['method']} {'adjusted' if case['adjusted'] else 'plain'}"


@pytest.mark.parametrize("case", R["comparisons"], ids=name)
def test_weighted_comparisons_are_those_of_r(case: dict[str, Any]) -> None:
    model = propensity(ARM, COVARIATES, arms=ARMS, method=case["method"])
    options: dict[str, Any] = {"adjustment": COVARIATES[:1] if case["adjusted"] else ()}
    options["stabilized"] = case["population"] == "stabilized"
    options["population"] = "all" if options["stabilized"] else case["population"]
    found = {
        kind: weighted_difference(CHANGE, model, variance=kind, **options)
        for kind in ("fixed HC0", "fixed HC1", "fixed HC3", "stacked", "stacked HC1")
    }
    for one in found.values():
        assert one.difference.value == pytest.approx(case["estimate"], rel=1e-8)
        assert one.means == pytest.approx(case["means"], rel=1e-8)
        assert one.effective == pytest.approx(case["effective"], rel=1e-8)
    for kind in ("HC0", "HC1", "HC3"):
        assert found[f"fixed {kind}"].difference.standard_error == pytest.approx(case[kind], rel=1e-8)
    assert found["fixed HC0"].difference.standard_error * (20 / 19) ** 0.5 == pytest.approx(case["survey"], rel=1e-8)
    assert case["stacked"]["largest_equation"] < 1e-6
    assert case["stacked"]["estimate"] == pytest.approx(case["estimate"], rel=1e-8)
    assert found["stacked"].difference.standard_error == pytest.approx(case["stacked"]["se"], rel=1e-6)
    parameters = (6 if case["adjusted"] else 5) + options["stabilized"]
    assert found["stacked HC1"].difference.standard_error == pytest.approx(
        case["stacked"]["se"] * (20 / (20 - parameters)) ** 0.5, rel=1e-6
    )


def test_balance_is_that_of_r() -> None:
    model = propensity(ARM, COVARIATES, arms=ARMS)
    for found, shown in zip(covariate_balance(model, balancing_weights(model)), R["balance"], strict=True):
        assert found.name == shown["name"]
        assert (found.before, found.after) == pytest.approx((shown["before"], shown["after"]), rel=1e-8)


def test_overlap_and_effective_sizes_are_those_of_r() -> None:
    model = propensity(ARM, COVARIATES, arms=ARMS)
    found = overlap(model)
    assert [list(side) for side in found.counts] == R["overlap"]["counts"]
    assert found.common == pytest.approx(R["overlap"]["common"], rel=1e-8)
    assert list(found.outside) == R["overlap"]["outside"]
    weights = balancing_weights(model, "all")
    case = next(case for case in R["comparisons"] if (case["population"], case["method"]) == ("all", "firth"))
    assert [kish_sample_size(weights[side]) for side in (~model.treated, model.treated)] == pytest.approx(
        case["effective"], rel=1e-8
    )


def test_jackknife_and_bootstrap_are_what_their_names_say() -> None:
    """Word for word: everything again without each patient; the bootstrap's error near the jackknife's."""
    model = propensity(ARM, COVARIATES, arms=ARMS)
    found = weighted_difference(CHANGE, model, variance="jackknife")
    without = []
    for i in range(20):
        rest = [k for k in range(20) if k != i]
        again = propensity([ARM[k] for k in rest], [(n, [v[k] for k in rest]) for n, v in COVARIATES], arms=ARMS)
        without.append(weighted_difference([CHANGE[k] for k in rest], again).difference.value)
    error = (19 / 20 * np.var(without) * 20) ** 0.5
    assert found.difference.standard_error == pytest.approx(error, rel=1e-8)
    spread = bootstrap_difference(CHANGE, model, np.random.Generator(np.random.Philox(7)), replicates=600)
    assert spread.value == found.difference.value
    assert spread.failed == 0
    assert 0.6 * error < spread.standard_error < 1.2 * error
