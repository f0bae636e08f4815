"""The command that shows what a changed study would do to a running trial, and writes the file with which it is proposed."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from trialwright.cli.shell import AsJson, Failed, StudyFolder, address_of, trial

if TYPE_CHECKING:
    from trialwright.record.amending import Touched


def amend(
    study: StudyFolder,
    db: Annotated[str, typer.Option(help="Trial file, or PostgreSQL address")],
    out: Annotated[Path | None, typer.Option(help="File to write for the page Amendments (.json); must not be there yet")] = None,
    as_json: AsJson = False,
) -> None:
    """Show what a changed study would do to a running trial. Example: trialwright amend studies/telitacicept_ssc --db trial.db --out amendment.json"""
    from trialwright.exchange.study_folder import study_in
    from trialwright.protocol import Audience
    from trialwright.protocol.amendment import definition, differences
    from trialwright.record.amending import impact
    from trialwright.store import definitions_of

    at = address_of(db)
    with trial(study_in(study), db) as kept:
        now = definition(definitions_of(at).in_force.encode())
        found = study_in(study, str(now.get("reading", "")))
        touched = impact(differences(now, definition(found.canonical)), kept.gate.casebook(Audience.CUSTODIAN))
    harms = [one for one in touched if one.harm]
    if as_json:
        told = {"from": now["version"], "to": found.version, "digest": found.digest, "changes": [_plain(one) for one in touched]}
        print(json.dumps(told, ensure_ascii=False))
    else:
        _tell(touched, f"{found.code} version {now['version']} to {found.version}")
    if out and touched and not harms:
        _write(out, found.canonical)
        print(f"{out}: the principal investigator or the data manager proposes it on the page Amendments, and the other of the two approves it. "
              f"Until then keep the folder of version {now['version']} to go on working.")  # fmt: skip
    if harms:
        raise typer.Exit(1)


def _tell(touched: "tuple[Touched, ...]", what: str) -> None:
    if not touched:
        print(f"{what}: nothing differs.")
        return
    print(f"{what}: {len(touched)} changes.")
    for one in touched:
        change = one.change
        part = f", {change.part}: {change.before or '—'} -> {change.after or '—'}" if change.part else ""
        print(f"  {change.what} {change.name} {change.kind}{part[:300]}")
        print(f"      {one.subjects} patients, {one.pages} pages, {one.answers} answers, {one.signatures} signatures")
    harms = [one.harm for one in touched if one.harm]
    if harms:
        print(f"It cannot be: {len(harms)} changes would harm what is recorded.")
        for harm in harms:
            print(f"  - {harm.en}\n    {harm.zh}")
    print("Nothing was changed.")


def _plain(one: "Touched") -> dict[str, object]:
    change = one.change
    return {"kind": change.kind, "what": change.what, "name": change.name, "part": change.part, "before": change.before, "after": change.after,
            "subjects": one.subjects, "pages": one.pages, "answers": one.answers, "signatures": one.signatures,
            "harm": one.harm.en if one.harm else ""}  # fmt: skip


def _write(out: Path, content: bytes) -> None:
    try:
        with out.open("xb") as file:
            file.write(content)
    except FileExistsError:
        raise Failed(f"{out} is there already. Name another file.") from None
