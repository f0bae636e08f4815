"""Commands that open the application for people at work."""

import gc
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer

from trialwright.cli.certificate import must_be_certified
from trialwright.cli.shell import Failed, Reading, StudyFolder, address_of, now, progress, trial

if TYPE_CHECKING:
    from trialwright.protocol import Study
    from trialwright.store import Address


def serve(
    study: StudyFolder,
    db: Annotated[str, typer.Option(help="Trial file, or PostgreSQL address; made when there is none")],
    host: Annotated[str, typer.Option(help="Address to listen on")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on")] = 8000,
    address: Annotated[
        str, typer.Option(help="Address by which people reach it through a proxy, like https://trial.hospital.example")
    ] = "",
    demo: Annotated[
        bool, typer.Option("--demo", help="Make one account per role, with one password that is printed once; only on a rehearsal, which a new trial then is")
    ] = False,
    backups: Annotated[Path | None, typer.Option(help="Folder for a backup every hour, made while the application is open")] = None,
    to: Annotated[list[str] | None, typer.Option("--to", help="Public key (age1...) for which these backups are locked; may be given again")] = None,
    reading: Reading = "",
) -> None:
    """Open the application. Example: trialwright serve studies/telitacicept_ssc --db trial.db --backups backups"""
    from trialwright.exchange.study_folder import study_in, study_of
    from trialwright.store import accounts_path, create, exists

    _outside(address)
    at = address_of(db)
    there = exists(at)
    found = study_of(study, at, amending=True) if there else study_in(study, reading)
    if there and reading and reading != found.reading:
        raise Failed(f"{db} is kept under reading {found.reading}, not {reading}. Leave --reading out.")
    if not there and not demo:
        must_be_certified(study, found, accounts_path(at).parent)
    if not there:
        create(at, found, virtual=demo).close()  # where everybody holds one password, nobody's data are kept: a rehearsal for good
    with hourly(db, backups, to or ()):
        _serve(study, found, db, host, port, demo, address)


@contextmanager
def hourly(db: str, out: Path | None, to: Sequence[str], every: float = 3600) -> Iterator[None]:
    """Has a program of its own back the trial up into `out`, now and every hour, until the application closes."""
    command = [sys.executable, "-m", "trialwright.cli", "backup", db, "--out", str(out), *(word for key in to for word in ("--to", key))]
    closing = threading.Event()

    def copies() -> None:
        while not closing.is_set():
            subprocess.run(command, stdout=subprocess.DEVNULL, check=False)  # why one failed is on the error stream and on the page
            closing.wait(every)

    thread = threading.Thread(target=copies, daemon=True)
    if out is not None:
        thread.start()
    try:
        yield
    finally:
        closing.set()
        if out is not None:
            thread.join()


def _outside(address: str) -> tuple[str, bool]:
    """The host name in the address by which people reach the application ("" for none), and whether it speaks TLS."""
    try:
        parts = urlsplit(address)
        name, scheme, rest = parts.hostname or "", parts.scheme, parts.path.strip("/") + parts.query + parts.fragment + (parts.username or "")
    except ValueError:
        name, scheme, rest = "", "", address
    if address and (scheme not in ("http", "https") or not name or rest):
        raise Failed(f"{address} is no address of a host. Write it like https://trial.hospital.example.")
    return name, scheme == "https"


def _serve(folder: Path, study: "Study", db: str, host: str, port: int, demo: bool, address: str = "") -> None:
    from django.db import DatabaseError

    from trialwright.blinding import Actor
    from trialwright.capture import Place, application, make_demo_accounts, serve
    from trialwright.capture.accounts import DEMO, AccountError, standings
    from trialwright.capture.settings import LOCALHOST
    from trialwright.exchange.dictionary_files import kept_dictionaries
    from trialwright.exchange.laboratory_file import mapping_of
    from trialwright.protocol import Audience
    from trialwright.protocol.dictionary import gathered
    from trialwright.record import OpenStudy, PutInForce
    from trialwright.rehearsal.dress import behavior_in
    from trialwright.store import Attachments, accounts_path, attachments_path

    outside, tls = _outside(address)
    with trial(study, db, writes=True) as kept:
        system = Actor(name="system", role=Audience.CUSTODIAN)
        kept.gate.do(system, OpenStudy(), now())
        accounts = accounts_path(kept.at)
        try:
            invented = behavior_in(folder).dictionaries if kept.virtual else ()
            place = Place(accounts=accounts, hosts=(*LOCALHOST, host, *filter(None, [outside])), tls=tls)
            web = application(kept.gate, place, virtual=kept.virtual, watch=kept.watch, laboratory=mapping_of(folder, study),
                              attachments=Attachments(attachments_path(kept.at)), dictionaries=(*gathered(kept_dictionaries(folder)), *invented))  # fmt: skip
        except DatabaseError as problem:
            raise Failed(f"{accounts} cannot be read as accounts ({problem}). Restore its backup.") from problem
        if not kept.virtual:
            _nobody_invented(kept.at, demo, [one.account for one in standings() if one.demo and one.open])
            must_be_certified(folder, study, accounts.parent)
        if kept.gate.do(system, PutInForce(), now()):
            print(f"From now on {study.code} is version {study.version}.")
        gc.freeze()  # the open ledger stays for good: the collector need not walk it again and again
        if demo:
            try:
                password = make_demo_accounts(now())
            except AccountError as refused:
                raise Failed(str(refused)) from refused
            print(f"Demo accounts: {', '.join(DEMO)}\nPassword for all of them, shown only now: {password}")
        print(f"Trialwright is open at {address or f'http://{host}:{port}'}/  (stop with Ctrl+C)", flush=True)
        try:
            serve(web, host, port, tls=tls)
        except (OSError, ValueError) as problem:
            raise Failed(f"cannot listen on {host}:{port} ({problem}). Choose another --host or --port.") from problem


def _nobody_invented(at: "Address", demo: bool, there: Sequence[str]) -> None:
    """Refuses demonstration accounts, which stand for nobody, on a trial with real people."""
    if demo:
        raise Failed(f"{at} is a trial with real people, where nobody works under a demonstration account. Leave --demo out, or name a new file.")
    if there:
        raise Failed(f"{at} is a trial with real people, and there are demonstration accounts: {', '.join(there)}. "
                     f"Close each of them: trialwright account close {at} {there[0]} --because demonstration")  # fmt: skip


def run(
    study: Annotated[Path, typer.Argument(help="Folder of the study")] = Path("studies/telitacicept_ssc"),
    out: Annotated[Path, typer.Option(help="Folder for what is made; kept when it already holds a rehearsal")] = Path(
        "out"
    ),
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on")] = 8000,
    once: Annotated[bool, typer.Option("--once", help="Do everything but stay open")] = False,
) -> None:
    """Rehearse, write the report, open the application with demo people. Example: trialwright run"""
    from trialwright.exchange.study_folder import study_of
    from trialwright.rehearsal.dress import begin, dress

    if not (out / "trial.db").exists():
        print("Rehearsing the study with virtual patients …", flush=True)
        dress(study, out, progress)
    if not (out / "live.db").exists():
        begin(study, out / "live.db", progress, now())
    print(f"Report of the rehearsal: {(out / 'report.html').resolve()}", flush=True)
    if not once:
        _serve(study, study_of(study, out / "live.db"), str(out / "live.db"), "127.0.0.1", port, demo=True)
