"""Who took part: one row for each person who consented, with the reference days, age, sex and arm."""

from collections.abc import Mapping
from datetime import date

import polars as pl

from trialwright.sdtm._domain import Method, Person, Row, Source, given, tabulated

_PERIODS = "trialwright.sdtm.dm:rows"
METHODS = {
    "RFSTDTC": Method("Reference day: the day of enrollment and allocation", _PERIODS),
    "RFENDTC": Method("Last day of follow-up of an enrolled subject", _PERIODS),
    "RFXSTDTC": Method("Earliest start date in EX", "trialwright.sdtm._domain.source:Source.exposed"),
    "RFXENDTC": Method("Latest start or end date in EX", "trialwright.sdtm._domain.source:Source.exposed"),
    "RFPENDTC": Method("Day of screening failure, otherwise last day of follow-up", _PERIODS),
    "DTHDTC": Method("End date of a fatal adverse event, otherwise date of the disposition DEATH", _PERIODS),
    "DTHFL": Method("Y when an adverse event or the disposition says that the subject died", _PERIODS),
    "AGE": Method("Full years from BRTHDTC to RFICDTC", _PERIODS),
    "ACTARMCD": Method("ARMCD of a subject with at least one record in EX, or in a control arm", _PERIODS),
    "ACTARM": Method("ARM of a subject with at least one record in EX, or in a control arm", _PERIODS),
    "ARMNRS": Method("SCREEN FAILURE, NOT ASSIGNED or ASSIGNED, NOT TREATED where an arm is null", _PERIODS),
}
SPEC = tabulated("DM", "STUDYID USUBJID", methods=METHODS)


def rows(source: Source) -> pl.DataFrame:
    """One record per person; arms are there only for a reader who may know them."""
    plan = source.plan("DM")
    deaths = _deaths(source)
    told = []
    for person in source.people:
        row: Row = {"_PERSON": person, "_REFS": []}
        for page in person.subject.pages.values():
            for one in given(page, plan.get(page.place[1], ())):
                row["_REFS"].append(one.ref)
                row[one.target.variable] = one.value
        told.append(row | _periods(source, person, deaths) | _age(row, person) | _arm(source, person))
    return source.framed(SPEC, told)


def _periods(source: Source, person: Person, deaths: Mapping[str, tuple[str | None, str]]) -> Row:
    subject = person.subject
    first, last = source.exposed.get(person.usubjid, (None, None))
    left = person.failed.on if person.failed else subject.ended
    died = deaths.get(person.usubjid)
    return {
        "SUBJID": subject.id,
        "SITEID": subject.site,
        "COUNTRY": source.study.country or None,
        "RFSTDTC": _iso(subject.index_date),
        "RFENDTC": _iso(subject.ended) if subject.index_date else None,
        "RFXSTDTC": first,
        "RFXENDTC": last,
        "RFICDTC": _iso(subject.consented),
        "RFPENDTC": _iso(left),
        "DTHDTC": died[0] if died else None,
        "DTHFL": "Y" if died else None,
        "_REFS": _milestones(source, person),
    }


def _milestones(source: Source, person: Person) -> list[str]:
    """The entries behind consent, enrollment and arm, after which come those of the answers."""
    subject = person.subject
    events = [entry for entry in (subject.enrolled, subject.allocated, subject.failed) if entry is not None]
    consents = [
        entry
        for entry in source.casebook.entries(subject.id)
        if type(entry.event).__name__ in ("Consented", "FollowUpEnded")
    ]
    plan = source.plan("DM")
    answers = [one.ref for page in subject.pages.values() for one in given(page, plan.get(page.place[1], ()))]
    return [entry.ref for entry in (*consents, *events)] + answers


def _age(row: Row, person: Person) -> Row:
    """Age in full years at consent, unless the age itself was asked."""
    born, on = row.get("BRTHDTC"), person.subject.consented or person.start
    age = row.get("AGE")
    if age is None and born is not None and on is not None and len(born) >= 10:
        birth = date.fromisoformat(born)
        age = on.year - birth.year - ((on.month, on.day) < (birth.month, birth.day))
    return {"AGE": age, "AGEU": "YEARS" if age is not None else None}


def _arm(source: Source, person: Person) -> Row:
    subject = person.subject
    if subject.arm is None:
        reason = "SCREEN FAILURE" if subject.failed else None if subject.index_date else "NOT ASSIGNED"
        return {"ARMNRS": reason}
    arm = source.study.arm(subject.arm)
    planned: Row = {"ARMCD": arm.code, "ARM": arm.name.en}
    if person.usubjid in source.exposed or arm.control:
        return planned | {"ACTARMCD": arm.code, "ACTARM": arm.name.en}
    return planned | {"ARMNRS": "ASSIGNED, NOT TREATED"}


def _deaths(source: Source) -> dict[str, tuple[str | None, str]]:
    """Day of death, and the entry that tells it, by person: from the outcome of an adverse event or from the disposition."""
    found: dict[str, tuple[str | None, str]] = {}
    for row in source.log("AE"):
        if row.get("AEOUT") == "FATAL" or row.get("AESDTH") == "Y":
            found[row["_PERSON"].usubjid] = (row.get("AEENDTC"), row["_REFS"][0])
    for row in source.log("DS"):
        if row.get("DSDECOD") == "DEATH":
            found.setdefault(row["_PERSON"].usubjid, (row.get("DSSTDTC"), row["_REFS"][0]))
    return found


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
