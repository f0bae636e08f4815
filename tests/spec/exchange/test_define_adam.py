"""Define-XML of the analysis: copied from where it says, derived by functions that exist, each parameter led back to its test."""

import importlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import reduce
from pathlib import Path
from pkgutil import resolve_name
from typing import Any

import polars as pl
import pytest
from lxml import etree

from tests.histories import STUDY, day, example
from tests.schemas import schema_folder
from trialwright import adam, sdtm
from trialwright.exchange.adam_metadata import adam_tables, predecessor
from trialwright.exchange.metadata import Table
from trialwright.exchange.results_metadata import displays
from trialwright.report.delivery import Delivery

pytestmark = pytest.mark.spec
AT = datetime(2026, 3, 30, tzinfo=UTC)
NS = {"o": "http://www.cdisc.org/ns/odm/v1.3", "d": "http://www.cdisc.org/ns/def/v2.1"}
Frames = Mapping[str, pl.DataFrame]


@pytest.fixture(scope="module")
def delivery() -> Delivery:
    told = example()
    told.fill("T1", "W12", "LUNG", {"LUNGDAT": day(85).isoformat(), "FVC": "2.20", "HEIGHT": "160.0"})
    return Delivery.of(STUDY, told.seen_by())


@pytest.fixture(scope="module")
def tables(delivery: Delivery) -> tuple[Table, ...]:
    return adam_tables(delivery.analyzed, delivery.tabulated)


@pytest.fixture(scope="module")
def folder(delivery: Delivery, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("package")
    delivery.write(out)
    return out


@pytest.fixture(scope="module")
def define(folder: Path) -> Any:
    return etree.parse(str(folder / "adam" / "define.xml"))


@pytest.mark.parametrize("standard", ["sdtm", "adam"])
def test_both_follow_the_published_schema(standard: str, folder: Path) -> None:
    schema = etree.XMLSchema(etree.parse(str(schema_folder() / "cdisc-xml" / "cdisc-arm-1.0" / "arm1-0-0.xsd")))
    schema.assertValid(etree.parse(str(folder / standard / "define.xml")))


def test_what_is_copied_is_equal_to_where_it_is_copied_from(delivery: Delivery) -> None:
    """Every variable that names ADSL or DM as its source has the values of that variable."""
    compared = 0
    for code, frame in delivery.analyzed.items():
        for variable in adam.SPECS[code].variables:
            source, _, name = predecessor(adam.SPECS[code], variable).partition(".")
            origin = {"ADSL": delivery.analyzed["ADSL"], "DM": delivery.tabulated["DM"]}.get(source)
            if origin is not None and code != source and frame.height and name != "USUBJID":
                beside = frame.select("USUBJID", variable.name).join(origin.select("USUBJID", pl.col(name).alias("_SOURCE")), on="USUBJID", how="left")
                assert beside[variable.name].equals(beside["_SOURCE"].alias(variable.name)), (code, variable.name)
                compared += 1
    assert compared > 60


def test_every_variable_has_an_origin_and_every_derivation_a_function(define: Any) -> None:
    refs = {ref.get("ItemOID"): ref for ref in define.iterfind(".//o:ItemRef", NS)}
    for item in define.iterfind(".//o:ItemDef", NS):
        origin = item.find("d:Origin", NS)
        assert origin is not None or item.find("d:ValueListRef", NS) is not None, item.get("OID")
        if origin is not None and origin.get("Type") == "Derived":
            assert refs[item.get("OID")].get("MethodOID"), item.get("OID")
        if origin is not None and origin.get("Type") == "Predecessor":
            assert origin.find("o:Description/o:TranslatedText", NS).text, item.get("OID")
    for one in define.iterfind(".//o:FormalExpression", NS):
        module, _, path = one.text.partition(":")
        assert callable(reduce(getattr, path.split("."), importlib.import_module(module))), one.text


def test_a_parameter_names_the_test_that_it_rests_on(tables: tuple[Table, ...]) -> None:
    adrs = next(table for table in tables if table.name == "ADRS")
    told = {value.where[0].values[0]: value.column.origin for value in adrs.values}
    assert told["MRSSTOT"] is not None
    assert told["MRSSTOT"].from_ == "RS.RSSTRESN where RSTESTCD is MRSS0118"


def test_classes_and_standards(define: Any) -> None:
    groups = {one.get("Name"): one for one in define.iterfind(".//o:ItemGroupDef", NS)}
    standard = "{http://www.cdisc.org/ns/def/v2.1}StandardOID"
    assert next(iter(groups)) == "ADSL"
    assert groups["ADSL"].find("d:Class", NS).get("Name") == "SUBJECT LEVEL ANALYSIS DATASET"
    assert groups["ADAE"].find("d:Class/d:SubClass", NS).get("Name") == "ADVERSE EVENT"
    assert (groups["ADAE"].get(standard), groups["ADRS"].get(standard)) == ("STD.OCCDS", "STD.IG")


def test_labels_of_standard_variables_are_those_of_the_guide() -> None:
    """Witness: the variable lists of ADaMIG 1.3."""
    listed = json.loads((schema_folder() / "ig" / "adamig-1-3.json").read_text(encoding="utf-8"))
    labels = {one["name"]: one["label"] for part in listed.values() for one in part}
    compared = 0
    for code, spec in adam.SPECS.items():
        for variable in spec.variables:
            wanted = labels.get(variable.name)
            if wanted is not None:
                assert variable.label == wanted, (code, variable.name)
                compared += 1
    assert compared > 100


def test_results_metadata_name_records_variables_and_functions_that_exist(delivery: Delivery, define: Any) -> None:
    """Every planned analysis of an endpoint with data: its conditions name variables of its data set, its function or
    module is there, its variables too; for the primary endpoint the conditions pick the records of week 24."""
    found = displays(STUDY, delivery.analyzed)
    analyses = {one.oid: one for display in found for one in display.analyses}
    there = {one.get("OID") for one in define.iter() if isinstance(one.tag, str) and one.get("OID")}
    assert set(analyses) <= there
    for one in analyses.values():
        frame = delivery.analyzed[one.dataset]
        assert {where.name for where in one.where} | set(one.variables) <= set(frame.columns)
        assert {f"IT.{one.dataset}.{name}" for name in (*one.variables, "PARAMCD")} <= there
        if one.by:
            assert resolve_name(one.by) is not None
    primary = analyses["AR.MRSS24.ANCOVA"]
    assert (primary.purpose, primary.dataset, primary.by) == ("PRIMARY OUTCOME MEASURE", "ADRS", "trialwright.statistics.ancova")
    assert [where.values for where in primary.where] == [("MRSSTOT",), ("8",), ("Y",), ("Y",)]


def test_one_ledger_gives_one_package(delivery: Delivery, folder: Path, tmp_path: Path) -> None:
    """Built again, the package is the same to the byte."""
    delivery.write(tmp_path)
    files = sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    assert files == sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file())
    assert [name for name in files if (folder / name).read_bytes() != (tmp_path / name).read_bytes()] == []
    assert {"sdtm/define.xml", "adam/define.xml", "sdtm/acrf.pdf", "adam/adsl.xpt", "adam/adsl.json"} <= {name.as_posix() for name in files}
    assert set(delivery.tabulated) >= set(sdtm.SPECS)
