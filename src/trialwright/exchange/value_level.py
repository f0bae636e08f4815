"""What is said about a variable in some of its records only: where it comes from and how long its values are, test by test."""

import polars as pl

from trialwright.exchange.code_lists import meanings
from trialwright.exchange.metadata import Column, Origin, Table, Value, Where, longest, numbers


def value(own: Table, of: str, where: tuple[Where, ...], here: pl.DataFrame, source: Origin) -> Value:
    """A variable under conditions, measured on the records that fulfil them."""
    known = here[of].drop_nulls()
    kind, length, digits = kind_of(known)
    suffix = ".".join(value for one in where for value in ((one.values[0],) if one.comparator == "EQ" else ("NOT",)))
    name = f"{own.name}.{of}.{suffix}".replace(" ", "_")
    label = _meant(own, where) or own.by_name[of].label
    column = Column(oid=f"IT.{name}", name=of, label=label, kind=kind, length=length, digits=digits, origin=source)
    return Value(of=of, where=where, column=column)


def _meant(own: Table, where: tuple[Where, ...]) -> str:
    """What the first condition stands for: the name of the test, or the label of the qualifier."""
    first = where[0]
    return meanings(own.name, first.name, own.frame).get(first.values[0], "")


def kind_of(known: pl.Series) -> tuple[str, int, int | None]:
    """Numbers are described as numbers, also where the variable holds text."""
    if known.dtype != pl.String:
        return numbers(known)
    if known.len() and bool(known.str.contains(r"^-?\d+(\.\d+)?$").all()):
        signs = longest(known.str.len_chars())
        decimals = longest(known.str.split(".").list.get(1, null_on_oob=True).fill_null("").str.len_chars())
        return ("integer", signs, None) if bool(known.str.contains(r"^-?\d+$").all()) else ("float", signs, decimals)
    return "text", longest(known.str.len_bytes()), None
