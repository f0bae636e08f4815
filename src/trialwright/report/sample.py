"""The patients of one planned analysis: what counts for each at each visit, after what happened in between was dealt with as planned."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl
from attrs import frozen

from trialwright.protocol import Endpoint, Estimand, IntercurrentEvent, PlannedAnalysis, SignKind, Study, Visit
from trialwright.report.results import POOLED
from trialwright.report.source import ARM, PLACE, patients, placed
from trialwright.report.table import DataRow
from trialwright.statistics import StatisticsError

SET_ASIDE = ("hypothetical", "while alive")
"""Strategies under which nothing that was measured after the event counts."""


@frozen(kw_only=True)
class Course:
    """One patient: baseline, own change at each visit (None: not measured or set aside), and the failure in force there ("": none)."""

    subject: str
    arm: str | None
    baseline: float
    changes: tuple[float | None, ...]
    failed: tuple[str, ...]
    traits: Mapping[str, Any]
    rows: tuple[DataRow, ...]
    all_rows: tuple[DataRow, ...]

    @property
    def counts(self) -> bool:
        """Whether something counts for him at the last visit: a value, or a failure."""
        return self.changes[-1] is not None or bool(self.failed[-1])


@frozen(kw_only=True)
class Sample:
    """The patients of one analysis, with the visits up to that of the endpoint and the two arms.

    `failure` is the change of a failed patient where means are compared, `worst` the order of failures (a higher
    number is worse), `left_out` who was left out.
    """

    endpoint: Endpoint
    plan: PlannedAnalysis
    dataset: str
    parameter: str
    visits: tuple[Visit, ...]
    treatment: str
    control: str
    courses: tuple[Course, ...]
    left_out: tuple[str, ...]
    failure: float
    worst: Mapping[str, int]
    released: bool

    @property
    def contrast(self) -> str:
        return f"{self.treatment}-{self.control}"

    @property
    def condition(self) -> str:
        flag = f"{self.plan.population} = Y, PARAMCD = {self.parameter}, "
        return flag + f"AVISITN = {self.visits[-1].number:g}, ANL01FL = Y"

    @property
    def worse(self) -> float:
        """1 when higher values are worse, else -1."""
        return -1.0 if self.endpoint.higher_is_worse is False else 1.0

    @property
    def groups(self) -> tuple[str, ...]:
        return (self.treatment, self.control, POOLED) if self.released else (POOLED,)

    @property
    def analyzed(self) -> tuple[Course, ...]:
        """The patients for whom something counts at the last visit."""
        return tuple(one for one in self.courses if one.counts)

    def of(self, arm: str, among: Sequence[Course] | None = None) -> tuple[Course, ...]:
        """The patients of one arm, or all."""
        return tuple(one for one in (self.courses if among is None else among) if arm in (POOLED, one.arm))

    def change(self, course: Course, place: int = -1) -> float | None:
        """What counts where means are compared: his change; for a failure the planned value, or his own if it is worse."""
        own = course.changes[place]
        if not course.failed[place]:
            return own
        return self.worse * max(self.failure, -np.inf if own is None else self.worse * own)

    def changes(self, arm: str) -> list[float]:
        """The changes at the last visit of all analyzed patients of an arm."""
        return [float(value) for one in self.of(arm, self.analyzed) if (value := self.change(one)) is not None]

    def ranks(self, arm: str) -> list[float]:
        """Scores for tests of ranks, higher is worse: failures beyond every change, the worst kind last."""
        own = [self.worse * value for one in self.analyzed if not one.failed[-1] and (value := one.changes[-1]) is not None]
        beyond = max([*own, 0.0])
        return [beyond + self.worst[one.failed[-1]] if one.failed[-1] else self.worse * float(one.changes[-1] or 0.0)
                for one in self.of(arm, self.analyzed)]  # fmt: skip

    def matrix(self, courses: Sequence[Course]) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
        """What counts for n patients at the m visits: n x m, NaN where nothing does."""
        return np.array([[np.nan if (value := self.change(one, place)) is None else value for place in range(len(self.visits))] for one in courses])

    def seen(self) -> tuple[Course, ...]:
        """The patients for whom something counts at one visit at least."""
        return tuple(one for one in self.courses if any(self.change(one, place) is not None for place in range(len(self.visits))))

    def need_both_arms(self, among: Sequence[Course]) -> None:
        """Raises `StatisticsError` when an arm has nobody to compare."""
        empty = [code for code in (self.treatment, self.control) if not self.of(code, among)]
        if empty:
            raise StatisticsError(f"arm {', '.join(empty)} has no patient with a value at this visit")


def sample(
    study: Study, adam: Mapping[str, pl.DataFrame], endpoint: Endpoint, plan: PlannedAnalysis, *, dataset: str, parameter: str, released: bool,
) -> Sample:  # fmt: skip
    """The patients of the population of `plan` who have a baseline, with every intercurrent event dealt with as it says."""
    estimand = next((one for one in study.estimands if one.code == endpoint.estimand), None)
    strategies = {event.code: event.strategy for event in estimand.events} | dict(plan.instead) if estimand else {}
    visits = _visits(study, endpoint)
    people = {row["USUBJID"]: row for row in patients(study, adam, plan.population, released=released).to_dicts()}
    happened = _happened(adam)
    worst = _worst(estimand)
    gone = tuple(subject for subject in people if _left_out(happened.get(subject, []), strategies, visits[-1].last_day + 1))
    values = _values(adam[dataset], parameter, change=endpoint.change)
    courses = tuple(
        course for subject, person in people.items() if subject not in gone
        if (course := _course(subject, person, values.get(subject, []), happened.get(subject, []), strategies, worst, endpoint, visits,
                              dataset)) is not None
    )  # fmt: skip
    return Sample(
        endpoint=endpoint, plan=plan, dataset=dataset, parameter=parameter, visits=visits, courses=courses, left_out=gone, released=released,
        treatment=next(arm.code for arm in study.arms if not arm.control), control=next(arm.code for arm in study.arms if arm.control),
        failure=float(plan.setting("failure") or (estimand.failure if estimand else None) or 0), worst=worst,
    )  # fmt: skip


def _visits(study: Study, endpoint: Endpoint) -> tuple[Visit, ...]:
    """The visits after the baseline, up to that of the endpoint, at which the endpoint is measured."""
    last = study.visit(endpoint.at or "")
    later = [one for one in study.visits if study.baseline.day < one.day <= last.day and endpoint.form in one.forms]
    return (*(one for one in later if one.code != last.code), last)


def _left_out(events: Sequence[Mapping[str, Any]], strategies: Mapping[str, str], until: int) -> bool:
    """Whether something happened up to study day `until` (or on an unknown day) for which a patient is left out."""
    return any(strategies.get(one["ICEDECOD"]) == "left out" and (one["ASTDY"] is None or one["ASTDY"] <= until) for one in events)


def _worst(estimand: Estimand | None) -> dict[str, int]:
    def deadly(event: IntercurrentEvent) -> bool:
        return any(sign.kind is SignKind.DEATH for sign in event.signs)

    return {event.code: 2 if deadly(event) else 1 for event in (estimand.events if estimand else ())}


def _happened(adam: Mapping[str, pl.DataFrame]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for row in placed(adam["ADICE"]).to_dicts() if "ADICE" in adam else ():
        found.setdefault(row["USUBJID"], []).append(row)
    return found


def _values(frame: pl.DataFrame, parameter: str, *, change: bool) -> dict[str, list[dict[str, Any]]]:
    later = (pl.col("ANL01FL") == "Y") & (pl.col("CHG").is_not_null() if change else pl.lit(True))
    used = (pl.col("ABLFL") == "Y") | later
    found: dict[str, list[dict[str, Any]]] = {}
    for row in placed(frame).filter((pl.col("PARAMCD") == parameter) & pl.col("AVAL").is_not_null() & used).to_dicts():
        found.setdefault(row["USUBJID"], []).append(row)
    return found


def _course(
    subject: str, person: Mapping[str, Any], values: Sequence[Mapping[str, Any]], events: Sequence[Mapping[str, Any]],
    strategies: Mapping[str, str], worst: Mapping[str, int], endpoint: Endpoint, visits: Sequence[Visit], dataset: str,
) -> Course | None:  # fmt: skip
    """The course of one patient; None for one without a baseline where a change is asked for, or without any value."""
    start = next((row for row in values if row["ABLFL"] == "Y"), None)
    if endpoint.change and start is None:
        return None
    at = {row["AVISITN"]: row for row in values if row["ABLFL"] != "Y"}
    column = "CHG" if endpoint.change else "AVAL"
    changes: list[float | None] = []
    failed: list[str] = []
    for visit in visits:
        row = at.get(visit.number)
        day = row["ADY"] if row and row["ADY"] is not None else visit.last_day + 1
        before = [one["ICEDECOD"] for one in events if one["ASTDY"] is not None and one["ASTDY"] <= day]
        failures = [code for code in before if strategies.get(code) == "composite"]
        aside = any(strategies.get(code) in SET_ASIDE for code in before)
        changes.append(None if row is None or aside or row[column] is None else float(row[column]))
        failed.append(max(failures, key=lambda code: worst.get(code, 0), default=""))
    begin = [] if start is None else [start]
    used = [*begin, *([at[visits[-1].number]] if visits[-1].number in at else [])]
    shown = tuple(DataRow("ADICE", one[PLACE]) for one in events if strategies.get(one["ICEDECOD"]) not in (None, "treatment policy"))
    everything = [*begin, *(at[visit.number] for visit in visits if visit.number in at)]
    if not everything and not any(failed):
        return None
    return Course(
        subject=subject, arm=person[ARM], baseline=float(start["AVAL"]) if start else 0.0, changes=tuple(changes), failed=tuple(failed), traits=person,
        rows=(*(DataRow(dataset, one[PLACE]) for one in used), *shown), all_rows=(*(DataRow(dataset, one[PLACE]) for one in everything), *shown),
    )  # fmt: skip
