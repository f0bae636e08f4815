"""Where the published schemas and the rules of CDISC lie on this machine: outside the repository, because others own them."""

import os
from pathlib import Path

import pytest

VARIABLE = "TRIALWRIGHT_SCHEMAS"


def schema_folder() -> Path:
    """The folder that the environment variable names; without it the test is skipped and says why."""
    named = os.environ.get(VARIABLE, "")
    if not named or not Path(named).is_dir():
        pytest.skip(f"the published schemas are not here: name their folder in {VARIABLE} (cdisc-xml/, dataset-json-1.1/, core-cache.tar.xz)")
    return Path(named)
