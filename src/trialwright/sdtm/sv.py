"""Which planned visits took place, on which days, and which were missed and why."""

import polars as pl

from trialwright.sdtm._domain import Domain, Row, Source, study_day, variables

SPEC = Domain(
    code="SV",
    label="Subject Visits",
    klass="Special-Purpose",
    structure="One record per actual or planned visit per subject",
    keys=("STUDYID", "USUBJID", "VISITNUM"),
    variables=variables("""
STUDYID  | Study Identifier                  | text     | 20  | Req  | Identifier         | Assigned
DOMAIN   | Domain Abbreviation               | text     | 2   | Req  | Identifier         | Assigned
USUBJID  | Unique Subject Identifier         | text     | 40  | Req  | Identifier         | Assigned
VISITNUM | Visit Number                      | float    | 8   | Req  | Topic              | Protocol
VISIT    | Visit Name                        | text     | 200 | Perm | Synonym Qualifier  | Protocol
SVPRESP  | Pre-specified                     | text     | 2   | Exp  | Variable Qualifier | Assigned
SVOCCUR  | Occurrence                        | text     | 2   | Exp  | Record Qualifier   | Derived
SVREASOC | Reason for Occur Value            | text     | 200 | Perm | Record Qualifier   | Collected
VISITDY  | Planned Study Day of Visit        | integer  | 8   | Perm | Timing             | Derived
SVSTDTC  | Start Date/Time of Observation    | datetime | 20  | Exp  | Timing             | Derived
SVENDTC  | End Date/Time of Observation      | datetime | 20  | Exp  | Timing             | Derived
SVSTDY   | Study Day of Start of Observation | integer  | 8   | Perm | Timing             | Derived
SVENDY   | Study Day of End of Observation   | integer  | 8   | Perm | Timing             | Derived
SVUPDES  | Description of Unplanned Visit    | text     | 200 | Perm | Record Qualifier   | Collected
"""),
)


def rows(source: Source) -> pl.DataFrame:
    """One record for each visit that took place or should have by now."""
    told: list[Row] = []
    for person in source.people:
        for one in person.visits.values():
            first = one.first.isoformat() if one.first else None
            last = one.last.isoformat() if one.last else None
            told.append({
                "_PERSON": person,
                "_VISIT": one.visit,
                "_REFS": list(one.refs),
                "SVPRESP": "Y",
                "SVOCCUR": "Y" if one.occurred else "N",
                "SVREASOC": one.reason[:200] or None,
                "SVSTDTC": first,
                "SVENDTC": last,
                "SVSTDY": study_day(first, person.start),
                "SVENDY": study_day(last, person.start),
            })  # fmt: skip
    return source.framed(SPEC, told)
