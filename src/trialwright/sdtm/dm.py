"""Who took part: one row for each person who consented, with the reference days, age, sex and arm."""

from collections.abc import Mapping
from datetime import date

import polars as pl

from trialwright.sdtm._domain import Person, Row, Source, given, tabulated

SPEC = tabulated("DM", "STUDYID USUBJID")


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
