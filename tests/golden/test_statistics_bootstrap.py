"""Bootstraps against R's package boot, resample by resample: the same patients drawn, the same estimates, the same intervals."""

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from trialwright.statistics import (
    bootstrap_difference,
    bootstrap_imputation,
    bootstrap_interval,
    propensity,
    reference_based,
)
from trialwright.statistics.incomplete_trial import Strategy, incomplete_trial
from trialwright.statistics.multiple_imputation import resampled_estimates
from trialwright.statistics.weighting import resampled_differences

pytestmark = pytest.mark.golden

WITNESS = Path(__file__).parent / "witness" / "bootstrap"
R = json.loads((WITNESS / "bootstrap.json").read_text())
STRATEGIES: tuple[Strategy, ...] = ("MAR", "J2R", "CR", "CIR")


class Drawn:
    """Stands for a generator of random numbers, and draws the patients that R drew."""

    def __init__(self, indices: np.ndarray, arms: tuple[np.ndarray, np.ndarray]) -> None:
        self.drawn = iter([row[[place in arm for place in row]] for row in indices for arm in arms])

    def choice(self, who: np.ndarray, size: int) -> np.ndarray:
        found = next(self.drawn)
        assert found.size == size and set(found) <= set(who)
        return found


def read(name: str) -> list[dict[str, float]]:
    with (WITNESS / name).open() as lines:
        return [{key: float(value or "nan") for key, value in row.items()} for row in csv.DictReader(lines)]


ROWS = read("../weighting/weighting.csv")
ARM = np.array([row["ARM"] for row in ROWS])
CHANGE = [row["CHG"] for row in ROWS]
MODEL = propensity(ARM, [(name, [row[name] for row in ROWS]) for name in ("BASE", "DURATION")], arms=(0.0, 1.0))
KINDS: tuple[dict[str, Any], ...] = (
    {"population": "overlap"},
    {"population": "overlap", "adjustment": [("BASE", [row["BASE"] for row in ROWS])]},
    {"population": "treated"},
)


def agrees(found: Any, told: dict[str, Any], place: int, rel: float) -> None:
    assert found.value == pytest.approx(told["estimate"][place], rel=rel)
    assert found.standard_error == pytest.approx(told["se"][place], rel=rel)
    assert found.percentile == pytest.approx((told["lower"][place], told["upper"][place]), rel=rel)
    assert found.normal == pytest.approx((told["normal_lower"][place], told["normal_upper"][place]), rel=rel)
    assert (found.replicates, found.failed) == (200, 0)


@pytest.mark.parametrize("place", range(3), ids=["overlap", "overlap, adjusted", "treated"])
def test_the_bootstrap_of_weights_is_that_of_r(place: int) -> None:
    told = R["difference"]
    chosen = np.array(told["indices"])
    found = resampled_differences(CHANGE, MODEL, chosen, **KINDS[place])
    np.testing.assert_allclose(found, np.array(told["replicates"])[:, place], rtol=1e-6)
    arms = (np.flatnonzero(ARM == 0), np.flatnonzero(ARM == 1))
    spread = bootstrap_difference(CHANGE, MODEL, Drawn(chosen, arms), replicates=200, **KINDS[place])  # type: ignore[arg-type]
    agrees(spread, told, place, 1e-6)
    agrees(bootstrap_interval(told["estimate"][place], np.array(told["replicates"])[:, place]), told, place, 1e-12)


def test_the_bootstrap_of_imputation_is_that_of_r() -> None:
    """Thirty patients, six of whom left; R fits each resample visit by visit and says that gls finds the same maximum."""
    told, rows = R["imputation"], read("visits.csv")
    outcome = np.array([[row[f"visit{v}"] for v in (1, 2, 3)] for row in rows])
    arm, base = ["CT"[int(row["arm"])] for row in rows], [row["base"] for row in rows]
    given: dict[str, Any] = {"visits": (1, 2, 3), "arms": "CT", "strategies": STRATEGIES}
    chosen = np.array(told["indices"])
    trial = incomplete_trial(outcome, arm, base, (1, 2, 3), "CT", None, "unstructured", False)
    found = resampled_estimates(trial, chosen, STRATEGIES)[:, :, 2, 2]
    np.testing.assert_allclose(found, np.array(told["replicates"]), rtol=1e-8, atol=1e-9)
    arms = (np.arange(15), np.arange(15, 30))
    every = bootstrap_imputation(outcome, arm, base, Drawn(chosen, arms), replicates=200, **given)  # type: ignore[arg-type]
    whole = {
        one.strategy: one.differences[0][1].value
        for one in reference_based(outcome, arm, base, **given)
        if one.visit == "3"
    }
    for place, strategy in enumerate(STRATEGIES):
        (one,) = (one for one in every if (one.strategy, one.visit) == (strategy, "3"))
        agrees(one.differences[0][1], told, place, 1e-8)
        assert one.differences[0][1].value == pytest.approx(whole[strategy], rel=1e-12)
