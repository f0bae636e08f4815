"""Processor time of a meta-analytic-predictive prior, beside nested scipy.integrate of the same posterior in the same run.

`.venv/bin/python benchmarks/bayes.py`. The peer computes only the mean of the new trial's parameter; ours gives the three
densities. With JAGS installed (R package rjags) its time for 40,000 draws is printed too; otherwise it is left out.
"""

import csv
import shutil
import statistics
import subprocess
import time
from collections.abc import Callable
from math import exp, log, sqrt
from pathlib import Path

import numpy as np
from scipy.integrate import quad
from scipy.special import expit

from trialwright.statistics import fit_mixture, half_normal, map_binomial, map_normal

DATA = Path(__file__).parents[1] / "tests" / "golden" / "witness" / "bayes"
JAGS = """
ok <- suppressWarnings(suppressMessages(require(rjags, quietly = TRUE))); if (!ok) quit(status = 3)
d <- read.csv(commandArgs(TRUE)[1])
code <- "model { for (j in 1:J) { r[j] ~ dbin(p[j], n[j]); logit(p[j]) <- t[j]; t[j] ~ dnorm(mu, 1 / tau^2) }
  mu ~ dnorm(0, 0.25); tau ~ dnorm(0, 1) T(0,); a ~ dnorm(mu, 1 / tau^2); new <- ilogit(a) }"
s <- system.time({ m <- jags.model(textConnection(code), list(J = nrow(d), r = d$r, n = d$n), n.chains = 4, quiet = TRUE)
  update(m, 1000, progress.bar = "none"); x <- coda.samples(m, c("new"), 10000, progress.bar = "none") })
cat(s[["user.self"]] * 1000)
"""


def milliseconds(work: Callable[[], object], times: int) -> float:
    work()
    told = []
    for _ in range(times):
        begun = time.process_time()
        work()
        told.append((time.process_time() - begun) * 1000)
    return statistics.median(told)


def table(name: str, *wanted: str) -> list[np.ndarray]:
    with (DATA / f"rbest_{name}.csv").open() as lines:
        rows = list(csv.DictReader(lines))
    return [np.array([float(row[one]) for row in rows]) for one in wanted]


def nested_normal(y: np.ndarray, se: np.ndarray, scale: float, wide: float) -> float:
    """Mean of mu by quad over tau of quad over mu."""

    def height(mu: float, tau: float) -> float:
        variance = se**2 + tau**2
        logs = -0.5 * np.log(variance).sum() - 0.5 * ((y - mu) ** 2 / variance).sum()
        return exp(logs - 0.5 * (mu / wide) ** 2 - 0.5 * (tau / scale) ** 2 + 20)

    def over_mu(power: int, tau: float) -> float:
        return quad(lambda mu: mu**power * height(mu, tau), -4 * wide, 4 * wide, points=[float(y.mean())], limit=200)[0]

    total, first = (quad(lambda tau, p=p: over_mu(p, tau), 0, 8 * scale, limit=200)[0] for p in (0, 1))
    return first / total


def nested_binomial(r: np.ndarray, n: np.ndarray) -> float:
    """Mean of the new share by quad over tau of quad over mu of quad over each trial's log odds: each to three digits."""
    top = (r * np.log(r / n) + (n - r) * np.log1p(-r / n)).tolist()

    def own(j: int, mu: float, tau: float) -> float:
        def inside(z: float) -> float:
            theta = mu + tau * z
            like = r[j] * theta - n[j] * (max(theta, 0.0) + log(1 + exp(-abs(theta)))) - top[j]
            return exp(like - 0.5 * z * z) / sqrt(2 * np.pi)

        return quad(inside, -8, 8, epsrel=1e-3, points=[0.0])[0]

    def over_mu(response: bool, tau: float) -> float:
        def inside(mu: float) -> float:
            value = exp(-0.5 * (mu / 2) ** 2 - 0.5 * tau**2)
            for j in range(r.size):
                value *= own(j, mu, tau)
            if response:
                value *= quad(lambda z: expit(mu + tau * z) * exp(-0.5 * z * z) / sqrt(2 * np.pi), -8, 8)[0]
            return value

        return quad(inside, -3, 1, epsrel=1e-3, epsabs=1e-30)[0]

    total, first = (quad(lambda tau, b=b: over_mu(b, tau), 0, 4, epsrel=1e-3, epsabs=1e-30)[0] for b in (False, True))
    return first / total


def against_jags(ours: float) -> None:
    program = shutil.which("Rscript")
    done = None if program is None else subprocess.run(
        [program, "-e", JAGS, str(DATA / "rbest_AS.csv")], capture_output=True, text=True, check=False
    )  # fmt: skip
    if done is None or done.returncode != 0:
        print("R with rjags is not installed: no Markov chain in this run.")
        return
    theirs = float(done.stdout)
    print(
        f"JAGS, the same, 4 chains of 10,000 draws          {theirs:9.1f} ms    ours is {theirs / ours:.0f} times as fast"
    )


def main() -> None:
    n, y = table("crohn", "n", "y")
    se = 88 / np.sqrt(n)
    ours = milliseconds(lambda: map_normal(y, se, tau=half_normal(44), mu=(0, 88)), 50)
    print(f"normal outcome, 6 trials                          {ours:9.1f} ms    budget 10 ms")
    begun = time.process_time()
    mean = nested_normal(y, se, 44, 88)
    peer = (time.process_time() - begun) * 1000
    exact = map_normal(y, se, tau=half_normal(44), mu=(0, 88)).mu.mean
    print(
        f"nested quad, mean alone (differs by {abs(mean - exact):.0e})         {peer:9.1f} ms    ours is {peer / ours:.0f} times as fast"
    )
    events, size = table("AS", "r", "n")
    ours = milliseconds(lambda: map_binomial(events, size, tau=half_normal(1)), 9)
    print(f"binomial outcome, 8 trials                        {ours:9.1f} ms    budget 250 ms")
    prior = map_binomial(events, size, tau=half_normal(1)).predictive
    few = map_binomial(events[:2], size[:2], tau=half_normal(1)).predictive
    begun = time.process_time()
    mean = nested_binomial(events[:2], size[:2])
    peer = (time.process_time() - begun) * 1000
    short = milliseconds(lambda: map_binomial(events[:2], size[:2], tau=half_normal(1)), 9)
    print(
        f"nested quad, two trials (differs by {abs(mean - few.mean):.0e})         {peer:9.1f} ms    ours, two trials, {peer / short:.0f} times as fast"
    )
    against_jags(ours)
    fit = milliseconds(lambda: fit_mixture(prior), 3)
    print(f"mixture of up to four betas, number chosen        {fit:9.1f} ms")


if __name__ == "__main__":
    main()
