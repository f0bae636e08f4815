"""Yes-or-no outcomes and counts of events: every possible outcome is enumerated, nothing is simulated."""

from collections.abc import Callable

import numpy as np

from benchmarks.characteristics.figures import Figure, extremes
from trialwright.statistics import (
    chi_square_test,
    clopper_pearson,
    exact_difference,
    exact_table,
    incidence_rate,
    mcnemar_test,
    miettinen_nurminen,
    newcombe,
    rate_ratio,
    wilson,
)
from trialwright.statistics.exact_tables import binomial_points
from trialwright.statistics.proportions import Proportion
from trialwright.statistics.risk_difference import RiskDifference

GRID = np.linspace(0.01, 0.99, 99)
SIZES = ((10, 10), (14, 6))
Interval = Callable[[int, int, int, int], RiskDifference]


def poisson_points(most: int, mean: float) -> np.ndarray:
    """The probabilities of 0 to ``most`` events."""
    steps = np.concatenate([[0.0], np.log(mean) - np.log(np.arange(1, most + 1))])
    return np.exp(np.cumsum(steps) - mean)


def two_proportions(scale: float, seed: int) -> list[Figure]:
    """The largest type I error over all common proportions."""
    found = []
    for n_1, n_2 in SIZES:
        situation = f"{n_1} and {n_2} patients, any common proportion"
        for test in ("fisher", "boschloo", "barnard"):
            size = exact_table(test, n_1, n_2).size().probability
            found.append(Figure(method=f"{test.capitalize()}'s test", situation=situation, quantity="size", value=size))
        rejects = np.array([[_chi_square_rejects(x, n_1, y, n_2) for y in range(n_2 + 1)] for x in range(n_1 + 1)])
        chances = [float((np.outer(binomial_points(n_1, p), binomial_points(n_2, p)) * rejects).sum()) for p in GRID]
        found.append(Figure(method="chi-square test", situation=situation, quantity="size", value=max(chances)))
    return found


def _chi_square_rejects(x: int, n_1: int, y: int, n_2: int) -> bool:
    return 0 < x + y < n_1 + n_2 and chi_square_test([[x, n_1 - x], [y, n_2 - y]]).p <= 0.05


def risk_differences(scale: float, seed: int) -> list[Figure]:
    """Coverage over a grid of 99 x 99 pairs of proportions."""
    return _coverage(
        (
            ("Newcombe interval", newcombe),
            ("Miettinen-Nurminen interval", miettinen_nurminen),
            ("Mee interval", lambda x, n, y, m: miettinen_nurminen(x, n, y, m, corrected=False)),
        )
    )


def exact_risk_differences(scale: float, seed: int) -> list[Figure]:
    """The same of the interval that takes longer."""
    return _coverage((("exact interval (Chan-Zhang)", exact_difference),))


def _coverage(methods: tuple[tuple[str, Interval], ...]) -> list[Figure]:
    found = []
    for n_1, n_2 in SIZES:
        points_1, points_2 = (np.array([binomial_points(n, p) for p in GRID]) for n in (n_1, n_2))
        for name, interval in methods:
            told = [[interval(x, n_1, y, n_2) for y in range(n_2 + 1)] for x in range(n_1 + 1)]
            lower, upper = (
                np.array([[getattr(one, end) for one in row] for row in told]) for end in ("lower", "upper")
            )
            coverage = []
            for p_1, chance_1 in zip(GRID, points_1, strict=True):
                true = (p_1 - GRID)[:, None, None]
                inside = (lower <= true + 1e-9) & (upper >= true - 1e-9)
                coverage.append(np.einsum("x,gy,gxy->g", chance_1, points_2, inside))
            situation = f"{n_1} and {n_2} patients, proportions 0.01 to 0.99"
            found += extremes(name, situation, np.array(coverage))
    return found


def one_proportion(scale: float, seed: int) -> list[Figure]:
    """Coverage over proportions from 0.001 to 0.999."""
    found, grid = [], np.linspace(0.001, 0.999, 999)
    methods: tuple[tuple[str, Callable[[int, int], Proportion]], ...] = (
        ("Wilson interval", wilson),
        ("Clopper-Pearson interval", clopper_pearson),
    )
    for n in (10, 20):
        for name, interval in methods:
            told = [interval(x, n) for x in range(n + 1)]
            coverage = [
                sum(
                    c
                    for c, one in zip(binomial_points(n, p), told, strict=True)
                    if one.lower - 1e-12 <= p <= one.upper + 1e-12
                )
                for p in grid
            ]
            found += extremes(name, f"{n} patients, proportion 0.001 to 0.999", coverage)
    return found


def pairs(scale: float, seed: int) -> list[Figure]:
    """McNemar's test of twenty pairs, over any probability that a pair disagrees."""
    exact, rough = np.zeros(21), np.zeros(21)  # rejection given the number of pairs that disagree
    for n in range(21):
        chances = binomial_points(n, 0.5)
        tests = [mcnemar_test(b, n - b) for b in range(n + 1)]
        exact[n] = sum(c for c, test in zip(chances, tests, strict=True) if test.p <= 0.05)
        rough[n] = sum(c for c, test in zip(chances, tests, strict=True) if test.p_chi_square <= 0.05)
    disagree = np.array([binomial_points(20, p) for p in np.linspace(0.001, 1.0, 1000)])
    situation = "20 pairs, any share that disagrees"
    return [
        Figure(method=name, situation=situation, quantity="size", value=float((disagree @ given).max()))
        for name, given in (("McNemar's test, exact", exact), ("McNemar's test, chi-square", rough))
    ]


def rates(scale: float, seed: int) -> list[Figure]:
    """Incidence rates and their ratio, for expected numbers of events from 0.2 to 15."""
    means, most = np.linspace(0.2, 15, 149), 60
    told = [incidence_rate(x, 1.0) for x in range(most + 1)]
    one = [
        sum(c for c, rate in zip(poisson_points(most, m), told, strict=True) if rate.lower <= m <= rate.upper)
        for m in means
    ]
    found = extremes("incidence rate, exact interval", "0.2 to 15 events expected", one)
    compared = [[rate_ratio(x, 1.0, y, 1.0) for y in range(most + 1)] for x in range(most + 1)]
    p, lower, upper = (
        np.array([[getattr(one, part) for one in row] for row in compared]) for part in ("p", "lower", "upper")
    )
    size = max(float(np.outer(c, c)[p <= 0.05].sum()) for c in (poisson_points(most, m) for m in means))
    where = "equal exposure, 0.2 to 15 events expected in either group"
    found.append(Figure(method="rate ratio, exact test", situation=where, quantity="size", value=size))
    coverage = []
    for first in means[::8]:
        for second in means[::8]:
            inside = (lower <= first / second * (1 + 1e-9)) & (upper >= first / second * (1 - 1e-9))
            coverage.append(float(np.outer(poisson_points(most, first), poisson_points(most, second))[inside].sum()))
    return found + extremes("rate ratio, exact interval", where, coverage)
