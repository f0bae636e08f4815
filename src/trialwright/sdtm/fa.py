"""Findings about what is no result of a test: the earlier course of the skin, signs of activity, organ events, a blind that was broken."""

import polars as pl

from trialwright.sdtm._domain import Domain, Row, Source, variables

SPEC = Domain(
    code="FA",
    label="Findings About Events or Interventions",
    klass="Findings About",
    structure="One record per finding, per object, per time point, per visit per subject",
    keys=("STUDYID", "USUBJID", "FAOBJ", "FATESTCD", "VISITNUM", "FADTC"),
    variables=variables("""
STUDYID  | Study Identifier                         | text     | 20  | Req  | Identifier         | Assigned
DOMAIN   | Domain Abbreviation                      | text     | 2   | Req  | Identifier         | Assigned
USUBJID  | Unique Subject Identifier                | text     | 40  | Req  | Identifier         | Assigned
FASEQ    | Sequence Number                          | integer  | 8   | Req  | Identifier         | Derived
FATESTCD | Findings About Test Short Name           | text     | 8   | Req  | Topic              | Assigned
FATEST   | Findings About Test Name                 | text     | 40  | Req  | Synonym Qualifier  | Assigned
FAOBJ    | Object of the Observation                | text     | 200 | Req  | Record Qualifier   | Collected
FACAT    | Category for Findings About              | text     | 60  | Perm | Grouping Qualifier | Assigned
FAORRES  | Result or Finding in Original Units      | text     | 200 | Exp  | Result Qualifier   | Collected
FAORRESU | Original Units                           | text     | 40  | Perm | Variable Qualifier | Collected
FASTRESC | Character Result/Finding in Std Format   | text     | 200 | Exp  | Result Qualifier   | Derived
FASTRESN | Numeric Result/Finding in Standard Units | float    | 8   | Perm | Result Qualifier   | Derived
FASTRESU | Standard Units                           | text     | 40  | Perm | Variable Qualifier | Derived
FASTAT   | Completion Status                        | text     | 8   | Perm | Record Qualifier   | Collected
FAREASND | Reason Not Performed                     | text     | 200 | Perm | Record Qualifier   | Collected
VISITNUM | Visit Number                             | float    | 8   | Exp  | Timing             | Protocol
VISIT    | Visit Name                               | text     | 200 | Perm | Timing             | Protocol
VISITDY  | Planned Study Day of Visit               | integer  | 8   | Perm | Timing             | Derived
EPOCH    | Epoch                                    | text     | 40  | Perm | Timing             | Assigned
FADTC    | Date/Time of Collection                  | datetime | 20  | Exp  | Timing             | Collected
FADY     | Study Day of Collection                  | integer  | 8   | Perm | Timing             | Derived
"""),
)


def rows(source: Source) -> pl.DataFrame:
    """One record for each finding and visit, and one for each row of a log."""
    told: list[Row] = [*source.findings("FA"), *(row | {"FASTRESC": row.get("FAORRES")} for row in source.log("FA"))]
    return source.framed(SPEC, told)
