"""Invented registries of any size: people as the criteria of NCT06546540 ask about them, with much that is unknown, and their drugs."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from studies.telitacicept_ssc.registry import ITEMS
from trialwright.forms import antibodies
from trialwright.instruments import acr_eular_2013

INDEX = np.datetime64("2024-08-31")
DRUGS = (
    ("MYCOPHENOLATE MOFETIL", (500, 750, 1000)), ("MYCOPHENOLATE SODIUM", (360, 720)), ("CYCLOPHOSPHAMIDE", (50, 800)),
    ("PREDNISONE", (5, 10, 15)), ("METHYLPREDNISOLONE", (4, 8)), ("OTHER", (1,)),
)  # fmt: skip
UNKNOWN = 0.04
Chance = np.random.Generator


def choice(
    chance: Chance, words: Sequence[str], many: int, likely: Sequence[float], unknown: float = UNKNOWN
) -> pl.Series:
    """Random answers, some of them unknown."""
    place = chance.choice(len(words), many, p=np.array(likely) / sum(likely)).astype(np.uint32)
    return gaps(chance, pl.Series(words).gather(pl.Series(place)), unknown)


def gaps(chance: Chance, column: pl.Series, unknown: float = UNKNOWN) -> pl.Series:
    """The same with some entries taken away."""
    return pl.select(pl.when(pl.Series(chance.random(column.len()) >= unknown)).then(column)).to_series()


def days(chance: Chance, around: NDArray[np.datetime64] | np.datetime64, low: int, high: int, many: int) -> pl.Series:
    """Random days, from `low` to `high` days after another."""
    return pl.Series(
        (around + chance.integers(low, high, many).astype("timedelta64[D]")).astype("datetime64[ms]")
    ).cast(pl.Date)


def persons(many: int, seed: int = 1, unknown: float = UNKNOWN) -> pl.DataFrame:
    """People whose answers lie around the limits of the criteria."""
    chance = np.random.default_rng(seed)
    birth = np.datetime64("1960-01-01") + chance.integers(-9000, 17_000, many).astype("timedelta64[D]")
    now = INDEX + chance.integers(-30, 0, many).astype("timedelta64[D]")
    before = chance.integers(8, 30, many)
    columns: dict[str, pl.Series] = {
        "person": pl.Series([f"P{number:07d}" for number in range(many)]),
        "index_date": days(chance, INDEX, 0, 1, many),
        "CONSENT.AGREED": choice(chance, ("Y", "N"), many, (97, 3), unknown),
        "CONSENT.CONSDAT": gaps(chance, days(chance, now, -10, 2, many), unknown),
        "DEMOGRAPHICS.BRTHDAT": gaps(chance, days(chance, birth, 0, 1, many), unknown),
        "DEMOGRAPHICS.SEX": choice(chance, ("F", "M"), many, (8, 2), unknown),
        "DEMOGRAPHICS.ETHNIC": choice(
            chance, ("NORTHEAST_ASIAN", "SOUTHEAST_ASIAN", "OTHER"), many, (8, 1, 1), unknown
        ),
        "CLASSIFICATION.SUBSET": choice(chance, ("DIFFUSE", "LIMITED", "SINE"), many, (7, 2, 1), unknown),
        "ANTIBODIES.ANA": choice(chance, ("POSITIVE", "NEGATIVE", "INDETERMINATE"), many, (85, 12, 3), unknown),
        "SKIN_HISTORY.PREVMRSS": gaps(chance, pl.Series(before), unknown),
        "SKIN_HISTORY.PREVDAT": gaps(chance, days(chance, now, -260, -140, many), unknown),
        "SKIN_HISTORY.CURRMRSS": gaps(chance, pl.Series(before + chance.integers(-4, 8, many)), unknown),
        "SKIN_HISTORY.CURRDAT": gaps(chance, days(chance, now, 0, 1, many), unknown),
        "SKIN_HISTORY.CONVTRT": choice(chance, ("Y", "N"), many, (9, 1), unknown),
        "SKIN_HISTORY.NEWSKIN": choice(chance, ("Y", "N"), many, (2, 8), unknown),
        "SKIN_HISTORY.AREASWOR": gaps(chance, pl.Series(chance.integers(0, 5, many)), unknown),
        "SKIN_HISTORY.MEDCOMPL": choice(chance, ("Y", "N"), many, (9, 1), unknown),
        "LUNG.LUNGDAT": gaps(chance, days(chance, now, -5, 5, many), unknown),
        "LUNG.FVC": gaps(chance, pl.Series(chance.uniform(1.2, 4.5, many).round(2)), unknown),
        "LUNG.HEIGHT": gaps(chance, pl.Series(chance.uniform(145, 185, many).round(1)), unknown),
    }
    for gate in acr_eular_2013.GATES:
        columns[f"CLASSIFICATION.{gate}"] = choice(chance, ("Y", "N"), many, (2, 98), unknown)
    for code in acr_eular_2013.CODES:
        if code not in antibodies.SPECIFIC:
            columns[f"CLASSIFICATION.{code}"] = choice(chance, ("Y", "N"), many, (4, 6), unknown)
    for code in antibodies.SPECIFIC:
        columns[f"ANTIBODIES.{code}"] = choice(chance, ("POSITIVE", "NEGATIVE"), many, (2, 8), unknown)
    return pl.DataFrame(columns).select("person", "index_date", *ITEMS)


def medications(many: int, seed: int = 1, each: float = 2.0) -> pl.DataFrame:
    """About `each` rows for each of `many` people, in any order: steady doses, pulses, partial dates, things that lack."""
    chance = np.random.default_rng(seed + 1)
    rows = int(many * each)
    drug = chance.choice(len(DRUGS), rows, p=(0.35, 0.05, 0.1, 0.35, 0.1, 0.05))
    dose = np.array([float(chance.choice(DRUGS[one][1])) for one in drug]) if rows < 10_000 else _doses(chance, drug)
    begin = days(chance, INDEX, -900, -5, rows).cast(pl.String)
    begin = pl.select(
        pl.when(pl.Series(chance.random(rows) < 0.9)).then(begin).otherwise(begin.str.slice(0, 7))
    ).to_series()
    ongoing = chance.random(rows) < 0.7
    end = pl.select(pl.when(pl.Series(~ongoing)).then(days(chance, INDEX, -200, 0, rows).cast(pl.String))).to_series()
    often = pl.Series(("QD", "BID", "QOD", "EVERY 4 WEEKS", "PRN")).gather(
        pl.Series(chance.choice(5, rows, p=(0.6, 0.25, 0.05, 0.08, 0.02)).astype(np.uint32))
    )
    return pl.DataFrame({
        "person": pl.Series("P" + pl.Series(chance.integers(0, many, rows)).cast(pl.String).str.zfill(7)),
        "CMTRT": pl.Series([name for name, _ in DRUGS]).gather(pl.Series(drug.astype(np.uint32))),
        "CMDOSE": gaps(chance, pl.Series(dose), 0.01),
        "CMDOSU": pl.Series(["mg"]).gather(pl.Series(np.zeros(rows, np.uint32))),
        "CMDOSFRQ": often,
        "CMROUTE": pl.Series(["ORAL"]).gather(pl.Series(np.zeros(rows, np.uint32))),
        "CMSTDAT": gaps(chance, begin, 0.01),
        "CMONGO": pl.Series(["N", "Y"]).gather(pl.Series(ongoing.astype(np.uint32))),
        "CMENDAT": end,
    })  # fmt: skip


def _doses(chance: Chance, drug: NDArray[np.int64]) -> NDArray[np.float64]:
    widest = max(len(doses) for _, doses in DRUGS)
    table = np.array([[doses[at % len(doses)] for at in range(widest)] for _, doses in DRUGS], float)
    return table[drug, chance.integers(0, widest, len(drug))]


def written(frame: pl.DataFrame, path: Path) -> Path:
    """The table as a file, by the ending of its name."""
    frame.write_parquet(path) if path.suffix == ".parquet" else frame.write_csv(path)
    return path
