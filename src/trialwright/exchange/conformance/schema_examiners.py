"""Published schemas as examiners: which file of a package must follow which, where the schemas are at hand."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson
from attrs import frozen
from lxml import etree

MOST = 50
"""Resources, or data rows, of one file that are held against a schema; the rest is of the same make."""


@frozen(kw_only=True)
class Schema:
    """A published schema (`path` in the folder of schemas) and the files that must follow it; `root` is the name or space of their first element.

    In a JSON schema `definition` names the part that holds; {kind} in it is the type of a resource.
    """

    name: str
    part: str
    globs: tuple[str, ...]
    path: str
    root: str = ""
    definition: str = ""

    def files(self, place: Path) -> list[Path]:
        found = [path for glob in self.globs for path in sorted(place.glob(glob))]
        return [path for path in found if not self.root or self.root in _root(path)]


SCHEMAS = (
    Schema(name="Define-XML 2.1", part="sdtm/define.xml", globs=("sdtm/define.xml",), path="cdisc-xml/cdisc-define-2.1/define2-1-0.xsd"),
    Schema(name="Define-XML 2.1, results", part="adam/define.xml", globs=("adam/define.xml",), path="cdisc-xml/cdisc-arm-1.0/arm1-0-0.xsd"),
    Schema(name="Dataset-JSON 1.1", part="sdtm, adam", globs=("sdtm/*.json", "adam/*.json"), path="dataset-json-1.1/dataset.schema.json"),
    Schema(name="ODM 1.3.2", part="odm", globs=("odm/*.xml",), path="cdisc-xml/cdisc-odm-1.3.2/ODM1-3-2.xsd", root="odm/v1.3"),
    Schema(name="ODM 2.0", part="odm", globs=("odm/*.xml",), path="cdisc-xml/cdisc-odm-2.0/ODM.xsd", root="odm/v2.0"),
    Schema(name="FHIR R4", part="fhir", globs=("fhir/*.ndjson",), path="fhir-r4/fhir.schema.json", definition="#/definitions/{kind}"),
    Schema(name="USDM 4.0", part="usdm", globs=("usdm/*.json",), path="usdm-4.0/USDM_API.json", definition="#/components/schemas/Wrapper-Input"),
    Schema(name="ARS 1.0", part="ars", globs=("ars/*.json",), path="ars-1.0/ars_ldm.schema.json"),
    Schema(name="ClinicalTrials.gov", part="ctgov", globs=("ctgov/*.xml",), path="ctgov-prs/ProtocolRecordSchema.xsd"),
)


def faults_in(schema: Schema, path: Path, files: Sequence[Path]) -> tuple[str, list[Mapping[str, Any]]]:
    """What was looked at, and everything that does not follow the schema at `path`."""
    if path.suffix == ".xsd":
        return f"{len(files)} files, whole", list(_against_xsd(path, files))
    return _against_json(schema, orjson.loads(path.read_bytes()), files)


def _root(path: Path) -> str:
    try:
        with path.open("rb") as file:
            _, first = next(iter(etree.iterparse(file, events=("start",), resolve_entities=False, no_network=True)))
            return str(first.tag)
    except etree.XMLSyntaxError:
        return ""


def _against_xsd(path: Path, files: Sequence[Path]) -> Iterator[Mapping[str, Any]]:
    schema = etree.XMLSchema(etree.parse(path))
    for file in files:
        try:
            schema.validate(etree.parse(file, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)))
        except etree.XMLSyntaxError as problem:
            yield _fault(file, None, str(problem))
            continue
        yield from (_fault(file, one.line, one.message) for one in schema.error_log)


def _against_json(schema: Schema, published: dict[str, Any], files: Sequence[Path]) -> tuple[str, list[Mapping[str, Any]]]:
    import jsonschema

    make = jsonschema.validators.validator_for(published, default=jsonschema.Draft202012Validator)
    looked = of = 0
    found: list[Mapping[str, Any]] = []
    checks: dict[str, Any] = {}
    for file in files:
        whole, many = _values(file)
        for number, value in enumerate(whole, start=1):
            where = schema.definition.format(kind=value.get("resourceType", "")) if isinstance(value, dict) else schema.definition
            check = checks.setdefault(where, make({**published, "$ref": where, "oneOf": [{}]} if where else published))
            found += [_fault(file, number if len(whole) > 1 else None, f"{'/'.join(map(str, one.absolute_path))}: {one.message[:200]}")
                      for one in check.iter_errors(value)]  # fmt: skip
        looked, of = looked + len(whole), of + many
    return f"{looked} of {of} values in {len(files)} files", found


def _values(file: Path) -> tuple[list[Any], int]:
    """What a file holds: one value, or one on each line; of many lines and rows the first."""
    raw = file.read_bytes()
    if file.suffix == ".ndjson":
        lines = raw.splitlines()
        return [orjson.loads(line) for line in lines[:MOST]], len(lines)
    value = orjson.loads(raw)
    if isinstance(value, dict) and isinstance(value.get("rows"), list):
        value["rows"] = value["rows"][:MOST]
    return [value], 1


def _fault(file: Path, record: int | None, wrong: str) -> Mapping[str, Any]:
    return {"rule": "", "dataset": f"{file.parent.name}/{file.name}", "record": record, "variable": "", "value": "", "wrong": wrong,
            "mend": "write the package again with this version; if it stays, report it as a fault of Trialwright"}  # fmt: skip
