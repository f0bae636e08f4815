"""Where the values of the tabulation come from: asked on a page of the case report form, derived, planned or assigned."""

from collections.abc import Iterator, Mapping

from attrs import frozen

from trialwright.exchange.metadata import Origin, Where
from trialwright.protocol import Audience, Form, Item, Study
from trialwright.sdtm import Domain, Method, Target, targets

PLANNED = ("VISITNUM", "VISIT", "STUDYID")
"""What the protocol says of every record."""
ASKED_BY_ANOTHER_NAME = {"EXLAT": "EXLOC"}


@frozen
class Annotated:
    """An item of a form and one of the places to which its answer goes."""

    form: Form
    item: Item
    target: Target


class Annotations:
    """All annotations of a study, by the variable to which they lead."""

    def __init__(self, study: Study) -> None:
        self.study = study
        self._by_variable: dict[tuple[str, str], list[Annotated]] = {}
        for form in study.forms:
            for item in form.items:
                for target in targets(item.sdtm):
                    self._by_variable.setdefault((target.domain, target.variable), []).append(Annotated(form, item, target))

    def of(self, domain: str, variable: str) -> list[Annotated]:
        return self._by_variable.get((domain, variable), [])

    def under(self, domain: str, variable: str, where: Mapping[str, str | None]) -> list[Annotated]:
        """The annotations of the thing that `where` describes: equal in all that it names; one that names none of it (a log in which
        another item says it) is that of everything."""
        return [one for one in self.of(domain, variable) if _fits(dict(one.target.where), where)]


def _fits(constants: Mapping[str, str], where: Mapping[str, str | None]) -> bool:
    named = constants.keys() & where.keys()
    return not named or all(constants.get(name) == value for name, value in where.items())


def origin(domain: Domain, variable: str, annotations: Annotations) -> tuple[Origin | None, Method | None]:
    """Where a variable comes from, and how it is derived where it is."""
    method = domain.method(variable)
    asked = annotations.of(domain.code, variable)
    if asked:
        return collected(asked), None
    if domain.klass in ("Trial Design",):
        return Origin(kind="Protocol", source="Sponsor"), None
    if method is not None:
        return Origin(kind="Derived", source="Sponsor"), method
    if variable in PLANNED:
        return Origin(kind="Protocol", source="Sponsor"), None
    return Origin(kind="Assigned", source="Sponsor"), None


def collected(asked: list[Annotated]) -> Origin:
    """Asked on these pages; of the patient himself where all of them are his questionnaires."""
    items = tuple(dict.fromkeys(f"{one.form.code}.{one.item.code}" for one in asked))
    by_patient = all(one.target.domain == "QS" and bool(one.form.entered_by & Audience.PATIENT or one.form.instrument) for one in asked)
    return Origin(kind="Collected", source="Subject" if by_patient else "Investigator", asked=items)


def constants(where: tuple[Where, ...]) -> Iterator[tuple[str, str]]:
    """The conditions that are plain equalities."""
    yield from ((one.name, one.values[0]) for one in where if one.comparator == "EQ")
