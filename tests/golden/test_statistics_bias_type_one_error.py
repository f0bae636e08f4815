"""How often weighting and random imputation find a difference that is not there, in twenty patients (nightly)."""

from collections import Counter
from collections.abc import Callable
from typing import Any, get_args

import numpy as np
import pytest

from trialwright.statistics import (
    StatisticsError,
    bootstrap_difference,
    bootstrap_imputation,
    multiple_imputation,
    propensity,
    reference_based,
    weighted_difference,
)
from trialwright.statistics.weighting import Population, WeightedVariance

N = 20
SIGMA = np.array([[36.0, 25, 22, 20], [25, 42, 28, 26], [22, 28, 49, 34], [20, 26, 34, 56]])


def show(title: str, found: Counter[Any], trials: Counter[Any]) -> dict[Any, float]:
    print(f"\n{title}")
    shares = {key: found[key] / trials[key] for key in trials if key[0] != "refused"}
    for key, share in shares.items():
        print(f"{key!s:50s} {100 * share:6.2f} % of {trials[key]}")
    return shares


def cohort(generator: np.random.Generator) -> tuple[list[str], list[tuple[str, np.ndarray]], np.ndarray]:
    """Baseline and duration decide on the treatment and on the outcome; the treatment does nothing. Six an arm at least."""
    while True:
        x = generator.normal(0, 1, (N, 2))
        arm = generator.random(N) < 1 / (1 + np.exp(-(0.7 * x[:, 0] - 0.5 * x[:, 1])))
        if 6 <= arm.sum() <= N - 6:
            outcome = 4.0 * x[:, 0] - 2.0 * x[:, 1] + generator.normal(0, 5, N)
            return ["T" if a else "C" for a in arm], [("base", x[:, 0]), ("duration", x[:, 1])], outcome


def weighted_rejections(trials: int, bootstraps: int) -> tuple[Counter[Any], Counter[Any]]:
    generator, found, done = np.random.Generator(np.random.Philox(2026)), Counter[Any](), Counter[Any]()
    for trial in range(trials):
        arm, covariates, outcome = cohort(generator)
        model = propensity(arm, covariates, arms="CT")
        treated = np.array(arm) == "T"
        pooled = ((N - 2) ** -1 * sum(outcome[s].var() * s.sum() for s in (treated, ~treated))) ** 0.5
        plain = (
            (outcome[treated].mean() - outcome[~treated].mean())
            / pooled
            / (1 / treated.sum() + 1 / (~treated).sum()) ** 0.5
        )
        found["not weighted"] += abs(plain) > 2.100922
        done["not weighted"] += 1
        for population in get_args(Population):
            for adjusted in (False, True):
                options: dict[str, Any] = {"population": population, "adjustment": covariates if adjusted else ()}
                label = f"{population}{', adjusted' if adjusted else ''}"
                for variance in get_args(WeightedVariance):
                    if variance == "jackknife" and trial >= bootstraps * 2:
                        continue
                    key = (label, variance)
                    found[key] += weighted_difference(outcome, model, variance=variance, **options).difference.p < 0.05
                    done[key] += 1
                if trial < bootstraps and population == "overlap":
                    spread = bootstrap_difference(outcome, model, generator, replicates=100, **options)
                    for kind, limits in (("percentile", spread.percentile), ("normal", spread.normal)):
                        found[label, f"bootstrap {kind}"] += not limits[0] < 0.0 < limits[1]
                        done[label, f"bootstrap {kind}"] += 1
    return found, done


@pytest.mark.nightly
def test_weighting_in_twenty_patients() -> None:
    """Weighting removes most of the confounding that the plain test suffers from. Run with ``-m nightly -s`` for the table."""
    shares = show("two confounders, no effect, Firth propensity", *weighted_rejections(1000, 100))
    assert shares["not weighted"] > 0.12
    for population in ("overlap", "all", "treated"):
        assert shares[f"{population}, adjusted", "stacked HC1"] < shares["not weighted"]
    assert shares["overlap, adjusted", "jackknife"] < 0.05 + 4 * (0.05 * 0.95 / 200) ** 0.5


def imputed_rejections(trials: int, bootstraps: int) -> tuple[Counter[Any], Counter[Any]]:
    """Each method refuses on its own; ``refused`` counts trials by method."""
    generator, found, done = np.random.Generator(np.random.Philox(2027)), Counter[Any](), Counter[Any]()
    options: dict[str, Any] = {"visits": (1, 2, 3, 4), "arms": "CT", "strategies": ("MAR", "J2R")}
    methods: dict[str, Callable[..., Any]] = {
        "Rubin": lambda *data: multiple_imputation(*data, generator, imputations=50, **options),
        "jackknife": lambda *data: reference_based(*data, **options),
        "bootstrap": lambda *data: bootstrap_imputation(*data, generator, replicates=100, **options),
    }
    for trial in range(trials):
        base = generator.normal(25, 6, N)
        outcome = generator.multivariate_normal(np.zeros(4), SIGMA, N) + 0.5 * base[:, None]
        left = np.cumsum(generator.random((N, 4)) < 0.1, axis=1) > 0
        left[:, 0] = False
        outcome[left] = np.nan
        for name, method in methods.items():
            if name == "bootstrap" and trial >= bootstraps:
                continue
            try:
                result = method(outcome, "C" * 10 + "T" * 10, base)
            except StatisticsError:
                done["refused", name] += 1
                continue
            for one in result[3::4]:
                value = one.differences[0][1]
                intervals = {"": value.estimate if name == "Rubin" else value}
                if name == "bootstrap":
                    intervals = {" percentile": value.percentile, " normal": value.normal}
                for kind, limits in intervals.items():
                    low, high = limits if name == "bootstrap" else (limits.lower, limits.upper)
                    found[one.strategy, name + kind] += not low < 0.0 < high
                    done[one.strategy, name + kind] += 1
    return found, done


@pytest.mark.nightly
def test_imputation_in_twenty_patients() -> None:
    """Rubin's rules with Barnard and Rubin's degrees of freedom keep 5 %. Run with ``-m nightly -s`` for the table."""
    found, done = imputed_rejections(3000, 300)
    shares = show("four visits, one in ten leaves at each, no effect", found, done)
    print({name: f"{count} refused" for (kind, name), count in done.items() if kind == "refused"})
    assert shares["MAR", "Rubin"] < 0.05 + 4 * (0.05 * 0.95 / 3000) ** 0.5
    assert shares["J2R", "Rubin"] < shares["MAR", "Rubin"]
    assert abs(shares["MAR", "jackknife"] - 0.05) < 0.02
    assert shares["J2R", "jackknife"] < shares["MAR", "jackknife"]
    assert done["refused", "Rubin"] < 60
    assert done["refused", "jackknife"] < 300
    assert done["refused", "bootstrap"] > 150, "a bootstrap of twenty patients and four visits should mostly refuse"


def test_the_imputations_are_tried_with_few_trials() -> None:
    """The loop of the nightly test runs, and counts refusals apart."""
    found, done = imputed_rejections(12, 4)
    assert done["MAR", "Rubin"] + done["refused", "Rubin"] == 12
    assert done["MAR", "bootstrap normal"] + done["refused", "bootstrap"] == 4
    assert found["MAR", "Rubin"] <= 4
