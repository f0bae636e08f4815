"""An observer at his desk in a virtual world: asks, and keeps every byte of what comes back, and how much work it was."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from attrs import frozen

from trialwright.capture.accounts import DEMO, make_account, prepare
from trialwright.capture.probes import Probe
from trialwright.capture.settings import configure
from trialwright.capture.testing import PASSWORD, TOKEN, client_for, temporary_place
from trialwright.protocol import Audience, Study
from trialwright.record import (
    Act,
    AnswerQuery,
    Casebook,
    CloseQuery,
    Command,
    Freeze,
    MarkNotDone,
    Refused,
    Sign,
    SignOff,
    TakeOver,
    status,
)
from trialwright.rehearsal.deeds import PEOPLE, STRANGERS
from trialwright.rehearsal.worlds import START, World

if TYPE_CHECKING:
    from django.test import Client


@frozen(kw_only=True)
class Seen:
    """All that came back: status, headers, bytes, what was mailed, and how many statements and rows it took."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    mails: tuple[str, ...]
    statements: int
    rows: int



class Browser:
    """The observer at his desk in one world, signed in anew by `enter`."""

    def __init__(self, world: World) -> None:
        self.world, self._read = world, 0
        self.client = self.enter()

    def enter(self) -> "Client":
        """Signs the observer in, now: sessions end while virtual days go by."""
        self.client = client_for(self.world.gate, self.world.observer, self.world.clock, draw=self.world.draw)
        self.client.raise_request_exception = False
        return self.client

    def ask(self, probe: Probe) -> Seen:
        """Sends one request and gives all that came back."""
        from django.core import mail

        tally, answer = self._sent(probe)
        content = b"".join(answer) if answer.streaming else answer.content
        outbox = getattr(mail, "outbox", [])
        mails = tuple(f"{one.to} {one.subject} {one.body}" for one in outbox[self._read :])  # sent now, or by others since the last look
        self._read = len(outbox)
        headers = [*answer.headers.items(), *(("Set-Cookie", str(morsel)) for morsel in answer.cookies.values())]
        return Seen(status=answer.status_code, headers=tuple(sorted(headers)), body=content, mails=mails, statements=tally.statements, rows=tally.rows)

    def _sent(self, probe: Probe) -> tuple["Tally", Any]:
        from urllib.parse import urlencode

        content = probe.body if isinstance(probe.body, bytes) else urlencode(probe.body)
        with counted() as tally:
            more = {} if probe.method in ("GET", "HEAD") else {"data": content, "content_type": probe.kind}
            return tally, self.client.generic(probe.method, probe.path, **more, **probe.headers)  # type: ignore[arg-type]  # headers by name


@contextmanager
def at(world: World) -> Iterator[Browser]:
    """The observer's browser in `world`; whatever it does to the accounts is undone afterwards, so that no world learns of another."""
    from django.core import mail
    from django.db import transaction

    mail.outbox = []
    with transaction.atomic():
        yield Browser(world)
        transaction.set_rollback(True)


@contextmanager
def still(observers: Audience) -> Iterator[None]:
    """Makes this process comparable: virtual accounts for all observers, quick passwords, no mail leaves, nothing random in a page."""
    from unittest.mock import patch

    configure(temporary_place())
    prepare()
    from django.contrib.auth.models import User
    from django.db import transaction
    from django.test.utils import override_settings

    quick = ["django.contrib.auth.hashers.MD5PasswordHasher", "django.contrib.auth.hashers.Argon2PasswordHasher"]
    letters = "django.core.mail.backends.locmem.EmailBackend"
    with (
        override_settings(PASSWORD_HASHERS=quick, EMAIL_BACKEND=letters), patch("django.middleware.csrf._get_new_csrf_string", lambda: TOKEN),
        transaction.atomic(),
    ):  # fmt: skip
        for name, role in DEMO.items():
            if role in observers and not User.objects.filter(username=name).exists():
                make_account(name, role, PASSWORD, START, demo=True)
        yield
        transaction.set_rollback(True)


class Tally:
    """Statements sent to the database of the shell, and rows that came back."""

    def __init__(self) -> None:
        self.statements = self.rows = 0


@contextmanager
def counted() -> Iterator[Tally]:
    """Counts what goes through Django's cursors."""
    from django.db import connection

    tally = Tally()

    def execute(run: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        tally.statements += 1
        return run(sql, params, many, context)

    real = connection.make_cursor
    connection.make_cursor = lambda cursor: _Counting(real(cursor), tally)  # type: ignore[method-assign, assignment, return-value]  # a cursor in all but name
    try:
        with connection.execute_wrapper(execute):
            yield tally
    finally:
        connection.make_cursor = real  # type: ignore[method-assign]  # as it was


class _Counting:
    """A cursor that counts the rows it gives."""

    def __init__(self, cursor: Any, tally: Tally) -> None:
        self._cursor, self._tally = cursor, tally

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cursor, name)

    def __iter__(self) -> Iterator[Any]:
        for row in self._cursor:
            self._tally.rows += 1
            yield row

    def __enter__(self) -> "_Counting":
        self._cursor.__enter__()
        return self

    def __exit__(self, *problem: Any) -> None:
        self._cursor.__exit__(*problem)

    def fetchone(self) -> Any:
        row = self._cursor.fetchone()
        self._tally.rows += row is not None
        return row

    def fetchmany(self, *size: Any, **more: Any) -> Any:
        rows = self._cursor.fetchmany(*size, **more)
        self._tally.rows += len(rows)
        return rows

    def fetchall(self) -> Any:
        rows = self._cursor.fetchall()
        self._tally.rows += len(rows)
        return rows


def record_of(world: World) -> tuple[Any, ...]:
    """All that the record gives the observer: entries with their names and times, state, schedule, and his compartment byte by byte."""
    book, study = world.gate.casebook(world.observer), world.gate.study
    told = [(one.log, one.seq, one.ref, one.page, one.at, one.by, one.role, one.event) for one in book.everything]
    state = [(one.id, one.status, one.arm, one.allocated, one.evaluator, sorted(one.pages), sorted(one.queries), len(one.broken), sorted(one.frozen))
             for one in book.subjects]  # fmt: skip
    return told, state, calendar(book, study, world), book.as_of, book.locked, [pried(world, one) for one in PRYING], world.compartment()


PRYING: tuple[Command, ...] = tuple(command for subject in (*STRANGERS, *PEOPLE[:1], "nobody") for command in (
    Sign(subject=subject, visit="", form="", row="a"), MarkNotDone(subject=subject, visit="", form="", reason="prying"),
    AnswerQuery(subject=subject, query="BCDFGHJK", answer="prying"), CloseQuery(subject=subject, query="BCDFGHJK"),
    Freeze(subject=subject), TakeOver(subject=subject, because="prying"), SignOff(subject=subject, meaning="ready to lock"),
))  # fmt: skip
"""Commands that nobody should give; what they are refused with is seen, and nothing is saved."""


def pried(world: World, command: Command) -> str:
    """What the observer is told when he gives a command."""
    act = Act(study=world.gate.study, by="prying", role=world.observer, at=world.moment, draw=bytes)
    try:
        return str(command.decide(world.gate.casebook(command.acts_as or world.observer), act))
    except Refused as refused:
        return str(refused)


def calendar(book: Casebook, study: Study, world: World) -> list[Any]:
    """The state of every page of every subject, as the observer may know it."""
    today = world.moment.date()
    return [status(study, one, visit, study.form(form), world.observer, today) for one in book.subjects for visit in study.visits for form in visit.forms
            if world.observer in study.form(form).audience]  # fmt: skip
