"""Faults of one cell each, to be planted in a clean package, and the rule that must find each."""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
from attrs import field, frozen

from trialwright.exchange.conformance.json_reading import read_json
from trialwright.exchange.conformance.xpt_reading import read_xpt
from trialwright.exchange.metadata import Column, Table
from trialwright.exchange.xpt import write_xpt
from trialwright.sdtm import Domain

Cell = str | float | date | None


@frozen(eq=False)
class Fault:
    """In `where` (DM.SEX), in the `nth` record that fulfills `of`, the value becomes `value`; `rule` must say so."""

    rule: str
    where: str
    value: Cell
    of: Mapping[str, Cell] = field(factory=dict)
    nth: int = 0
    standard: str = "sdtm"

    @property
    def dataset(self) -> str:
        return self.where.partition(".")[0]

    @property
    def variable(self) -> str:
        return self.where.partition(".")[2]

    def record(self, frame: pl.DataFrame) -> int:
        """The place of the record from 0."""
        fits = frame.with_row_index("_N").filter(pl.col(self.variable).ne_missing(pl.lit(self.value)))
        for name, value in self.of.items():
            if name not in frame.columns:
                raise LookupError(f"{self.dataset} has no {name}")
            fits = fits.filter(pl.col(name).is_not_null() if value == "?" else pl.col(name).eq_missing(pl.lit(value)))
        if fits.height <= self.nth:
            raise LookupError(f"{self.where} has no record {self.nth} with {self.of}")
        return int(fits["_N"][self.nth])


SKIN: dict[str, Cell] = {"RSTESTCD": "MRSS0101", "RSSTRESN": "?"}
VALUE: dict[str, Cell] = {"LBTESTCD": "ALT", "LBSTRESN": "?"}
LATER: dict[str, Cell] = {"PARAMCD": "MRSSTOT", "CHG": "?"}
FIRST: dict[str, Cell] = {"PARAMCD": "MRSSTOT", "ABLFL": "Y"}
FAULTS = (
    # the eleven with which CDISC CORE was tried
    Fault("TW-D03", "AE.AEENDTC", "1990-01-01", {"AEENDTC": "?"}),
    Fault("TW-R15", "DM.AGE", -5.0),
    Fault("TW-R11", "AE.AESER", "Y", {"AESER": "N"}),
    Fault("TW-K04", "LB.VISITNUM", 77.0, nth=3),
    Fault("TW-K03", "VS.USUBJID", "NCT06546540-NOBODY", nth=1),
    Fault("TW-D04", "LB.LBDY", 999.0, nth=5),
    Fault("TW-T04", "LB.LBTESTCD", "AST", VALUE, 7),
    Fault("TW-R01", "LB.LBSTRESN", 12345.0, VALUE, 9),
    Fault("TW-K01", "LB.LBSEQ", 1.0, VALUE, 11),
    Fault("TW-D01", "CM.CMSTDTC", "2025-13", nth=2),
    Fault("TW-T01", "DM.SEX", "FEM", nth=1),
    # terminology
    Fault("TW-T02", "EX.EXROUTE", "UNDER THE SKIN", {"EXROUTE": "SUBCUTANEOUS"}, 2),
    Fault("TW-T03", "EX.EXROUTE", "Subcutaneous", {"EXROUTE": "SUBCUTANEOUS"}, 4),
    Fault("TW-T05", "QS.QSTEST", "Another Name", {"QSTESTCD": "HAQDI"}),
    Fault("TW-T06", "TS.TSVALCD", "C99999", {"TSPARMCD": "ROUTE"}),
    Fault("TW-T07", "RS.RSLOBXFL", "N", {**SKIN, "RSLOBXFL": None}, 2),
    # days
    Fault("TW-D01", "RE.REDTC", "2025-02-30", nth=4),
    Fault("TW-D02", "TD.TDMINPAI", "70 days"),
    Fault("TW-D05", "VS.EPOCH", "SCREENING", {"EPOCH": "TREATMENT"}, 6),
    Fault("TW-D06", "SE.SEENDTC", "2031-01-01", {"EPOCH": "SCREENING"}, 1),
    Fault("TW-D07", "RE.RELOBXFL", "Y", {"RELOBXFL": None, "RETESTCD": "FVC", "VISITNUM": 8.0}),
    Fault("TW-D08", "RS.RSLOBXFL", None, {"RSTESTCD": "MRSS0118", "RSLOBXFL": "Y"}),
    # keys and references
    Fault("TW-K02", "TV.VISITNUM", 4.0, {"VISITNUM": 5.0}),
    Fault("TW-K05", "SE.ETCD", "NONE", nth=1),
    Fault("TW-K05", "DM.ARMCD", "X", {"ARMCD": "?"}, 2),
    Fault("TW-K06", "VS.VISIT", "WEEK 99", nth=2),
    Fault("TW-K07", "SUPPDA.IDVARVAL", "4711"),
    Fault("TW-K07", "RELREC.IDVAR", "EXNOID"),
    Fault("TW-K08", "CM.DOMAIN", "CN", nth=1),
    Fault("TW-K09", "RELREC.RELID", "ALONE", nth=1),
    # results
    Fault("TW-R02", "LB.LBSTRESU", "mU/L", VALUE, 13),
    Fault("TW-R03", "QS.QSSTRESU", "mm", {"QSSTAT": "NOT DONE"}),
    Fault("TW-R04", "LB.LBSTAT", "NOT DONE", VALUE, 15),
    Fault("TW-R05", "QS.QSSTAT", None, {"QSSTAT": "NOT DONE"}, 1),
    Fault("TW-R07", "LB.LBNRIND", "HIGH", {**VALUE, "LBNRIND": "NORMAL"}, 14),
    Fault("TW-R08", "RS.RSSTRESN", 4.0, SKIN, 5),
    Fault("TW-R09", "RS.RSSTRESN", 50.0, {"RSTESTCD": "MRSS0118", "RSSTRESN": "?"}, 4),
    Fault("TW-R20", "QS.QSSTRESN", 2.9, {"QSTESTCD": "HAQDI", "QSSTRESN": "?"}, 2),
    Fault("TW-R13", "AE.AEOUT", "FATAL", nth=1),
    Fault("TW-R14", "DM.AGE", 17.0, nth=2),
    Fault("TW-R16", "DM.RFXENDTC", "2031-01-01", {"RFXENDTC": "?"}, 1),
    Fault("TW-R17", "EX.EXDOSE", -160.0, nth=3),
    Fault("TW-P04", "CM.CMINDC", "scl\u00e9rodermie", nth=3),
    Fault("TW-P10", "RS.RSTEST", None, {"RSTESTCD": "MDGA"}),
    # the analysis
    Fault("TW-A02", "ADSL.USUBJID", "NCT06546540-NOBODY", nth=3, standard="adam"),
    Fault("TW-A03", "ADSL.AGE", 99.0, nth=1, standard="adam"),
    Fault("TW-A03", "ADRE.TRTP", "placebo", nth=3, standard="adam"),
    Fault("TW-T05", "ADRE.PARAM", "Another Name", {"PARAMCD": "FVC"}, standard="adam"),
    Fault("TW-A04", "ADRS.ANL01FL", "N", {"ANL01FL": "Y"}, 9, standard="adam"),
    Fault("TW-A06", "ADRS.CHG", 40.0, LATER, standard="adam"),
    Fault("TW-A06", "ADRS.PCHG", 4.5, LATER, 1, standard="adam"),
    Fault("TW-A07", "ADRE.ABLFL", "Y", {"PARAMCD": "FVCPP", "ABLFL": None, "CHG": "?"}, standard="adam"),
    Fault("TW-A08", "ADRS.BASE", 51.0, LATER, 3, standard="adam"),
    Fault("TW-A09", "ADRE.ADY", 500.0, {"ADY": "?"}, 5, standard="adam"),
    Fault("TW-A10", "ADFT.AWHI", -40.0, {"CHG": "?"}, standard="adam"),
    Fault("TW-A11", "ADFT.AWTDIFF", 99.0, {"CHG": "?"}, 1, standard="adam"),
    Fault("TW-A13", "ADQS.AVISIT", "Week 24", {"PARAMCD": "PTGA", "AVISIT": "Week 48"}, standard="adam"),
    Fault("TW-A14", "ADRS.CRIT1", None, {"PARAMCD": "MRSSTOT", "CRIT1": "?"}, standard="adam"),
    Fault("TW-A15", "ADAE.TRTEMFL", None, {"TRTEMFL": "Y"}, standard="adam"),
    Fault("TW-A16", "ADTTE.AVAL", 3.0, standard="adam"),
    Fault("TW-A17", "ADTTE.CNSR", 0.0, {"CNSR": 1.0}, 1, standard="adam"),
    Fault("TW-A18", "ADFT.ADT", date(2031, 1, 1), {"CHG": "?"}, 3, standard="adam"),
    Fault("TW-A19", "ADSL.SAFFL", "N", {"SAFFL": "Y"}, 1, standard="adam"),
    Fault("TW-A22", "ADRE.SRCVAR", "RENONE", nth=9, standard="adam"),
    Fault("TW-A23", "ADRE.SRCSEQ", 4711.0, nth=11, standard="adam"),
    Fault("TW-A24", "ADRE.AVAL", 7.77, {"PARAMCD": "FVC"}, 3, standard="adam"),
    Fault("TW-A24", "ADCM.CMTRT", "ANOTHER DRUG", standard="adam"),
    Fault("TW-A25", "ADRE.ADT", date(2025, 1, 1), nth=15, standard="adam"),
    # define.xml
    Fault("TW-X06", "PR.PRTRT", "x" * 150),
    Fault("TW-X08", "DV.DVSTDTC", "2025", nth=1),
    Fault("TW-X09", "ADAE.AEOUT", "BETTER", standard="adam"),
    Fault("TW-X10", "ADLB.AVISIT", "Week 4711", {"AVISITN": "?"}, standard="adam"),
    Fault("TW-X12", "SUPPDA.QNAM", "DANEW", nth=3),
)  # fmt: skip


def plant(package: Path, form: str, faults: Iterable[Fault]) -> dict[Fault, int]:
    """Changes the cells in the files; gives the number of each changed record, from 1."""
    told: dict[Path, list[Fault]] = {}
    for fault in faults:
        told.setdefault(package / fault.standard / f"{fault.dataset.lower()}.{form}", []).append(fault)
    return {fault: place for path, own in told.items() for fault, place in _plant(path, own)}


def _plant(path: Path, faults: list[Fault]) -> list[tuple[Fault, int]]:
    frame = (read_json if path.suffix == ".json" else read_xpt)(path).frame
    places = [(fault, fault.record(frame)) for fault in faults]
    if path.suffix == ".json":
        _rewrite_json(path, places)
    else:
        _rewrite_xpt(path, places)
    return [(fault, place + 1) for fault, place in places]


def _rewrite_json(path: Path, places: list[tuple[Fault, int]]) -> None:
    told = json.loads(path.read_text(encoding="utf-8"))
    names = [one["name"] for one in told["columns"]]
    for fault, place in places:
        value = fault.value.isoformat() if isinstance(fault.value, date) else fault.value
        text = told["columns"][names.index(fault.variable)]["dataType"] == "string"
        told["rows"][place][names.index(fault.variable)] = "" if value is None and text else value
    path.write_text(json.dumps(told), encoding="utf-8")


def _rewrite_xpt(path: Path, places: list[tuple[Fault, int]]) -> None:
    read = read_xpt(path)
    frame = read.frame
    for fault, place in places:
        here = pl.int_range(pl.len()) == place
        kind = frame.schema[fault.variable]
        frame = frame.with_columns(pl.when(here).then(pl.lit(fault.value, kind)).otherwise(pl.col(fault.variable)).alias(fault.variable))
    columns = []
    for one in read.fields:
        longest = 0 if one.number else int(frame[one.name].str.len_bytes().max() or 0)  # type: ignore[arg-type]
        columns.append(Column(oid=one.name, name=one.name, label=one.label, kind="float" if one.number else "text",
                              length=max(one.length, longest), format="DATE9." if one.day else ""))  # fmt: skip
    domain = Domain(code=read.name, label=read.label, klass="Findings", structure="", keys=(), variables=())
    write_xpt(path, Table(domain=domain, columns=tuple(columns), frame=frame), datetime(2026, 1, 1, tzinfo=UTC), encoding="utf-8")
