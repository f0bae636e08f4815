"""Accounts, sessions and headers: who gets in, for how long, and what the browser is told."""

import hashlib
import re
from datetime import timedelta
from pathlib import Path

import pytest

from tests.web.desk import OLD
from trialwright.capture import make_account, make_demo_accounts
from trialwright.capture.accounts import FORMAT, AccountError, log, prepare
from trialwright.capture.settings import Place, configure, secret
from trialwright.capture.testing import PASSWORD, temporary_place
from trialwright.protocol import Audience
from trialwright.store import Newer
from trialwright.testing import START

pytestmark = pytest.mark.web


def log_in(nobody, name: str, password: str = PASSWORD, address: str = "/login"):
    return nobody.post(address, {"name": name, "password": password})


@pytest.fixture
def account(client):
    """Makes an account under a name that no other test uses."""
    client(None)
    made = []

    def make(role: Audience = Audience.COORDINATOR) -> str:
        name = f"person{len(log())}"
        make_account(name, role, PASSWORD, START, demo=True)
        made.append(name)
        return name

    return make


def test_the_right_password_opens_and_signing_out_closes(client, account) -> None:
    nobody, name = client(None), account()
    assert log_in(nobody, name)["Location"] == "/"
    assert nobody.get("/").status_code == 200
    assert nobody.post("/logout")["Clear-Site-Data"] == '"storage"'
    assert nobody.get("/")["Location"] == "/login"


@pytest.mark.req("VAL-05")
def test_accounts_that_a_newer_version_wrote_are_refused_and_stay_as_they_are(client) -> None:
    from django.db import connection

    client(None)
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA user_version")
        assert cursor.fetchone() == (FORMAT,)
        cursor.execute("PRAGMA user_version=2")
    before, known = "".join(connection.connection.iterdump()), log()
    with pytest.raises(Newer, match=r"accounts.db was written by a newer version of Trialwright .*accounts in format 2, this one knows 1"):
        prepare()
    assert ("".join(connection.connection.iterdump()), log()) == (before, known)
    for older in (0, FORMAT):
        with connection.cursor() as cursor:
            cursor.execute(f"PRAGMA user_version={older}")
        prepare()


@pytest.mark.req("VAL-05")
def test_no_library_brings_other_tables_unnoticed(client) -> None:
    """Files of an earlier version are migrated only by one that raises the number of their format."""
    from django.db.migrations.loader import MigrationLoader

    client(None)
    known = sorted(f"{app} {name}" for app, name in MigrationLoader(None).disk_migrations)
    now = hashlib.sha256("\n".join(known).encode()).hexdigest()[:16]
    assert (FORMAT, now) == (1, "03d09860108ae012"), "raise FORMAT in capture/accounts.py, and migrate lower ones"


@pytest.mark.req("ACC-05")
def test_an_unknown_name_and_a_wrong_password_get_the_same_answer(client, account) -> None:
    name = account()
    known, unknown = log_in(client(None), name, "wrong"), log_in(client(None), "nobody", "wrong")
    hide = lambda response, word: re.sub(rb'value="[\w]{32}"', b"", response.content).replace(f'value="{word}"'.encode(), b"")  # noqa: E731
    assert (known.status_code, hide(known, name)) == (unknown.status_code, hide(unknown, "nobody")) and known.status_code == 422


@pytest.mark.req("ACC-05")
def test_after_five_failures_even_the_right_password_is_refused(client, account) -> None:
    nobody, name = client(None), account()
    answers = [log_in(nobody, name, "wrong").status_code for _ in range(5)]
    assert answers == [422, 422, 422, 422, 429]
    refused = log_in(nobody, name)
    assert refused.status_code == 429 and b"15 minutes" in refused.content
    assert [what for _, what, who, _ in log() if who == name][-2:] == ["shut out", "shut out"]


@pytest.mark.req("ACC-06")
def test_a_session_ends_after_fifteen_idle_minutes_and_after_twelve_hours(client, clock) -> None:
    someone = client(Audience.MONITOR)
    for _ in range(3):
        clock.now += timedelta(minutes=14)
        assert someone.get("/").status_code == 200
    clock.now += timedelta(minutes=16)
    assert someone.get("/")["Location"] == "/login"
    busy = client(Audience.MONITOR)
    for _ in range(72):
        clock.now += timedelta(minutes=10)
        assert busy.get("/queries").status_code == 200
    clock.now += timedelta(minutes=10)
    assert busy.get("/queries").status_code == 302


def test_who_was_idle_learns_it_and_comes_back_to_the_page_where_he_was(client, clock, account) -> None:
    name, place = account(Audience.COORDINATOR), f"/subject/{OLD}/visit/BASELINE/LUNG"
    for method, words in (("get", b"Sign in to go on where you were"), ("post", b"What you just sent was not saved")):
        someone = client(Audience.COORDINATOR)
        clock.now += timedelta(minutes=16)
        address = getattr(someone, method)(place)["Location"]
        assert words in someone.get(address).content
        assert words not in someone.get(address).content, "it is said once"
        assert log_in(someone, name, address=address)["Location"] == place
    assert log_in(client(None), name, address="/login?next=https://elsewhere.example/")["Location"] == "/"
    assert log_in(client(None), name, address="/login?next=//elsewhere.example/")["Location"] == "/"


@pytest.mark.req("ACC-04")
def test_an_account_holds_exactly_one_role(client, account) -> None:
    from django.contrib.auth.models import Group, User

    nobody, name = client(None), account(Audience.EVALUATOR)
    with pytest.raises(AccountError, match="exactly one role"):
        make_account("two", Audience.EVALUATOR | Audience.PHYSICIAN, PASSWORD, START)
    with pytest.raises(AccountError, match="at least 12"):
        make_account("short", Audience.MONITOR, "short", START)
    with pytest.raises(AccountError, match="never used twice"):
        make_account(name, Audience.MONITOR, PASSWORD, START)
    User.objects.get(username=name).groups.add(Group.objects.get_or_create(name="PHYSICIAN")[0])
    assert log_in(nobody, name).status_code == 422, "an account with two roles opens nothing"


def test_the_account_log_only_grows_and_holds_no_password(client, account) -> None:
    from django.db import DatabaseError, connection

    name = account()
    log_in(client(None), name)
    assert [what for _, what, who, _ in log() if who == name] == ["account made", "logged in"]
    assert not any(PASSWORD in part for line in log() for part in line)
    for statement in ("UPDATE account_log SET account = 'x'", "DELETE FROM account_log"):
        with connection.cursor() as cursor, pytest.raises(DatabaseError, match="append-only"):
            cursor.execute(statement)


def test_passwords_are_kept_by_argon2(client, account) -> None:
    from django.contrib.auth.models import User

    client(None)
    assert User.objects.get(username=account()).password.startswith("argon2$argon2id$")


def test_demo_accounts_share_a_password_that_is_new_each_time(client) -> None:
    nobody = client(None)
    first, second = make_demo_accounts(START, ["monitor"]), make_demo_accounts(START, ["monitor"])
    assert first != second and len(second) >= 16
    assert log_in(nobody, "monitor", first).status_code == 422
    assert log_in(nobody, "monitor", second).status_code == 303


def test_the_key_that_signs_sessions_is_private_and_stays(tmp_path: Path) -> None:
    accounts = tmp_path / "accounts.db"
    key = secret(accounts)
    assert len(key) > 60 and secret(accounts) == key
    assert (tmp_path / "accounts.key").stat().st_mode & 0o777 == 0o600
    configure(temporary_place())
    assert temporary_place().accounts.stat().st_mode & 0o777 == 0o600


def test_a_process_serves_one_accounts_file(tmp_path: Path) -> None:
    configure(temporary_place())
    with pytest.raises(RuntimeError, match="already keeps its accounts"):
        configure(Place(accounts=tmp_path / "other.db"))


@pytest.mark.req("SEC-01")
@pytest.mark.parametrize("path", ["/login", "/", f"/subject/{OLD}", "/nothing"])
def test_every_answer_carries_the_strict_headers(client, path: str) -> None:
    headers = client(None if path == "/login" else Audience.COORDINATOR).get(path).headers
    assert headers["Cache-Control"] == "no-store"
    assert "default-src 'self'" in headers["Content-Security-Policy"] and "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Frame-Options"] == "DENY" and headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"


def test_a_form_from_elsewhere_is_refused(client, gate) -> None:
    someone = client(Audience.COORDINATOR, checked=True)
    refused = someone.post("/screen", {"v.SITE": "01", "seen.SITE": "0"})
    assert refused.status_code == 403 and b"nothing was saved" in refused.content
    assert len(gate.casebook(Audience.COORDINATOR).subjects) == 3


def test_the_language_leads_back_only_to_this_application(client) -> None:
    someone = client(Audience.COORDINATOR)
    assert someone.post("/language", {"language": "zh", "back": "/queries"})["Location"] == "/queries"
    assert "质疑".encode() in someone.get("/queries").content
    assert someone.post("/language", {"language": "en", "back": "https://example.org/"})["Location"] == "/"
