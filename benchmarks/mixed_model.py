"""How long one mixed model takes (537 outcomes, 200 patients, unstructured, Kenward-Roger), beside R's nlme::gls in the same run.

`.venv/bin/python benchmarks/mixed_model.py`. R fits without Kenward-Roger, which it does not have.
Without R the peer is left out and said to be.
"""

import csv
import shutil
import statistics
import subprocess
import time
from pathlib import Path

import numpy as np

from trialwright.statistics import factorial_design, mean_differences, mmrm

DATA = Path(__file__).parents[1] / "tests" / "golden" / "witness" / "mmrm" / "fev_data.csv"
VISITS = ("VIS1", "VIS2", "VIS3", "VIS4")
GLS = """
suppressMessages(library(nlme)); fev <- read.csv(commandArgs(TRUE)[1]); fev <- fev[!is.na(fev$FEV1), ]
fit <- function() gls(FEV1 ~ factor(RACE) + SEX + ARMCD * AVISIT, fev, correlation = corSymm(form = ~ VISITN | USUBJID),
                      weights = varIdent(form = ~ 1 | AVISIT))
invisible(fit()); cat(median(sapply(1:10, function(i) system.time(fit())[["elapsed"]])) * 1000)
"""


def ours(times: int = 60) -> list[float]:
    """Milliseconds of each of ``times`` analyses: design, fit, Kenward-Roger, differences at four visits."""
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
    told = []
    for _ in range(times):
        begun = time.perf_counter()
        model = mmrm(outcome, columns["USUBJID"], columns["AVISIT"], design.columns, visits=VISITS)
        mean_differences(model, design, "ARMCD", reference="PBO", by=("AVISIT",))
        told.append((time.perf_counter() - begun) * 1000)
    return told


def main() -> None:
    milliseconds = statistics.median(ours())
    print(f"one mixed model with Kenward-Roger, plain numpy      {milliseconds:.1f} ms")
    program = shutil.which("Rscript")
    if program is None:
        print("R is not installed: no peer in this run.")
        return
    done = subprocess.run([program, "-e", GLS, str(DATA)], capture_output=True, text=True, check=True)
    theirs = float(done.stdout)
    print(
        f"R nlme::gls, the same fit without Kenward-Roger      {theirs:.1f} ms       ours is {theirs / milliseconds:.0f} times as fast"
    )


if __name__ == "__main__":
    main()
