"""Where the conduct departed from the plan, as it follows from the record: visits missed or late, doses off plan, arms opened early."""

import polars as pl

from trialwright.eligibility.deviations import KINDS, deviations, merged
from trialwright.sdtm._domain import Method, Row, Source, tabulated

_FOUND = Method("Found by comparing the record with the study definition", "trialwright.eligibility.deviations:deviations")
SPEC = tabulated("DV", "STUDYID USUBJID DVDECOD DVSTDTC DVTERM", methods={"DVTERM": _FOUND, "DVDECOD": _FOUND, "DVSTDTC": _FOUND})


def rows(source: Source) -> pl.DataFrame:
    """One record for each departure; the pages of one visit are told in one."""
    if source.today is None:
        return source.framed(SPEC, [])
    people = {person.subject.id: person for person in source.people}
    told: list[Row] = []
    for one in merged(deviations(source.study, source.casebook, source.reader, source.today)):
        if one.subject in people:
            person = people[one.subject]
            behind = one.evidence or tuple(entry.ref for entry in (person.subject.enrolled,) if entry is not None)
            told.append({
                "_PERSON": person,
                "_REFS": list(behind),
                "DVTERM": one.what.en[:200],
                "DVDECOD": KINDS[one.kind].en.upper(),
                "DVSTDTC": one.on.isoformat() if one.on is not None else None,
                "EPOCH": source.study.visit(one.visit).epoch if one.on is None and one.visit else None,
            })  # fmt: skip
    return source.framed(SPEC, told)
