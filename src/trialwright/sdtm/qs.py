"""Questionnaires: one row for each question answered at a visit."""

import polars as pl

from trialwright.sdtm._domain import Domain, Row, Source, variables

SPEC = Domain(
    code="QS",
    label="Questionnaires",
    klass="Findings",
    structure="One record per questionnaire per question per time point per visit per subject",
    keys=("STUDYID", "USUBJID", "QSCAT", "QSTESTCD", "VISITNUM"),
    variables=variables("""
STUDYID  | Study Identifier                       | text     | 20  | Req  | Identifier         | Assigned
DOMAIN   | Domain Abbreviation                    | text     | 2   | Req  | Identifier         | Assigned
USUBJID  | Unique Subject Identifier              | text     | 40  | Req  | Identifier         | Assigned
QSSEQ    | Sequence Number                        | integer  | 8   | Req  | Identifier         | Derived
QSTESTCD | Question Short Name                    | text     | 8   | Req  | Topic              | Assigned
QSTEST   | Question Name                          | text     | 40  | Req  | Synonym Qualifier  | Assigned
QSCAT    | Category of Question                   | text     | 60  | Req  | Grouping Qualifier | Assigned
QSSCAT   | Subcategory for Question               | text     | 60  | Perm | Grouping Qualifier | Assigned
QSORRES  | Finding in Original Units              | text     | 200 | Exp  | Result Qualifier   | Collected
QSORRESU | Original Units                         | text     | 40  | Perm | Variable Qualifier | Collected
QSSTRESC | Character Result/Finding in Std Format | text     | 200 | Exp  | Result Qualifier   | Derived
QSSTRESN | Numeric Finding in Standard Units      | float    | 8   | Perm | Result Qualifier   | Derived
QSSTRESU | Standard Units                         | text     | 40  | Perm | Variable Qualifier | Derived
QSSTAT   | Completion Status                      | text     | 8   | Perm | Record Qualifier   | Collected
QSREASND | Reason Not Performed                   | text     | 200 | Perm | Record Qualifier   | Collected
QSLOBXFL | Last Observation Before Exposure Flag  | text     | 2   | Exp  | Record Qualifier   | Derived
QSDRVFL  | Derived Flag                           | text     | 1   | Perm | Record Qualifier   | Derived
VISITNUM | Visit Number                           | float    | 8   | Exp  | Timing             | Protocol
VISIT    | Visit Name                             | text     | 200 | Perm | Timing             | Protocol
VISITDY  | Planned Study Day of Visit             | integer  | 8   | Perm | Timing             | Derived
EPOCH    | Epoch                                  | text     | 40  | Perm | Timing             | Assigned
QSDTC    | Date/Time of Finding                   | datetime | 20  | Exp  | Timing             | Collected
QSDY     | Study Day of Finding                   | integer  | 8   | Perm | Timing             | Derived
"""),
)

def rows(source: Source) -> pl.DataFrame:
    """One record for each question and visit."""
    return source.framed(SPEC, [_named(row) for row in source.findings("QS")])


def _named(row: Row) -> Row:
    row.setdefault("QSCAT", row["QSTESTCD"])
    return row
