"""Commands about where a trial is kept: make room for it in a database, and move it."""

from typing import Annotated

import typer

from trialwright.cli.shell import address_of


def prepare(
    db: Annotated[str, typer.Argument(help="PostgreSQL address with the account of the owner")],
    app: Annotated[str, typer.Option("--for", help="Account with which the application will connect; it may add and read, and no more")],
) -> None:
    """Make room for a trial in PostgreSQL. Example: trialwright prepare 'postgresql://owner@db.example.org/trials?schema=ssc' --for trialwright"""
    from trialwright.store import prepare as laid_out

    at = address_of(db)
    laid_out(at, app)
    print(f"{at} is ready. Begin the trial with the account {app}: trialwright serve STUDY --db ADDRESS, or move one there: trialwright move FROM ADDRESS")


def move(
    source: Annotated[str, typer.Argument(metavar="FROM", help="Trial file or PostgreSQL address")],
    target: Annotated[str, typer.Argument(metavar="TO", help="Trial file that is not there yet, or the address that `trialwright prepare` made ready")],
) -> None:
    """Move a trial, line by line the same. Example: trialwright move trial.db 'postgresql://trialwright@db.example.org/trials?schema=ssc'"""
    from trialwright.store import accounts_path, key_path
    from trialwright.store import move as moved

    giver, taker = address_of(source), address_of(target)
    lines = moved(giver, taker)
    print(f"{taker} holds {lines} entries, with every hash as it was; its key is {key_path(taker)}.\n"
          f"Copy the accounts too, if there are any: {accounts_path(giver)} and its .key to {accounts_path(taker).parent}.\n"
          f"{giver} is unchanged. Put it away, so that nobody goes on in it.")  # fmt: skip
