"""Fixtures of the web tests: a trial in memory, logged-in clients, and a server that a browser can reach."""

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from tests.web.desk import Clock, Site, trial
from trialwright.blinding import Gate
from trialwright.capture import application
from trialwright.capture.testing import client_for, temporary_attachments, temporary_place
from trialwright.testing import START


@pytest.fixture(autouse=True)
def forgiven() -> Iterator[None]:
    """Failed logins of one test do not shut out the people of the next: all tests of a process share one file of accounts."""
    yield
    from django.conf import settings

    if settings.configured:
        from axes.utils import reset

        reset()


@pytest.fixture
def gate() -> Gate:
    return trial()


@pytest.fixture
def clock() -> Clock:
    return Clock(START + timedelta(days=30))


@pytest.fixture
def client(gate: Gate, clock: Clock) -> Callable[..., Any]:
    """A client logged in as a role: client(Audience.MONITOR)."""
    return lambda role, **more: client_for(gate, role, clock, **more)


@pytest.fixture
def site(gate: Gate, clock: Clock) -> Iterator[Site]:
    from waitress.server import create_server

    from trialwright.capture.accounts import DEMO

    for role in DEMO.values():
        client_for(gate, role, clock)
    server = create_server(application(gate, temporary_place(), clock=clock, attachments=temporary_attachments()), host="127.0.0.1", port=0, threads=4)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield Site(url=f"http://127.0.0.1:{server.effective_port}", gate=gate, clock=clock)
    server.close()
    thread.join(timeout=5)
