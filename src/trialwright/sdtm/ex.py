"""Treatment as given: each dose of the study drug, and the treatment that a control arm went on with."""

import polars as pl

from trialwright.sdtm._domain import Domain, Row, Source, variables

SPEC = Domain(
    code="EX",
    label="Exposure",
    klass="Interventions",
    structure="One record per protocol-specified study treatment, constant-dosing interval, per subject",
    keys=("STUDYID", "USUBJID", "EXTRT", "EXSTDTC"),
    variables=variables("""
STUDYID  | Study Identifier                | text     | 20  | Req  | Identifier         | Assigned
DOMAIN   | Domain Abbreviation             | text     | 2   | Req  | Identifier         | Assigned
USUBJID  | Unique Subject Identifier       | text     | 40  | Req  | Identifier         | Assigned
EXSEQ    | Sequence Number                 | integer  | 8   | Req  | Identifier         | Derived
EXSPID   | Sponsor-Defined Identifier      | text     | 40  | Perm | Identifier         | Assigned
EXTRT    | Name of Treatment               | text     | 200 | Req  | Topic              | Assigned
EXDOSE   | Dose                            | float    | 8   | Exp  | Record Qualifier   | Collected
EXDOSU   | Dose Units                      | text     | 200 | Exp  | Variable Qualifier | Collected
EXDOSFRM | Dose Form                       | text     | 200 | Exp  | Variable Qualifier | Collected
EXDOSFRQ | Dosing Frequency per Interval   | text     | 200 | Perm | Record Qualifier   | Collected
EXROUTE  | Route of Administration         | text     | 200 | Perm | Variable Qualifier | Collected
EXLOC    | Location of Dose Administration | text     | 200 | Perm | Record Qualifier   | Collected
EXLAT    | Laterality                      | text     | 200 | Perm | Variable Qualifier | Collected
EPOCH    | Epoch                           | text     | 40  | Perm | Timing             | Assigned
EXSTDTC  | Start Date/Time of Treatment    | datetime | 20  | Exp  | Timing             | Collected
EXENDTC  | End Date/Time of Treatment      | datetime | 20  | Exp  | Timing             | Collected
EXSTDY   | Study Day of Start of Treatment | integer  | 8   | Perm | Timing             | Derived
EXENDY   | Study Day of End of Treatment   | integer  | 8   | Perm | Timing             | Derived
"""),
)

SITES = {"ABDOMEN": "ABDOMEN", "THIGH": "THIGH", "UARM": "ARM"}
SIDES = {"R": "RIGHT", "L": "LEFT"}


def rows(source: Source) -> pl.DataFrame:
    """One record for each dose that was given; for a control patient one for each drug and dose from the reference day on.

    A dose of the study drug begins and ends on its day.
    """
    return source.framed(SPEC, [_placed(dict(row)) for row in source.treatment])


def _placed(row: Row) -> Row:
    """Parts the place of injection into body part and side, as the standard wants them."""
    part, _, side = (row.get("EXLOC") or "").rpartition("_")
    if part in SITES:
        row |= {"EXLOC": SITES[part], "EXLAT": SIDES.get(side)}
    return row
