"""Accounts: one person, one name, exactly one role; what is done to them is written down and never changed."""

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import connection, transaction

from trialwright.protocol import Audience

if TYPE_CHECKING:
    from django.contrib.auth.models import User

DEMO = {
    "coordinator": Audience.COORDINATOR,
    "evaluator": Audience.EVALUATOR,
    "physician": Audience.PHYSICIAN,
    "safety": Audience.SAFETY,
    "monitor": Audience.MONITOR,
    "datamanager": Audience.DATA_MANAGER,
    "statistician": Audience.STATISTICIAN,
    "investigator": Audience.INVESTIGATOR,
    "custodian": Audience.CUSTODIAN,
}
"""The demonstration accounts are named by their role and stand for nobody."""

_LOG = """
CREATE TABLE IF NOT EXISTS account_log (at TEXT NOT NULL, what TEXT NOT NULL, account TEXT NOT NULL, role TEXT NOT NULL);
CREATE TRIGGER IF NOT EXISTS account_log_update BEFORE UPDATE ON account_log BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER IF NOT EXISTS account_log_delete BEFORE DELETE ON account_log BEGIN SELECT RAISE(ABORT, 'append-only'); END;
"""


class AccountError(ValueError):
    """An account that may not be made; says why and what to do."""


def prepare() -> None:
    """Makes the tables of a new accounts file; only forgets the expired sessions of one that has them."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM sqlite_master WHERE name = 'account_log'")
        if cursor.fetchone()[0]:
            cursor.execute("DELETE FROM django_session WHERE expire_date < datetime('now')")
            return
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)
    connection.ensure_connection()
    connection.connection.executescript(_LOG)


def note(what: str, account: str, role: Audience | None, at: datetime) -> None:
    """Writes down what happened to an account: made, logged in or out, failed, shut out, signed."""
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO account_log VALUES (%s, %s, %s, %s)", [at.isoformat(), what, account[:150], role.code if role else ""])


def log() -> tuple[tuple[str, str, str, str], ...]:
    """All that happened to accounts, oldest first: when, what, account, role."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT at, what, account, role FROM account_log ORDER BY rowid")
        return tuple(cursor.fetchall())


def make_account(name: str, role: Audience, password: str, at: datetime) -> "User":
    """A new account that holds exactly one role. Raises `AccountError` for a name in use or a password below 12 characters."""
    from django.contrib.auth.models import Group, User

    if len(role) != 1 or role is Audience.PATIENT:
        raise AccountError("An account holds exactly one role. Name one.")
    if len(password) < 12:
        raise AccountError("A password has at least 12 characters. Choose a longer one.")
    if User.objects.filter(username=name).exists():
        raise AccountError(f"There is an account called {name} already. Names are never used twice: choose another.")
    with transaction.atomic():
        user = User.objects.create_user(username=name, password=password)
        user.groups.add(Group.objects.get_or_create(name=role.name)[0])
        note("account made", name, role, at)
    return user


def make_demo_accounts(at: datetime, names: Sequence[str] = tuple(DEMO)) -> str:
    """The demonstration accounts, all with one random password, which is returned and kept nowhere. Existing ones get the new password."""
    from django.contrib.auth.models import User

    password = "-".join(secrets.token_hex(2) for _ in range(4))
    for name in names:
        user = User.objects.filter(username=name).first()
        if user is None:
            make_account(name, DEMO[name], password, at)
            continue
        user.set_password(password)
        user.save()
        note("password replaced", name, role_of(user), at)
    return password


def role_of(user: "User") -> Audience | None:
    """The one role of an account; None when it holds none or several (then it opens nothing)."""
    names = list(user.groups.values_list("name", flat=True)) if user.is_active else []
    return Audience[names[0]] if len(names) == 1 and names[0] in Audience.__members__ else None
