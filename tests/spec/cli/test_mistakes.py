"""Whatever a person types, he gets a sentence that says what, where and how to mend, an exit status, and no traceback."""

import os
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path
from threading import Event

import pytest

from tests.spec.cli.conftest import SSC, Say
from trialwright.cli import app

pytestmark = pytest.mark.spec
COMMANDS = tuple(one.name or one.callback.__name__ for one in app.registered_commands)


def test_without_a_word_the_commands_are_listed(say: Say) -> None:
    said = say()
    assert said.code == 0
    assert all(f"  {name} " in said.out for name in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(say: Say, command: str) -> None:
    said = say(command, "--help")
    assert said.code == 0
    assert f"Example: trialwright {command}" in " ".join(said.out.split())


@pytest.mark.parametrize("words", [
    ("nonsense",), ("check",), ("check", "a", "b"), ("check", "a", "--foo"), ("rehearse", SSC), ("rehearse", SSC, "--out", "x", "--subjects", "-1"),
    ("rehearse", SSC, "--out", "x", "--subjects", "many"), ("rehearse", SSC, "--out", "x", "--subjects", "1e9"), ("verify",), ("trace", "14.1"),
    ("serve", SSC, "--db", "x", "--port", "0"), ("serve", SSC, "--db", "x", "--port", "99999"), ("--version-of-nothing",),
])  # fmt: skip
def test_a_command_that_is_not_understood_points_to_its_help(say: Say, words: tuple[str, ...]) -> None:
    said = say(*words)
    assert said.code == 2
    assert said.out == ""
    assert "--help` for an example." in said.err


@pytest.fixture(params=["missing", "folder", "empty", "text", "binary", "truncated", "headless"])
def bad_db(request: pytest.FixtureRequest, copied: Path, tmp_path: Path) -> Path:
    """A trial file that is none: not there, a folder, empty, words, noise, cut short, or without its first page."""
    path = tmp_path / "bad.db"
    whole = copied.read_bytes()
    contents = {"empty": b"", "text": b"Dear colleague, this is no trial.\n" * 50, "binary": bytes(range(256)) * 64,
                "truncated": whole[: len(whole) // 3], "headless": b"\0" * 4096 + whole[4096:]}  # fmt: skip
    if request.param == "folder":
        path.mkdir()
    elif request.param != "missing":
        path.write_bytes(contents[request.param])
    return path


@pytest.mark.req("BCK-06")
def test_a_trial_file_that_is_none_is_refused_by_every_command(say: Say, study: Path, bad_db: Path, tmp_path: Path) -> None:
    content = bad_db.read_bytes() if bad_db.is_file() else b""
    for words in (
        ("verify", bad_db),
        ("checkpoint", bad_db, "--out", tmp_path / "c.txt"),
        ("package", bad_db, "--study", study, "--out", tmp_path / "p"),
        ("report", bad_db, "--study", study, "--out", tmp_path / "r.html"),
        ("trace", "14.2.1", "r1c1", "--db", bad_db, "--study", study),
        *((("serve", study, "--db", bad_db),) if bad_db.is_file() else ()),
    ):
        said = say(*words)
        assert said.code == 1, words
        assert str(bad_db) in said.out + said.err, words
    assert not any((tmp_path / name).exists() for name in ("c.txt", "p", "r.html"))
    assert (bad_db.read_bytes() if bad_db.is_file() else b"") == content


def test_a_study_that_is_not_there_is_named(say: Say, rehearsed: Path, tmp_path: Path) -> None:
    for place in (tmp_path / "nowhere", tmp_path):
        for words in (("check",), ("show",), ("rehearse", "--out", tmp_path / "o"), ("run", "--out", tmp_path / "o"), ("serve", "--db", tmp_path / "s.db")):
            said = say(words[0], place, *words[1:])
            assert said.code == 1
            assert str(place) in said.err
        said = say("package", rehearsed / "trial.db", "--study", place, "--out", tmp_path / "o")
        assert (said.code, str(place) in said.err) == (1, True)
    assert list(tmp_path.iterdir()) == []


def test_a_place_where_nothing_can_be_written_is_named(say: Say, study: Path, rehearsed: Path, tmp_path: Path) -> None:
    db, file = rehearsed / "trial.db", tmp_path / "file"
    file.write_text("kept", encoding="utf-8")
    for words in (("rehearse", study, "--out", file), ("package", db, "--study", study, "--out", file),
                  ("report", db, "--study", study, "--out", file / "r.html"),
                  ("checkpoint", db, "--out", tmp_path), ("checkpoint", db, "--out", file / "c"), ("new", file / "trial_x"),
                  ("serve", study, "--db", file / "t.db"), ("serve", study, "--db", tmp_path / "trial.key")):  # fmt: skip
        said = say(*words)
        assert said.code == 1, words
        assert str(tmp_path) in said.err, words
    assert {path.name for path in tmp_path.iterdir()} == {"file"}
    assert file.read_text(encoding="utf-8") == "kept"


def test_a_missing_or_spoiled_key_is_named(say: Say, copied: Path, tmp_path: Path) -> None:
    key = tmp_path / "trial.key"
    key.chmod(0o600)
    for content in (b"short", b"\xff\xfe nonsense", None):
        key.write_bytes(content) if content is not None else key.unlink()
        said = say("checkpoint", copied, "--out", tmp_path / "c.txt")
        assert said.code == 1
        assert str(key) in said.err
    assert not (tmp_path / "c.txt").exists()


def test_a_database_that_cannot_be_reached_is_told_without_its_password(say: Say, study: Path) -> None:
    said = say("serve", study, "--db", "postgresql://app:secret@127.0.0.1:1/trials")
    assert said.code == 1
    assert "postgresql://app@127.0.0.1:1/trials?schema=trialwright cannot be read" in said.err
    assert "secret" not in said.err


def test_an_address_that_is_none_is_refused(study: Path, tmp_path: Path) -> None:
    """Tried in a process of its own: the application can be set up only once in each."""
    words = ["serve", str(study), "--db", str(tmp_path / "t.db"), "--host", "256.0.0.1", "--demo"]
    done = subprocess.run([sys.executable, "-m", "trialwright.cli", *words], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "cannot listen on 256.0.0.1:8000" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("address", ["trial.example", "ftp://trial.example", "https://", "https://trial.example/sub", "https://[", "https://me@trial.example"])
def test_an_outer_address_that_is_none_is_refused_before_anything_is_made(say: Say, study: Path, tmp_path: Path, address: str) -> None:
    said = say("serve", study, "--db", tmp_path / "t.db", "--address", address)
    assert said.code == 1
    assert f"{address} is no address of a host" in said.err
    assert not (tmp_path / "t.db").exists()


def test_a_new_study_can_be_served(study: Path, tmp_path: Path) -> None:
    """The application opens a study that it has never seen, says its address and its password, and answers; behind TLS its cookies are bound to it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = [sys.executable, "-m", "trialwright.cli", "serve", str(study), "--db", str(tmp_path / "t.db"), "--port", str(port), "--demo",
             "--address", "https://trial.example"]  # fmt: skip
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"}) as server:
        try:
            told = []
            while not told or "is open at" not in told[-1]:
                line = server.stdout.readline() if server.stdout else ""
                assert line, told
                told.append(line)
            assert any(line.startswith("Password for all of them, shown only now: ") for line in told)
            with _answer(port) as answer:
                assert answer.status == 200
                assert b"<form" in answer.read()
            outside = urllib.request.Request(f"http://127.0.0.1:{port}/login", headers={"Host": "trial.example"})
            with urllib.request.urlopen(outside, timeout=20) as answer:
                cookie, strict = answer.headers["Set-Cookie"], answer.headers["Strict-Transport-Security"]
                assert cookie.startswith("__Host-trialwright=") and "Secure" in cookie and strict == "max-age=31536000; includeSubDomains"
        finally:
            server.terminate()


def _answer(port: int) -> "urllib.request.http.client.HTTPResponse":
    for _ in range(100):
        Event().wait(0.1)  # it says its address a moment before it listens
        try:
            return urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=20)
        except ConnectionError:
            continue
        except urllib.error.URLError as problem:
            if not isinstance(problem.reason, ConnectionError):
                raise
    raise AssertionError("the application does not answer")
