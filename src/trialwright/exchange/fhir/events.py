"""Adverse events in FHIR: one resource for each row of the log that a reader may see, serious or not."""

from collections.abc import Mapping

from trialwright.exchange.fhir.words import (
    TERMS,
    Resource,
    coding,
    concept,
    identifier,
    identity,
    moment,
    urn,
    without_nothing,
)
from trialwright.exchange.serious_events import said, variables
from trialwright.protocol import Form, Study
from trialwright.record import Page, Subject
from trialwright.record.events import Coded

MEDDRA = "https://www.meddra.org"
SEVERITY = {"MILD": "mild", "MODERATE": "moderate", "SEVERE": "severe", "1": "mild", "2": "moderate", "3": "severe"}
"""FHIR R4 knows three words. Grades 4 and 5 of CTCAE have none, and stand on the page alone."""
OUTCOMES = {
    "RECOVERED/RESOLVED": "resolved", "RECOVERING/RESOLVING": "recovering", "NOT RECOVERED/NOT RESOLVED": "ongoing",
    "RECOVERED/RESOLVED WITH SEQUELAE": "resolvedWithSequelae", "FATAL": "fatal", "UNKNOWN": "unknown",
}  # fmt: skip
CAUSALITY = {
    "CERTAIN": "Certain", "PROBABLE": "Probably-Likely", "POSSIBLE": "Possible", "UNLIKELY": "Unlikely", "CONDITIONAL": "Conditional-Classified",
    "UNASSESSABLE": "Unassessable-Unclassifiable",
}  # fmt: skip
SERIOUSNESS = {"Y": "Serious", "N": "Non-serious"}


def adverse_event(study: Study, form: Form, subject: Subject, page: Page) -> Resource:
    """One event; of its codes only those that FHIR knows, everything else stands in the response of its page."""
    told = said(form, page.answers)
    row = page.place[2]
    begun = page.begun
    return without_nothing({
        "resourceType": "AdverseEvent", "id": identity(study, "event", subject.id, row), "language": "en",
        "identifier": identifier(study, "events", f"{subject.id}/{row}"), "actuality": "actual", "event": _event(study, form, page, told),
        "subject": {"reference": f"Patient/{identity(study, 'subject', subject.id)}"}, "date": told.get("AESTDTC", "") if _day(told) else "",
        "recordedDate": moment(begun) if begun else "", "seriousness": _known(SERIOUSNESS, "adverse-event-seriousness", told.get("AESER")),
        "severity": _known(SEVERITY, "adverse-event-severity", told.get("AETOXGR") or told.get("AESEV")),
        "outcome": _known(OUTCOMES, "adverse-event-outcome", told.get("AEOUT")), "suspectEntity": _suspected(study, form, subject, told),
        "study": [{"reference": f"ResearchStudy/{identity(study, 'study')}"}],
    })  # fmt: skip


def _day(told: Mapping[str, str]) -> bool:
    return told.get("AESTDTC", "")[:1].isdigit()


def _known(codes: Mapping[str, str], system: str, value: str | None) -> Resource | None:
    return concept(f"{TERMS}{system}", codes[value]) if value is not None and value in codes else None


def _event(study: Study, form: Form, page: Page, told: Mapping[str, str]) -> Resource | None:
    """The event in the reporter's words, and the term of the dictionary where it was coded."""
    term = next((item.code for item in form.items if "AETERM" in variables(item)), "")
    code = page.code_of(term)
    words = {"text": told["AETERM"]} if "AETERM" in told else {}
    return (words | (_coding(study, code) if code else {})) or None


def _coding(study: Study, code: Coded) -> Resource:
    system = MEDDRA if code.dictionary == "MedDRA" else urn(study, "dictionary", code.dictionary)
    return {"coding": [{"system": system, "version": code.version, "code": code.code, "display": code.term}]}


def _suspected(study: Study, form: Form, subject: Subject, told: Mapping[str, str]) -> list[Resource]:
    """The study drug and how far it is suspected, where this reader may know that the patient is to have it."""
    arm = study.arm(subject.arm) if subject.arm else None
    value = told.get("AEREL")
    if arm is None or arm.control or value is None:
        return []
    item = next(item for item in form.items if "AEREL" in variables(item))
    own = [coding(study, item.codelist, value)] if item.codelist else []
    published = [{"system": f"{TERMS}adverse-event-causality-assess", "code": CAUSALITY[value]}] if value in CAUSALITY else []
    return [{"instance": {"display": arm.treatment.en}, "causality": [{"assessment": {"coding": [*own, *published]}}]}]
