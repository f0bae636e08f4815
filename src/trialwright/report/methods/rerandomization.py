"""Re-randomization test: the allocation is run again and again, as it was done, to see how unusual the difference is."""

import numpy as np

from trialwright.report.results import POOLED, Result
from trialwright.report.sample import Sample
from trialwright.statistics import rerandomization_test

DRAWS = 19_999


def results(sample: Sample) -> tuple[Result, ...]:
    """The p-value of the baseline-adjusted difference under permuted blocks of the planned sizes, with its Monte Carlo error.

    Patients stand in the order in which they were enrolled. The sizes of the blocks are drawn anew each time, because
    the sealed list is not among the data. The settings are `sizes` and the `seed` of the draws.
    """
    everybody = sorted(sample.courses, key=lambda one: (str(one.traits.get("ENRLDT")), one.subject))
    places = np.array([place for place, one in enumerate(everybody) if one.counts], dtype=np.intp)
    people = [everybody[int(place)] for place in places]
    sample.need_both_arms(people)
    change = np.array([sample.change(one) or 0.0 for one in people])
    design = np.column_stack([np.ones(len(people)), [one.baseline for one in people]])
    residual = change - design @ np.linalg.lstsq(design, change, rcond=None)[0]
    sizes = [int(size) for size in sample.plan.setting("sizes", "2 4").split()]

    def again(generator: np.random.Generator, draws: int) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
        return blocks(generator, draws, len(everybody), sizes)[:, places]

    test = rerandomization_test(residual, [one.arm == sample.treatment for one in people], again, draws=DRAWS,
                                generator=np.random.Generator(np.random.Philox(int(sample.plan.setting("seed", "1")))))  # fmt: skip
    return (Result(operation="P", group=sample.contrast, value=test.p), Result(operation="P_SE", group=sample.contrast, value=test.p_standard_error),
            Result(operation="N_DRAWS", group=POOLED, value=float(test.draws or 0)))  # fmt: skip


def blocks(generator: np.random.Generator, draws: int, n: int, sizes: list[int]) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
    """`draws` allocations of n patients by permuted blocks whose sizes are drawn from `sizes`: draws x n, True is the treatment.

    >>> drawn = blocks(np.random.Generator(np.random.Philox(1)), 1000, 6, [2])
    >>> drawn.sum(axis=1).tolist() == [3] * 1000, drawn[:, :2].sum(axis=1).max().item()
    (True, 1)
    """
    smallest = min(sizes)
    most = -(-n // smallest)
    chosen = generator.choice(sizes, (draws, most))
    block = np.repeat(np.arange(most), max(sizes))
    inside = np.tile(np.arange(max(sizes)), most)
    size = chosen[:, block]
    real = inside < size
    order = np.argsort(np.where(real, generator.random(real.shape) + block, np.inf), axis=1)
    treated = (inside < size / 2) & real
    shuffled = np.take_along_axis(treated, order, axis=1)
    return shuffled[:, :n]
