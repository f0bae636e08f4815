"""The house's own examination of a package: every rule that can be judged from its files alone, set by set."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from trialwright.exchange.conformance.adam import analysis
from trialwright.exchange.conformance.days import days
from trialwright.exchange.conformance.define import described
from trialwright.exchange.conformance.files import files
from trialwright.exchange.conformance.findings import Finding
from trialwright.exchange.conformance.keys import keys
from trialwright.exchange.conformance.package import Package, read_package
from trialwright.exchange.conformance.results import results
from trialwright.exchange.conformance.terms import terminology

CHAPTERS: Sequence[Callable[[Package], Iterator[Finding]]] = (files, terminology, days, keys, results, described, analysis)


def examined(package: Package) -> tuple[Finding, ...]:
    """Everything that is wrong with what was read, chapter by chapter."""
    return (*package.unread, *(finding for chapter in CHAPTERS for finding in chapter(package)))


def conformance(place: Path, form: str = "xpt") -> tuple[Finding, ...]:
    """Everything that is wrong with the package in `place`, read in one form (xpt or json). Raises `NoPackage` when there is none."""
    return examined(read_package(place, form))
