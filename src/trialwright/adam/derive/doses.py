"""Doses a day in one unit, so that drugs of a kind can be added up."""

from collections.abc import Mapping
from typing import Any

from trialwright.instruments import prednisone

Record = Mapping[str, Any]
PER_DAY = {"QD": 1.0, "BID": 2.0, "TID": 3.0, "QID": 4.0, "QOD": 0.5}
"""Doses a day; what is given at any other rhythm counts with its single dose on its first day."""


def prednisone_a_day(row: Record) -> float | None:
    """The prednisone equivalent in mg a day of a CM record; None when it is no systemic steroid or its dose is unknown.

    >>> prednisone_a_day({"CMDECOD": "METHYLPREDNISOLONE", "CMDOSE": 8.0, "CMDOSU": "mg", "CMDOSFRQ": "BID", "CMROUTE": "ORAL"})
    20.0
    """
    drug, dose = str(row.get("CMDECOD") or ""), row.get("CMDOSE")
    per = prednisone.EQUAL_TO_5_MG.get(drug)
    if per is None or dose is None or row.get("CMROUTE") not in prednisone.SYSTEMIC:
        return None
    milligrams = float(dose) * (1000 if row.get("CMDOSU") == "g" else 1)
    return milligrams * PER_DAY.get(str(row.get("CMDOSFRQ")), 1.0) * 5 / float(per)
