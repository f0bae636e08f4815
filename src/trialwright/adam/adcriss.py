"""Composite response over time: ACR-CRISS and the revised CRISS, from skin, lung, disability and two global assessments."""

from collections.abc import Mapping

import numpy as np
import polars as pl

from trialwright.adam import bds
from trialwright.instruments import criss
from trialwright.protocol import Instrument, Study
from trialwright.sdtm import Method


def _rule(one: Instrument) -> Method:
    return Method(f"From BASE and AVAL of the core measures and the organ events (FA) of the visit. {one.name.en}, rule {one.version}; {one.references[0]}",
                  "trialwright.adam.adcriss:rows")  # fmt: skip


SPEC = bds.specified("ADCRISS", "Composite Response Analysis", tests={
    "ACRCRISS": _rule(criss.INSTRUMENT), **{f"RCRISS{level}": _rule(criss.REVISED) for level in criss.LEVELS}})  # fmt: skip

COMPONENTS = (("ADRS", "MRSSTOT"), ("ADRE", "FVCPP"), ("ADQS", "PTGA"), ("ADRS", "MDGA"), ("ADQS", "HAQDI"))
"""Where the five core measures lie, in the order of the instrument."""
ORGAN_EVENT = "ORGAN EVENT"
"""The category of the findings that are step 1 of the index."""
ACR = "ACRCRISS"
KEEP = ("USUBJID", "AVISITN", "AVISIT", "VISITNUM", "VISIT", "ADT", "ADY", "SRCDOM", "SRCVAR", "SRCSEQ")


def parameters() -> dict[str, str]:
    """Code and label of what is derived here."""
    levels = {f"RCRISS{level}": f"Revised CRISS {level}: Responder (1 yes, 0 no)" for level in criss.LEVELS}
    return {ACR: "ACR-CRISS, Probability of Improvement"} | levels


def rows(study: Study, sdtm: Mapping[str, pl.DataFrame], measured: Mapping[str, pl.DataFrame], adsl: pl.DataFrame) -> pl.DataFrame:
    """One row for each index at each visit that asks for it and at which a core measure was taken; no value where the rest
    leaves it open.

    `measured` are the other analysis data sets. A row names the record of the first core measure there is as its source;
    the others are those of the same visit. Organ events are those told up to the visit; unknown when nobody was asked.
    """
    forms = {one.form for one in study.endpoints if one.measure in parameters()}
    asked = [visit.number for visit in study.visits if forms & set(visit.forms)]
    parts = [_part(measured[dataset], code) for dataset, code in COMPONENTS]
    taken = pl.concat([part.select(*KEEP) for part in parts]).filter(pl.col("AVISITN").is_in(asked))
    first = taken.unique(["USUBJID", "AVISITN"], keep="first", maintain_order=True)
    if not first.height:
        return pl.DataFrame(schema=SPEC.types)
    base, later = (np.column_stack([_beside(first, part, name) for part in parts]) for name in ("BASE", "AVAL"))
    event = _events(first, sdtm["FA"])
    values = {ACR: criss.probability(later - base, event)} | {f"RCRISS{level}": criss.responders(base, later, event, level) for level in criss.LEVELS}
    frames = [_indexed(first, study.code, code, label, values[code]) for code, label in parameters().items()]
    return bds.finished(SPEC, frames, adsl)


def _part(frame: pl.DataFrame, code: str) -> pl.DataFrame:
    """The analysis records of one core measure after the baseline."""
    later = (pl.col("PARAMCD") == code) & (pl.col("ANL01FL") == "Y") & (pl.col("ADY") > 1)
    return frame.filter(later).select(*KEEP, "BASE", "AVAL")


def _beside(rows: pl.DataFrame, part: pl.DataFrame, name: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """The baseline or value of one core measure for each row, NaN where there is none."""
    values = part.select("USUBJID", "AVISITN", pl.col(name).alias("_VALUE"))
    joined = rows.select("USUBJID", "AVISITN").join(values, on=["USUBJID", "AVISITN"], how="left", maintain_order="left")
    return joined["_VALUE"].cast(pl.Float64).fill_null(float("nan")).to_numpy()


def _events(rows: pl.DataFrame, fa: pl.DataFrame) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Step 1 for each row: 1 when an organ event was told up to the visit, 0 when all were denied at it, NaN otherwise."""
    told = fa.filter((pl.col("FATESTCD") == "OCCUR") & (pl.col("FACAT") == ORGAN_EVENT))
    yes = told.filter(pl.col("FAORRES") == "Y").select("USUBJID", pl.col("VISITNUM").alias("_WHEN"))
    no = told.filter(pl.col("FAORRES") == "N").group_by("USUBJID", "VISITNUM").agg(pl.col("FAOBJ").n_unique().alias("_DENIED"))
    ever = rows.select("USUBJID", "VISITNUM").with_row_index("_ROW").join(yes, on="USUBJID", how="inner").filter(pl.col("_WHEN") <= pl.col("VISITNUM"))
    denied = rows.select("USUBJID", "VISITNUM").join(no, on=["USUBJID", "VISITNUM"], how="left", maintain_order="left")
    event = np.where(denied["_DENIED"].fill_null(0).to_numpy() == len(criss.EVENTS), 0.0, np.nan)
    event[ever["_ROW"].unique().to_numpy()] = 1.0
    return event


def _indexed(rows: pl.DataFrame, study: str, code: str, label: str, values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> pl.DataFrame:
    """The rows of one index. A value counts for its visit; there is no baseline and no change of an index of change."""
    value = pl.Series("AVAL", values).fill_nan(None)
    frame = rows.with_columns(value, PARAMCD=pl.lit(code), PARAM=pl.lit(label), DTYPE=pl.lit(None, pl.String),
                              STUDYID=pl.lit(study))  # fmt: skip
    return frame.with_columns(pl.when(pl.col("AVAL").is_not_null()).then(pl.lit("Y")).alias("ANL01FL"))
