"""Twenty patients whose baseline decides which arm they are likely to get: weighting, and what forgets it."""

import numpy as np

from benchmarks.characteristics.figures import Figure, rate, scaled
from trialwright.statistics import (
    StatisticsError,
    batch_ancova,
    bootstrap_difference,
    propensity,
    stream,
    weighted_difference,
)

SITUATION = "arm by baseline (odds ratio 2.2 per SD), baseline explains a third of the outcome"
KINDS = (
    ("overlap weights, stacked sandwich HC1", "overlap", "stacked HC1"),
    ("overlap weights, stacked sandwich", "overlap", "stacked"),
    ("overlap weights, weights taken as fixed, HC3", "overlap", "fixed HC3"),
    ("inverse probability weights, stacked sandwich HC1", "all", "stacked HC1"),
)


def cohorts(seed: int, trials: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Baseline, who is treated, and outcome (trials x 20 each); the treatment does nothing."""
    generator = stream(seed, "weighting", 0)
    base = generator.standard_normal((trials, 20))
    treated = generator.random((trials, 20)) < 1 / (1 + np.exp(-0.8 * base))
    return base, treated, 0.6 * base + 0.8 * generator.standard_normal((trials, 20))


def weighting(scale: float, seed: int) -> list[Figure]:
    """No effect; the arms have the same mean only after their baselines have been made alike."""
    trials = scaled(2_000, scale)
    base, treated, y = cohorts(seed, trials)
    p = {name: np.full(trials, np.nan) for name, _, _ in KINDS}
    for place in range(trials):
        try:
            model = propensity(treated[place].tolist(), [("baseline", base[place])], arms=(False, True))
            for name, population, variance in KINDS:
                found = weighted_difference(y[place], model, population=population, variance=variance)  # type: ignore[arg-type]
                p[name][place] = found.difference.p
        except StatisticsError:  # fewer than two patients in an arm
            continue
    found = [rate(name, SITUATION, "type I error", p[name] < 0.05, ~np.isnan(p[name])) for name, _, _ in KINDS]
    for name, x in (
        ("ANCOVA of arms that were not randomized", base),
        ("t test of arms that were not randomized", None),
    ):
        fit = batch_ancova(y, treated, x)
        found.append(rate(name, SITUATION, "type I error", fit.p < 0.05, fit.analyzed))
    return found


def resampled_weights(scale: float, seed: int) -> list[Figure]:
    """The same cohorts by resampling patients within arms, 300 times, propensity included."""
    trials, kinds = scaled(1_000, scale), ("percentile", "normal")
    base, treated, y = cohorts(seed, trials)
    missed = {kind: np.full(trials, np.nan) for kind in kinds}
    for place in range(trials):
        try:
            model = propensity(treated[place].tolist(), [("baseline", base[place])], arms=(False, True))
            found = bootstrap_difference(y[place], model, stream(seed, "bootstrap of weights", place), replicates=300)
        except StatisticsError:  # fewer than two patients in an arm, or too many resamples without a spread
            continue
        for kind in kinds:
            low, high = getattr(found, kind)
            missed[kind][place] = not low <= 0.0 <= high
    return [
        rate(
            f"bootstrap of overlap weights, {kind} interval",
            f"{SITUATION}; 300 resamples",
            "type I error",
            hits == 1.0,
            ~np.isnan(hits),
        )
        for kind, hits in missed.items()
    ]
