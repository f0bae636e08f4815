"""Adverse events as reported: what, when, how severe, serious or not, related or not, and how they ended."""

import polars as pl

from trialwright.sdtm._domain import Domain, Source, variables

SPEC = Domain(
    code="AE",
    label="Adverse Events",
    klass="Events",
    structure="One record per adverse event per subject",
    keys=("STUDYID", "USUBJID", "AESTDTC", "AETERM"),
    variables=variables("""
STUDYID  | Study Identifier                        | text     | 20  | Req  | Identifier         | Assigned
DOMAIN   | Domain Abbreviation                     | text     | 2   | Req  | Identifier         | Assigned
USUBJID  | Unique Subject Identifier               | text     | 40  | Req  | Identifier         | Assigned
AESEQ    | Sequence Number                         | integer  | 8   | Req  | Identifier         | Derived
AESPID   | Sponsor-Defined Identifier              | text     | 40  | Perm | Identifier         | Assigned
AETERM   | Reported Term for the Adverse Event     | text     | 200 | Req  | Topic              | Collected
AELLT    | Lowest Level Term                       | text     | 200 | Exp  | Variable Qualifier | Collected
AELLTCD  | Lowest Level Term Code                  | integer  | 8   | Exp  | Variable Qualifier | Collected
AEDECOD  | Dictionary-Derived Term                 | text     | 200 | Req  | Synonym Qualifier  | Collected
AEPTCD   | Preferred Term Code                     | integer  | 8   | Exp  | Variable Qualifier | Collected
AEHLT    | High Level Term                         | text     | 200 | Exp  | Variable Qualifier | Collected
AEHLTCD  | High Level Term Code                    | integer  | 8   | Exp  | Variable Qualifier | Collected
AEHLGT   | High Level Group Term                   | text     | 200 | Exp  | Variable Qualifier | Collected
AEHLGTCD | High Level Group Term Code              | integer  | 8   | Exp  | Variable Qualifier | Collected
AEBODSYS | Body System or Organ Class              | text     | 200 | Exp  | Record Qualifier   | Collected
AEBDSYCD | Body System or Organ Class Code         | integer  | 8   | Exp  | Variable Qualifier | Collected
AESOC    | Primary System Organ Class              | text     | 200 | Exp  | Variable Qualifier | Collected
AESOCCD  | Primary System Organ Class Code         | integer  | 8   | Exp  | Variable Qualifier | Collected
AESEV    | Severity/Intensity                      | text     | 200 | Perm | Record Qualifier   | Collected
AESER    | Serious Event                           | text     | 2   | Exp  | Record Qualifier   | Collected
AEACN    | Action Taken with Study Treatment       | text     | 200 | Exp  | Record Qualifier   | Collected
AEREL    | Causality                               | text     | 200 | Exp  | Record Qualifier   | Collected
AEOUT    | Outcome of Adverse Event                | text     | 200 | Perm | Record Qualifier   | Collected
AESCONG  | Congenital Anomaly or Birth Defect      | text     | 2   | Perm | Record Qualifier   | Collected
AESDISAB | Persist or Signif Disability/Incapacity | text     | 2   | Perm | Record Qualifier   | Collected
AESDTH   | Results in Death                        | text     | 2   | Perm | Record Qualifier   | Collected
AESHOSP  | Requires or Prolongs Hospitalization    | text     | 2   | Perm | Record Qualifier   | Collected
AESLIFE  | Is Life Threatening                     | text     | 2   | Perm | Record Qualifier   | Collected
AESMIE   | Other Medically Important Serious Event | text     | 2   | Perm | Record Qualifier   | Collected
AETOXGR  | Standard Toxicity Grade                 | text     | 200 | Perm | Record Qualifier   | Collected
EPOCH    | Epoch                                   | text     | 40  | Perm | Timing             | Assigned
AESTDTC  | Start Date/Time of Adverse Event        | datetime | 20  | Exp  | Timing             | Collected
AEENDTC  | End Date/Time of Adverse Event          | datetime | 20  | Exp  | Timing             | Collected
AESTDY   | Study Day of Start of Adverse Event     | integer  | 8   | Perm | Timing             | Derived
AEENDY   | Study Day of End of Adverse Event       | integer  | 8   | Perm | Timing             | Derived
"""),
)


def rows(source: Source) -> pl.DataFrame:
    """One record for each event. Coded terms stay empty until a dictionary has coded them."""
    return source.framed(SPEC, list(source.log("AE")))
