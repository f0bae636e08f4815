"""Commands about the licensed wording of questionnaires: load it, list it, check it, and a file to fill in."""

import json
from pathlib import Path
from typing import Annotated

import typer

from trialwright.cli.shell import AsJson, Failed, StudyFolder

group = typer.Typer(help="The licensed wording of questionnaires, supplied by the hospital.", no_args_is_help=True)


@group.command()
def add(
    study: StudyFolder,
    file: Annotated[Path, typer.Argument(help="Wording that the hospital is licensed to use (.csv, .toml or .json, UTF-8)")],
    force: Annotated[bool, typer.Option("--force", help="Replace wording that is loaded already")] = False,
) -> None:
    """Load wording into the folder of a study, all or nothing. Example: trialwright wording add studies/telitacicept_ssc haq.csv"""
    from trialwright.exchange.study_folder import study_in
    from trialwright.exchange.wording_files import FOLDER, add_wording

    before = study_in(study).digest
    found = add_wording(study, study_in(study, worded=False), file, force=force)
    after = study_in(study)
    for one in found:
        seen = "shown" if one.language.lower().split("-")[0] in ("en", "zh") else "kept, but the application shows English and Chinese only"
        print(f"{one.name}: {len(one.questions)} items, {seen}. {one.credit} ({one.holder}; {one.licence})")
    print(f"Kept in {study / FOLDER}; leave it out of what you publish. The definition of {after.code} has changed with it:\n"
          f"  before {before}\n  now    {after.digest}")  # fmt: skip


@group.command("list")
def list_(study: StudyFolder, as_json: AsJson = False) -> None:
    """List the questionnaires of a study and the wording loaded for them. Example: trialwright wording list studies/telitacicept_ssc"""
    from trialwright.exchange.study_folder import study_in
    from trialwright.exchange.wording_files import kept_wordings
    from trialwright.protocol.wording import own_items, worded_forms

    found = study_in(study, worded=False)
    kept = kept_wordings(study, found)
    known = {one.code: one for one in found.instruments}
    told = []
    for form in worded_forms(found):
        one = known[str(form.instrument)]
        languages = [wording.language for wording in kept if wording.instrument == one.code]
        told.append({"instrument": one.code, "form": form.code, "items": len(own_items(form)), "version": one.version, "licence": one.licence,
                     "loaded": languages})  # fmt: skip
        if not as_json:
            loaded = f"loaded in {', '.join(languages)}" if languages else "not loaded: items are shown by their numbers"
            print(f"{one.code} on form {form.code}, {len(own_items(form))} items, version {one.version}: {loaded}\n  {one.licence}")
    if as_json:
        print(json.dumps(told, ensure_ascii=False))


@group.command()
def check(study: StudyFolder) -> None:
    """Check that all loaded wording still fits the study. Example: trialwright wording check studies/telitacicept_ssc"""
    from trialwright.exchange.study_folder import study_in
    from trialwright.exchange.wording_files import kept_wordings

    kept = kept_wordings(study, study_in(study, worded=False))
    print(f"{len(kept)} wordings fit the study: {', '.join(one.name for one in kept)}" if kept else "No wording is loaded.")


@group.command()
def template(
    study: StudyFolder,
    instrument: Annotated[str, typer.Argument(help="Code of the questionnaire, as `wording list` tells it")],
    out: Annotated[Path, typer.Option(help="File to write (.csv); must not be there yet")],
) -> None:
    """Write a CSV with every item, to be filled in. Example: trialwright wording template studies/telitacicept_ssc HAQ_DI --out haq.csv"""
    from trialwright.exchange.study_folder import study_in
    from trialwright.exchange.wording_files import template as to_fill_in

    text = to_fill_in(study_in(study, worded=False), instrument)
    try:
        with out.open("x", encoding="utf-8", newline="") as file:
            file.write(text)
    except FileExistsError:
        raise Failed(f"{out} is there already. Name another file.") from None
    print(f"{out}: fill in language, question, answers, credit, holder and licence, then run: trialwright wording add {study} {out}")
