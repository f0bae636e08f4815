"""Two groups of ten patients with a continuous outcome or a whole score, compared by means or by ranks."""

from collections.abc import Callable

import numpy as np
from scipy.stats import rankdata

from benchmarks.characteristics.figures import Figure, rate, scaled
from trialwright.statistics import (
    batch_ancova,
    batch_permutation,
    hodges_lehmann,
    minimization,
    permuted_blocks,
    rerandomization_test,
    shift_interval,
    stream,
    van_elteren,
)
from trialwright.statistics.allocation_procedures import draw_blocks
from trialwright.statistics.permutation import subset_sum_counts
from trialwright.statistics.streams import chunks

TEN = np.arange(20) < 10
Noise = Callable[[np.random.Generator, tuple[int, ...]], np.ndarray]


def normal(generator: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Standard normal deviates."""
    return generator.standard_normal(shape)


def skewed(generator: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Exponential deviates: the long right tail of laboratory values."""
    return generator.exponential(size=shape)


def covariance_analysis(scale: float, seed: int) -> list[Figure]:
    """ANCOVA and t test, all trials at once; coverage is that of a true difference of one standard deviation."""
    found = []
    cases: tuple[tuple[str, Noise, int, float], ...] = (
        ("normal, 10 and 10", normal, 10, 1.0),
        ("exponential, 10 and 10", skewed, 10, 1.0),
        ("normal, 14 and 6, the smaller arm with twice the standard deviation", normal, 14, 2.0),
        ("normal, 14 and 6, the smaller arm with half the standard deviation", normal, 14, 0.5),
    )
    for situation, noise, n_first, spread in cases:
        first = np.arange(20) < n_first
        for method, adjusted in (("ANCOVA", True), ("t test", False)):
            low, covered = [], []
            for chunk in chunks(scaled(400_000, scale)):
                generator = stream(seed, f"{method} {situation}", chunk.number)
                base = generator.standard_normal((chunk.trials, 20))
                y = 0.6 * base + noise(generator, base.shape) * np.where(first, 1.0, spread)
                x = base if adjusted else None
                low.append(batch_ancova(y, first, x).p < 0.05)
                moved = batch_ancova(y + first, first, x)
                covered.append((moved.lower <= 1.0) & (moved.upper >= 1.0))
            found.append(rate(method, situation, "type I error", np.concatenate(low)))
            found.append(rate(method, situation, "coverage", np.concatenate(covered)))
    return found


def permutation(scale: float, seed: int) -> list[Figure]:
    """The exact permutation test of means, on whole scores with ties and on real values."""
    found, trials = [], scaled(50_000, scale)
    for situation, spread in (("whole scores with many ties", 2.0), ("whole scores with few ties", 8.0)):
        y = np.rint(stream(seed, f"permutation {situation}", 0).normal(20, spread, (trials, 20)))
        test = batch_permutation(y, TEN)
        found.append(rate("permutation test", situation, "type I error", test.p <= 0.05, test.status == 0))
    few = scaled(800, scale)
    y = stream(seed, "shift interval", 0).normal(size=(few, 20))
    intervals = [shift_interval(row[:10], row[10:]) for row in y]
    hits = [interval.lower <= 0.0 <= interval.upper for interval in intervals]
    found.append(rate("permutation interval", "normal, 10 and 10", "coverage", hits))
    return found


def ranks(scale: float, seed: int) -> list[Figure]:
    """Rank sum test and Hodges-Lehmann interval: exact where there are no ties, simulated where there are."""
    counts = np.array(subset_sum_counts(tuple(range(20)), 10), dtype=np.float64)
    share, distance = counts / counts.sum(), np.abs(np.arange(counts.size) - 95)
    p = np.array([share[distance >= far].sum() for far in distance])
    value = float(share[p <= 0.05].sum())
    found = [Figure(method="rank sum test", situation="no ties", quantity="type I error", value=value)]
    tail = np.minimum(np.cumsum(share), np.cumsum(share[::-1])[::-1])
    inside = float(share[tail > 0.025].sum())
    found.append(Figure(method="Hodges-Lehmann interval", situation="no ties", quantity="coverage", value=inside))
    y = np.rint(stream(seed, "rank sum", 0).normal(20, 2, (scaled(50_000, scale), 20)))
    test = batch_permutation(rankdata(y, axis=1), TEN)
    found.append(rate("rank sum test", "whole scores with many ties", "type I error", test.p <= 0.05, test.status == 0))
    hits = []
    for row in y[: scaled(1_500, scale)]:
        interval = hodges_lehmann(row[:10] + 3, row[10:])
        hits.append(interval.lower <= 3 <= interval.upper)
    found.append(rate("Hodges-Lehmann interval", "whole scores with many ties", "coverage", hits))
    return found


def strata(scale: float, seed: int) -> list[Figure]:
    """Van Elteren's test in two sites of ten patients, exact and by the normal approximation."""
    first, sites = [True] * 5 + [False] * 5 + [True] * 5 + [False] * 5, "A" * 10 + "B" * 10
    y = np.rint(stream(seed, "van Elteren", 0).normal(20, 4, (scaled(8_000, scale), 20)) + np.repeat([0, 6], 10))
    tests = [van_elteren(row, first, sites) for row in y]
    situation = "two sites of ten, whole scores"
    return [
        rate("van Elteren, exact", situation, "type I error", [test.p <= 0.05 for test in tests]),
        rate("van Elteren, normal approximation", situation, "type I error", [test.p_normal <= 0.05 for test in tests]),
    ]


def rerandomization(scale: float, seed: int) -> list[Figure]:
    """Blocks of four and a trend over calendar time: the test of the blocks, and the one that forgets them."""
    trials, situation = scaled(20_000, scale), "blocks of four, outcome drifts by 3 SD over the enrollment"
    blocks = permuted_blocks(20, 4)
    drawn = draw_blocks(blocks, 20)(stream(seed, "blocks", 0), trials)
    y = np.rint(8 * stream(seed, "drift", 0).standard_normal((trials, 20)) + np.linspace(0, 24, 20))
    own = batch_permutation(y, drawn, strata=np.repeat(np.arange(5), 4).tolist())
    plain = batch_permutation(y, drawn)
    found = [
        rate("re-randomization test, permuted blocks", situation, "type I error", own.p <= 0.05, own.status == 0),
        rate("permutation test that ignores the blocks", situation, "type I error", plain.p <= 0.05),
    ]
    few = scaled(1_500, scale)
    again = minimization([["f", "m"] * 10, ["old", "old", "young", "young"] * 5], probability=0.8)
    allocated = again(stream(seed, "minimized", 0), few)
    y = stream(seed, "minimized outcome", 0).standard_normal((few, 20)) + np.tile([0.0, 1.5], 10)
    low = [
        rerandomization_test(row, first, again, generator=stream(seed, "again", place), draws=999).p <= 0.05
        for place, (row, first) in enumerate(zip(y, allocated, strict=True))
    ]
    what = "minimization on two factors, one of them prognostic; 999 draws"
    return [*found, rate("re-randomization test, minimization", what, "type I error", low)]
