"""Hepatitis at screening: who must not receive a drug against B cells, who may with monitoring, and who waits for a result."""

from calendar import monthrange
from collections.abc import Mapping
from datetime import date
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from trialwright.protocol import Audience, Codelist, Instrument, Item, Kind, Score, Status, Term, Text

Floats = NDArray[np.float64]
Words = NDArray[np.str_]

INSTRUMENT = Instrument(
    code="HEPATITIS_B",
    name=Text("hepatitis B and C at screening", "乙型与丙型肝炎筛查"),
    version="hepatitis_b/telitacicept-trials/monitoring-1-3-months",
    licence="Decision rules taken from trial registrations; facts.",
    references=(
        "registrations of telitacicept trials (NCT05247203): HBsAg+ or HCV antibody+ excluded; anti-HBc+ needs a negative HBV-DNA",
        "reactivation in HBsAg-/anti-HBc+ patients on biologics: pooled 2.0 %, rituximab 9.0 % (PMC9910170)",
        "HBV-DNA and ALT every 1 to 3 months for anti-HBc+: proposed here, the drug is not in the tables of risk",
    ),
    verified=False,
)

FORMULA = "HBsAg+, HCV antibody+ or HBV-DNA+: EXCLUDE; anti-HBc+ with HBV-DNA-: MONITOR; anti-HBc+ with HBV-DNA unknown: PENDING; all negative: INCLUDE"
MISSING_RULE = "A result that is unknown and could change the decision leaves it PENDING, and is named; a positive one decides at once."

CODES = ("HBSAG", "HBCAB", "HBVDNA", "HCVAB")
DECISIONS = ("INCLUDE", "MONITOR", "PENDING", "EXCLUDE")
MONTHS = 3
"""HBV-DNA and ALT at least this often while on treatment (proposal: every 1 to 3 months)."""

NAMES = {
    "HBSAG": Text("hepatitis B surface antigen", "乙肝表面抗原"),
    "HBCAB": Text("hepatitis B core antibody", "乙肝核心抗体"),
    "HBVDNA": Text("hepatitis B virus DNA", "乙肝病毒 DNA"),
    "HCVAB": Text("hepatitis C antibody", "丙肝抗体"),
}


def items(audience: Audience) -> tuple[Item, ...]:
    """The four results, positive or negative; DNA is asked only when the core antibody is positive."""
    answers = Codelist(code="POSNEG", terms=(Term("POSITIVE", Text("positive", "阳性")), Term("NEGATIVE", Text("negative", "阴性"))))
    return tuple(
        Item(code=code, label=name, kind=Kind.CHOICE, audience=audience, codelist=answers, required=code != "HBVDNA")
        for code, name in NAMES.items()
    )


def decisions(results: Floats) -> Words:
    """The decision for many people: results (n, 4) in the order of `CODES`, 1 positive, 0 negative, NaN unknown.

    >>> decisions(np.array([[1, np.nan, np.nan, 0], [0, 1, 0, 0], [0, 1, np.nan, 0], [0, 0, np.nan, 0]])).tolist()
    ['EXCLUDE', 'MONITOR', 'PENDING', 'INCLUDE']
    """
    if results.ndim != 2 or results.shape[1] != len(CODES):
        raise ValueError(f"results must have the shape (n, {len(CODES)}): {', '.join(CODES)}; not {results.shape}")
    if not np.isin(results[~np.isnan(results)], (0.0, 1.0)).all():
        raise ValueError("a result is 1 (positive), 0 (negative) or NaN (unknown)")
    surface, core, dna, other = results.T
    excluded = (surface == 1) | (other == 1) | (dna == 1)
    clear = (surface == 0) & (other == 0)
    return np.select([excluded, clear & (core == 0), clear & (core == 1) & (dna == 0)], ["EXCLUDE", "INCLUDE", "MONITOR"], default="PENDING")


def score(results: Mapping[str, bool | None]) -> Score:
    """The decision in `parts`; the value is 1 when treatment may begin (INCLUDE or MONITOR), 0 when not (EXCLUDE).

    `results` maps `CODES` to positive (True) or negative (False); left out or None is unknown.

    >>> score({"HBSAG": False, "HBCAB": True, "HCVAB": False}).reasons
    ('HBVDNA unknown',)
    """
    for code in results:
        if code not in CODES:
            raise ValueError(f"{code} is not a result of this screening ({', '.join(CODES)})")
    row = np.array([[np.nan if (one := results.get(code)) is None else float(one) for code in CODES]])
    decision = str(decisions(row)[0])
    parts = {"decision": decision}
    if decision == "PENDING":
        needed = [code for code in CODES if code != "HBVDNA" or results.get("HBCAB") is not False]
        missing = tuple(f"{code} unknown" for code in needed if results.get(code) is None)
        return Score(value=None, status=Status.INCOMPLETE, reasons=missing, parts=parts)
    positive = tuple(f"{code} positive" for code in CODES if results.get(code) is True)
    if decision == "MONITOR":
        parts["monitoring"] = f"HBV-DNA and ALT every {MONTHS} months or more often"
    return Score(value=Decimal(int(decision != "EXCLUDE")), status=Status.SCORED, reasons=positive, parts=parts)


def monitoring(first_dose: date, until: date, months: int = MONTHS) -> tuple[date, ...]:
    """The days on which HBV-DNA and ALT are due after the first dose: the same day of the month, clipped to month ends.

    >>> [day.isoformat() for day in monitoring(date(2025, 1, 31), date(2025, 8, 1))]
    ['2025-04-30', '2025-07-31']
    """
    if not 1 <= months <= MONTHS:
        raise ValueError(f"monitoring is due every 1 to {MONTHS} months, not every {months}")
    days: list[date] = []
    step = months
    while (day := _later(first_dose, step)) <= until:
        days.append(day)
        step += months
    return tuple(days)


def _later(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
