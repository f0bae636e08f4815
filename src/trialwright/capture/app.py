"""From an open trial to a running server: the WSGI application and the server that runs it."""

import logging
import secrets
from datetime import UTC, datetime
from email.message import Message
from importlib.resources import as_file, files
from typing import Any

from trialwright.blinding import Gate
from trialwright.capture.desk import DESK, Clock, Desk, Draw
from trialwright.capture.settings import TAKEN, Place, configure
from trialwright.exchange.laboratory_file import LaboratoryMapping
from trialwright.protocol.dictionary import Dictionary
from trialwright.store import Attachments

LABORATORY = "trialwright.laboratory"
"""The name under which the words of the hospital's laboratory travel with a request."""

Wsgi = Any
"""A WSGI application, `(environ, start_response) -> iterable of bytes`."""


def utc_now() -> datetime:
    """The clock of the shell."""
    return datetime.now(UTC)


def application(gate: Gate, place: Place, *, clock: Clock = utc_now, draw: Draw = secrets.token_bytes, virtual: bool = False,
                attachments: Attachments | None = None, laboratory: LaboratoryMapping | None = None,
                dictionaries: tuple[Dictionary, ...] = ()) -> Wsgi:  # fmt: skip
    """The application over one open trial, with its static files. Makes the accounts file when there is none.

    `virtual` has every page say that the people of this trial are virtual; `laboratory` are the words of the hospital's laboratory, `dictionaries`
    those that it is licensed to code with, `attachments` the place of the files beside its pages.
    """
    from django.core.handlers.wsgi import WSGIHandler
    from whitenoise import WhiteNoise  # type: ignore[import-untyped]  # carries no types

    configure(place)
    from trialwright.capture.accounts import prepare

    prepare()
    handler = WSGIHandler()
    desk = Desk(gate=gate, clock=clock, draw=draw, virtual=virtual, attachments=attachments, dictionaries=dictionaries)

    def answer(environ: dict[str, Any], start_response: Any) -> Any:
        return handler({**environ, DESK: desk, LABORATORY: laboratory}, start_response)

    with as_file(files("trialwright.capture") / "static") as static:
        return WhiteNoise(answer, root=str(static), prefix="static/", max_age=3600, allow_all_origins=False, add_headers_function=_static_headers)


def _static_headers(headers: Message, path: str, url: str) -> None:
    """What goes with a style sheet or script; the worker of the patients' phones may serve their pages, and no others."""
    headers.add_header("X-Content-Type-Options", "nosniff")
    if url.endswith("/phone-worker.js"):
        headers.add_header("Service-Worker-Allowed", "/phone/")


def serve(app: Wsgi, host: str = "127.0.0.1", port: int = 8000, *, tls: bool = False) -> None:
    """Serves until it is interrupted: one process, eight threads. `tls`: all who connect come through a proxy that speaks TLS."""
    from waitress import serve as run

    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    scheme = "https" if tls else "http"
    run(app, host=host, port=port, threads=8, max_request_body_size=TAKEN, ident=None, clear_untrusted_proxy_headers=True, url_scheme=scheme)
