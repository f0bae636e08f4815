"""The command that takes results of the hospital laboratory into a trial."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from trialwright.cli.shell import AsJson, Failed, StudyFolder, address_of, now, role, trial

if TYPE_CHECKING:
    from trialwright.exchange.laboratory import LaboratoryPlan


def laboratory(
    study: StudyFolder,
    file: Annotated[Path, typer.Argument(help="Results as the laboratory exports them (CSV in UTF-8, UTF-16 or GB18030)")],
    db: Annotated[str, typer.Option(help="Trial file, or PostgreSQL address")],
    by: Annotated[str, typer.Option(help="Account of the person who takes them in")],
    role_: Annotated[str, typer.Option("--role", help="COORDINATOR, PHYSICIAN or SAFETY")] = "COORDINATOR",
    reason: Annotated[str, typer.Option(help="Why saved values change, when the file differs from them")] = "",
    dry_run: Annotated[bool, typer.Option("--preview", help="Only say what would happen; write nothing")] = False,
    as_json: AsJson = False,
) -> None:
    """Take in results, all or nothing. Example: trialwright laboratory studies/telitacicept_ssc results.csv --db trial.db --by coordinator --preview"""
    from zoneinfo import ZoneInfo

    from trialwright.blinding import Actor
    from trialwright.exchange.laboratory import IMPORTERS, foresee, take_in
    from trialwright.exchange.laboratory_file import mapping_of
    from trialwright.exchange.study_folder import study_of

    who = Actor(name=by, role=role(role_))
    if who.role not in IMPORTERS:
        raise Failed(f"the role {role_} takes no laboratory results in. Choose one of {', '.join(str(one.name) for one in IMPORTERS)}.")
    if not file.is_file():
        raise Failed(f"there is no file {file}. Name the file that the laboratory exported.")
    at = now()
    found = study_of(study, address_of(db))
    mapping = mapping_of(study, found)
    with trial(found, db, writes=not dry_run) as kept:
        book = kept.gate.casebook(who.role)
        plan = foresee(found, book, who.role, mapping, file.read_bytes(), file.name, at.astimezone(ZoneInfo(found.time_zone)).date())
        saved = 0 if dry_run else len(take_in(kept.gate, who, plan, reason, at))
    print(json.dumps(_plain(plan, saved), ensure_ascii=False) if as_json else _told(plan, saved, dry_run=dry_run))
    if plan.faults:
        raise typer.Exit(1)


def _told(plan: "LaboratoryPlan", saved: int, *, dry_run: bool) -> str:
    from trialwright.exchange.laboratory import FATES, Fate

    lines = [f"{plan.file} (read as {plan.encoding}): {len(plan.results)} results",
             *(f"  {count:5} {FATES[fate].en}" for fate, count in plan.counts.items())]  # fmt: skip
    for one in plan.results:
        said = "; ".join([*([one.because.en] if one.because else []), *(note.en for note in one.notes)])
        if one.fate is not Fate.SAME and (one.fate is not Fate.NEW or said):
            change = f" {one.before} -> {one.value}" if one.fate is Fate.CHANGED else f" {one.value}" if one.value else ""
            place = " ".join(part for part in (one.line.patient, one.visit, one.line.test) if part)
            lines.append(f"  line {one.line.number}: {place}{change}: {FATES[one.fate].en}" + (f" ({said})" if said else ""))
    if plan.faults:
        lines.append("Nothing can be saved before the results named above are mended.")
    elif dry_run:
        lines.append("Nothing was written." + (" To save it, say why saved values change: --reason." if plan.needs_reason else ""))
    else:
        lines.append(f"Saved {saved} answers." if saved else "The trial already says all of this. Nothing changes.")
    return "\n".join(lines)


def _plain(plan: "LaboratoryPlan", saved: int) -> dict[str, object]:
    results = [{"line": one.line.number, "fate": one.fate.value, "subject": one.subject, "visit": one.visit, "item": one.item,
                "before": one.before, "value": one.value, "because": one.because and one.because.en, "notes": [note.en for note in one.notes]}
               for one in plan.results]  # fmt: skip
    return {"file": plan.file, "encoding": plan.encoding, "saved": saved, "counts": {fate.value: count for fate, count in plan.counts.items()},
            "results": results}  # fmt: skip
