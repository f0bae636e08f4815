"""ADAS-Cog (11): eleven cognitive tasks of the Alzheimer's Disease Assessment Scale, summed to 0 (best) to 70."""

from collections.abc import Mapping
from decimal import Decimal

from trialwright.protocol import Instrument, Score, Status, Text

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
    if len(missing) > most_missing:
        return Score(
            value=None,
            status=Status.INCOMPLETE,
            reasons=(
                f"{len(missing)} of {len(CODES)} items missing, at most {most_missing} may be",
                *(f"{code} missing" for code in missing),
            ),
        )
    total = sum((Decimal(value) for value in present.values()), Decimal(0))
    if missing:
        total = total * TOTAL / sum(HIGHEST[code] for code in present)
    return Score(value=total, status=Status.SCORED, reasons=tuple(f"{code} missing, prorated" for code in missing))
