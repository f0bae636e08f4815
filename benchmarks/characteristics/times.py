"""Twenty patients followed to an event: Kaplan-Meier intervals and log-rank tests."""

import numpy as np

from benchmarks.characteristics.figures import Figure, rate, scaled
from trialwright.statistics import StatisticsError, exact_log_rank_test, kaplan_meier, log_rank_test, stream

FIRST = [True] * 10 + [False] * 10


def followed(seed: int, name: str, trials: int) -> tuple[np.ndarray, np.ndarray]:
    """Exponential times (mean 1), and staggered entry that ends following between 0.5 and 2.5: about a third is censored."""
    generator = stream(seed, name, 0)
    event, end = generator.exponential(size=(trials, 20)), generator.uniform(0.5, 2.5, (trials, 20))
    return np.minimum(event, end), (event <= end).astype(np.float64)


def curves(scale: float, seed: int) -> list[Figure]:
    """Does the interval at a time cover the true share still free of the event?"""
    time, event = followed(seed, "curves", scaled(4_000, scale))
    found = []
    for scale_name in ("log-log", "log", "plain"):
        for share in (0.8, 0.5):
            hits, defined = [], []
            for t, d in zip(time, event, strict=True):
                steps = [step for step in kaplan_meier(t, d, scale=scale_name).steps if step.time <= -np.log(share)]
                known = bool(steps) and steps[-1].lower is not None and steps[-1].upper is not None
                defined.append(known)
                hits.append(known and steps[-1].lower <= share <= steps[-1].upper)  # type: ignore[operator]
            situation = f"20 patients, a third censored, true share {share:.0%}"
            found.append(rate(f"Kaplan-Meier, {scale_name}", situation, "coverage", hits, defined))
    return found


def log_rank(scale: float, seed: int) -> list[Figure]:
    """Two groups of ten with the same hazard."""
    time, event = followed(seed, "log-rank", scaled(10_000, scale))
    group, chi, peto, exact = "A" * 10 + "B" * 10, [], [], []
    few = scaled(4_000, scale)
    for place, (t, d) in enumerate(zip(time, event, strict=True)):
        try:
            chi.append(log_rank_test(t, d, group, levels="AB").p)
            peto.append(log_rank_test(t, d, group, levels="AB", early=True).p)
            if place < few:
                exact.append(exact_log_rank_test(t, d, FIRST).p)
        except StatisticsError:  # nobody has the event
            chi.append(np.nan)
    situation = "10 and 10, a third censored"
    return [
        rate(name, situation, "type I error", np.array(p) <= 0.05, ~np.isnan(p))
        for name, p in (
            ("log-rank, chi-square", chi),
            ("log-rank of early differences", peto),
            ("log-rank, exact", exact),
        )
    ]
