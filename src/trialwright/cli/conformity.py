"""The command that has a package examined by everybody who is at hand."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from trialwright.cli.shell import AsJson, Failed, progress

if TYPE_CHECKING:
    from trialwright.exchange.conformance.examiners import Verdict

Schemas = Annotated[Path | None, typer.Option(envvar="TRIALWRIGHT_SCHEMAS", help="Folder of the published schemas (cdisc-xml/, dataset-json-1.1/, ...)")]
Core = Annotated[bool, typer.Option("--core", help="Ask CDISC CORE too: needs Python 3.12 and takes minutes")]
SHOWN = 5
"""Places of one kind of finding that are shown."""


def conform(
    folder: Annotated[Path, typer.Argument(help="Folder that `trialwright package` wrote")],
    schemas: Schemas = None,
    core: Core = False,
    language: Annotated[str, typer.Option(help="en or zh")] = "en",
    as_json: AsJson = False,
) -> None:
    """Have a package examined by everybody who is installed; exit status 1 when somebody finds a fault. Example: trialwright conform out/package"""
    if language not in ("en", "zh"):
        raise Failed(f"there is no language {language}. Choose en or zh.")
    from trialwright.exchange.conformance.examiners import FAILED
    from trialwright.exchange.conformance.examiners import examination as look
    from trialwright.exchange.conformance.package import NoPackage

    try:
        with progress("examining the package") as tell:
            verdicts = look(folder, tools(schemas, core), tell)
    except NoPackage as problem:
        raise Failed(str(problem)) from problem
    if as_json:
        print(json.dumps([one.as_json() for one in verdicts], ensure_ascii=False))
    else:
        print("\n".join((*table(verdicts, language), *explained(verdicts, language))))
    if any(one.state == FAILED for one in verdicts):
        raise typer.Exit(1)


def examination(schemas: Path | None, core: bool) -> "Callable[[Path], tuple[Verdict, ...]]":
    """Who examines a package while it is written: the house itself, and everybody where schemas or CORE are named."""
    from trialwright.exchange.conformance.examiners import at_writing, everybody

    return everybody(tools(schemas, core)) if schemas or core else at_writing


def tools(schemas: Path | None, core: bool) -> Any:
    """What was asked for, in one object. Raises `Failed` for a folder that is not there."""
    from trialwright.exchange.conformance.examiners import Tools

    if schemas is not None and not schemas.is_dir():
        raise Failed(f"there is no folder {schemas}. Name the one that holds the published schemas.")
    return Tools(schemas=schemas, core=core)


def table(verdicts: "Sequence[Verdict]", language: str) -> Iterator[str]:
    """One line for each examiner: who, about what, with which result."""
    from trialwright.exchange.conformance.examiners import STATES

    rows = [(one.examiner, one.part, f"{STATES[one.state].in_(language)}{f' ({len(one.findings)})' if one.findings else ''}", one.told) for one in verdicts]
    widths = [max(len(row[place]) for row in rows) for place in range(3)]
    for row in rows:
        yield "  ".join((*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[3]))


def explained(verdicts: "Sequence[Verdict]", language: str) -> Iterator[str]:
    """What was found, kind by kind, each with its first places and the mend."""
    from trialwright.exchange.conformance.examiners import said

    for verdict in verdicts:
        kinds: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
        for one in verdict.findings:
            kinds.setdefault((one["rule"], f"{one['dataset']}.{one['variable']}".rstrip(".")), []).append(one)
        for (rule, where), found in kinds.items():
            yield f"\n{verdict.examiner} {verdict.part}: {rule} {where}, {len(found)} times".replace("  ", " ")
            for one in found[:SHOWN]:
                record = f"record {one['record']}: " if one["record"] else ""
                yield f"  {record}{said(one, 'wrong', language)}"
            if found[0]["mend"]:
                yield f"  {'处理' if language == 'zh' else 'Mend'}: {said(found[0], 'mend', language)}."
