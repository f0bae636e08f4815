"""A PostgreSQL server of the tests' own: made once a session, on this machine alone, gone afterwards."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from attrs import frozen


@frozen(kw_only=True)
class Server:
    """A running server: its port, its folder, and the commands to stop it rudely and start it again."""

    port: int
    data: Path
    programs: Path

    def url(self, user: str, schema: str = "trialwright", database: str = "trials") -> str:
        return f"postgresql://{user}@127.0.0.1:{self.port}/{database}?schema={schema}"

    def control(self, *words: str) -> None:
        _run([str(self.programs / "pg_ctl"), "-D", str(self.data), "-s", "-w", *words])

    def start(self) -> None:
        self.control("-l", str(self.data / "log"), "-o", f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=", "start")


def programs() -> Path | None:
    """Where initdb and pg_ctl lie: on the path, or where Debian and others put them."""
    found = shutil.which("initdb")
    places = [Path(found).resolve().parent] if found else []
    places += [*sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True), Path("/usr/local/pgsql/bin"), Path("/opt/homebrew/bin")]
    return next((place for place in places if (place / "initdb").exists() and (place / "pg_ctl").exists()), None)


@contextmanager
def server(place: Path) -> Iterator[Server]:
    """Starts a server with an owner and an application account; PostgreSQL never runs as root, so root lends it another user."""
    folder = Path(tempfile.mkdtemp(prefix="trialwright-pg-"))
    if os.getuid() == 0:
        shutil.chown(folder, "nobody")
    try:
        data = folder / "data"
        _run([str(place / "initdb"), "-D", str(data), "-A", "trust", "-U", "chief", "-E", "UTF8", "--locale=C", "--no-sync"])
        made = Server(port=free_port(), data=data, programs=place)
        made.start()
        try:
            for words in ("CREATE ROLE owner LOGIN", "CREATE ROLE app LOGIN", "CREATE DATABASE trials OWNER owner"):
                _run([str(place / "psql"), "-q", "-h", "127.0.0.1", "-p", str(made.port), "-U", "chief", "-d", "postgres", "-c", words])
            yield made
        finally:
            made.control("-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run(words: list[str]) -> None:
    done = subprocess.run(words, user="nobody" if os.getuid() == 0 else None, cwd="/", capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(words)}: {done.stdout}{done.stderr}")


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
