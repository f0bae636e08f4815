"""The 2013 ACR/EULAR classification of systemic sclerosis: points for signs ever present, 9 or more classify."""

from collections.abc import Mapping
from decimal import Decimal

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from trialwright.protocol import Instrument, Score, Status, Text

Floats = NDArray[np.float64]

INSTRUMENT = Instrument(
    code="ACR_EULAR_2013",
    name=Text(
        "2013 ACR/EULAR classification criteria for systemic sclerosis", "2013 年 ACR/EULAR 系统性硬化症分类标准"
    ),
    version="acr_eular_2013/table1/max-within-domain",
    licence="Criteria published for use; the table of points is a fact, the wording here is our own.",
    references=("van den Hoogen F et al. Ann Rheum Dis 2013;72:1747, doi 10.1136/annrheumdis-2013-204424, table 1",),
    verified=True,
    higher_is_worse=None,
)

THRESHOLD = 9


@frozen
class Sign:
    """One sign, the domain in which only the highest sign counts, and its points."""

    code: str
    domain: str
    points: int


SIGNS = (
    Sign("PROXIMAL", "fingers", 9),
    Sign("PUFFY", "fingers", 2),
    Sign("SCLERODACT", "fingers", 4),
    Sign("ULCERS", "fingertips", 2),
    Sign("SCARS", "fingertips", 3),
    Sign("TELANG", "telangiectasia", 2),
    Sign("NAILFOLD", "nailfold", 2),
    Sign("PAH", "lung", 2),
    Sign("ILD", "lung", 2),
    Sign("RAYNAUD", "raynaud", 3),
    Sign("ACA", "antibodies", 3),
    Sign("SCL70", "antibodies", 3),
    Sign("RNAP3", "antibodies", 3),
)
"""Skin thickening beyond the knuckles (9) stands in one domain with puffy fingers and sclerodactyly, the higher counts."""

CODES = tuple(sign.code for sign in SIGNS)
BLOCK = 4096
"""Long columns are scored in blocks of rows that fit the processor's cache, and memory stays flat."""
GATES = ("SPARED", "MIMIC")
"""Thickening that spares the fingers, or a disorder that explains the picture better: the criteria do not apply."""

DOMAINS = tuple(dict.fromkeys(sign.domain for sign in SIGNS))


def score(signs: Mapping[str, bool | None], gates: Mapping[str, bool | None]) -> Score:
    """The points, and the range in which they must lie when signs are unknown (`parts`: min, max, classification).

    `signs` maps each of `CODES` to present (True), absent (False) or unknown (None or left out); `gates` likewise for
    `GATES`. With an unknown sign that matters there is no value, but min..max may classify all the same: CLASSIFIED
    if min is 9 or more, NOT_CLASSIFIED if max is below 9, else INDETERMINATE. An unknown gate makes it INDETERMINATE
    unless the points cannot reach 9. Raises `ValueError` for an unknown name.

    >>> signs = {code: False for code in CODES} | {"SCLERODACT": True, "RAYNAUD": True, "SCL70": True}
    >>> score(signs, {"SPARED": False, "MIMIC": False}).value
    Decimal('10')
    """
    for name in (*signs, *gates):
        if name not in CODES and name not in GATES:
            raise ValueError(f"{name} is not a sign of the 2013 criteria ({', '.join((*CODES, *GATES))})")
    if any(gates.get(gate) is True for gate in GATES):
        reasons = tuple(gate for gate in GATES if gates.get(gate) is True)
        return Score(
            value=None, status=Status.NOT_APPLICABLE, reasons=reasons, parts={"classification": "NOT_APPLICABLE"}
        )
    row = np.array([[_presence(signs.get(code)) for code in CODES]])
    low, high = (int(bound[0]) for bound in bounds(row))
    missing = tuple(code for code in unsettled(signs) if low != high)
    open_gates = tuple(gate for gate in GATES if gates.get(gate) is None)
    parts = {"min": str(low), "max": str(high), "classification": _class(low, high, bool(open_gates))}
    if low != high or open_gates:
        return Score(value=None, status=Status.INCOMPLETE, reasons=missing + open_gates, parts=parts)
    return Score(value=Decimal(low), status=Status.SCORED, parts=parts)


def _presence(sign: bool | None) -> float:
    return float("nan") if sign is None else float(sign)


def _class(low: int, high: int, gate_open: bool) -> str:
    if high < THRESHOLD:
        return "NOT_CLASSIFIED"
    return "CLASSIFIED" if low >= THRESHOLD and not gate_open else "INDETERMINATE"


def unsettled(signs: Mapping[str, bool | None]) -> tuple[str, ...]:
    """The unknown signs that could still add points: those worth more than what is present in their domain.

    >>> unsettled({code: False for code in CODES} | {"PROXIMAL": True, "PUFFY": None, "TELANG": None})
    ('TELANG',)
    """
    sure = {
        domain: max(
            (sign.points for sign in SIGNS if sign.domain == domain and signs.get(sign.code) is True), default=0
        )
        for domain in DOMAINS
    }
    return tuple(sign.code for sign in SIGNS if signs.get(sign.code) is None and sign.points > sure[sign.domain])


def bounds(signs: Floats) -> tuple[Floats, Floats]:
    """Lowest and highest points of many people: an array of shape (n, 13) with 1, 0 or NaN (unknown) in the order of
    `CODES` gives two of shape (n,). A total is known where both agree.

    >>> bounds(np.full((1, 13), np.nan))
    (array([0.]), array([24.]))
    """
    if signs.ndim != 2 or signs.shape[1] != len(CODES):
        raise ValueError(f"signs must have the shape (n, {len(CODES)}), not {signs.shape}")
    if len(signs) > BLOCK:
        low, high = zip(*(bounds(signs[at : at + BLOCK]) for at in range(0, len(signs), BLOCK)), strict=True)
        return np.concatenate(low), np.concatenate(high)
    if not ((signs == 0) | (signs == 1) | np.isnan(signs)).all():
        raise ValueError("a sign is 1 (present), 0 (absent) or NaN (unknown)")
    return _sum(np.nan_to_num(signs, nan=0.0)), _sum(np.nan_to_num(signs, nan=1.0))


def _sum(present: Floats) -> Floats:
    points = present.T * np.array([[sign.points] for sign in SIGNS], dtype=float)
    total = np.zeros(len(present))
    for domain in DOMAINS:
        total += points[[place for place, sign in enumerate(SIGNS) if sign.domain == domain]].max(axis=0)
    return total
