"""Leaks to be planted in what the application answers: headers, lengths, status, words, and the work that an answer takes."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any
from unittest.mock import patch

from django.http import HttpRequest, HttpResponse

from trialwright.blinding.gate import Gate
from trialwright.capture import door
from trialwright.capture.desk import CALL, Call, desk_of
from trialwright.protocol import Audience
from trialwright.record import Entry

Plant = Callable[[], AbstractContextManager[None]]


def hidden(gate: Gate, role: Audience) -> tuple[Entry, ...]:
    """What `role` may not know, as only a leak would use it."""
    return tuple(entry for entry in gate.casebook(Audience.CUSTODIAN).everything if not entry.event.label.admits(role))


Change = Callable[[HttpRequest, HttpResponse, Any], None]


def answered(change: Change) -> Plant:
    """A leak in whatever goes out: `change` is given the request, the answer, and the hidden entries of whoever asks."""

    @contextmanager
    def plant() -> Iterator[None]:
        real = door.never_stored

        def leaky(answer: Any) -> Any:
            inner = real(answer)

            def middleware(request: HttpRequest) -> HttpResponse:
                response = inner(request)
                call: Call | None = request.META.get(CALL)
                change(request, response, hidden(desk_of(request).gate, call.role if call else Audience.EVALUATOR))
                return response

            return middleware

        with patch.object(door, "never_stored", leaky):
            yield

    return plant


def etag(request: HttpRequest, response: HttpResponse, told: Any) -> None:
    response["ETag"] = f'"{hash(tuple(entry.ref for entry in told)):x}"'


def last_modified(request: HttpRequest, response: HttpResponse, told: Any) -> None:
    response["Last-Modified"] = max((entry.at.isoformat() for entry in told), default="never")


def header(request: HttpRequest, response: HttpResponse, told: Any) -> None:
    response["X-Entries"] = str(len(told))


def cookie(request: HttpRequest, response: HttpResponse, told: Any) -> None:
    response.set_cookie("news", str(len(told)))


def length(request: HttpRequest, response: HttpResponse, told: Any) -> None:
    response.content += b" " * len(told)


def forbidden(request: HttpRequest, response: HttpResponse, told: Any) -> None:
    if response.status_code == 404 and any(f"/{entry.event.subject}" in request.path for entry in told if entry.event.subject):
        response.status_code = 403


def named(request: HttpRequest, response: HttpResponse, told: Any) -> None:
    if response.status_code == 404 and (found := [entry for entry in told if getattr(entry.event, "form", "-") in request.path]):
        response.content += f"no {type(found[0].event).__name__} matches".encode()


def busy(request: HttpRequest, response: HttpResponse, told: Any) -> None:
    if len(told) % 3 == 1:
        response.status_code = 503


def menu(request: HttpRequest, response: HttpResponse, told: Any) -> None:
    if response.status_code == 200:
        response.content += b'<a href="/balance">balance</a>' * sum(type(entry.event).__name__ == "Allocated" for entry in told)


def search(request: HttpRequest, response: HttpResponse, told: Any) -> None:
    if request.GET.get("q"):
        response.content += b"%d found" % sum(type(entry.event).__name__ == "Answered" for entry in told)


def saved_at(request: HttpRequest, response: HttpResponse, told: Any) -> None:
    response.content += f"last saved at {len({entry.page for entry in told})}".encode()


def session(request: HttpRequest, response: HttpResponse, told: Any) -> None:
    if request.path == "/session":
        response.content += str(len(told)).encode()


def login(request: HttpRequest, response: HttpResponse, told: Any) -> None:
    if request.path == "/login":
        response.content += f"{len({entry.event.subject for entry in told})} patients".encode()


def fragment(request: HttpRequest, response: HttpResponse, told: Any) -> None:
    """A piece of a page that was made for somebody else, and kept under its address alone."""
    book = desk_of(request).gate.casebook(Audience.PHYSICIAN)
    if request.path == "/":
        response.content += repr([(subject.id, len(subject.pages)) for subject in book.subjects]).encode()


def statements(request: HttpRequest, response: HttpResponse, told: Any) -> None:
    from django.db import connection

    for _ in range(len(told) % 5):
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")


def rows(request: HttpRequest, response: HttpResponse, told: Any) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < %s) SELECT i FROM n", [len(told) % 7])
        cursor.fetchall()
