"""Type I error and coverage of every two-arm method at twenty patients, as docs/reference/operating-characteristics.md.

`python benchmarks/operating_characteristics.py` writes the page (some minutes). `--only log_rank,ranks` runs some parts and
leaves the other rows of the page as they are; `--scale 0.1` takes a tenth of the trials, and only prints. The seed is given,
so the page is reproducible.
"""

import argparse
import re
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.characteristics import bayes, continuous, counts, not_randomized, repeated, times
from benchmarks.characteristics.figures import Figure, Part

PAGE = Path(__file__).resolve().parents[1] / "docs" / "reference" / "operating-characteristics.md"
SEED = 20_261_122
ROW = re.compile(
    r"^\| ([^|]+) \| ([^|]+) \| ([^|]+) \| ([\d.]+) % \| ([\d.]+|exact) \| ([\d,]+|all) \| ([^|]+) \| ([^|]+) \|$"
)

# Every method that has figures. A new method is a function (scale, seed) -> list of Figure, and a line here.
METHODS: tuple[tuple[str, tuple[Part, ...]], ...] = (
    (
        "Means and scores",
        (continuous.covariance_analysis, continuous.permutation, continuous.ranks, continuous.strata),
    ),
    ("The allocation actually used", (continuous.rerandomization,)),
    (
        "Repeated measures",
        (repeated.mixed_model, repeated.other_inference, repeated.reference, repeated.imputation, repeated.bootstraps),
    ),
    ("Arms that were not randomized", (not_randomized.weighting, not_randomized.resampled_weights)),
    ("Bayes, one-sided at 95 %", (bayes.normal, bayes.binomial)),
    (
        "Proportions, pairs and rates",
        (
            counts.two_proportions,
            counts.risk_differences,
            counts.exact_risk_differences,
            counts.one_proportion,
            counts.pairs,
            counts.rates,
        ),
    ),
    ("Time to an event", (times.curves, times.log_rank)),
)

HEAD = """\
# Operating characteristics at twenty patients

How often does each two-arm method of `trialwright.statistics` find a difference that is not there (type I error, 5 % wanted), and how often does its
95 % interval hold the truth? This page is written by `python benchmarks/operating_characteristics.py` (seed {seed}); a nightly test compares it with
fresh simulations. *Size* is the largest type I error over all values of what is not known. Where the trials are "all", every possible outcome
was enumerated and the figure is exact; otherwise its Monte Carlo standard error stands beside it. "Without" is the share of trials in which the method gives
no result and says why; the figure is that of the others.

The verdict allows for two Monte Carlo errors. A type I error above 5.5 % or a coverage below 94 % **fails**; below 4 %, or above 97 %, is called
conservative: it is safe, and costs power; *undecided* means that more trials would be needed to tell. A method that fails is here so that nobody uses
it where it fails. Reference-based estimates (J2R, CR, CIR) shrink the difference on purpose, so that Rubin's rules are conservative for them. A Bayesian
decision has no level of its own: its rows show what borrowing costs when the control arm is not what earlier trials said.

A bootstrap refuses a trial if more than one resample in twenty has no estimate, because a visit or an arm keeps too few patients in it. Its figures
stand only for the trials that it did not refuse: read them with the share in "Without".
"""


def table(title: str, figures: list[Figure]) -> str:
    """One part of the page."""
    rows = [
        f"| {one.method} | {one.situation} | {one.quantity} | {100 * one.value:.2f} % | "
        f"{f'{100 * one.error:.2f}' if one.trials else 'exact'} | {f'{one.trials:,}' if one.trials else 'all'} | "
        f"{f'{100 * one.without:.1f} %' if one.without else 'none'} | {one.verdict()} |"
        for one in figures
    ]
    head = [
        "| Method | Situation | Figure | Value | ± | Trials | Without | Verdict |",
        "|---|---|---|---:|---:|---:|---:|---|",
    ]
    return "\n".join([f"\n## {title}\n", *head, *rows, ""])


def shown() -> dict[str, list[Figure]]:
    """What the page shows, by its headings: figures to two decimals."""
    found: dict[str, list[Figure]] = {}
    for line in PAGE.read_text(encoding="utf-8").splitlines() if PAGE.exists() else ():
        if line.startswith("## "):
            found[line[3:]] = []
        elif row := ROW.match(line):
            method, situation, quantity, value, _, trials, without, _ = row.groups()
            one = Figure(
                method=method,
                situation=situation,
                quantity=quantity,  # type: ignore[arg-type]
                value=float(value) / 100,
                trials=0 if trials == "all" else int(trials.replace(",", "")),
                without=0.0 if without == "none" else float(without.rstrip(" %")) / 100,
            )
            list(found.values())[-1].append(one)
    return found


def figures(part: Part, scale: float, seed: int) -> list[Figure]:
    """The figures of one part, with its name and duration on the error stream."""
    begun = time.perf_counter()
    print(f"{part.__module__.rpartition('.')[2]}.{part.__name__} ...", end=" ", file=sys.stderr, flush=True)
    found = part(scale, seed)
    print(f"{time.perf_counter() - begun:.0f} s", file=sys.stderr, flush=True)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0, help="share of the trials; the page is written at 1 only")
    parser.add_argument("--only", default="", help="names of parts, with commas between them")
    asked = parser.parse_args()
    only = set(filter(None, asked.only.split(",")))
    page, before = HEAD.format(seed=SEED), shown() if only else {}
    for title, parts in METHODS:
        new = [one for part in parts if not only or part.__name__ in only for one in figures(part, asked.scale, SEED)]
        fresh = {one.key: one for one in new}
        kept = [fresh.pop(one.key, one) for one in before.get(title, [])]
        page += table(title, [*kept, *fresh.values()])
    if asked.scale == 1.0:
        PAGE.write_text(page, encoding="utf-8")
        print(f"written: {PAGE.name}")
    else:
        print(page)


if __name__ == "__main__":
    main()
