"""The revised EUSTAR index at each visit: signs of the physician, the evaluator's skin score, CRP and DLCO put together by the system."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from trialwright.instruments import eustar
from trialwright.sdtm._domain import lung
from trialwright.sdtm._domain.records import Row
from trialwright.sdtm._domain.source import Source

CATEGORY = "DISEASE ACTIVITY"
SIGNS = {"SKIN WORSENING": "DSKIN", "DIGITAL ULCER": "ULCERS", "TENDON FRICTION RUB": "TFR"}
"""The findings (FAOBJ) that are signs of the index."""
INDICES = (
    ("EUSTAR17", "Revised EUSTAR Activity Index", eustar.INSTRUMENT, False),
    ("EUSTARC", "Revised EUSTAR Index, Continuous Skin", eustar.CONTINUOUS, True),
)
Place = tuple[str, str]
Known = dict[str, tuple[float, list[str]]]


def indices(source: Source, totals: Sequence[Row], judged: Sequence[Row]) -> Iterator[Row]:
    """One record for each index and visit at which all six signs are known. `totals` are the skin totals of all visits;
    `judged` are the collected records of the same domain, which date the visit."""
    listed = [one for one in INDICES if one[2] in source.study.instruments]
    visits = _signs(source) if listed else {}
    if not visits:
        return
    _measured(source, totals, visits)
    dates = {(row["_PERSON"].usubjid, row["_PLACE"]): row.get("RSDTC") for row in judged if row.get("RSDTC")}
    whole = {place: found for place, found in visits.items() if found[1].keys() == set(eustar.CODES)}
    if not whole:
        return
    table = np.array([[known[code][0] for code in eustar.CODES] for _, known in whole.values()])
    for testcd, name, instrument, continuous in listed:
        values = eustar.index(table, continuous).tolist()
        for (row, known), value in zip(whole.values(), values, strict=True):
            yield _index(row, known, dates, (testcd, name, instrument.version), value)


def _signs(source: Source) -> dict[Place, tuple[Row, Known]]:
    """The signs that the physician found, by person and visit."""
    found: dict[Place, tuple[Row, Known]] = {}
    for row in source.findings("FA"):
        code = SIGNS.get(row.get("FAOBJ") or "")
        if row.get("FACAT") == CATEGORY and code is not None:
            _, known = found.setdefault((row["_PERSON"].usubjid, row["_PLACE"][0]), (row, {}))
            if row.get("FASTRESC") in ("Y", "N"):
                known[code] = (float(row["FASTRESC"] == "Y"), row["_REFS"])
    return found


def _measured(source: Source, totals: Sequence[Row], visits: dict[Place, tuple[Row, Known]]) -> None:
    """Adds what other pages measured at the same visits."""
    for row in totals:
        _put(visits, row, "MRSS", row["RSSTRESN"])
    for row in lung.transfer(source, lung.collected(source)):
        if row["RETESTCD"] == "DLCOHCPP":
            _put(visits, row, "DLCO", row["RESTRESN"])
    for place, (value, ref) in source.answers("LB", "CRP").items():
        if place in visits:
            visits[place][1]["CRP"] = (float(value), [ref])


def _put(visits: dict[Place, tuple[Row, Known]], row: Row, code: str, value: object) -> None:
    place = (row["_PERSON"].usubjid, row["_PLACE"][0])
    if place in visits:
        visits[place][1][code] = (float(str(value)), row["_REFS"])


def _index(
    row: Row,
    known: Known,
    dates: Mapping[tuple[str, tuple[str, str, str]], str | None],
    named: tuple[str, str, str],
    value: float,
) -> Row:
    testcd, name, version = named
    written = f"{value:.3f}".rstrip("0").rstrip(".")
    return {
        **{key: row.get(key) for key in ("_PERSON", "_VISIT", "_PLACE")},
        "RSTESTCD": testcd,
        "RSTEST": name,
        "RSCAT": "REVISED EUSTAR ACTIVITY INDEX",
        "RSORRES": written,
        "RSSTRESC": written,
        "RSSTRESN": written,
        "RSMETHOD": version.upper(),
        "RSDRVFL": "Y",
        "RSDTC": dates.get((row["_PERSON"].usubjid, row["_PLACE"])) or row.get("FADTC"),
        "_REFS": [ref for _, refs in known.values() for ref in refs],
    }
