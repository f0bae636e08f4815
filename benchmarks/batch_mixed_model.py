"""How long the mixed model of a small trial takes in a batch, beside one fit at a time and R's nlme::gls in the same run.

`.venv/bin/python benchmarks/batch_mixed_model.py`. Each figure is the best of several repeats, one thread for each process. Fits
are given in milliseconds of the processor, which other programs on the machine do not lengthen much. Trials a minute are by
the clock on the wall; beside them stands what one processor would do if it were alone. R fits without Kenward-Roger, which
it does not have. Without R, or without numba, that part is left out and said to be.
"""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from importlib.util import find_spec
from pathlib import Path

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"

import numpy as np  # noqa: E402 - the number of threads is read when numpy is loaded

from trialwright.statistics import (  # noqa: E402
    BaselineEffect,
    DropOut,
    NormalTrial,
    batch_mmrm,
    draw_trials,
    mmrm,
    simulate_mmrm,
    warm_up,
)
from trialwright.statistics.batches import Engine  # noqa: E402
from trialwright.statistics.streams import stream  # noqa: E402

GLS = """
suppressMessages(library(nlme)); d <- read.csv(commandArgs(TRUE)[1]); d <- d[!is.na(d$y), ]
fit <- function() gls(y ~ factor(visit) * (arm + base), d, correlation = corSymm(form = ~ visit | subject),
                      weights = varIdent(form = ~ 1 | visit))
invisible(fit()); cat(min(sapply(1:10, function(i) sum(system.time(fit())[1:2]))) * 1000)
"""
KINDS = {
    "complete": None,
    "10 % leave at each visit": lambda m: DropOut(hazards=[0.0, *[0.1] * (m - 1)]),
    "5 % of visits missed": lambda m: DropOut(hazards=[0.0] * m, missed=0.05),
}


def trial(n: int, m: int, kind: str) -> NormalTrial:
    """Two arms of n / 2, m visits, correlations from 0.6 down, a baseline covariate."""
    lag = np.abs(np.subtract.outer(np.arange(m), np.arange(m)))
    rule = KINDS[kind]
    return NormalTrial(
        means=[[0.0] * m, [0.0] * m],
        covariance=36.0 * (0.4 * (lag == 0) + 0.6 * 0.95**lag),
        sizes=(n // 2, n // 2),
        baseline=BaselineEffect(mean=25, standard_deviation=6, slopes=[0.5] * m),
        drop_out=None if rule is None else rule(m),
    )


def best(work: Callable[[], object], repeats: int, clock: Callable[[], float] = time.process_time) -> float:
    """Seconds of the fastest of ``repeats`` runs, of the processor or by another ``clock``."""
    found = float("inf")
    for _ in range(repeats):
        begun = clock()
        work()
        found = min(found, clock() - begun)
    return found


def one_at_a_time(outcome: np.ndarray, base: np.ndarray) -> float:
    """Milliseconds of one fit by ``mmrm``, with the same columns by visit and Kenward-Roger."""
    n, m = outcome.shape
    visit, arm = np.tile(np.arange(m), n), np.repeat(np.arange(n) >= n // 2, m).astype(float)
    here = [(f"visit {v}", (visit == v).astype(float)) for v in range(m)]
    columns = [
        *here,
        *((f"arm {name}", arm * at) for name, at in here),
        *((f"base {name}", np.repeat(base, m) * at) for name, at in here),
    ]
    who = np.repeat(np.arange(n), m)

    def fit() -> None:
        mmrm(outcome.ravel(), who, visit, columns, visits=range(m)).coefficient(f"arm visit {m - 1}")

    return 1000 * best(fit, 30)


def gls(outcome: np.ndarray, base: np.ndarray) -> float | None:
    """Milliseconds of one fit by R's nlme::gls, or None without R."""
    program = shutil.which("Rscript")
    if program is None:
        return None
    n, m = outcome.shape
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "trial.csv"
        lines = [
            f"{i},{v + 1},{int(i >= n // 2)},{base[i]},{'' if np.isnan(outcome[i, v]) else outcome[i, v]}"
            for i in range(n)
            for v in range(m)
        ]
        file.write_text("\n".join(["subject,visit,arm,base,y", *lines]))
        done = subprocess.run([program, "-e", GLS, str(file)], capture_output=True, text=True, check=False)
    return float(done.stdout) if done.returncode == 0 else None


def fits(engine: Engine) -> None:
    """A table of milliseconds per fit, Kenward-Roger included, for trials drawn beforehand."""
    print(f"\nmilliseconds of the processor per fit with Kenward-Roger, engine {engine}, one process")
    for n, m in ((20, 3), (20, 4), (20, 6), (100, 4)):
        for kind in KINDS:
            count = 4096 if engine == "compiled" else 1024
            y, base = draw_trials(trial(n, m, kind), count, stream(1, kind, 0))
            arm = np.repeat([0, 1], n // 2)
            seconds = best(lambda: batch_mmrm(y, arm, base, engine=engine), 7 if engine == "compiled" else 3)  # noqa: B023 - called at once
            line = f"  {n:3d} patients, {m} visits, {kind:26s} {1000 * seconds / count:8.4f}"
            if n == 20 and m == 4:
                single, theirs = one_at_a_time(y[0], base[0, :, 0]), gls(y[0], base[0, :, 0])
                line += f"   one at a time {single:.2f} (x {single / (1000 * seconds / count):.0f})"
                line += (
                    "   R gls left out"
                    if theirs is None
                    else f"   R gls {theirs:.0f} (x {theirs / (1000 * seconds / count):.0f})"
                )
            print(line)


def campaigns(engine: Engine) -> None:
    """Trials a minute, drawn and fitted, 20 patients and 4 visits, by one and by two processes."""
    print(f"\ntrials a minute, drawn and fitted with Kenward-Roger, 20 patients, 4 visits, engine {engine}")
    for kind in KINDS:
        count = 65_536 if engine == "compiled" else 4_096
        scenario, told = trial(20, 4, kind), []
        options = {"seed": 1, "scenario": kind, "engine": engine}
        told.append(60 * count / best(lambda: simulate_mmrm(scenario, count, **options), 2))  # noqa: B023 - called at once
        for workers in (1, 2):
            with ProcessPoolExecutor(workers) as pool:
                list(pool.map(_warm, range(2 * workers)))
                work = lambda: simulate_mmrm(scenario, count, **options, map=pool.map)  # noqa: B023, E731 - called at once
                told.append(60 * count / best(work, 3, time.perf_counter))
        print(
            f"  {kind:26s} a processor's minute {told[0]:12,.0f}   one worker {told[1]:12,.0f}   two workers {told[2]:12,.0f}"
        )


def _warm(number: int) -> int:
    warm_up()
    return number


def main() -> None:
    if find_spec("numba") is None:
        print("numba is not installed: no compiled engine in this run.")
    else:
        begun = time.perf_counter()
        warm_up()
        print(f"warm-up {time.perf_counter() - begun:.1f} s (from the disk, if it was ever done before)")
        fits("compiled")
        campaigns("compiled")
    fits("numpy")
    campaigns("numpy")


if __name__ == "__main__":
    main()
