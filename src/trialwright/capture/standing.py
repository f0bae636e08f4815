"""What an account may do today: who was delegated from when to when, and trained in what, as written down act by act and never changed."""

import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from attrs import evolve, frozen
from django.db import connection

from trialwright.protocol import Audience, Text

REQUIRED = ("GCP", "PROTOCOL")
"""The training without which nobody works, unless the trial requires other courses."""

ACTS = """
CREATE TABLE IF NOT EXISTS account_act (at TEXT NOT NULL, account TEXT NOT NULL, act TEXT NOT NULL, detail TEXT NOT NULL, actor TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS account_act_account ON account_act (account);
CREATE TRIGGER IF NOT EXISTS account_act_update BEFORE UPDATE ON account_act BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER IF NOT EXISTS account_act_delete BEFORE DELETE ON account_act BEGIN SELECT RAISE(ABORT, 'append-only'); END;
"""
"""The delegation log: it only ever grows."""

_CLOSED = Text("This account is closed. Ask the custodian.", "该账号已停用，请联系保管人。")
_NEVER = Text("Nobody has delegated work to this account yet. Ask the custodian.", "该账号尚未获得授权，请联系保管人。")
_EARLY = Text("The delegation of this account begins on {day}. Come back then, or ask the custodian.", "该账号的授权自 {day} 起生效，请届时登录或联系保管人。")
_LATE = Text("The delegation of this account ended on {day}. Ask the custodian to extend it.", "该账号的授权已于 {day} 到期，请联系保管人延长。")
_UNTRAINED = Text("No training in {course} is on record for this account. Ask the custodian to record it.", "该账号没有 {course} 培训记录，请联系保管人登记。")


@frozen(kw_only=True)
class Act:
    """One line of the delegation log: when, on which account, what, its particulars, and by whom."""

    at: str
    account: str
    act: str
    detail: Mapping[str, Any]
    actor: str


@frozen(kw_only=True)
class Training:
    """A course that the holder of an account took: which, on which day, recorded by whom."""

    course: str
    on: date
    by: str


@frozen(kw_only=True)
class Standing:
    """An account as its acts have left it. `once`: its password was given by somebody else and must be changed first."""

    account: str
    role: Audience | None
    open: bool
    demo: bool = False
    person: str = ""
    begins: date | None = None
    ends: date | None = None
    training: tuple[Training, ...] = ()
    required: tuple[str, ...] = REQUIRED
    once: bool = False
    recovery: tuple[str, ...] = ()

    def trained(self, course: str, day: date) -> bool:
        """Whether the course was taken by that day."""
        return any(one.course == course and one.on <= day for one in self.training)

    def hindrance(self, day: date) -> Text | None:
        """Why the holder may not work on that day, or None."""
        if not self.open or self.role is None:
            return _CLOSED
        if self.demo:
            return None
        if self.begins is None:
            return _NEVER
        if day < self.begins:
            return filled(_EARLY, day=self.begins)
        if self.ends is not None and day > self.ends:
            return filled(_LATE, day=self.ends)
        missing = next((course for course in self.required if not self.trained(course, day)), "")
        return filled(_UNTRAINED, course=missing) if missing else None


def filled(text: Text, /, **values: object) -> Text:
    """A text with its gaps filled in both languages."""
    return Text(text.en.format(**values), text.zh.format(**values))


def write(act: str, account: str, actor: str, at: datetime, **detail: object) -> None:
    """Writes one act into the delegation log."""
    with connection.cursor() as cursor:
        told = json.dumps(detail, ensure_ascii=False, sort_keys=True)
        cursor.execute("INSERT INTO account_act VALUES (%s, %s, %s, %s, %s)", [at.isoformat(), account, act, told, actor])


def acts(account: str | None = None) -> tuple[Act, ...]:
    """The delegation log, oldest first; of one account with what holds for all, or whole."""
    where, values = ("", []) if account is None else ("WHERE account IN ('', %s)", [account])
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT at, account, act, detail, actor FROM account_act {where} ORDER BY rowid", values)
        return tuple(Act(at=at, account=of, act=act, detail=json.loads(detail), actor=actor) for at, of, act, detail, actor in cursor.fetchall())


def standing(account: str, role: Audience | None, *, open: bool = True, log: tuple[Act, ...] | None = None) -> Standing:
    """How an account stands after all that was done to it; `log` spares the reading when many accounts are asked for."""
    found = Standing(account=account, role=role, open=open)
    for one in acts(account) if log is None else log:
        if one.account in ("", account):
            found = _after(found, one)
    return found


def _after(before: Standing, one: Act) -> Standing:
    """The standing after one more act."""
    detail = one.detail
    match one.act:
        case "demonstration":
            return evolve(before, demo=True)
        case "identified":
            return evolve(before, person=detail["person"])
        case "delegated":
            return evolve(before, begins=date.fromisoformat(detail["begins"]), ends=date.fromisoformat(detail["ends"]) if detail["ends"] else None)
        case "trained":
            return evolve(before, training=(*before.training, Training(course=detail["course"], on=date.fromisoformat(detail["on"]), by=one.actor)))
        case "required":
            return evolve(before, required=tuple(detail["courses"]))
        case "password set":
            return evolve(before, once=detail["once"])
        case "recovery codes":
            return evolve(before, recovery=tuple(detail["digests"]))
        case "recovery code used":
            return evolve(before, recovery=tuple(code for code in before.recovery if code != detail["digest"]))
        case _:
            return before
