"""Two stores, two servers, one bridge: as a hospital runs it, in processes of their own, on one machine or with letters that somebody carries."""

import http.client
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import pytest

from studies.telitacicept_ssc.protocol import STUDY
from tests.postgres import Server, free_port
from tests.spec.cli.conftest import SSC, Say
from tests.web.desk import sent, skin
from trialwright.cli.bridge import bridged
from trialwright.protocol import Audience
from trialwright.record import OpenStudy
from trialwright.store import create, examine, open_trial
from trialwright.testing import actor, enrolled

pytestmark = [pytest.mark.spec, pytest.mark.req("BLD-02")]
SUBJECT = "KHTR42"
WEEK4 = f"/subject/{SUBJECT}/visit/W4"
NOW = datetime.now(UTC)
TODAY = NOW.astimezone(ZoneInfo(STUDY.time_zone)).date().isoformat()


@pytest.fixture
def main(tmp_path: Path) -> Path:
    """A trial of virtual people, one of them in week 4 today."""
    at = tmp_path / "hospital" / "trial.db"
    with closing(create(at, STUDY, virtual=True)) as kept:
        kept.gate.do(actor(Audience.INVESTIGATOR), OpenStudy(), NOW - timedelta(days=28))
        enrolled(kept.gate, SUBJECT, at=NOW - timedelta(days=28), index=(NOW - timedelta(days=28)).date())
    return at


class Browser:
    """One person at a browser, over plain HTTP."""

    def __init__(self, port: int) -> None:
        self.port, self.cookies, self.token = port, dict[str, str](), ""

    def ask(self, method: str, path: str, fields: dict[str, str] | None = None) -> tuple[int, str, str]:
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()), "Content-Type": "application/x-www-form-urlencoded"}
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)) as way:
            way.request(method, path, urlencode({**(fields or {}), "csrfmiddlewaretoken": self.token}), headers)
            answer = way.getresponse()
            page = answer.read().decode()
            for name, value in answer.getheaders():
                if name.lower() == "set-cookie":
                    key, _, one = value.split(";")[0].partition("=")
                    self.cookies[key] = one
        found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        self.token = found[1] if found else self.token
        return answer.status, answer.getheader("Location") or "", page


@contextmanager
def served(*words: object) -> Iterator[tuple[Browser, str]]:
    """`trialwright serve`, once it listens: a browser at it, and the password of its demonstration accounts."""
    port = free_port()
    command = [sys.executable, "-m", "trialwright.cli", "serve", str(SSC), *map(str, words), "--demo", "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"}) as process:
        try:
            told = ""
            while "is open at" not in told:
                line = process.stdout.readline() if process.stdout else ""
                assert line, told
                told += line
            for _ in range(100):  # it says its address a moment before it listens
                with suppress(ConnectionRefusedError):
                    socket.create_connection(("127.0.0.1", port)).close()
                    break
                time.sleep(0.1)
            yield Browser(port), re.search(r"only now: (\S+)", told)[1]  # type: ignore[index]  # it prints one
        finally:
            process.terminate()


@pytest.mark.parametrize("both", [False, pytest.param(True, marks=pytest.mark.nightly)])
def test_a_server_for_the_evaluator_and_a_bridge(main: Path, tmp_path: Path, say: Say, *, both: bool) -> None:
    """The evaluator signs an assessment at his own server; while it (or `both`) is open the bridge carries it home; both stores verify."""
    part = tmp_path / "evaluator" / "part.db"
    made = say("bridge", SSC, "--from", main, "--to", part)
    assert (made.code, made.err) == (0, "") and "is the evaluator's own store" in made.out and f"{part}: nothing new." in made.out
    with ExitStack() as servers:
        browser, password = servers.enter_context(served("--db", part, "--only", "evaluator"))
        if both:
            servers.enter_context(served("--db", main))
        assert browser.ask("GET", "/login")[0] == 200
        assert browser.ask("POST", "/login", {"name": "coordinator", "password": password})[0] == 422, "nobody else has an account there"
        assert browser.ask("POST", "/login", {"name": "evaluator", "password": password})[1] == "/"
        assert SUBJECT in browser.ask("GET", "/")[2]
        for path in ("/people", f"/subject/{SUBJECT}", "/queries", "/lock", "/phone/x"):
            assert browser.ask("GET", path)[0] == 404
        browser.ask("GET", f"{WEEK4}/MRSS")
        assert browser.ask("POST", f"{WEEK4}/MRSS", sent(skin(2, TODAY)) | {"then": "sign"})[1] == f"{WEEK4}/MRSS/sign"
        browser.ask("GET", f"{WEEK4}/MRSS/sign")
        assert browser.ask("POST", f"{WEEK4}/MRSS/sign", {"meaning": "authored", "password": password})[0] == 303
        carried = say("bridge", SSC, "--from", main, "--to", part)
        assert (carried.code, carried.err) == (0, "") and f"{main}: 19 new entries." in carried.out
        assert f"{main}: nothing new." in say("bridge", SSC, "--from", main, "--to", part).out
        with closing(open_trial(main, STUDY, writes=False)) as kept:
            assert kept.gate.casebook(Audience.DATA_MANAGER).subject(SUBJECT).page("W4", "MRSS").fully_signed
    for at in (main, part):
        assert say("verify", at).code == 0


@pytest.mark.nightly
def test_the_store_of_real_people_needs_no_certificate_and_takes_no_demonstration(tmp_path: Path, say: Say) -> None:
    """What does not lie there needs no proof; the trial, which needs one, stays closed without it. A store put back from a backup is refused in words."""
    main, part = tmp_path / "hospital" / "trial.db", tmp_path / "evaluator" / "part.db"
    with closing(create(main, STUDY)) as kept:
        kept.gate.do(actor(Audience.INVESTIGATOR), OpenStudy(), NOW)
    assert say("bridge", SSC, "--from", main, "--to", part).code == 0

    def tried(*words: object) -> str:
        command = [sys.executable, "-m", "trialwright.cli", "serve", str(SSC), "--host", "256.0.0.1", *map(str, words)]
        return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False).stderr

    assert "cannot listen on 256.0.0.1" in tried("--db", part, "--only", "evaluator")
    assert "nobody works under a demonstration account" in tried("--db", part, "--only", "evaluator", "--demo")
    assert "nobody may be blinded here" in tried("--db", main)
    assert say("backup", part, "--out", tmp_path / "backups").code == 0
    (copy,) = (tmp_path / "backups").iterdir()
    assert say("restore", copy, "--out", tmp_path / "restored" / "part.db").code == 0
    assert "is not the newest state of the evaluator's store" in tried("--db", tmp_path / "restored" / "part.db", "--only", "evaluator")


def test_a_person_carries_the_letters(main: Path, tmp_path: Path, say: Say) -> None:
    """Two machines without a line between them: a file there, a file back, as often as one likes."""
    part, stick = tmp_path / "elsewhere" / "part.db", tmp_path / "stick"
    stick.mkdir()
    say("bridge", SSC, "--from", main, "--to", part)
    with closing(open_trial(main, STUDY)) as kept:
        enrolled(kept.gate, "MWQX73", arm="C", at=NOW - timedelta(days=1), index=NOW.date())
    assert say("bridge", SSC, "--from", main, "--out", stick / "out.letter").code == 0
    read = say("bridge", SSC, "--to", part, "--read", stick / "out.letter")
    assert (read.code, read.out) == (0, f"{part}: 1 new entries.\n")
    with closing(open_trial(part, STUDY)) as kept:
        assert [one.id for one in kept.gate.casebook(Audience.EVALUATOR).subjects] == [SUBJECT, "MWQX73"]
    assert say("bridge", SSC, "--from", part, "--out", stick / "back.letter").code == 0
    assert say("bridge", SSC, "--to", main, "--read", stick / "back.letter").out == f"{main}: nothing new.\n"
    wrong = say("bridge", SSC, "--to", main, "--read", stick / "out.letter")
    assert wrong.code == 1 and "for the other side of the bridge" in wrong.err
    (stick / "back.letter").write_bytes((stick / "back.letter").read_bytes()[:-300])
    spoiled = say("bridge", SSC, "--to", main, "--read", stick / "back.letter")
    assert spoiled.code == 1 and "the letter is not what was sent" in spoiled.err


def test_it_goes_by_the_clock_alone_and_a_failure_does_not_end_it(
    main: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    part, slept = tmp_path / "evaluator" / "part.db", list[float]()
    key = main.with_suffix(".key")

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 2:
            key.rename(tmp_path / "aside")
        elif len(slept) == 3:
            (tmp_path / "aside").rename(key)
        elif len(slept) == 4:
            raise KeyboardInterrupt

    monkeypatch.setattr("time.sleep", sleep)
    monkeypatch.setattr("time.time", lambda: 10 * 900 + 100.0 + 7 * len(slept))
    with pytest.raises(KeyboardInterrupt):
        bridged(SSC, str(main), str(part), 15, anew=False)
    told = capsys.readouterr()
    assert slept == [800.0, 793.0, 786.0, 779.0], "until the next full quarter of an hour, whatever happened"
    assert told.out.count(f"{part}: nothing new.") == 2 and "cannot be read" in told.err and "UTC" in told.err


def test_the_evaluators_store_in_a_schema(main: Path, say: Say, postgres: Server) -> None:
    """The same commands, where a database server keeps his store."""
    assert say("prepare", postgres.url("owner", "bridged"), "--for", "app").code == 0
    part = postgres.url("app", "bridged")
    made = say("bridge", SSC, "--from", main, "--to", part)
    assert (made.code, made.err) == (0, "") and "is the evaluator's own store" in made.out
    assert say("bridge", SSC, "--from", main, "--to", part).code == 0 and say("verify", part).code == 0
    refused = say("serve", SSC, "--db", part)
    assert refused.code == 1 and "Open it with --only evaluator" in refused.err


def test_the_two_kinds_of_store_are_not_taken_for_each_other(main: Path, tmp_path: Path, say: Say) -> None:
    part = tmp_path / "evaluator" / "part.db"
    assert say("bridge", SSC, "--from", main, "--to", part).code == 0
    for words, said in (
        (("serve", SSC, "--db", part), "holds the evaluator's compartment alone. Open it with --only evaluator."),
        (("serve", SSC, "--db", main, "--only", "evaluator"), "is no store of the evaluator's compartment alone"),
        (("serve", SSC, "--db", tmp_path / "none.db", "--only", "evaluator"), "is no store of the evaluator's compartment alone"),
        (("serve", SSC, "--db", part, "--only", "monitor"), "there is no application for “monitor” alone"),
        (("account", "add", part, "nurse1", "--role", "COORDINATOR", "--person", "1", "--generate"), "Make this account on the trial."),
        (("report", part, "--study", SSC, "--out", tmp_path / "r.html"), "not enough for this. Name the trial."),
        (("bridge", SSC, "--from", part, "--to", tmp_path / "x" / "y.db"), "is an evaluator's store itself"),
        (("bridge", SSC, "--from", main), "say which store: --to"),
        (("bridge", SSC, "--from", main, "--to", part, "--end", "--out", tmp_path / "l"), "say one thing"),
        (("bridge", SSC, "--from", tmp_path / "none.db", "--to", part), "There is no trial file"),
        (("bridge", SSC, "--to", main, "--read", tmp_path / "none"), "cannot be read"),
        (("bridge", SSC, "--from", main, "--to", tmp_path / "z" / "part.db"), "has an evaluator's store already"),
    ):  # fmt: skip
        refused = say(*words)
        assert refused.code == 1 and said in refused.err, (words, refused)
    assert not (tmp_path / "none.db").exists() and examine(part) == [] == examine(main)
    shutil.rmtree(part.parent)
    assert say("bridge", SSC, "--from", main, "--to", part, "--anew").code == 0 and examine(part) == []
    assert say("bridge", SSC, "--from", main, "--end").code == 0
    given_up = say("bridge", SSC, "--from", main, "--to", part)
    assert given_up.code == 1 and "given up" in given_up.err
