"""Adverse events as analysed: dated, set against treatment, one row for each event."""

from collections.abc import Mapping

import polars as pl

from trialwright.adam.derive import with_day, with_imputed_start, with_treatment_emergent
from trialwright.protocol import Study
from trialwright.sdtm import Domain, Method, variables

_DAYS = "trialwright.adam.derive.days"
SPEC = Domain(
    code="ADAE",
    label="Adverse Event Analysis",
    klass="OCCURRENCE DATA STRUCTURE",
    structure="One record per subject per adverse event",
    keys=("STUDYID", "USUBJID", "AESEQ"),
    variables=variables("""
STUDYID  | Study Identifier                         | text    | 20  | Req  | Identifier   | Predecessor
USUBJID  | Unique Subject Identifier                | text    | 40  | Req  | Identifier   | Predecessor
SUBJID   | Subject Identifier for the Study         | text    | 30  | Perm | Identifier   | Predecessor
SITEID   | Study Site Identifier                    | text    | 10  | Perm | Identifier   | Predecessor
AESEQ    | Sequence Number                          | integer | 8   | Req  | Identifier   | Predecessor
TRTP     | Planned Treatment                        | text    | 200 | Cond | Treatment    | Predecessor
TRTA     | Actual Treatment                         | text    | 200 | Cond | Treatment    | Predecessor
TRTAN    | Actual Treatment (N)                     | integer | 8   | Perm | Treatment    | Predecessor
AGE      | Age                                      | integer | 8   | Perm | Demographics | Predecessor
SEX      | Sex                                      | text    | 2   | Perm | Demographics | Predecessor
SAFFL    | Safety Population Flag                   | text    | 1   | Cond | Population   | Predecessor
TRTSDT   | Date of First Exposure to Treatment      | date    | 8   | Perm | Timing       | Predecessor
TRTEDT   | Date of Last Exposure to Treatment       | date    | 8   | Perm | Timing       | Predecessor
AETERM   | Reported Term for the Adverse Event      | text    | 200 | Req  | Topic        | Predecessor
AEDECOD  | Dictionary-Derived Term                  | text    | 200 | Cond | Topic        | Predecessor
AEBODSYS | Body System or Organ Class               | text    | 200 | Cond | Topic        | Predecessor
ASTDT    | Analysis Start Date                      | date    | 8   | Cond | Timing       | Derived
ASTDTF   | Analysis Start Date Imputation Flag      | text    | 1   | Cond | Timing       | Derived
ASTDY    | Analysis Start Relative Day              | integer | 8   | Cond | Timing       | Derived
AENDT    | Analysis End Date                        | date    | 8   | Cond | Timing       | Derived
AENDY    | Analysis End Relative Day                | integer | 8   | Cond | Timing       | Derived
TRTEMFL  | Treatment Emergent Analysis Flag         | text    | 1   | Cond | Indicator    | Derived
AESEV    | Severity/Intensity                       | text    | 20  | Perm | Qualifier    | Predecessor
AETOXGR  | Standard Toxicity Grade                  | text    | 2   | Perm | Qualifier    | Predecessor
AETOXGRN | Standard Toxicity Grade (N)              | integer | 8   | Perm | Qualifier    | Derived
AESER    | Serious Event                            | text    | 2   | Req  | Qualifier    | Predecessor
AESDTH   | Results in Death                         | text    | 2   | Perm | Qualifier    | Predecessor
AESLIFE  | Is Life Threatening                      | text    | 2   | Perm | Qualifier    | Predecessor
AESHOSP  | Requires or Prolongs Hospitalization     | text    | 2   | Perm | Qualifier    | Predecessor
AESDISAB | Persist or Signif Disability/Incapacity  | text    | 2   | Perm | Qualifier    | Predecessor
AESCONG  | Congenital Anomaly or Birth Defect       | text    | 2   | Perm | Qualifier    | Predecessor
AESMIE   | Other Medically Important Serious Event  | text    | 2   | Perm | Qualifier    | Predecessor
AEREL    | Causality                                | text    | 40  | Req  | Qualifier    | Predecessor
AEACN    | Action Taken with Study Treatment        | text    | 40  | Perm | Qualifier    | Predecessor
AEOUT    | Outcome of Adverse Event                 | text    | 60  | Perm | Qualifier    | Predecessor
AOCCFL   | 1st Occurrence within Subject Flag       | text    | 1   | Perm | Indicator    | Derived
AOCCPFL  | 1st Occurrence of Preferred Term Flag    | text    | 1   | Perm | Indicator    | Derived
SRCDOM   | Source Data                              | text    | 8   | Perm | Traceability | Assigned
SRCVAR   | Source Variable                          | text    | 8   | Perm | Traceability | Assigned
SRCSEQ   | Source Sequence Number                   | integer | 8   | Perm | Traceability | Predecessor
"""),
    methods={
        "ASTDT": Method("AESTDTC; unknown parts become the earliest day possible, or TRTSDT where it lies within what is known", f"{_DAYS}:with_imputed_start"),
        "ASTDTF": Method("D when the day, M when month and day of ASTDT were imputed", f"{_DAYS}:with_imputed_start"),
        "ASTDY": Method("ASTDT - RFSTDTC, plus 1 on or after RFSTDTC", f"{_DAYS}:with_day"),
        "AENDT": Method("Date part of AEENDTC, if it is complete", f"{_DAYS}:with_day"),
        "AENDY": Method("AENDT - RFSTDTC, plus 1 on or after RFSTDTC", f"{_DAYS}:with_day"),
        "TRTEMFL": Method("Y when ASTDT lies from TRTSDT to 30 days after TRTEDT, or is unknown", "trialwright.adam.derive.flags:with_treatment_emergent"),
        "AETOXGRN": Method("Number in AETOXGR", "trialwright.adam.adae:rows"),
        "AOCCFL": Method("Y for the first record with TRTEMFL = Y of a subject, by ASTDT and AESEQ", "trialwright.adam.adae:rows"),
        "AOCCPFL": Method("Y for the first record with TRTEMFL = Y of a subject and AEDECOD, by ASTDT and AESEQ", "trialwright.adam.adae:rows"),
    },
    sources={"TRTP": "ADSL.TRT01P", "TRTA": "ADSL.TRT01A", "TRTAN": "ADSL.TRT01AN", "SRCSEQ": "AE.AESEQ"},
)  # fmt: skip


def rows(study: Study, sdtm: Mapping[str, pl.DataFrame], adsl: pl.DataFrame) -> pl.DataFrame:
    """One row per reported event. Terms that no dictionary has coded stay in the reporter's words (AETERM)."""
    people = adsl.select("USUBJID", "SUBJID", "SITEID", "AGE", "SEX", "SAFFL", "TRTSDT", "TRTEDT",
                         TRTP="TRT01P", TRTA="TRT01A", TRTAN="TRT01AN")  # fmt: skip
    starts = sdtm["DM"].select("USUBJID", "RFSTDTC")
    frame = (
        sdtm["AE"]
        .join(people, on="USUBJID", how="inner", maintain_order="left")
        .join(starts, on="USUBJID", how="left", maintain_order="left")
    )
    frame = with_treatment_emergent(with_imputed_start(frame, "AESTDTC"))
    day = frame.with_columns(_ISO=pl.col("ASTDT").dt.strftime("%Y-%m-%d"))
    frame = with_day(day, "AST", "_ISO").drop("_ISO")
    frame = with_day(frame, "AEN", "AEENDTC").sort("USUBJID", "ASTDT", "AESEQ", nulls_last=True)
    first = pl.col("TRTEMFL") == "Y"
    term = pl.coalesce("AEDECOD", pl.col("AETERM").str.to_uppercase())
    frame = frame.with_columns(
        pl.col("AETOXGR").cast(pl.Int64, strict=False).alias("AETOXGRN"),
        pl.when(first & (first.cum_sum().over("USUBJID") == 1)).then(pl.lit("Y")).alias("AOCCFL"),
        pl.when(first & (first.cum_sum().over("USUBJID", term) == 1)).then(pl.lit("Y")).alias("AOCCPFL"),
        SRCDOM=pl.lit("AE"),
        SRCVAR=pl.lit("AETERM"),
        SRCSEQ=pl.col("AESEQ"),
    )
    return frame.select(pl.col(name).cast(kind) for name, kind in SPEC.types.items()).sort("USUBJID", "AESEQ")
