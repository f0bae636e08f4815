"""What the tests of the web application share: a trial with a few subjects, a clock that the test sets, and what a browser sends."""

from datetime import datetime, timedelta

from attrs import define

from studies.telitacicept_ssc.protocol import STUDY
from trialwright.blinding import Gate
from trialwright.instruments.mrss import CODES
from trialwright.protocol import Audience, Study
from trialwright.record import Answer, AskQuery, Consent, Screen
from trialwright.testing import START, actor, enrolled, in_memory

OLD, YOUNG, NEW = "KHTR42", "MWQX73", "PZVN95"
"""Subjects: enrolled 30 days ago, enrolled 2 days ago, and one in screening."""


@define
class Clock:
    """The time of day, as a test wants it."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now


def skin(grade: int = 1, day: str = "2026-02-02") -> dict[str, str]:
    """A complete skin assessment, one grade everywhere."""
    return {"MRSSDAT": day, **{code: str(grade) for code in CODES}}


def sent(entries: dict[str, str], seen: dict[str, int] | None = None, **more: str) -> dict[str, str]:
    """What a browser sends for a page: values, revisions, and whatever else was chosen (names with a dot by `**{"a.FVC": ...}`)."""
    return {**{f"v.{code}": value for code, value in entries.items()},
            **{f"seen.{code}": str((seen or {}).get(code, 0)) for code in entries}, "then": "stay", **more}  # fmt: skip


def trial(study: Study = STUDY) -> Gate:
    """The study with three subjects at different stages, a query, and one scored baseline."""
    gate = in_memory(study)
    enrolled(gate, OLD, arm="T", at=START, index=START.date())
    enrolled(gate, YOUNG, arm="C", at=START + timedelta(days=28), index=(START + timedelta(days=28)).date())
    coordinator, evaluator = actor(Audience.COORDINATOR), actor(Audience.EVALUATOR)
    gate.do(coordinator, Screen(site="01", subject=NEW), START + timedelta(days=29))
    gate.do(coordinator, Consent(subject=NEW, on=(START + timedelta(days=29)).date(), version="2.1"), START + timedelta(days=29))
    gate.do(evaluator, Answer(subject=OLD, visit="BASELINE", form="MRSS", entries=skin(2, "2026-01-05")), START + timedelta(hours=2))
    gate.do(coordinator, Answer(subject=OLD, visit="BASELINE", form="LUNG", entries={"LUNGDAT": "2026-01-05", "FVC": "3.10", "HEIGHT": "168"}),
            START + timedelta(hours=3))  # fmt: skip
    gate.do(actor(Audience.MONITOR), AskQuery(subject=OLD, visit="BASELINE", form="LUNG", item="FVC", question="Is this the best of three blows?"),
            START + timedelta(days=3))  # fmt: skip
    return gate


@define
class Site:
    """The application as it is served, over a trial of its own."""

    url: str
    gate: Gate
    clock: Clock
