"""Drug accountability in SDTM: one record for each movement that says what and how much."""

from tests.serious import WHO, at, trial
from trialwright.protocol import Audience
from trialwright.record import Answer
from trialwright.sdtm import build
from trialwright.testing import actor

MOVED = {"DADAT": "2026-01-12", "DATESTCD": "DISPAMT", "DAORRES": "4", "DASTREN": "80", "DALOT": "V2601", "DAEXP": "2028-03"}


def test_each_movement_is_a_record_with_its_lot_and_a_half_filled_row_is_none() -> None:
    gate = trial()
    for row, entries in (("A1", MOVED), ("A2", MOVED | {"DATESTCD": "DESTAMT", "DAORRES": "1", "DADAT": "2026-01-26"}), ("A3", {"DADAT": "2026-01-27"})):
        gate.do(actor(Audience.COORDINATOR), Answer(subject=WHO, form="ACCOUNTABILITY", row=row, entries=entries), at(29))
    frame = build(gate.study, gate.casebook(Audience.SAFETY))["DA"]
    columns = ("DASPID", "DAREFID", "DATESTCD", "DATEST", "DACAT", "DAORRES", "DAORRESU", "DASTRESN", "DADTC", "DADY")
    assert frame.select(columns).rows() == [
        ("A1", "V2601", "DISPAMT", "Dispensed Amount", "STUDY MEDICATION", "4", "VIAL", 4.0, "2026-01-12", 8),
        ("A2", "V2601", "DESTAMT", "Destroyed Amount", "STUDY MEDICATION", "1", "VIAL", 1.0, "2026-01-26", 22),
    ]
    assert all(frame["_REFS"].list.len() > 0)
    assert build(gate.study, gate.casebook(Audience.STATISTICIAN))["DA"].height == 0
