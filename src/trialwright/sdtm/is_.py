"""Antibodies: one row for each antibody tested."""

import polars as pl

from trialwright.sdtm._domain import Domain, Row, Source, variables

SPEC = Domain(
    code="IS",
    label="Immunogenicity Specimen Assessments",
    klass="Findings",
    structure="One record per test per visit per subject",
    keys=("STUDYID", "USUBJID", "ISTESTCD", "ISBDAGNT", "ISTSTDTL", "VISITNUM"),
    variables=variables("""
STUDYID  | Study Identifier                         | text     | 20  | Req  | Identifier         | Assigned
DOMAIN   | Domain Abbreviation                      | text     | 2   | Req  | Identifier         | Assigned
USUBJID  | Unique Subject Identifier                | text     | 40  | Req  | Identifier         | Assigned
ISSEQ    | Sequence Number                          | integer  | 8   | Req  | Identifier         | Derived
ISTESTCD | Immunogenicity Test/Exam Short Name      | text     | 8   | Req  | Topic              | Assigned
ISTEST   | Immunogenicity Test or Examination Name  | text     | 40  | Req  | Synonym Qualifier  | Assigned
ISBDAGNT | Binding Agent                            | text     | 200 | Perm | Variable Qualifier | Collected
ISTSTDTL | Test Detail                              | text     | 200 | Perm | Variable Qualifier | Collected
ISCAT    | Category for Immunogenicity Test         | text     | 60  | Perm | Grouping Qualifier | Assigned
ISORRES  | Results or Findings in Original Units    | text     | 200 | Exp  | Result Qualifier   | Collected
ISORRESU | Original Units                           | text     | 40  | Exp  | Variable Qualifier | Collected
ISORNRLO | Reference Range Lower Limit in Orig Unit | text     | 200 | Exp  | Variable Qualifier | Collected
ISORNRHI | Reference Range Upper Limit in Orig Unit | text     | 200 | Exp  | Variable Qualifier | Collected
ISSTRESC | Character Result/Finding in Std Format   | text     | 200 | Exp  | Result Qualifier   | Derived
ISSTRESN | Numeric Results/Findings in Std. Units   | float    | 8   | Exp  | Result Qualifier   | Derived
ISSTRESU | Standard Units                           | text     | 40  | Exp  | Variable Qualifier | Derived
ISSTNRLO | Reference Range Lower Limit-Std Units    | float    | 8   | Exp  | Variable Qualifier | Collected
ISSTNRHI | Reference Range Upper Limit-Std Units    | float    | 8   | Exp  | Variable Qualifier | Collected
ISNRIND  | Reference Range Indicator                | text     | 200 | Exp  | Variable Qualifier | Derived
ISSTAT   | Completion Status                        | text     | 8   | Perm | Record Qualifier   | Collected
ISREASND | Reason Not Done                          | text     | 200 | Perm | Record Qualifier   | Collected
ISSPEC   | Specimen Type                            | text     | 200 | Perm | Record Qualifier   | Assigned
ISMETHOD | Method of Test or Examination            | text     | 200 | Perm | Record Qualifier   | Collected
ISLOBXFL | Last Observation Before Exposure Flag    | text     | 2   | Perm | Record Qualifier   | Derived
ISLLOQ   | Lower Limit of Quantitation              | float    | 8   | Exp  | Variable Qualifier | Collected
VISITNUM | Visit Number                             | float    | 8   | Exp  | Timing             | Protocol
VISIT    | Visit Name                               | text     | 200 | Perm | Timing             | Protocol
VISITDY  | Planned Study Day of Visit               | integer  | 8   | Perm | Timing             | Derived
EPOCH    | Epoch                                    | text     | 40  | Perm | Timing             | Assigned
ISDTC    | Date/Time of Collection                  | datetime | 20  | Exp  | Timing             | Collected
ISDY     | Study Day of Visit/Collection/Exam       | integer  | 8   | Perm | Timing             | Derived
"""),
)

TESTS = {"ATAB": "Autoantibody", "MBAB": "Microbial-induced Antibody"}
SPECIMEN = "SERUM"


def rows(source: Source) -> pl.DataFrame:
    """One record for each antibody (what it binds is ISBDAGNT) and visit."""
    return source.framed(SPEC, [_named(row) for row in source.findings("IS")])


def _named(row: Row) -> Row:
    row["ISTEST"] = TESTS.get(row["ISTESTCD"], row["ISTEST"])
    row.setdefault("ISSPEC", SPECIMEN)
    return row
