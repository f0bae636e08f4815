"""The trial before the trial: virtual people walk through the real commands, from screening to lock."""

from trialwright.rehearsal.behavior import Behavior, Row, Update
from trialwright.rehearsal.clinic import PEOPLE, Step
from trialwright.rehearsal.patients import Occasion, Person
from trialwright.rehearsal.trial import CannotRehearse, Rehearsed, dice, rehearse

__all__ = [
    "PEOPLE", "Behavior", "CannotRehearse", "Occasion", "Person", "Rehearsed", "Row", "Step", "Update", "dice", "rehearse",
]  # fmt: skip
