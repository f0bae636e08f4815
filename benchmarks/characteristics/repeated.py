"""Four visits with patients who leave: the mixed model, and what if they had gone on like the reference arm."""

import numpy as np

from benchmarks.characteristics.figures import Figure, rate, scaled
from trialwright.statistics import (
    StatisticsError,
    bootstrap_imputation,
    mmrm,
    multiple_imputation,
    reference_based,
    stream,
)
from trialwright.statistics.batch_mmrm import batch_mmrm
from trialwright.statistics.streams import chunks

SIGMA = np.array([[36.0, 25, 22, 20], [25, 42, 28, 26], [22, 28, 49, 34], [20, 26, 34, 56]])
ARM = np.repeat([0.0, 1.0], 10)


def visits(
    seed: int, name: str, number: int, trials: int, leave: float, gaps: float = 0.0
) -> tuple[np.ndarray, np.ndarray]:
    """Outcomes (trials x 20 x 4) and baseline; patients leave after the first visit, or miss single visits, by chance."""
    generator = stream(seed, name, number)
    base = generator.normal(25, 6, (trials, 20))
    outcome = generator.standard_normal((trials, 20, 4)) @ np.linalg.cholesky(SIGMA).T + 0.5 * base[:, :, None]
    gone = np.cumsum(generator.random((trials, 20, 4)) < leave, axis=2) > 0
    gone |= generator.random((trials, 20, 4)) < gaps
    gone[:, :, 0] = False
    outcome[gone] = np.nan
    return outcome, base


def mixed_model(scale: float, seed: int) -> list[Figure]:
    """The difference at the last visit, unstructured covariance, every column by visit."""
    found = []
    cases = (
        ("4 visits, complete", 0.0, 0.0, 100_000),
        ("4 visits, 10 % leave at each", 0.1, 0.0, 100_000),
        ("4 visits, 10 % missed, patients return", 0.0, 0.1, 100_000),
    )
    for situation, leave, gaps, trials in cases:
        for method, inference in (("MMRM, Kenward-Roger", "kenward-roger"), ("MMRM, Satterthwaite", "satterthwaite")):
            low, known = [], []
            for chunk in chunks(scaled(trials, scale)):
                y, base = visits(seed, f"mixed {situation}", chunk.number, chunk.trials, leave, gaps)
                fit = batch_mmrm(y, ARM, base[:, :, None], inference=inference)  # type: ignore[arg-type]
                low.append(fit.p < 0.05)
                known.append(fit.converged)
            found.append(rate(method, situation, "type I error", np.concatenate(low), np.concatenate(known)))
    return found


def reference(scale: float, seed: int) -> list[Figure]:
    """Reference-based conditional means with the jackknife: three visits, no effect, a tenth leaves at each visit."""
    y, base = visits(seed, "reference", 0, scaled(10_000, scale), 0.1)
    strategies = ("MAR", "J2R", "CR", "CIR")
    p: dict[str, list[float]] = {name: [] for name in strategies}
    for outcome, covariate in zip(y[:, :, :3], base, strict=True):
        try:
            told = reference_based(
                outcome, "C" * 10 + "T" * 10, covariate, visits=(1, 2, 3), arms="CT", strategies=strategies
            )
            values = {one.strategy: one.differences[0][1].p for one in told if one.visit == "3"}
        except StatisticsError:  # one patient less, and the model has no maximum
            values = dict.fromkeys(strategies, np.nan)
        for name in strategies:
            p[name].append(values[name])
    situation = "3 visits, 10 % leave at each"
    return [
        rate(
            f"reference-based, {name}, jackknife",
            situation,
            "type I error",
            np.array(p[name]) < 0.05,
            ~np.isnan(p[name]),
        )
        for name in strategies
    ]


def imputation(scale: float, seed: int) -> list[Figure]:
    """The same trials by multiple imputation (50 draws) and Rubin's rules."""
    y, base = visits(seed, "reference", 0, scaled(10_000, scale), 0.1)
    strategies = ("MAR", "J2R", "CR", "CIR")
    p: dict[str, list[float]] = {name: [] for name in strategies}
    for place, (outcome, covariate) in enumerate(zip(y[:, :, :3], base, strict=True)):
        told = multiple_imputation(
            outcome, "C" * 10 + "T" * 10, covariate, stream(seed, "imputation", place), visits=(1, 2, 3), arms="CT",
            strategies=strategies, imputations=50,
        )  # fmt: skip
        for one in told:
            if one.visit == "3":
                p[one.strategy].append(one.differences[0][1].estimate.p)
    situation = "3 visits, 10 % leave at each"
    return [
        rate(f"multiple imputation, {name}, Rubin", situation, "type I error", np.array(p[name]) < 0.05)
        for name in strategies
    ]


def bootstraps(scale: float, seed: int) -> list[Figure]:
    """Patients resampled within arms, 500 times; refused if more than one resample in twenty has no estimate."""
    return [one for m, trials in ((3, 2_000), (4, 500)) for one in _bootstraps(m, scaled(trials, scale), seed)]


def _bootstraps(m: int, trials: int, seed: int) -> list[Figure]:
    """The first ``m`` visits of the trials of ``reference``."""
    y, base = visits(seed, "reference", 0, trials, 0.1)
    strategies, kinds = ("MAR", "J2R", "CR", "CIR"), ("percentile", "normal")
    missed = {(name, kind): np.full(len(y), np.nan) for name in strategies for kind in kinds}
    for place, (outcome, covariate) in enumerate(zip(y[:, :, :m], base, strict=True)):
        try:
            told = bootstrap_imputation(
                outcome, "C" * 10 + "T" * 10, covariate, stream(seed, "bootstrap", place), visits=range(m), arms="CT",
                strategies=strategies, replicates=500,
            )  # fmt: skip
        except StatisticsError:  # too many resamples in which a visit or an arm has too few patients
            continue
        for one in told[m - 1 :: m]:
            for kind in kinds:
                low, high = getattr(one.differences[0][1], kind)
                missed[one.strategy, kind][place] = not low <= 0.0 <= high
    situation = f"{m} visits, 10 % leave at each; 500 resamples"
    return [
        rate(f"bootstrap of imputation, {name}, {kind} interval", situation, "type I error", p == 1.0, ~np.isnan(p))
        for (name, kind), p in missed.items()
    ]


def other_inference(scale: float, seed: int) -> list[Figure]:
    """The same mixed model with other degrees of freedom and with empirical (sandwich) covariances, trial by trial."""
    methods = ("between-within", "residual", "CR0", "CR2", "CR3")
    y, base = visits(seed, "other inference", 0, scaled(1_500, scale), 0.1)
    arm, visit, subject = np.repeat(ARM, 4), np.tile(np.arange(4), 20), np.repeat(np.arange(20), 4)
    here = [(f"visit {v}", (visit == v).astype(float)) for v in range(4)]
    p = {name: np.full(len(y), np.nan) for name in methods}
    for place, (outcome, covariate) in enumerate(zip(y, base, strict=True)):
        longer = np.repeat(covariate, 4)
        columns = [
            *here,
            *((f"arm {name}", arm * at) for name, at in here),
            *((f"base {name}", longer * at) for name, at in here),
        ]
        try:
            model = mmrm(outcome.ravel(), subject, visit, columns, visits=range(4))
            for name in methods:
                p[name][place] = model.with_inference(name).coefficient("arm visit 3").p  # type: ignore[arg-type]
        except StatisticsError:  # no maximum, or one patient alone is left in an arm
            continue
    return [
        rate(f"MMRM, {name}", "4 visits, 10 % leave at each", "type I error", p[name] < 0.05, ~np.isnan(p[name]))
        for name in methods
    ]
