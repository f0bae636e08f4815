"""Random imputation against SAS's macros and R rbmi (Bayesian), and its limit against conditional means."""

import csv
import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from trialwright.statistics import MultipleImputation, multiple_imputation, reference_based

pytestmark = pytest.mark.golden

WITNESS = Path(__file__).parent / "witness" / "reference_based"
SAS = json.loads((WITNESS / "antidepressant_sas.json").read_text())
VISITS, ARMS = ("4", "5", "6", "7"), ("PLACEBO", "DRUG")
STRATEGIES = ("MAR", "J2R", "CR", "CIR")
SAS_DRAWS = 10_000


def antidepressant() -> tuple[np.ndarray, list[str], np.ndarray]:
    with (WITNESS / "antidepressant_data.csv").open() as lines:
        rows = list(csv.DictReader(lines))
    patients = list(dict.fromkeys(row["PATIENT"] for row in rows))
    outcome, arm, base = np.full((len(patients), 4), np.nan), [""] * len(patients), np.zeros(len(patients))
    for row in rows:
        i = patients.index(row["PATIENT"])
        outcome[i, VISITS.index(row["VISIT"])] = float(row["CHANGE"])
        arm[i], base[i] = row["THERAPY"], float(row["BASVAL"])
    return outcome, arm, base


@cache
def imputed() -> dict[tuple[str, str], MultipleImputation]:
    outcome, arm, base = antidepressant()
    generator = np.random.Generator(np.random.Philox(2026))
    options: dict[str, Any] = {"imputations": 800, "burn_in": 50, "between": 1, "strategies": STRATEGIES}
    found = multiple_imputation(outcome, arm, base, generator, visits=VISITS, arms=ARMS, **options)
    return {(one.strategy, one.visit): one for one in found}


@pytest.mark.parametrize(
    ("strategy", "visit"), [(s, v) for s in SAS["five_macros"] for v in SAS["five_macros"][s]], ids=lambda x: x
)
def test_imputation_agrees_with_the_macros_of_sas(strategy: str, visit: str) -> None:
    """Within three Monte Carlo standard errors, ours and those of their 10,000 draws together."""
    shown, one = SAS["five_macros"][strategy][visit], imputed()[strategy, visit]
    ours = one.differences[0][1]
    both = (ours.between * (1 / ours.imputations + 1 / SAS_DRAWS)) ** 0.5
    assert -ours.estimate.value == pytest.approx(shown["diff_placebo_minus_drug"], abs=3 * both + 1e-5)
    error = ours.between * (2 / ours.imputations + 2 / SAS_DRAWS) ** 0.5 / (2 * shown["se"])
    assert ours.estimate.standard_error == pytest.approx(shown["se"], abs=3 * error + 1e-4)
    assert ours.estimate.df == pytest.approx(shown["df"], abs=2.5)
    assert one.sampler == "monotone data augmentation"
    assert abs(one.autocorrelation) < 0.15


def test_imputation_agrees_with_rbmi() -> None:
    """Its vignette's 150 Bayesian imputations, jump to reference: estimate, standard error."""
    for visit in VISITS[1:]:
        value, error, *_ = SAS["rbmi_bayes_quickstart_JR"][f"trt_{visit}"]
        ours = imputed()["J2R", visit].differences[0][1]
        both = (ours.between * (1 / ours.imputations + 1 / 150)) ** 0.5
        assert -ours.estimate.value == pytest.approx(value, abs=3 * both)
        spread = ours.between * (2 / ours.imputations + 2 / 150) ** 0.5 / (2 * error)
        assert ours.estimate.standard_error == pytest.approx(error, abs=3 * spread)


def expected(outcome: np.ndarray, traits: np.ndarray, referred: np.ndarray, strategy: str) -> np.ndarray:
    """Conditional means by regressing each visit on the traits and the visits before it: the limit of many imputations."""
    n, m = outcome.shape
    own, reference, slopes = np.zeros((n, m)), np.zeros((n, m)), []
    for t in range(m):
        here = np.isfinite(outcome[:, t])
        x = np.column_stack([traits, outcome[:, :t]])[here]
        beta = np.linalg.lstsq(x, outcome[here, t], rcond=None)[0]
        q = traits.shape[1]
        own[:, t] = traits @ beta[:q] + own[:, :t] @ beta[q:]
        reference[:, t] = referred @ beta[:q] + reference[:, :t] @ beta[q:]
        slopes.append(beta[q:])
    filled = outcome.copy()
    for i in range(n):
        left = int(np.isfinite(outcome[i]).sum())
        for t in range(left, m):
            shift = {"MAR": own[i], "CR": reference[i]}.get(strategy)
            if shift is None:
                later = reference[i] if strategy == "J2R" else own[i, left - 1] + reference[i] - reference[i, left - 1]
                shift = np.concatenate([own[i, :left], later[left:]])
            filled[i, t] = shift[t] + slopes[t] @ (filled[i, :t] - shift[:t])
    return filled


def test_many_imputations_approach_the_conditional_means() -> None:
    """Without the one gap the draws are exact; their mean is the regression's, within four Monte Carlo errors."""
    outcome, arm, base = antidepressant()
    whole = [i for i in range(len(arm)) if np.isfinite(outcome[i, : int(np.isfinite(outcome[i]).sum())]).all()]
    outcome, arm, base = outcome[whole], [arm[i] for i in whole], base[whole]
    assert len(whole) == 171
    generator = np.random.Generator(np.random.Philox(5))
    options: dict[str, Any] = {"visits": VISITS, "arms": ARMS, "strategies": STRATEGIES}
    found = multiple_imputation(outcome, arm, base, generator, imputations=2500, **options)
    means = {(one.strategy, one.visit): one for one in reference_based(outcome, arm, base, **options)}
    drug = np.array([a == "DRUG" for a in arm], dtype=float)
    traits = np.column_stack([np.ones(len(arm)), base, drug])
    for one in found:
        assert one.sampler == "exact"
        filled = expected(outcome, traits, traits * [1, 1, 0], one.strategy)
        beta = np.linalg.lstsq(np.column_stack([1 - drug, drug, base]), filled[:, VISITS.index(one.visit)], rcond=None)[
            0
        ]
        ours = one.differences[0][1]
        assert abs(ours.estimate.value - (beta[1] - beta[0])) <= 4 * ours.monte_carlo_error + 1e-9
        # The mixed model (REML) estimates its slopes slightly otherwise than the regressions do.
        shown = means[one.strategy, one.visit].differences[0][1].value
        assert abs(ours.estimate.value - shown) <= 4 * ours.monte_carlo_error + 0.002
