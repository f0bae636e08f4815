"""Heart and pulmonary circulation: echocardiography and catheter, with what follows from them (ESC/ERS 2022)."""

from collections.abc import Iterator

import numpy as np
import polars as pl

from trialwright.instruments import pah
from trialwright.sdtm._domain import Row, Source, link, scored, tabulated

_TESTS = {
    "ECHOPROB": scored("LOW, INTERMEDIATE or HIGH from TRVMAX and the categories of further signs", pah.ECHO, "pah:echo_probability"),
    "PVR": scored("(MPAP - PAWP) / CARDOUT, in Wood units", pah.INSTRUMENT, "pah:resistance"),
    "PHTYPE": scored("Type from MPAP, PAWP and PVR", pah.INSTRUMENT, "pah:types"),
}
SPEC = tabulated("CV", "STUDYID USUBJID CVTESTCD CVMETHOD VISITNUM", tests=_TESTS)

TESTS = {
    "TRVMAX": "Tricuspid Regurgitation Peak Velocity",
    "RAAREA": "Right Atrial Area",
    "PHSIGN1": "Echo Sign of PH: Ventricles",
    "PHSIGN2": "Echo Sign of PH: Pulmonary Artery",
    "PHSIGN3": "Echo Sign of PH: Vena Cava or Atrium",
    "ECHOPROB": "Echo Probability of Pulm Hypertension",
    "PAHTNIND": "Pulmonary Arterial Hypertension Ind",
    "MPAP": "Mean Pulmonary Artery Pressure",
    "PAWP": "Pulmonary Artery Wedge Pressure",
    "RAP": "Right Atrial Pressure",
    "CARDOUT": "Cardiac Output",
    "PVR": "Pulmonary Vascular Resistance",
    "PHTYPE": "Hemodynamic Type of Pulm Hypertension",
}
SIGNS = ("PHSIGN1", "PHSIGN2", "PHSIGN3")
PRESSURES = {"MPAP": "MPAP", "PAWP": "PAWP", "CARDOUT": "CO"}
Page = dict[str, Row]


def rows(source: Source) -> pl.DataFrame:
    """One record for each finding and visit; probability, resistance and type are derived under the versions that the study lists."""
    procedures = {value for asked in source.plan("PR").values() for _, target in asked for name, value in target.where if name == "PRTRT"}
    told = [_named(row, procedures) for row in source.findings("CV")]
    pages: dict[tuple[str, str], Page] = {}
    for row in told:
        pages.setdefault((row["_PERSON"].usubjid, row["_PLACE"][0]), {})[row["CVTESTCD"]] = row
    listed = source.study.instruments
    more = [_probability(page) for page in pages.values()] if pah.ECHO in listed else []
    types = [one for page in pages.values() for one in _type(page)] if pah.INSTRUMENT in listed else []
    return source.framed(SPEC, [*told, *(row for row in more if row is not None), *types])


def _named(row: Row, procedures: set[str]) -> Row:
    """The result with its name, tied to the procedure by which it was found."""
    method = row.get("CVMETHOD")
    return row | {"CVTEST": TESTS.get(row["CVTESTCD"], row["CVTEST"]), "CVLNKID": link(row["_PLACE"], method) if method in procedures else None}


def _value(page: Page, testcd: str) -> float:
    told = page[testcd].get("CVSTRESN") if testcd in page else None
    return np.nan if told is None else float(told)


def _probability(page: Page) -> Row | None:
    """LOW, INTERMEDIATE or HIGH; a velocity that cannot be measured counts as low, one that was not looked for leaves it open."""
    velocity = page.get("TRVMAX")
    if velocity is None or (velocity.get("CVSTRESN") is None and velocity.get("CVREASND") != "NOT ASSESSABLE"):
        return None
    present = [page[sign].get("CVSTRESC") for sign in SIGNS if sign in page]
    met = sum(one == "Y" for one in present)
    unknown = sum(one not in ("Y", "N") for one in present) + len(SIGNS) - len(present)
    certain = met >= 2 or met + unknown < 2
    categories = np.array([float(met) if certain else np.nan])
    word = str(pah.echo_probability(np.array([_value(page, "TRVMAX")]), categories)[0])
    if not word:
        return None
    signs = [page[sign] for sign in SIGNS if sign in page]
    return _derived(velocity, "ECHOPROB", word, pah.ECHO.version, [velocity, *signs])


def _type(page: Page) -> Iterator[Row]:
    """Resistance in Wood units and the hemodynamic type, where a catheter measured what they need."""
    values = {code: _value(page, testcd) for testcd, code in PRESSURES.items()}
    score = pah.hemodynamics({code: None if np.isnan(value) else value for code, value in values.items()})
    behind = [page[testcd] for testcd in PRESSURES if testcd in page]
    if score.value is not None:
        resistance = _derived(behind[0], "PVR", f"{score.value:.4f}", pah.INSTRUMENT.version, behind)
        yield resistance | {"CVSTRESN": resistance["CVSTRESC"], "CVORRESU": "WU", "CVSTRESU": "WU"}
    if behind and score.parts["type"] != "OPEN":
        yield _derived(behind[0], "PHTYPE", score.parts["type"], pah.INSTRUMENT.version, behind)


def _derived(row: Row, testcd: str, told: str, version: str, behind: list[Row]) -> Row:
    shared = {name: row.get(name) for name in ("_PERSON", "_VISIT", "_PLACE", "CVDTC")}
    return {
        **shared,
        "CVTESTCD": testcd,
        "CVTEST": TESTS[testcd],
        "CVORRES": told,
        "CVSTRESC": told,
        "CVMETHOD": version.upper(),
        "CVDRVFL": "Y",
        "_REFS": [ref for one in behind for ref in one["_REFS"]],
    }
