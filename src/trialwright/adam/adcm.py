"""Other drugs as analysed: dated, before or under treatment, steroids as prednisone a day."""

from collections.abc import Mapping

import polars as pl

from trialwright.adam.derive import with_day, with_imputed_start
from trialwright.adam.derive.doses import prednisone_a_day
from trialwright.protocol import Study
from trialwright.sdtm import Domain, Method, variables

_DAYS, _HERE = "trialwright.adam.derive.days", "trialwright.adam.adcm:rows"
SPEC = Domain(
    code="ADCM",
    label="Concomitant Medication Analysis",
    klass="OCCURRENCE DATA STRUCTURE",
    structure="One record per subject per drug and dose",
    keys=("STUDYID", "USUBJID", "CMSEQ"),
    variables=variables("""
STUDYID  | Study Identifier                       | text    | 20  | Req  | Identifier   | Predecessor
USUBJID  | Unique Subject Identifier              | text    | 40  | Req  | Identifier   | Predecessor
SUBJID   | Subject Identifier for the Study       | text    | 30  | Perm | Identifier   | Predecessor
SITEID   | Study Site Identifier                  | text    | 10  | Perm | Identifier   | Predecessor
CMSEQ    | Sequence Number                        | integer | 8   | Req  | Identifier   | Predecessor
TRTP     | Planned Treatment                      | text    | 200 | Cond | Treatment    | Predecessor
TRTA     | Actual Treatment                       | text    | 200 | Cond | Treatment    | Predecessor
ITTFL    | Intent-To-Treat Population Flag        | text    | 1   | Cond | Population   | Predecessor
SAFFL    | Safety Population Flag                 | text    | 1   | Cond | Population   | Predecessor
TRTSDT   | Date of First Exposure to Treatment    | date    | 8   | Perm | Timing       | Predecessor
TRTEDT   | Date of Last Exposure to Treatment     | date    | 8   | Perm | Timing       | Predecessor
CMTRT    | Reported Name of Drug, Med, or Therapy | text    | 200 | Req  | Topic        | Predecessor
CMDECOD  | Standardized Medication Name           | text    | 200 | Cond | Topic        | Predecessor
CMCLAS   | Medication Class                       | text    | 200 | Perm | Topic        | Predecessor
CMINDC   | Indication                             | text    | 200 | Perm | Qualifier    | Predecessor
CMDOSE   | Dose per Administration                | float   | 8   | Perm | Qualifier    | Predecessor
CMDOSU   | Dose Units                             | text    | 40  | Perm | Qualifier    | Predecessor
CMDOSFRQ | Dosing Frequency per Interval          | text    | 40  | Perm | Qualifier    | Predecessor
CMROUTE  | Route of Administration                | text    | 40  | Perm | Qualifier    | Predecessor
PREDDAY  | Prednisone Equivalent (mg per Day)     | float   | 8   | Perm | Qualifier    | Derived
ASTDT    | Analysis Start Date                    | date    | 8   | Cond | Timing       | Derived
ASTDTF   | Analysis Start Date Imputation Flag    | text    | 1   | Cond | Timing       | Derived
ASTDY    | Analysis Start Relative Day            | integer | 8   | Cond | Timing       | Derived
AENDT    | Analysis End Date                      | date    | 8   | Cond | Timing       | Derived
AENDY    | Analysis End Relative Day              | integer | 8   | Cond | Timing       | Derived
PREFL    | Pre-treatment Flag                     | text    | 1   | Perm | Indicator    | Derived
ONTRTFL  | On Treatment Record Flag               | text    | 1   | Perm | Indicator    | Derived
SRCDOM   | Source Data                            | text    | 8   | Perm | Traceability | Assigned
SRCVAR   | Source Variable                        | text    | 8   | Perm | Traceability | Assigned
SRCSEQ   | Source Sequence Number                 | integer | 8   | Perm | Traceability | Predecessor
"""),
    methods={
        "PREDDAY": Method("Daily dose of a systemic steroid times its prednisone equivalent; null for other drugs",
                          "trialwright.adam.derive.doses:prednisone_a_day"),
        "ASTDT": Method("CMSTDTC; unknown parts become the earliest day possible, or TRTSDT where it lies within what is known", f"{_DAYS}:with_imputed_start"),
        "ASTDTF": Method("D when the day, M when month and day of ASTDT were imputed", f"{_DAYS}:with_imputed_start"),
        "ASTDY": Method("ASTDT - RFSTDTC, plus 1 on or after RFSTDTC", f"{_DAYS}:with_day"),
        "AENDT": Method("Date part of CMENDTC, if it is complete", f"{_DAYS}:with_day"),
        "AENDY": Method("AENDT - RFSTDTC, plus 1 on or after RFSTDTC", f"{_DAYS}:with_day"),
        "PREFL": Method("Y when ASTDT is unknown or before TRTSDT", _HERE),
        "ONTRTFL": Method("Y when the drug was taken on at least one day from TRTSDT to TRTEDT; an unknown end counts as ongoing", _HERE),
    },
    sources={"TRTP": "ADSL.TRT01P", "TRTA": "ADSL.TRT01A", "SRCSEQ": "CM.CMSEQ"},
)  # fmt: skip


def rows(study: Study, sdtm: Mapping[str, pl.DataFrame], adsl: pl.DataFrame) -> pl.DataFrame:
    """One row for each drug and dose of the tabulation."""
    people = adsl.select("USUBJID", "SUBJID", "SITEID", "ITTFL", "SAFFL", "TRTSDT", "TRTEDT", TRTP="TRT01P", TRTA="TRT01A")
    frame = sdtm["CM"].join(people, on="USUBJID", how="inner", maintain_order="left")
    frame = frame.join(sdtm["DM"].select("USUBJID", "RFSTDTC"), on="USUBJID", how="left", maintain_order="left")
    frame = with_imputed_start(frame, "CMSTDTC")
    frame = with_day(frame.with_columns(_ISO=pl.col("ASTDT").dt.strftime("%Y-%m-%d")), "AST", "_ISO")
    frame = with_day(frame, "AEN", "CMENDTC")
    begun, ended = pl.col("ASTDT"), pl.col("CMENDTC")
    before = begun.is_null() | (begun < pl.col("TRTSDT"))
    first_day = pl.col("TRTSDT").dt.strftime("%Y-%m-%d")
    over = ended.is_not_null() & (ended < first_day.str.slice(0, ended.str.len_chars()))
    during = (begun.is_null() | pl.col("TRTEDT").is_null() | (begun <= pl.col("TRTEDT"))) & ~over
    frame = frame.with_columns(
        pl.Series("PREDDAY", [prednisone_a_day(row) for row in frame.iter_rows(named=True)], dtype=pl.Float64),
        pl.when(pl.col("TRTSDT").is_not_null() & before).then(pl.lit("Y")).alias("PREFL"),
        pl.when(pl.col("TRTSDT").is_not_null() & during).then(pl.lit("Y")).alias("ONTRTFL"),
        SRCDOM=pl.lit("CM"),
        SRCVAR=pl.lit("CMTRT"),
        SRCSEQ=pl.col("CMSEQ"),
    )
    return frame.select(pl.col(name).cast(kind) for name, kind in SPEC.types.items()).sort("USUBJID", "CMSEQ")
