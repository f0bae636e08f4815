"""How much study treatment each person had: doses given and left out, milligrams, days, and the share of what was planned."""

from collections.abc import Mapping

import polars as pl

from trialwright.protocol import Study
from trialwright.sdtm import Domain, Method, variables

_HERE = "trialwright.adam.adex:rows"
PARAMETERS = {
    "DOSES": ("Doses Given", "Number of records in EC with ECOCCUR = Y"),
    "DOSESNG": ("Planned Doses Not Given", "Number of records in EC with ECOCCUR = N"),
    "DOSETOT": ("Total Dose (mg)", "Sum of ECDOSE of the records in EC with ECOCCUR = Y"),
    "DOSEINT": ("Relative Dose Intensity (%)", "100 times DOSETOT divided by the planned dose times the number of records in EC"),
    "DURATION": ("Duration of Treatment (Days)", "ADSL.TRTDURD"),
}
"""Code, label and rule of each parameter."""
SPEC = Domain(
    code="ADEX",
    label="Exposure Analysis",
    klass="BASIC DATA STRUCTURE",
    structure="One record per subject per parameter",
    keys=("STUDYID", "USUBJID", "PARAMCD"),
    variables=variables("""
STUDYID  | Study Identifier                    | text    | 20  | Req  | Identifier   | Predecessor
USUBJID  | Unique Subject Identifier           | text    | 40  | Req  | Identifier   | Predecessor
SUBJID   | Subject Identifier for the Study    | text    | 30  | Perm | Identifier   | Predecessor
SITEID   | Study Site Identifier               | text    | 10  | Perm | Identifier   | Predecessor
TRTP     | Planned Treatment                   | text    | 200 | Cond | Treatment    | Predecessor
TRTA     | Actual Treatment                    | text    | 200 | Cond | Treatment    | Predecessor
ITTFL    | Intent-To-Treat Population Flag     | text    | 1   | Cond | Population   | Predecessor
SAFFL    | Safety Population Flag              | text    | 1   | Cond | Population   | Predecessor
TRTSDT   | Date of First Exposure to Treatment | date    | 8   | Perm | Timing       | Predecessor
TRTEDT   | Date of Last Exposure to Treatment  | date    | 8   | Perm | Timing       | Predecessor
PARAM    | Parameter                           | text    | 200 | Req  | Parameter    | Assigned
PARAMCD  | Parameter Code                      | text    | 8   | Req  | Parameter    | Assigned
PARAMN   | Parameter (N)                       | integer | 8   | Perm | Parameter    | Assigned
AVAL     | Analysis Value                      | float   | 8   | Cond | Value        | Derived
SRCDOM   | Source Data                         | text    | 8   | Perm | Traceability | Assigned
SRCVAR   | Source Variable                     | text    | 8   | Perm | Traceability | Assigned
"""),
    sources={"TRTP": "ADSL.TRT01P", "TRTA": "ADSL.TRT01A"},
    tests={code: Method(rule, _HERE) for code, (_, rule) in PARAMETERS.items()},
)


def rows(study: Study, sdtm: Mapping[str, pl.DataFrame], adsl: pl.DataFrame) -> pl.DataFrame:
    """One row for each treated person and parameter; doses and milligrams only where the arm has a drug of the study."""
    doses = {arm.name.en: float(arm.regimen.dose) for arm in study.arms if arm.regimen}
    planned = pl.col("TRT01A").replace_strict(doses, default=None, return_dtype=pl.Float64)
    given = pl.col("ECOCCUR") == "Y"
    counted = sdtm["EC"].group_by("USUBJID").agg(
        DOSES=given.sum(), DOSESNG=(pl.col("ECOCCUR") == "N").sum(), DOSETOT=pl.col("ECDOSE").filter(given).sum(), _ALL=pl.len())  # fmt: skip
    people = adsl.filter(pl.col("TRTSDT").is_not_null()).join(counted, on="USUBJID", how="left", maintain_order="left")
    people = people.with_columns(DOSEINT=100 * pl.col("DOSETOT") / (planned * pl.col("_ALL")), DURATION=pl.col("TRTDURD"))
    told = [_parameter(people, number, code) for number, code in enumerate(PARAMETERS, start=1)]
    whole = pl.concat(told).with_columns(TRTP=pl.col("TRT01P"), TRTA=pl.col("TRT01A"))
    return whole.select(pl.col(name).cast(kind) for name, kind in SPEC.types.items()).sort("USUBJID", "PARAMCD")


def _parameter(people: pl.DataFrame, number: int, code: str) -> pl.DataFrame:
    shared = [name for name in (*SPEC.names, "TRT01P", "TRT01A") if name in people.columns]
    of_doses = code != "DURATION"
    return people.filter(pl.col(code).is_not_null()).select(
        *shared,
        pl.lit(PARAMETERS[code][0]).alias("PARAM"),
        pl.lit(code).alias("PARAMCD"),
        pl.lit(number).alias("PARAMN"),
        pl.col(code).cast(pl.Float64).alias("AVAL"),
        pl.lit("EC" if of_doses else "DM").alias("SRCDOM"),
        pl.lit("ECDOSE" if code in ("DOSETOT", "DOSEINT") else "ECOCCUR" if of_doses else "RFXSTDTC").alias("SRCVAR"),
    )
