"""The results of the report after the CDISC Analysis Results Standard 1.0: analysis sets, subsets, groups, methods, analyses with results, and outputs."""

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

import trialwright
from trialwright.protocol import Study
from trialwright.report.estimation import ALL_VISITS
from trialwright.report.reporting_cells import Cells, raw
from trialwright.report.results import POOLED, Analysis, Result, Results

if TYPE_CHECKING:
    from trialwright.report.writing import Composed

Part = dict[str, Any]
ARM, CONTRAST = "GF.ARM", "GF.CONTRAST"
PURPOSES = ("PRIMARY OUTCOME MEASURE", "SECONDARY OUTCOME MEASURE", "EXPLORATORY OUTCOME MEASURE")
PLANNED = {"controlledTerm": "SPECIFIED IN SAP"}
_CLAUSE = re.compile(r"(\w+) = (.+)")
_FUNCTION = re.compile(r"trialwright(?:\.\w+)+")


def reporting_event(composed: "Composed") -> Part:
    """Everything that was computed from one reader's view, and every number of every table by table, row and column."""
    source, results, document = composed.trail.source, composed.results, composed.document
    study = source.study
    cells = Cells(document.grids, results)
    analyses = [_analysis(one) for one in results.analyses]
    return {
        "id": f"RE.{study.code}", "name": f"{study.code}, {study.title.en}", "version": 1, "label": document.status.en,
        "description": f"{document.banner.text.en} Trialwright {trialwright.__version__}; study definition {study.version}, {study.digest}.",
        "mainListOfContents": _contents("Tables and figures", cells.contents()),
        "otherListsOfContents": [_contents("Planned analyses", [_item(one.id, place, one.title.en) for place, one in enumerate(results.analyses, start=1)])],
        "analysisSets": [_set(flag, place) for place, flag in enumerate(_flags(results), start=1)],
        "dataSubsets": list(_subsets(results.analyses)),
        "analysisGroupings": [*_groupings(study, results), *cells.groupings()],
        "methods": [*_methods(results), *cells.methods()],
        "analyses": [*analyses, *cells.analyses()],
        "outputs": cells.outputs(),
        "terminologyExtensions": cells.terms(),
    }  # fmt: skip


def _contents(name: str, items: Sequence[Part]) -> Part:
    return {"name": name, "contentsList": {"listItems": list(items)}}


def _item(analysis: str, place: int, name: str) -> Part:
    return {"name": name, "level": 1, "order": place, "analysisId": analysis}


# --------------------------------------------------------------------------------------------------- who and which records


def _clauses(one: Analysis) -> list[tuple[str, str]]:
    """The conditions of an analysis, as far as its words are conditions. Methods that read every visit are not held to one."""
    found = [match.groups() for part in one.condition.split(", ") if (match := _CLAUSE.fullmatch(part))]
    return [(name, value) for name, value in found if not (name == "AVISITN" and one.method_id in ALL_VISITS)]


def _flag(one: Analysis) -> str:
    """The population flag of an analysis."""
    first = next((name for name, _ in _clauses(one)), "")
    return one.population or (first if first.endswith("FL") and first != "ANL01FL" else "")


def _flags(results: Results) -> list[str]:
    return list(dict.fromkeys(flag for one in results.analyses if (flag := _flag(one))))


def _set(flag: str, place: int) -> Part:
    return {"id": f"AS.{flag}", "name": flag, "level": 1, "order": place, "condition": _condition("ADSL", flag, "Y")}


def _condition(dataset: str, variable: str, value: str) -> Part:
    return {"dataset": dataset, "variable": variable, "comparator": "EQ", "value": [value]}


def _subset_id(one: Analysis) -> str:
    told = [f"{name}.{value}" for name, value in _clauses(one) if name != _flag(one)]
    return ".".join(("DS", one.dataset, *told)) if told else ""


def _subsets(analyses: Iterable[Analysis]) -> Iterator[Part]:
    known = {_subset_id(one): one for one in reversed(list(analyses)) if _subset_id(one)}
    for place, (id, one) in enumerate(reversed(known.items()), start=1):
        clauses = [{"level": 2, "order": order, "condition": _condition(one.dataset, name, value)}
                   for order, (name, value) in enumerate([told for told in _clauses(one) if told[0] != _flag(one)], start=1)]  # fmt: skip
        yield {"id": id, "name": id.removeprefix("DS."), "level": 1, "order": place, "compoundExpression": {"logicalOperator": "AND", "whereClauses": clauses}}


# ----------------------------------------------------------------------------------------------------------------- groups


def _groupings(study: Study, results: Results) -> Iterator[Part]:
    """The arms as planned, and the comparisons between two of them."""
    arms = [{"id": f"{ARM}.{arm.code}", "name": arm.name.en, "level": 1, "order": place, "condition": _condition("ADSL", "TRT01P", arm.name.en)}
            for place, arm in enumerate(study.arms, start=1)]  # fmt: skip
    yield {"id": ARM, "name": "Planned arm", "dataDriven": False, "groupingDataset": "ADSL", "groupingVariable": "TRT01P", "groups": arms}
    named = {arm.code: arm.name.en for arm in study.arms}
    found = dict.fromkeys(told.group for one in results.analyses for told in one.results if _kind(told.group) == CONTRAST)
    pairs = [{"id": f"{CONTRAST}.{pair}", "name": " minus ".join(named.get(code, code) for code in pair.split("-")), "level": 1, "order": place}
             for place, pair in enumerate(found, start=1)]  # fmt: skip
    yield {"id": CONTRAST, "name": "Comparison of two arms", "dataDriven": False, "groups": pairs}


def _kind(group: str) -> str:
    return CONTRAST if "-" in group else ARM


def _grouped(group: str) -> list[Part]:
    """The group of a result; none where it holds for all patients."""
    return [] if group == POOLED else [{"groupingId": _kind(group), "groupId": f"{_kind(group)}.{group}"}]


# --------------------------------------------------------------------------------------------------- methods and analyses


def _method_id(one: Analysis) -> str:
    return f"M.{one.method_id or one.id.rpartition('.')[2]}"


def _methods(results: Results) -> Iterator[Part]:
    """Each method once, with all operations that it gave, and the function that carries it out."""
    by: dict[str, list[Analysis]] = {}
    for one in results.analyses:
        by.setdefault(_method_id(one), []).append(one)
    for id, many in by.items():
        names = dict.fromkeys(told.operation for one in many for told in one.results)
        operations = [{"id": f"{id}.{name}", "name": name, "order": place} for place, name in enumerate(names, start=1)]
        made: Part = {"id": id, "name": many[0].title.en, "description": many[0].method.en, "operations": operations}
        function = _FUNCTION.search(many[0].method.en)
        if function:
            made["codeTemplate"] = {"context": f"Python, Trialwright {trialwright.__version__}", "code": function.group()}
        yield made


def _analysis(one: Analysis) -> Part:
    kinds = dict.fromkeys(_kind(told.group) for told in one.results if told.group != POOLED)
    groupings = [{"order": place, "groupingId": kind, "resultsByGroup": True} for place, kind in enumerate(kinds, start=1)]
    told = [one.refused.en] if one.refused else [note.en for note in one.notes]
    made: Part = {
        "id": one.id, "name": one.title.en, "reason": PLANNED, "purpose": {"controlledTerm": one.outcome if one.outcome in PURPOSES else PURPOSES[2]},
        "methodId": _method_id(one), "description": "; ".join((one.purpose, *told)), "results": [_result(one, told) for told in one.results],
    }  # fmt: skip
    said = {"dataset": one.dataset, "variable": one.variable, "analysisSetId": f"AS.{_flag(one)}" if _flag(one) else "", "dataSubsetId": _subset_id(one),
            "orderedGroupings": groupings}  # fmt: skip
    return made | {name: value for name, value in said.items() if value}


def _result(one: Analysis, told: Result) -> Part:
    value = {"operationId": f"{_method_id(one)}.{told.operation}", "rawValue": raw(told.value), "formattedValue": told.formatted}
    return value | ({"resultGroups": _grouped(told.group)} if _grouped(told.group) else {})


def write_results(composed: "Composed | None", out: Path) -> list[str]:
    """Writes `out/ars/reporting-event.json` where a report was made, and gives its name. The same view gives the same bytes."""
    if composed is None:
        return []
    place = out / "ars"
    place.mkdir(parents=True, exist_ok=True)
    event = reporting_event(composed)
    (place / "reporting-event.json").write_bytes(orjson.dumps(event, option=orjson.OPT_APPEND_NEWLINE))
    return [f"ars/reporting-event.json: {len(event['analyses'])} analyses, {sum(len(one['results']) for one in event['analyses'])} results"]
