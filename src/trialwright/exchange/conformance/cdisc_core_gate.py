"""Runs inside the Python 3.12 of CDISC CORE (cdisc-rules-engine 0.17.1): checks a folder of data sets and prints what each rule found, as JSON.

`python3.12 cdisc_core_gate.py CACHE FOLDER SUFFIX STANDARD VERSION CT [PART PARTS]`; CACHE is a folder of pickled rules and terminology,
SUFFIX is xpt or json, CT names the terminology (several joined by commas). It imports nothing of Trialwright, because the engine lives in
an environment of its own.
"""

import copy
import importlib.util
import itertools
import json
import logging
import os
import pickle
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def main(cache: Path, folder: Path, suffix: str, standard: str, version: str, ct: str, part: int = 0, parts: int = 1) -> None:
    """Prints one JSON object: for each rule its status (pass, skipped, issue, error) and the first things that it found."""
    logging.disable(logging.CRITICAL)
    import cdisc_rules_engine
    from cdisc_rules_engine.services import logger

    logger.disabled = True
    cache, folder = cache.resolve(), folder.resolve()
    os.chdir(_furnished(cache, Path(cdisc_rules_engine.__file__).parents[1] / "resources"))
    files = sorted(str(path) for path in folder.glob(f"*.{suffix}"))
    named = _pickled(cache, "rules_dictionary")[f"{standard}/{version}"]
    rules = _pickled(cache, "rules")
    define = folder / "define.xml"
    engine = _engine(cache, files, standard, version, set(ct.split(",")), str(define) if define.is_file() else None)
    found = [_verdict(engine, name, rules[name]) for name in sorted(named)[part::parts]]
    sys.stdout.write(json.dumps({"files": len(files), "rules": found}, default=str))


def _furnished(cache: Path, engine: Path) -> Path:
    """The folder from which the engine runs, for it looks for its resources there: those that lie in the cache, and its own.

    Its package leaves out the functions for rules in JSONata and the schemas of XHTML. Where the cache has none either, those beside this file
    stand in, with the schemas of the W3C that Arelle carries.
    """
    resources, own = cache / "resources", Path(__file__).with_name("core_resources")
    functions, schemas = resources / "jsonata", resources / "schema" / "xml"
    _laid(engine, resources)
    if not functions.is_dir():
        _laid(own / "jsonata", functions)
    if not schemas.is_dir():
        _laid(own / "schema" / "xml", schemas)
        _laid_w3c(schemas / "xhtml-1.1")
    return cache


def _laid(source: Path, target: Path) -> None:
    for path in filter(Path.is_file, source.rglob("*")):
        place = target / path.relative_to(source)
        if not place.exists():
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(path.read_bytes())


def _laid_w3c(target: Path) -> None:
    """The modules of XHTML 1.1, each pointing to the schema of the xml: attributes beside it, for an examination asks no network."""
    carrier = importlib.util.find_spec("arelle")
    if carrier is not None and carrier.origin:
        cached = Path(carrier.origin).parent / "resources" / "cache" / "http"
        _laid(cached / "www.xbrl.org" / "2013" / "inlineXBRL" / "xhtml", target)
        (target / "xml.xsd").write_bytes((cached / "www.w3.org" / "2001" / "xml.xsd").read_bytes())
        for path in target.glob("*.xsd"):
            path.write_bytes(path.read_bytes().replace(b"http://www.w3.org/2001/xml.xsd", b"xml.xsd"))


def _pickled(cache: Path, name: str) -> Any:
    with (cache / f"{name}.pkl").open("rb") as packed:
        return pickle.load(packed)


def _engine(cache: Path, files: list[str], standard: str, version: str, cts: set[str], define: str | None) -> Any:
    from cdisc_rules_engine.config import config
    from cdisc_rules_engine.models.external_dictionaries_container import ExternalDictionariesContainer
    from cdisc_rules_engine.rules_engine import RulesEngine
    from cdisc_rules_engine.services.cache import InMemoryCacheService
    from cdisc_rules_engine.services.data_services import DataServiceFactory

    memory, library = InMemoryCacheService(), _library(cache, standard, version, cts)
    largest = max(Path(file).stat().st_size for file in files)
    shared = {"standard": standard, "standard_version": version, "library_metadata": library, "max_dataset_size": largest, "encoding": "utf-8"}
    service = DataServiceFactory(config, memory, standard_substandard=None, **shared).get_data_service(files)
    return RulesEngine(cache=memory, data_service=service, ct_packages=cts, define_xml_path=define, dataset_paths=files, validate_xml=True,
                       external_dictionaries=ExternalDictionariesContainer({}), **shared)  # fmt: skip


def _library(cache: Path, standard: str, version: str, cts: set[str]) -> Any:
    from cdisc_rules_engine.models.library_metadata_container import LibraryMetadataContainer

    key, schema = f"{standard}/{version}", f"{standard}-{version}-schema"
    details = _pickled(cache, "standards_details").get(f"standards/{key}", {})
    return LibraryMetadataContainer(
        standard_metadata=details,
        model_metadata=_pickled(cache, "standards_models").get("models/sdtm/2-0", {}) if details else {},
        standard_schema_definition=_pickled(cache, schema) if (cache / f"{schema}.pkl").is_file() else {},
        variable_codelist_map=_pickled(cache, "variable_codelist_maps").get(f"{standard}-{version}-codelists"),
        variables_metadata=_pickled(cache, "variables_metadata").get(f"library_variables_metadata/{key}"),
        ct_package_metadata={name: _pickled(cache, name) for name in cts},
        published_ct_packages={path.stem for path in cache.glob("*ct-*.pkl")},
        cache_path=str(cache),
    )


def _verdict(engine: Any, name: str, rule: dict[str, Any]) -> dict[str, Any]:
    """What one rule found; only what was executed and reported counts, for a skipped rule carries errors too."""
    from cdisc_rules_engine.models.rule_conditions import ConditionCompositeFactory

    own = copy.deepcopy(rule)
    own["conditions"] = ConditionCompositeFactory.get_condition_composite(own["conditions"])
    results = list(itertools.chain(*engine.validate_single_rule(own).values()))
    statuses = {result.get("executionStatus") for result in results}
    status = (
        "issue" if "issue reported" in statuses
        else "error" if any("error" in str(one) for one in statuses)
        else "skipped" if statuses == {"skipped"}
        else "pass"
    )  # fmt: skip
    return {"rule": name, "status": status, "found": list(_found(results)) if status in ("issue", "error") else []}


def _found(results: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for result in results:
        if result.get("executionStatus") != "skipped" and result.get("errors"):
            yield {key: result.get(key) for key in ("dataset", "message", "executionStatus", "variables")} | {
                "count": len(result["errors"]), "first": result["errors"][:3]}  # fmt: skip


if __name__ == "__main__":
    cache, folder, suffix, standard, version, ct, *share = sys.argv[1:]
    main(Path(cache), Path(folder), suffix, standard, version, ct, *(int(one) for one in share))
