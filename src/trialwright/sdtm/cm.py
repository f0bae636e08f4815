"""Background and other drugs with their doses over time."""

import polars as pl

from trialwright.sdtm._domain import Domain, Row, Source, variables

SPEC = Domain(
    code="CM",
    label="Concomitant/Prior Medications",
    klass="Interventions",
    structure="One record per recorded intervention occurrence or constant-dosing interval per subject",
    keys=("STUDYID", "USUBJID", "CMTRT", "CMSTDTC"),
    variables=variables("""
STUDYID  | Study Identifier                       | text     | 20  | Req  | Identifier         | Assigned
DOMAIN   | Domain Abbreviation                    | text     | 2   | Req  | Identifier         | Assigned
USUBJID  | Unique Subject Identifier              | text     | 40  | Req  | Identifier         | Assigned
CMSEQ    | Sequence Number                        | integer  | 8   | Req  | Identifier         | Derived
CMSPID   | Sponsor-Defined Identifier             | text     | 40  | Perm | Identifier         | Assigned
CMTRT    | Reported Name of Drug, Med, or Therapy | text     | 200 | Req  | Topic              | Collected
CMDECOD  | Standardized Medication Name           | text     | 200 | Perm | Synonym Qualifier  | Collected
CMINDC   | Indication                             | text     | 200 | Perm | Record Qualifier   | Collected
CMDOSE   | Dose per Administration                | float    | 8   | Perm | Record Qualifier   | Collected
CMDOSU   | Dose Units                             | text     | 200 | Perm | Variable Qualifier | Collected
CMDOSFRQ | Dosing Frequency per Interval          | text     | 200 | Perm | Record Qualifier   | Collected
CMROUTE  | Route of Administration                | text     | 200 | Perm | Variable Qualifier | Collected
EPOCH    | Epoch                                  | text     | 40  | Perm | Timing             | Assigned
CMSTDTC  | Start Date/Time of Medication          | datetime | 20  | Perm | Timing             | Collected
CMENDTC  | End Date/Time of Medication            | datetime | 20  | Perm | Timing             | Collected
CMSTDY   | Study Day of Start of Medication       | integer  | 8   | Perm | Timing             | Derived
CMENDY   | Study Day of End of Medication         | integer  | 8   | Perm | Timing             | Derived
CMENRTPT | End Relative to Reference Time Point   | text     | 200 | Perm | Timing             | Collected
CMENTPT  | End Reference Time Point               | text     | 200 | Perm | Timing             | Collected
"""),
)


def rows(source: Source) -> pl.DataFrame:
    """One record for each drug and dose. A drug still taken is ongoing at the last visit."""
    return source.framed(SPEC, [_named(row) for row in source.log("CM")])


def _named(row: Row) -> Row:
    if row.get("CMDECOD") == "OTHER":
        row["CMDECOD"] = (row.get("CMTRT") or "").upper()
    ongoing = row.get("CMENRTPT") == "Y"
    return row | {"CMENRTPT": "ONGOING" if ongoing else None, "CMENTPT": "DATE OF LAST VISIT" if ongoing else None}
