"""Laboratory results at each visit against the ranges of the laboratory, and how severe the abnormal ones are (CTCAE)."""

import math
from collections.abc import Mapping
from datetime import date
from decimal import Decimal

import numpy as np
import polars as pl

from trialwright.instruments import ctcae, immunoglobulin_watch, spirometry
from trialwright.protocol import Item, Normal
from trialwright.sdtm._domain import Method, Row, Source, scored, tabulated

_GRADED = "Grade 0 to 4 from the result, the limits of the laboratory and the last value up to the reference day"
_WATCH = "What the protocol asks for at this level of immunoglobulins, by the rule that LBMETHOD names"
METHODS = {
    "LBNRIND": Method("LOW below LBSTNRLO, HIGH above LBSTNRHI, otherwise NORMAL; null without a reference range", "trialwright.sdtm.lb:rows"),
    "LBTOXGR": scored(_GRADED, ctcae.INSTRUMENT, "ctcae:grades"),
    "LBTOX": Method("Term of the scale that LBTOXGR grades, where the grade is above 0", "trialwright.sdtm.lb:rows"),
}
SPEC = tabulated("LB", "STUDYID USUBJID LBTESTCD VISITNUM", methods=METHODS,
                 tests={"IGACTION": scored(_WATCH, immunoglobulin_watch.INSTRUMENT, "immunoglobulin_watch:actions")})  # fmt: skip

CATEGORY, SPECIMEN = "IMMUNOLOGY", "SERUM"
TERMS = {
    "WBC": "White blood cell decreased",
    "NEUT": "Neutrophil count decreased",
    "LYM": "Lymphocyte count decreased",
    "PLAT": "Platelet count decreased",
    "HGB": "Anemia",
    "ALT": "Alanine aminotransferase increased",
    "AST": "Aspartate aminotransferase increased",
    "ALP": "Alkaline phosphatase increased",
    "GGT": "GGT increased",
    "BILI": "Blood bilirubin increased",
    "CREAT": "Creatinine increased",
}
"""The CTCAE term of each test that is graded; it says in which direction."""


def rows(source: Source) -> pl.DataFrame:
    """One record for each test and visit, with range, indicator and grade; a test without range or rule has none."""
    told = [_named(row) for row in source.findings("LB")]
    _with_ranges(source, told)
    _with_grades(source, told)
    return source.framed(SPEC, [*told, *(_named(row) for row in source.watched("LB"))])


def _named(row: Row) -> Row:
    row.setdefault("LBCAT", CATEGORY)
    row.setdefault("LBSPEC", SPECIMEN)
    return row


def _with_ranges(source: Source, told: list[Row]) -> None:
    """Adds the interval of the laboratory for the sex and age of the person, and whether the result lies below or above it."""
    asked = _items(source)
    for row in told:
        item = asked.get((row["_PLACE"][1], row["LBTESTCD"]))
        normal = None if item is None or row.get("LBSTRESN") is None else _normal(source, item, row)
        if normal is not None:
            value = Decimal(row["LBSTRESN"])
            row |= {
                "LBORNRLO": _text(normal.low),
                "LBORNRHI": _text(normal.high),
                "LBSTNRLO": normal.low,
                "LBSTNRHI": normal.high,
            }
            below, above = (
                normal.low is not None and value < normal.low,
                normal.high is not None and value > normal.high,
            )
            row["LBNRIND"] = "LOW" if below else "HIGH" if above else "NORMAL"


def _items(source: Source) -> Mapping[tuple[str, str], Item]:
    """The item behind each test of each form."""
    return {
        (form, dict(target.where)["LBTESTCD"]): item
        for form, asked in source.plan("LB").items()
        for item, target in asked
        if "LBTESTCD" in dict(target.where)
    }


def _normal(source: Source, item: Item, row: Row) -> Normal | None:
    body, day = source.bodies[row["_PERSON"].usubjid], row.get("LBDTC")
    known = body.born is not None and day is not None and date.fromisoformat(day[:10]) >= body.born
    age = spirometry.age_years(body.born, date.fromisoformat(day[:10])) if known and body.born and day else math.nan
    found = [one for one in item.normal if one.fits(body.sex, age) or (math.isnan(age) and _for_any_age(one, body.sex))]
    return found[0] if len(found) == 1 else None


def _for_any_age(normal: Normal, sex: str | None) -> bool:
    return normal.sex in (None, sex) and normal.from_age == 0 and normal.to_age >= 200


def _text(bound: Decimal | None) -> str | None:
    return None if bound is None else str(bound)


def _with_grades(source: Source, told: list[Row]) -> None:
    """Adds the grade (0 to 4) under the version of CTCAE that the study lists; none where the rule lacks what it needs."""
    version = next((number for number, one in ctcae.VERSIONS.items() if one in source.study.instruments), None)
    if version is None:
        return
    for test in ctcae.TESTS:
        here = [
            row
            for row in told
            if row["LBTESTCD"] == test.code and row.get("LBSTRESN") is not None and row.get("LBSTRESU") in test.factors
        ]
        if not here or version not in test.rules:
            continue
        values, low, high = (
            np.array([_converted(test, row, row.get(name)) for row in here])
            for name in ("LBSTRESN", "LBSTNRLO", "LBSTNRHI")
        )
        before = _baselines(here, values)
        baseline = np.array([before.get(row["_PERSON"].usubjid, math.nan) for row in here])
        grades = ctcae.grades(test.code, values, low, high, baseline, version)
        for row, grade in zip(here, grades.tolist(), strict=True):
            if not math.isnan(grade):
                row |= {"LBTOXGR": f"{grade:.0f}"} | ({"LBTOX": TERMS[test.code]} if grade > 0 else {})


def _converted(test: ctcae.Test, row: Row, told: object) -> float:
    return math.nan if told is None else float(str(told)) * test.factors[row["LBSTRESU"]]


def _baselines(here: list[Row], values: ctcae.Floats) -> dict[str, float]:
    """The last value of each person up to the reference day."""
    found: dict[str, tuple[str, float]] = {}
    for row, value in zip(here, values.tolist(), strict=True):
        person, day = row["_PERSON"], row.get("LBDTC")
        if person.start is None or day is None or day[:10] > person.start.isoformat():
            continue
        if person.usubjid not in found or day >= found[person.usubjid][0]:
            found[person.usubjid] = (day, value)
    return {who: value for who, (_, value) in found.items()}
