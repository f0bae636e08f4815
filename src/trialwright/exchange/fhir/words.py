"""What every FHIR resource of a trial shares: names that follow from the trial alone, texts in two languages, codes, and why a value is missing."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from trialwright.protocol import Absence, Codelist, Study, Text, absence_name

Resource = dict[str, Any]
EXTENSION = "http://hl7.org/fhir/StructureDefinition/"
TERMS = "http://terminology.hl7.org/CodeSystem/"
UCUM = "http://unitsofmeasure.org"
UNITS = {"mmHg": "mm[Hg]", "10^9/L": "10*9/L", "10^6/L": "10*6/L", "years": "a", "days": "d", "weeks": "wk"} | {
    unit: unit for unit in ("%", "mm", "cm", "m", "cm2", "kg", "g", "mg", "ug", "L", "mL", "g/L", "mg/L", "ng/L", "U/L", "umol/L", "mmol/L", "mmol/min/kPa",
                            "m/s", "L/min")
}  # fmt: skip
"""Units as the study writes them, and their codes in UCUM. A unit that is not here goes out in words alone."""
REASONS = {
    Absence.NOT_DONE: "not-performed", Absence.UNKNOWN: "asked-unknown", Absence.REFUSED: "asked-declined",
    Absence.NOT_APPLICABLE: "not-applicable", Absence.NOT_ASSESSABLE: "not-performed",
    Absence.ERASED: "masked",
}  # fmt: skip


def identity(study: Study, *parts: str) -> str:
    """The id of a resource: the same for the same part of the same study, on every machine.

    >>> from types import SimpleNamespace
    >>> identity(SimpleNamespace(code="X1"), "subject", "A1")
    '6bfbe021-7e0f-5ac4-bf3b-1795bdce46a6'
    """
    return str(uuid5(uuid5(NAMESPACE_URL, f"trialwright:{study.code}"), "\x1f".join(parts)))


def urn(study: Study, *parts: str) -> str:
    """An absolute name for something of the study that has no address of its own: a system of identifiers, a list of codes, a questionnaire."""
    return f"urn:uuid:{identity(study, *parts)}"


def identifier(study: Study, of: str, value: str) -> Resource:
    """A name that the study gives: of a subject, a page, a visit."""
    return {"system": urn(study, "identifiers", of), "value": value}


def told(name: str, text: Text) -> Resource:
    """An element in English with its Chinese translation beside it."""
    parts = [{"url": "lang", "valueCode": "zh"}, {"url": "content", "valueString": text.zh}]
    return {name: text.en, f"_{name}": {"extension": [{"url": f"{EXTENSION}translation", "extension": parts}]}}


def coding(study: Study, codes: Codelist, code: str) -> Resource:
    """A term of a list of the study; one that the list does not hold (any more) has no words.

    Lists of one name but other terms are other systems.
    """
    label = codes.labels.get(code)
    system = urn(study, "codelist", codes.code, *(term.code for term in codes.terms))
    return {"system": system, "code": code} | ({"display": label.en} if label else {})


def concept(system: str, code: str, display: str = "") -> Resource:
    """A coded concept of a published terminology."""
    return {"coding": [{"system": system, "code": code} | ({"display": display} if display else {})]}


def unit(name: str) -> Resource:
    """A unit as a code of UCUM, or in words."""
    return {"system": UCUM, "code": UNITS[name], "display": name} if name in UNITS else {"display": name}


def absent(reason: str, words: str) -> Resource:
    """Why there is no value, coded and in words."""
    shown = {"url": f"{EXTENSION}rendered-value", "valueString": words}
    return {"extension": [{"url": f"{EXTENSION}data-absent-reason", "valueCode": reason}, *([shown] if words else [])]}


def absence(reason: str) -> Resource:
    """The reason that the record gives for an answer that is missing."""
    return absent(REASONS[Absence(reason)], absence_name(reason).en)


def moment(at: datetime) -> str:
    """An instant in UTC."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def without_nothing(resource: Mapping[str, Any]) -> Resource:
    """The resource without the elements that hold nothing: FHIR knows no empty element."""
    return {name: value for name, value in resource.items() if not (value is None or (isinstance(value, str | Sequence | Mapping) and len(value) == 0))}
