"""Commands that open the application for people at work."""

import gc
import logging
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
    from trialwright.protocol import Audience, Study
    from trialwright.store import Address, Kept


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
    only: Annotated[str, typer.Option(help="`evaluator`: the evaluator's application alone, on the store that `trialwright bridge` made for it")] = "",
    reading: Reading = "",
) -> None:
    """Open the application. Example: trialwright serve studies/telitacicept_ssc --db trial.db --backups backups"""
    from trialwright.exchange.study_folder import study_in, study_of
    from trialwright.store import accounts_path, create, exists, place_at

    _outside(address)
    at = address_of(db)
    there = exists(at)
    _his_store(db, place_at(at), only)
    found = study_of(study, at, amending=True) if there else study_in(study, reading)
    if there and reading and reading != found.reading:
        raise Failed(f"{db} is kept under reading {found.reading}, not {reading}. Leave --reading out.")
    if not there and not demo:
        must_be_certified(study, found, accounts_path(at).parent)
    if not there:
        create(at, found, virtual=demo).close()  # where everybody holds one password, nobody's data are kept: a rehearsal for good
    with hourly(db, backups, to or ()):
        _serve(study, found, db, host, port, demo, address)


def _his_store(db: str, place: str, only: str) -> None:
    """Refuses to open a whole trial for the evaluator alone, or his own store for everybody."""
    if only not in ("", "evaluator"):
        raise Failed(f"there is no application for “{only}” alone. Write --only evaluator.")
    if only and not place:
        raise Failed(f"{db} is no store of the evaluator's compartment alone. Make one: trialwright bridge STUDY --from TRIAL --to {db}")
    if place and not only:
        raise Failed(f"{db} holds the evaluator's compartment alone. Open it with --only evaluator.")


@contextmanager
def letters(kept: "Kept") -> Iterator[None]:
    """Looks, until the application closes, once a second whether the bridge left a letter."""
    from trialwright.store import collect

    closing = threading.Event()

    def look() -> None:
        while not closing.wait(1):
            try:
                collect(kept, now)
            except OSError as problem:  # the box cannot be read or written: whoever left the letter is told that nobody took it
                logging.getLogger("trialwright").error("%s", problem)

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield
    finally:
        closing.set()
        thread.join()


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

    from trialwright.capture import Place, application, serve
    from trialwright.capture.accounts import standings
    from trialwright.capture.settings import LOCALHOST
    from trialwright.exchange.dictionary_files import kept_dictionaries
    from trialwright.exchange.laboratory_file import mapping_of
    from trialwright.protocol import Audience
    from trialwright.protocol.dictionary import gathered
    from trialwright.rehearsal.dress import behavior_in
    from trialwright.store import Attachments, accounts_path, attachments_path

    outside, tls = _outside(address)
    with trial(study, db, writes=True, apart=True) as kept:
        only = Audience[kept.gate.place] if kept.gate.place else None
        begin(kept, apart=only is not None)
        accounts = accounts_path(kept.at)
        try:
            invented = behavior_in(folder).dictionaries if kept.virtual else ()
            place = Place(accounts=accounts, hosts=(*LOCALHOST, host, *filter(None, [outside])), tls=tls, only=only)
            web = application(kept.gate, place, virtual=kept.virtual, watch=kept.watch, laboratory=mapping_of(folder, study),
                              attachments=Attachments(attachments_path(kept.at)), dictionaries=(*gathered(kept_dictionaries(folder)), *invented))  # fmt: skip
        except DatabaseError as problem:
            raise Failed(f"{accounts} cannot be read as accounts ({problem}). Restore its backup.") from problem
        if not kept.virtual:
            _nobody_invented(kept.at, demo, [one.account for one in standings() if one.demo and one.open])
        if not kept.virtual and only is None:  # what does not lie in the evaluator's own store needs no proof
            must_be_certified(folder, study, accounts.parent)
        if only is None:
            _put_in_force(kept)
        gc.freeze()  # the open ledger stays for good: the collector need not walk it again and again
        gc.set_threshold(100_000, 20, 20)  # it is open for weeks: circles must go sooner than in a command that ends
        if demo:
            _demonstrate(only)
        print(f"Trialwright is open at {address or f'http://{host}:{port}'}/  (stop with Ctrl+C)", flush=True)
        with letters(kept):
            try:
                serve(web, host, port, tls=tls)
            except (OSError, ValueError) as problem:
                raise Failed(f"cannot listen on {host}:{port} ({problem}). Choose another --host or --port.") from problem


def begin(kept: "Kept", *, apart: bool) -> None:
    """Has a new trial begin. The evaluator's own store begins with the trial; one that is in doubt is made anew, for nobody there could accept it."""
    from trialwright.blinding import SYSTEM
    from trialwright.record import OpenStudy

    if not apart:
        kept.gate.do(SYSTEM, OpenStudy(), now())
    elif kept.watch and kept.watch.doubt:
        raise Failed(f"{kept.at} is not the newest state of the evaluator's store ({kept.watch.doubt}). Make it anew from the trial: "
                     "trialwright bridge STUDY --from TRIAL --to NEW --anew")  # fmt: skip


def _put_in_force(kept: "Kept") -> None:
    from trialwright.blinding import SYSTEM
    from trialwright.record import PutInForce

    if kept.gate.do(SYSTEM, PutInForce(), now()):
        print(f"From now on {kept.gate.study.code} is version {kept.gate.study.version}.")


def _demonstrate(only: "Audience | None") -> None:
    """Makes the demonstration accounts, of one role alone where only that one works."""
    from trialwright.capture import make_demo_accounts
    from trialwright.capture.accounts import DEMO, AccountError

    names = [name for name, role in DEMO.items() if only in (None, role)]
    try:
        password = make_demo_accounts(now(), names)
    except AccountError as refused:
        raise Failed(str(refused)) from refused
    print(f"Demo accounts: {', '.join(names)}\nPassword for all of them, shown only now: {password}")


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
