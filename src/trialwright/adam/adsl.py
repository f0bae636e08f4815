"""One row for each person: treatment, populations, traits at the start, disease, and how the study ended for him."""

from collections.abc import Mapping, Sequence

import polars as pl

from trialwright.adam import bds
from trialwright.adam.derive import with_day
from trialwright.protocol import Study
from trialwright.sdtm import Domain, Method, variables

ANTIBODIES = {"ANA": "NUCLEAR AUTOANTIGENS", "SCL70": "SCL-70", "ACA": "CENTROMERE", "RNAP3": "RNA POLYMERASE III"}
METHODS = {
    "AGEGR1": "<65 or >=65, from AGE",
    "TRT01PN": "Place of TRT01P among the arms of the study",
    "TRT01AN": "Place of TRT01A among the arms of the study",
    "ENRLFL": "Y when DM.RFSTDTC is known, otherwise N",
    "ITTFL": "Y when enrolled and assigned to an arm, otherwise N",
    "SAFFL": "Y when TRTSDT is known, otherwise N; null while the arms are hidden",
    "FASFL": "Y when ITTFL is Y and the primary endpoint has a baseline and a later value (CHG), otherwise N",
    "RANDFL": "Y when ITTFL is Y and the study is randomized, otherwise N",
    "COMPLFL": "Y when ITTFL is Y and EOSSTT is COMPLETED, otherwise N",
    "RFICDT": "DM.RFICDTC as a date",
    "ENRLDT": "DM.RFSTDTC as a date",
    "TRTSDT": "DM.RFXSTDTC as a date; in a control arm without a dose the reference day",
    "TRTEDT": "DM.RFXENDTC as a date; in a control arm DM.RFENDTC",
    "TRTDURD": "TRTEDT - TRTSDT + 1",
    "EOSSTT": "Of the last disposition event that is not about treatment (DS): COMPLETED or DISCONTINUED; ONGOING without one",
    "EOSDT": "DSSTDTC of the same record",
    "DCSREAS": "DSDECOD of the same record, when it is not COMPLETED",
    "EOTSTT": "Of the last disposition event about treatment (DS): COMPLETED or DISCONTINUED; ONGOING without one while in the study",
    "DCTREAS": "DSDECOD of the same record, when it is not COMPLETED",
    "DTHDT": "DM.DTHDTC as a date",
    "HEIGHTBL": "Last VSSTRESN of HEIGHT up to the reference day",
    "WEIGHTBL": "Last VSSTRESN of WEIGHT up to the reference day",
    "BMIBL": "WEIGHTBL / (HEIGHTBL / 100) ** 2",
    "MRSSBL": "BASE of MRSSTOT in ADRS",
    "FVCPPBL": "BASE of FVCPP in ADRE",
    "SUBSET": "MHSCAT of the disease under study",
    "ONSETDT": "First day that MHSTDTC of SYMPTOM ONSET can mean",
    "DISDUR": "(ENRLDT - ONSETDT) / 365.25",
    **{name: f"Last ISSTRESC with ISBDAGNT = {agent}" for name, agent in ANTIBODIES.items()},
}
"""How each value comes about."""
SPEC = Domain(
    code="ADSL",
    label="Subject-Level Analysis Dataset",
    klass="SUBJECT LEVEL ANALYSIS DATASET",
    structure="One record per subject",
    keys=("STUDYID", "USUBJID"),
    variables=variables("""
STUDYID  | Study Identifier                         | text    | 20  | Req  | Identifier   | Predecessor
USUBJID  | Unique Subject Identifier                | text    | 40  | Req  | Identifier   | Predecessor
SUBJID   | Subject Identifier for the Study         | text    | 30  | Req  | Identifier   | Predecessor
SITEID   | Study Site Identifier                    | text    | 10  | Req  | Identifier   | Predecessor
AGE      | Age                                      | integer | 8   | Req  | Demographics | Predecessor
AGEU     | Age Units                                | text    | 10  | Req  | Demographics | Predecessor
AGEGR1   | Pooled Age Group 1                       | text    | 10  | Perm | Demographics | Derived
SEX      | Sex                                      | text    | 2   | Req  | Demographics | Predecessor
RACE     | Race                                     | text    | 60  | Req  | Demographics | Predecessor
ETHNIC   | Ethnicity                                | text    | 60  | Perm | Demographics | Predecessor
ARM      | Description of Planned Arm               | text    | 200 | Req  | Treatment    | Predecessor
ACTARM   | Description of Actual Arm                | text    | 200 | Perm | Treatment    | Predecessor
ARMNRS   | Reason Arm and/or Actual Arm is Null     | text    | 60  | Perm | Treatment    | Predecessor
TRT01P   | Planned Treatment for Period 01          | text    | 200 | Req  | Treatment    | Predecessor
TRT01PN  | Planned Treatment for Period 01 (N)      | integer | 8   | Perm | Treatment    | Assigned
TRT01A   | Actual Treatment for Period 01           | text    | 200 | Cond | Treatment    | Predecessor
TRT01AN  | Actual Treatment for Period 01 (N)       | integer | 8   | Perm | Treatment    | Assigned
ENRLFL   | Enrolled Population Flag                 | text    | 1   | Cond | Population   | Derived
ITTFL    | Intent-To-Treat Population Flag          | text    | 1   | Cond | Population   | Derived
SAFFL    | Safety Population Flag                   | text    | 1   | Cond | Population   | Derived
FASFL    | Full Analysis Set Population Flag        | text    | 1   | Cond | Population   | Derived
RANDFL   | Randomized Population Flag               | text    | 1   | Cond | Population   | Derived
COMPLFL  | Completers Population Flag               | text    | 1   | Cond | Population   | Derived
RFICDT   | Date of Informed Consent                 | date    | 8   | Perm | Timing       | Derived
ENRLDT   | Date of Enrollment                       | date    | 8   | Perm | Timing       | Derived
TRTSDT   | Date of First Exposure to Treatment      | date    | 8   | Cond | Timing       | Derived
TRTEDT   | Date of Last Exposure to Treatment       | date    | 8   | Cond | Timing       | Derived
TRTDURD  | Total Treatment Duration (Days)          | integer | 8   | Perm | Timing       | Derived
EOSSTT   | End of Study Status                      | text    | 20  | Perm | Disposition  | Derived
EOSDT    | End of Study Date                        | date    | 8   | Perm | Disposition  | Derived
DCSREAS  | Reason for Discontinuation from Study    | text    | 60  | Perm | Disposition  | Derived
EOTSTT   | End of Treatment Status                  | text    | 20  | Perm | Disposition  | Derived
DCTREAS  | Reason for Discontinuation of Treatment  | text    | 60  | Perm | Disposition  | Derived
DTHFL    | Subject Death Flag                       | text    | 1   | Perm | Disposition  | Predecessor
DTHDT    | Date of Death                            | date    | 8   | Perm | Disposition  | Derived
HEIGHTBL | Height at Baseline (cm)                  | float   | 8   | Perm | Baseline     | Derived
WEIGHTBL | Weight at Baseline (kg)                  | float   | 8   | Perm | Baseline     | Derived
BMIBL    | Body Mass Index at Baseline (kg/m2)      | float   | 8   | Perm | Baseline     | Derived
MRSSBL   | Skin Score at Baseline                   | float   | 8   | Perm | Baseline     | Derived
FVCPPBL  | FVC Percent Predicted at Baseline        | float   | 8   | Perm | Baseline     | Derived
SUBSET   | Skin Subset Ever Reached                 | text    | 20  | Perm | Disease      | Derived
ONSETDT  | First Sign Other Than Raynaud, Earliest  | date    | 8   | Perm | Disease      | Derived
DISDUR   | Disease Duration at Enrollment (Years)   | float   | 8   | Perm | Disease      | Derived
ANA      | Antinuclear Antibody                     | text    | 20  | Perm | Disease      | Derived
SCL70    | Anti-Topoisomerase I Antibody            | text    | 20  | Perm | Disease      | Derived
ACA      | Anticentromere Antibody                  | text    | 20  | Perm | Disease      | Derived
RNAP3    | Anti-RNA Polymerase III Antibody         | text    | 20  | Perm | Disease      | Derived
"""),
    methods={name: Method(words, "trialwright.adam.adsl:rows") for name, words in METHODS.items()},
    sources={"TRT01P": "DM.ARM", "TRT01A": "DM.ACTARM"},
)


def rows(study: Study, sdtm: Mapping[str, pl.DataFrame], values: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """One row per person of DM; `values` are the analysis rows of the endpoints, from which FASFL and baselines come."""
    frame = _treated(study, sdtm["DM"])
    frame = _with_ending(frame, sdtm["DS"])
    frame = _with_populations(study, frame, values)
    frame = _with_body(frame, sdtm["VS"])
    frame = _with_baselines(frame, values)
    frame = _with_disease(frame, sdtm["MH"], sdtm["IS"])
    missing = [pl.lit(None, kind).alias(name) for name, kind in SPEC.types.items() if name not in frame.columns]
    return (
        frame.with_columns(missing).select(pl.col(name).cast(kind) for name, kind in SPEC.types.items()).sort("USUBJID")
    )


def _treated(study: Study, dm: pl.DataFrame) -> pl.DataFrame:
    """Arms and dates of treatment; in a control arm treatment begins on the reference day even without a dose on record."""
    number = {arm.name.en: place for place, arm in enumerate(study.arms, start=1)}
    control = [arm.name.en for arm in study.arms if arm.control]
    for name, text in {
        "RFIC": "RFICDTC",
        "ENRL": "RFSTDTC",
        "TRTS": "RFXSTDTC",
        "TRTE": "RFXENDTC",
        "DTH": "DTHDTC",
    }.items():
        dm = with_day(dm, name, text).drop(f"{name}DY")
    start = pl.when(pl.col("ACTARM").is_in(control)).then(pl.coalesce("TRTSDT", "ENRLDT")).otherwise(pl.col("TRTSDT"))
    ends = (
        pl.when(pl.col("ACTARM").is_in(control))
        .then(pl.col("RFENDTC").str.to_date("%Y-%m-%d", strict=False))
        .otherwise(pl.col("TRTEDT"))
    )
    arms = {"TRT01P": "ARM", "TRT01A": "ACTARM"}
    numbers = [
        pl.col(arm).replace_strict(number, default=None, return_dtype=pl.Int64).alias(f"{name}N")
        for name, arm in arms.items()
    ]
    dm = dm.with_columns(
        start.alias("TRTSDT"), ends.alias("TRTEDT"), *numbers, *(pl.col(arm).alias(name) for name, arm in arms.items())
    )
    group = pl.when(pl.col("AGE") < 65).then(pl.lit("<65")).when(pl.col("AGE") >= 65).then(pl.lit(">=65"))
    days = (pl.col("TRTEDT") - pl.col("TRTSDT")).dt.total_days() + 1
    return dm.with_columns(group.alias("AGEGR1"), days.alias("TRTDURD"))


def _with_ending(frame: pl.DataFrame, ds: pl.DataFrame) -> pl.DataFrame:
    """Status at the end of study and of treatment, with the reason of an early end."""
    events = ds.filter(pl.col("DSCAT") == "DISPOSITION EVENT")
    of_treatment = pl.col("DSSCAT").fill_null("") == "STUDY TREATMENT"
    for prefix, reason, picked in (
        ("EOS", "DCSREAS", events.filter(~of_treatment)),
        ("EOT", "DCTREAS", events.filter(of_treatment)),
    ):
        last = picked.sort("USUBJID", "DSSEQ").group_by("USUBJID", maintain_order=True).last()
        completed = pl.col("DSDECOD") == "COMPLETED"
        last = last.select(
            "USUBJID",
            pl.when(completed).then(pl.lit("COMPLETED")).otherwise(pl.lit("DISCONTINUED")).alias(f"{prefix}STT"),
            pl.when(~completed).then(pl.col("DSDECOD")).alias(reason),
            pl.col("DSSTDTC").str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False).alias(f"{prefix}DT"),
        )
        frame = frame.join(last, on="USUBJID", how="left", maintain_order="left")
    enrolled, left = pl.col("ENRLDT").is_not_null(), pl.col("EOSSTT").is_not_null()
    study = pl.when(enrolled).then(pl.coalesce("EOSSTT", pl.lit("ONGOING")))
    treatment = (
        pl.when(enrolled & ~left).then(pl.coalesce("EOTSTT", pl.lit("ONGOING"))).when(enrolled).then(pl.col("EOTSTT"))
    )
    return frame.with_columns(study.alias("EOSSTT"), treatment.alias("EOTSTT"))


def _with_populations(study: Study, frame: pl.DataFrame, values: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Enrolled: intent to treat. Treated: safety. Enrolled with a baseline and a later value of the primary endpoint: full analysis set.

    Who was treated is unknown, not no, to a reader from whom the arms are hidden.
    """
    wanted = {bds.test_of(study, one) for one in study.endpoints if one.primary and one.at is not None}
    wanted |= {"MRSSTOT"} if any(one.primary and one.form == "MRSS" for one in study.endpoints) else set()
    analysed = (
        pl.concat([one.filter(pl.col("PARAMCD").is_in(wanted)).select("USUBJID", "CHG") for one in values])
        if values
        else None
    )
    changed = [] if analysed is None else analysed.filter(pl.col("CHG").is_not_null())["USUBJID"].unique().to_list()
    enrolled = pl.col("ENRLDT").is_not_null() & (pl.col("ARMNRS").fill_null("") != "NOT ASSIGNED")
    randomized = study.chosen.method.value == "randomized"
    flags = {
        "ENRLFL": pl.col("ENRLDT").is_not_null(),
        "ITTFL": enrolled,
        "SAFFL": pl.col("TRTSDT").is_not_null(),
        "FASFL": enrolled & pl.col("USUBJID").is_in(changed),
        "RANDFL": enrolled & pl.lit(randomized),
        "COMPLFL": enrolled & (pl.col("EOSSTT").fill_null("") == "COMPLETED"),
    }
    told = frame.with_columns(
        pl.when(rule).then(pl.lit("Y")).otherwise(pl.lit("N")).alias(name) for name, rule in flags.items()
    )
    hidden = enrolled & pl.col("ARM").is_null()
    return told.with_columns(pl.when(hidden).then(None).otherwise(pl.col("SAFFL")).alias("SAFFL"))


def _with_body(frame: pl.DataFrame, vs: pl.DataFrame) -> pl.DataFrame:
    """Height and weight: the last ones up to the reference day, or of an unknown day before it."""
    start = frame.select("USUBJID", "RFSTDTC")
    early = vs.join(start, on="USUBJID", how="inner").filter(
        pl.col("VSSTRESN").is_not_null()
        & (pl.col("VSDTC").is_null() | pl.col("RFSTDTC").is_null() | (pl.col("VSDTC") <= pl.col("RFSTDTC")))
    )
    for test in ("HEIGHT", "WEIGHT"):
        last = early.filter(pl.col("VSTESTCD") == test).sort("USUBJID", "VSDTC", "VSSEQ", nulls_last=False)
        picked = (
            last.group_by("USUBJID", maintain_order=True)
            .last()
            .select("USUBJID", pl.col("VSSTRESN").alias(f"{test}BL"))
        )
        frame = frame.join(picked, on="USUBJID", how="left", maintain_order="left")
    return frame.with_columns((pl.col("WEIGHTBL") / (pl.col("HEIGHTBL") / 100) ** 2).alias("BMIBL"))


def _with_baselines(frame: pl.DataFrame, values: Sequence[pl.DataFrame]) -> pl.DataFrame:
    for parameter, name in (("MRSSTOT", "MRSSBL"), ("FVCPP", "FVCPPBL")):
        found = [one.filter((pl.col("PARAMCD") == parameter) & (pl.col("ABLFL") == "Y")) for one in values]
        told = pl.concat([one.select("USUBJID", pl.col("BASE").alias(name)) for one in found]) if found else None
        if told is not None:
            frame = frame.join(told, on="USUBJID", how="left", maintain_order="left")
    return frame


def _with_disease(frame: pl.DataFrame, mh: pl.DataFrame, antibodies: pl.DataFrame) -> pl.DataFrame:
    """Skin subset, duration from the first sign to enrollment, and antibodies, as far as the study asks for them."""
    subset = (
        mh.filter(pl.col("MHSCAT").is_not_null())
        .group_by("USUBJID", maintain_order=True)
        .last()
        .select("USUBJID", SUBSET="MHSCAT")
    )
    onset = mh.filter((pl.col("MHEVDTYP") == "SYMPTOM ONSET") & pl.col("MHSTDTC").is_not_null())
    onset = (
        onset.group_by("USUBJID", maintain_order=True).last().select("USUBJID", _first_day("MHSTDTC").alias("ONSETDT"))
    )
    for part in (subset, onset):
        frame = frame.join(part, on="USUBJID", how="left", maintain_order="left")
    years = (pl.col("ENRLDT") - pl.col("ONSETDT")).dt.total_days() / 365.25
    results = antibodies.filter(pl.col("ISTSTDTL").is_null() & pl.col("ISSTRESC").is_not_null())
    for name, agent in ANTIBODIES.items():
        one = results.filter(pl.col("ISBDAGNT") == agent).group_by("USUBJID", maintain_order=True).last()
        frame = frame.join(
            one.select("USUBJID", pl.col("ISSTRESC").alias(name)), on="USUBJID", how="left", maintain_order="left"
        )
    return frame.with_columns(years.alias("DISDUR"))


def _first_day(text: str) -> pl.Expr:
    """The first day that a partly known date can mean."""
    known = pl.col(text).str.len_chars()
    padded = (
        pl.when(known == 4)
        .then(pl.col(text) + "-01-01")
        .when(known == 7)
        .then(pl.col(text) + "-01")
        .otherwise(pl.col(text))
    )
    return padded.str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False)
