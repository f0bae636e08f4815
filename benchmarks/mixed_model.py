"""How long one mixed model takes (537 outcomes, 200 patients, unstructured, Kenward-Roger), beside R's nlme::gls in the same run.

`.venv/bin/python benchmarks/mixed_model.py`. R fits without Kenward-Roger, which it does not have.
Without R the peer is left out and said to be.
"""

import csv
import shutil
import statistics
import subprocess
import time
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from trialwright.statistics import factorial_design, mean_differences, mmrm
from trialwright.statistics.batches import Engine
from trialwright.statistics.kenward_roger import kenward_roger
from trialwright.statistics.mmrm_newton import fit_mixed

DATA = Path(__file__).parents[1] / "tests" / "golden" / "witness" / "mmrm" / "fev_data.csv"
VISITS = ("VIS1", "VIS2", "VIS3", "VIS4")
GLS = """
suppressMessages(library(nlme)); fev <- read.csv(commandArgs(TRUE)[1]); fev <- fev[!is.na(fev$FEV1), ]
fit <- function() gls(FEV1 ~ factor(RACE) + SEX + ARMCD * AVISIT, fev, correlation = corSymm(form = ~ VISITN | USUBJID),
                      weights = varIdent(form = ~ 1 | AVISIT))
invisible(fit()); cat(median(sapply(1:10, function(i) system.time(fit())[["elapsed"]])) * 1000)
"""


def ours(engine: Engine, times: int = 60) -> tuple[list[float], list[float]]:
    """Milliseconds of each of ``times`` analyses: all of it with differences at four visits, and fit with Kenward-Roger."""
    with DATA.open() as lines:
        rows = list(csv.DictReader(lines))
    outcome = np.array([float(row["FEV1"] or "nan") for row in rows])
    columns = {name: [row[name] for row in rows] for name in ("RACE", "SEX", "ARMCD", "AVISIT", "USUBJID")}
    levels = {
        "RACE": ("Asian", "Black or African American", "White"),
        "SEX": ("Male", "Female"),
        "ARMCD": ("PBO", "TRT"),
    }
    design = factorial_design(
        columns, ["RACE", "SEX", "ARMCD", "AVISIT", ("ARMCD", "AVISIT")], levels={**levels, "AVISIT": VISITS}
    )
    whole, fit, rows_of = [], [], (outcome, columns["USUBJID"], columns["AVISIT"], design.columns)
    for _ in range(times + 1):
        begun = time.perf_counter()
        model = mmrm(*rows_of, visits=VISITS, engine=engine)
        mean_differences(model, design, "ARMCD", reference="PBO", by=("AVISIT",))
        whole.append((time.perf_counter() - begun) * 1000)
        begun = time.perf_counter()
        kenward_roger(fit_mixed(model.fit.data, "unstructured", "REML", engine))
        fit.append((time.perf_counter() - begun) * 1000)
    return whole[1:], fit[1:]  # the first run of the compiled engine compiles


def main() -> None:
    milliseconds = 0.0
    engines: tuple[Engine, ...] = ("numpy", "compiled") if find_spec("numba") else ("numpy",)
    for engine in reversed(engines):
        whole, fit = ours(engine)
        milliseconds = statistics.median(whole)
        print(
            f"one mixed model with Kenward-Roger, {engine:8s}        {milliseconds:.1f} ms from the table to the differences "
            f"(best {min(whole):.1f}), {statistics.median(fit):.1f} ms the fit (best {min(fit):.1f})"
        )
    program = shutil.which("Rscript")
    if program is None:
        print("R is not installed: no peer in this run.")
        return
    done = subprocess.run([program, "-e", GLS, str(DATA)], capture_output=True, text=True, check=True)
    theirs = float(done.stdout)
    print(
        f"R nlme::gls, the same fit without Kenward-Roger      {theirs:.1f} ms       plain numpy is {theirs / milliseconds:.0f} times as fast"
    )


if __name__ == "__main__":
    main()
