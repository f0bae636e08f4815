"""Functional tests: the six-minute walk."""

import polars as pl

from trialwright.sdtm._domain import Domain, Row, Source, variables

SPEC = Domain(
    code="FT",
    label="Functional Tests",
    klass="Findings",
    structure="One record per Functional Test finding per time point per visit per subject",
    keys=("STUDYID", "USUBJID", "FTCAT", "FTTESTCD", "VISITNUM"),
    variables=variables("""
STUDYID  | Study Identifier                         | text     | 20  | Req  | Identifier         | Assigned
DOMAIN   | Domain Abbreviation                      | text     | 2   | Req  | Identifier         | Assigned
USUBJID  | Unique Subject Identifier                | text     | 40  | Req  | Identifier         | Assigned
FTSEQ    | Sequence Number                          | integer  | 8   | Req  | Identifier         | Derived
FTTESTCD | Short Name of Test                       | text     | 8   | Req  | Topic              | Assigned
FTTEST   | Name of Test                             | text     | 40  | Req  | Synonym Qualifier  | Assigned
FTCAT    | Category                                 | text     | 60  | Req  | Grouping Qualifier | Assigned
FTORRES  | Result or Finding in Original Units      | text     | 200 | Exp  | Result Qualifier   | Collected
FTORRESU | Original Units                           | text     | 40  | Perm | Variable Qualifier | Collected
FTSTRESC | Result or Finding in Standard Format     | text     | 200 | Exp  | Result Qualifier   | Derived
FTSTRESN | Numeric Result/Finding in Standard Units | float    | 8   | Perm | Result Qualifier   | Derived
FTSTRESU | Standard Units                           | text     | 40  | Perm | Variable Qualifier | Derived
FTSTAT   | Completion Status                        | text     | 8   | Perm | Record Qualifier   | Collected
FTREASND | Reason Not Done                          | text     | 200 | Perm | Record Qualifier   | Collected
FTLOBXFL | Last Observation Before Exposure Flag    | text     | 2   | Exp  | Record Qualifier   | Derived
FTDRVFL  | Derived Flag                             | text     | 1   | Perm | Record Qualifier   | Derived
VISITNUM | Visit Number                             | float    | 8   | Exp  | Timing             | Protocol
VISIT    | Visit Name                               | text     | 200 | Perm | Timing             | Protocol
VISITDY  | Planned Study Day of Visit               | integer  | 8   | Perm | Timing             | Derived
EPOCH    | Epoch                                    | text     | 40  | Perm | Timing             | Assigned
FTDTC    | Date/Time of Test                        | datetime | 20  | Exp  | Timing             | Collected
FTDY     | Study Day of Test                        | integer  | 8   | Perm | Timing             | Derived
"""),
)

TESTS = {"SIXMW106": "SIXMW1-Distance at 6 Minutes"}


def rows(source: Source) -> pl.DataFrame:
    """One record for each test and visit."""
    return source.framed(SPEC, [_named(row) for row in source.findings("FT")])


def _named(row: Row) -> Row:
    row["FTTEST"] = TESTS.get(row["FTTESTCD"], row["FTTEST"])
    return row
