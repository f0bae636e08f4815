"""Which records of two domains belong together, as the numbers say that both carry."""

from collections.abc import Iterator, Mapping

import polars as pl

from trialwright.sdtm._domain import Source, tabulated

SPEC = tabulated("RELREC", "STUDYID RDOMAIN USUBJID IDVAR IDVARVAL RELID")
RELATIONS = (("EC", "EX", "ONE"), ("CM", "EX", "ONE"), ("PR", "CV", "MANY"))
"""Pairs of domains that share --LNKID: of the second there is one record, or are many, for each of the first."""


def rows(source: Source, frames: Mapping[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """One pair of records for each relation of data sets that holds for at least one person."""
    told = [row for relation in RELATIONS for row in _pair(source, frames, *relation)]
    data = {name: [row.get(name) for row in told] for name in SPEC.names}
    refs = pl.Series("_REFS", [[] for _ in told], dtype=pl.List(pl.String))
    return {SPEC.code: pl.DataFrame(data, schema=SPEC.types).with_columns(refs)}


def _pair(source: Source, frames: Mapping[str, pl.DataFrame], first: str, second: str, many: str) -> Iterator[dict[str, str]]:
    ids = {code: frames[code].select("USUBJID", pl.col(f"{code}LNKID").alias("LNKID")).drop_nulls() for code in (first, second)}
    if ids[first].join(ids[second], on=["USUBJID", "LNKID"], how="semi").height:
        for code, kind in ((first, "ONE"), (second, many)):
            yield {"STUDYID": source.study.code, "RDOMAIN": code, "IDVAR": f"{code}LNKID", "RELTYPE": kind, "RELID": first + second}
