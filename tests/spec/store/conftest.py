"""Places in which a trial can be kept; what holds for one of them holds for all."""

import secrets
from collections.abc import Callable
from pathlib import Path

import pytest

from trialwright.store import Address, address, prepare

Place = Callable[[], Address]


@pytest.fixture
def schema(request: pytest.FixtureRequest) -> Place:
    """Gives a new and empty schema each time."""
    running = request.getfixturevalue("postgres")

    def new() -> Address:
        name = f"t{secrets.token_hex(6)}"
        prepare(address(running.url("owner", name)), "app")
        return address(running.url("app", name))

    return new


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """Gives a new and empty place each time: a file, or a schema of a database."""
    if request.param == "postgresql":
        return request.getfixturevalue("schema")  # type: ignore[no-any-return]
    return lambda: tmp_path / f"{secrets.token_hex(6)}.db"
