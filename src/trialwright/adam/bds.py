"""Measurements over time, one row for each value: what every such data set has in common, from endpoint to parameter."""

from collections.abc import Iterable, Mapping

import polars as pl
from attrs import frozen

from trialwright.adam.derive import (
    plus_carried_forward,
    visit_windows,
    with_analysis_record,
    with_baseline,
    with_change,
    with_day,
    with_windows,
)
from trialwright.protocol import Endpoint, Study
from trialwright.sdtm import Domain, Method, Variable, targets, variables

CARRIED = "last observation carried forward"
"""The strategy of an intercurrent event that asks for rows with DTYPE = LOCF."""


@frozen(kw_only=True)
class Parameter:
    """What is analysed: a code and a label, and the records of which domain and test it comes from."""

    code: str
    label: str
    domain: str
    testcd: str
    where: tuple[tuple[str, str], ...] = ()


def domain_of(study: Study, endpoint: Endpoint) -> str | None:
    """The domain of what an endpoint measures: that of the item, or (for a score) of the first result on its form."""
    form = study.form(endpoint.form)
    own = (form.item(endpoint.measure),) if form.asks(endpoint.measure) else ()
    for item in (*own, *form.items):
        for target in targets(item.sdtm):
            if target.variable[2:] in ("ORRES", "STRESC"):
                return target.domain
    return None


def test_of(study: Study, endpoint: Endpoint) -> str:
    """The test code of what an endpoint measures: that of the item, or the name of the score itself."""
    form = study.form(endpoint.form)
    if form.asks(endpoint.measure):
        for target in targets(form.item(endpoint.measure).sdtm):
            for name, value in target.where:
                if name.endswith("TESTCD"):
                    return value
    return endpoint.measure


def endpoints_in(study: Study, domain: str) -> tuple[Endpoint, ...]:
    """The endpoints that are measured at visits by records of `domain`."""
    return tuple(one for one in study.endpoints if one.at is not None and domain_of(study, one) == domain)


def measured(sdtm: Mapping[str, pl.DataFrame], parameter: Parameter) -> pl.DataFrame:
    """The values of a parameter with their days, and where each comes from (SRCDOM, SRCVAR, SRCSEQ)."""
    code = parameter.domain
    fits = (pl.col(f"{code}TESTCD") == parameter.testcd) & pl.col(f"{code}STRESN").is_not_null()
    for name, value in parameter.where:
        fits &= pl.col(name).is_null() if value == "" else pl.col(name) == value
    found = (
        sdtm[code]
        .filter(fits)
        .join(sdtm["DM"].select("USUBJID", "RFSTDTC"), on="USUBJID", how="inner", maintain_order="left")
    )
    return with_day(found, "A", f"{code}DTC").select(
        "STUDYID",
        "USUBJID",
        pl.lit(parameter.code).alias("PARAMCD"),
        pl.lit(parameter.label).alias("PARAM"),
        "VISITNUM",
        "VISIT",
        "ADT",
        "ADY",
        pl.col(f"{code}STRESN").alias("AVAL"),
        pl.lit(code).alias("SRCDOM"),
        pl.lit(f"{code}STRESN").alias("SRCVAR"),
        pl.col(f"{code}SEQ").alias("SRCSEQ"),
    )


def analysed(
    study: Study, values: pl.DataFrame, endpoints: Iterable[Endpoint], also: Iterable[str] = ()
) -> pl.DataFrame:
    """Baseline, windows, analysis records, rows carried forward where an estimand says so, and changes, for one parameter.

    The windows are those of the visits that ask the forms of the endpoints, and the forms named in `also`.
    """
    asked = tuple(endpoints)
    forms = {one.form for one in asked} | set(also)
    named = tuple(code for one in asked for code in one.windows)
    visits = named or tuple(visit.code for visit in study.visits if forms & set(visit.forms))
    windows = visit_windows(study, visits)
    frame = with_analysis_record(with_windows(with_baseline(values), windows))
    if any(is_carried(study, one) for one in asked):
        frame = plus_carried_forward(frame, windows)
    else:
        frame = frame.with_columns(pl.lit(None, pl.String).alias("DTYPE"))
    return with_change(frame)


def asking(study: Study, domain: str, testcd: str) -> tuple[str, ...]:
    """The forms that ask a test."""
    wanted = (f"{domain}TESTCD", testcd)
    return tuple(
        form.code
        for form in study.forms
        if any(
            wanted in target.where for item in form.items for target in targets(item.sdtm) if target.domain == domain
        )
    )


def tests_in(
    study: Study, sdtm: Mapping[str, pl.DataFrame], domain: str, also: pl.Expr | None = None
) -> dict[str, str]:
    """Code and label of what is analysed of a domain: the tests of its endpoints, then those of records that fulfill `also`."""
    wanted = dict.fromkeys(test_of(study, one) for one in endpoints_in(study, domain))
    if not wanted:
        return {}
    frame = sdtm[domain]
    names = dict(frame.select(f"{domain}TESTCD", f"{domain}TEST").unique(maintain_order=True).iter_rows())
    if also is not None:
        wanted |= dict.fromkeys(frame.filter(also)[f"{domain}TESTCD"].unique().sort().to_list())
    return {code: str(names.get(code, code)) for code in wanted}


def is_carried(study: Study, endpoint: Endpoint) -> bool:
    """Whether the estimand of an endpoint prescribes that the last observation is carried forward."""
    estimand = next((one for one in study.estimands if one.code == endpoint.estimand), None)
    return estimand is not None and any(event.strategy == CARRIED for event in estimand.events)


def finished(spec: Domain, frames: Iterable[pl.DataFrame], adsl: pl.DataFrame) -> pl.DataFrame:
    """The data set: parameters put together, what ADSL says of each person added, sorted, numbered, in the columns of `spec`."""
    told = list(frames)
    if not told:
        return pl.DataFrame(schema=spec.types)
    whole = pl.concat(told, how="diagonal").with_columns(pl.col("PARAMCD").rank("dense").cast(pl.Int64).alias("PARAMN"))
    shared = [name for name in FROM_ADSL if name in adsl.columns]
    whole = whole.join(adsl.select("USUBJID", *shared), on="USUBJID", how="inner", maintain_order="left")
    whole = whole.with_columns(
        TRTP=pl.col("TRT01P"), TRTPN=pl.col("TRT01PN"), TRTA=pl.col("TRT01A"), TRTAN=pl.col("TRT01AN")
    )
    whole = whole.sort("USUBJID", "PARAMCD", "ADT", "AVISITN", "DTYPE", "SRCSEQ", nulls_last=False, maintain_order=True)
    whole = whole.with_columns(pl.int_range(1, pl.len() + 1, dtype=pl.Int64).over("USUBJID").alias("ASEQ"))
    missing = [pl.lit(None, kind).alias(name) for name, kind in spec.types.items() if name not in whole.columns]
    return whole.with_columns(missing).select(pl.col(name).cast(kind) for name, kind in spec.types.items())


FROM_ADSL = (
    "SUBJID",
    "SITEID",
    "TRT01P",
    "TRT01PN",
    "TRT01A",
    "TRT01AN",
    "AGE",
    "SEX",
    "ITTFL",
    "SAFFL",
    "FASFL",
    "TRTSDT",
    "TRTEDT",
)

_COLUMNS = """
STUDYID  | Study Identifier                    | text    | 20  | Req  | Identifier   | Predecessor
USUBJID  | Unique Subject Identifier           | text    | 40  | Req  | Identifier   | Predecessor
SUBJID   | Subject Identifier for the Study    | text    | 30  | Perm | Identifier   | Predecessor
SITEID   | Study Site Identifier               | text    | 10  | Perm | Identifier   | Predecessor
ASEQ     | Analysis Sequence Number            | integer | 8   | Perm | Identifier   | Derived
TRTP     | Planned Treatment                   | text    | 200 | Cond | Treatment    | Predecessor
TRTPN    | Planned Treatment (N)               | integer | 8   | Perm | Treatment    | Derived
TRTA     | Actual Treatment                    | text    | 200 | Cond | Treatment    | Predecessor
TRTAN    | Actual Treatment (N)                | integer | 8   | Perm | Treatment    | Derived
AGE      | Age                                 | integer | 8   | Perm | Demographics | Predecessor
SEX      | Sex                                 | text    | 2   | Perm | Demographics | Predecessor
ITTFL    | Intent-To-Treat Population Flag     | text    | 1   | Cond | Population   | Predecessor
SAFFL    | Safety Population Flag              | text    | 1   | Cond | Population   | Predecessor
FASFL    | Full Analysis Set Population Flag   | text    | 1   | Cond | Population   | Predecessor
TRTSDT   | Date of First Exposure to Treatment | date    | 8   | Perm | Timing       | Predecessor
TRTEDT   | Date of Last Exposure to Treatment  | date    | 8   | Perm | Timing       | Predecessor
PARAM    | Parameter                           | text    | 200 | Req  | Parameter    | Assigned
PARAMCD  | Parameter Code                      | text    | 8   | Req  | Parameter    | Assigned
PARAMN   | Parameter (N)                       | integer | 8   | Perm | Parameter    | Assigned
VISITNUM | Visit Number                        | float   | 8   | Perm | Timing       | Predecessor
VISIT    | Visit Name                          | text    | 200 | Perm | Timing       | Predecessor
ADT      | Analysis Date                       | date    | 8   | Cond | Timing       | Derived
ADY      | Analysis Relative Day               | integer | 8   | Cond | Timing       | Derived
AVISIT   | Analysis Visit                      | text    | 200 | Cond | Timing       | Derived
AVISITN  | Analysis Visit (N)                  | float   | 8   | Perm | Timing       | Derived
AWTARGET | Analysis Window Target              | integer | 8   | Perm | Timing       | Derived
AWTDIFF  | Analysis Window Diff from Target    | integer | 8   | Perm | Timing       | Derived
AWLO     | Analysis Window Beginning Timepoint | integer | 8   | Perm | Timing       | Derived
AWHI     | Analysis Window Ending Timepoint    | integer | 8   | Perm | Timing       | Derived
AVAL     | Analysis Value                      | float   | 8   | Cond | Value        | Derived
BASE     | Baseline Value                      | float   | 8   | Cond | Value        | Derived
CHG      | Change from Baseline                | float   | 8   | Perm | Value        | Derived
PCHG     | Percent Change from Baseline        | float   | 8   | Perm | Value        | Derived
ABLFL    | Baseline Record Flag                | text    | 1   | Cond | Indicator    | Derived
ANL01FL  | Analysis Flag 01                    | text    | 1   | Cond | Indicator    | Derived
DTYPE    | Derivation Type                     | text    | 8   | Cond | Indicator    | Derived
SRCDOM   | Source Data                         | text    | 8   | Perm | Traceability | Assigned
SRCVAR   | Source Variable                     | text    | 8   | Perm | Traceability | Assigned
SRCSEQ   | Source Sequence Number              | integer | 8   | Perm | Traceability | Predecessor
"""


_WINDOWS, _VISITS = "trialwright.adam.derive.windows:with_windows", "trialwright.adam.derive.windows:visit_windows"
METHODS = {
    "ASEQ": Method("Numbered from 1 within each subject, by parameter, date and analysis visit", "trialwright.adam.bds:finished"),
    "ADT": Method("Date part of the date of the source record, if it is complete", "trialwright.adam.derive.days:with_day"),
    "ADY": Method("ADT - RFSTDTC, plus 1 on or after RFSTDTC; there is no day 0", "trialwright.adam.derive.days:with_day"),
    "AVISIT": Method("Visit whose window (AWLO to AWHI) holds ADY", _WINDOWS),
    "AVISITN": Method("Number of the visit whose window (AWLO to AWHI) holds ADY", _WINDOWS),
    "AWTARGET": Method("Planned study day of AVISIT", _WINDOWS),
    "AWTDIFF": Method("Absolute value of ADY - AWTARGET", _WINDOWS),
    "AWLO": Method("First study day of the window: the day after the middle between this and the planned visit before", _VISITS),
    "AWHI": Method("Last study day of the window: the middle between this and the next planned visit; null for the last", _VISITS),
    "BASE": Method("AVAL of the record with ABLFL = Y of the subject and parameter", "trialwright.adam.derive.baseline:with_baseline"),
    "CHG": Method("AVAL - BASE for records with ADY > 1", "trialwright.adam.derive.baseline:with_change"),
    "PCHG": Method("100 * (AVAL - BASE) / BASE for records with ADY > 1; null when BASE is 0", "trialwright.adam.derive.baseline:with_change"),
    "ABLFL": Method("Y for the last record with a value and ADY <= 1 of each subject and parameter", "trialwright.adam.derive.baseline:with_baseline"),
    "ANL01FL": Method("Y for the one record of each subject, parameter and AVISITN that is nearest to AWTARGET, of two as near the earlier; for the "
                      "baseline visit the record with ABLFL = Y", "trialwright.adam.derive.windows:with_analysis_record"),
    "DTYPE": Method("LOCF for a record that carries the analysis record of the last visit before forward, where the estimand says so",
                    "trialwright.adam.derive.carry:plus_carried_forward"),
}  # fmt: skip
SOURCES = {"TRTP": "ADSL.TRT01P", "TRTPN": "ADSL.TRT01PN", "TRTA": "ADSL.TRT01A", "TRTAN": "ADSL.TRT01AN",
           "SRCSEQ": "--SEQ of the data set that SRCDOM names", "VISIT": "VISIT of the data set that SRCDOM names",
           "VISITNUM": "VISITNUM of the data set that SRCDOM names"}  # fmt: skip


def specified(
    code: str, label: str, *more: Variable, methods: Mapping[str, Method] | None = None, sources: Mapping[str, str] | None = None,
    tests: Mapping[str, Method] | None = None,
) -> Domain:
    """What is said about a data set of measurements, with its own further columns."""
    keys = ("STUDYID", "USUBJID", "PARAMCD", "AVISITN", "ADT", "DTYPE", "SRCSEQ")
    structure = "One record per subject per parameter per analysis value"
    return Domain(
        code=code,
        label=label,
        klass="BASIC DATA STRUCTURE",
        structure=structure,
        keys=keys,
        variables=(*variables(_COLUMNS), *more),
        methods=METHODS | dict(methods or {}),
        sources=SOURCES | dict(sources or {}),
        tests=tests or {},
    )
