"""Comments: free words about a person or about a record of another domain."""

from collections.abc import Mapping

import polars as pl
from attrs import evolve

from trialwright.sdtm._domain import About, Domain, Row, Source, about, tabulated, targets

PIECES, LONGEST = 20, 200
"""A comment is cut into this many pieces at most, of this many characters: COVAL, COVAL1, COVAL2, ..."""


def _spec() -> Domain:
    listed = tabulated("CO", "STUDYID USUBJID RDOMAIN IDVARVAL COSEQ")
    first = listed.names.index("COVAL") + 1
    more = tuple(evolve(listed.variable("COVAL"), name=f"COVAL{place}", core="Perm") for place in range(1, PIECES))
    return evolve(listed, variables=(*listed.variables[:first], *more, *listed.variables[first:]))


SPEC = _spec()


def rows(source: Source, frames: Mapping[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """One record for each comment, tied to the record of which its annotation says that it speaks (RDOMAIN)."""
    spoken_of = {dict(target.where).get("RDOMAIN", "") for form in source.study.forms for item in form.items
                 for target in targets(item.sdtm) if target.domain == "CO"}  # fmt: skip
    told = [_row(one) for domain in sorted(spoken_of) for one in about(source, "CO", domain, frames.get(domain))]
    return {"CO": source.framed(SPEC, told)}


def _row(one: About) -> Row:
    words = one.given.value or ""
    pieces = {f"COVAL{place or ''}": words[LONGEST * place : LONGEST * (place + 1)] for place in range(-(-len(words) // LONGEST))}
    visited = one.person.visits.get(one.page.place[0])
    return pieces | {
        "_PERSON": one.person,
        "_REFS": [one.given.ref],
        "RDOMAIN": one.domain or None,
        "IDVAR": f"{one.domain}SEQ" if one.number else None,
        "IDVARVAL": one.number or None,
        "COEVAL": "INVESTIGATOR",
        "CODTC": visited.first.isoformat() if visited is not None and visited.first is not None else None,
    }
