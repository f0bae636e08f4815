"""What characterizes a person and does not change during the trial, such as years of education."""

import polars as pl

from trialwright.sdtm._domain import Domain, Source, variables

SPEC = Domain(
    code="SC",
    label="Subject Characteristics",
    klass="Findings",
    structure="One record per characteristic per visit per subject",
    keys=("STUDYID", "USUBJID", "SCTESTCD", "VISITNUM"),
    variables=variables("""
STUDYID  | Study Identifier                         | text     | 20  | Req  | Identifier         | Assigned
DOMAIN   | Domain Abbreviation                      | text     | 2   | Req  | Identifier         | Assigned
USUBJID  | Unique Subject Identifier                | text     | 40  | Req  | Identifier         | Assigned
SCSEQ    | Sequence Number                          | integer  | 8   | Req  | Identifier         | Derived
SCTESTCD | Subject Characteristic Short Name        | text     | 8   | Req  | Topic              | Assigned
SCTEST   | Subject Characteristic                   | text     | 40  | Req  | Synonym Qualifier  | Assigned
SCORRES  | Result or Finding in Original Units      | text     | 200 | Exp  | Result Qualifier   | Collected
SCORRESU | Original Units                           | text     | 40  | Perm | Variable Qualifier | Assigned
SCSTRESC | Character Result/Finding in Std Format   | text     | 200 | Exp  | Result Qualifier   | Derived
SCSTRESN | Numeric Result/Finding in Standard Units | float    | 8   | Perm | Result Qualifier   | Derived
SCSTRESU | Standard Units                           | text     | 40  | Perm | Variable Qualifier | Assigned
SCSTAT   | Completion Status                        | text     | 8   | Perm | Record Qualifier   | Collected
SCREASND | Reason Not Performed                     | text     | 200 | Perm | Record Qualifier   | Collected
VISITNUM | Visit Number                             | float    | 8   | Exp  | Timing             | Assigned
VISIT    | Visit Name                               | text     | 200 | Perm | Timing             | Assigned
VISITDY  | Planned Study Day of Visit               | integer  | 8   | Perm | Timing             | Assigned
EPOCH    | Epoch                                    | text     | 40  | Perm | Timing             | Assigned
SCDTC    | Date/Time of Collection                  | datetime | 20  | Perm | Timing             | Collected
SCDY     | Study Day of Examination                 | integer  | 8   | Perm | Timing             | Derived
"""),
)


def rows(source: Source) -> pl.DataFrame:
    """One record for each characteristic that was asked for."""
    return source.framed(SPEC, list(source.findings("SC")))
