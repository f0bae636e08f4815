"""Who works on the trial: the delegation log, its management by the custodian, and everybody's own password."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from attrs import frozen
from django.contrib.auth import update_session_auth_hash
from django.http import HttpResponse

from trialwright.capture import factor
from trialwright.capture.accounts import (
    AccountError,
    close_account,
    delegate,
    last_logins,
    make_account,
    set_password,
    standing_of,
    standings,
    train,
    user_named,
)
from trialwright.capture.desk import Call
from trialwright.capture.login import is_them
from trialwright.capture.pages import go, render
from trialwright.capture.passwords import SAME, one_time, wrong_with
from trialwright.capture.standing import Act, Standing, acts, standing
from trialwright.capture.words import WORDS
from trialwright.protocol import ROLE_NAMES, Audience, Text

_HIDDEN = ("identified", "recovery codes", "recovery code used", "password set")
"""Acts whose particulars are digests or of no use to a reader."""


@frozen(kw_only=True)
class Line:
    """One account in the list: how it stands, why it may not work today, its second factor, its last login."""

    standing: Standing
    hindrance: Text | None
    factor: str
    seen: str


def people(call: Call) -> HttpResponse:
    """Everybody who has or had an account, and whether he may work today."""
    last = {account: call.local(at) for account, at in last_logins().items()}
    phones = factor.enrolled()
    lines = [Line(standing=one, hindrance=one.hindrance(call.today), seen=last.get(one.account, ""), factor=_factor(call, one, phones))
             for one in standings()]  # fmt: skip
    return render(call, "people.html", lines=lines, required=standing("", None).required)


def _factor(call: Call, one: Standing, phones: frozenset[str]) -> str:
    """Whether an account has a second factor, lacks one, or needs none."""
    if one.account in phones:
        return "has"
    return "lacks" if factor.needed(call.study, one) and one.open else "none"


def person(call: Call, account: str) -> HttpResponse:
    """One account with everything that was done to it; the custodian manages it, but never his own."""
    try:
        user = user_named(account)
    except AccountError:
        raise KeyError(account) from None
    once, problem, sent = "", None, call.request.POST
    manages = call.role is Audience.CUSTODIAN and account != call.account and user.is_active
    if call.request.method == "POST":
        try:
            if not manages:
                raise AccountError("Nobody manages his own account or a closed one. Ask another custodian.",
                                   "不能管理本人账号或已停用账号，请由另一位保管人操作。")  # fmt: skip
            once = _managed(call, account, sent)
        except AccountError as refused:
            problem = refused.because
        if not once and problem is None:
            return go(call, "person", say=call.say("person-saved"), account=account)
    found = standing_of(user)
    told = [_told(call, one) for one in acts(account) if one.account == account]
    return render(call, "person.html", status=422 if problem else 200, standing=found, hindrance=found.hindrance(call.today), acts=told, once=once,
                  problem=problem, manages=manages, typed=sent, roles=(), required=())  # fmt: skip


def _managed(call: Call, account: str, sent: Mapping[str, Any]) -> str:
    """Carries out what the custodian asks; gives the password that is used once, if there is one."""
    act = sent.get("act")
    if act == "delegate":
        begins = _day(sent.get("begins", ""))
        if begins is None:
            raise AccountError("Say from which day the delegation holds.", "请填写授权开始日期。")
        delegate(account, begins, _day(sent.get("ends", "")), call.account, call.now)
    elif act == "train":
        on = _day(sent.get("on", ""))
        if on is None:
            raise AccountError("Say on which day the training was.", "请填写培训日期。")
        train(account, sent.get("course", ""), on, call.account, call.now)
    elif act == "close":
        close_account(account, sent.get("because", ""), call.account, call.now)
    elif act == "reset":
        password = one_time()
        user = set_password(account, password, call.account, call.now, once=True)
        if sent.get("factor"):
            factor.forget(user, call.account, call.now)
        return password
    else:
        raise AccountError("Choose what to do with this account.", "请选择要执行的操作。")
    return ""


def _day(text: str) -> date | None:
    if not text.strip():
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise AccountError("“{text}” is no date. Write it like 2026-03-01.", "“{text}”不是日期，请按 2026-03-01 的格式填写。", text=text.strip()[:40]) from None


@frozen(kw_only=True)
class Told:
    """One act as a reader is told it."""

    at: str
    act: str
    told: str
    actor: str


def _told(call: Call, one: Act) -> Told:
    parts = [] if one.act in _HIDDEN else [str(part) for part in one.detail.values() if part]
    if one.act == "made":
        parts = [call.t(ROLE_NAMES[Audience[part]]) for part in parts]
    return Told(at=one.at, act=one.act, told=" · ".join(parts), actor=one.actor)


def person_new(call: Call) -> HttpResponse:
    """A new account with a password that is shown once and must be changed at the first login."""
    required = standing("", None).required
    sent, problem = call.request.POST, None
    if call.request.method == "POST":
        name, password = sent.get("name", "").strip(), one_time()
        try:
            _made(call, name, password, required, sent)
            found = standing_of(user_named(name))
            told = [_told(call, one) for one in acts(name) if one.account == name]
            return render(call, "person.html", standing=found, hindrance=found.hindrance(call.today), acts=told, once=password, problem=None,
                          manages=False, typed={}, roles=(), required=())  # fmt: skip
        except AccountError as refused:
            problem = refused.because
    typed = {key: sent.get(key, "") for key in ("name", "role", "person", "begins", "ends", *(f"on-{course}" for course in required))}
    roles = [role for role in Audience if role is not Audience.PATIENT]
    return render(call, "person.html", status=422 if problem else 200, standing=None, problem=problem, once="", typed=typed, roles=roles, required=required)


def _made(call: Call, name: str, password: str, required: tuple[str, ...], sent: Mapping[str, Any]) -> None:
    role, begins = Audience.__members__.get(sent.get("role", "")), _day(sent.get("begins", ""))
    if role is None:
        raise AccountError("An account holds exactly one role. Name one.", "一个账号只能有一个角色，请指定一个。")
    if not sent.get("person", "").strip() or begins is None:
        raise AccountError("Say who holds the account and from which day the delegation holds.", "请填写账号持有人标识和授权开始日期。")
    taken = {course: on for course in required if (on := _day(sent.get(f"on-{course}", ""))) is not None}
    make_account(name, role, password, call.now, person=sent["person"], begins=begins, ends=_day(sent.get("ends", "")), training=taken,
                 actor=call.account, once=True)  # fmt: skip


def password(call: Call) -> HttpResponse:
    """One's own password: the present one is asked, the new one must be long, rare and new. Other sessions of the account end."""
    from django.contrib.auth.models import User

    problem: Text | None = None
    if call.request.method == "POST":
        sent = call.request.POST
        new, present = sent.get("new", ""), sent.get("password", "")
        problem = wrong_with(new, User(username=call.account)) or (None if new == sent.get("repeat", "") else WORDS["repeat-wrong"])
        if problem is None and not is_them(call, call.account, present):  # only then is it told whether old and new are the same
            problem = WORDS["present-wrong"]
        problem = problem or (SAME if new == present else None)
        if problem is None:
            update_session_auth_hash(call.request, set_password(call.account, new, call.account, call.now, once=False))
            return go(call, "home", say=call.say("password-changed"))
    return render(call, "password.html", status=422 if problem else 200, problem=problem)
