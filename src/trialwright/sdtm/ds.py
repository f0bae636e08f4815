"""What became of each person: the milestones of the protocol, and how each period ended."""

from collections.abc import Iterator
from datetime import date

import polars as pl

from trialwright.protocol import Method
from trialwright.record.casebook import Casebook
from trialwright.record.events import Consented, FollowUpEnded, Withdrew
from trialwright.sdtm._domain import Person, Row, Source, tabulated

SPEC = tabulated("DS", "STUDYID USUBJID DSSTDTC DSCAT DSDECOD DSSCAT")

PERIODS = {"TREATMENT": "STUDY TREATMENT", "STUDY": "STUDY PARTICIPATION"}
MILESTONE, DISPOSITION = "PROTOCOL MILESTONE", "DISPOSITION EVENT"


def rows(source: Source) -> pl.DataFrame:
    """Milestones from what was done; dispositions from the log of the site or, where it is empty, from what was done."""
    logged: dict[str, list[Row]] = {}
    for row in source.log("DS"):
        logged.setdefault(row["_PERSON"].usubjid, []).append(_logged(row))
    told: list[Row] = []
    for person in source.people:
        told += _milestones(source, person)
        here = logged.get(person.usubjid, [])
        told += here
        if not any(row["DSCAT"] == DISPOSITION and row.get("DSSCAT") != PERIODS["TREATMENT"] for row in here):
            told += _ending(source, person)
    return source.framed(SPEC, told)


def _logged(row: Row) -> Row:
    period = row.get("DSSCAT")
    if period in PERIODS:
        row["DSSCAT"] = PERIODS[period]
        row["EPOCH"] = period if period == "TREATMENT" else None
    row.setdefault("DSCAT", DISPOSITION)
    row.setdefault("DSTERM", row.get("DSDECOD"))
    return row


def _milestones(source: Source, person: Person) -> Iterator[Row]:
    subject = person.subject
    consents = _refs(source.casebook, subject.id, Consented)
    if subject.consented is not None:
        yield _row(person, MILESTONE, "INFORMED CONSENT OBTAINED", subject.consented, consents)
    if subject.enrolled is not None:
        yield _row(person, MILESTONE, "ELIGIBILITY CRITERIA MET", subject.index_date, [subject.enrolled.ref])
    if subject.allocated is not None:
        randomized = source.study.chosen.method is Method.RANDOMIZED
        yield _row(
            person,
            MILESTONE,
            "RANDOMIZED" if randomized else "ALLOCATED TO TREATMENT",
            subject.index_date,
            [subject.allocated.ref],
        )


def _ending(source: Source, person: Person) -> Iterator[Row]:
    """How the study ended for a person without a row in the log: as far as this reader may know it."""
    subject = person.subject
    if person.failed is not None and subject.failed is not None:
        row = _row(person, DISPOSITION, "SCREEN FAILURE", person.failed.on, [subject.failed.ref])
        yield row | {"DSTERM": person.failed.because[:200], "DSSCAT": PERIODS["STUDY"]}
    elif subject.ended is not None:
        refs = _refs(source.casebook, subject.id, FollowUpEnded)
        event = subject.withdrew.event if subject.withdrew else None
        if isinstance(event, Withdrew) and subject.withdrew is not None:
            row = _row(person, DISPOSITION, _standard(event.because), subject.ended, [subject.withdrew.ref, *refs])
            yield row | {"DSTERM": event.because[:200], "DSSCAT": PERIODS["STUDY"]}
        else:
            decoded = "COMPLETED" if _reached_the_end(source, person) else "DISCONTINUED"
            yield _row(person, DISPOSITION, decoded, subject.ended, refs) | {"DSSCAT": PERIODS["STUDY"]}


REASONS = ("ADVERSE EVENT", "DEATH", "LACK OF EFFICACY", "LOST TO FOLLOW-UP", "PHYSICIAN DECISION", "PREGNANCY",
           "PROTOCOL DEVIATION", "STUDY TERMINATED BY SPONSOR", "WITHDRAWAL BY SUBJECT")  # fmt: skip


def _standard(because: str) -> str:
    return next((reason for reason in REASONS if reason in because.upper()), "OTHER")


def _reached_the_end(source: Source, person: Person) -> bool:
    """Whether follow-up went on until the window of the last planned visit."""
    last = max(source.study.visits, key=lambda visit: visit.day)
    start, end = person.start, person.subject.ended
    return start is not None and end is not None and (end - start).days >= last.first_day


def _row(person: Person, category: str, decoded: str, on: date | None, refs: list[str]) -> Row:
    day = None if on is None else on.isoformat()
    return {"_PERSON": person, "_REFS": refs, "DSTERM": decoded, "DSDECOD": decoded, "DSCAT": category, "DSSTDTC": day}


def _refs(casebook: Casebook, subject: str, kind: type[Consented] | type[FollowUpEnded]) -> list[str]:
    return [entry.ref for entry in casebook.entries(subject) if isinstance(entry.event, kind)]
