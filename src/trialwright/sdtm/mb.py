"""Infections looked for before treatment: hepatitis B and tuberculosis."""

import polars as pl

from trialwright.sdtm._domain import Domain, Row, Source, variables

SPEC = Domain(
    code="MB",
    label="Microbiology Specimen",
    klass="Findings",
    structure="One record per microbiology specimen finding per time point per visit per subject",
    keys=("STUDYID", "USUBJID", "MBTESTCD", "VISITNUM"),
    variables=variables("""
STUDYID  | Study Identifier                         | text     | 20  | Req  | Identifier         | Assigned
DOMAIN   | Domain Abbreviation                      | text     | 2   | Req  | Identifier         | Assigned
USUBJID  | Unique Subject Identifier                | text     | 40  | Req  | Identifier         | Assigned
MBSEQ    | Sequence Number                          | integer  | 8   | Req  | Identifier         | Derived
MBTESTCD | Microbiology Test or Finding Short Name  | text     | 8   | Req  | Topic              | Assigned
MBTEST   | Microbiology Test or Finding Name        | text     | 40  | Req  | Synonym Qualifier  | Assigned
MBCAT    | Category                                 | text     | 60  | Perm | Grouping Qualifier | Assigned
MBORRES  | Result or Finding in Original Units      | text     | 200 | Exp  | Result Qualifier   | Collected
MBORRESU | Original Units                           | text     | 40  | Perm | Variable Qualifier | Collected
MBSTRESC | Result or Finding in Standard Format     | text     | 200 | Exp  | Result Qualifier   | Derived
MBSTRESN | Numeric Result/Finding in Standard Units | float    | 8   | Perm | Result Qualifier   | Derived
MBSTRESU | Standard Units                           | text     | 40  | Perm | Variable Qualifier | Derived
MBSTAT   | Completion Status                        | text     | 8   | Perm | Record Qualifier   | Collected
MBREASND | Reason Not Done                          | text     | 200 | Perm | Record Qualifier   | Collected
MBSPEC   | Specimen Material Type                   | text     | 200 | Perm | Record Qualifier   | Assigned
MBMETHOD | Method of Test or Examination            | text     | 200 | Exp  | Record Qualifier   | Collected
MBLOBXFL | Last Observation Before Exposure Flag    | text     | 2   | Perm | Record Qualifier   | Derived
VISITNUM | Visit Number                             | float    | 8   | Exp  | Timing             | Protocol
VISIT    | Visit Name                               | text     | 200 | Perm | Timing             | Protocol
VISITDY  | Planned Study Day of Visit               | integer  | 8   | Perm | Timing             | Derived
EPOCH    | Epoch                                    | text     | 40  | Perm | Timing             | Assigned
MBDTC    | Date/Time of Collection                  | datetime | 20  | Exp  | Timing             | Collected
MBDY     | Study Day of Visit/Collection/Exam       | integer  | 8   | Perm | Timing             | Derived
"""),
)

TESTS = {
    "HBSAG": "Hepatitis B Virus Surface Antigen",
    "HBDNA": "Hepatitis B Virus DNA",
    "MYTBGIR": "M. tuberculosis IFN Gamma Response",
}


def rows(source: Source) -> pl.DataFrame:
    """One record for each test and visit."""
    return source.framed(SPEC, [_named(row) for row in source.findings("MB")])


def _named(row: Row) -> Row:
    row["MBTEST"] = TESTS.get(row["MBTESTCD"], row["MBTEST"])
    row.setdefault("MBSPEC", "BLOOD")
    return row
