"""The studies that are told as USDM in tests, and how its objects are walked."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from attrs import evolve

from studies.cdisc_pilot.protocol import STUDY as PILOT
from studies.telitacicept_ssc.protocol import STUDY
from trialwright.protocol import AtLeast, Criterion, Study, Text

SINCE = "2026-01-05"
INCL01 = Criterion(code="INCL01", text=Text("Males and postmenopausal females at least 50 years of age.", "≥ 50 岁的男性和绝经后女性"),
                   rule=AtLeast("age", Decimal(50)), version="INCL01/1")  # fmt: skip
"""The first criterion of the pilot trial (CDISCPILOT01 SDTM, data set TI): its study object has none, because its people were not screened here."""


def studies() -> Mapping[str, Study]:
    """The study under each reading of its allocation, and the pilot trial with one of its criteria."""
    return {reading: STUDY.read_as(reading) for reading in ("R1", "R2", "R3")} | {"pilot": evolve(PILOT, criteria=(INCL01,))}


def objects(told: Any) -> Iterator[dict[str, Any]]:
    """Every object of a file, wherever it stands."""
    if isinstance(told, dict):
        if "id" in told:
            yield told
        for value in told.values():
            yield from objects(value)
    elif isinstance(told, list):
        for value in told:
            yield from objects(value)


def design(told: Any) -> dict[str, Any]:
    return told["study"]["versions"][0]["studyDesigns"][0]
