"""Doses as collected: planned doses, given or not, and why not."""

import polars as pl

from trialwright.sdtm._domain import Domain, Row, Source, variables

SPEC = Domain(
    code="EC",
    label="Exposure as Collected",
    klass="Interventions",
    structure="One record per protocol-specified study treatment, collected-dosing interval, per subject, per mood",
    keys=("STUDYID", "USUBJID", "ECTRT", "ECSTDTC"),
    variables=variables("""
STUDYID  | Study Identifier                | text     | 20  | Req  | Identifier         | Assigned
DOMAIN   | Domain Abbreviation             | text     | 2   | Req  | Identifier         | Assigned
USUBJID  | Unique Subject Identifier       | text     | 40  | Req  | Identifier         | Assigned
ECSEQ    | Sequence Number                 | integer  | 8   | Req  | Identifier         | Derived
ECSPID   | Sponsor-Defined Identifier      | text     | 40  | Perm | Identifier         | Assigned
ECTRT    | Name of Treatment               | text     | 200 | Req  | Topic              | Collected
ECPRESP  | Pre-Specified                   | text     | 2   | Perm | Variable Qualifier | Assigned
ECOCCUR  | Occurrence                      | text     | 2   | Perm | Record Qualifier   | Collected
ECREASOC | Reason for Occur Value          | text     | 200 | Perm | Record Qualifier   | Collected
ECDOSE   | Dose                            | float    | 8   | Exp  | Record Qualifier   | Collected
ECDOSU   | Dose Units                      | text     | 200 | Exp  | Variable Qualifier | Collected
ECDOSFRM | Dose Form                       | text     | 200 | Exp  | Variable Qualifier | Collected
ECDOSFRQ | Dosing Frequency per Interval   | text     | 200 | Perm | Record Qualifier   | Collected
ECROUTE  | Route of Administration         | text     | 200 | Perm | Variable Qualifier | Collected
ECLOC    | Location of Dose Administration | text     | 200 | Perm | Record Qualifier   | Collected
ECLAT    | Laterality                      | text     | 200 | Perm | Variable Qualifier | Collected
EPOCH    | Epoch                           | text     | 40  | Perm | Timing             | Assigned
ECSTDTC  | Start Date/Time of Treatment    | datetime | 20  | Exp  | Timing             | Collected
ECENDTC  | End Date/Time of Treatment      | datetime | 20  | Exp  | Timing             | Collected
ECSTDY   | Study Day of Start of Treatment | integer  | 8   | Perm | Timing             | Derived
ECENDY   | Study Day of End of Treatment   | integer  | 8   | Perm | Timing             | Derived
"""),
)


def rows(source: Source) -> pl.DataFrame:
    """One record for each planned dose."""
    told: list[Row] = [row | {"ECPRESP": "Y"} for row in source.log("EC")]
    return source.framed(SPEC, told)
