"""ADAS-Cog (11): eleven cognitive tasks of the Alzheimer's Disease Assessment Scale, summed to 0 (best) to 70."""

from collections.abc import Mapping
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from trialwright.protocol import Instrument, Score, Status, Text

Floats = NDArray[np.float64]

INSTRUMENT = Instrument(
    code="ADAS-COG",
    name=Text("Alzheimer's Disease Assessment Scale, cognitive part", "阿尔茨海默病评定量表认知部分"),
    version="adas-cog/11/prorated-to-3-missing",
    licence="The wording and the test material belong to their authors and are not included: item numbers and scores only.",
    references=(
        "Rosen WG, Mohs RC, Davis KL. Am J Psychiatry 1984;141:1356",
        "CDISC pilot trial CDISCPILOT01: statistical analysis plan, section 14.2 (missing items), as named in its define.xml",
    ),
    verified=False,
    higher_is_worse=True,
)

HIGHEST = {
    "ACITM01": 10,
    "ACITM02": 5,
    "ACITM04": 5,
    "ACITM05": 5,
    "ACITM06": 5,
    "ACITM07": 8,
    "ACITM08": 12,
    "ACITM11": 5,
    "ACITM12": 5,
    "ACITM13": 5,
    "ACITM14": 5,
}
"""The eleven items that count and the highest score of each (together 70); items 3, 9 and 10 of the long form do not count."""

CODES = tuple(HIGHEST)
TOTAL = sum(HIGHEST.values())
TOTAL_TESTCD = "ACTOT"


def score(items: Mapping[str, Decimal | int | None], most_missing: int = 3) -> Score:
    """The total over the eleven items, prorated when up to `most_missing` are absent, or the reason why there is none.

    Proration stretches the sum to the whole scale: sum x 70 / (highest possible sum of the items that are present). Three
    of eleven missing is the most that the pilot trial's data hold (no larger number is known to be allowed).
    Items that do not count are ignored. Raises `ValueError` for a score below 0 or above the item's highest.

    >>> score(dict.fromkeys(CODES, 2)).value
    Decimal('22')
    >>> score(dict.fromkeys(CODES, 2) | {"ACITM08": None}).value.quantize(Decimal("0.000001"))
    Decimal('24.137931')
    >>> score({}).reasons[0]
    '11 of 11 items missing, at most 3 may be'
    """
    present = {code: value for code in CODES if (value := items.get(code)) is not None}
    for code, value in present.items():
        if not 0 <= value <= HIGHEST[code]:
            raise ValueError(f"{code}: {value} is outside 0 to {HIGHEST[code]}")
    missing = [code for code in CODES if code not in present]
    total = float(totals(np.array([[float(present.get(code, "nan")) for code in CODES]]), most_missing)[0])
    if np.isnan(total):
        return Score(
            value=None,
            status=Status.INCOMPLETE,
            reasons=(
                f"{len(missing)} of {len(CODES)} items missing, at most {most_missing} may be",
                *(f"{code} missing" for code in missing),
            ),
        )
    return Score(value=Decimal(f"{total:.12g}"), status=Status.SCORED, reasons=tuple(f"{code} missing, prorated" for code in missing))


def totals(items: Floats, most_missing: int = 3) -> Floats:
    """The totals of many assessments: items (n, 11) in the order of `CODES`, NaN where absent, give (n,), NaN where too many are.

    >>> totals(np.array([[2.0] * 11, [2.0] * 6 + [np.nan] + [2.0] * 4, [np.nan] * 4 + [2.0] * 7])).round(6)
    array([22.      , 24.137931,       nan])
    """
    if items.ndim != 2 or items.shape[1] != len(CODES):
        raise ValueError(f"items must have the shape (n, {len(CODES)}), not {items.shape}")
    highest = np.array([float(most) for most in HIGHEST.values()])
    known = ~np.isnan(items)
    filled = np.where(known, items, 0.0)
    if not ((filled >= 0) & (filled <= highest)).all():
        raise ValueError("an item is scored from 0 to its highest")
    possible = np.einsum("ij,j->i", known.astype(float), highest)
    few = (~known).sum(axis=1) <= most_missing
    result: Floats = np.where(few, np.einsum("ij->i", filled) * TOTAL / np.maximum(possible, 1), np.nan)
    return result
