"""What is said about a variable in some of its records only: where it comes from and how long its values are, test by test."""

import re
from collections.abc import Mapping

import polars as pl

from trialwright.exchange.metadata import Column, Origin, Table, Value, Where, longest, numbers, occurring

_NUMBER = re.compile(r"-?\d+(\.\d+)?")


def value(own: Table, of: str, where: tuple[Where, ...], here: pl.DataFrame, source: Origin, meant: Mapping[str, str]) -> Value:
    """A variable under conditions, measured on the records that fulfil them; `meant` says what the values of the first condition stand for."""
    kind, length, digits = kind_of(here[of])
    suffix = ".".join(value for one in where for value in ((one.values[0],) if one.comparator == "EQ" else ("NOT",)))
    name = f"{own.name}.{of}.{suffix}".replace(" ", "_")
    label = meant.get(where[0].values[0]) or own.by_name[of].label
    column = Column(oid=f"IT.{name}", name=of, label=label, kind=kind, length=length, digits=digits, origin=source)
    return Value(of=of, where=where, column=column)


def kind_of(values: pl.Series) -> tuple[str, int, int | None]:
    """Numbers are described as numbers, also where the variable holds text.

    >>> kind_of(pl.Series(["12", "3.50"])), kind_of(pl.Series(["12", None])), kind_of(pl.Series(["12", "3a\u00e9"]))
    (('float', 4, 2), ('integer', 2, None), ('text', 4, None))
    """
    known = occurring(values)
    if values.dtype != pl.String:
        return numbers(known)
    if known and all(map(_NUMBER.fullmatch, known)):
        signs, decimals = longest(map(len, known)), [len(one.partition(".")[2]) for one in known]
        return ("float", signs, longest(decimals)) if any(decimals) else ("integer", signs, None)
    return "text", longest(len(one.encode()) for one in known), None
