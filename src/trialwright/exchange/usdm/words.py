"""What USDM files are written with: objects with names of their own, and terms of CDISC's terminology with their codes."""

import re
from collections.abc import Mapping
from html import escape
from typing import Any

from attrs import define, field

from trialwright.protocol import Study, Summary, Text
from trialwright.sdtm import controlled

CT = "2025-09-26"
"""The release of the terminology that is cited. USDM wants one for all terms, and in this one both those of the protocol model (DDF) and those of the
tabulation (SDTM) were published. The codes of the latter were read in the release of 2025-03-28 and are unverified in this one."""
CDISC = "http://www.cdisc.org"
DDF = {
    "Visit": "C25716", "Primary Endpoint": "C94496", "Secondary Endpoint": "C139173",
    "Study Primary Objective": "C85826", "Study Secondary Objective": "C85827",
    "Clinical Study Registry": "C93453", "Sponsor": "C70793", "Official Study Title": "C207616", "Brief Study Title": "C207615",
    "Data Generated Within Study": "C188866", "Randomized": "C46079", "Stratified Randomisation": "C147145", "Adaptive": "C98704", "Multicentre": "C217005",
    "Single-Centre": "C217004", "Single Country": "C217006", "Experimental Intervention": "C41161", "Active Comparator": "C68609", "Placebo": "C753",
    "Experimental Arm": "C174266", "Active Comparator Arm": "C174267", "Placebo Comparator Arm": "C174268",
    "After": "C201356", "Before": "C201357", "Fixed Reference": "C201358", "Start to Start": "C201355",
    "Effective Date": "C215663", "Global": "C68846",
    "Outcomes Assessor": "C207599", "Statistician": "C51877", "Principal investigator": "C19924",
    "Clinical Trial Physician": "C215672", "Study Subject": "C41189",
}  # fmt: skip
"""Terms of the protocol model, with their concepts (DDF CT 2025-09-26, NCI EVS)."""
RESERVED = {"DAYS": "C25301", "YEARS": "C29848"}
"""Terms of the tabulation that every file holds."""
Thing = dict[str, Any]


class Unsaid(Exception):  # that a study does not say something is no error of the program
    """What USDM must be told and the study does not say."""

    def __init__(self, missing: tuple[str, ...]) -> None:
        self.missing = missing
        super().__init__("USDM asks what the study does not say: " + "; ".join(missing))


@define
class Things:
    """Makes the objects of one file; every object gets a name that no other has."""

    study: Study
    _taken: dict[str, int] = field(factory=dict)
    _terms: dict[str, str] = field(factory=lambda: DDF | RESERVED)

    def make(self, kind: str, name: str = "", label: Text | str = "", **more: Any) -> Thing:
        """An object of this class. Its id is made of its class and `name`, or of its number where it has none."""
        number = self._taken[kind] = self._taken.get(kind, 0) + 1
        thing: Thing = {"id": f"{kind}_{re.sub('[^A-Za-z0-9._-]', '-', name) or number}", "instanceType": kind}
        if name:
            thing |= {"name": name, "label": str(label) or name}
        return thing | more

    def code(self, code: str, decode: str, system: str = CDISC, version: str = CT) -> Thing:
        return self.make("Code", code=code, codeSystem=system, codeSystemVersion=version, decode=decode)

    def concept(self, code: str, decode: str) -> Thing:
        """A concept of CDISC under the words of a list of the study: one code has one name in a file, and one name one code."""
        known = next((word for word, one in self._terms.items() if one == code), None)
        word = known or (decode if self._terms.get(decode, code) == code else f"{decode} ({code})")
        self._terms[word] = code
        return self.code(code, word)

    def term(self, decode: str) -> Thing:
        """A term of the protocol model."""
        return self.code(DDF[decode], decode)

    def listed(self, concept: str, value: str) -> Thing:
        """A term of a code list of the tabulation; raises `Unsaid` when the list does not have it."""
        code = controlled(concept).terms.get(value)
        if code is None:
            raise Unsaid((f"“{value}” is no term of the code list {controlled(concept).name} (mend it in Study.summary)",))
        self._terms[value] = code
        return self.code(code, value)

    def own(self, code: str, decode: str) -> Thing:
        """A term that the study has for itself."""
        return self.code(code, decode, f"urn:study:{self.study.code}", self.study.version)

    def alias(self, code: Thing) -> Thing:
        return self.make("AliasCode", standardCode=code, standardCodeAliases=[])

    def number(self, value: float, unit: Thing | None = None) -> Thing:
        return self.make("Quantity", value=value, unit=unit)


def marked(words: str) -> str:
    """Words where USDM wants XHTML.

    >>> marked("FVC < 50 % & rising")
    'FVC &lt; 50 % &amp; rising'
    """
    return escape(words, quote=False)


def chained(things: list[Thing]) -> list[Thing]:
    """The same objects, each naming the one before and the one after it.

    >>> [(one["previousId"], one["nextId"]) for one in chained([{"id": "a"}, {"id": "b"}])]
    [(None, 'b'), ('a', None)]
    """
    ids = [None, *(one["id"] for one in things), None]
    for place, one in enumerate(things):
        one["previousId"], one["nextId"] = ids[place], ids[place + 2]
    return things


def said(study: Study, name: str) -> str:
    """What the study says of itself under this name of the trial summary; "" where it says nothing."""
    return next((one.value for one in study.summary if one.name == name and one.value), "")


def all_said(study: Study, name: str) -> list[str]:
    return [one.value for one in study.summary if one.name == name and one.value]


def summary(study: Study, name: str) -> Summary | None:
    return next((one for one in study.summary if one.name == name), None)


def days(number: int) -> str:
    return f"{abs(number)} day" if abs(number) == 1 else f"{abs(number)} days"


def by_name(things: list[Thing]) -> Mapping[str, Thing]:
    return {one["name"]: one for one in things}
