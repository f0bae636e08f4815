"""The message of a case safety report as such: its vocabulary of elements, the report in the making, and how a node is written."""

import csv
import io
import re
from datetime import date, datetime

from attrs import Factory, define, frozen
from lxml import etree

from trialwright.exchange.serious_events import Case
from trialwright.protocol import Text

HL7, XSI = "urn:hl7-org:v3", "http://www.w3.org/2001/XMLSchema-instance"
LISTS, NAMES, MEDDRA, COUNTRIES = "2.16.840.1.113883.3.989.2.1.1.", "2.16.840.1.113883.3.989.2.1.3.", "2.16.840.1.113883.6.163", "1.0.3166.1.2.2"
OBSERVATIONS = f"{LISTS}19"


_KINDS = {
    "PSN": ("player1", "assignedPerson"), "DEV": ("device",), "ORG": ("representedOrganization",), "MMAT": ("kindOfProduct",),
    "COUNTRY": ("location", "locatedPlace", "governingPlace"),
}  # fmt: skip
_EVENTS = {
    "INVSTG": ("investigationEvent", "adverseEventAssessment", "relatedInvestigation"), "CACT": ("controlActProcess", "controlActEvent"),
    "OBS": ("observation", "observationEvent", "causalityAssessment", "investigationCharacteristic", "adverseEffectReference", "actReference"),
    "SBADM": ("substanceAdministration", "productUseReference"), "CATEGORY": ("organizer",), "CLNTRL": ("researchStudy",),
    "ACT": ("act", "studyRegistration"),
}  # fmt: skip
_ROLES = {"primaryRole": "INVSBJ", "asIdentifiedEntity": "IDENT", "assignedEntity": "ASSIGNED", "asQualifiedEntity": "QUAL", "asLocatedEntity": "LOCE",
          "locatedEntity": "LOCE", "instanceOfKind": "INST", "territorialAuthority": "TERR"}  # fmt: skip
FIXED: dict[str, dict[str, str]] = {
    **{tag: {"classCode": kind, "determinerCode": "KIND" if kind == "MMAT" else "INSTANCE"} for kind, tags in _KINDS.items() for tag in tags},
    **{tag: {"classCode": kind, "moodCode": "EVN"} for kind, tags in _EVENTS.items() for tag in tags},
    **{tag: {"classCode": kind} for tag, kind in _ROLES.items()},
}
"""What the message model fixes for each element: the kind of thing that it is."""


@frozen(kw_only=True)
class Envelope:
    """Who sends to whom: agreed between the partners and never invented. Country by ISO 3166-1, `sender_type` by E2B C.3.1 (1 to 7)."""

    sender: str = ""
    receiver: str = ""
    sender_type: str = ""
    country: str = ""


@frozen(kw_only=True)
class Element:
    """One data element as it stands in the message: its number and name in E2B(R3), its value, or the flavor of its absence."""

    number: str
    name: str
    value: str
    null: str = ""


@frozen(kw_only=True)
class Lack:
    """What the report still needs before it can be sent, by number of the data element."""

    number: str
    what: Text


@define(kw_only=True)
class Report:
    """A report in the making: elements and lacks gather here while the message is written."""

    case: Case
    envelope: Envelope
    at: datetime
    xml: bytes = b""
    elements: list[Element] = Factory(list)
    lacks: list[Lack] = Factory(list)

    def note(self, number: str, name: str, value: str, null: str = "") -> str:
        self.elements.append(Element(number=number, name=name, value=value, null="" if value else null))
        return value

    def lack(self, number: str, en: str, zh: str) -> None:
        self.lacks.append(Lack(number=number, what=Text(en, zh)))

    def __str__(self) -> str:
        return self.case.code

    @property
    def table(self) -> str:
        """The data set: one line per data element, as CSV. A text that a spreadsheet would run as a formula gets an apostrophe before it."""
        out = io.StringIO()
        rows = csv.writer(out, lineterminator="\n")
        rows.writerow(("number", "name", "value", "null flavor"))
        rows.writerows((one.number, one.name, _inert(one.value), one.null) for one in self.elements)
        return out.getvalue()


_NUMBER = re.compile(r"[+-]?[0-9]+([.][0-9]+)?")


def _inert(value: str) -> str:
    """The value as a spreadsheet may open it: a number stays a number, any other text does not begin a formula."""
    return f"'{value}" if value[:1] in {"=", "+", "-", "@", "\t", "\r"} and not _NUMBER.fullmatch(value) else value


def put(parent: etree._Element, path: str, **attributes: str) -> etree._Element:
    """A new element below `parent` along `path` ("tag/tag.TYPE": a tag with its type code), with what the model fixes."""
    node = parent
    for step in path.split("/"):
        tag, _, kind = step.partition(".")
        node = etree.SubElement(node, f"{{{HL7}}}{tag}")
        if kind:
            node.set("typeCode", kind)
        for name, value in FIXED.get(tag, {}).items():
            node.set(name, value)
    for name, value in attributes.items():
        if value:
            node.set(f"{{{XSI}}}type" if name == "xsi_type" else name, value)
    return node


def identify(parent: etree._Element, root: str, extension: str) -> None:
    put(parent, "id", extension=extension, root=f"{NAMES}{root}")


def write(parent: etree._Element, path: str, words: str, **attributes: str) -> None:
    put(parent, path, **attributes).text = words


def stamp(day: str | date) -> str:
    """A day, or the part of it that is known: 20260203, 202602, 2026."""
    return str(day).replace("-", "")


def flag(parent: etree._Element, path: str, code: str, value: str) -> None:
    """A yes or no of the list of observations; NI where there is none."""
    node = put(parent, path)
    put(node, "code", code=code, codeSystem=OBSERVATIONS)
    put(node, "value", xsi_type="BL", value=value, nullFlavor="" if value else "NI")
