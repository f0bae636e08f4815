"""Forms and pages in FHIR: each form is a Questionnaire, each filled page a QuestionnaireResponse."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import orjson

from trialwright.exchange.fhir.words import (
    EXTENSION,
    Resource,
    absence,
    absent,
    coding,
    identifier,
    identity,
    moment,
    told,
    unit,
    urn,
    without_nothing,
)
from trialwright.protocol import ROLE_NAMES, Form, Item, Kind, Section, Study
from trialwright.record import Page, Subject

SMALLEST, LARGEST = -(2**31), 2**31 - 1
"""What FHIR holds to be an integer."""
TYPES = {Kind.DECIMAL: "decimal", Kind.CHOICE: "choice", Kind.DATE: "date", Kind.PARTIAL_DATE: "date"}
ELEMENTS = {"integer": "Integer", "decimal": "Decimal", "choice": "Coding", "date": "Date", "string": "String", "text": "String"}
"""The element of an answer for each type of question."""
ERASED = "[erased]"
"""What the ledger gives for a value that two people had erased."""


def canonical(study: Study, form: Form) -> str:
    """The name of a questionnaire, with the version of the study."""
    return f"{urn(study, 'form', form.code)}|{study.version}"


def questionnaire(study: Study, form: Form) -> Resource:
    """A form with its questions in the words of the study. Licensed wording, even where it is loaded, stays out."""
    instrument = next((one for one in study.instruments if one.code == form.instrument), None)
    return without_nothing({
        "resourceType": "Questionnaire", "id": identity(study, "form", form.code), "language": "en", "url": urn(study, "form", form.code),
        "identifier": [identifier(study, "forms", form.code)], "version": study.version, "name": form.code, **told("title", form.title),
        "status": "active", "subjectType": ["Patient"], "publisher": study.sponsor,
        "copyright": f"{instrument.name.en}: {instrument.licence}" if instrument else "",
        "item": [_section(study, form, place, section) for place, section in enumerate(form.sections, start=1)],
    })  # fmt: skip


def _section(study: Study, form: Form, place: int, section: Section) -> Resource:
    asked = [_question(study, form, item) for item in section.items]
    return without_nothing({"linkId": f"section-{place}", **told("text", section.title), "type": "group", "item": asked})


def _question(study: Study, form: Form, item: Item) -> Resource:
    kind = type_of(item)
    options = [coding(study, item.codelist, term.code) | told("display", term.label) for term in item.codelist.terms] if item.codelist else []
    shown = [_shown(study, form.item(item.shown.item), answer) for answer in item.shown.among] if item.shown and form.asks(item.shown.item) else []
    return without_nothing({
        "extension": [*_limits(item, kind), *([{"url": f"{EXTENSION}designNote", "valueMarkdown": item.sdtm}] if item.sdtm else [])],
        "linkId": item.code, **told("text", item.label), "type": kind, "enableWhen": shown, "enableBehavior": "any" if len(shown) > 1 else "",
        "required": item.required and not item.retired, "readOnly": True if item.retired else None,
        "maxLength": item.longest if kind in ("string", "text") else None,
        "answerOption": [{"valueCoding": one} for one in options],
    })  # fmt: skip


def type_of(item: Item) -> str:
    """The type of a question. A whole number that may be larger than FHIR's integer is a decimal.

    >>> from trialwright.protocol import SITE, Item, Text
    >>> asked = Item(code="GRADE", label=Text("grade", "分级"), kind=Kind.INTEGER, audience=SITE, low=Decimal(1), high=Decimal(5))
    >>> type_of(asked)
    'integer'
    """
    if item.kind is Kind.INTEGER:
        bounded = item.low is not None and item.high is not None and item.low >= SMALLEST and item.high <= LARGEST
        return "integer" if bounded else "decimal"
    if item.kind is Kind.TEXT:
        return "string" if item.longest <= 255 else "text"
    return TYPES[item.kind]


def _limits(item: Item, kind: str) -> Iterator[Resource]:
    """Unit, range and decimals of a number."""
    if kind not in ("integer", "decimal"):
        return
    if item.unit:
        yield {"url": f"{EXTENSION}questionnaire-unit", "valueCoding": unit(item.unit)}
    for name, limit in (("minValue", item.low), ("maxValue", item.high)):
        if limit is not None:
            yield {"url": f"{EXTENSION}{name}", f"value{ELEMENTS[kind]}": number(limit)}
    if kind == "decimal" and (item.decimals is not None or item.kind is Kind.INTEGER):
        yield {"url": f"{EXTENSION}maxDecimalPlaces", "valueInteger": item.decimals or 0}


def _shown(study: Study, on: Item, answer: str) -> Resource:
    """Skip logic: the question on which another depends, and an answer for which it is asked."""
    return {"question": on.code, "operator": "=", f"answer{ELEMENTS[type_of(on)]}": _value(study, on, answer)}


def number(value: Decimal | int | str) -> orjson.Fragment:
    """A number with the digits that were written: 3.50 stays 3.50."""
    return orjson.Fragment(f"{Decimal(value):f}")


def _value(study: Study, item: Item, answer: str) -> Any:
    """An answer as FHIR writes it: the digits of a number as they stand in the record."""
    if item.kind in (Kind.INTEGER, Kind.DECIMAL):
        return number(answer)
    return coding(study, item.codelist, answer) if item.codelist else answer


def response(study: Study, subject: Subject, page: Page, patient: str, *, closed: bool) -> Resource:
    """What stands on one page, in the order of the form. Only what this reader may see is there to be written."""
    visit, code, row = page.place
    form, place = study.form(code), "/".join(part for part in (subject.id, visit, code, row) if part)
    last = max((cell[-1] for cell in page.cells.values()), key=lambda entry: entry.at, default=page.not_done)
    return without_nothing({
        "resourceType": "QuestionnaireResponse", "id": identity(study, "page", subject.id, visit, code, row), "language": "en",
        "identifier": identifier(study, "pages", place), "questionnaire": canonical(study, form), "status": _status(subject, page, closed),
        "subject": {"reference": patient}, "encounter": _visit(study, visit), "authored": moment(last.at) if last and page.cells else "",
        "_authored": absent("not-performed", getattr(page.not_done.event, "reason", "")) if page.not_done else None,
        "author": {"display": ROLE_NAMES[last.role].en} if last else None,
        "source": {"reference": patient} if page.by_patient else None,
        "item": list(_answered(study, form, page)),
    })  # fmt: skip


def _visit(study: Study, code: str) -> Resource | None:
    return {"identifier": identifier(study, "visits", code), "display": study.visit(code).name.en} if code else None


def _status(subject: Subject, page: Page, closed: bool) -> str:
    """Amended where an answer was changed after a signature; completed where all is signed, frozen, locked or was taken over."""
    if page.not_done:
        return "stopped"
    if any(not one.valid for one in page.signatures):
        return "amended"
    done = closed or page.fully_signed or page.imported or subject.closed_by(*page.place) is not None
    return "completed" if done else "in-progress"


def _answered(study: Study, form: Form, page: Page) -> Iterator[Resource]:
    for place, section in enumerate(form.sections, start=1):
        given = [_answer(study, item, page) for item in section.items if item.code in page.cells]
        if given:
            yield {"linkId": f"section-{place}", "text": section.title.en, "item": given}


def _answer(study: Study, item: Item, page: Page) -> Resource:
    cell, element = page.cells[item.code], ELEMENTS[type_of(item)]
    if cell.last.absence:
        answer: Mapping[str, Any] = _missing(element, absence(cell.last.absence))
    elif cell.value is None or cell.value == ERASED or _unreadable(item, cell.value):  # the words are gone, the fact is not
        answer = _missing(element, absent("masked", "erased"))
    else:
        answer = {f"value{element}": _value(study, item, cell.value)}
    return {"linkId": item.code, "text": item.label.en, "answer": [answer]}


def _missing(element: str, reason: Resource) -> Resource:
    return {"valueCoding" if element == "Coding" else f"_value{element}": reason}


def _unreadable(item: Item, value: str) -> bool:
    """Whether what stands in the record is no value of this item."""
    try:
        item.recall(value)
    except ValueError:
        return True
    return False
