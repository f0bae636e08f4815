"""The controlled words of CDISC (CT 2025-03-28, NCI EVS): code lists with the codes of their terms, and the names of tests."""

import lzma
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files

from attrs import frozen

from trialwright.sdtm._domain.guide import guide

CT = "2025-03-28"
"""The version of the terminology: every code list comes from this one package."""


@frozen
class Controlled:
    """One code list: its concept id, submission value and name, whether a sponsor may add to it, and the concept id of each term."""

    concept: str
    submission: str
    name: str
    extensible: bool
    terms: Mapping[str, str]


@cache
def controlled(concept: str) -> Controlled:
    """The code list with this concept id. Raises `LookupError` when the version has none.

    >>> controlled("C66731").terms["F"], controlled("C66731").extensible
    ('C16576', False)
    """
    if concept not in _blocks():
        raise LookupError(f"CDISC CT {CT} has no code list {concept}")
    head, *lines = _blocks()[concept].splitlines()
    submission, name, open_ = head.split("|")
    terms = {term: code for code, term in (line.split("|", 1) for line in lines)}
    return Controlled(concept, submission, name, open_ == "x", terms)


@cache
def _blocks() -> Mapping[str, str]:
    """The text of each code list by concept id; it is only read when somebody asks for the list."""
    packed = (files("trialwright.sdtm") / "_domain" / "sdtm_ct_2025_03_28.txt.xz").read_bytes()
    text = "\n" + lzma.decompress(packed).decode()
    return dict(block.split("|", 1) for block in text.split("\n=")[1:])


def name_in(codes: str, names: str, code: str) -> str | None:
    """The term of one list that stands for the same concept as `code` does in another.

    >>> name_in("C66738", "C67152", "PLANSUB")
    'Planned Number of Subjects'
    """
    concept = controlled(codes).terms.get(code)
    return None if concept is None else next((name for name, one in controlled(names).terms.items() if one == concept), None)


def concept_of(submission: str, term: str) -> str | None:
    """The concept id of a term in the code list with this submission value; None where there is no such list or term.

    >>> concept_of("TBLIND", "OBSERVER BLIND"), concept_of("TITLE", "x")
    ('C187674', None)
    """
    concept = _heads().get(submission)
    return None if concept is None else controlled(concept).terms.get(term)


def published(concept: str, term: str) -> bool:
    """Whether some code list has this term under this concept id.

    >>> published("C49488", "Y"), published("C49488", "N")
    (True, False)
    """
    line = f"\n{concept}|{term}\n"
    return any(line in f"{block}\n" for block in _blocks().values())


@cache
def name_of_test(domain: str, code: str) -> str | None:
    """What the terminology calls a test, by its short name; None for a test of the sponsor.

    >>> name_of_test("LB", "PLAT"), name_of_test("QS", "EQ5D0201"), name_of_test("RS", "MRSS0101")
    ('Platelets', 'EQ5D02-Mobility', None)
    """
    return next((name for codes, names in _pairs(domain, code) if (name := name_in(codes, names, code)) is not None), None)


def _pairs(domain: str, code: str) -> Iterator[tuple[str, str]]:
    """The lists of short and of long names in which a test may stand: those of its domain, and those of instruments."""
    own = {variable.name.removeprefix(domain): variable.codelists for variable in guide()[domain].variables}
    yield from zip(own.get("TESTCD", ()), own.get("TEST", ()), strict=False)
    found = _instruments().get(code[:-2]) or _instruments().get(code[:-3])
    if found is not None:
        yield found


@cache
def _heads() -> Mapping[str, str]:
    """The concept id of each code list by its submission value."""
    return {block.split("|", 1)[0]: concept for concept, block in _blocks().items()}


@cache
def _instruments() -> Mapping[str, tuple[str, str]]:
    """The lists of each questionnaire, test or classification, by the code with which its tests begin."""
    heads = _heads()
    return {name[:-2]: (concept, heads[f"{name[:-2]}TN"]) for name, concept in heads.items() if name.endswith("TC") and f"{name[:-2]}TN" in heads}
