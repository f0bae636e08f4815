"""Behavior, laboratory, vital signs and medication of the pilot trial: further tables of its report, from its published tabulation and not over the ledger."""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property

import polars as pl
from attrs import define

from studies.cdisc_pilot.analysis import half_up
from studies.cdisc_pilot.protocol import STUDY
from studies.cdisc_pilot.published import ARMS, EFFICACY, Cells, Trial, compared, counts, described, mean_scores
from trialwright.adam import adlb
from trialwright.adam.bds import Parameter, finished, measured
from trialwright.adam.derive import visit_windows, with_analysis_record, with_baseline, with_windows
from trialwright.statistics import describe

DATASETS = ("lbch", "lbhe", "vs", "cm", "qsni")
"""The published data sets that these tables read beside those that are imported."""
SCREENING = 1.0
LABORATORY = {SCREENING: 0, 4.0: 2, 5.0: 4, 7.0: 6, 8.0: 8, 9.0: 12, 10.0: 16, 11.0: 20, 12.0: 24, 13.0: 26}
VITAL = {**LABORATORY, SCREENING: None, 3.0: 0}
"""The week for which a visit stands (0: baseline). In this trial the laboratory has its baseline at screening, vital signs at the first dose."""
UNRANGED = ("ANISO", "MACROCY", "MICROCY", "POIKILO", "POLYCHR", "HBA1C")
NPIX = (1, 2, 3, 4, 5, 7, 8, 9, 10)
"""The nine domains of the NPI that the total counts; its other three (euphoria, night, appetite) were asked and are not counted."""


@define(kw_only=True, frozen=True, slots=False, eq=False)
class Safety:
    """The imported trial, and the published data sets that are not imported, by name; every value as text."""

    trial: Trial
    published: Mapping[str, pl.DataFrame]

    def tabulated(self, domain: str, *names: str) -> pl.DataFrame:
        """Published data sets put together in the columns of the house's own domain."""
        kinds = self.trial.sdtm[domain].schema
        whole = pl.concat([self.published[name] for name in names], how="diagonal").with_columns(USUBJID=pl.lit(f"{STUDY.code}-") + pl.col("USUBJID"))
        missing = [pl.lit(None, kind).alias(name) for name, kind in kinds.items() if name not in whole.columns]
        return whole.with_columns(missing).select(
            pl.col(name).cast(pl.Float64, strict=False).cast(kind) if kind.is_numeric() else pl.col(name).cast(kind, strict=False)
            for name, kind in kinds.items())  # fmt: skip

    @cached_property
    def people(self) -> pl.DataFrame:
        """The treated patients and their arms."""
        return self.trial.people.filter(pl.col("SAFFL") == "Y").select("USUBJID", "ARMCD", "WEEK24")

    @cached_property
    def laboratory(self) -> pl.DataFrame:
        """ADLB of the house, with WEEK, the change from screening (BASE, CHG), and whether a value is far out of its range now (FAR) and then (BFAR).

        Far is below half the lower or above one and a half times the upper limit. SHOWN marks the value of each patient and test under
        treatment that lies farthest from the opposite one of these two limits, as the trial chose it; LAST the last one under treatment.
        """
        domains = {**self.trial.sdtm, "LB": self.tabulated("LB", "lbch", "lbhe")}
        rows = finished(adlb.SPEC, adlb.values(STUDY, domains), self.trial.adam["ADSL"]).filter(~pl.col("PARAMCD").is_in(UNRANGED))
        low, high = 0.5 * pl.col("ANRLO").fill_null(0.0), 1.5 * pl.col("ANRHI")
        far = pl.when(pl.col("AVAL") > high).then(pl.lit("H")).when(pl.col("AVAL") < low).then(pl.lit("L")).otherwise(pl.lit("N"))
        rows = rows.drop("BASE", "CHG").with_columns(far.alias("FAR"), _week(LABORATORY)).join(self.people, on="USUBJID", how="inner")
        rows = _from_baseline(rows, ("USUBJID", "PARAMCD"), (pl.col("AVAL").alias("BASE"), pl.col("FAR").alias("BFAR")))
        room = pl.max_horizontal(pl.col("AVAL") - low, high - pl.col("AVAL"))
        treated = rows.filter(pl.col("WEEK").is_between(2, 24)).with_columns(room.alias("ROOM")).sort("ADY", "SRCSEQ", maintain_order=True)
        groups = treated.group_by("USUBJID", "PARAMCD", maintain_order=True)
        shown = treated.sort("ROOM", descending=True, maintain_order=True).group_by("USUBJID", "PARAMCD", maintain_order=True).first()
        for name, chosen in (("SHOWN", shown), ("LAST", groups.last())):
            flags = chosen.select("USUBJID", "PARAMCD", "SRCSEQ", pl.lit(True).alias(name))
            rows = rows.join(flags, on=["USUBJID", "PARAMCD", "SRCSEQ"], how="left")
        return rows.with_columns(pl.col("SHOWN", "LAST").fill_null(False))

    @cached_property
    def vital(self) -> pl.DataFrame:
        """Vital signs by position (ATPT), with WEEK, change from the first dose, and LAST for the last value from week 4 on."""
        vs = self.tabulated("VS", "vs")
        codes = ("SYSBP", "DIABP", "PULSE", "WEIGHT")
        rows = pl.concat([measured({**self.trial.sdtm, "VS": vs}, Parameter(code=code, label=code, domain="VS", testcd=code)) for code in codes])
        rows = rows.join(vs.select("USUBJID", SRCSEQ="VSSEQ", ATPT=pl.col("VSTPT").fill_null("")), on=["USUBJID", "SRCSEQ"], how="left")
        rows = rows.with_columns(_week(VITAL)).join(self.people, on="USUBJID", how="inner")
        rows = _from_baseline(rows, ("USUBJID", "PARAMCD", "ATPT"), (pl.col("AVAL").alias("BASE"),))
        late = rows.filter(pl.col("WEEK") >= 4).sort("ADY", "SRCSEQ", maintain_order=True).group_by("USUBJID", "PARAMCD", "ATPT", maintain_order=True).last()
        flags = late.select("USUBJID", "SRCSEQ", pl.lit(True).alias("LAST"))
        return rows.join(flags, on=["USUBJID", "SRCSEQ"], how="left").with_columns(pl.col("LAST").fill_null(False))

    @cached_property
    def behavior(self) -> pl.DataFrame:
        """NPI-X at each analysis visit: the total of nine domains, frequency times severity, prorated for a missing one."""
        items = self.tabulated("QS", "qsni")
        asked = items.pivot(on="QSTESTCD", index=["USUBJID", "VISITNUM"], values="QSSTRESN", aggregate_function="first")
        scores = [pl.when(pl.col(f"NPITM{one:02}").is_not_null()).then(0.0).otherwise(pl.col(f"NPITM{one:02}F") * pl.col(f"NPITM{one:02}V")) for one in NPIX]
        known = pl.sum_horizontal(score.is_not_null().cast(pl.Int64) for score in scores)
        totals = asked.select("USUBJID", "VISITNUM", (len(NPIX) * pl.sum_horizontal(scores) / known).alias("QSSTRESN"), pl.lit("NPTOT").alias("QSTESTCD"))
        dated = items.unique(["USUBJID", "VISITNUM"], keep="first", maintain_order=True).drop("QSSTRESN", "QSTESTCD")
        qs = dated.join(totals, on=["USUBJID", "VISITNUM"], how="inner", maintain_order="left")
        values = measured({**self.trial.sdtm, "QS": qs}, Parameter(code="NPTOT", label="NPI-X (9)", domain="QS", testcd="NPTOT"))
        rows = with_analysis_record(with_windows(with_baseline(values), visit_windows(STUDY, [f"WEEK{week}" for week in range(2, 28, 2)])))
        return rows.filter(pl.col("ANL01FL") == "Y").join(self.trial.people.filter(EFFICACY), on="USUBJID", how="inner", maintain_order="left")


def behavior(safety: Safety, first: int = 6, last: int = 12) -> Cells:
    """Table 14-3.12: NPI-X, the mean of some weeks of each patient against his baseline.

    The table is titled weeks 4 to 24; the published means are those of weeks 6 to 12.
    """
    rows = safety.behavior
    start = rows.filter(pl.col("ABLFL") == "Y")
    during = pl.col("AVISITN").is_between(STUDY.visit(f"WEEK{first}").number, STUDY.visit(f"WEEK{last}").number)
    means = rows.filter(during & pl.col("ABLFL").is_null()).group_by("USUBJID", maintain_order=True).agg(pl.col("AVAL").mean().alias("MEAN"))
    later = start.join(means, on="USUBJID", how="inner", maintain_order="left").with_columns((pl.col("MEAN") - pl.col("BASE")).alias("CHG"))
    return {**described("Baseline", start, "BASE"), **described("Mean", later, "MEAN"), **compared(later, "CHG", later["BASE"].to_list())}


def laboratory(safety: Safety) -> Cells:
    """Table 14-6.01: each continuous test at each visit, and at the end of treatment."""
    rows = safety.laboratory
    parts = [(f"Week {week}", rows.filter(pl.col("WEEK") == week)) for week in LABORATORY.values()] + [("End", rows.filter("LAST"))]
    columns = (("AVAL", ""), ("CHG", "change "))
    return {f"{test} {name} {line}": cells for name, part in parts for test, own in _each(part)
            for column, prefix in columns[: 1 if name == "Week 0" else 2] for line, cells in _mean(own, column, prefix).items()}  # fmt: skip


def ranges(safety: Safety) -> Cells:
    """Table 14-6.02: how many patients' value under treatment (the one that the trial chose, SHOWN) is low, normal or high against the normal range."""
    rows = safety.laboratory.filter("SHOWN")
    return {f"{test} {kind}": counts(own.filter(pl.col("ANRIND") == kind)) for test, own in _each(rows) for kind in ("LOW", "NORMAL", "HIGH")}


def jumps(safety: Safety) -> Cells:
    """Table 14-6.03: how many patients' greatest change from one visit to the next fell or rose by more than half the width of the normal range."""
    planned = safety.laboratory.filter(pl.col("WEEK").is_not_null()).sort("ADY", "SRCSEQ", maintain_order=True)
    before = pl.col("AVAL").shift(1).over("USUBJID", "PARAMCD")
    half = 0.5 * (pl.col("ANRHI") - pl.col("ANRLO").fill_null(0.0))
    rows = planned.with_columns(half_up((pl.col("AVAL") - before) / half).alias("JUMP")).filter(pl.col("WEEK").is_between(2, 24) & pl.col("JUMP").is_not_null())
    greatest = rows.sort(pl.col("JUMP").abs(), descending=True, maintain_order=True).unique(("USUBJID", "PARAMCD"), keep="first", maintain_order=True)
    kinds = {"L": pl.col("JUMP") < -1, "N": pl.col("JUMP").abs() <= 1, "H": pl.col("JUMP") > 1}
    return {f"{test} {kind}": counts(own.filter(rule)) for test, own in _each(greatest) for kind, rule in kinds.items()}


def shifts_by_visit(safety: Safety) -> Cells:
    """Table 14-6.04: from baseline to each visit, far out of the range or not."""
    rows = safety.laboratory
    return {f"{test} Week {week} {line}": cells for week in LABORATORY.values() if week for test, own in _each(rows.filter(pl.col("WEEK") == week))
            for line, cells in _moved(own).items()}  # fmt: skip


def shifts(safety: Safety) -> Cells:
    """Table 14-6.05: from baseline to the value under treatment that the trial chose (SHOWN)."""
    return {f"{test} {line}": cells for test, own in _each(safety.laboratory.filter("SHOWN")) for line, cells in _moved(own).items()}


def liver(safety: Safety) -> Cells:
    """Table 14-6.06 (Hy's law): transaminases above one and a half times the limit, alone and with bilirubin, at baseline and at worst up to week 24."""
    high = (pl.col("AVAL") > 1.5 * pl.col("ANRHI")).alias("HIGH")
    rows = safety.laboratory.filter(pl.col("PARAMCD").is_in(("ALT", "AST", "BILI")) & pl.col("WEEK").is_between(0, 24)).with_columns(high)
    wide = rows.pivot(on="PARAMCD", index=["USUBJID", "ARMCD", "WEEK"], values="HIGH", aggregate_function="first")
    wide = wide.with_columns((pl.col("ALT") | pl.col("AST")).alias("Transaminase"))
    wide = wide.with_columns((pl.col("Transaminase") & pl.col("BILI")).alias("Both"))
    found: dict[str, tuple[float | None, ...]] = {}
    for name in ("Transaminase", "Both"):
        known = wide.filter(pl.col(name).is_not_null())
        before = known.filter(pl.col("WEEK") == 0).select("USUBJID", "ARMCD", pl.col(name).alias("BEFORE"))
        worst = known.filter(pl.col("WEEK") > 0).group_by("USUBJID").agg(pl.col(name).any().alias("AFTER"))
        both = before.join(worst, on="USUBJID", how="inner")
        found |= {f"{name} {one:d} to {other:d}": counts(both.filter((pl.col("BEFORE") == one) & (pl.col("AFTER") == other)))
                  for one in (False, True) for other in (False, True)}  # fmt: skip
        if both["BEFORE"].any() and both["AFTER"].any():
            found[f"{name} p"] = (mean_scores(both["AFTER"].cast(pl.Float64).to_list(), both["ARMCD"].to_list(), both["BEFORE"].cast(pl.String).to_list()),)
    return found


def vital_signs(safety: Safety) -> Cells:
    """Tables 14-7.01 to 14-7.03: blood pressure, pulse and weight at baseline, week 24 and the end of treatment, and their changes."""
    rows = safety.vital
    parts = [("Baseline", rows.filter(pl.col("WEEK") == 0)), ("Week 24", rows.filter(pl.col("WEEK") == 24)), ("End", rows.filter("LAST"))]
    return {line: cells for name, part in parts for key, own in part.group_by("PARAMCD", "ATPT", maintain_order=True)
            for column in (("AVAL",) if name == "Baseline" else ("AVAL", "CHG"))
            for line, cells in described(f"{key[0]} {key[1]} {name} {column}", own, column).items()}  # fmt: skip


def medication(safety: Safety) -> Cells:
    """Table 14-7.04: patients with at least one medication, by class and by coded name."""
    rows = safety.tabulated("CM", "cm").join(safety.people, on="USUBJID", how="inner")
    groups = [("any", rows), *((str(key[0]), part) for key, part in rows.group_by("CMCLAS", maintain_order=True)),
              *((f"{key[0]} / {key[1]}", part) for key, part in rows.group_by("CMCLAS", "CMDECOD", maintain_order=True))]  # fmt: skip
    return {name: counts(part.unique("USUBJID")) for name, part in groups}


TABLES: Mapping[str, tuple[str, Callable[[Safety], Cells]]] = {
    "14-3.12": ("NPI-X, mean of weeks 4 to 24", behavior),
    "14-6.06": ("Hy's law", liver),
    "14-7.04": ("concomitant medication", medication),
}
"""The tables that are held against printed numbers, and who computes each."""
DATA_SETS: Mapping[str, tuple[str, Callable[[Safety], Cells]]] = {
    "14-6.01": ("laboratory values by visit", laboratory),
    "14-6.02": ("laboratory values beyond the normal range", ranges),
    "14-6.03": ("laboratory changes from visit to visit", jumps),
    "14-6.04": ("laboratory shifts by visit", shifts_by_visit),
    "14-6.05": ("laboratory shifts", shifts),
    "14-7.01 to 14-7.03": ("vital signs", vital_signs),
}
"""The tables that are held against the published analysis data sets, for they are too large to be typed off."""


def _week(visits: Mapping[float, int | None]) -> pl.Expr:
    return pl.col("VISITNUM").replace_strict(dict(visits), default=None, return_dtype=pl.Int64).alias("WEEK")


def _from_baseline(rows: pl.DataFrame, by: Sequence[str], columns: Sequence[pl.Expr]) -> pl.DataFrame:
    """Adds what is said of the value at week 0, and CHG from it afterwards."""
    start = rows.filter(pl.col("WEEK") == 0).unique(by, keep="first", maintain_order=True).select(*by, *columns)
    joined = rows.join(start, on=list(by), how="left", maintain_order="left")
    return joined.with_columns(pl.when(pl.col("WEEK") > 0).then(pl.col("AVAL") - pl.col("BASE")).alias("CHG"))


def _each(rows: pl.DataFrame) -> list[tuple[str, pl.DataFrame]]:
    return [(str(key[0]), part) for key, part in rows.group_by("PARAMCD", maintain_order=True)]


def _mean(rows: pl.DataFrame, column: str, prefix: str) -> dict[str, tuple[float | None, ...]]:
    told = [describe(rows.filter(pl.col("ARMCD") == arm)[column].drop_nulls().to_list()) for arm in ARMS]
    numbers = {f"{prefix}n": tuple(float(one.n) for one in told), f"{prefix}mean": tuple(one.mean for one in told)}
    return numbers | {f"{prefix}SD": tuple(one.standard_deviation for one in told)}


def _moved(rows: pl.DataFrame) -> dict[str, tuple[float, ...]]:
    known = rows.filter(pl.col("BFAR").is_in(("N", "H")) & pl.col("FAR").is_in(("N", "H")))
    return {f"{one} to {other}": counts(known.filter((pl.col("BFAR") == one) & (pl.col("FAR") == other))) for one in "NH" for other in "NH"}
