"""Every worked example in the statistics room runs, every public function has one, and the room stays light to import."""

import doctest
import importlib
import inspect
import pkgutil
import subprocess
import sys

import pytest

import trialwright.statistics

MODULES = sorted(
    f"trialwright.statistics.{module.name}" for module in pkgutil.iter_modules(trialwright.statistics.__path__)
)


@pytest.mark.parametrize("name", MODULES)
def test_worked_examples_run(name: str) -> None:
    result = doctest.testmod(importlib.import_module(name))
    assert result.attempted > 0
    assert result.failed == 0


@pytest.mark.parametrize("name", MODULES)
def test_every_public_function_has_a_worked_example(name: str) -> None:
    module = importlib.import_module(name)
    functions = [f for n, f in inspect.getmembers(module, inspect.isfunction) if not n.startswith("_")]
    without = [f.__name__ for f in functions if f.__module__ == name and ">>>" not in (f.__doc__ or "")]
    assert without == []


def test_the_heavy_half_of_scipy_is_not_imported() -> None:
    """scipy.stats alone takes over a second to import."""
    program = "import sys, trialwright.statistics; print([m for m in ('scipy.stats', 'numba', 'pandas', 'polars') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
