"""The trial as one reader may see it, in HL7 FHIR R4: study, forms, people without their names, pages and adverse events."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

from trialwright.exchange.fhir.events import adverse_event
from trialwright.exchange.fhir.pages import questionnaire, response
from trialwright.exchange.fhir.words import (
    TERMS,
    Resource,
    concept,
    identifier,
    identity,
    moment,
    told,
    without_nothing,
)
from trialwright.exchange.serious_events import event_log, latest_of
from trialwright.protocol import Study
from trialwright.record import Casebook, Subject

TYPES = ("ResearchStudy", "Questionnaire", "Patient", "ResearchSubject", "QuestionnaireResponse", "AdverseEvent")
"""The resources that are written, each type after those to which it refers."""
STATUS = {
    "screening": "screening", "screen failure": "ineligible", "enrolled": "on-study", "withdrawn": "withdrawn", "completed": "off-study",
}  # fmt: skip
GENDERS = {"F": "female", "M": "male", "U": "unknown"}
PHASES = {"0": "early-phase-1", "1": "phase-1", "1/2": "phase-1-phase-2", "2": "phase-2", "2/3": "phase-2-phase-3", "3": "phase-3", "4": "phase-4"}
PURPOSES = {"TREATMENT": "treatment", "PREVENTION": "prevention", "DIAGNOSIS": "diagnostic", "SUPPORTIVE CARE": "supportive-care", "SCREENING": "screening",
            "HEALTH SERVICES RESEARCH": "health-services-research", "BASIC SCIENCE": "basic-science", "DEVICE FEASIBILITY": "device-feasibility"}  # fmt: skip


def resources(study: Study, book: Casebook) -> Iterator[Resource]:
    """Every resource that follows from `book`, one reader's view: whatever he may not see does not come into them."""
    closed, log = book.locked is not None, event_log(study)
    yield research_study(study, closed=closed)
    yield from (questionnaire(study, form) for form in study.forms)
    for subject in book.subjects:
        patient = f"Patient/{identity(study, 'subject', subject.id)}"
        yield _patient(study, subject)
        yield _research_subject(study, subject, patient)
        yield from (response(study, subject, page, patient, closed=closed) for page in subject.pages.values() if page.cells or page.not_done)
        for page in subject.rows(log.code) if log else ():
            if log and page.cells:
                yield adverse_event(study, log, subject, page)


def research_study(study: Study, *, closed: bool) -> Resource:
    """The study as it is registered; what was assumed beyond the registration stands in its notes, one by one.

    Its arms are those of the plan: nobody's allocation follows from them.
    """
    summary = {one.name: one.value for one in study.summary if one.value}
    number = study.phase.upper().removeprefix("PHASE").strip()
    assumed = [f"Assumed, not registered. {one.code}, {one.about.en}: {one.assumed.en} (Source: {one.source.en})" for one in study.assumptions]
    registered = "\n".join(f"- {name}: {words.en}" for name, words in study.registered.items())
    return without_nothing({
        "resourceType": "ResearchStudy", "id": identity(study, "study"), "language": "en",
        "identifier": [identifier(study, "studies", study.code), *_registration(study)], **told("title", study.official_title),
        "status": "completed" if closed else "active",
        "primaryPurposeType": concept(f"{TERMS}research-study-prim-purp-type", PURPOSES[summary["TINDTP"]]) if summary.get("TINDTP") in PURPOSES else None,
        "phase": concept(f"{TERMS}research-study-phase", PHASES[number]) if number in PHASES else None,
        "condition": [{"text": summary["INDIC"]}] if "INDIC" in summary else [],
        "description": f"As registered:\n{registered}" if registered else "", "sponsor": {"display": study.sponsor},
        "note": [{"text": words} for words in assumed],
        "arm": [{**told("name", arm.name), **told("description", arm.treatment)} for arm in study.arms],
        "objective": [{**told("name", one.title), "type": concept(f"{TERMS}research-study-objective-type", "primary" if one.primary else "secondary")}
                      for one in study.endpoints],
    })  # fmt: skip


def _registration(study: Study) -> list[Resource]:
    return [{"system": "https://clinicaltrials.gov", "value": study.registry}] if study.registry.startswith("NCT") else []


def _patient(study: Study, subject: Subject) -> Resource:
    """A person under the random code of the study: no name, no day of birth, no address."""
    sex = latest_of(study, subject, "DM", "SEX")
    return without_nothing({
        "resourceType": "Patient", "id": identity(study, "subject", subject.id), "identifier": [identifier(study, "subjects", subject.id)],
        "gender": GENDERS.get(sex, "unknown") if sex else "",
    })  # fmt: skip


def _research_subject(study: Study, subject: Subject, patient: str) -> Resource:
    """A person's part in the study, with the arm where this reader may know it."""
    left = getattr(subject.withdrew.event, "on", None) if subject.withdrew else subject.ended
    period = {name: day.isoformat() for name, day in (("start", subject.consented or subject.index_date), ("end", left)) if day is not None}
    return without_nothing({
        "resourceType": "ResearchSubject", "id": identity(study, "participation", subject.id), "identifier": [identifier(study, "subjects", subject.id)],
        "status": STATUS[subject.status], "period": period, "study": {"reference": f"ResearchStudy/{identity(study, 'study')}"},
        "individual": {"reference": patient}, "assignedArm": study.arm(subject.arm).name.en if subject.arm else "",
    })  # fmt: skip


def write_fhir(study: Study, book: Casebook, out: Path, at: datetime) -> list[str]:
    """Writes `out/fhir/`: a file of lines for each type of resource, and all of them as one transaction that a server takes in.

    Sent twice, the transaction changes nothing the second time: each resource is put at its own id. The same view gives the same
    bytes. Gives the names of the files.
    """
    place = out / "fhir"
    place.mkdir(parents=True, exist_ok=True)
    found: dict[str, list[Resource]] = {kind: [] for kind in TYPES}
    for one in resources(study, book):
        found[one["resourceType"]].append(one)
    written = []
    for kind, many in found.items():
        (place / f"{kind}.ndjson").write_bytes(b"".join(orjson.dumps(one) + b"\n" for one in many))
        written.append(f"fhir/{kind}.ndjson: {len(many)} resources")
    together = [one for many in found.values() for one in many]
    (place / "bundle.json").write_bytes(orjson.dumps(bundle(study, together, at), option=orjson.OPT_APPEND_NEWLINE))
    return [*written, f"fhir/bundle.json: {len(together)} resources"]


def bundle(study: Study, together: list[Resource], at: datetime) -> Resource:
    """The resources as one transaction."""
    entries = [_entry(one) for one in together]
    return {"resourceType": "Bundle", "id": identity(study, "bundle"), "type": "transaction", "timestamp": moment(at), "entry": entries}


def _entry(resource: Resource) -> Resource:
    """A resource with the names by which the others of the transaction find it."""
    place = f"{resource['resourceType']}/{resource['id']}"
    named = {name: _linked(value) for name, value in resource.items()}
    return {"fullUrl": f"urn:uuid:{resource['id']}", "resource": named, "request": {"method": "PUT", "url": place}}


def _linked(value: Any) -> Any:
    """A reference to another resource by its name within the transaction; anything else as it is."""
    if isinstance(value, list):
        return [_linked(one) for one in value]
    if isinstance(value, dict) and "reference" in value:
        return value | {"reference": f"urn:uuid:{value['reference'].rpartition('/')[2]}"}
    return value
