"""Commands about a study: start one, refuse an incoherent one, render it as people sign it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from trialwright.cli.shell import AsJson, Failed, StudyFolder


def new(folder: Annotated[Path, typer.Argument(help="Folder to make; must not hold anything yet")]) -> None:
    """Start a study from a small one that works. Example: trialwright new studies/my_study"""
    from trialwright.exchange.starting import start_study

    print(
        f"{folder} holds {', '.join(start_study(folder))}.\nRead README.md, change protocol.py, then run: trialwright check {folder}"
    )


def check(study: StudyFolder, as_json: AsJson = False) -> None:
    """Refuse an incoherent study, with all reasons. Example: trialwright check studies/telitacicept_ssc"""
    from trialwright.exchange.study_folder import module_of
    from trialwright.protocol import Study, incoherences

    found = getattr(module_of(study, "protocol"), "STUDY", None) if study.is_dir() else None
    if not isinstance(found, Study):
        raise Failed(f"{study} holds no protocol.py that defines STUDY. Name the folder of a study.")
    reasons = incoherences(found)
    if as_json:
        print(
            json.dumps(
                {"study": found.code, "digest": found.digest, "reasons": [one.en for one in reasons]},
                ensure_ascii=False,
            )
        )
    elif reasons:
        print(f"{found.code} is not coherent:")
        for reason in reasons:
            print(f"  - {reason.en}\n    {reason.zh}")
    else:
        print(f"{found.code} version {found.version} is coherent. {len(found.forms)} forms, {len(found.visits)} visits, "
              f"{len(found.criteria)} criteria.\nSHA-256 of its canonical JSON: {found.digest}")  # fmt: skip
    if reasons:
        raise typer.Exit(1)


def show(
    study: StudyFolder,
    what: Annotated[
        str, typer.Option(help="synopsis, schedule, acrf, matrix, labels, assumptions; several with commas")
    ] = "synopsis,schedule,acrf,matrix,labels,assumptions",
    language: Annotated[str, typer.Option(help="en or zh")] = "en",
) -> None:
    """Render a study as people sign it. Example: trialwright show studies/telitacicept_ssc --what schedule,assumptions"""
    from trialwright.blinding.labels import labels
    from trialwright.blinding.matrix import matrix
    from trialwright.exchange.acrf import acrf_text
    from trialwright.exchange.study_folder import study_in
    from trialwright.report.synopsis import assumptions, schedule, synopsis

    found = study_in(study)
    if language not in ("en", "zh"):
        raise Failed(f"there is no language {language}. Choose en or zh.")
    views: dict[str, Callable[[Any, str], str]] = {
        "synopsis": synopsis, "schedule": schedule, "acrf": acrf_text, "matrix": matrix, "labels": labels, "assumptions": assumptions,
    }  # fmt: skip
    for name in what.split(","):
        if name.strip() not in views:
            raise Failed(f"there is no view called {name}. Choose from {', '.join(views)}.")
        print(views[name.strip()](found, language))
