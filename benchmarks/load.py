"""Fifty people at a served trial: how long a save takes, how many a second it stands, and whether one was lost, doubled or refused.

`.venv/bin/python benchmarks/load.py [--users N] [--seconds N] [--figures FILE]`. A real `trialwright serve` in a process of its own, real logins, a page of
40 items. First everybody sends one request a second, three of ten a save; then everybody saves as fast as he is answered (for a minute at
the most), until the server is killed in the middle. After that the ledger must verify and hold every acknowledged save exactly once. The peer is the bare
SQLite transaction of 40 audit rows.
"""

import argparse
import asyncio
import contextlib
import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlencode

from attrs import Factory, define, evolve

from trialwright.protocol import SITE, Audience, Codelist, Form, Item, Kind, Study, Term, Visit, one_section, same
from trialwright.store.engine import sqlite
from trialwright.testing import tiny_study

PASSWORD = "fifty people at one desk"  # of accounts that live as long as this run
VISITS = 9
WRITES = 3 / 7
"""The chance of a save after a reading, so that three of ten requests are saves: after a save comes the page to which it leads."""


def page_of_forty() -> Form:
    """What a visit may ask: a day, 17 grades, 18 measurements, three choices and a note."""
    grade, yes_no = {"low": Decimal(0), "high": Decimal(3)}, Codelist(code="NY", terms=(Term("Y", same("yes")), Term("N", same("no"))))

    def item(code: str, kind: Kind, **more: object) -> Item:
        return Item(code=code, label=same(code.lower()), kind=kind, audience=SITE, **more)

    return Form(code="FORTY", title=same("forty"), entered_by=Audience.COORDINATOR, sections=one_section(same("forty"), [
        item("DAY", Kind.DATE), *(item(f"G{n}", Kind.INTEGER, **grade) for n in range(17)),
        *(item(f"M{n}", Kind.DECIMAL, low=Decimal(0), high=Decimal(10**6), unit="g/L") for n in range(18)),
        *(item(f"C{n}", Kind.CHOICE, codelist=yes_no) for n in range(3)), item("NOTE", Kind.TEXT)]))  # fmt: skip


def loaded_study() -> Study:
    """The tiny study with that page at each of nine visits."""
    study, page = tiny_study(), page_of_forty()
    more = tuple(Visit(code=f"W{week}", name=same(f"week {week}"), number=2 + week / 100, day=7 * week, early=7, late=7, forms=("FORTY",))
                 for week in range(16, 16 + 4 * (VISITS - 4), 4))  # fmt: skip
    visits = tuple(evolve(visit, forms=(*visit.forms, page.code)) for visit in study.visits if visit.day >= 0)
    return evolve(study, forms=(*study.forms, page), visits=(study.visits[0], *visits, *more))


def subjects(users: int) -> list[str]:
    """Twenty enrolled people, or more, so that every user has a few pages of his own."""
    return [f"S{number:02}" for number in range(max(20, users // 3))]


def laid_out(folder: Path, users: int) -> None:
    """A trial with its enrolled people and an account for each user."""
    from trialwright.capture import Place
    from trialwright.capture.accounts import make_account, prepare
    from trialwright.capture.settings import configure
    from trialwright.record import OpenStudy
    from trialwright.store import create
    from trialwright.testing import actor, enrolled

    (folder / "study").mkdir()
    (folder / "study" / "protocol.py").write_text("from load import loaded_study\n\nSTUDY = loaded_study()\n", encoding="utf-8")
    began = datetime.now(UTC) - timedelta(days=400)
    kept = create(folder / "trial.db", loaded_study(), virtual=True)
    kept.gate.do(actor(Audience.INVESTIGATOR), OpenStudy(), began)
    for subject in subjects(users):
        enrolled(kept.gate, subject, at=began)
    kept.close()
    configure(Place(accounts=folder / "accounts.db"))
    prepare()
    for number in range(users):
        make_account(f"user{number}", Audience.COORDINATOR, PASSWORD, began, demo=True)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as one:
        return int(one.getsockname()[1])


def served(folder: Path, port: int) -> "subprocess.Popen[str]":
    """`trialwright serve`, once it listens."""
    paths = os.pathsep.join((str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")))
    command = [sys.executable, "-m", "trialwright.cli", "serve", str(folder / "study"), "--db", str(folder / "trial.db"), "--port", str(port)]
    process = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": paths}, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    if "is open at" not in process.stdout.readline():
        sys.exit("the server did not start")
    for _ in range(300):  # it says so a moment before it listens
        with contextlib.suppress(ConnectionError):
            socket.create_connection(("127.0.0.1", port)).close()
            return process
        time.sleep(0.1)
    sys.exit("the server does not listen")


def processor_seconds(pid: int) -> float:
    """What a process has used of the processor so far."""
    told = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK")


@define
class Told:
    """What one phase saw: milliseconds by kind of request, answers by status, and the saves that were acknowledged or only sent."""

    times: dict[str, list[float]] = Factory(dict)
    statuses: Counter[int] = Factory(Counter)
    acknowledged: list[str] = Factory(list)
    sent: list[str] = Factory(list)


@define
class User:
    """One person at one browser: a connection, a session, the pages that are his to fill, and how often he saved each."""

    number: int
    port: int
    pages: list[tuple[str, str]]
    chance: random.Random
    reader: asyncio.StreamReader | None = None
    writer: asyncio.StreamWriter | None = None
    cookies: dict[str, str] = Factory(dict)
    token: str = ""
    revisions: Counter[tuple[str, str]] = Factory(Counter)
    onward: str = ""

    async def ask(self, method: str, path: str, fields: dict[str, str] | None = None) -> tuple[int, dict[str, str], bytes]:
        """One request; status, headers and body of its answer."""
        if self.writer is None:
            self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        assert self.reader is not None
        body = urlencode(fields or {}).encode()
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        kind = f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n" if method == "POST" else ""
        self.writer.write(f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nCookie: {cookies}\r\n{kind}\r\n".encode() + body)
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers: dict[str, str] = {}
        for line in filter(None, head[1:]):
            name, _, value = line.partition(": ")
            headers[name.lower()] = value
            if name.lower() == "set-cookie":
                key, _, one = value.split(";")[0].partition("=")
                self.cookies[key] = one
        return int(head[0].split()[1]), headers, await self.reader.readexactly(int(headers["content-length"]))

    async def log_in(self) -> None:
        """Name and password; then the token that every form carries."""
        self.token = token_in((await self.ask("GET", "/login"))[2])
        status, _, _ = await self.ask("POST", "/login", {"csrfmiddlewaretoken": self.token, "name": f"user{self.number}", "password": PASSWORD})
        assert status == 303, status
        self.token = token_in((await self.ask("GET", self.address(self.pages[0])))[2])

    @staticmethod
    def address(page: tuple[str, str]) -> str:
        return f"/subject/{page[0]}/visit/{page[1]}/FORTY"

    async def save(self, told: Told) -> None:
        """Fills one of his pages anew, every item of it; the note names the save."""
        page = self.chance.choice(self.pages)
        revision, mark = self.revisions[page], f"user {self.number} save {len(told.sent)} {self.chance.getrandbits(64):x}"
        entries = {"DAY": str(date(2026, 1, 1) + timedelta(days=revision % 300)), "NOTE": mark}
        entries |= {f"G{n}": str((revision + n) % 4) for n in range(17)} | {f"C{n}": "YN"[revision % 2] for n in range(3)}
        entries |= {f"M{n}": f"{revision * 20 + n}.5" for n in range(18)}
        fields = {f"v.{code}": value for code, value in entries.items()} | {f"seen.{code}": str(revision) for code in entries}
        told.sent.append(mark)
        status, headers, _ = await self.ask("POST", self.address(page), fields | {
            "csrfmiddlewaretoken": self.token, "then": "stay", "reason": "measured again" if revision else ""})  # fmt: skip
        told.statuses[status] += 1
        if status == 303:
            told.acknowledged.append(mark)
            self.revisions[page] += 1
            self.onward = headers["location"]

    async def look(self, told: Told) -> str:
        """Reads the page to which the last save led, else one of those that people read."""
        path, self.onward = self.onward, ""
        kind = "page of 40"
        if not path:
            page = self.chance.choice(self.pages)
            path = self.address(page)
            if self.chance.random() < 0.3:
                kind, path = self.chance.choice((("visit", f"/subject/{page[0]}/visit/{page[1]}"), ("subject", f"/subject/{page[0]}"), ("home", "/")))
        status, headers, _ = await self.ask("GET", path)
        told.statuses[401 if headers.get("location", "").startswith("/login") else status] += 1
        return kind

    async def act(self, told: Told) -> str:
        """The next request of somebody at work: a save or a reading."""
        if self.onward or self.chance.random() >= WRITES:
            return await self.look(told)
        await self.save(told)
        return "save"


def token_in(page: bytes) -> str:
    found = re.search(rb'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert found, page[:500]
    return found[1].decode()


async def at_work(user: User, users: int, seconds: int, told: Told) -> None:
    """One request a second; its time counts from the moment at which it was due, whenever it could be sent."""
    due = time.perf_counter() + user.number / users
    for _ in range(seconds):
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        kind = await user.act(told)
        told.times.setdefault(kind, []).append((time.perf_counter() - due) * 1000)
        due += 1


async def flat_out(user: User, told: Told) -> None:
    """One save after the other, until the server is gone."""
    try:
        while True:
            begun = time.perf_counter()
            await user.save(told)
            told.times.setdefault("save", []).append((time.perf_counter() - begun) * 1000)
    except (ConnectionError, asyncio.IncompleteReadError):
        return


async def work(process: "subprocess.Popen[str]", users: list[User], seconds: int) -> Told:
    """Everybody at work."""
    for user in users:
        await user.log_in()
    told, begun, used = Told(), time.perf_counter(), processor_seconds(process.pid)
    await asyncio.gather(*(at_work(user, len(users), seconds, told) for user in users))
    took, used = time.perf_counter() - begun, processor_seconds(process.pid) - used
    summary("one request a second each", told)
    print(f"  server: {used / took:.0%} of one processor, {used / sum(told.statuses.values()) * 1000:.2f} ms a request")
    return told


async def rush(process: "subprocess.Popen[str]", users: list[User], seconds: int, peer: float) -> Told:
    """Everybody flat out, until the server is killed while it saves."""
    told, begun, before = Told(), time.perf_counter(), processor_seconds(process.pid)

    async def killed() -> tuple[int, float, float]:
        await asyncio.sleep(seconds)
        at_the_end = len(told.acknowledged), time.perf_counter() - begun, processor_seconds(process.pid) - before
        process.send_signal(signal.SIGKILL)
        return at_the_end

    (saves, took, used), *_ = await asyncio.gather(killed(), *(flat_out(user, told) for user in users))
    summary("flat out", told)
    print(f"  {saves / took:.0f} durable saves/s, 1/{peer / saves * took:.0f} of the peer; {used / saves * 1000:.2f} ms of processor a save; "
          "then the server was killed")  # fmt: skip
    return told


async def phases(process: "subprocess.Popen[str]", users: list[User], seconds: int, peer: float) -> list[Told]:
    return [await work(process, users, seconds), await rush(process, users, min(seconds, 60), peer)]


def summary(what: str, told: Told) -> None:
    print(f"{what}: answers {dict(told.statuses)}, load average {os.getloadavg()[0]:.1f}", flush=True)
    for kind, times in sorted(told.times.items()):
        ranked = sorted(times)
        at = {name: ranked[min(len(ranked) - 1, int(len(ranked) * part))] for name, part in (("median", 0.5), ("p95", 0.95), ("p99", 0.99))}
        print(f"  {kind:<12} {len(times):>6}  " + "  ".join(f"{name} {value:.0f} ms" for name, value in at.items()) + f"  longest {ranked[-1]:.0f} ms")


def checked(folder: Path, told: list[Told]) -> dict[str, int]:
    """The ledger must verify and hold each acknowledged save once, all 40 answers of it in one save, and nothing that nobody sent: what it says."""
    from trialwright.store import examine, open_trial

    faults = examine(folder / "trial.db")
    kept = open_trial(folder / "trial.db", loaded_study(), examined=False)
    entries = [entry for entry in kept.gate.casebook(Audience.CUSTODIAN).everything if getattr(entry.event, "form", "") == "FORTY"]
    kept.close()
    saves, sizes = Counter(entry.event.value for entry in entries if entry.event.item == "NOTE"), Counter(entry.page for entry in entries)
    acknowledged, sent = {mark for one in told for mark in one.acknowledged}, {mark for one in told for mark in one.sent}
    lost, doubled, torn = len(acknowledged - saves.keys()), sum(count > 1 for count in saves.values()), sum(size != 40 for size in sizes.values())
    foreign, failed = len(saves.keys() - sent), sum(count for one in told for status, count in one.statuses.items() if status >= 400)
    print(f"ledger: {len(acknowledged):,} acknowledged saves, {lost} lost, {doubled} doubled, {torn} torn, {foreign} from nowhere; "
          f"{len(saves.keys() - acknowledged)} more kept when the server was killed; {failed} failed answers; verify: {faults or 'no fault'}")  # fmt: skip
    return {"acknowledged": len(acknowledged), "lost": lost, "doubled": doubled, "torn": torn, "from nowhere": foreign, "failed": failed, "faults": len(faults)}


def bare(folder: Path, seconds: float = 3) -> float:
    """Bare SQLite transactions a second of 40 audit rows each, durable (WAL, synchronous=FULL), by one writer."""
    peer = sqlite.connect(str(folder / "peer.db"), isolation_level=None)
    for statement in ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", "CREATE TABLE audit (id INTEGER PRIMARY KEY, body TEXT)"):
        peer.execute(statement)
    begun, done = time.perf_counter(), 0
    while time.perf_counter() - begun < seconds:
        peer.execute("BEGIN IMMEDIATE")
        peer.executemany("INSERT INTO audit (body) VALUES (?)", [(json.dumps({"item": n, "value": done + n, "at": str(begun)}),) for n in range(40)])
        peer.execute("COMMIT")
        done += 1
    peer.close()
    return done / (time.perf_counter() - begun)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--users", type=int, default=50)
    asked.add_argument("--seconds", type=int, default=30)
    asked.add_argument("--figures", type=Path, help="write what was counted as JSON into this file")
    words = asked.parse_args()
    places = [(subject, visit.code) for subject in subjects(words.users) for visit in loaded_study().visits if "FORTY" in visit.forms]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        laid_out(folder, words.users)
        peer = bare(folder)
        print(f"peer: {peer:,.0f} bare SQLite transactions/s of 40 rows, load average {os.getloadavg()[0]:.1f}", flush=True)
        port = free_port()
        users = [User(number, port, places[number :: words.users], random.Random(number)) for number in range(words.users)]
        process = served(folder, port)
        try:
            told = asyncio.run(phases(process, users, words.seconds, peer))
        finally:
            process.kill()
            process.wait()
        found = checked(folder, told)
    if words.figures:
        saves = sorted(told[0].times["save"])
        words.figures.write_text(json.dumps({**found, "p95 ms": round(saves[int(len(saves) * 0.95)]), "at work": len(saves)}), encoding="utf-8")
    if any(found[name] for name in found.keys() - {"acknowledged"}):
        sys.exit("this must not happen")


if __name__ == "__main__":
    main()
