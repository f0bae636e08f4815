"""Commands about licensed dictionaries (MedDRA, WHODrug): load one, list them, and see what another version would change."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from trialwright.cli.shell import AsJson, Failed, StudyFolder, address_of, trial

if TYPE_CHECKING:
    from trialwright.record.coding import Move

group = typer.Typer(help="Licensed dictionaries for coding, supplied by the hospital.", no_args_is_help=True)


@group.command()
def add(
    study: StudyFolder,
    source: Annotated[Path, typer.Argument(help="Folder MedAscii of a MedDRA distribution, or a table of drugs (.csv)")],
    version: Annotated[str, typer.Option(help="Version of the dictionary, for example 27.1")],
    credit: Annotated[str, typer.Option(help="The line that the owner wants to see beside its terms")],
    kind: Annotated[str, typer.Option(help="MedDRA (events) or WHODrug (drugs)")] = "MedDRA",
    language: Annotated[str, typer.Option(help="Language of the terms, for example en or zh-CN")] = "en",
    name: Annotated[str, typer.Option(help="Its name, when it is not the real one (an invented one must say so)")] = "",
    encoding: Annotated[str, typer.Option(help="Encoding of the files")] = "utf-8",
    force: Annotated[bool, typer.Option("--force", help="Replace a dictionary that is loaded already")] = False,
) -> None:
    """Load a dictionary, all or nothing. Example: trialwright dictionary add studies/telitacicept_ssc MedAscii --version 27.1 --credit "MedDRA 27.1" """
    from trialwright.exchange.dictionary_files import FOLDER, About, add_dictionary
    from trialwright.exchange.study_folder import study_in
    from trialwright.protocol.dictionary import KINDS

    if kind not in KINDS:
        raise Failed(f"there is no kind {kind}. Choose {' or '.join(KINDS)}.")
    study_in(study)
    found = add_dictionary(study, source, About(kind=kind, name=name or kind, version=version, language=language, credit=credit, encoding=encoding),
                           force=force)  # fmt: skip
    old = sum(not entry.current for entry in found.entries)
    print(f"{found.name} {found.version} ({found.language}): {len(found.entries)} terms, {old} of them no longer current. {found.credit}\n"
          f"Kept in {study / FOLDER}; leave it out of what you publish. A coder puts it into use on the page Coding.")  # fmt: skip


@group.command("list")
def list_(study: StudyFolder, as_json: AsJson = False) -> None:
    """List the dictionaries that are loaded. Example: trialwright dictionary list studies/telitacicept_ssc"""
    from trialwright.exchange.dictionary_files import kept_abouts

    found = kept_abouts(study)
    if as_json:
        print(json.dumps([{"kind": one.kind, "name": one.name, "version": one.version, "language": one.language, "credit": one.credit} for one in found],
                         ensure_ascii=False))  # fmt: skip
        return
    for one in found:
        print(f"{one.name} {one.version} ({one.language}), {one.kind}: {one.credit}")
    if not found:
        print("No dictionary is loaded. See docs/how-to/code-terms.md.")


@group.command()
def compare(
    study: StudyFolder,
    db: Annotated[str, typer.Option(help="Trial file")],
    version: Annotated[str, typer.Option(help="Version that is loaded and not yet in use")],
    name: Annotated[str, typer.Option(help="Name of the dictionary")] = "MedDRA",
    as_json: AsJson = False,
) -> None:
    """Say what becomes of the codes in another version. Example: trialwright dictionary compare studies/telitacicept_ssc --db trial.db --version 28.0"""
    from trialwright.exchange.dictionary_files import kept_dictionaries
    from trialwright.exchange.study_folder import study_of
    from trialwright.protocol import Audience
    from trialwright.protocol.dictionary import gathered
    from trialwright.record.coding import move, verbatims

    loaded = gathered(kept_dictionaries(study))
    wanted = next((one for one in loaded if (one.name, one.version) == (name, version)), None)
    if wanted is None:
        there = ", ".join(f"{one.name} {one.version}" for one in loaded) or "none"
        raise Failed(f"{name} {version} is not loaded (loaded: {there}). Load it with trialwright dictionary add.")
    found = study_of(study, address_of(db))
    with trial(found, db) as kept:
        moves = [one for verbatim in verbatims(found, kept.gate.casebook(Audience.CUSTODIAN)) if (one := move(verbatim, wanted))]
    changed = [one for one in moves if one.fate != "same"]
    if as_json:
        print(json.dumps({"same": len(moves) - len(changed), "changed": [_plain(one) for one in changed]}, ensure_ascii=False))
        return
    print(f"{name} {version}: {len(moves) - len(changed)} codes stay as they are, {len(changed)} change.")
    for one in changed:
        print("  " + "  ".join(_plain(one).values()))


def _plain(one: "Move") -> dict[str, str]:
    verbatim, coded = one.verbatim, one.verbatim.coded
    above = " < ".join(level.term for level in one.entry.path) if one.entry else ""
    return {"subject": verbatim.subject, "page": " ".join(filter(None, verbatim.page.place)), "item": verbatim.item.code, "words": verbatim.words,
            "code": coded.code if coded else "", "term": coded.term if coded else "", "fate": one.fate, "now": above}  # fmt: skip
