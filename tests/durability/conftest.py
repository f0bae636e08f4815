"""Each life that is threatened here is the first of its kind: what a machine remembers of another one is not its past."""

import pytest


@pytest.fixture(autouse=True)
def _home(tmp_path, monkeypatch):
    monkeypatch.setenv("TRIALWRIGHT_HOME", str(tmp_path / "home"))
