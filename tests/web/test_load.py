"""Many people at once: what is remembered between two requests holds only while nobody wrote, and nothing that was acknowledged is lost."""

import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from django import db

from tests.release_gate import Shown, deep
from tests.web.desk import OLD, sent
from trialwright.capture.accounts import close_account, log, make_account, note
from trialwright.capture.remembering import remembered
from trialwright.capture.testing import PASSWORD, temporary_place
from trialwright.protocol import Audience
from trialwright.testing import START

pytestmark = pytest.mark.web
LABS = f"/subject/{OLD}/visit/W4/LABORATORY"
DRAWN = sent({"LBDAT": "2026-02-02"})


def statements(work) -> list[str]:
    """What `work` asks the accounts file."""
    told = []

    def count(execute, sql, *more):
        told.append(sql)
        return execute(sql, *more)

    with db.connection.execute_wrapper(count):
        work()
    return told


def test_a_page_and_a_save_ask_the_accounts_file_nothing_twice(client) -> None:
    someone, answers = client(Audience.COORDINATOR), []
    assert statements(lambda: someone.get(LABS))
    assert statements(lambda: someone.get(LABS)) == []
    assert statements(lambda: answers.append(someone.post(LABS, DRAWN).status_code)) == []
    assert answers == [303]
    assert statements(lambda: someone.get(LABS)) == []


@pytest.mark.req("ACC-06")
def test_an_account_that_another_program_closed_opens_nothing_from_the_next_request_on(client) -> None:
    name = f"leaver{len(log())}"
    make_account(name, Audience.COORDINATOR, PASSWORD, START, demo=True)
    someone = client(Audience.COORDINATOR, name=name)
    assert someone.get("/").status_code == someone.get("/").status_code == 200
    with closing(sqlite3.connect(temporary_place().accounts)) as other, other:  # another connection, as another program has
        other.execute("UPDATE auth_user SET is_active = 0 WHERE username = ?", (name,))
    assert someone.get("/")["Location"] == "/login"


@pytest.mark.req("ACC-06")
def test_an_account_that_was_closed_here_opens_nothing_either(client) -> None:
    name = f"leaver{len(log())}"
    make_account(name, Audience.COORDINATOR, PASSWORD, START, demo=True)
    someone = client(Audience.COORDINATOR, name=name)
    assert someone.get("/").status_code == 200
    close_account(name, "left the hospital", "custodian", START)
    assert someone.get("/")["Location"] == "/login"


def test_what_was_taken_back_is_not_remembered(client, clock) -> None:
    client(Audience.COORDINATOR).get("/")
    with pytest.raises(db.DatabaseError), db.transaction.atomic():
        note("written and taken back", "nobody", None, clock())
        assert remembered("last", lambda: log()[-1])[1] == "written and taken back"
        raise db.DatabaseError
    assert remembered("last", lambda: log()[-1])[1] != "written and taken back"


def test_nothing_found_is_asked_for_again(client) -> None:
    client(None)
    told = iter([(), ("now it is there",)])
    assert remembered("later", lambda: next(told)) == ()
    assert remembered("later", lambda: next(told)) == ("now it is there",)


def test_a_session_that_somebody_invented_never_becomes_one(client, clock) -> None:
    """Nobody can have a person sign in under a session key of his own making."""
    from django.conf import settings

    made_up = "a" * 32
    someone = client(None)
    someone.cookies[settings.SESSION_COOKIE_NAME] = made_up
    for _ in range(2):
        assert someone.get("/login").status_code == 200
    someone.post("/login", {"name": "coordinator", "password": "wrong"})
    with closing(sqlite3.connect(temporary_place().accounts)) as other:
        assert other.execute("SELECT count(*) FROM django_session WHERE session_key = ?", (made_up,)).fetchone() == (0,)


def test_the_sentence_about_a_save_is_told_once_and_to_its_author_alone(client) -> None:
    author, other = client(Audience.COORDINATOR), client(Audience.COORDINATOR)
    assert author.post(LABS, DRAWN).status_code == 303
    assert b'class="said"' not in other.get(LABS).content
    assert b'class="said"' in author.get(LABS).content
    assert b'class="said"' not in author.get(LABS).content


@pytest.mark.nightly
@pytest.mark.req("DAT-07")
@pytest.mark.parametrize(("users", "seconds"), [(10, 5), (50, 3600), (200, 300)])
def test_a_served_trial_that_is_killed_while_people_save_has_lost_nothing(tmp_path: Path, shown: Shown, users: int, seconds: int) -> None:
    """Of people who work for so long, then save flat out until the server is killed."""
    seconds = seconds if users == 10 else deep(seconds)
    command = [sys.executable, "benchmarks/load.py", "--users", str(users), "--seconds", str(seconds), "--figures", str(tmp_path / "told.json")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=900 + 2 * seconds, check=False)
    print(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads((tmp_path / "told.json").read_text(encoding="utf-8"))
    shown("R1", f"{users} people for {seconds} s", **{name.replace(" ", "_"): figure for name, figure in told.items()})
    assert not any(told[name] for name in ("lost", "doubled", "torn", "from nowhere", "failed", "faults")) and told["acknowledged"]
