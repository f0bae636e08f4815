"""Times to an event, counted from the reference day: end of the study, adverse events, progression of the skin."""

from collections.abc import Callable, Mapping

import polars as pl

from trialwright.protocol import Study
from trialwright.sdtm import Domain, Method, variables

_HERE = "trialwright.adam.adtte:rows"
PARAMETERS = {
    "TTEOS": ("Time to Leaving the Study Early (Days)", "Disposition of the study other than COMPLETED"),
    "TTAE": ("Time to First Adverse Event under Treatment (Days)", "First record of ADAE with TRTEMFL = Y"),
    "TTSAE": ("Time to First Serious Adverse Event under Treatment (Days)", "First record of ADAE with TRTEMFL = Y and AESER = Y"),
    "TTSKINPR": ("Time to Progression of the Skin Score (Days)", "First record of MRSSTOT in ADRS with CRIT2FL = Y"),
}
"""Code, label and event of each parameter."""
_UNTIL = "ADT - STARTDT + 1; without the event, until the end of the study or the last visit (of the skin: the last score)"
SPEC = Domain(
    code="ADTTE",
    label="Time-to-Event Analysis",
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
PARAM    | Parameter                           | text    | 200 | Req  | Parameter    | Assigned
PARAMCD  | Parameter Code                      | text    | 8   | Req  | Parameter    | Assigned
STARTDT  | Time-to-Event Origin Date for Subject | date    | 8   | Perm | Timing       | Predecessor
ADT      | Analysis Date                       | date    | 8   | Cond | Timing       | Derived
AVAL     | Analysis Value                      | float   | 8   | Cond | Value        | Derived
CNSR     | Censor                              | integer | 8   | Cond | Value        | Derived
EVNTDESC | Event or Censoring Description      | text    | 200 | Perm | Value        | Derived
CNSDTDSC | Censor Date Description             | text    | 200 | Perm | Value        | Derived
SRCDOM   | Source Data                         | text    | 8   | Perm | Traceability | Assigned
SRCVAR   | Source Variable                     | text    | 8   | Perm | Traceability | Assigned
SRCSEQ   | Source Sequence Number              | integer | 8   | Perm | Traceability | Predecessor
"""),
    methods={
        "ADT": Method("Date of the first event; without one the last day on which it is known that there was none", _HERE),
        "CNSR": Method("0 when the event happened, otherwise 1", _HERE),
        "EVNTDESC": Method("What happened, or why the time was cut short", _HERE),
        "CNSDTDSC": Method("Which day the cut is, where CNSR is 1", _HERE),
    },
    sources={"TRTP": "ADSL.TRT01P", "TRTA": "ADSL.TRT01A", "STARTDT": "ADSL.ENRLDT", "SRCSEQ": "--SEQ of the data set that SRCDOM names"},
    tests={code: Method(f"{event}: {_UNTIL}", _HERE) for code, (_, event) in PARAMETERS.items()},
)  # fmt: skip
Frames = Mapping[str, pl.DataFrame]


def rows(study: Study, sdtm: Frames, adam: Frames) -> pl.DataFrame:
    """One row for each enrolled person and parameter. What a reader may not see gives no parameter: no event is not the same as none seen."""
    people = adam["ADSL"].filter(pl.col("ENRLDT").is_not_null()).join(_seen_until(sdtm), on="USUBJID", how="left", maintain_order="left")
    told = []
    for code, event in EVENTS.items():
        found = event(sdtm, adam)
        if found is not None and people.height:
            told.append(_timed(people, code, found, _last_skin_score(adam) if event is _progressed else None))
    if not told:
        return pl.DataFrame(schema=SPEC.types)
    return pl.concat(told).select(pl.col(name).cast(kind) for name, kind in SPEC.types.items()).sort("USUBJID", "PARAMCD")


def _seen_until(sdtm: Frames) -> pl.DataFrame:
    """The last day of a visit of each person."""
    ends = pl.col("SVENDTC").str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False)
    return sdtm["SV"].group_by("USUBJID").agg(_SEEN=ends.max())


def _timed(people: pl.DataFrame, code: str, found: pl.DataFrame, until: pl.DataFrame | None) -> pl.DataFrame:
    if until is not None:  # what is only seen when one looks is known to be absent until the last look
        people = people.drop("_SEEN").join(until, on="USUBJID", how="left", maintain_order="left").with_columns(EOSDT=pl.lit(None, pl.Date))
    first = found.filter(pl.col("ADT").is_not_null()).sort("USUBJID", "ADT", "SRCSEQ").group_by("USUBJID", maintain_order=True).first()
    frame = people.join(first, on="USUBJID", how="left", maintain_order="left")
    cut = "last visit" if until is None else "last skin score"
    happened, last = pl.col("ADT").is_not_null(), pl.coalesce("EOSDT", "_SEEN", "ENRLDT")
    frame = frame.with_columns(
        TRTP=pl.col("TRT01P"), TRTA=pl.col("TRT01A"), STARTDT=pl.col("ENRLDT"), PARAMCD=pl.lit(code), PARAM=pl.lit(PARAMETERS[code][0]),
        CNSR=pl.when(happened).then(0).otherwise(1), ADT=pl.coalesce("ADT", last),
        EVNTDESC=pl.when(happened).then(pl.col("EVNTDESC")).otherwise(pl.lit("no event")),
        CNSDTDSC=pl.when(~happened & pl.col("EOSDT").is_not_null()).then(pl.lit("end of study")).when(~happened).then(pl.lit(cut)),
    )  # fmt: skip
    return frame.with_columns(AVAL=(pl.col("ADT") - pl.col("STARTDT")).dt.total_days() + 1.0).select(SPEC.names)


def _left(sdtm: Frames, adam: Frames) -> pl.DataFrame:
    """The end of the study for any reason but completion, with the record of the disposition."""
    ds = sdtm["DS"].filter((pl.col("DSCAT") == "DISPOSITION EVENT") & (pl.col("DSSCAT").fill_null("") != "STUDY TREATMENT"))
    early = ds.filter(~pl.col("DSDECOD").is_in(["COMPLETED", "SCREEN FAILURE"]))
    day = pl.col("DSSTDTC").str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False)
    return early.select("USUBJID", ADT=day, EVNTDESC=pl.col("DSDECOD"), SRCDOM=pl.lit("DS"), SRCVAR=pl.lit("DSSTDTC"), SRCSEQ="DSSEQ")


def _adverse(serious: bool) -> Callable[[Frames, Frames], pl.DataFrame | None]:
    def found(sdtm: Frames, adam: Frames) -> pl.DataFrame | None:
        adae = adam["ADAE"]
        if not adae.height:
            return None
        picked = adae.filter((pl.col("TRTEMFL") == "Y") & ((pl.col("AESER") == "Y") if serious else pl.lit(True)))
        return picked.select("USUBJID", ADT="ASTDT", EVNTDESC=pl.coalesce("AEDECOD", "AETERM"), SRCDOM=pl.lit("AE"), SRCVAR=pl.lit("AESTDTC"), SRCSEQ="AESEQ")

    return found


def _progressed(sdtm: Frames, adam: Frames) -> pl.DataFrame | None:
    """The first progression of the skin score, where the study measures it."""
    skin = adam["ADRS"].filter(pl.col("PARAMCD") == "MRSSTOT")
    if not skin.height:
        return None
    worse = skin.filter(pl.col("CRIT2FL") == "Y")
    return worse.select("USUBJID", "ADT", EVNTDESC=pl.lit("progression of the skin score"), SRCDOM="SRCDOM", SRCVAR="SRCVAR", SRCSEQ="SRCSEQ")


def _last_skin_score(adam: Frames) -> pl.DataFrame:
    skin = adam["ADRS"].filter((pl.col("PARAMCD") == "MRSSTOT") & pl.col("AVAL").is_not_null() & pl.col("DTYPE").is_null())
    return skin.group_by("USUBJID").agg(_SEEN=pl.col("ADT").max())


EVENTS: Mapping[str, Callable[[Frames, Frames], pl.DataFrame | None]] = {
    "TTEOS": _left, "TTAE": _adverse(False), "TTSAE": _adverse(True), "TTSKINPR": _progressed}  # fmt: skip
"""Where each event is found: USUBJID, ADT, EVNTDESC and its source; None where a reader cannot see events of this kind."""
