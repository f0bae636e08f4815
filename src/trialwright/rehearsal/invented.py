"""Invented dictionaries for rehearsals and tests: the shape of MedDRA and WHODrug with terms, classes and codes of our own, and names that say so."""

import hashlib
from collections.abc import Mapping, Sequence

from trialwright.protocol.dictionary import Dictionary, Edition, Entry, Level

CREDIT = "Invented for a rehearsal: no term, class or code of it is from a real dictionary."
FIRST = 99_000_000
"""Invented codes begin here, where MedDRA has none."""


def invented_events(terms: Mapping[str, Sequence[str]], version: str = "1") -> Dictionary:
    """A dictionary of events: to each invented class the terms that lie in it. A term has the same code in every version.

    >>> found = invented_events({"infections": ["herpes zoster"]}).suggest("Herpes zoster")[0].entry
    >>> found.code[:2], [level.term for level in found.path]
    ('99', ['Herpes zoster', 'Invented group: infections', 'Invented group: infections', 'Invented class: infections'])
    """
    entries = []
    for name, some in terms.items():
        group, place = f"Invented group: {name}", _code(name)
        above = Level("HLT", place, group), Level("HLGT", place, group), Level("SOC", place, f"Invented class: {name}")
        entries += [Entry(code=_code(term), term=term.capitalize(), path=(Level("PT", _code(term), term.capitalize()), *above)) for term in some]
    return _dictionary("MedDRA", "INVENTED-EVENTS", version, entries)


def _code(words: str) -> str:
    return str(FIRST + int.from_bytes(hashlib.sha256(words.encode()).digest()[:8], "big") % 1_000_000)


def invented_drugs(names: Mapping[str, Sequence[str]], version: str = "1") -> Dictionary:
    """A dictionary of drugs: to each invented class the drugs that lie in it; each drug is its own preferred name."""
    entries = []
    for place, (name, drugs) in enumerate(names.items(), 1):
        above = Level("ATC", f"X{place:02}", f"Invented class: {name}")
        entries += [Entry(code=f"X{place:02}{number:03}", term=drug, path=(Level("PREFERRED", "", drug.upper()), above))
                    for number, drug in enumerate(drugs, 1)]  # fmt: skip
    return _dictionary("WHODrug", "INVENTED-DRUGS", version, entries)


def _dictionary(kind: str, name: str, version: str, entries: Sequence[Entry]) -> Dictionary:
    digest = hashlib.sha256(repr((name, version, entries)).encode()).hexdigest()
    return Dictionary((Edition(kind=kind, name=name, version=version, language="en", credit=CREDIT, digest=digest, entries=tuple(entries)),))
