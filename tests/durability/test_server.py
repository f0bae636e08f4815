"""The server is killed while many people save through it: what a browser was told is saved is there, once, after each start."""

import http.client
import random
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.durability.life import STUDY, damage
from tests.postgres import free_port
from tests.release_gate import Shown, deep
from trialwright.protocol import Audience
from trialwright.store import Address, address, open_trial, prepare

pytestmark = [pytest.mark.web, pytest.mark.req("DAT-07", "BCK-06")]
KILLS = deep(200)
PEOPLE = 6


@contextmanager
def served(study: Path, db: Address | str, port: int) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """`trialwright serve`, once it listens, and the password of its demonstration accounts."""
    command = [sys.executable, "-m", "trialwright.cli", "serve", str(study), "--db", str(db), "--demo", "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        password = ""
        for line in process.stdout:
            found = re.search(r"only now: (\S+)", line)
            password = found[1] if found else password
            if "is open at" in line:
                break
        yield process, password
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


class Person(threading.Thread):
    """A coordinator at a browser: signs in, then takes one new person after the other into screening, until the server is gone."""

    def __init__(self, port: int, password: str) -> None:
        super().__init__(daemon=True)
        self.port, self.password, self.cookies = port, password, {}
        self.acknowledged: list[str] = []
        self.strange: list[tuple[int, bytes]] = []

    def ask(self, way: http.client.HTTPConnection, method: str, path: str, fields: dict[str, str] | None = None) -> tuple[int, str, bytes]:
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()), "Content-Type": "application/x-www-form-urlencoded"}
        way.request(method, path, urlencode(fields or {}), headers)
        answer = way.getresponse()
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie":
                key, _, one = value.split(";")[0].partition("=")
                self.cookies[key] = one
        return answer.status, answer.getheader("Location", ""), answer.read()

    def token(self, page: bytes) -> str:
        return re.search(rb'name="csrfmiddlewaretoken" value="([^"]+)"', page)[1].decode()

    def run(self) -> None:
        try:
            with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)) as way:
                told = {"csrfmiddlewaretoken": self.token(self.ask(way, "GET", "/login")[2]), "name": "coordinator", "password": self.password}
                status, _, page = self.ask(way, "POST", "/login", told)
                token = self.token(self.ask(way, "GET", "/screen")[2])
                while True:
                    status, onward, page = self.ask(way, "POST", "/screen", {"csrfmiddlewaretoken": token, "v.SITE": "01"})
                    if status == 303:
                        self.acknowledged.append(onward.rpartition("/")[2])
                    else:
                        self.strange.append((status, page[-500:]))
        except (ConnectionError, http.client.HTTPException, TimeoutError):
            return


def killed(study: Path, db: Address | str, seed: int, seconds: float) -> list[str]:
    """One life of the server; the people whose screening was acknowledged in it."""
    port = free_port()
    with served(study, db, port) as (process, password):
        people = [Person(port, password) for _ in range(PEOPLE)]
        for _ in range(300):  # it says that it is open a moment before it listens
            try:
                http.client.HTTPConnection("127.0.0.1", port).connect()
                break
            except ConnectionError:
                time.sleep(0.05)
        for person in people:
            person.start()
        end = time.monotonic() + 30
        while not any(person.acknowledged for person in people) and time.monotonic() < end:
            time.sleep(0.02)
        time.sleep(random.Random(seed).uniform(0.1, seconds))
        process.kill()
        for person in people:
            person.join(30)
    assert [one for person in people for one in person.strange] == []
    return [subject for person in people for subject in person.acknowledged]


def lives(tmp_path: Path, db: Address, url: str, kills: int, seconds: float) -> int:
    study = tmp_path / f"{tmp_path.name}_tiny"
    study.mkdir()
    (study / "protocol.py").write_text("from trialwright.testing import tiny_study\n\nSTUDY = tiny_study()\n", encoding="utf-8")
    acknowledged = [subject for number in range(kills) for subject in killed(study, url, number, seconds)]
    assert damage(db) == []
    with closing(open_trial(db, STUDY, writes=False)) as kept:
        there = [subject.id for subject in kept.gate.casebook(Audience.CUSTODIAN).subjects]
    assert len(there) == len(set(there))
    assert set(acknowledged) - set(there) == set(), "acknowledged and lost"
    assert len(acknowledged) == len(set(acknowledged)) and len(acknowledged) >= kills
    return len(acknowledged)


def test_a_killed_server_loses_nothing_that_it_acknowledged(tmp_path):
    assert lives(tmp_path, tmp_path / "trial.db", str(tmp_path / "trial.db"), 1, 0.5)


@pytest.mark.nightly
@pytest.mark.parametrize("where", ["file", "database"])
def test_many_kills_of_the_server(tmp_path, request, where, shown: Shown):
    db, url = tmp_path / "trial.db", str(tmp_path / "trial.db")
    kills = KILLS if where == "file" else max(1, KILLS // 4)
    if where == "database":
        running = request.getfixturevalue("postgres")
        prepare(address(running.url("owner", "served")), "app")
        url = running.url("app", "served")
        db = address(url)
    told = lives(tmp_path, db, url, kills, 0.6)
    shown("R2", f"trial in a {where}", kills=kills, people_at_work=PEOPLE, saves_acknowledged=told, lost=0, seeds_from=0)
