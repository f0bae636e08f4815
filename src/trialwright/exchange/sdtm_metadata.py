"""The tabulation with everything that is said about it: origins, methods, code lists, and the same value by value."""

from collections.abc import Iterator, Mapping

import polars as pl
from attrs import evolve

from trialwright.exchange.code_lists import codes, meanings, of_item, with_dictionaries
from trialwright.exchange.metadata import Codes, Column, Origin, Table, Value, Where, occurring, table
from trialwright.exchange.origins import Annotated, Annotations, collected, origin
from trialwright.exchange.value_level import value
from trialwright.protocol import Kind, Study
from trialwright.sdtm import spec

CLASSES = ("Trial Design", "Special-Purpose", "Interventions", "Events", "Findings", "Findings About", "Relationship")
"""The order in which a reviewer expects the data sets."""
TOPICS = ("TESTCD", "OBJ", "BDAGNT", "TSTDTL")
"""What says which thing a result is about."""


def sdtm_tables(study: Study, frames: Mapping[str, pl.DataFrame], dictionaries: Mapping[str, Codes] = {}) -> tuple[Table, ...]:
    """The data sets of the tabulation that go out, `frames` being records and plan: those that hold a record.

    `dictionaries` are what `external` says of the variables that hold terms of a dictionary.
    """
    annotations = Annotations(study)
    ordered = sorted(frames.items(), key=lambda named: (CLASSES.index(spec(named[0]).klass), named[0]))
    return tuple(_table(annotations, code, frame, dictionaries) for code, frame in ordered if frame.height)


def _table(annotations: Annotations, code: str, frame: pl.DataFrame, dictionaries: Mapping[str, Codes]) -> Table:
    plain = table(spec(code), frame)
    columns = with_dictionaries((_column(annotations, plain, one) for one in plain.columns), frame, dictionaries)
    values = tuple(_values(annotations, evolve(plain, columns=columns)))
    described = {one.of for one in values}
    return evolve(plain, columns=tuple(evolve(one, origin=None, method=None) if one.name in described else one for one in columns), values=values)


def _column(annotations: Annotations, own: Table, column: Column) -> Column:
    where, method = origin(own.domain, column.name, annotations)
    asked = annotations.of(own.name, column.name)
    listed = codes(own.name, column.name, column.label, column.codelists, own.frame, asked)
    return evolve(column, origin=where, method=method, codes=listed)


def _values(annotations: Annotations, own: Table) -> Iterator[Value]:
    """What is said about results by test, and about supplements by their name."""
    code = own.name
    if own.domain.klass in ("Findings", "Findings About"):
        yield from _results(annotations, own)
    elif code.startswith("SUPP"):
        yield from _supplements(annotations, own)
    elif code == "TS":
        meant = meanings("TSPARMCD", own.frame)
        for name in own.frame["TSPARMCD"].unique().sort():
            here = own.frame.filter(pl.col("TSPARMCD") == name)
            yield value(own, "TSVAL", (Where(name="TSPARMCD", values=(name,)),), here, Origin(kind="Protocol", source="Sponsor"), meant)


def _results(annotations: Annotations, own: Table) -> Iterator[Value]:
    code, frame = own.name, own.frame
    topics = [f"{code}{part}" for part in TOPICS if f"{code}{part}" in frame.columns]
    derived, meant = f"{code}DRVFL", meanings(topics[0], frame)
    for key, here in frame.group_by(topics, maintain_order=True):
        told = {name: None if value is None else str(value) for name, value in zip(topics, key, strict=True)}
        plain = tuple(_topics(frame, told))
        both = derived in frame.columns and 0 < here[derived].null_count() < here.height
        parts = here.partition_by(derived, maintain_order=True) if both else [here]
        for part in parts:
            by_us = derived in frame.columns and part[derived][0] == "Y"
            mark = (Where(name=derived, values=("Y",), comparator="EQ" if by_us else "NE"),) if both else ()
            yield from _result(annotations, own, (*plain, *mark), told, part, by_us, meant)


def _topics(frame: pl.DataFrame, told: Mapping[str, str | None]) -> Iterator[Where]:
    """The conditions that pick the results of one thing; what it leaves empty, others of the same test may fill."""
    for name, one in told.items():
        if one is not None:
            yield Where(name=name, values=(one,))
            continue
        alike = frame.filter(pl.col(other) == said for other, said in told.items() if said is not None)
        others = tuple(sorted(occurring(alike[name])))
        if others:
            yield Where(name=name, values=others, comparator="NE" if len(others) == 1 else "NOTIN")


def _result(
    annotations: Annotations, own: Table, where: tuple[Where, ...], told: Mapping[str, str | None], here: pl.DataFrame, derived: bool,
    meant: Mapping[str, str],
) -> Iterator[Value]:  # fmt: skip
    code = own.name
    asked = [] if derived else annotations.under(code, f"{code}ORRES", told)
    method = own.domain.methods.get(f"{code}ORRES") or (own.domain.tests.get(told[f"{code}TESTCD"] or "") if derived else None)
    source = collected(asked) if asked else Origin(kind="Derived" if derived or method else "Assigned", source="Sponsor")
    for name in (f"{code}ORRES", f"{code}STRESC"):
        if name in own.by_name and here[name].null_count() < here.height:
            found = value(own, name, where, here, source, meant)
            if name.endswith("STRESC") and not derived:
                found = evolve(found, column=evolve(found.column, origin=Origin(kind="Derived", source="Sponsor"), method=own.domain.method(name)))
            yield evolve(found, column=_coded(evolve(found.column, method=found.column.method or method), asked, here, name))


def _coded(column: Column, asked: list[Annotated], here: pl.DataFrame, name: str) -> Column:
    """With the answers that the question offers, if they stand in the variable as they are."""
    lists = {one.item.codelist for one in asked if one.item.codelist is not None}
    if len(lists) != 1 or len(asked) != sum(one.item.kind is Kind.CHOICE for one in asked):
        return column
    listed = of_item(next(iter(lists)), column.label)
    return evolve(column, codes=listed) if occurring(here[name]) <= {one.value for one in listed.terms} else column


def _supplements(annotations: Annotations, own: Table) -> Iterator[Value]:
    meant = meanings("QNAM", own.frame)
    for name in own.frame["QNAM"].unique().sort():
        asked = annotations.under(own.name, "QVAL", {"QNAM": name})
        here = own.frame.filter(pl.col("QNAM") == name)
        found = value(own, "QVAL", (Where(name="QNAM", values=(name,)),), here, collected(asked), meant)
        yield evolve(found, column=_coded(found.column, asked, here, "QVAL"))
