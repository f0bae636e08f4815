"""The command that screens a whole registry."""

import json
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from trialwright.cli.shell import AsJson, Failed, Reading, StudyFolder, now, progress


def screen(
    study: StudyFolder,
    registry: Annotated[Path, typer.Argument(help="Persons (.csv, .parquet), or OMOP tables (a folder or .duckdb)")],
    out: Annotated[Path, typer.Option(help="File to write (.parquet or .csv), one row for each person; counts go to FILE.json")],
    medications: Annotated[
        Path | None, typer.Option(help="Drug log; if not named, REGISTRY with _medications in its name, where there is one")
    ] = None,
    start: Annotated[str, typer.Option(help="Planned first day of the study drug, for persons without an index_date")] = "",
    mapping: Annotated[Path | None, typer.Option(help="Which OMOP concept is which item; omop.csv of the study if not named")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace FILE when it is there already")] = False,
    language: Annotated[str, typer.Option(help="en or zh")] = "en",
    reading: Reading = "",
    as_json: AsJson = False,
) -> None:
    """Decide every criterion for everybody in a registry. Example: trialwright screen studies/telitacicept_ssc registry.parquet --out screened.parquet"""
    from trialwright.exchange.registry.funnel import funnel
    from trialwright.exchange.registry.screening import must_be_free, screen_registry
    from trialwright.exchange.registry.table import Table
    from trialwright.exchange.study_folder import part_of, study_in

    if language not in ("en", "zh"):
        raise Failed(f"there is no language {language}. Choose en or zh.")
    found, plan, day = study_in(study, reading), part_of(study, "registry", "REGISTRY"), now().date()
    must_be_free(out, force)
    with ExitStack() as opened:
        beside = medications or _sibling(registry)
        persons, log = Table(registry), Table(beside) if beside else None
        if registry.is_dir() or registry.suffix.lower() == ".duckdb":
            from trialwright.exchange.registry.omop import tables_of

            persons, log = opened.enter_context(tables_of(registry, found, plan, mapping or study / "omop.csv", out.parent))
        told = opened.enter_context(progress("screening"))
        done = screen_registry(found, plan, persons, log, out, today=day, start=_day(start), told=told, force=force)
    print(json.dumps(done.told, ensure_ascii=False) if as_json else f"{funnel(done, language)}\n\n{out}")


def _sibling(registry: Path) -> Path | None:
    """The drug log that lies beside the table of persons under its name."""
    beside = registry.with_name(f"{registry.stem}_medications{registry.suffix}")
    return beside if beside.is_file() else None


def _day(text: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Failed(f"“{text}” is no day. Write it like 2026-05-03.") from None
