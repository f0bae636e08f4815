"""Lasting organ damage by the index of the Scleroderma Clinical Trials Consortium, with weights transcribed by two people."""

from collections.abc import Mapping
from decimal import Decimal

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from trialwright.protocol import Audience, Instrument, Item, Kind, Score, Status, Text, same, yes_no

Floats = NDArray[np.float64]

INSTRUMENT = Instrument(
    code="SCTC_DI",
    name=Text("SCTC damage index", "SCTC 损伤指数"),
    version="sctc_di/2019/transcribed-by-two",
    licence="Weights are not included: they are transcribed from the paper, which the hospital must hold.",
    references=(
        "Ferdowsi N et al. Ann Rheum Dis 2019;78:807, doi 10.1136/annrheumdis-2018-214764 (doi from memory)",
        "23 items and low damage up to 5: read; maximum 55, moderate 6 to 12, severe from 13: from memory, not verified",
    ),
    verified=False,
    higher_is_worse=True,
)

FORMULA = "sum of the weights of all damage that ever occurred, 0 to 55; the weights are read from a table, none is built in"
MISSING_RULE = "An unknown item leaves no score, but lowest and highest possible. What was once damaged stays so."

ITEM_COUNT = 23
HIGHEST = 55
COLUMNS = ("code", "organ", "weight")
BANDS = ((13, "SEVERE"), (6, "MODERATE"), (0, "LOW"))


@frozen(kw_only=True)
class Weight:
    """One item of damage: its code, its organ system, and its weight."""

    code: str
    organ: str
    weight: int


Table = tuple[Weight, ...]


def table(first: str, second: str) -> Table:
    """The weights, from two independent transcriptions as text (columns code, organ, weight, separated by commas).

    Both must agree in every line and hold 23 items that sum to 55. Raises `ValueError` that names the lines that differ,
    cannot be read, or do not add up.

    >>> lines = "code,organ,weight\\n" + "\\n".join(f"D{n:02d},GUT,{3 if n > 14 else 2}" for n in range(1, 24))
    >>> sum(one.weight for one in table(lines, lines))
    55
    """
    one, other = _rows(first, "first"), _rows(second, "second")
    differing = sorted(code for code in one.keys() | other.keys() if one.get(code) != other.get(code))
    if differing:
        raise ValueError(f"the two transcriptions differ in {', '.join(differing)}: compare both with the paper")
    total = sum(weight.weight for weight in one.values())
    if len(one) != ITEM_COUNT or total != HIGHEST:
        raise ValueError(f"the table holds {len(one)} items that sum to {total}; the paper has {ITEM_COUNT} and {HIGHEST}")
    return tuple(one.values())


def _rows(text: str, which: str) -> dict[str, Weight]:
    lines = [line for line in text.strip().splitlines() if line.strip()]
    if not lines or tuple(cell.strip() for cell in lines[0].split(",")) != COLUMNS:
        raise ValueError(f"the {which} transcription must begin with the line {','.join(COLUMNS)}")
    found: dict[str, Weight] = {}
    for number, line in enumerate(lines[1:], start=2):
        cells = [cell.strip() for cell in line.split(",")]
        if len(cells) != len(COLUMNS) or not cells[0] or not cells[2].isdigit() or int(cells[2]) < 1:
            raise ValueError(f"line {number} of the {which} transcription cannot be read: {line}")
        if cells[0] in found:
            raise ValueError(f"line {number} of the {which} transcription repeats {cells[0]}")
        found[cells[0]] = Weight(code=cells[0], organ=cells[1], weight=int(cells[2]))
    return found


def items(weights: Table, audience: Audience) -> tuple[Item, ...]:
    """One question for each item of the table: whether this damage ever occurred."""
    return tuple(
        Item(code=one.code, label=same(one.code), kind=Kind.CHOICE, audience=audience, codelist=yes_no()) for one in weights
    )


def cumulative(visits: Floats) -> Floats:
    """Damage so far at each visit: an array (visits, items) in order of time, 1, 0 or NaN; what was 1 stays 1.

    NaN stays only as long as nothing at that or an earlier visit settles it.

    >>> cumulative(np.array([[0.0], [1.0], [np.nan], [0.0]])).ravel()
    array([0., 1., 1., 1.])
    """
    ever: Floats = np.maximum.accumulate(np.where(visits == 1, 1.0, 0.0), axis=0)
    result: Floats = np.where(ever == 1, 1.0, visits)
    return result


def bounds(weights: Table, damage: Floats) -> tuple[Floats, Floats]:
    """Lowest and highest possible index of many patients: damage (n, items of the table), 1, 0 or NaN, gives two (n,)."""
    if damage.ndim != 2 or damage.shape[1] != len(weights):
        raise ValueError(f"damage must have the shape (n, {len(weights)}), not {damage.shape}")
    if not np.isin(damage[~np.isnan(damage)], (0.0, 1.0)).all():
        raise ValueError("damage is 1 (ever), 0 (never) or NaN (unknown)")
    worth = np.array([float(one.weight) for one in weights])
    return np.einsum("ij,j->i", np.nan_to_num(damage, nan=0.0), worth), np.einsum("ij,j->i", np.nan_to_num(damage, nan=1.0), worth)


def band(value: float) -> str:
    """LOW (up to 5), MODERATE or SEVERE (from 13); the upper two limits are from memory.

    >>> band(5), band(6), band(13)
    ('LOW', 'MODERATE', 'SEVERE')
    """
    return next(name for least, name in BANDS if value >= least)


def score(weights: Table, damage: Mapping[str, bool | None]) -> Score:
    """The index of one patient with min, max and band in `parts`; `damage` maps the table's codes to ever or never."""
    codes = [one.code for one in weights]
    for code in damage:
        if code not in codes:
            raise ValueError(f"{code} is not an item of the transcribed table ({', '.join(codes)})")
    row = np.array([[np.nan if (one := damage.get(code)) is None else float(one) for code in codes]])
    low, high = (int(bound[0]) for bound in bounds(weights, row))
    parts = {"version": INSTRUMENT.version, "min": str(low), "max": str(high), "band": band(low) if band(low) == band(high) else "OPEN"}
    missing = tuple(f"{code} unknown" for code in codes if damage.get(code) is None)
    if missing:
        return Score(value=None, status=Status.INCOMPLETE, reasons=missing, parts=parts)
    return Score(value=Decimal(low), status=Status.SCORED, parts=parts)
