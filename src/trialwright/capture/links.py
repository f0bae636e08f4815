"""Personal links: how a patient comes in on his own phone, by a link and a code that name nobody. Every act on them is written down."""

import secrets
import unicodedata
from datetime import date, datetime, timedelta
from typing import Any

from attrs import evolve, frozen
from django.db import connection, transaction
from django.utils.crypto import constant_time_compare, salted_hmac

from trialwright.capture.accounts import AccountError, note
from trialwright.capture.remembering import remembered
from trialwright.capture.settings import FAILURES, LOCKED_MINUTES
from trialwright.capture.standing import Act, acts, write
from trialwright.protocol import Audience

ISSUED, REVOKED = "link issued", "link revoked"
OPENED, WRONG, SHUT = "phone opened", "phone: wrong code", "phone: shut out"
KEPT = "phone"
"""Under which name a session keeps whose link was opened on this phone, and when."""
DIGITS = 6
ALTOGETHER = 20
"""So many wrong codes without a right one close a link for good."""
LONGEST = timedelta(days=800)


@frozen(kw_only=True)
class Link:
    """A personal link as its acts have left it. Of the link and of its code only digests are kept; `name` stands in the record."""

    name: str
    subject: str
    digest: str
    code: str
    until: date
    issued: datetime
    by: str
    revoked: Act | None = None

    def open(self, day: date) -> bool:
        """Whether it still opens on that day."""
        return self.revoked is None and day <= self.until


@frozen(kw_only=True)
class Fresh:
    """A link that was just issued, with what is shown once and never kept: the secret part of its address, and the code."""

    link: Link
    secret: str
    code: str


def issue(subject: str, until: date, actor: str, at: datetime, today: date) -> Fresh:
    """A new link for one subject; the ones before it end. Raises `AccountError` for an end that lies behind or too far ahead."""
    if not today <= until <= today + LONGEST:
        raise AccountError("The link must end between today and {last}. Check the date.", "链接有效期须在今天至 {last} 之间，请核对。", last=today + LONGEST)
    secret, code = secrets.token_urlsafe(18), f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
    digest = _digest(secret)
    with transaction.atomic():
        for one in links(subject):
            if one.open(today):
                revoke(one.name, "replaced by a new link", actor, at)
        write(ISSUED, name_of(secret), actor, at, subject=subject, digest=digest, code=_code_digest(secret, code), until=until.isoformat())
    return Fresh(link=links(subject)[-1], secret=secret, code=code)


def revoke(name: str, because: str, actor: str, at: datetime) -> None:
    """Ends a link at once: its sessions open nothing any more."""
    if not because.strip():
        raise AccountError("Say why the link is revoked.", "请填写停用原因。")
    write(REVOKED, name, actor, at, because=because.strip()[:500])


def every_link() -> tuple[Link, ...]:
    """All links that were ever issued, oldest first."""
    return remembered("links", lambda: _fold(acts()))


def links(subject: str) -> tuple[Link, ...]:
    """The links of one subject, oldest first."""
    return tuple(one for one in every_link() if one.subject == subject)


def on_phones(day: date) -> dict[str, datetime]:
    """Those who can answer on a phone on that day, and since when they could."""
    told = every_link()
    able = {one.subject for one in told if one.open(day)}
    return {one.subject: one.issued for one in reversed(told) if one.subject in able}


def link_at(secret: str) -> Link | None:
    """The link with this secret part, open or not; None when there never was one."""
    digest = _digest(secret)
    return next((one for one in _fold(acts(name_of(secret))) if constant_time_compare(one.digest, digest)), None)


def _fold(told: tuple[Act, ...]) -> tuple[Link, ...]:
    found: dict[str, Link] = {}
    for one in told:
        if one.act == ISSUED:
            detail = one.detail
            found[one.account] = Link(name=one.account, subject=detail["subject"], digest=detail["digest"], code=detail["code"], by=one.actor,
                                      until=date.fromisoformat(detail["until"]), issued=datetime.fromisoformat(one.at))  # fmt: skip
        elif one.act == REVOKED and one.account in found:
            found[one.account] = evolve(found[one.account], revoked=found[one.account].revoked or one)
    return tuple(found.values())


def name_of(secret: str) -> str:
    """The name under which a link stands in the record and in the logs: a piece of its digest, from which nobody finds it."""
    return f"phone-{_digest(secret)[:12]}"


def who(subject: str) -> str:
    """The name of a person on his own phone: the same under a new link, and not the code of the subject."""
    return salted_hmac("trialwright.phone.who", subject, algorithm="sha256").hexdigest()[:16]


def _digest(secret: str) -> str:
    return salted_hmac("trialwright.phone.link", secret, algorithm="sha256").hexdigest()


def _code_digest(secret: str, code: str) -> str:
    """The digest of a short code hangs on the long secret too: without that nobody can try all codes, not even with this file."""
    return salted_hmac("trialwright.phone.code", f"{secret}:{code}", algorithm="sha256").hexdigest()


def enter(secret: str, code: str, at: datetime, day: date) -> Link | str:
    """The link that secret and code open; else `WRONG` or, after too many failures, `SHUT`, alike for links that exist and others."""
    name, typed = name_of(secret), "".join(sign for sign in unicodedata.normalize("NFKC", code) if sign.isalnum())
    with transaction.atomic():
        failures, link = _failures(name), link_at(secret)
        if sum(at - one < timedelta(minutes=LOCKED_MINUTES) for one in failures) >= FAILURES:
            note(SHUT, name, None, at)
            return SHUT
        right = constant_time_compare(link.code if link else "", _code_digest(secret, typed))
        if link is not None and link.open(day) and right:
            note(OPENED, name, Audience.PATIENT, at)
            return link
        note(WRONG, name, None, at)
        if link is not None and link.open(day) and len(failures) + 1 >= ALTOGETHER:
            revoke(name, f"{ALTOGETHER} wrong codes", "", at)
    return WRONG


def _failures(name: str) -> list[datetime]:
    """When a wrong code was typed since the last right one."""
    since = "SELECT coalesce(max(rowid), 0) FROM account_log WHERE account = %s AND what = %s"
    return [at for at, _ in _told(f"SELECT at, what FROM account_log WHERE account = %s AND what = %s AND rowid > ({since})", name, WRONG, name, OPENED)]


def last_opened(name: str) -> datetime | None:
    """When a link was last opened with its code."""
    told = _told("SELECT max(at), 1 FROM account_log WHERE account = %s AND what = %s HAVING max(at) IS NOT NULL", name, OPENED)
    return told[0][0] if told else None


def _told(statement: str, *values: Any) -> list[tuple[datetime, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return [(datetime.fromisoformat(at), rest) for at, rest in cursor.fetchall()]
