"""Laboratory results at each visit."""

import polars as pl

from trialwright.sdtm._domain import Domain, Row, Source, variables

SPEC = Domain(
    code="LB",
    label="Laboratory Test Results",
    klass="Findings",
    structure="One record per lab test per time point per visit per subject",
    keys=("STUDYID", "USUBJID", "LBTESTCD", "VISITNUM"),
    variables=variables("""
STUDYID  | Study Identifier                         | text     | 20  | Req  | Identifier         | Assigned
DOMAIN   | Domain Abbreviation                      | text     | 2   | Req  | Identifier         | Assigned
USUBJID  | Unique Subject Identifier                | text     | 40  | Req  | Identifier         | Assigned
LBSEQ    | Sequence Number                          | integer  | 8   | Req  | Identifier         | Derived
LBTESTCD | Lab Test or Examination Short Name       | text     | 8   | Req  | Topic              | Assigned
LBTEST   | Lab Test or Examination Name             | text     | 40  | Req  | Synonym Qualifier  | Assigned
LBCAT    | Category for Lab Test                    | text     | 60  | Exp  | Grouping Qualifier | Assigned
LBORRES  | Result or Finding in Original Units      | text     | 200 | Exp  | Result Qualifier   | Collected
LBORRESU | Original Units                           | text     | 40  | Exp  | Variable Qualifier | Collected
LBORNRLO | Reference Range Lower Limit in Orig Unit | text     | 200 | Exp  | Variable Qualifier | Collected
LBORNRHI | Reference Range Upper Limit in Orig Unit | text     | 200 | Exp  | Variable Qualifier | Collected
LBSTRESC | Character Result/Finding in Std Format   | text     | 200 | Exp  | Result Qualifier   | Derived
LBSTRESN | Numeric Result/Finding in Standard Units | float    | 8   | Exp  | Result Qualifier   | Derived
LBSTRESU | Standard Units                           | text     | 40  | Exp  | Variable Qualifier | Derived
LBSTNRLO | Reference Range Lower Limit-Std Units    | float    | 8   | Exp  | Variable Qualifier | Collected
LBSTNRHI | Reference Range Upper Limit-Std Units    | float    | 8   | Exp  | Variable Qualifier | Collected
LBNRIND  | Reference Range Indicator                | text     | 200 | Exp  | Variable Qualifier | Derived
LBSTAT   | Completion Status                        | text     | 8   | Perm | Record Qualifier   | Collected
LBREASND | Reason Test Not Done                     | text     | 200 | Perm | Record Qualifier   | Collected
LBSPEC   | Specimen Type                            | text     | 200 | Perm | Record Qualifier   | Assigned
LBMETHOD | Method of Test or Examination            | text     | 200 | Perm | Record Qualifier   | Collected
LBLOBXFL | Last Observation Before Exposure Flag    | text     | 2   | Exp  | Record Qualifier   | Derived
VISITNUM | Visit Number                             | float    | 8   | Exp  | Timing             | Protocol
VISIT    | Visit Name                               | text     | 200 | Perm | Timing             | Protocol
VISITDY  | Planned Study Day of Visit               | integer  | 8   | Perm | Timing             | Derived
EPOCH    | Epoch                                    | text     | 40  | Perm | Timing             | Assigned
LBDTC    | Date/Time of Specimen Collection         | datetime | 20  | Exp  | Timing             | Collected
LBDY     | Study Day of Specimen Collection         | integer  | 8   | Perm | Timing             | Derived
"""),
)

TESTS = {"IGG": "Immunoglobulin G", "IGA": "Immunoglobulin A", "IGM": "Immunoglobulin M"}
CATEGORY, SPECIMEN = "IMMUNOLOGY", "SERUM"


def rows(source: Source) -> pl.DataFrame:
    """One record for each test and visit. Reference ranges stay empty until a laboratory gives its own."""
    return source.framed(SPEC, [_named(row) for row in source.findings("LB")])


def _named(row: Row) -> Row:
    row["LBTEST"] = TESTS.get(row["LBTESTCD"], row["LBTEST"])
    row.setdefault("LBCAT", CATEGORY)
    row.setdefault("LBSPEC", SPECIMEN)
    return row
