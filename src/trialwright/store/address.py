"""Where a trial is kept: a file, or a schema of a PostgreSQL database; and where lies what must never be in it."""

import os
import re
from pathlib import Path
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit, urlunsplit

from attrs import field, frozen

from trialwright.store.keeping import StoreError

SCHEMA = "trialwright"
_NAME = re.compile(r"(?!pg_)[a-z_][a-z0-9_]{0,62}")


@frozen
class Database:
    """A schema of a PostgreSQL database that holds one trial. As text it never tells the password."""

    url: str = field(repr=False)
    schema: str

    def __str__(self) -> str:
        parts = urlsplit(self.url)
        user, at, host = parts.netloc.rpartition("@")
        asked = [(name, value) for name, value in parse_qsl(parts.query) if name != "password"] + [("schema", self.schema)]
        return urlunsplit((parts.scheme, user.partition(":")[0] + at + host, parts.path or "/", urlencode(asked, safe="/"), ""))


Address = Path | Database


def address(text: str) -> Address:
    """The place that a person wrote: `out/trial.db`, `sqlite:///out/trial.db` or `postgresql://app@host/database?schema=name`."""
    if not text.startswith(("postgresql://", "postgres://")):
        return Path(text.removeprefix("sqlite:///"))
    try:
        parts = urlsplit(text)
        _ = parts.port  # raises for what is no number of a port
    except ValueError as problem:
        raise StoreError(f"The address of the database cannot be read ({problem}). Write postgresql://account@host:5432/database?schema=name.") from None
    asked = dict(parse_qsl(parts.query, keep_blank_values=True))
    schema = asked.pop("schema", SCHEMA)
    if not _NAME.fullmatch(schema):
        raise StoreError(f"“{schema}” is no name of a schema. Write small letters, digits and _, for example ?schema=ssc.")
    if not parts.path.strip("/"):
        raise StoreError("The address names no database. Write postgresql://account@host/database?schema=name.")
    return Database(urlunsplit(("postgresql", parts.netloc, parts.path, urlencode(asked, safe="/", quote_via=quote), "")), schema)


def home() -> Path:
    """Where this machine keeps what it knows of trials: TRIALWRIGHT_HOME, or .trialwright in the home of the user."""
    return Path(os.environ.get("TRIALWRIGHT_HOME") or Path.home() / ".trialwright")


def key_path(at: Address) -> Path:
    """Where the private key of a trial lies: beside its file; on this machine, when a database server keeps the trial."""
    return at.with_suffix(".key") if isinstance(at, Path) else _folder(at) / "trial.key"


def accounts_path(at: Address) -> Path:
    """Where the accounts of a trial lie."""
    return at.with_name("accounts.db") if isinstance(at, Path) else _folder(at) / "accounts.db"


def attachments_path(at: Address) -> Path:
    """Where files lie that belong to the record of a trial."""
    return accounts_path(at).with_name("attachments")


def _folder(at: Database) -> Path:
    parts = urlsplit(at.url)
    asked = dict(parse_qsl(parts.query))
    host, port = parts.hostname or asked.get("host") or "localhost", parts.port or asked.get("port") or 5432
    return home() / re.sub(r"[^A-Za-z0-9._-]", "_", f"{host}-{port}-{unquote(parts.path).strip('/')}-{at.schema}").lstrip(".")
