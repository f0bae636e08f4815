"""Through which periods each person really went: they tile his time in the study without a gap."""

import polars as pl

from trialwright.sdtm._domain import Row, Source, element, tabulated

SPEC = tabulated("SE", "STUDYID USUBJID TAETORD")


def rows(source: Source) -> pl.DataFrame:
    """One record for each period; that of treatment bears the arm only for a reader who may know it."""
    told: list[Row] = []
    for person in source.people:
        subject = person.subject
        entries = [entry.ref for entry in (subject.screened, subject.enrolled, subject.failed) if entry is not None]
        for period in person.elements:
            code, name = element(source.study, period.order, subject.arm)
            told.append({
                "_PERSON": person,
                "_REFS": entries or [entry.ref for entry in source.casebook.entries(subject.id)[:1]],
                "ETCD": code,
                "ELEMENT": name,
                "TAETORD": period.order,
                "EPOCH": period.epoch,
                "SESTDTC": period.begins.isoformat() if period.begins else None,
                "SEENDTC": period.ends.isoformat() if period.ends else None,
            })  # fmt: skip
    return source.framed(SPEC, told)
