"""Reference-based imputation against R rbmi, the model underneath against SAS and R mmrm, Rubin's rules against R mice."""

import csv
import json
from functools import cache
from math import inf
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from trialwright.statistics import (
    ReferenceBased,
    StatisticsError,
    factorial_design,
    least_squares,
    least_squares_means,
    mean_differences,
    mmrm,
    pool,
    reference_based,
    tipping_point,
)
from trialwright.statistics.conditional_means import conditional_means
from trialwright.statistics.incomplete_trial import incomplete_trial

pytestmark = pytest.mark.golden

WITNESS = Path(__file__).parent / "witness"
RBMI = json.loads((WITNESS / "reference_based" / "rbmi_condmean_jackknife.json").read_text())
SAS = json.loads((WITNESS / "reference_based" / "antidepressant_sas.json").read_text())
R_MMRM = json.loads((WITNESS / "reference_based" / "antidepressant_mmrm_Kenward-Roger-Linear.json").read_text())
VISITS = ("4", "5", "6", "7")
STRATEGIES = ("MAR", "J2R", "CR", "CIR", "LMCF")

with (WITNESS / "reference_based" / "antidepressant_data.csv").open() as lines:
    ROWS = list(csv.DictReader(lines))
PATIENTS = list(dict.fromkeys(row["PATIENT"] for row in ROWS))


def wide() -> tuple[np.ndarray, list[str], np.ndarray]:
    outcome, arm, base = np.full((len(PATIENTS), 4), np.nan), [""] * len(PATIENTS), np.zeros(len(PATIENTS))
    for row in ROWS:
        i = PATIENTS.index(row["PATIENT"])
        outcome[i, VISITS.index(row["VISIT"])] = float(row["CHANGE"])
        arm[i], base[i] = row["THERAPY"], float(row["BASVAL"])
    return outcome, arm, base


@cache
def analyses(by_arm: bool) -> dict[tuple[str, str], ReferenceBased]:
    outcome, arm, base = wide()
    arms = ("PLACEBO", "DRUG")
    found = reference_based(
        outcome, arm, base, visits=VISITS, arms=arms, strategies=STRATEGIES, covariance_by_arm=by_arm
    )
    return {(one.strategy, one.visit): one for one in found}


@pytest.mark.parametrize("by_arm", [False, True], ids=["common covariance", "covariance by arm"])
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_every_strategy_agrees_with_rbmi(strategy: str, by_arm: bool) -> None:
    key = f"{'JR' if strategy == 'J2R' else strategy}_{'cov_by_arm' if by_arm else 'same_cov'}"
    shown = {row["parameter"]: row for row in RBMI[key]}
    for visit in VISITS:
        found = analyses(by_arm)[strategy, visit]
        means, (name, difference) = dict(found.means), found.differences[0]
        assert name == "DRUG"
        for ours, theirs, sign in (
            (difference, shown[f"trt_{visit}"], -1),
            (means["DRUG"], shown[f"lsm_ref_{visit}"], 1),
            (means["PLACEBO"], shown[f"lsm_alt_{visit}"], 1),
        ):
            assert sign * ours.value == pytest.approx(theirs["est"], abs=1e-4)
            assert ours.standard_error == pytest.approx(theirs["se"], abs=1e-4)
            assert sorted((sign * ours.lower, sign * ours.upper)) == pytest.approx(
                [theirs["lci"], theirs["uci"]], abs=2e-4
            )
            assert ours.p == pytest.approx(theirs["pval"], abs=1e-4)


def test_the_model_underneath_agrees_with_sas_and_r() -> None:
    columns: dict[str, Any] = {"THERAPY": [row["THERAPY"] for row in ROWS], "VISIT": [row["VISIT"] for row in ROWS]}
    columns["BASVAL"] = [float(row["BASVAL"]) for row in ROWS]
    terms = ["THERAPY", "VISIT", "BASVAL", ("BASVAL", "VISIT"), ("THERAPY", "VISIT")]
    design = factorial_design(columns, terms, levels={"THERAPY": ("PLACEBO", "DRUG"), "VISIT": VISITS})
    change = [float(row["CHANGE"]) for row in ROWS]
    model = mmrm(change, [row["PATIENT"] for row in ROWS], columns["VISIT"], design.columns, visits=VISITS)
    assert model.minus_two_log_likelihood <= SAS["mmrm"]["neg2reml"] + 1e-6
    assert model.minus_two_log_likelihood == pytest.approx(SAS["mmrm"]["neg2reml"], abs=2e-5)
    means = {
        tuple(level for _, level in mean.at): mean.estimate
        for mean in least_squares_means(model, design, ("THERAPY", "VISIT"))
    }
    for row in R_MMRM["lsmeans"]:
        ours = means[row["THERAPY"], row["VISIT"]]
        assert ours.value == pytest.approx(row["emmean"], rel=1.5e-4)
        assert ours.standard_error == pytest.approx(row["SE"], rel=1.5e-4)
        assert ours.df == pytest.approx(row["df"], rel=4e-4)
    for difference in mean_differences(model, design, "THERAPY", reference="PLACEBO", by=("VISIT",)):
        value, error, df, t, p = SAS["mmrm"]["diff_drug_minus_placebo"][difference.at[0][1]]
        ours = difference.estimate
        assert (ours.value, ours.standard_error) == pytest.approx((value, error), rel=1.5e-4, abs=6e-5)
        assert ours.df == pytest.approx(df, abs=0.56)
        assert (ours.t, ours.p) == pytest.approx((t, p), abs=0.006)


# ---------------------------------------------------------------------------------------------------------------- laws


def small(seed: int = 1) -> tuple[np.ndarray, str, np.ndarray]:
    generator = np.random.Generator(np.random.Philox(seed))
    base = generator.normal(20, 4, 16)
    outcome = base[:, None] + generator.multivariate_normal([0, -1, -2], [[4, 3, 2], [3, 5, 3], [2, 3, 6]], 16)
    outcome[8:] -= np.array([1, 3, 5])
    outcome[12, 1:] = outcome[13, 2:] = outcome[5, 2:] = np.nan
    return outcome, "C" * 8 + "T" * 8, base


def strategies_at_the_end(**options: Any) -> dict[str, float]:
    outcome, arm, base = small()
    found = reference_based(outcome, arm, base, visits=(1, 2, 3), arms="CT", strategies=STRATEGIES, **options)
    return {one.strategy: one.differences[0][1].value for one in found if one.visit == "3"}


def test_without_missing_values_all_strategies_are_the_analysis_of_covariance() -> None:
    outcome, arm, base = small()
    outcome[np.isnan(outcome)] = 15.0 + np.arange(4)
    found = reference_based(outcome, arm, base, visits=(1, 2, 3), arms="CT", strategies=STRATEGIES)
    assert len({one.differences[0][1] for one in found if one.visit == "3"}) == 1


def test_a_better_arm_loses_by_reference_based_imputation() -> None:
    at_end = strategies_at_the_end()
    assert at_end["MAR"] < at_end["CIR"] < at_end["J2R"] < 0
    assert at_end["MAR"] < at_end["CR"] < 0


def test_a_departure_after_the_last_visit_is_missing_at_random() -> None:
    outcome, arm, base = small()
    never = reference_based(
        outcome, arm, base, visits=(1, 2, 3), arms="CT", strategies=("J2R",), departure=np.full(16, 3)
    )
    assert never[-1].differences[0][1].value == pytest.approx(strategies_at_the_end()["MAR"], rel=1e-9)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"outcome": [[np.nan, np.nan, np.nan]] * 16}, "without any observed outcome"),
        ({"outcome": [[1.0, 2.0]] * 16}, r"patients by 3 visits \(two or more\) expected"),
        ({"arm": "C" * 16}, "no subject in T"),
        ({"covariates": np.full(16, np.nan)}, "covariates: all 16 values are missing"),
        ({"covariates": np.ones(3)}, "16 rows expected"),
        ({"departure": np.zeros(16)}, "not before the last observed outcome"),
        ({"strategies": ("LOCF",)}, "'LOCF' is not one of MAR"),
        ({"covariance": "spatial exponential"}, "says nothing about a missing visit"),
    ],
)
def test_what_cannot_be_imputed_is_refused(change: dict[str, Any], message: str) -> None:
    outcome, arm, base = small()
    arguments: dict[str, Any] = {"outcome": outcome, "arm": arm, "covariates": base, "visits": (1, 2, 3), "arms": "CT"}
    with pytest.raises(StatisticsError, match=message):
        reference_based(**(arguments | change))


# ------------------------------------------------------------------------------------------------------- Rubin's rules


@pytest.mark.parametrize(("key", "complete_df"), [("large", inf), ("n20k3", 17)])
def test_pooling_agrees_with_mice(key: str, complete_df: float) -> None:
    shown = json.loads((WITNESS / "rubin" / "rubin_pool.json").read_text())
    found, r = pool(shown["est"], shown["var"], complete_df=complete_df), shown[key]
    assert found.estimate.value == pytest.approx(r["qbar"], rel=1e-12)
    assert (found.within, found.between, found.total) == pytest.approx((r["ubar"], r["b"], r["t"]), rel=1e-10)
    assert found.estimate.standard_error == pytest.approx(r["t"] ** 0.5, rel=1e-10)
    assert found.estimate.df == pytest.approx(r["df"], rel=1e-10)
    assert found.relative_increase == pytest.approx(r["r"], rel=1e-10)
    assert found.fraction_missing == pytest.approx(r["fmi"], rel=1e-10)


def test_imputations_that_agree_cost_nothing() -> None:
    found = pool([2.0, 2.0, 2.0], [0.5, 0.5, 0.5], complete_df=17)
    assert (found.total, found.relative_increase) == (0.5, 0.0)
    assert found.estimate.df == pytest.approx(17 * 18 / 20)


@pytest.mark.parametrize(
    ("estimates", "variances", "message"),
    [([1.0], [1.0], "at least two"), ([1.0, 2.0], [1.0], "as many of both"), ([1.0, 2.0], [1.0, 0.0], "above zero")],
)
def test_what_cannot_be_pooled_is_refused(estimates: list[float], variances: list[float], message: str) -> None:
    with pytest.raises(StatisticsError, match=message):
        pool(estimates, variances)


# ------------------------------------------------------------------------------------------------------ tipping point


def shifted_difference(outcome: np.ndarray, arm: str, base: np.ndarray, delta: float, chosen: list[int]) -> float:
    """Impute, shift and analyze, word for word: a second way to the number that the closed form gives."""
    trial = incomplete_trial(outcome, arm, base, (1, 2, 3), "CT", None, "unstructured", False)
    (completed,) = conditional_means(trial, np.array(chosen), ("MAR",))
    last = completed[:, 2] + delta * np.array([arm[i] == "T" and np.isnan(outcome[i, 2]) for i in chosen])
    treated = np.array([arm[i] == "T" for i in chosen], dtype=float)
    columns = [("one", np.ones(len(chosen))), ("treated", treated), ("base", base[chosen])]
    return least_squares(last, columns).coefficient("treated").value


def test_the_tipping_point_is_where_the_interval_of_the_shifted_analysis_reaches_zero() -> None:
    outcome, arm, base = small()
    found = tipping_point(outcome, arm, base, visits=(1, 2, 3), arms="CT", treated="T", visit=3)
    everyone = list(range(16))
    assert found.imputed == 2
    assert found.difference == pytest.approx(shifted_difference(outcome, arm, base, 0.0, everyone), rel=1e-9)
    assert shifted_difference(outcome, arm, base, found.to_zero, everyone) == pytest.approx(0.0, abs=1e-9)
    assert found.to_insignificance is not None
    assert 0 < found.to_insignificance < found.to_zero
    for factor, significant in ((0.999, True), (1.001, False)):
        delta = factor * found.to_insignificance
        theta = shifted_difference(outcome, arm, base, delta, everyone)
        without = np.array(
            [shifted_difference(outcome, arm, base, delta, everyone[:i] + everyone[i + 1 :]) for i in everyone]
        )
        error = np.sqrt(15 / 16 * ((without - without.mean()) ** 2).sum())
        assert (abs(theta) > 1.959963985 * error) == significant


def test_the_tipping_point_of_the_antidepressant_data_starts_from_rbmi() -> None:
    outcome, arm, base = wide()
    found = tipping_point(
        outcome, arm, base, visits=VISITS, arms=("PLACEBO", "DRUG"), treated="DRUG", visit="7", strategy="J2R"
    )
    (shown,) = (row for row in RBMI["JR_same_cov"] if row["parameter"] == "trt_7")
    assert (-found.difference, found.standard_error) == pytest.approx((shown["est"], shown["se"]), abs=1e-4)
    assert found.imputed == 84 - 64
    assert found.slope == pytest.approx(20 / 84, abs=0.01)


def test_a_difference_that_is_not_significant_has_tipped_already() -> None:
    outcome, arm, base = small()
    outcome[8:] += np.array([1, 3, 5])
    found = tipping_point(outcome, arm, base, visits=(1, 2, 3), arms="CT", treated="T", visit=3)
    assert found.to_insignificance == 0.0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"treated": "C"}, "'C' is not one of T"),
        ({"visit": 4}, "4 is not one of 1, 2, 3"),
        ({"visit": 1}, "nobody in T has an imputed value at 1"),
    ],
)
def test_what_cannot_tip_is_refused(change: dict[str, Any], message: str) -> None:
    outcome, arm, base = small()
    arguments: dict[str, Any] = {"visits": (1, 2, 3), "arms": "CT", "treated": "T", "visit": 3}
    with pytest.raises(StatisticsError, match=message):
        tipping_point(outcome, arm, base, **(arguments | change))
