"""Drug accountability: what was dispensed, returned, destroyed or lost."""

import polars as pl

from trialwright.sdtm._domain import Domain, Row, Source, variables

SPEC = Domain(
    code="DA",
    label="Product Accountability",
    klass="Findings",
    structure="One record per product accountability finding per subject",
    keys=("STUDYID", "USUBJID", "DADTC", "DATESTCD", "DAREFID"),
    variables=variables("""
STUDYID  | Study Identifier                        | text     | 20  | Req  | Identifier         | Assigned
DOMAIN   | Domain Abbreviation                     | text     | 2   | Req  | Identifier         | Assigned
USUBJID  | Unique Subject Identifier               | text     | 40  | Req  | Identifier         | Assigned
DASEQ    | Sequence Number                         | integer  | 8   | Req  | Identifier         | Derived
DAREFID  | Reference ID                            | text     | 40  | Perm | Identifier         | Collected
DASPID   | Sponsor-Defined Identifier              | text     | 40  | Perm | Identifier         | Assigned
DATESTCD | Short Name of Accountability Assessment | text     | 8   | Req  | Topic              | Collected
DATEST   | Name of Accountability Assessment       | text     | 40  | Req  | Synonym Qualifier  | Derived
DACAT    | Category                                | text     | 200 | Perm | Grouping Qualifier | Assigned
DAORRES  | Assessment Result in Original Units     | text     | 200 | Exp  | Result Qualifier   | Collected
DAORRESU | Original Units                          | text     | 40  | Perm | Variable Qualifier | Assigned
DASTRESC | Result in Standard Format               | text     | 200 | Exp  | Result Qualifier   | Derived
DASTRESN | Numeric Result/Finding in Standard Units | float    | 8   | Perm | Result Qualifier   | Derived
DASTRESU | Assessment Standard Units               | text     | 40  | Perm | Variable Qualifier | Derived
EPOCH    | Epoch                                   | text     | 40  | Perm | Timing             | Assigned
DADTC    | Date/Time of Accountability Assessment  | datetime | 20  | Exp  | Timing             | Collected
DADY     | Study Day of Visit/Collection/Exam      | integer  | 8   | Perm | Timing             | Derived
"""),
)

TESTS = {
    "DISPAMT": "Dispensed Amount",
    "RETAMT": "Returned Amount",
    "DESTAMT": "Destroyed Amount",
    "LOSTAMT": "Lost Amount",
}


def rows(source: Source) -> pl.DataFrame:
    """One record for each row of the log that says what moved and how much of it."""
    told: list[Row] = []
    for row in source.log("DA"):
        test, amount = row.get("DATESTCD"), row.get("DAORRES")
        if test is not None and amount is not None:
            told.append(row | {"DATEST": TESTS.get(test, test), "DASTRESC": amount, "DASTRESN": amount, "DASTRESU": row.get("DAORRESU")})
    return source.framed(SPEC, told)
