"""Commands about the accounts of a trial: who works on it, from when to when, trained in what."""

import getpass
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Annotated

import typer

from trialwright.cli.shell import AsJson, Failed, TrialFile, address_of, now, role

group = typer.Typer(help="The accounts of a trial: made, delegated, trained, reset, closed; never deleted.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="Name of the account")]
Trained = Annotated[list[str] | None, typer.Option("--trained", help="Training and its day, for example GCP=2026-01-10; may be given again")]
From = Annotated[str, typer.Option("--from", help="First day of the delegation, for example 2026-02-01")]
Until = Annotated[str, typer.Option("--until", help="Last day of the delegation; open if empty")]
Generate = Annotated[bool, typer.Option("--generate", help="Print a password that is used once and must be changed at the first login")]

Courses = Annotated[list[str] | None, typer.Argument(metavar="COURSE...", help="Courses without which nobody works; none if left out")]


@contextmanager
def accounts_of(db: str) -> Iterator[None]:
    """The accounts beside a trial file, made when there are none; a refused act is one sentence."""
    from django.db import DatabaseError

    from trialwright.capture.settings import Place, configure
    from trialwright.store import accounts_path, exists

    at = address_of(db)
    if not exists(at):
        raise Failed(f"there is no trial {at}. Make one with `trialwright serve`, or check the address.")
    accounts = accounts_path(at)
    configure(Place(accounts=accounts))
    from trialwright.capture.accounts import AccountError, prepare

    try:
        prepare()
        yield
    except AccountError as refused:
        raise Failed(str(refused)) from refused
    except DatabaseError as problem:
        raise Failed(f"{accounts} cannot be read as accounts ({problem}). Restore its backup.") from problem


def actor() -> str:
    """Who acts here, for the delegation log: the user of this machine."""
    return f"{getpass.getuser()} at the command line"


def day(text: str) -> date | None:
    """A day as one writes it; None for nothing."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Failed(f"“{text}” is no date. Write it like 2026-02-01.") from None


def courses(trained: list[str] | None) -> dict[str, date]:
    """`GCP=2026-01-10` as course and day."""
    found = {}
    for one in trained or ():
        course, mark, on = one.partition("=")
        taken = day(on)
        if not course or not mark or taken is None:
            raise Failed(f"“{one}” does not say course and day. Write it like GCP=2026-01-10.")
        found[course.strip().upper()] = taken
    return found


def typed_password() -> str:
    """A password from the keyboard, unseen and twice; or the first line of the standard input when that is no keyboard."""
    if sys.stdin.isatty():
        return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))
    return sys.stdin.readline().rstrip("\r\n")


@group.command()
def add(
    db: TrialFile,
    name: Name,
    as_role: Annotated[str, typer.Option("--role", help="The one role of the account, for example COORDINATOR")],
    person: Annotated[str, typer.Option(help="Staff number or e-mail address of its holder; only a digest is kept")],
    begins: From = "",
    ends: Until = "",
    trained: Trained = None,
    generate: Generate = False,
) -> None:
    """Make an account; the password is typed or comes on the standard input. Example:
    trialwright account add trial.db nurse1 --role COORDINATOR --person 48213 --from 2026-02-01 --trained GCP=2026-01-10 --generate"""
    from trialwright.store import place_at

    if not person.strip():
        raise Failed("say who holds the account: --person with a staff number or an e-mail address.")
    chosen, first, last, taken = role(as_role), day(begins), day(ends), courses(trained)
    place = place_at(address_of(db))
    if place and chosen.name != place:
        raise Failed(f"{db} holds the compartment of the {place.lower()} alone, and so do its accounts. Make this account on the trial.")
    with accounts_of(db):
        from trialwright.capture.accounts import make_account
        from trialwright.capture.passwords import one_time

        password = one_time() if generate else typed_password()
        make_account(name, chosen, password, now(), person=person, begins=first, ends=last, training=taken, actor=actor(), once=generate)
    print(f"The account {name} is made.")
    _told(password if generate else "")


def _told(password: str) -> None:
    if password:
        print(f"Password, shown only now, to be changed at the first login: {password}")


@group.command("list")
def list_(db: TrialFile, as_json: AsJson = False) -> None:
    """List every account there ever was and whether it may work today. Example: trialwright account list trial.db"""
    with accounts_of(db):
        from trialwright.capture.accounts import standings

        found, today = standings(), now().date()
    if as_json:
        told = [{"account": one.account, "role": one.role and one.role.name, "open": one.open, "demo": one.demo, "from": one.begins and one.begins.isoformat(),
                 "until": one.ends and one.ends.isoformat(), "training": {course.course: course.on.isoformat() for course in one.training},
                 "hindrance": (why := one.hindrance(today)) and why.en} for one in found]  # fmt: skip
        print(json.dumps(told, ensure_ascii=False))
        return
    for one in found:
        dates = "demonstration" if one.demo else f"{one.begins or 'not delegated'} to {one.ends or 'open'}" if one.begins else "not delegated"
        hindrance = one.hindrance(today)
        print(f"{one.account}  {one.role.name if one.role else 'no role'}  {dates}  {hindrance or 'may work today'}")
    if not found:
        print("There are no accounts yet.")


@group.command("delegate")
def delegate_(db: TrialFile, name: Name, begins: From = "", ends: Until = "", trained: Trained = None) -> None:
    """Set the days of the delegation, or record training, or both. Example:
    trialwright account delegate trial.db nurse1 --from 2026-02-01 --until 2027-01-31 --trained GCP=2026-01-10"""
    first, last, taken = day(begins), day(ends), courses(trained)
    if first is None and (last is not None or not taken):
        raise Failed("say from which day the delegation holds (--from), or which training was taken (--trained).")
    with accounts_of(db):
        from django.db import transaction

        from trialwright.capture.accounts import delegate, train

        with transaction.atomic():
            if first is not None:
                delegate(name, first, last, actor(), now())
            for course, on in taken.items():
                train(name, course, on, actor(), now())
    print(f"Recorded for {name}.")


@group.command("require")
def require_(db: TrialFile, wanted: Courses = None) -> None:
    """Set the training that this trial requires: GCP and PROTOCOL unless set. Example: trialwright account require trial.db GCP MRSS"""
    with accounts_of(db):
        from trialwright.capture.accounts import require

        require(wanted or (), actor(), now())
    print(f"Required: {', '.join(one.upper() for one in wanted or ()) or 'no training'}.")


@group.command()
def reset(
    db: TrialFile,
    name: Name,
    generate: Generate = False,
    factor: Annotated[bool, typer.Option("--second-factor", help="Also take away the phone that confirms logins (lost)")] = False,
) -> None:
    """Give an account a new password and lift a lockout; its sessions end. Example: trialwright account reset trial.db nurse1 --generate"""
    with accounts_of(db):
        from trialwright.capture.accounts import set_password
        from trialwright.capture.factor import forget
        from trialwright.capture.passwords import one_time

        password = one_time() if generate else typed_password()
        user = set_password(name, password, actor(), now(), once=True)
        if factor:
            forget(user, actor(), now())
    print(f"The account {name} has a new password, to be changed at the next login.")
    _told(password if generate else "")


@group.command()
def close(db: TrialFile, name: Name, because: Annotated[str, typer.Option(help="Why, for the delegation log")]) -> None:
    """Close an account for good: it is never deleted, and its name stays taken. Example: trialwright account close trial.db nurse1 --because left"""
    with accounts_of(db):
        from trialwright.capture.accounts import close_account

        close_account(name, because, actor(), now())
    print(f"The account {name} is closed.")
