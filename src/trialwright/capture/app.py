"""From an open trial to a running server: the WSGI application and the server that runs it."""

import logging
import secrets
import select
from datetime import datetime
from email.message import Message
from functools import partial
from importlib.resources import as_file, files
from typing import Any

from trialwright.blinding import SYSTEM, Gate
from trialwright.capture.clock import BACK, MachineClock
from trialwright.capture.copies import Copies
from trialwright.capture.desk import DESK, Clock, Desk, Draw
from trialwright.capture.settings import REMEMBERED, TAKEN, Place, configure
from trialwright.exchange.laboratory_file import LaboratoryMapping
from trialwright.protocol import Audience
from trialwright.protocol.dictionary import Dictionary
from trialwright.record import NoteClock
from trialwright.store import Attachments, StoreError, Watch

LABORATORY = "trialwright.laboratory"
"""The name under which the words of the hospital's laboratory travel with a request."""

Wsgi = Any
"""A WSGI application, `(environ, start_response) -> iterable of bytes`."""


def application(gate: Gate, place: Place, *, clock: Clock | None = None, draw: Draw = secrets.token_bytes, virtual: bool = False,
                watch: Watch | None = None, attachments: Attachments | None = None, laboratory: LaboratoryMapping | None = None,
                dictionaries: tuple[Dictionary, ...] = ()) -> Wsgi:  # fmt: skip
    """The application over one open trial, with its static files. Makes the accounts file when there is none.

    `virtual` has every page say that the people of this trial are virtual; what `watch` knows is told; `laboratory` are the words of the hospital's
    laboratory, `dictionaries` those that it is licensed to code with, `attachments` the place of the files beside its pages.
    """
    from django.core.handlers.wsgi import WSGIHandler
    from whitenoise import WhiteNoise  # type: ignore[import-untyped]  # carries no types

    configure(place)
    from trialwright.capture.accounts import prepare

    prepare()
    handler = WSGIHandler()
    machine = MachineClock()
    if clock is None:
        note_jump(gate, machine, _behind(gate, machine()))
    desk = Desk(gate=gate, clock=clock or machine, draw=draw, virtual=virtual, only=place.only, watch=watch, attachments=attachments, copies=Copies(),
                dictionaries=dictionaries)  # fmt: skip

    def answer(environ: dict[str, Any], start_response: Any) -> Any:
        if clock is None:
            note_jump(gate, machine, machine.jump())
        return handler({**environ, DESK: desk, LABORATORY: laboratory}, start_response)

    with as_file(files("trialwright.capture") / "static") as static:
        return WhiteNoise(answer, root=str(static), prefix="static/", max_age=3600, allow_all_origins=False,
                          add_headers_function=partial(_static_headers, tls=place.tls))  # fmt: skip


def note_jump(gate: Gate, clock: MachineClock, jump: float) -> None:
    """Has the record say that the clock jumped; its entries go on in their order. What cannot be noted now is noted with the next request."""
    if jump:
        try:
            gate.do(SYSTEM, NoteClock(seconds=jump), clock())
        except StoreError as problem:
            clock.again(jump)
            logging.getLogger("trialwright").error("the clock jumped by %.1f seconds; %s", jump, problem)


def _behind(gate: Gate, now: datetime) -> float:
    """Seconds, negative, by which the clock stands before the last entry when the application starts; 0 if it does not."""
    last = gate.casebook(Audience.CUSTODIAN).everything[-1:]
    ahead = (last[0].at - now).total_seconds() if last else 0.0
    return -ahead if ahead > BACK else 0.0


def _static_headers(headers: Message, path: str, url: str, *, tls: bool) -> None:
    """What goes with a style sheet or script, which is no page; the worker of the patients' phones may serve their pages, and no others."""
    headers.add_header("X-Content-Type-Options", "nosniff")
    if tls:
        headers.add_header("Strict-Transport-Security", f"max-age={REMEMBERED}; includeSubDomains")
    headers.add_header("Content-Security-Policy", "default-src 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'")
    if url.endswith("/phone-worker.js"):
        headers.add_header("Service-Worker-Allowed", "/phone/")


def serve(app: Wsgi, host: str = "127.0.0.1", port: int = 8000, *, tls: bool = False) -> None:
    """Serves until it is interrupted: one process, eight threads, up to a thousand browsers that keep their connection open.

    `tls`: all who connect come through a proxy that speaks TLS.
    """
    from waitress import serve as run

    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    scheme = "https" if tls else "http"
    run(app, host=host, port=port, threads=8, max_request_body_size=TAKEN, ident=None, clear_untrusted_proxy_headers=True, url_scheme=scheme,
        connection_limit=1000, asyncore_use_poll=hasattr(select, "poll"))  # fmt: skip
