"""Tuberculosis at screening: a blood test and a picture of the chest, and what their results mean for the start of treatment."""

from collections.abc import Mapping
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from trialwright.protocol import Audience, Codelist, Instrument, Item, Kind, Score, Status, Term, Text, yes_no

Floats = NDArray[np.float64]
Words = NDArray[np.str_]

INSTRUMENT = Instrument(
    code="TUBERCULOSIS",
    name=Text("tuberculosis at screening", "结核筛查"),
    version="tuberculosis/igra+imaging/proposal",
    licence="Our own proposal; the protocol confirms or replaces the rules.",
    references=(
        "interferon-gamma release assay and chest imaging at screening: from memory, not verified",
        "what follows from the results is proposed here; no rule of a registered trial was read",
        "Wu D et al. Ann Rheum Dis 2024, table 3 (telitacicept in lupus, phase 2b): tuberculosis in 2 of 62 at 80 mg, 0 of 63 at 160 mg, 1 of 62 at 240 mg",
    ),
    verified=False,
)

FORMULA = (
    "active disease suspected on imaging: EXCLUDE; assay positive with imaging clear and preventive treatment not completed: REFER; "
    "assay indeterminate: PENDING (repeat); assay negative, or preventive treatment completed, and imaging clear: INCLUDE"
)
MISSING_RULE = "A result that is unknown and could change the decision leaves it PENDING, and is named."

CODES = ("IGRA", "IMAGING", "PREVENTED")
IGRA = {"NEGATIVE": 0.0, "POSITIVE": 1.0, "INDETERMINATE": 0.5}
DECISIONS = ("INCLUDE", "REFER", "PENDING", "EXCLUDE")


def items(audience: Audience) -> tuple[Item, ...]:
    """The assay, whether imaging suggests active disease, and whether preventive treatment was completed."""
    results = Codelist(
        code="IGRA",
        terms=(
            Term("NEGATIVE", Text("negative", "阴性")),
            Term("POSITIVE", Text("positive", "阳性")),
            Term("INDETERMINATE", Text("indeterminate", "不确定")),
        ),
    )
    boxes = (
        ("IMAGING", Text("chest imaging suggests active tuberculosis", "胸部影像提示活动性结核")),
        ("PREVENTED", Text("preventive treatment completed", "已完成预防性治疗")),
    )
    assay = Item(
        code="IGRA", label=Text("interferon-gamma release assay", "γ-干扰素释放试验"), kind=Kind.CHOICE, audience=audience, codelist=results
    )
    return (assay, *(Item(code=code, label=name, kind=Kind.CHOICE, audience=audience, codelist=yes_no()) for code, name in boxes))


def decisions(results: Floats) -> Words:
    """The decision for many people: an array (n, 3) in the order of `CODES`, 1 yes or positive, 0 no or negative, 0.5 for an
    indeterminate assay, NaN unknown.

    >>> decisions(np.array([[0, 0, np.nan], [1, 0, 0], [1, 0, 1], [np.nan, 1, 0], [0.5, 0, 0]])).tolist()
    ['INCLUDE', 'REFER', 'INCLUDE', 'EXCLUDE', 'PENDING']
    """
    if results.ndim != 2 or results.shape[1] != len(CODES):
        raise ValueError(f"results must have the shape (n, {len(CODES)}): {', '.join(CODES)}; not {results.shape}")
    assay, imaging, prevented = results.T
    if not np.isin(results[~np.isnan(results)], (0.0, 0.5, 1.0)).all() or (results[:, 1:] == 0.5).any():
        raise ValueError("results are 1, 0 or NaN, and 0.5 for an indeterminate assay")
    clear = imaging == 0
    settled = clear & ((assay == 0) | ((assay == 1) & (prevented == 1)))
    return np.select([imaging == 1, settled, clear & (assay == 1) & (prevented == 0)], ["EXCLUDE", "INCLUDE", "REFER"], default="PENDING")


def score(assay: str | None, boxes: Mapping[str, bool | None]) -> Score:
    """The decision in `parts`; the value is 1 when treatment may begin, 0 when not (EXCLUDE), none while REFER or PENDING.

    `assay` is NEGATIVE, POSITIVE, INDETERMINATE or None; `boxes` maps IMAGING and PREVENTED to yes or no.

    >>> score("POSITIVE", {"IMAGING": False, "PREVENTED": False}).reasons
    ('IGRA positive without completed preventive treatment: a physician decides',)
    """
    if assay is not None and assay not in IGRA:
        raise ValueError(f"{assay} is not a result of the assay ({', '.join(IGRA)})")
    for code in boxes:
        if code not in CODES[1:]:
            raise ValueError(f"{code} is not asked at this screening ({', '.join(CODES)})")
    answers = [boxes.get(code) for code in CODES[1:]]
    row = [np.nan if assay is None else IGRA[assay], *(np.nan if one is None else float(one) for one in answers)]
    decision = str(decisions(np.array([row]))[0])
    parts = {"decision": decision}
    if decision in ("INCLUDE", "EXCLUDE"):
        return Score(value=Decimal(int(decision == "INCLUDE")), status=Status.SCORED, parts=parts)
    if decision == "REFER":
        told = ("IGRA positive without completed preventive treatment: a physician decides",)
    else:
        unknown = [code for code, value in zip(CODES, row, strict=True) if np.isnan(value)]
        needed = [code for code in unknown if code != "PREVENTED" or assay == "POSITIVE"]
        told = (*(f"{code} unknown" for code in needed), *(("IGRA indeterminate: repeat it",) if assay == "INDETERMINATE" else ()))
    return Score(value=None, status=Status.INCOMPLETE, reasons=told, parts=parts)
