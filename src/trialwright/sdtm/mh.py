"""The disease before the study: its subset, its beginning and the signs that were asked for."""

from collections.abc import Iterator

import polars as pl

from trialwright.record.pages import Page
from trialwright.sdtm._domain import Domain, Given, Person, Row, Source, given, variables

SPEC = Domain(
    code="MH",
    label="Medical History",
    klass="Events",
    structure="One record per medical history event per subject",
    keys=("STUDYID", "USUBJID", "MHCAT", "MHTERM", "MHEVDTYP"),
    variables=variables("""
STUDYID  | Study Identifier                         | text     | 20  | Req  | Identifier         | Assigned
DOMAIN   | Domain Abbreviation                      | text     | 2   | Req  | Identifier         | Assigned
USUBJID  | Unique Subject Identifier                | text     | 40  | Req  | Identifier         | Assigned
MHSEQ    | Sequence Number                          | integer  | 8   | Req  | Identifier         | Derived
MHTERM   | Reported Term for the Medical History    | text     | 200 | Req  | Topic              | Collected
MHEVDTYP | Medical History Event Date Type          | text     | 200 | Perm | Variable Qualifier | Collected
MHCAT    | Category for Medical History             | text     | 60  | Perm | Grouping Qualifier | Assigned
MHSCAT   | Subcategory for Medical History          | text     | 60  | Perm | Grouping Qualifier | Assigned
MHPRESP  | Medical History Event Pre-Specified      | text     | 2   | Perm | Variable Qualifier | Assigned
MHOCCUR  | Medical History Occurrence               | text     | 2   | Perm | Record Qualifier   | Collected
MHSTAT   | Completion Status                        | text     | 8   | Perm | Record Qualifier   | Collected
MHREASND | Reason Medical History Not Collected     | text     | 200 | Perm | Record Qualifier   | Collected
EPOCH    | Epoch                                    | text     | 40  | Perm | Timing             | Assigned
MHDTC    | Date/Time of History Collection          | datetime | 20  | Perm | Timing             | Collected
MHSTDTC  | Start Date/Time of Medical History Event | datetime | 20  | Perm | Timing             | Collected
MHENDTC  | End Date/Time of Medical History Event   | datetime | 20  | Perm | Timing             | Collected
MHDY     | Study Day of History Collection          | integer  | 8   | Perm | Timing             | Derived
MHSTDY   | Study Day of Start of Observation        | integer  | 8   | Perm | Timing             | Derived
"""),
)

CATEGORY = "DISEASE HISTORY"


def rows(source: Source) -> pl.DataFrame:
    """One record for each sign asked for (present or not), and one for each other term of the page."""
    plan = source.plan("MH")
    told: list[Row] = []
    for person in source.people:
        for page in person.subject.pages.values():
            if page.place[1] in plan and page.place[0]:
                told += _page(source, person, page, list(given(page, plan[page.place[1]])))
    return source.framed(SPEC, told)


def _page(source: Source, person: Person, page: Page, told: list[Given]) -> Iterator[Row]:
    """Answers with the same constants belong to one record."""
    found: dict[tuple[tuple[str, str], ...], Row] = {}
    visited = person.visits.get(page.place[0])
    for one in told:
        row = found.setdefault(one.target.where, {**dict(one.target.where), "_PERSON": person, "_REFS": []})
        row["_REFS"].append(one.ref)
        if one.value is not None:
            row[one.target.variable] = one.value
        elif one.target.variable == "MHOCCUR":
            row |= {"MHSTAT": "NOT DONE", "MHREASND": one.cell.last.absence.upper() if one.cell.last.absence else None}
    for row in found.values():
        row.setdefault("MHTERM", row.get("MHCAT"))
        row["MHDTC"] = visited.first.isoformat() if visited is not None and visited.first is not None else None
        row["EPOCH"] = source.study.epochs[0].code
        yield row
