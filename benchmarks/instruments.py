"""How many visits a second each instrument scores, beside a plain pandas implementation of the same rules in the same run.

`.venv/bin/python benchmarks/instruments.py [--rows N] [NAME ...]`. Both get the same rows, with missing answers, and must agree.
Ours also checks every answer against its range, which the peer does not.
"""

import argparse
import sys
import time
from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from attrs import frozen
from numpy.typing import NDArray

from trialwright.instruments import (
    acr_eular_2013,
    adas_cog,
    causality,
    criss,
    ctcae,
    detect,
    eq5d5l,
    escsg,
    eustar,
    facit_f,
    git2,
    haq_di,
    hepatitis_b,
    immunoglobulin_watch,
    medsger,
    mrss,
    pah,
    prednisone,
    rand36,
    scleroid,
    shaq,
    spirometry,
    tlco,
    tuberculosis,
)

Floats = NDArray[np.float64]
Chance = np.random.Generator


@frozen
class Race:
    """One instrument: how to draw rows, our scoring of the array, and the peer's of the data frame with the same columns."""

    columns: tuple[str, ...]
    draw: Callable[[Chance, int], Floats]
    ours: Callable[[Floats], Floats]
    peer: Callable[[pd.DataFrame], "pd.Series[float]"]


def questionnaire(columns: int, low: int, high: int, missing: float = 0.02) -> Callable[[Chance, int], Floats]:
    """Whole answers from `low` to `high`, some of them missing."""

    def draw(chance: Chance, rows: int) -> Floats:
        answers = chance.integers(low, high + 1, (rows, columns)).astype(float)
        answers[chance.random(answers.shape) < missing] = np.nan
        return answers

    return draw


def measured(*ranges: tuple[float, float] | int) -> Callable[[Chance, int], Floats]:
    """A column for each range (uniform), or for 2 a box that is 0 or 1."""

    def draw(chance: Chance, rows: int) -> Floats:
        return np.column_stack([chance.integers(0, 2, rows) if isinstance(one, int) else chance.uniform(*one, rows) for one in ranges])

    return draw


def codes(prefix: str, count: int) -> tuple[str, ...]:
    return tuple(f"{prefix}{number:02d}" for number in range(1, count + 1))


def haq_peer(frame: pd.DataFrame) -> "pd.Series[float]":
    per = pd.concat([frame[list(one.items)].max(axis=1) for one in haq_di.CATEGORIES], axis=1)
    return per.mean(axis=1).where(per.notna().sum(axis=1) >= 6)


def git_peer(frame: pd.DataFrame) -> "pd.Series[float]":
    found = []
    for scale in git2.SCALES[:-1]:
        part = frame[list(scale.items)]
        found.append(part.mean(axis=1).where(part.notna().sum(axis=1) * 2 >= len(scale.items)))
    return pd.concat(found, axis=1).mean(axis=1, skipna=False)


def facit_peer(frame: pd.DataFrame) -> "pd.Series[float]":
    scored = pd.concat([frame[code] if code in facit_f.POSITIVE else 4 - frame[code] for code in facit_f.CODES], axis=1)
    return (scored.mean(axis=1) * 13).where(scored.notna().sum(axis=1) >= 7)


def eq5d_peer(frame: pd.DataFrame) -> "pd.Series[float]":
    lost = [frame[code].map(dict(enumerate(map(float, steps), start=1))) for code, steps in eq5d5l.DECREMENTS.items()]
    return 1 - pd.concat(lost, axis=1).sum(axis=1, skipna=False)


def rand_peer(frame: pd.DataFrame) -> "pd.Series[float]":
    points = {n: frame[f"RAND{n:02d}"].map(dict(enumerate(rand36.RECODE[n], start=1))) for n in rand36.RECODE}
    return pd.concat([pd.concat([points[n] for n in scale.numbers], axis=1).mean(axis=1) for scale in rand36.SCALES], axis=1)[0]


def weighted(weights: Floats) -> Callable[[pd.DataFrame], "pd.Series[float]"]:
    return lambda frame: (frame * weights).sum(axis=1, skipna=False)


def eustar_peer(frame: pd.DataFrame) -> "pd.Series[float]":
    high = {"MRSS": frame["MRSS"] > 18, "CRP": frame["CRP"] > 10, "DLCO": frame["DLCO"] < 70}
    return sum((high.get(one.code, frame[one.code]) * one.weight for one in eustar.SIGNS), start=pd.Series(0.0, index=frame.index))


def escsg_peer(frame: pd.DataFrame) -> "pd.Series[float]":
    high = {"MRSS": frame["MRSS"] > 14, "ESR": frame["ESR"] > 30, "DLCO": frame["DLCO"] < 80}
    return sum((high.get(one.code, frame[one.code]) * one.weights[0] for one in escsg.SIGNS), start=pd.Series(0.0, index=frame.index))


def criss_peer(frame: pd.DataFrame) -> "pd.Series[float]":
    return 1 / (1 + np.exp(-(criss.INTERCEPT + (frame * np.array(criss.WEIGHTS)).sum(axis=1, skipna=False))))


def detect_peer(frame: pd.DataFrame) -> "pd.Series[float]":
    acid = frame["URATE"]
    cubes = [(acid - knot).clip(lower=0) ** 3 for knot in detect.URATE_KNOTS]
    first, middle, last = detect.URATE_KNOTS
    curve = (cubes[0] - cubes[1] * (last - first) / (last - middle) + cubes[2] * (middle - first) / (last - middle)) / (last - first) ** 2
    boxes = 1.156 * frame["TELANG"] + 0.753 * frame["ACA"] + 1.850 * frame["RAD"]
    return -12.488 + 1.149 * frame["RATIO"] + boxes + 0.915 * np.log10(frame["NTPROBNP"]) + 1.247 * acid - 1.132 * curve


def risk_peer(frame: pd.DataFrame) -> "pd.Series[float]":
    edge = float("inf")
    functional = pd.cut(frame["WHOFC"], [0, 2, 3, edge], labels=[1, 3, 4]).astype(float)
    walk = pd.cut(frame["SIXMWD"], [-1, 165, 320, 440.0000001, edge], right=False, labels=[4, 3, 2, 1]).astype(float)
    peptide = pd.cut(frame["NTPROBNP"], [-1, 300, 650, 1100.0000001, edge], right=False, labels=[1, 2, 3, 4]).astype(float)
    return (functional + walk + peptide) / 3


def enzyme_peer(frame: pd.DataFrame) -> "pd.Series[float]":
    unit = frame["HIGH"].where(frame["BASE"] <= frame["HIGH"], frame["BASE"])
    above = sum((frame["ALT"] > many * unit for many in (3, 5, 20)), start=pd.Series(0, index=frame.index))
    first = (frame["ALT"] > frame["HIGH"]).where(frame["BASE"] <= frame["HIGH"], frame["ALT"] >= 1.5 * frame["BASE"])
    return (above + 1).where(above > 0, first.astype(int)).astype(float)


def igg_peer(frame: pd.DataFrame) -> "pd.Series[float]":
    edges = ((frame["IGG"] < limit).astype(float) for limit in (frame["LOW"], 5, 4, 3))
    return sum(edges, start=pd.Series(0.0, index=frame.index))


def tlco_peer(frame: pd.DataFrame) -> "pd.Series[float]":
    """The package pyspiro, whole columns at once."""
    import pyspiro

    reference = pyspiro.GLI_2017()
    named = frame.rename(columns={"SEX": "sex", "AGE": "age", "HEIGHT": "height", "TLCO": "value"})
    return reference.compute(named, reference.Parameters.TLCO.value, value_col="value", metrics=("zscore",))["zscore"].astype(float)


def tlco_ours(rows: Floats) -> Floats:
    return tlco.columns(rows[:, 3], np.where(rows[:, 0] == 1, "M", "F"), rows[:, 1], rows[:, 2])["z"]


def spirometry_peer(frame: pd.DataFrame) -> "pd.Series[float]":
    """The package pyspiro, whole columns at once."""
    import pyspiro

    reference = pyspiro.BOWERMAN_2022()
    named = frame.rename(columns={"SEX": "sex", "AGE": "age", "HEIGHT": "height", "FEV1": "value"})
    return reference.compute(named, reference.Parameters.FEV1.value, value_col="value", metrics=("zscore",))["zscore"].astype(float)


def spirometry_ours(rows: Floats) -> Floats:
    sexes = np.where(rows[:, 0] == 1, "M", "F")
    return spirometry.columns(rows[:, 3], sexes, rows[:, 1], rows[:, 2], "gli_global_2022", quantity="FEV1")["z"]


def acr_peer(frame: pd.DataFrame) -> "pd.Series[float]":
    points = frame.fillna(0) * [sign.points for sign in acr_eular_2013.SIGNS]
    domains = [[sign.code for sign in acr_eular_2013.SIGNS if sign.domain == domain] for domain in acr_eular_2013.DOMAINS]
    return pd.concat([points[codes].max(axis=1) for codes in domains], axis=1).sum(axis=1)


def adas_peer(frame: pd.DataFrame) -> "pd.Series[float]":
    possible = (frame.notna() * list(adas_cog.HIGHEST.values())).sum(axis=1)
    return (frame.sum(axis=1) * 70 / possible).where(frame.notna().sum(axis=1) >= 8)


def naranjo_peer(frame: pd.DataFrame) -> "pd.Series[float]":
    points = [frame[one.code].map({1.0: one.yes, 0.0: one.no, 0.5: 0}) for one in causality.QUESTIONS]
    return pd.concat(points, axis=1).sum(axis=1, skipna=False)


def medsger_peer(frame: pd.DataFrame) -> "pd.Series[float]":
    grades = {}
    for one in medsger.FINDINGS:
        value = frame[one.code]
        grade = value if not one.limits else value.where(value.isna(), 0.0)
        for step, limit in enumerate(one.limits, start=1):
            if limit is not None:
                grade = grade.mask(value >= limit if one.rising else value < limit, step)
        grades[one.code] = grade
    systems = [[one.code for one in medsger.FINDINGS if one.system == system] for system in medsger.SYSTEMS]
    return pd.concat([pd.concat([grades[code] for code in codes], axis=1).max(axis=1) for codes in systems], axis=1).sum(axis=1, skipna=False)


def medsger_rows(chance: Chance, rows: int) -> Floats:
    columns = [chance.uniform(0, one.highest, rows) if one.limits else chance.integers(0, 5, rows) for one in medsger.FINDINGS]
    table = np.column_stack(columns).astype(float)
    table[chance.random(table.shape) < 0.02] = np.nan
    return table


STEROIDS = np.array(list(prednisone.EQUAL_TO_5_MG))


def steroid_rows(chance: Chance, rows: int) -> Floats:
    return np.column_stack([chance.integers(0, len(STEROIDS), rows), chance.uniform(0, 60, rows)])


def steroid_peer(frame: pd.DataFrame) -> "pd.Series[float]":
    equal = {place: float(mg) for place, mg in enumerate(prednisone.EQUAL_TO_5_MG.values())}
    return 5 * frame["DOSE"] / frame["DRUG"].map(equal)


def hepatitis_peer(frame: pd.DataFrame) -> "pd.Series[float]":
    return ((frame["HBSAG"] == 1) | (frame["HCVAB"] == 1) | (frame["HBVDNA"] == 1)).astype(float)


def tuberculosis_peer(frame: pd.DataFrame) -> "pd.Series[float]":
    return ((frame["IMAGING"] == 0) & ((frame["IGRA"] == 0) | ((frame["IGRA"] == 1) & (frame["PREVENTED"] == 1)))).astype(float)


RACES = {
    "mrss": Race(mrss.CODES, questionnaire(17, 0, 3, 0.001), mrss.totals, lambda frame: frame.sum(axis=1, skipna=False)),
    "haq_di": Race(haq_di.CODES, questionnaire(20, 0, 3), haq_di.index, haq_peer),
    "git2": Race(git2.CODES, questionnaire(34, 0, 1), lambda rows: git2.totals(git2.scales(rows)), git_peer),
    "facit_f": Race(facit_f.CODES, questionnaire(13, 0, 4), facit_f.totals, facit_peer),
    "eq5d5l": Race(eq5d5l.CODES, questionnaire(5, 1, 5), eq5d5l.index, eq5d_peer),
    "rand36, eight scales": Race(rand36.CODES, questionnaire(36, 1, 2), lambda rows: rand36.scales(rows)[:, 0], rand_peer),
    "scleroid": Race(
        scleroid.CODES, questionnaire(10, 0, 10, 0.001), scleroid.totals, weighted(np.array([float(x) for x in scleroid.WEIGHTS.values()]))
    ),
    "eustar": Race(eustar.CODES, measured(2, 2, (0, 51), 2, (0, 50), (30, 120)), eustar.index, eustar_peer),
    "escsg": Race(
        escsg.CODES,
        measured((0, 51), 2, 2, 2, 2, 2, 2, (30, 120), 2, (0, 90), 2),
        lambda rows: escsg.bounds(rows, "WHOLE")[0],
        escsg_peer,
    ),
    "criss": Race(
        criss.MEASURES,
        measured((-20, 10), (-20, 10), (-5, 5), (-5, 5), (-1, 1)),
        lambda rows: criss.probability(rows, np.zeros(len(rows))),
        criss_peer,
    ),
    "detect": Race(detect.STEP_1, measured((0.8, 3), 2, 2, (20, 3000), (2, 11), 2), detect.step_one, detect_peer),
    "pah, four strata": Race(
        ("WHOFC", "SIXMWD", "NTPROBNP"), measured((1, 4), (50, 600), (50, 2500)), lambda rows: pah.mean_grades(rows, 4), risk_peer
    ),
    "ctcae, ALT": Race(
        ("ALT", "LOW", "HIGH", "BASE"),
        measured((5, 900), (5, 10), (35, 50), (10, 120)),
        lambda rows: ctcae.grades("ALT", rows[:, 0], rows[:, 1], rows[:, 2], rows[:, 3]),
        enzyme_peer,
    ),
    "immunoglobulin_watch": Race(
        ("IGG", "IGA", "IGM", "LOW"),
        measured((1, 18), (0, 4), (0, 3), (6, 9)),
        lambda rows: immunoglobulin_watch.grades(rows[:, :3], rows[:, 3]),
        igg_peer,
    ),
    "acr_eular_2013": Race(acr_eular_2013.CODES, questionnaire(13, 0, 1), lambda rows: acr_eular_2013.bounds(rows)[0], acr_peer),
    "adas_cog": Race(adas_cog.CODES, questionnaire(11, 0, 4, 0.1), adas_cog.totals, adas_peer),
    "causality, Naranjo": Race(causality.CODES, questionnaire(10, 0, 1), causality.totals, naranjo_peer),
    "medsger": Race(medsger.CODES, medsger_rows, lambda rows: medsger.totals(medsger.systems(rows)), medsger_peer),
    "prednisone": Race(
        ("DRUG", "DOSE"), steroid_rows, lambda rows: prednisone.equivalents(STEROIDS[rows[:, 0].astype(int)].tolist(), rows[:, 1]), steroid_peer
    ),
    "shaq": Race(("MARK",), measured((0, 100)), lambda rows: shaq.scaled(rows[:, 0], "100 mm"), lambda frame: frame["MARK"] * 0.03),
    "hepatitis_b": Race(
        hepatitis_b.CODES, questionnaire(4, 0, 1, 0.1), lambda rows: (hepatitis_b.decisions(rows) == "EXCLUDE").astype(float), hepatitis_peer
    ),
    "tuberculosis": Race(
        tuberculosis.CODES, questionnaire(3, 0, 1, 0.1), lambda rows: (tuberculosis.decisions(rows) == "INCLUDE").astype(float), tuberculosis_peer
    ),
    "spirometry (peer: pyspiro)": Race(("SEX", "AGE", "HEIGHT", "FEV1"), measured(2, (18, 94), (145, 190), (0.5, 6)), spirometry_ours, spirometry_peer),
    "tlco (peer: pyspiro)": Race(("SEX", "AGE", "HEIGHT", "TLCO"), measured(2, (18, 79), (145, 190), (2, 12)), tlco_ours, tlco_peer),
}


def raced(name: str, race: Race, rows: int) -> None:
    """Prints one line; stops the program when the two do not agree."""
    table = race.draw(np.random.default_rng(1), rows)
    if name.startswith("git2"):
        table[:, [14, 33]] = np.minimum(table[:, [14, 33]], 1)
    frame = pd.DataFrame(table, columns=list(race.columns))
    race.ours(table[:10])  # tables that are loaded once are not part of the race
    race.peer(frame[:10])
    begun = time.perf_counter()
    ours = race.ours(table)
    middle = time.perf_counter()
    peer = race.peer(frame)
    ended = time.perf_counter()
    np.testing.assert_allclose(ours, peer.to_numpy(), rtol=1e-9, atol=2e-9, err_msg=name)
    own, other = middle - begun, ended - middle
    print(f"{name:<30} {rows / own:>14,.0f} visits/s {own:>7.2f} s   {other / own:>5.1f} x pandas ({rows / other:,.0f} visits/s)", flush=True)


def race_all(rows: int, names: Sequence[str] = ()) -> None:
    """Every instrument (or those whose names begin so), one line each."""
    print(f"# {rows:,} visits; numpy {np.__version__}, pandas {pd.__version__}, Python {sys.version.split()[0]}; ratios hold, single times do not")
    for name, race in RACES.items():
        if not names or any(name.startswith(one) for one in names):
            raced(name, race, rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="which instruments (default: all)")
    parser.add_argument("--rows", type=int, default=1_000_000)
    asked = parser.parse_args()
    race_all(asked.rows, asked.names)


if __name__ == "__main__":
    main()
