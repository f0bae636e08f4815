"""Intercurrent events: what happened after the start that changes what a measurement means, each with the record that shows it."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from itertools import chain
from typing import Any, assert_never

import polars as pl
from attrs import frozen

from trialwright.adam.derive.doses import PER_DAY, prednisone_a_day
from trialwright.protocol import IntercurrentEvent, Sign, SignKind, Study
from trialwright.sdtm import Domain, Method, variables

SPEC = Domain(
    code="ADICE",
    label="Intercurrent Event Analysis",
    klass="OCCURRENCE DATA STRUCTURE",
    structure="One record per subject per intercurrent event occurrence",
    keys=("STUDYID", "USUBJID", "ICEDECOD", "ASTDT", "SRCDOM", "SRCVAR", "SRCSEQ"),
    variables=variables("""
STUDYID  | Study Identifier                   | text    | 20  | Req  | Identifier   | Predecessor
USUBJID  | Unique Subject Identifier          | text    | 40  | Req  | Identifier   | Predecessor
SUBJID   | Subject Identifier for the Study   | text    | 30  | Perm | Identifier   | Predecessor
SITEID   | Study Site Identifier              | text    | 10  | Perm | Identifier   | Predecessor
ASEQ     | Analysis Sequence Number           | integer | 8   | Req  | Identifier   | Derived
TRTP     | Planned Treatment                  | text    | 200 | Cond | Treatment    | Predecessor
TRTA     | Actual Treatment                   | text    | 200 | Cond | Treatment    | Predecessor
ITTFL    | Intent-To-Treat Population Flag    | text    | 1   | Cond | Population   | Predecessor
FASFL    | Full Analysis Set Population Flag  | text    | 1   | Cond | Population   | Predecessor
ICETERM  | Intercurrent Event as Recorded     | text    | 200 | Req  | Topic        | Predecessor
ICEDECOD | Intercurrent Event Code            | text    | 20  | Req  | Topic        | Assigned
ICESTRAT | Strategy of the Primary Estimand   | text    | 40  | Perm | Qualifier    | Assigned
ASTDT    | Analysis Start Date                | date    | 8   | Cond | Timing       | Derived
ASTDTF   | Analysis Start Date Imputation Flag| text    | 1   | Cond | Timing       | Derived
ASTDY    | Analysis Start Relative Day        | integer | 8   | Cond | Timing       | Derived
AOCCPFL  | 1st Occurrence of Preferred Term Flag | text    | 1   | Perm | Indicator    | Derived
SRCDOM   | Source Data                        | text    | 8   | Perm | Traceability | Assigned
SRCVAR   | Source Variable                    | text    | 8   | Perm | Traceability | Assigned
SRCSEQ   | Source Sequence Number             | integer | 8   | Perm | Traceability | Predecessor
"""),
    methods={
        "ASEQ": Method("Numbered from 1 within each subject, by ASTDT and ICEDECOD", "trialwright.adam.adice:rows"),
        "ASTDT": Method("Date of the source record after the reference day; unknown parts become the earliest day possible",
                        "trialwright.adam.adice:first_day"),
        "ASTDTF": Method("D when the day, M when month and day of ASTDT were imputed", "trialwright.adam.adice:first_day"),
        "ASTDY": Method("ASTDT - ADSL.ENRLDT + 1", "trialwright.adam.adice:rows"),
        "AOCCPFL": Method("Y for the first record of a subject and ICEDECOD", "trialwright.adam.adice:rows"),
    },
    sources={"TRTP": "ADSL.TRT01P", "TRTA": "ADSL.TRT01A", "ICETERM": "the variable that SRCVAR names", "SRCSEQ": "--SEQ of the data set that SRCDOM names"},
)  # fmt: skip

Record = Mapping[str, Any]


@frozen(kw_only=True)
class Found:
    """One occurrence: the words of the record, the first day that it can mean, and where it stands."""

    term: str
    on: date
    imputed: str = ""
    domain: str
    variable: str
    sequence: int | None = None


def rows(study: Study, sdtm: Mapping[str, pl.DataFrame], adsl: pl.DataFrame) -> pl.DataFrame:
    """One row for each occurrence after the reference day of an event that the primary estimand names, in order of days.

    What a reader may not see is not in his tabulation and therefore not here: for the blinded this data set is nearly empty.
    """
    events = primary_events(study)
    people = {row["USUBJID"]: row for row in adsl.filter(pl.col("ENRLDT").is_not_null()).to_dicts()}
    records = {code: _by_person(sdtm[code]) for code in ("CM", "DS", "EC", "QS", "DM", "FA") if code in sdtm}
    told = [row for subject, person in people.items() for row in _of(person, events, {code: found.get(subject, []) for code, found in records.items()})]
    if not told:
        return pl.DataFrame(schema=SPEC.types)
    return pl.DataFrame(told, schema={name: kind for name, kind in SPEC.types.items()}).sort("USUBJID", "ASEQ")


def primary_events(study: Study) -> tuple[IntercurrentEvent, ...]:
    """The intercurrent events of the estimand of the primary endpoint that is measured at a visit."""
    named = {one.estimand for one in study.endpoints if one.primary and one.at is not None}
    return next((one.events for one in study.estimands if one.code in named), ())


def _by_person(frame: pl.DataFrame) -> dict[str, list[Record]]:
    found: dict[str, list[Record]] = {}
    for row in frame.drop("_REFS", strict=False).to_dicts():
        found.setdefault(row["USUBJID"], []).append(row)
    return found


def _of(person: Record, events: Iterable[IntercurrentEvent], records: Mapping[str, list[Record]]) -> Iterator[dict[str, Any]]:
    start: date = person["ENRLDT"]
    found = [(event, one) for event in events for sign in event.signs for one in _shown(sign, records, start) if one.on > start]
    found.sort(key=lambda pair: (pair[1].on, pair[0].code, pair[1].sequence or 0))
    seen: set[str] = set()
    for number, (event, one) in enumerate(found, start=1):
        first = event.code not in seen
        seen.add(event.code)
        yield {
            "STUDYID": person["STUDYID"], "USUBJID": person["USUBJID"], "SUBJID": person["SUBJID"], "SITEID": person["SITEID"], "ASEQ": number,
            "TRTP": person["TRT01P"], "TRTA": person["TRT01A"], "ITTFL": person["ITTFL"], "FASFL": person["FASFL"], "ICETERM": one.term[:200],
            "ICEDECOD": event.code, "ICESTRAT": event.strategy, "ASTDT": one.on, "ASTDTF": one.imputed or None, "ASTDY": (one.on - start).days + 1,
            "AOCCPFL": "Y" if first else None, "SRCDOM": one.domain, "SRCVAR": one.variable, "SRCSEQ": one.sequence,
        }  # fmt: skip


def _shown(sign: Sign, records: Mapping[str, list[Record]], start: date) -> Iterable[Found]:
    match sign.kind:
        case SignKind.DEATH:
            return _dated("DM", "DTHDTC", "death", [row for row in records["DM"] if row.get("DTHFL") == "Y"], start)
        case SignKind.TREATMENT_ENDED:
            ended = [row for row in records["DS"] if row.get("DSSCAT") == "STUDY TREATMENT" and row["DSDECOD"] != "COMPLETED"]
            return _dated("DS", "DSSTDTC", "DSDECOD", ended, start)
        case SignKind.DOSE_MISSED:
            return _dated("EC", "ECSTDTC", "ECREASOC", [row for row in records["EC"] if row.get("ECOCCUR") == "N"], start)
        case SignKind.DRUG_BEGUN:
            return _dated("CM", "CMSTDTC", "CMTRT", [row for row in records["CM"] if _begun(row, sign.terms, records["CM"], start)], start)
        case SignKind.DRUG_CHANGED:
            return _changed(sign.terms, records["CM"], start)
        case SignKind.STEROID_ABOVE:
            return _steroid_above(float(sign.above or 0), records["CM"], start)
        case SignKind.ARM_LEARNED:
            told = [row for row in records["QS"] if row.get("QSTESTCD") == "GUESSRSN" and row.get("QSORRES") in sign.terms]
            said = [row for row in records.get("FA", []) if row.get("FATESTCD") == "LEARNED" and row.get("FAORRES") in sign.terms]
            return chain(_dated("QS", "QSDTC", "QSORRES", told, start), _dated("FA", "FADTC", "FAORRES", said, start))
        case _:
            assert_never(sign.kind)


def first_day(text: str | None, start: date) -> tuple[date, str] | None:
    """The earliest day that a partly known date can mean, but after the start where it may; and what was imputed (D, M).

    >>> first_day("2026-01", date(2026, 1, 5)), first_day("2025", date(2026, 1, 5))
    ((datetime.date(2026, 1, 6), 'D'), (datetime.date(2025, 1, 1), 'M'))
    """
    if not text:
        return None
    if len(text) >= 10:
        return date.fromisoformat(text[:10]), ""
    day, next_day = date.fromisoformat((text + "-01-01")[:10]), start + timedelta(days=1)
    return (next_day if next_day.isoformat().startswith(text) else day), ("M" if len(text) == 4 else "D")


def _dated(domain: str, variable: str, term: str, found: Iterable[Record], start: date) -> Iterator[Found]:
    """One occurrence for each record with a date; `term` names the variable with its words, or is the words themselves."""
    for row in found:
        day = first_day(row.get(variable), start)
        if day is not None:
            words = row.get(term) if term in row else term
            yield Found(term=str(words or variable), on=day[0], imputed=day[1], domain=domain, variable=variable, sequence=row.get(f"{domain}SEQ"))


def _named(row: Record, term: str) -> bool:
    return any(term in str(row.get(name) or "").upper() for name in ("CMTRT", "CMDECOD"))


def _taken_at(row: Record, start: date) -> bool:
    """Whether a drug was taken on the reference day; one of which neither beginning nor end is known counts as taken."""
    begun, ended = first_day(row.get("CMSTDTC"), date.min), row.get("CMENDTC")
    return (begun is None or begun[0] <= start) and (not ended or ended >= start.isoformat()[: len(ended)])


def _begun(row: Record, terms: Iterable[str], all_drugs: Iterable[Record], start: date) -> bool:
    """Whether this is a drug of `terms` of which no dose was taken at the start."""
    fitting = [term for term in terms if _named(row, term)]
    return any(not any(_named(other, term) and _taken_at(other, start) for other in all_drugs) for term in fitting)


def _changed(terms: Iterable[str], drugs: Iterable[Record], start: date) -> Iterator[Found]:
    """Every new dose or end of a drug of `terms` that was taken at the start."""
    known = list(drugs)
    for term in terms:
        fitting = [row for row in known if _named(row, term)]
        if any(_taken_at(row, start) for row in fitting):
            yield from _dated("CM", "CMSTDTC", "CMTRT", [row for row in fitting if not _taken_at(row, start)], start)
            yield from _dated("CM", "CMENDTC", "CMTRT", [row for row in fitting if _taken_at(row, start)], start)


def _steroid_above(limit: float, drugs: Iterable[Record], start: date) -> Iterator[Found]:
    """Each day on which a new dose lifts all systemic steroids together above `limit` mg of prednisone a day."""
    doses = [(row, daily, first_day(row.get("CMSTDTC"), start)) for row in drugs if (daily := prednisone_a_day(row)) is not None]
    for row, daily, day in doses:
        if day is None or day[0] <= start:
            continue
        others = sum(dose for other, dose, begun in doses if other is not row and begun is not None and _covers(other, begun[0], day[0]))
        if daily + others > limit:
            words = f"{row['CMTRT']}: {daily + others:g} mg of prednisone a day"
            yield Found(term=words, on=day[0], imputed=day[1], domain="CM", variable="CMSTDTC", sequence=row["CMSEQ"])


def _covers(row: Record, begun: date, day: date) -> bool:
    ended = row.get("CMENDTC")
    if row.get("CMDOSFRQ") not in PER_DAY:
        return begun == day
    return begun <= day and (not ended or ended >= day.isoformat()[: len(ended)])
