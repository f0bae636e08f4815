"""Steroid doses on one scale: how many milligrams of prednisone a dose of another systemic steroid equals."""

from collections.abc import Sequence
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from trialwright.protocol import Instrument, Score, Status, Text

Floats = NDArray[np.float64]

INSTRUMENT = Instrument(
    code="PREDNISONE_EQUIVALENT",
    name=Text("prednisone equivalent", "泼尼松等效剂量"),
    version="prednisone_equivalent/5mg-table/betamethasone-0.6/deflazacort-6",
    licence="Equivalences are facts found in many pharmacology tables.",
    references=(
        "corticosteroid conversion tables (secondary pages read); betamethasone is given as 0.6 to 0.75 mg, 0.6 is pinned",
        "deflazacort 6 mg: from memory, not verified",
    ),
    verified=False,
    higher_is_worse=None,
)

EQUAL_TO_5_MG = {
    "PREDNISONE": Decimal(5),
    "PREDNISOLONE": Decimal(5),
    "METHYLPREDNISOLONE": Decimal(4),
    "TRIAMCINOLONE": Decimal(4),
    "HYDROCORTISONE": Decimal(20),
    "CORTISONE": Decimal(25),
    "DEXAMETHASONE": Decimal("0.75"),
    "BETAMETHASONE": Decimal("0.6"),
    "DEFLAZACORT": Decimal(6),
}
"""Milligrams of each steroid that equal 5 mg of prednisone."""

SYSTEMIC = ("ORAL", "INTRAVENOUS", "INTRAMUSCULAR")
LOCAL = ("TOPICAL", "RESPIRATORY (INHALATION)")
"""Local steroids count as nothing; depot and joint injections need a rule of the protocol, so they are unknown."""


def score(drug: str, dose: Decimal, route: str = "ORAL") -> Score:
    """The prednisone equivalent in mg of `dose` mg of `drug`.

    NOT_APPLICABLE for a drug that is no listed steroid or a local route; INCOMPLETE for a route without a rule.
    Raises `ValueError` for a negative dose.

    >>> score("METHYLPREDNISOLONE", Decimal("8.5")).value
    Decimal('10.625')
    """
    if dose < 0:
        raise ValueError(f"a dose of {dose} mg is impossible")
    if drug not in EQUAL_TO_5_MG:
        return Score(value=None, status=Status.NOT_APPLICABLE, reasons=(f"{drug} is not a listed steroid",))
    if route in LOCAL:
        return Score(value=None, status=Status.NOT_APPLICABLE, reasons=(f"{route} is not systemic",))
    if route not in SYSTEMIC:
        return Score(value=None, status=Status.INCOMPLETE, reasons=(f"no rule for the route {route}",))
    return Score(value=5 * dose / EQUAL_TO_5_MG[drug], status=Status.SCORED)


def equivalents(drugs: Sequence[str], doses: Floats) -> Floats:
    """Prednisone equivalents (mg) of many systemic doses (mg): n drug names and an array (n,) give an array (n,), NaN
    for a drug that is not listed.

    >>> equivalents(["HYDROCORTISONE", "ASPIRIN"], np.array([40.0, 100.0]))
    array([10., nan])
    """
    if doses.shape != (len(drugs),):
        raise ValueError(f"{len(drugs)} drugs need {len(drugs)} doses, not {doses.shape}")
    if (doses < 0).any():
        raise ValueError("a negative dose is impossible")
    known = {drug: float(equal) for drug, equal in EQUAL_TO_5_MG.items()}
    per = np.array([known.get(drug, np.nan) for drug in drugs])
    result: Floats = 5 * doses / per
    return result
