"""Lung function: what was blown, and what follows under the equations that the protocol names."""

import polars as pl

from trialwright.sdtm._domain import Domain, Source, lung, variables

SPEC = Domain(
    code="RE",
    label="Respiratory System Findings",
    klass="Findings",
    structure="One record per finding or result per time point per visit per subject",
    keys=("STUDYID", "USUBJID", "RETESTCD", "RECAT", "VISITNUM"),
    variables=variables("""
STUDYID  | Study Identifier                         | text     | 20  | Req  | Identifier         | Assigned
DOMAIN   | Domain Abbreviation                      | text     | 2   | Req  | Identifier         | Assigned
USUBJID  | Unique Subject Identifier                | text     | 40  | Req  | Identifier         | Assigned
RESEQ    | Sequence Number                          | integer  | 8   | Req  | Identifier         | Derived
RESPID   | Sponsor-Defined Identifier               | text     | 40  | Perm | Identifier         | Assigned
RETESTCD | Short Name of Respiratory Test           | text     | 8   | Req  | Topic              | Assigned
RETEST   | Name of Respiratory Test                 | text     | 40  | Req  | Synonym Qualifier  | Assigned
RECAT    | Category for Respiratory Test            | text     | 60  | Perm | Grouping Qualifier | Assigned
REORRES  | Result or Finding in Original Units      | text     | 200 | Exp  | Result Qualifier   | Collected
REORRESU | Original Units                           | text     | 40  | Perm | Variable Qualifier | Collected
RESTRESC | Character Result/Finding in Std Format   | text     | 200 | Exp  | Result Qualifier   | Derived
RESTRESN | Numeric Result/Finding in Standard Units | float    | 8   | Perm | Result Qualifier   | Derived
RESTRESU | Standard Units                           | text     | 40  | Perm | Variable Qualifier | Derived
RESTAT   | Completion Status                        | text     | 8   | Perm | Record Qualifier   | Collected
REREASND | Reason Not Done                          | text     | 200 | Perm | Record Qualifier   | Collected
REMETHOD | Method of Test or Examination            | text     | 200 | Perm | Record Qualifier   | Collected
RELOBXFL | Last Observation Before Exposure Flag    | text     | 2   | Exp  | Record Qualifier   | Derived
REDRVFL  | Derived Flag                             | text     | 1   | Perm | Record Qualifier   | Derived
VISITNUM | Visit Number                             | float    | 8   | Exp  | Timing             | Protocol
VISIT    | Visit Name                               | text     | 200 | Perm | Timing             | Protocol
VISITDY  | Planned Study Day of Visit               | integer  | 8   | Perm | Timing             | Derived
EPOCH    | Epoch                                    | text     | 40  | Perm | Timing             | Assigned
REDTC    | Date/Time of Collection                  | datetime | 20  | Exp  | Timing             | Collected
REDY     | Study Day of Visit/Collection/Exam       | integer  | 8   | Perm | Timing             | Derived
"""),
)


def rows(source: Source) -> pl.DataFrame:
    """One record for each test and visit; percent predicted and z-scores are derived anew, the equation is named in REMETHOD."""
    told = lung.collected(source)
    return source.framed(SPEC, [*told, *lung.derived(source, told)])
