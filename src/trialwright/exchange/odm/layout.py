"""Under which names ODM files speak of a study: events, forms, groups of items that the same people may read, items, and the ledger itself."""

from collections.abc import Iterator
from functools import cached_property

from attrs import define, fields, frozen

from trialwright.protocol import Audience, Codelist, Form, Item, Kind, Shown, Study, Text
from trialwright.record import Entry
from trialwright.record.events import KINDS, Answered, Corrected, Happened

LOGS, LEDGER = "LOGS", "LEDGER"
"""The two events that are no visit: the logs of the study, and what happened beside the answers."""
DEEDS: tuple[type[Happened], ...] = tuple(kind for kind in KINDS if kind not in (Answered, Corrected))
"""The kinds of events that answer no question: each is a form of the event LEDGER, or reference data where it concerns the whole study."""
TYPES = {Kind.INTEGER: "integer", Kind.DECIMAL: "float", Kind.CHOICE: "text", Kind.DATE: "date", Kind.PARTIAL_DATE: "partialDate", Kind.TEXT: "text"}


@frozen(kw_only=True)
class Group:
    """The items of one section of a form that the same people may read: what one signature can cover."""

    oid: str
    form: str
    number: int
    title: Text
    audience: Audience
    items: tuple[Item, ...]


def groups(form: Form) -> tuple[Group, ...]:
    """The groups of a form, in the order in which their first items are asked.

    >>> from trialwright.protocol import Audience, Form, Item, Kind, Section, Text
    >>> seen = {"A": Audience.EVALUATOR, "B": Audience.PHYSICIAN, "C": Audience.EVALUATOR}
    >>> items = tuple(Item(code=code, label=Text(code, code), kind=Kind.TEXT, audience=who) for code, who in seen.items())
    >>> form = Form(code="F", title=Text("f", "f"), sections=(Section(title=Text("s", "s"), items=items),), entered_by=Audience.PHYSICIAN)
    >>> [(one.oid, [item.code for item in one.items]) for one in groups(form)]
    [('IG.F.1', ['A', 'C']), ('IG.F.2', ['B'])]
    """
    found: dict[tuple[int, Audience], list[Item]] = {}
    for place, section in enumerate(form.sections):
        for item in section.items:
            found.setdefault((place, item.audience), []).append(item)
    return tuple(Group(oid=f"IG.{form.code}.{number}", form=form.code, number=number, title=form.sections[place].title, audience=who, items=tuple(items))
                 for number, ((place, who), items) in enumerate(found.items(), start=1))  # fmt: skip


@define(frozen=True, slots=False)
class Layout:
    """The names of everything in the ODM files of one study."""

    study: Study

    @property
    def study_oid(self) -> str:
        return f"STUDY.{self.study.code}"

    @property
    def version_oid(self) -> str:
        return f"MDV.{self.study.version}"

    @cached_property
    def groups(self) -> dict[str, tuple[Group, ...]]:
        """The groups of each form."""
        return {form.code: groups(form) for form in self.study.forms}

    @cached_property
    def group_of(self) -> dict[tuple[str, str], Group]:
        """The group in which an item of a form stands."""
        return {(form, item.code): group for form, found in self.groups.items() for group in found for item in group.items}

    @cached_property
    def lists(self) -> dict[Codelist, str]:
        """The code lists of the study; two of the same code that differ get names of their own."""
        found: dict[Codelist, str] = {}
        counts: dict[str, int] = {}
        for codelist in dict.fromkeys(item.codelist for form in self.study.forms for item in form.items if item.codelist):
            counts[codelist.code] = number = counts.get(codelist.code, 0) + 1
            found[codelist] = f"CL.{codelist.code}" if number == 1 else f"CL.{codelist.code}.{number}"
        return found

    @cached_property
    def units(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(item.unit for form in self.study.forms for item in form.items if item.unit))

    @cached_property
    def conditions(self) -> dict[tuple[str, Shown], str]:
        """When an item of a form is not asked; items that hang on the same answer share the condition."""
        found: dict[tuple[str, Shown], str] = {}
        for form in self.study.forms:
            for item in form.items:
                if item.shown:
                    found.setdefault((form.code, item.shown), f"COND.{form.code}.{item.code}")
        return found

    @cached_property
    def order(self) -> dict[str, int]:
        """The place of each visit in the schedule; logs come last."""
        return {"": len(self.study.visits)} | {visit.code: place for place, visit in enumerate(self.study.visits)}


def told(kind: type[Happened]) -> tuple[str, ...]:
    """What an event of this kind says, but for who may read it and whom it is about: the items of its form."""
    return tuple(field.name for field in fields(kind) if field.name not in ("label", "subject"))


def said(entry: Entry) -> Iterator[tuple[str, str]]:
    """What an entry says that answers no question, as text; what is empty is left out."""
    for name in told(type(entry.event)):
        value = getattr(entry.event, name)
        if isinstance(value, Audience):
            yield name, value.code
        elif value not in (None, ""):
            yield name, str(value)


def length(item: Item) -> int:
    """How long an answer can be as text: what the item takes in."""
    match item.kind:
        case Kind.CHOICE:
            return max((len(term.code) for term in item.codelist.terms), default=1) if item.codelist else item.longest
        case Kind.INTEGER if item.low is not None and item.high is not None:
            return max(len(str(item.low)), len(str(item.high)))
        case Kind.INTEGER:
            return 16
        case Kind.DECIMAL:
            return 21
        case _:
            return item.longest
