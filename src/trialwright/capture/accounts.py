"""Accounts: one person, one name, exactly one role; what is done to them is written down and never changed."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import connection, transaction

from trialwright.capture.passwords import one_time, wrong_with
from trialwright.capture.standing import ACTS, Standing, acts, filled, standing, write
from trialwright.protocol import BLINDED, ROLE_NAMES, TREATING, Audience, Text
from trialwright.store import Newer

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

UNBLINDED = TREATING & ~BLINDED
"""The roles that may learn an arm: whoever holds one of them is nobody's blinded evaluator."""

FORMAT = 1
"""How an accounts file is laid out; 0 where it was made before files said it, and is the same. A version that needs other tables raises it, and migrates."""
_LOG = """
CREATE TABLE IF NOT EXISTS account_log (at TEXT NOT NULL, what TEXT NOT NULL, account TEXT NOT NULL, role TEXT NOT NULL);
CREATE TRIGGER IF NOT EXISTS account_log_update BEFORE UPDATE ON account_log BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER IF NOT EXISTS account_log_delete BEFORE DELETE ON account_log BEGIN SELECT RAISE(ABORT, 'append-only'); END;
"""
_TABLES = ("account_log", "account_act", "otp_totp_totpdevice")
_NAME = re.compile(r"[^\W_][\w.@+-]{0,59}")
_COURSE = re.compile(r"[A-Z][A-Z0-9-]{0,19}")


class AccountError(ValueError):
    """An act on an account that may not be done; `because` says why and what to do, in both languages."""

    def __init__(self, en: str, zh: str, **values: object) -> None:
        self.because = filled(Text(en, zh), **values)
        super().__init__(self.because.en)


def prepare() -> None:
    """Makes the tables that an accounts file does not have yet; only forgets the expired sessions of one that has them.

    Raises `StoreError` for a file of a newer version.
    """
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA user_version")
        found = cursor.fetchone()[0]
        if not 0 <= found <= FORMAT:
            raise Newer(settings.DATABASES["default"]["NAME"], f"accounts in format {found}, this one knows {FORMAT}")
        cursor.execute(f"SELECT count(*) FROM sqlite_master WHERE name IN {_TABLES}")
        if cursor.fetchone()[0] == len(_TABLES):
            cursor.execute("DELETE FROM django_session WHERE expire_date < datetime('now')")
            return
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)
    connection.ensure_connection()
    connection.connection.executescript(f"{_LOG}{ACTS}PRAGMA user_version={FORMAT};")


def note(what: str, account: str, role: Audience | None, at: datetime) -> None:
    """Writes down what happened to an account: made, logged in or out, failed, shut out, signed."""
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO account_log VALUES (%s, %s, %s, %s)", [at.isoformat(), what, account[:150], role.code if role else ""])


def log() -> tuple[tuple[str, str, str, str], ...]:
    """All that happened to accounts, oldest first: when, what, account, role."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT at, what, account, role FROM account_log ORDER BY rowid")
        return tuple(cursor.fetchall())


def last_logins() -> dict[str, str]:
    """When each account was last logged in."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT account, max(at) FROM account_log WHERE what = 'logged in' GROUP BY account")
        return dict(cursor.fetchall())


def make_account(name: str, role: Audience, password: str, at: datetime, *, person: str = "", begins: date | None = None, ends: date | None = None,
                 training: Mapping[str, date] | None = None, actor: str = "", once: bool = False, demo: bool = False) -> "User":  # fmt: skip
    """A new account that holds exactly one role. It opens nothing before `begins`, after `ends` or without the required `training`.

    `person` tells who holds it (a staff number, an e-mail address); only a keyed digest is kept, which shows whether the same
    person comes back. `demo`: stands for nobody and needs none of this. Raises `AccountError` for a name that was ever used, a
    weak password, and a person who holds or held a role that excludes this one.
    """
    from django.contrib.auth.models import Group, User

    _check_new(name, role, at)
    weak = wrong_with(password, User(username=name))
    if weak is not None:
        raise AccountError(weak.en, weak.zh)
    digest = digest_of(person) if person.strip() else ""
    _check_person(digest, role, name, at)
    with transaction.atomic():
        user = User.objects.create_user(username=name, password=password)
        user.groups.add(Group.objects.get_or_create(name=role.name)[0])
        note("account made", name, role, at)
        write("made", name, actor, at, role=role.name)
        write("password set", name, actor, at, once=once)
        if demo:
            write("demonstration", name, actor, at)
        if digest:
            write("identified", name, actor, at, person=digest)
        if begins is not None:
            delegate(name, begins, ends, actor, at)
        for course, on in (training or {}).items():
            train(name, course, on, actor, at)
    return user


def _check_new(name: str, role: Audience, at: datetime) -> None:
    from django.contrib.auth.models import User

    if len(role) != 1 or role is Audience.PATIENT:
        raise AccountError("An account holds exactly one role. Name one.", "一个账号只能有一个角色，请指定一个。")
    if not _NAME.fullmatch(name):
        raise AccountError("A name has up to 60 letters, digits and . - _ @ +, without spaces. Choose another.",
                           "账号名最多 60 个字符，可用字母、数字和 . - _ @ +，不含空格。请另选一个。")  # fmt: skip
    if User.objects.filter(username__iexact=name).exists():
        raise AccountError("There is an account called {name} already. Names are never used twice: choose another.",
                           "账号 {name} 已存在。账号名不得重复使用，请另选一个。", name=name)  # fmt: skip


def _check_person(digest: str, role: Audience, name: str, at: datetime) -> None:
    """One person may not be the blinded evaluator and, under whatever name, now or before, somebody who can learn an arm."""
    for other in standings() if digest else ():
        if other.person != digest or other.role is None:
            continue
        roles = role | other.role
        if Audience.EVALUATOR in roles and roles & UNBLINDED:
            note(f"refused: same person as {other.account}", name, role, at)
            raise AccountError("This person holds or held the account {other} ({before}). Whoever may have learned a treatment cannot be the blinded "
                               "evaluator, nor the other way round: name another person.",
                               "此人持有或曾持有账号 {other}（{before_zh}）。可能知晓分组的人不能担任盲态评估者，反之亦然，请另选他人。",
                               other=other.account, before=ROLE_NAMES[other.role].en, before_zh=ROLE_NAMES[other.role].zh)  # fmt: skip
        if other.open:
            note(f"refused: same person as {other.account}", name, role, at)
            raise AccountError("This person holds the open account {other}. Close it first: one person, one account.",
                               "此人已有启用中的账号 {other}。每人只能有一个账号，请先停用。", other=other.account)  # fmt: skip


def digest_of(person: str) -> str:
    """What is kept of a personal identifier: a digest under the key of this accounts file, the same for the same person however it is written."""
    from django.utils.crypto import salted_hmac

    written = "".join(unicodedata.normalize("NFKC", person).casefold().split())
    return salted_hmac("trialwright.person", written, algorithm="sha256").hexdigest()


def user_named(name: str) -> "User":
    """The account of that name. Raises `AccountError` when there is none."""
    from django.contrib.auth.models import User

    user = User.objects.filter(username=name).first()
    if user is None:
        raise AccountError("There is no account called {name}. The list shows all names.", "没有名为 {name} 的账号，请查看账号列表。", name=name)
    return user


def _open(name: str) -> "User":
    user = user_named(name)
    if not user.is_active:
        raise AccountError("The account {name} is closed for good. Make a new one under another name.",
                           "账号 {name} 已永久停用，请以新名称另建账号。", name=name)  # fmt: skip
    return user


def delegate(name: str, begins: date, ends: date | None, actor: str, at: datetime) -> None:
    """Says from when to when the holder of an account works on this trial; the last word counts. Without an end it is open."""
    user = _open(name)
    if ends is not None and ends < begins:
        raise AccountError("The delegation would end before it begins. Check both dates.", "授权结束日期早于开始日期，请核对。")
    with transaction.atomic():
        write("delegated", name, actor, at, begins=begins.isoformat(), ends=ends.isoformat() if ends else "")
        note(f"delegated {begins} to {ends or 'open'}", name, role_of(user), at)


def train(name: str, course: str, on: date, actor: str, at: datetime) -> None:
    """Records that the holder of an account took a course; a day that has not come is refused."""
    user, code = _open(name), course.strip().upper()
    if not _COURSE.fullmatch(code):
        raise AccountError("A course is named by up to 20 letters, digits and -. Write it like GCP.", "课程代码最多 20 个字母、数字或 -，例如 GCP。")
    if on > (at + timedelta(hours=14)).date():  # the latest day there is anywhere
        raise AccountError("Training on {on} has not happened yet. Record it afterwards.", "{on} 的培训尚未进行，请在培训后登记。", on=on)
    with transaction.atomic():
        write("trained", name, actor, at, course=code, on=on.isoformat())
        note(f"trained in {code} on {on}", name, role_of(user), at)


def require(courses: Sequence[str], actor: str, at: datetime) -> None:
    """Sets the courses without which nobody works on this trial."""
    codes = tuple(course.strip().upper() for course in courses)
    if not all(_COURSE.fullmatch(code) for code in codes):
        raise AccountError("A course is named by up to 20 letters, digits and -. Write it like GCP.", "课程代码最多 20 个字母、数字或 -，例如 GCP。")
    with transaction.atomic():
        write("required", "", actor, at, courses=list(codes))
        note(f"training required: {', '.join(codes) or 'none'}", "", None, at)


def close_account(name: str, because: str, actor: str, at: datetime) -> None:
    """Shuts an account for good: its sessions end at once, its name stays taken, and its acts stay readable."""
    user = _open(name)
    if not because.strip():
        raise AccountError("Say why the account is closed.", "请填写停用原因。")
    with transaction.atomic():
        note("account closed", name, role_of(user), at)
        write("closed", name, actor, at, because=because.strip()[:500])
        user.is_active = False
        user.save(update_fields=["is_active"])


def set_password(name: str, password: str, actor: str, at: datetime, *, once: bool) -> "User":
    """Gives an account a new password, which ends its sessions; `once`: it must be changed at the next login. Lifts a lockout."""
    user = _open(name)
    weak = wrong_with(password, user)
    if weak is not None:
        raise AccountError(weak.en, weak.zh)
    with transaction.atomic():
        user.set_password(password)
        user.save(update_fields=["password"])
        write("password set", name, actor, at, once=once)
        note("password replaced", name, role_of(user), at)
    from axes.utils import reset

    reset(username=name)
    return user


def standings() -> tuple[Standing, ...]:
    """Every account there ever was, by name."""
    from django.contrib.auth.models import User

    told = acts()
    return tuple(standing(user.username, held_role(user), open=user.is_active, log=told)
                 for user in User.objects.prefetch_related("groups").order_by("username"))  # fmt: skip


def standing_of(user: "User") -> Standing:
    """How one account stands."""
    return standing(user.username, held_role(user), open=user.is_active)


def make_demo_accounts(at: datetime, names: Sequence[str] = tuple(DEMO)) -> str:
    """The demonstration accounts, all with one random password, which is returned and kept nowhere. Existing ones get the new password."""
    from django.contrib.auth.models import User

    password = one_time()
    for name in names:
        user = User.objects.filter(username=name).first()
        if user is None:
            make_account(name, DEMO[name], password, at, demo=True)
            continue
        if not standing_of(user).demo:
            if any(one.act == "made" for one in acts(name)):
                raise AccountError("The account {name} belongs to a person, so there is no demonstration here. Use another trial file.",
                                   "账号 {name} 属于真实人员，此处不能演示。请使用另一个试验文件。", name=name)  # fmt: skip
            write("demonstration", name, "", at)  # made before there was a delegation log
        set_password(name, password, "", at, once=False)
    return password


def held_role(user: "User") -> Audience | None:
    """The one role that an account holds or, when it is closed, held; None when it holds none or several."""
    names = [group.name for group in user.groups.all()]
    return Audience[names[0]] if len(names) == 1 and names[0] in Audience.__members__ else None


def role_of(user: "User") -> Audience | None:
    """The role in which an account may act; None (it opens nothing) when it is closed or does not hold exactly one."""
    return held_role(user) if user.is_active else None
