"""Where a trial is kept: a file, or a schema of a PostgreSQL database; and where lies what must never be in it."""

import os
import re
from collections.abc import Mapping, Sequence
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from attrs import field, frozen

from trialwright.store.keeping import StoreError

SCHEMA, VERIFIED = "trialwright", "verify-full"
_NAME = re.compile(r"(?!pg_)[a-z_][a-z0-9_]{0,62}")


@frozen
class Database:
    """A schema of a PostgreSQL database that holds one trial; `trusted`: somebody vouches for the network. As text it never tells the password."""

    url: str = field(repr=False)
    schema: str
    trusted: bool = False

    def __str__(self) -> str:
        parts = urlsplit(self.url)
        user, at, host = parts.netloc.rpartition("@")
        asked = [(name, value) for name, value in parse_qsl(parts.query) if name != "password"] + [("schema", self.schema)]
        asked += [("network", "trusted")] if self.trusted else []
        return _url(user.partition(":")[0] + at + host, parts.path, asked)


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
    network = asked.pop("network", "")
    if network not in ("", "trusted"):
        raise StoreError(f"“{network}” says nothing of a network. Write network=trusted, or leave it out.")
    if not network and not here(parts.hostname or "", asked, os.environ):
        _verified(asked)
    return Database(_url(parts.netloc, parts.path, [*asked.items()]), schema, bool(network))


def _url(who: str, path: str, asked: Sequence[tuple[str, str]]) -> str:
    """Written by hand: of an address without a host, on a socket, Python would leave the slashes out."""
    return f"postgresql://{who}{path}" + (f"?{urlencode(asked, safe='/', quote_via=quote)}" if asked else "")


def here(host: str, asked: Mapping[str, str], environment: Mapping[str, str]) -> bool:
    """Whether the server of an address is on this machine: reached over a socket, or over an address that never leaves it.

    >>> [here(host, {}, {}) for host in ("", "127.0.0.1", "::1", "localhost", "%2Frun%2Fpg", "db.example.org", "10.0.0.7", "localhost.example.org")]
    [True, True, True, True, True, False, False, False]
    """
    if asked.get("service") or environment.get("PGSERVICE"):
        return False  # whereto is written in another file
    named = asked.get("host") or host or environment.get("PGHOST", "")
    numbered = asked.get("hostaddr") or environment.get("PGHOSTADDR", "")
    return all(_loops_back(unquote(one)) for both in (host, named, numbered) for one in both.split(","))


def _loops_back(host: str) -> bool:
    if not host or host[0] in "/@" or host.casefold() == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _verified(asked: dict[str, str]) -> None:
    """Has the driver check the certificate of a distant server. Raises `StoreError` when the address says that it should not."""
    mode = asked.setdefault("sslmode", VERIFIED)
    if mode != VERIFIED:
        raise StoreError(f"The database is on another machine, and sslmode={mode} would let somebody on the way read and change what goes there. "
                         f"Write sslmode={VERIFIED} (or leave it out), and sslrootcert=FILE with the certificate that signed the server's. "
                         "Where nobody can be on the way, say so: network=trusted.")  # fmt: skip


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
