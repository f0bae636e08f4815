"""The blind of the evaluator as analysed: what he guessed at each visit, how sure he was and why, and whether the guess was right."""

from collections.abc import Mapping

import polars as pl

from trialwright.adam import bds
from trialwright.adam.derive import with_day
from trialwright.protocol import Study
from trialwright.sdtm import Method, variables

CATEGORY, GUESS = "BLINDING GUESS", "GUESS"
RIGHT = "The guess is the arm that the subject is in"
CONTROL = "C"
"""The answer that stands for every control arm; T stands for any other."""
SPEC = bds.specified(
    "ADBL",
    "Evaluator Blinding Analysis",
    *variables("""
AVALC   | Analysis Value (C)                 | text | 40  | Cond | Value     | Predecessor
CRIT1   | Analysis Criterion 1               | text | 200 | Perm | Indicator | Assigned
CRIT1FL | Criterion 1 Evaluation Result Flag | text | 1   | Cond | Indicator | Derived
"""),
    methods={"CRIT1FL": Method("Y when AVALC names the kind of arm of TRTP (T: with study drug, C: control), N when it names the other",
                               "trialwright.adam.adbl:rows")},
    sources={"AVALC": "QS.QSSTRESC"},
)  # fmt: skip


def rows(study: Study, sdtm: Mapping[str, pl.DataFrame], adsl: pl.DataFrame) -> pl.DataFrame:
    """One row for each answer of the guess; whether it is right is known only to a reader who knows the arms."""
    asked = sdtm["QS"].filter((pl.col("QSCAT") == CATEGORY) & pl.col("QSSTRESC").is_not_null())
    if not asked.height:
        return pl.DataFrame(schema=SPEC.types)
    dated = with_day(asked.join(sdtm["DM"].select("USUBJID", "RFSTDTC"), on="USUBJID", how="inner", maintain_order="left"), "A", "QSDTC")
    frame = dated.select(
        "STUDYID", "USUBJID", "VISITNUM", "VISIT", "ADT", "ADY", PARAMCD="QSTESTCD", PARAM="QSTEST", AVALC="QSSTRESC", AVAL="QSSTRESN",
        AVISIT=pl.col("VISIT").str.to_titlecase(), AVISITN="VISITNUM", DTYPE=pl.lit(None, pl.String), ANL01FL=pl.lit("Y"),
        SRCDOM=pl.lit("QS"), SRCVAR=pl.lit("QSSTRESC"), SRCSEQ="QSSEQ",
    )  # fmt: skip
    whole = bds.finished(SPEC, [frame], adsl)
    kind = pl.col("TRTP").replace_strict({arm.name.en: CONTROL if arm.control else "T" for arm in study.arms}, default=None, return_dtype=pl.String)
    judged = (pl.col("PARAMCD") == GUESS) & pl.col("AVALC").is_in(["T", CONTROL]) & kind.is_not_null()
    flag = pl.when(judged & (pl.col("AVALC") == kind)).then(pl.lit("Y")).when(judged).then(pl.lit("N"))
    return whole.with_columns(flag.alias("CRIT1FL"), pl.when(judged).then(pl.lit(RIGHT)).alias("CRIT1"))
