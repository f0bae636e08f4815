"""Supplemental qualifiers: answers about a record for which its domain has no variable, each tied to its record."""

from collections.abc import Mapping

import polars as pl

from trialwright.sdtm._domain import About, Domain, Row, Source, about, shortened, tabulated, targets

PREFIX = "SUPP"
KEYS = "STUDYID RDOMAIN USUBJID IDVAR IDVARVAL QNAM"


def spec(domain: str) -> Domain:
    """What is said about the supplement of `domain`."""
    return tabulated(PREFIX + domain, KEYS, like="SUPPQUAL", label=f"Supplemental Qualifiers for {domain}")


def rows(source: Source, frames: Mapping[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """The supplement of each domain of which an answer is annotated so, by its code."""
    named = {target.domain for form in source.study.forms for item in form.items for target in targets(item.sdtm)}
    return {code: _supplement(source, code.removeprefix(PREFIX), frames) for code in sorted(named) if code.startswith(PREFIX)}


def _supplement(source: Source, domain: str, frames: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    told = [_row(source, one) for one in about(source, PREFIX + domain, domain, None if domain == "DM" else frames[domain])]
    made = spec(domain)
    refs = pl.Series("_REFS", [row.pop("_REFS") for row in told], dtype=pl.List(pl.String))
    frame = pl.DataFrame({name: [row.get(name) for row in told] for name in made.names}, schema=made.types)
    return frame.with_columns(refs).sort("USUBJID", pl.col("IDVARVAL").cast(pl.Int64), "QNAM", maintain_order=True)


def _row(source: Source, one: About) -> Row:
    constants = dict(one.given.target.where)
    return {
        "STUDYID": source.study.code,
        "RDOMAIN": one.domain,
        "USUBJID": one.person.usubjid,
        "IDVAR": f"{one.domain}SEQ" if one.number else None,
        "IDVARVAL": one.number or None,
        "QNAM": constants["QNAM"],
        "QLABEL": constants.get("QLABEL") or shortened(one.given.item.label.en),
        "QVAL": one.given.value,
        "QORIG": "CRF",
        "_REFS": [one.given.ref],
    }

