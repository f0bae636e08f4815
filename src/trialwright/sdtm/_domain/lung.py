"""Lung function against reference values: FVC, FEV1 and DLCO as percent predicted and z-score, the equation named."""

from collections.abc import Iterator, Sequence
from datetime import date

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from trialwright.instruments import spirometry, tlco
from trialwright.sdtm._domain.bodies import Body
from trialwright.sdtm._domain.methods import Method, scored
from trialwright.sdtm._domain.records import Row
from trialwright.sdtm._domain.source import Source

Floats = NDArray[np.float64]

TESTS = {
    "FVC": "Forced Vital Capacity",
    "FVCPP": "Percent Predicted Forced Vital Capacity",
    "FVCZ": "Forced Vital Capacity z-Score",
    "FEV1": "Forced Expiratory Volume in 1 Second",
    "FEV1PP": "Percent Predicted FEV1",
    "FEV1Z": "FEV1 z-Score",
    "FEV1FVC": "FEV1/FVC",
    "DLCO": "Diffusion Capacity of Lung for CO",
    "DLCOPP": "Percent Predicted DLCO",
    "DLCOZ": "DLCO z-Score",
    "DLCOHCPP": "Percent Predicted HGB Corrected DLCO",
    "DLCOHCZ": "HGB Corrected DLCO z-Score",
}
_PERCENT = "100 times the measured value divided by the median of the reference equation that REMETHOD names, for sex, age and height"
_Z = "z-score under the reference equation that REMETHOD names: ((measured / M) ^ L - 1) / (L S)"
_HB = "; the prediction is corrected for the hemoglobin of the visit"
METHODS = {
    **{code: scored(_PERCENT, spirometry.INSTRUMENT, "spirometry:columns") for code in ("FVCPP", "FEV1PP")},
    **{code: scored(_Z, spirometry.INSTRUMENT, "spirometry:columns") for code in ("FVCZ", "FEV1Z")},
    "FEV1FVC": Method("FEV1 / FVC of the same page", "trialwright.sdtm._domain.lung:derived"),
    "DLCOPP": scored(_PERCENT, tlco.INSTRUMENT, "tlco:columns"),
    "DLCOZ": scored(_Z, tlco.INSTRUMENT, "tlco:columns"),
    "DLCOHCPP": scored(_PERCENT + _HB, tlco.INSTRUMENT, "tlco:columns"),
    "DLCOHCZ": scored(_Z + _HB, tlco.INSTRUMENT, "tlco:columns"),
}
DLCO_METHOD = "GLI-2017, CORRECTED 2020"


@frozen
class Measured:
    """One measurement of a person of known sex, age and height, and the entries behind all of that."""

    row: Row
    value: float
    body: Body
    sex: str
    age: float
    height: float
    refs: tuple[str, ...]


def equation(source: Source) -> str | None:
    """The reference equation under which the study derives FVC percent predicted (gli_global_2022, gli_2012), if it names one."""
    versions = (one.version for one in source.study.derivations if one.version.startswith("spirometry/"))
    return next((version.partition("/")[2] for version in versions), None)


def collected(source: Source) -> list[Row]:
    """What was blown, with the names of the tests."""
    return [row | {"RETEST": TESTS.get(row["RETESTCD"], row["RETEST"])} for row in source.findings("RE")]


def derived(source: Source, told: Sequence[Row]) -> Iterator[Row]:
    """Everything that follows from what was blown; nothing where sex, birth date or height is unknown."""
    named = equation(source)
    if named is None:
        return
    for quantity in spirometry.QUANTITIES:
        yield from _spirometry(list(_measured(source, told, quantity)), quantity, named)
    yield from _ratio(told)
    yield from transfer(source, told)


def _measured(source: Source, told: Sequence[Row], testcd: str) -> Iterator[Measured]:
    for row in told:
        if row["RETESTCD"] != testcd or row.get("RESTRESN") is None or row.get("REDTC") is None or row.get("RECAT"):
            continue
        who = row["_PERSON"].usubjid
        body, tall = source.bodies[who], source.heights[who]
        height = tall.get(row["_PLACE"][0]) or tall.get("")
        tested = date.fromisoformat(row["REDTC"])
        if height is None or body.born is None or body.sex is None or body.born > tested:
            continue
        age = spirometry.age_years(body.born, tested)
        refs = (*row["_REFS"], height[1], *body.refs)
        yield Measured(row, float(row["RESTRESN"]), body, body.sex, age, float(height[0]), refs)


def _spirometry(tests: list[Measured], quantity: str, named: str) -> Iterator[Row]:
    tests = [one for one in tests if named != "gli_2012" or one.body.group is not None]
    if not tests:
        return
    groups = [one.body.group or "" for one in tests] if named == "gli_2012" else None
    values, ages, tall = _arrays(tests)
    found = spirometry.columns(values, [one.sex for one in tests], ages, tall, named, groups, quantity)
    method = spirometry.EQUATIONS[named].en.upper()
    yield from _rows(tests, found["percent"], f"{quantity}PP", "%", method)
    yield from _rows(tests, found["z"], f"{quantity}Z", None, method)


def transfer(source: Source, told: Sequence[Row]) -> Iterator[Row]:
    """Percent predicted of DLCO as measured, and with the prediction corrected for the hemoglobin of the same visit."""
    tests = list(_measured(source, told, "DLCO")) if tlco.INSTRUMENT in source.study.instruments else []
    if not tests:
        return
    values, ages, tall = _arrays(tests)
    sexes = [one.sex for one in tests]
    plain = tlco.columns(values, sexes, ages, tall)
    yield from _rows(tests, plain["percent"], "DLCOPP", "%", DLCO_METHOD)
    yield from _rows(tests, plain["z"], "DLCOZ", None, DLCO_METHOD)
    blood = source.answers("LB", "HGB")
    known = [blood.get((one.row["_PERSON"].usubjid, one.row["_PLACE"][0])) for one in tests]
    hemoglobin = np.array([np.nan if one is None else float(one[0]) for one in known])
    found = tlco.columns(values, sexes, ages, tall, hemoglobin)
    more = [() if one is None else (one[1],) for one in known]
    method = f"{DLCO_METHOD}, HEMOGLOBIN CORRECTED (COTES)"
    yield from _rows(tests, found["percent"], "DLCOHCPP", "%", method, more)
    yield from _rows(tests, found["z"], "DLCOHCZ", None, method, more)


def _arrays(tests: list[Measured]) -> tuple[Floats, Floats, Floats]:
    values = np.array([one.value for one in tests])
    return values, np.array([one.age for one in tests]), np.array([one.height for one in tests])


def _ratio(told: Sequence[Row]) -> Iterator[Row]:
    volumes = {
        (row["_PERSON"].usubjid, row["_PLACE"]): row
        for row in told
        if row["RETESTCD"] == "FVC" and row.get("RESTRESN") is not None and not row.get("RECAT")
    }
    for row in told:
        whole = volumes.get((row["_PERSON"].usubjid, row["_PLACE"]))
        if row["RETESTCD"] == "FEV1" and row.get("RESTRESN") is not None and whole is not None:
            share = float(row["RESTRESN"]) / float(whole["RESTRESN"])
            yield _row(row, "FEV1FVC", share, None, None, (*row["_REFS"], *whole["_REFS"]))


def _rows(
    tests: list[Measured],
    values: Floats,
    testcd: str,
    unit: str | None,
    method: str,
    more: Sequence[tuple[str, ...]] | None = None,
) -> Iterator[Row]:
    for place, one in enumerate(tests):
        if not np.isnan(values[place]):
            further = () if more is None else more[place]
            yield _row(one.row, testcd, float(values[place]), unit, method, (*one.refs, *further))


def _row(row: Row, testcd: str, value: float, unit: str | None, method: str | None, refs: tuple[str, ...]) -> Row:
    shared = {name: row.get(name) for name in ("_PERSON", "_VISIT", "_PLACE", "REDTC")}
    written = f"{value:.4f}"
    return {
        **shared,
        "RETESTCD": testcd,
        "RETEST": TESTS[testcd],
        "REORRES": written,
        "RESTRESC": written,
        "RESTRESN": written,
        "REORRESU": unit,
        "RESTRESU": unit,
        "REMETHOD": method,
        "REDRVFL": "Y",
        "_REFS": list(refs),
    }
