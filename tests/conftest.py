"""What all tests of a process share: one real browser, one PostgreSQL server, and a place for what this machine knows of trials."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.postgres import Server, programs, server
from tests.release_gate import shown as shown  # a fixture for all

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
             "--disable-component-update", "--disable-sync"]  # fmt: skip


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    if not Path(CHROMIUM).exists():
        pytest.skip(f"there is no Chromium at {CHROMIUM}; set CHROMIUM to its path")
    from playwright.sync_api import sync_playwright

    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # the browser's driver runs a loop in this thread; Django itself stays synchronous
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session", autouse=True)
def _home(tmp_path_factory: pytest.TempPathFactory) -> None:
    """What trials leave in the home of their user, tests leave elsewhere."""
    os.environ["TRIALWRIGHT_HOME"] = str(tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A server for this session; a test that wants it is skipped where PostgreSQL is not installed."""
    pytest.importorskip("psycopg", reason="the driver psycopg is not installed (extra `postgresql`)")
    place = programs()
    if place is None:
        pytest.skip("there is no PostgreSQL on this machine (initdb was not found)")
    with server(place) as running:
        yield running
