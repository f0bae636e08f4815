"""What is said about a data set besides its values: the variables with their labels, types and roles, and the keys."""

from collections.abc import Mapping
from functools import cached_property
from typing import Literal, cast

import polars as pl
from attrs import define, field, frozen
from attrs.validators import in_, le, matches_re, max_len

from trialwright.sdtm._domain.methods import GENERAL, Method

Type = Literal["text", "integer", "float", "datetime", "date"]
POLARS: dict[str, type[pl.DataType]] = {
    "text": pl.String,
    "integer": pl.Int64,
    "float": pl.Float64,
    "datetime": pl.String,
    "date": pl.Date,
}
"""How each type is held in a frame: an ISO 8601 text (`datetime`) may be partial, a `date` of the analysis never is."""


@frozen(kw_only=True)
class Variable:
    """One column: its name and label (40 characters at most, as transport files need), type, longest text and meaning.

    `codelists` are the concept ids of the controlled terminology that its values come from.
    """

    name: str = field(validator=matches_re(r"(--)?[A-Z][A-Z0-9]{0,7}"))
    label: str = field(validator=max_len(40))
    type: Type = field(default="text", validator=in_(tuple(POLARS)))
    length: int = field(default=200, validator=le(200))
    core: str = "Perm"
    role: str = "Record Qualifier"
    origin: str = "Collected"
    codelists: tuple[str, ...] = ()


@define(frozen=True, kw_only=True, slots=False)
class Domain:
    """One data set: what a record is, which variables it has in which order, and which of them tell records apart."""

    code: str
    label: str = field(validator=max_len(40))
    klass: str
    structure: str
    keys: tuple[str, ...]
    variables: tuple[Variable, ...]
    methods: Mapping[str, Method] = field(factory=dict)
    """How variables are derived, by their names, beyond what holds for every domain."""
    tests: Mapping[str, Method] = field(factory=dict)
    """How the results of tests are derived that nobody measured, by their short names."""
    sources: Mapping[str, str] = field(factory=dict)
    """From which variable of which data set one is copied, where its own name does not say it (TRTP: ADSL.TRT01P)."""

    @cached_property
    def names(self) -> tuple[str, ...]:
        return tuple(variable.name for variable in self.variables)

    @cached_property
    def types(self) -> dict[str, type[pl.DataType]]:
        """The column types of a frame of this domain."""
        return {variable.name: POLARS[variable.type] for variable in self.variables}

    def variable(self, name: str) -> Variable:
        return next(one for one in self.variables if one.name == name)

    def method(self, name: str) -> Method | None:
        """How a variable is derived; None for one that is not."""
        generic = "--" + name.removeprefix(self.code) if name.startswith(self.code) else name
        return self.methods.get(name) or GENERAL.get(generic)

    @property
    def sequence(self) -> str | None:
        """The name of its sequence number, if records of this domain have one."""
        name = f"{self.code}SEQ"
        return name if name in self.names else None


def variables(table: str) -> tuple[Variable, ...]:
    """The variables of a table with one line each: name | label | type | length | core | role | origin.

    >>> variables("SEX | Sex | text | 2 | Req | Record Qualifier | Collected")[0].core
    'Req'
    """
    found = []
    for line in table.strip().splitlines():
        name, label, kind, length, core, role, origin = (part.strip() for part in line.split("|"))
        type_ = cast(Type, kind)  # the validator refuses any other word
        found.append(Variable(name=name, label=label, type=type_, length=int(length), core=core, role=role, origin=origin))
    return tuple(found)
