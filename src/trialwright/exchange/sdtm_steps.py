"""What an import is made of: commands in their order, each with the record behind it, and whether the trial knows it already."""

from collections.abc import Mapping

from attrs import field, frozen

from trialwright.allocation.recorded import RecordAllocation
from trialwright.eligibility.enrollment import Enroll
from trialwright.protocol import Audience, Text
from trialwright.record import Answer, Command, Complete, Consent, Screen, Subject, Withdraw


@frozen(kw_only=True)
class Step:
    """One command of the import, the role whose task it is, and the record (per item) that it comes from."""

    command: Command
    role: Audience
    file: str
    record: int
    origins: Mapping[str, tuple[str, int, str]] = field(factory=dict)


@frozen(kw_only=True)
class LeftCount:
    """How many records of a data set are knowingly left out, and why."""

    dataset: str
    records: int
    because: Text


@frozen(kw_only=True)
class Plan:
    """All commands of an import in their order, and what they amount to."""

    steps: tuple[Step, ...]
    subjects: int
    events: int
    pages: Mapping[str, int]
    answers: Mapping[str, int]
    left_out: tuple[LeftCount, ...]


def events_of(command: Command) -> int:
    """How many events a command becomes: one per answer, two for a withdrawal (the reason, and the bare fact), else one."""
    if isinstance(command, Answer):
        return len(command.entries)
    return 2 if isinstance(command, Withdraw) else 1


def still_to_say(command: Command, told: Subject | None) -> bool:
    """Whether the trial does not know yet what this command would tell it."""
    if told is None:
        return True
    match command:
        case Screen():
            return False
        case Consent():
            return told.consented is None
        case Enroll():
            return told.index_date is None
        case RecordAllocation():
            return told.allocated is None
        case _:
            return not (told.ended or told.failed)


def contradicted(command: Command, told: Subject) -> tuple[str, str] | None:
    """What the trial says and what the file says, when they differ about the same thing."""
    pairs: tuple[object, object] = (None, None)
    match command:
        case Screen():
            pairs = (told.site, command.site)
        case Consent():
            pairs = (told.consented, command.on)
        case Enroll():
            pairs = (told.index_date, command.on)
        case RecordAllocation():
            pairs = (told.arm, command.arm)
        case Withdraw() | Complete():
            pairs = (told.ended, command.on)
    return None if pairs[0] in (None, pairs[1]) else (str(pairs[0]), str(pairs[1]))
