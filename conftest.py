"""How all tests run: which plugins, and how many examples the property tests try."""

import os

from hypothesis import HealthCheck, settings

pytest_plugins = ["pytester", "tests.spec_report"]

# The default is the same on every machine and in every run: a failure seen once is seen again.
settings.register_profile(
    "ci", derandomize=True, max_examples=40, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
)
# Many new examples each time; a failure prints the line that reproduces it.
settings.register_profile("nightly", max_examples=2_000, deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))
