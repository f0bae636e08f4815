"""Body size."""

import polars as pl

from trialwright.sdtm._domain import Domain, Row, Source, variables

SPEC = Domain(
    code="VS",
    label="Vital Signs",
    klass="Findings",
    structure="One record per vital sign measurement per time point per visit per subject",
    keys=("STUDYID", "USUBJID", "VSTESTCD", "VISITNUM", "VSSPID"),
    variables=variables("""
STUDYID  | Study Identifier                         | text     | 20  | Req  | Identifier         | Assigned
DOMAIN   | Domain Abbreviation                      | text     | 2   | Req  | Identifier         | Assigned
USUBJID  | Unique Subject Identifier                | text     | 40  | Req  | Identifier         | Assigned
VSSEQ    | Sequence Number                          | integer  | 8   | Req  | Identifier         | Derived
VSSPID   | Sponsor-Defined Identifier               | text     | 40  | Perm | Identifier         | Assigned
VSTESTCD | Vital Signs Test Short Name              | text     | 8   | Req  | Topic              | Assigned
VSTEST   | Vital Signs Test Name                    | text     | 40  | Req  | Synonym Qualifier  | Assigned
VSORRES  | Result or Finding in Original Units      | text     | 200 | Exp  | Result Qualifier   | Collected
VSORRESU | Original Units                           | text     | 40  | Exp  | Variable Qualifier | Collected
VSSTRESC | Character Result/Finding in Std Format   | text     | 200 | Exp  | Result Qualifier   | Derived
VSSTRESN | Numeric Result/Finding in Standard Units | float    | 8   | Exp  | Result Qualifier   | Derived
VSSTRESU | Standard Units                           | text     | 40  | Exp  | Variable Qualifier | Derived
VSSTAT   | Completion Status                        | text     | 8   | Perm | Record Qualifier   | Collected
VSREASND | Reason Not Performed                     | text     | 200 | Perm | Record Qualifier   | Collected
VSLOBXFL | Last Observation Before Exposure Flag    | text     | 2   | Exp  | Record Qualifier   | Derived
VISITNUM | Visit Number                             | float    | 8   | Exp  | Timing             | Protocol
VISIT    | Visit Name                               | text     | 200 | Perm | Timing             | Protocol
VISITDY  | Planned Study Day of Visit               | integer  | 8   | Perm | Timing             | Derived
EPOCH    | Epoch                                    | text     | 40  | Perm | Timing             | Assigned
VSDTC    | Date/Time of Measurements                | datetime | 20  | Exp  | Timing             | Collected
VSDY     | Study Day of Vital Signs                 | integer  | 8   | Perm | Timing             | Derived
"""),
)

TESTS = {"HEIGHT": "Height", "WEIGHT": "Weight"}


def rows(source: Source) -> pl.DataFrame:
    """One record for each measurement and visit; height is asked on two forms, and VSSPID names the form."""
    return source.framed(SPEC, [_named(row) for row in source.findings("VS")])


def _named(row: Row) -> Row:
    row["VSTEST"] = TESTS.get(row["VSTESTCD"], row["VSTEST"])
    return row | {"VSSPID": row["_PLACE"][1]}
