"""What is said about every data set that goes out, in one table: Define-XML, transport files and Dataset-JSON are all written from it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import cached_property
from typing import Any

import polars as pl
from attrs import define, field, frozen

from trialwright.sdtm import Domain, Method, Variable


@frozen(kw_only=True)
class Standard:
    """One delivery: SDTM or ADaM of one study, as the identifiers of its files name it."""

    name: str
    version: str
    study: str
    originator: str

    @property
    def oid(self) -> str:
        return f"MDV.{self.study}.{self.name}"

    @property
    def study_oid(self) -> str:
        return f"STUDY.{self.study}"


@frozen(kw_only=True)
class Origin:
    """Where values come from: `kind` and `source` in the words of Define-XML; `asked` are the items that ask them (FORM.ITEM)."""

    kind: str
    source: str = ""
    asked: tuple[str, ...] = ()
    from_: str = ""


@frozen(kw_only=True)
class Term:
    """One value of a code list: what it means, its concept in the terminology, and whether the sponsor added it."""

    value: str
    decode: str = ""
    concept: str = ""
    extended: bool = False


@frozen(kw_only=True)
class Codes:
    """A code list as it is used: `concept` is that of the terminology (of the published `standard`), "" for one of the sponsor."""

    name: str
    concept: str = ""
    standard: str = "STD.CT"
    terms: tuple[Term, ...] = ()
    dictionary: str = ""
    version: str = ""


@frozen(kw_only=True)
class Column:
    """One variable as it stands in the files: `kind` is that of Define-XML, `length` the longest value that occurs."""

    oid: str
    name: str
    label: str
    kind: str
    length: int
    digits: int | None = None
    key: int | None = None
    mandatory: bool = False
    role: str = ""
    format: str = ""
    codelists: tuple[str, ...] = ()
    origin: Origin | None = None
    method: Method | None = None
    codes: Codes | None = None
    comment: str = ""

    @property
    def is_day(self) -> bool:
        return self.format.startswith("DATE")

    @property
    def is_text(self) -> bool:
        return not self.is_day and self.kind not in ("integer", "float")

    @property
    def width(self) -> int:
        """Bytes in a record of a transport file."""
        return self.length if self.is_text else 8

    @property
    def json_type(self) -> str:
        if self.is_day or self.kind == "date":
            return "date"
        return {"datetime": "datetime", "integer": "integer", "float": "double"}.get(self.kind, "string")


@frozen(kw_only=True)
class Where:
    """A condition on another variable of the record: it is (EQ, IN) or is not (NE, NOTIN) one of these values."""

    name: str
    values: tuple[str, ...]
    comparator: str = "EQ"


@frozen(kw_only=True)
class Value:
    """What is said about a variable in the records that fulfil all conditions."""

    of: str
    where: tuple[Where, ...]
    column: Column


@define(frozen=True, kw_only=True, slots=False, eq=False)
class Table:
    """One data set that goes out: its records, and what is said about it, its variables and their values."""

    domain: Domain
    columns: tuple[Column, ...]
    frame: pl.DataFrame = field(repr=False)
    values: tuple[Value, ...] = ()

    @property
    def name(self) -> str:
        return self.domain.code

    @property
    def label(self) -> str:
        return self.domain.label

    @property
    def oid(self) -> str:
        return f"IG.{self.name}"

    @cached_property
    def by_name(self) -> Mapping[str, Column]:
        return {one.name: one for one in self.columns}

    @cached_property
    def described(self) -> frozenset[str]:
        """The variables of which something is said value by value."""
        return frozenset(one.of for one in self.values)


def tables(frames: Mapping[str, pl.DataFrame], specs: Mapping[str, Domain]) -> tuple[Table, ...]:
    """The data sets that go out: those with records, each with the variables that its guide expects or that hold a value."""
    return tuple(table(specs[code], frame) for code, frame in frames.items() if frame.height)


def table(domain: Domain, frame: pl.DataFrame) -> Table:
    """One data set with what can be said about it."""
    kept = tuple(_kept(domain, frame))
    columns = tuple(_column(domain, variable, frame[variable.name]) for variable in kept)
    return Table(domain=domain, columns=columns, frame=frame.select(one.name for one in columns))


def _kept(domain: Domain, frame: pl.DataFrame) -> Iterator[Variable]:
    """Variables that are required or expected, hold a value, or are the study day of a date that does."""
    filled = {one.name for one in frame.iter_columns() if one.null_count() < frame.height}
    for variable in domain.variables:
        date = variable.name.removesuffix("DY") + "DTC"
        beside = variable.name.endswith("DY") and date in domain.names and (date in filled or domain.variable(date).core in ("Req", "Exp"))
        if variable.core in ("Req", "Exp") or variable.name in filled or beside:
            yield variable


def _column(domain: Domain, variable: Variable, values: pl.Series) -> Column:
    kind, length, digits = _measured(variable, values)
    keys: Sequence[str] = domain.keys
    return Column(
        oid=f"IT.{domain.code}.{variable.name}",
        name=variable.name,
        label=variable.label,
        kind=kind,
        length=length,
        digits=digits,
        key=keys.index(variable.name) + 1 if variable.name in keys else None,
        mandatory=variable.core == "Req",
        role=variable.role,
        format="DATE9." if variable.type == "date" else "",
        codelists=variable.codelists,
    )  # fmt: skip


def _measured(variable: Variable, values: pl.Series) -> tuple[str, int, int | None]:
    """The kind of the values that occur, the longest of them, and the decimals of numbers."""
    if variable.type == "date":
        return "integer", 8, None
    known = occurring(values)
    if variable.type in ("text", "datetime"):
        return (_kind_of_dates(known) if variable.type == "datetime" else "text"), longest(len(one.encode()) for one in known), None
    return numbers(known)


def occurring(values: pl.Series) -> set[Any]:
    """The values that occur, each once.

    >>> occurring(pl.Series(["F", None, "F"]))
    {'F'}
    """
    return set(values.to_list()) - {None}


def numbers(known: Iterable[float]) -> tuple[str, int, int | None]:
    """The kind of numbers (whole or not), the most signs that one takes, and the most decimals.

    >>> numbers([1.0, 22.0]), numbers([0.5, 12.25, 1e-7])
    (('integer', 2, None), ('float', 9, 7))
    """
    if all(one % 1 == 0 and abs(one) < 1e15 for one in known):
        return "integer", longest(len(str(int(one))) for one in known), None
    written = [format(Decimal(repr(one)), "f") for one in known]
    return "float", longest(map(len, written)), longest(len(one.partition(".")[2]) for one in written)


def longest(lengths: Iterable[int]) -> int:
    """The greatest of these lengths, at least 1."""
    return max((1, *lengths))


def _kind_of_dates(known: Iterable[str]) -> str:
    """What dates in ISO 8601 are when one takes them together."""
    lengths = set(map(len, known))
    if lengths <= {10}:
        return "date"
    if min(lengths) < 10:
        return "partialDate" if max(lengths) <= 10 else "incompleteDatetime"
    return "datetime"
