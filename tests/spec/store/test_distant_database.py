"""A database on another machine is spoken to only over a line that nobody can read or change: its certificate is checked, unless somebody says otherwise."""

import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.postgres import Server
from trialwright.store import Database, StoreError, address, exists, prepare

pytestmark = [pytest.mark.spec, pytest.mark.req("SEC-01")]
NAME = "db.hospital.example"
DISTANT = ("postgresql://app@db.example.org/trials?schema=ssc", "postgresql://app@10.0.0.7:5433/trials", "postgresql://app@[2001:db8::1]/trials",
           "postgresql://app@localhost.example.org/trials", "postgresql://app@127.0.0.1/trials?host=db.example.org",
           "postgresql://app@localhost/trials?hostaddr=10.0.0.7", "postgresql:///trials?host=db.example.org", "postgresql://app@127.0.0.1,db.example.org/trials",
           "postgresql:///trials?service=hospital", "postgresql://app@db.example.org/trials?hostaddr=127.0.0.1", "postgresql://app@0.0.0.0/trials")  # fmt: skip
NEAR = ("postgresql://app@127.0.0.1/trials", "postgresql://app@localhost:5433/trials", "postgresql://app@[::1]/trials", "postgresql:///trials",
        "postgresql://app@%2Frun%2Fpostgresql/trials", "postgresql:///trials?host=/run/postgresql", "postgresql:///trials?host=@abstract",
        "postgresql://app@127.9.9.9/trials", "postgresql://app@LOCALHOST/trials")  # fmt: skip


@pytest.fixture(autouse=True)
def _nothing_else_said(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("PG")]:
        monkeypatch.delenv(name)


def found(text: str) -> Database:
    at = address(text)
    assert isinstance(at, Database)
    return at


@pytest.mark.parametrize("text", DISTANT)
def test_the_certificate_of_a_distant_server_is_checked(text: str) -> None:
    more = "&" if "?" in text else "?"
    for told in (text, f"{text}{more}sslmode=verify-full"):
        assert "sslmode=verify-full" in found(told).url
        assert found(str(found(told))) == found(told), "what it prints of itself leads there again"
    for mode in ("disable", "allow", "prefer", "require", "verify-ca", "", "VERIFY-FULL"):
        with pytest.raises(StoreError, match=rf"on another machine, and sslmode={mode} would let .* Write sslmode=verify-full .*say so: network=trusted"):
            address(f"{text}{more}sslmode={mode}")


@pytest.mark.parametrize("text", DISTANT)
def test_who_vouches_for_the_network_says_so_in_the_address(text: str) -> None:
    more = "&" if "?" in text else "?"
    at = found(f"{text}{more}network=trusted&sslmode=disable")
    assert "sslmode=disable" in at.url and "network" not in at.url and "network=trusted" in str(at) and found(str(at)) == at
    assert "sslmode" not in found(f"{text}{more}network=trusted").url
    for other in ("yes", "", "Trusted"):
        if other:
            with pytest.raises(StoreError, match="says nothing of a network"):
                address(f"{text}{more}network={other}")
        else:
            assert "sslmode=verify-full" in found(f"{text}{more}network=").url


@pytest.mark.parametrize("text", NEAR)
def test_on_this_machine_nothing_is_asked(text: str) -> None:
    more = "&" if "?" in text else "?"
    assert "sslmode" not in found(text).url and "sslmode=disable" in found(f"{text}{more}sslmode=disable").url
    assert pytest.importorskip("psycopg").conninfo.conninfo_to_dict(found(text).url)["dbname"] == "trials", "the driver reads it too"


@pytest.mark.parametrize(("name", "value"), [("PGHOST", "db.example.org"), ("PGHOSTADDR", "10.0.0.7"), ("PGSERVICE", "hospital")])
def test_what_the_surroundings_say_counts_too(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    monkeypatch.setenv("PGSSLMODE", "disable")
    assert "sslmode=verify-full" in found("postgresql:///trials").url


def certificate(folder: Path, name: str) -> tuple[Path, Path]:
    """A certificate for this name that vouches for itself, and its key."""
    key, told = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (x509.CertificateBuilder().subject_name(told).issuer_name(told).public_key(key.public_key()).serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=2))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True).sign(key, SHA256()))  # fmt: skip
    paths = folder / f"{name}.crt", folder / f"{name}.key"
    paths[0].write_bytes(made.public_bytes(Encoding.PEM))
    paths[1].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return paths


@pytest.fixture
def guarded(postgres: Server, tmp_path: Path) -> Iterator[tuple[Server, Path]]:
    """The server of the tests with a certificate of its own, for a name under which it can only be reached by its number."""
    import psycopg

    def told(*words: str) -> None:
        with psycopg.connect(postgres.url("chief").partition("?")[0], autocommit=True) as chief:
            for word in (*words, "SELECT pg_reload_conf()"):
                chief.execute(word)

    shown, key = certificate(tmp_path, NAME)
    for path, place in ((shown, "server.crt"), (key, "server.key")):
        shutil.copy(path, postgres.data / place)
        os.chmod(postgres.data / place, 0o600)
        shutil.chown(postgres.data / place, postgres.data.stat().st_uid)
    told("ALTER SYSTEM SET ssl = on")
    try:
        yield postgres, shown
    finally:
        told("ALTER SYSTEM RESET ssl")


def test_only_the_right_certificate_opens_the_line(guarded: tuple[Server, Path], tmp_path: Path) -> None:
    import psycopg

    server, shown = guarded
    strange, _ = certificate(tmp_path, "elsewhere.example")
    distant = server.url("owner", "distant").replace("127.0.0.1", NAME) + "&hostaddr=127.0.0.1"
    prepare(address(f"{distant}&sslrootcert={shown}"), "app")
    there = distant.replace("owner@", "app@")
    assert not exists(address(f"{there}&sslrootcert={shown}")), "an empty place"
    with psycopg.connect(found(f"{there}&sslrootcert={shown}").url) as connection:
        assert connection.execute("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()").fetchone() == (True,)
    for more, at in ((f"&sslrootcert={strange}", there), (f"&sslrootcert={tmp_path / 'none.crt'}", there),
                     (f"&sslrootcert={shown}", there.replace(NAME, "db.other.example"))):  # fmt: skip
        with pytest.raises(StoreError, match=r"cannot be read \(.*(certificate|SSL)"):
            exists(address(at + more))
    assert not exists(address(f"{there}&network=trusted&sslmode=require")), "somebody vouches for it"


def test_a_distant_server_that_cannot_do_it_is_not_spoken_to(postgres: Server, tmp_path: Path) -> None:
    shown, _ = certificate(tmp_path, NAME)
    distant = server_at = postgres.url("app", "distant2").replace("127.0.0.1", NAME) + f"&hostaddr=127.0.0.1&sslrootcert={shown}"
    with pytest.raises(StoreError, match="does not support SSL"):
        exists(address(distant))
    with pytest.raises(StoreError, match="There is no place"):
        exists(address(f"{server_at}&network=trusted&sslmode=disable"))
