"""The other tables of the pilot trial's report: each as its cells by name, from the same data sets and the house's statistics."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from math import exp

import numpy as np
import polars as pl
from attrs import define
from numpy.typing import NDArray
from scipy.special import gammaln

from studies.cdisc_pilot.analysis import ADAS, CIBIC, POPULATION, half_up
from studies.cdisc_pilot.protocol import DOSES, STUDY
from trialwright.statistics import (
    ancova,
    describe,
    dose_response,
    factorial_design,
    least_squares_means,
    mean_differences,
    mmrm,
)

Frames = Mapping[str, pl.DataFrame]
Cells = Mapping[str, tuple[float | None, ...]]
"""The cells of a table: by line, one for each arm (placebo, low, high), or one for the whole line."""

ARMS = tuple(arm.code for arm in STUDY.arms)
NAMES = {arm.name.en: arm.code for arm in STUDY.arms}
WEEKS = (8, 16, 24)
CONTRASTS = (("LOW", "PLACEBO"), ("HIGH", "PLACEBO"), ("HIGH", "LOW"))
REASONS = {
    "Adverse event": "ADVERSE EVENT", "Death": "DEATH", "Lack of efficacy": "LACK OF EFFICACY", "Lost to follow-up": "LOST TO FOLLOW-UP",
    "Subject decided to withdraw": "WITHDRAWAL BY SUBJECT", "Physician decided to withdraw subject": "PHYSICIAN DECISION",
    "Protocol criteria not met": "PROTOCOL ENTRY CRITERIA NOT MET", "Protocol violation": "PROTOCOL VIOLATION",
    "Sponsor decision": "STUDY TERMINATED BY SPONSOR",
}  # fmt: skip
"""The reasons for an early end as the report calls them, and as the data do (DSDECOD, or DSTERM where one code holds two of them)."""
RATINGS = ("Marked improvement", "Moderate improvement", "Minimal improvement", "No change", "Minimal worsening", "Moderate worsening", "Marked worsening")

@define(kw_only=True, frozen=True, slots=False, eq=False)
class Trial:
    """The tabulation, and the analysis data sets with the trial's own plan."""

    sdtm: Frames
    adam: Frames

    @cached_property
    def people(self) -> pl.DataFrame:
        """The randomized patients with their arms, and whether they were seen at week 24 (WEEK24) and stayed to the end (WHOLE)."""
        adsl = self.adam["ADSL"].filter(pl.col("ITTFL") == "Y").with_columns(pl.col("TRT01P").replace_strict(NAMES).alias("ARMCD"))
        seen = self.sdtm["SV"].filter((pl.col("VISITNUM") == STUDY.visit("WEEK24").number) & pl.col("SVSTDTC").is_not_null())["USUBJID"].unique()
        why = pl.when(pl.col("DSDECOD") == "PROTOCOL DEVIATION").then("DSTERM").otherwise("DSDECOD").alias("ENDED")
        ended = self.sdtm["DS"].filter(pl.col("DSCAT") == "DISPOSITION EVENT").select("USUBJID", why)
        found = adsl.join(ended.unique("USUBJID", keep="first"), on="USUBJID", how="left", maintain_order="left")
        return found.with_columns(pl.col("USUBJID").is_in(seen.implode()).alias("WEEK24"), (pl.col("ENDED") == "COMPLETED").alias("WHOLE"))

    def values(self, parameter: str, week: int, *, among: pl.Expr, carried: bool = True) -> pl.DataFrame:
        """The analysis values of a scale at a week of those whom `among` chooses."""
        rows = self.adam["ADQS"].filter((pl.col("PARAMCD") == parameter) & (pl.col("AVISITN") == STUDY.visit(f"WEEK{week}").number)
                                        & (pl.col("ANL01FL") == "Y") & pl.col("AVAL").is_not_null())  # fmt: skip
        rows = rows if carried else rows.filter(pl.col("DTYPE").is_null())
        return rows.drop("SEX").join(self.people.filter(among), on="USUBJID", how="inner", maintain_order="left")


EFFICACY = pl.col(POPULATION) == "Y"


def populations(trial: Trial) -> Cells:
    """Table 14-1.01."""
    people = trial.people
    chosen = {"Intent-to-treat": pl.lit(True), "Safety": pl.col("SAFFL") == "Y", "Efficacy": EFFICACY, "Complete week 24": pl.col("WEEK24"),
              "Complete study": pl.col("WHOLE")}  # fmt: skip
    return {name: counts(people.filter(rule)) for name, rule in chosen.items()}


def end_of_study(trial: Trial) -> Cells:
    """Table 14-1.02."""
    people = trial.people
    sizes = counts(people)
    early = people.filter(~pl.col("WEEK24"))
    found: dict[str, tuple[float | None, ...]] = {"Completed week 24": counts(people.filter(pl.col("WEEK24"))), "Early termination": counts(early)}
    found |= {name: counts(early.filter(pl.col("ENDED") == code)) for name, code in REASONS.items()}
    tested = {"Completed week 24 p": "Completed week 24", "Adverse event p": "Adverse event", "Lack of efficacy p": "Lack of efficacy"}
    return found | {name: (fisher([int(count or 0) for count in found[line]], [int(size) for size in sizes]),) for name, line in tested.items()}


def sites(trial: Trial) -> Cells:
    """Table 14-1.03: randomized patients at each site, those of the efficacy population, and those seen at week 24."""
    chosen = {"ITT": pl.lit(True), "Eff": EFFICACY, "Com": pl.col("WEEK24")}
    parts = [(str(key[0]), part) for key, part in trial.people.group_by("SITEID", maintain_order=True)] + [("Total", trial.people)]
    return {f"{site} {name}": counts(part.filter(rule)) for site, part in sorted(parts, key=lambda one: one[0]) for name, rule in chosen.items()}


def change(trial: Trial, week: int, *, carried: bool = True, among: pl.Expr = EFFICACY, baselines: pl.Expr | None = None) -> Cells:
    """Tables 14-3.01, 14-3.03, 14-3.05 and 14-3.07 to 14-3.09: ADAS-Cog, change from baseline."""
    rows = trial.values(ADAS, week, carried=carried, among=among)
    start = rows if baselines is None else _baselines(trial, baselines)
    told = {**described("Baseline", start, "BASE"), **described("Value", rows, "AVAL"), **described("Change", rows, "CHG")}
    return told | compared(rows, "CHG", rows["BASE"].to_list())


def over_time(trial: Trial) -> Cells:
    """Table 14-3.10: ADAS-Cog at each week, as observed in its window and with the last value carried forward."""
    found = described("Baseline", _baselines(trial, EFFICACY), "AVAL")
    for week in WEEKS:
        for name, carried in (("windowed", False), ("carried", True)):
            rows, part = trial.values(ADAS, week, carried=carried, among=EFFICACY), f"Week {week} {name}"
            told = {**described(part, rows, "AVAL"), **described(f"{part} baseline", rows, "BASE"), **described(f"{part} change", rows, "CHG")}
            found |= {line: cells for line, cells in told.items() if not line.endswith((" change n", " baseline n")) and
                      not line.endswith(tuple(f" baseline {name}" for name in ("median", "smallest", "largest")))}  # fmt: skip
    return found


def repeated(trial: Trial) -> Cells:
    """Table 14-3.11: change of ADAS-Cog as observed, by a mixed model for repeated measures, at week 24 and over all weeks alike.

    Arm, site group, week, baseline, arm by week and baseline by week; unstructured covariance; Kenward-Roger. Site groups count alike.
    """
    rows = pl.concat([trial.values(ADAS, week, carried=False, among=EFFICACY).with_columns(pl.lit(str(week)).alias("WEEK")) for week in WEEKS])
    weeks, base = tuple(str(week) for week in WEEKS), rows["BASE"].to_list()
    design = factorial_design({"arm": rows["ARMCD"].to_list(), "site": rows["SITEGR1"].to_list(), "week": rows["WEEK"].to_list(), "baseline": base},
                              ["arm", "site", "week", "baseline", ("arm", "week"), ("baseline", "week")],
                              levels={"arm": ARMS, "site": sorted(set(rows["SITEGR1"])), "week": weeks})  # fmt: skip
    model = mmrm(rows["CHG"].to_list(), rows["USUBJID"].to_list(), rows["WEEK"].to_list(), design.columns, visits=weeks)
    center, found = {"baseline": sum(base) / len(base)}, dict[str, tuple[float | None, ...]]()
    for name, by in (("Week 24", ("week",)), ("All weeks", ())):
        means = {dict(one.at)["arm"]: one.estimate for one in least_squares_means(model, design, ("arm", *by), covariates=center)
                 if dict(one.at).get("week", "24") == "24"}  # fmt: skip
        found |= {f"{name} LS mean": tuple(means[arm].value for arm in ARMS), f"{name} SE": tuple(means[arm].standard_error for arm in ARMS)}
        for high, low in CONTRASTS:
            (one,) = (pair.estimate for pair in mean_differences(model, design, "arm", reference=low, by=by, covariates=center)
                      if pair.level == high and dict(pair.at).get("week", "24") == "24")  # fmt: skip
            found |= {f"{name} {high} − {low} {part}": (value,) for part, value in (
                ("p", one.p), ("difference", one.value), ("SE", one.standard_error), ("lower", one.lower), ("upper", one.upper))}  # fmt: skip
    return found


def rating(trial: Trial, week: int) -> Cells:
    """Tables 14-3.02, 14-3.04 and 14-3.06: CIBIC+, without a baseline."""
    rows = trial.values(CIBIC, week, among=EFFICACY)
    return described("Value", rows, "AVAL") | compared(rows, "AVAL", None)


def ratings(trial: Trial) -> Cells:
    """Table 14-3.13: CIBIC+ by category, and the comparison of mean scores within site groups."""
    found: dict[str, tuple[float | None, ...]] = {}
    for week in (8, 16, 24):
        rows = trial.values(CIBIC, week, among=EFFICACY)
        found[f"Week {week} n"] = counts(rows)
        found |= {f"Week {week} {name}": counts(rows.filter(pl.col("AVAL") == place)) for place, name in enumerate(RATINGS, start=1)}
        found[f"Week {week} p"] = (mean_scores(rows["AVAL"].to_list(), rows["ARMCD"].to_list(), rows["SITEGR1"].to_list()),)
    return found


def doses(trial: Trial) -> pl.DataFrame:
    """DAYS, CUMDOSE (mg) and AVGDD (mg a day, one decimal) of each treated patient; a period without a last day lasts until he left the trial."""
    people = trial.people.filter(pl.col("SAFFL") == "Y")
    worn = trial.sdtm["EX"].join(people.select("USUBJID", "EOSDT"), on="USUBJID", how="inner")
    last = pl.col("EXENDTC").str.to_date(strict=False).fill_null(pl.col("EOSDT"))
    days = (last - pl.col("EXSTDTC").str.to_date()).dt.total_days() + 1
    given = worn.group_by("USUBJID").agg(days.sum().alias("DAYS"), (days * pl.col("EXDOSE")).sum().alias("CUMDOSE"))
    return people.join(given, on="USUBJID", how="inner").with_columns(half_up(pl.col("CUMDOSE") / pl.col("DAYS")).alias("AVGDD"))


def exposure(trial: Trial) -> Cells:
    """Table 14-4.01: average daily and cumulative dose of those seen at week 24 and of everybody treated."""
    rows = doses(trial)
    chosen = {"Completers": rows.filter(pl.col("WEEK24")), "Safety": rows}
    return {line: cells for name, part in chosen.items() for column, what in (("AVGDD", "daily dose"), ("CUMDOSE", "cumulative dose"))
            for line, cells in described(f"{name} {what}", part, column).items()}  # fmt: skip


def adverse_events(trial: Trial, *, serious: bool = False) -> Cells:
    """Tables 14-5.01 and 14-5.02: patients and events (AEs) that began under treatment, by class and by term, and Fisher's test against placebo."""
    emergent = pl.col("ASTDT") >= pl.col("TRTSDT")  # as the report has it, however long after the last dose
    events = trial.adam["ADAE"].filter(emergent & ((pl.col("AESER") == "Y") if serious else pl.lit(True)))
    events = events.with_columns(pl.col("TRTA").replace_strict(NAMES).alias("ARMCD"))
    sizes = [int(size) for size in counts(trial.people.filter(pl.col("SAFFL") == "Y"))]
    found: dict[str, tuple[float | None, ...]] = {}
    groups = [("ANY BODY SYSTEM", events), *((str(key[0]), part) for key, part in events.group_by("AEBODSYS", maintain_order=True)),
              *((f"{key[0]} / {key[1]}", part) for key, part in events.group_by("AEBODSYS", "AEDECOD", maintain_order=True))]  # fmt: skip
    for name, part in groups:
        people = counts(part.unique(("USUBJID",)))
        found[name] = people
        found[f"{name} AEs"] = counts(part)
        found[f"{name} p"] = tuple(fisher([int(people[0]), int(people[place])], [sizes[0], sizes[place]]) for place in (1, 2))
    return found


TABLES: Mapping[str, tuple[str, Callable[[Trial], Cells]]] = {
    "14-1.01": ("populations", populations),
    "14-1.02": ("end of study", end_of_study),
    "14-3.01": ("ADAS-Cog, change to week 24, carried forward", lambda trial: change(trial, 24)),
    "14-3.02": ("CIBIC+ at week 24, carried forward", lambda trial: rating(trial, 24)),
    "14-3.03": ("ADAS-Cog, change to week 8, carried forward", lambda trial: change(trial, 8)),
    "14-3.04": ("CIBIC+ at week 8, carried forward", lambda trial: rating(trial, 8)),
    "14-3.05": ("ADAS-Cog, change to week 16, carried forward", lambda trial: change(trial, 16)),
    "14-3.06": ("CIBIC+ at week 16, carried forward", lambda trial: rating(trial, 16)),
    "14-3.07": ("ADAS-Cog, change to week 24, completers as observed",
                lambda trial: change(trial, 24, carried=False, among=pl.col("WEEK24") & EFFICACY, baselines=pl.col("WEEK24"))),
    "14-3.08": ("ADAS-Cog, change to week 24, men", lambda trial: change(trial, 24, among=EFFICACY & (pl.col("SEX") == "M"))),
    "14-3.09": ("ADAS-Cog, change to week 24, women", lambda trial: change(trial, 24, among=EFFICACY & (pl.col("SEX") == "F"))),
    "14-3.10": ("ADAS-Cog over time, windowed and carried forward", over_time),
    "14-3.11": ("ADAS-Cog, change to week 24, mixed model for repeated measures", repeated),
    "14-3.13": ("CIBIC+ by category", ratings),
    "14-4.01": ("planned exposure to the study drug", exposure),
    "14-5.02": ("serious adverse events", lambda trial: adverse_events(trial, serious=True)),
}  # fmt: skip
"""The tables that are held against the published numbers, and who computes each; table 14-2.01 stands in `demographics`."""


def counts(rows: pl.DataFrame) -> tuple[float, ...]:
    """How many rows each arm has."""
    return tuple(float(rows.filter(pl.col("ARMCD") == arm).height) for arm in ARMS)


def _baselines(trial: Trial, among: pl.Expr) -> pl.DataFrame:
    rows = trial.adam["ADQS"].filter((pl.col("PARAMCD") == ADAS) & (pl.col("ABLFL") == "Y") & pl.col("AVAL").is_not_null())
    return rows.drop("SEX").join(trial.people.filter(among), on="USUBJID", how="inner", maintain_order="left").with_columns(pl.col("AVAL").alias("BASE"))


def described(part: str, rows: pl.DataFrame, column: str) -> dict[str, tuple[float | None, ...]]:
    """Number, mean, standard deviation, median and range of a column in each arm, in lines that begin with `part`."""
    told = [describe(rows.filter(pl.col("ARMCD") == arm)[column].drop_nulls().to_list()) for arm in ARMS]
    return {
        f"{part} n": tuple(float(one.n) for one in told), f"{part} mean": tuple(one.mean for one in told),
        f"{part} SD": tuple(one.standard_deviation for one in told), f"{part} median": tuple(one.median for one in told),
        f"{part} smallest": tuple(one.minimum for one in told), f"{part} largest": tuple(one.maximum for one in told),
    }  # fmt: skip


def compared(rows: pl.DataFrame, column: str, baseline: Sequence[float] | None) -> dict[str, tuple[float | None, ...]]:
    """The arms as categories and the dose as a number, adjusted for site group (and baseline)."""
    outcome, arms, factors = rows[column].to_list(), rows["ARMCD"].to_list(), {"site group": rows["SITEGR1"].to_list()}
    fit = ancova(outcome, arms, baseline, levels=ARMS, reference="PLACEBO", factors=factors)
    pairs = {(pair.group, pair.reference): pair.estimate for pair in fit.pairwise()}
    told = {f"{high} − {low}": pairs[high, low] for high, low in CONTRASTS}
    lines = {f"{name} {part}": (value,) for name, one in told.items()
             for part, value in (("p", one.p), ("difference", one.value), ("SE", one.standard_error), ("lower", one.lower), ("upper", one.upper))}  # fmt: skip
    return {"Dose response p": (dose_response(outcome, [DOSES[arm] for arm in arms], baseline, factors=factors).slope.p,), **lines}


def fisher(events: Sequence[int], sizes: Sequence[int]) -> float:
    """Fisher's exact test of as many proportions as there are groups (two-sided: tables no likelier than the one seen).

    >>> round(fisher([3, 0, 1], [86, 84, 84]), 4)
    0.3281
    """
    ways, every = [_ways(size) for size in sizes], float(_ways(sum(sizes))[sum(events)])

    def likely(left: int, place: int, so_far: float) -> Iterable[float]:
        if place == len(sizes) - 1:
            if left <= sizes[place]:
                yield exp(so_far + float(ways[place][left]) - every)
            return
        for count in range(min(left, sizes[place]) + 1):
            yield from likely(left - count, place + 1, so_far + float(ways[place][count]))

    seen = exp(sum(float(one[count]) for one, count in zip(ways, events, strict=True)) - every)
    return min(1.0, sum(one for one in likely(sum(events), 0, 0.0) if one <= seen * (1 + 1e-7)))


def _ways(size: int) -> NDArray[np.float64]:
    """The logarithm of the number of ways to choose 0 to all of `size` people."""
    count = np.arange(size + 1)
    return np.asarray(gammaln(size + 1) - gammaln(count + 1) - gammaln(size - count + 1))


def mean_scores(values: Sequence[float], groups: Sequence[str], strata: Sequence[str]) -> float:
    """Cochran-Mantel-Haenszel test that the mean scores of three groups are alike within strata: p from chi-square with 2 degrees of freedom.

    Source: Landis, Heyman and Koch, International Statistical Review 1978; 46:237-254 (SAS PROC FREQ, CMH row mean scores).
    """
    score, arm, stratum = np.asarray(values), np.asarray(groups), np.asarray(strata)
    away, spread = np.zeros(2), np.zeros((2, 2))
    for one in np.unique(stratum):
        here = stratum == one
        own, n = score[here], int(here.sum())
        if n < 2:
            continue
        sizes = np.array([float((arm[here] == code).sum()) for code in ARMS[1:]])
        away += np.array([own[arm[here] == code].sum() for code in ARMS[1:]]) - sizes * own.mean()
        spread += own.var(ddof=1) * (np.diag(sizes) - np.outer(sizes, sizes) / n)
    return exp(-float(away @ np.linalg.solve(spread, away)) / 2)
